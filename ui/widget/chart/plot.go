package chart

import (
	"math"

	"charm.land/lipgloss/v2"
	"github.com/NimbleMarkets/ntcharts/v2/canvas"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/graph"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/runes"
)

// plot holds plotted bars: for every line, from the top, and column how many
// eighths of the cell are filled. It is kept while cursor and range move.
type plot struct {
	gen, rows int
	frame     frame
	cells     [][]uint8
}

// plotted gives the bars of f in rows lines.
func (h *Histogram) plotted(f frame, rows int) [][]uint8 {
	if p := h.plot; p.gen == h.gen && p.rows == rows && p.frame == f {
		return p.cells
	}
	h.plot = plot{gen: h.gen, rows: rows, frame: f, cells: fill(h.heights(f, rows), rows)}
	return h.plot.cells
}

// heights are the bars' heights in lines, in eighths. The highest fills all
// lines; one above nothing shows at least an eighth.
func (h *Histogram) heights(f frame, rows int) []float64 {
	out := make([]float64, f.cols)
	most := 0.0
	for x := range out {
		from, to := f.stepsAt(f.left + x)
		if f.wide > 2 && (x+1)%f.wide == 0 {
			continue // a gap tells broad bars apart
		}
		out[x] = h.mean(from, to)
		most = max(most, out[x])
	}
	for x, v := range out {
		if v > 0 {
			out[x] = max(math.Round(v/most*float64(rows)*8), 1) / 8
		}
	}
	return out
}

// mean is the mean count of the steps from to to. Not the sum: columns may
// differ by a step, and their bars must not.
func (h *Histogram) mean(from, to int) float64 {
	sum := 0.0
	for _, s := range h.steps[from : to+1] {
		sum += float64(max(s.Count, 0))
	}
	return sum / float64(to-from+1)
}

// fill plots the heights on a canvas and reads back how full its cells are.
func fill(heights []float64, rows int) [][]uint8 {
	c := canvas.New(len(heights), rows)
	graph.DrawColumns(&c, canvas.Point{X: 0, Y: rows - 1}, heights, lipgloss.NewStyle())
	out := make([][]uint8, rows)
	for y := range out {
		out[y] = make([]uint8, len(heights))
		for x := range out[y] {
			r := c.Cell(canvas.Point{X: x, Y: y}).Rune
			if runes.IsLowerBlockElement(r) {
				out[y][x] = uint8(r - runes.LowerBlockOne + 1)
			}
		}
	}
	return out
}
