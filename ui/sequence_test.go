package ui_test

import (
	"strings"
	"testing"

	"threatbench/ui/widget/uitest"
)

// actionTitles are what the box of the key a offers, all of it.
var actionTitles = []string{
	"Tag", "Remove tags", "Edit a field", "Edit the insight", "Edit the raw data", "Relate to a parent", "Add references",
	"Remove references", "Move to a dataset", "Copy to a dataset", "Delete", "Create an event", "Create an event as JSON",
	"Look up indicators", "Profile of the attacker", "Graph of an indicator or tag", "Write a report", "Undo", "Redo",
}

// What may follow a is listed in full, with groups, at every size.
func TestActionsAreListedInFull(t *testing.T) {
	t.Parallel()
	for _, o := range []uitest.Options{small(), usual(), large()} {
		workbench(t, newFake(50), o, func(p *uitest.Program) {
			press(p, "a")
			p.Want(append([]string{"a  on 1 event", "Change events", "Relate events", "Investigate", "esc cancel"}, actionTitles...)...)
			p.Check()
			p.Golden("actions-" + sizeName(o))
			press(p, "esc")
			p.WantNot("Change events")
		})
	}
	// Where there is no room for all of it, the list scrolls.
	o := small()
	o.Width, o.Height = 40, 10
	workbench(t, newFake(50), o, func(p *uitest.Program) {
		press(p, "a")
		p.Want("more")
		seen := p.Screen().String()
		for range 40 {
			press(p, "down")
			seen += p.Screen().String()
		}
		for _, title := range actionTitles {
			if !strings.Contains(seen, title) {
				t.Errorf("%q never comes into sight", title)
			}
		}
		p.Check()
	})
}

// A key of the list does what it says, a click on it too; any other one says
// that it does nothing, and what can't be done says why.
func TestActionsByKeyAndClick(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(50), usual(), func(p *uitest.Program) {
		press(p, "a", "q")
		p.Want("No action has the keys a q")
		p.WantNot("Change events")
		press(p, "a", "z")
		p.Want("Nothing to undo")
		press(p, "space", "space", "a")
		p.Want("a  on 2 events", "(Undo)")
		p.ClickOn("Look up indicators")
		p.Settle()
		p.WantNot("Change events")
		p.Want("paste a list or any text")
		press(p, "esc", "a")
		p.Click(1, 1)
		p.Settle()
		p.WantNot("Change events")
		p.Want("2 marked")
	})
}
