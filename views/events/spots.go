package events

import "threatbench/ui/widget/layout"

// Spots are the filter, the facets' values, the titles and the rows in sight.
func (m *Model) Spots(_, _ int) []layout.Spot {
	g := m.geometry
	out := g.table.In(m.table.Spots())
	lines := m.facets.lines()
	for y := range g.facets.H {
		if i := m.facets.offset + y; i < len(lines) && lines[i].selectable() {
			out = append(out, layout.Spot{X: g.facets.X, Y: g.facets.Y + y})
		}
	}
	if !g.filter.Empty() {
		out = append(out, layout.Spot{X: g.filter.X, Y: g.filter.Y})
	}
	return out
}
