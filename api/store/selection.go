package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"threatbench/api"
)

// Selection is the events that match a filter, as they were at one moment. It
// holds a read transaction until it is closed, and serves one goroutine.
type Selection struct {
	v     *readTx
	scope scope
	hits  []hit // one per block of the snapshot
	total int
	key   cachedFilter // "" where what is made of it must not be kept
}

// hit is what a filter keeps of one block.
type hit struct {
	block *block
	bits  *bitset // nil where count is 0
	count int
}

// Select evaluates a filter once, on one snapshot, for counting it by several
// columns; paging and order of the query don't matter. The caller closes it.
func (d *DB) Select(ctx context.Context, account string, q api.ListQuery) (*Selection, error) {
	plain := api.ListQuery{Search: q.Search, Branches: q.Branches, Datasets: q.Datasets}
	if err := plain.Validate(); err != nil {
		return nil, err
	}
	v, err := d.readTx(ctx)
	if err != nil {
		return nil, err
	}
	s, err := v.selectEvents(ctx, account, plain)
	if err != nil {
		v.close()
		return nil, err
	}
	return s, nil
}

// Close lets go of the snapshot.
func (s *Selection) Close() {
	if s.v != nil {
		s.v.close()
		s.v = nil
	}
}

// Total is the number of events selected.
func (s *Selection) Total() int { return s.total }

func (v *readTx) selectEvents(ctx context.Context, account string, q api.ListQuery) (*Selection, error) {
	sc, err := v.scope(ctx, account, q.Datasets)
	if err != nil {
		return nil, err
	}
	if err := refuseAnalyticsBranches(sc, q); err != nil {
		return nil, err
	}
	s := &Selection{v: v, scope: sc}
	key, err := filterKey(v.limit, sc, q)
	if err != nil {
		return nil, err
	}
	s.key = key
	if s.hits, err = v.evaluate(ctx, key, compile(v, sc.account, sc.datasets, q)); err != nil {
		return nil, err
	}
	for _, h := range s.hits {
		s.total += h.count
	}
	return s, nil
}

// refuseAnalyticsBranches keeps the contract's rule on branches.
func refuseAnalyticsBranches(sc scope, q api.ListQuery) error {
	if len(q.Branches) == 0 {
		return nil
	}
	named := len(q.Datasets) > 0 && !api.IsScope(q.Datasets[0])
	onlyAnalytics := len(q.Datasets) == 1 && q.Datasets[0] == api.ScopeAnalytics
	for _, d := range sc.all {
		if d.IsAnalytics && sc.datasets[d.id] && (named || onlyAnalytics) {
			return api.Errorf(http.StatusBadRequest, "searchBranches: not on analytics datasets, got %q", d.Name)
		}
	}
	return nil
}

// cachedFilter is the key under which a filter's result is cached.
type cachedFilter string

// filterKey names a filter as a caller with the limit sees it; "" where the
// result must not be kept.
func filterKey(l *Limit, sc scope, q api.ListQuery) (cachedFilter, error) {
	most := api.TLPNone
	if !l.none() {
		if asksChildren(q) {
			return "", nil
		}
		most = l.MaxTLP
	}
	numbers := make([]uint32, 0, len(sc.datasets))
	for d := range sc.datasets {
		numbers = append(numbers, d)
	}
	slices.Sort(numbers)
	b, err := json.Marshal([]any{sc.account, numbers, q.Search, q.Branches, most})
	if err != nil {
		return "", fmt.Errorf("naming the filter: %w", err)
	}
	return cachedFilter(b), nil
}

// evaluate runs a filter over all blocks, once where several callers ask for
// the same of one snapshot.
func (v *readTx) evaluate(ctx context.Context, key cachedFilter, f *filter) ([]hit, error) {
	if key == "" || v.isCached(key) {
		return v.evaluateAlone(ctx, key, f)
	}
	name := strconv.FormatInt(v.snap.change, 10) + " " + string(key)
	made, err, shared := v.d.flights.Do(name, func() (any, error) { return v.evaluateAlone(ctx, key, f) })
	if !shared {
		hits, _ := made.([]hit)
		return hits, err
	}
	hits, ok := made.([]hit)
	// Who led may have been called off, or stood on another copy of the blocks.
	if err != nil || !ok || len(hits) != len(v.snap.blocks) || slices.ContainsFunc(v.snap.blocks, func(b *block) bool { return hits[b.index].block != b }) {
		return v.evaluateAlone(ctx, key, f)
	}
	return hits, nil
}

// evaluateAlone runs a filter over all blocks. Blocks that are the same as
// when the filter last ran keep their result.
func (v *readTx) evaluateAlone(ctx context.Context, key cachedFilter, f *filter) ([]hit, error) {
	hits := make([]hit, len(v.snap.blocks))
	if old, ok := v.d.filters.get(key); ok && key != "" {
		copy(hits, old.([]hit))
	}
	var todo []*block
	for i, b := range v.snap.blocks {
		if hits[i].block != b {
			todo = append(todo, b)
		}
	}
	if len(todo) == 0 {
		return hits, nil
	}
	if err := f.prepare(ctx, v, todo); err != nil {
		return nil, err
	}
	for _, b := range todo {
		h, err := f.hit(ctx, v, b)
		if err != nil {
			return nil, err
		}
		hits[b.index] = h
	}
	if key == "" {
		return hits, nil
	}
	v.d.filters.put(key, hits, hitBytes(hits)+int64(len(key)))
	return hits, nil
}

func hitBytes(hits []hit) int64 {
	n := int64(24 * len(hits))
	for _, h := range hits {
		if h.bits != nil {
			n += blockSize / 8
		}
	}
	return n
}

func (f *filter) prepare(ctx context.Context, v *readTx, blocks []*block) error {
	for _, c := range slices.Concat(append([][]condition{f.search}, f.branches...)...) {
		if err := c.prepare(ctx, v, blocks); err != nil {
			return err
		}
	}
	return nil
}

func (f *filter) hit(ctx context.Context, v *readTx, b *block) (hit, error) {
	if err := ctx.Err(); err != nil {
		return hit{}, err
	}
	var in bitset
	in.fill(b.n)
	if err := f.block(ctx, v, b, &in); err != nil {
		return hit{}, fmt.Errorf("filtering: %w", err)
	}
	h := hit{block: b, count: in.count()}
	if h.count > 0 {
		h.bits = &in
	}
	return h, nil
}

// Each gives every selected event to take, oldest row first, without
// references: for reading all of many, which pages would take far longer for.
// The event given is lent until take returns.
func (s *Selection) Each(ctx context.Context, take func(*api.Event) error) error {
	for _, h := range s.hits {
		if h.count == 0 {
			continue
		}
		scan := func(r *sql.Rows) error {
			id, dataset, flags, d, err := scanEvent(r)
			if err != nil || !h.bits.has(int(id-h.block.first)) {
				return err
			}
			e := s.v.event(s.scope, id, dataset, flags, &d)
			return take(&e)
		}
		err := s.v.s.each(ctx, "SELECT id, dataset, flags, doc FROM event WHERE id BETWEEN ? AND ? ORDER BY id",
			[]any{h.block.first, h.block.first + int64(h.block.n) - 1}, scan)
		if err != nil {
			return fmt.Errorf("reading the events of segment %d: %w", h.block.index, err)
		}
	}
	return nil
}
