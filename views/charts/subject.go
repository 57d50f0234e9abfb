package charts

import "threatbench/views"

// Subject is the value under the cursor of the chart.
func (m *Model) Subject() views.Subject {
	if m.console.shown || m.board.shown || m.card.plot == nil {
		return views.Subject{}
	}
	for _, p := range m.card.plot.picked().pairs {
		if h := views.SubjectOfValue(p.col, p.value); h.Attacker != "" || len(h.Tags) > 0 {
			h.Datasets = m.card.spec.Datasets
			return h
		}
	}
	return views.Subject{}
}
