package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// Printable tells whether s is nothing but printable ASCII, where bytes and
// cells are the same.
func Printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// next is the length in bytes and the width in cells of what a person sees as
// one character at s[i:].
func next(s string, i int) (size, cells int) {
	if s[i] < utf8.RuneSelf && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
		return 1, 1
	}
	c, cells := ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
	return max(len(c), 1), cells
}

// head is the longest start of plain text s that fits into w cells, as an
// offset in bytes.
func head(s string, w int) (end int) {
	cells := 0
	for end < len(s) {
		n, cw := next(s, end)
		if cells+cw > w {
			break
		}
		end, cells = end+n, cells+cw
	}
	return end
}

// Cut shortens plain text s (no escape sequences) to at most w cells; where
// something is cut away the last cell is tail, which must be one cell wide.
func Cut(s string, w int, tail string) string {
	if w <= 0 {
		return ""
	}
	if len(s) <= w && Printable(s) {
		return s
	}
	end := head(s, w)
	if end == len(s) {
		return s
	}
	end = head(s, w-1)
	return s[:end] + tail
}

// Fit makes plain text s exactly w cells wide: cut as Cut does, or padded with
// spaces on the right.
func Fit(s string, w int, tail string) string {
	s = Cut(s, w, tail)
	return s + layout.Blank(w-layout.Width(s))
}

// FitStyled makes a line that may hold colours exactly w cells wide, cut with
// the ellipsis of g, and in ASCII where g is. Of its escape sequences only
// colours and attributes stay, and they end with it.
func FitStyled(s string, w int, g *theme.Glyphs) string {
	if w <= 0 {
		return ""
	}
	var b strings.Builder
	l := parse(s, g.ASCII)
	l.draw(&b, drawing{to: len(l.plain), w: w, tail: g.Ellipsis})
	return b.String()
}

// IndexFold finds query in s without regard to case and gives the bytes
// s[start:end] that match, or -1, -1. The query must be in lower case already
// (see Fold); an empty one is found nowhere.
func IndexFold(s, query string) (start, end int) {
	if query == "" {
		return -1, -1
	}
	if !isASCII(query) {
		return indexFoldRunes(s, query)
	}
	first := query[0]
	for i := 0; i+len(query) <= len(s); i++ {
		if lower(s[i]) == first && foldedPrefix(s[i:], query) {
			return i, i + len(query)
		}
	}
	return -1, -1
}

// Fold is s as IndexFold wants its query.
func Fold(s string) string { return strings.Map(unicode.ToLower, s) }

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

func foldedPrefix(s, query string) bool {
	for i := 1; i < len(query); i++ {
		if lower(s[i]) != query[i] {
			return false
		}
	}
	return true
}

func indexFoldRunes(s, query string) (start, end int) {
	for i := range s {
		if n := foldedRunes(s[i:], query); n > 0 {
			return i, i + n
		}
	}
	return -1, -1
}

// foldedRunes is how many bytes of s match the query at its very start, or 0.
func foldedRunes(s, query string) int {
	at := 0
	for _, want := range query {
		r, n := utf8.DecodeRuneInString(s[at:])
		if n == 0 || unicode.ToLower(r) != want {
			return 0
		}
		at += n
	}
	return at
}
