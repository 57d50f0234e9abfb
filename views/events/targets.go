package events

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/views"
)

// Targets are the marked events, or the one under the cursor.
func (m *Model) Targets() views.Targets {
	if m.marks.len() == 0 {
		e := m.Current()
		if e == nil {
			return views.Targets{}
		}
		return views.Targets{On: async.Targets([]api.Event{*e}), Known: []api.Event{*e}}
	}
	known := map[string]api.Event{}
	m.rows.each(func(e *api.Event) {
		if m.marks.has(e.UUID) {
			known[e.UUID] = *e
		}
	})
	t := views.Targets{Elsewhere: m.elsewhere()}
	for _, id := range m.marks.ids() {
		e, here := known[id]
		if here {
			t.Known = append(t.Known, e)
		} else if was, seen := m.marks.seen[id]; seen && t.Elsewhere > 0 {
			t.Absent = append(t.Absent, was)
		}
		t.On = append(t.On, async.Target{Dataset: e.DatasetID, ID: id})
	}
	return t
}

// Acting is how many events are marked, or one where one is under the cursor.
func (m *Model) Acting() int {
	switch {
	case m.marks.len() > 0:
		return m.marks.len()
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
			m.marks.remove(t.ID)
		}
	}
	if e := m.Current(); e != nil {
		m.keep = e.UUID
	}
	m.activity = activity{}
	return m.reload(0) // what may be wrong was forgotten with the change
}

// MarkThese marks events by their ids in the place of what was marked. Those
// that are all in the list that was asked for last are told so.
func (m *Model) MarkThese(ids []string, listed bool) {
	m.marks = newMarks()
	list := ""
	if listed {
		list = m.keyOf(m.env.Portable(m.text))
	}
	for _, id := range ids {
		m.marks.add(id, list)
	}
	m.table.Invalidate()
	m.changed()
}
