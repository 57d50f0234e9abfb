package ui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/views"
	"threatbench/views/events"
)

// kept is what the workbench is taken up from in the next session of its
// profile: where things stood, not what was in them.
type kept struct {
	Screen screen
	Events events.Kept
	Split  struct {
		Way    way
		Share  float64
		Hidden bool
	}
	// What differs from the configuration, since a person changed it here.
	Theme         string
	Zoned, Moused bool
}

const keptName = "frame.kept"

// keep remembers the workbench as it is.
func (m *Model) keep() tea.Cmd {
	k := kept{Screen: m.screen, Events: m.events.Keep(), Zoned: (m.env.Zone == time.UTC) != m.options.UTC, Moused: m.mouse == m.options.NoMouse}
	k.Split.Way, k.Split.Share, k.Split.Hidden = m.split.way, m.split.share, m.split.hidden
	if m.themeID != m.options.Theme {
		k.Theme = m.themeID
	}
	return m.env.Memory.Save(keptName, k)
}

// takeUp brings back what was kept, before the first request is made. What the
// command line asks for goes before it.
func (m *Model) takeUp() {
	var k kept
	if !m.env.Memory.Load(keptName, &k) {
		return
	}
	if m.options.Query != "" {
		k.Events.Filter, k.Events.Event = m.options.Query, ""
	}
	m.events.TakeUp(k.Events)
	m.split.way, m.split.hidden = k.Split.Way, k.Split.Hidden
	m.split.grow(k.Split.Share-m.split.share, true)
	if slices.Contains(m.options.Themes.Names(), k.Theme) {
		m.themeID = k.Theme
	}
	if k.Zoned {
		m.switchZone()
	}
	m.mouse = m.mouse != k.Moused
	if s := m.seatAt(k.Screen); s != nil && m.options.Query == "" {
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
