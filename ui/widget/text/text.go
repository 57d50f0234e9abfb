// Package text is a scrollable, searchable pane of lines. A line may hold
// colours; it is measured and wrapped only when it comes into the window, so a
// hundred thousand lines cost what forty cost. It knows nothing of threat
// intelligence, and what it is given must have been neutralised before.
package text

import (
	"fmt"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// maxCached bounds the lines kept wrapped.
const maxCached = 4096

// Model is the pane. It isn't safe for use by several goroutines.
type Model struct {
	st   *theme.Styles
	src  []string
	wrap bool
	w, h int
	top  place
	left int // cells scrolled to the right; 0 while wrapping
	// cache holds the lines seen since the width changed.
	cache map[int]wrapped
	find  finder
}

// place is a row on the screen: a source line and a row of its wrapping.
type place struct{ line, row int }

func (p place) before(o place) bool {
	return p.line < o.line || p.line == o.line && p.row < o.row
}

type wrapped struct {
	line
	starts []int
	hits   []hit // of the present search, without styles
}

// New makes an empty pane that wraps long lines.
func New(st *theme.Styles) *Model {
	return &Model{st: st, wrap: true, w: 80, h: 24, cache: map[int]wrapped{}}
}

// SetStyles changes the theme.
func (m *Model) SetStyles(st *theme.Styles) {
	m.st = st
	m.find.scan(m.src, st.Glyphs.ASCII) // what is shown, and so found, may change
	clear(m.cache)
	m.clamp()
}

// SetText shows s, split at its line breaks, from the top.
func (m *Model) SetText(s string) {
	m.SetLines(strings.Split(strings.TrimSuffix(s, "\n"), "\n"))
}

// SetLines shows lines from the top. Each is closed in its styles; none may
// hold a line break. The pane keeps the slice. A search goes on in them.
func (m *Model) SetLines(lines []string) {
	m.src = lines
	m.top, m.left = place{}, 0
	clear(m.cache)
	m.find.scan(m.src, m.st.Glyphs.ASCII)
}

// SetWrap turns soft wrapping on or off.
func (m *Model) SetWrap(on bool) {
	if m.wrap == on {
		return
	}
	m.wrap = on
	m.left, m.top.row = 0, 0
	clear(m.cache)
	m.clamp()
}

// Wrap tells whether long lines are wrapped.
func (m *Model) Wrap() bool { return m.wrap }

// SetSize tells how large the pane is; paging and the end depend on it. Lines
// does so too.
func (m *Model) SetSize(w, h int) {
	w, h = max(w, 0), max(h, 0)
	if w == m.w && h == m.h {
		return
	}
	if w != m.w && m.wrap {
		m.keepPlace(w)
	}
	m.w, m.h = w, h
	m.clamp()
}

// keepPlace keeps the text at the top there when the width changes.
func (m *Model) keepPlace(w int) {
	offset := 0
	if m.top.row > 0 && m.top.line < len(m.src) {
		offset = m.at(m.top.line).starts[m.top.row]
	}
	clear(m.cache)
	m.w, m.top.row = w, 0
	if offset > 0 {
		m.top.row = rowOf(m.at(m.top.line).starts, offset)
	}
}

// Len is how many source lines there are.
func (m *Model) Len() int { return len(m.src) }

// at is line i, taken apart and wrapped to the present width.
func (m *Model) at(i int) wrapped {
	if c, ok := m.cache[i]; ok {
		return c
	}
	if len(m.cache) >= maxCached {
		clear(m.cache)
	}
	c := wrapped{line: parse(m.src[i], m.st.Glyphs.ASCII), starts: []int{0}}
	c.hits = allHits(c.plain, m.find.query)
	if m.wrap {
		c.starts = c.wrap(m.w)
	}
	m.cache[i] = c
	return c
}

// after is the row that follows p; ok is false at the end.
func (m *Model) after(p place) (q place, ok bool) {
	if p.row+1 < len(m.at(p.line).starts) {
		return place{p.line, p.row + 1}, true
	}
	if p.line+1 < len(m.src) {
		return place{p.line + 1, 0}, true
	}
	return p, false
}

// before is the row ahead of p; ok is false at the beginning.
func (m *Model) before(p place) (q place, ok bool) {
	if p.row > 0 {
		return place{p.line, p.row - 1}, true
	}
	if p.line > 0 {
		return place{p.line - 1, len(m.at(p.line-1).starts) - 1}, true
	}
	return p, false
}

// move walks n rows from p, as far as there are rows.
func (m *Model) move(p place, n int) place {
	ok := true
	for ; n > 0 && ok; n-- {
		p, ok = m.after(p)
	}
	for ; n < 0 && ok; n++ {
		p, ok = m.before(p)
	}
	return p
}

// clamp takes the window back when it reaches past the end.
func (m *Model) clamp() {
	if len(m.src) == 0 {
		m.top = place{}
		return
	}
	m.top.line = min(m.top.line, len(m.src)-1)
	m.top.row = min(m.top.row, len(m.at(m.top.line).starts)-1)
	if last := m.last(); last.before(m.top) {
		m.top = last
	}
}

// last is the lowest top row: the one that shows the end.
func (m *Model) last() place {
	end := len(m.src) - 1
	return m.move(place{end, len(m.at(end).starts) - 1}, 1-max(m.h, 1))
}

// Scroll moves the window n rows down, or up for a negative n.
func (m *Model) Scroll(n int) {
	if len(m.src) == 0 {
		return
	}
	m.top = m.move(m.top, n)
	m.clamp()
}

// Page moves by n windows, keeping one row of the old one in sight.
func (m *Model) Page(n int) { m.Scroll(n * max(m.h-1, 1)) }

// Half moves by n half windows.
func (m *Model) Half(n int) { m.Scroll(n * max(m.h/2, 1)) }

// Home goes to the first line.
func (m *Model) Home() { m.top, m.left = place{}, 0 }

// End goes to the last line.
func (m *Model) End() {
	if len(m.src) > 0 {
		m.top = m.last()
	}
}

// Shift moves the window n cells to the right, or left; only while lines
// aren't wrapped.
func (m *Model) Shift(n int) {
	if m.wrap {
		return
	}
	m.left = max(m.left+n, 0)
}

// GoTo brings source line i (from 0) to the top.
func (m *Model) GoTo(i int) {
	m.top = place{line: max(i, 0)}
	m.clamp()
}

// Top is the source line (from 0) at the top of the window.
func (m *Model) Top() int { return m.top.line }

// AtEnd tells whether the last row is in sight.
func (m *Model) AtEnd() bool {
	return len(m.src) == 0 || !m.top.before(m.last())
}

// Position says how far one has read: the last line in sight of all, "12/340".
func (m *Model) Position() string {
	if len(m.src) == 0 {
		return "0/0"
	}
	end := m.move(m.top, max(m.h, 1)-1)
	return fmt.Sprintf("%d/%d", end.line+1, len(m.src))
}

// Lines draws the window: exactly h lines of exactly w cells.
func (m *Model) Lines(w, h int) []string {
	m.SetSize(w, h)
	out := make([]string, 0, m.h)
	var b strings.Builder
	p, ok := m.top, len(m.src) > 0
	for len(out) < m.h {
		b.Reset()
		if ok {
			m.row(&b, p)
			p, ok = m.after(p)
		} else {
			b.WriteString(layout.Blank(m.w))
		}
		out = append(out, b.String())
	}
	return out
}

func (m *Model) row(b *strings.Builder, p place) {
	c := m.at(p.line)
	d := drawing{from: c.starts[p.row], to: len(c.plain), w: m.w}
	if p.row+1 < len(c.starts) {
		d.to = c.starts[p.row+1]
	}
	d.hits = m.hits(p.line, d.from, d.to)
	if !m.wrap {
		d.skip, d.tail = m.left, m.st.Glyphs.Ellipsis
	}
	c.draw(b, d)
}
