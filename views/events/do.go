package events

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// move moves the cursor of the table.
func (m *Model) move(by keymap.Motion) tea.Cmd {
	views.Move(m.table, by)
	return m.moved()
}

// open goes to the selected event; while a new list is on its way, to the
// first of that one, since that is what a person who types ahead means.
func (m *Model) open() {
	if m.opening = m.stale; m.opening {
		return
	}
	if e := m.Current(); e != nil {
		m.env.Host.Mark()
		m.env.Host.Open(*e)
	}
}

// copyCell puts the selected cell's value on the clipboard.
func (m *Model) copyCell() {
	e, c := m.Current(), m.column()
	if e == nil || c == nil {
		return
	}
	text := c.text(e, m.env).Text
	if values, ok := c.offers(e, m.env); ok {
		text = strings.Join(values, ", ")
	}
	if text == "" {
		m.env.Host.Say(toast.Info, "this cell is empty: nothing to copy")
		return
	}
	m.env.Host.Copy("the "+strings.ToLower(c.Title), text)
}

// column is the selected column.
func (m *Model) column() *column {
	if i := m.table.Col(); i >= 0 && i < len(m.cols) {
		return &m.cols[i]
	}
	return nil
}
