package table

import (
	"sort"

	"threatbench/ui/widget/layout"
)

const (
	gutter = 2 // cursor glyph, mark glyph
	gap    = 2 // between columns
	bar    = 2 // a space and the scroll bar
)

// span is a column on the screen: its index in cols and its place.
type span struct{ col, x, w int }

// lay places the columns in the width there is. Widths come from the columns
// alone, never from what the rows hold, so nothing moves while scrolling.
func (m *Model) lay() {
	if m.laid {
		return
	}
	m.laid = true
	m.gen++
	shown := m.fitting()
	widths := m.widths(shown)
	m.spans = m.spans[:0]
	x := gutter
	for i, c := range shown {
		if widths[i] <= 0 {
			continue
		}
		m.spans = append(m.spans, span{col: c, x: x, w: widths[i]})
		x += widths[i] + gap
	}
	m.col = m.nearest(m.col)
}

// room is the width there is for columns.
func (m *Model) room() int { return m.w - gutter - bar }

// fitting are the columns whose least widths fit, in order.
func (m *Model) fitting() []int {
	drop := make([]int, len(m.cols)) // in order of dropping
	need := -gap
	for i, c := range m.cols {
		drop[i] = i
		need += c.least() + gap
	}
	sort.SliceStable(drop, func(a, b int) bool {
		ca, cb := m.cols[drop[a]], m.cols[drop[b]]
		if ca.Priority != cb.Priority {
			return ca.Priority > cb.Priority
		}
		return drop[a] > drop[b]
	})
	for len(drop) > 1 && need > m.room() {
		need -= m.cols[drop[0]].least() + gap
		drop = drop[1:]
	}
	sort.Ints(drop)
	return drop
}

// widths shares the room: every column its least width, then all evenly up to
// their wanted widths, then what is left by Flex.
func (m *Model) widths(shown []int) []int {
	out := make([]int, len(shown))
	left := m.room() + gap
	for i, c := range shown {
		out[i] = m.cols[c].least()
		left -= out[i] + gap
	}
	if left < 0 && len(out) > 0 { // a single column too wide for the room
		out[0] = max(m.room(), 0)
		return out
	}
	left = share(out, left, func(i int) (weight, upTo int) { return 1, m.cols[shown[i]].wanted() })
	share(out, left, func(i int) (weight, upTo int) {
		c := m.cols[shown[i]]
		if c.Max > 0 {
			return c.Flex, c.Max
		}
		return c.Flex, 1 << 30
	})
	return out
}

// share deals left cells out by weight, no width growing beyond its bound, and
// returns what nobody could take.
func share(widths []int, left int, rule func(i int) (weight, upTo int)) int {
	for left > 0 {
		total := 0
		for i := range widths {
			if weight, upTo := rule(i); widths[i] < upTo {
				total += max(weight, 0)
			}
		}
		if total == 0 {
			return left
		}
		pool, given := left, 0
		for i := range widths {
			weight, upTo := rule(i)
			if weight <= 0 || widths[i] >= upTo {
				continue
			}
			n := min(max(pool*weight/total, 1), upTo-widths[i], pool-given)
			widths[i] += n
			given += n
		}
		left -= given
	}
	return left
}

func (c Column) least() int { return max(c.Min, 1) }

func (c Column) wanted() int {
	if c.Width > 0 {
		return max(c.Width, c.least())
	}
	return max(layout.Width(c.Title)+arrowCells, c.least())
}

// nearest is the column on the screen closest to col, the left one of two.
func (m *Model) nearest(col int) int {
	best, dist := 0, 1<<30
	for _, s := range m.spans {
		d := max(s.col-col, col-s.col)
		if d < dist {
			best, dist = s.col, d
		}
	}
	return best
}

// ResizeColumn makes column col delta cells wider, or narrower, than it is
// drawn, and keeps it so: it no longer takes a share of the free space.
func (m *Model) ResizeColumn(col, delta int) {
	m.lay()
	for _, s := range m.spans {
		if s.col != col {
			continue
		}
		c := &m.cols[col]
		w := min(max(s.w+delta, 2), max(m.room(), 2))
		c.Width, c.Min, c.Flex = w, w, 0
		m.relay()
		return
	}
}
