package interchange

import (
	"strings"
)

// isFormula tells whether a spreadsheet would take a cell for a formula,
// spaces before it or not.
func isFormula(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, sign) {
			return true
		}
	}
	return false
}
