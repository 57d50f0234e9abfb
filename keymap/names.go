package keymap

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// modifiers are in the order in which Bubble Tea writes them.
func modifiers() []string { return []string{"ctrl", "alt", "shift", "meta", "hyper", "super"} }

// named lists the keys that are written as words.
const named = " enter tab backspace esc space up down left right begin find insert delete select pgup pgdown home end menu " +
	"f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 f13 f14 f15 f16 f17 f18 f19 f20 "

// spelling maps other ways of writing a key to Bubble Tea's.
func spelling(name string) string {
	switch name {
	case "return", "cr":
		return "enter"
	case "escape":
		return "esc"
	case "del":
		return "delete"
	case "ins":
		return "insert"
	case "pageup", "page_up", "prior":
		return "pgup"
	case "pagedown", "page_down", "pgdn", "next":
		return "pgdown"
	case "bs":
		return "backspace"
	case "plus":
		return "+"
	case "minus":
		return "-"
	case "equal":
		return "="
	case "mul":
		return "*"
	case "div":
		return "/"
	case "comma":
		return ","
	case "period":
		return "."
	case " ":
		return "space"
	}
	return name
}

// modifier maps the spellings of a modifier to Bubble Tea's, "" for none.
func modifier(name string) string {
	switch name {
	case "control", "ctl", "c":
		return "ctrl"
	case "option", "opt", "a":
		return "alt"
	case "s":
		return "shift"
	case "cmd", "win":
		return "super"
	}
	if slices.Contains(modifiers(), name) {
		return name
	}
	return ""
}

// Key brings the name of one key into the form Bubble Tea reports: "shift+a"
// becomes "A", " " becomes "space", "alt+X" becomes "alt+shift+x", "^o" and
// "Ctrl-O" become "ctrl+o". What is no key is an error.
func Key(name string) (string, error) {
	if name == "" {
		return "", fmt.Errorf("an empty key name")
	}
	mods, base := splitMods(name)
	base = spelling(base)
	if lower := strings.ToLower(base); utf8.RuneCountInString(base) > 1 {
		base = spelling(lower)
	}
	if base == "backtab" {
		base, mods = "tab", append(mods, "shift")
	}
	if utf8.RuneCountInString(base) > 1 && !strings.Contains(named, " "+base+" ") {
		return "", fmt.Errorf("%q is not the name of a key", name)
	}
	if r, size := utf8.DecodeRuneInString(base); size == len(base) && !unicode.IsPrint(r) {
		return "", fmt.Errorf("%q is not the name of a key", name)
	}
	return joinKey(mods, base), nil
}

// splitMods takes the modifiers off the front of a key's name.
func splitMods(name string) (mods []string, base string) {
	base = name
	if len(base) > 1 && base[0] == '^' {
		mods, base = append(mods, "ctrl"), base[1:]
	}
	for {
		i := strings.IndexAny(base, "+-")
		if i <= 0 || i == len(base)-1 {
			return mods, base
		}
		m := modifier(strings.ToLower(base[:i]))
		if m == "" {
			return mods, base
		}
		mods, base = append(mods, m), base[i+1:]
	}
}

// joinKey writes modifiers in their order. Shift alone with a letter is the
// capital; a capital with other modifiers is the small letter with shift.
func joinKey(mods []string, base string) string {
	has := func(m string) bool { return slices.Contains(mods, m) }
	shift := has("shift")
	r, size := utf8.DecodeRuneInString(base)
	if size == len(base) && unicode.IsLetter(r) {
		others := len(mods) > 0 && slices.ContainsFunc(mods, func(m string) bool { return m != "shift" })
		switch {
		case shift && !others:
			return string(unicode.ToUpper(r))
		case others && unicode.IsUpper(r):
			base, shift = string(unicode.ToLower(r)), !has("ctrl") || shift
		}
	}
	var b strings.Builder
	for _, m := range modifiers() {
		if m == "shift" && shift || m != "shift" && has(m) {
			b.WriteString(m)
			b.WriteByte('+')
		}
	}
	return b.String() + base
}

// Sequence brings a key or a sequence of keys separated by spaces into
// canonical form.
func Sequence(s string) (string, error) {
	if s == " " {
		return "space", nil
	}
	fields := strings.Fields(s)
	if len(fields) == 0 {
		return "", fmt.Errorf("an empty key name")
	}
	for i, f := range fields {
		k, err := Key(f)
		if err != nil {
			return "", err
		}
		fields[i] = k
	}
	return strings.Join(fields, " "), nil
}

// sequence joins what was pressed. Keys come from the terminal, so one that is
// no known name simply matches nothing.
func sequence(pending []string, key string) string {
	if len(pending) == 0 {
		return canonical(key)
	}
	parts := make([]string, 0, len(pending)+1)
	for _, p := range pending {
		parts = append(parts, canonical(p))
	}
	return strings.Join(append(parts, canonical(key)), " ")
}

// canonical is Key for what the terminal reports.
func canonical(key string) string {
	k, err := Key(key)
	if err != nil {
		return key
	}
	return k
}

// Printable reports whether a key types a character: such keys belong to the
// text field that has the focus, not to the scopes around it.
func Printable(key string) bool {
	return key == "space" || key == " " || utf8.RuneCountInString(key) == 1
}

// NeedsEnhancement reports whether a key or sequence reaches the program only
// from terminals that tell it apart from an older one: ctrl+i is tab, ctrl+m is
// enter, ctrl+[ is escape everywhere else, and shift or ctrl with enter, tab or
// backspace is lost.
func NeedsEnhancement(seq string) bool {
	for _, k := range strings.Fields(seq) {
		switch k {
		case "ctrl+i", "ctrl+m", "ctrl+[", "ctrl+enter", "shift+enter", "ctrl+tab", "ctrl+shift+tab",
			"ctrl+backspace", "shift+backspace", "shift+space", "shift+esc", "ctrl+esc":
			return true
		}
		if strings.HasPrefix(k, "ctrl+shift+") && utf8.RuneCountInString(k) == len("ctrl+shift+")+1 {
			return true
		}
		if strings.Contains(k, "super+") || strings.Contains(k, "hyper+") {
			return true
		}
	}
	return false
}
