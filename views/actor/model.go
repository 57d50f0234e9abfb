// Package actor is the profile of an attacker: how active, with what, against
// whom, and what was seen last. Everything is counted by the server, under the
// actor's name alone, whatever the events are filtered by.
package actor

import (
	"cmp"
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/keymap"
	"threatbench/ui/widget/chart"
	"threatbench/views"
)

// View is this view's name in the slots of its requests.
const View = views.ActorView

const (
	facetLimit = 8   // values a section shows
	latest     = 8   // events listed
	maxSteps   = 400 // of the timeline
)

// sections are the columns counted, in the order they are drawn.
var sections = [...]api.Field{
	api.FieldCategory, api.FieldMitreAttack, api.FieldKillChain, api.FieldTargetCountry, api.FieldTargetIndustry,
	api.FieldIndicatorType, api.FieldTags, api.FieldAttackerCountry, api.FieldTLP, api.FieldDataset,
}

// profile is what is known of one actor.
type profile struct {
	name     string
	datasets []string // as in api.ListQuery
	sum      *api.Summary
	newest   []api.Event
	total    views.Total // of the list
	errs     [2]error
}

// The requests, which index profile.errs.
const (
	askSummary = iota
	askLatest
)

var slotNames = [...]string{askSummary: "summary", askLatest: "latest"}

// Model is the view.
type Model struct {
	views.Handler[*Model]

	env      *views.Env
	p        *profile // nil until an actor is visited
	slow     bool
	catalogs async.Catalogs
	asking   bool // for a name, as soon as the catalogue has come

	hist   *chart.Histogram
	body   *page
	cursor int // index into body.spots
	offset int // lines of the body scrolled away

	w, h    int
	version int
	memo    memo
}

type memo struct {
	version, env, w, h int
	focused            bool
	lines              []string
}

// New makes the view; it asks for nothing until an actor is visited.
func New(env *views.Env) *Model {
	m := &Model{env: env, hist: chart.New(env.Styles), body: &page{}}
	m.Handler = views.Handle(m, actions())
	return m
}

func (m *Model) slot(name string) async.Slot { return async.Slot{View: View, Name: name} }

func (m *Model) changed() { m.version++ }

// ShowsTab tells whether there is an actor to show: the view has no tab before.
func (m *Model) ShowsTab() bool { return m.p != nil }

// Scopes is the view's own.
func (m *Model) Scopes() []keymap.Scope { return []keymap.Scope{keymap.Actor} }

// Visit shows an actor.
func (m *Model) Visit(v views.Visit) tea.Cmd {
	to, ok := v.(views.VisitActor)
	if !ok || to.Name == "" {
		return nil
	}
	if m.p != nil && m.p.name == to.Name && slices.Equal(m.p.datasets, to.Datasets) {
		return nil
	}
	return m.open(to.Name, to.Datasets)
}

// open asks for everything about an actor.
func (m *Model) open(name string, datasets []string) tea.Cmd {
	m.p = &profile{name: name, datasets: datasets, total: views.Unknown()}
	m.cursor, m.offset = 0, 0
	m.lay()
	return m.ask()
}

func (m *Model) ask(opts ...async.Option) tea.Cmd {
	q := api.ListQuery{Search: []api.Condition{m.condition()}, Datasets: m.p.datasets}
	columns := make([]string, len(sections))
	for i, s := range sections {
		columns[i] = string(s)
	}
	list := q
	list.PageSize, list.Page, list.OrderBy, list.Order = latest, 1, "date", "desc"
	return tea.Batch(
		m.env.Async.Summary(m.slot(slotNames[askSummary]), api.SummaryQuery{Filter: q, Facets: columns, FacetLimit: facetLimit, MaxBuckets: maxSteps}, 0, opts...),
		m.env.Async.Page(m.slot(slotNames[askLatest]), list, 0, opts...),
		m.env.Async.Catalogs(m.slot("catalogs")),
	)
}

// condition is the actor as a condition.
func (m *Model) condition() api.Condition {
	return api.Condition{Field: api.FieldAttacker, Op: api.OpEquals, Values: []string{m.p.name}}
}

// filter is the actor as text of the filter language, with one more condition
// where c is given.
func (m *Model) filter(more ...api.Condition) string {
	text := query.And("", m.condition())
	for _, c := range more {
		text = query.And(text, c)
	}
	return text
}

// Receive takes the answers to this view's requests.
func (m *Model) Receive(f async.Result) tea.Cmd {
	m.changed()
	switch f := f.(type) {
	case async.SummaryLoaded:
		m.onSummary(f)
	case async.EventsLoaded:
		m.onLatest(f)
	case async.CatalogsLoaded:
		m.catalogs = f.Catalogs
		m.lay()
		m.chooseNow(f)
		return f.Next
	case async.Slow:
		m.slow = m.env.Async.Busy(m.slot(slotNames[askSummary])) || m.env.Async.Busy(m.slot(slotNames[askLatest]))
	}
	return nil
}

func (m *Model) onSummary(f async.SummaryLoaded) {
	m.slow = false
	m.p.errs[askSummary] = f.Err
	if f.Err == nil {
		m.p.sum = &f.Summary
		m.hist.SetSteps(m.env.TimelineSteps(f.Summary.Timeline))
	}
	m.lay()
}

func (m *Model) onLatest(f async.EventsLoaded) {
	m.p.errs[askLatest] = f.Err
	if f.Err == nil {
		m.p.newest, m.p.total = f.Page.Events, views.TotalOf(f.Page)
	}
	m.lay()
}

// facet is the counts of a column, the largest first, without those of events
// that have no value there.
func (p *profile) facet(column string) (top []api.Count, distinct int) {
	if p.sum == nil || p.sum.Unfiltered {
		return nil, 0
	}
	for _, f := range p.sum.Facets {
		if f.Column != column {
			continue
		}
		top = slices.DeleteFunc(slices.Clone(f.Top), func(c api.Count) bool { return c.Value == "" })
		distinct = max(f.Distinct-(len(f.Top)-len(top)), len(top))
		if column == "killChain" {
			slices.SortFunc(top, func(a, b api.Count) int { return cmp.Compare(a.Value, b.Value) })
		}
		return top, distinct
	}
	return nil, 0
}

// datasetName is a dataset as a person knows it.
func (m *Model) datasetName(id string) string {
	for _, d := range m.catalogs.Datasets {
		if d.UUID == id {
			return d.Name
		}
	}
	return id
}

// value is a value of a column as it is shown.
func (m *Model) value(column, v string) string {
	if column == "datasetId" {
		return m.datasetName(v)
	}
	return views.ColumnValue(column, v)
}

// Resize takes the size the view will be drawn in.
func (m *Model) Resize(w, h int) tea.Cmd {
	m.w, m.h = w, h
	m.lay()
	return nil
}

// Restyle takes over the environment's styles.
func (m *Model) Restyle() tea.Cmd {
	m.hist.SetStyles(m.env.Styles)
	m.lay()
	return nil
}

// Rezone names the steps of the timeline in the zone that is shown now.
func (m *Model) Rezone() tea.Cmd {
	if m.p != nil && m.p.sum != nil {
		m.hist.SetSteps(m.env.TimelineSteps(m.p.sum.Timeline))
	}
	m.lay()
	return nil
}

// Changed asks anew after a change of events.
func (m *Model) Changed(r async.ChangeResult) tea.Cmd {
	if m.p == nil || r.Change.Kind == async.KindQuery || r.Change.Kind == async.KindAlert {
		return nil
	}
	return m.ask()
}

// place is what back and forward return to.
type place struct {
	p      *profile
	cursor int
}

// Snapshot is the present place.
func (m *Model) Snapshot() any { return place{m.p, m.cursor} }

// Restore returns to a place.
func (m *Model) Restore(at any) tea.Cmd {
	to, ok := at.(place)
	if !ok || to.p == nil {
		return nil
	}
	m.p, m.cursor = to.p, to.cursor
	if m.p.sum != nil {
		m.hist.SetSteps(m.env.TimelineSteps(m.p.sum.Timeline))
	}
	m.lay()
	return m.ask()
}

// Targets are the selected event.
func (m *Model) Targets() views.Targets {
	e := m.event()
	if e == nil {
		return views.Targets{}
	}
	return views.Targets{On: []async.Target{{Dataset: e.DatasetID, ID: e.UUID}}, Known: []api.Event{*e}}
}

// Acting is how many events an action would touch.
func (m *Model) Acting() int {
	if m.event() == nil {
		return 0
	}
	return 1
}

// Subject is the selected value, or what the selected event holds.
func (m *Model) Subject() views.Subject {
	h := views.SubjectOf(m.event())
	if s, ok := m.selected(); ok && s.column != "" {
		h = views.SubjectOfValue(s.column, s.value.Value)
	}
	if m.p != nil {
		h.Datasets = m.p.datasets
	}
	return h
}

// lay places what is known in the present size.
func (m *Model) lay() {
	m.changed()
	m.body = m.compose(m.w)
	m.cursor = min(max(m.cursor, 0), max(len(m.body.spots)-1, 0))
	m.follow()
}

// follow scrolls the cursor into sight.
func (m *Model) follow() {
	room := m.room()
	if len(m.body.spots) > 0 {
		at := m.body.spots[m.cursor]
		m.offset = min(m.offset, max(at.y-1, 0)) // the title of its section, too
		m.offset = max(m.offset, at.y-room+1)
	}
	m.offset = max(min(m.offset, m.body.height()-room), 0)
}

// room is how many lines of the body are in sight.
func (m *Model) room() int { return max(m.h-m.headHeight(), 1) }
