package graph

import "math"

// A node has a row of its own for each class of lines, so that a line pointing
// back never looks like one of those pointing forward.
const (
	forward   = iota // a head on the right
	backward         // a head on the left
	both             // heads at both ends
	portCount        // how many classes there are
)

// class tells which row of its ends a link uses.
func (l *link) class() int {
	switch {
	case len(l.back) == 0:
		return forward
	case len(l.out) == 0:
		return backward
	}
	return both
}

// boxHeight is the height of a node drawn in a box.
const boxHeight = 3

// alignRounds is how often the rows are smoothed.
const alignRounds = 4

// How strongly a straight line is wanted: where it passes a layer, where it
// begins or ends, and in all other cases. Vertices without neighbours on the
// side that is looked at follow those on their other side.
const (
	pullPass  = 8.0
	pullEnd   = 2.0
	pullNode  = 1.0
	pullAside = 0.1
	pullStill = 0.001
)

// size gives the vertices their heights and ports.
func (t *sheet) size(z Zoom) {
	for v := range t.verts {
		x := &t.verts[v]
		x.h = 1
		if x.item < 0 {
			continue
		}
		used := [portCount]bool{}
		for _, l := range t.s.adj[x.item] {
			used[t.s.links[l].class()] = true
		}
		rows := [portCount]int{0, 1, 2}
		if z == Full {
			x.h, rows = boxHeight, [portCount]int{1, 2, 0}
		}
		n := 0
		for class := range used {
			x.port[class] = -1
			if used[class] {
				x.port[class] = rows[n]
				n++
			}
		}
		if z != Full {
			x.h = max(n, 1)
		}
	}
}

// portRow is the row at which a link meets a vertex.
func (t *sheet) portRow(v, l int) int {
	x := &t.verts[v]
	if x.item < 0 {
		return x.y
	}
	return x.y + x.port[t.s.links[l].class()]
}

// rows gives every vertex its row: near its neighbours, never on another's.
// The top row of the sheet is 0.
func (t *sheet) rows() {
	for _, layer := range t.layers {
		y := 0
		for _, v := range layer {
			t.verts[v].y = y
			y += t.verts[v].h
		}
	}
	for range alignRounds {
		for k := 1; k < len(t.layers); k++ {
			t.align(k, k-1)
		}
		for k := len(t.layers) - 2; k >= 0; k-- {
			t.align(k, k+1)
		}
	}
	top := math.MaxInt
	for v := range t.verts {
		top = min(top, t.verts[v].y)
	}
	for v := range t.verts {
		t.verts[v].y -= top
	}
}

// align moves the vertices of a layer up or down to where their links to
// another layer run straight, as far as the order lets them.
func (t *sheet) align(layer, by int) {
	verts := t.layers[layer]
	want, weight := make([]float64, len(verts)), make([]float64, len(verts))
	for k, v := range verts {
		want[k], weight[k] = float64(t.verts[v].y)*pullStill, pullStill
	}
	for _, left := range [2]bool{true, false} {
		k, share := layer, pullAside
		if left {
			k--
		}
		if k < 0 || k >= len(t.hops) {
			continue
		}
		if left == (by < layer) {
			share = 1
		}
		for _, h := range t.hops[k] {
			v, far := h.from, h.to
			if left {
				v, far = far, v
			}
			pull := t.pull(v, far) * share
			at := t.verts[v].pos
			want[at] += pull * float64(t.portRow(far, h.link)-(t.portRow(v, h.link)-t.verts[v].y))
			weight[at] += pull
		}
	}
	taken := 0
	starts := make([]int, len(verts))
	for k, v := range verts {
		starts[k] = taken
		want[k] = want[k]/weight[k] - float64(taken)
		taken += t.verts[v].h
	}
	for k, y := range rising(want, weight) {
		t.verts[verts[k]].y = int(math.Floor(y+0.5)) + starts[k]
	}
}

func (t *sheet) pull(a, b int) float64 {
	switch passes := t.verts[a].item < 0; {
	case passes && t.verts[b].item < 0:
		return pullPass
	case passes || t.verts[b].item < 0:
		return pullEnd
	}
	return pullNode
}

// height is the number of rows the sheet takes.
func (t *sheet) height() int {
	n := 0
	for v := range t.verts {
		n = max(n, t.verts[v].y+t.verts[v].h)
	}
	return n
}
