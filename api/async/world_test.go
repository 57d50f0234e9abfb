package async

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"threatbench/api"
)

// world is a server of events in memory, with a journal of whole states, that
// other people change and whose line breaks.
type world struct {
	fakeAPI
	wmu    sync.Mutex
	events map[string]api.Event // by id
	past   []map[string]api.Event
	sent   map[string][]string // ids that came with each kind of change, repeats included
	calls  int                 // changes received
	made   int

	on     func(n int) error // called at change n, before it is carried out
	after  func(n int) error // called at change n, after it was carried out
	saved  map[int64]api.SavedQuery
	alerts map[int64]api.Alert
	under  map[string]map[string]bool // children by parent
}

func newWorld(n int) *world {
	w := &world{
		events: map[string]api.Event{}, sent: map[string][]string{}, saved: map[int64]api.SavedQuery{}, alerts: map[int64]api.Alert{},
		under: map[string]map[string]bool{},
	}
	for i := range n {
		w.add("d1", fmt.Sprintf("e%04d", i))
	}
	w.past = append(w.past, maps.Clone(w.events))
	return w
}

func (w *world) add(dataset, id string) {
	w.made++
	w.events[id] = api.Event{
		UUID: id, DatasetID: dataset, Event: "text of " + id, Category: "Phishing", TLP: "amber", RawID: "r" + id,
		CreatedAt: api.TimeOf(time.Unix(int64(w.made), 0)), Date: api.TimeOf(time.Unix(int64(w.made), 0)),
	}
}

// targets are the first n events, frozen.
func (w *world) targets(n int) (out []Target) {
	for _, id := range slices.Sorted(maps.Keys(w.events))[:n] {
		out = append(out, Target{Dataset: w.events[id].DatasetID, ID: id})
	}
	return out
}

func (w *world) state() map[string]api.Event {
	w.wmu.Lock()
	defer w.wmu.Unlock()
	return maps.Clone(w.events)
}

// change receives one call and carries it out between the two hooks.
func (w *world) change(kind string, list []string, do func() error) error {
	w.wmu.Lock()
	defer w.wmu.Unlock()
	w.calls++
	n := w.calls
	w.sent[kind] = append(w.sent[kind], list...)
	if w.on != nil {
		if err := w.on(n); err != nil {
			return err
		}
	}
	if err := do(); err != nil {
		return err
	}
	w.past = append(w.past, maps.Clone(w.events))
	if w.after != nil {
		return w.after(n)
	}
	return nil
}

func (w *world) List(_ context.Context, q api.ListQuery) (api.Page, error) {
	w.wmu.Lock()
	defer w.wmu.Unlock()
	if err := w.down(); err != nil {
		return api.Page{}, err
	}
	var found []api.Event
	for _, id := range slices.Sorted(maps.Keys(w.events)) {
		e := w.events[id]
		if q.Datasets[0] != api.ScopeAll && e.DatasetID != q.Datasets[0] {
			continue
		}
		if len(q.Search) == 0 || slices.Contains(q.Search[0].Values, id) {
			found = append(found, e)
		}
	}
	if q.OrderBy == "createdAt" {
		slices.SortFunc(found, func(a, b api.Event) int { return b.CreatedAt.Compare(a.CreatedAt.Time) })
	}
	return api.Page{Events: found[:min(len(found), q.PageSize)], Info: api.ResultInfo{TotalCount: len(found)}}, nil
}

// down is the failure of the line, for reads.
func (w *world) down() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// lose breaks the line; a call under way is answered by nothing.
func (w *world) lose() error {
	w.set(func(f *fakeAPI) { f.err = fmt.Errorf("the connection broke") })
	return fmt.Errorf("the connection broke; %w", api.ErrUnsure)
}

func (w *world) mend() { w.set(func(f *fakeAPI) { f.err = nil }) }

func gone(id string) error { return api.Errorf(http.StatusNotFound, "no event %s", id) }

func (w *world) each(ids []string, f func(e *api.Event)) {
	for _, id := range ids {
		e := w.events[id]
		f(&e)
		w.events[id] = e
	}
}

func (w *world) one(kind, id string, f func(e *api.Event)) error {
	return w.change(kind, []string{id}, func() error {
		if _, there := w.events[id]; !there {
			return gone(id)
		}
		w.each([]string{id}, f)
		return nil
	})
}

func (w *world) AddTags(_ context.Context, id string, tags []string) error {
	return w.one("tag", id, func(e *api.Event) {
		for _, t := range tags {
			if !holdsFolded(e.Tags, t) {
				e.Tags = append(slices.Clone(e.Tags), t)
			}
		}
	})
}
func (w *world) RemoveTags(_ context.Context, id string, tags []string) error {
	return w.one("untag", id, func(e *api.Event) {
		e.Tags = slices.DeleteFunc(slices.Clone(e.Tags), func(t string) bool { return holdsFolded(tags, t) })
	})
}
func (w *world) AddReferences(_ context.Context, id string, others []string) error {
	return w.one("refer", id, func(e *api.Event) { e.References = append(slices.Clone(e.References), others...) })
}
func (w *world) RemoveReferences(_ context.Context, id string, others []string) error {
	return w.one("unrefer", id, func(e *api.Event) {
		e.References = slices.DeleteFunc(slices.Clone(e.References), func(r string) bool { return slices.Contains(others, r) })
	})
}

func patchEvent(e *api.Event, p api.EventPatch) {
	for _, f := range []struct {
		from *string
		to   *string
	}{{p.Attacker, &e.Attacker}, {p.Event, &e.Event}, {p.TLP, &e.TLP}, {p.Insight, &e.Insight}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if p.Date != nil {
		e.Date, _ = api.ParseTime(*p.Date)
	}
}

func (w *world) Update(_ context.Context, _, id string, p api.EventPatch) (api.Event, error) {
	return api.Event{}, w.one("update", id, func(e *api.Event) { patchEvent(e, p) })
}
func (w *world) UpdateMany(_ context.Context, _ string, ids []string, p api.EventPatch) (res api.UpdateResult, err error) {
	err = w.change("update", ids, func() error {
		for _, id := range ids {
			if _, there := w.events[id]; !there {
				res.Failures = append(res.Failures, api.UpdateFailure{EventID: id, Error: "no such event"})
				continue
			}
			w.each([]string{id}, func(e *api.Event) { patchEvent(e, p) })
			res.UpdatedCount++
		}
		return nil
	})
	return res, err
}
func (w *world) Delete(_ context.Context, dataset string, ids []string) (n int, err error) {
	err = w.change("delete", ids, func() error {
		for _, id := range ids {
			if w.events[id].DatasetID == dataset {
				delete(w.events, id)
				n++
			}
		}
		return nil
	})
	return n, err
}
func (w *world) Move(_ context.Context, from, to string, ids []string, _ bool) (res api.MoveResult, err error) {
	err = w.change("move", ids, func() error {
		for i, id := range ids {
			if w.events[id].DatasetID != from {
				res.InsertFailures = append(res.InsertFailures, api.TransferFailure{Index: i, Reason: "not here"})
				continue
			}
			w.each([]string{id}, func(e *api.Event) { e.DatasetID = to })
			res.Moved++
		}
		return nil
	})
	return res, err
}
func (w *world) Copy(_ context.Context, _, to string, ids []string, _ bool) (res api.CopyResult, err error) {
	err = w.change("copy", ids, func() error {
		for _, id := range ids {
			e := w.events[id]
			w.made++
			e.UUID, e.DatasetID, e.CreatedAt = "copy"+strconv.Itoa(w.made), to, api.TimeOf(time.Unix(int64(w.made), 0))
			w.events[e.UUID] = e
			res.Copied++
		}
		return nil
	})
	return res, err
}
func (w *world) Create(_ context.Context, in api.CreateEvent) (e api.Event, err error) {
	err = w.change("create", []string{in.Event}, func() error {
		w.made++
		e = api.Event{UUID: "new" + strconv.Itoa(w.made), DatasetID: in.DatasetID, Event: in.Event}
		w.events[e.UUID] = e
		return nil
	})
	return e, err
}
func (w *world) Revert(_ context.Context, _ string, r api.Revert) (res api.RevertResult, err error) {
	res.UndoBookmark = strconv.Itoa(len(w.past) - 1)
	err = w.change("revert", []string{r.Bookmark}, func() error {
		n, err := strconv.Atoi(r.Bookmark)
		w.events = maps.Clone(w.past[n])
		return err
	})
	return res, err
}
func (w *world) RevertPreview(_ context.Context, _ string, r api.Revert) (p api.RevertPreview, err error) {
	w.wmu.Lock()
	defer w.wmu.Unlock()
	n, err := strconv.Atoi(r.Bookmark)
	for id := range w.past[n] {
		if _, there := w.events[id]; !there {
			p.Created++
		}
	}
	for id := range w.events {
		if _, was := w.past[n][id]; !was {
			p.Deleted++
		}
	}
	return p, err
}
func (w *world) History(context.Context, api.HistoryQuery) (api.History, error) {
	w.wmu.Lock()
	defer w.wmu.Unlock()
	return api.History{Entries: []api.HistoryEntry{{Bookmark: strconv.Itoa(len(w.past) - 1)}}}, w.down()
}
func (w *world) RawByID(_ context.Context, event, id string) (api.Raw, error) {
	return api.Raw{ID: id, Data: []byte(w.state()[event].Insight), Source: "src"}, nil
}
func (w *world) UpdateRaw(_ context.Context, event, id string, p api.RawPatch) (api.Raw, error) {
	return api.Raw{ID: id}, w.one("raw", event, func(e *api.Event) { e.Insight = string(p.Data) })
}
func (w *world) Relate(_ context.Context, in api.RelateEvents) (res api.RelateResult, err error) {
	err = w.change("relate", in.ChildIDs, func() error {
		if w.under[in.ParentID] == nil {
			w.under[in.ParentID] = map[string]bool{}
		}
		for _, id := range in.ChildIDs {
			if _, there := w.events[id]; !there {
				res.Errors = append(res.Errors, api.RelateError{ChildID: id, Error: "no such event"})
				continue
			}
			w.under[in.ParentID][id] = true
		}
		return nil
	})
	return res, err
}
func (w *world) Unrelate(_ context.Context, in api.RelateEvents) (res api.UnrelateResult, err error) {
	err = w.change("unrelate", in.ChildIDs, func() error {
		for _, id := range in.ChildIDs {
			delete(w.under[in.ParentID], id)
		}
		return nil
	})
	return res, err
}
func (w *world) Graph(context.Context, api.GraphQuery) (api.Graph, error) {
	return api.Graph{}, fmt.Errorf("graph: %w", api.ErrUnsupported)
}
func (w *world) Related(_ context.Context, id string, q api.RelatedQuery) (p api.Page, err error) {
	w.wmu.Lock()
	defer w.wmu.Unlock()
	if q.IncludeParent {
		p.Events = append(p.Events, w.events[id])
	}
	for _, parent := range slices.Sorted(maps.Keys(w.under)) {
		for _, child := range slices.Sorted(maps.Keys(w.under[parent])) {
			switch {
			case q.Direction == api.Descendants && parent == id:
				p.Events = append(p.Events, w.events[child])
			case q.Direction == api.Ancestors && child == id:
				p.Events = append(p.Events, w.events[parent])
			}
		}
	}
	return p, w.down()
}
func (w *world) CreateDataset(_ context.Context, name string, _ bool) (api.Dataset, error) {
	return api.Dataset{UUID: "d-" + name, Name: name}, w.change("dataset", []string{name}, func() error { return nil })
}
func (w *world) Dataset(_ context.Context, id string) (api.Dataset, error) {
	return api.Dataset{UUID: id, Name: "old"}, w.down()
}
func (w *world) UpdateDataset(_ context.Context, id string, p api.DatasetPatch) (api.Dataset, error) {
	return api.Dataset{UUID: id}, w.change("rename", []string{*p.Name}, func() error { return nil })
}

func (w *world) SavedQueries(context.Context) ([]api.SavedQuery, error) {
	return slices.Collect(maps.Values(w.saved)), nil
}
func (w *world) SavedQuery(_ context.Context, id int64) (api.SavedQuery, error) {
	if q, there := w.saved[id]; there {
		return q, nil
	}
	return api.SavedQuery{}, gone("query")
}
func (w *world) CreateSavedQuery(_ context.Context, in api.NewSavedQuery) (q api.SavedQuery, err error) {
	err = w.change("save", []string{in.Name}, func() error {
		w.made++
		q = api.SavedQuery{ID: int64(w.made), Name: in.Name, QueryJSON: in.QueryJSON}
		w.saved[q.ID] = q
		return nil
	})
	return q, err
}
func (w *world) UpdateSavedQuery(_ context.Context, id int64, p api.SavedQueryPatch) (q api.SavedQuery, err error) {
	err = w.change("change query", []string{*p.Name}, func() error {
		q = w.saved[id]
		q.Name = *p.Name
		w.saved[id] = q
		return nil
	})
	return q, err
}
func (w *world) DeleteSavedQuery(_ context.Context, id int64) error {
	return w.change("drop query", nil, func() error {
		delete(w.saved, id)
		maps.DeleteFunc(w.alerts, func(_ int64, a api.Alert) bool { return a.QueryID == id })
		return nil
	})
}
func (w *world) Alerts(context.Context) ([]api.Alert, error) {
	return slices.Collect(maps.Values(w.alerts)), nil
}
func (w *world) Alert(_ context.Context, id int64) (api.Alert, error) { return w.alerts[id], nil }
func (w *world) CreateAlert(_ context.Context, in api.NewAlert) (a api.Alert, err error) {
	err = w.change("alert", nil, func() error {
		w.made++
		a = api.Alert{ID: int64(w.made), QueryID: in.QueryID, Frequency: in.Frequency, Enabled: in.Enabled == nil || *in.Enabled}
		w.alerts[a.ID] = a
		return nil
	})
	return a, err
}
func (w *world) UpdateAlert(_ context.Context, id int64, p api.AlertPatch) (a api.Alert, err error) {
	err = w.change("change alert", nil, func() error {
		a = w.alerts[id]
		a.Enabled = *p.Enabled
		w.alerts[id] = a
		return nil
	})
	return a, err
}
func (w *world) DeleteAlert(_ context.Context, id int64) error {
	return w.change("drop alert", nil, func() error { delete(w.alerts, id); return nil })
}
func (w *world) Inbox(context.Context, api.InboxQuery) (api.Inbox, error) { return api.Inbox{}, nil }
func (w *world) MarkRead(_ context.Context, _ []int64, _ bool) error      { return nil }

var changes = Slot{"frame", "change"}

// inWorld runs a test in virtual time over a world.
func inWorld(t *testing.T, w *world, o Options, test func(t *testing.T, l *Layer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := New(t.Context(), w, o)
		defer l.Close()
		test(t, l)
	})
}

// carryOut runs a change to its end.
func carryOut(t *testing.T, l *Layer, c Change) ChangeResult {
	t.Helper()
	b := newBench(t)
	b.run(l.Do(changes, c))
	res := one[ChangeDone](b).Result
	if n := len(res.Done) + len(res.Unchanged) + len(res.Failed) + len(res.Unknown) + len(res.NotBegun); n != c.Count() {
		t.Errorf("%s: the fates of %d targets are told, there are %d", c.Label, n, c.Count())
	}
	return res
}
