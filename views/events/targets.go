package events

import (
	"maps"
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/views"
)

// Targets are the marked events, or the one under the cursor.
func (m *Model) Targets() views.Targets {
	if len(m.marks) == 0 {
		e := m.Current()
		if e == nil {
			return views.Targets{}
		}
		return views.Targets{On: async.Targets([]api.Event{*e}), Known: []api.Event{*e}}
	}
	known := map[string]api.Event{}
	for _, c := range m.rows.chunks {
		for _, e := range c.events {
			if m.marks[e.UUID] {
				known[e.UUID] = e
			}
		}
	}
	var t views.Targets
	for _, id := range slices.Sorted(maps.Keys(m.marks)) {
		e, here := known[id]
		if here {
			t.Known = append(t.Known, e)
		}
		t.On = append(t.On, async.Target{Dataset: e.DatasetID, ID: id})
	}
	return t
}

// Acting is how many events are marked, or one where one is under the cursor.
func (m *Model) Acting() int {
	switch {
	case len(m.marks) > 0:
		return len(m.marks)
	case m.Current() != nil:
		return 1
	}
	return 0
}

// Changed asks anew for what is shown; marks and cursor stay where they are.
// Marks of events that were deleted go.
func (m *Model) Changed(r async.ChangeResult) tea.Cmd {
	if r.Change.Kind == async.KindDelete {
		for _, t := range r.Done {
			delete(m.marks, t.ID)
		}
	}
	if e := m.Current(); e != nil {
		m.keep = e.UUID
	}
	m.activity = activity{}
	return m.reload(0) // what may be wrong was forgotten with the change
}

// MarkThese marks events by their ids in the place of what was marked.
func (m *Model) MarkThese(ids []string) {
	clear(m.marks)
	for _, id := range ids {
		m.marks[id] = true
	}
	m.table.Invalidate()
	m.changed()
}
