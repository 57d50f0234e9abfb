package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"slices"

	"threatbench/api"
)

// Related answers the events around one: the start first where IncludeParent
// is set, then the others by distance, each once however many ways lead to it.
// With api.Both, what lies up and what lies down are walked apart, so that no
// path turns. Only the account's events are walked over, of whatever dataset;
// the start is looked for in the query's. A 404 *api.Error where it isn't.
func (d *DB) Related(ctx context.Context, account, event string, q api.RelatedQuery) (api.Page, error) {
	if err := q.Validate(); err != nil {
		return api.Page{}, err
	}
	v, err := d.readTx(ctx)
	if err != nil {
		return api.Page{}, err
	}
	defer v.close()
	start, sc, err := v.find(ctx, account, q.DatasetID, event)
	if err != nil {
		return api.Page{}, err
	}
	ids, err := v.walk(ctx, start, q)
	if err != nil {
		return api.Page{}, fmt.Errorf("walking over relationships: %w", err)
	}
	if ids, err = v.ofIndicatorTypes(ctx, ids, q.IndicatorTypeIDs); err != nil {
		return api.Page{}, err
	}
	if q.IncludeParent {
		ids = slices.Insert(ids, 0, start)
	}
	size, page := q.PageSize, max(q.Page, 1)
	if size == 0 {
		size = api.DefaultPageSize
	}
	info := api.ResultInfo{Page: page, PerPage: size, TotalCount: len(ids), TotalPages: (len(ids) + size - 1) / size}
	ids = ids[min((page-1)*size, len(ids)):]
	ids = ids[:min(size, len(ids))]
	info.Count = len(ids)
	events, err := v.readEvents(ctx, sc, ids)
	return api.Page{Events: events, Info: info}, err
}

// The two ways over a relationship; the last condition takes the ids.
const (
	upward   = "SELECT r.parent, r.type FROM relationship r JOIN event e ON e.id = r.parent WHERE r.child"
	downward = "SELECT r.child, r.type FROM relationship r JOIN event e ON e.id = r.child WHERE r.parent"
)

// walk finds the events around start, nearest first, without start itself.
func (v *readTx) walk(ctx context.Context, start int64, q api.RelatedQuery) ([]int64, error) {
	types, err := edgeKinds(q.RelationshipTypes)
	if err != nil {
		return nil, err
	}
	depth := q.MaxDepth
	if depth == 0 {
		depth = api.DefaultDepth
	}
	var levels [][]int64
	seen := map[int64]bool{start: true}
	for _, way := range waysOf(q.Direction) {
		// What lies up is no reason to stop going down: in a cycle an event is
		// both, and what hangs below it may be reached downwards alone.
		own := map[int64]bool{start: true}
		frontier := []int64{start}
		for level := range depth {
			if frontier, err = v.step(ctx, way, frontier, types, own); err != nil {
				return nil, err
			}
			if len(frontier) == 0 {
				break
			}
			for len(levels) <= level {
				levels = append(levels, nil)
			}
			levels[level] = append(levels[level], frontier...)
		}
	}
	var out []int64
	for _, level := range levels {
		for _, id := range level {
			if !seen[id] {
				seen[id] = true
				out = append(out, id)
			}
		}
	}
	return out, nil
}

func waysOf(direction string) []string {
	switch direction {
	case api.Ancestors:
		return []string{upward}
	case api.Descendants:
		return []string{downward}
	}
	return []string{upward, downward}
}

// step goes one relationship further; the ids it answers are new in seen, and
// rise.
func (v *readTx) step(ctx context.Context, way string, from []int64, types map[int]bool, seen map[int64]bool) ([]int64, error) {
	var next []int64
	err := v.s.eachByIDs(ctx, way, from, func(r *sql.Rows) error {
		var id int64
		var kind int
		if err := r.Scan(&id, &kind); err != nil {
			return err
		}
		ok, err := v.sees(ctx, id)
		if ok && types[kind] && !seen[id] {
			seen[id] = true
			next = append(next, id)
		}
		return err
	})
	slices.Sort(next)
	return next, err
}

// edgeKinds are the stored numbers of relationship types; none means all.
func edgeKinds(types []string) (map[int]bool, error) {
	if len(types) == 0 {
		types = api.RelationshipTypes()
	}
	out := map[int]bool{}
	for _, t := range types {
		k, err := edgeKind(t)
		if err != nil {
			return nil, api.Errorf(http.StatusBadRequest, "%s", err.Error())
		}
		out[k] = true
	}
	return out, nil
}

// ofIndicatorTypes keeps the events whose indicator is of one of the types; no
// types keep everything.
func (v *readTx) ofIndicatorTypes(ctx context.Context, ids, types []int64) ([]int64, error) {
	if len(types) == 0 {
		return ids, nil
	}
	var failed error
	ids = slices.DeleteFunc(ids, func(id int64) bool {
		num, err := v.numberAt(ctx, id, colNums+numIndicatorType)
		if err != nil {
			failed = err
		}
		return !slices.Contains(types, v.indicatorTypeID(num))
	})
	return ids, failed
}

// numberAt is an event's number in a column of dictionary numbers.
func (v *readTx) numberAt(ctx context.Context, id int64, col int) (uint32, error) {
	b, i := v.snap.segment.of(id)
	if b >= len(v.snap.blocks) || i >= v.snap.blocks[b].n {
		return 0, fmt.Errorf("event %d: %w", id, errPacked)
	}
	c, err := v.ints(ctx, v.snap.blocks[b], col)
	if err != nil {
		return 0, err
	}
	return uint32(c.at(i)), nil
}
