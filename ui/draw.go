package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"threatbench/api/clean"
	"threatbench/keymap"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/progress"
	"threatbench/views"
)

// View draws the window. It is called after every message, so what hasn't
// changed is remembered in each pane.
func (m *Model) View() (v tea.View) {
	defer func() {
		if p := recover(); p != nil {
			m.caught(p)
			v = tea.NewView("")
		}
	}()
	lines, cursor := m.draw()
	v = tea.NewView(strings.Join(m.guard(lines), "\n"))
	v.AltScreen = true
	v.Cursor = cursor
	v.WindowTitle = clean.Line("threatbench " + m.options.Profile)
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

func (m *Model) draw() ([]string, *tea.Cursor) {
	if m.w <= 0 || m.h <= 0 {
		return nil, nil
	}
	if m.w < leastW || m.h < leastH {
		return m.tooSmall(), nil
	}
	p := m.arrange()
	var body []string
	switch {
	case p.whole.H > 0:
		body = m.view().Draw(p.whole.W, p.whole.H, true)
	case p.events.H == 0 || p.events.W == 0:
		body = m.detail.Draw(p.detail.W, p.detail.H, true)
	case p.detail.H == 0 || p.detail.W == 0:
		body = m.events.Draw(p.events.W, p.events.H, true)
	default:
		list := m.events.Draw(p.events.W, p.events.H, m.focus == paneEvents)
		one := m.detail.Draw(p.detail.W, p.detail.H, m.focus == paneDetail)
		if p.side {
			body = layout.Join(list, m.upright(p.rule.H), one)
		} else {
			body = layout.Stack(list, one)
		}
	}
	lines := make([]string, 0, m.h)
	lines = append(lines, m.header(m.w))
	lines = append(lines, body...)
	lines = append(lines, m.footer(m.w))
	cursor := m.cursor(p)
	return m.over(lines, p, cursor)
}

// upright is the line between panes side by side.
func (m *Model) upright(h int) []string {
	line := m.env.Styles.Border.Paint(m.env.Styles.Glyphs.VLine)
	return slices.Repeat([]string{line}, h)
}

// over lays completions, toasts, progress and boxes over the panes.
func (m *Model) over(lines []string, p panes, cursor *tea.Cursor) ([]string, *tea.Cursor) {
	if v, ok := m.view().(views.Popup); ok {
		at := m.rect(p)
		if popup, x, y := v.Popup(); len(popup) > 0 && at.W > 0 {
			lines = layout.Overlay(lines, popup, at.X+x, at.Y+y)
		}
	}
	if toasts := m.toasts.Lines(min(m.w-4, 60), m.h/3); len(toasts) > 0 {
		lines = layout.Overlay(lines, toasts, m.w-layout.Width(toasts[0])-1, m.h-1-len(toasts))
	}
	if m.pending != nil {
		box, place := m.sequenceBox(m.pending)
		lines, cursor = layout.Overlay(lines, box, place.X, place.Y), nil
	}
	for _, l := range m.overlay.All() {
		box, place := m.boxed(l)
		lines = layout.Overlay(lines, box, place.X, place.Y)
		cursor = nil
		if t, ok := l.(typing); ok {
			room := m.boxRoom()
			x, y := t.at(room.W, room.H)
			cursor = tea.NewCursor(place.X+x, place.Y+y)
		}
	}
	return m.label(lines), cursor
}

// boxRoom is how large a box may be.
func (m *Model) boxRoom() layout.Rect { return layout.Rect{W: m.w - 4, H: m.h - 2} }

// boxed draws a box and tells where it stands.
func (m *Model) boxed(l layer) ([]string, layout.Rect) {
	room := m.boxRoom()
	box := l.box(room.W, room.H)
	w := layout.Width(box[0])
	return box, layout.Rect{X: (m.w - w) / 2, Y: max((m.h-len(box))/3, 1), W: w, H: len(box)}
}

// cursor is where the real cursor stands: on the selected row or in the field
// with the focus, so that screen readers and magnifiers follow.
func (m *Model) cursor(p panes) *tea.Cursor {
	at := m.rect(p)
	c, ok := m.view().(views.CursorPlacer)
	if !ok {
		return nil
	}
	x, y, ok := c.CursorXY()
	if !ok {
		return nil
	}
	cursor := tea.NewCursor(at.X+min(x, at.W-1), at.Y+min(y, at.H-1))
	cursor.Blink = false
	return cursor
}

// rect is where the view with the focus stands.
func (m *Model) rect(p panes) layout.Rect {
	switch {
	case p.whole.H > 0:
		return p.whole
	case m.view() == views.View(m.detail):
		return p.detail
	}
	return p.events
}

func (m *Model) tooSmall() []string {
	text := fmt.Sprintf("%dx%d is too small: threatbench needs %dx%d", m.w, m.h, leastW, leastH)
	return layout.Fit(strings.Split(ansi.Wrap(text, m.w, " "), "\n"), m.w, m.h)
}

// header is the top line: the views, and how the connection stands.
func (m *Model) header(w int) string {
	st := m.env.Styles
	var b strings.Builder
	name, tabs := m.tabLabels(m.tabRoom())
	b.WriteString(st.AccentStrong.Paint(name))
	at := layout.Width(name)
	for _, t := range tabs {
		pen := st.Tab
		if t.screen == m.screen {
			pen = st.TabCurrent
		}
		b.WriteString(layout.Blank(t.x-at) + pen.Paint(t.text))
		at = t.x + t.w
	}
	right := m.status(w - layout.Width(b.String()) - 2)
	gap := w - layout.Width(b.String()) - layout.Width(right) - 1
	return layout.Line(b.String()+layout.Blank(max(gap, 0))+right, w)
}

// tabRoom is how many cells the tabs may take: the profile's name stays, and
// the zone where it is another one than UTC.
func (m *Model) tabRoom() int {
	room := m.w - layout.Width(m.options.Profile) - 3
	if !m.env.InUTC() {
		room -= layout.Width(m.zoneName()) + 2
	}
	return room
}

// zoneName is how the corner names the zone: with its distance alone, "+08",
// where it has no name and there is little room.
func (m *Model) zoneName() string {
	if m.w < 100 {
		return m.env.Now().In(m.env.Zone).Format("MST")
	}
	return views.ZoneName(m.env.Zone, m.env.Now())
}

// jumpHint is the bottom line while labels are shown.
func (m *Model) jumpHint() string {
	st := m.env.Styles
	return st.AccentStrong.Paint("type a label") + "   " + st.Key.Paint("shift") + " " + st.Hint.Paint("opens it") + "   " + st.Key.Paint("esc") + " " + st.Hint.Paint("cancel")
}

// status is profile, time zone, requests made and how fast the last one was,
// as much of it as there is room for.
func (m *Model) status(room int) string {
	st := m.env.Styles
	var parts []string
	if m.options.Stats != nil {
		s := m.options.Stats()
		if s.RateLimit.Known {
			parts = append(parts, limit(st, s.RateLimit.Remaining, s.RateLimit.Limit))
		}
		if wait := s.BlockedUntil.Sub(m.env.Now()); wait > 0 {
			parts = append(parts, st.Warn.Paint("the server asks to wait "+wait.Round(time.Second).String()))
		}
		if s.RateLimit.Known {
			parts = append(parts, st.Faint.Paint("API calls "+views.Count(s.Calls)))
		}
	}
	parts = append(parts, st.Faint.Paint(m.zoneName()))
	if m.env.ReadOnly {
		parts = append(parts, st.Warn.Paint("read-only"))
	}
	if on := m.teamMark(st); on != "" {
		parts = append(parts, on)
	}
	parts = append(parts, st.Text.Paint(m.options.Profile))
	for len(parts) > 1 && layout.Width(strings.Join(parts, "  ")) > room {
		parts = parts[1:]
	}
	return strings.Join(parts, "  ")
}

// limit says how many calls the server still takes in this window.
func limit(st *theme.Styles, left, most int) string {
	pen := st.Faint
	if most > 0 && left*10 < most {
		pen = st.Warn
	}
	return pen.Paint(views.Count(left) + " API calls left")
}

// footer is the bottom line: what the next keys do, here and now. A job under
// way takes its place.
func (m *Model) footer(w int) string {
	st := m.env.Styles
	if m.job != nil {
		return layout.Line(" "+progress.Bar(st, m.job.state, w-2), w)
	}
	if m.jump != nil {
		return layout.Line(" "+m.jumpHint(), w)
	}
	scopes := m.scopes()
	if m.pending != nil {
		return layout.Line(" "+m.awaiting(), w)
	}
	var hints []keymap.ID
	if h, ok := m.view().(views.Hinter); ok {
		hints = h.Hints()
	}
	var parts []string
	for _, h := range m.env.Keys.Hints(scopes, hints...) {
		parts = append(parts, st.Key.Paint(m.keyLabel(h.Keys))+" "+st.Hint.Paint(h.Text))
	}
	return layout.Line(" "+fitting(parts, w-1), w)
}

// fitting joins as many parts as fit into w cells; the last one, which leads
// to the others, stays.
func fitting(parts []string, w int) string {
	const gap = "   "
	for len(parts) > 1 && layout.Width(strings.Join(parts, gap)) > w {
		parts = slices.Delete(parts, len(parts)-2, len(parts)-1)
	}
	return strings.Join(parts, gap)
}

// awaiting is the bottom line while keys of a sequence are pressed.
func (m *Model) awaiting() string {
	st := m.env.Styles
	keys := m.keyLabel(strings.Join(m.pending.keys, " "))
	return st.AccentStrong.Paint(keys) + " " + st.Hint.Paint("and one of the keys above") + "   " + st.Key.Paint("esc") + " " + st.Hint.Paint("cancel")
}

func (m *Model) clock(t time.Time) string { return t.In(m.env.Zone).Format("15:04:05") }

// relayout gives the views their new sizes and asks for what came into view.
func (m *Model) relayout() tea.Cmd {
	if m.w < leastW || m.h < leastH {
		return nil
	}
	p := m.arrange()
	var cmds []tea.Cmd
	if p.events.W > 0 && p.events.H > 0 {
		m.events.Resize(p.events.W, p.events.H)
		cmds = append(cmds, m.events.Settle())
	}
	if s, ok := m.view().(views.Sized); ok && p.whole.H > 0 {
		cmds = append(cmds, s.Resize(p.whole.W, p.whole.H))
	}
	if p.detail.W > 0 && p.detail.H > 0 {
		cmds = append(cmds, m.detail.Resize(p.detail.W))
	}
	return tea.Batch(cmds...)
}
