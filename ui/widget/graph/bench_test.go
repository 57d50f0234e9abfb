package graph

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// tangle is a made-up graph of n nodes: a tree with a few cross edges,
// references and edges back, as relationships of events are.
func tangle(n int) Graph {
	dice := rand.New(rand.NewPCG(1, uint64(n)))
	g := Graph{Kinds: []Kind{{"caused_by", Solid}, {"related_to", Heavy}}, Roots: []string{"n0"}}
	for i := range n {
		g.Nodes = append(g.Nodes, Node{ID: fmt.Sprintf("n%d", i), Label: fmt.Sprintf("event number %d of a campaign", i), Group: i % 5})
		if i > 0 {
			g.Edges = append(g.Edges, Edge{From: fmt.Sprintf("n%d", dice.IntN((i+3)/4)), To: fmt.Sprintf("n%d", i), Kind: i % 2})
		}
		if i > 0 && i%5 == 0 {
			g.Edges = append(g.Edges, Edge{From: fmt.Sprintf("n%d", dice.IntN(i)), To: fmt.Sprintf("n%d", dice.IntN(i)), Weak: i%10 == 0})
		}
	}
	return g
}

func BenchmarkLayout500(b *testing.B) {
	for _, z := range []Zoom{Full, Compact, Overview} {
		b.Run(fmt.Sprintf("zoom%d", z), func(b *testing.B) {
			g, st := tangle(500), styles(b, "dark", false)
			for b.Loop() {
				m := New(st)
				m.SetSiblings(0)
				m.zoom = z
				m.Set(g)
				m.Lines(120, 40)
			}
		})
	}
}

func BenchmarkLines(b *testing.B) {
	m := New(styles(b, "dark", false))
	m.SetSiblings(0)
	m.Set(tangle(500))
	m.SetZoom(Compact)
	for b.Loop() {
		m.Lines(120, 40)
	}
}
