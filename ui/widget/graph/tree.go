package graph

import (
	"slices"
	"strconv"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
	pane "threatbench/ui/widget/text"
)

// row is a row of the tree.
type row struct {
	item, link int // link is -1 where a part begins
	parent     int // row, -1 where a part begins
	depth      int
	again      bool   // the item has its own row elsewhere
	last       bool   // of its parent's rows
	guides     string // the lines in front of it, two cells a level
}

// tree makes the rows, or gives those made before. Every item has one row, under
// the neighbour nearest to the focus; all its other links have rows too, which
// name the item at the far end again.
func (m *Model) tree() []row {
	if m.rows != nil {
		return m.rows
	}
	s := m.sight()
	under := s.nearest()
	for _, root := range s.roots {
		m.rows = append(m.rows, row{item: root, link: -1, parent: -1})
		m.grow(under, len(m.rows)-1)
	}
	m.findRow()
	return m.rows
}

// nearest is for each item the link to the neighbour it hangs on, -1 for roots.
func (s *sight) nearest() []int {
	under := make([]int, len(s.items))
	done := make([]bool, len(s.items))
	for _, root := range s.roots {
		under[root], done[root] = -1, true
		for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
			for _, l := range s.adj[queue[0]] {
				if j := s.far(l, queue[0]); !done[j] {
					under[j], done[j] = l, true
					queue = append(queue, j)
				}
			}
		}
	}
	return under
}

// grow adds the rows under a row.
func (m *Model) grow(under []int, at int) {
	s, r := m.sight(), m.rows[at]
	var below []int
	for _, l := range s.adj[r.item] {
		if l != r.link {
			below = append(below, l)
		}
	}
	guides := r.guides
	if r.parent >= 0 {
		guides += m.guide(r.last, false)
	}
	for k, l := range below {
		j := s.far(l, r.item)
		m.rows = append(m.rows, row{
			item: j, link: l, parent: at, depth: r.depth + 1, guides: guides,
			again: under[j] != l, last: k == len(below)-1,
		})
		if under[j] == l {
			m.grow(under, len(m.rows)-1)
		}
	}
}

// guide is the piece of line in front of a row, at its own level or a further
// one.
func (m *Model) guide(last, own bool) string {
	g := m.strokes
	switch {
	case own && last:
		return g.line[Solid][armUp|armRight] + g.line[Solid][armsFlat]
	case own:
		return g.line[Solid][armsTall|armRight] + g.line[Solid][armsFlat]
	case last:
		return "  "
	}
	return g.line[Solid][armsTall] + " "
}

// findRow puts the tree's cursor on the item's own row, unless it is on a row of
// that item already.
func (m *Model) findRow() {
	if m.rows == nil {
		return
	}
	i, ok := m.sight().at[m.cur]
	if !ok || m.treeCur < len(m.rows) && m.rows[m.treeCur].item == i {
		m.treeCur = min(m.treeCur, len(m.rows)-1)
		return
	}
	m.treeCur = m.ownRow(i)
}

func (m *Model) ownRow(i int) int {
	return max(0, slices.IndexFunc(m.rows, func(r row) bool { return r.item == i && !r.again }))
}

func (m *Model) treeLines() []string {
	rows := m.scrollTree()
	out := make([]string, m.h)
	for y := range out {
		if m.treeAt+y < len(rows) {
			out[y] = m.treeRow(m.treeAt + y)
		} else {
			out[y] = layout.Blank(m.w)
		}
	}
	return out
}

// scrollTree brings the cursor into the window.
func (m *Model) scrollTree() []row {
	rows := m.tree()
	if m.chase {
		m.treeAt = min(max(m.treeAt, m.treeCur-m.h+1), m.treeCur)
		m.chase = false
	}
	m.treeAt = max(0, min(m.treeAt, len(rows)-m.h))
	return rows
}

func (m *Model) panTree(dy int) bool {
	rows := m.scrollTree()
	before := m.treeAt
	m.treeAt = max(0, min(m.treeAt+dy, len(rows)-m.h))
	return m.treeAt != before
}

func (m *Model) outsideTree() (up, down int) {
	for k, r := range m.scrollTree() {
		switch {
		case r.again:
		case k < m.treeAt:
			up++
		case k >= m.treeAt+m.h:
			down++
		}
	}
	return up, down
}

func (m *Model) cursorInTree() (x, y int, ok bool) {
	rows := m.scrollTree()
	if m.treeCur >= len(rows) {
		return 0, 0, false
	}
	x, y = min(1+layout.Width(m.indent(&rows[m.treeCur])), max(m.w-1, 0)), m.treeCur-m.treeAt
	return x, y, y >= 0 && y < m.h
}

func (m *Model) hitTree(y int) int {
	rows := m.scrollTree()
	if m.treeAt+y >= len(rows) {
		return -1
	}
	return rows[m.treeAt+y].item
}

// indent is what stands in front of a row. Deep levels take at most half the
// width: beyond that the row says how deep it is.
func (m *Model) indent(r *row) string {
	if r.parent < 0 {
		return ""
	}
	if 2*r.depth > m.w/2 {
		return strconv.Itoa(r.depth) + " "
	}
	return r.guides + m.guide(r.last, true)
}

// piece is a run of text in one style.
type piece struct {
	pen theme.Pen
	s   string
}

// treeRow draws a row: gutter, indentation, which way the edge points and of
// what kind it is, the item.
func (m *Model) treeRow(at int) string {
	r := &m.rows[at]
	pieces := make([]piece, 0, 8)
	gutter := piece{s: " "}
	if at == m.treeCur {
		gutter = piece{m.cursorPen(), m.st.Glyphs.Cursor}
	}
	pieces = append(pieces, gutter, piece{m.st.Border, m.indent(r)})
	if r.link >= 0 {
		pieces = append(pieces, piece{m.edgePen(r.link), m.edgeText(r) + " "})
	}
	glyph, label, badge := m.texts(r.item)
	pieces = append(pieces, piece{m.glyphPen(r.item), glyph}, piece{s: " "})
	pieces = m.lit(pieces, at, label)
	if badge != "" {
		pieces = append(pieces, piece{m.st.Faint, " " + badge})
	}
	if r.again {
		word := "above"
		if m.ownRow(r.item) > at {
			word = "below"
		}
		pieces = append(pieces, piece{m.st.Faint, " (" + word + ")"})
	}
	return m.join(pieces)
}

// lit adds a label with what a search found in it.
func (m *Model) lit(pieces []piece, at int, label string) []piece {
	r := &m.rows[at]
	pen := m.labelPen(r.item)
	if r.again {
		pen = m.st.Faint
	}
	start, end := -1, -1
	if m.query != "" && m.sight().items[r.item].node >= 0 {
		start, end = pane.IndexFold(label, m.query)
	}
	if start < 0 {
		return append(pieces, piece{pen, label})
	}
	hit := m.st.Match
	if at == m.treeCur {
		hit = m.st.MatchCurrent
	}
	return append(pieces, piece{pen, label[:start]}, piece{hit, label[start:end]}, piece{pen, label[end:]})
}

func (m *Model) edgePen(l int) theme.Pen {
	if m.pathLinks()[l] {
		return m.st.Mark
	}
	return m.st.Faint
}

// edgeText says which way an edge points, seen from the row above, and its kind.
func (m *Model) edgeText(r *row) string {
	l := &m.sight().links[r.link]
	outward, inward := len(l.out) > 0, len(l.back) > 0
	if l.a == r.item {
		outward, inward = inward, outward
	}
	sign := m.st.Glyphs.Arrow
	switch {
	case outward && inward:
		sign = m.strokes.headBoth
	case inward:
		sign = m.strokes.inward
	}
	if kinds := m.note(m.kinds(l), measure{kind: m.kindText, tail: m.st.Glyphs.Ellipsis}); kinds != "" {
		sign += " " + kinds
	}
	if m.isWeak(l) {
		sign += " (reference)"
	}
	return sign
}

// join puts pieces together in exactly the window's width.
func (m *Model) join(pieces []piece) string {
	var b strings.Builder
	left := m.w
	for _, p := range pieces {
		if left == 0 {
			break
		}
		s := pane.Cut(p.s, left, m.st.Glyphs.Ellipsis)
		b.WriteString(p.pen.Paint(s))
		left -= layout.Width(s)
	}
	b.WriteString(layout.Blank(left))
	return b.String()
}

func (m *Model) treeStep(d int) bool {
	rows := m.tree()
	at := m.treeCur + d
	if at < 0 || at >= len(rows) {
		return false
	}
	return m.goRow(at)
}

func (m *Model) goRow(at int) bool {
	if at < 0 || at >= len(m.rows) {
		return false
	}
	m.treeCur, m.chase = at, true
	m.cur = m.sight().items[m.rows[at].item].id
	return true
}

func (m *Model) treeLeft() bool {
	rows := m.tree()
	return len(rows) > 0 && m.goRow(rows[m.treeCur].parent)
}

func (m *Model) treeRight() bool {
	rows := m.tree()
	if len(rows) == 0 {
		return false
	}
	if rows[m.treeCur].again {
		return m.goRow(m.ownRow(rows[m.treeCur].item))
	}
	if m.Unfold() {
		return true
	}
	next := m.treeCur + 1
	return next < len(rows) && rows[next].parent == m.treeCur && m.goRow(next)
}
