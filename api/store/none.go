package store

import (
	"context"

	"threatbench/api"
)

// hasOne reports whether a condition asks for any value at all, as a star
// alone is written in the contract's terms.
func hasOne(c api.Condition) bool {
	return c.Op == api.OpLike && c.Value() == "_%" && c.Field != api.FieldEvent
}

// compileNone is a condition that a field has no value, or, with like, that it
// has one.
func compileNone(c api.Condition) condition {
	has := c.Op != api.OpNone
	switch c.Field {
	case api.FieldIndicator:
		return &anyKeyCondition{negate: !has}
	case api.FieldEvent:
		return &textCondition{which: searchEvent, match: func(s string) bool { return s == "" }}
	case api.FieldUUID, api.FieldDate, api.FieldCreatedAt, api.FieldHasChildren:
		if has {
			return everything{}
		}
		return nothing{}
	}
	col, _ := columnOf(string(c.Field))
	if col >= colLists {
		return &lengthCondition{col: col, negate: !has}
	}
	return &emptyCondition{dictCondition{col: col, match: []uint8{1}}, has}
}

// everything is a condition that all events satisfy.
type everything struct{ noPrepare }

func (everything) narrow(context.Context, *readTx, *block, *bitset) error { return nil }

// nothing is a condition that no event satisfies.
type nothing struct{ noPrepare }

func (nothing) narrow(_ context.Context, _ *readTx, _ *block, in *bitset) error {
	*in = bitset{}
	return nil
}

// emptyCondition keeps the events without a value in a column of numbers, or
// those with one.
type emptyCondition struct {
	dictCondition
	has bool
}

func (c *emptyCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	some := *in
	if err := c.dictCondition.narrow(ctx, v, b, &some); err != nil {
		return err
	}
	if c.has {
		in.andNot(&some)
	} else {
		*in = some
	}
	return nil
}

// lengthCondition keeps the events with a value in a list, or those without.
type lengthCondition struct {
	noPrepare
	col    int
	negate bool
}

func (c *lengthCondition) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	col, err := v.lists(ctx, b, c.col)
	if err != nil {
		return err
	}
	some := filled(col.ends)
	if c.negate {
		in.andNot(&some)
	} else {
		in.and(&some)
	}
	return nil
}

// filled marks the places whose run isn't empty.
func filled(ends ints) (out bitset) {
	last := int64(0)
	for i := range ends.n {
		end := ends.at(i)
		if end > last {
			out.set(i)
		}
		last = end
	}
	return out
}
