// Package clean neutralises hostile text. Every string that came from outside
// passes it once, at the client's boundary, before its width is ever measured:
// what a terminal would obey becomes visible, harmless text.
package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const hexDigits = "0123456789ABCDEF"

// Line makes s harmless on one line: line breaks and tabs become visible too.
func Line(s string) string { return neutral(s, false) }

// Text makes s harmless and keeps its line breaks; CRLF and CR become LF and a
// tab becomes four spaces.
func Text(s string) string { return neutral(s, true) }

func neutral(s string, lines bool) string {
	i := firstUnsafe(s, lines)
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			writeHex(&b, uint32(s[i]), 2)
		case lines && r == '\n':
			b.WriteByte('\n')
		case lines && r == '\r':
			if !strings.HasPrefix(s[i+1:], "\n") {
				b.WriteByte('\n')
			}
		case lines && r == '\t':
			b.WriteString("    ")
		case r == '\n':
			b.WriteRune('⏎')
		case r == '\t':
			b.WriteByte(' ')
		case r < 0x20:
			b.WriteRune('␀' + r)
		case r == 0x7f:
			b.WriteRune('␡')
		case unsafeRune(r):
			writeHex(&b, uint32(r), 4)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// firstUnsafe is the index of the first rune that must change, or len(s).
func firstUnsafe(s string, lines bool) int {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < 0x20 && !(lines && c == '\n') || c == 0x7f {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || unsafeRune(r) {
			return i
		}
		i += n
	}
	return len(s)
}

// unsafeRune tells whether a non-ASCII rune would steer the terminal, reorder
// text, or hide: C1 controls, bidirectional controls, invisible and
// zero-width characters, variation selectors, tags, private use, surrogates
// and unassigned code points.
func unsafeRune(r rune) bool {
	switch {
	case r >= 0x80 && r < 0xa0, r == 0xad:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r == 0x034f, r == 0x061c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x3164, r == 0xffa0, r == 0xfeff, r == 0x2800:
		return true
	case r >= 0x180b && r <= 0x180f, r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe0fff, r >= 0xfff0 && r <= 0xfffb:
		return true
	}
	return unicode.Is(unicode.Co, r) || unicode.Is(unicode.Cs, r) || !unicode.IsGraphic(r)
}

// writeHex writes ⟨U+XXXX⟩, or ⟨XX⟩ for a stray byte.
func writeHex(b *strings.Builder, v uint32, digits int) {
	b.WriteRune('⟨')
	if digits > 2 {
		b.WriteString("U+")
	}
	for digits < 8 && v>>(4*digits) != 0 {
		digits++
	}
	for d := digits - 1; d >= 0; d-- {
		b.WriteByte(hexDigits[v>>(4*d)&15])
	}
	b.WriteRune('⟩')
}
