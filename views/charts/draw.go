package charts

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"threatbench/api"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

// Draw is the view in exactly h lines of w cells.
func (m *Model) Draw(w, h int, focused bool) []string {
	key := memo{version: m.version, env: m.env.Version, w: w, h: h, focused: focused}
	if old := m.memo; old.lines != nil && old.version == key.version && old.env == key.env && old.w == w && old.h == h && old.focused == focused {
		return old.lines
	}
	switch {
	case m.console.shown:
		key.lines = m.drawConsole(w, h)
	case m.board.shown:
		key.lines = m.drawBoard(w, h)
	default:
		key.lines = layout.Fit(m.card.draw(w, h), w, h)
	}
	m.memo = key
	return key.lines
}

// Lines of a chart around the picture: what it shows, of what, and the number
// under the cursor.
const (
	headLines = 2
	noteLines = 1
)

// draw is a chart with what stands around it.
func (c *card) draw(w, h int) []string {
	out := layout.Fit([]string{c.headline(w), c.subject(w)}, w, min(headLines, h))
	body := h - headLines - noteLines
	if body > 0 {
		out = append(out, c.body(w, body)...)
	}
	return append(out, c.note(w))
}

// headline is the title, and how many events are counted.
func (c *card) headline(w int) string {
	st := c.env.Styles
	right := ""
	switch n := c.total(); {
	case c.busy() && c.slow:
		right = "counting" + c.env.Dots()
	case n >= 0 && c.err == nil:
		right = events(n)
	}
	title := views.Shown(c.titled())
	left := st.Border.Paint(strings.Repeat(st.Glyphs.HLine, 2)) + " " + st.TitleFocus.Paint(layout.Cut(title, 0, min(layout.Width(title), max(w-8, 0)))) + " "
	if right != "" {
		right = " " + st.Faint.Paint(right) + " "
	}
	rule := w - layout.Width(left) - layout.Width(right)
	if rule < 0 {
		return layout.Line(left, w)
	}
	return left + st.Border.Paint(strings.Repeat(st.Glyphs.HLine, rule)) + right
}

// titled is the title with the step that was chosen for the chart.
func (c *card) titled() string {
	s := c.asked
	if s.Kind == "" {
		s = c.spec
	}
	if s.Kind == Over && c.plot != nil {
		s.Bucket = c.bucket
	}
	t := s.title()
	if s.Saved != nil {
		t += ` of "` + s.Saved.Name + `"`
	}
	return strings.ToUpper(t[:1]) + t[1:]
}

// subject is what is counted: range, filter, and what to know of the numbers.
func (c *card) subject(w int) string {
	st := c.env.Styles
	dot := st.Faint.Paint(" " + st.Glyphs.Bullet + " ")
	parts := []string{st.Text.Paint(rangeName(c.spec.Range))}
	switch {
	case c.spec.Saved != nil && c.gone:
		parts = append(parts, st.Warn.Paint("the query is gone: as it was"), st.Accent.Paint(c.shown(c.spec.Filter)))
	case c.spec.Filter != "" && c.spec.Own:
		parts = append(parts, st.Accent.Paint(c.shown(c.spec.Filter)))
	case c.spec.Filter != "":
		parts = append(parts, st.Faint.Paint("as the events: ")+st.Accent.Paint(c.shown(c.spec.Filter)))
	default:
		parts = append(parts, st.Faint.Paint("no filter"))
	}
	if c.spec.Range != "" && c.spec.dated(c.env.Now()) {
		parts = append(parts, st.Warn.Paint("in place of the filter's dates"))
	}
	if c.comparing() {
		parts = append(parts, st.Text.Paint("against "+between(c.span.before().String())))
	}
	parts = append(parts, st.Faint.Paint(c.where()))
	if !c.env.InUTC() && (c.spec.Kind == Over || c.spec.Range != "") {
		parts = append(parts, st.Warn.Paint("in UTC"))
	}
	if why := c.caveat(); why != "" {
		parts = append(parts, st.Warn.Paint(c.shown(why)))
	}
	return layout.Line(" "+strings.Join(parts, dot), w)
}

// where names the datasets that are counted.
func (c *card) where() string {
	switch d := c.spec.Datasets; {
	case len(d) == 0:
		return "default dataset"
	case api.IsScope(d[0]):
		return map[string]string{api.ScopeAll: "all datasets"}[d[0]] + map[bool]string{true: d[0] + " datasets"}[d[0] != api.ScopeAll]
	case len(d) == 1:
		return c.shown(c.names.label("datasetId", d[0]))
	default:
		return views.Count(len(d)) + " datasets"
	}
}

// shown is text from outside as it can be drawn here.
func (c *card) shown(s string) string {
	if c.env.ASCII {
		return layout.ASCII(views.OneLine(s))
	}
	return views.Shown(views.OneLine(s))
}

func (c *card) body(w, h int) []string {
	st := c.env.Styles
	switch {
	case c.err != nil:
		lines := []string{"The chart can't be drawn.", c.reason(), "", "r tries again"}
		return c.say(w, h, []theme.Pen{st.Error, st.Text, st.Text, st.Faint}, lines)
	case c.plot == nil && c.slow:
		return c.say(w, h, []theme.Pen{st.Faint}, []string{"counting" + c.env.Dots()})
	case c.plot == nil:
		return layout.Fit(nil, w, h)
	case c.total() == 0 || c.plot.picked().none():
		lines := []string{"No events to count.", ""}
		for _, hint := range []struct {
			on   bool
			text string
		}{
			{c.spec.Range != "", "= counts events of all times"},
			{c.spec.Filter != "", "backspace removes the last condition of the filter"},
			{true, "d chooses other datasets"},
		} {
			if hint.on {
				lines = append(lines, hint.text)
			}
		}
		return c.say(w, h, []theme.Pen{st.Strong, st.Faint, st.Faint, st.Faint, st.Faint}, lines)
	}
	return c.plot.draw(w, h)
}

// reason is the error in words for a person.
func (c *card) reason() string {
	var known *api.Error
	if errors.As(c.err, &known) {
		return c.shown(known.Error())
	}
	return c.shown(c.err.Error())
}

// say is a few lines of text in the middle of where the picture would be.
func (c *card) say(w, h int, pens []theme.Pen, lines []string) []string {
	out := make([]string, max((h-len(lines))/3, 0))
	for i, l := range lines {
		for _, part := range strings.Split(ansi.Wrap(l, max(w-4, 8), " "), "\n") {
			out = append(out, "  "+pens[min(i, len(pens)-1)].Paint(part))
		}
	}
	return layout.Fit(out, w, h)
}

// note is the line below: the number under the cursor.
func (c *card) note(w int) string {
	if c.plot == nil || c.err != nil {
		return layout.Blank(w)
	}
	st := c.env.Styles
	return layout.Line(" "+st.Strong.Paint(c.shown(c.plot.note())), w)
}

// CursorXY is where the real cursor belongs.
func (m *Model) CursorXY() (x, y int, ok bool) {
	if m.console.shown {
		return m.consoleCursor()
	}
	if b := m.board; b.shown {
		return 0, 1 + max(b.cursor/max(b.perLine, 1)-b.top, 0)*b.cardH, true
	}
	if m.card.plot == nil || m.card.err != nil || m.card.total() == 0 {
		return 0, 0, true
	}
	x, y = m.card.plot.at()
	return x, y + headLines, true
}

// Click puts the cursor where the pointer is; twice goes to the events.
func (m *Model) Click(x, y int, double bool) tea.Cmd {
	m.changed()
	if c := &m.console; c.shown {
		if c.edit(y <= c.lines); !c.editing && c.form == asTree {
			c.tree.Click(x, y-c.lines-2)
		}
		return nil
	}
	if m.board.shown {
		if m.clickBoard(x, y, m.width) && double {
			return m.openPinned()
		}
		return nil
	}
	p := m.card.plot
	if p == nil || !p.hit(x, y-headLines) {
		return nil
	}
	if double {
		m.open()
	}
	return nil
}

// Drag selects a range on an axis of time.
func (m *Model) Drag(x, y int, _ bool) tea.Cmd {
	over, ok := m.card.plot.(*overPlot)
	if !ok || m.board.shown || m.console.shown {
		return nil
	}
	first, last, ok := over.Hit(x, max(y-headLines, 1))
	if !ok {
		return nil
	}
	at, _, _ := over.Cursor()
	if first != at {
		over.SetRange(min(at, first), max(at, last))
		m.changed()
	}
	return nil
}

// Wheel moves the cursor.
func (m *Model) Wheel(_, _, by int) tea.Cmd {
	m.changed()
	if m.console.shown {
		m.console.move(max(min(by, 1), -1))
		return nil
	}
	if m.board.shown {
		m.board.move(max(min(by, 1), -1) * max(m.board.perLine, 1))
		return nil
	}
	if m.card.plot == nil {
		return nil
	}
	if _, ok := m.card.plot.(*overPlot); ok {
		m.card.plot.move(by, 0)
		return nil
	}
	m.card.plot.move(0, by)
	return nil
}
