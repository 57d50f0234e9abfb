package graph

import (
	"slices"

	pane "threatbench/ui/widget/text"
)

// Find looks for q in the labels of all nodes, also of those folded away,
// without regard to case; it goes to the first hit from the cursor on and tells
// how many there are. An empty q ends the search.
func (m *Model) Find(q string) int {
	m.query = pane.Fold(m.harmless(q))
	m.hits = m.search(m.query)
	if len(m.hits) > 0 {
		at, _ := slices.BinarySearch(m.hits, m.node())
		m.Select(m.g.Nodes[m.hits[at%len(m.hits)]].ID)
	}
	return len(m.hits)
}

// search finds the nodes, in their order in the graph.
func (m *Model) search(query string) []int {
	var hits []int
	for i, n := range m.g.Nodes {
		if m.index[n.ID] != i {
			continue
		}
		label := n.Label
		if label == "" {
			label = n.ID
		}
		if start, _ := pane.IndexFold(m.harmless(label), query); start >= 0 {
			hits = append(hits, i)
		}
	}
	return hits
}

// node is the index of the cursor's node, or of the first one it stands for.
func (m *Model) node() int {
	s := m.sight()
	i, ok := s.at[m.cur]
	switch {
	case !ok:
		return 0
	case s.items[i].node >= 0:
		return s.items[i].node
	}
	return s.items[i].hidden[0]
}

// Next goes to the next hit, after the last to the first; false without hits.
func (m *Model) Next() bool { return m.jump(1) }

// Prev goes to the hit before, ahead of the first to the last.
func (m *Model) Prev() bool { return m.jump(-1) }

func (m *Model) jump(d int) bool {
	n := len(m.hits)
	if n == 0 {
		return false
	}
	at, on := slices.BinarySearch(m.hits, m.node())
	if d > 0 && !on {
		at--
	}
	m.Select(m.g.Nodes[m.hits[(at+d+n)%n]].ID)
	return true
}

// Found tells which hit the cursor is on, from 1 (0 where it is on none), and
// how many there are.
func (m *Model) Found() (current, total int) {
	if it, ok := m.Current(); ok && it.ID != "" {
		if at, on := slices.BinarySearch(m.hits, m.node()); on {
			current = at + 1
		}
	}
	return current, len(m.hits)
}

// Path finds the shortest way between two nodes, whichever way its edges point,
// shows it whole and marks it. It gives the nodes from a to b, and false where
// there is no way.
func (m *Model) Path(a, b string) ([]string, bool) {
	m.ClearPath()
	from, ok := m.index[a]
	if !ok {
		return nil, false
	}
	to, ok := m.index[b]
	if !ok {
		return nil, false
	}
	dist := make([]int, len(m.g.Nodes))
	for i := range dist {
		dist[i] = -1
	}
	m.walk(to, dist, func(int, int) bool { return true })
	if dist[from] < 0 {
		return nil, false
	}
	m.path = []string{a}
	for i := from; i != to; {
		for _, e := range m.adj[i] {
			if j := m.other(e, i); dist[j] == dist[i]-1 {
				i = j
				break
			}
		}
		m.path = append(m.path, m.g.Nodes[i].ID)
	}
	for _, id := range m.path {
		m.keep[id] = true
		m.reveal(id)
	}
	m.rebuild()
	return slices.Clone(m.path), true
}

// ClearPath takes the marks of a path away.
func (m *Model) ClearPath() { m.path = nil }

// dropStalePath ends the marking once a step of the path is no longer there.
func (m *Model) dropStalePath() {
	for k, id := range m.path {
		i, ok := m.index[id]
		if !ok {
			m.path = nil
			return
		}
		if k == 0 {
			continue
		}
		if !slices.ContainsFunc(m.adj[i], func(e int) bool { return m.g.Nodes[m.other(e, i)].ID == m.path[k-1] }) {
			m.path = nil
			return
		}
	}
}

// pathLinks are the links a marked path runs along.
func (m *Model) pathLinks() map[int]bool {
	on := map[int]bool{}
	s := m.sight()
	for k := 1; k < len(m.path); k++ {
		a, okA := s.at[m.path[k-1]]
		b, okB := s.at[m.path[k]]
		if l, ok := s.pair[[2]int{min(a, b), max(a, b)}]; ok && okA && okB {
			on[l] = true
		}
	}
	return on
}

func (m *Model) onPath(i int) bool {
	return len(m.path) > 0 && slices.Contains(m.path, m.sight().items[i].id)
}

// Matches are the IDs of all nodes whose labels have q, as Find would find
// them, without going anywhere.
func (m *Model) Matches(q string) []string {
	if q == "" {
		return nil
	}
	var ids []string
	for _, i := range m.search(pane.Fold(m.harmless(q))) {
		ids = append(ids, m.g.Nodes[i].ID)
	}
	return ids
}
