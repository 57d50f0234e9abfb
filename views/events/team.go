package events

import (
	"fmt"
	"maps"

	"threatbench/api/async"
	"threatbench/views"
)

// Peers takes over which events others look at.
func (m *Model) Peers(list []views.Peer) {
	now := map[string]bool{}
	for _, o := range list {
		if o.Presence.Event != "" {
			now[o.Presence.Event] = true
		}
	}
	if !maps.Equal(now, m.watched) {
		m.watched = now
		m.changed()
	}
}

// Watched tells whether somebody else looks at row i.
func (s source) Watched(i int) bool {
	if len(s.m.watched) == 0 {
		return false
	}
	e := s.m.rows.at(i)
	return e != nil && s.m.watched[e.UUID]
}

// Outdated notes that others have changed events that are shown or marked. The
// list stays as it is.
func (m *Model) Outdated(c views.TeamChange) {
	shown, marked := m.touched(c.On)
	switch {
	case marked > 0:
		m.note = fmt.Sprintf("%s %s of your marks: r shows it", c.Did(), views.Count(marked))
	case shown > 0:
		m.note = fmt.Sprintf("%s %s of these: r shows it", c.Did(), views.Count(shown))
	default:
		return
	}
	m.changed()
}

// touched counts those of the targets that are in sight, and that are marked.
func (m *Model) touched(on []async.Target) (shown, marked int) {
	rows := map[string]bool{}
	for from, to := m.table.Visible(); from < to; from++ {
		if e := m.rows.at(from); e != nil {
			rows[e.UUID] = true
		}
	}
	for _, t := range on {
		if rows[t.ID] {
			shown++
		}
		if m.marks.has(t.ID) {
			marked++
		}
	}
	return shown, marked
}
