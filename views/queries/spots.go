package queries

import "threatbench/ui/widget/layout"

// Spots are the queries, or the builder's conditions part by part, its text and
// the events of the sample.
func (m *Model) Spots(_, _ int) []layout.Spot {
	if !m.building {
		if len(m.list.queries) == 0 {
			return nil
		}
		return m.list.body.In(m.list.table.RowSpots())
	}
	b := m.build
	g := b.geo
	var form []layout.Spot
	all := b.lines()
	for y := range min(g.form.H, len(all)-b.offset) {
		l := all[b.offset+y]
		if !l.selectable() {
			continue
		}
		form = append(form, layout.Spot{X: 0, Y: y})
		if l.kind == lineRow {
			form = append(form, layout.Spot{X: indent + fieldWidth, Y: y}, layout.Spot{X: indent + fieldWidth + opWidth, Y: y})
		}
	}
	out := append(g.form.In(form), layout.Spot{X: g.text.X, Y: g.text.Y})
	return append(out, g.sample.In(b.sample.RowSpots())...)
}
