package alerts

import "threatbench/ui/widget/layout"

// Spots are what fired and the alerts.
func (m *Model) Spots(_, _ int) []layout.Spot {
	out := m.geo.inbox.In(m.inbox.RowSpots())
	if m.lacking {
		return out
	}
	return append(out, m.geo.alerts.In(m.alerts.RowSpots())...)
}
