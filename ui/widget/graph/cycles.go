package graph

import (
	"cmp"
	"slices"
)

// In a group of items that lead to one another in cycles no order is the right
// one, and the one a walk leaves them in is a bad one: it follows the longest
// way, and each step of it is a layer. gather puts the items of such a group
// together in its order, by how many edges lead to them from where the group is
// entered; those of one distance that are linked come in as few turns as a quick
// colouring finds. As links lie between layers, a group in which all are linked
// still takes a layer an item.
//
// Where that makes a group no shorter its items stay as the walk left them: then
// more edges point forward. A group stands where its first item does, or its
// last where the walk went against the edges.
func (p *part) gather(order []int, against bool) []int {
	groups := p.cycles(order)
	out := make([]int, 0, len(order))
	if against {
		slices.Reverse(order)
	}
	done, at := make([]bool, len(p.s.items)), make([]int, len(p.s.items))
	for k, i := range order {
		at[i] = k
	}
	for _, i := range order {
		if done[i] {
			continue
		}
		for _, j := range p.shorter(at, groups[i], !against) {
			done[j] = true
			out = append(out, j)
		}
	}
	if against {
		slices.Reverse(out)
	}
	return out
}

// shorter is the shorter of two orders of a group: that of the places given,
// and spread's.
func (p *part) shorter(at []int, group []int, forward bool) []int {
	if len(group) < 2 {
		return group
	}
	slices.SortFunc(group, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	if spread := p.spread(group[0], group, forward); p.length(spread) < p.length(group) {
		return spread
	}
	return group
}

// length is how many layers items take in an order.
func (p *part) length(order []int) int {
	at, most := map[int]int{}, 0
	for _, i := range order {
		at[i] = 1
		for _, l := range p.s.adj[i] {
			at[i] = max(at[i], at[p.s.far(l, i)]+1)
		}
		most = max(most, at[i])
	}
	return most
}

// spread orders a group from the item it is entered by, along the edges or
// against them.
func (p *part) spread(entry int, group []int, forward bool) []int {
	type place struct{ far, turn, at int }
	places := map[int]place{}
	for _, i := range group {
		places[i] = place{far: -1}
	}
	places[entry] = place{}
	reached := []int{entry}
	for k := 0; k < len(reached); k++ {
		i := reached[k]
		taken := map[int]bool{}
		for _, l := range p.s.adj[i] {
			j := p.s.far(l, i)
			at, ours := places[j]
			switch {
			case !ours:
			case at.far < 0 && p.leads(l, i, forward):
				places[j] = place{far: places[i].far + 1, turn: -1, at: len(reached)}
				reached = append(reached, j)
			case at.far == places[i].far && at.turn >= 0:
				taken[at.turn] = true
			}
		}
		x := places[i]
		for x.turn = 0; taken[x.turn]; x.turn++ {
		}
		places[i] = x
	}
	slices.SortFunc(reached, func(a, b int) int {
		x, y := places[a], places[b]
		return cmp.Or(cmp.Compare(x.far, y.far), cmp.Compare(x.turn, y.turn), cmp.Compare(x.at, y.at))
	})
	return reached
}

// cycles are the groups of items that lead to one another (after Tarjan), for
// each of the items given the group it is in.
func (p *part) cycles(items []int) [][]int {
	n := len(p.s.items)
	t := tarjan{p: p, index: make([]int, n), low: make([]int, n), state: make([]uint8, n), of: make([][]int, n)}
	for _, i := range items {
		t.state[i] = fresh
	}
	for _, i := range items {
		if t.state[i] == fresh {
			t.visit(i)
		}
	}
	return t.of
}

// What the walk knows of an item: whether it is one of those given, has been
// reached, and has got its group.
const (
	foreign uint8 = iota
	fresh
	open
	closed
)

type tarjan struct {
	p          *part
	index, low []int
	state      []uint8
	count      int
	stack      []int
	of         [][]int
}

func (t *tarjan) visit(i int) {
	t.index[i], t.low[i] = t.count, t.count
	t.count++
	t.stack = append(t.stack, i)
	t.state[i] = open
	for _, l := range t.p.s.adj[i] {
		j := t.p.s.far(l, i)
		if !t.p.leads(l, i, true) {
			continue
		}
		switch t.state[j] {
		case fresh:
			t.visit(j)
			t.low[i] = min(t.low[i], t.low[j])
		case open:
			t.low[i] = min(t.low[i], t.index[j])
		}
	}
	if t.low[i] != t.index[i] {
		return
	}
	k := slices.Index(t.stack, i)
	group := slices.Clone(t.stack[k:])
	t.stack = t.stack[:k]
	for _, j := range group {
		t.state[j], t.of[j] = closed, group
	}
}
