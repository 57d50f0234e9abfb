package pointing

import (
	"cmp"
	"math/bits"
	"slices"

	"threatbench/api"
)

// Found is what some conditions find together.
type Found struct {
	Count  int    // events; less than 0 where it isn't known
	Misses int    // wanted events that aren't among them
	Has    int    // unwanted events that are
	Same   uint64 // equal for those that find the same events; 0 where that isn't known
}

// Judge tells what candidates find together, by their places in the list.
type Judge func(places []int) Found

const (
	maxOffers     = 3
	maxConditions = 4      // conditions of a filter
	maxJudged     = 400    // filters of one length that are counted
	maxTried      = 20_000 // and that are looked at
)

// Choose finds the shortest filters that hold for all wanted events and none of
// the unwanted ones: fewest conditions first, then fewest events, then fewest
// characters. All is what is found without a condition.
func Choose(list []Candidate, unwanted, all int, judge Judge) []api.PointedFilter {
	c := chooser{list: list, goal: firstBits(unwanted), judge: judge, all: all, seen: map[uint64]bool{}}
	c.single()
	for n := 1; n <= maxConditions && len(c.offers) < maxOffers; n++ {
		c.judged, c.tried, c.level = 0, 0, nil
		c.combine(n, 0, nil, mask{})
		c.take()
	}
	return c.offers
}

type chooser struct {
	list   []Candidate
	order  []int // places in list, what finds least first
	alone  []Found
	goal   mask
	judge  Judge
	all    int
	offers []api.PointedFilter
	seen   map[uint64]bool

	level         []rated
	judged, tried int
}

// rated is a filter with what it finds.
type rated struct {
	places []int
	found  Found
	length int
}

// single judges each candidate by itself and leaves out those that change
// nothing.
func (c *chooser) single() {
	c.alone = make([]Found, len(c.list))
	for i := range c.list {
		c.alone[i] = c.judge([]int{i})
		if f := c.alone[i]; f.Misses == 0 && (f.Count < 0 || f.Count < c.all) {
			c.order = append(c.order, i)
		}
	}
	slices.SortStableFunc(c.order, func(a, b int) int {
		return cmp.Or(cmp.Compare(c.alone[a].Count, c.alone[b].Count), cmp.Compare(c.list[a].length, c.list[b].length))
	})
}

// combine tries all filters of n more conditions, each of which has to leave out
// something that the others don't.
func (c *chooser) combine(n, from int, places []int, left mask) {
	if n == 0 {
		if left == c.goal {
			c.rate(places)
		}
		return
	}
	for i := from; i < len(c.order) && c.judged < maxJudged && c.tried < maxTried; i++ {
		c.tried++
		at := c.order[i]
		more := left.or(c.list[at].excludes)
		if more == left && !c.goal.empty() {
			continue
		}
		c.combine(n-1, i+1, append(slices.Clone(places), at), more)
	}
}

func (c *chooser) rate(places []int) {
	c.judged++
	found := c.alone[places[0]]
	if len(places) > 1 {
		found = c.judge(places)
	}
	if found.Misses > 0 || found.Has > 0 || !c.needed(places) {
		return
	}
	r := rated{places: places, found: found, length: len(places) - 1}
	for _, at := range places {
		r.length += c.list[at].length
	}
	c.level = append(c.level, r)
}

// needed reports whether a filter needs each of its conditions to leave out the
// unwanted events.
func (c *chooser) needed(places []int) bool {
	if c.goal.empty() || len(places) == 1 {
		return true
	}
	for skip := range places {
		var left mask
		for i, at := range places {
			if i != skip {
				left = left.or(c.list[at].excludes)
			}
		}
		if left == c.goal {
			return false
		}
	}
	return true
}

// take offers the best of a length, one of those that find the same.
func (c *chooser) take() {
	slices.SortStableFunc(c.level, func(a, b rated) int {
		return cmp.Or(cmp.Compare(a.found.Count, b.found.Count), cmp.Compare(a.length, b.length))
	})
	for i := 0; i < len(c.level) && len(c.offers) < maxOffers; i++ {
		r := c.shortestSame(i)
		if r.found.Same != 0 && c.seen[r.found.Same] {
			continue
		}
		c.seen[r.found.Same] = true
		c.offers = append(c.offers, c.offer(r))
	}
}

// shortestSame is the shortest of the filters that find what the i-th does.
func (c *chooser) shortestSame(i int) rated {
	best := c.level[i]
	for _, r := range c.level[i:] {
		if r.found.Same == best.found.Same && r.found.Same != 0 && r.length < best.length {
			best = r
		}
	}
	return best
}

func (c *chooser) offer(r rated) api.PointedFilter {
	out := api.PointedFilter{Count: r.found.Count, Misses: r.found.Misses, Has: r.found.Has}
	for _, at := range r.places {
		out.Search = append(out.Search, c.list[at].Condition)
	}
	return out
}

// Nearest offers the single conditions that miss least, where none holds for all
// wanted events and no unwanted one.
func Nearest(list []Candidate, judge Judge) []api.PointedFilter {
	c := chooser{list: list, seen: map[uint64]bool{}}
	for i := range list {
		r := rated{places: []int{i}, found: judge([]int{i}), length: list[i].length}
		c.level = append(c.level, r)
	}
	slices.SortStableFunc(c.level, func(a, b rated) int {
		return cmp.Or(cmp.Compare(a.found.Misses+a.found.Has, b.found.Misses+b.found.Has), cmp.Compare(a.found.Count, b.found.Count), cmp.Compare(a.length, b.length))
	})
	for _, r := range c.level {
		if len(c.offers) == maxOffers {
			break
		}
		if r.found.Same == 0 || !c.seen[r.found.Same] {
			c.seen[r.found.Same] = true
			c.offers = append(c.offers, c.offer(r))
		}
	}
	return c.offers
}

func (m mask) count() int {
	n := 0
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}
