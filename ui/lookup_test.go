package ui_test

import (
	"context"
	"encoding/csv"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
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
		p.Want("4 indicators: 3 seen, 0 related, 1 not seen", "All that were seen", seen[0], "not seen", "http://nothing.example/x")
		before := len(f.asked())
		press(p, "enter")
		p.Want("indicator:(", seen[0])
		if len(f.asked()) == before {
			t.Error("the events of the hits were not asked for")
		}
		press(p, "alt+left")
		p.Want("4 indicators: 3 seen")
		press(p, "esc")
		p.Send(tea.PasteMsg{Content: "nothing to see here"})
		p.Settle()
		p.Want("No indicator in what was pasted")
	})
}

func TestLookupAsksFiftyAtATime(t *testing.T) {
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
		if n := len(f.asked()) - before; n > 5 {
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
		p.Want("Deleted 1 event")
		press(p, "u")
		p.Want("Can't undo")
		if c.tagged("first") != 1 {
			t.Error("the change before was taken back")
		}
		press(p, "u")
		p.Want("Undone: tag 1 event")
	})
}

// lookupFake is a server that looks up indicators itself.
type lookupFake struct {
	*fake
	asked []api.LookupRequest
}

func (f *lookupFake) Capabilities(context.Context) (api.Capabilities, error) {
	return api.Capabilities{Paths: []string{api.CanLookup}}, nil
}

func (f *lookupFake) LookupIndicators(_ context.Context, q api.LookupRequest) ([]api.Lookup, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, q)
	known := func(value string, n int) api.Known {
		return api.Known{Value: value, Count: n, Newest: []api.KnownEvent{{UUID: "1", DatasetID: "d", Date: api.TimeOf(noon), Category: "Phishing", Attacker: "\x1b[2JHERON"}}}
	}
	out := make([]api.Lookup, len(q.Indicators))
	for i, v := range q.Indicators {
		out[i] = api.Lookup{Value: v, Canonical: v, Exact: api.Known{Value: v}}
		switch v {
		case "seen.example":
			out[i].Exact = known(v, 3)
		case "below.example":
			below := known(v, 1)
			out[i].Below = &below
		case "https://host.example/a":
			host := known("host.example", 2)
			out[i].Host = &host
		}
	}
	return out, nil
}

// The verdicts are whole at 80 columns, the results come back with alt+left,
// by an empty text too, and can be copied and saved.
func TestLookupResultsStayAndAreTaken(t *testing.T) {
	t.Parallel()
	f := &lookupFake{fake: newFake(50)}
	written := make(chan string, 2)
	o := ui.Options{API: f, WriteFile: whole(func(_ string, data []byte) error { written <- string(data); return nil })}
	term := usual()
	term.Width, term.Height = 80, 24
	workbenchWith(t, o, term, func(p *uitest.Program) {
		p.Send(tea.PasteMsg{Content: "seen.example\nhxxps://host.example/a\nbelow.example\nmissing.example\n"})
		p.Settle()
		p.Want("4 indicators: 1 seen, 2 related, 1 not seen", "Searched in all datasets", "3 events", "host known: 2 events", "below it: 1 event", "not seen")
		press(p, "down", "enter")
		p.Want("indicator:host.example")
		press(p, "alt+left")
		p.Want("4 indicators: 1 seen", "▌   host known: 2 events")
		press(p, "esc", "a", "l")
		p.Want("empty: the last results again")
		press(p, "enter", "down", "enter")
		p.Want("domain:below.example")
		press(p, "alt+left", "home", "up", "up", "up", "up", "enter")
		p.Want("Copy or save which?", "Seen: 1 indicator", "Related: 2", "Not seen: 1")
		press(p, "down", "down", "enter", "down", "enter")
		if got := p.Copied(); len(got) != 1 || got[0] != "hxxps://host[.]example/a\nbelow[.]example\n" {
			t.Errorf("copied %q", got)
		}
		p.Want("4 indicators: 1 seen")
		press(p, "up", "enter", "enter", "down", "down", "enter", "enter")
		p.Want("Written:")
	})
	rows, err := csv.NewReader(strings.NewReader(<-written)).ReadAll()
	if err != nil || len(rows) != 5 || rows[1][0] != "seen.example" || rows[1][2] != "3" || rows[2][1] != "host known: 2 events" || rows[4][1] != "not seen" {
		t.Errorf("%q, %v", rows, err)
	}
	if len(f.asked) != 1 || len(f.asked[0].Datasets) > 0 {
		t.Errorf("asked %+v", f.asked)
	}
}
