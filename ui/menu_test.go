package ui_test

import (
	"strings"
	"testing"

	"threatbench/ui/widget/uitest"
)

// A long list is narrowed by what is typed, and esc takes back one thing at a
// time.
func TestTypingNarrowsALongList(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "p")
		p.Want("14 of 14", "type to narrow")
		enter(p, "tag s")
		p.Want("3 of 14", "same tag")
		p.WantNot("same date")
		press(p, "down", "down")
		enter(p, " IOT")
		p.Want("1 of 14")
		press(p, "esc")
		p.Want("14 of 14", "same date") // back to the whole list, on the same item
		if !strings.Contains(p.Screen().String(), "▌ same tag ") {
			t.Errorf("the cursor has left its item:\n%s", p.Screen())
		}
		enter(p, "nothing has this")
		p.Want("0 of 14", "nothing of it matches")
		press(p, "enter") // chooses nothing
		p.Want("0 of 14")
		press(p, "esc", "ctrl+n", "ctrl+n", "ctrl+p", "/") // as where / begins the filter
		p.Want("▌ same category")
		p.Paste("HEALTHCARE\n")
		p.Settle()
		p.Want("1 of 14")
		press(p, "enter")
		p.Want("/ targetIndustry:Healthcare")
		p.Check()
	})
}

// In a short list letters narrow, too: all lists work one way.
func TestAShortListIsNarrowedAsWell(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(50), usual(), func(p *uitest.Program) {
		press(p, "enter", "Y", "down", "down", "up")
		p.Want("type to narrow", "event as STIX", "▌ event as JSON")
		enter(p, "json")
		p.Want("1 of", "▌ event as JSON")
		p.WantNot("event as STIX")
		press(p, "esc")
		p.Want("▌ event as JSON", "event as STIX") // the cursor stays on its item
		press(p, "esc")
		p.WantNot("┌─")
	})
}

// The cursor starts on what is in force, so that enter changes nothing.
func TestAListStartsOnWhatIsInForce(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(50), usual(), func(p *uitest.Program) {
		press(p, "d", "down", "enter")
		p.Want("in all datasets")
		press(p, "d")
		p.Want("▌ ✓ all datasets")
		press(p, "enter")
		p.Want("in all datasets")
	})
}

// A list of switches is narrowed as every list; space switches.
func TestSwitchesAreNarrowed(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(50), usual(), func(p *uitest.Program) {
		p.WantNot("TECHNIQUE")
		press(p, "C")
		enter(p, "tech")
		p.Want("1 of 18")
		p.Golden("columns-narrowed-120x40")
		press(p, "space")
		p.Want("✓ TECHNIQUE")
		press(p, "shift+up") // one of a few: there is no "up" to go to
		press(p, "esc")
		p.Want("✓ DATE")
		press(p, "esc", "C")
		p.Want("✓ TECHNIQUE")
	})
}

// What stands in a list may be hostile; so may what is typed and pasted.
func TestNarrowingHostileLists(t *testing.T) {
	t.Parallel()
	f := newFake(20)
	for _, text := range hostileTexts(t) {
		f.hostile(text)
	}
	for _, o := range cramped() {
		o.InTurn = true // a line end chooses, and keys come after it
		workbench(t, f, o, func(p *uitest.Program) {
			for _, text := range hostileTexts(t) {
				press(p, "p")
				p.Want("Pivot to")
				p.Paste(text)
				p.Settle()
				p.Check()
				press(p, "esc", "esc")
				press(p, "p")
				p.Want("Pivot to")
				p.Type(text)
				p.Settle()
				p.Check()
				press(p, "esc", "esc", "esc", "home", "j")
			}
		})
	}
}
