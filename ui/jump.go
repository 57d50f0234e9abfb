package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// jump is the labels over what can be gone to, and the letters typed so far.
// Typing a label does what a click on its place does; with shift, what a double
// click does.
type jump struct {
	spots  []layout.Spot // on the screen, those with the focus first
	labels []string      // of the spots, "" for one that has no room for a label
	typed  string
	open   bool
}

// labelLetters are what labels are made of, the easiest to reach first.
const labelLetters = "asdfghjklqwertyuiopzxcvbnm"

// labelsFor are n labels of which none begins another: as many as can be of one
// letter, the others of two.
func labelsFor(n int) []string {
	k := len(labelLetters)
	n = min(n, k*k)
	pairs := 0 // letters that begin labels of two
	for k-pairs+pairs*k < n {
		pairs++
	}
	out := make([]string, 0, n)
	for i := range min(k-pairs, n) {
		out = append(out, labelLetters[i:i+1])
	}
	for i := k - pairs; i < k; i++ {
		for j := range k {
			if len(out) < n {
				out = append(out, labelLetters[i:i+1]+labelLetters[j:j+1])
			}
		}
	}
	return out
}

// spotted is a box with things to go to; the spots are relative to the box, w
// and h what it may be at most.
type spotted interface {
	spots(w, h int) []layout.Spot
}

// beginJump puts labels on what is in sight.
func (m *Model) beginJump() tea.Cmd {
	spots := m.spots()
	if len(spots) == 0 {
		return m.say(toast.Info, "there is nothing to jump to")
	}
	j := &jump{spots: spots, labels: make([]string, len(spots))}
	apart := m.apart(spots)
	names := labelsFor(len(apart))
	for n, i := range apart[:len(names)] {
		j.labels[i] = names[n]
	}
	m.jump = j
	return nil
}

// apart are the spots whose labels don't touch, as two cells each, in their
// order.
func (m *Model) apart(spots []layout.Spot) []int {
	taken := map[layout.Spot]bool{}
	var out []int
	for i, s := range spots {
		next := layout.Spot{X: s.X + 1, Y: s.Y}
		if taken[s] || taken[next] || s.X < 0 || s.Y < 0 || s.X >= m.w || s.Y >= m.h {
			continue
		}
		taken[s], taken[next] = true, true
		out = append(out, i)
	}
	return out
}

// spots are the places that can be gone to now: of the topmost box, else of
// the view with the focus, the one beside it, and the tabs.
func (m *Model) spots() []layout.Spot {
	if m.w < leastW || m.h < leastH {
		return nil
	}
	if top, ok := m.overlay.Top(); ok {
		s, ok := top.(spotted)
		if !ok {
			return nil
		}
		_, place := m.boxed(top)
		room := m.boxRoom()
		return place.In(s.spots(room.W, room.H))
	}
	p := m.arrange()
	var out []layout.Spot
	add := func(v views.View, at layout.Rect) {
		if j, ok := v.(views.Jumper); ok && !at.Empty() {
			out = append(out, at.In(j.Spots(at.W, at.H))...)
		}
	}
	add(m.view(), m.rect(p))
	if m.view() != views.View(m.events) {
		add(m.events, p.events)
	} else {
		add(m.detail, p.detail)
	}
	_, tabs := m.tabLabels(m.tabRoom())
	for _, t := range tabs {
		out = append(out, layout.Spot{X: t.x, Y: p.head.Y})
	}
	return out
}

// jumpKey takes a letter of a label. Any other key ends the jump.
func (m *Model) jumpKey(k tea.KeyPressMsg) tea.Cmd {
	j := m.jump
	if k.String() == "backspace" && j.typed != "" {
		j.typed = ""
		return nil
	}
	letter := strings.ToLower(k.Text)
	if len(letter) != 1 || !strings.Contains(labelLetters, letter) {
		m.jump = nil
		return nil
	}
	j.typed += letter
	j.open = k.Text != letter
	i := slices.Index(j.labels, j.typed)
	if i >= 0 {
		m.jump = nil
		return m.land(j, j.spots[i])
	}
	if !slices.ContainsFunc(j.labels, func(l string) bool { return strings.HasPrefix(l, j.typed) }) {
		m.jump = nil
	}
	return nil
}

// land does what a click on a spot does, if it is still where it was.
func (m *Model) land(j *jump, at layout.Spot) tea.Cmd {
	if !slices.Equal(j.spots, m.spots()) {
		return m.say(toast.Info, "the screen has changed meanwhile: jump again")
	}
	m.press = press{}
	cmd := m.clickOn(at)
	if j.open {
		cmd = tea.Batch(cmd, m.clickOn(at)) // the second of a double click
	}
	m.press = press{}
	return cmd
}

func (m *Model) clickOn(at layout.Spot) tea.Cmd {
	mouse := tea.Mouse{X: at.X, Y: at.Y, Button: tea.MouseLeft}
	if top, ok := m.overlay.Top(); ok {
		return m.pointAt(top, tea.MouseClickMsg(mouse), mouse)
	}
	return m.click(m.arrange(), mouse)
}

// jumps tells whether a key begins a jump where keys else go to a box or a
// text field: one that types does so only where nothing is typed.
func (m *Model) jumps(k tea.KeyPressMsg, typed bool) bool {
	a, match := m.env.Keys.Resolve([]keymap.Scope{keymap.Global}, nil, k.String())
	return match == keymap.Full && a.ID == keymap.AppJump && !(typed && k.Text != "")
}

// types tells whether letters are text in a box.
func types(l layer) bool {
	_, ok := l.(typing)
	return ok
}

// label lays the labels over the screen: those that may still be meant, and of
// them the letters to come.
func (m *Model) label(lines []string) []string {
	j := m.jump
	if j == nil {
		return lines
	}
	pen := m.env.Styles.MatchCurrent
	for i, l := range j.labels {
		rest, ok := strings.CutPrefix(l, j.typed)
		if !ok || rest == "" {
			continue
		}
		s := j.spots[i]
		lines = layout.Overlay(lines, []string{pen.Paint(rest)}, min(s.X, m.w-len(rest)), s.Y)
	}
	return lines
}
