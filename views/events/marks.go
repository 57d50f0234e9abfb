package events

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

func (m *Model) markAll() tea.Cmd { return m.env.Async.IDs(m.slot("mark"), m.query(), markMost) }

func (m *Model) unmark() {
	clear(m.marks)
	m.lastMark = -1
	m.table.Invalidate()
}

// markMost is how many events can be marked at once.
const markMost = 100_000

// onMarks marks the ids that were collected; more than markMost matched
// where it says so.
func (m *Model) onMarks(f async.JobDone) {
	ids, ok := f.Value.(async.IDs)
	if f.Err != nil || !ok {
		m.env.Host.Say(toast.Error, fmt.Sprintf("nothing was marked: %v", f.Err))
		return
	}
	for _, id := range ids.List {
		m.marks[id] = true
	}
	m.table.Invalidate()
	if ids.Cut != "" {
		m.env.Host.Say(toast.Warn, "marked the "+views.CutText(len(ids.List), ids.Cut))
		return
	}
	if ids.Total > len(ids.List) {
		m.env.Host.Say(toast.Warn, fmt.Sprintf("marked the first %s of %s", views.Count(len(ids.List)), views.Count(ids.Total)))
		return
	}
	m.env.Host.Say(toast.Good, "marked "+views.Count(len(ids.List)))
}

// mark turns the mark of the selected event and goes to the next.
func (m *Model) mark() tea.Cmd {
	e := m.Current()
	if e == nil {
		return nil
	}
	if m.marks[e.UUID] {
		delete(m.marks, e.UUID)
	} else {
		m.marks[e.UUID] = true
		m.lastMark = m.table.Cursor()
	}
	m.table.Invalidate()
	m.table.MoveBy(1)
	return m.moved()
}

// markRange marks what lies between the last mark and the cursor.
func (m *Model) markRange() {
	c := m.table.Cursor()
	from := m.lastMark
	if from < 0 {
		from = c
	}
	missing := 0
	for i := min(from, c); i <= max(from, c); i++ {
		if e := m.rows.at(i); e != nil {
			m.marks[e.UUID] = true
		} else {
			missing++
		}
	}
	m.lastMark = c
	m.table.Invalidate()
	if missing > 0 {
		m.env.Host.Say(toast.Warn, views.Count(missing)+" rows between aren't loaded and stay unmarked")
	}
}
