package ui_test

import (
	"strings"
	"testing"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// esc goes back along the relations that were followed, one event at a time,
// and then to the list; what stands beside the list is the event its actions
// touch.
func TestEscGoesBackAlongTheRelations(t *testing.T) {
	t.Parallel()
	for _, o := range []uitest.Options{small(), usual()} {
		f := linked(20)
		workbenchWith(t, ui.Options{API: f}, o, func(p *uitest.Program) {
			press(p, "enter", "e")
			first := p.Screen().String()
			press(p, "j", "enter")
			second := p.Screen().String()
			if first == second {
				t.Fatalf("nothing was followed:\n%s", second)
			}
			press(p, "esc")
			p.Want("Relations", "esc close")
			press(p, "k")
			if now := p.Screen().String(); now != first {
				t.Errorf("one step back it was\n%s\nand is\n%s", first, now)
			}
			press(p, "esc")
			p.Want("⏎ open")
			press(p, "enter", "j", "enter", "1") // from the followed event to the list
			press(p, "t")
			enter(p, "x")
			shown := p.Screen().String()
			if !strings.Contains(shown, "tag the event with") {
				t.Errorf("the list's event isn't asked about:\n%s", shown)
			}
			press(p, "esc", "enter", "o")
			p.Want(f.newest()[0].Event[:20])
			p.Check()
		})
	}
}

// The detail on a screen of its own goes back to where it was opened.
func TestEscLeavesTheDetailForWhereItWasOpened(t *testing.T) {
	t.Parallel()
	workbench(t, linked(20), usual(), func(p *uitest.Program) {
		press(p, "6", "2")
		p.Want("Overview")
		press(p, "esc")
		p.WantNot("Overview")
		press(p, "1", "2", "esc")
		p.Want("⏎ open")
		p.Check()
	})
}

// Marks that aren't in the list are counted apart, and a question about them
// names them.
func TestMarksElsewhereAreNamed(t *testing.T) {
	t.Parallel()
	c := newChangeable(300)
	list := c.newest()
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		press(p, "space", "space")
		p.Want("2 marked")
		p.WantNot("elsewhere")
		press(p, "/")
		enter(p, "attacker:"+other(list[0].Attacker, list[1].Attacker, c))
		press(p, "enter")
		p.Want("2 marked elsewhere")
		press(p, "space")
		p.Want("3 marked, 2 elsewhere")
		press(p, "t")
		p.Want("tag 3 events (2 marked elsewhere) with")
		enter(p, "seen")
		press(p, "enter")
		p.Want("2 marked elsewhere:", list[0].Category, list[1].Category, "1 in this list:")
		press(p, "n")
		if n := c.tagged("seen"); n != 0 {
			t.Errorf("%d tagged without a yes", n)
		}
		press(p, "t")
		enter(p, "seen")
		press(p, "enter", "y")
		p.Settle()
		if n := c.tagged("seen"); n != 3 {
			t.Errorf("%d tagged", n)
		}
		p.Check()
	})
}

// other is an attacker besides the two, with events of its own.
func other(a, b string, c *changeable) string {
	for _, e := range c.newest() {
		if e.Attacker != "" && e.Attacker != a && e.Attacker != b {
			return e.Attacker
		}
	}
	return ""
}
