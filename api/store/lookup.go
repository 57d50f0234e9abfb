package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// maxNewest is how many events a look-up names for an indicator.
const maxNewest = 3

// Lookup tells what is known of indicators, in the order asked: the events
// that have each, and those that have its host, a domain above it or what lies
// below it.
func (d *DB) Lookup(ctx context.Context, account string, q api.LookupRequest) ([]api.Lookup, error) {
	if n := len(q.Indicators); n < 1 || n > api.MaxLookup {
		return nil, api.Errorf(http.StatusBadRequest, "indicators: want 1..%d, got %d", api.MaxLookup, n)
	}
	datasets := q.Datasets
	if len(datasets) == 0 {
		datasets = []string{api.ScopeAll}
	}
	s, err := d.Select(ctx, account, api.ListQuery{Datasets: datasets})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	l := &lookup{s: s, keys: map[string]uint64{}}
	out := make([]api.Lookup, len(q.Indicators))
	for i, v := range q.Indicators {
		out[i] = api.Lookup{Value: v, Canonical: indicator.Canonical(v)}
		l.want(out[i].Canonical)
		for _, host := range aboveOf(out[i].Canonical) {
			l.want(host)
		}
	}
	if err := l.find(ctx); err != nil {
		return nil, fmt.Errorf("looking up indicators: %w", err)
	}
	if err := l.findBelow(ctx, canonicals(out)); err != nil {
		return nil, fmt.Errorf("looking up indicators: %w", err)
	}
	for i := range out {
		if err := l.fill(ctx, &out[i]); err != nil {
			return nil, fmt.Errorf("looking up indicators: %w", err)
		}
	}
	return out, nil
}

func canonicals(list []api.Lookup) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].Canonical
	}
	return out
}

// aboveOf are the host of a canonical indicator, where it isn't the host
// itself, and the domains above it that have a dot.
func aboveOf(canonical string) []string {
	host := indicator.Host(canonical)
	if host == "" {
		return nil
	}
	var out []string
	if host != canonical {
		out = append(out, host)
	}
	if _, isNet := indicator.Net(host); isNet {
		return out
	}
	for {
		_, up, ok := strings.Cut(host, ".")
		if !ok || !strings.Contains(up, ".") {
			return out
		}
		out = append(out, up)
		host = up
	}
}

// lookup finds the events of many indicators at once.
type lookup struct {
	s      *Selection // the events that may be found
	keys   map[string]uint64
	events map[uint64][]int64
	known  map[string]api.Known
	below  map[string]*belowAsk // by the canonical value; nil: nothing can be
}

func (l *lookup) want(canonical string) {
	if _, asked := l.keys[canonical]; !asked && canonical != "" {
		l.keys[canonical] = l.s.v.s.keyer.key(canonical)
	}
}

// find reads the events of all the keys.
func (l *lookup) find(ctx context.Context) error {
	keys := make([]int64, 0, len(l.keys))
	wanted := make(map[uint64]bool, len(l.keys))
	for _, k := range l.keys {
		keys = append(keys, int64(k))
		wanted[k] = true
	}
	slices.Sort(keys) // neighbours in the index
	l.events, l.known = map[uint64][]int64{}, map[string]api.Known{}
	v := l.s.v
	err := v.s.eachByIDs(ctx, "SELECT key, event FROM indicator_key WHERE key", keys, func(r *sql.Rows) error {
		var key, id int64
		if err := r.Scan(&key, &id); err != nil {
			return err
		}
		if l.s.holds(id) {
			l.events[uint64(key)] = append(l.events[uint64(key)], id)
		}
		return nil
	})
	if err != nil || len(v.snap.blocks) == v.snap.sealed {
		return err
	}
	last := v.snap.blocks[v.snap.sealed]
	for i := range last.tail.recs {
		for _, k := range last.tail.recs[i].keys {
			if id := last.id(i); wanted[k] && l.s.holds(id) {
				l.events[k] = append(l.events[k], id)
			}
		}
	}
	return nil
}

// holds reports whether an event is selected.
func (s *Selection) holds(id int64) bool {
	at, i := s.v.snap.segment.of(id)
	return at < len(s.hits) && s.hits[at].count > 0 && s.hits[at].bits.has(i)
}

func (l *lookup) fill(ctx context.Context, out *api.Lookup) error {
	var err error
	if out.Exact, err = l.of(ctx, out.Canonical); err != nil {
		return err
	}
	host := indicator.Host(out.Canonical)
	for _, name := range aboveOf(out.Canonical) {
		known, err := l.of(ctx, name)
		switch {
		case err != nil:
			return err
		case known.Count == 0:
		case name == host:
			out.Host = &known
		default:
			out.Parents = append(out.Parents, known)
		}
	}
	if ask := l.below[out.Canonical]; ask != nil && ask.found.Count > 0 {
		out.Below = &ask.found
	}
	return nil
}

// of is what is known of a canonical indicator.
func (l *lookup) of(ctx context.Context, canonical string) (api.Known, error) {
	if known, done := l.known[canonical]; done {
		return known, nil
	}
	ids := l.events[l.keys[canonical]]
	known := api.Known{Value: canonical, Count: len(ids)}
	newest, err := l.newest(ctx, ids)
	if err != nil {
		return known, err
	}
	known.Newest = newest
	l.known[canonical] = known
	return known, nil
}

// newest are the events of the latest dates, ties by the later id.
func (l *lookup) newest(ctx context.Context, ids []int64) ([]api.KnownEvent, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	v := l.s.v
	if len(ids) > maxNewest {
		dates := make(map[int64]int64, len(ids))
		for _, id := range ids {
			at, i := v.snap.segment.of(id)
			col, err := v.ints(ctx, v.snap.blocks[at], colDate)
			if err != nil {
				return nil, err
			}
			dates[id] = col.at(i)
		}
		ids = slices.SortedFunc(slices.Values(ids), func(a, b int64) int { return cmp.Or(cmp.Compare(dates[b], dates[a]), cmp.Compare(b, a)) })
		ids = ids[:maxNewest]
	}
	type dated struct {
		id int64
		api.KnownEvent
	}
	var list []dated
	err := v.s.eachByIDs(ctx, "SELECT id, dataset, flags, doc FROM event WHERE id", ids, func(r *sql.Rows) error {
		id, dataset, _, d, err := scanEvent(r)
		list = append(list, dated{id, api.KnownEvent{
			UUID: uuidText(d.uuid[:]), DatasetID: l.s.scope.uuidOf(dataset), Date: timeOf(d.date),
			Category: v.term(kindCategory, d.nums[numCategory]), Attacker: v.term(kindAttacker, d.nums[numAttacker]),
		}})
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b dated) int { return cmp.Or(b.Date.Compare(a.Date.Time), cmp.Compare(b.id, a.id)) })
	out := make([]api.KnownEvent, len(list))
	for i, e := range list {
		out[i] = e.KnownEvent
	}
	return out, nil
}
