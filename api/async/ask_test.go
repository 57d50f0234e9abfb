package async

import (
	"context"
	"errors"
	"testing"
	"time"

	"threatbench/api"
)

// counting counts the questions after a history, and tests alerts.
type counting struct{ *world }

func (c counting) History(ctx context.Context, q api.HistoryQuery) (api.History, error) {
	if err := c.call(ctx, "history"); err != nil {
		return api.History{}, err
	}
	return c.world.History(ctx, q)
}
func (c counting) TestAlert(ctx context.Context, query int64, _ int) (api.AlertTest, error) {
	return api.AlertTest{QueryID: query, Immediate: 4}, c.call(ctx, "test")
}

// Every question is answered by its own type of result, with the value.
func TestQuestionsAreAnswered(t *testing.T) {
	w := newWorld(3)
	w.saved[4], w.alerts[5] = api.SavedQuery{ID: 4}, api.Alert{ID: 5}
	inWorld(t, w, Options{}, func(t *testing.T, _ *Layer) {
		l := New(t.Context(), counting{w}, Options{})
		defer l.Close()
		b := newBench(t)
		b.run(l.SavedQueries(Slot{"q", "list"}))
		b.run(l.Alerts(Slot{"a", "list"}))
		b.run(l.Inbox(Slot{"a", "inbox"}, api.InboxQuery{UnreadOnly: true}))
		b.run(l.History(Slot{"d", "history"}, api.HistoryQuery{Dataset: "d1"}, 0))
		b.run(l.RevertPreview(Slot{"d", "preview"}, "d1", api.Revert{Bookmark: "0"}, 0))
		b.run(l.TestAlert(Slot{"a", "test"}, 4, 7))
		b.run(l.MarkRead(Slot{"a", "mark"}, []int64{7}, true))
		if m := one[QueriesLoaded](b); len(m.Value) != 1 || m.Value[0].ID != 4 || !l.Current(m.RequestTag) || m.Err != nil {
			t.Errorf("%+v", m)
		}
		if m := one[AlertsLoaded](b); len(m.Value) != 1 || m.Value[0].ID != 5 {
			t.Errorf("%+v", m)
		}
		if m := one[InboxLoaded](b); m.Err != nil || !m.Query.UnreadOnly {
			t.Errorf("%+v", m)
		}
		if m := one[HistoryLoaded](b); len(m.Value.Entries) != 1 {
			t.Errorf("%+v", m)
		}
		if m := one[PreviewLoaded](b); m.Err != nil || m.Query.Dataset != "d1" {
			t.Errorf("%+v", m)
		}
		if m := one[AlertTested](b); m.Value.QueryID != 4 || m.Value.Immediate != 4 || m.Query.Days != 7 {
			t.Errorf("%+v", m)
		}
		if m := one[NotificationsMarked](b); m.Err != nil || m.IDs[0] != 7 || !m.Read {
			t.Errorf("%+v", m)
		}
	})
}

// A known answer is served without a call, a superseded question never sent,
// and a change makes what was known unknown.
func TestAnswersAreKeptUntilAChange(t *testing.T) {
	w := newWorld(3)
	inWorld(t, w, Options{}, func(t *testing.T, _ *Layer) {
		l := New(t.Context(), counting{w}, Options{})
		defer l.Close()
		ask := func(by string, opts ...Option) HistoryLoaded {
			b := newBench(t)
			b.run(l.History(facets, api.HistoryQuery{Dataset: by}, 0, opts...))
			return one[HistoryLoaded](b)
		}
		if ask("tlp").Cached || !ask("tlp").Cached || ask("tlp", Refresh).Cached || ask("tags").Cached {
			t.Error("cached wrongly")
		}
		carryOut(t, l, TagEvents(w.targets(1), []string{"x"}))
		if ask("tlp").Cached {
			t.Error("still known after a change")
		}
		b := newBench(t)
		before := w.total()
		b.run(l.History(facets, api.HistoryQuery{Dataset: "a"}, time.Second))
		b.run(l.History(facets, api.HistoryQuery{Dataset: "b"}, time.Second))
		if m := one[HistoryLoaded](b); m.Query.Dataset != "b" || w.total() != before+1 {
			t.Errorf("%d calls, %+v", w.total()-before, m)
		}
	})
}

func TestQuestionsToAClientThatCannot(t *testing.T) {
	inBubble(t, &fakeAPI{}, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Graph(table, api.GraphQuery{}, 0))
		b.run(l.Alerts(facets))
		if m := one[GraphLoaded](b); !errors.Is(m.Err, api.ErrUnsupported) {
			t.Error(m.Err)
		}
		if m := one[AlertsLoaded](b); !errors.Is(m.Err, api.ErrUnsupported) {
			t.Error(m.Err)
		}
	})
}

// Without a graph on the server one is put together from related events.
func TestAGraphIsDerivedFromRelatedEvents(t *testing.T) {
	w := newWorld(5)
	w.under["e0000"] = map[string]bool{"e0001": true, "e0002": true}
	w.under["e0003"] = map[string]bool{"e0000": true}
	seed := func(id string) api.NodeRef { return api.NodeRef{Type: api.NodeEvent, ID: id} }
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		ask := func(q api.GraphQuery) api.Graph {
			b := newBench(t)
			b.run(l.Graph(table, q, 0))
			m := one[GraphLoaded](b)
			if m.Err != nil || !m.Value.Derived {
				t.Fatalf("%+v", m)
			}
			return m.Value
		}
		g := ask(api.GraphQuery{Seeds: []api.NodeRef{seed("e0000"), seed("e0001"), {Type: api.NodeTag, ID: "x"}}})
		if len(g.Nodes) != 5 || len(g.Edges) != 3 || g.Nodes[0].Event == nil || g.Truncated {
			t.Errorf("%d nodes, %+v", len(g.Nodes), g.Edges)
		}
		for _, e := range g.Edges {
			if !w.under[e.SourceID][e.TargetID] || e.Source != "event:"+e.SourceID || e.RelationshipType != "" {
				t.Errorf("no such edge: %+v", e)
			}
		}
		g = ask(api.GraphQuery{Seeds: []api.NodeRef{seed("e0000")}, Direction: api.In, RelationshipTypes: []string{api.CausedBy, api.TaggedWith}})
		if len(g.Edges) != 1 || g.Edges[0].SourceID != "e0003" || g.Edges[0].RelationshipType != api.CausedBy {
			t.Errorf("%+v", g.Edges)
		}
	})
}
