package events

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// Do carries out an action of the focused part.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	for _, try := range []func(keymap.ID) (tea.Cmd, bool){m.doMove, m.doFilter, m.doColumns, m.doMarks, m.doFacets, m.doLine} {
		if cmd, ok := try(id); ok {
			m.changed()
			return cmd, true
		}
	}
	return nil, false
}

func (m *Model) doMove(id keymap.ID) (tea.Cmd, bool) {
	if mo, ok := id.MotionIn(keymap.Events); ok {
		views.Move(m.table, mo)
		return m.moved(), true
	}
	switch id {
	case keymap.EventsLeft:
		m.table.Left()
	case keymap.EventsRight:
		m.table.Right()
	case keymap.EventsOpen:
		m.open()
	case keymap.EventsGoto:
		m.env.Host.Prompt("go to date", "", m.goTo)
	default:
		return nil, false
	}
	return nil, true
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
	if c.values != nil {
		text = strings.Join(c.values(e), ", ")
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

// Why tells why an action can't be done now.
func (m *Model) Why(id keymap.ID) string {
	switch id {
	case keymap.EventsInclude, keymap.EventsExclude:
		if c := m.column(); c != nil && c.field == "" {
			return "the API can't filter by " + strings.ToLower(c.Title)
		}
		fallthrough
	case keymap.EventsOpen, keymap.EventsPivot, keymap.EventsContext, keymap.EventsGraph, keymap.EventsMark, keymap.EventsRangeFrom, keymap.EventsRangeTo:
		if m.Current() == nil {
			return "no event is selected"
		}
	case keymap.EventsClearFilter, keymap.EventsPopFilter:
		if m.text == "" {
			return "there is no filter"
		}
	case keymap.EventsUnmark:
		if len(m.marks) == 0 {
			return "nothing is marked"
		}
	case keymap.EventsFacets:
		if m.geometry.filter.W < facetsFrom {
			return fmt.Sprintf("facets need a window of %d columns", facetsFrom)
		}
	}
	return ""
}
