package graph

import (
	"cmp"
	"slices"
)

// How much work goes into a good order: vertices ordered in all, and rounds.
const (
	orderWork = 40_000
	minRounds = 2
	maxRounds = 16
)

// vertex is an item in its layer, or the place where a long link passes one.
type vertex struct {
	item, link  int // one of them is -1
	layer       int // from 0
	pos         int // from the top of the layer
	left, right []int
	pinned      bool

	y, h int            // rows
	out  [portCount]int // rows at which lines leave to the right, by class
	in   map[int]int    // rows at which links come in on the left
}

// hop is the piece of a link between neighbouring layers.
type hop struct{ from, to, link int }

// slot names a vertex from one layout to the next. The layer is the one counted
// from the focus.
type slot struct {
	a, b  string // an item, or the ends of a link
	layer int
}

// sheet is a part with a vertex for everything that takes a row.
type sheet struct {
	*part
	verts  []vertex
	layers [][]int
	hops   [][]hop // between layer i and i+1
	first  int     // the layer of the part that is layer 0 here
	of     map[int]int
	look   []Line // by link
	wide   []int  // width of each layer in cells
}

// newSheet makes the vertices and gives each layer its order.
func newSheet(p *part, order map[slot]int) *sheet {
	t := &sheet{part: p, of: map[int]int{}}
	first, last := 0, 0
	for _, layer := range p.layer {
		first, last = min(first, layer), max(last, layer)
	}
	t.first = first
	t.layers = make([][]int, last-first+1)
	t.hops = make([][]hop, last-first)
	for _, i := range p.items {
		t.of[i] = t.add(vertex{item: i, link: -1, layer: p.layer[i] - first})
	}
	for _, i := range slices.Sorted(slices.Values(p.items)) {
		for _, l := range p.s.adj[i] {
			if p.s.links[l].a == i {
				t.thread(l)
			}
		}
	}
	t.fill(order)
	t.settle()
	return t
}

func (t *sheet) add(v vertex) int {
	t.verts = append(t.verts, v)
	return len(t.verts) - 1
}

// thread leads a link through the layers between its ends.
func (t *sheet) thread(l int) {
	at, end := t.of[t.s.links[l].a], t.of[t.s.links[l].b]
	for layer := t.verts[at].layer; layer < t.verts[end].layer; layer++ {
		next := end
		if layer+1 < t.verts[end].layer {
			next = t.add(vertex{item: -1, link: l, layer: layer + 1})
		}
		t.hops[layer] = append(t.hops[layer], hop{at, next, l})
		t.verts[at].right = append(t.verts[at].right, next)
		t.verts[next].left = append(t.verts[next].left, at)
		at = next
	}
}

func (t *sheet) slot(v int) slot {
	x := &t.verts[v]
	if x.item >= 0 {
		return slot{a: t.s.items[x.item].id, layer: x.layer + t.first}
	}
	l := &t.s.links[x.link]
	return slot{t.s.items[l.a].id, t.s.items[l.b].id, x.layer + t.first}
}

// fill puts the vertices into their layers: those that had a place before in
// that order, the others as a walk from vertex to vertex meets them.
func (t *sheet) fill(order map[slot]int) {
	done := make([]bool, len(t.verts))
	for v := range t.verts {
		var stack []int
		for stack = append(stack, v); len(stack) > 0; {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if done[v] {
				continue
			}
			done[v] = true
			x := &t.verts[v]
			t.layers[x.layer] = append(t.layers[x.layer], v)
			for _, far := range [2][]int{x.left, x.right} {
				for _, next := range slices.Backward(far) {
					if !done[next] {
						stack = append(stack, next)
					}
				}
			}
		}
	}
	for v := range t.verts {
		t.verts[v].pos, t.verts[v].pinned = order[t.slot(v)]-1, order[t.slot(v)] > 0
	}
	for _, layer := range t.layers {
		slices.SortStableFunc(layer, func(a, b int) int {
			x, y := &t.verts[a], &t.verts[b]
			switch {
			case x.pinned && y.pinned:
				return cmp.Compare(x.pos, y.pos)
			case x.pinned:
				return -1
			case y.pinned:
				return 1
			}
			return 0
		})
		t.number(layer)
	}
}

func (t *sheet) number(layer []int) {
	for k, v := range layer {
		t.verts[v].pos = k
	}
}

// remember keeps the order for the next layout. The n-th part comes below those
// before it, should they ever be joined.
func (t *sheet) remember(order map[slot]int, n int) {
	for v := range t.verts {
		order[t.slot(v)] = n<<20 + t.verts[v].pos + 1
	}
}

// settle sweeps over the layers, from left to right and back, and puts each
// vertex near its neighbours of the layer before; the order with the fewest
// crossings stays. What had a place before keeps its order.
func (t *sheet) settle() {
	free := slices.ContainsFunc(t.verts, func(v vertex) bool { return !v.pinned })
	if !free || len(t.layers) < 2 {
		return
	}
	// One sweep each way first, so that new vertices come to their neighbours
	// even where that is no matter of crossings.
	t.sweep(true)
	t.sweep(false)
	best, kept := t.crossings(), t.keepOrder()
	for range min(max(orderWork/len(t.verts), minRounds), maxRounds) {
		if best == 0 {
			break
		}
		t.sweep(true)
		t.sweep(false)
		t.swap()
		if n := t.crossings(); n < best {
			best, kept = n, t.keepOrder()
		}
	}
	for k := range t.layers {
		t.layers[k] = kept[k]
		t.number(kept[k])
	}
}

func (t *sheet) keepOrder() [][]int {
	out := make([][]int, len(t.layers))
	for k, layer := range t.layers {
		out[k] = slices.Clone(layer)
	}
	return out
}

func (t *sheet) sweep(rightwards bool) {
	for k := 1; k < len(t.layers); k++ {
		if rightwards {
			t.gather(k, k-1)
		} else {
			t.gather(len(t.layers)-1-k, len(t.layers)-k)
		}
	}
}

// gather orders a layer by where the neighbours in another layer stand.
func (t *sheet) gather(layer, by int) {
	verts := t.layers[layer]
	want := make([]float64, len(verts))
	size := float64(len(t.layers[by]))
	var fixed []int // places of pinned vertices
	for k, v := range verts {
		want[k] = (float64(k) + 0.5) / float64(len(verts))
		if far := t.neighbours(v, by < layer); len(far) > 0 {
			sum := 0
			for _, n := range far {
				sum += t.verts[n].pos
			}
			want[k] = (float64(sum)/float64(len(far)) + 0.5) / size
		}
		if t.verts[v].pinned {
			fixed = append(fixed, k)
		}
	}
	t.hold(want, fixed)
	at := make(map[int]float64, len(verts))
	for k, v := range verts {
		at[v] = want[k]
	}
	slices.SortStableFunc(verts, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	t.number(verts)
}

func (t *sheet) neighbours(v int, left bool) []int {
	if left {
		return t.verts[v].left
	}
	return t.verts[v].right
}

// hold changes what pinned vertices want as little as keeps their order.
func (t *sheet) hold(want []float64, fixed []int) {
	if len(fixed) < 2 {
		return
	}
	d, w := make([]float64, len(fixed)), make([]float64, len(fixed))
	for n, k := range fixed {
		d[n], w[n] = want[k], 1
	}
	for n, x := range rising(d, w) {
		want[fixed[n]] = x
	}
}

// swap exchanges neighbours within a layer where that alone removes crossings.
func (t *sheet) swap() {
	for _, layer := range t.layers {
		for k := 0; k+1 < len(layer); k++ {
			a, b := layer[k], layer[k+1]
			if t.verts[a].pinned && t.verts[b].pinned {
				continue
			}
			if t.crossed(b, a) < t.crossed(a, b) {
				layer[k], layer[k+1] = b, a
				t.verts[a].pos, t.verts[b].pos = k+1, k
			}
		}
	}
}

// crossed counts how often the links of two vertices cross with a above b.
func (t *sheet) crossed(a, b int) int {
	n := 0
	for _, left := range [2]bool{true, false} {
		for _, x := range t.neighbours(a, left) {
			for _, y := range t.neighbours(b, left) {
				if t.verts[x].pos > t.verts[y].pos {
					n++
				}
			}
		}
	}
	return n
}

// crossings counts the crossings of all links.
func (t *sheet) crossings() int {
	n := 0
	for k := range t.hops {
		n += t.crossingsAt(k)
	}
	return n
}

// crossingsAt counts pairs of hops whose ends stand in opposite orders: hops
// are taken by their left end, and a tree of sums (after Fenwick) tells how many
// of those before ended further down.
func (t *sheet) crossingsAt(k int) int {
	hops := slices.Clone(t.hops[k])
	slices.SortFunc(hops, func(a, b hop) int {
		return cmp.Or(
			cmp.Compare(t.verts[a.from].pos, t.verts[b.from].pos),
			cmp.Compare(t.verts[a.to].pos, t.verts[b.to].pos),
		)
	})
	size := len(t.layers[k+1])
	sums := make([]int, size+1)
	n := 0
	for seen, h := range hops {
		upTo := 0
		for i := t.verts[h.to].pos + 1; i > 0; i &= i - 1 {
			upTo += sums[i]
		}
		n += seen - upTo
		for i := t.verts[h.to].pos + 1; i <= size; i += i & -i {
			sums[i]++
		}
	}
	return n
}

// rising is the sequence nearest to want, by squares weighted with w, that
// never falls: neighbours that would fall are pooled at their mean.
func rising(want, w []float64) []float64 {
	type pool struct {
		mean, weight float64
		n            int
	}
	pools := make([]pool, 0, len(want))
	for k := range want {
		pools = append(pools, pool{want[k], w[k], 1})
		for len(pools) > 1 {
			a, b := &pools[len(pools)-2], pools[len(pools)-1]
			if a.mean <= b.mean {
				break
			}
			sum := a.weight + b.weight
			a.mean = (a.mean*a.weight + b.mean*b.weight) / sum
			a.weight, a.n = sum, a.n+b.n
			pools = pools[:len(pools)-1]
		}
	}
	out := make([]float64, 0, len(want))
	for _, p := range pools {
		for range p.n {
			out = append(out, p.mean)
		}
	}
	return out
}
