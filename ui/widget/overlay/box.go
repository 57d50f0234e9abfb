// Package overlay draws what lies over the views: boxes, questions that must be
// confirmed, help; and it keeps the stack they lie on.
package overlay

import (
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/text"
)

// Cells that a frame and the space inside it take of a box.
const (
	FrameW = 4
	FrameH = 2
)

// Box draws a framed box of exactly h lines of exactly w cells: the title in
// its upper rule, the footer (key hints) in its lower one, the body inside with
// a cell of space at either side. What doesn't fit is cut. All three may hold
// colours, but no line breaks. A box too small for a frame has none.
func Box(st *theme.Styles, title string, body []string, footer string, w, h int) []string {
	w, h = max(w, 0), max(h, 0)
	if w < FrameW+1 || h < FrameH+1 {
		return bare(st, title, body, w, h)
	}
	g := &st.Glyphs
	side := st.Border.Paint(g.VLine)
	out := make([]string, 0, h)
	out = append(out, rule(st, g.Corners[0], st.TitleFocus.Paint(title), g.Corners[1], w))
	for y := range h - FrameH {
		line := ""
		if y < len(body) {
			line = body[y]
		}
		out = append(out, side+" "+fit(st, line, w-FrameW)+" "+side)
	}
	return append(out, rule(st, g.Corners[2], footer, g.Corners[3], w))
}

// bare is a box without a frame, for windows of a few cells.
func bare(st *theme.Styles, title string, body []string, w, h int) []string {
	out := make([]string, 0, h)
	if h > 0 {
		out = append(out, fit(st, st.TitleFocus.Paint(title), w))
	}
	for y := 1; y < h; y++ {
		line := ""
		if y-1 < len(body) {
			line = body[y-1]
		}
		out = append(out, fit(st, line, w))
	}
	return out
}

// rule is a horizontal side of the frame with a text let into it.
func rule(st *theme.Styles, left, inset, right string, w int) string {
	g := &st.Glyphs
	room := w - 2
	if inset == "" || room < 5 {
		return st.Border.Paint(left + strings.Repeat(g.HLine, room) + right)
	}
	n := min(layout.Width(inset), room-4)
	inset = fit(st, inset, n)
	rest := room - 3 - n
	return st.Border.Paint(left+g.HLine) + " " + inset + " " + st.Border.Paint(strings.Repeat(g.HLine, rest)+right)
}

func fit(st *theme.Styles, s string, w int) string {
	return text.FitStyled(s, w, &st.Glyphs)
}
