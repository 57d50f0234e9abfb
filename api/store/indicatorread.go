package store

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"threatbench/api"
	"threatbench/api/tag"
)

// relatedOfOne is how many events are told of an indicator that is read by
// itself.
const relatedOfOne = 100

func noIndicator(id string) error {
	return api.Errorf(http.StatusNotFound, "indicator_id: no indicator %q", short(id))
}

// Indicator reads an indicator of a dataset by the UUID that graphs name it by;
// a 404 *api.Error where no event of the dataset has it.
func (d *DB) Indicator(ctx context.Context, account, dataset, id string) (api.Indicator, error) {
	hash, ok := indicatorHash(id)
	if !ok {
		return api.Indicator{}, noIndicator(id)
	}
	u, err := uuid.Parse(id)
	if err != nil {
		return api.Indicator{}, noIndicator(id)
	}
	s, err := d.Select(ctx, account, api.ListQuery{Datasets: []string{dataset}})
	if err != nil {
		return api.Indicator{}, err
	}
	defer s.Close()
	ids, err := s.eventsWith(ctx, u, hash)
	if err != nil {
		return api.Indicator{}, err
	}
	m := s.v.newSightings(account)
	m.only = (*[16]byte)(&u)
	for _, at := range ids {
		row, err := s.v.s.row(ctx, at)
		if err != nil {
			return api.Indicator{}, err
		}
		if row == nil {
			continue
		}
		if err := m.add(at, row.dataset, row.packed); err != nil {
			return api.Indicator{}, err
		}
	}
	l := &indicatorList{s: s, q: IndicatorQuery{Related: relatedOfOne, WithTags: true}, all: m.finish(s.scope)}
	if len(l.all.list) == 0 {
		return api.Indicator{}, noIndicator(id)
	}
	if err := l.readTags(ctx); err != nil {
		return api.Indicator{}, err
	}
	in, err := l.row(ctx, &l.all.list[0])
	in.Sources = nil
	return in, err
}

// eventsWith are the selected events that have an indicator, the oldest first.
func (s *Selection) eventsWith(ctx context.Context, id [16]byte, hash uint32) ([]int64, error) {
	scan := newGraphScan(s.v, s.scope)
	seen := scan.addIndicator(uuidText(id[:]), hash, 0, fromStart)
	if err := scan.run(ctx); err != nil {
		return nil, err
	}
	sample := seen.sample
	if sample == 0 {
		err := s.v.s.beside(ctx, hash, fromStart, func(at int64, _ uint32, d *doc) (bool, error) {
			if slices.ContainsFunc(s.v.indicators(s.scope.name, d), func(n api.GraphNode) bool { return n.ID == uuidText(id[:]) }) {
				sample = at
			}
			return sample == 0, nil
		})
		if err != nil {
			return nil, err
		}
	}
	if sample == 0 {
		return nil, nil
	}
	row, err := s.v.s.row(ctx, sample)
	if err != nil || row == nil {
		return nil, err
	}
	value := ""
	for _, n := range s.v.indicators(s.scope.name, &row.doc) {
		if n.ID == uuidText(id[:]) {
			value = n.Label
		}
	}
	var out []int64
	for dataset := range s.scope.datasets {
		ids, err := s.v.having(ctx, s.scope, dataset, id, value, 1<<62)
		if err != nil {
			return nil, err
		}
		out = append(out, ids...)
	}
	slices.Sort(out)
	return out, nil
}

// TagIndicators lists the indicators of the events that carry a tag, which is
// named by its UUID; a 404 *api.Error where there is none.
func (d *DB) TagIndicators(ctx context.Context, account, id string, q IndicatorQuery) (api.IndicatorPage, error) {
	tags, err := d.Tags(ctx, account, nil)
	if err != nil {
		return api.IndicatorPage{}, err
	}
	at := slices.IndexFunc(tags, func(t tag.Record) bool { return t.UUID == api.Fold(id) })
	if at < 0 {
		return api.IndicatorPage{}, noTag(id)
	}
	q.Tags = []string{tags[at].Value}
	if slices.Equal(q.Datasets, []string{api.ScopeAnalytics}) {
		q.Page, q.Size = max(q.Page, 1), q.sizeOrDefault()
		return api.IndicatorPage{Indicators: []api.Indicator{}, Page: q.Page, Size: q.Size}, nil
	}
	q.Datasets = orAll(q.Datasets)
	return d.Indicators(ctx, account, q)
}

// IndicatorAggregate asks for counts of indicators, or of what ties them to
// events.
type IndicatorAggregate struct {
	Columns         []string // of indicatorType, value, datasetId
	Relationships   bool     // count events instead of indicators
	Tag             string   // UUID: of events that carry it
	Datasets        []string // none: all
	CreatedAfter    string   // of the indicator; a day or a moment, included
	CreatedBefore   string
	EventDateAfter  string // of the event, for relationships
	EventDateBefore string
	Limit           int
}

// IndicatorColumns are what indicators are counted by.
func IndicatorColumns() []string { return []string{"indicatorType", "value", "datasetId"} }

// CountIndicators answers the largest groups, ties by their keys, and how many
// were counted whatever the limit.
func (d *DB) CountIndicators(ctx context.Context, account string, q IndicatorAggregate) ([]api.IndicatorCount, int, error) {
	after, before, err := momentsBetween("createdAfter", q.CreatedAfter, "createdBefore", q.CreatedBefore)
	if err != nil {
		return nil, 0, err
	}
	list := api.ListQuery{Datasets: orAll(q.Datasets)}
	if q.Tag != "" {
		tags, err := d.Tags(ctx, account, nil)
		if err != nil {
			return nil, 0, err
		}
		at := slices.IndexFunc(tags, func(t tag.Record) bool { return t.UUID == api.Fold(q.Tag) })
		if at < 0 {
			return nil, 0, api.Errorf(http.StatusNotFound, "tagUuid: no tag %q", short(q.Tag))
		}
		list.Search = append(list.Search, api.Condition{Field: api.FieldTags, Op: api.OpEquals, Values: []string{tags[at].Value}})
	}
	whole, err := d.Select(ctx, account, api.ListQuery{Datasets: list.Datasets})
	if err != nil {
		return nil, 0, err
	}
	defer whole.Close()
	all, err := whole.sightings(ctx)
	if err != nil {
		return nil, 0, err
	}
	counts, err := whole.linksOf(ctx, list, q, all)
	if err != nil {
		return nil, 0, err
	}
	groups, total := map[string]*api.IndicatorCount{}, 0
	for i := range all.list {
		s := &all.list[i]
		n := counts(s)
		if n == 0 || s.first < after || s.first > before {
			continue
		}
		if !q.Relationships {
			n = 1
		}
		total += n
		keys := whole.keysOf(q.Columns, s)
		name := api.Fold(strings.Join(keys, "\x00"))
		g := groups[name]
		if g == nil {
			g = &api.IndicatorCount{Keys: keys}
			groups[name] = g
		}
		g.Count += n
	}
	return largest(groups, q.Limit), total, nil
}

// linksOf tells of an indicator how many of its events are meant: all, or those
// that the query narrows.
func (s *Selection) linksOf(ctx context.Context, list api.ListQuery, q IndicatorAggregate, all *sightings) (func(*sighting) int, error) {
	narrow := len(list.Search) > 0
	if q.Relationships {
		narrow = narrow || q.EventDateAfter != "" || q.EventDateBefore != ""
	}
	if !narrow {
		return func(s *sighting) int { return int(s.events) }, nil
	}
	part, err := s.v.selectEvents(ctx, s.scope.name, list)
	if err != nil {
		return nil, err
	}
	if q.Relationships {
		if _, _, err := momentsBetween("eventDateAfter", q.EventDateAfter, "eventDateBefore", q.EventDateBefore); err != nil {
			return nil, err
		}
		if part.hits, _, err = part.between(ctx, q.EventDateAfter, q.EventDateBefore); err != nil {
			return nil, err
		}
	}
	part.key = "" // it isn't all that the filter finds
	some, err := part.sightings(ctx)
	if err != nil {
		return nil, err
	}
	counts := make(map[sightingKey]int, len(some.list))
	for i := range some.list {
		counts[sightingKey{some.list[i].dataset, some.list[i].id}] = int(some.list[i].events)
	}
	if len(counts) > len(all.list) {
		return nil, fmt.Errorf("a part has %d indicators, the whole %d", len(counts), len(all.list))
	}
	return func(s *sighting) int { return counts[sightingKey{s.dataset, s.id}] }, nil
}

func (s *Selection) keysOf(columns []string, in *sighting) []string {
	keys := make([]string, len(columns))
	for i, c := range columns {
		switch c {
		case "indicatorType":
			keys[i] = s.v.term(kindIndicatorType, in.kind)
		case "value":
			keys[i] = in.value
		default:
			keys[i] = s.scope.uuidOf(in.dataset)
		}
	}
	return keys
}

// largest are the groups with the most, ties by their keys without case.
func largest(groups map[string]*api.IndicatorCount, limit int) []api.IndicatorCount {
	out := make([]api.IndicatorCount, 0, len(groups))
	for _, g := range groups {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b api.IndicatorCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(api.Fold(strings.Join(a.Keys, "\x00")), api.Fold(strings.Join(b.Keys, "\x00"))))
	})
	return out[:min(limit, len(out))]
}
