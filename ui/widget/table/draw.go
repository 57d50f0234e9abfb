package table

import (
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

const arrowCells = 2 // a space and the sort arrow

// slot holds a drawn row. Rows share the slots by their number.
type slot struct {
	row   int
	gen   uint64
	flags flags
	line  string
}

// flags are what a row's drawing depends on beside its content.
type flags uint8

const (
	selected flags = 1 << iota
	marked
	thumb
	blurred
	watched
	unwanted
)

type headLine struct {
	ok   bool
	line string
}

// Lines draws the table: exactly h lines of exactly w cells.
func (m *Model) Lines() []string {
	m.clamp()
	m.lay()
	out := make([]string, m.h)
	if m.h == 0 || m.w == 0 {
		return out
	}
	out[0] = m.head()
	from, to := m.Visible()
	at := m.thumbAt()
	m.grow()
	for y := range out[1:] {
		i := from + y
		f := flags(0)
		if y == at {
			f |= thumb
		}
		if i >= to {
			out[y+1] = layout.Blank(m.w)
			continue
		}
		out[y+1] = m.row(i, f)
	}
	return out
}

// grow makes enough slots for the rows on the screen.
func (m *Model) grow() {
	if len(m.slots) < m.body() {
		m.slots = make([]slot, m.body())
	}
}

func (m *Model) row(i int, f flags) string {
	if m.src.Marked(i) {
		f |= marked
	}
	if u, ok := m.src.(Unwanted); ok && u.Unwanted(i) {
		f |= unwanted
	}
	if w, ok := m.src.(Watched); ok && w.Watched(i) {
		f |= watched
	}
	if i == m.cursor {
		f |= selected
		if !m.focused {
			f |= blurred
		}
	}
	s := &m.slots[i%len(m.slots)]
	if s.row == i && s.gen == m.gen && s.flags == f {
		return s.line
	}
	clear(m.cells)
	ok := m.src.Row(i, m.cells)
	var b strings.Builder
	b.Grow(2*m.w + 64)
	m.gutter(&b, f)
	if ok {
		m.columns(&b, f)
	} else {
		m.placeholder(&b)
	}
	m.bar(&b, f)
	line := b.String()
	*s = slot{}
	if ok {
		*s = slot{row: i, gen: m.gen, flags: f, line: line}
	}
	return line
}

// gutter writes the cursor glyph, or that of somebody else, and the mark glyph.
func (m *Model) gutter(b *strings.Builder, f flags) {
	cursor, mark := " ", " "
	switch {
	case f&selected != 0:
		cursor = m.cursorPen(f).Paint(m.st.Glyphs.Cursor)
	case f&watched != 0:
		cursor = m.st.Accent.Paint(m.st.Glyphs.Other)
	}
	switch {
	case f&marked != 0:
		mark = m.st.Mark.Paint(m.st.Glyphs.Mark)
	case f&unwanted != 0:
		mark = m.st.Warn.Paint(m.st.Glyphs.Fail)
	}
	b.WriteString(cursor)
	if m.w >= gutter {
		b.WriteString(mark)
	}
}

func (m *Model) cursorPen(f flags) theme.Pen {
	if f&blurred != 0 {
		return m.st.CursorBlur
	}
	return m.st.Cursor
}

// columns writes the cells from the gutter to the scroll bar.
func (m *Model) columns(b *strings.Builder, f flags) {
	x := gutter
	strong := m.highlight && f&(selected|blurred) == selected
	for _, s := range m.spans {
		c := m.cells[s.col]
		if strong && c.Pen.IsPlain() {
			c.Pen = m.st.Strong
		}
		b.WriteString(layout.Blank(s.x - x))
		m.cell(b, c, m.cols[s.col].Right, s.w)
		x = s.x + s.w
	}
	b.WriteString(layout.Blank(m.w - bar - x))
}

// placeholder stands where a row is not loaded yet.
func (m *Model) placeholder(b *strings.Builder) {
	room := m.w - bar - gutter
	if room <= 0 {
		return
	}
	b.WriteString(m.st.Faint.Paint(m.st.Glyphs.Ellipsis))
	b.WriteString(layout.Blank(room - 1))
}

// bar writes a space and the scroll bar. Only its thumb is drawn, one cell of
// plain text whatever the number of rows: a track, or a long thumb, would have
// to be mended beside every line that scrolls.
func (m *Model) bar(b *strings.Builder, f flags) {
	room := m.w - gutter
	if room < bar {
		b.WriteString(layout.Blank(room))
		return
	}
	if f&thumb == 0 {
		b.WriteString(layout.Blank(bar))
		return
	}
	b.WriteByte(' ')
	b.WriteString(m.st.Text.Paint(m.st.Glyphs.Thumb))
}

// thumbAt is the line, counted from the first row, where the thumb stands; -1
// when all rows are on the screen.
func (m *Model) thumbAt() int {
	h, n := m.body(), m.src.Len()
	if n <= h || h <= 0 || m.w < gutter+bar {
		return -1
	}
	return m.offset * (h - 1) / (n - h)
}

// head is the header line.
func (m *Model) head() string {
	if m.header.ok {
		return m.header.line
	}
	var b strings.Builder
	b.WriteString(layout.Blank(min(gutter, m.w)))
	x := gutter
	for _, s := range m.spans {
		b.WriteString(layout.Blank(s.x - x))
		m.title(&b, s)
		x = s.x + s.w
	}
	b.WriteString(layout.Blank(m.w - x))
	m.header = headLine{ok: true, line: b.String()}
	return m.header.line
}

// title writes a column's title, with an arrow where it sorts the rows.
func (m *Model) title(b *strings.Builder, s span) {
	c := m.cols[s.col]
	pen := m.st.Faint
	if s.col == m.col && m.focused {
		pen = m.st.AccentStrong
	}
	text, arrow := m.readable(c.Title), ""
	if c.ID == m.sortCol && c.ID != "" && s.w > arrowCells {
		arrow = " " + m.st.Glyphs.SortAsc
		if m.sortDesc {
			arrow = " " + m.st.Glyphs.SortDesc
		}
	}
	text, n := fit(text, s.w-layout.Width(arrow), m.st.Glyphs.Ellipsis, false)
	pad := layout.Blank(s.w - n - layout.Width(arrow))
	if c.Right {
		b.WriteString(pad)
		pad = ""
	}
	b.WriteString(pen.Paint(text + arrow))
	b.WriteString(pad)
}
