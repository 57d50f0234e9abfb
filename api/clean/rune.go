package clean

import (
	"strings"
	"unicode"
)

const (
	zwj           = 0x200d
	firstRegional = 0x1f1e6
	hexDigits     = "0123456789ABCDEF"
)

func isRegional(r rune) bool { return r >= firstRegional && r <= 0x1f1ff }
func isSkinTone(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }

// isMark reports whether r combines with the character before it.
func isMark(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Me) }

// isSelector tells whether r only chooses between two looks of the character
// before it.
func isSelector(r rune) bool {
	return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef
}

// unsafeRune tells whether a non-ASCII rune would steer the terminal, reorder
// text, or hide: C1 controls, bidirectional controls, invisible and zero-width
// characters, tags, private use, surrogates and unassigned code points.
func unsafeRune(r rune) bool {
	switch {
	case r >= 0x80 && r < 0xa0, r == 0xad:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r == 0x034f, r == 0x061c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x3164, r == 0xffa0, r == 0xfeff, r == 0x2800:
		return true
	case r >= 0x180b && r <= 0x180f, r >= 0xe0000 && r <= 0xe0fff, r >= 0xfff0 && r <= 0xfffb:
		return true
	case r == 0x0cf3, r == 0x16fe4, r == 0x1d159, r >= 0x1d165 && r <= 0x1d166, r >= 0x1d16d && r <= 0x1d182:
		return true // drawn as nothing, or of no agreed width
	}
	return unicode.Is(unicode.Co, r) || unicode.Is(unicode.Cs, r) || !unicode.IsGraphic(r)
}

// hex is ⟨U+XXXX⟩ for a code point, ⟨XX⟩ for a stray byte (digits 2).
func hex(v uint32, digits int) string {
	var b strings.Builder
	b.WriteString("⟨")
	if digits > 2 {
		b.WriteString("U+")
	}
	for digits < 8 && v>>(4*digits) != 0 {
		digits++
	}
	for d := digits - 1; d >= 0; d-- {
		b.WriteByte(hexDigits[v>>(4*d)&15])
	}
	b.WriteString("⟩")
	return b.String()
}
