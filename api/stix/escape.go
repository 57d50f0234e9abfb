package stix

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// escaped writes JSON so that nothing is left in it that steers a terminal,
// reorders text or hides; what it says stays the same. Outside of strings JSON
// has no such characters.
func escaped(b []byte) []byte {
	i := 0
	for i < len(b) && b[i] < 0x7f {
		i++
	}
	if i == len(b) {
		return b
	}
	out := append([]byte(nil), b[:i]...)
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r < 0x7f, unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !blank(r):
			out = append(out, b[i:i+n]...)
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += n
	}
	return out
}

// blank tells of blanks that count as letters or symbols.
func blank(r rune) bool {
	return r == 0x115f || r == 0x1160 || r == 0x2800 || r == 0x3164 || r == 0xffa0
}
