package views

import (
	"threatbench/keymap"
	"threatbench/ui/widget/table"
)

// Move moves the cursor of a table.
func Move(t *table.Model, m keymap.Motion) {
	switch {
	case m.Pages != 0:
		t.Page(m.Pages)
	case m.Halves != 0:
		t.HalfPage(m.Halves)
	case m.Ends < 0:
		t.Home()
	case m.Ends > 0:
		t.End()
	default:
		t.MoveBy(m.Lines)
	}
}
