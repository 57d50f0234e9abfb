package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"threatbench/api"
	"threatbench/api/tag"
	"threatbench/api/textmatch"
)

// IndicatorQuery asks for the indicators of the account's events. Search and
// TagSearch are JSON arrays of conditions.
type IndicatorQuery struct {
	Datasets      []string // none: the default one
	Search        string
	TagSearch     string
	Name          string   // part of the value, case aside
	Type          string   // case aside
	RelatedEvents []string // UUIDs: indicators that some of them have
	Tags          []string // values or UUIDs: indicators with some of them
	CreatedAfter  string   // a moment, included
	CreatedBefore string
	Related       int // events told of each: 0 none, -1 all
	WithTags      bool
	WithTotal     bool
	Page          int // from 1
	Size          int // 0 for api.DefaultPageSize
}

// indicatorCursor is where a walk through indicators goes on. Its keys differ
// from those of the other cursors, so that none is taken for another.
type indicatorCursor struct {
	Account string         `json:"indicators"`
	Query   IndicatorQuery `json:"query"`
	First   int64          `json:"first"`
	ID      string         `json:"id"`
	Dataset string         `json:"dataset"`
}

// Indicators lists them, one row for each dataset and indicator, the newest
// first.
func (d *DB) Indicators(ctx context.Context, account string, q IndicatorQuery) (api.IndicatorPage, error) {
	q.Page, q.Size = max(q.Page, 1), q.sizeOrDefault()
	if err := (api.ListQuery{Page: q.Page, PageSize: q.Size, Datasets: q.Datasets}).Validate(); err != nil {
		return api.IndicatorPage{}, err
	}
	return d.indicatorPage(ctx, account, q, nil)
}

func (q *IndicatorQuery) sizeOrDefault() int {
	if q.Size == 0 {
		return api.DefaultPageSize
	}
	return q.Size
}

// MoreIndicators goes on where a page ended. A cursor of anything else is a 400
// *api.Error that says InvalidCursorError.
func (d *DB) MoreIndicators(ctx context.Context, account, cursor string) (api.IndicatorPage, error) {
	var c indicatorCursor
	if !d.open(cursor, &c) || c.Account != account {
		return api.IndicatorPage{}, api.Errorf(http.StatusBadRequest, "InvalidCursorError: cursor: want the one of the last answer, unaltered, got %q", short(cursor))
	}
	return d.indicatorPage(ctx, account, c.Query, &c)
}

func (d *DB) indicatorPage(ctx context.Context, account string, q IndicatorQuery, after *indicatorCursor) (api.IndicatorPage, error) {
	keep, err := q.conditions()
	if err != nil {
		return api.IndicatorPage{}, err
	}
	s, err := d.Select(ctx, account, api.ListQuery{Datasets: q.Datasets})
	if err != nil {
		return api.IndicatorPage{}, err
	}
	defer s.Close()
	l := &indicatorList{s: s, q: q, keep: keep}
	if err := l.prepare(ctx); err != nil {
		return api.IndicatorPage{}, err
	}
	return l.page(ctx, d, account, after)
}

// indicatorList makes the rows of one question.
type indicatorList struct {
	s    *Selection
	q    IndicatorQuery
	keep indicatorConditions
	all  *sightings

	tags    map[string]tag.Record // by fold; nil where nothing needs them
	wanted  map[string]bool       // folds of the tags asked for; nil: any
	related map[sightingKey]bool  // of the events asked for; nil: any
	tagged  map[int32]bool        // whether a set of tags satisfies the conditions on them
}

// indicatorConditions are the parts of a query that are read beforehand.
type indicatorConditions struct {
	search, tags  []textmatch.Condition
	after, before int64
}

func (q *IndicatorQuery) conditions() (c indicatorConditions, err error) {
	fields := []string{"value", "indicatorType", "uuid"}
	c.search, err = textmatch.Parse("search", q.Search, func(name string) (string, bool) { return name, slices.Contains(fields, name) }, strings.Join(fields, " "))
	if err != nil {
		return c, err
	}
	if c.tags, err = tag.ParseSearch("tagSearch", q.TagSearch); err != nil {
		return c, err
	}
	c.after, c.before, err = momentsBetween("createdAfter", q.CreatedAfter, "createdBefore", q.CreatedBefore)
	return c, err
}

// momentsBetween reads two moments, both included; a day counts whole.
func momentsBetween(fromKey, from, toKey, to string) (least, most int64, err error) {
	least, most = math.MinInt64, math.MaxInt64
	for key, value := range map[string]string{fromKey: from, toKey: to} {
		if _, perr := api.ParseTime(value); value != "" && perr != nil {
			return 0, 0, api.Errorf(http.StatusBadRequest, "%s: want a day such as 2024-01-31 or a time such as 2024-01-31T12:00:00Z, got %q", key, short(value))
		}
	}
	if from != "" {
		least = dateRange(api.OpGte, from)[0]
	}
	if to != "" {
		most = dateRange(api.OpLte, to)[1]
	}
	return least, most, nil
}

func (l *indicatorList) prepare(ctx context.Context) error {
	var err error
	if l.all, err = l.s.sightings(ctx); err != nil {
		return err
	}
	if l.q.WithTags || len(l.q.Tags) > 0 || len(l.keep.tags) > 0 {
		if err := l.readTags(ctx); err != nil {
			return err
		}
	}
	if len(l.q.RelatedEvents) == 0 {
		return nil
	}
	return l.readRelated(ctx)
}

// readTags reads what is known of the account's tags, as far as the caller may
// see it.
func (l *indicatorList) readTags(ctx context.Context) error {
	list, err := l.s.v.s.tags(ctx, tagColumns, l.s.scope.account)
	if err != nil {
		return err
	}
	l.tags, l.tagged = make(map[string]tag.Record, len(list)), map[int32]bool{}
	role := l.s.v.limit.ofRole()
	for _, t := range list {
		if role != nil {
			t = t.Within(role.allows)
		}
		l.tags[api.Fold(t.Value)] = t
	}
	if len(l.q.Tags) == 0 {
		return nil
	}
	l.wanted = map[string]bool{}
	for _, want := range l.q.Tags {
		l.wanted[api.Fold(want)] = true
	}
	for fold, t := range l.tags {
		if l.wanted[t.UUID] {
			l.wanted[fold] = true
		}
	}
	return nil
}

// readRelated finds the indicators that the events asked for have.
func (l *indicatorList) readRelated(ctx context.Context) error {
	l.related = map[sightingKey]bool{}
	v := l.s.v
	for _, id := range l.q.RelatedEvents {
		u, err := uuid.Parse(id)
		if err != nil {
			return api.Errorf(http.StatusBadRequest, "relatedEvents: want UUIDs, got %q", short(id))
		}
		at, dataset, err := v.s.lookup(ctx, l.s.scope.account, u)
		if err != nil {
			return err
		}
		if at == 0 {
			continue
		}
		ok, err := v.sees(ctx, at)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		row, err := v.s.row(ctx, at)
		if err != nil || row == nil {
			return err
		}
		for _, n := range v.indicators(l.s.scope.name, &row.doc) {
			key, err := uuid.Parse(n.ID)
			if err != nil {
				return errPacked
			}
			l.related[sightingKey{dataset, key}] = true
		}
	}
	return nil
}

// matches tells whether a row is asked for.
func (l *indicatorList) matches(s *sighting) bool {
	if s.first < l.keep.after || s.first > l.keep.before || l.related != nil && !l.related[sightingKey{s.dataset, s.id}] {
		return false
	}
	kind := func() string { return l.s.v.term(kindIndicatorType, s.kind) }
	if l.q.Type != "" && api.Fold(kind()) != api.Fold(l.q.Type) || l.q.Name != "" && !strings.Contains(api.Fold(s.value), api.Fold(l.q.Name)) {
		return false
	}
	for _, c := range l.keep.search {
		value := s.value
		switch c.Field {
		case "indicatorType":
			value = kind()
		case "uuid":
			value = uuidText(s.id[:])
		}
		if !c.Holds([]string{value}) {
			return false
		}
	}
	return l.matchesTags(s.tags)
}

// matchesTags tells whether a set of tags has one of those asked for, and one
// that satisfies all conditions on tags.
func (l *indicatorList) matchesTags(set int32) bool {
	if l.wanted == nil && len(l.keep.tags) == 0 {
		return true
	}
	known, done := l.tagged[set]
	if done {
		return known
	}
	some := func(holds func(fold string) bool) bool {
		return slices.ContainsFunc(l.all.tagSets.at(set), func(n uint32) bool { return holds(l.s.v.snap.dicts[kindTag].folds[n]) })
	}
	ok := l.wanted == nil || some(func(fold string) bool { return l.wanted[fold] })
	if ok && len(l.keep.tags) > 0 {
		ok = some(func(fold string) bool {
			t, there := l.tags[fold]
			return there && tag.All(l.keep.tags, &t)
		})
	}
	l.tagged[set] = ok
	return ok
}

// page makes the page after a place, or that of its number.
func (l *indicatorList) page(ctx context.Context, d *DB, account string, after *indicatorCursor) (api.IndicatorPage, error) {
	out := api.IndicatorPage{Page: l.q.Page, Size: l.q.Size, Total: -1, Indicators: []api.Indicator{}}
	skip := (l.q.Page - 1) * l.q.Size
	if after != nil {
		skip = 0
	}
	var rows []*sighting
	found, more := 0, false
	for i := range l.all.list {
		s := &l.all.list[i]
		if !l.matches(s) {
			continue
		}
		found++
		switch {
		case after != nil && !l.past(s, after) || found <= skip && after == nil:
		case len(rows) < l.q.Size:
			rows = append(rows, s)
		default:
			more = true
		}
		if more && !l.q.WithTotal {
			break
		}
	}
	if l.q.WithTotal {
		out.Total = found
	}
	for _, s := range rows {
		in, err := l.row(ctx, s)
		if err != nil {
			return out, err
		}
		out.Indicators = append(out.Indicators, in)
	}
	if !more {
		return out, nil
	}
	last := rows[len(rows)-1]
	next := l.q
	next.Page++
	var err error
	out.Cursor, err = d.seal(indicatorCursor{account, next, last.first, hex.EncodeToString(last.id[:]), l.s.scope.uuidOf(last.dataset)})
	return out, err
}

// past tells whether a row comes after the place where a page ended.
func (l *indicatorList) past(s *sighting, at *indicatorCursor) bool {
	if s.first != at.First {
		return s.first < at.First
	}
	if id := hex.EncodeToString(s.id[:]); id != at.ID {
		return id > at.ID
	}
	return l.s.scope.uuidOf(s.dataset) > at.Dataset
}

// row is a sighting as it is answered.
func (l *indicatorList) row(ctx context.Context, s *sighting) (api.Indicator, error) {
	v := l.s.v
	in := api.Indicator{
		UUID: uuidText(s.id[:]), IndicatorType: v.term(kindIndicatorType, s.kind), Value: s.value, DatasetID: l.s.scope.uuidOf(s.dataset),
		CreatedAt: timeOf(s.first), UpdatedAt: timeOf(s.last), TLP: markingOf(s.tlp), RelatedEvents: []api.RelatedEvent{},
	}
	var err error
	if in.Sources, err = l.sources(s); err != nil {
		return in, err
	}
	if l.q.WithTags {
		in.Tags = l.tagsOf(s)
	}
	ids, err := l.eventsOf(ctx, s)
	if err != nil {
		return in, err
	}
	events, err := v.readEvents(ctx, l.s.scope, ids)
	if err != nil {
		return in, err
	}
	for i := range events {
		in.RelatedEvents = append(in.RelatedEvents, api.RelatedEvent{DatasetID: events[i].DatasetID, EventID: events[i].UUID, EventDate: &events[i].Date})
	}
	in.HasMore = len(ids) < int(s.events)
	return in, nil
}

// markingOf writes a marking as indicators have it; nil for none.
func markingOf(t api.TLP) *string {
	if t == api.TLPNone {
		return nil
	}
	s := strings.ToUpper(strings.ReplaceAll(t.String(), "+", "-"))
	return &s
}

func (l *indicatorList) sources(s *sighting) ([]api.IndicatorSource, error) {
	out := []api.IndicatorSource{}
	for _, n := range l.all.sourceSets.at(s.sources) {
		var from api.IndicatorSource
		if err := json.Unmarshal([]byte(l.all.sources[n]), &from); err != nil {
			return nil, fmt.Errorf("reading the source of an event: %w", err)
		}
		out = append(out, from)
	}
	return out, nil
}

func (l *indicatorList) tagsOf(s *sighting) []api.IndicatorTag {
	out := []api.IndicatorTag{}
	for _, n := range l.all.tagSets.at(s.tags) {
		value := l.s.v.snap.dicts[kindTag].values[n]
		t, known := l.tags[api.Fold(value)]
		if !known {
			out = append(out, api.IndicatorTag{Value: value})
			continue
		}
		made := api.IndicatorTag{UUID: t.UUID, Value: t.Value, CategoryName: t.CategoryName}
		if t.CategoryUUID != "" {
			made.CategoryID = &t.CategoryUUID
		}
		out = append(out, made)
	}
	slices.SortFunc(out, func(a, b api.IndicatorTag) int { return strings.Compare(api.Fold(a.Value), api.Fold(b.Value)) })
	return out
}

// eventsOf are the newest events of a row, as many as were asked for.
func (l *indicatorList) eventsOf(ctx context.Context, s *sighting) ([]int64, error) {
	want := int(s.events)
	if l.q.Related >= 0 {
		want = min(want, l.q.Related)
	}
	if want <= len(s.newest) {
		return slices.Clone(s.newest[:want]), nil
	}
	return l.s.v.having(ctx, l.s.scope, s.dataset, s.id, s.value, want)
}

// having are the newest events of a dataset that have an indicator, as many as
// are wanted; what others may not see is left out.
func (v *readTx) having(ctx context.Context, sc scope, dataset uint32, id [16]byte, value string, want int) ([]int64, error) {
	key := v.s.keyer.keyOf(value)
	var ids []int64
	if n := len(v.snap.blocks); n > v.snap.sealed {
		for _, rec := range v.snap.blocks[n-1].tail.recs {
			if rec.flags&flagDeleted == 0 && slices.Contains(rec.keys, key) {
				ids = append(ids, rec.id)
			}
		}
	}
	err := v.s.each(ctx, "SELECT event FROM indicator_key WHERE key = ?", []any{int64(key)}, func(r *sql.Rows) error {
		var at int64
		err := r.Scan(&at)
		ids = append(ids, at)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the events of an indicator: %w", err)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	slices.Reverse(ids)
	var out []int64
	for _, at := range ids {
		if len(out) == want {
			break
		}
		ok, err := v.hasSighting(ctx, sc, dataset, at, id)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, at)
		}
	}
	return out, nil
}

// hasSighting tells whether an event of a dataset has an indicator, and may be
// seen.
func (v *readTx) hasSighting(ctx context.Context, sc scope, dataset uint32, event int64, id [16]byte) (bool, error) {
	row, err := v.s.row(ctx, event)
	if err != nil || row == nil || row.dataset != dataset {
		return false, err
	}
	has := slices.ContainsFunc(v.indicators(sc.name, &row.doc), func(n api.GraphNode) bool { return n.ID == uuidText(id[:]) })
	if !has {
		return false, nil
	}
	return v.sees(ctx, event)
}
