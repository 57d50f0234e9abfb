package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"threatbench/api"
)

// entry is an event on its way into a page: its sort key, turned so that what
// comes first is least, and where it is.
type entry struct {
	key   uint64
	block int32
	place uint16
}

// sortKind tells how an order finds its keys.
type sortKind int

const (
	sortNumber sortKind = iota // the key says it all
	sortList                   // lists that start alike need a second look
	sortText                   // merged from the blocks' text orders
)

// order is a resolved orderBy and order. Ties go by UUID in the same
// direction.
type order struct {
	field string
	desc  bool
	kind  sortKind
	col   int // the column of a sortNumber or sortList
	text  int // the text of a sortText
}

func orderOf(q api.ListQuery) order {
	o := order{field: q.OrderBy, desc: q.Order != "asc"}
	if o.field == "" {
		o.field = "date"
	}
	switch o.field {
	case "event":
		o.kind, o.text = sortText, textEvent
	case "indicator":
		o.kind, o.text = sortText, textIndicator
	case "insight":
		o.kind, o.text = sortText, textInsight
	case "tags", "mitreAttack", "mitreCapec":
		o.kind = sortList
		o.col, _ = columnOf(o.field)
	}
	return o
}

// turn makes a rising number of a value, falling where the order is.
func (o order) turn(v int64) uint64 {
	u := uint64(v) ^ 1<<63
	if o.desc {
		return ^u
	}
	return u
}

// keyer answers the sort keys of one block.
type keyer func(i int) uint64

// keys prepares the sort keys of an order: a function from blocks to keyers.
func (v *view) keys(ctx context.Context, sc scope, o order) (func(b *block) (keyer, error), error) {
	switch o.field {
	case "date", "createdAt", "killChain":
		col, _ := columnOf(o.field)
		return v.keyedBy(ctx, o, col, func(n int64) int64 { return n }), nil
	case "hasChildren":
		return v.keyedBy(ctx, o, colFlags, func(n int64) int64 { return n & flagHasChildren }), nil
	case "uuid", "releasabilityId":
		// No event has a releasability id here, and ties go by UUID.
		return v.keyedBy(ctx, o, colFlags, func(int64) int64 { return 0 }), nil
	case "rawId":
		return v.rawKeys(ctx, o), nil
	case "datasetId":
		ranks := datasetRanks(sc)
		return v.keyedBy(ctx, o, colDataset, func(n int64) int64 { return ranks[uint32(n)] }), nil
	case "numReferences", "numReferenced":
		return v.referenceKeys(ctx, o)
	case "indicatorTypeId":
		class := v.snap.dicts[kindIndicatorType].class
		return v.keyedBy(ctx, o, colNums+numIndicatorType, func(n int64) int64 { return int64(class[n]) }), nil
	}
	if o.kind == sortList {
		return v.listKeys(ctx, o), nil
	}
	name, isAlpha3 := strings.CutSuffix(o.field, "Alpha3")
	col, _ := columnOf(name)
	k, _ := columnKind(col)
	ranks := v.d.ranks.of(k, isAlpha3, v.snap.dicts[k])
	return v.keyedBy(ctx, o, col, func(n int64) int64 { return int64(ranks[n]) }), nil
}

func (v *view) keyedBy(ctx context.Context, o order, col int, value func(int64) int64) func(*block) (keyer, error) {
	return func(b *block) (keyer, error) {
		c, err := v.ints(ctx, b, col)
		if err != nil {
			return nil, err
		}
		return func(i int) uint64 { return o.turn(value(c.at(i))) }, nil
	}
}

// rawKeys order by raw id, which is the event's where it has a raw record.
func (v *view) rawKeys(ctx context.Context, o order) func(*block) (keyer, error) {
	return func(b *block) (keyer, error) {
		c, err := v.ints(ctx, b, colFlags)
		if err != nil {
			return nil, err
		}
		return func(i int) uint64 {
			if c.at(i)&flagHasRaw == 0 {
				return o.turn(0)
			}
			return o.turn(b.id(i))
		}, nil
	}
}

func datasetRanks(sc scope) map[uint32]int64 {
	sorted := slices.SortedFunc(slices.Values(sc.all), func(a, b datasetRow) int { return strings.Compare(a.UUID, b.UUID) })
	ranks := map[uint32]int64{}
	for i, d := range sorted {
		ranks[d.id] = int64(i)
	}
	return ranks
}

// referenceKeys count the references once for all events: few have any.
func (v *view) referenceKeys(ctx context.Context, o order) (func(*block) (keyer, error), error) {
	query := "SELECT src, count(*) FROM reference GROUP BY src"
	if o.field == "numReferenced" {
		query = "SELECT dst, count(*) FROM reference GROUP BY dst"
	}
	counts := map[int64]int64{}
	err := v.s.each(ctx, query, nil, func(r *sql.Rows) error {
		var id, n int64
		if err := r.Scan(&id, &n); err != nil {
			return err
		}
		counts[id] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("counting references: %w", err)
	}
	return func(b *block) (keyer, error) {
		return func(i int) uint64 { return o.turn(counts[b.id(i)]) }, nil
	}, nil
}

// listKeys pack the first two elements' ranks; 0 stands for "no element", so
// that the shorter list comes first.
func (v *view) listKeys(ctx context.Context, o order) func(*block) (keyer, error) {
	k, _ := columnKind(o.col)
	ranks := v.d.ranks.of(k, false, v.snap.dicts[k])
	return func(b *block) (keyer, error) {
		c, err := v.lists(ctx, b, o.col)
		if err != nil {
			return nil, err
		}
		return func(i int) uint64 {
			from, to := c.bounds(i)
			var key uint64
			for at := range 2 {
				key <<= 32
				if from+at < to {
					key |= uint64(ranks[c.vals.at(from+at)]) + 1
				}
			}
			if o.desc {
				return ^key
			}
			return key
		}, nil
	}
}

// sorter compares entries beyond their keys, reading what it needs.
type sorter struct {
	ctx   context.Context
	v     *view
	o     order
	uuids map[int32][]byte
	lists map[int32]lists
	ranks []uint32
	err   error
}

func newSorter(ctx context.Context, v *view, o order) *sorter {
	s := &sorter{ctx: ctx, v: v, o: o, uuids: map[int32][]byte{}, lists: map[int32]lists{}}
	if o.kind == sortList {
		k, _ := columnKind(o.col)
		s.ranks = v.d.ranks.of(k, false, v.snap.dicts[k])
	}
	return s
}

func (s *sorter) compare(a, b entry) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	if s.o.kind == sortList {
		if c := s.directed(slices.Compare(s.list(a), s.list(b))); c != 0 {
			return c
		}
	}
	return s.directed(bytes.Compare(s.uuid(a), s.uuid(b)))
}

func (s *sorter) directed(c int) int {
	if s.o.desc {
		return -c
	}
	return c
}

func (s *sorter) uuid(e entry) []byte {
	col, ok := s.uuids[e.block]
	if !ok {
		var err error
		if col, err = s.v.uuids(s.ctx, s.v.snap.blocks[e.block]); err != nil {
			s.err = err
			return nil
		}
		s.uuids[e.block] = col
	}
	return col[16*int(e.place) : 16*int(e.place)+16]
}

// list is the ranks of an entry's list.
func (s *sorter) list(e entry) []uint32 {
	col, ok := s.lists[e.block]
	if !ok {
		var err error
		if col, err = s.v.lists(s.ctx, s.v.snap.blocks[e.block], s.o.col); err != nil {
			s.err = err
			return nil
		}
		s.lists[e.block] = col
	}
	from, to := col.bounds(int(e.place))
	out := make([]uint32, 0, to-from)
	for at := from; at < to; at++ {
		out = append(out, s.ranks[col.vals.at(at)])
	}
	return out
}
