package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"threatbench/api"
)

// link resolves the relationships and references of a batch before its rows
// are written, so that new rows get their flags at once.
func (t *batch) link(c *writeTx) error {
	l := &edgeWriter{c: c, j: t.journal, flags: map[int64]int64{}}
	for _, it := range t.fresh() {
		for _, e := range it.edges {
			if err := t.linkEdge(l, it, e); err != nil {
				return err
			}
		}
		for _, u := range it.refs {
			if err := t.linkRef(l, it, u); err != nil {
				return err
			}
		}
	}
	if err := t.linkWaiting(l); err != nil {
		return err
	}
	for _, it := range t.fresh() {
		it.flags |= l.flags[it.id]
		delete(l.flags, it.id)
	}
	t.res.CreatedRelationshipsCount = l.related
	return l.finish()
}

func (t *batch) linkEdge(l *edgeWriter, it *item, e checkedEdge) error {
	var parent int64
	if e.index >= 0 {
		p := t.items[e.index]
		if p == nil {
			t.report(it.index, fmt.Errorf("relationships: its parent, event %d of the request, was refused", e.index))
			return nil
		}
		e.parent = p.uuid
		var err error
		if parent, err = seenOnly(l.c, p.id); err != nil {
			return err
		}
	} else {
		var err error
		if parent, err = t.resolve(l.c, e.parent); err != nil {
			return err
		}
	}
	switch parent {
	case it.id:
		t.report(it.index, fmt.Errorf("relationships: an event cannot be its own parent"))
		return nil
	case 0:
		return l.wait(e.parent, it.id, e.kind)
	}
	return l.relate(edge{parent: parent, child: it.id, kind: e.kind})
}

func (t *batch) linkRef(l *edgeWriter, it *item, u [16]byte) error {
	dst, err := t.resolve(l.c, u)
	if err != nil {
		return err
	}
	switch dst {
	case it.id:
		return nil // an event says nothing by referring to itself
	case 0:
		return l.wait(u, it.id, kindReference)
	}
	return l.refer(it.id, dst)
}

// resolve finds an event of the request or of the account; 0 where there is
// none within the caller's limit.
func (t *batch) resolve(c *writeTx, u [16]byte) (int64, error) {
	if it := t.byKey[u]; it != nil {
		return seenOnly(c, it.id)
	}
	id, _, err := c.s.lookup(c.ctx, c.account, u)
	if err != nil {
		return 0, err
	}
	return seenOnly(c, id)
}

// seenOnly is the id, or 0 where it lies beyond the caller's limit.
func seenOnly(c *writeTx, id int64) (int64, error) {
	if id == 0 {
		return 0, nil
	}
	if ok, err := c.sees(c.ctx, id); err != nil || !ok {
		return 0, err
	}
	return id, nil
}

// linkWaiting makes the edges that waited for the new events.
func (t *batch) linkWaiting(l *edgeWriter) error {
	var any bool
	err := l.c.s.queryRow(l.c.ctx, "SELECT EXISTS (SELECT 1 FROM pending WHERE account = ?)", l.c.account).Scan(&any)
	if err != nil {
		return fmt.Errorf("reading the waiting edges: %w", err)
	}
	if !any {
		return nil
	}
	for _, it := range t.fresh() {
		if err := l.arrive(it.uuid, it.id); err != nil {
			return err
		}
	}
	return nil
}

// edgeWriter writes the edges of new events and collects the flags they give.
type edgeWriter struct {
	c       *writeTx
	j       *journal
	flags   map[int64]int64
	related int
}

func (l *edgeWriter) relate(e edge) error {
	n, err := l.insert("INSERT INTO relationship (parent, child, type) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", e.parent, e.child, e.kind)
	if err != nil || n == 0 {
		return err
	}
	l.related++
	l.flags[e.parent] |= flagHasChildren
	return l.journal(func() []byte { return appendLinkItem(nil, e, false) }, e.parent, e.child)
}

func (l *edgeWriter) refer(src, dst int64) error {
	n, err := l.insert("INSERT INTO reference (src, dst) VALUES (?, ?) ON CONFLICT DO NOTHING", src, dst)
	if err != nil || n == 0 {
		return err
	}
	l.flags[src] |= flagHasRefs
	l.flags[dst] |= flagHasRefs
	return l.journal(func() []byte { return appendReferenceItem(nil, reference{src, dst}, false) }, src, dst)
}

func (l *edgeWriter) insert(query string, args ...any) (int64, error) {
	res, err := l.c.s.exec(l.c.ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("relating events: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("relating events: %w", err)
	}
	return n, nil
}

// journal records an item with the events that were there before. Edges of new
// ones go when these go, and need no note.
func (l *edgeWriter) journal(item func() []byte, ids ...int64) error {
	for _, id := range ids {
		if id >= l.c.snap.next {
			continue
		}
		r, err := l.c.s.row(l.c.ctx, id)
		if err != nil {
			return err
		}
		if r == nil {
			return fmt.Errorf("event %d: %w", id, errVanished)
		}
		in := []uint32{r.dataset}
		if err := errors.Join(l.j.note(in, item()), l.j.touch(in, id, r.doc.uuid)); err != nil {
			return err
		}
	}
	return nil
}

// wait keeps an edge until the event it needs arrives.
func (l *edgeWriter) wait(want [16]byte, event int64, kind int) error {
	_, err := l.c.s.exec(l.c.ctx, "INSERT INTO pending (account, want, event, type) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", l.c.account, want[:], event, kind)
	if err != nil {
		return fmt.Errorf("keeping an edge that waits: %w", err)
	}
	return nil
}

// arrive makes the edges that waited for an event.
func (l *edgeWriter) arrive(u [16]byte, id int64) error {
	var waiting []edge
	err := l.c.s.each(l.c.ctx, "SELECT event, type FROM pending WHERE account = ? AND want = ?", []any{l.c.account, u[:]}, func(r *sql.Rows) error {
		e := edge{parent: id}
		err := r.Scan(&e.child, &e.kind)
		waiting = append(waiting, e)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading the waiting edges: %w", err)
	}
	for _, e := range waiting {
		w := wait{want: u, event: e.child, kind: e.kind}
		if err := l.journal(func() []byte { return appendWaitItem(nil, w, true) }, e.child); err != nil {
			return err
		}
		if e.kind == kindReference {
			err = l.refer(e.child, id)
		} else {
			err = l.relate(e)
		}
		if err != nil {
			return err
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	if _, err := l.c.s.exec(l.c.ctx, "DELETE FROM pending WHERE account = ? AND want = ?", l.c.account, u[:]); err != nil {
		return fmt.Errorf("forgetting waiting edges: %w", err)
	}
	return nil
}

// finish sets the collected flags on the events that exist already.
func (l *edgeWriter) finish() error {
	byFlags := map[int64][]int64{}
	for id, flags := range l.flags {
		byFlags[flags] = append(byFlags[flags], id)
	}
	for flags, ids := range byFlags {
		slices.Sort(ids)
		if err := l.c.setFlags(ids, flags); err != nil {
			return err
		}
	}
	return nil
}

// Relate hangs children under parents. An edge that exists already counts for
// nothing and is no error. One with an unknown end, an unknown type, or whose
// ends are the same event is refused and reported; the others are made.
func (d *DB) Relate(ctx context.Context, who Actor, account string, edges []Edge) (related int, errs []EdgeError, err error) {
	return d.setEdges(ctx, who, account, opRelate, edges, true)
}

// Unrelate takes relationships away. One that isn't there counts for nothing;
// what Relate would refuse is refused and reported.
func (d *DB) Unrelate(ctx context.Context, who Actor, account string, edges []Edge) (removed int, errs []EdgeError, err error) {
	return d.setEdges(ctx, who, account, opUnrelate, edges, false)
}

func (d *DB) setEdges(ctx context.Context, who Actor, account, op string, edges []Edge, want bool) (n int, errs []EdgeError, err error) {
	err = d.edit(ctx, who, account, op, func(ed *edit) error {
		for i, e := range edges {
			found, refused, err := ed.c.resolveEdge(e)
			if err != nil {
				return err
			}
			if refused != nil {
				errs = append(errs, EdgeError{Index: i, Edge: e, Err: refused})
				continue
			}
			changed, err := ed.link(found, want)
			if err != nil {
				return err
			}
			if changed {
				n++
			}
		}
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	return n, errs, nil
}

func (c *writeTx) resolveEdge(e Edge) (found edge, refused *api.Error, err error) {
	kind, err := edgeKind(e.Type)
	if err != nil {
		return found, api.Errorf(http.StatusBadRequest, "%s", err.Error()), nil
	}
	found.kind = kind
	if found.parent, refused, err = c.resolveEnd("parentId", e.Parent); refused != nil || err != nil {
		return found, refused, err
	}
	if found.child, refused, err = c.resolveEnd("childId", e.Child); refused != nil || err != nil {
		return found, refused, err
	}
	if found.parent == found.child {
		return found, api.Errorf(http.StatusBadRequest, "childId: an event cannot be its own parent"), nil
	}
	return found, nil, nil
}

func (c *writeTx) resolveEnd(key, id string) (int64, *api.Error, error) {
	missing := api.Errorf(http.StatusNotFound, "%s: no event %q", key, short(id))
	u, err := uuid.Parse(id)
	if err != nil {
		return 0, missing, nil
	}
	at, _, err := c.s.lookup(c.ctx, c.account, u)
	if err != nil {
		return 0, nil, err
	}
	ok, err := c.sees(c.ctx, at)
	if err != nil {
		return 0, nil, err
	}
	if at == 0 || !ok {
		return 0, missing, nil
	}
	return at, nil, nil
}
