package events

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// watchEvery is how long to wait between two looks for new events: calls count
// towards a quota.
const watchEvery = 5 * time.Minute

// The slots of watching.
const (
	watchTick = "watch"
	watchNews = "news"
)

// watch counts what has come since the list was loaded. It never moves the
// list. Whether it is on is remembered, per profile.
type watch struct {
	on    bool
	since time.Time // when the list was loaded
	news  views.Total
	err   error
}

// switchWatch begins or ends to look for new events.
func (m *Model) switchWatch() tea.Cmd {
	m.watch.on = !m.watch.on
	if !m.watch.on {
		m.watch.news, m.watch.err = views.Total{}, nil
		m.env.Async.Cancel(m.slot(watchTick))
		m.env.Async.Cancel(m.slot(watchNews))
		m.env.Host.Say(toast.Info, "watching is off")
		return nil
	}
	a := int(24 * time.Hour / watchEvery)
	m.env.Host.Say(toast.Info, fmt.Sprintf("watching every %d minutes: %s calls a day", int(watchEvery.Minutes()), views.Count(a)))
	return m.lookForNews()
}

// restartWatch forgets what was new: the list holds it now.
func (m *Model) restartWatch() tea.Cmd {
	m.watch.since, m.watch.news, m.watch.err = m.env.Now(), views.Total{}, nil
	if !m.watch.on {
		return nil
	}
	m.env.Async.Cancel(m.slot(watchNews))
	return m.env.Async.After(m.slot(watchTick), watchEvery)
}

// lookForNews counts the events that came since the list was loaded, and waits
// for the next time.
func (m *Model) lookForNews() tea.Cmd {
	next := m.env.Async.After(m.slot(watchTick), watchEvery)
	q, ok := views.NewSince(m.query(), m.watch.since)
	if !ok || !m.loadedOnce {
		return next
	}
	return tea.Batch(next, m.env.Async.Page(m.slot(watchNews), q, 0, async.Within(watchEvery*9/10)))
}

func (m *Model) onNews(f async.EventsLoaded) {
	if m.watch.err = f.Err; f.Err == nil {
		m.watch.news = views.TotalOf(f.Page)
	}
}

// newsNote is the word on what is new, "" for none.
func (m *Model) newsNote() string {
	st := m.env.Styles
	switch {
	case !m.watch.on:
		return ""
	case m.watch.err != nil:
		return st.Warn.Paint("watching failed")
	case m.watch.news.N > 0:
		return st.Accent.Paint(m.watch.news.String() + " new, r shows them")
	case m.watch.news.N < 0:
		return st.Warn.Paint("watching: the server doesn't say how many are new")
	}
	return st.Faint.Paint("watching")
}
