package detail

import (
	"slices"
	"strings"

	"threatbench/api/async"
	"threatbench/views"
)

// Peers takes over who else looks at which event.
func (m *Model) Peers(list []views.Peer) {
	if m.with != nil || len(list) > 0 {
		m.with = list
		m.changed()
	}
}

// Outdated notes that somebody else has changed the event shown, which stays
// as it is.
func (m *Model) Outdated(c views.TeamChange) {
	if m.event == nil || !slices.ContainsFunc(c.On, func(t async.Target) bool { return t.ID == m.event.UUID }) {
		return
	}
	m.note = c.Did() + " this at " + c.At.In(m.env.Zone).Format("15:04:05") + ": r shows it"
	m.changed()
}

// beside is what others have to do with the event shown: that they changed it,
// else that they look at it too.
func (m *Model) beside() string {
	if m.event == nil {
		return ""
	}
	if m.note != "" {
		return m.note
	}
	var names []string
	for _, o := range m.with {
		if o.Presence.Event == m.event.UUID && !slices.Contains(names, o.Name) {
			names = append(names, o.Name)
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1, 2:
		return m.env.Styles.Glyphs.Other + " " + strings.Join(names, ", ") + " here too"
	}
	return m.env.Styles.Glyphs.Other + " " + views.Count(len(names)) + " others here too"
}
