package ui_test

import (
	"testing"

	"threatbench/api/knowngood"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// What is known to be harmless is marked in the list and in the detail.
func TestKnownGoodIsMarked(t *testing.T) {
	t.Parallel()
	o := ui.Options{API: newFake(400), Good: knowngood.NewSet(knowngood.Certain()...)}
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		p.Want(" (good)")
		press(p, "enter")
		p.Want("Known good", "of documentation")
	})
}

// A change names what is known good among its events, and says that it looked
// at no more than those at hand.
func TestKnownGoodIsNamedBeforeAChange(t *testing.T) {
	t.Parallel()
	o := ui.Options{API: newFake(400), Good: knowngood.NewSet(knowngood.Certain()...)}
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		p.Want(" (good)")
		press(p, "space", "space", "space", "space", "space", "a", "d")
		p.Want("Known good among them: ", "(documentation)")
	})
}
