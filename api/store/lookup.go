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
	if err := l.readNewest(ctx); err != nil {
		return nil, fmt.Errorf("looking up indicators: %w", err)
	}
	for i := range out {
		l.fill(&out[i])
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
	newest map[uint64][]int64 // the newest of events, at most maxNewest
	read   map[int64]datedEvent
	below  map[string]*belowAsk // by the canonical value; nil: nothing can be
	asks   []*belowAsk          // those that aren't nil
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
	l.events = map[uint64][]int64{}
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

func (l *lookup) fill(out *api.Lookup) {
	out.Exact = l.of(out.Canonical)
	host := indicator.Host(out.Canonical)
	for _, name := range aboveOf(out.Canonical) {
		known := l.of(name)
		switch {
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
}

// of is what is known of a canonical indicator.
func (l *lookup) of(canonical string) api.Known {
	key := l.keys[canonical]
	return api.Known{Value: canonical, Count: len(l.events[key]), Newest: l.named(l.newest[key])}
}

// datedEvent is an event of a look-up that was read.
type datedEvent struct {
	id int64
	api.KnownEvent
}

// readNewest reads the newest events of everything that was found, all at once:
// one after the other each would be a query.
func (l *lookup) readNewest(ctx context.Context) error {
	var all []int64
	l.newest = make(map[uint64][]int64, len(l.events))
	for key, ids := range l.events {
		newest, err := l.pick(ctx, ids)
		if err != nil {
			return err
		}
		l.newest[key] = newest
		all = append(all, newest...)
	}
	for _, ask := range l.asks {
		all = append(all, ask.newestIDs()...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	v := l.s.v
	l.read = make(map[int64]datedEvent, len(all))
	err := v.s.eachByIDs(ctx, "SELECT id, dataset, flags, doc FROM event WHERE id", all, func(r *sql.Rows) error {
		id, dataset, _, d, err := scanEvent(r)
		l.read[id] = datedEvent{id, api.KnownEvent{
			UUID: uuidText(d.uuid[:]), DatasetID: l.s.scope.uuidOf(dataset), Date: timeOf(d.date),
			Category: v.term(kindCategory, d.nums[numCategory]), Attacker: v.term(kindAttacker, d.nums[numAttacker]),
		}}
		return err
	})
	if err != nil {
		return err
	}
	for _, ask := range l.asks {
		ask.found.Newest = l.named(ask.newestIDs())
	}
	return nil
}

// pick takes the events of the latest dates, ties by the later id.
func (l *lookup) pick(ctx context.Context, ids []int64) ([]int64, error) {
	if len(ids) <= maxNewest {
		return ids, nil
	}
	v := l.s.v
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
	return ids[:maxNewest], nil
}

// named are events that were read, the newest first; nil where there are none.
func (l *lookup) named(ids []int64) []api.KnownEvent {
	var list []datedEvent
	for _, id := range ids {
		if e, there := l.read[id]; there {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b datedEvent) int { return cmp.Or(b.Date.Compare(a.Date.Time), cmp.Compare(b.id, a.id)) })
	var out []api.KnownEvent
	for _, e := range list {
		out = append(out, e.KnownEvent)
	}
	return out
}
