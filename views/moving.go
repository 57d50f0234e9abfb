package views

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/table"
)

// Move moves the cursor of a table.
func Move(t *table.Model, m keymap.Motion) {
	switch {
	case m.Pages != 0:
		t.Page(m.Pages)
	case m.Halves != 0:
		t.HalfPage(m.Halves)
	case m.Ends < 0:
		t.Home()
	case m.Ends > 0:
		t.End()
	default:
		t.MoveBy(m.Lines)
	}
}

// Moves are the entries for moving in a list of things ("event", "dataset or
// change"): up and down, by a screen, to either end.
func Moves[M any](scope keymap.Scope, thing string, move func(M, keymap.Motion) tea.Cmd) []Action[M] {
	return []Action[M]{
		movement(scope, "up", "Up", "up", "Moves to the "+thing+" above.", move, keymap.Motion{Lines: -1}, "k", "up"),
		movement(scope, "down", "Down", "down", "Moves to the "+thing+" below.", move, keymap.Motion{Lines: 1}, "j", "down"),
		movement(scope, "page_up", "Page up", "page up", "Moves up by a screen.", move, keymap.Motion{Pages: -1}, "pgup", "ctrl+b"),
		movement(scope, "page_down", "Page down", "page down", "Moves down by a screen.", move, keymap.Motion{Pages: 1}, "pgdown", "ctrl+f"),
		movement(scope, "first", "To the top", "top", "Moves to the first "+thing+".", move, keymap.Motion{Ends: -1}, "g", "home"),
		movement(scope, "last", "To the end", "end", "Moves to the last "+thing+".", move, keymap.Motion{Ends: 1}, "G", "end"),
	}
}

// HalfPages are the entries for moving by half a screen.
func HalfPages[M any](scope keymap.Scope, move func(M, keymap.Motion) tea.Cmd) []Action[M] {
	return []Action[M]{
		movement(scope, "half_up", "Half a page up", "half up", "Moves up by half a screen.", move, keymap.Motion{Halves: -1}, "ctrl+u"),
		movement(scope, "half_down", "Half a page down", "half down", "Moves down by half a screen.", move, keymap.Motion{Halves: 1}, "ctrl+d"),
	}
}

func movement[M any](scope keymap.Scope, name, title, hint, help string, move func(M, keymap.Motion) tea.Cmd, by keymap.Motion, keys ...string) Action[M] {
	return Action[M]{ID: keymap.ID(string(scope) + "." + name), Group: "Moving", Keys: keys, Title: title, Hint: hint, Help: help, Do: With(move, by)}
}
