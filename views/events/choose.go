package events

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/ui/widget/table"
	"threatbench/views"
)

func (m *Model) showColumns() {
	cols := make([]table.Column, len(m.cols))
	for i, c := range m.cols {
		cols[i] = c.Column
	}
	m.table.SetColumns(cols)
	m.showSort()
	m.table.Invalidate()
	m.changed()
}

// Columns are the ids of the columns shown, in their order.
func (m *Model) Columns() []string {
	out := make([]string, len(m.cols))
	for i, c := range m.cols {
		out[i] = c.ID
	}
	return out
}

// moveColumn moves the selected column to the left or to the right.
func (m *Model) moveColumn(by int) tea.Cmd {
	i := m.table.Col()
	j := i + by
	if i < 0 || i >= len(m.cols) || j < 0 || j >= len(m.cols) {
		return nil
	}
	m.cols[i], m.cols[j] = m.cols[j], m.cols[i]
	m.showColumns()
	if by < 0 {
		m.table.Left()
	} else {
		m.table.Right()
	}
	return m.ensure()
}

// chooseColumns opens the list of all columns: those shown first, in their
// order, then the others.
func (m *Model) chooseColumns() tea.Cmd {
	order, on := m.arrangement()
	items := func() []views.PickItem {
		out := make([]views.PickItem, len(order))
		for i, id := range order {
			k := slices.IndexFunc(m.all, func(c column) bool { return c.ID == id })
			out[i] = views.PickItem{Title: m.all[k].Title, Detail: m.all[k].about, On: on[id]}
		}
		return out
	}
	show := func() {
		m.setColumns(slices.DeleteFunc(slices.Clone(order), func(id string) bool { return !on[id] }))
	}
	m.env.Host.Ask(views.Pick{
		Title: "columns", Items: items(), Toggles: items,
		Chosen: func(i int) tea.Cmd {
			on[order[i]] = !on[order[i]]
			show()
			return m.ensure()
		},
		Reset: func() {
			m.setColumns(nil)
			order, on = m.arrangement()
		},
		Move: func(i, by int) {
			if j := i + by; j >= 0 && j < len(order) {
				order[i], order[j] = order[j], order[i]
				show()
			}
		},
	})
	return nil
}

// arrangement is every column's id, those shown first, and which those are.
func (m *Model) arrangement() (order []string, on map[string]bool) {
	order, on = m.Columns(), map[string]bool{}
	for _, id := range order {
		on[id] = true
	}
	for _, c := range m.all {
		if !on[c.ID] {
			order = append(order, c.ID)
		}
	}
	return order, on
}

func (m *Model) reverseSort() tea.Cmd {
	m.order = reverse(m.order)
	return m.resort()
}

// toggleFacets shows the facets or hides them.
func (m *Model) toggleFacets() tea.Cmd {
	m.showFacets = !m.showFacets
	m.part = partTable
	m.relayout()
	return m.ensure()
}

func (m *Model) toggleTimeline() tea.Cmd {
	m.showTimeline = !m.showTimeline
	m.relayout()
	return m.ensure()
}

func (m *Model) relayout() {
	g := m.geometry
	m.Resize(g.filter.W, max(g.table.Y+g.table.H, g.timeline.Y+g.timeline.H))
}

// sortBySelected orders by the selected column, newest or smallest first; a
// second time reverses.
func (m *Model) sortBySelected() tea.Cmd {
	c := m.column()
	if c == nil {
		return nil
	}
	return m.sortByColumn(c)
}

func (m *Model) sortByColumn(c *column) tea.Cmd {
	if m.sortBy == c.orderBy {
		m.order = reverse(m.order)
	} else {
		m.sortBy, m.order = c.orderBy, "asc"
		if slices.Contains([]string{"date", "createdAt", "tlp", "numReferences"}, c.orderBy) {
			m.order = "desc"
		}
	}
	return m.resort()
}

// SortBy orders by the column with this id, as s on it does. It reports whether
// there is such a column that orders.
func (m *Model) SortBy(id string) (tea.Cmd, bool) {
	i := slices.IndexFunc(m.all, func(c column) bool { return c.ID == id && c.orderBy != "" })
	if i < 0 {
		return nil, false
	}
	return m.sortByColumn(&m.all[i]), true
}

// ShowOnly shows the columns with these ids, the usual ones for none.
func (m *Model) ShowOnly(ids []string) tea.Cmd {
	m.setColumns(ids)
	return m.ensure()
}

// SearchIn searches datasets; none are the server's default one.
func (m *Model) SearchIn(datasets []string) tea.Cmd {
	m.env.Host.Mark()
	m.dataset = datasets
	return m.reload(0)
}

// GoTo moves to the first event of a date, as it is written.
func (m *Model) GoTo(date string) tea.Cmd { return m.goTo(date) }

func (m *Model) resort() tea.Cmd {
	m.showSort()
	m.table.Home()
	return m.reload(0)
}

func (m *Model) showSort() {
	for _, c := range m.cols {
		if c.orderBy == m.sortBy {
			m.table.SetSort(c.ID, m.order == "desc")
			return
		}
	}
	m.table.SetSort("", false)
}

// setColumns shows the columns with these ids in this order; none means the
// usual ones.
func (m *Model) setColumns(ids []string) {
	if len(ids) == 0 {
		ids = defaultColumns()
	}
	m.cols = m.cols[:0:0]
	for _, id := range ids {
		if i := slices.IndexFunc(m.all, func(c column) bool { return c.ID == id }); i >= 0 {
			m.cols = append(m.cols, m.all[i])
		}
	}
	if len(m.cols) == 0 {
		m.setColumns(nil)
		return
	}
	m.showColumns()
}
