package detail

import "threatbench/views"

// Held is what the event shown holds.
func (m *Model) Held() views.Held { return views.HeldOf(m.event) }

// goOn offers where to go from the event shown: to the profile of its attacker,
// to the graphs around what is in it, to the events that share it.
func (m *Model) goOn() {
	h := views.HeldOf(m.event)
	h.Datasets = m.env.Host.Selection().Query.Datasets
	m.env.Host.Ask(views.PickWay(append(h.Ways(), views.Sharing(m.event)...), m.env.Host.Visit))
}
