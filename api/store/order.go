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
func (o order) turn(v int64) uint64 { return uint64(v) ^ o.mask() }

func (o order) mask() uint64 {
	if o.desc {
		return 1<<63 - 1
	}
	return 1 << 63
}

// keyer fills keys with the sort keys of a block, place by place.
type keyer func(b *block, keys []uint64) error

// keys prepares the sort keys of an order by numbers or lists.
func (v *readTx) keys(ctx context.Context, sc scope, o order) (keyer, error) {
	switch o.field {
	case "date", "createdAt", "killChain":
		col, _ := columnOf(o.field)
		return v.keyedBy(ctx, o, col, func(vals []int64) {}), nil
	case "hasChildren":
		return v.keyedBy(ctx, o, colFlags, func(vals []int64) {
			for i, n := range vals {
				vals[i] = n & flagHasChildren
			}
		}), nil
	case "uuid", "releasabilityId":
		// No event has a releasability id here, and ties go by UUID.
		return v.keyedBy(ctx, o, colFlags, func(vals []int64) { clear(vals) }), nil
	case "rawId":
		return v.rawKeys(ctx, o), nil
	case "datasetId":
		ranks := datasetRanks(sc)
		return v.keyedBy(ctx, o, colDataset, func(vals []int64) {
			for i, n := range vals {
				vals[i] = ranks[uint32(n)]
			}
		}), nil
	case "numReferences", "numReferenced":
		return v.referenceKeys(ctx, o)
	case "indicatorTypeId":
		return v.keyedBy(ctx, o, colNums+numIndicatorType, through(v.snap.dicts[kindIndicatorType].class)), nil
	}
	if o.kind == sortList {
		return v.listKeys(ctx, o), nil
	}
	k, col, alpha3, _ := o.dictOrder()
	return v.keyedBy(ctx, o, col, through(v.d.ranks.of(k, alpha3, v.snap.dicts[k]))), nil
}

// through replaces dictionary numbers by what a table says.
func through(table []uint32) func([]int64) {
	return func(vals []int64) {
		for i, n := range vals {
			vals[i] = int64(table[n])
		}
	}
}

// keyedBy makes keys of a column's values, which change may replace.
func (v *readTx) keyedBy(ctx context.Context, o order, col int, change func([]int64)) keyer {
	var scratch [blockSize]int64
	return func(b *block, keys []uint64) error {
		c, err := v.ints(ctx, b, col)
		if err != nil {
			return err
		}
		vals := c.unpack(scratch[:])
		change(vals)
		mask := o.mask()
		for i, n := range vals {
			keys[i] = uint64(n) ^ mask
		}
		return nil
	}
}

// rawKeys order by raw id, which is the event's where it has a raw record.
func (v *readTx) rawKeys(ctx context.Context, o order) keyer {
	return func(b *block, keys []uint64) error {
		c, err := v.ints(ctx, b, colFlags)
		if err != nil {
			return err
		}
		for i := range c.n {
			keys[i] = o.turn(0)
			if c.at(i)&flagHasRaw != 0 {
				keys[i] = o.turn(b.id(i))
			}
		}
		return nil
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
func (v *readTx) referenceKeys(ctx context.Context, o order) (keyer, error) {
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
	return func(b *block, keys []uint64) error {
		for i := range b.n {
			keys[i] = o.turn(counts[b.id(i)])
		}
		return nil
	}, nil
}

// listKeys pack the first two elements' ranks; 0 stands for "no element", so
// that the shorter list comes first.
func (v *readTx) listKeys(ctx context.Context, o order) keyer {
	k, _ := columnKind(o.col)
	ranks := v.d.ranks.of(k, false, v.snap.dicts[k])
	return func(b *block, keys []uint64) error {
		c, err := v.lists(ctx, b, o.col)
		if err != nil {
			return err
		}
		for i := range b.n {
			from, to := c.bounds(i)
			first := make([]uint32, 0, 2)
			for at := from; at < min(to, from+2); at++ {
				first = append(first, ranks[c.vals.at(at)])
			}
			keys[i] = o.listKey(first)
		}
		return nil
	}
}

// listKey is the key of a list that begins with these ranks.
func (o order) listKey(ranks []uint32) uint64 {
	var key uint64
	for i := range 2 {
		key <<= 32
		if i < len(ranks) {
			key |= uint64(ranks[i]) + 1
		}
	}
	if o.desc {
		return ^key
	}
	return key
}

// sorter compares entries beyond their keys, reading what it needs.
type sorter struct {
	ctx   context.Context
	v     *readTx
	o     order
	uuids map[int32][]byte
	lists map[int32]lists
	ranks []uint32
	err   error
}

func newSorter(ctx context.Context, v *readTx, o order) *sorter {
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
