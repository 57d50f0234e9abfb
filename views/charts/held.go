package charts

import "threatbench/views"

// Held is the value under the cursor of the chart.
func (m *Model) Held() views.Held {
	if m.console.shown || m.board.shown || m.card.plot == nil {
		return views.Held{}
	}
	for _, p := range m.card.plot.picked().pairs {
		if h := views.HeldValue(p.col, p.value); h.Attacker != "" || len(h.Tags) > 0 {
			h.Datasets = m.card.spec.Datasets
			return h
		}
	}
	return views.Held{}
}
