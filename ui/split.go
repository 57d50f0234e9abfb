package ui

import "threatbench/ui/widget/layout"

// Sizes the window and its panes need.
const (
	leastW      = 40
	leastH      = 10
	sideFrom    = 170 // from this width on the detail stands beside the list by default
	gistRows    = 4   // the detail under the list while it hasn't the focus
	leastDetail = 8   // and when it has
	leastSide   = 36
)

// way is how the detail stands to the list.
type way int

const (
	wayAuto way = iota // side by side in a wide window, stacked over SSH
	waySide
	wayStacked
)

// split is how list and detail share the window.
type split struct {
	way    way
	share  float64 // the detail's part while it has the focus, or stands beside
	zoomed bool    // the focused pane has the whole window
	hidden bool    // the list alone
	remote bool    // over SSH, where a stacked list scrolls at a quarter of the bytes
}

func newSplit() split { return split{share: 0.45} }

func (s split) side(w int) bool {
	if s.way == wayAuto {
		return w >= sideFrom && !s.remote
	}
	return s.way == waySide && w >= 2*leastSide
}

func (s *split) turn(w int) {
	if s.side(w) {
		s.way = wayStacked
	} else {
		s.way = waySide
	}
	s.hidden = false
}

// grow gives the focused pane more of the window, or less.
func (s *split) grow(by float64, detail bool) {
	if !detail {
		by = -by
	}
	s.share = min(max(s.share+by, 0.15), 0.85)
}

// panes is where everything stands.
type panes struct {
	head, foot, events, detail layout.Rect
	whole                      layout.Rect // of a view that has the window to itself
	rule                       layout.Rect // between panes that stand side by side
	side                       bool
}

// arrange lays out the window: a line on top, a line at the bottom, and the
// panes between.
func (m *Model) arrange() panes {
	r := layout.Rect{W: m.w, H: m.h}
	var p panes
	p.head, r = r.CutTop(1)
	p.foot, r = r.CutBottom(1)
	switch {
	case m.currentTab() != nil:
		p.whole = r
	case m.screen == screenDetail:
		p.detail = r
	case m.split.zoomed && m.focus == paneDetail:
		p.detail = r
	case m.split.zoomed || m.split.hidden:
		p.events = r
	case m.split.side(m.w):
		p.side = true
		p.events, p.detail = r.SplitX(1-m.split.share, leastSide, leastSide)
		p.rule, p.detail = p.detail.CutLeft(1)
	case m.focus == paneDetail:
		p.events, p.detail = r.SplitY(1-max(m.split.share, 0.3), 6, leastDetail)
	default:
		p.detail, p.events = r.CutBottom(gistRows)
	}
	return p
}
