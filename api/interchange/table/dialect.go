package table

import (
	"strings"
)

// separators are the signs that may separate columns, the likeliest first.
const separators = ",;\t|"

// Separator is the sign that separates the columns of some lines: the one by
// which most of them have as many columns as the first; a comma where none
// does.
func Separator(lines []string) byte {
	best, bestScore := byte(','), 0
	for _, c := range []byte(separators) {
		if score := consistent(lines, c); score > bestScore {
			best, bestScore = c, score
		}
	}
	return best
}

// consistent counts the lines that a sign cuts into as many columns as the
// first of them, weighed by how many those are; 0 where it cuts nothing.
func consistent(lines []string, c byte) int {
	const widest = 50
	width, same, all := 0, 0, 0
	for _, line := range lines {
		n := 1 + outside(line, c)
		all++
		if width == 0 {
			width = n
		}
		if n == width {
			same++
		}
	}
	if width < 2 || 2*same < all {
		return 0
	}
	return 1000*same/all + min(width, widest)
}

// outside counts a sign outside of quotes.
func outside(line string, c byte) int {
	n, quoted := 0, false
	for i := range len(line) {
		if line[i] == '"' {
			quoted = !quoted
		} else if line[i] == c && !quoted {
			n++
		}
	}
	return n
}

// IsSeparatorLine recognises the line sep=; that some spreadsheets put first.
func IsSeparatorLine(line string) bool {
	return len(line) == 5 && strings.EqualFold(line[:4], "sep=")
}

// ZeekFields are the names of the columns in the line #fields of a file of
// Zeek; ok is false for any other line.
func ZeekFields(line string) (names []string, ok bool) {
	rest, ok := strings.CutPrefix(line, "#fields")
	if !ok || rest == "" || rest[0] != '\t' && rest[0] != ' ' {
		return nil, false
	}
	if rest[0] == ' ' {
		return strings.Fields(rest), true
	}
	return strings.Split(rest[1:], "\t"), true
}
