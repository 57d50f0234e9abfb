// Package chart draws counts: a histogram over time, and the small meters that
// stand beside numbers.
package chart

import (
	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// Step is one step of time, its label short ("21 Nov"), its count >= 0. Steps
// are contiguous: the caller fills gaps with zero.
type Step struct {
	Label string
	Count int
}

// Histogram draws counts over time.
type Histogram struct {
	st       *theme.Styles
	steps    []Step
	cursor   int
	from, to int
}

// New makes an empty histogram.
func New(st *theme.Styles) *Histogram { return &Histogram{st: st, cursor: -1, from: -1, to: -1} }

// SetSteps sets what is drawn.
func (h *Histogram) SetSteps(steps []Step) { h.steps = steps }

// SetStyles changes the theme.
func (h *Histogram) SetStyles(st *theme.Styles) { h.st = st }

// SetCursor selects a step; -1 selects none.
func (h *Histogram) SetCursor(i int) { h.cursor = i }

// SetRange highlights the steps from up to and including to; -1, -1 none.
func (h *Histogram) SetRange(from, to int) { h.from, h.to = from, to }

// Lines draws w by height cells: bars, and under them, where height is 2 or
// more, the labels.
func (h *Histogram) Lines(w, height int) []string { return layout.Fit(nil, w, height) }

// Hit gives the steps drawn at column x of a drawing w cells wide, both
// inclusive; -1, -1 where there are none.
func (h *Histogram) Hit(x, w int) (from, to int) { return -1, -1 }

// Meter is a bar of exactly width cells, filled to value/max in eighths of a
// cell.
func Meter(st *theme.Styles, value, max, width int) string { return layout.Blank(width) }
