package ui

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/views"
	"threatbench/views/detail"
	"threatbench/views/events"
)

// place is where a person was.
type place struct {
	screen screen
	focus  pane
	events events.Place
	event  *api.Event
	tab    detail.Tab
	at     any // in a view that has the window to itself
}

// mostPlaces bounds the history; the oldest are forgotten.
const mostPlaces = 200

func (m *Model) here() place {
	p := place{screen: m.screen, focus: m.focus, events: m.events.Here(), event: m.detail.Event(), tab: m.detail.Tab()}
	if s := m.seat(); s != nil {
		if v, ok := s.view.(views.Placed); ok {
			p.at = v.Here()
		}
	}
	return p
}

// mark remembers the present place; what lay ahead is forgotten.
func (m *Model) mark() {
	m.past = append(m.past, m.here())
	if len(m.past) > mostPlaces {
		m.past = m.past[1:]
	}
	m.future = nil
	m.queue = append(m.queue, m.keep()) // a session that is cut off begins again about here
}

func (m *Model) back() tea.Cmd {
	n := len(m.past) - 1
	p := m.past[n]
	m.past = m.past[:n]
	m.future = append(m.future, m.here())
	return m.visit(p)
}

func (m *Model) forward() tea.Cmd {
	n := len(m.future) - 1
	p := m.future[n]
	m.future = m.future[:n]
	m.past = append(m.past, m.here())
	return m.visit(p)
}

// visit returns to a place.
func (m *Model) visit(p place) tea.Cmd {
	cmds := []tea.Cmd{m.show(p.screen, p.focus), m.events.Go(p.events)}
	if p.event != nil {
		cmds = append(cmds, m.detail.Show(p.event), m.detail.Select(p.tab))
	}
	if s := m.seat(); s != nil && p.at != nil {
		if v, ok := s.view.(views.Placed); ok {
			cmds = append(cmds, v.Go(p.at))
		}
	}
	return tea.Batch(cmds...)
}
