package tree

import (
	"strings"

	"threatbench/ui/widget/layout"
	pane "threatbench/ui/widget/text"
)

// Toggle folds or unfolds what is under the cursor; a long text is opened or
// closed. It tells whether there was something to fold.
func (m *Model) Toggle() bool {
	i := m.node()
	if i < 0 {
		return false
	}
	n := &m.nodes[i]
	switch {
	case n.container() && n.count > 0:
		n.open = !n.open
	case m.opened[i] != nil:
		delete(m.opened, i)
	case m.long(i):
		m.opened[i] = m.whole(i)
	default:
		return false
	}
	m.arrange(i)
	return true
}

// Expand unfolds what is under the cursor, or goes to its first child.
func (m *Model) Expand() {
	i := m.node()
	if i < 0 {
		return
	}
	n := &m.nodes[i]
	switch {
	case n.container() && n.open && n.count > 0:
		m.Down()
	case n.container() || m.opened[i] == nil:
		m.Toggle()
	case m.rows[m.cur].part == 0:
		m.Down()
	}
}

// Collapse folds what is under the cursor, or goes to what it is in.
func (m *Model) Collapse() {
	i := m.node()
	if i < 0 {
		return
	}
	n := &m.nodes[i]
	if n.container() && n.open && n.count > 0 || m.opened[i] != nil {
		m.Toggle()
		return
	}
	if n.parent >= 0 {
		m.cur = m.rowAt(n.parent, 0)
		m.follow()
	}
}

// ExpandAll unfolds everything; long texts stay as they are.
func (m *Model) ExpandAll() { m.ToLevel(len(m.nodes)) }

// CollapseAll folds everything but the outermost value.
func (m *Model) CollapseAll() { m.ToLevel(1) }

// ToLevel unfolds the first n levels and folds the rest; 0 leaves one row.
func (m *Model) ToLevel(n int) {
	on := m.node()
	for i := range m.nodes {
		m.nodes[i].open = int(m.nodes[i].depth) < n
	}
	m.arrange(on)
}

// indent is how far to the right node i begins, behind the gutter. Deep nesting
// takes at most half the width.
func (m *Model) indent(i int32) int {
	return min(int(m.nodes[i].depth)*2, m.w/2)
}

// room is how many cells remain for the value of node i behind its label.
func (m *Model) room(i int32, label string) int {
	return max(0, m.w-gutter-m.indent(i)-foldMark-layout.Width(label))
}

// long tells whether a value is more than its row can show.
func (m *Model) long(i int32) bool {
	if m.nodes[i].container() {
		return false
	}
	shown, all := m.scalar(i)
	return m.cut(i, m.label(i), shown, all)
}

// cut is long for a value whose label and text are known already.
func (m *Model) cut(i int32, label, shown string, all bool) bool {
	n := &m.nodes[i]
	return !all || layout.Width(shown) > m.room(i, label) || n.kind == text && strings.Contains(n.value.of(m.src), `\n`)
}

// whole is the value of node i wrapped into rows, at least one. Line breaks in
// the text are line breaks here.
func (m *Model) whole(i int32) []string {
	s := m.nodes[i].value.of(m.src)
	if m.nodes[i].kind == text {
		s = inside(s)
	}
	w := max(1, m.w-gutter-m.indent(i)-foldMark-textIndent)
	var rows []string
	s, left := upTo(s, maxOpen)
	for line := range strings.SplitSeq(strings.TrimSuffix(s, "\n"), "\n") {
		for _, row := range pane.Wrap(m.show(strings.TrimSuffix(line, "\r")), w) {
			rows = append(rows, strings.TrimRight(row, " "))
		}
	}
	if left != "" {
		rows = append(rows, pane.Wrap(notDrawn(left), w)...)
	}
	return rows
}

// resize wraps the opened texts to a new width.
func (m *Model) resize(w, h int) {
	w, h = max(w, 0), max(h, 0)
	if w == m.w && h == m.h {
		return
	}
	rewrap := w != m.w && len(m.opened) > 0
	m.w, m.h = w, h
	if !rewrap {
		m.follow()
		return
	}
	m.rewrap()
}

// rewrap wraps the opened texts anew.
func (m *Model) rewrap() {
	if len(m.opened) == 0 {
		return
	}
	on := m.node()
	for i := range m.opened {
		m.opened[i] = m.whole(i)
	}
	m.arrange(on)
}
