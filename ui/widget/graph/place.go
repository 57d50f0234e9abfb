package graph

import (
	"cmp"
	"math"
	"slices"
)

// A node has rows of its own for each class of lines, so that a line pointing
// back never looks like one of those pointing forward.
const (
	forward   = iota // a head on the right
	backward         // a head on the left
	both             // heads at both ends
	portCount        // how many classes there are
)

// maxPorts is how many rows the lines of one class may take on the left of a
// node. Lines beyond that share the last one.
const maxPorts = 6

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

// boxHeight is the height of the usual node drawn in a box: the frame and a row.
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

// fork names the lines that leave one row of a vertex to the right.
type fork struct {
	from, class int
	line        Line
}

func (t *sheet) fork(h hop) fork {
	return fork{h.from, t.s.links[h.link].class(), t.look[h.link]}
}

// size gives the vertices their heights and ports: on the right a row for each
// class of lines, on the left one for all lines of a class that don't fork on
// their way here, and one for each that does, since where forks meet nobody
// could tell which line leads where.
func (t *sheet) size(z Zoom) {
	prongs := map[fork]int{}
	into := make([][]hop, len(t.verts))
	for _, hops := range t.hops {
		for _, h := range hops {
			prongs[t.fork(h)]++
			if t.verts[h.to].item >= 0 {
				into[h.to] = append(into[h.to], h)
			}
		}
	}
	most, first := maxPorts, 0
	if z == Overview {
		most = 1
	}
	if z == Full {
		first = 1
	}
	for v := range t.verts {
		x := &t.verts[v]
		x.h = 1
		if x.item < 0 {
			continue
		}
		slices.SortFunc(into[v], func(a, b hop) int { return cmp.Compare(t.verts[a.from].pos, t.verts[b.from].pos) })
		x.in = make(map[int]int, len(into[v]))
		used := [portCount]bool{}
		for _, l := range t.s.adj[x.item] {
			used[t.s.links[l].class()] = true
		}
		rows := 0
		for class := range used {
			x.out[class] = first + rows
			if used[class] {
				rows += t.ports(x, class, into[v], prongs, most)
			}
		}
		x.h = max(rows, 1) + 2*first
	}
}

// ports gives the lines of a class their rows on the left of a vertex, from
// that of the class downwards, and tells how many there are.
func (t *sheet) ports(x *vertex, class int, into []hop, prongs map[fork]int, most int) int {
	rows, shared := 0, -1
	for _, h := range into {
		f := t.fork(h)
		if f.class != class {
			continue
		}
		row := rows
		if prongs[f] == 1 && shared >= 0 {
			row = shared
		} else {
			rows++
		}
		if prongs[f] == 1 {
			shared = row
		}
		x.in[h.link] = x.out[class] + min(row, most-1)
	}
	return min(max(rows, 1), most)
}

// outRow is the row at which a link leaves a vertex to the right.
func (t *sheet) outRow(v, l int) int {
	x := &t.verts[v]
	if x.item < 0 {
		return x.y
	}
	return x.y + x.out[t.s.links[l].class()]
}

// inRow is the row at which a link meets a vertex from the left.
func (t *sheet) inRow(v, l int) int {
	x := &t.verts[v]
	if x.item < 0 {
		return x.y
	}
	return x.y + x.in[l]
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
			v, row, there := h.from, t.outRow(h.from, h.link), t.inRow(h.to, h.link)
			if left {
				v, row, there = h.to, there, row
			}
			pull := t.pull(h.from, h.to) * share
			at := t.verts[v].pos
			want[at] += pull * float64(there-(row-t.verts[v].y))
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
