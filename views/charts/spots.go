package charts

import "threatbench/ui/widget/layout"

// Spots are the bars, cells, lanes or steps of the chart, the cards of the
// dashboard, or the editor and the answer of the console.
func (m *Model) Spots(w, h int) []layout.Spot {
	switch c := &m.console; {
	case c.shown && c.form == asTree && c.have:
		return append([]layout.Spot{{Y: 1}}, layout.Rect{Y: c.lines + 2}.In(c.tree.Spots())...)
	case c.shown:
		return []layout.Spot{{Y: 1}, {Y: c.lines + 2}}
	case m.board.shown:
		return m.boardSpots(w, h)
	case m.card.plot == nil:
		return nil
	}
	return layout.Rect{Y: headLines}.In(plotSpots(m.card.plot, w, h-headLines))
}

func (m *Model) boardSpots(w, h int) []layout.Spot {
	b := &m.board
	if b.cardH == 0 || b.perLine == 0 {
		return nil
	}
	var out []layout.Spot
	for i := b.top * b.perLine; i < len(b.cards); i++ {
		at := layout.Spot{X: (i % b.perLine) * (w / b.perLine), Y: 1 + (i/b.perLine-b.top)*b.cardH}
		if at.Y < h {
			out = append(out, at)
		}
	}
	return out
}

// plotSpots finds what can be pointed at by pointing with a copy of the chart,
// whose cursor is nobody's.
func plotSpots(p plot, w, h int) []layout.Spot {
	switch p := p.(type) {
	case *barsPlot:
		c := *p.Bars
		return pointSpots(&c, w, h)
	case *heatPlot:
		c := *p.Heat
		return pointSpots(&c, w, h)
	case *flowPlot:
		c := *p.Flow
		return pointSpots(&c, w, h)
	case *lanesPlot:
		c := *p.Matrix
		return pointSpots(&c, w, h)
	case *overPlot:
		_, y := p.At()
		return layout.Rect{Y: y}.In(layout.Scan(w, 1, func(x, _ int) (int, bool) {
			first, _, ok := p.Hit(x, y)
			return first, ok
		}))
	}
	return nil
}

// pointed is a chart whose cursor goes where one points.
type pointed interface {
	Hit(x, y int) bool
	Cursor() (i, j int)
}

func pointSpots(c pointed, w, h int) []layout.Spot {
	return layout.Scan(w, h, func(x, y int) (at [2]int, ok bool) {
		ok = c.Hit(x, y)
		at[0], at[1] = c.Cursor()
		return at, ok
	})
}
