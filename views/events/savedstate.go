package events

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// SavedState is what this view is taken up from in the next session.
type SavedState struct {
	Place
	Columns          []KeptColumn
	Watch            bool
	Marks            []string
	Facets, Timeline bool
}

// KeptColumn is a column that was shown. Width is the one a person gave it, 0
// for the usual one.
type KeptColumn struct {
	ID    string
	Width int
}

// maxKept bounds the marks that are kept: a list of everything that matched
// is made again faster than it is read.
const maxKept = 10_000

// SaveState is the view as it is.
func (m *Model) SaveState() SavedState {
	k := SavedState{Place: m.Snapshot(), Facets: m.showFacets, Timeline: m.showTimeline, Watch: m.watch.on}
	for _, c := range m.cols {
		k.Columns = append(k.Columns, KeptColumn{c.ID, c.wished})
	}
	if m.marks.len() <= maxKept {
		k.Marks = m.marks.ids()
	}
	return k
}

// RestoreState brings back what was kept. It is for a view that has not been started:
// what it is to show first is asked for by Init.
func (m *Model) RestoreState(k SavedState) {
	m.text, m.sortBy, m.order, m.keep = k.Filter, k.SortBy, k.Order, k.Event
	m.filter.SetValue(m.text)
	if len(k.Dataset) > 0 {
		m.dataset = k.Dataset
	}
	m.showFacets, m.showTimeline = k.Facets, k.Timeline
	m.watch.on = k.Watch
	ids := make([]string, len(k.Columns))
	for i, c := range k.Columns {
		ids[i] = c.ID
		m.wish(c.ID, c.Width)
	}
	m.setColumns(ids)
	for _, id := range k.Marks {
		m.marks.add(id, "")
	}
}

// wish gives a column the width a person wants, and keeps it so.
func (m *Model) wish(id string, width int) {
	for _, list := range [][]column{m.all, m.cols} {
		if i := slices.IndexFunc(list, func(c column) bool { return c.ID == id }); i >= 0 && width > 0 {
			c := &list[i]
			c.wished, c.Width, c.Min, c.Flex = width, width, width, 0
		}
	}
}

// resizeColumn makes the selected column wider or narrower.
func (m *Model) resizeColumn(by int) tea.Cmd {
	i := m.table.Col()
	m.table.ResizeColumn(i, by)
	if cols := m.table.Columns(); i < len(cols) {
		m.wish(cols[i].ID, cols[i].Width)
	}
	return m.ensure()
}
