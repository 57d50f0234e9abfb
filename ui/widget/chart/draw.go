package chart

import (
	"threatbench/ui/widget/layout"
)

func (h *Histogram) draw(w, height int) []string {
	out := make([]string, height)
	f := h.frame(w, height)
	if f.cols == 0 {
		for y := range out {
			out[y] = layout.Blank(w)
		}
		return out
	}
	rows := max(height-1, 1)
	if height == 0 {
		return out
	}
	bars := h.plotted(f, rows)
	for y := range rows {
		line := newStrip(w)
		h.bars(line, f, bars[y])
		if f.labels {
			h.ends(line, f)
		}
		if y == 0 {
			h.peak(line, rows)
		}
		out[y] = line.String()
	}
	if height > 1 {
		out[height-1] = h.axis(f, w)
	}
	return out
}

// bars writes one line of bars.
func (h *Histogram) bars(line *strip, f frame, eighths []uint8) {
	first, last := -1, -1
	if h.from >= 0 {
		first, last = f.columnsOf(h.from, h.to)
	}
	at, end := -1, -1
	if h.cursor >= 0 {
		at, end = f.columnsOf(h.cursor, h.cursor)
	}
	for i, e := range eighths {
		if e == 0 {
			continue
		}
		x, pen := f.left+i, h.st.Bar
		if x >= first && x <= last {
			pen = h.st.BarSelect
		}
		if x >= at && x <= end {
			pen = h.st.AccentStrong
		}
		line.put(x, h.st.Glyphs.Bars[e-1], pen)
	}
}

// ends writes the labels of a drawing of one line: the first step's on the
// left; on the right the last step's, or the selected step and its count.
func (h *Histogram) ends(line *strip, f frame) {
	line.write(0, h.label(0), h.st.Faint)
	right := f.left + f.cols + 1
	if h.cursor >= 0 {
		line.write(right, h.note(h.cursor), h.st.Strong)
		return
	}
	line.write(right, h.label(len(h.steps)-1), h.st.Faint)
}

// peak says what the largest count is, where the first line has room for it.
func (h *Histogram) peak(line *strip, rows int) {
	if rows < 2 {
		return
	}
	most := 0
	for _, s := range h.steps {
		most = max(most, s.Count)
	}
	text := grouped(most)
	for _, x := range []int{0, len(line.cells) - len(text)} {
		if most > 0 && line.free(x-1, len(text)+2) {
			line.write(x, text, h.st.Faint)
			return
		}
	}
}

// axis is the line under the bars.
func (h *Histogram) axis(f frame, w int) string {
	line := newStrip(w)
	h.ticks(line, f)
	if h.from >= 0 {
		h.span(line, f)
	}
	if h.cursor >= 0 {
		h.pointer(line, f)
	}
	return line.String()
}

// ticks writes the labels of the first and the last step, and of steps at
// even distances between as far as there is room.
func (h *Histogram) ticks(line *strip, f frame) {
	const apart = 2
	n := len(h.steps)
	first, last := h.label(0), h.label(n-1)
	line.write(0, first, h.st.Faint)
	end := max(f.cols, layout.Width(first)) // where the last label ends
	if n == 1 {
		return
	}
	end -= layout.Width(last)
	if end < layout.Width(first)+apart {
		return
	}
	line.write(end, last, h.st.Faint)
	before := first
	for i := h.stride(f); i < n-1; i += h.stride(f) {
		text := h.label(i)
		x, _ := f.columnsOf(i, i)
		if text == before || !line.free(x-apart, layout.Width(text)+2*apart) {
			continue
		}
		line.write(x, text, h.st.Faint)
		before = text
	}
}

// stride is how many steps lie between two ticks: a number people count in.
func (h *Histogram) stride(f frame) int {
	const between = 14 // cells from tick to tick, at least
	for _, n := range []int{1, 2, 5, 7, 10, 14, 20, 30, 60, 90, 100, 180, 200, 365, 500} {
		if n*f.cols >= between*f.steps {
			return n
		}
	}
	return between*f.steps/f.cols + 1
}

// span draws the chosen range in brackets, with its dates and its sum inside
// or beside it.
func (h *Histogram) span(line *strip, f frame) {
	first, last := f.columnsOf(h.from, h.to)
	sum := 0
	for _, s := range h.steps[h.from : h.to+1] {
		sum += max(s.Count, 0)
	}
	text := h.label(h.from) + " - " + h.label(h.to) + ": " + grouped(sum)
	if h.from == h.to {
		text = h.label(h.from) + ": " + grouped(sum)
	}
	n := layout.Width(text)
	inside := last-first-1 >= n+2
	x := first + (last-first+1-n)/2
	switch {
	case inside:
	case last+2+n <= len(line.cells):
		x = last + 2
	default:
		x = max(first-1-n, 0)
	}
	if !inside {
		line.clear(x-1, n+2)
	}
	for c := first; c <= last; c++ {
		line.put(c, h.st.Glyphs.HLine, h.st.BarSelect)
	}
	if last > first {
		line.put(first, "[", h.st.BarSelect)
		line.put(last, "]", h.st.BarSelect)
	}
	if inside {
		line.clear(x-1, n+2)
	}
	line.write(x, text, h.st.Strong)
}

// pointer puts an arrow under the selected step, and its date and count beside
// it.
func (h *Histogram) pointer(line *strip, f frame) {
	first, last := f.columnsOf(h.cursor, h.cursor)
	at := (first + last) / 2
	text := h.note(h.cursor)
	n := layout.Width(text)
	x := at + 2
	if x+n > len(line.cells) {
		x = max(at-1-n, 0)
	}
	line.clear(min(x, at)-1, max(x+n, at+1)-min(x, at)+2)
	line.write(x, text, h.st.Strong)
	line.put(at, h.st.Glyphs.Up, h.st.AccentStrong)
}
