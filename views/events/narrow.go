package events

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/keymap"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// popFilter takes the last condition off the filter.
func (m *Model) popFilter() tea.Cmd {
	m.env.Host.Mark()
	return m.apply(strings.TrimSpace(query.Without(m.text, -1)))
}

// build opens the filter in the builder.
func (m *Model) build() { m.env.Host.Visit(m.inForce()) }

// save saves the filter in force as a query, with its datasets and order.
func (m *Model) save() { m.env.AskSave(m.inForce(), "", nil) }

// alert goes to alerting on the filter in force.
func (m *Model) alert() { m.env.Host.Visit(views.VisitAlert{}) }

func (m *Model) inForce() views.VisitQuery { return m.Selection().Saved() }

func (m *Model) clear() tea.Cmd {
	if m.text == "" && m.filter.Value() == "" {
		return nil
	}
	m.env.Host.Mark()
	return m.apply("")
}

// refresh asks anew for everything; the cursor stays on its event.
func (m *Model) refresh() tea.Cmd {
	if e := m.Current(); e != nil {
		m.keep = e.UUID
	}
	m.env.Async.Forget()
	return m.reload(0)
}

// cell narrows to, or away from, the value of the selected cell; where the
// cell holds several, it asks which.
func (m *Model) cell(exclude bool) tea.Cmd {
	e, c := m.Current(), m.column()
	if e == nil || c == nil || c.field == "" {
		return nil
	}
	values, ok := c.offers(e, m.env)
	if !ok {
		return nil
	}
	switch len(values) {
	case 0:
		m.env.Host.Say(toast.Info, "this cell is empty: nothing to filter by")
		return nil
	case 1:
		return m.narrow(c.field, values[0], exclude)
	}
	title := "only events with"
	if exclude {
		title = "without"
	}
	items := make([]views.PickItem, len(values))
	for i, v := range values {
		items[i] = views.PickItem{Title: v}
	}
	m.env.Host.Ask(views.Pick{Title: title, Items: items, Chosen: func(i int) tea.Cmd { return m.narrow(c.field, values[i], exclude) }})
	return nil
}

// bound makes the selected event's date the start or the end of the range.
func (m *Model) bound(op api.Op) tea.Cmd {
	e := m.Current()
	if e == nil || e.Date.IsZero() {
		return nil
	}
	m.env.Host.Mark()
	m.keep = e.UUID
	keep := m.keep
	cmd := m.apply(query.And(m.text, api.Condition{Field: api.FieldDate, Op: op, Values: []string{e.Date.String()}}))
	m.keep = keep
	return cmd
}

// between puts from..to (not included) into the filter instead of the dates
// it has.
func (m *Model) between(from, to time.Time) tea.Cmd {
	m.env.Host.Mark()
	text := m.withoutDates()
	text = query.And(text, api.Condition{Field: api.FieldDate, Op: api.OpGte, Values: []string{api.TimeOf(from).String()}})
	text = query.And(text, api.Condition{Field: api.FieldDate, Op: api.OpLt, Values: []string{api.TimeOf(to).String()}})
	return m.apply(text)
}

func (m *Model) wholeRange() tea.Cmd {
	text := m.withoutDates()
	if text == m.text {
		return nil
	}
	m.env.Host.Mark()
	return m.apply(text)
}

// withoutDates is the filter's text without its conditions on the date.
func (m *Model) withoutDates() string {
	text := m.text
	terms := query.Terms(text)
	for i := len(terms) - 1; i >= 0; i-- {
		f, err := query.Parse(text[terms[i].Pos:terms[i].End], m.env.Now())
		if err == nil && len(f.Branches) == 0 && len(f.Search) > 0 && onlyDates(f.Search) {
			text = query.Without(text, i)
		}
	}
	return strings.TrimSpace(text)
}

func onlyDates(conditions []api.Condition) bool {
	for _, c := range conditions {
		if c.Field != api.FieldDate {
			return false
		}
	}
	return true
}

func (m *Model) moveInFacets(by keymap.Motion) tea.Cmd {
	m.facets.move(by.By(m.geometry.facets.H))
	return nil
}

func (m *Model) moreValues() {
	if l, ok := m.facets.selected(); ok {
		m.facets.toggleMore(l.column)
	}
}

// facet narrows to, or away from, the selected value; "more" opens the facet,
// "not counted yet" has it counted.
func (m *Model) facet(exclude bool) tea.Cmd {
	l, ok := m.facets.selected()
	if !ok {
		return nil
	}
	if l.more > 0 {
		m.facets.toggleMore(l.column)
		return nil
	}
	if l.ask {
		return m.countColumn(l.column)
	}
	if l.value.Value == "" {
		m.env.Host.Say(toast.Info, "the API can't filter by an empty value")
		return nil
	}
	return m.narrow(api.Field(l.column), l.value.Value, exclude)
}
