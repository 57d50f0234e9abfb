package graph

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// mutual are edges both ways between nodes.
func mutual(pairs ...[2]int) string {
	var b strings.Builder
	for _, p := range pairs {
		fmt.Fprintf(&b, "n%d>n%d n%d>n%d ", p[0], p[1], p[1], p[0])
	}
	return b.String()
}

func grid(w, h int) (pairs [][2]int) {
	for y := range h {
		for x := range w {
			if x+1 < w {
				pairs = append(pairs, [2]int{y*w + x, y*w + x + 1})
			}
			if y+1 < h {
				pairs = append(pairs, [2]int{y*w + x, (y+1)*w + x})
			}
		}
	}
	return pairs
}

func ring(n int) (pairs [][2]int) {
	for i := range n {
		pairs = append(pairs, [2]int{i, (i + 1) % n})
	}
	return pairs
}

func clique(n int) (pairs [][2]int) {
	for i := range n {
		for j := range i {
			pairs = append(pairs, [2]int{j, i})
		}
	}
	return pairs
}

// Groups that lead to one another stay as narrow as their links allow, and not
// as long as the longest way through them.
func TestCyclesStayCompact(t *testing.T) {
	star := [][2]int{}
	for i := range 20 {
		star = append(star, [2]int{0, i + 1})
	}
	halves := [][2]int{}
	for i := range 10 {
		for j := range 10 {
			halves = append(halves, [2]int{i, 10 + j})
		}
	}
	for _, c := range []struct {
		name  string
		pairs [][2]int
		most  int
	}{
		{"a grid", grid(6, 6), 11}, {"a ring", ring(30), 17}, {"a star", star, 2}, {"two halves", halves, 3},
		{"a clique", clique(7), 7}, {"a pair", [][2]int{{0, 1}}, 2},
	} {
		m := model(t, graphOf("n0 "+mutual(c.pairs...)), Compact)
		if n := layers(m); n > c.most {
			t.Errorf("%s takes %d layers, want at most %d", c.name, n, c.most)
		}
		if err := sound(m); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func layers(m *Model) int {
	first, last := 0, 0
	for i := range m.layout().boxes {
		first, last = min(first, m.layout().boxes[i].layer), max(last, m.layout().boxes[i].layer)
	}
	return last - first + 1
}

// Whatever the graph: an edge that is part of no cycle points to the right.
func TestEdgesOutsideOfCyclesPointForward(t *testing.T) {
	st := styles(t, "dark", false)
	rapid.Check(t, func(t *rapid.T) {
		m := New(st)
		m.SetSiblings(0)
		m.Set(anyGraph(t, 20))
		s, p := m.sight(), m.layout()
		for l := range s.links {
			link := &s.links[l]
			if len(link.back) == 0 || len(link.out) > 0 {
				continue // it points forward, also
			}
			if !reachable(s, link.a, link.b) {
				t.Fatalf("%s to %s points back and closes no cycle (layers %d, %d)", s.items[link.b].id, s.items[link.a].id, p.boxes[link.b].layer, p.boxes[link.a].layer)
			}
		}
	})
}

// reachable tells whether edges lead from one item to another.
func reachable(s *sight, from, to int) bool {
	got := map[int]bool{from: true}
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		i := queue[0]
		for _, l := range s.adj[i] {
			k, j := &s.links[l], s.far(l, i)
			forward := k.out
			if k.b == i {
				forward = k.back
			}
			if len(forward) > 0 && !got[j] {
				got[j] = true
				queue = append(queue, j)
			}
		}
	}
	return got[to]
}
