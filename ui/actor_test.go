package ui_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// TestScreensOfActors looks at a profile in each size and colour profile.
func TestScreensOfActors(t *testing.T) {
	t.Parallel()
	for _, size := range []struct {
		name string
		o    uitest.Options
	}{{"80x24", small()}, {"120x40", usual()}, {"200x60", large()}} {
		for _, c := range profiles {
			t.Run(size.name+"-"+c.name, func(t *testing.T) {
				size.o.Profile = c.profile
				workbenchWith(t, ui.Options{API: newFake(400), ASCII: c.ascii}, size.o, func(p *uitest.Program) {
					press(p, "j", "a", "a")
					p.Check()
					p.Golden("actor-" + size.name + "-" + c.name)
				})
			})
		}
	}
}

// TestActorOfTheEventInHand: the profile counts the actor's events whatever
// the filter, leads to its values, and is returned to.
func TestActorOfTheEventInHand(t *testing.T) {
	t.Parallel()
	f := newFake(400)
	workbench(t, f, usual(), func(p *uitest.Program) {
		p.WantNot("8 Actor")
		enter(p, "/-category:Phishing attacker:HOLLOWMAGPIE")
		press(p, "enter", "a", "a")
		p.Want("8 Actor", "HOLLOWMAGPIE", "attacker, in", "CATEGORY", "TECHNIQUE", "KILL CHAIN", "LATEST EVENTS")
		all := 0
		for _, e := range f.newest() {
			if e.Attacker == "HOLLOWMAGPIE" {
				all++
			}
		}
		p.Want(fmt.Sprint(all) + " events")
		press(p, "j", "enter")
		p.Want("attacker:HOLLOWMAGPIE category:")
		press(p, "alt+left")
		p.Want("LATEST EVENTS")
		press(p, "o")
		p.Want("/ attacker:HOLLOWMAGPIE ")
		press(p, "8", "G", "enter")
		p.Want("Overview")
		press(p, "alt+left", "c")
		p.Want("attacker:HOLLOWMAGPIE", "6 Charts")
		press(p, "8", "b")
		p.Want("MATCH ALL", "HOLLOWMAGPIE")
		press(p, "8", "ctrl+r")
		p.Want("Graph")
		p.Check()
	})
}

// TestAnotherActor is asked for by name, from the pivot menu and by a facet.
func TestAnotherActor(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "j", "8", "/")
		enter(p, "nobody of this name")
		press(p, "enter")
		p.Want("No event here names this attacker.")
		press(p, "1", "j", "p")
		choosing(p, "profile of the attacker")
		p.WantNot("No event here")
		p.Want("LATEST EVENTS")
		p.Check()
	})
}

func TestActorByMouse(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "j", "a", "a")
		p.ClickOn("green ")
		p.Settle()
		p.ClickOn("green ")
		p.Settle()
		p.Want("tlp:green")
		p.ClickOn("8 Actor")
		p.Settle()
		p.Wheel(10, 20, 3)
		p.Settle()
		p.Check()
	})
}

func TestActorWhenTheServerFails(t *testing.T) {
	t.Parallel()
	f := newFake(60)
	workbench(t, f, small(), func(p *uitest.Program) {
		f.fail(errors.New("the server answered 502 Bad Gateway"))
		press(p, "j", "a", "a")
		p.Want("The profile could not be loaded.", "502 Bad Gateway")
		f.fail(nil)
		press(p, "r")
		p.Want("CATEGORY")
		p.Check()
	})
}

// TestActorReport writes a file in which nothing means anything to Markdown.
func TestActorReport(t *testing.T) {
	t.Parallel()
	f := newFake(60)
	id := f.newest()[0].UUID
	f.change(id, func(e *api.Event) {
		e.Attacker, e.Category, e.Indicator, e.Event = "# <b>Evil|Actor", "`Cat`", "http://evil.example/", "said *this*"
	})
	var path, text string
	o := ui.Options{API: f, WriteFile: whole(func(p string, data []byte) error {
		path, text = p, string(data)
		return nil
	})}
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		press(p, "a", "a", "w", "enter")
		p.Want("Written: ")
	})
	if filepath.Base(path) != "b-evil-actor.md" {
		t.Errorf("written to %q", path)
	}
	for _, want := range []string{`# \# \<b\>Evil\|Actor`, `## Category`, "\\`Cat\\` | 1 |", `said \*this\*`, `hxxp`, "the strictest marking among these events"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the report:\n%s", want, text)
		}
	}
}

// TestHostileActors: names that would steer a terminal are drawn harmlessly.
func TestHostileActors(t *testing.T) {
	t.Parallel()
	for name, text := range hostileTexts(t) {
		t.Run(name, func(t *testing.T) {
			f := newFake(20)
			f.hostile(text)
			workbench(t, f, small(), func(p *uitest.Program) {
				press(p, "j", "a", "a")
				p.Check()
				press(p, "j", "l", "G")
				p.Check()
			})
		})
	}
}
