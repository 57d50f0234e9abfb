package ui

import "threatbench/views"

// subject is what the view with the focus has in hand.
func (m *Model) subject() views.Subject {
	var h views.Subject
	if v, ok := m.view().(views.SubjectHolder); ok {
		h = v.Subject()
	} else if t := m.targets(); len(t.Known) > 0 {
		h = views.SubjectOf(&t.Known[0])
	}
	if len(h.Datasets) == 0 {
		h.Datasets = m.events.Selection().Query.Datasets
	}
	return h
}

// whyNoGraphOf tells why there is nothing to draw a graph around.
func (m *Model) whyNoGraphOf() string {
	if h := m.subject(); h.Indicator == "" && len(h.Tags) == 0 {
		return "neither an indicator nor a tag is under the cursor"
	}
	return ""
}

// graphOf shows what surrounds the indicator or a tag in hand; where there are
// several it asks which.
func (m *Model) graphOf() {
	h := m.subject()
	h.Attacker = ""
	ways := h.PivotTargets()
	if len(ways) == 1 {
		host{m}.Visit(ways[0].To)
		return
	}
	m.overlay.Open(newMenu(m, views.PickPivot(ways, host{m}.Visit)))
}
