package store

import "context"

// opposite keeps the events that a condition doesn't.
type opposite struct{ of condition }

func (c *opposite) prepare(ctx context.Context, v *readTx, blocks []*block) error {
	return c.of.prepare(ctx, v, blocks)
}

func (c *opposite) narrow(ctx context.Context, v *readTx, b *block, in *bitset) error {
	out := *in
	if err := c.of.narrow(ctx, v, b, &out); err != nil {
		return err
	}
	in.andNot(&out)
	return nil
}
