package ui

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/views"
	"threatbench/views/detail"
	"threatbench/views/events"
)

// location is where a person was.
type location struct {
	screen screen
	focus  pane
	events events.Place
	event  *api.Event
	tab    detail.Tab
	at     any // in a view that has the window to itself
	lookup *lookedUp
}

// maxPlaces bounds the history; the oldest are forgotten.
const maxPlaces = 200

func (m *Model) snapshot() location {
	p := location{screen: m.screen, focus: m.focus, events: m.events.Snapshot(), event: m.detail.Event(), tab: m.detail.Tab(), lookup: m.lookups.open}
	if s := m.currentTab(); s != nil {
		if v, ok := s.view.(views.Snapshotter); ok {
			p.at = v.Snapshot()
		}
	}
	return p
}

// mark remembers the present place; what lay ahead is forgotten.
func (m *Model) mark() {
	m.past = append(m.past, m.snapshot())
	if len(m.past) > maxPlaces {
		m.past = m.past[1:]
	}
	m.future = nil
	m.queue = append(m.queue, m.saveState()) // a session that is cut off begins again about here
}

func (m *Model) back() tea.Cmd {
	n := len(m.past) - 1
	p := m.past[n]
	m.past = m.past[:n]
	m.future = append(m.future, m.snapshot())
	return m.restore(p)
}

func (m *Model) forward() tea.Cmd {
	n := len(m.future) - 1
	p := m.future[n]
	m.future = m.future[:n]
	m.past = append(m.past, m.snapshot())
	return m.restore(p)
}

// restore returns to a place.
func (m *Model) restore(p location) tea.Cmd {
	cmds := []tea.Cmd{m.show(p.screen, p.focus), m.events.Restore(p.events)}
	if p.event != nil {
		cmds = append(cmds, m.detail.Show(p.event), m.detail.Select(p.tab))
	}
	if s := m.currentTab(); s != nil && p.at != nil {
		if v, ok := s.view.(views.Snapshotter); ok {
			cmds = append(cmds, v.Restore(p.at))
		}
	}
	if p.lookup != nil {
		m.showLookup(p.lookup)
	}
	return tea.Batch(cmds...)
}

// closeDetail goes one step back: to the event whose relations led here, to the
// view the detail was opened from, else to the list.
func (m *Model) closeDetail() tea.Cmd {
	if from := m.detail.CameFrom(); from != nil {
		if n := len(m.past) - 1; n >= 0 && m.past[n].event != nil && m.past[n].event.UUID == from.UUID {
			m.past, m.future = m.past[:n], append(m.future, m.snapshot())
		}
		return m.detail.Return()
	}
	if n := len(m.past) - 1; m.screen == screenDetail && n >= 0 && m.past[n].screen != screenDetail {
		return m.back()
	}
	m.split.zoomed = false
	return m.show(screenEvents, paneEvents)
}

// inList tells whether the list has the focus.
func (m *Model) inList() bool { return m.screen == screenEvents && m.focus == paneEvents }

// previewSelected shows beside the list what its actions touch.
func (m *Model) previewSelected() tea.Cmd {
	if e := m.events.Current(); e != nil {
		return m.detail.Show(e)
	}
	return nil
}
