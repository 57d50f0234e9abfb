package ui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/views"
	"threatbench/views/events"
)

// savedState is what the workbench is taken up from in the next session on its
// database or account: where things stood, not what was in them.
type savedState struct {
	Screen screen
	Events events.SavedState
	Split  struct {
		Way    way
		Share  float64
		Hidden bool
	}
	// What differs from the configuration, since a person changed it here.
	Theme         string
	Zoned, Moused bool
}

const savedStateName = "frame.kept"

// saveState remembers the workbench as it is.
func (m *Model) saveState() tea.Cmd {
	k := savedState{Screen: m.screen, Events: m.events.SaveState(), Zoned: (m.env.Zone == time.UTC) != m.options.UTC, Moused: m.mouse == m.options.NoMouse}
	k.Split.Way, k.Split.Share, k.Split.Hidden = m.split.way, m.split.share, m.split.hidden
	if m.themeID != m.options.Theme {
		k.Theme = m.themeID
	}
	if m.options.Query != "" { // asked for once: what it looked for doesn't replace what was saved
		k.Screen, k.Events.Place = m.saved.Screen, m.saved.Events.Place
		k.Events.Marks, k.Events.Watch = m.saved.Events.Marks, m.saved.Events.Watch
	}
	return m.env.Memory.Save(savedStateName, k)
}

// restoreState brings back what was kept, before the first request is made. What the
// command line asks for goes before it.
func (m *Model) restoreState() {
	var k savedState
	if !m.env.Memory.Load(savedStateName, &k) {
		m.saved = savedState{Screen: m.screen, Events: m.events.SaveState()}
		m.saved.Events.Filter, m.saved.Events.Event = "", ""
		return
	}
	m.saved = k
	if m.options.Query != "" {
		k.Events.Filter, k.Events.Event = m.options.Query, ""
	}
	if k.Zoned {
		m.switchZone() // first: the filter's days are those of the zone
	}
	m.events.RestoreState(k.Events)
	m.split.way, m.split.hidden = k.Split.Way, k.Split.Hidden
	m.split.grow(k.Split.Share-m.split.share, true)
	if slices.Contains(m.options.Themes.Names(), k.Theme) {
		m.themeID = k.Theme
	}
	m.mouse = m.mouse != k.Moused
	if s := m.tabAt(k.Screen); s != nil && m.options.Query == "" {
		m.screen = s.screen
	}
}

// arrive tells the view that the session begins with that it is shown.
func (m *Model) arrive() tea.Cmd {
	if a, ok := m.view().(views.Arriver); ok {
		return a.Arrive()
	}
	return nil
}
