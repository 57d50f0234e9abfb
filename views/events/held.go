package events

import (
	"threatbench/api"
	"threatbench/views"
)

// Held is the value under the cursor of the facets, else what the selected
// event holds.
func (m *Model) Held() views.Held {
	if m.part == partFacets {
		if l, ok := m.facets.selected(); ok && l.more == 0 {
			return views.HeldValue(l.column, l.value.Value)
		}
		return views.Held{}
	}
	return views.HeldOf(m.Current())
}

// waysFrom are the other views an event leads to.
func (m *Model) waysFrom(e *api.Event) []views.Way {
	h := views.HeldOf(e)
	h.Datasets = m.dataset
	return h.Ways()
}
