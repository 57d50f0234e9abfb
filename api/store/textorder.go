package store

import (
	"container/heap"
	"context"
	"database/sql"
	"errors"
	"slices"
)

// Orders by a whole text: each block knows its events sorted by it, and a page
// is merged from the blocks, reading the texts of only those events that
// stand at the front.

// firstByText finds the first k selected events after a position.
func (s *Selection) firstByText(ctx context.Context, o order, after *position, k int) ([]entry, error) {
	from, err := s.textPlace(ctx, o, after)
	if err != nil {
		return nil, err
	}
	m := &merge{order: o}
	for _, h := range s.hits {
		if h.count == 0 {
			continue
		}
		r, err := s.newRun(ctx, o, h, from)
		if err != nil {
			return nil, err
		}
		if r.alive() {
			m.runs = append(m.runs, r)
		}
	}
	heap.Init(m)
	out := make([]entry, 0, min(k, s.total))
	for len(out) < k && len(m.runs) > 0 {
		r := m.runs[0]
		out = append(out, entry{block: int32(r.hit.block.index), place: uint16(r.place())})
		if err := r.advance(ctx); err != nil {
			return nil, err
		}
		if r.alive() {
			heap.Fix(m, 0)
		} else {
			heap.Pop(m)
		}
	}
	return out, nil
}

// textKey is what events are merged by.
type textKey struct {
	text string
	uuid []byte
}

func (o order) compareKeys(a, b textKey) int {
	if c := o.compareStrings(a.text, b.text); c != 0 {
		return c
	}
	return o.compareUUIDs(a.uuid, b.uuid)
}

func (s *Selection) textPlace(ctx context.Context, o order, p *position) (*textKey, error) {
	if p == nil {
		return nil, nil
	}
	key := &textKey{text: p.Text, uuid: p.UUID}
	if !p.Cut {
		return key, nil
	}
	// The text was too long for the cursor. Where its event is gone by now,
	// what the cursor has must do.
	full, err := s.v.s.fullText(ctx, p.Event, o.text)
	if errors.Is(err, sql.ErrNoRows) {
		return key, nil
	}
	key.text = full
	return key, err
}

// run walks one block's selected events in text order.
type run struct {
	s     *Selection
	o     order
	hit   hit
	walk  []uint16 // the selected places, in the order of the walk
	uuids []byte
	at    int // in walk
	key   textKey
}

func (s *Selection) newRun(ctx context.Context, o order, h hit, after *textKey) (*run, error) {
	r := &run{s: s, o: o, hit: h, walk: make([]uint16, 0, h.count)}
	sorted, err := s.v.ints(ctx, h.block, colOrders+o.text)
	if err != nil {
		return nil, err
	}
	for i := range sorted.n {
		if place := int(sorted.at(i)); h.bits.has(place) {
			r.walk = append(r.walk, uint16(place))
		}
	}
	if o.desc {
		slices.Reverse(r.walk)
	}
	if r.uuids, err = s.v.uuids(ctx, h.block); err != nil {
		return nil, err
	}
	if after != nil {
		if err := r.skipTo(ctx, *after); err != nil {
			return nil, err
		}
	}
	return r, r.load(ctx)
}

func (r *run) alive() bool { return r.at < len(r.walk) }

func (r *run) place() int { return int(r.walk[r.at]) }

// advance goes to the next selected event.
func (r *run) advance(ctx context.Context) error {
	r.at++
	return r.load(ctx)
}

func (r *run) load(ctx context.Context) error {
	if !r.alive() {
		return nil
	}
	var err error
	r.key, err = r.keyOf(ctx, r.place())
	return err
}

func (r *run) keyOf(ctx context.Context, place int) (textKey, error) {
	text, err := r.s.v.sortTextOf(ctx, r.hit.block, place, r.o.text)
	return textKey{text: text, uuid: r.uuids[16*place : 16*place+16]}, err
}

// skipTo puts the walk on the first event after key, by halving.
func (r *run) skipTo(ctx context.Context, key textKey) error {
	lo, hi := 0, len(r.walk)
	for lo < hi {
		mid := (lo + hi) / 2
		k, err := r.keyOf(ctx, int(r.walk[mid]))
		if err != nil {
			return err
		}
		if r.o.compareKeys(key, k) < 0 {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	r.at = lo
	return nil
}

// sortTextOf is an event's text to sort by.
func (v *readTx) sortTextOf(ctx context.Context, b *block, i, which int) (string, error) {
	if b.tail != nil {
		if t := b.tail.recs[i].texts[which]; !t.long {
			return t.fold, nil
		}
	}
	return v.s.fullText(ctx, b.id(i), which)
}

// merge is a heap of runs by their present keys.
type merge struct {
	order order
	runs  []*run
}

func (m *merge) Len() int           { return len(m.runs) }
func (m *merge) Less(i, j int) bool { return m.order.compareKeys(m.runs[i].key, m.runs[j].key) < 0 }
func (m *merge) Swap(i, j int)      { m.runs[i], m.runs[j] = m.runs[j], m.runs[i] }
func (m *merge) Push(x any)         { m.runs = append(m.runs, x.(*run)) }
func (m *merge) Pop() any {
	last := m.runs[len(m.runs)-1]
	m.runs = m.runs[:len(m.runs)-1]
	return last
}
