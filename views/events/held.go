package events

import "threatbench/views"

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
