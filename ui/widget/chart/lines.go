package chart

import (
	"math"

	"github.com/NimbleMarkets/ntcharts/v2/canvas"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/graph"

	"threatbench/theme"
)

// markEvery is about how many cells lie between two signs on a line.
const markEvery = 12

// noDots is the braille pattern without dots, from which the others count.
const noDots = '\u2800'

// lines draws a line a series, in dots of ntcharts' finest canvas and with the
// series' sign on it at intervals; in ASCII with the signs alone. Which series
// the cursor is on is told by the legend: to bring its line to the top would
// cost ten kilobytes a key.
func (c *Columns) lines(lines []*strip, b bins, most int) {
	dots := make([]rune, c.frame.cols*len(lines))
	for k := range c.series {
		points := c.points(b, k, most, len(lines))
		if c.st.Glyphs.ASCII {
			c.signs(lines, points, k)
			continue
		}
		c.dots(lines, dots, points, k)
	}
	if c.st.Glyphs.ASCII || len(c.series) < 2 {
		return
	}
	for k := range c.series {
		c.lineMarks(lines, c.points(b, k, most, len(lines)), k)
	}
}

// points are where a series' counts stand, in dots: two to a cell across, four
// down.
func (c *Columns) points(b bins, k, most, rows int) []canvas.Point {
	out := make([]canvas.Point, len(b.parts))
	for i, parts := range b.parts {
		first, last := c.frame.columnsOf(i, i)
		y := 4*rows - 1 - int(math.Round(float64(parts[k])/float64(most)*float64(4*rows-1)))
		out[i] = canvas.Point{X: first + last, Y: min(max(y, 0), 4*rows-1)}
	}
	return out
}

// dots adds a line to the dots drawn so far: where lines meet in a cell all
// their dots show, in the colour of the last.
func (c *Columns) dots(lines []*strip, dots []rune, points []canvas.Point, k int) {
	w, h := c.frame.cols, len(lines)
	grid := graph.NewBrailleGrid(w, h, 0, float64(2*w-1), 0, float64(4*h-1))
	for i, p := range points {
		from := points[max(i-1, 0)]
		for _, q := range graph.GetLinePoints(from, p) {
			if q.X >= 0 && q.X < 2*w && q.Y >= 0 && q.Y < 4*h {
				grid.Set(q)
			}
		}
	}
	for y, row := range grid.BraillePatterns() {
		for x, r := range row {
			if y >= h || x >= w || r <= noDots {
				continue
			}
			dots[y*w+x] |= r - noDots
			lines[y].put(x, string(noDots+dots[y*w+x]), c.linePen(k))
		}
	}
}

// signs draws a line of the series' sign.
func (c *Columns) signs(lines []*strip, points []canvas.Point, k int) {
	for i, p := range points {
		from := points[max(i-1, 0)]
		a, b := canvas.Point{X: from.X / 2, Y: from.Y / 4}, canvas.Point{X: p.X / 2, Y: p.Y / 4}
		for _, q := range graph.GetLinePoints(a, b) {
			lines[q.Y].put(q.X, lineGlyph(c.st, k), c.linePen(k))
		}
	}
}

// lineMarks puts the series' sign on its line, at other steps than the other
// series have theirs.
func (c *Columns) lineMarks(lines []*strip, points []canvas.Point, k int) {
	every := max(markEvery*len(points)/max(c.frame.cols, 1), 1)
	for i := (k * every / len(c.series)) % every; i < len(points); i += every {
		lines[points[i].Y/4].put(points[i].X/2, lineGlyph(c.st, k), c.linePen(k))
	}
}

func (c *Columns) linePen(k int) theme.Pen {
	if len(c.series) < 2 {
		return c.st.Bar
	}
	return seriesPen(c.st, k)
}
