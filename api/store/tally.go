package store

import (
	"context"
	"math"
	"net/http"
	"slices"

	"threatbench/api"
)

// tally counts combinations of numbers. A combination is one whole number,
// each dimension's number being a digit of it.
type tally struct {
	dims   []*dimension
	radix  []uint64 // how many numbers each dimension has
	dense  []int    // counts by combination, where there are few
	sparse map[uint64]int

	vals   [blockSize]int64
	places []int32
	keys   []uint64
	spare  []uint64
}

// denseGroups is up to how many combinations are counted in a plain table.
const denseGroups = 1 << 18

func newTally(dims []*dimension) (*tally, error) {
	t := &tally{dims: dims}
	all := uint64(1)
	for _, d := range dims {
		n := d.size()
		t.radix = append(t.radix, n)
		if all > math.MaxUint64/n {
			return nil, api.Errorf(http.StatusBadRequest, "columns: these have too many combinations of values")
		}
		all *= n
	}
	if all <= denseGroups {
		t.dense = make([]int, all)
	} else {
		t.sparse = map[uint64]int{}
	}
	return t, nil
}

// maxSteps is how many steps of time a grouping may tell apart.
const maxSteps = 1 << 24

// size is how many numbers a dimension can give.
func (d *dimension) size() uint64 {
	switch {
	case d.bucket != "":
		return maxSteps
	case d.isDict:
		return uint64(len(d.dict.values))
	case d.flag:
		return 2
	case d.scope != nil:
		most := uint32(0)
		for _, ds := range d.scope.all {
			most = max(most, ds.id)
		}
		return uint64(most) + 1
	}
	return maxKillChain + 1
}

// count adds one block.
func (t *tally) count(ctx context.Context, v *readTx, h hit) error {
	t.places, t.keys = t.places[:0], t.keys[:0]
	h.bits.each(func(i int) {
		t.places = append(t.places, int32(i))
		t.keys = append(t.keys, 0)
	})
	for at, d := range t.dims {
		var err error
		if d.isList {
			err = t.addList(ctx, v, h, d, t.radix[at])
		} else {
			err = t.addSingle(ctx, v, h, d, t.radix[at])
		}
		if err != nil {
			return err
		}
	}
	if t.dense != nil {
		for _, k := range t.keys {
			t.dense[k]++
		}
		return nil
	}
	for _, k := range t.keys {
		t.sparse[k]++
	}
	return nil
}

// addSingle appends a digit to every combination.
func (t *tally) addSingle(ctx context.Context, v *readTx, h hit, d *dimension, radix uint64) error {
	col, err := v.ints(ctx, h.block, d.col)
	if err != nil {
		return err
	}
	vals := col.unpack(t.vals[:])
	if d.flag && !v.limit.none() {
		if vals, err = t.limitedFlags(ctx, v, h.block); err != nil {
			return err
		}
	}
	if err := d.reduce(vals, h.bits); err != nil {
		return err
	}
	for j, place := range t.places {
		t.keys[j] = t.keys[j]*radix + uint64(vals[place])
	}
	return nil
}

// limitedFlags are a block's flags as far as grouping reads them: whether an
// event has a child that the caller may see.
func (t *tally) limitedFlags(ctx context.Context, v *readTx, b *block) ([]int64, error) {
	have, err := v.withChildren(ctx, b)
	vals := t.vals[:b.n]
	for i := range vals {
		vals[i] = 0
		if have.has(i) {
			vals[i] = flagHasChildren
		}
	}
	return vals, err
}

// reduce turns the selected values of a column into the dimension's numbers.
func (d *dimension) reduce(vals []int64, selected *bitset) error {
	switch {
	case d.bucket != "":
		return d.reduceTimes(vals, selected)
	case d.flag:
		for i, n := range vals {
			vals[i] = min(n&flagHasChildren, 1)
		}
	case d.class != nil:
		selected.each(func(i int) {
			d.seen[uint32(vals[i])]++
			vals[i] = int64(d.class[vals[i]])
		})
	}
	return nil
}

func (d *dimension) reduceTimes(vals []int64, selected *bitset) error {
	var failed error
	selected.each(func(i int) {
		at := d.start(vals[i])
		step, known := d.stepOf[at]
		if !known {
			step = int64(len(d.steps))
			d.stepOf[at] = step
			d.steps = append(d.steps, at)
		}
		if step >= maxSteps {
			failed = api.Errorf(http.StatusBadRequest, "bucket: these events lie in more than %d steps; take a larger bucket", maxSteps)
		}
		vals[i] = step
	})
	return failed
}

// addList makes a combination per distinct element of each event's list.
func (t *tally) addList(ctx context.Context, v *readTx, h hit, d *dimension, radix uint64) error {
	col, err := v.lists(ctx, h.block, d.col)
	if err != nil {
		return err
	}
	ends := col.ends.unpack(t.vals[:])
	places, keys := make([]int32, 0, 2*len(t.places)), t.spare[:0]
	var own []int64
	for j, place := range t.places {
		from := int64(0)
		if place > 0 {
			from = ends[place-1]
		}
		// An event that an earlier list made several combinations of stands
		// here several times in a row; its spellings count once.
		again := j > 0 && t.places[j-1] == place
		own = d.elements(own[:0], col.vals, int(from), int(ends[place]), !again)
		for _, n := range own {
			places = append(places, place)
			keys = append(keys, t.keys[j]*radix+uint64(n))
		}
	}
	t.spare, t.keys, t.places = t.keys, keys, places
	return nil
}

// elements are the distinct numbers of one list, 0 where it is empty; their
// spellings are counted where it is the event's first.
func (d *dimension) elements(own []int64, vals ints, from, to int, first bool) []int64 {
	if from == to {
		return append(own, 0)
	}
	for at := from; at < to; at++ {
		n := vals.at(at)
		if d.class != nil {
			if first {
				d.seen[uint32(n)]++
			}
			n = int64(d.class[n])
		}
		if !slices.Contains(own, n) {
			own = append(own, n)
		}
	}
	return own
}

// each calls f with every combination that occurs, as its digits.
func (t *tally) each(f func(digits []int64, n int)) {
	digits := make([]int64, len(t.dims))
	split := func(key uint64, n int) {
		for at := len(digits) - 1; at >= 0; at-- {
			digits[at] = int64(key % t.radix[at])
			key /= t.radix[at]
		}
		f(digits, n)
	}
	for key, n := range t.dense {
		if n > 0 {
			split(uint64(key), n)
		}
	}
	for key, n := range t.sparse {
		split(key, n)
	}
}
