package chart

import (
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// Lane is a column of a matrix: a title, and cells of its own.
type Lane struct {
	Title  string
	Total  int
	Cells  []Cell
	Before int // what the total is compared with
}

// Cell is a thing with its count, and what that is compared with.
type Cell struct {
	Label  string
	Count  int
	Before int
}

// Matrix draws lanes side by side, each a list of cells with their shades.
type Matrix struct {
	st        *theme.Styles
	lanes     []Lane
	lane, row int // row is -1 on the lane's title
	left, top int
	width     int // cells of a lane
	shown     int // lanes shown
	rows      int
	compare   bool
}

// NewMatrix makes an empty chart.
func NewMatrix(st *theme.Styles) *Matrix { return &Matrix{st: st} }

// SetStyles changes the theme.
func (m *Matrix) SetStyles(st *theme.Styles) { m.st = st }

// SetLanes sets what is drawn; compare shows how each count has changed.
func (m *Matrix) SetLanes(lanes []Lane, compare bool) {
	m.lanes, m.compare = lanes, compare
	m.Move(0, 0)
}

// Move moves the cursor by cells; above the first cell is the lane's title.
func (m *Matrix) Move(dx, dy int) {
	m.lane = min(max(m.lane+dx, 0), max(len(m.lanes)-1, 0))
	if len(m.lanes) > 0 {
		m.row = min(max(m.row+dy, -1), len(m.lanes[m.lane].Cells)-1)
	}
}

// Page moves by n screens.
func (m *Matrix) Page(n int) { m.Move(0, n*max(m.rows-1, 1)) }

// Cursor is the lane and the cell under the cursor, the cell -1 on the lane's
// title; -1, -1 where there is nothing.
func (m *Matrix) Cursor() (lane, cell int) {
	if len(m.lanes) == 0 {
		return -1, -1
	}
	return m.lane, m.row
}

const leastLane = 24

// matrixHead is a lane's title, its total with a shade, and a rule.
const matrixHead = 2

// Lines draws exactly h lines of w cells.
func (m *Matrix) Lines(w, h int) []string {
	if len(m.lanes) == 0 || h < 4 || w < 8 {
		return layout.Fit(nil, w, h)
	}
	m.shown = min(max(w/leastLane, 1), len(m.lanes))
	m.width = min(w/m.shown, 36)
	m.rows = h - matrixHead - 1
	m.left = max(min(min(max(m.left, m.lane-m.shown+1), m.lane), len(m.lanes)-m.shown), 0)
	m.top = max(min(max(m.top, m.row-m.rows+1), m.row), 0)
	most, total := 0, 0
	for _, l := range m.lanes {
		total = max(total, l.Total)
		for _, c := range l.Cells {
			most = max(most, c.Count)
		}
	}
	out := make([]string, 0, h)
	for y := range h - 1 {
		var b strings.Builder
		for i := m.left; i < m.left+m.shown; i++ {
			b.WriteString(m.part(i, y, most, total))
		}
		out = append(out, layout.Line(b.String(), w))
	}
	foot := "  " + shadeLegend(m.st, most)
	if m.shown < len(m.lanes) {
		foot += "   " + m.st.Faint.Paint(grouped(m.left+1)+"-"+grouped(m.left+m.shown)+" of "+grouped(len(m.lanes)))
	}
	return append(out, layout.Line(foot, w))
}

// part is line y of a lane.
func (m *Matrix) part(i, y, most, total int) string {
	l, w := m.lanes[i], m.width-1
	switch y {
	case 0:
		pen := m.st.Title
		if i == m.lane {
			pen = m.st.TitleFocus
		}
		name := strings.TrimRight(fitted(m.st, l.Title, w-1), " ")
		return " " + pen.Paint(name) + layout.Blank(m.width-1-layout.Width(name))
	case 1:
		return m.cell(Cell{"", l.Total, l.Before}, total, i == m.lane && m.row < 0) + " "
	}
	k := m.top + y - matrixHead
	if k >= len(l.Cells) {
		return layout.Blank(m.width)
	}
	if k > m.top && k == m.top+m.rows-1 && k < len(l.Cells)-1 && !(i == m.lane && m.row == k) {
		return layout.Line("  "+m.st.Faint.Paint("+"+grouped(len(l.Cells)-k)+" more"), m.width)
	}
	return m.cell(l.Cells[k], most, i == m.lane && m.row == k) + " "
}

// cell is a label and its count; the shade fills what is between.
func (m *Matrix) cell(c Cell, most int, here bool) string {
	w := m.width - 1
	level := Shade(c.Count, most)
	count := Compact(c.Count, 7)
	if m.compare {
		count += " " + signed(c.Count-c.Before, 6)
	}
	mark, pen := " ", m.st.Text
	if here {
		mark, pen = m.st.Cursor.Paint(m.st.Glyphs.Cursor), m.st.Strong
	}
	if c.Label == "" {
		return mark + shadePen(m.st, level).Paint(strings.Repeat(shadeGlyph(m.st, level), max(w-2-len(count), 0))) + " " + pen.Paint(count)
	}
	shade := shadePen(m.st, level).Paint(strings.Repeat(shadeGlyph(m.st, level), 2))
	return mark + shade + " " + pen.Paint(fitted(m.st, c.Label, max(w-5-len(count), 1))) + " " + pen.Paint(count)
}

// Hit puts the cursor where the pointer is; false where nothing is.
func (m *Matrix) Hit(x, y int) bool {
	if m.width == 0 || x/m.width >= m.shown {
		return false
	}
	i, k := m.left+x/m.width, m.top+y-matrixHead
	if y < matrixHead {
		k = -1
	}
	if i >= len(m.lanes) || k >= len(m.lanes[i].Cells) || y >= matrixHead+m.rows {
		return false
	}
	m.lane, m.row = i, k
	return true
}

// At is where the cursor stands, for the terminal's own.
func (m *Matrix) At() (x, y int) {
	y = matrixHead + m.row - m.top
	if m.row < 0 {
		y = 1
	}
	return (m.lane - m.left) * m.width, y
}
