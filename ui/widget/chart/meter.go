package chart

import (
	"math"
	"strings"

	"github.com/NimbleMarkets/ntcharts/v2/canvas/runes"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// Meter is a bar of exactly width cells that shows value as a part of most:
// one cell fills from below, more fill from the left, in eighths of a cell (in
// whole cells where only ASCII is drawn). A value above nothing always shows.
func Meter(st *theme.Styles, value, most, width int) string {
	if width <= 0 {
		return ""
	}
	part := 0.0
	if value > 0 {
		part = min(float64(value)/float64(max(most, value)), 1)
	}
	eighths := int(math.Round(part * float64(width) * 8))
	if value > 0 {
		eighths = max(eighths, 1)
	}
	if eighths == 0 {
		return layout.Blank(width)
	}
	if width == 1 {
		return st.Bar.Paint(st.Glyphs.Bars[eighths-1])
	}
	full, rest := eighths/8, eighths%8
	if st.Glyphs.ASCII {
		full, rest = (eighths+7)/8, 0
	}
	text := strings.Repeat(fullCell(st), full)
	if rest > 0 {
		text += string(runes.LeftBlockElementFromFloat64(float64(rest) / 8))
		full++
	}
	return st.Bar.Paint(text) + layout.Blank(width-full)
}

func fullCell(st *theme.Styles) string {
	if st.Glyphs.ASCII {
		return "="
	}
	return st.Glyphs.Bars[7]
}
