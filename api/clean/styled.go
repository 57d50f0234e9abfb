package clean

import (
	"strings"
	"unicode/utf8"
)

// Styled neutralises a line or several that hold styles: of all escape
// sequences those that style text (SGR) stay, and line breaks; whatever else
// Line would replace is replaced. Harmless text is returned without copying.
func Styled(s string) string { return styled(s, harmful, maxMarks) }

// Frame is the last guard before a terminal. Like Styled it lets styles and
// line breaks pass, but replaces only what a terminal obeys or reorders:
// characters that merely hide are left, since a person may have typed them.
func Frame(s string) string { return styled(s, steers, len(s)) }

// steers reports whether a terminal would obey r, or reorder what stands
// around it.
func steers(r rune) bool {
	switch {
	case r < 0xa0:
		return r < 0x20 || r >= 0x7f
	case r == 0x61c, r >= 0x200e && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x206f:
		return true // marks, embeddings, overrides and isolates; line and paragraph separators
	}
	return r >= 0xfff9 && r <= 0xfffb || r >= 0xe0000 && r <= 0xe007f // annotations, tags
}

func styled(s string, bad func(rune) bool, marks int) string {
	i := goodPrefix(s, bad, marks)
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 64)
	for {
		b.WriteString(s[:i])
		s = s[i:]
		if s == "" {
			return b.String()
		}
		end := unstyled(s)
		b.WriteString(Line(s[:end]))
		s = s[end:]
		i = goodPrefix(s, bad, marks)
	}
}

// goodPrefix is the length of the harmless text and styles that s begins with:
// no character is bad, and none has more than so many marks.
func goodPrefix(s string, bad func(rune) bool, most int) int {
	i, marks := 0, 0
	for i < len(s) {
		c := s[i]
		switch {
		case c >= 0x20 && c < 0x7f, c == '\n':
			marks = 0
			i++
			continue
		case c == 0x1b:
			n := sgr(s[i:])
			if n == 0 {
				return i
			}
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case common(r):
			marks = 0
		case r == utf8.RuneError && n == 1 || bad(r):
			return i
		case isMark(r):
			if marks++; marks > most {
				return i
			}
		default:
			marks = 0
		}
		i += n
	}
	return i
}

// common reports whether r is of the harmless ranges that frames are mostly
// made of. It is quicker than looking r up.
func common(r rune) bool {
	switch {
	case r < 0x2010:
		return r >= 0xc0 && r < 0x300 || r >= 0x400 && r < 0x480 // Latin, Cyrillic
	case r < 0x2800:
		return r <= 0x2027 || r >= 0x2190 && r < 0x2400 || r >= 0x2500 && r < 0x27c0 // dots, arrows, lines, shapes, signs
	}
	return r > 0x2800 && r < 0x2a00 || r >= 0x4e00 && r < 0xa000 || r >= 0xac00 && r < 0xd7a4 // dots of charts, Han, Hangul
}

// sgr is the length of the style sequence that s begins with, 0 for any other.
func sgr(s string) int {
	if len(s) < 3 || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c == ';', c == ':':
		case c == 'm':
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

// unstyled is the length of what s begins with up to the next line break or
// style.
func unstyled(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' || s[i] == 0x1b && sgr(s[i:]) > 0 {
			return max(i, 1)
		}
	}
	return len(s)
}
