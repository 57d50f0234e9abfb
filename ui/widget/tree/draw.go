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
	pieces := make([]piece, 0, 16)
	if r.part > 0 {
		pieces = m.front(pieces, at, r.node, " ")
		pieces = append(pieces, piece{s: layout.Blank(textIndent)})
		pieces = m.lit(pieces, at, m.pen(r.node), m.opened[r.node][r.part-1])
		return m.join(pieces)
	}
	n, label := &m.nodes[r.node], m.label(r.node)
	if n.container() {
		pieces = m.front(pieces, at, r.node, m.foldMark(n))
		pieces = m.lit(pieces, at, m.labelPen(r.node), label)
		return m.join(m.counted(pieces, r.node))
	}
	if m.opened[r.node] != nil {
		pieces = m.front(pieces, at, r.node, m.st.Glyphs.Open)
		pieces = m.lit(pieces, at, m.labelPen(r.node), label)
		return m.join(append(pieces, piece{m.st.Faint, m.size(n)}))
	}
	shown, all := m.scalar(r.node)
	mark := " "
	if m.cut(r.node, label, shown, all) {
		mark = m.st.Glyphs.Folded
	}
	if !all {
		shown += m.st.Glyphs.Ellipsis
	}
	pieces = m.front(pieces, at, r.node, mark)
	pieces = m.lit(pieces, at, m.labelPen(r.node), label)
	pieces = m.lit(pieces, at, m.pen(r.node), shown)
	return m.join(pieces)
}

// front is the gutter, the indentation and the fold mark.
func (m *Model) front(pieces []piece, at int, i int32, mark string) []piece {
	cursor := piece{s: " "}
	if at == m.cur {
		cursor = piece{m.st.Cursor, m.st.Glyphs.Cursor}
		if !m.focus {
			cursor.pen = m.st.CursorBlur
		}
	}
	pieces = append(pieces, cursor, m.indentation(i))
	if mark == " " {
		return append(pieces, piece{s: "  "})
	}
	return append(pieces, piece{m.st.Faint, mark}, piece{s: " "})
}

// indentation is the space in front of a row; where the nesting is too deep for
// it, it says how deep.
func (m *Model) indentation(i int32) piece {
	n, depth := m.indent(i), int(m.nodes[i].depth)
	if depth*2 <= n {
		return piece{s: layout.Blank(n)}
	}
	said := strconv.Itoa(depth)
	if len(said) >= n {
		return piece{s: layout.Blank(n)}
	}
	return piece{m.st.Faint, said + layout.Blank(n-len(said))}
}

func (m *Model) foldMark(n *node) string {
	switch {
	case n.count == 0:
		return " "
	case n.open:
		return m.st.Glyphs.Open
	}
	return m.st.Glyphs.Folded
}

// counted says how many children a container has and, while it is folded, what
// the first are.
func (m *Model) counted(pieces []piece, i int32) []piece {
	n := &m.nodes[i]
	count := "{" + strconv.Itoa(int(n.count)) + "}"
	if n.kind == array {
		count = "[" + strconv.Itoa(int(n.count)) + "]"
	}
	pieces = append(pieces, piece{m.st.Faint, count})
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
	switch {
	case !all:
		return `"` + s, false
	case s == raw[1:len(raw)-1]:
		return raw, true
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
	return layout.NormalizeWidth(s)
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

// join puts the pieces of a row together in exactly w cells. What isn't ASCII
// is measured character by character, but for our own glyphs of one cell.
func (m *Model) join(pieces []piece) string {
	cells, bytes, plain := 0, 0, true
	for _, p := range pieces {
		bytes += len(p.pen.On()) + len(p.s) + len(theme.Off)
		if g := &m.st.Glyphs; p.s == g.Cursor || p.s == g.Open || p.s == g.Folded {
			cells++
			continue
		}
		cells += len(p.s)
		plain = plain && pane.Printable(p.s)
	}
	var b strings.Builder
	b.Grow(bytes + max(m.w-cells, 0))
	for _, p := range pieces {
		if p.s == "" || p.pen.IsPlain() {
			b.WriteString(p.s)
			continue
		}
		b.WriteString(p.pen.On())
		b.WriteString(p.s)
		b.WriteString(theme.Off)
	}
	if !plain || cells > m.w {
		return pane.FitStyled(b.String(), m.w, &m.st.Glyphs)
	}
	b.WriteString(layout.Blank(m.w - cells))
	return b.String()
}
