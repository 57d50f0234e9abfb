package chart

import (
	"strconv"

	"threatbench/ui/widget/layout"
)

const (
	// widest is the most cells a bar takes: beyond that a chart of few steps
	// looks like a wall.
	widest = 8
	// leastPlot is how many cells the bars of a one-line drawing must keep for
	// labels to stand beside them.
	leastPlot = 20
)

// frame says where on the screen which step stands.
type frame struct {
	left, cols int // the bars' first column, and how many columns they have
	steps      int
	wide       int // columns of a step, 0 where they vary or a column holds several steps
	labels     bool
}

// frame lays a drawing out.
func (h *Histogram) frame(w, height int) frame {
	f := frame{cols: max(w, 0), steps: len(h.steps)}
	if height == 1 {
		f = h.beside(f)
	}
	if f.steps == 0 || f.cols == 0 {
		f.cols = 0
		return f
	}
	// Fewer steps than columns but more than half as many: some steps take two
	// columns, so that the chart fills its width.
	if 2*f.steps <= f.cols {
		f.wide = min(f.cols/f.steps, widest)
		f.cols = f.wide * f.steps
	}
	return f
}

// beside makes room for labels left and right of the bars.
func (h *Histogram) beside(f frame) frame {
	if f.steps == 0 {
		return f
	}
	left, right := layout.Width(h.label(0))+1, h.noteWidth()+1
	if f.cols-left-right < leastPlot {
		return f
	}
	f.left, f.cols, f.labels = left, f.cols-left-right, true
	return f
}

// stepsAt are the steps at column x, both inclusive.
func (f frame) stepsAt(x int) (from, to int) {
	x -= f.left
	if x < 0 || x >= f.cols {
		return -1, -1
	}
	if f.wide > 0 {
		return x / f.wide, x / f.wide
	}
	return f.first(x), max(f.first(x+1)-1, f.first(x))
}

// first is the first step of column x where widths vary.
func (f frame) first(x int) int { return x * f.steps / f.cols }

// columnsOf are the columns of steps from to to, counted on the screen, both
// inclusive.
func (f frame) columnsOf(from, to int) (first, last int) {
	if f.wide > 0 {
		return f.left + from*f.wide, f.left + (to+1)*f.wide - 1
	}
	if f.steps < f.cols {
		return f.left + (from*f.cols+f.steps-1)/f.steps, f.left + f.column(to)
	}
	return f.left + f.column(from), f.left + f.column(to)
}

// column is the last column that holds step i.
func (f frame) column(i int) int {
	x := i * f.cols / f.steps
	for x+1 < f.cols && f.first(x+1) <= i {
		x++
	}
	return x
}

// label is step i's label as it can be drawn.
func (h *Histogram) label(i int) string {
	if h.st.Glyphs.ASCII {
		return layout.ASCII(h.steps[i].Label)
	}
	return layout.NormalizeWidth(h.steps[i].Label)
}

// note is step i with its count: "21 Nov 1,204".
func (h *Histogram) note(i int) string {
	return h.label(i) + " " + grouped(h.steps[i].Count)
}

// noteWidth bounds the width of every note, so that the bars beside it stay
// where they are while the cursor moves.
func (h *Histogram) noteWidth() int {
	label, most := 0, 0
	for i, s := range h.steps {
		label = max(label, layout.Width(h.label(i)))
		most = max(most, s.Count)
	}
	return label + 1 + len(grouped(most))
}

// grouped writes n with commas between thousands; below 0 counts as 0.
func grouped(n int) string {
	s := strconv.Itoa(max(n, 0))
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
