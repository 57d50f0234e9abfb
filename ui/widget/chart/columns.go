package chart

import (
	"math"
	"slices"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// Series is a named row of counts, one for each step.
type Series struct {
	Name   string
	Counts []int
}

// Columns draws counts over time with an axis of numbers: as columns, those of
// several series stacked or side by side, or as lines. Steps that don't fit are
// put together, so many to a column, and the drawing says how many.
type Columns struct {
	st     *theme.Styles
	mode   Mode
	labels []string
	series []Series
	before []int // what each step is compared with; nil for none
	cursor int   // a step
	part   int   // a series; -1 for all
	from   int   // the chosen range of steps, both inclusive; -1 for none
	to     int

	per   int // steps of a column, as drawn last
	left  int // the axis' width
	frame frame
	head  int
	h     int
}

// NewColumns makes an empty chart.
func NewColumns(st *theme.Styles) *Columns {
	return &Columns{st: st, cursor: -1, part: -1, from: -1, to: -1, per: 1}
}

// SetStyles changes the theme.
func (c *Columns) SetStyles(st *theme.Styles) { c.st = st }

// SetMode changes how the counts are drawn.
func (c *Columns) SetMode(m Mode) { c.mode = m }

// SetSteps sets the labels of contiguous steps, the counts of one or more
// series, and what the sums are compared with, nil for nothing. The cursor goes
// to the last step.
func (c *Columns) SetSteps(labels []string, series []Series, before []int) {
	c.labels, c.series, c.before = labels, series, before
	c.cursor, c.from, c.to = len(labels)-1, -1, -1
	c.part = min(c.part, len(series)-1)
}

// Steps is how many steps there are.
func (c *Columns) Steps() int { return len(c.labels) }

// Cursor is the first and last step of the column under the cursor, and the
// series or -1; -1, -1, -1 where there is nothing.
func (c *Columns) Cursor() (first, last, part int) {
	if c.cursor < 0 {
		return -1, -1, -1
	}
	b := c.cursor / c.per
	return b * c.per, min((b+1)*c.per, len(c.labels)) - 1, c.part
}

// Range is the chosen range of steps, both inclusive; -1, -1 for none.
func (c *Columns) Range() (from, to int) {
	if c.from < 0 || c.to < 0 {
		return max(c.from, c.to), max(c.from, c.to)
	}
	return min(c.from, c.to), max(c.from, c.to)
}

// SetRange chooses a range; -1, -1 chooses none.
func (c *Columns) SetRange(from, to int) {
	last := len(c.labels) - 1
	c.from, c.to = min(max(from, -1), last), min(max(to, -1), last)
}

// SetCursor moves to a step.
func (c *Columns) SetCursor(i int) { c.cursor = min(max(i, 0), len(c.labels)-1) }

// Move moves by n columns.
func (c *Columns) Move(n int) { c.SetCursor(c.cursor + n*c.per) }

// MovePart goes to another series; before the first are all together.
func (c *Columns) MovePart(n int) {
	if len(c.series) > 1 {
		c.part = min(max(c.part+n, -1), len(c.series)-1)
	}
}

// Sum is what the steps from first to last count, of one series or, where part
// is -1, of all; and what they are compared with.
func (c *Columns) Sum(first, last, part int) (now, before int) {
	for i := max(first, 0); i <= last && i < len(c.labels); i++ {
		for k := range c.series {
			if part < 0 || k == part {
				now += c.series[k].Counts[i]
			}
		}
		if c.before != nil {
			before += c.before[i]
		}
	}
	return now, before
}

// Lines draws exactly h lines of w cells: a legend where there are several
// series, the columns beside their axis, and the axis of time.
func (c *Columns) Lines(w, h int) []string {
	if len(c.labels) == 0 || h < 2 || w < 12 {
		return layout.Fit(nil, w, h)
	}
	bins := c.layout(w)
	var out []string
	c.head = 0
	if (len(c.series) > 1 || c.marked()) && h > 4 {
		out = append(out, c.legend(w))
		c.head = 1
	}
	rows := h - 1 - c.head
	c.h = rows
	hist := c.histogram(bins)
	c.frame = c.frameOf(hist, w-c.left)
	most := c.most(bins)
	axis := c.axis(most, rows)
	lines := make([]*strip, rows)
	for y := range lines {
		lines[y] = newStrip(w - c.left)
	}
	c.plot(lines, bins, most)
	c.marks(lines, bins, most)
	for y, l := range lines {
		out = append(out, c.st.Faint.Paint(axis[y])+l.String())
	}
	out = append(out, layout.Blank(c.left)+hist.axis(c.frame, w-c.left))
	return layout.Fit(out, w, h)
}

// plot draws the counts.
func (c *Columns) plot(lines []*strip, b bins, most int) {
	switch {
	case c.mode == Lines:
		c.lines(lines, b, most)
	case len(c.series) < 2:
		c.columns(lines, b, most)
	case c.grouped():
		c.groups(lines, b, most)
	default:
		c.stacks(lines, b, most)
	}
}

// marked tells whether what the counts are compared with is drawn: it is that
// of all series together, which has no height where each stands alone.
func (c *Columns) marked() bool {
	return c.before != nil && (len(c.series) < 2 || c.mode == Stacked)
}

// grouped tells whether the series stand side by side.
func (c *Columns) grouped() bool { return c.mode == Grouped && c.frame.wide > len(c.series) }

// most is the count that the highest line stands for; a share's is 100.
func (c *Columns) most(b bins) int {
	switch {
	case len(c.series) < 2 || c.mode == Stacked:
		return b.most()
	case c.mode == Share:
		return 100
	}
	most := 1
	for _, parts := range b.parts {
		most = max(most, slices.Max(parts))
	}
	return most
}

// room is the least width of a column.
func (c *Columns) room(w int) int {
	if n := len(c.series) + 1; c.mode == Grouped && n > 2 && 2*n <= w {
		return n
	}
	return 1
}

// frameOf places the columns; groups get what their series need.
func (c *Columns) frameOf(h *Histogram, w int) frame {
	f := h.frame(w, 2)
	if c.room(w) == 1 || f.steps == 0 || f.cols == 0 {
		return f
	}
	bar := min(max((w/f.steps-1)/len(c.series), 1), widest/2)
	f.wide = bar*len(c.series) + 1
	f.cols = f.wide * f.steps
	return f
}

func (c *Columns) legend(w int) string {
	before := ""
	if c.marked() {
		before = "  " + c.st.Strong.Paint(c.st.Glyphs.HLine) + " " + c.st.Text.Paint("the period before")
	}
	names := []string{}
	if len(c.series) > 1 {
		for _, s := range c.series {
			names = append(names, s.Name)
		}
	}
	room := w - c.left - layout.Width(before)
	if len(names) == 0 {
		return layout.Line(layout.Blank(c.left)+before, w)
	}
	return layout.Line(layout.Blank(c.left)+legend(c.st, names, c.part, room, c.sign)+before, w)
}

// sign tells a series in the legend.
func (c *Columns) sign(i int) string {
	if c.mode == Lines {
		return lineGlyph(c.st, i)
	}
	return fillGlyph(c.st, i)
}

// bins are the sums of each column.
type bins struct {
	labels []string
	total  []int
	parts  [][]int // by column, by series
	before []int   // nil for none
}

func (b bins) most() int { return max(slices.Max(b.total), slices.Max(append(b.before, 0)), 1) }

// layout finds how many steps a column takes and sums them up.
func (c *Columns) layout(w int) bins {
	// The axis' width depends on the largest sum, which depends on how many
	// steps share a column: two rounds settle it.
	c.left = 2
	var b bins
	for range 3 {
		fit := max((w-c.left)/c.room(w-c.left), 1)
		c.per = max((len(c.labels)+fit-1)/fit, 1)
		b = c.sums()
		c.left = len(c.number(c.most(b))) + 2
	}
	return b
}

func (c *Columns) sums() bins {
	n := (len(c.labels) + c.per - 1) / c.per
	b := bins{labels: make([]string, n), total: make([]int, n), parts: make([][]int, n)}
	if c.before != nil {
		b.before = make([]int, n)
	}
	for i, label := range c.labels {
		x := i / c.per
		if b.parts[x] == nil {
			b.labels[x], b.parts[x] = label, make([]int, len(c.series))
		}
		for k, s := range c.series {
			b.parts[x][k] += max(s.Counts[i], 0)
			b.total[x] += max(s.Counts[i], 0)
		}
		if c.before != nil {
			b.before[x] += max(c.before[i], 0)
		}
	}
	return b
}

// histogram draws the axis of time; its steps are the columns.
func (c *Columns) histogram(b bins) *Histogram {
	h := New(c.st)
	steps := make([]Step, len(b.labels))
	for i, label := range b.labels {
		steps[i] = Step{label, b.total[i]}
		if c.part >= 0 && len(c.series) > 1 {
			steps[i].Count = b.parts[i][c.part]
		}
	}
	h.SetSteps(steps)
	if c.cursor >= 0 {
		h.SetCursor(c.cursor / c.per)
	}
	if from, to := c.Range(); from >= 0 {
		h.SetRange(from/c.per, to/c.per)
		if c.from >= 0 && c.to >= 0 {
			h.SetCursor(-1) // the range has the line for itself
		}
	}
	return h
}

// axis is what stands left of each line: a number at even ones.
func (c *Columns) axis(most, rows int) []string {
	out := make([]string, rows)
	for y := range out {
		out[y] = layout.Blank(c.left-1) + c.st.Glyphs.VLine
	}
	for _, v := range ticks(most, max(rows/3, 2)) {
		y := rows - cells(v, most, rows)
		if v == 0 {
			continue // the axis of time is its line
		}
		text := c.number(v)
		out[y] = layout.Blank(c.left-1-len(text)) + text + c.st.Glyphs.VLine
	}
	return out
}

// number is what stands on the axis.
func (c *Columns) number(n int) string {
	if c.mode == Share && len(c.series) > 1 {
		return Compact(n, 5) + "%"
	}
	return Compact(n, 7)
}

// columns fills in the counts: eighths of a cell where there is one series,
// whole cells with the series' sign where there are several.
func (c *Columns) columns(lines []*strip, b bins, most int) {
	rows := len(lines)
	heights := make([]float64, c.frame.cols)
	for x := range heights {
		i, _ := c.frame.stepsAt(x)
		if i < 0 || c.gap(x) || b.total[i] == 0 {
			continue
		}
		heights[x] = max(math.Round(float64(b.total[i])/float64(most)*float64(rows)*8), 1) / 8
	}
	for y, line := range fill(heights, rows) {
		for x, e := range line {
			if e > 0 {
				i, _ := c.frame.stepsAt(x)
				lines[y].put(x, c.st.Glyphs.Bars[e-1], c.pen(i, 0))
			}
		}
	}
}

// gap tells the cell between two broad columns.
func (c *Columns) gap(x int) bool { return c.frame.wide > 2 && (x+1)%c.frame.wide == 0 }

func (c *Columns) stacks(lines []*strip, b bins, most int) {
	rows := len(lines)
	for x := range c.frame.cols {
		i, _ := c.frame.stepsAt(x)
		if i < 0 || c.gap(x) {
			continue
		}
		y, high := rows-1, cells(b.total[i], most, rows)
		if c.mode == Share && b.total[i] > 0 {
			high = rows
		}
		for k, n := range share(b.parts[i], high) {
			for range n {
				lines[y].put(x, fillGlyph(c.st, k), c.pen(i, k))
				y--
			}
		}
	}
}

// groups draws the series of each step side by side.
func (c *Columns) groups(lines []*strip, b bins, most int) {
	rows, bar := len(lines), (c.frame.wide-1)/len(c.series)
	for i, parts := range b.parts {
		for k, n := range parts {
			for y := range cells(n, most, rows) {
				x := i*c.frame.wide + k*bar
				lines[rows-1-y].put(x, strings.Repeat(fillGlyph(c.st, k), bar), c.pen(i, k))
			}
		}
	}
}

// pen is a column's: the chosen range stands out. The one under the cursor is
// told by the arrow below it: painting it anew would cost a kilobyte a key.
func (c *Columns) pen(column, series int) theme.Pen {
	from, to := c.Range()
	switch {
	case len(c.series) > 1:
		return seriesPen(c.st, series)
	case from >= 0 && column >= from/c.per && column <= to/c.per:
		return c.st.BarSelect
	}
	return c.st.Bar
}

// marks draws a line at the height of what each column is compared with.
func (c *Columns) marks(lines []*strip, b bins, most int) {
	if b.before == nil || !c.marked() {
		return
	}
	rows := len(lines)
	for x := range c.frame.cols {
		i, _ := c.frame.stepsAt(x)
		if i < 0 || c.gap(x) || b.before[i] == 0 {
			continue
		}
		lines[rows-cells(b.before[i], most, rows)].put(x, c.st.Glyphs.HLine, c.st.Strong)
	}
}

// Per is how many steps share a column, as drawn last.
func (c *Columns) Per() int { return c.per }

// Hit gives the first and last step of the column at x, y of the last drawing;
// false where none is.
func (c *Columns) Hit(x, y int) (first, last int, ok bool) {
	if y < c.head || x < c.left {
		return -1, -1, false
	}
	b, _ := c.frame.stepsAt(x - c.left)
	if b < 0 {
		return -1, -1, false
	}
	return b * c.per, min((b+1)*c.per, len(c.labels)) - 1, true
}

// At is where the cursor stands, for the terminal's own.
func (c *Columns) At() (x, y int) {
	if c.cursor < 0 || c.frame.cols == 0 {
		return 0, 0
	}
	first, last := c.frame.columnsOf(c.cursor/c.per, c.cursor/c.per)
	return c.left + (first+last)/2, c.head + c.h
}
