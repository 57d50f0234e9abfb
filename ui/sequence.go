package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// sequence is the keys pressed of one not yet complete, and the box that lists
// what may follow.
type sequence struct {
	keys []string
	box  *overlay.Help
	next []keymap.Action // the rows of the box, by their number
	why  string          // why the rows in parentheses can't be done now
}

// beginSequence takes the next key of a sequence and lists what may follow it.
func (m *Model) beginSequence(scopes []keymap.Scope, name string) {
	s := &sequence{}
	if m.pending != nil {
		s.keys = slices.Clone(m.pending.keys)
	}
	s.keys = append(s.keys, name)
	var groups []overlay.Group
	var reasons []string
	for _, a := range m.env.Keys.Continuations(scopes, s.keys) {
		why := m.why(a.ID)
		if why != "" && !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
		groups = addHelp(groups, a.Group, overlay.HelpRow{Keys: m.helpKeys(a), Title: a.Title, Disabled: why})
	}
	for _, g := range groups {
		for _, a := range m.env.Keys.Continuations(scopes, s.keys) {
			if a.Group == g.Name {
				s.next = append(s.next, a)
			}
		}
	}
	if len(reasons) == 1 {
		s.why = "( )  " + reasons[0]
	}
	s.box = overlay.NewHelp(m.env.Styles, groups)
	s.box.SetBrief()
	m.pending = s
}

// endSequence takes a key that means nothing after those pressed: it scrolls the
// list, leaves, or says that it leads nowhere.
func (m *Model) endSequence(name string) tea.Cmd {
	s := m.pending
	switch name {
	case "down", "ctrl+n":
		s.box.Scroll(1)
	case "up", "ctrl+p":
		s.box.Scroll(-1)
	case "pgdown", "ctrl+f", "ctrl+d":
		s.box.Page(1)
	case "pgup", "ctrl+b", "ctrl+u":
		s.box.Page(-1)
	case "esc", "ctrl+c", "backspace", "enter":
		m.pending = nil
	default:
		m.pending = nil
		return m.say(toast.Info, "no action has the keys "+m.keyLabel(strings.Join(s.keys, " ")+" "+name))
	}
	return nil
}

// titled is the title of the box: the keys so far, and on how many events they
// act.
func (m *Model) titled(s *sequence) string {
	title := m.keyLabel(strings.Join(s.keys, " "))
	if n := m.acting(); n > 0 {
		title += "  on " + views.Plural(n, "event")
	}
	return title
}

// sequenceBox draws what may follow the keys pressed, above the bottom line,
// as wide and high as it needs to be.
func (m *Model) sequenceBox(s *sequence) ([]string, layout.Rect) {
	maxW, maxH := m.w-overlay.FrameW, m.h-2-overlay.FrameH
	foot := []string{}
	if s.why != "" {
		foot = []string{m.env.Styles.Faint.Paint(s.why)}
	}
	w, h := s.box.Size(maxW, maxH-len(foot))
	if len(foot) > 0 {
		w = min(max(w, layout.Width(foot[0])), maxW)
	}
	hint := m.env.Styles.Key.Paint("esc") + " " + m.env.Styles.Hint.Paint("cancel")
	body := append(s.box.Lines(w, h), foot...)
	if p := s.box.Position(); p != "" {
		hint = m.env.Styles.Key.Paint(m.keyLabel("down")) + " " + m.env.Styles.Hint.Paint("more "+p) + "  " + hint
	}
	w, h = w+overlay.FrameW, len(body)+overlay.FrameH
	at := layout.Rect{X: (m.w - w) / 2, Y: max(m.h-1-h, 0), W: w, H: h}
	return overlay.Box(m.env.Styles, m.titled(s), body, hint, w, h), at
}

// pointAtSequence gives the mouse to the box.
func (m *Model) pointAtSequence(s *sequence, msg tea.MouseMsg, at tea.Mouse) tea.Cmd {
	switch msg.(type) {
	case tea.MouseWheelMsg:
		s.box.Scroll(map[tea.MouseButton]int{tea.MouseWheelUp: -1, tea.MouseWheelDown: 1}[at.Button])
	case tea.MouseClickMsg:
		if at.Button == tea.MouseLeft {
			return m.clickSequence(s, at)
		}
	}
	return nil
}

// clickSequence carries out what is clicked on in the box; a click beside it
// closes it.
func (m *Model) clickSequence(s *sequence, at tea.Mouse) tea.Cmd {
	_, place := m.sequenceBox(s)
	x, y := place.Local(at.X, at.Y)
	row, ok := s.box.At(x-overlay.FrameW/2, y-overlay.FrameH/2)
	switch {
	case ok:
		m.pending = nil
		return m.do(s.next[row].ID)
	case !place.Contains(at.X, at.Y):
		m.pending = nil
	}
	return nil
}
