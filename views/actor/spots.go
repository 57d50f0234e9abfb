package actor

import "threatbench/ui/widget/layout"

// Spots are the values and events of the profile in sight.
func (m *Model) Spots(w, h int) []layout.Spot {
	if m.p == nil {
		return nil
	}
	top := m.headHeight()
	return layout.Rect{Y: top}.In(layout.Scan(w, h-top, func(x, y int) (int, bool) {
		i := m.body.hit(x, y+m.offset)
		return i, i >= 0
	}))
}
