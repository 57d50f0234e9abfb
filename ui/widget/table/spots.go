package table

import "threatbench/ui/widget/layout"

// Spots are the rows in sight and the titles, for jump labels.
func (m *Model) Spots() []layout.Spot {
	out := m.RowSpots()
	m.lay()
	for _, s := range m.spans {
		out = append(out, layout.Spot{X: s.x})
	}
	return out
}

// RowSpots are the rows in sight.
func (m *Model) RowSpots() []layout.Spot {
	var out []layout.Spot
	for y := 1; y < m.h; y++ {
		if m.Hit(0, y).Kind == Row {
			out = append(out, layout.Spot{Y: y})
		}
	}
	return out
}
