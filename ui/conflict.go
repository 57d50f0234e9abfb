package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/clean"
	"threatbench/keymap"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// resumeEdit goes on with a text that was written in the editor and came to
// nothing.
type resumeEdit func(r async.ChangeResult) tea.Cmd

// changeText is change of something a person has written: where it comes to
// nothing they can go on with it.
func (m *Model) changeText(c async.Change, sample []api.Event, resume resumeEdit) tea.Cmd {
	if why := m.whyNoChange(); why != "" {
		return m.again("Not saved", why, func() tea.Cmd { return resume(async.ChangeResult{}) })
	}
	cmd := m.change(c, sample)
	m.changes.resume = resume
	return cmd
}

// notDone asks what is to become of what wasn't done: of what somebody changed
// meanwhile, of a text that was written. Where somebody is typing or answering
// something else it names the key instead.
func (m *Model) notDone(r async.ChangeResult) tea.Cmd {
	if m.sent != nil || len(r.Failed)+len(r.Unknown)+len(r.NotBegun) == 0 {
		return nil // the form comes back by itself
	}
	resume := m.changes.resume
	one := r.Change.Count() <= 1
	if one && resume == nil && len(r.Conflicts) == 0 {
		return nil
	}
	if m.occupied() {
		return m.nameOutcomeKey()
	}
	switch {
	case len(r.Conflicts) > 0 && len(r.Conflicts) == len(r.Failed) && len(r.Unknown)+len(r.NotBegun) == 0:
		m.askConflicts(r)
	case one && resume != nil:
		return m.resumeText(r)
	default:
		m.openOutcome()
	}
	return nil
}

// occupied tells whether somebody is typing or answering something.
func (m *Model) occupied() bool {
	_, boxed := m.overlay.Top()
	t, ok := m.view().(views.TextInput)
	return boxed || ok && t.Typing() || m.pending != nil
}

func (m *Model) nameOutcomeKey() tea.Cmd {
	for _, h := range m.env.Keys.Hints([]keymap.Scope{keymap.Global}, keymap.ActLastOutcome) {
		return m.say(toast.Info, m.keyLabel(h.Keys)+" shows what was left, and why")
	}
	return nil
}

// resumeText offers to go on with a text that came to nothing.
func (m *Model) resumeText(r async.ChangeResult) tea.Cmd {
	why := "somebody changed it meanwhile"
	switch {
	case len(r.Conflicts) > 0:
	case len(r.Failed) > 0:
		why = r.Failed[0].Reason
	case r.Err != nil:
		why = r.Err.Error()
	}
	resume := m.changes.resume
	return m.again("Not saved", why, func() tea.Cmd { return resume(r) })
}

// askConflicts shows what somebody changed meanwhile beside what was to be, and
// asks whether to replace it.
func (m *Model) askConflicts(r async.ChangeResult) {
	over, ok := r.Overwrite()
	if !ok {
		return
	}
	n := len(r.Conflicts)
	q := overlay.Question{Title: "Changed meanwhile", Ask: "Somebody changed it meanwhile.", Accept: "Replace", Danger: true}
	if n > 1 {
		q.Ask = "Somebody changed " + views.Count(n) + " of them meanwhile."
	}
	switch r.Change.Way {
	case async.Forward:
		q.Ask += " Replace what they wrote with yours?"
	case async.Undoing:
		q.Ask, q.Accept = q.Ask+" Undo all the same?", "Undo"
	case async.Redoing:
		q.Ask, q.Accept = q.Ask+" Redo all the same?", "Redo"
	}
	if r.Conflicts[0].Deleting && r.Change.Way == async.Forward {
		q.Ask, q.Accept = strings.TrimSuffix(q.Ask, " Replace what they wrote with yours?")+" Delete all the same?", "Delete"
	}
	for i, c := range r.Conflicts {
		if i > 0 {
			q.Details = append(q.Details, "")
		}
		q.Details = append(q.Details, m.conflictLines(c, r.Change)...)
	}
	if r.Unguarded {
		q.Details = append(q.Details, "", m.env.Styles.Faint.Paint(unguardedNote))
	}
	resume := m.changes.resume
	m.overlay.Open(&confirmLayer{m: m, ask: overlay.NewConfirm(m.env.Styles, q),
		then: func() tea.Cmd {
			cmd := m.begin(over)
			m.changes.resume = resume
			return cmd
		},
		otherwise: func() tea.Cmd {
			if resume == nil {
				return nil
			}
			return m.resumeText(r)
		}})
}

// unguardedNote says what no client can see to by itself.
const unguardedNote = "This server has no ETags: a change in the very moment of yours would be replaced unseen."

// conflictLines show one conflict: what it is of, and each value.
func (m *Model) conflictLines(c async.Conflict, of async.Change) []string {
	st := m.env.Styles
	name := c.ID
	if of.Kind == async.KindQuery || of.Kind == async.KindAlert {
		name = strings.ToUpper(of.Label[:1]) + of.Label[1:]
	}
	for i := range m.changes.sample {
		if e := &m.changes.sample[i]; e.UUID == c.ID {
			name = m.brief(e)
		}
	}
	lines := []string{st.Strong.Paint(views.Shown(views.OneLine(name)))}
	for _, f := range c.Fields {
		values := []struct{ word, value string }{{"was", f.Was}, {"now", f.Now}, {"yours", f.Mine}}
		if c.Deleting {
			values = values[:2]
		}
		for _, v := range values {
			lines = append(lines, st.Faint.Paint(f.Title+" "+v.word+": ")+m.conflictValue(of.Kind, f.Title, v.value))
		}
	}
	return lines
}

// conflictValue is a value of a conflict, as a person reads it.
func (m *Model) conflictValue(k async.Kind, title, value string) string {
	if k == async.KindQuery && title == "filter" {
		if text := views.ReadSaved(api.SavedQuery{QueryJSON: value}, m.env.Memory, m.env.Now()).Text; text != "" {
			value = text
		}
	}
	const most = 400
	value = clean.Line(views.OneLine(value))
	if r := []rune(value); len(r) > most {
		value = string(r[:most]) + m.env.Styles.Glyphs.Ellipsis + " (" + views.Count(len(r)) + " characters)"
	}
	if value == "" {
		return "(none)"
	}
	return views.Shown(value)
}

// sayUnguarded tells once a session that the server can't refuse what comes in
// the same moment.
func (m *Model) sayUnguarded(r async.ChangeResult) tea.Cmd {
	if !r.Unguarded || m.changes.toldUnguarded {
		return nil
	}
	m.changes.toldUnguarded = true
	return m.say(toast.Info, unguardedNote)
}
