package events

import "threatbench/views"

// Subject is the value under the cursor of the facets, else what the selected
// event holds.
func (m *Model) Subject() views.Subject {
	if m.part == partFacets {
		if l, ok := m.facets.selected(); ok && l.more == 0 && !l.ask {
			return views.SubjectOfValue(l.column, l.value.Value)
		}
		return views.Subject{}
	}
	return views.SubjectOf(m.Current())
}
