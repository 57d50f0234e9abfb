package store

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
)

// maxReadGroups bounds what groupByReading holds.
const maxReadGroups = 1 << 20

// readGroup is a group on its way: how often each spelling of its keys came.
type readGroup struct {
	group Group
	seen  []map[string]int
}

// groupByReading counts as GroupBy does, by any field that orders events. It
// reads every event, where GroupBy reads columns.
func (s *Selection) groupByReading(ctx context.Context, g GroupQuery) (Groups, error) {
	if len(g.Columns) > maxGroupColumns {
		return Groups{}, api.Errorf(http.StatusBadRequest, "columns: want at most %d, got %d", maxGroupColumns, len(g.Columns))
	}
	fields := make([]api.FieldInfo, len(g.Columns))
	for i, name := range g.Columns {
		f, known := api.FieldOf(api.Field(name))
		if !known || !f.Order {
			return Groups{}, api.Errorf(http.StatusBadRequest, "aggregateBy: want columns of %s, got %q", strings.Join(api.OrderFields(), " "), short(name))
		}
		fields[i] = f
	}
	hits, total, err := s.between(ctx, g.StartDate, g.EndDate)
	if err != nil {
		return Groups{}, err
	}
	found := map[string]*readGroup{}
	err = s.eachEvent(ctx, hits, func(e *api.Event) error {
		countRead(found, fields, g.Bucket, e)
		if len(found) > maxReadGroups {
			return api.Errorf(http.StatusBadRequest, "aggregateBy: want columns and a range with at most %d groups, got more", maxReadGroups)
		}
		return nil
	})
	if err != nil {
		return Groups{}, err
	}
	out := Groups{Distinct: len(found), Total: total, Rows: make([]Group, 0, len(found))}
	for _, r := range found {
		out.Rows = append(out.Rows, r.shown())
	}
	slices.SortFunc(out.Rows, func(a, b Group) int { return compareGroups(g, a, b) })
	if g.Limit > 0 && len(out.Rows) > g.Limit {
		out.Rows = out.Rows[:g.Limit]
	}
	return out, nil
}

// eachEvent reads the selected events in the order they were made.
func (s *Selection) eachEvent(ctx context.Context, hits []hit, use func(*api.Event) error) error {
	for _, h := range hits {
		if h.count == 0 {
			continue
		}
		ids := make([]int64, 0, h.count)
		h.bits.each(func(i int) { ids = append(ids, h.block.id(i)) })
		for part := range slices.Chunk(ids, 4*idsPerQuery) {
			if err := ctx.Err(); err != nil {
				return err
			}
			events, err := s.v.readEvents(ctx, s.scope, part)
			if err != nil {
				return err
			}
			for i := range events {
				if err := use(&events[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// countRead counts an event under every combination of its values.
func countRead(found map[string]*readGroup, fields []api.FieldInfo, bucket api.Bucket, e *api.Event) {
	combos := [][]string{nil}
	for _, f := range fields {
		values := distinctValues(f, f.Values(e))
		next := make([][]string, 0, len(combos)*len(values))
		for _, c := range combos {
			for _, v := range values {
				next = append(next, append(slices.Clone(c), v))
			}
		}
		combos = next
	}
	at := Group{}
	if bucket != "" {
		at.Date = timeOf(bucketStart(bucket)(e.Date.UnixMilli()))
	}
	for _, c := range combos {
		key := at.Date.String()
		for i, v := range c {
			key += "\x00" + foldOf(fields[i], v)
		}
		r := found[key]
		if r == nil {
			r = &readGroup{group: at, seen: make([]map[string]int, len(c))}
			for i := range r.seen {
				r.seen[i] = map[string]int{}
			}
			found[key] = r
		}
		r.group.Count++
		for i, v := range c {
			r.seen[i][v]++
		}
	}
}

// foldOf is what makes two values one: case, and the meaning of a marking.
func foldOf(f api.FieldInfo, value string) string {
	if f.Kind == api.KindTLP {
		if t, known := api.ParseTLP(value); known {
			return t.String()
		}
	}
	return api.Fold(value)
}

// distinctValues drops values that are one with an earlier one; none is "".
func distinctValues(f api.FieldInfo, values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		if !slices.ContainsFunc(out, func(o string) bool { return foldOf(f, o) == foldOf(f, v) }) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

// shown is a group with the spelling that came most often, the least text
// among equals.
func (r *readGroup) shown() Group {
	for _, seen := range r.seen {
		best, most := "", 0
		for v, n := range seen {
			if n > most || n == most && v < best {
				best, most = v, n
			}
		}
		if best == "" {
			r.group.Keys = append(r.group.Keys, nil)
			continue
		}
		r.group.Keys = append(r.group.Keys, &best)
	}
	return r.group
}
