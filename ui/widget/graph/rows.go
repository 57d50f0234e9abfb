package graph

import (
	"slices"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
	pane "threatbench/ui/widget/text"
)

// EdgeRow is an edge as a row of a table.
type EdgeRow struct {
	From, To Node
	Kind     string
	Weak     bool
}

// NodeRow is a node as a row of a table.
type NodeRow struct {
	Node  Node
	Group string
	// Distance is how many edges lie between the node and the focus, whichever
	// way they point; -1 where nothing connects them.
	Distance int
	// In and Out count the edges that point at it and away from it.
	In, Out int
	// Folded says that the node isn't drawn by itself now.
	Folded bool
}

// EdgeRows are all edges, also those folded away, in the order of the graph.
func (m *Model) EdgeRows() []EdgeRow {
	var out []EdgeRow
	for e, edge := range m.g.Edges {
		from, to, ok := m.ends(e)
		if !ok {
			continue
		}
		out = append(out, EdgeRow{m.g.Nodes[from], m.g.Nodes[to], kindOf(&m.g, edge.Kind), edge.Weak})
	}
	return out
}

// NodeRows are all nodes, also those folded away, in the order of the graph.
func (m *Model) NodeRows() []NodeRow {
	s := m.sight()
	dist := make([]int, len(m.g.Nodes))
	for i := range dist {
		dist[i] = -1
	}
	if i, ok := m.index[m.FocusID()]; ok {
		m.walk(i, dist, func(int, int) bool { return true })
	}
	var out []NodeRow
	for i, n := range m.g.Nodes {
		if m.index[n.ID] != i {
			continue
		}
		r := NodeRow{Node: n, Distance: dist[i], Folded: s.of[i] < 0 || s.items[s.of[i]].node < 0}
		if n.Group >= 0 && n.Group < len(m.g.Groups) {
			r.Group = m.g.Groups[n.Group].Label
		}
		for _, e := range m.adj[i] {
			from, to, _ := m.ends(e)
			if from == i {
				r.Out++
			}
			if to == i {
				r.In++
			}
		}
		out = append(out, r)
	}
	return out
}

func kindOf(g *Graph, k int) string {
	if k < 0 || k >= len(g.Kinds) {
		return ""
	}
	return g.Kinds[k].Label
}

// Legend explains colours, glyphs and lines of what is seen, in one line of
// exactly w cells.
func (m *Model) Legend(w int) string {
	if w <= 0 {
		return ""
	}
	var b strings.Builder
	left := w
	add := func(pen theme.Pen, s string) {
		s = pane.Cut(s, left, m.st.Glyphs.Ellipsis)
		b.WriteString(pen.Paint(s))
		left -= layout.Width(s)
	}
	kinds, weak := m.kindsSeen()
	for _, k := range kinds {
		line := m.g.Kinds[k].Line
		if line >= lineCount {
			line = Solid
		}
		add(theme.Pen{}, " ")
		add(m.st.Border, strings.Repeat(m.strokes.line[line][armsFlat], 2))
		add(theme.Pen{}, " "+m.kindText(k)+" ")
	}
	if weak {
		add(theme.Pen{}, " ")
		add(m.st.Border, strings.Repeat(m.strokes.line[Dashed][armsFlat], 2))
		add(theme.Pen{}, " reference ")
	}
	for _, g := range m.groupsSeen() {
		add(theme.Pen{}, " ")
		add(m.groupPen(g), m.oneCell(m.g.Groups[g].Glyph))
		add(theme.Pen{}, " "+m.harmless(m.g.Groups[g].Label)+" ")
	}
	return b.String() + layout.Blank(left)
}

// groupsSeen are the groups of the nodes drawn, in order.
func (m *Model) groupsSeen() []int {
	var out []int
	for _, it := range m.sight().items {
		if it.node < 0 {
			continue
		}
		if g := m.g.Nodes[it.node].Group; g >= 0 && g < len(m.g.Groups) {
			out = append(out, g)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// kindsSeen are the kinds of the strong lines drawn, in order, and whether there
// are weak ones.
func (m *Model) kindsSeen() (kinds []int, weak bool) {
	s := m.sight()
	for l := range s.links {
		if m.isWeak(&s.links[l]) {
			weak = true
			continue
		}
		for _, k := range m.kinds(&s.links[l]) {
			if k >= 0 && k < len(m.g.Kinds) && m.kindText(k) != "" {
				kinds = append(kinds, k)
			}
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds), weak
}
