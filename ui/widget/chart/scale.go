package chart

import (
	"math"
	"strconv"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// ticks are the values from 0 up to most that stand on an axis with room for
// so many of them: multiples of 1, 2 or 5 times a power of ten.
func ticks(most, room int) []int {
	out := []int{0}
	if most <= 0 || room < 2 {
		return out
	}
	step := niceStep(most, room-1)
	for v := step; v <= most; v += step {
		out = append(out, v)
	}
	return out
}

// niceStep is the least step people count in that parts most into at most n.
func niceStep(most, n int) int {
	raw := float64(most) / float64(max(n, 1))
	power := math.Pow(10, math.Floor(math.Log10(max(raw, 1))))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power >= raw {
			return max(int(m*power), 1)
		}
	}
	return most
}

// Compact writes n in at most width cells: "1,204", "1204", "1.2k", "1k",
// "3M", and as many signs as there is room for where nothing fits.
func Compact(n, width int) string {
	n = max(n, 0)
	for _, s := range []string{grouped(n), strconv.Itoa(n)} {
		if len(s) <= width {
			return s
		}
	}
	for _, u := range []struct {
		size int
		name string
	}{{1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}} {
		v := float64(n) / float64(u.size)
		if v < 0.95 || v >= 1000 {
			continue
		}
		if s := strconv.FormatFloat(v, 'f', 1, 64) + u.name; v < 10 && len(s) <= width {
			return s
		}
		if s := strconv.Itoa(int(math.Round(v))) + u.name; len(s) <= width {
			return s
		}
	}
	return strings.Repeat("+", max(width, 0))
}

// Percent writes part of whole: "12.4 %", "<0.1%", "" where there is no whole.
func Percent(part, whole int) string {
	if whole <= 0 {
		return ""
	}
	p := 100 * float64(part) / float64(whole)
	switch {
	case part > 0 && p < 0.1:
		return "<0.1%"
	case p > 99.9 && part < whole:
		return ">99.9%"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + "%"
}

// shades is how many steps of shade there are above none.
const shades = 4

// Shade is how dark a count is drawn, from 0 for none to 4 for the most. It
// grows with the square root, for counts are many small and few large ones.
func Shade(count, most int) int {
	if count <= 0 || most <= 0 {
		return 0
	}
	return min(max(int(math.Ceil(shades*math.Sqrt(float64(count)/float64(most))-1e-9)), 1), shades)
}

// shadeGlyph is the sign of a shade.
func shadeGlyph(st *theme.Styles, level int) string {
	if st.Glyphs.ASCII {
		return [shades + 1]string{" ", ".", ":", "*", "#"}[level]
	}
	return [shades + 1]string{" ", "░", "▒", "▓", "█"}[level]
}

// shadePen goes with the sign: it says nothing the sign doesn't.
func shadePen(st *theme.Styles, level int) theme.Pen {
	switch level {
	case 0, 1:
		return st.Faint
	case 2:
		return st.Bar
	case 3:
		return st.Accent
	}
	return st.AccentStrong
}

// shadeLegend tells which counts the signs stand for.
func shadeLegend(st *theme.Styles, most int) string {
	if most <= 0 {
		return ""
	}
	var parts []string
	before := 0
	for level := 1; level <= shades; level++ {
		upTo := most * level * level / (shades * shades)
		if level == shades {
			upTo = most
		}
		if upTo <= before {
			continue
		}
		text := grouped(before+1) + "-" + grouped(upTo)
		if before+1 == upTo {
			text = grouped(upTo)
		}
		parts = append(parts, shadePen(st, level).Paint(shadeGlyph(st, level))+" "+st.Faint.Paint(text))
		before = upTo
	}
	return strings.Join(parts, "  ")
}

// fillGlyph is the sign a series is filled with, so that series are told apart
// without colour.
func fillGlyph(st *theme.Styles, i int) string {
	if st.Glyphs.ASCII {
		return string("#=+o:x-."[i%8])
	}
	return []string{"█", "▓", "▒", "░", "▚", "▞", "▙", "·"}[i%8]
}

// seriesPen is the pen of a series. What remains of the others is faint.
func seriesPen(st *theme.Styles, i int) theme.Pen {
	if st.Palette().Accent == "" {
		return theme.Pen{} // the signs tell them apart
	}
	return st.Series[i%len(st.Series)]
}

// lineGlyph is the sign of a series' line, which stands on it at intervals; in
// ASCII the line is made of it.
func lineGlyph(st *theme.Styles, i int) string {
	if st.Glyphs.ASCII {
		return string("*o+x#@%&"[i%8])
	}
	return []string{"●", "▲", "■", "◆", "○", "△", "□", "◇"}[i%8]
}

// legend lists the series with their signs in at most w cells, those that don't
// fit as "+3".
func legend(st *theme.Styles, names []string, current, w int, sign func(int) string) string {
	var b strings.Builder
	at := 0
	for i, n := range names {
		n = shown(st, n)
		if layout.Width(n) > 24 {
			n = layout.Cut(n, 0, 23) + st.Glyphs.Ellipsis
		}
		rest := ""
		if i < len(names)-1 {
			rest = "+" + strconv.Itoa(len(names)-i)
		}
		if at+layout.Width(n)+4+len(rest) > w {
			b.WriteString(st.Faint.Paint(layout.Cut("+"+strconv.Itoa(len(names)-i), 0, max(w-at, 0))))
			break
		}
		pen := st.Text
		if i == current {
			pen = st.TitleFocus
		}
		b.WriteString(seriesPen(st, i).Paint(sign(i)) + " " + pen.Paint(n) + "  ")
		at += layout.Width(n) + 4
	}
	return layout.Line(b.String(), w)
}

// shown is text as it can be drawn.
func shown(st *theme.Styles, s string) string {
	if st.Glyphs.ASCII {
		return layout.ASCII(s)
	}
	return layout.NormalizeWidth(s)
}

// fitted is text in exactly w cells, cut with an ellipsis.
func fitted(st *theme.Styles, s string, w int) string {
	s = shown(st, s)
	if layout.Width(s) > w && w > 0 {
		return layout.Cut(s, 0, w-1) + st.Glyphs.Ellipsis
	}
	return layout.Line(s, max(w, 0))
}

// share parts n cells among counts by the largest remainder, in their order;
// the sum is n wherever one of the counts is above 0.
func share(counts []int, n int) []int {
	out, sum := make([]int, len(counts)), 0
	for _, c := range counts {
		sum += max(c, 0)
	}
	if sum == 0 || n <= 0 {
		return out
	}
	rest, left := make([]float64, len(counts)), n
	for i, c := range counts {
		exact := float64(max(c, 0)) * float64(n) / float64(sum)
		out[i] = int(exact)
		rest[i] = exact - float64(out[i])
		left -= out[i]
	}
	for ; left > 0; left-- {
		best := 0
		for i := range rest {
			if rest[i] > rest[best] {
				best = i
			}
		}
		out[best]++
		rest[best] = -1
	}
	return out
}
