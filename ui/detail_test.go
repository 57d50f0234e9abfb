package ui_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// newest puts the fake's events in the order of the list, the newest first.
func (f *fake) newest() []api.Event {
	return f.matching(api.ListQuery{})
}

// change alters the event with this id.
func (f *fake) change(id string, how func(*api.Event)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.events {
		if f.events[i].UUID == id {
			how(&f.events[i])
		}
	}
}

// linked is a fake whose newest event refers to the third and to one that is
// not there, and is referred to by the fifth.
func linked(n int) *fake {
	f := newFake(n)
	list := f.newest()
	f.change(list[0].UUID, func(e *api.Event) {
		e.References, e.Referenced = []string{list[2].UUID, "gone-for-good"}, []string{list[4].UUID}
		e.NumReferences, e.NumReferenced = 2, 1
	})
	return f
}

func TestReferencesAreFollowedAndLeftAgain(t *testing.T) {
	t.Parallel()
	f := linked(400)
	list := f.newest()
	workbench(t, f, usual(), func(p *uitest.Program) {
		p.Want("3 references")
		press(p, "enter", "z", "e")
		p.Want("REFERS TO 2", "REFERRED BY 1", "gone-for-good", "Relations 3")
		press(p, "enter", "o")
		p.Want(list[2].UUID)
		press(p, "alt+left")
		p.Want("Relations 3", "gone-for-good") // the part that was left
		press(p, "j", "y")
		if got := p.Copied(); len(got) != 1 || got[0] != "gone-for-good" {
			t.Errorf("copied %q, want the reference's id", got)
		}
		press(p, "enter")
		p.Want("no event gone-for-good")
		p.Check()
	})
}

func TestAFailedReferenceSaysSo(t *testing.T) {
	t.Parallel()
	f := linked(50)
	workbench(t, f, small(), func(p *uitest.Program) {
		press(p, "enter")
		f.fail(fmt.Errorf("the server answered 503"))
		press(p, "e")
		p.Want("REFERS TO", "could not be loaded") // by their ids at least
		p.Check()
	})
}

// A raw record is a tree: it folds, is searched, and gives its values away.
func TestRawRecordIsATree(t *testing.T) {
	t.Parallel()
	f := newFake(50)
	id := f.newest()[0].UUID
	f.raws[id] = json.RawMessage(`{"host":{"name":"mail.acme.example","ports":[25,465,587]},"note":"needle in a stack","seen":null}`)
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "enter", "R")
		p.Want("host", "ports", "source sensor")
		press(p, "+")
		p.Want("465", "mail.acme.example")
		press(p, "-")
		p.WantNot("mail.acme.example")
		press(p, "+", "/")
		enter(p, "needle")
		press(p, "enter", "y")
		if got := last2(p.Copied()); !strings.Contains(got, "needle in a stack") {
			t.Errorf("y copied %q, want the value found", got)
		}
		press(p, "P")
		if got := last2(p.Copied()); got != "$.note" {
			t.Errorf("P copied %q, want the value's path", got)
		}
		press(p, "/")
		p.Press("ctrl+u")
		enter(p, "nowhere to be found")
		press(p, "enter")
		p.Want("Not found here")
		p.Check()
	})
}

func last2(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

func TestSearchGoesThroughTheHits(t *testing.T) {
	t.Parallel()
	f := newFake(50)
	f.change(f.newest()[0].UUID, func(e *api.Event) {
		e.Insight = strings.Repeat("Something is told here.\n\nThen comes the needle.\n\n", 40)
	})
	workbench(t, f, small(), func(p *uitest.Program) {
		press(p, "enter", "i", "n")
		p.Want("Search for something first")
		p.Advance(10 * time.Second) // the toast goes
		p.Press("/")
		p.Settle()
		enter(p, "needle")
		press(p, "enter")
		first := p.Screen().String()
		press(p, "n", "n", "n", "n", "n", "n", "n", "n")
		if p.Screen().String() == first {
			t.Error("n goes nowhere")
		}
		press(p, "N", "N", "N", "N", "N", "N", "N", "N")
		if p.Screen().String() != first {
			t.Errorf("as many N as n lead elsewhere:\n%s\n%s", first, p.Screen())
		}
		press(p, "G")
		p.Check()
		press(p, "g")
		p.Check()
	})
}

// J and K go through the events with the detail open, its part kept.
func TestNextEventKeepsThePart(t *testing.T) {
	t.Parallel()
	f := newFake(400)
	list := f.newest()
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "enter", "o", "J", "J", "G")
		p.Want("3 of 400", list[2].UUID)
		press(p, "K", "R")
		p.Want("2 of 400", "source sensor")
		press(p, "J")
		p.Want("3 of 400", "source sensor")
		press(p, "2", "J", "o")
		p.Want(list[3].UUID)
		press(p, "1")
		p.Want("4 of 400")
	})
}

// Fast fingers ask for one raw record, not for one an event.
func TestRawRecordsAreAskedForOnceTheCursorRests(t *testing.T) {
	t.Parallel()
	f := newFake(400)
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "enter", "R")
		before := f.calls.Load()
		for range 20 {
			p.Press("J")
			p.Advance(20 * time.Millisecond)
		}
		p.Settle()
		if n := f.calls.Load() - before; n > 2 {
			t.Errorf("20 events passed by made %d calls", n)
		}
		p.Want("21 of 400", "source sensor")
	})
}

func TestASlowRawRecordOfAnotherEventIsDropped(t *testing.T) {
	t.Parallel()
	f := newFake(50)
	list := f.newest()
	f.raws[list[0].UUID] = json.RawMessage(`{"which":"the first one"}`)
	f.raws[list[1].UUID] = json.RawMessage(`{"which":"the second one"}`)
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "enter")
		f.delay = 2 * time.Second
		p.Press("R")
		p.Advance(time.Second)
		p.Want("loading the raw record")
		p.Press("J")
		p.Advance(10 * time.Second)
		p.Settle()
		p.Want("the second one")
		p.WantNot("the first one", "loading")
	})
}

func TestHugeInsightStaysQuick(t *testing.T) {
	t.Parallel()
	f := newFake(20)
	f.change(f.newest()[0].UUID, func(e *api.Event) {
		e.Insight = "# Report\n\n" + strings.Repeat("| a | b |\n|---|---|\n| 1 | "+strings.Repeat("x", 300)+" |\n\n- point\n  - [deep](https://a.example/"+strings.Repeat("y", 200)+")\n\n> quote\n\n```\ncode\n```\n\n", 60)
	})
	workbench(t, f, small(), func(p *uitest.Program) {
		press(p, "enter", "i", "z")
		p.Check()
		for range 5 {
			press(p, "pgdown")
			p.Check()
		}
		press(p, "G")
		p.Check()
		p.Resize(200, 60)
		p.Settle()
		p.Check()
		p.Want("point")
	})
}

// The forms an event can be copied in.
func TestCopyMenuOffersEveryForm(t *testing.T) {
	t.Parallel()
	f := newFake(50)
	id := f.newest()[0].UUID
	f.change(id, func(e *api.Event) {
		e.Indicator, e.Insight = "https://login.acme.example/a?b=<c>", "# Told"
	})
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "enter", "R")
		titles := []string{"indicator", "indicator, defanged", "description", "event as JSON", "event as STIX", "the call as curl", "raw record as JSON", "insight as Markdown", "id"}
		for i, title := range titles {
			press(p, "Y")
			p.Want(title)
			press(p, slices.Repeat([]string{"down"}, i)...)
			press(p, "enter")
		}
		got := p.Copied()
		if len(got) != len(titles) {
			t.Fatalf("copied %d times of %d: %q", len(got), len(titles), got)
		}
		if got[0] != "https://login.acme.example/a?b=<c>" || got[1] != "hxxps://login[.]acme[.]example/a?b=<c>" || got[7] != "# Told" || got[8] != id {
			t.Errorf("copied %q", got)
		}
		if want := "/cloudforce-one/events/" + id + `" -H`; !strings.Contains(got[5], want) {
			t.Errorf("the call is %q, want %q in it", got[5], want)
		}
		for _, i := range []int{3, 4, 6} {
			if !json.Valid([]byte(got[i])) {
				t.Errorf("%s is not JSON: %s", titles[i], got[i])
			}
		}
	})
}

func TestTooLongToCopySaysSo(t *testing.T) {
	t.Parallel()
	f := newFake(5)
	f.raws[f.newest()[0].UUID] = json.RawMessage(`{"a":"` + strings.Repeat("x", 100_000) + `"}`)
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "enter", "R", "j", "y")
		p.Want("Too long for the terminal's clipboard")
		if n := len(p.Copied()); n != 0 {
			t.Errorf("%d texts were copied all the same", n)
		}
	})
}

// What the clipboard can't take can be written to a file, where the session
// may write one.
func TestTooLongToCopyIsWritten(t *testing.T) {
	t.Parallel()
	f := newFake(5)
	long := `"` + strings.Repeat("x", 100_000) + `"`
	f.raws[f.newest()[0].UUID] = json.RawMessage(`{"a":` + long + `}`)
	for _, failed := range []error{nil, errors.New("no room on the disk")} {
		files := map[string]string{}
		o := ui.Options{API: f, WriteFile: whole(func(path string, data []byte) error {
			files[path] = string(data)
			return failed
		})}
		workbenchWith(t, o, usual(), func(p *uitest.Program) {
			press(p, "enter", "R", "j", "y")
			p.Want("to which file?", "threatbench.txt")
			press(p, "enter")
			if failed != nil {
				p.Want("No room on the disk")
				return
			}
			p.Want("Written: threatbench.txt")
			if got := files["threatbench.txt"]; !strings.Contains(got, long[1:len(long)-1]) {
				t.Errorf("wrote %d bytes", len(got))
			}
		})
	}
}

// What stands beside the list, under it, alone, and in the whole window is the
// same event.
func TestDetailInEveryPlace(t *testing.T) {
	t.Parallel()
	f := newFake(50)
	id := f.newest()[1].UUID
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "j", "enter", "o")
		for _, keys := range [][]string{{`\`}, {`\`}, {"z"}, {"z"}, {">", ">", ">"}, {"<", "<", "<", "<", "<"}, {"2"}} {
			press(p, keys...)
			p.Check()
			if keys[0] != "<" { // where the pane is small, the id lies below its end
				press(p, "G")
				p.Want(id[:20]) // the rest may stand on the next line
			}
		}
		press(p, "esc", "esc") // "2" was a step of its own
		p.Want("2 of 50", "⏎ open")
	})
}
