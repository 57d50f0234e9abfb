package detail

import "threatbench/views"

// Subject is what the event shown holds.
func (m *Model) Subject() views.Subject { return views.SubjectOf(m.event) }

// goOn offers where to go from the event shown: to the profile of its attacker,
// to the graphs around what is in it, to the events that share it.
func (m *Model) goOn() {
	h := views.SubjectOf(m.event)
	h.Datasets = m.env.Host.Selection().Query.Datasets
	m.env.Host.Ask(views.PickPivot(append(h.PivotTargets(), m.env.PivotsOfEvent(m.event)...), m.env.Host.Visit))
}
