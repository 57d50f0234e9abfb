package graph

import "slices"

// unset is the layer of an item that has none yet.
const unset = -1 << 30

// part is a connected part of the sight while it is laid out.
type part struct {
	s     *sight
	items []int // its items, in the order in which edges mostly point
	layer map[int]int
}

// parts splits the sight, gives each part its order and layers, and turns the
// links so that their a is on the left.
func (s *sight) parts() []*part {
	done := make([]bool, len(s.items))
	out := make([]*part, 0, len(s.roots))
	for _, root := range s.roots {
		p := &part{s: s, layer: map[int]int{}}
		p.sort(root, done)
		p.turn()
		p.assign(root)
		out = append(out, p)
	}
	return out
}

// sort orders the items so that as many links as a walk from the root can tell
// point forward: first what leads to the root, then what hangs on that, then
// the root and all that follows from it. Edges against this order are what
// closes the cycles, which gather keeps close together.
func (p *part) sort(root int, done []bool) {
	after := p.walk(root, done, true)
	slices.Reverse(after) // the root comes first, what follows from it later
	before := p.walk(root, done, false)
	var aside []int
	for _, i := range p.connected(root) {
		if !done[i] {
			aside = append(aside, p.walk(i, done, true)...)
		}
	}
	slices.Reverse(aside)
	before = p.gather(before[:max(len(before)-1, 0)], true)
	p.items = append(before, append(p.gather(aside, false), p.gather(after, false)...)...)
}

// walk goes depth first along the edges, or against them, and gives the items
// in the order in which they were left. Where it goes against them it starts
// beside an item that is done.
func (p *part) walk(root int, done []bool, forward bool) []int {
	var left []int
	var visit func(i int)
	visit = func(i int) {
		done[i] = true
		for _, l := range p.s.adj[i] {
			if j := p.s.far(l, i); !done[j] && p.leads(l, i, forward) {
				visit(j)
			}
		}
		left = append(left, i)
	}
	visit(root)
	return left
}

// leads tells whether a link has an edge from item i, or towards it.
func (p *part) leads(l, i int, from bool) bool {
	if (p.s.links[l].a == i) == from {
		return len(p.s.links[l].out) > 0
	}
	return len(p.s.links[l].back) > 0
}

// connected are all items of the part, nearest to the root first.
func (p *part) connected(root int) []int {
	got := map[int]bool{root: true}
	out := []int{root}
	for k := 0; k < len(out); k++ {
		for _, l := range p.s.adj[out[k]] {
			if j := p.s.far(l, out[k]); !got[j] {
				got[j] = true
				out = append(out, j)
			}
		}
	}
	return out
}

// turn makes every link's a the end that comes first.
func (p *part) turn() {
	at := map[int]int{}
	for k, i := range p.items {
		at[i] = k
	}
	for _, i := range p.items {
		for _, n := range p.s.adj[i] {
			l := &p.s.links[n]
			if at[l.a] > at[l.b] {
				l.a, l.b = l.b, l.a
				l.out, l.back = l.back, l.out
			}
		}
	}
}

// assign gives layers: the root's is 0, what leads to it has negative ones as
// near to it as its edges allow, what follows positive ones. The others come
// beside what they hang on.
func (p *part) assign(root int) {
	for _, i := range p.items {
		p.layer[i] = unset
	}
	p.layer[root] = 0
	at := slices.Index(p.items, root)
	for _, i := range slices.Backward(p.items[:at]) {
		if p.follows(i, root) {
			p.layer[i] = p.before(i)
		}
	}
	for again := true; again; {
		again = false
		for _, i := range p.items {
			again = p.give(i, p.after(i)) || again
		}
		for _, i := range slices.Backward(p.items) {
			again = p.give(i, p.before(i)) || again
		}
	}
}

func (p *part) give(i, layer int) bool {
	if p.layer[i] != unset || layer == unset {
		return false
	}
	p.layer[i] = layer
	return true
}

// follows tells whether an item that stands before the root leads to it: all
// its way there lies among items that have a layer, or on the root itself.
func (p *part) follows(i, root int) bool {
	for _, l := range p.s.adj[i] {
		if k := &p.s.links[l]; k.a == i && (k.b == root || p.layer[k.b] < 0 && p.layer[k.b] != unset) {
			return true
		}
	}
	return false
}

// after is the layer right of all that points to an item, as far as they have
// one.
func (p *part) after(i int) int {
	layer := unset
	for _, l := range p.s.adj[i] {
		if k := &p.s.links[l]; k.b == i && p.layer[k.a] != unset {
			layer = max(layer, p.layer[k.a]+1)
		}
	}
	return layer
}

// before is the layer left of all an item points to, as far as they have one.
func (p *part) before(i int) int {
	layer := unset
	for _, l := range p.s.adj[i] {
		k := &p.s.links[l]
		if k.a == i && p.layer[k.b] != unset && (layer == unset || p.layer[k.b]-1 < layer) {
			layer = p.layer[k.b] - 1
		}
	}
	return layer
}
