package store

import (
	"context"
	"fmt"
	"slices"

	"threatbench/api"
)

// The first page of a search for words needn't wait until every match is
// counted: the index says which events may match, they are gone through in the
// order asked for, and only those that come to the front are compared.

// maxCompared is how many candidates are compared for one page; where that
// doesn't fill it, the filter is evaluated as a whole.
const maxCompared = 4000

// ahead finds the first k events of an order after a position without
// evaluating the filter as a whole; ok is false where that is no gain, or
// found too few.
func (v *readTx) ahead(ctx context.Context, account string, q api.ListQuery, o order, after *position, k int) (s *Selection, out []entry, ok bool, err error) {
	sc, err := v.scope(ctx, account, q.Datasets)
	if err != nil {
		return nil, nil, false, err
	}
	if err := refuseAnalyticsBranches(sc, q); err != nil {
		return nil, nil, false, err
	}
	f := compile(v, sc.account, sc.datasets, q)
	key, err := filterKey(v.limit, sc, q)
	if err != nil || !f.isLoose() || v.isCached(key) {
		return nil, nil, false, err
	}
	if err := f.prepare(ctx, v, v.snap.blocks); err != nil {
		return nil, nil, false, err
	}
	f.loosely = true
	maybe := &Selection{v: v, scope: sc}
	for _, b := range v.snap.blocks {
		h, err := f.hit(ctx, v, b)
		if err != nil {
			return nil, nil, false, err
		}
		maybe.hits = append(maybe.hits, h)
		maybe.total += h.count
	}
	f.loosely = false
	compared := 0
	for n := 2*k + 50; compared < maxCompared; n *= 2 {
		next, err := maybe.first(ctx, o, after, n)
		if err != nil {
			return nil, nil, false, err
		}
		compared += len(next)
		sure, err := f.among(ctx, v, next)
		if err != nil {
			return nil, nil, false, err
		}
		out = append(out, sure...)
		if len(out) >= k || len(next) < n {
			return maybe, out[:min(k, len(out))], true, nil
		}
		at, err := maybe.positionAny(ctx, o, next[len(next)-1])
		if err != nil {
			return nil, nil, false, err
		}
		after = &at
	}
	return nil, nil, false, nil
}

// isLoose reports whether some condition can be narrowed cheaply first.
func (f *filter) isLoose() bool {
	return slices.ContainsFunc(slices.Concat(append([][]condition{f.search}, f.branches...)...), isText)
}

// isCached reports whether a filter's result is at hand.
func (v *readTx) isCached(key cachedFilter) bool {
	old, ok := v.d.filters.get(key)
	if !ok || key == "" {
		return false
	}
	hits := old.([]hit)
	return len(hits) == len(v.snap.blocks) && !slices.ContainsFunc(v.snap.blocks, func(b *block) bool { return hits[b.index].block != b })
}

// among are those of some entries that the filter keeps, in their order.
func (f *filter) among(ctx context.Context, v *readTx, entries []entry) ([]entry, error) {
	byBlock := map[int32]*bitset{}
	for _, e := range entries {
		if byBlock[e.block] == nil {
			byBlock[e.block] = &bitset{}
		}
		byBlock[e.block].set(int(e.place))
	}
	for at, in := range byBlock {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := f.block(ctx, v, v.snap.blocks[at], in); err != nil {
			return nil, fmt.Errorf("filtering: %w", err)
		}
	}
	var out []entry
	for _, e := range entries {
		if byBlock[e.block].has(int(e.place)) {
			out = append(out, e)
		}
	}
	return out, nil
}
