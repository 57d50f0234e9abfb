package graph

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"threatbench/ui/widget/layout"
	pane "threatbench/ui/widget/text"
)

// How many cells a label gets before its end is cut off: what the window has
// for each layer once the lines have theirs, within these bounds.
const (
	leastLabel  = 16
	maxLabel    = 60
	fullRoom    = 25 // of a layer beside the label: frame, lines, kinds
	compactRoom = 9
	kindLabel   = 18
)

// orderLimit is from how many remembered places on those of vertices no longer
// there are forgotten.
const orderLimit = 50_000

// point is a cell of the canvas.
type point struct{ x, y int }

// box is an item on the canvas. A compact one has its gutter as first column.
type box struct {
	item       int
	x, y, w, h int
	layer      int // from the focus
	zoom       Zoom
	sides      []sides // by row
	glyph      string
	label      string
	badge      string
}

// sides tells on which sides of a box lines meet a row.
type sides struct{ left, right bool }

func (b *box) holds(x, y int) bool {
	return x >= b.x && x < b.x+b.w && y >= b.y && y < b.y+b.h
}

// width is what a box needs: near, a frame with a space on each side; else the
// gutter and a space at the end; from afar one cell.
func (b *box) width() int {
	w := 4 + layout.Width(b.label)
	if b.badge != "" {
		w += 1 + layout.Width(b.badge)
	}
	switch b.zoom {
	case Full:
		return w + 2
	case Overview:
		return 1
	}
	return w
}

// labelRow is the row of a box that holds its label.
func (b *box) labelRow() int {
	if b.zoom == Full {
		return b.y + 1
	}
	return b.y
}

// stem is the column under which a box's further rows begin.
func (b *box) stem() int {
	if b.zoom == Overview {
		return b.x
	}
	return b.x + 1
}

// leg is a link's way through one channel: a line along its corners, the first
// beside what stands on the left, the last beside what stands on the right.
type leg struct {
	link, net           int
	corners             []point
	headLeft, headRight bool
}

// note is a label on the lines that end at one port.
type note struct {
	x, y, w int
	text    string
	links   []int
}

// plan is a finished layout; the items' boxes stand in the order of the items.
type plan struct {
	w, h  int
	boxes []box
	legs  []leg
	notes []note
	nets  int
	// column lists the items of a part's layer from top to bottom.
	column map[[2]int][]int
	part   []int // part of each item
}

// measure is what a layout needs to know of the texts.
type measure struct {
	zoom    Zoom
	label   func(item int) (glyph, label, badge string)
	kind    func(kind int) string
	tail    string
	look    []Line // by link
	limit   int    // cells of a label
	noLimit bool   // labels are shown whole
}

// layout makes the plan, or gives the one made before.
func (m *Model) layout() *plan {
	if m.lay == nil {
		m.lay = m.arrange(m.sight(), measure{
			zoom: m.zoom, label: m.texts, kind: m.kindText, tail: m.st.Glyphs.Ellipsis,
		})
	}
	return m.lay
}

// arrange lays out a sight and remembers the order.
func (m *Model) arrange(s *sight, with measure) *plan {
	with.look = make([]Line, len(s.links))
	for l := range s.links {
		with.look[l] = m.lineOf(&s.links[l])
	}
	p := &plan{boxes: make([]box, len(s.items)), column: map[[2]int][]int{}, part: make([]int, len(s.items))}
	var sheets []*sheet
	for _, part := range s.parts() {
		sheets = append(sheets, newSheet(part, m.order))
	}
	if len(m.order) > orderLimit {
		clear(m.order)
	}
	with.limit = m.labelLimit(with, sheets)
	for n, t := range sheets {
		t.remember(m.order, n)
		t.look = with.look
		m.draft(p, t, n, with)
	}
	return p
}

// labelLimit is the longest that labels may be for the widest part to fit in
// the window, within bounds: layers of short labels leave room to the others.
func (m *Model) labelLimit(with measure, sheets []*sheet) int {
	limit, room := maxLabel, compactRoom
	if with.zoom == Full {
		room = fullRoom
	}
	for _, t := range sheets {
		wants, left := make([]int, 0, len(t.layers)), m.w
		for _, layer := range t.layers {
			label, badge := wishes(t, layer, with)
			wants = append(wants, label)
			left -= room + badge
		}
		limit = min(limit, share(left, wants))
	}
	return max(limit, leastLabel)
}

// wishes are the widths of the longest label and badge in a layer.
func wishes(t *sheet, layer []int, with measure) (label, badge int) {
	for _, v := range layer {
		if i := t.verts[v].item; i >= 0 {
			_, text, mark := with.label(i)
			label = max(label, layout.Width(text))
			if mark != "" {
				badge = max(badge, layout.Width(mark)+1)
			}
		}
	}
	return label, badge
}

// share is the most that each may have of so many cells where some want less.
func share(cells int, wants []int) int {
	slices.Sort(wants)
	for i, w := range wants {
		each := cells / (len(wants) - i)
		if w > each {
			return each
		}
		cells -= w
	}
	return maxLabel
}

// draft puts one part below those before it.
func (m *Model) draft(p *plan, t *sheet, n int, with measure) {
	t.size(with.zoom)
	t.rows()
	channels := make([]*channel, len(t.hops))
	top := 0
	for k := range t.hops {
		channels[k] = t.channel(k)
		for i := range channels[k].nets {
			if c := &channels[k].nets[i]; c.split {
				top = min(top, c.mid)
			}
		}
	}
	down := -top
	if p.h > 0 {
		down += p.h + 1
	}
	x := 0
	for k := range t.layers {
		wide := m.column(p, t, k, point{x, down}, with)
		t.wide = append(t.wide, wide)
		for _, v := range t.layers[k] {
			if i := t.verts[v].item; i >= 0 {
				p.part[i] = n
				p.column[[2]int{n, k + t.first}] = append(p.column[[2]int{n, k + t.first}], i)
			}
		}
		x += wide
		if k < len(channels) {
			x += m.across(p, t, k, channels[k], point{x, down}, with)
		}
	}
	p.w = max(p.w, x)
	p.h = max(p.h, t.height()+down)
	for _, c := range channels {
		for i := range c.nets {
			if c.nets[i].split {
				p.h = max(p.h, c.nets[i].mid+down+1)
			}
		}
	}
}

// column places the boxes of a layer and gives its width.
func (m *Model) column(p *plan, t *sheet, layer int, at point, with measure) int {
	wide := 1
	for _, v := range t.layers[layer] {
		x := &t.verts[v]
		if x.item < 0 {
			continue
		}
		b := box{item: x.item, x: at.x, y: x.y + at.y, h: x.h, layer: layer + t.first, zoom: with.zoom}
		b.sides = make([]sides, x.h)
		b.glyph, b.label, b.badge = with.label(x.item)
		if !with.noLimit {
			b.label = pane.Cut(b.label, with.limit, with.tail)
		}
		b.w = b.width()
		for _, row := range x.in {
			b.sides[row].left = true
		}
		for _, l := range t.s.adj[x.item] {
			if k := &t.s.links[l]; k.a == x.item {
				b.sides[x.out[k.class()]].right = true
			}
		}
		wide = max(wide, b.w)
		p.boxes[x.item] = b
	}
	return wide
}

// across draws the lines of a channel and gives its width: a cell for a head, the
// tracks, room for labels, a cell of line and one for a head.
func (m *Model) across(p *plan, t *sheet, k int, c *channel, at point, with measure) int {
	width := 1 + c.tracks
	notes := m.notes(t, k, with)
	room := 0
	for i := range notes {
		room = max(room, notes[i].w)
	}
	if room > 0 {
		width += 1 + room
	}
	width += 2
	for i := range c.nets {
		n := &c.nets[i]
		for _, h := range n.hops {
			p.legs = append(p.legs, t.leg(p, h, n, at, width))
			p.legs[len(p.legs)-1].net = p.nets
		}
		p.nets++
	}
	for _, n := range notes {
		n.x, n.y = at.x+width-2-n.w, n.y+at.y
		p.notes = append(p.notes, n)
	}
	return width
}

// leg leads a hop through its channel, which begins at a cell and is so wide.
func (t *sheet) leg(p *plan, h hop, n *net, at point, width int) leg {
	from, to := &t.verts[h.from], &t.verts[h.to]
	link := &t.s.links[h.link]
	start := at.x - t.wide[from.layer]
	if from.item >= 0 {
		start = p.boxes[from.item].x + p.boxes[from.item].w
	}
	end := at.x + width - 1
	row, target := n.row+at.y, t.inRow(h.to, h.link)+at.y
	l := leg{
		link: h.link, corners: []point{{start, row}},
		headLeft:  from.item >= 0 && len(link.back) > 0,
		headRight: to.item >= 0 && len(link.out) > 0,
	}
	turn := func(x, from, to int) {
		if from != to {
			l.corners = append(l.corners, point{x, from}, point{x, to})
		}
	}
	track := at.x + 1 + n.track
	switch {
	case n.split:
		turn(track, row, n.mid+at.y)
		turn(at.x+1+n.second, n.mid+at.y, target)
	case n.track >= 0:
		turn(track, row, target)
	}
	l.corners = append(l.corners, point{end, target})
	return l
}

// notes are the labels of the links that end at the right of a channel, one at
// each port; where several kinds end there, the first and how many more.
func (m *Model) notes(t *sheet, k int, with measure) []note {
	if with.zoom != Full {
		return nil
	}
	at := map[int]int{}
	var notes []note
	kinds := map[int][]int{}
	for _, h := range t.hops[k] {
		if t.verts[h.to].item < 0 {
			continue
		}
		row := t.inRow(h.to, h.link)
		if _, ok := at[row]; !ok {
			at[row] = len(notes)
			notes = append(notes, note{y: row})
		}
		n := &notes[at[row]]
		n.links = append(n.links, h.link)
		kinds[row] = append(kinds[row], m.kinds(&t.s.links[h.link])...)
	}
	out := notes[:0]
	for _, n := range notes {
		n.text = m.note(kinds[n.y], with)
		n.w = layout.Width(n.text)
		if n.w > 0 {
			out = append(out, n)
		}
	}
	return out
}

func (m *Model) note(kinds []int, with measure) string {
	slices.Sort(kinds)
	kinds = slices.Compact(kinds)
	var texts []string
	for _, k := range kinds {
		if s := with.kind(k); s != "" && !slices.Contains(texts, s) {
			texts = append(texts, s)
		}
	}
	if len(texts) == 0 {
		return ""
	}
	s := texts[0]
	if !with.noLimit {
		s = pane.Cut(s, kindLabel, with.tail)
	}
	if len(texts) > 1 {
		s += " +" + strconv.Itoa(len(texts)-1)
	}
	return s
}

// kinds are the kinds of a link's edges.
func (m *Model) kinds(l *link) []int {
	var out []int
	for _, edges := range [2][]int{l.out, l.back} {
		for _, e := range edges {
			if k := m.g.Edges[e].Kind; !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	slices.Sort(out)
	return out
}

// isWeak tells whether a link is nothing but references.
func (m *Model) isWeak(l *link) bool {
	for _, edges := range [2][]int{l.out, l.back} {
		for _, e := range edges {
			if !m.g.Edges[e].Weak {
				return false
			}
		}
	}
	return true
}

// lineOf is the look of a link: that of its first kind.
func (m *Model) lineOf(l *link) Line {
	if m.isWeak(l) {
		return Dashed
	}
	for _, k := range m.kinds(l) {
		if k >= 0 && k < len(m.g.Kinds) && m.g.Kinds[k].Line < lineCount {
			return m.g.Kinds[k].Line
		}
	}
	return Solid
}

// kindText is the label of a kind, fit to be drawn.
func (m *Model) kindText(k int) string {
	if k < 0 || k >= len(m.g.Kinds) {
		return ""
	}
	return m.harmless(m.g.Kinds[k].Label)
}

// texts is what an item shows.
func (m *Model) texts(i int) (glyph, label, badge string) {
	it := &m.sight().items[i]
	if it.node < 0 {
		return m.st.Glyphs.Ellipsis, "+" + strconv.Itoa(len(it.hidden)) + " more", ""
	}
	n := &m.g.Nodes[it.node]
	label, badge = m.harmless(n.Label), m.harmless(n.Badge)
	if label == "" {
		label = m.harmless(n.ID)
	}
	if it.loop {
		badge = strings.TrimLeft(badge+" "+m.strokes.loop, " ")
	}
	glyph = m.glyph(n)
	if len(it.hidden) > 0 {
		glyph = m.st.Glyphs.Folded
		badge = strings.TrimLeft(badge+" +"+strconv.Itoa(len(it.hidden)), " ")
	}
	return glyph, label, badge
}

// glyph is the sign of a node: its own, its group's, or the theme's.
func (m *Model) glyph(n *Node) string {
	own := n.Glyph
	if own == "" && n.Group >= 0 && n.Group < len(m.g.Groups) {
		own = m.g.Groups[n.Group].Glyph
	}
	return m.oneCell(own)
}

func (m *Model) oneCell(glyph string) string {
	plain := m.harmless(glyph)
	if layout.Width(plain) != 1 || plain == " " || plain == "?" {
		return m.st.Glyphs.Mark
	}
	return plain
}

// harmless is s on one line, in characters of a width terminals agree on, and
// in ASCII where the glyphs are. What steers terminals should have been made
// visible long before; here it only loses its power.
func (m *Model) harmless(s string) string {
	if pane.Printable(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) {
			return '?'
		}
		return r
	}, s)
	if m.st.Glyphs.ASCII {
		return layout.ASCII(s)
	}
	s = layout.NormalizeWidth(s)
	if strings.TrimSpace(s) != "" && ansi.StringWidth(s) == 0 {
		return "?"
	}
	return s
}
