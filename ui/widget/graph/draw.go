package graph

import (
	"strconv"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
	pane "threatbench/ui/widget/text"
)

// Ranks of lines: where several share a cell the highest gives its look.
const (
	rankPlain uint8 = 1 + iota
	rankCursor
	rankPath
)

// Lines draws the window: exactly h lines of exactly w cells.
func (m *Model) Lines(w, h int) []string {
	m.resize(w, h)
	switch {
	case m.w == 0 || m.h == 0 || len(m.sight().items) == 0:
		return m.nothing()
	case m.TreeShown():
		return m.treeLines()
	case m.scaled():
		return m.overview()
	}
	m.window()
	p, s := m.layout(), m.sight()
	m.grid.reset(m.vx, m.vy, m.w, m.h, m.strokes)
	looks := m.looks()
	for i := range p.legs {
		l := &p.legs[i]
		ink := looks[l.link]
		ink.net = int32(l.net + 1)
		m.grid.polyline(l.corners, ink)
	}
	m.heads(p, looks)
	for i := range p.notes {
		m.drawNote(&p.notes[i], looks)
	}
	for i := range s.items {
		if b := &p.boxes[i]; b.x < m.vx+m.w && b.x+b.w > m.vx && b.y < m.vy+m.h && b.y+b.h > m.vy {
			m.drawBox(b)
		}
	}
	return m.grid.lines()
}

func (m *Model) nothing() []string {
	out := make([]string, m.h)
	for y := range out {
		out[y] = layout.Blank(m.w)
	}
	if m.h > 0 && m.w > 0 {
		out[0] = m.st.Faint.Paint(pane.Fit(" Nothing to show.", m.w, m.st.Glyphs.Ellipsis))
	}
	return out
}

func (m *Model) resize(w, h int) {
	w, h = max(w, 0), max(h, 0)
	if w == m.w && h == m.h {
		return
	}
	if w != m.w {
		m.hold()
		m.lay = nil // the labels get more room, or less
	}
	m.w, m.h = w, h
	m.chase = true
}

// looks is the ink of each link.
func (m *Model) looks() []inkwell {
	s := m.sight()
	on := m.pathLinks()
	cur, hasCursor := s.at[m.cur]
	out := make([]inkwell, len(s.links))
	for i := range s.links {
		l := &s.links[i]
		ink := inkwell{pen: m.st.Border, rank: rankPlain, line: m.lineOf(l)}
		switch {
		case on[i]:
			ink.pen, ink.rank = m.st.Mark, rankPath
		case hasCursor && (l.a == cur || l.b == cur):
			ink.pen, ink.rank = m.st.Accent, rankCursor
		}
		out[i] = ink
	}
	return out
}

// heads draws the arrow heads, the lines of the highest rank last.
func (m *Model) heads(p *plan, looks []inkwell) {
	for rank := rankPlain; rank <= rankPath; rank++ {
		for i := range p.legs {
			l := &p.legs[i]
			if looks[l.link].rank != rank {
				continue
			}
			if at := l.corners[0]; l.headLeft {
				m.grid.write(at.x, at.y, looks[l.link].pen, m.strokes.headLeft)
			}
			if at := l.corners[len(l.corners)-1]; l.headRight {
				m.grid.write(at.x, at.y, looks[l.link].pen, m.strokes.headRight)
			}
		}
	}
}

func (m *Model) drawNote(n *note, looks []inkwell) {
	pen, rank := m.st.Faint, rankPlain
	for _, l := range n.links {
		if looks[l].rank > rank {
			pen, rank = looks[l].pen, looks[l].rank
		}
	}
	m.grid.write(n.x, n.y, pen, n.text)
}

func (m *Model) drawBox(b *box) {
	y, x := b.labelRow(), b.x
	if b.zoom == Full {
		m.frame(b)
	} else {
		m.sidings(b)
	}
	if b.zoom == Overview {
		m.drawDot(b)
		return
	}
	near := b.zoom == Full
	gutter, pen := " ", theme.Pen{}
	if near {
		gutter, pen = m.st.Glyphs.VLine, m.framePen(b)
	}
	if m.isCursor(b.item) {
		gutter, pen = m.st.Glyphs.Cursor, m.cursorPen()
	}
	m.grid.write(x, y, pen, gutter)
	x++
	if near {
		m.grid.write(x, y, theme.Pen{}, " ")
		x++
	}
	m.grid.write(x, y, m.glyphPen(b.item), b.glyph)
	m.grid.write(x+1, y, theme.Pen{}, " ")
	x += 2
	x += m.writeLabel(x, y, b)
	if b.badge != "" {
		m.grid.write(x, y, m.st.Faint, " "+b.badge)
		x += 1 + layout.Width(b.badge)
	}
	m.grid.write(x, y, theme.Pen{}, " ")
	if near {
		m.grid.write(x+1, y, m.framePen(b), m.st.Glyphs.VLine)
	}
}

// drawDot draws a node as one cell.
func (m *Model) drawDot(b *box) {
	pen, glyph := m.glyphPen(b.item), b.glyph
	switch {
	case m.isCursor(b.item):
		pen, glyph = m.cursorPen(), m.st.Glyphs.Cursor
	case m.onPath(b.item):
		pen = m.st.Mark
	}
	m.grid.write(b.x, b.y, pen, glyph)
}

// writeLabel writes a label, what a search found in it in its own style, and
// gives its width.
func (m *Model) writeLabel(x, y int, b *box) int {
	pen := m.labelPen(b.item)
	start, end := -1, -1
	if m.query != "" && m.sight().items[b.item].node >= 0 {
		start, end = pane.IndexFold(b.label, m.query)
	}
	if start < 0 {
		m.grid.write(x, y, pen, b.label)
		return layout.Width(b.label)
	}
	hit := m.st.Match
	if m.isCursor(b.item) {
		hit = m.st.MatchCurrent
	}
	at := x
	for _, piece := range []struct {
		pen theme.Pen
		s   string
	}{{pen, b.label[:start]}, {hit, b.label[start:end]}, {pen, b.label[end:]}} {
		m.grid.write(at, y, piece.pen, piece.s)
		at += layout.Width(piece.s)
	}
	return layout.Width(b.label)
}

// frame draws the box around a near node.
func (m *Model) frame(b *box) {
	g, pen := &m.st.Glyphs, m.framePen(b)
	rule := strings.Repeat(g.HLine, b.w-2)
	m.grid.write(b.x, b.y, pen, g.Corners[0]+rule+g.Corners[1])
	for y := b.y + 1; y < b.y+b.h-1; y++ {
		m.grid.write(b.x, y, pen, g.VLine+layout.Blank(b.w-2)+g.VLine)
	}
	m.grid.write(b.x, b.y+b.h-1, pen, g.Corners[2]+rule+g.Corners[3])
}

// sidings draws the rows under a compact node, where lines of other classes
// come in: they run to below its glyph.
func (m *Model) sidings(b *box) {
	ink := inkwell{pen: m.st.Border, rank: rankPlain, net: -1}
	if m.isCursor(b.item) {
		ink.pen = m.st.Accent
	}
	for y := b.y; y < b.y+b.h; y++ {
		m.grid.write(b.x, y, theme.Pen{}, layout.Blank(b.w))
	}
	for y := b.y + 1; y < b.y+b.h; y++ {
		m.grid.siding(b, y, ink)
	}
}

func (c *canvas) siding(b *box, y int, ink inkwell) {
	arms := armUp
	if y < b.y+b.h-1 {
		arms |= armDown
	}
	from, to := b.stem(), b.stem()
	if b.sides[y-b.y].left {
		arms, from = arms|armLeft, b.x
	}
	if b.sides[y-b.y].right {
		arms, to = arms|armRight, b.x+b.w-1
	}
	for x := from; x <= to; x++ {
		at := c.at(x, y)
		if at == nil {
			continue
		}
		*at = cell{}
		if x == b.stem() {
			c.draw(x, y, arms, ink)
			continue
		}
		c.draw(x, y, armsFlat, ink)
	}
}

func (m *Model) isCursor(i int) bool { return m.sight().items[i].id == m.cur }

func (m *Model) cursorPen() theme.Pen {
	if m.focused {
		return m.st.Cursor
	}
	return m.st.CursorBlur
}

func (m *Model) framePen(b *box) theme.Pen {
	switch {
	case m.isCursor(b.item):
		return m.cursorPen()
	case m.onPath(b.item):
		return m.st.Mark
	}
	return m.st.Border
}

func (m *Model) labelPen(i int) theme.Pen {
	it := &m.sight().items[i]
	switch {
	case m.onPath(i):
		return m.st.Mark
	case m.isCursor(i):
		return m.st.Strong
	case it.node < 0:
		return m.st.Faint
	}
	return m.st.Text
}

// glyphPen colours a node by its group.
func (m *Model) glyphPen(i int) theme.Pen {
	it := &m.sight().items[i]
	if it.node < 0 || len(m.st.Series) == 0 {
		return m.st.Accent
	}
	return m.groupPen(m.g.Nodes[it.node].Group)
}

func (m *Model) groupPen(g int) theme.Pen {
	n := len(m.st.Series)
	return m.st.Series[((g%n)+n)%n]
}

// overview draws the whole graph scaled into the window, one cell a node. Where
// several nodes share a cell it says how many, or + from ten on.
func (m *Model) overview() []string {
	p, s := m.layout(), m.sight()
	sc := m.scale()
	m.grid.reset(0, 0, m.w, m.h, m.strokes)
	looks := m.looks()
	for i := range p.legs {
		l := &p.legs[i]
		corners := make([]point, len(l.corners))
		for k, c := range l.corners {
			corners[k] = sc.to(c.x, c.y)
		}
		ink := looks[l.link]
		ink.net, ink.line = int32(l.net+1), Solid
		m.grid.polyline(corners, ink)
	}
	count := map[point]int{}
	for i := range s.items {
		count[sc.to(p.boxes[i].x, p.boxes[i].y)]++
	}
	for i := range s.items {
		at := sc.to(p.boxes[i].x, p.boxes[i].y)
		pen, glyph := m.glyphPen(i), p.boxes[i].glyph
		if m.onPath(i) {
			pen = m.st.Mark
		}
		switch n := count[at]; {
		case n > 9:
			glyph = "+"
		case n > 1:
			glyph = strconv.Itoa(n)
		}
		m.grid.write(at.x, at.y, pen, glyph)
	}
	if i, ok := s.at[m.cur]; ok {
		at := sc.to(p.boxes[i].x, p.boxes[i].y)
		m.grid.write(at.x, at.y, m.cursorPen(), m.st.Glyphs.Cursor)
	}
	return m.grid.lines()
}

// fits tells whether the whole plan has room in the window.
func (m *Model) fits() bool {
	p := m.layout()
	return p.w <= m.w && p.h <= m.h
}

// scaled tells whether the drawing is a map that is smaller than its plan.
func (m *Model) scaled() bool { return m.zoom == Overview && !m.TreeShown() && !m.fits() }

// scale maps the plan into the window, in its middle.
type scale struct{ fromW, fromH, w, h, x, y int }

func (m *Model) scale() scale {
	p := m.layout()
	sc := scale{fromW: max(p.w, 1), fromH: max(p.h, 1), w: min(m.w, p.w), h: min(m.h, p.h)}
	sc.x, sc.y = (m.w-sc.w)/2, (m.h-sc.h)/2
	return sc
}

func (s scale) to(x, y int) point {
	return point{s.x + x*s.w/s.fromW, s.y + y*s.h/s.fromH}
}
