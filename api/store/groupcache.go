package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// groupKey names the answer to a grouping: of a filter, at a change.
type groupKey struct {
	change int64
	filter cachedFilter
	group  string
}

// maxKeptGroups is up to how many groups an answer is kept.
const maxKeptGroups = 10_000

// groupOnce answers a grouping from the cache where nothing changed since it
// was counted, and counts once where several callers ask for the same at once.
func (s *Selection) groupOnce(ctx context.Context, g GroupQuery) (Groups, error) {
	// Under a limit the same filter may have other children to see.
	hidden := !s.v.limit.none() && slices.Contains(g.Columns, "hasChildren")
	if s.key == "" || hidden {
		return s.group(ctx, g)
	}
	asked, err := json.Marshal(g)
	if err != nil {
		return Groups{}, fmt.Errorf("naming a grouping: %w", err)
	}
	d, key := s.v.d, groupKey{s.v.snap.change, s.key, string(asked)}
	if known, ok := d.filters.get(key); ok {
		return known.(Groups).share(), nil
	}
	name := "group " + strconv.FormatInt(key.change, 10) + " " + key.group + " " + string(key.filter)
	made, err, shared := d.flights.Do(name, func() (any, error) {
		out, err := s.group(ctx, g)
		if err == nil && len(out.Rows) <= maxKeptGroups {
			d.filters.put(key, out, out.bytes()+int64(len(key.group)+len(key.filter)))
		}
		return out, err
	})
	if err != nil && shared {
		return s.group(ctx, g) // who led may have been called off
	}
	out, _ := made.(Groups)
	return out.share(), err
}

// share gives an answer whose rows may be put into another order.
func (g Groups) share() Groups {
	g.Rows = slices.Clone(g.Rows)
	return g
}

func (g Groups) bytes() int64 {
	const row, key = 96, 24
	n := int64(0)
	for i := range g.Rows {
		n += row
		for _, k := range g.Rows[i].Keys {
			n += key
			if k != nil {
				n += int64(len(*k))
			}
		}
	}
	return n
}
