package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"threatbench/api"
)

// edit changes events that are there: rows, raw records and edges at once,
// columns and journal when it is finished.
type edit struct {
	c        *writeTx
	j        *journal
	rows     map[int64]*eventRow // as they are now; nil where there is none
	old      map[int64]*eventRow // as they were, of those that changed
	relinked map[int64]bool      // whose flags must be worked out anew
}

func (c *writeTx) newEdit(op string) *edit {
	return &edit{c: c, j: c.newJournal(op), rows: map[int64]*eventRow{}, old: map[int64]*eventRow{}, relinked: map[int64]bool{}}
}

// edit runs f in a write transaction and completes what it changed.
func (d *DB) edit(ctx context.Context, who Actor, account, op string, f func(*edit) error) error {
	return d.write(ctx, who, account, func(c *writeTx) error {
		e := c.newEdit(op)
		if err := f(e); err != nil {
			return err
		}
		return e.finish()
	})
}

// row reads the row of an event, nil where there is none.
func (s *session) row(ctx context.Context, id int64) (*eventRow, error) {
	var out *eventRow
	err := s.each(ctx, "SELECT id, dataset, flags, doc FROM event WHERE id = ?", []any{id}, func(r *sql.Rows) error {
		var packed sql.RawBytes
		out = &eventRow{}
		err := r.Scan(&out.id, &out.dataset, &out.flags, &packed)
		if err != nil {
			return err
		}
		out.packed = slices.Clone([]byte(packed))
		out.doc, err = decodeDoc(out.packed)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading event %d: %w", id, err)
	}
	return out, nil
}

// eventRow is an event as it stands in the edit, nil where there is none.
func (e *edit) row(id int64) (*eventRow, error) {
	if r, known := e.rows[id]; known {
		return r, nil
	}
	r, err := e.c.s.row(e.c.ctx, id)
	if err == nil {
		e.rows[id] = r
	}
	return r, err
}

// find is the row of an event by its UUID, nil where the account has none, or
// has it in another dataset than the one asked for (0: any).
func (e *edit) find(dataset uint32, id string) (*eventRow, error) {
	u, err := uuid.Parse(id)
	if err != nil {
		return nil, nil //nolint:nilerr // no event has such a name
	}
	at, ds, err := e.c.s.lookup(e.c.ctx, e.c.account, u)
	if err != nil || at == 0 || dataset != 0 && ds != dataset {
		return nil, err
	}
	if ok, err := e.c.sees(e.c.ctx, at); err != nil || !ok {
		return nil, err
	}
	return e.row(at)
}

// need is find where a missing event is a 404.
func (e *edit) need(dataset uint32, id string) (*eventRow, error) {
	r, err := e.find(dataset, id)
	if err == nil && r == nil {
		err = noEvent(id)
	}
	return r, err
}

func noEvent(id string) *api.Error {
	return api.Errorf(http.StatusNotFound, "no event %q", short(id))
}

// homes are the datasets that events were and are in, each once.
func (e *edit) homes(ids ...int64) ([]uint32, error) {
	var out []uint32
	for _, id := range ids {
		now, err := e.row(id)
		if err != nil {
			return nil, err
		}
		for _, r := range [...]*eventRow{e.old[id], now} {
			if r != nil && !slices.Contains(out, r.dataset) {
				out = append(out, r.dataset)
			}
		}
	}
	return out, nil
}

// journal records an item in the homes of some events, which it touches.
func (e *edit) journal(item []byte, ids ...int64) error {
	homes, err := e.homes(ids...)
	if err != nil {
		return err
	}
	if err := e.j.note(homes, item); err != nil {
		return err
	}
	for _, id := range ids {
		if err := e.touch(id); err != nil {
			return err
		}
	}
	return nil
}

func (e *edit) touch(id int64) error {
	homes, err := e.homes(id)
	if err != nil {
		return err
	}
	r := e.rows[id]
	if r == nil {
		r = e.old[id]
	}
	if r == nil {
		return nil
	}
	return e.j.touch(homes, id, r.doc.uuid)
}

// put writes an event over the row of its id, or anew where there is none.
func (e *edit) put(next eventRow) error {
	was, err := e.row(next.id)
	if err != nil {
		return err
	}
	if next.packed, err = next.doc.encode(&e.c.z); err != nil {
		return err
	}
	if was != nil && was.dataset == next.dataset && bytes.Equal(was.packed, next.packed) {
		return nil
	}
	if was == nil {
		e.relinked[next.id] = true
	}
	keep(e.old, next.id, was)
	e.rows[next.id] = &next
	if err := e.journal(appendEventItem(nil, next.id, was), next.id); err != nil {
		return err
	}
	if was != nil && was.dataset != next.dataset {
		if err := e.noteWhole(next.id); err != nil {
			return err
		}
	}
	_, err = e.c.s.exec(e.c.ctx, `INSERT INTO event (id, ukey, dataset, flags, doc) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET dataset = excluded.dataset, flags = excluded.flags, doc = excluded.doc`,
		next.id, ukey(e.c.account, next.doc.uuid), next.dataset, next.flags, next.packed)
	if err != nil {
		return fmt.Errorf("writing event %d: %w", next.id, err)
	}
	var more []typedIndicator
	var before *doc
	if was != nil {
		more, before = was.doc.more, &was.doc
	}
	if err := e.c.indexKeys(next.id, before, &next.doc); err != nil {
		return err
	}
	return e.c.s.indexIndicators(e.c.ctx, next.id, more, next.doc.more)
}

// noteWhole notes the raw record and every edge of an event as they are, in
// the journals of both datasets of one that is moved: then either can go back
// to how it was whatever becomes of the event in the other.
func (e *edit) noteWhole(id int64) error {
	raw, err := e.c.s.rawRow(e.c.ctx, id)
	if err != nil {
		return err
	}
	item := appendRawItem(nil, id, raw)
	edges, err := e.c.s.edgesOf(e.c.ctx, id)
	if err != nil {
		return err
	}
	for _, k := range edges {
		item = appendLinkItem(item, k, true)
	}
	refs, err := e.c.s.referencesOf(e.c.ctx, id)
	if err != nil {
		return err
	}
	for _, k := range refs {
		item = appendReferenceItem(item, k, true)
	}
	waits, err := e.c.s.waitsOf(e.c.ctx, id)
	if err != nil {
		return err
	}
	for _, w := range waits {
		item = appendWaitItem(item, w, true)
	}
	return e.journal(appendWhole(item, id), id)
}

// remove takes an event away, with its raw record and all its edges.
func (e *edit) remove(id int64) error {
	was, err := e.row(id)
	if err != nil || was == nil {
		return err
	}
	if err := e.unlinkAll(id); err != nil {
		return err
	}
	if err := e.setRaw(id, nil); err != nil {
		return err
	}
	keep(e.old, id, was)
	e.rows[id] = nil
	if err := e.journal(appendWhole(appendEventItem(nil, id, was), id), id); err != nil {
		return err
	}
	if _, err := e.c.s.exec(e.c.ctx, "DELETE FROM event WHERE id = ?", id); err != nil {
		return fmt.Errorf("deleting event %d: %w", id, err)
	}
	if err := e.c.indexKeys(id, &was.doc, nil); err != nil {
		return err
	}
	return e.c.s.indexIndicators(e.c.ctx, id, was.doc.more, nil)
}

// unlinkAll takes away every edge of an event, those that wait too.
func (e *edit) unlinkAll(id int64) error {
	edges, err := e.c.s.edgesOf(e.c.ctx, id)
	if err != nil {
		return err
	}
	for _, k := range edges {
		if _, err := e.link(k, false); err != nil {
			return err
		}
	}
	refs, err := e.c.s.referencesOf(e.c.ctx, id)
	if err != nil {
		return err
	}
	for _, r := range refs {
		if _, err := e.refer(r, false); err != nil {
			return err
		}
	}
	waits, err := e.c.s.waitsOf(e.c.ctx, id)
	if err != nil {
		return err
	}
	for _, w := range waits {
		if _, err := e.wait(w, false); err != nil {
			return err
		}
	}
	return nil
}

// edgesOf are the relationships an event has a part in.
func (s *session) edgesOf(ctx context.Context, id int64) ([]edge, error) {
	var out []edge
	err := s.each(ctx, "SELECT parent, child, type FROM relationship WHERE parent = ? UNION SELECT parent, child, type FROM relationship WHERE child = ?",
		[]any{id, id}, func(r *sql.Rows) error {
			var k edge
			err := r.Scan(&k.parent, &k.child, &k.kind)
			out = append(out, k)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("reading the relationships of event %d: %w", id, err)
	}
	return out, nil
}

func (s *session) referencesOf(ctx context.Context, id int64) ([]reference, error) {
	var out []reference
	err := s.each(ctx, "SELECT src, dst FROM reference WHERE src = ? UNION SELECT src, dst FROM reference WHERE dst = ?",
		[]any{id, id}, func(r *sql.Rows) error {
			var k reference
			err := r.Scan(&k.src, &k.dst)
			out = append(out, k)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("reading the references of event %d: %w", id, err)
	}
	return out, nil
}

func (s *session) waitsOf(ctx context.Context, id int64) ([]wait, error) {
	return s.waits(ctx, "SELECT want, event, type FROM pending WHERE event = ?", id)
}

func (s *session) waits(ctx context.Context, query string, args ...any) ([]wait, error) {
	var out []wait
	err := s.each(ctx, query, args, func(r *sql.Rows) error {
		var want sql.RawBytes
		var w wait
		err := r.Scan(&want, &w.event, &w.kind)
		copy(w.want[:], want)
		out = append(out, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the waiting edges: %w", err)
	}
	return out, nil
}

// link makes a relationship or takes it away; changed tells whether it had to.
func (e *edit) link(k edge, want bool) (changed bool, err error) {
	query := "DELETE FROM relationship WHERE parent = ? AND child = ? AND type = ?"
	if want {
		query = "INSERT INTO relationship (parent, child, type) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
	}
	return e.alter(query, []any{k.parent, k.child, k.kind}, appendLinkItem(nil, k, !want), k.parent, k.child)
}

// refer makes a reference or takes it away.
func (e *edit) refer(r reference, want bool) (changed bool, err error) {
	query := "DELETE FROM reference WHERE src = ? AND dst = ?"
	if want {
		query = "INSERT INTO reference (src, dst) VALUES (?, ?) ON CONFLICT DO NOTHING"
	}
	return e.alter(query, []any{r.src, r.dst}, appendReferenceItem(nil, r, !want), r.src, r.dst)
}

// wait lets an edge wait or forgets it.
func (e *edit) wait(w wait, want bool) (changed bool, err error) {
	query := "DELETE FROM pending WHERE account = ? AND want = ? AND event = ? AND type = ?"
	if want {
		query = "INSERT INTO pending (account, want, event, type) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
	}
	return e.alter(query, []any{e.c.account, w.want[:], w.event, w.kind}, appendWaitItem(nil, w, !want), w.event)
}

func (e *edit) alter(query string, args []any, item []byte, ends ...int64) (bool, error) {
	res, err := e.c.s.exec(e.c.ctx, query, args...)
	if err != nil {
		return false, fmt.Errorf("changing an edge: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("changing an edge: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	for _, id := range ends {
		e.relinked[id] = true
	}
	return true, e.journal(item, ends...)
}

// arrive makes the edges that waited for an event.
func (e *edit) arrive(u [16]byte, id int64) error {
	waits, err := e.c.s.waits(e.c.ctx, "SELECT want, event, type FROM pending WHERE account = ? AND want = ?", e.c.account, u[:])
	if err != nil {
		return err
	}
	for _, w := range waits {
		if _, err := e.wait(w, false); err != nil {
			return err
		}
		if err := e.meet(w, id); err != nil {
			return err
		}
	}
	return nil
}

// meet makes an edge of one that waited.
func (e *edit) meet(w wait, id int64) (err error) {
	switch {
	case w.event == id:
	case w.kind == kindReference:
		_, err = e.refer(reference{src: w.event, dst: id}, true)
	default:
		_, err = e.link(edge{parent: id, child: w.event, kind: w.kind}, true)
	}
	return err
}

// raw reads an event's raw record, nil where it has none.
func (s *session) rawRow(ctx context.Context, id int64) (*rawRow, error) {
	r := &rawRow{}
	err := s.queryRow(ctx, "SELECT created, source, tlp, data FROM raw WHERE event = ?", id).Scan(&r.created, &r.source, &r.tlp, &r.data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a raw record: %w", err)
	}
	return r, nil
}

// setRaw writes an event's raw record; nil takes it away.
func (e *edit) setRaw(id int64, next *rawRow) error {
	was, err := e.c.s.rawRow(e.c.ctx, id)
	if err != nil || was.equal(next) {
		return err
	}
	if err := e.journal(appendRawItem(nil, id, was), id); err != nil {
		return err
	}
	e.relinked[id] = true
	if next == nil {
		_, err = e.c.s.exec(e.c.ctx, "DELETE FROM raw WHERE event = ?", id)
	} else {
		_, err = e.c.s.exec(e.c.ctx, `INSERT INTO raw (event, created, source, tlp, data) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (event) DO UPDATE SET created = excluded.created, source = excluded.source, tlp = excluded.tlp, data = excluded.data`,
			id, next.created, next.source, next.tlp, next.data)
	}
	if err != nil {
		return fmt.Errorf("writing the raw record of event %d: %w", id, err)
	}
	return nil
}

func (r *rawRow) equal(o *rawRow) bool {
	if r == nil || o == nil {
		return r == o
	}
	return r.created == o.created && r.source == o.source && r.tlp == o.tlp && bytes.Equal(r.data, o.data)
}

// finish works out flags, and brings columns and journal in line.
func (e *edit) finish() error {
	if err := e.settle(); err != nil {
		return err
	}
	return e.j.finish()
}

// settle does that for what changed so far, except for the journal, and
// forgets it: a long edit needn't hold all of it.
func (e *edit) settle() error {
	for id := range e.relinked {
		if err := e.reflag(id); err != nil {
			return err
		}
	}
	list := make([]rowDiff, 0, len(e.old))
	for id, was := range e.old {
		list = append(list, rowDiffOf(e.c.s.keyer, id, was, e.rows[id]))
	}
	if err := e.c.rewrite(list); err != nil {
		return err
	}
	clear(e.relinked)
	clear(e.old)
	clear(e.rows)
	return nil
}

// reflag works out the flags that follow from an event's edges and its raw
// record.
func (e *edit) reflag(id int64) error {
	r, err := e.row(id)
	if err != nil || r == nil {
		return err
	}
	var children, refs, raw bool
	err = e.c.s.queryRow(e.c.ctx, `SELECT EXISTS (SELECT 1 FROM relationship WHERE parent = ?),
		EXISTS (SELECT 1 FROM reference WHERE src = ?) OR EXISTS (SELECT 1 FROM reference WHERE dst = ?),
		EXISTS (SELECT 1 FROM raw WHERE event = ?)`, id, id, id, id).Scan(&children, &refs, &raw)
	if err != nil {
		return fmt.Errorf("marking event %d: %w", id, err)
	}
	next := *r
	next.flags = 0
	for flag, set := range map[int64]bool{flagHasChildren: children, flagHasRefs: refs, flagHasRaw: raw} {
		if set {
			next.flags |= flag
		}
	}
	if next.flags == r.flags {
		return nil
	}
	keep(e.old, id, r)
	e.rows[id] = &next
	if _, err := e.c.s.exec(e.c.ctx, "UPDATE event SET flags = ? WHERE id = ?", next.flags, id); err != nil {
		return fmt.Errorf("marking event %d: %w", id, err)
	}
	return nil
}

func rowDiffOf(k *keyMaker, id int64, was, now *eventRow) rowDiff {
	if now == nil {
		return rowDiff{now: record{id: id, flags: flagDeleted}}
	}
	a := rowDiff{
		now: k.record(id, now.dataset, now.flags, &now.doc), texts: [textCount]bool{true, true, true}, search: [searchCount]bool{true, true, true},
	}
	if was == nil {
		return a
	}
	old := k.record(id, was.dataset, was.flags, &was.doc)
	a.old = &old
	event, insight := was.doc.event != now.doc.event, was.doc.insight != now.doc.insight
	a.texts = [textCount]bool{event, was.doc.indicator != now.doc.indicator, insight}
	a.search = [searchCount]bool{event, a.texts[textIndicator] || !slices.Equal(was.doc.more, now.doc.more), insight}
	return a
}
