package uitest

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// modBit is the bit of a modifier in the parameter of a key sequence.
func modBit(name string) int {
	switch name {
	case "shift":
		return 1
	case "alt":
		return 2
	case "ctrl":
		return 4
	case "super":
		return 8
	case "hyper":
		return 16
	case "meta":
		return 32
	}
	return 0
}

// splitKey takes the modifiers off a key's name.
func splitKey(key string) (mods int, base string) {
	base = key
	for {
		i := strings.IndexByte(base, '+')
		if i <= 0 || i == len(base)-1 {
			return mods, base
		}
		bit := modBit(base[:i])
		if bit == 0 {
			return mods, base
		}
		mods, base = mods|bit, base[i+1:]
	}
}

// cursorKeys end a sequence by a letter: CSI A, or CSI 1 ; mod A.
func cursorKey(base string) string {
	switch base {
	case "up":
		return "A"
	case "down":
		return "B"
	case "right":
		return "C"
	case "left":
		return "D"
	case "begin":
		return "E"
	case "end":
		return "F"
	case "home":
		return "H"
	case "f1":
		return "P"
	case "f2":
		return "Q"
	case "f3":
		return "R"
	case "f4":
		return "S"
	}
	return ""
}

// tildeKey is the number of keys written CSI n ~, or CSI n ; mod ~.
func tildeKey(base string) int {
	switch base {
	case "insert":
		return 2
	case "delete":
		return 3
	case "pgup":
		return 5
	case "pgdown":
		return 6
	case "f5":
		return 15
	case "f6":
		return 17
	case "f7":
		return 18
	case "f8":
		return 19
	case "f9":
		return 20
	case "f10":
		return 21
	case "f11":
		return 23
	case "f12":
		return 24
	}
	return 0
}

// code is the key code of keys that a terminal writes CSI code ; mod u when it
// tells them apart.
func code(base string) (int, bool) {
	switch base {
	case "enter":
		return 13, true
	case "tab":
		return 9, true
	case "esc":
		return 27, true
	case "backspace":
		return 127, true
	case "space":
		return 32, true
	}
	r, n := utf8.DecodeRuneInString(base)
	return int(r), n == len(base) && n > 0
}

// KeyBytes are the bytes a terminal sends for a key named as Bubble Tea names
// it. Keys that plain terminals cannot tell apart ("ctrl+i", "shift+enter") are
// sent as terminals with keyboard enhancements send them.
func KeyBytes(key string) (string, error) {
	mods, base := splitKey(key)
	if s, ok := plainKey(mods, base); ok {
		return s, nil
	}
	if letter := cursorKey(base); letter != "" {
		return fmt.Sprintf("\x1b[1;%d%s", mods+1, letter), nil
	}
	if n := tildeKey(base); n != 0 {
		return fmt.Sprintf("\x1b[%d;%d~", n, mods+1), nil
	}
	if c, ok := code(base); ok {
		return fmt.Sprintf("\x1b[%d;%du", c, mods+1), nil
	}
	return "", fmt.Errorf("no terminal sends a key %q", key)
}

// plainKey covers what every terminal sends the same way.
func plainKey(mods int, base string) (string, bool) {
	const shift, alt, ctrl = 1, 2, 4
	switch mods {
	case 0:
		return bareKey(base)
	case alt:
		if s, ok := bareKey(base); ok && !strings.HasPrefix(s, "\x1b") && s != "[" && s != "O" && s != "]" {
			return "\x1b" + s, true
		}
	case shift:
		if base == "tab" {
			return "\x1b[Z", true
		}
	case ctrl:
		return ctrlKey(base)
	}
	return "", false
}

func bareKey(base string) (string, bool) {
	switch base {
	case "enter":
		return "\r", true
	case "tab":
		return "\t", true
	case "esc":
		return "\x1b", true
	case "backspace":
		return "\x7f", true
	case "space":
		return " ", true
	}
	if letter := cursorKey(base); letter != "" {
		if base[0] == 'f' {
			return "\x1bO" + letter, true
		}
		return "\x1b[" + letter, true
	}
	if n := tildeKey(base); n != 0 {
		return fmt.Sprintf("\x1b[%d~", n), true
	}
	if utf8.RuneCountInString(base) == 1 {
		return base, true
	}
	return "", false
}

// ctrlKey is the control character of a key, unless that is another key's.
func ctrlKey(base string) (string, bool) {
	if base == "space" {
		return "\x00", true
	}
	if len(base) != 1 || strings.Contains("im[", base) {
		return "", false
	}
	c := base[0]
	if c >= 'a' && c <= 'z' || c == '\\' || c == ']' || c == '_' {
		return string(rune(c & 0x1f)), true
	}
	return "", false
}
