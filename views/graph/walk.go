package graph

import (
	"cmp"
	"slices"

	"threatbench/api"
)

// way is where a walk may go from a node. Up is towards parents, down towards
// children.
type way uint8

const (
	upAndDown way = iota // ancestors and descendants, never siblings through a turn
	down
	up
	anyWay
	ways
)

// String says which nodes a way leads to.
func (w way) String() string {
	return [...]string{"ancestors and descendants", "descendants", "ancestors", "every neighbour"}[w%ways]
}

// direction is the word of the API for a way.
func (w way) direction() string {
	switch w {
	case down:
		return "out"
	case up:
		return "in"
	}
	return "both"
}

// How much a walk asks for at a time, and how many nodes it stops at to ask
// whether it should go on.
const (
	answerEdges = 500
	pauseEvery  = 500
)

// deepest is the greatest depth.
const deepest = 9

// reference is the type of what one event refers to in another. It isn't a
// relationship of the API's graph: the events themselves list it.
const reference = "reference"

// node is a node of the walk, with how many steps it lies from the seeds and
// by which way it was reached.
type node struct {
	api.GraphNode
	level int
	way   way
	asked bool // for its event
}

// edge joins two nodes, by their keys.
type edge struct{ from, to, kind string }

// question is what is to be asked next: the edges around nodes, or events by
// their ids.
type question struct {
	seeds  []api.NodeRef
	way    way
	cursor string
	events []string
}

// plan is what a walk is to find.
type plan struct {
	seeds []api.NodeRef
	depth int
	way   way
	types []string // of relationships, reference among them; none = all between events
}

func (p plan) follows(kind string) bool { return slices.Contains(p.types, kind) }

// walk gathers a graph level by level. It asks nobody itself: next says what
// to ask, learn and onEvents take the answers.
type walk struct {
	plan
	nodes map[string]*node // by key
	order []string         // keys, as they came
	edges []edge
	have  map[edge]bool

	level    int
	frontier []string // nodes of this level that wait for the next one
	queue    []question
	budget   int    // nodes to pause at
	derived  bool   // the server has no graph: there are no tags or indicators
	reason   string // why the server gave no graph, "" where it plainly has none
	cut      bool   // the server has more around a node than it gives
	missing  int    // events referred to that aren't there
	dropped  int    // seeds beyond what the API takes
}

func key(r api.NodeRef) string { return r.String() }

func newWalk(p plan) *walk {
	w := &walk{plan: p, nodes: map[string]*node{}, have: map[edge]bool{}, budget: pauseEvery}
	if len(p.seeds) > api.MaxSeeds {
		w.dropped = len(p.seeds) - api.MaxSeeds
		w.seeds = p.seeds[:api.MaxSeeds]
	}
	for _, s := range w.seeds {
		w.add(api.GraphNode{ID: s.ID, Type: s.Type}, 0, p.way)
	}
	return w
}

// add takes a node in, or what is new about one that is known.
func (w *walk) add(n api.GraphNode, level int, by way) {
	k := key(api.NodeRef{Type: n.Type, ID: n.ID})
	old, known := w.nodes[k]
	if !known {
		w.nodes[k] = &node{GraphNode: n, level: level, way: by}
		w.order = append(w.order, k)
		w.frontier = append(w.frontier, k)
		return
	}
	if n.Event != nil {
		old.Event = n.Event
	}
	old.Label = cmp.Or(n.Label, old.Label)
	old.Missing = old.Missing || n.Missing
}

// paused tells whether the walk has enough nodes and more to ask.
func (w *walk) paused() bool { return len(w.nodes) >= w.budget && w.more() }

// more tells whether there is anything left to ask.
func (w *walk) more() bool {
	return len(w.queue) > 0 || w.level < w.depth && len(w.frontier) > 0
}

// goOn allows a paused walk more nodes.
func (w *walk) goOn() { w.budget = len(w.nodes) + pauseEvery }

// next is what to ask now; false when the walk has ended or pauses.
func (w *walk) next() (question, bool) {
	if len(w.queue) == 0 && w.level < w.depth {
		w.descend()
	}
	if len(w.queue) == 0 || w.paused() {
		return question{}, false
	}
	return w.queue[0], true
}

// descend asks for what surrounds the frontier: its edges, and the events that
// its events refer to.
func (w *walk) descend() {
	byWay := map[way][]api.NodeRef{}
	for _, k := range w.frontier {
		n := w.nodes[k]
		byWay[n.way] = append(byWay[n.way], api.NodeRef{Type: n.Type, ID: n.ID})
	}
	w.level++
	w.frontier = nil
	for by := range ways {
		for chunk := range slices.Chunk(byWay[by], api.MaxSeeds) {
			if w.relations() != nil {
				w.queue = append(w.queue, question{seeds: chunk, way: by})
			}
			w.queue = append(w.queue, question{seeds: chunk, way: by, events: []string{}})
		}
	}
}

// relations are the types to ask the graph for.
func (w *walk) relations() []string {
	return slices.DeleteFunc(slices.Clone(w.types), func(t string) bool { return t == reference })
}

// ready turns the question on top into one that can be asked: for references
// the ids are known only once the nodes before have come. It tells whether
// there is anything to ask.
func (w *walk) ready() (question, bool) {
	for {
		q, ok := w.next()
		if !ok {
			return q, false
		}
		if q.events == nil || len(q.events) > 0 {
			return q, true
		}
		if ids := w.unread(q); len(ids) > 0 {
			w.queue = slices.Insert(w.queue, 0, question{seeds: q.seeds, way: q.way, events: ids})
			continue
		}
		w.queue = w.queue[1:]
		for chunk := range slices.Chunk(w.referred(q), api.MaxInValues) {
			w.queue = slices.Insert(w.queue, 0, question{seeds: q.seeds, way: q.way, events: chunk})
		}
	}
}

// unread are the events among those asked about of which only the id is known.
func (w *walk) unread(q question) []string {
	var ids []string
	for _, s := range q.seeds {
		if n := w.nodes[key(s)]; n.Type == api.NodeEvent && n.Event == nil && !n.asked {
			n.asked = true
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// referred are the events that those asked about refer to, or that refer to
// them, and that aren't known yet.
func (w *walk) referred(q question) []string {
	if !w.follows(reference) {
		return nil
	}
	var ids []string
	for _, s := range q.seeds {
		n := w.nodes[key(s)]
		if n == nil || n.Event == nil {
			continue
		}
		var far []string
		if q.way != up {
			far = append(far, n.Event.References...)
		}
		if q.way != down {
			far = append(far, n.Event.Referenced...)
		}
		for _, id := range far {
			if w.nodes[eventKey(id)] == nil && id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func eventKey(id string) string { return key(api.NodeRef{Type: api.NodeEvent, ID: id}) }

// receive takes the answer to a question about edges.
func (w *walk) receive(g api.Graph) {
	q := w.queue[0]
	w.queue = w.queue[1:]
	w.derived = w.derived || g.Derived
	w.reason = cmp.Or(w.reason, g.Reason)
	from := map[string]bool{}
	for _, s := range q.seeds {
		from[key(s)] = true
	}
	reached := map[string]way{}
	for _, e := range g.Edges {
		if q.way == anyWay {
			continue
		}
		if from[e.Source] && !from[e.Target] {
			meet(reached, e.Target, down)
		} else if from[e.Target] && !from[e.Source] {
			meet(reached, e.Source, up)
		}
	}
	for _, n := range g.Nodes {
		by, ok := reached[key(api.NodeRef{Type: n.Type, ID: n.ID})]
		if !ok {
			by = q.way
		}
		w.add(n, w.level, by)
	}
	for _, e := range g.Edges {
		w.join(edge{e.Source, e.Target, e.RelationshipType})
	}
	switch {
	case g.Cursor != "" && len(q.seeds) == 1:
		w.queue = slices.Insert(w.queue, 0, question{seeds: q.seeds, way: q.way, cursor: g.Cursor})
	case (g.HasMore || g.Truncated) && len(q.seeds) > 1:
		half := len(q.seeds) / 2
		w.queue = slices.Insert(w.queue, 0,
			question{seeds: q.seeds[:half], way: q.way}, question{seeds: q.seeds[half:], way: q.way})
	case g.HasMore || g.Truncated:
		w.cut = true
	}
}

// meet notes by which way a node is reached. One that is both before and after
// its neighbour, as mutual edges make it, leads on by both.
func meet(reached map[string]way, node string, by way) {
	if before, ok := reached[node]; ok && before != by {
		by = upAndDown
	}
	reached[node] = by
}

func (w *walk) join(e edge) {
	if !w.have[e] {
		w.have[e] = true
		w.edges = append(w.edges, e)
	}
}

// onEvents takes the answer to a question about events.
func (w *walk) onEvents(events []api.Event) {
	q := w.queue[0]
	w.queue = w.queue[1:]
	w.missing += max(len(q.events)-len(events), 0)
	reached := map[string]way{}
	for _, s := range q.seeds {
		n := w.nodes[key(s)]
		if n == nil || n.Event == nil || q.way != upAndDown {
			continue
		}
		for _, id := range n.Event.References {
			meet(reached, id, down)
		}
		for _, id := range n.Event.Referenced {
			meet(reached, id, up)
		}
	}
	for i := range events {
		by, ok := reached[events[i].UUID]
		if !ok {
			by = q.way
		}
		w.add(api.GraphNode{ID: events[i].UUID, Type: api.NodeEvent, Event: &events[i]}, w.level, by)
	}
}

// all are the edges with both ends there: those that came, and the references
// among the events.
func (w *walk) all() []edge {
	out := make([]edge, 0, len(w.edges))
	for _, e := range w.edges {
		if w.nodes[e.from] != nil && w.nodes[e.to] != nil {
			out = append(out, e)
		}
	}
	if !w.follows(reference) {
		return out
	}
	had := map[edge]bool{}
	add := func(from, to string) {
		e := edge{from, to, reference}
		if w.nodes[from] != nil && w.nodes[to] != nil && !had[e] {
			had[e] = true
			out = append(out, e)
		}
	}
	for _, k := range w.order {
		if e := w.nodes[k].Event; e != nil {
			for _, id := range e.References {
				add(k, eventKey(id))
			}
			for _, id := range e.Referenced {
				add(eventKey(id), k)
			}
		}
	}
	return out
}
