package ui_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// A pasted list is recognised, refanged and looked up: hits and misses are
// told apart, and a hit leads to its events.
func TestPastedIndicatorsAreLookedUp(t *testing.T) {
	t.Parallel()
	f := newFake(400)
	var seen []string
	for _, e := range f.newest() {
		if e.Indicator != "" && strings.Count(e.Indicator, ".") == 3 && len(seen) < 3 {
			seen = append(seen, e.Indicator)
		}
	}
	workbench(t, f, usual(), func(p *uitest.Program) {
		list := "Blocked today: " + strings.ReplaceAll(seen[0], ".", "[.]") + ", " + seen[1] + ":443 and hxxp://nothing.example/x\n" + seen[2] + "\n"
		p.Send(tea.PasteMsg{Content: list})
		p.Settle()
		p.Want("4 indicators: 3 seen, 1 not", "All that were seen", seen[0], "not seen", "http://nothing.example/x")
		before := len(f.asked())
		press(p, "enter")
		p.Want("indicator:(", seen[0])
		if len(f.asked()) == before {
			t.Error("the events of the hits were not asked for")
		}
		press(p, "alt+left")
		p.Send(tea.PasteMsg{Content: "nothing to see here"})
		p.Settle()
		p.Want("No indicator in what was pasted")
	})
}

func TestLookupAsksAHundredAtATime(t *testing.T) {
	t.Parallel()
	f := newFake(50)
	workbench(t, f, usual(), func(p *uitest.Program) {
		var b strings.Builder
		for i := range 250 {
			b.WriteString("10.1." + string(rune('0'+i%10)) + "." + string(rune('0'+i/10%10)) + string(rune('0'+i/100)) + "\n")
		}
		before := len(f.asked())
		press(p, "a", "l")
		p.Want("look up indicators")
		p.Send(tea.PasteMsg{Content: b.String()})
		press(p, "enter")
		p.Want("indicators: 0 seen")
		if n := len(f.asked()) - before; n > 3 {
			t.Errorf("%d calls for 250 indicators", n)
		}
	})
}

// A change that can't be taken back says so instead of taking back another.
func TestUndoDoesNotSkip(t *testing.T) {
	t.Parallel()
	c := newChangeable(30)
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		press(p, "t")
		enter(p, "first")
		press(p, "enter", "j", "a", "d", "y")
		p.Want("done: delete 1 event")
		press(p, "u")
		p.Want("can't be taken back")
		if c.tagged("first") != 1 {
			t.Error("the change before was taken back")
		}
		press(p, "u")
		p.Want("taken back: tag 1 event")
	})
}
