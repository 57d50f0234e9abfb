package ui_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/interchange"
	"threatbench/api/interchange/table"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// noImports imports no file: there is none.
type noImports struct{}

func (noImports) Import(_ context.Context, path string, _ interchange.ImportOptions, _ func(int64, int64, string)) (interchange.Report, error) {
	return interchange.Report{}, errors.New("importing: open " + path + ": no such file")
}

func (noImports) Mapping(context.Context, string) (table.Mapping, error) {
	return table.Mapping{}, errors.New("no such file")
}

func (noImports) Files(context.Context, string) ([]string, error) { return nil, nil }

func (noImports) Imported(context.Context, string, int64, int) (api.ImportedEvents, error) {
	return api.ImportedEvents{}, errors.New("no such import")
}

func (noImports) UndoImport(context.Context, string, api.UndoImport) (api.UndoneImport, error) {
	return api.UndoneImport{}, errors.New("no such import")
}

func (noImports) UndoWholeImport(context.Context, string, func(int)) (api.UndoneImport, error) {
	return api.UndoneImport{}, errors.New("no such import")
}

// oneTable is a file of 30 rows, of which one can't be taken.
type oneTable struct {
	noImports
	to   *fake
	from *fake

	slow   time.Duration // a plan takes
	asked  []interchange.ImportOptions
	undone []string // events that were taken back one by one; "" for the whole import
}

func (i *oneTable) Import(ctx context.Context, path string, o interchange.ImportOptions, report func(int64, int64, string)) (interchange.Report, error) {
	i.asked = append(i.asked, o)
	if !strings.HasSuffix(path, "feeds/a.csv") {
		return i.noImports.Import(ctx, path, o, report)
	}
	r := interchange.Report{
		Format: interchange.CSV, Lines: 31, Created: 30, Unmarked: 12,
		Types: map[string]int{"domain": 20, "ip": 10}, TLPs: map[string]int{"amber": 12, "red": 18},
		Rejected: []interchange.Rejection{{Line: 7, Reason: "neither a description nor an indicator"}},
		Columns:  []interchange.Column{{Name: "Host", Field: "indicator", Type: "domain", Samples: []string{"a.example", "b.example"}}, {Name: "What", Samples: []string{"phishing"}}},
	}
	for name, field := range o.Columns {
		for c := range r.Columns {
			if r.Columns[c].Name == name {
				r.Columns[c].Field = field
			}
		}
	}
	if o.Plan {
		if i.slow > 0 {
			<-time.After(i.slow)
		}
		r.Import = "of no import" // a plan has none, whatever it says
		return r, nil
	}
	for n := range int64(3) {
		report(n*10, 31, "events")
		select {
		case <-ctx.Done():
			r.Created, r.Import = 10, "run"
			return r, ctx.Err()
		case <-time.After(time.Second):
		}
	}
	i.to.replace(i.from)
	r.Import = "run"
	return r, nil
}

func (i *oneTable) Files(_ context.Context, folder string) ([]string, error) {
	return map[string][]string{"": {"feeds/", "notes.txt"}, "feeds/": {"feeds/a.csv", "feeds/b.zip"}}[folder], nil
}

func (i *oneTable) Imported(context.Context, string, int64, int) (api.ImportedEvents, error) {
	return api.ImportedEvents{IDs: []string{i.from.events[0].UUID, i.from.events[1].UUID}}, nil
}

func (i *oneTable) UndoWholeImport(_ context.Context, _ string, progress func(int)) (api.UndoneImport, error) {
	i.undone = append(i.undone, "")
	progress(29)
	return api.UndoneImport{Deleted: 29, Kept: []api.KeptEvent{{UUID: i.from.events[0].UUID, Reason: "edited since"}}}, nil
}

func (i *oneTable) UndoImport(_ context.Context, _ string, u api.UndoImport) (api.UndoneImport, error) {
	i.undone = append(i.undone, u.Events...)
	return api.UndoneImport{Deleted: len(u.Events)}, nil
}

// importing is a workbench with an empty database and a table to import.
func importing(t *testing.T, script func(p *uitest.Program, i *oneTable)) {
	t.Helper()
	i := &oneTable{to: &fake{}, from: newFake(30)}
	workbenchWith(t, ui.Options{API: i.to, Imports: i}, small(), func(p *uitest.Program) {
		press(p, "i")
		p.Type("fe")
		p.Settle()
		press(p, "tab")
		p.Settle()
		p.Want("feeds/a.csv", "feeds/b.zip")
		p.Type("a")
		press(p, "tab", "enter")
		p.Settle()
		script(p, i)
	})
}

// An import shows first what would come in; what is changed of it holds.
func TestImportIsPlannedFirst(t *testing.T) {
	t.Parallel()
	importing(t, func(p *uitest.Program, i *oneTable) {
		p.Want("Import a.csv: csv, 31 rows", "30 events, 1 left out", "domain 20, ip 10", "red 18, amber 12", "12 events, TLP amber", "indicator (domain): a.example | b.example")
		p.Golden("import-plan-80x24")
		p.Type("no marking")
		press(p, "enter")
		p.Type("red")
		press(p, "enter")
		p.Type("tags to")
		press(p, "enter")
		p.Type("ours, feed")
		press(p, "enter")
		p.Type("column what")
		press(p, "enter")
		p.Type("category")
		press(p, "enter")
		p.Want("category: phishing")
		p.Type("problems")
		press(p, "enter")
		p.Want("line 7: neither a description nor an indicator")
		press(p, "esc")
		p.Want("Import a.csv")
		last := i.asked[len(i.asked)-1]
		if !last.Plan || last.TLP != "red" || strings.Join(last.Tags, "+") != "ours+feed" || last.Columns["What"] != "category" {
			t.Errorf("planned with %+v", last)
		}
		p.Type("30 events")
		p.Press("enter")
		p.Advance(1500 * time.Millisecond)
		p.Want("importing a.csv", "^x cancels")
		p.Settle()
		p.Want("Imported: a.csv", "30 events created, 1 left out")
		if last := i.asked[len(i.asked)-1]; last.Plan || last.TLP != "red" || len(last.Tags) != 2 || last.Columns["What"] != "category" {
			t.Errorf("imported with %+v", last)
		}
		p.Check()
	})
}

// What came in is shown, and taken back as a whole; what was edited since is
// taken back where that is asked for.
func TestImportIsShownAndUndone(t *testing.T) {
	t.Parallel()
	importing(t, func(p *uitest.Program, i *oneTable) {
		press(p, "enter")
		p.Settle()
		p.Golden("import-report-80x24")
		p.Type("undo")
		press(p, "enter")
		p.Want("Undo the import of a.csv?", "30 events that it made: deleted")
		press(p, "y")
		p.Settle()
		p.Want("Undone: 29 events deleted, 0 restored, 1 edited since", "Undo "+i.from.events[0].UUID[:8])
		press(p, "down", "enter")
		p.Settle()
		p.Want("Undone: 1 event deleted")
		if got := strings.Join(i.undone, "+"); got != "+"+i.from.events[0].UUID {
			t.Errorf("taken back: %q", got)
		}
		p.Check()
	})
	importing(t, func(p *uitest.Program, i *oneTable) {
		press(p, "enter")
		p.Settle()
		p.Type("show what came")
		press(p, "enter")
		p.Settle()
		p.Want("in all datasets", "1 of 2")
		press(p, "a", "I", "down", "enter") // its report is still there
		p.Want("Imported: a.csv", "Undo the whole import")
		press(p, "esc", "a", "I", "enter")
		p.Want("import which file, folder or zip?")
		p.Check()
	})
}

// A plan that isn't carried out leaves no report.
func TestPlanLeavesNoReport(t *testing.T) {
	t.Parallel()
	importing(t, func(p *uitest.Program, _ *oneTable) {
		press(p, "esc", "a", "I")
		p.Want("import which file, folder or zip?")
		p.WantNot("Report of")
	})
}

// An import that is cancelled says what is in, and can be undone.
func TestImportIsCancelled(t *testing.T) {
	t.Parallel()
	importing(t, func(p *uitest.Program, _ *oneTable) {
		p.Press("enter")
		p.Advance(1500 * time.Millisecond)
		p.Press("ctrl+x")
		p.Settle()
		p.Want("Cancelled: import of a.csv: 10 events created", "Undo the whole import")
	})
}

// A plan that comes while somebody types waits for its key.
func TestPlanWaitsForTyping(t *testing.T) {
	t.Parallel()
	i := &oneTable{to: newFake(3), from: newFake(30), slow: 5 * time.Second}
	workbenchWith(t, ui.Options{API: i.to, Imports: i}, small(), func(p *uitest.Program) {
		p.Press("a", "I")
		p.Type("feeds/a.csv")
		p.Press("enter")
		p.Advance(2 * time.Second)
		p.Press("/")
		p.Advance(4 * time.Second)
		p.Want("The plan is ready: a I shows it")
		p.Press("esc", "esc")
		p.Advance(2 * time.Second)
		press(p, "a", "I")
		p.Settle()
		p.Want("Import a.csv: csv, 31 rows")
	})
}
