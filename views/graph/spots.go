package graph

import "threatbench/ui/widget/layout"

// Spots are the nodes in sight, or the rows of the table.
func (m *Model) Spots(w, _ int) []layout.Spot {
	s := m.scene
	if s == nil || !s.came {
		return nil
	}
	at := layout.Rect{Y: 1}
	if s.form == asTable {
		return at.In(s.list.table.RowSpots())
	}
	return at.In(layout.Scan(w, m.bodyHeight(), func(x, y int) (string, bool) {
		it, ok := s.picture.Hit(x, y)
		if ok && it.ID == "" && len(it.Hidden) > 0 { // a "+97 more"
			return "more " + it.Hidden[0], true
		}
		return it.ID, ok
	}))
}
