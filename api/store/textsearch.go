package store

import (
	"context"
	"slices"
	"unsafe"

	"threatbench/api"
)

// maxTrigrams is how many three-byte runs one condition looks up; more would cost
// more reading than they save comparing.
const maxTrigrams = 5

// fewEvents is up to how many candidates of a segment are read one by one;
// past it the whole column of texts is read.
const fewEvents = 12

// textCondition keeps events by their text or their indicator.
type textCondition struct {
	which    int
	match    textMatch
	negate   bool
	trigrams []uint32
	hashes   map[uint32]bool // of the values of equals and in, on indicators
	beside   map[int64]bool  // events that may have one of the values beside their primary indicator
	left     map[int]*bitset // per sealed segment: what the index lets through
}

func newTextCondition(which int, c api.Condition) *textCondition {
	t := &textCondition{which: which, match: matchText(c.Op, c.Values), negate: c.Op == api.OpNot}
	if which == textIndicator && (c.Op == api.OpEquals || c.Op == api.OpIn) {
		t.hashes = map[uint32]bool{}
		for _, v := range c.Values {
			t.hashes[hashOf(v)] = true
		}
		return t
	}
	for _, lit := range literals(c.Op, c.Values) {
		t.trigrams = append(t.trigrams, trigramsOf(which, lit, maxTrigrams-len(t.trigrams))...)
	}
	return t
}

// openFlag marks the events that the substring index doesn't know.
func (c *textCondition) openFlag() int64 {
	if c.which == textIndicator {
		return flagIndicatorOpen
	}
	return flagEventOpen
}

func (c *textCondition) prepare(ctx context.Context, v *readTx, blocks []*block) error {
	if c.hashes != nil {
		var err error
		c.beside, err = v.s.besideAny(ctx, c.hashes)
		return err
	}
	if len(c.trigrams) == 0 {
		return nil
	}
	c.left = map[int]*bitset{}
	for _, b := range blocks {
		if b.tail == nil {
			c.left[b.index] = &bitset{}
			c.left[b.index].fill(b.n)
		}
	}
	return v.candidates(ctx, c.trigrams, c.left)
}

func (c *textCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	if err := c.narrowByIndex(ctx, v, b, in); err != nil || in.empty() {
		return err
	}
	if b.tail != nil {
		return c.compareTail(ctx, v, b, in)
	}
	if in.count() <= fewEvents {
		return c.compareRows(ctx, v, b, in)
	}
	return c.compareColumn(ctx, v, b, in)
}

// narrowByIndex drops what an index rules out; where there is none for this
// condition, nothing.
func (c *textCondition) narrowByIndex(ctx context.Context, v *readTx, b *block, in *bitset) error {
	if c.hashes != nil {
		return c.narrowByHash(ctx, v, b, in)
	}
	if c.left == nil || b.tail != nil {
		return nil
	}
	flags, err := v.ints(ctx, b, colFlags)
	if err != nil {
		return err
	}
	maybe := bitset{}
	if left := c.left[b.index]; left != nil {
		maybe = *left
	}
	open := scanNumbers(flags, flagTable(c.openFlag()))
	maybe.or(&open)
	in.and(&maybe)
	return nil
}

// flagTable marks the numbers that have a flag.
func flagTable(flag int64) []uint8 {
	match := make([]uint8, 256)
	for n := range match {
		if int64(n)&flag != 0 {
			match[n] = 1
		}
	}
	return match
}

func (c *textCondition) narrowByHash(ctx context.Context, v *readTx, b *block, in *bitset) error {
	col, err := v.ints(ctx, b, colHash)
	if err != nil {
		return err
	}
	var out bitset
	in.each(func(i int) {
		if c.hashes[uint32(col.at(i))] || c.beside[b.id(i)] {
			out.set(i)
		}
	})
	*in = out
	return nil
}

func (c *textCondition) compareTail(ctx context.Context, v *readTx, b *block, in *bitset) error {
	return c.compare(ctx, v, b, in, func(i int) (string, bool) {
		t := b.tail.recs[i].texts[c.which]
		return t.fold, !t.long
	})
}

func (c *textCondition) compareRows(ctx context.Context, v *readTx, b *block, in *bitset) error {
	return c.compare(ctx, v, b, in, func(int) (string, bool) { return "", false })
}

// compareColumn reads the texts from their column, except those of open
// events: since they changed, only their rows know them.
func (c *textCondition) compareColumn(ctx context.Context, v *readTx, b *block, in *bitset) error {
	flags, err := v.ints(ctx, b, colFlags)
	if err != nil {
		return err
	}
	open := c.openFlag()
	return v.texts(ctx, b, c.which, func(col *texts) error {
		return c.compare(ctx, v, b, in, func(i int) (string, bool) {
			t, complete := col.at(i)
			return unsafe.String(unsafe.SliceData(t), len(t)), complete && flags.at(i)&open == 0
		})
	})
}

// compare keeps what matches; text answers a text and whether it is whole.
func (c *textCondition) compare(ctx context.Context, v *readTx, b *block, in *bitset, text func(i int) (string, bool)) error {
	var out bitset
	var failed error
	in.each(func(i int) {
		if failed != nil {
			return
		}
		s, whole := text(i)
		if !whole {
			s, failed = v.s.fullText(ctx, b.id(i), c.which)
		}
		yes := failed == nil && c.match(s) != c.negate
		if failed == nil && !yes && c.beside[b.id(i)] {
			yes, failed = c.matchesBeside(ctx, v, b.id(i))
		}
		if yes {
			out.set(i)
		}
	})
	*in = out
	return failed
}

// matchesBeside tells whether an indicator beside an event's primary one
// matches.
func (c *textCondition) matchesBeside(ctx context.Context, v *readTx, id int64) (bool, error) {
	more, err := v.s.moreOf(ctx, id)
	return slices.ContainsFunc(more, func(m typedIndicator) bool { return c.match(api.Fold(m.value)) }), err
}
