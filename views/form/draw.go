package form

import (
	"strconv"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

const (
	gutter     = 3  // the cursor, and whether the field is wrong or changed
	labelWidth = 18 // of a field's name
	maxHelp    = 9  // lines below the fields
)

// split is how many lines the fields get and how many what is said of the one
// with the cursor.
func (m *Model) split(h int) (rows, help int) {
	help = min(max(h/3, 1), maxHelp)
	rows = max(min(h-help-1, len(m.fields)), 1)
	m.rows = rows
	m.top = min(max(m.top, m.cur-rows+1, 0), m.cur, max(len(m.fields)-rows, 0))
	return rows, help
}

// Height is how many lines the whole form takes.
func (m *Model) Height() int { return len(m.fields) + 1 + maxHelp }

// Lines draws the form in h lines of w cells.
func (m *Model) Lines(w, h int) []string {
	rows, help := m.split(h)
	out := make([]string, 0, h)
	for i := m.top; i < m.top+rows; i++ {
		out = append(out, m.line(i, w))
	}
	out = append(out, m.rule(rows, w))
	out = append(out, m.help(w, help)...)
	return layout.Fit(out, w, h)
}

// line is one field.
func (m *Model) line(i, w int) string {
	st, f := m.env.Styles, m.fields[i]
	mark, name := " ", st.Text
	cursor := " "
	if i == m.cur {
		cursor, name = st.Cursor.Paint(st.Glyphs.Cursor), st.Strong
	}
	switch {
	case f.err != "":
		mark, name = st.Error.Paint("!"), st.Error
	case f.fixed != "":
		name = st.Faint
	case m.event != nil && f.changed():
		mark = st.Accent.Paint("~")
	}
	title := f.title
	if f.required {
		title += " *"
	}
	return cursor + mark + " " + name.Paint(layout.Line(title, labelWidth)) + m.shown(f, max(w-gutter-labelWidth, 0))
}

// shown is a field's value in w cells.
func (m *Model) shown(f *field, w int) string {
	st := m.env.Styles
	switch {
	case f.fixed != "":
		return st.Faint.Paint(layout.Line(views.Shown(views.OneLine(orNone(f.value())))+"  "+f.fixed, w))
	case f.several():
		return m.summary(f, w)
	case f.key == "tlp" && f.input.Value() != "" && f != m.fields[m.cur]:
		return m.env.TLP(f.value()).Paint(layout.Line(views.Shown(f.value()), w))
	}
	return f.input.Line(w)
}

// summary is a text of several lines in one.
func (m *Model) summary(f *field, w int) string {
	st, text := m.env.Styles, f.value()
	switch {
	case m.unread(f):
		return st.Faint.Paint(layout.Line("not read yet", w))
	case text == "":
		return st.Faint.Paint(layout.Line("none", w))
	}
	n := strings.Count(strings.TrimRight(text, "\n"), "\n") + 1
	first, _, _ := strings.Cut(text, "\n")
	if r := []rune(first); len(r) > w {
		first = string(r[:w])
	}
	if n == 1 {
		return st.Text.Paint(layout.Line(views.Shown(first), w))
	}
	count := "  " + views.Count(n) + " lines"
	room := max(w-len(count), 0)
	return layout.Line(st.Text.Paint(layout.Line(views.Shown(first), room))+st.Faint.Paint(count), w)
}

// rule parts the fields from what is said of one, and tells where one is when
// not all are shown.
func (m *Model) rule(rows, w int) string {
	st := m.env.Styles
	text := " " + m.fields[m.cur].title + " "
	if rows < len(m.fields) {
		text += strconv.Itoa(m.cur+1) + " of " + strconv.Itoa(len(m.fields)) + " "
	}
	line := strings.Repeat(st.Glyphs.HLine, 2)
	rest := max(w-2-layout.Width(text), 0)
	return st.Border.Paint(line) + st.Title.Paint(text) + st.Border.Paint(strings.Repeat(st.Glyphs.HLine, rest))
}

// help is what is wrong with the field or known of its value, and what it may
// become.
func (m *Model) help(w, h int) []string {
	out := m.word(w, h)
	popup, _ := m.input().List(w-gutter, h-len(out))
	for _, line := range popup {
		out = append(out, layout.Blank(gutter-2)+line)
	}
	return out
}

// word is what is wrong with the field or known of its value, in two lines at
// most.
func (m *Model) word(w, h int) []string {
	f := m.fields[m.cur]
	pen, said := m.env.Styles.Faint, m.note(f)
	switch {
	case f.err != "":
		pen, said = m.env.Styles.Error, f.err
	case m.said != "":
		pen, said = m.env.Styles.Warn, m.said
	}
	out := paint(pen, shown(views.OneLine(said), w-gutter))
	return out[:min(len(out), 2, h)]
}

func paint(pen theme.Pen, list []string) []string {
	out := make([]string, len(list))
	for i, line := range list {
		out[i] = layout.Blank(gutter) + pen.Paint(line)
	}
	return out
}

// Cursor is the cell of the real cursor in a form of w by h.
func (m *Model) Cursor(w, h int) (x, y int) {
	m.split(h)
	f := m.fields[m.cur]
	y = m.cur - m.top
	if f.fixed != "" || f.several() {
		return 0, y
	}
	return gutter + labelWidth + f.input.Cursor(w-gutter-labelWidth), y
}

// Click puts the cursor where the mouse points: into a field, or on a
// completion, which it takes. A second click opens what enter would.
func (m *Model) Click(x, y, w, h int, double bool) Want {
	rows, help := m.split(h)
	if y > rows {
		above := len(m.word(w, help))
		if i, ok := m.input().Under(y-rows-1-above, help-above); ok {
			m.take(i)
		}
		return Nothing
	}
	if i := m.top + y; y >= 0 && y < rows {
		if m.enter(i); double {
			return m.openSeveral()
		}
		f := m.fields[i]
		if at := x - gutter - labelWidth; at >= 0 && f.fixed == "" && !f.several() {
			f.input.Click(at, w-gutter-labelWidth)
		}
	}
	return Nothing
}

func (m *Model) openSeveral() Want {
	if m.fields[m.cur].several() {
		return m.Open()
	}
	return Nothing
}

// Spots are the fields in sight, and the values offered for the one with the
// cursor.
func (m *Model) Spots(w, h int) []layout.Spot {
	rows, help := m.split(h)
	var out []layout.Spot
	for y := range min(rows, len(m.fields)-m.top) {
		out = append(out, layout.Spot{Y: y})
	}
	above := len(m.word(w, help))
	for y := range help - above {
		if _, ok := m.input().Under(y, help-above); ok {
			out = append(out, layout.Spot{Y: rows + 1 + above + y})
		}
	}
	return out
}
