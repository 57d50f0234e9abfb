package table

import (
	"strings"

	"threatbench/ui/widget/layout"
)

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
	if m.h == 0 {
		return out
	}
	out[0] = m.head()
	from, to := m.Visible()
	top, bottom := m.thumbAt()
	m.grow()
	for y := range out[1:] {
		i := from + y
		f := flags(0)
		if y >= top && y < bottom {
			f |= thumb
		}
		if i >= to {
			out[y+1] = m.blank(f)
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
	if i == m.cursor {
		f |= selected
		if !m.focused {
			f |= blurred
		}
	}
	s := &m.slots[i%len(m.slots)]
	if s.row == i && s.gen == m.gen && s.flags == f && s.line != "" {
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

func (m *Model) blank(f flags) string {
	if f&thumb == 0 {
		return layout.Blank(m.w)
	}
	var b strings.Builder
	b.WriteString(layout.Blank(m.w - 1))
	m.bar(&b, f)
	return b.String()
}

func (m *Model) gutter(b *strings.Builder, f flags) {}
func (m *Model) columns(b *strings.Builder, f flags) {}
func (m *Model) placeholder(b *strings.Builder)      {}
func (m *Model) bar(b *strings.Builder, f flags)     {}
func (m *Model) head() string                        { return "" }
func (m *Model) thumbAt() (top, bottom int)          { return 0, 0 }
func titleWidth(s string) int                        { return layout.Width(s) }

// CursorXY is where the real cursor belongs: the selected column of the
// selected row. ok is false when there is no such cell on the screen.
func (m *Model) CursorXY() (x, y int, ok bool) { return 0, 0, false }

// Hit tells what lies at x, y, counted from the table's top left.
func (m *Model) Hit(x, y int) Hit { return Hit{Kind: None, Row: -1, Col: -1} }
