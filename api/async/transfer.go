package async

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"threatbench/api"
)

// moving puts the targets into another dataset.
type moving struct {
	to      string
	keepRaw bool
}

func (moving) onEvents() {}

func (a moving) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	on = a.unmoved(ctx, w, on)
	if len(on) == 0 {
		return
	}
	from := on[0].Dataset
	res, err := c.Move(ctx, from, a.to, ids(on), a.keepRaw)
	if w.became(err, on...) {
		transferFailures(w, on, res.InsertFailures)
	}
	a.confirm(ctx, w, on, len(res.DeletionFailures) > 0)
	for _, t := range w.doneOf(on) {
		w.back(from, moving{to: from, keepRaw: true}, Target{Dataset: a.to, ID: t.ID})
	}
	if !a.keepRaw && len(w.doneOf(on)) > 0 {
		w.cannotUndo("the raw records did not come along, so they won't come back")
	}
}

// unmoved leaves out what is in the other dataset already, by its id or
// because an earlier attempt got that far.
func (a moving) unmoved(ctx context.Context, w *changeRun, on []Target) []Target {
	if on[0].Dataset == a.to {
		w.set(unchanged, "", on...)
		return nil
	}
	there, err := w.look(ctx, elsewhere(a.to, on))
	if f, _ := outcomeOf(err); f == unsent {
		w.stop(err)
		return nil
	}
	return w.unlessSo(on, func(t Target) bool {
		_, arrived := there[api.Fold(t.ID)]
		return arrived
	})
}

// confirm looks where the events are now. An older server answers a bare
// number, and one that failed halfway says nothing of single events: what is
// found in the other dataset has been moved, what is not has not.
func (a moving) confirm(ctx context.Context, w *changeRun, on []Target, halfway bool) {
	claimed := w.doneOf(on)
	if len(claimed) == 0 {
		return
	}
	there, err := w.look(ctx, elsewhere(a.to, claimed))
	if err != nil {
		w.mu.Lock()
		w.unlooked = true
		w.mu.Unlock()
		return
	}
	for _, t := range claimed {
		switch _, arrived := there[api.Fold(t.ID)]; {
		case !arrived:
			w.set(refused, "it is not in the other dataset", t)
		case halfway:
			w.cannotUndo("some events may still be where they were, too")
			w.trust(1)
		default:
			w.trust(1)
		}
	}
}

func elsewhere(dataset string, on []Target) []Target {
	out := slices.Clone(on)
	for i := range out {
		out[i].Dataset = dataset
	}
	return out
}

func transferFailures(w *changeRun, on []Target, failed []api.TransferFailure) {
	for _, f := range failed {
		if f.Index >= 0 && f.Index < len(on) {
			w.set(refused, f.Reason, on[f.Index])
		}
	}
}

// copying puts copies of the targets into another dataset.
type copying struct {
	to      string
	keepRaw bool
}

func (copying) onEvents()     {}
func (copying) unrepeatable() {}

func (a copying) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	was, ok := w.before(ctx, on)
	if !ok {
		return
	}
	before, listed := newest(ctx, w, a.to, batchSize)
	res, err := c.Copy(ctx, on[0].Dataset, a.to, ids(on), a.keepRaw)
	if !w.became(err, on...) {
		return
	}
	transferFailures(w, on, res.InsertFailures)
	copied := w.doneOf(on)
	if len(copied) == 0 {
		return
	}
	after, again := newest(ctx, w, a.to, 2*batchSize)
	made := copies(copied, was, before, after)
	if !listed || !again || len(made) != len(copied) {
		w.cannotUndo("the server doesn't tell which events are the copies")
		w.mu.Lock()
		w.unlooked = true
		w.mu.Unlock()
		return
	}
	for _, id := range made {
		t := Target{Dataset: a.to, ID: id}
		w.create(t)
		w.back("", deleting{nil}, t)
	}
	w.trust(len(made))
}

// newest are the events a dataset took in last.
func newest(ctx context.Context, w *changeRun, dataset string, n int) ([]api.Event, bool) {
	p, err := w.api.List(ctx, api.ListQuery{Datasets: []string{dataset}, OrderBy: "createdAt", Order: "desc", PageSize: n})
	return p.Events, err == nil
}

// copies are the ids of events that are new since before and look like what
// was copied; too many or too few where that isn't clear.
func copies(on []Target, was map[string]api.Event, before, after []api.Event) (out []string) {
	old := map[string]bool{}
	for _, e := range before {
		old[e.UUID] = true
	}
	looks := map[string]bool{}
	for _, t := range on {
		looks[likeness(was[api.Fold(t.ID)])] = true
	}
	for _, e := range after {
		if !old[e.UUID] && looks[likeness(e)] {
			out = append(out, e.UUID)
		}
	}
	return out
}

func likeness(e api.Event) string {
	return keyOf([]string{e.Date.String(), e.Event, e.Category, e.Attacker, e.Indicator, e.IndicatorType, e.TLP})
}

// deleting deletes the targets.
//
// shown are the events as they were shown or made, by their folded ids: one that
// somebody changed since stays, and is the result's conflict. Between that look
// and the call there is one more moment, which no server can be asked about.
type deleting struct{ shown map[string]api.Event }

func (deleting) onEvents() {}

func (a deleting) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	dataset := on[0].Dataset
	if dataset == "" {
		w.set(refused, "it isn't there", on...)
		return
	}
	was, ok := w.before(ctx, on)
	if !ok {
		return
	}
	todo := w.unlessSo(on, func(t Target) bool {
		_, there := was[api.Fold(t.ID)]
		return !there && was != nil
	})
	if todo = a.unmoved(w, todo, was); len(todo) == 0 {
		return
	}
	mark := w.markBefore(ctx, dataset)
	n, err := c.Delete(ctx, dataset, ids(todo))
	w.became(err, todo...)
	a.confirm(ctx, w, todo, n)
	mark.deleted += len(w.doneOf(todo))
}

// unmoved is the targets that are as they were shown.
func (a deleting) unmoved(w *changeRun, on []Target, was map[string]api.Event) (out []Target) {
	for _, t := range on {
		id := api.Fold(t.ID)
		now, seen := was[id]
		shown, known := a.shown[id]
		moved := movedAnywhere(shown, now)
		if !seen || !known || len(moved) == 0 {
			out = append(out, t)
			continue
		}
		w.conflict(t, moved, "delete", deleting{map[string]api.Event{id: now}})
	}
	return out
}

func (deleting) confirm(ctx context.Context, w *changeRun, todo []Target, n int) {
	claimed := w.doneOf(todo)
	if len(claimed) == 0 {
		return
	}
	left, err := w.look(ctx, claimed)
	if err != nil {
		w.mu.Lock()
		w.unlooked = true
		w.mu.Unlock()
		if n != len(claimed) {
			w.set(unknown, "", claimed...)
		}
		return
	}
	for _, t := range claimed {
		if _, there := left[api.Fold(t.ID)]; there {
			w.set(refused, "the server did not delete it", t)
			continue
		}
		w.trust(1)
	}
}

// bookmark is the state of a dataset before a change deleted from it.
type bookmark struct {
	to      string // "" where the server keeps none
	why     string // why there is none
	deleted int
}

// markBefore finds the bookmark of a dataset's present state, once a change,
// and has the undo made of it when the change is over.
func (w *changeRun) markBefore(ctx context.Context, dataset string) *bookmark {
	if m := w.bookmark[dataset]; m != nil {
		return m
	}
	m := &bookmark{why: "this server keeps no history to go back to"}
	w.bookmark[dataset] = m
	if h, err := able[Historian](w.api, "history"); err == nil {
		past, err := h.History(ctx, api.HistoryQuery{Dataset: dataset, PageSize: 1})
		switch {
		case err == nil && len(past.Entries) > 0:
			m.to = past.Entries[0].Bookmark
		case err != nil && !errors.Is(err, api.ErrUnsupported):
			m.why = "the history could not be read"
		}
	}
	w.atEnd(func(ctx context.Context) { w.undelete(ctx, dataset, m) })
	return m
}

// undelete makes the undo of a deletion: going back to the bookmark, if that
// brings back what was deleted and changes nothing of what others did.
func (w *changeRun) undelete(ctx context.Context, dataset string, m *bookmark) {
	if m.deleted == 0 {
		return
	}
	if m.to == "" {
		w.cannotUndo(m.why)
		return
	}
	to := api.Revert{Bookmark: m.to}
	would, err := previewOf(ctx, w.api, dataset, to)
	switch {
	case err != nil:
		w.cannotUndo("what going back would change could not be found out")
	case would.Created != m.deleted || would.Deleted != 0:
		w.cannotUndo("others changed the dataset meanwhile: going back would undo that too")
	default:
		w.back(dataset, reverting{to: to, expect: &would}, Target{Dataset: dataset})
	}
}

// numbers are what a revert would change.
type numbers struct{ Created, Updated, Deleted int }

func previewOf(ctx context.Context, a API, dataset string, to api.Revert) (numbers, error) {
	p, err := through(a, "previewing a revert", func(h Historian) (api.RevertPreview, error) { return h.RevertPreview(ctx, dataset, to) })
	return numbers{p.Created, p.Updated, p.Deleted}, err
}

// reverting puts a dataset back. Where expect is set the revert must change
// exactly that: it takes back one change, and must not take along what others
// did since.
type reverting struct {
	to     api.Revert
	expect *numbers
}

func (reverting) unrepeatable() {}

func (a reverting) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	for _, t := range on {
		if err := a.guard(ctx, w, t); err != nil {
			w.became(err, t)
			continue
		}
		res, err := c.Revert(ctx, t.Dataset, a.to)
		if !w.became(err, t) {
			continue
		}
		w.trust(1)
		back := api.Revert{Bookmark: res.UndoBookmark}
		would, err := previewOf(ctx, w.api, t.Dataset, back)
		switch {
		case res.UndoBookmark == "":
			w.cannotUndo("the server gave no bookmark to go back to")
		case err != nil:
			w.back(t.Dataset, reverting{to: back}, t) // unguarded: this server can't preview
		default:
			w.back(t.Dataset, reverting{to: back, expect: &would}, t)
		}
	}
}

func (a reverting) guard(ctx context.Context, w *changeRun, t Target) error {
	if a.expect == nil {
		return nil
	}
	would, err := previewOf(ctx, w.api, t.Dataset, a.to)
	if err != nil {
		return err
	}
	if would != *a.expect {
		return api.Errorf(http.StatusConflict, "others changed the dataset since: it would bring back %s, change %d and remove %d, not %d, %d and %d",
			events(would.Created), would.Updated, would.Deleted, a.expect.Created, a.expect.Updated, a.expect.Deleted)
	}
	return nil
}

// datasetMade makes a dataset; datasetChanged renames one or changes who
// sees it.
type datasetMade struct {
	name   string
	public bool
}

func (datasetMade) unrepeatable() {}

func (a datasetMade) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	d, err := c.CreateDataset(ctx, a.name, a.public)
	if w.became(err, on...) {
		w.create(Target{Dataset: d.UUID})
		w.trust(1)
		w.cannotUndo("datasets can't be deleted")
	}
}

type datasetChanged struct{ patch api.DatasetPatch }

func (a datasetChanged) run(ctx context.Context, w *changeRun, on []Target) {
	c := w.changer()
	if c == nil {
		return
	}
	for _, t := range on {
		was, err := c.Dataset(ctx, t.Dataset)
		if err != nil {
			w.became(err, t)
			continue
		}
		if _, err := c.UpdateDataset(ctx, t.Dataset, a.patch); !w.became(err, t) {
			continue
		}
		w.trust(1)
		var old api.DatasetPatch
		if a.patch.Name != nil {
			old.Name = &was.Name
		}
		if a.patch.IsPublic != nil {
			old.IsPublic = &was.IsPublic
		}
		w.back("", datasetChanged{old}, t)
	}
}

// AddDataset makes a dataset.
func AddDataset(name string, public bool) Change {
	return changeOf(KindDataset, "create dataset "+name, datasetMade{name, public}, []Target{{}})
}

// ChangeDataset renames a dataset or changes who sees it.
func ChangeDataset(d api.Dataset, p api.DatasetPatch) Change {
	return changeOf(KindDataset, fmt.Sprintf("change dataset %s", d.Name), datasetChanged{p}, []Target{{Dataset: d.UUID}})
}
