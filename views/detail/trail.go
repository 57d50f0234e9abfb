package detail

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
)

// step is a way gone by the relations: from an event to the one with an id.
type step struct {
	from *api.Event
	to   string
}

// Bounds of the way back: of how many events it is remembered what was opened
// there, and how many steps one can go back.
const (
	maxLeft  = 200
	maxTrail = 200
)

// leave remembers what is opened, for the way back.
func (m *Model) leave(to string) {
	if len(m.left) >= maxLeft {
		clear(m.left)
	}
	m.left[m.event.UUID] = m.related.links[m.related.cursor]
	m.trail = append(m.trail, step{m.event, to})
	if len(m.trail) > maxTrail {
		m.trail = m.trail[1:]
	}
}

// onTrail forgets the steps that didn't lead to the event shown now.
func (m *Model) onTrail(id string) {
	for n := len(m.trail) - 1; n >= 0 && m.trail[n].to != id; n-- {
		m.trail = m.trail[:n]
	}
}

// CameFrom is the event whose relations led to the one shown, nil where it was
// opened otherwise.
func (m *Model) CameFrom() *api.Event {
	if n := len(m.trail); n > 0 {
		return m.trail[n-1].from
	}
	return nil
}

// Return goes back to that event, and to its relations.
func (m *Model) Return() tea.Cmd {
	from := m.CameFrom()
	if m.wanted != "" {
		m.env.Async.Cancel(m.slot("event"))
		m.wanted, m.slow = "", false
	}
	return tea.Batch(m.Show(from), m.Select(Relations))
}
