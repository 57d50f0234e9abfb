package detail

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/views"
)

// Targets is the event shown.
func (m *Model) Targets() views.Targets {
	if m.event == nil {
		return views.Targets{}
	}
	list := []api.Event{*m.event}
	return views.Targets{On: async.Targets(list), Known: list}
}

// Acting is one where an event is shown.
func (m *Model) Acting() int {
	if m.event == nil {
		return 0
	}
	return 1
}

// Changed asks anew for the event where a change touched it.
func (m *Model) Changed(r async.ChangeResult) tea.Cmd {
	if m.event == nil {
		return nil
	}
	return m.askAnew()
}

// askAnew asks for the event as it is now; what is shown of it follows.
func (m *Model) askAnew() tea.Cmd {
	m.rawFor, m.rendered, m.laid = "", source{}, source{}
	m.wanted = m.event.UUID
	return m.env.Async.Event(m.slot("event"), "", m.event.UUID, 0, async.Refresh)
}
