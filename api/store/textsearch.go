package store

import (
	"context"
	"unsafe"

	"threatbench/api"
)

// maxTrigrams is how many three-byte runs one condition looks up; more would cost
// more reading than they save comparing.
const maxTrigrams = 5

// fewEvents is up to how many candidates of a segment are read one by one;
// past it the whole column of texts is read.
const fewEvents = 12

// textCondition keeps events by their text or by an indicator.
type textCondition struct {
	which    int // of the searched texts
	match    textMatch
	negate   bool
	trigrams []uint32
	left     candidates // what the index lets through; nil: everything
}

func newTextCondition(which int, c api.Condition) *textCondition {
	t := &textCondition{which: which, match: matchText(c.Op, c.Values), negate: c.Op == api.OpNot}
	if which == searchIndicators {
		t.match = matchForms(t.match)
	}
	if !t.negate {
		t.narrowBy(literals(c.Op, c.Values))
	}
	return t
}

// narrowBy lets the index look for texts that every match contains.
func (c *textCondition) narrowBy(literals []string) {
	for _, lit := range literals {
		c.trigrams = append(c.trigrams, trigramsOf(lit, maxTrigrams-len(c.trigrams))...)
	}
}

func (c *textCondition) prepare(ctx context.Context, v *readTx, blocks []*block) error {
	c.left = nil
	if len(c.trigrams) == 0 {
		return nil
	}
	var left [halves]candidates
	left[halfOf(c.which)] = v.allCandidates(blocks)
	err := v.narrowByTrigrams(ctx, c.trigrams, &left)
	c.left = left[halfOf(c.which)]
	return err
}

// loosen drops what the index rules out; where it can't help, nothing.
func (c *textCondition) loosen(ctx context.Context, v *readTx, b *block, in *bitset) error {
	if c.left == nil || b.tail != nil {
		return nil
	}
	flags, err := v.ints(ctx, b, colFlags)
	if err != nil {
		return err
	}
	maybe := scanNumbers(flags, flagTable(openFlag(c.which)))
	if c.left.has(b.index) {
		maybe.or(c.left[b.index])
	}
	in.and(&maybe)
	return nil
}

func (c *textCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	if err := c.loosen(ctx, v, b, in); err != nil || in.empty() {
		return err
	}
	var out bitset
	err := v.eachText(ctx, b, c.which, in, func(i int, text string) {
		if c.match(text) != c.negate {
			out.set(i)
		}
	})
	*in = out
	return err
}

// flagTable marks the numbers that have one of some flags.
func flagTable(flags int64) []uint8 {
	match := make([]uint8, 256)
	for n := range match {
		if int64(n)&flags != 0 {
			match[n] = 1
		}
	}
	return match
}

// eachText gives one of the searched texts of the events marked in in. The
// text is good until use returns.
func (v *readTx) eachText(ctx context.Context, b *block, which int, in *bitset, use func(i int, text string)) error {
	if b.tail != nil {
		return v.eachWhole(ctx, b, which, in, use, func(i int) (string, bool) {
			t := &b.tail.recs[i].search[which]
			return t.fold, !t.long
		})
	}
	if in.count() <= fewEvents {
		return v.eachWhole(ctx, b, which, in, use, func(int) (string, bool) { return "", false })
	}
	flags, err := v.ints(ctx, b, colFlags)
	if err != nil {
		return err
	}
	open := openFlag(which)
	return v.texts(ctx, b, which, func(col *texts) error {
		return v.eachWhole(ctx, b, which, in, use, func(i int) (string, bool) {
			t, complete := col.at(i)
			return unsafe.String(unsafe.SliceData(t), len(t)), complete && flags.at(i)&open == 0
		})
	})
}

// eachWhole gives texts of which text knows some whole; the others are read.
func (v *readTx) eachWhole(ctx context.Context, b *block, which int, in *bitset, use func(i int, text string), text func(i int) (string, bool)) error {
	var failed error
	in.each(func(i int) {
		if failed != nil {
			return
		}
		s, whole := text(i)
		if !whole {
			s, failed = v.s.wholeText(ctx, b.id(i), which)
		}
		if failed == nil {
			use(i, s)
		}
	})
	return failed
}
