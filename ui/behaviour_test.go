package ui_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

func TestMoving(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(1000), usual(), func(p *uitest.Program) {
		for _, step := range []struct{ keys, want string }{
			{"j", "2 of 1,000"}, {"down", "3 of 1,000"}, {"k", "2 of 1,000"}, {"end", "1,000 of 1,000"}, {"up", "999 of 1,000"},
			{"home", "1 of 1,000"}, {"pgdown", "29 of 1,000"}, {"G", "1,000 of 1,000"}, {"g", "1 of 1,000"},
		} {
			press(p, step.keys)
			p.Want(step.want)
			p.Check()
		}
	})
}

// A message in the corner doesn't take esc from what has the focus: only where
// esc means nothing there does it send the message away.
func TestEscGoesToTheFocusBeforeTheMessages(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(300), usual(), func(p *uitest.Program) {
		press(p, "/")
		enter(p, "tlp:amber")
		press(p, "enter", "M", "esc")
		p.Want("1 of 300", "Mouse off")
		press(p, "esc")
		p.WantNot("Mouse off")
		press(p, "enter", "M", "esc") // out of the detail
		p.Want("Mouse on")
		press(p, "M", "/", "esc") // and out of the filter line
		p.Want("Mouse off")
		press(p, "esc")
		p.WantNot("Mouse off")
		p.Check()
	})
}

// A list of which only ends and neighbourhoods can be asked for by number.
func TestFarIntoALongList(t *testing.T) {
	t.Parallel()
	f := longFake(250_000)
	workbenchWith(t, ui.Options{API: f}, usual(), func(p *uitest.Program) {
		p.Want("1 of 250,000")
		press(p, "G")
		p.Want("250,000 of 250,000", "event 249999")
		press(p, "pgup", "pgup")
		p.WantNot("  …  ")
		press(p, "ctrl+g")
		enter(p, dayOfRow(120_000))
		press(p, "enter")
		p.Want("event 118801")
		before := len(f.asked())
		for range 30 {
			press(p, "pgdown")
		}
		if n := len(f.asked()) - before; n > 12 {
			t.Errorf("30 pages down made %d calls", n)
		}
		press(p, "pgup", "pgup", "pgup")
		p.WantNot("  …  ")
		p.Check()
		for _, q := range f.asked() {
			if off := (max(q.Page, 1) - 1) * q.PageSize; off > api.MaxPageOffset {
				t.Fatalf("a page at %d was asked for, which the API refuses", off)
			}
		}
	})
}

func TestFilterAsYouType(t *testing.T) {
	t.Parallel()
	f := newFake(400)
	workbench(t, f, usual(), func(p *uitest.Program) {
		before := len(f.asked())
		p.Type("/tlp:red")
		p.Settle()
		if n := len(f.asked()) - before; n > 2 {
			t.Errorf("typing eight keys in a row made %d list calls", n)
		}
		p.WantNot("of 400")
		press(p, "esc")
		if !p.Contains("of 400") {
			press(p, "esc")
		}
		p.Want("1 of 400")
		enter(p, "/tlp:red")
		press(p, "enter")
		p.Want("tlp:red", "⏎ open")
		press(p, "backspace")
		p.Want("1 of 400")
	})
}

func TestSupersededSearchesAreNotSent(t *testing.T) {
	t.Parallel()
	f := newFake(100)
	workbench(t, f, usual(), func(p *uitest.Program) {
		p.Type("/")
		p.Settle()
		before := len(f.asked())
		for _, r := range "broadcaster" {
			p.Type(string(r))
			p.Advance(20 * time.Millisecond)
		}
		p.Settle()
		asked := f.asked()[before:]
		if len(asked) != 1 || asked[0].Search[0].Value() != "broadcaster" {
			t.Errorf("asked for %+v, want the whole word once", asked)
		}
	})
}

func TestIncludeExcludeAndBack(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "l", "+") // the TLP of the first event
		p.Want("tlp:green")
		press(p, "-")
		p.Want("-tlp:green")
		press(p, "alt+left")
		p.Want("/ tlp:green")
		press(p, "alt+left")
		p.Want("1 of 400")
		press(p, "alt+right")
		p.Want("/ tlp:green")
		press(p, "esc")
		p.Want("1 of 400")
	})
}

func TestTagsAreChosenFrom(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), large(), func(p *uitest.Program) {
		press(p, `\`) // stacked, so that the tags have room
		press(p, "l", "l", "l", "l", "l", "l", "+")
		p.Want("only events with", "botnet", "iot")
		press(p, "down", "enter")
		p.Want("tags:iot")
	})
}

func TestFacetsNarrow(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "shift+tab", "enter")
		p.Want("attacker:OCHREWOLFHOUND", "1 of 32")
		press(p, "backspace")
		press(p, "-") // the facets have kept the focus
		p.Want("-attacker:OCHREWOLFHOUND", "1 of 368")
	})
}

func TestRangesPivotsAndContext(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "j", "j", "j", "[")
		p.Want("date>=2026-03-12T08:17", "4 of 4") // the event stays selected
		press(p, "=")
		p.Want("of 400")
		press(p, "g", "p")
		p.Want("same indicator")
		press(p, "enter")
		p.Want("indicator:", "1 of 1")
		press(p, "alt+left", "c")
		p.Want("a day either side")
		press(p, "down", "down", "enter")
		p.Want("date>=2026-03-13", "date<=2026-03-15")
	})
}

func TestMarks(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "space", "j", "j", "V")
		p.Want("4 marked")
		press(p, "k", "k", "space") // takes one away again
		p.Want("3 marked")
		enter(p, "/tlp:red")
		press(p, "enter")
		p.Want("3 marked") // the list is another, the marks stay
		press(p, "X")
		p.WantNot("marked")
		press(p, "ctrl+a")
		p.Want(" marked")
	})
}

func TestSortByColumnAndHeader(t *testing.T) {
	t.Parallel()
	f := newFake(400)
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "l", "l", "s")
		if q := last(f.asked()); q.OrderBy != "attacker" || q.Order != "asc" {
			t.Errorf("s asks for the order %s %s", q.OrderBy, q.Order)
		}
		press(p, "S")
		if q := last(f.asked()); q.Order != "desc" {
			t.Errorf("S asks for the order %s %s", q.OrderBy, q.Order)
		}
		p.ClickOn("CATEGORY   ")
		p.Settle()
		if q := last(f.asked()); q.OrderBy != "category" || q.Order != "asc" {
			t.Errorf("a click on the title asks for the order %s %s", q.OrderBy, q.Order)
		}
		p.ClickOn("DATE")
		p.Settle()
		p.Want("DATE ▾", "1 of 400") // what was asked before is remembered
	})
}

func last(list []api.ListQuery) api.ListQuery { return list[len(list)-1] }

func TestMouse(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		p.ClickOn("12 Mar 16:10")
		p.Settle()
		p.Want("3 of 400")
		p.ClickOn("CRIMSONKELP") // a value of a facet
		p.Settle()
		p.Want("⏎ only this")
		p.Wheel(60, 10, 3)
		p.Settle()
		p.Check()
		x, y, _ := p.Screen().Find("17 Sep 24")
		p.Drag(x+20, y-1, x+40, y-1)
		p.Settle()
		p.Want("date>=", "date<")
		press(p, "=")
		p.ClickOn("Raw")
		p.Settle()
		p.Want("source")
		p.ClickOn("1 Events")
		p.Settle()
		p.Want("⏎ open")
	})
}

func TestCopies(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "l", "y")
		press(p, "Y", "j", "enter")
		if got := p.Copied(); len(got) != 2 || got[0] != "green" || !strings.Contains(got[1], "[:]") && !strings.Contains(got[1], "2001") {
			t.Errorf("copied %q", got)
		}
		p.Want("Copied")
	})
}

func TestThemesZonesAndPanes(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		for range 7 {
			press(p, "T")
			p.Check()
		}
		press(p, "Z")
		p.Want("your local time")
		press(p, "enter", ">", ">", "<", "z")
		p.Check()
		press(p, "z", `\`, "tab", "tab", "shift+tab", "v", "f", "H")
		p.Check()
	})
}

func TestPasteGoesToTheTextField(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		p.Paste("attacker:nobody")
		p.Settle()
		p.Want("1 of 400")
		press(p, "/")
		p.Paste("tlp:\nred" + strings.Repeat(" ", 1<<20))
		p.Settle()
		p.Check()
	})
}

func TestReadOnlyIsSaid(t *testing.T) {
	t.Parallel()
	workbenchWith(t, ui.Options{API: newFake(10), ReadOnly: true}, usual(), func(p *uitest.Program) {
		p.Want("read-only")
	})
}

func TestWarningsAreSaidAtTheStart(t *testing.T) {
	t.Parallel()
	uitest.Run(t, usual(), programWith(ui.Options{API: newFake(10), Warnings: []string{"config.toml:3: no such key"}, Theme: "nonsense"}), func(p *uitest.Program) {
		p.Advance(300 * time.Millisecond)
		p.Want("config.toml:3", "nonsense")
	})
}

func TestQuits(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"q", "ctrl+c"} {
		workbench(t, newFake(10), small(), func(p *uitest.Program) {
			p.Press(key)
			p.Advance(time.Second)
			if ended, err := p.Ended(); !ended || err != nil {
				t.Errorf("%s: ended %v, %v", key, ended, err)
			}
		})
	}
}

// unwritable is a memory that can't be written down.
type unwritable struct{}

func (unwritable) Get(string) (json.RawMessage, bool) { return nil, false }
func (unwritable) Put(string, json.RawMessage)        {}
func (unwritable) Flush() error                       { return errors.New("writing down: no space left on device") }

func TestALostMemoryIsSaidOnce(t *testing.T) {
	t.Parallel()
	m := model(ui.Options{API: newFake(5), Memory: unwritable{}})
	uitest.Run(t, small(), func() tea.Model { return m }, func(p *uitest.Program) {
		p.Settle()
		p.Send(ui.Remember(m)())
		p.Settle()
		p.Want("no space left")
		press(p, "esc")
		p.Send(ui.Remember(m)())
		p.Settle()
		p.WantNot("no space left")
	})
}

// A list that answers an earlier filter than the one being typed says so, and
// any spelling of a marking is one to ask for.
func TestAListBehindTheFilterSaysSo(t *testing.T) {
	t.Parallel()
	workbenchWith(t, ui.Options{API: newFake(400)}, usual(), func(p *uitest.Program) {
		enter(p, "/attacker:h")
		p.Want("of the previous filter")
		enter(p, "OLLOWMAGPIE")
		p.Settle()
		p.WantNot("of the previous filter")
		press(p, "enter", "/", "ctrl+u")
		enter(p, "tlp:amber+")
		p.Settle()
		p.WantNot("of the previous filter")
	})
}
