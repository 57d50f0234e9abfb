package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// nextTheme goes to the next theme and says its name.
func (m *Model) nextTheme() tea.Cmd {
	names := m.options.Themes.Names()
	next := 0
	for i, n := range names {
		if n == m.themeID {
			next = (i + 1) % len(names)
		}
	}
	m.themeID = names[next]
	return tea.Batch(m.restyle(), m.say(toast.Info, "theme: "+m.themeID))
}

func (m *Model) background(dark bool) tea.Cmd {
	if dark == m.dark {
		return nil
	}
	m.dark = dark
	return m.restyle()
}

// restyle loads the present theme and hands it to everything that draws.
func (m *Model) restyle() tea.Cmd {
	st, err := m.options.Themes.Load(m.themeID, m.dark, m.env.ASCII)
	if err != nil {
		return m.say(toast.Error, err.Error())
	}
	st = st.For(m.colors)
	m.env.Styles = st
	m.env.Version++
	m.toasts.SetStyles(st)
	m.events.Restyle()
	cmds := []tea.Cmd{m.detail.Restyle()}
	for _, s := range m.tabs {
		if r, ok := s.view.(views.Restyler); ok {
			cmds = append(cmds, r.Restyle())
		}
	}
	return tea.Batch(cmds...)
}

// switchZone changes between UTC and the local time zone. What filters mean by
// a day changes with it, so what depends on that is asked for anew.
func (m *Model) switchZone() tea.Cmd {
	if m.env.Zone == time.UTC {
		m.env.Zone = time.Local
	} else {
		m.env.Zone = time.UTC
	}
	m.env.Version++
	m.events.Restyle()
	cmds := []tea.Cmd{m.events.Rezone()}
	for _, s := range m.tabs {
		if r, ok := s.view.(views.Rezoned); ok && s.view != views.View(m.events) {
			cmds = append(cmds, r.Rezone())
		}
	}
	return tea.Batch(cmds...)
}

// sayZone says in which zone times are now: the two may have one name.
func (m *Model) sayZone() tea.Cmd {
	text := "times in " + views.ZoneName(m.env.Zone, m.env.Now())
	if m.env.Zone == time.Local {
		text += ", your local time"
	}
	return m.say(toast.Info, text)
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}
