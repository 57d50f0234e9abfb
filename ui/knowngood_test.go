package ui_test

import (
	"testing"

	"threatbench/api"
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

// A network that holds something harmless is named too, and so is an
// indicator that isn't the event's first.
func TestWhatHoldsKnownGoodIsNamedBeforeAChange(t *testing.T) {
	t.Parallel()
	f := newFake(3)
	for i := range f.events {
		f.events[i].Indicators = []api.IndicatorInput{{Value: "evil.example.net"}, {Value: "8.8.0.0/16"}}
	}
	o := ui.Options{API: f, Good: knowngood.NewSet(knowngood.Certain()...)}
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		press(p, "a", "d")
		p.Want("Known good among them: ", "8.8.0.0/16 (holds 8.8.4.4")
	})
}

// The mark takes no room that the indicator needs.
func TestAKnownGoodMarkLeavesTheIndicatorWhole(t *testing.T) {
	t.Parallel()
	f := newFake(2)
	f.events[0].Indicator, f.events[1].Indicator = "8.8.0.0/16", "8.8.8.8"
	o := ui.Options{API: f, Good: knowngood.NewSet(knowngood.Certain()...)}
	for _, size := range []uitest.Options{usual(), {Width: 80, Height: 24}} {
		workbenchWith(t, o, size, func(p *uitest.Program) { p.Want("8.8.0.0/16 (h", "8.8.8.8 (good)") })
	}
}
