package graph

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"threatbench/keymap"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

// footFrom is the height from which on the last two lines tell about the node
// under the cursor and explain the signs.
const footFrom = 10

// Draw is the view in exactly h lines of w cells.
func (m *Model) Draw(w, h int, focused bool) []string {
	key := memo{version: m.version, env: m.env.Version, w: w, h: h, focused: focused}
	if m.memo.lines != nil && m.memo.version == key.version && m.memo.env == key.env && m.memo.w == w && m.memo.h == h && m.memo.focused == focused {
		return m.memo.lines
	}
	m.w, m.h = w, h
	body := m.body(w, m.bodyHeight(), focused) // first: the title tells where one is in it
	lines := append([]string{m.title(w, focused)}, body...)
	if m.hasFoot() {
		lines = append(lines, m.about(w), m.scene.picture.Legend(w))
	}
	key.lines = layout.Fit(lines, w, h)
	m.memo = key
	return key.lines
}

func (m *Model) hasFoot() bool { return m.scene != nil && m.scene.came && m.h >= footFrom }

// bodyHeight is the rows the graph itself has.
func (m *Model) bodyHeight() int {
	if m.hasFoot() {
		return m.h - 3
	}
	return max(m.h-1, 0)
}

func (m *Model) body(w, h int, focused bool) []string {
	s, st := m.scene, m.env.Styles
	switch {
	case m.lost != nil:
		return m.say(w, h, st.Error, "Nothing can be drawn: "+m.lost.Error()+". r tries again.")
	case m.finding != nil && s == nil:
		return m.say(w, h, st.Faint, "looking for the "+m.finding[0].Type+" "+views.OneLine(m.finding[0].ID)+m.env.Dots())
	case s == nil:
		return m.say(w, h, st.Faint, "No graph is shown. Choose an event in Events and press "+m.keyOf()+" to see what surrounds it.")
	case s.came && s.form == asTable:
		s.list.table.SetSize(w, h)
		s.list.table.Focus(focused)
		return s.list.table.Lines()
	case s.came:
		s.picture.SetFocus(focused)
		return s.picture.Lines(w, h)
	case s.err != nil:
		return m.say(w, h, st.Error, "The relationships could not be loaded: "+s.err.Error()+". r tries again.")
	case s.slow:
		return m.say(w, h, st.Faint, "loading relationships"+m.env.Dots())
	}
	return layout.Fit(nil, w, h)
}

// keyOf is the key that opens the graph from the events, as it is set.
func (m *Model) keyOf() string {
	hints := m.env.Keys.Hints([]keymap.Scope{keymap.Events}, "events.graph")
	if len(hints) == 0 {
		return "the palette"
	}
	if m.env.ASCII {
		return keymap.KeyLabelASCII(hints[0].Keys)
	}
	return keymap.KeyLabel(hints[0].Keys)
}

func (m *Model) say(w, h int, pen theme.Pen, text string) []string {
	var lines []string
	for _, l := range strings.Split(ansi.Wrap(views.Shown(text), max(w-4, 8), " "), "\n") {
		lines = append(lines, "  "+pen.Paint(l))
	}
	return layout.Fit(lines, w, h)
}

// title is the line over the graph: what it holds on the left, how it stands
// on the right.
func (m *Model) title(w int, focused bool) string {
	st := m.env.Styles
	pen := st.Title
	if focused {
		pen = st.TitleFocus
	}
	left := st.Border.Paint(strings.Repeat(st.Glyphs.HLine, 2)) + " " + pen.Paint("Graph") + " "
	right := m.state()
	room := w - ansi.StringWidth(left) - ansi.StringWidth(right)
	for _, part := range m.holds() {
		if n := ansi.StringWidth(part) + 2; n <= room {
			left += st.Faint.Paint(part) + "  "
			room -= n
		}
	}
	if room > 0 {
		left += st.Border.Paint(strings.Repeat(st.Glyphs.HLine, room))
	}
	return layout.Line(left+right, w)
}

// holds says what is in the graph, the most important first.
func (m *Model) holds() []string {
	s := m.scene
	if s == nil || !s.came {
		return nil
	}
	parts := []string{count(len(s.order), "node") + ", " + count(len(s.all()), "edge"), count(s.depth, "step"), s.way.String()}
	if s.dropped > 0 {
		parts = append(parts, fmt.Sprintf("around the first %d of %d", len(s.seeds), len(s.seeds)+s.dropped))
	}
	if s.derived {
		parts = append(parts, s.derivedNote())
	}
	if s.missing > 0 {
		parts = append(parts, count(s.missing, "reference")+" to events that aren't here")
	}
	return parts
}

// derivedNote says that the server had no graph to give, and why where it said.
func (s *scene) derivedNote() string {
	if s.reason == "" {
		return "by search: this server has no graph"
	}
	return "by search: " + views.Shown(s.reason)
}

// state says what goes on, and what lies outside the window.
func (m *Model) state() string {
	s, st := m.scene, m.env.Styles
	if s == nil {
		return ""
	}
	var parts []string
	add := func(pen theme.Pen, text string) { parts = append(parts, pen.Paint(text)) }
	switch {
	case s.err != nil && s.came:
		add(st.Error, "not all could be loaded, r tries again")
	case s.paused():
		add(st.Warn, "more than "+views.Count(len(s.order))+": m loads more")
	case s.cut:
		add(st.Warn, "not all: the server gives no more around a node")
	case s.slow && s.came:
		add(st.Warn, "loading"+m.env.Dots())
	}
	if cur, total := s.picture.Found(); s.query != "" && total > 0 && s.form != asTable {
		add(st.Match, fmt.Sprintf("%d/%d", cur, total))
	}
	if out := m.outside(); out != "" {
		add(st.Faint, out)
	}
	if len(parts) == 0 {
		return ""
	}
	return " " + strings.Join(parts, "  ") + " "
}

// outside counts the nodes beyond each edge of the window.
func (m *Model) outside() string {
	s, g := m.scene, &m.env.Styles.Glyphs
	if !s.came || s.form == asTable {
		return ""
	}
	signs := [...]string{"←", g.Up, "→", g.Down}
	if m.env.ASCII {
		signs[0], signs[2] = "<", ">"
	}
	left, up, right, down := s.picture.Outside()
	var parts []string
	for i, n := range [...]int{left, up, right, down} {
		if n > 0 {
			parts = append(parts, signs[i]+views.Count(n))
		}
	}
	return strings.Join(parts, " ")
}

// about is the node under the cursor in one line, its text to the end of the
// window.
func (m *Model) about(w int) string {
	st := m.env.Styles
	n, ok := m.scene.current()
	if !ok {
		return layout.Line(" "+st.Faint.Paint(m.folded()), w)
	}
	dot := st.Faint.Paint(" " + st.Glyphs.Bullet + " ")
	parts := []string{st.Strong.Paint(views.Shown(kindOf(n)))}
	if e := n.Event; e != nil {
		parts = append(parts, st.Text.Paint(m.env.Date(e.Date)))
		if e.TLP != "" {
			parts = append(parts, m.env.TLP(e.TLP).Paint(views.Shown(e.TLP)))
		}
		if e.Attacker != "" {
			parts = append(parts, st.Text.Paint(views.Shown(e.Attacker)))
		}
	}
	head := " " + strings.Join(parts, dot) + dot
	text := layout.Cut(views.Shown(title(n)), 0, max(w-ansi.StringWidth(head), 0))
	return layout.Line(head+st.Text.Paint(text), w)
}

// folded names the first of what a "+97 more" stands for.
func (m *Model) folded() string {
	it, ok := m.scene.picture.Current()
	if !ok {
		return ""
	}
	var names []string
	for _, k := range it.Hidden[:min(len(it.Hidden), 4)] {
		if n := m.scene.nodes[k]; n != nil {
			names = append(names, layout.Cut(views.Shown(title(n)), 0, 40))
		}
	}
	return views.Count(len(it.Hidden)) + " folded: " + strings.Join(names, ", ") + m.env.Dots()
}

// CursorXY is where the real cursor belongs.
func (m *Model) CursorXY() (x, y int, ok bool) {
	switch {
	case m.scene == nil || !m.scene.came:
		return 0, 0, false
	case m.scene.form == asTable:
		x, y = m.scene.list.table.CursorXY()
		return x, y + 1, y >= 0
	}
	x, y, ok = m.scene.picture.CursorXY()
	return x, y + 1, ok
}

// Click selects what is under the pointer; twice opens it. Elsewhere it takes
// hold of the drawing.
func (m *Model) Click(x, y int, double bool) tea.Cmd {
	s := m.scene
	if s == nil || !s.came || y < 1 || y > m.bodyHeight() {
		return nil
	}
	m.changed()
	m.grip = point{x, y}
	if s.form == asTable {
		if h := s.list.table.Hit(x, y-1); h.Row >= 0 {
			s.list.table.MoveTo(h.Row)
			if double {
				m.openNode()
			}
		}
		return nil
	}
	it, ok := s.picture.Hit(x, y-1)
	if ok && s.picture.Click(x, y-1) && double && it.ID != "" {
		m.openNode()
	}
	return nil
}

// Drag pans the drawing.
func (m *Model) Drag(x, y int, _ bool) tea.Cmd {
	if m.scene == nil || m.scene.form == asTable {
		return nil
	}
	m.scene.picture.Pan(m.grip.x-x, m.grip.y-y)
	m.grip = point{x, y}
	m.changed()
	return nil
}

// Wheel scrolls.
func (m *Model) Wheel(_, _, by int) tea.Cmd {
	if m.scene == nil {
		return nil
	}
	if m.scene.form == asTable {
		m.scene.list.table.ScrollBy(by)
	} else {
		m.scene.picture.Pan(0, by)
	}
	m.changed()
	return nil
}
