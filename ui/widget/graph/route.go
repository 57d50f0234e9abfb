package graph

import (
	"cmp"
	"slices"
)

// net is what leaves one row on the left of a channel: a line that may fork.
// From its row it runs to its track, along it, and out at each target row.
type net struct {
	row     int
	line    Line
	hops    []hop
	targets []int // rows on the right, sorted, each once

	// track is the column of the vertical line, counted from the channel's
	// first; -1 where the line runs straight through.
	track int
	// A net that would have to run in a circle around another is split: it
	// reaches mid on track and goes on from there on second.
	split       bool
	mid, second int
}

func (n *net) straight() bool { return len(n.targets) == 1 && n.targets[0] == n.row }

// span are the rows a net's vertical line covers: from to its targets.
func (n *net) span(from int) (top, bottom int) {
	return min(from, n.targets[0]), max(from, n.targets[len(n.targets)-1])
}

// channel is the space between two layers.
type channel struct {
	nets   []net
	tracks int
}

// channel routes the hops between layer k and k+1.
func (t *sheet) channel(k int) *channel {
	type key struct {
		row  int
		line Line
	}
	c := &channel{}
	at := map[key]int{}
	for _, h := range t.hops[k] {
		id := key{t.outRow(h.from, h.link), t.look[h.link]}
		n, ok := at[id]
		if !ok {
			n = len(c.nets)
			at[id] = n
			c.nets = append(c.nets, net{row: id.row, line: id.line, track: -1, second: -1})
		}
		c.nets[n].hops = append(c.nets[n].hops, h)
		c.nets[n].targets = append(c.nets[n].targets, t.inRow(h.to, h.link))
	}
	for i := range c.nets {
		slices.Sort(c.nets[i].targets)
		c.nets[i].targets = slices.Compact(c.nets[i].targets)
	}
	c.sort()
	newRouter(c).run()
	return c
}

// sort brings the nets into the order in which they best get their tracks, the
// leftmost first: lines that rise from top to bottom, then those that fall from
// bottom to top; so taken, they don't cross each other.
func (c *channel) sort() {
	lean := func(n *net) int {
		sum := 0
		for _, r := range n.targets {
			sum += r - n.row
		}
		return sum
	}
	slices.SortFunc(c.nets, func(a, b net) int {
		up, down := lean(&a) < 0, lean(&b) < 0
		switch {
		case up && !down:
			return -1
		case down && !up:
			return 1
		case up:
			return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.line, b.line))
		}
		return cmp.Or(cmp.Compare(b.row, a.row), cmp.Compare(a.line, b.line))
	})
}

// router gives the nets of a channel their tracks.
//
// Where one net begins in a row in which another ends, the first must have
// turned off before the second comes in, or the two would lie on each other:
// its track must be further left. Nets are taken in an order that keeps to
// this; where they wait for each other in a circle one of them is split.
type router struct {
	c     *channel
	lines []vertical
	waits []int   // for how many others each line still waits
	next  [][]int // the lines that wait for each
	low   []int   // the first track a line may have
	done  []bool
	lanes [][]span // rows taken on each track
	free  func(row int) bool
}

// vertical is the vertical line of a net, or one of the two of a split net.
type vertical struct {
	net    int
	second bool
}

type span struct{ top, bottom int }

func newRouter(c *channel) *router {
	r := &router{c: c}
	begin, end := map[int][]int{}, map[int][]int{}
	for i := range c.nets {
		n := &c.nets[i]
		r.add(vertical{net: i})
		if n.straight() {
			r.done[i] = true
			continue
		}
		begin[n.row] = append(begin[n.row], i)
		for _, row := range n.targets {
			end[row] = append(end[row], i)
		}
	}
	for i := range c.nets {
		if n := &c.nets[i]; !n.straight() {
			for _, j := range end[n.row] {
				r.order(i, j)
			}
		}
	}
	taken := map[int]bool{}
	for i := range c.nets {
		taken[c.nets[i].row] = true
		for _, row := range c.nets[i].targets {
			taken[row] = true
		}
	}
	r.free = func(row int) bool {
		if taken[row] {
			return false
		}
		taken[row] = true
		return true
	}
	return r
}

func (r *router) add(v vertical) int {
	r.lines = append(r.lines, v)
	r.waits = append(r.waits, 0)
	r.next = append(r.next, nil)
	r.low = append(r.low, 0)
	r.done = append(r.done, false)
	return len(r.lines) - 1
}

// order makes line b wait for line a. Nets of one row (of different looks) needn't
// wait for each other.
func (r *router) order(a, b int) {
	if a == b || r.c.nets[r.lines[a].net].row == r.c.nets[r.lines[b].net].row {
		return
	}
	r.next[a] = append(r.next[a], b)
	r.waits[b]++
}

func (r *router) run() {
	for {
		i := r.ready()
		if i < 0 {
			i = r.stuck()
		}
		if i < 0 {
			break
		}
		r.put(i)
	}
	r.c.tracks = len(r.lanes)
}

// ready is the first line that waits for none, or -1.
func (r *router) ready() int {
	for i := range r.lines {
		if !r.done[i] && r.waits[i] == 0 {
			return i
		}
	}
	return -1
}

// stuck splits the first net that waits, and gives its first line, or -1 where
// none waits.
func (r *router) stuck() int {
	for i := range r.lines {
		if !r.done[i] && !r.lines[i].second {
			r.cut(i)
			return i
		}
	}
	return -1
}

// cut splits a net: the second line takes over the waiting of the first.
func (r *router) cut(i int) {
	n := &r.c.nets[r.lines[i].net]
	n.split, n.mid = true, r.freeRow((n.row+n.targets[len(n.targets)/2])/2)
	second := r.add(vertical{r.lines[i].net, true})
	for a := range r.next {
		if r.done[a] {
			continue
		}
		for k, b := range r.next[a] {
			if b == i {
				r.next[a][k] = second
				r.waits[second]++
			}
		}
	}
	r.low[second] = r.low[i]
	r.waits[i], r.low[i] = 0, 0
	r.next[i] = append(r.next[i], second)
	r.waits[second]++
}

// freeRow is the row nearest to one where nothing begins or ends.
func (r *router) freeRow(near int) int {
	for d := 0; ; d++ {
		if r.free(near - d) {
			return near - d
		}
		if r.free(near + d) {
			return near + d
		}
	}
}

// put gives a line the first track from its lowest on where it touches no
// other.
func (r *router) put(i int) {
	r.done[i] = true
	n := &r.c.nets[r.lines[i].net]
	s := span{}
	switch {
	case r.lines[i].second:
		s.top, s.bottom = n.span(n.mid)
	case n.split:
		s.top, s.bottom = min(n.row, n.mid), max(n.row, n.mid)
	default:
		s.top, s.bottom = n.span(n.row)
	}
	track := r.low[i]
	for track < len(r.lanes) && touches(r.lanes[track], s) {
		track++
	}
	for len(r.lanes) <= track {
		r.lanes = append(r.lanes, nil)
	}
	r.lanes[track] = append(r.lanes[track], s)
	if r.lines[i].second {
		n.second = track
	} else {
		n.track = track
	}
	for _, j := range r.next[i] {
		r.low[j] = max(r.low[j], track+1)
		r.waits[j]--
	}
}

func touches(taken []span, s span) bool {
	return slices.ContainsFunc(taken, func(t span) bool { return s.top <= t.bottom && t.top <= s.bottom })
}
