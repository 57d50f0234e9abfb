package detail

import "threatbench/ui/widget/layout"

// Spots are the titles of the parts, and in some of them the lines.
func (m *Model) Spots(w, h int) []layout.Spot {
	if m.event == nil {
		return nil
	}
	var out []layout.Spot
	at := 2
	for t := Overview; t < tabs; t++ {
		out = append(out, layout.Spot{X: at})
		at += len(tabTitles[t]) + 2
		if n := m.count(t); n != "" {
			at += 1 + len([]rune(n))
		}
	}
	switch {
	case m.tab == Raw && m.rawFor == m.event.UUID:
		top := 1
		if m.raw.Source != "" || m.raw.TLP != "" {
			top++
		}
		out = append(out, layout.Rect{Y: top}.In(m.tree.Spots())...)
	case m.tab == Relations:
		for y := range min(h-1, len(m.related.links)-m.related.offset) {
			out = append(out, layout.Spot{Y: y + 1})
		}
	}
	return out
}
