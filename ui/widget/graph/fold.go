package graph

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// item is what is drawn as one node: a node, or the rest of a group of parallel
// siblings.
type item struct {
	id     string
	node   int   // -1 for the rest of a group
	hidden []int // nodes folded into it
	loop   bool  // an edge leads from the node to itself
}

// link is everything between two items: one line.
type link struct {
	a, b      int   // a is the end on the left, once there are layers
	out, back []int // edges from a to b, and from b to a
}

// sight is the part of the graph that isn't folded away.
type sight struct {
	items []item
	links []link
	at    map[string]int // item by id
	of    []int          // item of each node, -1 where a folded node hides it
	adj   [][]int        // links at each item
	roots []int          // items the connected parts begin at, the focus first
	pair  map[[2]int]int // link by its ends, the lower item first
}

// moreID is the id of the rest of a group; no node of the outside can have it
// by chance, as it begins with a control character.
func moreID(first string) string { return "\x00more " + first }

// sight makes the visible part, or gives the one made before.
func (m *Model) sight() *sight {
	if m.seen != nil {
		return m.seen
	}
	dist := m.distances()
	shown := m.reach(dist)
	s := &sight{at: map[string]int{}, of: make([]int, len(m.g.Nodes)), pair: map[[2]int]int{}}
	for i := range s.of {
		s.of[i] = -1
	}
	rest := m.groupRest(shown)
	for i, n := range m.g.Nodes {
		if shown[i] && rest[i] < 0 {
			s.add(item{id: n.ID, node: i}, i)
		}
	}
	m.addRests(s, rest)
	m.nameHidden(s, dist, shown)
	m.addLinks(s)
	m.addRoots(s)
	m.seen = s
	return s
}

func (s *sight) add(it item, nodes ...int) {
	for _, n := range nodes {
		s.of[n] = len(s.items)
	}
	s.at[it.id] = len(s.items)
	s.items = append(s.items, it)
}

// distances counts the edges between each node and the focus, whichever way
// they point; the parts not connected with it count from their own first root
// or node.
func (m *Model) distances() []int {
	dist := make([]int, len(m.g.Nodes))
	for i := range dist {
		dist[i] = -1
	}
	for _, start := range m.starts() {
		if dist[start] < 0 {
			m.walk(start, dist, func(int, int) bool { return true })
		}
	}
	return dist
}

// starts are the nodes walks begin at: the roots, then all others.
func (m *Model) starts() []int {
	out := make([]int, 0, len(m.g.Nodes)+len(m.g.Roots))
	for _, r := range m.g.Roots {
		if i, ok := m.index[r]; ok {
			out = append(out, i)
		}
	}
	for i, n := range m.g.Nodes {
		if m.index[n.ID] == i {
			out = append(out, i)
		}
	}
	return out
}

// walk goes breadth first from a node to all it may, and notes the distance of
// those it hasn't been at.
func (m *Model) walk(start int, dist []int, may func(from, to int) bool) {
	dist[start] = 0
	queue := []int{start}
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, e := range m.adj[i] {
			if j := m.other(e, i); dist[j] < 0 && may(i, j) {
				dist[j] = dist[i] + 1
				queue = append(queue, j)
			}
		}
	}
}

// reach tells which nodes can be got to without passing a folded node towards
// its far side. Every connected part keeps at least its first node.
func (m *Model) reach(dist []int) []bool {
	got := make([]int, len(dist))
	for i := range got {
		got[i] = -1
	}
	for _, start := range m.starts() {
		if dist[start] == 0 && got[start] < 0 {
			m.walk(start, got, func(from, to int) bool {
				return !m.folded[m.g.Nodes[from].ID] || dist[to] <= dist[from]
			})
		}
	}
	shown := make([]bool, len(dist))
	for i := range got {
		shown[i] = got[i] >= 0
	}
	return shown
}

// groupRest finds the parallel siblings that are folded: for each node the
// first of its group if the node isn't shown by itself, -1 otherwise. Siblings
// are parallel when they have the same neighbours by the same kinds of edges.
func (m *Model) groupRest(shown []bool) []int {
	rest := make([]int, len(shown))
	groups := map[string][]int{}
	var names []string
	for i, n := range m.g.Nodes {
		rest[i] = -1
		if !shown[i] || slices.Contains(m.g.Roots, n.ID) || m.folded[n.ID] || n.ID == m.focusOf(m.g) {
			continue
		}
		name := m.signature(i, shown)
		if groups[name] == nil {
			names = append(names, name)
		}
		groups[name] = append(groups[name], i)
	}
	for _, name := range names {
		m.foldGroup(groups[name], rest)
	}
	return rest
}

func (m *Model) foldGroup(group []int, rest []int) {
	if m.siblings == 0 || len(group) <= m.siblings+1 || m.unfolded[m.g.Nodes[group[0]].ID] {
		return
	}
	away := group[m.siblings:]
	away = slices.DeleteFunc(slices.Clone(away), func(i int) bool { return m.keep[m.g.Nodes[i].ID] })
	if len(away) < 2 {
		return
	}
	for _, i := range away {
		rest[i] = group[0]
	}
}

// signature describes the neighbours of a node.
func (m *Model) signature(i int, shown []bool) string {
	ways := make([]string, 0, len(m.adj[i]))
	for _, e := range m.adj[i] {
		edge := &m.g.Edges[e]
		j := m.other(e, i)
		if !shown[j] {
			continue
		}
		way := ">"
		if j == i {
			way = "@"
		} else if m.index[edge.From] == i {
			way = "<"
		}
		ways = append(ways, way+strconv.Itoa(j)+"/"+strconv.Itoa(edge.Kind)+"/"+strconv.FormatBool(edge.Weak))
	}
	slices.Sort(ways)
	return strings.Join(slices.Compact(ways), " ")
}

// addRests adds an item for each group's rest.
func (m *Model) addRests(s *sight, rest []int) {
	nodes := map[int][]int{}
	var firsts []int
	for i, first := range rest {
		if first < 0 {
			continue
		}
		if nodes[first] == nil {
			firsts = append(firsts, first)
		}
		nodes[first] = append(nodes[first], i)
	}
	for _, first := range firsts {
		s.add(item{id: moreID(m.g.Nodes[first].ID), node: -1, hidden: nodes[first]}, nodes[first]...)
	}
}

// nameHidden tells each folded node what it hides. What two of them hide
// counts with the first.
func (m *Model) nameHidden(s *sight, dist []int, shown []bool) {
	if len(m.folded) == 0 {
		return
	}
	taken := slices.Clone(shown)
	for k := range s.items {
		it := &s.items[k]
		if it.node < 0 || !m.folded[it.id] {
			continue
		}
		got := make([]int, len(dist))
		for i := range got {
			got[i] = -1
		}
		m.walk(it.node, got, func(_, to int) bool { return !taken[to] })
		for i := range got {
			if got[i] > 0 {
				taken[i] = true
				it.hidden = append(it.hidden, i)
			}
		}
	}
}

// addLinks gathers the edges between items.
func (m *Model) addLinks(s *sight) {
	s.adj = make([][]int, len(s.items))
	for e := range m.g.Edges {
		from, to, ok := m.ends(e)
		if !ok || s.of[from] < 0 || s.of[to] < 0 {
			continue
		}
		a, b := s.of[from], s.of[to]
		if a == b {
			s.items[a].loop = true
			continue
		}
		l := &s.links[s.linkOf(a, b)]
		if l.a == a {
			l.out = append(l.out, e)
		} else {
			l.back = append(l.back, e)
		}
	}
	for i := range s.adj {
		slices.SortStableFunc(s.adj[i], func(x, y int) int {
			return cmp.Compare(s.far(x, i), s.far(y, i))
		})
	}
}

// linkOf is the link between two items, made where there is none.
func (s *sight) linkOf(a, b int) int {
	key := [2]int{min(a, b), max(a, b)}
	if l, ok := s.pair[key]; ok {
		return l
	}
	l := len(s.links)
	s.pair[key] = l
	s.links = append(s.links, link{a: a, b: b})
	s.adj[a] = append(s.adj[a], l)
	s.adj[b] = append(s.adj[b], l)
	return l
}

// far is the item at the other end of a link.
func (s *sight) far(l, i int) int {
	if s.links[l].a == i {
		return s.links[l].b
	}
	return s.links[l].a
}

// addRoots finds where each connected part of what is seen begins.
func (m *Model) addRoots(s *sight) {
	part := make([]bool, len(s.items))
	for _, start := range m.starts() {
		i := s.of[start]
		if i < 0 || part[i] {
			continue
		}
		s.roots = append(s.roots, i)
		part[i] = true
		for queue := []int{i}; len(queue) > 0; queue = queue[1:] {
			for _, l := range s.adj[queue[0]] {
				if j := s.far(l, queue[0]); !part[j] {
					part[j] = true
					queue = append(queue, j)
				}
			}
		}
	}
}

// Fold hides what lies behind the cursor's node, seen from the focus; on the
// last of a branch it folds the siblings that were unfolded. It tells whether
// there was something to fold.
func (m *Model) Fold() bool {
	i, ok := m.sight().at[m.cur]
	if !ok || m.sight().items[i].node < 0 {
		return false
	}
	node := m.sight().items[i].node
	if !m.folded[m.cur] && m.hasFarSide(node) {
		m.folded[m.cur] = true
		m.rebuild()
		if j := m.sight().at[m.cur]; len(m.sight().items[j].hidden) > 0 {
			return true
		}
		delete(m.folded, m.cur) // all of it is to be seen by other ways
		m.rebuild()
	}
	return m.foldSiblings(node)
}

// foldSiblings folds the group a node is in, if it is shown whole.
func (m *Model) foldSiblings(node int) bool {
	shown := m.reach(m.distances())
	name := m.signature(node, shown)
	for i, n := range m.g.Nodes {
		if m.unfolded[n.ID] && shown[i] && m.signature(i, shown) == name {
			delete(m.unfolded, n.ID)
			m.rebuild()
			return true
		}
	}
	return false
}

// hasFarSide tells whether a node has neighbours farther from the focus.
func (m *Model) hasFarSide(node int) bool {
	dist := m.distances()
	return slices.ContainsFunc(m.adj[node], func(e int) bool { return dist[m.other(e, node)] > dist[node] })
}

// Unfold shows what the item under the cursor stands for or hides, and tells
// whether there was something.
func (m *Model) Unfold() bool {
	s := m.sight()
	i, ok := s.at[m.cur]
	if !ok || len(s.items[i].hidden) == 0 {
		return false
	}
	if s.items[i].node >= 0 {
		delete(m.folded, m.cur)
	} else {
		m.unfolded[strings.TrimPrefix(m.cur, moreID(""))] = true
		m.cur = m.g.Nodes[s.items[i].hidden[0]].ID
	}
	m.rebuild()
	return true
}

// Toggle unfolds where something is hidden, and folds where not.
func (m *Model) Toggle() bool { return m.Unfold() || m.Fold() }

// UnfoldAll shows every node.
func (m *Model) UnfoldAll() {
	clear(m.folded)
	shown := m.reach(m.distances())
	groups := map[string]bool{}
	for i, n := range m.g.Nodes {
		if name := m.signature(i, shown); shown[i] && !groups[name] {
			groups[name] = true
			m.unfolded[n.ID] = true
		}
	}
	m.rebuild()
}

// FoldAll folds as at first: siblings are folded, everything else is shown.
func (m *Model) FoldAll() {
	clear(m.folded)
	clear(m.unfolded)
	clear(m.keep)
	for _, id := range m.path {
		m.keep[id] = true
	}
	m.rebuild()
}

// Hidden counts the nodes folded away.
func (m *Model) Hidden() int {
	s, n := m.sight(), 0
	for i := range s.items {
		n += len(s.items[i].hidden)
	}
	return n
}

// reveal unfolds what hides a node. Of a folded group only that node comes out.
func (m *Model) reveal(id string) {
	i, ok := m.index[id]
	if !ok {
		return
	}
	for range len(m.g.Nodes) {
		s := m.sight()
		if k, ok := s.at[id]; ok && s.items[k].node >= 0 {
			return
		}
		if s.of[i] >= 0 {
			m.keep[id] = true
		} else {
			m.unhide(s, i)
		}
		m.rebuild()
	}
}

// unhide opens the folded node behind which node i lies.
func (m *Model) unhide(s *sight, i int) {
	for k := range s.items {
		if it := &s.items[k]; it.node >= 0 && slices.Contains(it.hidden, i) {
			delete(m.folded, it.id)
			return
		}
	}
}
