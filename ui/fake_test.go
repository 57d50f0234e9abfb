package ui_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/demo"
	"threatbench/ui"
)

// noon is the moment the tests take place.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// fake is a server in memory: the demo's story, filtered and sorted plainly.
// It counts the calls it gets, and fails them while err is set.
type fake struct {
	mu     sync.Mutex
	events []api.Event
	raws   map[string]json.RawMessage
	err    error

	calls atomic.Int64
	lists []api.ListQuery // the list queries that came
	delay time.Duration
}

// fail makes every call fail, or none for nil.
func (f *fake) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// replace takes over another fake's events.
func (f *fake) replace(o *fake) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events, f.raws = o.events, o.raws
}

// asked are the list queries that came so far.
func (f *fake) asked() []api.ListQuery {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.lists)
}

// programOf makes the model of a workbench on f.
func programOf(f *fake) func() tea.Model {
	return func() tea.Model { return model(ui.Options{API: f}) }
}

func newFake(n int) *fake {
	f := &fake{raws: map[string]json.RawMessage{}}
	for _, c := range story(n) {
		f.add(c)
	}
	return f
}

var stories sync.Map // of []api.CreateEvent, by their number

// story is the demo's first n events, made once.
func story(n int) []api.CreateEvent {
	if list, ok := stories.Load(n); ok {
		return list.([]api.CreateEvent)
	}
	var list []api.CreateEvent
	for batch := range demo.Generate(1, n, noon).Batches(1000) {
		list = append(list, batch.Events...)
	}
	stories.Store(n, list)
	return list
}

func (f *fake) add(c api.CreateEvent) {
	at, _ := api.ParseTime(c.Date)
	e := api.Event{
		UUID: c.UUID, Date: at, CreatedAt: at, Event: c.Event, Category: c.Category, Attacker: c.Attacker,
		AttackerCountry: c.AttackerCountry, TargetCountry: c.TargetCountry, TargetIndustry: c.TargetIndustry,
		Indicator: c.Indicator, IndicatorType: c.IndicatorType, MitreAttack: c.MitreAttack, TLP: c.TLP, Tags: slices.Clone(c.Tags),
		Insight: c.Insight, DatasetID: "d1", References: slices.Clone(c.References), NumReferences: len(c.References),
	}
	if c.KillChain != nil {
		e.KillChain = *c.KillChain
	}
	f.raws[e.UUID] = c.Raw.Data
	f.events = append(f.events, e)
}

func (f *fake) openVisit(ctx context.Context) error {
	f.calls.Add(1)
	if f.delay > 0 {
		select {
		case <-time.After(f.delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func field(e *api.Event, name api.Field) []string {
	switch name {
	case api.FieldAttacker:
		return []string{e.Attacker}
	case api.FieldCategory:
		return []string{e.Category}
	case api.FieldTLP:
		return []string{e.TLP}
	case api.FieldIndicator:
		return []string{e.Indicator}
	case api.FieldIndicatorType:
		return []string{e.IndicatorType}
	case api.FieldTargetCountry:
		return []string{e.TargetCountry}
	case api.FieldTargetIndustry:
		return []string{e.TargetIndustry}
	case api.FieldAttackerCountry:
		return []string{e.AttackerCountry}
	case "datasetId":
		return []string{e.DatasetID}
	case api.FieldUUID:
		return []string{e.UUID}
	case api.FieldDate:
		return []string{e.Date.String()}
	case api.FieldCreatedAt:
		return []string{e.CreatedAt.String()}
	case api.FieldTags:
		return e.Tags
	case api.FieldMitreAttack:
		return e.MitreAttack
	case api.FieldKillChain:
		return []string{strconv.Itoa(e.KillChain)}
	}
	return []string{e.Event}
}

func holds(e *api.Event, c api.Condition) bool {
	any := func(test func(string) bool) bool { return slices.ContainsFunc(field(e, c.Field), test) }
	v := strings.ToLower(c.Value())
	switch c.Op {
	case api.OpEquals:
		return any(func(s string) bool { return strings.EqualFold(s, v) })
	case api.OpNot:
		return !any(func(s string) bool { return strings.EqualFold(s, v) })
	case api.OpIn:
		return any(func(s string) bool {
			return slices.ContainsFunc(c.Values, func(w string) bool { return strings.EqualFold(s, w) })
		})
	case api.OpStartsWith:
		return any(func(s string) bool { return strings.HasPrefix(strings.ToLower(s), v) })
	case api.OpGte:
		return any(func(s string) bool { return strings.ToLower(s) >= v })
	case api.OpGt:
		return any(func(s string) bool { return strings.ToLower(s) > v })
	case api.OpLt:
		return any(func(s string) bool { return strings.ToLower(s) < v })
	case api.OpLte:
		return any(func(s string) bool { return strings.ToLower(s) <= v })
	}
	for _, word := range strings.Fields(v) {
		if !any(func(s string) bool { return strings.Contains(strings.ToLower(s), word) }) {
			return false
		}
	}
	return true
}

func (f *fake) matching(q api.ListQuery) []api.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []api.Event
	for i := range f.events {
		if !slices.ContainsFunc(q.Search, func(c api.Condition) bool { return !holds(&f.events[i], c) }) {
			out = append(out, f.events[i])
		}
	}
	slices.SortStableFunc(out, func(a, b api.Event) int {
		n := a.Date.Compare(b.Date.Time)
		if q.OrderBy != "" && q.OrderBy != "date" {
			n = strings.Compare(field(&a, api.Field(q.OrderBy))[0], field(&b, api.Field(q.OrderBy))[0])
		}
		n = cmp.Or(n, strings.Compare(a.UUID, b.UUID))
		if q.Order != "asc" {
			n = -n
		}
		return n
	})
	return out
}

func (f *fake) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	if err := f.openVisit(ctx); err != nil {
		return api.Page{}, err
	}
	f.mu.Lock()
	f.lists = append(f.lists, q)
	f.mu.Unlock()
	all := f.matching(q)
	from := min((max(q.Page, 1)-1)*q.PageSize, len(all))
	page := all[from:min(from+q.PageSize, len(all))]
	return api.Page{Events: page, Info: api.ResultInfo{Count: len(page), Page: q.Page, PerPage: q.PageSize, TotalCount: len(all)}}, nil
}

func (f *fake) Summary(ctx context.Context, q api.SummaryQuery) (api.Summary, error) {
	if err := f.openVisit(ctx); err != nil {
		return api.Summary{}, err
	}
	all := f.matching(q.Filter)
	s := api.Summary{Total: len(all)}
	for _, col := range q.Facets {
		counts := map[string]int{}
		for i := range all {
			for _, v := range field(&all[i], api.Field(col)) {
				counts[v]++
			}
		}
		s.Facets = append(s.Facets, top(col, counts, q.FacetLimit))
	}
	days := map[time.Time]int{}
	for i := range all {
		days[all[i].Date.Truncate(24*time.Hour)]++
	}
	s.Timeline.Bucket = api.BucketDay
	for d, n := range days {
		s.Timeline.Points = append(s.Timeline.Points, api.Point{Start: api.TimeOf(d), Count: n})
	}
	slices.SortFunc(s.Timeline.Points, func(a, b api.Point) int { return a.Start.Compare(b.Start.Time) })
	if n := len(s.Timeline.Points); n > 0 {
		s.Timeline.Start, s.Timeline.End = s.Timeline.Points[0].Start, s.Timeline.Points[n-1].Start
	}
	return s, nil
}

func top(column string, counts map[string]int, limit int) api.Facet {
	f := api.Facet{Column: column, Distinct: len(counts)}
	for v, n := range counts {
		f.Top = append(f.Top, api.Count{Value: v, Count: n})
	}
	slices.SortFunc(f.Top, func(a, b api.Count) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value)) })
	f.Top = f.Top[:min(limit, len(f.Top))]
	return f
}

func (f *fake) Event(ctx context.Context, dataset, id string) (api.Event, error) {
	if err := f.openVisit(ctx); err != nil {
		return api.Event{}, err
	}
	for _, e := range f.events {
		if e.UUID == id {
			return e, nil
		}
	}
	return api.Event{}, api.Errorf(404, "no event %s", id)
}

func (f *fake) Raw(ctx context.Context, dataset, id string) (api.Raw, error) {
	if err := f.openVisit(ctx); err != nil {
		return api.Raw{}, err
	}
	data, ok := f.raws[id]
	if !ok {
		return api.Raw{}, fmt.Errorf("no raw record of %s", id)
	}
	return api.Raw{ID: "1", Data: data, Source: "sensor", TLP: "amber", Created: api.TimeOf(noon)}, nil
}

func (f *fake) Datasets(ctx context.Context) ([]api.Dataset, error) {
	return []api.Dataset{{UUID: "d1", Name: api.DefaultDataset}}, f.openVisit(ctx)
}

func (f *fake) Categories(ctx context.Context) ([]api.Category, error) {
	return []api.Category{{Name: "Phishing"}, {Name: "Domain Resolution"}}, f.openVisit(ctx)
}
func (f *fake) Attackers(ctx context.Context) ([]string, error)        { return nil, f.openVisit(ctx) }
func (f *fake) IndicatorTypes(ctx context.Context) ([]string, error)   { return nil, f.openVisit(ctx) }
func (f *fake) TargetIndustries(ctx context.Context) ([]string, error) { return nil, f.openVisit(ctx) }
func (f *fake) Countries(ctx context.Context) ([]api.Country, error) {
	return api.Countries(), f.openVisit(ctx)
}
func (f *fake) Tags(ctx context.Context) ([]api.Tag, error) { return nil, f.openVisit(ctx) }

// hostile adds an event with the same text in every field, neutralised as the
// client does it; its raw record keeps the original bytes.
func (f *fake) hostile(text string) {
	id := fmt.Sprintf("hostile-%d", len(f.events))
	line := clean.Line(text)
	f.events = append(f.events, api.Event{
		UUID: id, Date: api.TimeOf(noon), Event: clean.Text(text), Category: line, Attacker: line, AttackerCountry: line,
		TargetCountry: line, TargetIndustry: line, Indicator: line, IndicatorType: line, TLP: line, Tags: []string{line, line},
		MitreAttack: []string{line}, Insight: "# " + clean.Text(text) + "\n\n[x](" + line + ") `" + line + "`\n\n&#27;]52;c;aGk=&#7; &#x1b;[2J", References: []string{line},
		NumReferences: 1, DatasetID: line,
	})
	raw, err := json.Marshal(map[string]string{"key " + text: text})
	if err != nil {
		raw = []byte(text)
	}
	f.raws[id] = raw
}
