package ui_test

import (
	"testing"
	"time"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// Tab completes the common part first and then takes a choice; what is typed
// after it goes behind it, in the filter line and in boxes.
func TestTabCompletesTheFilter(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		enter(p, "/att")
		p.Want("who did it", "country", "tab completes", "┌", "┘")
		press(p, "tab")
		p.Want("/ attacker ")
		enter(p, "C")
		press(p, "tab")
		p.Want("/ attackerCountry:")
		enter(p, "cn")
		p.Want("CN") // with its count
		press(p, "tab")
		enter(p, " tlp:am")
		press(p, "tab")
		p.Want("/ attackerCountry:CN tlp:amber")
		p.Check()
		press(p, "enter")
		p.Want("/ attackerCountry:CN tlp:amber")
	})
}

// Counts stand beside the values that the facets count.
func TestCompletionsTellCounts(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		enter(p, "/attacker:OCHRE")
		p.Want("OCHREWOLFHOUND  32 │")
	})
}

// Keys that were typed ahead of a text field that closes do nothing; after a
// pause they work.
func TestKeysTypedAheadAreNoActions(t *testing.T) {
	t.Parallel()
	c := newChangeable(20)
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		press(p, "/")
		p.Type("tlp:red")
		p.Press("enter")
		p.Type("ady") // would ask to delete the event, and agree
		p.Settle()
		p.Want("Keys typed as a text field closed were ignored")
		p.WantNot("Change events", "Delete")
		if len(c.events) != 20 {
			t.Errorf("%d events are left", len(c.events))
		}
		p.Press("esc") // types nothing, and is taken
		p.Settle()
		press(p, "t")
		enter(p, "seen")
		p.Press("enter")
		p.Advance(20 * time.Millisecond)
		p.Press("q")
		p.Settle()
		p.WantNot("Quit?")
		press(p, "a")
		p.Want("Change events")
	})
}
