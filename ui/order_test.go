package ui_test

import (
	"testing"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// TestOrdersOfThePalette gives orders with what they take, and looks at what
// comes of them.
func TestOrdersOfThePalette(t *testing.T) {
	for _, c := range []struct{ typed, shows string }{
		{"sort tlp", "TLP ▾"}, {"sort att", "ATTACKER ▴"}, {"theme light", "Events"},
		{"columns tlp,origin", "ATTACKER COUNTRY"}, {"columns nosuch", "There is no column"},
		{"goto nonsense", "is not a date"}, {"actor NOBODY", "NOBODY"}, {"dataset all", "all datasets"}, {"dataset dflt", "there is none of that name"},
		{"font", "Theme: "},
	} {
		t.Run(c.typed, func(t *testing.T) {
			uitest.Run(t, usual(), programWith(ui.Options{API: newFake(30)}), func(p *uitest.Program) {
				p.Press(":")
				p.Type(c.typed)
				wait(p)
				p.Press("enter")
				wait(p)
				p.Want(c.shows)
			})
		})
	}
}
