package ui_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// files takes the place of the disk.
type files struct {
	mu   sync.Mutex
	last string
	text string
	err  error
}

func (f *files) write(ctx context.Context, path string, write func(io.Writer) error) error {
	return whole(func(path string, data []byte) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.last, f.text = path, string(data)
		return f.err
	})(ctx, path, write)
}

// whole takes what is written to a file in one piece.
func whole(take func(path string, data []byte) error) func(context.Context, string, func(io.Writer) error) error {
	return func(_ context.Context, path string, write func(io.Writer) error) error {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		return take(path, b.Bytes())
	}
}

// exporting runs the workbench on f with a disk.
func exporting(t *testing.T, f *fake, o uitest.Options, script func(p *uitest.Program, d *files)) {
	t.Helper()
	d := &files{}
	workbenchWith(t, ui.Options{API: f, WriteFile: d.write}, o, func(p *uitest.Program) { script(p, d) })
}

// TestMarkedEventsAreExported: exactly the marked ones, by date, up to the TLP
// chosen, whatever the filter is by then.
func TestMarkedEventsAreExported(t *testing.T) {
	t.Parallel()
	f := newFake(400)
	for i, tlp := range []string{"green", "red", "clear", ""} {
		f.change(f.newest()[i].UUID, func(e *api.Event) { e.TLP = tlp })
	}
	exporting(t, f, usual(), func(p *uitest.Program, d *files) {
		press(p, "space", "space", "space", "space", "a", "x")
		p.Want("write 4 events as", "JSON Lines", "CSV", "STIX 2.1", "Report")
		p.Golden("export-form")
		choosing(p, "CSV")
		p.Want("all of them", "4 of 4", "up to green", "2 of 4")
		p.Golden("export-tlp")
		choosing(p, "up to green")
		p.Want("write 2 events up to green to which file?", "events-20260314-1200.csv")
		p.Golden("export-file")
		press(p, "enter")
		p.Want("Written: events-20260314-1200.csv (2 written, 2 left", "above green")
		p.Check()
		rows, err := csv.NewReader(strings.NewReader(d.text)).ReadAll()
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d rows, %v:\n%s", len(rows), err, d.text)
		}
		for i, id := range []string{f.newest()[2].UUID, f.newest()[0].UUID} { // the older first
			if !strings.Contains(strings.Join(rows[i+1], ","), id) {
				t.Errorf("row %d is %q, want the event %s", i+1, rows[i+1], id)
			}
		}
	})
}

// TestReportCountsWhatIsWritten: the head of a report of marked events doesn't
// tell how many of them are above the marking chosen.
func TestReportCountsWhatIsWritten(t *testing.T) {
	t.Parallel()
	f := newFake(40)
	for i, tlp := range []string{"green", "red", "clear", ""} {
		f.change(f.newest()[i].UUID, func(e *api.Event) { e.TLP = tlp })
	}
	exporting(t, f, usual(), func(p *uitest.Program, d *files) {
		press(p, "space", "space", "space", "space", "a", "R")
		choosing(p, "up to green")
		press(p, "enter")
		p.Want("(2 written, 2 left")
		head, _, _ := strings.Cut(d.text, "\n## ")
		if !strings.Contains(head, "- Filter: `selected manually`\n") || !strings.Contains(head, "- Events: 2\n") || strings.Contains(head, "4 events") {
			t.Errorf("the head is\n%s", head)
		}
	})
}

// TestExportOfManyEvents goes on past one page, tells of events that are gone,
// and is cancelled by esc without a file.
func TestExportOfManyEvents(t *testing.T) {
	t.Parallel()
	f := newFake(350)
	exporting(t, f, usual(), func(p *uitest.Program, d *files) {
		press(p, "ctrl+a")
		p.Settle()
		f.mu.Lock()
		f.events = f.events[:340]
		f.mu.Unlock()
		press(p, "a", "x")
		choosing(p, "JSON Lines")
		choosing(p, "all of them")
		press(p, "enter")
		p.Want("(340 written, 10 are", "gone)")
		if n := strings.Count(d.text, "\n"); n != 340 {
			t.Errorf("%d lines are written", n)
		}
		d.last = ""
		f.delay = 5e9
		press(p, "a", "x")
		choosing(p, "CSV")
		choosing(p, "all of them")
		p.Press("enter")
		p.Advance(7e9)
		p.Want("writing 350 events", "^x cancels")
		p.Press("esc") // belongs to the list, as ever
		p.Settle()
		p.Want("writing 350 events")
		p.Press("ctrl+x")
		p.Settle()
		p.Want("Cancelled: nothing was written")
		if d.last != "" {
			t.Errorf("%s was written", d.last)
		}
		p.Check()
	})
}

// TestReportOfTheSelectedEvent goes to the clipboard where no file is named,
// or none can be written.
func TestReportOfTheSelectedEvent(t *testing.T) {
	t.Parallel()
	f := newFake(60)
	f.change(f.newest()[0].UUID, func(e *api.Event) { e.Indicator, e.IndicatorType = "evil.example", "domain" })
	report := func(p *uitest.Program, keys ...string) {
		press(p, "a", "R")
		choosing(p, "only this one")
		choosing(p, "all of them")
		press(p, keys...)
		p.Want("Copied (1 written)")
		got := p.Copied()
		if len(got) != 1 || !strings.Contains(got[0], "evil[.]example") {
			t.Errorf("copied %q", got)
		}
	}
	exporting(t, f, small(), func(p *uitest.Program, _ *files) { report(p, "ctrl+u", "enter") })
	workbench(t, f, small(), func(p *uitest.Program) { report(p) })
}

func TestExportsThatFail(t *testing.T) {
	t.Parallel()
	f := newFake(300)
	exporting(t, f, usual(), func(p *uitest.Program, d *files) {
		export := func(path ...string) {
			press(p, "a", "x")
			if _, _, asked := p.Screen().Find("write which events?"); asked {
				choosing(p, "only this one")
			}
			choosing(p, "JSON Lines")
			choosing(p, "all of them")
			press(p, path...)
		}
		d.err = errors.New("No space left on device")
		export("enter")
		p.Want("No space left on device")
		d.err = nil
		f.fail(errors.New("the server answered 502 Bad Gateway"))
		export("enter")
		p.Want("the server answered 502 Bad", "Gateway")
		f.fail(nil)
		for _, id := range f.newest()[:40] {
			f.change(id.UUID, func(e *api.Event) { e.Insight = strings.Repeat("long ", 1000) })
		}
		press(p, "ctrl+a", "space")
		press(p, "ctrl+a")
		export("ctrl+u", "enter")
		p.Want("too long for the terminal's clipboard")
		if filepath.Base(d.last) == "." {
			t.Error("a file without a name was written")
		}
		p.Check()
	})
}

// With nothing marked, what the list shows is offered first, and the report's
// head keeps its filter.
func TestAllThatMatchAreExported(t *testing.T) {
	t.Parallel()
	f := newFake(400)
	exporting(t, f, usual(), func(p *uitest.Program, d *files) {
		press(p, "/")
		enter(p, "attacker:HOLLOWMAGPIE")
		press(p, "enter", "a", "R")
		want := 0
		for _, e := range f.events {
			if e.Attacker == "HOLLOWMAGPIE" {
				want++
			}
		}
		p.Want("write which events?", fmt.Sprintf("all %d that match", want), "attacker:HOLLOWMAGPIE", "only this one")
		p.Golden("export-which")
		press(p, "enter")
		choosing(p, "all of them")
		press(p, "enter")
		p.Want(fmt.Sprintf("(%d written)", want))
		if !strings.Contains(d.text, "attacker:HOLLOWMAGPIE`\n- Period of the events: ") {
			t.Errorf("the head is %.300s", d.text)
		}
		press(p, "a", "x", "down", "enter")
		p.Want("write the event as")
		choosing(p, "JSON Lines")
		choosing(p, "all of them")
		press(p, "enter")
		if strings.Count(d.text, "\n") != 1 {
			t.Errorf("not one event: %.300s", d.text)
		}
		p.Check()
	})
}
