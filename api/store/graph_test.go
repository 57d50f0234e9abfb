package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"threatbench/api"
)

// web is events in several segments and two datasets, with relationships
// (cycles among them), tags in several spellings and shared indicators.
type web struct {
	d      *DB
	other  string // the second dataset
	ids    []string
	edges  []Edge
	events map[string]api.Event
	beside map[string][]api.IndicatorInput // indicators beside the primary one
}

func testUUID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func newWeb(t testing.TB, seed uint64) *web {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	w := &web{d: openAt(t, place(t), Options{segment: 16}), events: map[string]api.Event{}, beside: map[string][]api.IndicatorInput{}}
	other, err := w.d.CreateDataset(t.Context(), Actor{}, testAccount, api.Dataset{Name: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	w.other = other.UUID
	n := 20 + r.IntN(60)
	var list []api.CreateEvent
	for i := range n {
		w.ids = append(w.ids, testUUID(i+1))
		list = append(list, plain(func(e *api.CreateEvent) {
			e.UUID = w.ids[i]
			e.Event = fmt.Sprint("event ", i)
			for _, tag := range []string{"Alpha", "alpha", "Beta", "gamma"} {
				if r.IntN(3) == 0 {
					e.Tags = append(e.Tags, tag)
				}
			}
			if k := r.IntN(6); k > 0 {
				e.Indicator, e.IndicatorType = []string{"Evil.Example", "evil.example", "10.0.0.1", strings.Repeat("x", 5000)}[r.IntN(4)], []string{"domain", "Domain", "ip", "url"}[r.IntN(4)]
			}
			for range r.IntN(3) {
				e.Indicators = append(e.Indicators, api.IndicatorInput{Value: []string{"EVIL.example", "10.0.0.1", "10.0.0.2"}[r.IntN(3)], IndicatorType: []string{"domain", "ip"}[r.IntN(2)]})
			}
			w.beside[e.UUID] = e.Indicators
			if r.IntN(3) == 0 {
				e.DatasetID = w.other
			}
		}))
	}
	create(t, w.d, list...)
	for range n {
		w.edges = append(w.edges, Edge{Parent: w.ids[r.IntN(n)], Child: w.ids[r.IntN(n)], Type: api.RelationshipTypes()[r.IntN(3)]})
	}
	if _, _, err := w.d.Relate(t.Context(), Actor{}, testAccount, w.edges); err != nil {
		t.Fatal(err)
	}
	w.edges = slices.DeleteFunc(w.edges, func(e Edge) bool { return e.Parent == e.Child })
	for _, e := range listed(t, w.d, api.ListQuery{Datasets: []string{"all"}, PageSize: 1000}).Events {
		w.events[e.UUID] = e
	}
	return w
}

// expected is the edges that lie at a node, as source>type>target.
func (w *web) expected(t testing.TB, ref api.NodeRef, direction string, types []string, datasets map[string]bool) []string {
	t.Helper()
	tags, err := w.d.Tags(t.Context(), testAccount, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	add := func(from, to api.NodeRef, kind string) {
		in := to == ref && direction != api.Out
		out := from == ref && direction != api.In
		far := from
		if from == ref {
			far = to
		}
		if far.Type == api.NodeEvent && datasets != nil && !datasets[w.events[far.ID].DatasetID] {
			return
		}
		if (in || out) && (types == nil || slices.Contains(types, kind)) {
			seen[from.String()+">"+kind+">"+to.String()] = true
		}
	}
	for id, e := range w.events {
		here := api.NodeRef{Type: api.NodeEvent, ID: id}
		for _, tag := range tags {
			if slices.ContainsFunc(e.Tags, func(s string) bool { return strings.EqualFold(s, tag.Value) }) {
				add(here, api.NodeRef{Type: api.NodeTag, ID: tag.UUID}, api.TaggedWith)
			}
		}
		if e.Indicator != "" {
			add(here, indicatorRef(testAccount, &e), api.AppearsIn)
		}
		for _, i := range w.beside[id] {
			add(here, indicatorRef(testAccount, &api.Event{Indicator: i.Value, IndicatorType: i.IndicatorType}), api.AppearsIn)
		}
	}
	for _, e := range w.edges {
		add(api.NodeRef{Type: api.NodeEvent, ID: e.Parent}, api.NodeRef{Type: api.NodeEvent, ID: e.Child}, e.Type)
	}
	var out []string
	for s := range seen {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func edgeTexts(edges []api.GraphEdge) []string {
	out := []string{}
	for _, e := range edges {
		out = append(out, e.Source+">"+e.RelationshipType+">"+e.Target)
	}
	return out
}

func (w *web) graph(t testing.TB, q api.GraphQuery) api.Graph {
	t.Helper()
	g, err := w.d.Graph(t.Context(), testAccount, q)
	if err != nil {
		t.Fatal(err)
	}
	nodes := map[string]bool{}
	for _, n := range g.Nodes {
		if nodes[n.Ref().String()] {
			t.Errorf("%s is twice among the nodes", n.Ref())
		}
		nodes[n.Ref().String()] = true
		if n.Label == "" || n.Type == api.NodeEvent && (n.Event == nil || n.Event.UUID != n.ID) {
			t.Errorf("node %+v", n)
		}
	}
	for _, e := range g.Edges {
		if !nodes[e.Source] || !nodes[e.Target] || e.ID != e.Source+"→"+e.Target+":"+e.RelationshipType {
			t.Errorf("edge %+v leads out of the nodes", e)
		}
	}
	for _, s := range q.Seeds {
		if !nodes[s.String()] {
			t.Errorf("the seed %s is no node", s)
		}
	}
	return g
}

// TestGraphAgreesWithAModel asks around every node of random webs, whole and
// in pages.
func TestGraphAgreesWithAModel(t *testing.T) {
	for seed := range uint64(6) {
		w := newWeb(t, seed)
		refs := map[api.NodeRef]bool{}
		for _, id := range w.ids {
			ref := api.NodeRef{Type: api.NodeEvent, ID: id}
			refs[ref] = true
			for _, n := range w.graph(t, api.GraphQuery{Seeds: []api.NodeRef{ref}}).Nodes {
				refs[n.Ref()] = true
			}
		}
		r := rand.New(rand.NewPCG(seed, 9))
		for ref := range refs {
			q := api.GraphQuery{Seeds: []api.NodeRef{ref}, Direction: []string{"", api.In, api.Out, api.Both}[r.IntN(4)], Limit: 1000, MaxNodes: 1000}
			if r.IntN(2) == 0 {
				q.RelationshipTypes = api.GraphRelationshipTypes()[r.IntN(3):][:1+r.IntN(3)]
			}
			var datasets map[string]bool
			if r.IntN(3) == 0 {
				q.Datasets, datasets = []string{w.other}, map[string]bool{w.other: true}
			}
			whole := w.graph(t, q)
			got := edgeTexts(whole.Edges)
			slices.Sort(got)
			if want := w.expected(t, ref, q.Direction, q.RelationshipTypes, datasets); !slices.Equal(got, want) || whole.Truncated {
				t.Fatalf("seed %d, %+v: got %v, want %v", seed, q, got, want)
			}
			w.checkPages(t, q, edgeTexts(whole.Edges), 1+r.IntN(4))
		}
	}
}

// checkPages walks by cursor and compares with the whole.
func (w *web) checkPages(t *testing.T, q api.GraphQuery, want []string, limit int) {
	t.Helper()
	var got []string
	q.Limit, q.MaxNodes = limit, 3
	for range len(want) + 1 {
		g := w.graph(t, q)
		if len(g.Edges) > limit || len(g.Nodes) > 3 {
			t.Fatalf("%+v: %d edges, %d nodes", q, len(g.Edges), len(g.Nodes))
		}
		got = append(got, edgeTexts(g.Edges)...)
		if g.HasMore != (g.Cursor != "") || g.HasMore != g.Truncated {
			t.Fatalf("%+v: more %v, cursor %q, truncated %v", q, g.HasMore, g.Cursor, g.Truncated)
		}
		if q.Cursor = g.Cursor; q.Cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v: pages gave %v, want %v", q, got, want)
	}
}

func TestGraphOfSeveralSeeds(t *testing.T) {
	w := newWeb(t, 1)
	var q api.GraphQuery
	want := map[string]bool{}
	for _, id := range w.ids[:10] {
		ref := api.NodeRef{Type: api.NodeEvent, ID: id}
		q.Seeds = append(q.Seeds, ref)
		for _, e := range w.expected(t, ref, "", nil, nil) {
			want[e] = true
		}
	}
	first := w.graph(t, q)
	for _, n := range first.Nodes {
		if n.Type != api.NodeEvent {
			q.Seeds = append(q.Seeds, n.Ref())
			for _, e := range w.expected(t, n.Ref(), "", nil, nil) {
				want[e] = true
			}
		}
	}
	g := w.graph(t, q)
	if len(g.Edges) != len(want) || g.Truncated {
		t.Errorf("got %d edges, want %d", len(g.Edges), len(want))
	}
	q.MaxNodes = len(q.Seeds) + 2
	if g = w.graph(t, q); len(g.Nodes) != q.MaxNodes || !g.Truncated || g.HasMore {
		t.Errorf("got %d nodes, truncated %v", len(g.Nodes), g.Truncated)
	}
}

func TestGraphRefuses(t *testing.T) {
	w := newWeb(t, 2)
	ctx := context.Background()
	event := api.NodeRef{Type: api.NodeEvent, ID: w.ids[0]}
	g := w.graph(t, api.GraphQuery{Seeds: []api.NodeRef{event}, Limit: 1})
	for _, kind := range []string{api.NodeEvent, api.NodeIndicator, api.NodeTag} {
		for _, id := range []string{uuid.NewString(), "00000000-0000-8000-8000-000000000000"} {
			_, err := w.d.Graph(ctx, testAccount, api.GraphQuery{Seeds: []api.NodeRef{{Type: kind, ID: id}}})
			if api.StatusOf(err) != http.StatusNotFound {
				t.Errorf("unknown %s: %v", kind, err)
			}
		}
	}
	for name, q := range map[string]api.GraphQuery{
		"altered cursor":          {Seeds: []api.NodeRef{event}, Cursor: g.Cursor + "x"},
		"another seed's cursor":   {Seeds: []api.NodeRef{{Type: api.NodeEvent, ID: w.ids[1]}}, Cursor: g.Cursor},
		"a list's cursor":         {Seeds: []api.NodeRef{event}, Cursor: listed(t, w.d, api.ListQuery{PageSize: 1}).Info.Cursor},
		"no seed":                 {},
		"a cursor with two seeds": {Seeds: []api.NodeRef{event, {Type: api.NodeEvent, ID: w.ids[1]}}, Cursor: g.Cursor},
	} {
		if _, err := w.d.Graph(ctx, testAccount, q); api.StatusOf(err) != http.StatusBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.d.List(ctx, testAccount, api.ListQuery{Cursor: g.Cursor}); api.StatusOf(err) != http.StatusBadRequest {
		t.Errorf("a list took a graph's cursor: %v", err)
	}
	for _, n := range w.graph(t, api.GraphQuery{Seeds: []api.NodeRef{event}}).Nodes {
		if _, err := w.d.Graph(ctx, "another", api.GraphQuery{Seeds: []api.NodeRef{n.Ref()}}); api.StatusOf(err) != http.StatusNotFound {
			t.Errorf("another account sees %s: %v", n.Ref(), err)
		}
	}
}

// TestRelatedAgreesWithAModel walks random webs.
func TestRelatedAgreesWithAModel(t *testing.T) {
	for seed := range uint64(6) {
		w := newWeb(t, seed)
		r := rand.New(rand.NewPCG(seed, 3))
		for _, id := range w.ids {
			q := api.RelatedQuery{Direction: []string{"", api.Ancestors, api.Descendants, api.Both}[r.IntN(4)], MaxDepth: r.IntN(6), IncludeParent: r.IntN(2) == 0}
			if r.IntN(2) == 0 {
				q.RelationshipTypes = api.RelationshipTypes()[:1+r.IntN(2)]
			}
			if r.IntN(3) == 0 {
				q.IndicatorTypeIDs = []int64{int64(r.IntN(3)), 1}
			}
			want := w.related(id, q)
			var got []string
			for q.Page = 1; ; q.Page++ {
				q.PageSize = 3
				p, err := w.d.Related(t.Context(), testAccount, id, q)
				if err != nil {
					t.Fatal(err)
				}
				if p.Info.TotalCount != len(want) || p.Info.Count != len(p.Events) {
					t.Fatalf("%+v: %+v, want %d", q, p.Info, len(want))
				}
				for _, e := range p.Events {
					got = append(got, e.UUID)
				}
				if len(p.Events) == 0 {
					break
				}
			}
			if q.IncludeParent && got[0] != id {
				t.Errorf("%+v: the start is not the first", q)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%+v: got %v, want %v", q, got, want)
			}
		}
	}
}

// related is the model: every path without a turn, up to the depth.
func (w *web) related(start string, q api.RelatedQuery) []string {
	depth, types := q.MaxDepth, q.RelationshipTypes
	if depth == 0 {
		depth = 5
	}
	if types == nil {
		types = api.RelationshipTypes()
	}
	found := map[string]bool{}
	for _, up := range []bool{true, false} {
		if up && q.Direction == api.Descendants || !up && q.Direction == api.Ancestors {
			continue
		}
		reach := map[string]bool{start: true}
		for range depth {
			next := map[string]bool{}
			for _, e := range w.edges {
				from, to := e.Parent, e.Child
				if up {
					from, to = to, from
				}
				if reach[from] && slices.Contains(types, e.Type) {
					next[to] = true
				}
			}
			for id := range next {
				reach[id], found[id] = true, true
			}
		}
	}
	delete(found, start)
	var out []string
	for id := range found {
		if q.IndicatorTypeIDs == nil || slices.Contains(q.IndicatorTypeIDs, w.events[id].IndicatorTypeID) {
			out = append(out, id)
		}
	}
	if q.IncludeParent {
		out = append(out, start)
	}
	return out
}

// TestRelatedNeverTurns is the contract's example: no siblings.
func TestRelatedNeverTurns(t *testing.T) {
	d := openNew(t)
	ids := []string{testUUID(1), testUUID(2), testUUID(3), testUUID(4)}
	for _, id := range ids {
		create(t, d, plain(func(e *api.CreateEvent) { e.UUID = id }))
	}
	// 1 is the parent of 2 and 3; 4 hangs below 2.
	if _, _, err := d.Relate(t.Context(), Actor{}, testAccount, []Edge{{ids[0], ids[1], api.RelatedTo}, {ids[0], ids[2], api.RelatedTo}, {ids[1], ids[3], api.CausedBy}}); err != nil {
		t.Fatal(err)
	}
	p, err := d.Related(t.Context(), testAccount, ids[1], api.RelatedQuery{IncludeParent: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range p.Events {
		got = append(got, e.UUID)
	}
	if want := []string{ids[1], ids[0], ids[3]}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for name, tc := range map[string]struct {
		id     string
		q      api.RelatedQuery
		status int
	}{
		"unknown event":   {testUUID(9), api.RelatedQuery{}, 404},
		"unknown dataset": {ids[0], api.RelatedQuery{DatasetID: testUUID(9)}, 404},
		"too deep":        {ids[0], api.RelatedQuery{MaxDepth: 21}, 400},
		"unknown type":    {ids[0], api.RelatedQuery{RelationshipTypes: []string{api.TaggedWith}}, 400},
		"no direction":    {ids[0], api.RelatedQuery{Direction: "sideways"}, 400},
		"huge page":       {ids[0], api.RelatedQuery{PageSize: 25_001}, 400},
	} {
		if _, err := d.Related(t.Context(), testAccount, tc.id, tc.q); api.StatusOf(err) != tc.status {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkGraph(b *testing.B) {
	d := openNew(b)
	fill(b, d, benchEvents())
	hub := listed(b, d, api.ListQuery{PageSize: 1}).Events[0].UUID
	var edges []Edge
	for _, e := range listed(b, d, api.ListQuery{PageSize: 600, OrderBy: "event"}).Events {
		if e.UUID != hub {
			edges = append(edges, Edge{Parent: hub, Child: e.UUID, Type: api.RelatedTo})
		}
	}
	if _, _, err := d.Relate(b.Context(), Actor{}, testAccount, edges); err != nil {
		b.Fatal(err)
	}
	seed := api.NodeRef{Type: api.NodeEvent, ID: hub}
	first, err := d.Graph(b.Context(), testAccount, api.GraphQuery{Seeds: []api.NodeRef{seed}, RelationshipTypes: []string{api.TaggedWith, api.AppearsIn}})
	if err != nil {
		b.Fatal(err)
	}
	cases := map[string][]api.NodeRef{"a hub of 500": {seed}, "fifty events": nil}
	for _, n := range first.Nodes[1:] {
		cases[n.Type] = []api.NodeRef{n.Ref()}
	}
	for _, e := range edges[:50] {
		cases["fifty events"] = append(cases["fifty events"], api.NodeRef{Type: api.NodeEvent, ID: e.Child})
	}
	for name, seeds := range cases {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := d.Graph(context.Background(), testAccount, api.GraphQuery{Seeds: seeds, Limit: 1000, MaxNodes: 500}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
