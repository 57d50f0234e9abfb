package graph

import (
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/theme"
	"threatbench/ui/widget/graph"
	"threatbench/views"
)

// TestGraphUpToAMarking holds that what is written up to a marking has no text
// of an event above it, nor of what hangs on such an event alone.
func TestGraphUpToAMarking(t *testing.T) {
	ref := func(kind, id string) api.NodeRef { return api.NodeRef{Type: kind, ID: id} }
	s := &scene{walk: newWalk(plan{seeds: []api.NodeRef{ref(api.NodeEvent, "a")}}), groups: &[]string{}}
	add := func(n api.GraphNode) { s.add(n, 0, down) }
	for id, tlp := range map[string]string{"a": "green", "b": "red", "c": "beige", "d": "clear"} {
		add(api.GraphNode{ID: id, Type: api.NodeEvent, Event: &api.Event{UUID: id, Event: "secret of " + id, TLP: tlp}})
	}
	add(api.GraphNode{ID: "x", Type: api.NodeTag, Label: "tag of a and b"})
	add(api.GraphNode{ID: "y", Type: api.NodeTag, Label: "tag of b"})
	add(api.GraphNode{ID: "z", Type: api.NodeEvent, Label: "unknown event"})
	for _, e := range [][3]string{{"a", api.NodeTag, "x"}, {"b", api.NodeTag, "x"}, {"b", api.NodeTag, "y"}, {"a", api.NodeEvent, "z"}, {"a", api.NodeEvent, "b"}} {
		s.edges = append(s.edges, edge{key(ref(api.NodeEvent, e[0])), key(ref(e[1], e[2])), "related_to"})
	}
	st, err := theme.Load("dark", true, false)
	if err != nil {
		t.Fatal(err)
	}
	env := &views.Env{Styles: st}
	picture := graph.New(env.Styles)
	picture.Set(s.drawing(env, s.upTo(api.TLPGreen)))
	var b strings.Builder
	if err := picture.WriteDOT(&b); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{"secret of a": true, "tag of a and b": true, "secret of d": true, "secret of b": false, "secret of c": false, "tag of b": false, "unknown event": false} {
		if strings.Contains(b.String(), text) != want {
			t.Errorf("%q is in what is written: %v\n%s", text, !want, b.String())
		}
	}
}
