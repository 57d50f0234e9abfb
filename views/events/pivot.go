package events

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/views"
)

// graph shows what surrounds the marked events, or the selected one.
func (m *Model) graph() {
	ids := m.Selection().Marked
	if len(ids) == 0 {
		ids = []string{m.Current().UUID}
	}
	seeds := make([]api.NodeRef, len(ids))
	for i, id := range ids {
		seeds[i] = api.NodeRef{Type: api.NodeEvent, ID: id}
	}
	m.env.Host.Visit(views.VisitGraph{Seeds: seeds})
}

// pivot offers where the selected event leads.
func (m *Model) pivot() {
	e := m.Current()
	if e == nil {
		return
	}
	h := views.SubjectOf(e)
	h.Datasets = m.dataset
	m.env.Host.Ask(views.PickPivot(append(m.env.PivotsOfEvent(e), h.PivotTargets()...), m.env.Host.Visit))
}

// context offers what happened around the selected event, whatever the filter.
func (m *Model) context() {
	e := m.Current()
	if e == nil || e.Date.IsZero() {
		return
	}
	at, id := e.Date.Time, e.UUID
	spans := []struct {
		title string
		d     time.Duration
	}{{"10 minutes either side", 10 * time.Minute}, {"an hour either side", time.Hour}, {"a day either side", 24 * time.Hour}, {"a week either side", 7 * 24 * time.Hour}}
	items := make([]views.PickItem, len(spans))
	for i, s := range spans {
		items[i] = views.PickItem{Title: s.title}
	}
	m.env.Host.Ask(views.Pick{Title: "all events within", Items: items, Chosen: func(i int) tea.Cmd {
		m.env.Host.Mark()
		d := spans[i].d
		text := query.And("", api.Condition{Field: api.FieldDate, Op: api.OpGte, Values: []string{api.TimeOf(at.Add(-d)).String()}})
		text = query.And(text, api.Condition{Field: api.FieldDate, Op: api.OpLte, Values: []string{api.TimeOf(at.Add(d)).String()}})
		cmd := m.apply(text)
		m.keep = id
		return cmd
	}})
}

// wantDatasets offers the datasets, as soon as they are known.
func (m *Model) wantDatasets() tea.Cmd {
	if len(m.catalogs.Datasets) > 0 {
		m.chooseDatasets()
		return nil
	}
	m.datasetsWanted = true
	return m.needCatalogs()
}

// chooseDatasets offers the scopes and the datasets of the account.
func (m *Model) chooseDatasets() {
	type choice struct {
		title string
		ids   []string
	}
	choices := []choice{{"the default dataset", nil}, {"all datasets", []string{api.ScopeAll}}}
	for _, d := range m.catalogs.Datasets {
		if d.DeletedAt == nil {
			choices = append(choices, choice{d.Name, []string{d.UUID}})
		}
	}
	items := make([]views.PickItem, len(choices))
	for i, c := range choices {
		items[i] = views.PickItem{Title: c.title, On: fmt.Sprint(c.ids) == fmt.Sprint(m.dataset)}
	}
	m.env.Host.Ask(views.Pick{Title: "search in", Items: items, Chosen: func(i int) tea.Cmd {
		return m.SearchIn(choices[i].ids)
	}})
}
