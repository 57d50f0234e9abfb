package chart

import (
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// Heat draws the counts of two columns crossed: a row per value of the one, a
// column per value of the other, each cell a shade and its number. Where they
// are compared, shade and number are those of the change.
type Heat struct {
	st         *theme.Styles
	rows, cols []string
	counts     [][]int // by row, by column
	were       [][]int // what they are compared with; nil for nothing
	row, col   int
	top, left  int // the first row and column shown
	label      int // cells of the rows' labels
	cell       int // cells of a column
	shownRows  int
	shownCols  int
}

// NewHeat makes an empty chart.
func NewHeat(st *theme.Styles) *Heat { return &Heat{st: st} }

// SetStyles changes the theme.
func (t *Heat) SetStyles(st *theme.Styles) { t.st = st }

// SetCounts sets what is drawn: counts by row and by column, and what they are
// compared with, nil for nothing.
func (t *Heat) SetCounts(rows, cols []string, counts, were [][]int) {
	t.rows, t.cols, t.counts, t.were = rows, cols, counts, were
	t.Move(0, 0)
}

// Move moves the cursor by cells.
func (t *Heat) Move(dx, dy int) {
	t.row = min(max(t.row+dy, 0), max(len(t.rows)-1, 0))
	t.col = min(max(t.col+dx, 0), max(len(t.cols)-1, 0))
}

// Page moves by n screens of rows.
func (t *Heat) Page(n int) { t.Move(0, n*max(t.shownRows-1, 1)) }

// Cursor is the cell under the cursor; -1, -1 where there is none.
func (t *Heat) Cursor() (row, col int) {
	if len(t.rows) == 0 || len(t.cols) == 0 {
		return -1, -1
	}
	return t.row, t.col
}

func (t *Heat) most() int {
	most := 0
	for i, r := range t.counts {
		for j := range r {
			n, _ := t.value(i, j, 16)
			most = max(most, n)
		}
	}
	return most
}

// value is what the shade of a cell stands for, and its number in at most w
// cells.
func (t *Heat) value(i, j, w int) (shade int, text string) {
	n := t.counts[i][j]
	switch {
	case t.were != nil && (n > 0 || t.were[i][j] > 0):
		d := n - t.were[i][j]
		return max(d, -d), signed(d, w)
	case n > 0:
		return n, Compact(n, w)
	}
	return 0, ""
}

// Lines draws exactly h lines of w cells: the columns' names, the cells, and
// what the shades stand for.
func (t *Heat) Lines(w, h int) []string {
	if len(t.rows) == 0 || len(t.cols) == 0 || h < 2 || w < 12 {
		return layout.Fit(nil, w, h)
	}
	t.arrange(w, h)
	most := t.most()
	out := []string{t.header()}
	for i := t.top; i < len(t.rows) && i < t.top+t.shownRows; i++ {
		out = append(out, t.line(i, most))
	}
	if h > 4 {
		out = layout.Fit(out, w, h-1)
		change := ""
		if t.were != nil {
			change = t.st.Faint.Paint("change by ")
		}
		out = append(out, "  "+change+shadeLegend(t.st, most)+t.hidden())
	}
	return layout.Fit(out, w, h)
}

func (t *Heat) arrange(w, h int) {
	t.label, t.cell = 0, 0
	for _, r := range t.rows {
		t.label = max(t.label, layout.Width(shown(t.st, r)))
	}
	t.label = min(t.label, max(w/4, 8), 28)
	for _, c := range t.cols {
		t.cell = max(t.cell, layout.Width(shown(t.st, c))+1)
	}
	t.cell = min(max(t.cell, len(grouped(t.most()))+3, 6), 16)
	room := w - 2 - t.label - 1
	if fair := room / len(t.cols); fair < t.cell {
		t.cell = max(fair, 7)
	}
	t.shownCols = min(max(room/t.cell, 1), len(t.cols))
	t.shownRows = h - 1
	if h > 4 {
		t.shownRows--
	}
	t.top = max(min(min(max(t.top, t.row-t.shownRows+1), t.row), len(t.rows)-t.shownRows), 0)
	t.left = max(min(min(max(t.left, t.col-t.shownCols+1), t.col), len(t.cols)-t.shownCols), 0)
}

func (t *Heat) header() string {
	var b strings.Builder
	b.WriteString(layout.Blank(2 + t.label + 1))
	for j := t.left; j < t.left+t.shownCols; j++ {
		pen := t.st.Faint
		if j == t.col {
			pen = t.st.TitleFocus
		}
		name := fitted(t.st, t.cols[j], t.cell-1)
		b.WriteString(pen.Paint(strings.TrimRight(name, " ")) + layout.Blank(t.cell-layout.Width(strings.TrimRight(name, " "))))
	}
	return b.String()
}

func (t *Heat) line(i, most int) string {
	gutter, pen := "  ", t.st.Text
	if i == t.row {
		gutter, pen = t.st.Cursor.Paint(t.st.Glyphs.Cursor)+" ", t.st.Strong
	}
	var b strings.Builder
	b.WriteString(gutter + pen.Paint(fitted(t.st, t.rows[i], t.label)) + " ")
	for j := t.left; j < t.left+t.shownCols; j++ {
		n, text := t.value(i, j, t.cell-3)
		b.WriteString(shadeCell(t.st, n, most, text, t.cell, i == t.row && j == t.col))
	}
	return b.String()
}

// shadeCell is a count in w cells: its shade, its number, and brackets where
// the cursor is.
func shadeCell(st *theme.Styles, n, most int, text string, w int, here bool) string {
	level := Shade(n, most)
	shade := strings.Repeat(shadeGlyph(st, level), max(w-2-len(text)-1, 1))
	pen := shadePen(st, level)
	left, right := " ", " "
	if here {
		left, right, pen = st.AccentStrong.Paint("["), st.AccentStrong.Paint("]"), st.Strong
	}
	return layout.Line(left+pen.Paint(shade+" "+text)+right, w)
}

// hidden says how much lies outside.
func (t *Heat) hidden() string {
	var parts []string
	if n := len(t.cols) - t.shownCols; n > 0 {
		parts = append(parts, grouped(n)+" more columns")
	}
	if n := len(t.rows) - t.shownRows; n > 0 {
		parts = append(parts, grouped(n)+" more rows")
	}
	if len(parts) == 0 {
		return ""
	}
	return "   " + t.st.Faint.Paint(strings.Join(parts, ", "))
}

// Hit puts the cursor where the pointer is; false where no cell is there.
func (t *Heat) Hit(x, y int) bool {
	if t.cell == 0 {
		return false
	}
	i, j := t.top+y-1, t.left+(x-2-t.label-1)/t.cell
	if y < 1 || y > t.shownRows || i >= len(t.rows) {
		return false
	}
	t.row = i
	if x >= 2+t.label+1 && j < t.left+t.shownCols {
		t.col = j
	}
	return true
}

// At is where the cursor stands, for the terminal's own.
func (t *Heat) At() (x, y int) { return 2 + t.label + 1 + (t.col-t.left)*t.cell, 1 + t.row - t.top }
