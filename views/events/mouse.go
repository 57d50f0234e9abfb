package events

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/ui/widget/table"
)

// Click selects what is under the pointer; a second click on a row opens it.
func (m *Model) Click(x, y int, double bool) tea.Cmd {
	m.changed()
	g := m.geometry
	switch {
	case g.filter.Contains(x, y):
		var cmd tea.Cmd
		if m.part != partFilter {
			cmd = m.edit()
		}
		m.filter.Click(x-3, max(g.filter.W-3, 1))
		return cmd
	case g.facets.Contains(x, y):
		m.leaveIfTyping()
		m.part = partFacets
		if m.facets.hit(y-g.facets.Y) && double {
			return m.facet(false)
		}
		return nil
	case g.timeline.Contains(x, y):
		m.leaveIfTyping()
		m.timeline.drag(x, g.timeline.W)
		return nil
	}
	m.leaveIfTyping()
	m.part = partTable
	return m.clickTable(x-g.table.X, y-g.table.Y, double)
}

func (m *Model) leaveIfTyping() {
	if m.part == partFilter {
		m.accept()
	}
}

func (m *Model) clickTable(x, y int, double bool) tea.Cmd {
	h := m.table.Hit(x, y)
	switch h.Kind {
	case table.Header:
		m.table.SetCol(h.Col)
		return m.sortBySelected()
	case table.Scrollbar:
		return m.jump(h.Row)
	case table.Row:
		m.table.MoveTo(h.Row)
		if h.Col >= 0 {
			m.table.SetCol(h.Col)
		}
		if double {
			m.open()
			return nil
		}
		return m.moved()
	}
	return nil
}

// Drag selects a range on the timeline; done puts it into the filter.
func (m *Model) Drag(x, y int, done bool) tea.Cmd {
	if m.timeline.from < 0 {
		return nil
	}
	m.changed()
	if !done {
		m.timeline.drag(x, m.geometry.timeline.W)
		return nil
	}
	from, to, ok := m.timeline.drop()
	if !ok {
		return nil
	}
	return m.between(from, to)
}

// Wheel scrolls what is under the pointer.
func (m *Model) Wheel(x, y, by int) tea.Cmd {
	m.changed()
	g := m.geometry
	if g.facets.Contains(x, y) {
		m.facets.scroll(by, g.facets.H)
		return nil
	}
	m.table.ScrollBy(by)
	return m.moved()
}

// MoveFocus goes from the table to the facets and back.
func (m *Model) MoveFocus(by int) bool {
	m.changed()
	switch {
	case m.part == partFilter:
		m.leaveIfTyping()
		return true
	case m.part == partFacets && by > 0:
		m.part = partTable
		return true
	case m.part == partTable && by < 0 && m.geometry.facets.W > 0:
		m.part = partFacets
		return true
	}
	return false
}

// EnterFrom puts the focus on the first or the last part.
func (m *Model) EnterFrom(by int) {
	m.changed()
	m.part = partTable
	if by > 0 && m.geometry.facets.W > 0 {
		m.part = partFacets
	}
}

// Focus puts the focus on the table.
func (m *Model) Focus() {
	if m.part == partFilter {
		m.leaveIfTyping()
	}
	m.part = partTable
	m.changed()
}
