package tree

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// hex4 reads four hexadecimal digits.
func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for i := range 4 {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unquote resolves the escapes in the inside of a JSON string. What stands for
// no character (half a surrogate pair, an escape cut off) stays as written, as
// do bytes that aren't UTF-8: neutralising shows them for what they are.
func unquote(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 >= len(s) {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		n := unescape(&b, s[i:])
		s = s[i+n:]
	}
}

// unescape writes what the escape at the start of s stands for and tells how
// many bytes it took.
func unescape(b *strings.Builder, s string) int {
	switch s[1] {
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'u':
		return unescapeRune(b, s)
	default:
		b.WriteByte(s[1])
	}
	return 2
}

func unescapeRune(b *strings.Builder, s string) int {
	r, ok := hex4(s[2:])
	if !ok {
		b.WriteString(s[:2])
		return 2
	}
	if !utf16.IsSurrogate(r) {
		b.WriteRune(r)
		return 6
	}
	if strings.HasPrefix(s[6:], `\u`) {
		low, ok := hex4(s[8:])
		if full := utf16.DecodeRune(r, low); ok && full != utf8.RuneError {
			b.WriteRune(full)
			return 12
		}
	}
	b.WriteString(s[:6])
	return 6
}
