package ui_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// keeper is a fake with several datasets and a journal of what was changed in
// each. A revert is an entry, too, and changes nothing else.
type keeper struct {
	*changeable
	datasets []api.Dataset
	counts   map[string]int
	journal  map[string][]api.HistoryEntry // the newest first
	would    api.RevertPreview
	lacking  bool          // no journal
	slowly   time.Duration // what a preview takes
	previews []api.Revert
	reverts  []api.Revert
	counted  []string
}

func newKeeper(changes int) *keeper {
	k := &keeper{changeable: newChangeable(60), counts: map[string]int{"d1": 60, "d2": 1204331, "d3": 0}, journal: map[string][]api.HistoryEntry{}}
	k.datasets = []api.Dataset{
		{UUID: "d1", Name: api.DefaultDataset, IndicatorWriteMode: "full"},
		{UUID: "d2", Name: "Incident 2026-03", IsPublic: true, IsAnalytics: true, IndicatorWriteMode: "read_only"},
		{UUID: "d3", Name: "Sandbox", IndicatorWriteMode: "create_only"},
	}
	ops := []string{"tag", "update", "delete", "create", "move"}
	for i := range changes {
		n := changes - i
		k.journal["d1"] = append(k.journal["d1"], api.HistoryEntry{
			ID: int64(n), At: api.TimeOf(noon.Add(-time.Duration(i+1) * 17 * time.Minute)), Actor: []string{"mara@acme.example", "import"}[i%2],
			Operation: ops[i%len(ops)], DatasetID: "d1", Count: 1 + i*7%60, EventIDs: []string{k.events[i%60].UUID}, Bookmark: fmt.Sprintf("b%d", n),
		})
	}
	k.would = api.RevertPreview{Created: 12, Updated: 3, Deleted: 40}
	return k
}

func (k *keeper) Datasets(ctx context.Context) ([]api.Dataset, error) {
	if err := k.openVisit(ctx); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.datasets), nil
}

func (k *keeper) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	if q.PageSize != 1 || len(q.Datasets) != 1 {
		return k.changeable.List(ctx, q)
	}
	if err := k.openVisit(ctx); err != nil {
		return api.Page{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.counted = append(k.counted, q.Datasets[0])
	return api.Page{Info: api.ResultInfo{TotalCount: k.counts[q.Datasets[0]]}}, nil
}

func (k *keeper) History(ctx context.Context, q api.HistoryQuery) (api.History, error) {
	if err := k.openVisit(ctx); err != nil {
		return api.History{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lacking {
		return api.History{}, fmt.Errorf("history: %w", api.ErrUnsupported)
	}
	all := k.journal[q.Dataset]
	from := min((max(q.Page, 1)-1)*q.PageSize, len(all))
	page := slices.Clone(all[from:min(from+q.PageSize, len(all))])
	return api.History{Entries: page, Info: api.ResultInfo{Count: len(page), Page: q.Page, TotalCount: len(all)}}, nil
}

func (k *keeper) RevertPreview(ctx context.Context, dataset string, r api.Revert) (api.RevertPreview, error) {
	if k.slowly > 0 {
		time.Sleep(k.slowly) // in virtual time
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lacking {
		return api.RevertPreview{}, fmt.Errorf("revert preview: %w", api.ErrUnsupported)
	}
	if r.TargetTimestamp == "2020-01-01T00:00:00Z" {
		return api.RevertPreview{}, api.Errorf(400, "the earliest moment is 2026-02-12T12:00:00Z")
	}
	k.previews = append(k.previews, r)
	p := k.would
	p.DatasetID = dataset
	if r.MinutesAgo != nil {
		p.TargetTimestamp = api.TimeOf(noon.Add(-time.Duration(*r.MinutesAgo * float64(time.Minute))))
	}
	return p, nil
}

func (k *keeper) Revert(_ context.Context, dataset string, r api.Revert) (api.RevertResult, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reverts = append(k.reverts, r)
	n := int64(len(k.journal[dataset]) + 1)
	entry := api.HistoryEntry{ID: n, At: api.TimeOf(noon), Actor: "you", Operation: "revert", DatasetID: dataset, Count: 55, Bookmark: fmt.Sprintf("b%d", n)}
	k.journal[dataset] = append([]api.HistoryEntry{entry}, k.journal[dataset]...)
	k.counts[dataset] -= 28
	return api.RevertResult{DatasetID: dataset, RevertBookmark: entry.Bookmark, UndoBookmark: fmt.Sprintf("undo%d", n)}, nil
}

func (k *keeper) CreateDataset(_ context.Context, name string, public bool) (api.Dataset, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	d := api.Dataset{UUID: fmt.Sprintf("d%d", len(k.datasets)+1), Name: name, IsPublic: public, IndicatorWriteMode: "full"}
	k.datasets = append(k.datasets, d)
	return d, nil
}

func (k *keeper) Dataset(_ context.Context, id string) (api.Dataset, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range k.datasets {
		if d.UUID == id {
			return d, nil
		}
	}
	return api.Dataset{}, api.Errorf(404, "no dataset %s", id)
}

func (k *keeper) UpdateDataset(_ context.Context, id string, p api.DatasetPatch) (api.Dataset, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range k.datasets {
		d := &k.datasets[i]
		if d.UUID != id {
			continue
		}
		if p.Name != nil {
			d.Name = *p.Name
		}
		if p.IsPublic != nil {
			d.IsPublic = *p.IsPublic
		}
		return *d, nil
	}
	return api.Dataset{}, api.Errorf(404, "no dataset %s", id)
}

func TestDatasetsAreListedAndCountedOnce(t *testing.T) {
	t.Parallel()
	k := newKeeper(5)
	workbenchWith(t, ui.Options{API: k}, usual(), func(p *uitest.Program) {
		press(p, "7")
		p.Want("7 Datasets", "Incident 2026-03", "1,204,331", "read only", "analytics", "public", "History of "+api.DefaultDataset, "5 changes")
		press(p, "1", "7", "j", "k", "G", "g", "1", "7")
		if got := len(k.counted); got != 3 {
			t.Errorf("%d counts were asked for, of %v", got, k.counted)
		}
		press(p, "r")
		if got := len(k.counted); got != 6 {
			t.Errorf("%d counts were asked for after a refresh, want 6", got)
		}
		press(p, "j")
		p.Want("History of Incident", "Nothing has been changed yet")
		press(p, "enter")
		p.Want("1 of 60")
		if q := last(k.asked()); !slices.Equal(q.Datasets, []string{"d2"}) {
			t.Errorf("the events are of %v", q.Datasets)
		}
		press(p, "alt+left")
		p.Want("History of Incident")
		p.Check()
	})
}

func TestCreateAndRenameADataset(t *testing.T) {
	t.Parallel()
	k := newKeeper(3)
	workbenchWith(t, ui.Options{API: k}, usual(), func(p *uitest.Program) {
		press(p, "7", "n", "enter")
		p.Want("A dataset needs a name")
		enter(p, "Sandbox")
		press(p, "enter")
		p.Want("A dataset with this name already exists")
		enter(p, " two")
		press(p, "enter")
		p.Want("Created dataset Sandbox two", "History of Sandbox two")
		if d := k.datasets[3]; d.IsPublic || d.Name != "Sandbox two" {
			t.Errorf("%+v was created", d)
		}
		press(p, "e", "ctrl+u")
		enter(p, "Quarantine")
		press(p, "enter")
		p.Want("Changed dataset Sandbox two", "History of Quarantine")
		press(p, "u")
		p.Want("Undone: ", "History of Sandbox two")
		press(p, "1", "a", "m")
		p.Want("Sandbox two") // events can be moved there at once
		p.Check()
	})
}

// A revert from the list: the numbers are shown first, exactly the moment they
// are of is gone back to, and u takes the revert back.
func TestRevertToATimeAndTakeItBack(t *testing.T) {
	t.Parallel()
	k := newKeeper(8)
	workbenchWith(t, ui.Options{API: k}, usual(), func(p *uitest.Program) {
		press(p, "7", "R")
		for text, want := range map[string]string{"soon": "Write minutes", "0": "1 to 43,200", "99999999": "1 to 43,200", "31d": "1 to 43,200", "2027-01-01": "in the future"} {
			press(p, "ctrl+u")
			enter(p, text)
			press(p, "enter")
			p.Want(want)
		}
		press(p, "ctrl+u")
		enter(p, "90")
		press(p, "enter")
		p.Want("to today 10:30:00: 12", "events restored, 3 changed, 40 removed", "[ Cancel ]")
		press(p, "enter")
		if len(k.reverts) != 0 {
			t.Fatal("enter without a choice reverted")
		}
		press(p, "R")
		enter(p, "90m")
		press(p, "enter", "y")
		p.Want("to undo", "9 changes", "revert", " 32 ")
		if r := k.reverts[0]; r.TargetTimestamp != "2026-03-14T10:30:00Z" || r.MinutesAgo != nil {
			t.Errorf("went back to %+v", r)
		}
		press(p, "u")
		p.Want("Undone: ", "10 changes")
		if r := k.reverts[1]; r.Bookmark != "undo9" {
			t.Errorf("the undo went back to %+v", r)
		}
		p.Check()
	})
}

func TestRevertFromTheHistory(t *testing.T) {
	t.Parallel()
	k := newKeeper(4) // bookmarks b4, the newest, to b1
	workbenchWith(t, ui.Options{API: k}, usual(), func(p *uitest.Program) {
		press(p, "7", "tab", "R")
		p.Want("To before this change")
		p.WantNot("To after this change") // that is where it stands
		press(p, "enter", "y")
		press(p, "j", "j", "R") // the entry of the revert came on top: now that of b3
		p.Want("To before this change", "To after this change")
		press(p, "down", "enter", "y")
		press(p, "G", "R", "enter", "y")
		var got []string
		for _, r := range k.reverts {
			got = append(got, r.Bookmark+r.TargetTimestamp)
		}
		if want := []string{"b3", "b3", "2026-03-14T10:51:59.999Z"}; !slices.Equal(got, want) {
			t.Errorf("went back to %q, want %q", got, want)
		}
		press(p, "G", "enter")
		p.Want("uuid:")
	})
}

// What a person agreed to is done, or nothing: others may have changed the
// dataset since.
func TestRevertDoesWhatWasShownOrNothing(t *testing.T) {
	t.Parallel()
	k := newKeeper(4)
	workbenchWith(t, ui.Options{API: k}, usual(), func(p *uitest.Program) {
		press(p, "7", "R")
		enter(p, "2h")
		press(p, "enter")
		p.Want("3 changed, 40 removed")
		k.mu.Lock()
		k.would.Deleted = 41
		k.mu.Unlock()
		press(p, "y")
		p.Want("Couldn't revert", "changed the dataset since")
		k.would = api.RevertPreview{}
		press(p, "R")
		enter(p, "11:30")
		press(p, "enter")
		p.Want("already is as it was then")
		press(p, "R")
		enter(p, "2020-01-01")
		press(p, "enter")
		p.Want("The earliest moment is")
		if len(k.reverts) != 0 {
			t.Errorf("went back to %+v", k.reverts)
		}
	})
}

// A question that comes late would be answered by what is typed for something
// else.
func TestALatePreviewAsksNothing(t *testing.T) {
	t.Parallel()
	for _, meanwhile := range []string{"1", "j"} {
		k := newKeeper(4)
		k.slowly = 10 * time.Second
		workbenchWith(t, ui.Options{API: k}, usual(), func(p *uitest.Program) {
			press(p, "7", "R")
			enter(p, "2h")
			p.Press("enter")
			p.Advance(time.Second)
			p.Want("checking what the revert changes")
			p.Press(meanwhile)
			p.Advance(15 * time.Second)
			p.Press("y")
			p.Settle()
			p.WantNot("[ Cancel ]")
			if len(k.reverts) != 0 {
				t.Errorf("went back to %+v", k.reverts)
			}
		})
	}
}

func TestAServerWithoutHistory(t *testing.T) {
	t.Parallel()
	k := newKeeper(4)
	k.lacking = true
	workbenchWith(t, ui.Options{API: k}, small(), func(p *uitest.Program) {
		press(p, "7")
		p.Want("keeps no history")
		p.Golden("datasets-no-history-80x24")
		press(p, "tab", "R")
		enter(p, "30")
		press(p, "enter")
		p.Want("can't preview the changes", "[ Cancel ]")
		press(p, "y")
		if len(k.reverts) != 1 || k.reverts[0].MinutesAgo == nil || *k.reverts[0].MinutesAgo != 30 {
			t.Errorf("went back to %+v", k.reverts)
		}
		p.Check()
	})
}

func TestDatasetsReadOnly(t *testing.T) {
	t.Parallel()
	k := newKeeper(4)
	workbenchWith(t, ui.Options{API: k, ReadOnly: true}, usual(), func(p *uitest.Program) {
		press(p, "7")
		for _, key := range []string{"n", "e", "R"} {
			press(p, key)
			p.Want("Read-only: nothing can be changed")
			press(p, "esc")
		}
		if len(k.previews)+len(k.reverts) != 0 || len(k.datasets) != 3 {
			t.Error("something was asked or changed")
		}
	})
}

func TestALongHistoryIsReadInPages(t *testing.T) {
	t.Parallel()
	k := newKeeper(260)
	workbenchWith(t, ui.Options{API: k}, usual(), func(p *uitest.Program) {
		press(p, "7", "tab")
		p.Want("the newest 100 of 260 changes")
		press(p, "G")
		p.Want("the newest 200 of 260 changes")
		press(p, "G")
		p.Want("260 changes")
		p.WantNot("newest")
		p.Check()
	})
}

func TestDatasetsSayWhatGoesWrong(t *testing.T) {
	t.Parallel()
	k := newKeeper(4)
	workbenchWith(t, ui.Options{API: k}, small(), func(p *uitest.Program) {
		k.fail(errors.New("the server answered 502 Bad Gateway"))
		press(p, "7")
		p.Want("The datasets could not be loaded", "502", "r tries again")
		p.Golden("datasets-failing-80x24")
		k.fail(nil)
		press(p, "r")
		p.Want("Sandbox", "4 changes")
		k.fail(errors.New("the server answered 503"))
		press(p, "r")
		p.Want("Sandbox", "Couldn't refresh: the server answered 503")
		k.fail(nil)
		k.datasets = nil
		press(p, "r")
		p.Want("There are no datasets", "n creates one")
		for _, key := range []string{"enter", "e", "R", "y", "j", "G", "tab"} {
			press(p, key)
			p.Check()
		}
	})
	k = newKeeper(4)
	k.delay = 2 * time.Second
	workbenchWith(t, ui.Options{API: k}, small(), func(p *uitest.Program) {
		p.Advance(10 * time.Second)
		p.Press("7")
		p.Advance(time.Second)
		p.Want("loading datasets")
		p.Advance(1500 * time.Millisecond)
		p.Want("Sandbox", "…", "loading the history")
		p.Golden("datasets-loading-80x24")
		p.Advance(5 * time.Second)
		p.Want("1,204,331")
	})
}

func TestScreensOfDatasets(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]string{
		"list":    {"7", "j", "k"},
		"history": {"7", "tab", "j", "j"},
		"moment":  {"7", "tab", "j", "R"},
		"revert":  {"7", "tab", "j", "R", "enter"},
	} {
		for _, o := range []uitest.Options{small(), usual(), large()} {
			for _, c := range profiles {
				o.Profile = c.profile
				workbenchWith(t, ui.Options{API: newKeeper(40), ASCII: c.ascii}, o, func(p *uitest.Program) {
					press(p, keys...)
					p.Check()
					if c.ascii {
						if err := p.Screen().ASCII(); err != nil {
							t.Error(err)
						}
					}
					size := map[int]string{80: "80x24", 120: "120x40", 200: "200x60"}[o.Width]
					p.Golden("datasets-" + name + "-" + size + "-" + c.name)
				})
			}
		}
	}
}

func TestDatasetsByMouse(t *testing.T) {
	t.Parallel()
	k := newKeeper(40)
	workbenchWith(t, ui.Options{API: k}, usual(), func(p *uitest.Program) {
		press(p, "7")
		p.ClickOn("Sandbox")
		p.Settle()
		p.Want("History of Sandbox")
		p.ClickOn(api.DefaultDataset)
		p.Settle()
		p.Want("40 changes")
		p.ClickOn("mara@acme.example")
		p.Settle()
		p.Wheel(20, 30, 5)
		p.Settle()
		press(p, "R")
		p.Want("To before this change")
		press(p, "esc")
		p.Check()
	})
}

// Names and actors are text, whatever stands in them.
func TestHostileDatasets(t *testing.T) {
	t.Parallel()
	for name, text := range hostileTexts(t) {
		t.Run(name, func(t *testing.T) {
			k := newKeeper(3)
			line := clean.Line(text)
			k.datasets = append(k.datasets, api.Dataset{UUID: line, Name: line, IndicatorWriteMode: line})
			k.datasets[0].Name = line
			for i := range k.journal["d1"] {
				e := &k.journal["d1"][i]
				e.Actor, e.Operation, e.EventIDs = line, line, []string{line}
			}
			workbenchWith(t, ui.Options{API: k}, small(), func(p *uitest.Program) {
				for _, key := range []string{"7", "j", "G", "e", "esc", "g", "tab", "j", "R", "enter", "y", "u", "enter"} {
					p.Press(key)
					p.Advance(300 * time.Millisecond)
					p.Check()
				}
				p.Resize(43, 15)
				press(p, "7", "k")
				p.Check()
				if copied := p.Copied(); len(copied) > 0 {
					t.Errorf("copied %q", copied)
				}
			})
			if len(k.reverts) == 0 && strings.TrimSpace(line) != "" {
				t.Error("the dataset can't be reverted")
			}
		})
	}
}

// Who sees a dataset is changed after a question, and taken back.
func TestWhoSeesADataset(t *testing.T) {
	t.Parallel()
	k := newKeeper(3)
	public := func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.datasets[2].IsPublic
	}
	workbenchWith(t, ui.Options{API: k}, usual(), func(p *uitest.Program) {
		press(p, "7", "j", "j", "p")
		p.Want("Make Sandbox public?", "every account on the server sees its events")
		press(p, "enter")
		if public() {
			t.Fatal("it was changed without being asked for")
		}
		press(p, "p")
		choosing(p, "Make public")
		if !public() {
			t.Error("it isn't public")
		}
		press(p, "u")
		if public() {
			t.Error("it wasn't taken back")
		}
		p.Check()
	})
	workbenchWith(t, ui.Options{API: k, ReadOnly: true}, usual(), func(p *uitest.Program) {
		press(p, "7", "p")
		p.Want("Read-only: nothing can be changed")
	})
}
