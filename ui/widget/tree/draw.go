package tree

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
	pane "threatbench/ui/widget/text"
)

// Cells in front of a row's label: the cursor's gutter, the fold mark with its
// space, and how much further an opened text stands to the right.
const (
	gutter     = 1
	foldMark   = 2
	textIndent = 2
)

// How many children of a folded value are named, and in how many cells each.
const (
	previewed    = 6
	previewWidth = 24
)

// Lines draws the window: exactly h lines of exactly w cells.
func (m *Model) Lines(w, h int) []string {
	m.resize(w, h)
	if m.plain != nil {
		return m.plain.Lines(w, h)
	}
	out := make([]string, 0, m.h)
	for y := range m.h {
		i := m.top + y
		switch {
		case i < len(m.rows):
			out = append(out, m.row(i))
		case y == 0:
			out = append(out, m.st.Faint.Paint(pane.Fit(" Nothing to show.", m.w, m.st.Glyphs.Ellipsis)))
		default:
			out = append(out, layout.Blank(m.w))
		}
	}
	return out
}

// Cursor is the cell of the window where the terminal's cursor belongs: the
// first of the label under the tree's cursor.
func (m *Model) Cursor() (x, y int) {
	i := m.node()
	if i < 0 {
		return 0, 0
	}
	return min(gutter+m.indent(i)+foldMark, max(m.w-1, 0)), m.cur - m.top
}

// Hit moves the cursor to row y of the window and tells whether there is one.
func (m *Model) Hit(y int) bool {
	if y < 0 || y >= m.h || m.top+y >= len(m.rows) {
		return false
	}
	m.cur = m.top + y
	return true
}

// Click moves the cursor as Hit does; a click on the fold mark folds too.
func (m *Model) Click(x, y int) bool {
	if !m.Hit(y) {
		return false
	}
	mark := gutter + m.indent(m.node())
	if m.rows[m.cur].part == 0 && x >= mark && x < mark+foldMark {
		m.Toggle()
	}
	return true
}

// piece is a run of text in one style.
type piece struct {
	pen theme.Pen
	s   string
}

func (m *Model) row(at int) string {
	r := m.rows[at]
	pieces := make([]piece, 0, 12)
	pieces = m.front(pieces, at, r)
	if r.part > 0 {
		pieces = append(pieces, piece{s: layout.Blank(textIndent)})
		pieces = m.lit(pieces, at, m.pen(r.node), m.opened[r.node][r.part-1])
		return m.join(pieces, "")
	}
	n := &m.nodes[r.node]
	pieces = m.lit(pieces, at, m.labelPen(r.node), m.label(r.node))
	switch {
	case n.container():
		pieces = m.counted(pieces, r.node)
	case m.opened[r.node] != nil:
		pieces = append(pieces, piece{m.st.Faint, m.size(n)})
	default:
		shown, all := m.scalar(r.node)
		if !all {
			shown += m.st.Glyphs.Ellipsis
		}
		pieces = m.lit(pieces, at, m.pen(r.node), shown)
	}
	return m.join(pieces, m.st.Glyphs.Ellipsis)
}

// front is the gutter, the indentation and the fold mark.
func (m *Model) front(pieces []piece, at int, r row) []piece {
	cursor := piece{s: " "}
	if at == m.cur {
		cursor = piece{m.st.Cursor, m.st.Glyphs.Cursor}
		if !m.focus {
			cursor.pen = m.st.CursorBlur
		}
	}
	indent := layout.Blank(m.indent(r.node))
	if depth := strconv.Itoa(int(m.nodes[r.node].depth)); int(m.nodes[r.node].depth)*2 > len(indent) && len(depth) < len(indent) {
		indent = depth + indent[len(depth):] // too deep to indent: say how deep
	}
	pieces = append(pieces, cursor, piece{m.st.Faint, indent})
	mark := " "
	if r.part == 0 {
		mark = m.foldMark(r.node)
	}
	return append(pieces, piece{m.st.Faint, mark + " "})
}

func (m *Model) foldMark(i int32) string {
	n := &m.nodes[i]
	switch {
	case n.container() && n.count == 0:
		return " "
	case n.container() && n.open, m.opened[i] != nil:
		return m.st.Glyphs.Open
	case n.container(), m.long(i):
		return m.st.Glyphs.Folded
	}
	return " "
}

// counted says how many children a container has and, while it is folded, what
// the first are.
func (m *Model) counted(pieces []piece, i int32) []piece {
	n := &m.nodes[i]
	format := "{%d}"
	if n.kind == array {
		format = "[%d]"
	}
	pieces = append(pieces, piece{m.st.Faint, fmt.Sprintf(format, n.count)})
	if n.open || n.count == 0 {
		return pieces
	}
	var names []string
	for c := i + 1; c < n.next && len(names) < previewed; c = m.nodes[c].next {
		if name := m.previewOf(c); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return pieces
	}
	return append(pieces, piece{m.st.Faint, " " + strings.Join(names, ", ")})
}

func (m *Model) previewOf(i int32) string {
	n := &m.nodes[i]
	if n.key.start < n.key.end {
		key, _ := m.short(n.key.of(m.src))
		return pane.Cut(key, previewWidth, m.st.Glyphs.Ellipsis)
	}
	if n.container() {
		return ""
	}
	shown, _ := m.scalar(i)
	return pane.Cut(shown, previewWidth, m.st.Glyphs.Ellipsis)
}

// size tells how long an opened value is.
func (m *Model) size(n *node) string {
	s := n.value.of(m.src)
	if n.kind == text {
		s = inside(s)
	}
	return fmt.Sprintf("%d characters", utf8.RuneCountInString(s))
}

// label is the key or the index in front of a value; "" at the root.
func (m *Model) label(i int32) string {
	n := &m.nodes[i]
	if n.parent < 0 {
		return ""
	}
	if m.nodes[n.parent].kind == array {
		return strconv.Itoa(int(n.ord)) + m.colon(n)
	}
	key, _ := m.short(n.key.of(m.src))
	if key == "" {
		key = `""`
	}
	return pane.Cut(key, max(m.w/2, 8), m.st.Glyphs.Ellipsis) + m.colon(n)
}

// colon parts the label from the value; a container's count needs none.
func (m *Model) colon(n *node) string {
	if n.container() {
		return " "
	}
	return ": "
}

func (m *Model) labelPen(i int32) theme.Pen {
	if p := m.nodes[i].parent; p >= 0 && m.nodes[p].kind == array {
		return m.st.Faint
	}
	return m.st.JSONKey
}

func (m *Model) pen(i int32) theme.Pen {
	switch m.nodes[i].kind {
	case text:
		return m.st.JSONString
	case number:
		return m.st.JSONNumber
	}
	return m.st.JSONLiteral
}

// scalar is a value as its row shows it; all is false where it was too long to
// be taken whole.
func (m *Model) scalar(i int32) (shown string, all bool) {
	raw := m.nodes[i].value.of(m.src)
	if m.nodes[i].kind != text {
		return m.limited(raw)
	}
	s, all := m.short(raw)
	if !all {
		return `"` + s, false
	}
	return `"` + s + `"`, true
}

// short is the inside of a quoted string, made harmless.
func (m *Model) short(quoted string) (s string, all bool) {
	s, all = m.limited(quoted[1 : len(quoted)-1])
	return m.show(unquote(s)), all
}

// limited cuts off what can't come into sight, so that a huge value costs no
// more than a small one.
func (m *Model) limited(s string) (short string, all bool) {
	limit := 8*m.w + 64 // an escape takes 6 bytes, a character up to 4
	if len(s) <= limit {
		return s, true
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit], false
}

// show makes s harmless and of a width that terminals agree on.
func (m *Model) show(s string) string {
	if s = m.clean(s); m.st.Glyphs.ASCII {
		return layout.ASCII(s)
	}
	return layout.Steady(s)
}

// lit adds s with the hits of the search in their own style.
func (m *Model) lit(pieces []piece, at int, pen theme.Pen, s string) []piece {
	on := m.st.Match
	if at == m.cur {
		on = m.st.MatchCurrent
	}
	for m.query != "" {
		start, end := pane.IndexFold(s, m.query)
		if start < 0 {
			break
		}
		pieces = append(pieces, piece{pen, s[:start]}, piece{on, s[start:end]})
		s = s[end:]
	}
	return append(pieces, piece{pen, s})
}

// join puts the pieces of a row together in exactly w cells.
func (m *Model) join(pieces []piece, tail string) string {
	var b strings.Builder
	cells := 0
	for i, p := range pieces {
		plain := i == 0 || pane.Printable(p.s) || p.s == m.st.Glyphs.Open+" " || p.s == m.st.Glyphs.Folded+" "
		if !plain {
			return m.joinSlowly(pieces, tail)
		}
		cells += layout.Width(p.s)
	}
	if cells > m.w {
		return m.joinSlowly(pieces, tail)
	}
	for _, p := range pieces {
		b.WriteString(p.pen.Paint(p.s))
	}
	b.WriteString(layout.Blank(m.w - cells))
	return b.String()
}

// joinSlowly measures character by character, which wide and combining ones
// need.
func (m *Model) joinSlowly(pieces []piece, tail string) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.pen.Paint(p.s))
	}
	return pane.FitStyled(b.String(), m.w, tail)
}
