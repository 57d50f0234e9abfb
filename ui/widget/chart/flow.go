package chart

import (
	"cmp"
	"slices"

	"github.com/NimbleMarkets/ntcharts/v2/canvas"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/graph"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// Flow draws how much goes from where to where: sources on the left, targets
// on the right. From the selected one strands go to the other side, as thick as
// they are strong, and the numbers there are what flows.
type Flow struct {
	st       *theme.Styles
	from, to []string
	counts   [][]int // by source, by target
	right    bool    // the cursor is on the targets
	row      [2]int
	w, h     int
	side     int // cells of a side
}

// NewFlow makes an empty chart.
func NewFlow(st *theme.Styles) *Flow { return &Flow{st: st} }

// SetStyles changes the theme.
func (f *Flow) SetStyles(st *theme.Styles) { f.st = st }

// SetCounts sets what is drawn: counts by source and by target.
func (f *Flow) SetCounts(from, to []string, counts [][]int) {
	f.from, f.to, f.counts = from, to, counts
	f.Move(0, 0)
}

// Move goes up and down a side, and from one side to the other.
func (f *Flow) Move(dx, dy int) {
	if dx != 0 {
		f.right = dx > 0
	}
	side := f.cursor()
	f.row[side] = min(max(f.row[side]+dy, 0), max(len(f.names(side))-1, 0))
}

func (f *Flow) cursor() int {
	if f.right {
		return 1
	}
	return 0
}

func (f *Flow) names(side int) []string {
	if side == 1 {
		return f.to
	}
	return f.from
}

// Cursor is the source or the target under the cursor, the other being -1.
func (f *Flow) Cursor() (from, to int) {
	switch {
	case len(f.from) == 0 || len(f.to) == 0:
		return -1, -1
	case f.right:
		return -1, f.row[1]
	}
	return f.row[0], -1
}

// Sum is all that goes through a source or a target.
func (f *Flow) Sum(side, i int) int {
	sum := 0
	if side == 0 {
		for _, n := range f.counts[i] {
			sum += n
		}
		return sum
	}
	for _, r := range f.counts {
		sum += r[i]
	}
	return sum
}

// place is the line of the i-th of n names in h lines: spread over the height.
func (f *Flow) place(i, n int) int {
	if n >= f.h {
		return i
	}
	return (2*i + 1) * f.h / (2 * n)
}

// Lines draws exactly h lines of w cells; names that don't fit are left out.
func (f *Flow) Lines(w, h int) []string {
	if len(f.from) == 0 || len(f.to) == 0 || h < 2 || w < 30 {
		return layout.Fit(nil, w, h)
	}
	f.w, f.h = w, h
	f.side = min(max(w/3, 12), 34)
	middle := f.strands(w - 2*f.side)
	out := make([]string, h)
	for y := range out {
		out[y] = f.end(0, y) + middle[y] + f.end(1, y)
	}
	return layout.Fit(out, w, h)
}

// end is what stands on line y of a side: a name, its count, and what flows
// between it and the selected name of the other side.
func (f *Flow) end(side, y int) string {
	names := f.names(side)
	i := -1
	for k := range names {
		if f.place(k, len(names)) == y {
			i = k
		}
	}
	if i < 0 {
		return layout.Blank(f.side)
	}
	count := grouped(f.Sum(side, i))
	pen := f.st.Faint
	if side != f.cursor() {
		n := f.between(side, i)
		if count = grouped(n); n > 0 {
			pen = f.st.Strong
		} else {
			count = f.st.Glyphs.Bullet
		}
	}
	name := f.st.Text
	mark := " "
	if side == f.cursor() && f.row[side] == i {
		mark, name, pen = f.st.Cursor.Paint(f.st.Glyphs.Cursor), f.st.Strong, f.st.Strong
	}
	room := f.side - 4 - layout.Width(count)
	if side == 0 {
		return mark + " " + name.Paint(fitted(f.st, names[i], room)) + " " + pen.Paint(count) + " "
	}
	return " " + pen.Paint(count) + layout.Blank(1) + name.Paint(fitted(f.st, names[i], room)) + " " + mark
}

// between is what flows between a name and the selected one of the other side.
func (f *Flow) between(side, i int) int {
	if side == 1 {
		return f.counts[f.row[0]][i]
	}
	return f.counts[i][f.row[1]]
}

// strand is one line of the picture.
type strand struct{ from, to, count int }

// thickest is how many dots a strand is wide at most.
const thickest = 5

// strands draws the middle: the strands of the selected name. All of them at
// once would be a tangle in which none can be followed.
func (f *Flow) strands(w int) []string {
	var all []strand
	most := 1
	for i, r := range f.counts {
		for j, n := range r {
			if s := (strand{i, j, n}); n > 0 && f.chosen(s) && f.place(i, len(f.from)) < f.h && f.place(j, len(f.to)) < f.h {
				all = append(all, s)
				most = max(most, n)
			}
		}
	}
	slices.SortFunc(all, func(a, b strand) int { return cmp.Compare(a.count, b.count) })
	lines := make([]*strip, f.h)
	for y := range lines {
		lines[y] = newStrip(w)
	}
	f.plot(lines, w, all, most)
	out := make([]string, f.h)
	for y, l := range lines {
		out[y] = l.String()
	}
	return out
}

func (f *Flow) chosen(s strand) bool {
	if f.right {
		return s.to == f.row[1]
	}
	return s.from == f.row[0]
}

// plot draws strands in dots of ntcharts' finest canvas, or with the signs of
// ASCII.
func (f *Flow) plot(lines []*strip, w int, list []strand, most int) {
	pen := f.st.Accent
	if f.st.Glyphs.ASCII {
		f.plotSigns(lines, w, list, pen)
		return
	}
	grid := graph.NewBrailleGrid(w, f.h, 0, float64(2*w-1), 0, float64(4*f.h-1))
	for _, s := range list {
		a, b := 4*f.place(s.from, len(f.from))+2, 4*f.place(s.to, len(f.to))+2
		wide := max(thickest*s.count/most, 1)
		for d := range wide {
			off := d - wide/2
			for _, p := range graph.GetLinePoints(canvas.Point{X: 0, Y: a + off}, canvas.Point{X: 2*w - 1, Y: b + off}) {
				if p.X >= 0 && p.X < 2*w && p.Y >= 0 && p.Y < 4*f.h {
					grid.Set(p)
				}
			}
		}
	}
	for y, row := range grid.BraillePatterns() {
		for x, r := range row {
			if y < len(lines) && x < w && r != 0 && r != '\u2800' {
				lines[y].put(x, string(r), pen)
			}
		}
	}
}

// plotSigns draws strands with dashes, slashes and backslashes.
func (f *Flow) plotSigns(lines []*strip, w int, list []strand, pen theme.Pen) {
	for _, s := range list {
		a, b := f.place(s.from, len(f.from)), f.place(s.to, len(f.to))
		before := a
		for x := range w {
			y := a + ((b-a)*x*2+w)/(2*w)
			sign := f.st.Glyphs.HLine
			switch {
			case y > before:
				sign = `\`
			case y < before:
				sign = "/"
			}
			if y >= 0 && y < len(lines) {
				lines[y].put(x, sign, pen)
			}
			before = y
		}
	}
}

// Hit puts the cursor where the pointer is; false where no name is there.
func (f *Flow) Hit(x, y int) bool {
	side := 0
	switch {
	case x >= f.w-f.side:
		side = 1
	case x >= f.side:
		return false
	}
	names := f.names(side)
	for i := range names {
		if f.place(i, len(names)) == y {
			f.right, f.row[side] = side == 1, i
			return true
		}
	}
	return false
}

// At is where the cursor stands, for the terminal's own.
func (f *Flow) At() (x, y int) {
	y = f.place(f.row[f.cursor()], len(f.names(f.cursor())))
	if f.right {
		return f.w - 1, y
	}
	return 0, y
}
