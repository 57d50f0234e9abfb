package chart

import (
	"fmt"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// Bar is one value with its count. Parts are the counts of its series, where
// it has any; Before and Were are what they are compared with.
type Bar struct {
	Label  string
	Count  int
	Parts  []int
	Before int
	Were   []int
}

// change is the count of a part, and what it is compared with.
func (x Bar) change(part int) (now, before int) {
	if part < len(x.Were) {
		before = x.Were[part]
	}
	return x.Parts[part], before
}

// Mode is how the parts of bars and columns are drawn.
type Mode int

// Stacked puts parts one behind or on the other; Grouped gives each a bar of
// its own; Share stretches all bars to the same length, so that shares compare;
// Lines, over time only, joins the counts of each series.
const (
	Stacked Mode = iota
	Grouped
	Share
	Lines
)

// Bars draws counts as horizontal bars, each with its number. The cursor
// stands on a bar, and on a part of it where there are parts.
type Bars struct {
	st      *theme.Styles
	bars    []Bar
	series  []string
	mode    Mode
	total   int // what percentages are of
	compare bool
	cursor  int
	part    int // -1 for the whole bar
	top     int // the first line shown, in rows
	h       int // lines of bars as drawn last
	head    int // lines above them
	barX    int // where the bars began, and how long the longest was
	barW    int
}

// NewBars makes an empty chart.
func NewBars(st *theme.Styles) *Bars { return &Bars{st: st, part: -1} }

// SetStyles changes the theme.
func (b *Bars) SetStyles(st *theme.Styles) { b.st = st }

// SetBars sets what is drawn. Series names the parts, none for plain bars;
// total is what percentages are of; compare shows what has changed.
func (b *Bars) SetBars(bars []Bar, series []string, total int, compare bool) {
	b.bars, b.series, b.total, b.compare = bars, series, total, compare
	b.SetCursor(b.cursor)
	b.SetPart(b.part)
}

// SetMode changes how parts are drawn.
func (b *Bars) SetMode(m Mode) {
	b.mode = m
	if m == Grouped && b.part < 0 && len(b.series) > 0 {
		b.part = 0
	}
}

// Cursor is the bar under the cursor, and its part or -1; -1, -1 where there
// are no bars.
func (b *Bars) Cursor() (bar, part int) {
	if len(b.bars) == 0 {
		return -1, -1
	}
	return b.cursor, b.part
}

// SetCursor moves to a bar, or the nearest there is.
func (b *Bars) SetCursor(i int) { b.cursor = min(max(i, 0), max(len(b.bars)-1, 0)) }

// SetPart moves to a part; -1 is the whole bar.
func (b *Bars) SetPart(i int) {
	b.part = min(max(i, -1), len(b.series)-1)
	if b.mode == Grouped && len(b.series) > 0 {
		b.part = max(b.part, 0)
	}
}

// Move moves the cursor by n lines.
func (b *Bars) Move(n int) {
	per := b.perBar()
	if per == 1 {
		b.SetCursor(b.cursor + n)
		return
	}
	row := min(max(b.cursor*per+max(b.part, 0)+n, 0), max(len(b.bars)*per-1, 0))
	b.cursor, b.part = row/per, row%per
}

// Page moves by n screens.
func (b *Bars) Page(n int) { b.Move(n * max(b.h-1, 1)) }

// perBar is how many lines a bar takes.
func (b *Bars) perBar() int {
	if b.mode == Grouped && len(b.series) > 0 {
		return len(b.series)
	}
	return 1
}

// columns is where a line's fields stand.
type columns struct {
	label, name, count, percent, delta, bar int // widths
}

// Lines draws exactly h lines of w cells: a legend where there are series,
// the bars, and a scale where there is room.
func (b *Bars) Lines(w, h int) []string {
	if len(b.bars) == 0 || h <= 0 || w <= 0 {
		return layout.Fit(nil, w, h)
	}
	var out []string
	b.head = 0
	if len(b.series) > 0 && h > 2 {
		out = append(out, "  "+legend(b.st, b.series, b.part, w-2, func(i int) string { return fillGlyph(b.st, i) }))
		b.head = 1
	}
	c := b.columns(w)
	scale := h-b.head >= 6 && c.bar >= 12
	b.h = h - b.head
	if scale {
		b.h--
	}
	per := b.perBar()
	at := b.cursor*per + max(b.part, 0)*(min(per, 2)-1)
	b.top = min(max(b.top, at-b.h+1), at)
	b.top = max(min(b.top, len(b.bars)*per-b.h), 0)
	for row := b.top; row < len(b.bars)*per && row < b.top+b.h; row++ {
		out = append(out, b.line(row, c))
	}
	if scale {
		out = layout.Fit(out, w, min(len(out), h-1))
		out = append(out, b.scale(c))
	}
	return layout.Fit(out, w, h)
}

// most is the longest bar's count.
func (b *Bars) most() int {
	most := 1
	for _, x := range b.bars {
		if b.perBar() == 1 {
			most = max(most, x.Count)
			continue
		}
		for _, p := range x.Parts {
			most = max(most, p)
		}
	}
	return most
}

func (b *Bars) columns(w int) columns {
	var c columns
	for _, x := range b.bars {
		c.label = max(c.label, layout.Width(shown(b.st, x.Label)))
		c.count = max(c.count, len(grouped(x.Count)))
	}
	c.label = min(c.label, max(w*3/8, 8), 40)
	if b.perBar() > 1 {
		for _, s := range b.series {
			c.name = max(c.name, layout.Width(shown(b.st, s)))
		}
		c.name = min(c.name, max(w/4, 6), 24)
	}
	c.percent = len(">99.9%")
	if b.compare {
		for _, x := range b.bars {
			c.delta = max(c.delta, layout.Width(Delta(x.Count, x.Before)))
			for k := range x.Parts {
				if b.perBar() > 1 {
					c.delta = max(c.delta, layout.Width(Delta(x.change(k))))
				}
			}
		}
	}
	rest := func() int {
		n := w - 2 - c.label - 1 - c.count - 2
		for _, extra := range []int{c.name, c.percent, c.delta} {
			if extra > 0 {
				n -= extra + 1
			}
		}
		return n
	}
	if rest() < 10 {
		c.percent = 0
	}
	c.bar = max(rest(), 0)
	b.barW = c.bar
	return c
}

func (b *Bars) line(row int, c columns) string {
	per := b.perBar()
	i, part := row/per, row%per
	bar, st := b.bars[i], b.st
	count, label, name := bar.Count, bar.Label, ""
	if per > 1 {
		count, name = bar.Parts[part], b.series[part]
		if part > 0 && row != b.top {
			label = ""
		}
	}
	here := i == b.cursor && (per == 1 || part == b.part)
	gutter, pen := "  ", st.Text
	if here {
		gutter, pen = st.Cursor.Paint(st.Glyphs.Cursor)+" ", st.Strong
	}
	var s strings.Builder
	s.WriteString(gutter + pen.Paint(fitted(st, label, c.label)) + " ")
	if per > 1 {
		s.WriteString(st.Faint.Paint(fitted(st, name, c.name)) + " ")
	}
	s.WriteString(pen.Paint(fmt.Sprintf("%*s", c.count, grouped(count))) + " ")
	if c.percent > 0 {
		s.WriteString(st.Faint.Paint(fmt.Sprintf("%*s", c.percent, Percent(count, b.total))) + " ")
	}
	if b.compare {
		now, before := bar.Count, bar.Before
		if per > 1 {
			now, before = bar.change(part)
		}
		s.WriteString(deltaPen(st, now, before).Paint(fmt.Sprintf("%*s", c.delta, Delta(now, before))) + " ")
	}
	s.WriteString(" ")
	b.barX = layout.Width(s.String())
	if c.bar > 0 {
		s.WriteString(b.bar(i, part, c.bar, here))
	}
	return s.String()
}

// bar draws a bar of at most w cells.
func (b *Bars) bar(i, part, w int, here bool) string {
	x := b.bars[i]
	switch {
	case len(b.series) == 0:
		return Meter(b.st, x.Count, b.most(), w)
	case b.perBar() > 1:
		n := cells(x.Parts[part], b.most(), w)
		return seriesPen(b.st, part).Paint(strings.Repeat(fillGlyph(b.st, part), n)) + layout.Blank(w-n)
	}
	var s strings.Builder
	at := 0
	for k, n := range b.widths(i, w) {
		pen := seriesPen(b.st, k)
		if here && k == b.part {
			pen = b.st.AccentStrong
		}
		s.WriteString(pen.Paint(strings.Repeat(fillGlyph(b.st, k), n)))
		at += n
	}
	return s.String() + layout.Blank(w-at)
}

// widths are the cells of a bar's parts.
func (b *Bars) widths(i, w int) []int {
	x := b.bars[i]
	sum := 0
	for _, p := range x.Parts {
		sum += max(p, 0)
	}
	n := cells(x.Count, b.most(), w)
	if b.mode == Share && sum > 0 {
		n = w
	}
	return share(x.Parts, n)
}

// cells is how many of w cells a count takes; one above nothing takes one.
func cells(count, most, w int) int {
	if count <= 0 {
		return 0
	}
	return min(max((count*w+most/2)/max(most, 1), 1), w)
}

// scale is the line under the bars: what their lengths mean.
func (b *Bars) scale(c columns) string {
	line := newStrip(c.bar)
	most, unit := b.most(), ""
	if b.mode == Share && len(b.series) > 0 {
		most, unit = 100, "%"
	}
	for _, v := range ticks(most, c.bar/12+1) {
		text := grouped(v) + unit
		x := v * (c.bar - 1) / most
		if line.free(x-1, len(text)+3) && x+len(text)+1 <= c.bar {
			line.write(x, b.st.Glyphs.VLine+text, b.st.Faint)
		}
	}
	return layout.Blank(b.barX) + line.String()
}

// Hit puts the cursor where the pointer is; false where no bar is there.
func (b *Bars) Hit(x, y int) bool {
	row := b.top + y - b.head
	per := b.perBar()
	if y < b.head || y >= b.head+b.h || row >= len(b.bars)*per {
		return false
	}
	b.cursor = row / per
	if per > 1 {
		b.part = row % per
		return true
	}
	b.part = -1
	if len(b.series) == 0 {
		return true
	}
	at := b.barX
	for k, n := range b.widths(b.cursor, b.barW) {
		if x >= at && x < at+n {
			b.part = k
		}
		at += n
	}
	return true
}

// At is where the cursor stands, for the terminal's own.
func (b *Bars) At() (x, y int) {
	per := b.perBar()
	row := b.cursor * per
	if per > 1 {
		row += b.part
	}
	return 0, b.head + row - b.top
}

// Delta writes how a count has changed: "+12 (+9%)", "-3 (-100%)", "new",
// "=".
func Delta(now, before int) string {
	switch d := now - before; {
	case d == 0:
		return "="
	case before <= 0:
		return "new"
	default:
		sign := "+"
		if d < 0 {
			sign = "-"
		}
		return fmt.Sprintf("%s%s (%+d%%)", sign, grouped(max(d, -d)), percentOf(d, before))
	}
}

func percentOf(d, before int) int {
	return int(float64(d) * 100 / float64(before))
}

func deltaPen(st *theme.Styles, now, before int) theme.Pen {
	switch {
	case now > before:
		return st.Strong
	case now < before:
		return st.Text
	}
	return st.Faint
}

// signed writes a change in at most w cells: "+12", "-1.2k", "=" for none.
func signed(n, w int) string {
	switch {
	case n > 0:
		return "+" + Compact(n, w-1)
	case n < 0:
		return "-" + Compact(-n, w-1)
	}
	return "="
}
