package ui_test

import (
	"context"
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

// writable is a changeable whose events can be created and have raw records.
type writable struct {
	*changeable
	created []api.CreateEvent
	refuse  error
	patches []api.EventPatch
	raws    []json.RawMessage
}

func newWritable(n int) *writable {
	w := &writable{changeable: newChangeable(n)}
	for i := range w.events {
		w.events[i].RawID = "1"
	}
	return w
}

func (w *writable) Create(_ context.Context, in api.CreateEvent) (api.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse != nil {
		return api.Event{}, w.refuse
	}
	w.created = append(w.created, in)
	at, _ := api.ParseTime(in.Date)
	e := api.Event{UUID: fmt.Sprintf("made-%d", len(w.created)), DatasetID: "d1", Date: at, Category: in.Category, Event: in.Event, TLP: in.TLP, Indicator: in.Indicator}
	w.events = append(w.events, e)
	return e, nil
}

func (w *writable) Update(ctx context.Context, dataset, id string, p api.EventPatch) (api.Event, error) {
	w.mu.Lock()
	w.patches = append(w.patches, p)
	w.mu.Unlock()
	return w.changeable.Update(ctx, dataset, id, p)
}

func (w *writable) RawByID(ctx context.Context, event, _ string) (api.Raw, error) {
	return w.Raw(ctx, "d1", event)
}

func (w *writable) UpdateRaw(_ context.Context, _, _ string, p api.RawPatch) (api.Raw, error) {
	w.raws = append(w.raws, p.Data)
	return api.Raw{ID: "1", Data: p.Data}, nil
}

func writing(t *testing.T, w *writable, o uitest.Options, script func(p *uitest.Program)) {
	t.Helper()
	workbenchWith(t, ui.Options{API: w}, o, script)
}

// fill writes a new event of which nothing is missing.
func fill(p *uitest.Program) {
	press(p, "a", "n")
	enter(p, "phi")
	press(p, "down", "enter")
	enter(p, "a letter with a link")
}

func TestANewEventFromTheForm(t *testing.T) {
	t.Parallel()
	w := newWritable(30)
	writing(t, w, usual(), func(p *uitest.Program) {
		press(p, "a", "n")
		p.Want("New event", "category *", "2026-03-14T12:00:00Z")
		p.Golden("form-new-120x40")
		press(p, "ctrl+s")
		p.Want("category: required")
		enter(p, "phi")
		press(p, "down", "enter") // takes it and goes on
		enter(p, "a letter with a link")
		press(p, "tab")
		press(p, "ctrl+u")
		enter(p, "purple")
		press(p, "tab", "shift+tab")
		p.Want(`tlp: want red, amber+strict, amber, green or clear, got "purple"`)
		p.Golden("form-wrong-120x40")
		press(p, "ctrl+u")
		enter(p, "re")
		press(p, "down", "enter", "tab")
		enter(p, "ukraine")
		press(p, "down", "enter")
		p.Want("UA")
		press(p, "tab", "tab")
		p.Paste("hxxp://evil[.]example/x, 203.0.113.9;198.51.100.7:443\nd41d8cd98f00b204e9800998ecf8427e")
		p.Settle()
		p.Want("4 indicators were taken", "http://evil.example/x", "3 lines", "url")
		press(p, "tab", "tab", "tab")
		enter(p, "c2, mail")
		press(p, "tab", "tab")
		enter(p, "spearphishing link")
		press(p, "ctrl+n", "enter")
		p.Want("T1566.002 Phishing: Spearphishing Link")
		press(p, "ctrl+s")
		p.Want("Create this event?", "a letter with a link", "198.51.100.7")
		p.Golden("form-review-120x40")
		press(p, "esc")
		p.Want("New event")
		press(p, "ctrl+s", "y")
		p.Want("Created 1 event", "a letter with a link")
		p.WantNot("New event")
		if len(w.created) != 1 {
			t.Fatalf("created %d events", len(w.created))
		}
		in := w.created[0]
		if in.Category != "Phishing" || in.TLP != "red" || in.AttackerCountry != "UA" || in.Indicator != "http://evil.example/x" || in.IndicatorType != "url" ||
			len(in.Indicators) != 3 || in.Indicators[2].IndicatorType != "md5" || !slices.Equal(in.Tags, []string{"c2", "mail"}) ||
			!slices.Equal(in.MitreAttack, []string{"T1566.002"}) || string(in.Raw.Data) != "{}" || in.KillChain != nil {
			t.Errorf("created %+v", in)
		}
		press(p, "u")
		p.Want("Undone: create 1 event")
		p.Check()
	})
}

// What the server refuses is said at its field, and nothing is lost.
func TestARefusedFormComesBack(t *testing.T) {
	t.Parallel()
	w := newWritable(10)
	w.refuse = api.Errorf(400, "category: no category %q", "Phishing")
	writing(t, w, usual(), func(p *uitest.Program) {
		fill(p)
		press(p, "ctrl+s", "enter")
		p.Want("New event", `category: no category "Phishing"`, "a letter with a link")
		p.Golden("form-refused-120x40")
		w.refuse = errors.New("127.0.0.1:1: connection refused")
		press(p, "ctrl+s", "enter")
		p.Check()
		p.Advance(5 * time.Second)
		press(p, "esc", "esc", "a", "n")
		p.Want("This was begun before and not sent", "Phishing, a letter with")
		w.refuse = nil
		press(p, "enter", "ctrl+s", "enter")
		p.Want("Created 1 event")
		press(p, "a", "n")
		p.Want("New event") // sent: there is nothing to go on with
	})
}

func TestAFormLeftIsOfferedAgain(t *testing.T) {
	t.Parallel()
	w := newWritable(10)
	memory := &notes{values: map[string]json.RawMessage{}}
	o := ui.Options{API: w, Memory: memory}
	workbenchWith(t, o, small(), func(p *uitest.Program) {
		fill(p)
		p.Golden("form-new-80x24")
		press(p, "esc")
		if p.Contains("New event") {
			press(p, "esc")
		}
		p.Want("What you wrote is kept")
	})
	workbenchWith(t, o, small(), func(p *uitest.Program) { // the next session
		press(p, "a", "n")
		p.Want("Continue", "Begin anew")
		press(p, "enter")
		p.Want("a letter with a link")
		press(p, "esc", "a", "n", "down", "enter")
		p.WantNot("a letter with a link")
		press(p, "esc", "a", "n")
		p.WantNot("This was begun before")
		p.Check()
	})
}

func TestEditingSendsWhatDiffers(t *testing.T) {
	t.Parallel()
	w := newWritable(10)
	e := &w.events[0]
	for i := range w.events {
		if w.events[i].Date.After(e.Date.Time) {
			e = &w.events[i]
		}
	}
	e.Tags, e.TLP, e.Category = []string{"old", "kept"}, "green", "Phishing"
	e.Insight, e.Event = "# Seen\n\nonce\n\nby us", "a plain event"
	e.Indicator, e.IndicatorType = "evil.example", "domain"
	id := e.UUID
	writing(t, w, usual(), func(p *uitest.Program) {
		press(p, "a", "e")
		p.Want("Edit event "+id[:8], "comes from the category", "not read yet")
		press(p, "ctrl+s")
		p.Want("Nothing was changed")
		press(p, "a", "e", "tab", "tab", "tab")
		press(p, "ctrl+u")
		enter(p, "red")
		press(p, "tab", "tab", "tab", "tab", "tab")
		press(p, "ctrl+u")
		enter(p, "203.0.113.9")
		press(p, "tab", "tab")
		p.Press("ctrl+u")
		enter(p, "kept, new")
		press(p, "tab", "tab", "enter") // the insight
		p.Want("esc done")
		press(p, "ctrl+home", "down", "down", "end")
		p.Paste(" or twice\x1b[31m")
		p.Settle()
		p.Golden("form-area-120x40")
		press(p, "esc", "tab", "enter") // the raw record
		p.Want("raw data")
		press(p, "ctrl+end")
		p.Paste("x")
		press(p, "esc")
		p.Want("raw.data: want JSON, line")
		press(p, "ctrl+r", "enter", "ctrl+home")
		p.Press("delete")
		p.Paste(`{"more": 1, `)
		press(p, "esc", "ctrl+s")
		p.Want("Save these changes?", "green → red", "evil.example → 203.0.113.9", "- once", "+ once or twice", "old, kept → kept, new")
		p.Golden("form-diff-120x40")
		press(p, "enter")
		p.Want("Changed TLP, indicator and more")
		if len(w.patches) != 1 {
			t.Fatalf("%d patches", len(w.patches))
		}
		got := w.patches[0]
		if got.TLP == nil || *got.TLP != "red" || got.Indicator == nil || got.Category != nil || got.Event != nil || got.Date != nil || got.Insight == nil {
			t.Errorf("sent %+v", got)
		}
		if w.tagged("new") != 1 || w.tagged("old") != 0 || len(w.raws) != 1 || !strings.Contains(string(w.raws[0]), `"more"`) {
			t.Errorf("tags or raw record are not as they should be: %s", w.raws)
		}
		press(p, "u")
		p.Want("Undone: ")
		if w.tagged("new") != 0 || w.tagged("old") != 1 || len(w.raws) != 2 {
			t.Error("not all was taken back")
		}
		p.Check()
	})
}

// On marks one field is changed, on one event too where that is asked for.
func TestOneFieldCanStillBeChanged(t *testing.T) {
	t.Parallel()
	w := newWritable(10)
	writing(t, w, usual(), func(p *uitest.Program) {
		press(p, "a", "E")
		p.Want("Change which field of the event?")
		press(p, "esc", "space", "space", "a", "e")
		p.Want("Change which field of 2 events?")
	})
}

func TestTheFormByMouse(t *testing.T) {
	t.Parallel()
	w := newWritable(10)
	writing(t, w, usual(), func(p *uitest.Program) {
		press(p, "a", "n")
		p.ClickOn("Domain Resolution") // offered for the category
		p.ClickOn("target country")
		enter(p, "germ")
		p.ClickOn("Germany")
		p.Want("DE")
		p.ClickOn("insight")
		p.ClickOn("insight")
		p.Settle()
		p.Want("esc done")
		p.Check()
	})
}

// Hostile text in an event, in what is typed and in what is pasted: the frame
// stays whole.
func TestTheFormWithHostileText(t *testing.T) {
	t.Parallel()
	w := newWritable(5)
	for _, text := range hostileTexts(t) {
		w.hostile(text)
	}
	n := len(w.events)
	for _, o := range cramped() {
		writing(t, w, o, func(p *uitest.Program) {
			for i := range n {
				press(p, "a", "e")
				for range 16 {
					p.Press("tab")
					p.Advance(20 * time.Millisecond)
					p.Check()
				}
				press(p, "esc", "esc", "j")
				if t.Failed() {
					t.Fatalf("at event %d", i)
				}
			}
			for _, text := range hostileTexts(t) {
				press(p, "a", "n")
				p.Type(text)
				p.Settle()
				p.Check()
				press(p, "tab")
				p.Paste(text)
				p.Settle()
				p.Check()
				press(p, "shift+tab", "shift+tab", "pgdown", "pgdown", "shift+tab", "shift+tab", "enter")
				p.Paste(text)
				p.Settle()
				p.Check()
				press(p, "esc", "ctrl+s", "esc", "esc", "esc")
				press(p, "a", "n", "down", "enter", "esc", "esc")
				if t.Failed() {
					t.Fatalf("at %q", text)
				}
			}
		})
	}
}
