package events

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/views"
)

// Place is where a person is in this view: what back and forward return to.
type Place struct {
	Filter, SortBy, Order string
	Dataset               []string
	Event                 string // the event under the cursor
	Row                   int
}

// Snapshot is the present place.
func (m *Model) Snapshot() Place {
	p := Place{Filter: m.text, SortBy: m.sortBy, Order: m.order, Dataset: m.dataset, Row: m.table.Cursor()}
	if m.part == partFilter {
		p.Filter = m.before
	}
	if e := m.Current(); e != nil {
		p.Event = e.UUID
	}
	return p
}

// Restore returns to a place.
func (m *Model) Restore(p Place) tea.Cmd {
	if m.part == partFilter {
		m.leaveLine()
	}
	same := p.Filter == m.text && p.SortBy == m.sortBy && p.Order == m.order && equal(p.Dataset, m.dataset)
	if same {
		m.table.MoveTo(p.Row)
		return m.moved()
	}
	m.sortBy, m.order, m.dataset = p.SortBy, p.Order, p.Dataset
	m.showSort()
	if err := m.parse(p.Filter); err != nil {
		m.showError(err)
		return nil
	}
	m.filter.SetValue(p.Filter)
	m.filter.SetError(0, 0, "")
	m.keep = p.Event
	return m.reload(0)
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Blank tells whether there is nothing at all to show: no filter, no events.
func (m *Model) Blank() bool {
	return m.loadedOnce && !m.stale && m.text == "" && m.rows.length() == 0 && m.err == nil
}

// Reload asks anew for everything, past what is remembered.
func (m *Model) Reload() tea.Cmd {
	m.env.Async.Forget()
	m.catalogsAsked = false
	m.activity = activity{}
	return m.reload(0)
}

// SetEmpty sets what is shown where there are no events and no filter.
func (m *Model) SetEmpty(lines func() []string) { m.welcome = lines }

// Selection is what this view has in hand: the filter, the marks, the cursor.
func (m *Model) Selection() views.Selection {
	return views.Selection{
		Filter: m.text, Query: m.query(), Total: m.rows.total,
		Marked: m.marks.ids(), Current: m.Current(),
	}
}
