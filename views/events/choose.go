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

// moveColumn moves the shown column i to the left or to the right.
func (m *Model) moveColumn(i, by int) {
	j := i + by
	if i < 0 || i >= len(m.cols) || j < 0 || j >= len(m.cols) {
		return
	}
	m.cols[i], m.cols[j] = m.cols[j], m.cols[i]
	m.showColumns()
	if by < 0 {
		m.table.Left()
	} else {
		m.table.Right()
	}
}

// chooseColumns opens the list of all columns: those shown first, in their
// order, then the others.
func (m *Model) chooseColumns() {
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
