package graph

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"threatbench/api"
)

// server answers a walk's questions about a made-up graph, at most most edges
// at a time.
type server struct {
	edges []api.GraphEdge
	refs  map[string][]string // from event to event
	most  int
}

func (s *server) event(id string) *api.Event {
	e := &api.Event{UUID: id, References: s.refs[id]}
	for from, to := range s.refs {
		if slices.Contains(to, id) {
			e.Referenced = append(e.Referenced, from)
		}
	}
	slices.Sort(e.Referenced)
	return e
}

func (s *server) graph(q question) api.Graph {
	var g api.Graph
	add := func(id string) {
		if !slices.ContainsFunc(g.Nodes, func(n api.GraphNode) bool { return n.ID == id }) {
			g.Nodes = append(g.Nodes, api.GraphNode{ID: id, Type: api.NodeEvent, Event: s.event(id)})
		}
	}
	skip := 0
	if q.cursor != "" {
		if _, err := fmt.Sscan(q.cursor, &skip); err != nil {
			panic(err)
		}
	}
	for _, seed := range q.seeds {
		add(seed.ID)
	}
	at := 0
	for _, e := range s.edges {
		out := slices.ContainsFunc(q.seeds, func(n api.NodeRef) bool { return n.ID == e.SourceID }) && q.way != up
		in := slices.ContainsFunc(q.seeds, func(n api.NodeRef) bool { return n.ID == e.TargetID }) && q.way != down
		if !out && !in {
			continue
		}
		if at++; at <= skip {
			continue
		}
		if len(g.Edges) == s.most {
			g.Truncated = true
			if len(q.seeds) == 1 {
				g.HasMore, g.Cursor = true, fmt.Sprint(skip+s.most)
			}
			break
		}
		g.Edges = append(g.Edges, e)
		add(e.SourceID)
		add(e.TargetID)
	}
	return g
}

// run walks to the end and gives the number of questions.
func (s *server) run(w *walk) int {
	n := 0
	for q, ok := w.ready(); ok; q, ok = w.ready() {
		if n++; n > 2000 {
			return n
		}
		if len(q.events) == 0 {
			w.receive(s.graph(q))
			continue
		}
		var events []api.Event
		for _, id := range q.events {
			if id != "gone" {
				events = append(events, *s.event(id))
			}
		}
		w.onEvents(events)
	}
	return n
}

func anyServer(t *rapid.T) *server {
	s := &server{refs: map[string][]string{}, most: rapid.SampledFrom([]int{1, 3, 500}).Draw(t, "most")}
	id := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("e%d", rapid.IntRange(0, 14).Draw(t, "id")) })
	for range rapid.IntRange(0, 30).Draw(t, "edges") {
		from, to := id.Draw(t, "from"), id.Draw(t, "to")
		s.edges = append(s.edges, api.GraphEdge{
			Source: eventKey(from), Target: eventKey(to), SourceID: from, TargetID: to,
			RelationshipType: rapid.SampledFrom(api.RelationshipTypes()).Draw(t, "kind"),
		})
	}
	for range rapid.IntRange(0, 6).Draw(t, "references") {
		from := id.Draw(t, "referring")
		s.refs[from] = append(s.refs[from], rapid.SampledFrom([]string{"e1", "e7", "e13", "gone"}).Draw(t, "referred"))
	}
	return s
}

// A walk finds exactly what lies within its depth by its way, whatever the
// server gives at a time, and ends.
func TestWalkFindsWhatItShould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyServer(t)
		depth, by := rapid.IntRange(1, 4).Draw(t, "depth"), way(rapid.IntRange(1, 3).Draw(t, "way"))
		seed := api.NodeRef{Type: api.NodeEvent, ID: "e0"}
		w := newWalk(plan{seeds: []api.NodeRef{seed}, depth: depth, way: by, types: append(api.RelationshipTypes(), reference)})
		if n := s.run(w); n > 2000 {
			t.Fatal("it never ends")
		}
		want := map[string]bool{"e0": true}
		step := func(from, to string, next map[string]bool) {
			if want[from] && by != up {
				next[to] = true
			}
			if want[to] && by != down {
				next[from] = true
			}
		}
		for range depth {
			next := map[string]bool{}
			for _, e := range s.edges {
				step(e.SourceID, e.TargetID, next)
			}
			for from, all := range s.refs {
				for _, to := range all {
					step(from, to, next)
				}
			}
			delete(next, "gone")
			for id := range next {
				want[id] = true
			}
		}
		if len(want) != len(w.nodes) {
			t.Fatalf("%d nodes found, want %d: %v", len(w.nodes), len(want), w.order)
		}
		for id := range want {
			if w.nodes[eventKey(id)] == nil {
				t.Fatalf("%s isn't found", id)
			}
		}
		for _, e := range w.all() {
			if w.nodes[e.from] == nil || w.nodes[e.to] == nil {
				t.Fatalf("an end of %v is missing", e)
			}
		}
	})
}

// Ancestors and descendants are no siblings.
func TestWalkTakesNoTurn(t *testing.T) {
	s := &server{most: 500}
	for _, pair := range [][2]string{{"top", "e0"}, {"top", "sibling"}, {"e0", "kid"}, {"other", "kid"}} {
		s.edges = append(s.edges, api.GraphEdge{Source: eventKey(pair[0]), Target: eventKey(pair[1]), SourceID: pair[0], TargetID: pair[1]})
	}
	for by, want := range map[way][]string{
		upAndDown: {"e0", "kid", "top"}, down: {"e0", "kid"}, up: {"e0", "top"}, anyWay: {"e0", "kid", "other", "sibling", "top"},
	} {
		w := newWalk(plan{seeds: []api.NodeRef{{Type: api.NodeEvent, ID: "e0"}}, depth: 3, way: by, types: api.RelationshipTypes()})
		s.run(w)
		var got []string
		for _, k := range w.order {
			got = append(got, w.nodes[k].ID)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%v finds %v, want %v", by, got, want)
		}
	}
}

func TestWalkPausesAndGoesOn(t *testing.T) {
	s := &server{most: 500}
	for i := range 1800 {
		id := fmt.Sprintf("kid%d", i)
		s.edges = append(s.edges, api.GraphEdge{Source: eventKey("e0"), Target: eventKey(id), SourceID: "e0", TargetID: id})
	}
	w := newWalk(plan{seeds: []api.NodeRef{{Type: api.NodeEvent, ID: "e0"}}, depth: 1, types: api.RelationshipTypes()})
	s.run(w)
	if !w.paused() || len(w.nodes) != 501 {
		t.Fatalf("it has %d nodes, paused: %v", len(w.nodes), w.paused())
	}
	for w.paused() {
		w.goOn()
		s.run(w)
	}
	if len(w.nodes) != 1801 {
		t.Errorf("in the end it has %d nodes", len(w.nodes))
	}
}

func TestWalkSaysWhichSeedsItLeavesOut(t *testing.T) {
	seeds := make([]api.NodeRef, api.MaxSeeds+7)
	for i := range seeds {
		seeds[i] = api.NodeRef{Type: api.NodeEvent, ID: fmt.Sprint(i)}
	}
	if w := newWalk(plan{seeds: seeds, depth: 1}); w.dropped != 7 || len(w.nodes) != api.MaxSeeds {
		t.Errorf("%d seeds dropped, %d nodes", w.dropped, len(w.nodes))
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"[Axiom](https://a.example/x) is [one](http://y)": "Axiom is one",
		"[x] (y)": "[x] (y)", "a [b](c": "a [b](c", "[a](b c)": "[a](b c)", "": "", "f[0](1)": "f[0](1)",
	} {
		if got := plain(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// Events that refer to each other are before and after one another: a walk
// towards the parents goes on past them.
func TestWalkGoesOnPastMutualReferences(t *testing.T) {
	s := &server{refs: map[string][]string{"e0": {"e1"}, "e1": {"e0"}}, most: 500, edges: []api.GraphEdge{
		{Source: eventKey("e2"), Target: eventKey("e1"), SourceID: "e2", TargetID: "e1", RelationshipType: api.RelatedTo},
		{Source: eventKey("e1"), Target: eventKey("e3"), SourceID: "e1", TargetID: "e3", RelationshipType: api.RelatedTo},
	}}
	for by, want := range map[way][]string{up: {"e0", "e1", "e2"}, down: {"e0", "e1", "e3"}, upAndDown: {"e0", "e1", "e2", "e3"}} {
		seed := api.NodeRef{Type: api.NodeEvent, ID: "e0"}
		w := newWalk(plan{seeds: []api.NodeRef{seed}, depth: 2, way: by, types: append(api.RelationshipTypes(), reference)})
		s.run(w)
		if len(w.nodes) != len(want) {
			t.Errorf("%s: found %v, want %v", by, w.order, want)
		}
		for _, id := range want {
			if w.nodes[eventKey(id)] == nil {
				t.Errorf("%s: %s is not there", by, id)
			}
		}
	}
}
