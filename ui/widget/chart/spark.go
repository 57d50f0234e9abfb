package chart

import (
	"strings"

	"threatbench/theme"
)

// Spark is a row of counts as a cell each, as high as it is a part of the
// largest; a count above nothing always shows. It is text without colour.
func Spark(st *theme.Styles, counts []int) string {
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	var b strings.Builder
	for _, n := range counts {
		if n <= 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteString(st.Glyphs.Bars[cells(n, most, len(st.Glyphs.Bars))-1])
	}
	return b.String()
}
