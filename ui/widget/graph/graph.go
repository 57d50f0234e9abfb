// Package graph draws a graph of nodes and edges in a terminal: layer by layer
// from a focus, what leads to it on the left, what follows from it on the
// right. It knows nothing of what the nodes stand for.
//
// The drawing is made in the classic steps: cycles are broken, nodes get
// layers, long edges get a place in every layer they pass, each layer is put in
// an order that crosses few edges, and edges are routed at right angles through
// channels between the layers. What a library of graph algorithms could give
// here (walks, a topological order, a shortest path) is a few lines each on the
// small graphs a person can look at; what is hard, the layout in terminal cells
// that stays put while the graph grows, no library gives.
//
// Reading a drawing: an arrow head stands at the end it points to. Lines of one
// source share a trunk. Where two lines merely cross there is a thin cross,
// where four arms belong together a heavy one. Lines pointing back to the left,
// and lines with heads at both ends, leave a node from a row of their own.
package graph

import (
	"slices"
	"strings"

	"threatbench/theme"
)

// Node is a thing in the graph. Label and Badge are plain text for one line.
type Node struct {
	ID, Label string
	// Group colours the node and, where Glyph is empty, gives its glyph: an index
	// into Graph.Groups.
	Group int
	// Glyph is one character of one cell.
	Glyph string
	// Badge is a word or number shown faintly behind the label.
	Badge string
}

// Edge leads from one node to another. Weak edges (references) are dashed.
type Edge struct {
	From, To string
	Kind     int // index into Graph.Kinds
	Weak     bool
}

// Group is a kind of node.
type Group struct{ Label, Glyph string }

// Kind is a kind of edge: its label and how its line looks.
type Kind struct {
	Label string
	Line  Line
}

// Line is the look of an edge.
type Line uint8

// The looks a line can have. Weak edges are always Dashed.
const (
	Solid Line = iota
	Heavy
	Double
	Dotted
	Dashed
	lineCount
)

// Graph is what is drawn. Of nodes with the same ID the first counts; edges
// whose ends aren't among the nodes are left out (and come in with a later Set
// that has them). The order of Nodes decides where nothing else does.
type Graph struct {
	Nodes  []Node
	Edges  []Edge
	Groups []Group
	Kinds  []Kind
	// Roots are the nodes the graph was asked for. The first is the focus; the
	// others lead the parts of the graph that aren't connected with it.
	Roots []string
}

// Zoom is how much of a node is shown.
type Zoom uint8

// The zoom levels, from near to far.
const (
	Full     Zoom = iota // boxes, labels on edges
	Compact              // one row a node
	Overview             // one cell a node, scaled to fit the window
)

// Form chooses between the drawing and the tree.
type Form uint8

// The forms. Auto is the drawing where the window is wide enough for one.
const (
	Auto Form = iota
	Drawing
	Tree
)

const (
	// treeBelow is the width under which Auto shows the tree.
	treeBelow = 48
	// defaultSiblings is how many parallel siblings are shown before the rest is
	// folded.
	defaultSiblings = 8
)

// Item is what the cursor can stand on: a node, or a "+97 more" that stands for
// several.
type Item struct {
	// ID is the node's; empty for a "+97 more".
	ID string
	// Hidden are the nodes folded into this item, in the order of the graph.
	Hidden []string
}

// Model is the graph on the screen. It isn't safe for use by several
// goroutines.
type Model struct {
	st      *theme.Styles
	strokes *strokes
	focused bool

	g     Graph
	index map[string]int // node by ID
	adj   [][]int        // edges (indices) at each node, loops once

	folded   map[string]bool // nodes whose far side is hidden
	unfolded map[string]bool // sibling groups shown whole, by their first node
	keep     map[string]bool // nodes never folded into a group
	siblings int

	seen  *sight // what isn't folded away; nil when it must be made anew
	lay   *plan  // where it stands; nil when it must be made anew
	order map[slot]int

	cur    string // id of an item of seen
	trail  map[string]string
	zoom   Zoom
	form   Form
	vx, vy int // the cell of the canvas in the window's top left corner
	w, h   int
	placed bool   // vx and vy have been chosen
	anchor *point // where in the window the cursor's node must come to stand
	chase  bool   // the cursor's node must come into sight

	rows            []row // of the tree; nil when they must be made anew
	treeCur, treeAt int   // row under the cursor, first row in the window

	path  []string
	query string
	hits  []int // nodes

	grid canvas
}

// New makes an empty graph.
func New(st *theme.Styles) *Model {
	m := &Model{
		focused: true, siblings: defaultSiblings, w: 80, h: 24,
		folded: map[string]bool{}, unfolded: map[string]bool{}, keep: map[string]bool{},
		order: map[slot]int{}, trail: map[string]string{},
	}
	m.SetStyles(st)
	return m
}

// SetStyles changes the theme.
func (m *Model) SetStyles(st *theme.Styles) {
	m.st = st
	m.strokes = newStrokes(&st.Glyphs)
	m.relayout()
}

// SetFocus tells whether the pane has the focus (see Focus for that of the
// graph).
func (m *Model) SetFocus(on bool) { m.focused = on }

// SetForm chooses between the drawing and the tree.
func (m *Model) SetForm(f Form) {
	m.form = f
	m.chase = true
}

// TreeShown tells whether the tree is shown, by choice or for want of width.
func (m *Model) TreeShown() bool {
	return m.form == Tree || m.form == Auto && m.w < treeBelow
}

// SetSiblings sets how many parallel siblings (nodes with the very same
// neighbours) are shown before the rest is folded; 0 folds none.
func (m *Model) SetSiblings(n int) {
	m.siblings = max(n, 0)
	m.rebuild()
}

// Set shows g. What was shown before keeps its order, so a graph that grows
// doesn't shuffle; the cursor stays on its node and that node stays where it is
// on the screen. Another focus makes a new drawing.
func (m *Model) Set(g Graph) {
	if m.focusOf(g) != m.focusOf(m.g) {
		clear(m.order)
		clear(m.trail)
		m.placed = false
	}
	m.g = g
	m.read()
	for _, set := range []map[string]bool{m.folded, m.unfolded, m.keep} {
		for id := range set {
			if _, ok := m.index[id]; !ok {
				delete(set, id)
			}
		}
	}
	m.dropStalePath()
	m.hits = nil
	m.rebuild()
	if m.query != "" {
		m.hits = m.search(m.query)
	}
}

// focusOf is the ID the layers of g begin at.
func (m *Model) focusOf(g Graph) string {
	if len(g.Roots) > 0 {
		return g.Roots[0]
	}
	if len(g.Nodes) > 0 {
		return g.Nodes[0].ID
	}
	return ""
}

// read indexes the nodes and edges.
func (m *Model) read() {
	m.index = make(map[string]int, len(m.g.Nodes))
	for i, n := range m.g.Nodes {
		if _, twice := m.index[n.ID]; !twice {
			m.index[n.ID] = i
		}
	}
	m.adj = make([][]int, len(m.g.Nodes))
	for e := range m.g.Edges {
		a, b, ok := m.ends(e)
		if !ok {
			continue
		}
		m.adj[a] = append(m.adj[a], e)
		if a != b {
			m.adj[b] = append(m.adj[b], e)
		}
	}
}

// ends are the nodes an edge leads from and to.
func (m *Model) ends(e int) (from, to int, ok bool) {
	from, ok = m.index[m.g.Edges[e].From]
	if !ok {
		return 0, 0, false
	}
	to, ok = m.index[m.g.Edges[e].To]
	return from, to, ok
}

// other is the node at the far end of an edge of node i.
func (m *Model) other(e, i int) int {
	a, b, _ := m.ends(e)
	if a == i {
		return b
	}
	return a
}

// Focus makes a node the one the layers begin at, and tells whether it is
// there.
func (m *Model) Focus(id string) bool {
	if _, ok := m.index[id]; !ok {
		return false
	}
	g := m.g
	g.Roots = append([]string{id}, slices.DeleteFunc(slices.Clone(m.g.Roots), func(r string) bool { return r == id })...)
	m.reveal(id)
	m.cur = id
	m.Set(g)
	return true
}

// FocusID is the node the layers begin at, "" in an empty graph.
func (m *Model) FocusID() string { return m.focusOf(m.g) }

// Tidy forgets the order that was kept for the sake of calm and looks for the
// one that crosses the fewest edges.
func (m *Model) Tidy() {
	clear(m.order)
	m.relayout()
}

// Current is what the cursor is on; false in an empty graph.
func (m *Model) Current() (Item, bool) {
	s := m.sight()
	i, ok := s.at[m.cur]
	if !ok {
		return Item{}, false
	}
	return m.item(i), true
}

func (m *Model) item(i int) Item {
	it := &m.sight().items[i]
	out := Item{}
	if it.node >= 0 {
		out.ID = it.id
	}
	for _, n := range it.hidden {
		out.Hidden = append(out.Hidden, m.g.Nodes[n].ID)
	}
	return out
}

// Select moves the cursor to a node, unfolding what hides it.
func (m *Model) Select(id string) bool {
	if _, ok := m.index[id]; !ok {
		return false
	}
	m.reveal(id)
	m.moveTo(id)
	return true
}

// Zoom is the level shown.
func (m *Model) Zoom() Zoom { return m.zoom }

// SetZoom shows another level and keeps the cursor's node where it is, or near.
func (m *Model) SetZoom(z Zoom) {
	z = min(z, Overview)
	if z == m.zoom {
		return
	}
	m.hold()
	m.zoom, m.lay = z, nil
}

// ZoomIn shows more of each node; false at the nearest level.
func (m *Model) ZoomIn() bool {
	if m.zoom == Full {
		return false
	}
	m.SetZoom(m.zoom - 1)
	return true
}

// ZoomOut shows more nodes; false at the farthest level.
func (m *Model) ZoomOut() bool {
	if m.zoom == Overview {
		return false
	}
	m.SetZoom(m.zoom + 1)
	return true
}

// rebuild has all worked out anew: what is to be seen, and where.
func (m *Model) rebuild() {
	m.hold()
	m.seen, m.lay, m.rows = nil, nil, nil
	m.cur = m.stand()
}

// relayout keeps what is seen and has it worked out anew where.
func (m *Model) relayout() {
	m.hold()
	m.lay, m.rows = nil, nil
}

// stand is where the cursor belongs once the sight has changed: on its node, on
// what that was folded into, or on the focus. A "+97 more" that is gone leaves
// it on the first of its group.
func (m *Model) stand() string {
	s := m.sight()
	if _, ok := s.at[m.cur]; ok {
		return m.cur
	}
	node, known := m.index[strings.TrimPrefix(m.cur, moreID(""))]
	if known && s.of[node] >= 0 {
		return s.items[s.of[node]].id
	}
	if len(s.roots) > 0 {
		return s.items[s.roots[0]].id
	}
	return ""
}
