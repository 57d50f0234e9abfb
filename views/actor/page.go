package actor

import (
	"strings"
	"threatbench/api"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

// spot is a line that can be selected: a value with its count, or an event.
type spot struct {
	column string // "" for an event
	value  api.Count
	most   int // the largest count of its section
	event  int // index into profile.newest
	x, y   int
	w      int
}

// item is one line of a column: a title, a spot, a note, or nothing.
type item struct {
	title, note string
	spot        int // index into page.spots, -1 for none
}

// page is the part below the head: sections in columns, and the latest events
// across all of them.
type page struct {
	cols  [][]item
	width int // of a column
	tail  []item
	spots []spot
}

const (
	columnWidth = 38 // the least a column takes
	maxColumns  = 4
	columnGap   = 1
)

func (p *page) height() int { return p.tallest() + len(p.tail) }

func (p *page) tallest() int {
	most := 0
	for _, c := range p.cols {
		most = max(most, len(c))
	}
	return most
}

// compose places the sections of the profile in w cells: each goes below the
// column that is the shortest so far.
func (m *Model) compose(w int) *page {
	p := &page{}
	if m.p == nil || w <= 0 {
		return p
	}
	n := min(max((w+columnGap)/(columnWidth+columnGap), 1), maxColumns)
	p.width = (w+columnGap)/n - columnGap
	p.cols = make([][]item, n)
	for _, s := range sections {
		if lines := m.section(string(s), strings.ToUpper(api.TitleOf(s))); len(lines) > 0 {
			p.place(lines)
		}
	}
	m.composeLatest(p, w)
	return p
}

// line is an item before its place is known.
type line struct {
	item
	column string
	value  api.Count
	most   int
}

// section is the lines of one column's counts, nil where there are none.
func (m *Model) section(column, title string) []line {
	top, distinct := m.p.facet(column)
	if len(top) == 0 {
		return nil
	}
	out := []line{{item: item{title: title, spot: -1}}}
	most := 0
	for _, c := range top {
		most = max(most, c.Count)
	}
	for _, c := range top {
		out = append(out, line{column: column, value: c, most: most})
	}
	if more := distinct - len(top); more > 0 {
		out = append(out, line{item: item{note: "+" + views.Count(more) + " more", spot: -1}})
	}
	return append(out, line{item: item{spot: -1}})
}

// place puts lines below the shortest column.
func (p *page) place(lines []line) {
	at := 0
	for i, c := range p.cols {
		if len(c) < len(p.cols[at]) {
			at = i
		}
	}
	for _, l := range lines {
		if l.column != "" {
			l.spot = len(p.spots)
			p.spots = append(p.spots, spot{column: l.column, value: l.value, most: l.most, x: at * (p.width + columnGap), y: len(p.cols[at]), w: p.width})
		}
		p.cols[at] = append(p.cols[at], l.item)
	}
}

// composeLatest puts the newest events across the window.
func (m *Model) composeLatest(p *page, w int) {
	if len(m.p.newest) == 0 {
		return
	}
	p.tail = append(p.tail, item{title: "LATEST EVENTS", spot: -1})
	for i := range m.p.newest {
		y := p.height()
		p.tail = append(p.tail, item{spot: len(p.spots)})
		p.spots = append(p.spots, spot{event: i, y: y, w: w})
	}
}

// hit is the spot drawn at a place of the body, -1 for none.
func (p *page) hit(x, y int) int {
	for i, s := range p.spots {
		if s.y == y && x >= s.x && x < s.x+s.w {
			return i
		}
	}
	return -1
}

// next is the spot below (by 1) or above (by -1) spot i: the nearest line that
// has one in the same column, or across all.
func (p *page) next(i, by int) int {
	from, best := p.spots[i], i
	for k, s := range p.spots {
		d := (s.y - from.y) * by
		if d <= 0 || s.x > from.x && s.w == from.w || s.x < from.x && s.x+s.w <= from.x && from.w == s.w {
			continue
		}
		if best == i || d < (p.spots[best].y-from.y)*by || d == (p.spots[best].y-from.y)*by && s.x <= from.x {
			best = k
		}
	}
	return best
}

// beside is the spot to the right (by 1) or the left (by -1) of spot i that is
// nearest to its line.
func (p *page) beside(i, by int) int {
	from, best := p.spots[i], i
	near := func(k int) int { return abs(p.spots[k].x-from.x)*1000 + abs(p.spots[k].y-from.y) }
	for k, s := range p.spots {
		if (s.x-from.x)*by > 0 && (best == i || near(k) < near(best)) {
			best = k
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// lines draws the lines of the body from one on, h of them.
func (m *Model) lines(from, w, h int, focused bool) []string {
	p := m.body
	tall := p.tallest()
	out := make([]string, 0, h)
	for y := from; y < p.height() && len(out) < h; y++ {
		if y >= tall {
			out = append(out, m.draw(p.tail[y-tall], w, focused))
			continue
		}
		row := ""
		for i, c := range p.cols {
			if i > 0 {
				row += layout.Blank(columnGap)
			}
			if y < len(c) {
				row += layout.Line(m.draw(c[y], p.width, focused), p.width)
			} else {
				row += layout.Blank(p.width)
			}
		}
		out = append(out, row)
	}
	return layout.Fit(out, w, h)
}
