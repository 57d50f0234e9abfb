package prompt

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

const underline = "\x1b[4m"

// cluster measures the first character of s as a person sees it: its bytes and
// its cells. What a terminal would obey or not show counts as one cell.
func cluster(s string) (n, cells int) {
	if s == "" {
		return 0, 0
	}
	if plain(s[0]) && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return 1, 1
	}
	if r, n := utf8.DecodeRuneInString(s); !unicode.IsGraphic(r) || r == utf8.RuneError {
		return n, 1
	}
	c, w := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return len(c), max(w, 1)
}

func plain(c byte) bool { return c >= 0x20 && c < 0x7f }

// shown is a character as it is drawn, in the cells that cluster counted.
func shown(c string, cells int) string {
	if len(c) == 1 && plain(c[0]) {
		return c
	}
	for _, r := range c {
		if !unicode.IsGraphic(r) || r == utf8.RuneError {
			return "?" + strings.Repeat(" ", cells-1)
		}
	}
	if layout.Width("a"+c) != 1+cells || layout.NormalizeWidth(c) != c { // it would merge with what stands before, or terminals disagree on its width
		return "?" + strings.Repeat(" ", cells-1)
	}
	return c
}

// column is how many cells the bytes before i take.
func (m *Model) column(i int) int {
	x := 0
	for at := 0; at < i; {
		n, cells := cluster(m.text[at:])
		at += n
		x += cells
	}
	return x
}

// offset is the first cell of the text that a line of w cells shows. It
// depends on text, cursor and width alone, and jumps by half a line: a line
// that moves with every letter would be sent anew with every letter.
func (m *Model) offset(w int) int {
	total := m.column(len(m.text))
	x := m.column(m.pos)
	if w <= 0 || total < w || x < w-1 {
		return 0
	}
	step := max(w/2, 1)
	return ((x-(w-1))/step + 1) * step
}

// Cursor is the column of the cursor in a line drawn w wide.
func (m *Model) Cursor(w int) (x int) {
	return min(max(m.column(m.pos)-m.offset(w), 0), max(w-1, 0))
}

// Click puts the cursor at column x of a line drawn w wide.
func (m *Model) Click(x, w int) {
	x += m.offset(w)
	at := 0
	for at < len(m.text) {
		n, cells := cluster(m.text[at:])
		if x < cells {
			break
		}
		x -= cells
		at += n
	}
	m.SetPos(at)
}

// Line draws the input: exactly w cells.
func (m *Model) Line(w int) string {
	switch {
	case w <= 0:
		return ""
	case m.text == "":
		s := ansi.Truncate(m.placeholder, w, m.st.Glyphs.Ellipsis)
		return m.st.Faint.Paint(s) + strings.Repeat(" ", w-layout.Width(s))
	}
	l := line{m: m, left: m.offset(w), width: w}
	l.draw()
	return l.out.String()
}

// line draws the cells [left, left+width) of the text.
type line struct {
	m     *Model
	out   strings.Builder
	on    string // what is switched on now
	left  int
	width int
	x     int // cells written
}

func (l *line) draw() {
	m := l.m
	spans := m.coloured()
	col := 0
	for at := 0; at < len(m.text) && l.x < l.width; {
		n, cells := cluster(m.text[at:])
		for len(spans) > 0 && spans[0].End <= at {
			spans = spans[1:]
		}
		switch {
		case col+cells <= l.left:
		case col < l.left || l.x+cells > l.width: // half of a wide character
			l.put("", strings.Repeat(" ", min(col+cells-max(col, l.left), l.width-l.x)))
		default:
			l.put(l.style(at, spans), shown(m.text[at:at+n], cells))
			l.x += cells - 1
		}
		at += n
		col += cells
	}
	l.finish(col)
}

// put writes text in a style. A run of spaces counts its cells, a character
// counts one here.
func (l *line) put(on, s string) {
	if on != l.on {
		l.close()
		l.out.WriteString(on)
		l.on = on
	}
	l.out.WriteString(s)
	if on == "" && strings.Trim(s, " ") == "" {
		l.x += len(s)
		return
	}
	l.x++
}

func (l *line) close() {
	if l.on != "" {
		l.out.WriteString(theme.Off)
	}
	l.on = ""
}

// finish underlines an error behind the end of the text, and fills the line.
func (l *line) finish(total int) {
	m := l.m
	if m.errMsg != "" && m.errPos >= len(m.text) && l.x < l.width && total-l.left == l.x {
		l.put(m.st.Error.On()+underline, " ")
	}
	l.close()
	l.out.WriteString(strings.Repeat(" ", max(l.width-l.x, 0)))
}

// style is what switches on the look of the character at a byte.
func (l *line) style(at int, spans []Span) string {
	m := l.m
	if m.errMsg != "" && at >= m.errPos && at < m.errEnd {
		return m.st.Error.On() + underline
	}
	if len(spans) > 0 && spans[0].Pos <= at {
		return spans[0].Pen.On()
	}
	return m.st.Text.On()
}

// coloured is the text's spans, asked for once a change.
func (m *Model) coloured() []Span {
	if m.painted {
		return m.spans
	}
	m.spans, m.painted = nil, true
	if m.colour != nil {
		m.spans = m.colour(m.text)
	}
	return m.spans
}

// Popup draws the completions in a frame, at most maxH rows of at most maxW
// cells, all equally wide, and the column x of the line that its left side
// belongs at. maxW is the width the line is drawn with, so that the popup stays
// under it. Where there is no room for a frame it is the list alone.
func (m *Model) Popup(maxW, maxH int) (lines []string, x int) {
	const sides, rules = 3, 2 // a blank before the right side
	if maxW < sides+8 || maxH < rules+1 {
		return m.List(maxW, maxH)
	}
	rows, x := m.List(maxW-sides, maxH-rules)
	if rows == nil {
		return nil, 0
	}
	g, w := m.st.Glyphs, layout.Width(rows[0])+1
	side := m.st.Border.Paint(g.VLine)
	lines = append(lines, m.st.Border.Paint(g.Corners[0]+strings.Repeat(g.HLine, w)+g.Corners[1]))
	for _, row := range rows {
		lines = append(lines, side+row+" "+side)
	}
	foot := ""
	if w > len(" tab completes ")+2 {
		foot = m.st.Border.Paint(g.HLine) + " " + m.st.Key.Paint("tab") + m.st.Hint.Paint(" completes ")
	}
	lines = append(lines, m.st.Border.Paint(g.Corners[2])+foot+m.st.Border.Paint(strings.Repeat(g.HLine, w-layout.Width(foot))+g.Corners[3]))
	return lines, max(min(x-1, maxW-w-2), 0)
}

// List draws the completions without a frame, for a box that has one; else it
// is as Popup.
func (m *Model) List(maxW, maxH int) (lines []string, x int) {
	if !m.Open() || maxW < 4 || maxH < 1 {
		return nil, 0
	}
	top, rows, more := m.listRange(maxH)
	label, detail, right := m.listWidths()
	c := listColumns{label: min(label, maxW-3), right: right}
	width := 2 + c.label + 1
	if right > 0 && width+1+right <= maxW {
		width += 1 + right
	} else {
		c.right = 0
	}
	if detail = min(detail, maxW-width-1); detail > 0 {
		c.detail = detail
		width += 1 + detail
	}
	for i := top; i < top+rows; i++ {
		lines = append(lines, m.listRow(i, c))
	}
	if more {
		lines = append(lines, m.listMore(top+rows, width))
	}
	x = m.column(min(m.list[0].From, len(m.text))) - m.offset(maxW) - 2
	return lines, min(max(x, 0), maxW-width)
}

// listColumns is how wide the columns of the list are, 0 where one is left out.
type listColumns struct{ label, detail, right int }

// listRange is which suggestions a list of at most maxH rows shows, and
// whether a row tells of more.
func (m *Model) listRange(maxH int) (top, rows int, more bool) {
	rows = min(len(m.list), maxH)
	more = len(m.list) > maxH && maxH > 1
	if more {
		rows--
	}
	return min(max(m.chosen-rows+1, 0), len(m.list)-rows), rows, more
}

// Under is the suggestion on line y of a list of at most maxH rows; false
// where there is none.
func (m *Model) Under(y, maxH int) (i int, ok bool) {
	if !m.Open() || maxH < 1 {
		return 0, false
	}
	top, rows, _ := m.listRange(maxH)
	return top + y, y >= 0 && y < rows
}

func (m *Model) listWidths() (label, detail, right int) {
	for _, s := range m.list {
		label = max(label, layout.Width(s.Label))
		detail = max(detail, layout.Width(s.Detail))
		right = max(right, layout.Width(s.Right))
	}
	return label, detail, right
}

func (m *Model) listRow(i int, c listColumns) string {
	s, g := m.list[i], m.st.Glyphs
	text := fit(s.Label, c.label, g.Ellipsis) + " "
	rest := ""
	if c.detail > 0 {
		rest = " " + fit(s.Detail, c.detail, g.Ellipsis)
	}
	if c.right > 0 {
		rest += " " + strings.Repeat(" ", max(c.right-layout.Width(s.Right), 0)) + fit(s.Right, min(layout.Width(s.Right), c.right), "")
	}
	if i == m.chosen {
		return m.st.Cursor.Paint(g.Cursor + " " + text + rest)
	}
	return "  " + m.st.Text.Paint(text) + m.st.Faint.Paint(rest)
}

// listMore says how many rows there are in all.
func (m *Model) listMore(shownTo, width int) string {
	s := strconv.Itoa(shownTo) + " of " + strconv.Itoa(len(m.list))
	return "  " + m.st.Faint.Paint(fit(s, width-2, ""))
}

// fit cuts or fills s to w cells.
func fit(s string, w int, tail string) string {
	n := layout.Width(s)
	if n > w {
		s = ansi.Truncate(s, w, tail)
		n = layout.Width(s)
	}
	return s + strings.Repeat(" ", max(w-n, 0))
}
