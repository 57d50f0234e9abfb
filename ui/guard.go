package ui

import (
	"threatbench/api/clean"
	"threatbench/ui/widget/layout"
)

// guard is the last look at a frame before it is sent: whatever a terminal would
// obey, or reorder, and isn't a style is made visible, the line keeping its
// width. Text is neutralised where it is decoded, so there should be nothing to
// do; how often there was is counted, and a test that makes it count has found
// a leak.
func (m *Model) guard(lines []string) []string {
	for y, l := range lines {
		safe := clean.Frame(l)
		if safe == l {
			continue
		}
		m.guarded++
		lines[y] = layout.Line(layout.NormalizeWidth(safe), m.w)
	}
	return lines
}
