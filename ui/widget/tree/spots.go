package tree

import "threatbench/ui/widget/layout"

// Spots are the rows in sight, for jump labels.
func (m *Model) Spots() []layout.Spot {
	var out []layout.Spot
	for y := range min(m.h, len(m.rows)-m.top) {
		out = append(out, layout.Spot{Y: y})
	}
	return out
}
