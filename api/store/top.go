package store

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"slices"
)

// top collects the first k entries of an order. It keeps up to twice as many
// and sorts when full, so its cost is that of looking at each key once unless
// the keys come in the worst order.
type top struct {
	k    int
	buf  []entry
	last *entry // the k-th so far; what isn't before it is of no use
	s    *sorter
}

func newTop(k int, s *sorter) *top {
	const few = 256
	return &top{k: k, s: s, buf: make([]entry, 0, 2*max(k, few))}
}

func (t *top) add(e entry) {
	if t.last != nil && (e.key > t.last.key || t.s.compare(e, *t.last) >= 0) {
		return
	}
	t.buf = append(t.buf, e)
	if len(t.buf) == cap(t.buf) {
		t.cut()
	}
}

// addBlock adds the selected events of a block that come after a position.
func (t *top) addBlock(h hit, keys []uint64, from *sortKey) {
	least, most := uint64(0), uint64(math.MaxUint64)
	if from != nil {
		least = from.key
	}
	for w, word := range h.bits {
		for ; word != 0; word &= word - 1 {
			i := w<<6 | bits.TrailingZeros64(word)
			if t.last != nil {
				most = t.last.key
			}
			if keys[i] < least || keys[i] > most {
				continue
			}
			e := entry{key: keys[i], block: int32(h.block.index), place: uint16(i)}
			if from == nil || from.before(t.s, e) {
				t.add(e)
			}
		}
	}
}

func (t *top) cut() {
	slices.SortFunc(t.buf, t.s.compare)
	if len(t.buf) >= t.k {
		t.buf = t.buf[:t.k]
		last := t.buf[t.k-1]
		t.last = &last
	}
}

// firstByKey finds the first k selected events after a position in an order
// of numbers or lists.
func (s *Selection) firstByKey(ctx context.Context, o order, after *position, k int) ([]entry, error) {
	keys, err := s.v.keys(ctx, s.scope, o)
	if err != nil {
		return nil, err
	}
	srt := newSorter(ctx, s.v, o)
	from, err := s.v.resolve(srt, after, s.scope)
	if err != nil {
		return nil, err
	}
	t := newTop(k, srt)
	scratch := make([]uint64, blockSize)
	for _, b := range s.byBound(o) {
		if t.last != nil && b.low > t.last.key {
			break
		}
		if from != nil && b.high < from.key {
			continue
		}
		if err := keys(b.block, scratch); err != nil {
			return nil, err
		}
		t.addBlock(b.hit, scratch, from)
		if srt.err != nil {
			return nil, srt.err
		}
	}
	t.cut()
	return t.buf, srt.err
}

// boundedHit is a block's matches with the bounds its keys lie within.
type boundedHit struct {
	hit
	low, high uint64
}

// byBound sorts the blocks so that those that may hold the first events come
// first: with dates, most blocks need no look at all.
func (s *Selection) byBound(o order) []boundedHit {
	out := make([]boundedHit, 0, len(s.hits))
	for _, h := range s.hits {
		if h.count > 0 {
			low, high := o.bounds(h.block)
			out = append(out, boundedHit{h, low, high})
		}
	}
	slices.SortStableFunc(out, func(a, b boundedHit) int { return cmp.Compare(a.low, b.low) })
	return out
}

func (o order) bounds(b *block) (low, high uint64) {
	span := b.meta.dates
	switch o.field {
	case "date":
	case "createdAt":
		span = b.meta.created
	default:
		return 0, math.MaxUint64
	}
	first, last := o.turn(span[0]), o.turn(span[1])
	return min(first, last), max(first, last)
}
