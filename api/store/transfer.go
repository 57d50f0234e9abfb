package store

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"threatbench/api"
)

// Transfer says which events of a dataset go to another one.
type Transfer struct {
	From, To string // datasets, by UUID
	EventIDs []string
	KeepRaw  bool // the raw records come along
}

// Move takes events to another dataset. They keep their UUIDs, relationships
// and references; events that aren't there are reported by their place in the
// request, the rest is moved.
func (d *DB) Move(ctx context.Context, who Actor, account string, t Transfer) (api.MoveResult, error) {
	var res api.MoveResult
	err := d.edit(ctx, who, account, opMove, func(e *edit) error {
		m := transfer{edit: e, keepRaw: t.KeepRaw}
		if err := m.prepare(t); err != nil {
			return err
		}
		links := map[edge]bool{}
		for _, r := range m.found {
			res.Moved++
			res.IndicatorsCopied += r.doc.indicators()
			if err := m.move(r, links); err != nil {
				return err
			}
		}
		res.InsertFailures = m.failures
		for k := range links {
			seen, err := m.sees(k.parent, k.child)
			if err != nil {
				return err
			}
			if seen {
				res.RelationshipsCopied++
			}
		}
		return nil
	})
	if err != nil {
		return api.MoveResult{}, err
	}
	return res, nil
}

// Copy makes copies of events in another dataset, under new UUIDs. Their
// relationships are copied, to the copy of the other event where that is
// copied too; so are the references they make, not those made to them.
func (d *DB) Copy(ctx context.Context, who Actor, account string, t Transfer) (api.CopyResult, error) {
	var res api.CopyResult
	err := d.edit(ctx, who, account, opCopy, func(e *edit) error {
		m := transfer{edit: e, keepRaw: t.KeepRaw}
		if err := m.prepare(t); err != nil {
			return err
		}
		copies := map[int64]int64{}
		for _, r := range m.found {
			res.Copied++
			res.IndicatorsCopied += r.doc.indicators()
			id, err := m.copy(r)
			if err != nil {
				return err
			}
			copies[r.id] = id
		}
		var err error
		res.RelationshipsCopied, err = m.copyEdges(copies)
		res.InsertFailures = m.failures
		return err
	})
	if err != nil {
		return api.CopyResult{}, err
	}
	return res, nil
}

// indicators is how many an event has.
func (d *doc) indicators() int {
	n := len(d.more)
	if d.indicator != "" {
		n++
	}
	return n
}

// mover carries a Transfer out.
type transfer struct {
	*edit
	to       uint32
	keepRaw  bool
	found    []*eventRow
	failures []api.TransferFailure
}

func (m *transfer) prepare(t Transfer) error {
	if len(t.EventIDs) == 0 {
		return api.Errorf(http.StatusBadRequest, "eventIds: want at least one event, got none")
	}
	from, err := m.c.dataset(t.From)
	if err != nil {
		return err
	}
	if t.To == "" {
		return api.Errorf(http.StatusBadRequest, "destDatasetId: want a dataset, got %q", "")
	}
	to, err := findDataset(m.c.datasets, t.To)
	if err != nil {
		return api.Errorf(http.StatusNotFound, "destDatasetId: no dataset %q", short(t.To))
	}
	if to.id == from.id {
		return api.Errorf(http.StatusBadRequest, "destDatasetId: want another dataset than the events', got %q", short(t.To))
	}
	m.to = to.id
	seen := map[string]bool{}
	for i, id := range t.EventIDs {
		key := strings.ToLower(id)
		if seen[key] {
			continue
		}
		seen[key] = true
		r, err := m.find(from.id, id)
		if err != nil {
			return err
		}
		if r == nil {
			m.failures = append(m.failures, api.TransferFailure{Index: i, Reason: noEvent(id).Message})
			continue
		}
		m.found = append(m.found, r)
	}
	return nil
}

// move takes one event along and gathers its relationships in links.
func (m *transfer) move(r *eventRow, links map[edge]bool) error {
	next := *r
	next.dataset = m.to
	if err := m.put(next); err != nil {
		return err
	}
	edges, err := m.c.s.edgesOf(m.c.ctx, r.id)
	if err != nil {
		return err
	}
	for _, k := range edges {
		links[k] = true
	}
	if m.keepRaw {
		return nil
	}
	return m.setRaw(r.id, nil)
}

// copy makes a new event like one that is there, without edges.
func (m *transfer) copy(r *eventRow) (int64, error) {
	next := eventRow{id: m.c.state.next, dataset: m.to, doc: r.doc}
	m.c.state.next++
	var err error
	if next.doc.uuid, err = newUUID(); err != nil {
		return 0, err
	}
	if next.packed, err = next.doc.encode(&m.c.z); err != nil {
		return 0, err
	}
	if m.keepRaw && r.flags&flagHasRaw != 0 {
		next.flags = flagHasRaw
		_, err := m.c.s.exec(m.c.ctx, "INSERT INTO raw (event, created, source, tlp, data) SELECT ?, created, source, tlp, data FROM raw WHERE event = ?", next.id, r.id)
		if err != nil {
			return 0, fmt.Errorf("copying a raw record: %w", err)
		}
	}
	_, err = m.c.s.exec(m.c.ctx, "INSERT INTO event (id, ukey, dataset, flags, doc) VALUES (?, ?, ?, ?, ?)",
		next.id, ukey(m.c.account, next.doc.uuid), next.dataset, next.flags, next.packed)
	if err != nil {
		return 0, fmt.Errorf("writing a copy: %w", err)
	}
	if err := m.c.s.indexIndicators(m.c.ctx, next.id, nil, next.doc.more); err != nil {
		return 0, err
	}
	m.rows[next.id] = &next
	if err := m.j.make(m.to, next.id, next.doc.uuid); err != nil {
		return 0, err
	}
	return next.id, m.c.appendRecord(m.c.s.keyer.record(next.id, next.dataset, next.flags, &next.doc))
}

// copyEdges gives the copies the edges of their originals, and answers how
// many relationships that made.
func (m *transfer) copyEdges(copies map[int64]int64) (int, error) {
	there := func(id int64) int64 {
		if c, copied := copies[id]; copied {
			return c
		}
		return id
	}
	n := 0
	for _, r := range m.found {
		edges, err := m.c.s.edgesOf(m.c.ctx, r.id)
		if err != nil {
			return n, err
		}
		for _, k := range edges {
			seen, err := m.sees(k.parent, k.child)
			if err != nil {
				return n, err
			}
			if !seen {
				continue
			}
			made, err := m.link(edge{parent: there(k.parent), child: there(k.child), kind: k.kind}, true)
			if err != nil {
				return n, err
			}
			if made {
				n++
			}
		}
		if err := m.copyReferences(r.id, there); err != nil {
			return n, err
		}
	}
	return n, nil
}

// sees tells whether all of the events may be seen by whoever makes the change:
// what hangs on others isn't copied, and isn't counted.
func (m *transfer) sees(ids ...int64) (bool, error) {
	for _, id := range ids {
		if seen, err := m.c.sees(m.c.ctx, id); err != nil || !seen {
			return false, err
		}
	}
	return true, nil
}

func (m *transfer) copyReferences(id int64, there func(int64) int64) error {
	refs, err := m.c.s.referencesOf(m.c.ctx, id)
	if err != nil {
		return err
	}
	for _, k := range refs {
		if k.src != id {
			continue
		}
		seen, err := m.sees(k.dst)
		if err != nil {
			return err
		}
		if !seen {
			continue
		}
		if _, err := m.refer(reference{src: there(id), dst: there(k.dst)}, true); err != nil {
			return err
		}
	}
	waits, err := m.c.s.waitsOf(m.c.ctx, id)
	if err != nil {
		return err
	}
	for _, w := range waits {
		w.event = there(id)
		if _, err := m.wait(w, true); err != nil {
			return err
		}
	}
	return nil
}
