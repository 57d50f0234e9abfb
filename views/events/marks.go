package events

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// marks are the marked events. Of each it is known in which list it was marked,
// and of some what they were then: a question about events that are out of
// sight names them.
type marks struct {
	lists map[string]string    // the list it was marked in, by id
	seen  map[string]api.Event // by id
}

// maxSeen bounds how many marked events are remembered whole.
const maxSeen = 200

func newMarks() marks { return marks{lists: map[string]string{}, seen: map[string]api.Event{}} }

func (s marks) len() int { return len(s.lists) }

func (s marks) has(id string) bool {
	_, ok := s.lists[id]
	return ok
}

func (s marks) ids() []string { return slices.Sorted(maps.Keys(s.lists)) }

func (s marks) add(id, list string) { s.lists[id] = list }

func (s marks) put(e *api.Event, list string) {
	s.add(e.UUID, list)
	if len(s.seen) < maxSeen {
		s.seen[e.UUID] = *e
	}
}

func (s marks) remove(id string) {
	delete(s.lists, id)
	delete(s.seen, id)
}

// listKey tells the list that is shown from others: what it asks for.
func (m *Model) listKey() string { return m.keyOf(m.shownKey) }

func (m *Model) keyOf(filter string) string { return filter + "\x00" + strings.Join(m.dataset, ",") }

// elsewhere counts the marked events that aren't in the list as it is shown, as
// far as that is known: those marked in another list that aren't among the
// loaded rows.
// Where rows aren't loaded it is the most there can be.
func (m *Model) elsewhere() int {
	n, key := 0, m.listKey()
	for _, list := range m.marks.lists {
		if list != key {
			n++
		}
	}
	if n == 0 {
		return 0
	}
	m.rows.each(func(e *api.Event) {
		if list, marked := m.marks.lists[e.UUID]; marked && list != key {
			n--
		}
	})
	return n
}

func (m *Model) markAll() tea.Cmd { return m.env.Async.IDs(m.slot("mark"), m.query(), markMost) }

func (m *Model) unmark() {
	m.marks = newMarks()
	clear(m.unwanted)
	m.lastMark = -1
	m.table.Invalidate()
}

// want marks an event, which is wanted then.
func (m *Model) want(e *api.Event) {
	m.marks.put(e, m.listKey())
	delete(m.unwanted, e.UUID)
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
	key := m.listKey()
	for _, id := range ids.List {
		m.marks.add(id, key)
		delete(m.unwanted, id)
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
	if m.marks.has(e.UUID) {
		m.marks.remove(e.UUID)
	} else {
		m.want(e)
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
			m.want(e)
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
