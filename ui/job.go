package ui

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/progress"
)

// job is long work under way; the bottom line shows how far it is.
type job struct {
	slot  async.Slot
	state progress.State
	meter progress.Meter
}

// beginJob shows work under way in the bottom line; total is 0 where it isn't
// known.
func (m *Model) beginJob(s async.Slot, label string, total int) {
	m.job = &job{slot: s, state: progress.State{Label: label, Total: int64(total), Cancel: m.cancelHint()}}
}

// cancelHint names the key that ends what is under way.
func (m *Model) cancelHint() string {
	for _, h := range m.env.Keys.Hints([]keymap.Scope{keymap.Global}, keymap.AppCancel) {
		return m.keyLabel(h.Keys) + " cancels"
	}
	return ""
}

// busy says what is under way, and how to end it.
func (m *Model) busy() string {
	s := m.job.state
	if s.Cancel == "" {
		return s.Label + " is under way"
	}
	return s.Label + " is under way: " + s.Cancel + " it"
}

// cancels tells whether a key ends what is under way. It does so wherever the
// focus is, even while somebody is typing; nothing else has such a key.
func (m *Model) cancels(key string) bool {
	if m.job == nil {
		return false
	}
	a, match := m.env.Keys.Resolve([]keymap.Scope{keymap.Global}, nil, key)
	return match == keymap.Full && a.ID == keymap.AppCancel
}

func (m *Model) cancelJob() { m.env.Async.Cancel(m.job.slot) }

// quit leaves, after asking where something would be lost by it.
func (m *Model) quit() tea.Cmd {
	q := overlay.Question{Title: "Leave", Accept: "Leave", Danger: true}
	switch {
	case m.job != nil:
		q.Ask = "Leave while this is under way?"
		q.Details = []string{m.job.state.Label, "", m.env.Styles.Faint.Paint("It ends here; what is done stays done.")}
	case m.options.Throwaway && m.changes.stack.UndoLabel() != "":
		q.Ask = "Leave the demo?"
		q.Details = []string{"Its database is thrown away, and with it what you changed:", m.changes.stack.UndoLabel()}
	default:
		return tea.Quit
	}
	m.overlay.Open(&confirmLayer{m: m, ask: overlay.NewConfirm(m.env.Styles, q), then: func() tea.Cmd { return tea.Quit }})
	return nil
}
