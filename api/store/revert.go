package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"threatbench/api"
)

// Revert puts a dataset back into the state of an earlier moment: its events,
// their raw records, relationships and references. Events that were moved away
// since come back; those moved in go back to where they came from, as they
// were then. The revert is a change of the journal, too, so that its undo
// bookmark leads back to the state before it.
//
// A 400 *api.Error where the moment is too early (it names the earliest one),
// a 409 where an event that would come back has a newer namesake elsewhere.
func (d *DB) Revert(ctx context.Context, who Actor, account, dataset string, r api.Revert) (api.RevertResult, error) {
	res, err := d.RevertTogether(ctx, who, account, []api.DatasetRevert{{DatasetID: dataset, Revert: r}})
	if err != nil {
		return api.RevertResult{}, err
	}
	return res[0], nil
}

// maxTogether is how many datasets go back in one change.
const maxTogether = 50

// RevertTogether puts several datasets back in one change, like Revert. Events
// that were moved among them are then where they were at those moments, which
// one dataset after the other doesn't reach: what goes back to another dataset
// arrives there as it was when it was moved, and may not have been there then.
// Going back to all the undo bookmarks together takes it back.
func (d *DB) RevertTogether(ctx context.Context, who Actor, account string, list []api.DatasetRevert) ([]api.RevertResult, error) {
	if err := limitOf(ctx).journals(); err != nil {
		return nil, err
	}
	if len(list) == 0 || len(list) > maxTogether {
		return nil, api.Errorf(http.StatusBadRequest, "reverts: want 1..%d, got %d", maxTogether, len(list))
	}
	var out []api.RevertResult
	err := d.edit(ctx, who, account, opRevert, func(e *edit) error {
		out = make([]api.RevertResult, len(list))
		t := multiRevert{edit: e}
		for i, r := range list {
			if err := t.aim(r, &out[i]); err != nil {
				return err
			}
		}
		return t.run()
	})
	return out, err
}

// multiRevert is a revert of some datasets.
type multiRevert struct {
	*edit
	datasets []uint32
	moments  []revision
}

// aim finds out where one of the datasets goes back to.
func (t *multiRevert) aim(r api.DatasetRevert, res *api.RevertResult) error {
	c := t.c
	ds, err := c.dataset(r.DatasetID)
	if err != nil {
		return err
	}
	if slices.Contains(t.datasets, ds.id) {
		return api.Errorf(http.StatusBadRequest, "reverts: dataset %s is there twice", ds.UUID)
	}
	m, err := c.revision(c.ctx, c.name, c.account, ds, r.Revert, c.now)
	if err != nil {
		return err
	}
	if _, err := t.j.log(ds.id); err != nil {
		return err
	}
	t.datasets, t.moments = append(t.datasets, ds.id), append(t.moments, m)
	res.DatasetID, res.MinutesAgo = ds.UUID, r.MinutesAgo
	if r.TargetTimestamp != "" {
		res.TargetTimestamp = timeOf(m.at).String()
	}
	res.UndoBookmark = c.d.bookmark(c.name, ds.UUID, c.state.change-1)
	res.RevertBookmark = c.d.bookmark(c.name, ds.UUID, c.state.change)
	return nil
}

// run reverts the datasets in turn. What one gives back to another changes
// that one, so that several take a second turn.
func (t *multiRevert) run() error {
	turns := 1
	if len(t.datasets) > 1 {
		turns = 2
	}
	for range turns {
		for i, ds := range t.datasets {
			plan, err := t.c.plan(t.c.ctx, t.c.account, ds, t.moments[i])
			if err != nil {
				return err
			}
			if err := t.revert(plan); err != nil {
				return err
			}
		}
	}
	return nil
}

// RevertPreview counts what a revert would change.
func (d *DB) RevertPreview(ctx context.Context, account, dataset string, r api.Revert) (api.RevertPreview, error) {
	if err := limitOf(ctx).journals(); err != nil {
		return api.RevertPreview{}, err
	}
	v, err := d.readTx(ctx)
	if err != nil {
		return api.RevertPreview{}, err
	}
	defer v.close()
	sc, err := v.scope(ctx, account, nil)
	if err != nil {
		return api.RevertPreview{}, err
	}
	ds, err := findDataset(sc.all, dataset)
	if err != nil {
		return api.RevertPreview{}, err
	}
	now, err := d.clock(ctx, v.s)
	if err != nil {
		return api.RevertPreview{}, err
	}
	m, err := v.revision(ctx, account, sc.account, ds, r, now)
	if err != nil {
		return api.RevertPreview{}, err
	}
	plan, err := v.plan(ctx, sc.account, ds.id, m)
	if err != nil {
		return api.RevertPreview{}, err
	}
	out, err := plan.count()
	if err != nil {
		return api.RevertPreview{}, err
	}
	made, err := v.countIn(ctx, plan.made, ds.id)
	if err != nil {
		return api.RevertPreview{}, err
	}
	out.Deleted += made
	out.DatasetID, out.TargetTimestamp = ds.UUID, timeOf(m.at)
	return out, nil
}

// plan is what a revert has to do: only what differs from the present.
type plan struct {
	ctx     context.Context
	s       *session
	dataset uint32
	rows    map[int64]*eventRow // of those to change, as they are; nil where there is none
	homes   map[int64]uint32    // the datasets that others are in; 0 where there is none
	undoReader
}

func (v *readTx) plan(ctx context.Context, account int64, dataset uint32, m revision) (*plan, error) {
	was, err := v.readUndo(ctx, account, dataset, m)
	if err != nil {
		return nil, err
	}
	p := &plan{ctx: ctx, s: v.s, dataset: dataset, rows: map[int64]*eventRow{}, homes: map[int64]uint32{}, undoReader: *was}
	for _, step := range []func() error{p.planEvents, p.planReturned, p.planRaws, p.planLinks, p.planReferences, p.planWaits} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *plan) row(id int64) (*eventRow, error) {
	if r, known := p.rows[id]; known {
		return r, nil
	}
	r, err := p.s.row(p.ctx, id)
	p.rows[id] = r
	return r, err
}

// home is the dataset an event is in now, 0 where there is none.
func (p *plan) home(id int64) (uint32, error) {
	if r, known := p.rows[id]; known {
		if r == nil {
			return 0, nil
		}
		return r.dataset, nil
	}
	if ds, known := p.homes[id]; known {
		return ds, nil
	}
	var ds uint32
	if err := p.s.queryRow(p.ctx, "SELECT dataset FROM event WHERE id = ?", id).Scan(&ds); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("reading event %d: %w", id, err)
	}
	p.homes[id] = ds
	return ds, nil
}

func (p *plan) planEvents() error {
	for id, want := range p.events {
		now, err := p.row(id)
		if err != nil {
			return err
		}
		if !p.concerns(now, want) {
			delete(p.events, id)
			delete(p.rows, id) // most of what changed has changed back, or is elsewhere
			continue
		}
		if want == nil {
			continue
		}
		if want.doc, err = decodeDoc(want.packed); err != nil {
			return fmt.Errorf("event %d in the journal: %w", id, err)
		}
	}
	return nil
}

// concerns tells whether an event has to change. What was in the dataset comes
// back to it from anywhere; what wasn't leaves it, and only it.
func (p *plan) concerns(now, want *eventRow) bool {
	switch {
	case want == nil || want.dataset != p.dataset:
		return now != nil && now.dataset == p.dataset
	case now == nil:
		return true
	}
	return now.dataset != want.dataset || !bytes.Equal(now.packed, want.packed)
}

// planReturned takes from events that come back from another dataset the edges
// they got there.
func (p *plan) planReturned() error {
	for id, want := range p.events {
		now := p.rows[id]
		if want == nil || now == nil || want.dataset != p.dataset || now.dataset == p.dataset {
			continue
		}
		edges, err := p.s.edgesOf(p.ctx, id)
		if err != nil {
			return err
		}
		for _, k := range edges {
			keep(p.links, k, false)
		}
		refs, err := p.s.referencesOf(p.ctx, id)
		if err != nil {
			return err
		}
		for _, k := range refs {
			keep(p.refs, k, false)
		}
		waits, err := p.s.waitsOf(p.ctx, id)
		if err != nil {
			return err
		}
		for _, w := range waits {
			keep(p.waits, w, false)
		}
	}
	return nil
}

// stays tells whether an event will be there, and whether the revert may
// change what belongs to it.
func (p *plan) stays(id int64) (there, ours bool, err error) {
	if want, planned := p.events[id]; planned {
		return want != nil, want != nil, nil
	}
	ds, err := p.home(id)
	if p.made.has(id) && ds == p.dataset {
		return false, false, err
	}
	return ds != 0, ds == p.dataset, err
}

// within tells whether all ends of an edge will be there and one is ours.
func (p *plan) within(ids ...int64) (bool, error) {
	some := false
	for _, id := range ids {
		there, ours, err := p.stays(id)
		if err != nil || !there {
			return false, err
		}
		some = some || ours
	}
	return some, nil
}

func (p *plan) planRaws() error {
	for id, want := range p.raws {
		ok, err := p.within(id)
		if err != nil {
			return err
		}
		now, err := p.s.rawRow(p.ctx, id)
		if err != nil {
			return err
		}
		if !ok || now.equal(want) {
			delete(p.raws, id)
		}
	}
	return nil
}

func (p *plan) planLinks() error {
	return planEdges(p, p.links, func(k edge) []int64 { return []int64{k.parent, k.child} }, func(k edge) (string, []any) {
		return "SELECT EXISTS (SELECT 1 FROM relationship WHERE parent = ? AND child = ? AND type = ?)", []any{k.parent, k.child, k.kind}
	})
}

func (p *plan) planReferences() error {
	return planEdges(p, p.refs, func(k reference) []int64 { return []int64{k.src, k.dst} }, func(k reference) (string, []any) {
		return "SELECT EXISTS (SELECT 1 FROM reference WHERE src = ? AND dst = ?)", []any{k.src, k.dst}
	})
}

func (p *plan) planWaits() error {
	return planEdges(p, p.waits, func(w wait) []int64 { return []int64{w.event} }, func(w wait) (string, []any) {
		return "SELECT EXISTS (SELECT 1 FROM pending WHERE event = ? AND want = ? AND type = ?)", []any{w.event, w.want[:], w.kind}
	})
}

// planEdges keeps those edges whose ends stay and which are to change.
func planEdges[K comparable](p *plan, edges map[K]bool, ends func(K) []int64, exists func(K) (string, []any)) error {
	for k, want := range edges {
		ok, err := p.within(ends(k)...)
		if err != nil {
			return err
		}
		var now bool
		query, args := exists(k)
		if err := p.s.queryRow(p.ctx, query, args...).Scan(&now); err != nil {
			return fmt.Errorf("looking for an edge: %w", err)
		}
		if !ok || now == want {
			delete(edges, k)
		}
	}
	return nil
}

// count tells how many events a plan changes, those made since left out.
func (p *plan) count() (api.RevertPreview, error) {
	var out api.RevertPreview
	updated := map[int64]bool{}
	for id, want := range p.events {
		now := p.rows[id]
		switch {
		case want == nil || want.dataset != p.dataset:
			out.Deleted++
		case now == nil || now.dataset != p.dataset:
			out.Created++
		default:
			updated[id] = true
		}
	}
	var failed error
	touch := func(ids ...int64) {
		for _, id := range ids {
			if _, planned := p.events[id]; planned || p.made.has(id) {
				continue
			}
			ds, err := p.home(id)
			failed = errors.Join(failed, err)
			if ds == p.dataset {
				updated[id] = true
			}
		}
	}
	for id := range p.raws {
		touch(id)
	}
	for k := range p.links {
		touch(k.parent, k.child)
	}
	for k := range p.refs {
		touch(k.src, k.dst)
	}
	for w := range p.waits {
		touch(w.event)
	}
	out.Updated = len(updated)
	return out, failed
}

// revert carries a plan out.
func (e *edit) revert(p *plan) error {
	for _, step := range []func(*plan) error{e.removeMade, e.removePlanned, e.restorePlanned, e.relinkPlanned, e.awaitPlanned} {
		if err := step(p); err != nil {
			return err
		}
	}
	return nil
}

func (e *edit) removePlanned(p *plan) error {
	for id, want := range p.events {
		if want != nil {
			continue
		}
		if err := e.remove(id); err != nil {
			return err
		}
	}
	return nil
}

func (e *edit) restorePlanned(p *plan) error {
	for id, want := range p.events {
		if want == nil {
			continue
		}
		next := *want
		now, err := e.row(id) // its flags may have changed since it was planned
		if err != nil {
			return err
		}
		if now != nil {
			next.flags = now.flags
		} else if err := e.free(next.doc.uuid); err != nil {
			return err
		}
		if err := e.ensureTags(next.doc.lists[listTags]); err != nil {
			return err
		}
		if err := e.put(next); err != nil {
			return err
		}
	}
	for id, want := range p.raws {
		if err := e.setRaw(id, want); err != nil {
			return err
		}
	}
	return nil
}

// free refuses a UUID that another event has taken meanwhile.
func (e *edit) free(u [16]byte) error {
	at, _, err := e.c.s.lookup(e.c.ctx, e.c.account, u)
	if err == nil && at != 0 {
		err = api.Errorf(http.StatusConflict, "event %s was deleted, and another one of that UUID was created since: delete that one first", uuidText(u[:]))
	}
	return err
}

func (e *edit) relinkPlanned(p *plan) error {
	for k, want := range p.links {
		if _, err := e.link(k, want); err != nil {
			return err
		}
	}
	for k, want := range p.refs {
		if _, err := e.refer(k, want); err != nil {
			return err
		}
	}
	return nil
}

// awaitPlanned restores the edges that waited; where what they waited for is
// there, outside the dataset, they are made. So are those that others have
// waiting for an event that came back.
func (e *edit) awaitPlanned(p *plan) error {
	for w, want := range p.waits {
		at, _, err := e.c.s.lookup(e.c.ctx, e.c.account, w.want)
		if err != nil {
			return err
		}
		if want && at != 0 {
			err = e.meet(w, at)
		} else {
			_, err = e.wait(w, want)
		}
		if err != nil {
			return err
		}
	}
	var errs []error
	for id, want := range p.events {
		if want != nil && p.rows[id] == nil {
			errs = append(errs, e.arrive(want.doc.uuid, id))
		}
	}
	return errors.Join(errs...)
}
