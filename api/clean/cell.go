package clean

import "strings"

// Formula reports whether a spreadsheet would take a cell for a formula, blanks
// before it or not.
func Formula(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n\u00a0\u3000")
	for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, sign) {
			return true
		}
	}
	return false
}

// Cell makes s harmless as one cell of a table that is to be looked at: on one
// line, and never a formula, before which it puts an apostrophe. The export of
// events, which an import reads back, has its own way.
func Cell(s string) string {
	s = Line(s)
	if Formula(s) {
		return "'" + s
	}
	return s
}
