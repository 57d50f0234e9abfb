package ui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"threatbench/views"
)

// Crash is the first panic the model has caught, with its stack; "" where there
// was none. In tests nothing ends the program for it, so they have to ask.
func Crash(m *Model) string {
	if m.crash == nil {
		return ""
	}
	return fmt.Sprintf("%v\n%s", m.crash.value, m.crash.stack)
}

// Guarded counts the lines that the last guard before the terminal had to
// change, each time it was drawn.
func Guarded(m *Model) int { return m.guarded }

// SaveState remembers where things stand, as the end of a session does.
func SaveState(m *Model) { m.saveState() }

// Remember gives the command that writes something down.
func Remember(m *Model) tea.Cmd { return m.env.Memory.Save("test.x", 1) }

// WithoutTerminal has the editor run beside the program, which keeps its
// terminal: the harness can't call off the reader of its input.
func WithoutTerminal(m *Model) *Model {
	m.exec = func(c tea.ExecCommand, done tea.ExecCallback) tea.Cmd {
		return func() tea.Msg { return done(c.Run()) }
	}
	return m
}

// MenuBox draws a list to choose from, EntryBox a text field.
func MenuBox(m *Model, p views.Pick, w, h int) []string { return newMenu(m, p).box(w, h) }

func EntryBox(m *Model, e views.Entry, w, h int) []string { return newEntryOf(m, e).box(w, h) }

// Labels are the jump labels for n places.
func Labels(n int) []string { return labelsFor(n) }
