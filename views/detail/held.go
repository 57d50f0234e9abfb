package detail

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/views"
)

// Held is what the event shown holds.
func (m *Model) Held() views.Held { return views.HeldOf(m.event) }

// goOn offers where to go from the event shown: to the profile of its attacker,
// to the graphs around what is in it, to the events that share it.
func (m *Model) goOn() {
	e := m.event
	h := views.HeldOf(e)
	h.Datasets = m.env.Host.Selection().Query.Datasets
	ways := h.Ways()
	add := func(title string, field api.Field, value string) {
		if value != "" {
			filter := query.FormatCondition(api.Condition{Field: field, Op: api.OpEquals, Values: []string{value}})
			ways = append(ways, views.Way{PickItem: views.PickItem{Title: title, Detail: views.OneLine(value)}, To: views.VisitEvents{Filter: filter}})
		}
	}
	add("events of the attacker", api.FieldAttacker, e.Attacker)
	add("events with the indicator", api.FieldIndicator, e.Indicator)
	add("events of the category", api.FieldCategory, e.Category)
	for _, t := range e.Tags {
		add("events with the tag", api.FieldTags, t)
	}
	p := views.Pick{Title: "go to the", Chosen: func(i int) tea.Cmd {
		m.env.Host.Visit(ways[i].To)
		return nil
	}}
	for _, w := range ways {
		p.Items = append(p.Items, w.PickItem)
	}
	m.env.Host.Ask(p)
}
