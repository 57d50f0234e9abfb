package alerts

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/views"
)

// watchMost bounds how many queries are watched from here: each look at one is
// a call.
const watchMost = 30

// The slots of watching.
const (
	tickSlot = "tick"
	newsSlot = "news-"
)

// settings are what is remembered of watching, per profile.
type settings struct {
	Minutes int  // between two looks
	Off     bool // nothing is looked for by itself
}

// watch looks for what is new now and then.
type watch struct {
	settings
	news map[int64]views.Total // events of a query since it was last seen
	at   time.Time             // of the last look
}

// everyMinutes is how long to wait between two looks until a person chooses
// otherwise: calls count towards a monthly quota.
const everyMinutes = 5

func newWatch(env *views.Env) watch {
	w := watch{settings: settings{Minutes: everyMinutes}, news: map[int64]views.Total{}}
	env.Memory.Load("alerts.watch", &w.settings)
	if w.Minutes < 1 {
		w.Minutes = everyMinutes
	}
	return w
}

// look looks once and waits for the next time.
func (m *Model) look() tea.Cmd {
	if m.watch.Off {
		return nil
	}
	switch {
	case m.lacking && m.noQueries:
		return nil // there is nothing to look at, today or later
	case m.lacking && !m.queryOK:
		return tea.Batch(m.env.Async.SavedQueries(m.slot("queries")), m.tick())
	case m.lacking:
		return tea.Batch(m.countNew(), m.tick())
	}
	return tea.Batch(m.askInbox(m.often()), m.tick())
}

// often has one look serve everybody who watches the same account at the same
// pace, unless a person has asked for it.
func (m *Model) often() async.Option {
	if m.forced {
		return async.Refresh
	}
	return async.Within(time.Duration(m.watch.Minutes) * time.Minute * 9 / 10)
}

// tick waits until the next look.
func (m *Model) tick() tea.Cmd {
	return m.env.Async.After(m.slot(tickSlot), time.Duration(m.watch.Minutes)*time.Minute)
}

// watched are the queries that are looked at.
func (m *Model) watched() []api.SavedQuery { return m.queries[:min(len(m.queries), watchMost)] }

// countNew asks for each query how many events are new since it was seen.
func (m *Model) countNew() tea.Cmd {
	m.watch.at = m.env.Now()
	var cmds []tea.Cmd
	for _, q := range m.watched() {
		s := views.ReadSaved(q, m.env.Memory, m.env.Now())
		ask, ok := views.NewSince(s.Query, m.env.Memory.LookedAt(q).Seen)
		if s.Problem != "" || !ok {
			m.watch.news[q.ID] = views.Unknown()
			continue
		}
		cmds = append(cmds, m.env.Async.Page(m.slot(newsSlot+strconv.FormatInt(q.ID, 10)), ask, 0, m.often()))
	}
	return tea.Batch(cmds...)
}

// onEvents takes the count of a watched query, or a test's events.
func (m *Model) onEvents(f async.EventsLoaded) tea.Cmd {
	number, ok := strings.CutPrefix(f.Slot.Name, newsSlot)
	if !ok {
		m.onTest(f)
		return nil
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil
	}
	m.watch.news[id] = views.Unknown()
	if f.Err == nil {
		m.watch.news[id] = views.TotalOf(f.Page)
	}
	m.inboxErr = f.Err
	return nil
}

// withNews counts the queries that have something new.
func (m *Model) withNews() int {
	n := 0
	for _, q := range m.watched() {
		if m.watch.news[q.ID].N > 0 {
			n++
		}
	}
	return n
}

func (m *Model) keepWatch() tea.Cmd { return m.env.Memory.Save("alerts.watch", m.watch.settings) }

// switchWatch turns watching on or off.
func (m *Model) switchWatch() tea.Cmd {
	m.watch.Off = !m.watch.Off
	if m.watch.Off {
		m.env.Async.Cancel(m.slot(tickSlot))
		return m.keepWatch()
	}
	return tea.Batch(m.keepWatch(), m.look())
}

// chooseInterval offers how long to wait between two looks.
func (m *Model) chooseInterval() {
	minutes := []int{1, 5, 15, 30, 60, 240}
	items := make([]views.PickItem, len(minutes))
	for i, n := range minutes {
		items[i] = views.PickItem{Title: every(n), Detail: m.cost(n), On: n == m.watch.Minutes}
	}
	m.env.Host.Ask(views.Pick{Title: "look for new events", Items: items, Chosen: func(i int) tea.Cmd {
		m.watch.Minutes, m.watch.Off = minutes[i], false
		return tea.Batch(m.keepWatch(), m.tick())
	}})
}

func every(minutes int) string {
	switch {
	case minutes == 1:
		return "every minute"
	case minutes == 60:
		return "every hour"
	case minutes > 60:
		return "every " + strconv.Itoa(minutes/60) + " hours"
	}
	return "every " + strconv.Itoa(minutes) + " minutes"
}

// cost says what watching takes of the quota.
func (m *Model) cost(minutes int) string {
	calls := 1
	if m.lacking {
		calls = len(m.watched())
	}
	return views.Count(calls*24*60/minutes) + " calls a day"
}
