// Package chart draws counts: a histogram over time, and the small meters that
// stand beside numbers. Columns are plotted on a canvas of ntcharts; what is
// drawn is kept until something changes.
package chart

import (
	"slices"

	"threatbench/theme"
)

// Step is one step of time: its short label ("21 Nov") and its count, one below
// 0 counting as 0. Steps are contiguous: the caller fills gaps with zero.
type Step struct {
	Label string
	Count int
}

// Histogram draws counts over time. Its zero value is not usable; see New.
type Histogram struct {
	st       *theme.Styles
	steps    []Step
	cursor   int // -1 for none
	from, to int // the chosen range, both inclusive; -1 for none

	gen   int // counts changes of steps and theme
	plot  plot
	drawn drawn
}

// drawn is the last drawing and what it was made of.
type drawn struct {
	gen, cursor, from, to, w, h int
	lines                       []string
}

// New makes an empty histogram.
func New(st *theme.Styles) *Histogram {
	return &Histogram{st: st, cursor: -1, from: -1, to: -1, gen: 1}
}

// SetSteps sets what is drawn, from the earliest to the latest. Cursor and
// range stay where they are, if they still lie within the steps.
func (h *Histogram) SetSteps(steps []Step) {
	h.steps = slices.Clone(steps)
	h.gen++
	h.SetCursor(h.cursor)
	h.SetRange(h.from, h.to)
}

// SetStyles changes the theme.
func (h *Histogram) SetStyles(st *theme.Styles) {
	h.st = st
	h.gen++
}

// SetCursor selects a step; one that doesn't exist selects none.
func (h *Histogram) SetCursor(i int) {
	if i < 0 || i >= len(h.steps) {
		i = -1
	}
	h.cursor = i
}

// SetRange chooses the steps from up to and including to, in either order; a
// range of which nothing exists chooses none.
func (h *Histogram) SetRange(from, to int) {
	if from > to {
		from, to = to, from
	}
	if from < 0 || to < 0 || from >= len(h.steps) {
		h.from, h.to = -1, -1
		return
	}
	h.from, h.to = from, min(to, len(h.steps)-1)
}

// Lines draws exactly height lines of w cells. One line holds the bars between
// the first and the last label; of two and more the last is the axis, with
// ticks, the chosen range and the selected step with its count.
func (h *Histogram) Lines(w, height int) []string {
	w, height = max(w, 0), max(height, 0)
	want := drawn{gen: h.gen, cursor: h.cursor, from: h.from, to: h.to, w: w, h: height}
	if got := h.drawn; got.lines == nil || !got.same(want) {
		want.lines = h.draw(w, height)
		h.drawn = want
	}
	return slices.Clone(h.drawn.lines)
}

func (d drawn) same(o drawn) bool {
	return d.gen == o.gen && d.cursor == o.cursor && d.from == o.from && d.to == o.to && d.w == o.w && d.h == o.h
}

// Hit gives the steps, both inclusive, that the last drawing w cells wide has
// at column x; -1, -1 where it has none.
func (h *Histogram) Hit(x, w int) (from, to int) {
	height := 2
	if h.drawn.lines != nil && h.drawn.w == w {
		height = h.drawn.h
	}
	return h.frame(w, height).stepsAt(x)
}
