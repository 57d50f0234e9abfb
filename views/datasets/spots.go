package datasets

import "threatbench/ui/widget/layout"

// Spots are the datasets and the entries of the history.
func (m *Model) Spots(_, _ int) []layout.Spot {
	out := m.geo.list.In(m.table.RowSpots())
	if m.none {
		return out
	}
	return append(out, m.geo.history.In(m.history.RowSpots())...)
}
