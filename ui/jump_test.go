package ui_test

import (
	"fmt"
	"strings"
	"testing"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// labelAt is the label that stands over a text: what a person would read off
// the screen.
func labelAt(p *uitest.Program, before, after *uitest.Screen, text string) string {
	old, now := strings.Split(before.String(), "\n"), strings.Split(after.String(), "\n")
	for y := range old {
		at := strings.Index(old[y], text)
		if at < 0 {
			continue
		}
		x := len([]rune(old[y][:at]))
		a, b := []rune(old[y]), []rune(now[y])
		for i := max(x-3, 0); i < min(x+2, len(a), len(b)); i++ {
			if a[i] == b[i] {
				continue
			}
			label := string(b[i])
			if i+1 < min(len(a), len(b)) && a[i+1] != b[i+1] {
				label += string(b[i+1])
			}
			return strings.TrimSpace(label)
		}
	}
	return ""
}

// jumpTo presses the label on a text, with shift where it is to be opened.
func jumpTo(t *testing.T, p *uitest.Program, text string, open bool) {
	t.Helper()
	before := p.Screen()
	press(p, "alt+j")
	label := labelAt(p, before, p.Screen(), text)
	if label == "" {
		t.Fatalf("no label on %q:\n%s", text, p.Screen())
	}
	for i, r := range label {
		key := string(r)
		if open && i == len(label)-1 {
			key = strings.ToUpper(key)
		}
		p.Press(key)
	}
	p.Settle()
	p.Check()
}

func TestLabelsDoWhatAClickDoes(t *testing.T) {
	t.Parallel()
	f := linked(400)
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "'")
		p.Want("type a label", "esc cancel")
		p.Golden("jump-events-120x40")
		press(p, "esc")
		p.WantNot("type a label")
		first := f.newest()
		jumpTo(t, p, "13 Mar", false)
		p.Want("2 of 400")
		jumpTo(t, p, "13 Mar", true)
		p.Want("esc close", first[1].Event[:20])
		jumpTo(t, p, "Raw", false)
		p.Want("source sensor")
		p.Golden("jump-raw-120x40")
		jumpTo(t, p, "6 Charts", false)
		p.Want("Top 20 attackers")
		jumpTo(t, p, "1 Events", false)
		jumpTo(t, p, "OCHREWOLF", true) // a facet
		p.Want("/ attacker:OCHREWOLFHOUND")
	})
}

func TestLabelsInBoxes(t *testing.T) {
	t.Parallel()
	c := newChangeable(50)
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		press(p, "p")
		jumpTo(t, p, "same target industry", false)
		p.Want("/ targetIndustry:")
		press(p, "esc", "space", "space", "a", "d")
		jumpTo(t, p, "[ Cancel ]", false)
		p.WantNot("Delete 2 events?")
		press(p, "a", "d")
		jumpTo(t, p, "Delete 2 events", false)
		p.Want("Deleted 2 events")
		press(p, "X", "a", "n")
		jumpTo(t, p, "target country", false)
		enter(p, "germ")
		jumpTo(t, p, "DE  Germany", false)
		p.Want("DE")
		press(p, "esc", "esc")
	})
}

// Every view has labels, and landing anywhere in it breaks nothing.
func TestEveryViewHasLabels(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]string{
		"events": nil, "detail": {"enter"}, "raw": {"enter", "R"}, "references": {"enter", "e"}, "graph": {"ctrl+r"},
		"charts": {"6"}, "dashboard": {"6", "B"}, "console": {"6", ":"}, "queries": {"4"}, "builder": {"4", "n", "n"}, "alerts": {"5"}, "datasets": {"7"},
	} {
		for _, o := range []uitest.Options{small(), usual(), {Width: 41, Height: 11}} {
			t.Run(fmt.Sprintf("%s-%d", name, o.Width), func(t *testing.T) {
				t.Parallel()
				s := newSaver(100)
				saved(t, s, o, func(p *uitest.Program) {
					press(p, keys...)
					for _, label := range []string{"a", "d", "l", "A", "S", "na", "mS", "mm"} {
						press(p, "alt+j")
						p.Want("type a label")
						p.Check()
						for _, r := range label {
							p.Press(string(r))
						}
						p.Settle()
						p.Check()
						press(p, "esc", "esc", "esc", "1")
						press(p, keys...)
					}
				})
			})
		}
	}
}

// What stands under a label may have moved when it is typed: then nothing is
// clicked.
func TestALabelWhosePlaceHasMovedDoesNothing(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(30), usual(), func(p *uitest.Program) {
		press(p, "'")
		p.Resize(100, 30)
		p.Settle()
		p.WantNot("type a label")
		press(p, "'", "1") // no label has a digit
		p.WantNot("type a label")
		press(p, "/")
		enter(p, "it's") // text where text is typed
		p.Want("/ it's")
		press(p, "alt+j")
		p.Want("type a label")
		p.Click(3, 8)
		p.Settle()
		p.WantNot("type a label")
		p.Check()
	})
}

// Without colours and beyond ASCII's reach the labels are still told apart: by
// being bold and reversed.
func TestLabelsOnEveryTerminal(t *testing.T) {
	t.Parallel()
	for _, c := range profiles {
		o := small()
		o.Profile = c.profile
		workbenchWith(t, ui.Options{API: newFake(50), ASCII: c.ascii}, o, func(p *uitest.Program) {
			press(p, "'")
			p.Check()
			p.Golden("jump-events-80x24-" + c.name)
		})
	}
}

func TestLabelsBeginNoOtherLabel(t *testing.T) {
	t.Parallel()
	for n := range 700 {
		labels := ui.Labels(n)
		if want := min(n, 26*26); len(labels) != want {
			t.Fatalf("%d labels for %d, want %d", len(labels), n, want)
		}
		seen := map[string]bool{}
		for _, l := range labels {
			if seen[l] || len(l) > 1 && seen[l[:1]] || len(l) == 0 || len(l) > 2 {
				t.Fatalf("of %d: %q is there already, or begins with one that is", n, l)
			}
			seen[l] = true
		}
	}
}
