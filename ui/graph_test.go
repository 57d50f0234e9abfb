package ui_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// web is a fake that relates its events: the newest three under the fourth, and
// so on, with an indicator and a tag at the first.
type web struct {
	*fake
	async.Changer // what no test uses
	links         []api.Relationship
	broken        error // of graphs alone
	noGraph       bool
}

func (w *web) link(parent, child int, kind string) {
	list := w.newest()
	w.links = append(w.links, api.Relationship{ParentID: list[parent].UUID, ChildID: list[child].UUID, RelationshipType: kind})
}

// newWeb is a campaign (3) with three events under it, of which the first has
// twenty more, a parent above, a cycle and a reference.
func newWeb() *web {
	w := &web{fake: linked(100)}
	for _, l := range []struct {
		parent, child int
		kind          string
	}{
		{1, 0, api.CausedBy}, {0, 3, api.RelatedTo}, {0, 5, api.AttributedTo}, {3, 6, api.CausedBy},
		{5, 6, api.RelatedTo}, {6, 1, api.RelatedTo}, {7, 1, api.AttributedTo},
	} {
		w.link(l.parent, l.child, l.kind)
	}
	for i := 20; i < 60; i++ {
		w.link(5, i, api.CausedBy)
	}
	return w
}

func (w *web) Graph(ctx context.Context, q api.GraphQuery) (api.Graph, error) {
	if err := w.openVisit(ctx); err != nil {
		return api.Graph{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.noGraph {
		return api.Graph{}, fmt.Errorf("graph: %w", api.ErrUnsupported)
	}
	if w.broken != nil {
		return api.Graph{}, w.broken
	}
	var g api.Graph
	add := func(id string) {
		if slices.ContainsFunc(g.Nodes, func(n api.GraphNode) bool { return n.ID == id }) {
			return
		}
		for i := range w.events {
			if e := w.events[i]; e.UUID == id {
				g.Nodes = append(g.Nodes, api.GraphNode{ID: id, Type: api.NodeEvent, Label: e.Event, Event: &e})
			}
		}
	}
	for _, s := range q.Seeds {
		add(s.ID)
		for _, l := range w.links {
			out, in := l.ParentID == s.ID && q.Direction != api.In, l.ChildID == s.ID && q.Direction != api.Out
			if out || in {
				add(l.ParentID)
				add(l.ChildID)
				g.Edges = append(g.Edges, api.GraphEdge{
					Source: "event:" + l.ParentID, Target: "event:" + l.ChildID, SourceID: l.ParentID, TargetID: l.ChildID,
					SourceType: api.NodeEvent, TargetType: api.NodeEvent, RelationshipType: l.RelationshipType,
				})
			}
		}
	}
	g.Edges = slices.DeleteFunc(g.Edges, func(e api.GraphEdge) bool {
		return len(q.RelationshipTypes) > 0 && !slices.Contains(q.RelationshipTypes, e.RelationshipType)
	})
	return g, nil
}

func (w *web) Related(ctx context.Context, id string, q api.RelatedQuery) (api.Page, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var p api.Page
	for _, l := range w.links {
		far := ""
		switch {
		case l.ParentID == id && q.Direction == api.Descendants:
			far = l.ChildID
		case l.ChildID == id && q.Direction == api.Ancestors:
			far = l.ParentID
		}
		for _, e := range w.events {
			if e.UUID == far && (len(q.RelationshipTypes) == 0 || slices.Contains(q.RelationshipTypes, l.RelationshipType)) {
				p.Events = append(p.Events, e)
			}
		}
	}
	return p, nil
}

func (w *web) Relate(_ context.Context, in api.RelateEvents) (api.RelateResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range in.ChildIDs {
		w.links = append(w.links, api.Relationship{ParentID: in.ParentID, ChildID: c, RelationshipType: in.RelationshipType})
	}
	return api.RelateResult{Success: true, ChildIDs: in.ChildIDs}, nil
}

func (w *web) Unrelate(_ context.Context, in api.RelateEvents) (api.UnrelateResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.links = slices.DeleteFunc(w.links, func(l api.Relationship) bool {
		return l.ParentID == in.ParentID && slices.Contains(in.ChildIDs, l.ChildID) && l.RelationshipType == in.RelationshipType
	})
	return api.UnrelateResult{Success: true}, nil
}

// kindsOf are the types that join the two events, in order.
func (w *web) kindsOf(parent, child int) string {
	list := w.newest()
	w.mu.Lock()
	defer w.mu.Unlock()
	var kinds []string
	for _, l := range w.links {
		if l.ParentID == list[parent].UUID && l.ChildID == list[child].UUID {
			kinds = append(kinds, l.RelationshipType)
		}
	}
	slices.Sort(kinds)
	return strings.Join(kinds, " ")
}

func graphed(t *testing.T, w *web, o uitest.Options, script func(p *uitest.Program)) {
	t.Helper()
	workbenchWith(t, ui.Options{API: w}, o, func(p *uitest.Program) {
		press(p, "ctrl+r")
		script(p)
	})
}

func TestScreensOfGraph(t *testing.T) {
	t.Parallel()
	for _, size := range []struct {
		name string
		o    uitest.Options
	}{{"80x24", small()}, {"120x40", usual()}, {"200x60", large()}} {
		for _, c := range profiles {
			size.o.Profile = c.profile
			workbenchWith(t, ui.Options{API: newWeb(), ASCII: c.ascii}, size.o, func(p *uitest.Program) {
				press(p, "ctrl+r", "l")
				p.Golden("graph-" + size.name + "-" + c.name)
			})
		}
	}
}

func TestScreensOfGraphStates(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name string
		do   func(p *uitest.Program)
	}{
		{"near", func(p *uitest.Program) { press(p, "+") }},
		{"overview", func(p *uitest.Program) { press(p, "]", "-") }},
		{"tree", func(p *uitest.Program) { press(p, "v") }},
		{"table", func(p *uitest.Program) { press(p, "v", "v", "space") }},
		{"more", func(p *uitest.Program) {
			press(p, "g", "l", "l", "G", "j", "j", "j", "j", "j", "j", "j", "j", "j", "j")
		}},
		{"path", func(p *uitest.Program) { press(p, "space", "l", "l", "space", "p") }},
		{"types", func(p *uitest.Program) { press(p, "t") }},
		{"export", func(p *uitest.Program) { press(p, "e") }},
		{"every", func(p *uitest.Program) { press(p, "d", "d", "d") }},
		{"found", func(p *uitest.Program) { press(p, "/"); enter(p, "operation"); press(p, "enter") }},
	} {
		for _, o := range []uitest.Options{small(), usual()} {
			t.Run(s.name, func(t *testing.T) {
				graphed(t, newWeb(), o, func(p *uitest.Program) {
					s.do(p)
					p.Golden("graph-" + s.name + "-" + sizeName(o))
				})
			})
		}
	}
}

func TestGraphWithoutAnEvent(t *testing.T) {
	t.Parallel()
	workbenchWith(t, ui.Options{API: &web{fake: newFake(0)}}, small(), func(p *uitest.Program) {
		press(p, "3")
		p.Want("No graph is shown", "^r")
		press(p, "j", "f", "e", "space", "p")
		p.Check()
		p.Want("No graph is shown")
	})
}

func TestGraphWhileTheServerIsSlowOrFails(t *testing.T) {
	t.Parallel()
	w := newWeb()
	workbenchWith(t, ui.Options{API: w}, small(), func(p *uitest.Program) {
		w.delay = 3 * time.Second
		p.Press("ctrl+r")
		p.Advance(time.Second)
		p.Want("loading relationships")
		p.Settle()
		p.Advance(30 * time.Second)
		p.Want("48 nodes")
		w.delay, w.broken = 0, errors.New("connection refused")
		press(p, "r")
		p.Want("not all could be loaded", "r tries again")
		w.broken = nil
		press(p, "r")
		p.WantNot("not all")
		p.Want("48 nodes")
	})
	w.broken = errors.New("connection refused")
	graphed(t, w, small(), func(p *uitest.Program) {
		p.Want("could not be loaded", "connection refused")
		p.Golden("graph-failing-80x24")
	})
}

func TestGraphOfAServerWithoutOne(t *testing.T) {
	t.Parallel()
	w := newWeb()
	w.noGraph = true
	graphed(t, w, usual(), func(p *uitest.Program) {
		p.Want("this server has no graph", "nodes")
	})
}

// Enter opens an event; going back shows the same drawing.
func TestGraphIsReturnedTo(t *testing.T) {
	t.Parallel()
	graphed(t, newWeb(), usual(), func(p *uitest.Program) {
		press(p, "l", "+", "shift+right")
		before := p.View().Content
		press(p, "enter")
		p.Want("Overview", "WHO")
		press(p, "alt+left")
		if after := p.View().Content; after != before {
			t.Errorf("it was\n%s\nand is\n%s", before, after)
		}
		press(p, "f")
		p.Want("Graph")
		press(p, "alt+left")
		if after := p.View().Content; after != before {
			t.Errorf("back from another focus it is\n%s", after)
		}
		press(p, "1", "3")
		p.Want("Graph")
	})
}

func TestGraphFollowsWhatIsChosen(t *testing.T) {
	t.Parallel()
	graphed(t, newWeb(), usual(), func(p *uitest.Program) {
		p.Want("2 steps", "ancestors and descendants", "reference")
		press(p, "[")
		p.Want("1 step ")
		press(p, "d")
		p.Want("descendants")
		press(p, "t", "down", "down", "down", "space", "esc")
		p.WantNot("reference")
		press(p, "E")
		p.Want("1 of 3", "in all datasets")
	})
}

func TestGraphRelates(t *testing.T) {
	t.Parallel()
	w := newWeb()
	graphed(t, w, usual(), func(p *uitest.Program) {
		press(p, "v", "v", "j", "space", "g", "R", "enter")
		if len(w.links) != 48 {
			t.Fatalf("%d links", len(w.links))
		}
		press(p, "u")
		if len(w.links) != 47 {
			t.Fatalf("taken back there are %d links", len(w.links))
		}
	})
}

func TestGraphRetypesAndRemoves(t *testing.T) {
	t.Parallel()
	w := newWeb()
	graphed(t, w, usual(), func(p *uitest.Program) {
		press(p, "c", "enter", "enter")
		if kinds := w.kindsOf(1, 0); kinds != api.RelatedTo {
			t.Fatalf("the relationship is %q", kinds)
		}
		press(p, "u")
		if kinds := w.kindsOf(1, 0); kinds != api.CausedBy {
			t.Fatalf("taken back it is %q", kinds)
		}
		press(p, "x", "enter")
		if len(w.links) != 46 {
			t.Fatalf("there are %d relationships", len(w.links))
		}
		press(p, "u")
		if len(w.links) != 47 {
			t.Fatalf("taken back there are %d relationships", len(w.links))
		}
	})
	workbenchWith(t, ui.Options{API: w, ReadOnly: true}, usual(), func(p *uitest.Program) {
		press(p, "ctrl+r", "x")
		p.Want("read-only")
	})
}

func TestGraphIsExported(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "graph.dot")
	var got string
	write := func(to string, data []byte) error {
		got = string(data)
		return os.WriteFile(to, data, 0o600)
	}
	workbenchWith(t, ui.Options{API: newWeb(), WriteFile: whole(write)}, usual(), func(p *uitest.Program) {
		press(p, "ctrl+r", "e", "enter")
		p.Want("Highest TLP to include", "all of them", "up to amber+strict")
		press(p, "enter")
		for range len("graph.dot") {
			p.Press("backspace")
		}
		enter(p, path)
		press(p, "enter")
		p.Want("Written")
		if !strings.HasPrefix(got, "digraph {") || strings.Count(got, "label=") < 53 {
			t.Errorf("written was %q", got)
		}
		press(p, "e", "down", "down", "down", "down", "enter", "enter")
		if c := p.Copied(); len(c) != 1 || !strings.HasPrefix(c[0], "flowchart LR") {
			t.Errorf("copied was %q", c)
		}
	})
}

func TestGraphTakesTheMouse(t *testing.T) {
	t.Parallel()
	graphed(t, newWeb(), usual(), func(p *uitest.Program) {
		p.ClickOn("more")
		p.Settle()
		p.WantNot("more ")
		before := p.View().Content
		p.Drag(100, 5, 90, 8)
		p.Settle()
		if p.View().Content == before {
			t.Error("dragging pans nothing")
		}
		p.Wheel(60, 10, 2)
		p.Settle()
		p.Check()
	})
}

func TestGraphOfHostileEvents(t *testing.T) {
	t.Parallel()
	w := &web{fake: newFake(0)}
	for range 4 {
		w.hostile("\x1b]52;c;aGk=\x07\u202e[x](y)\x1b[2J")
	}
	w.links = []api.Relationship{{ParentID: "hostile-0", ChildID: "hostile-1", RelationshipType: "x"}, {ParentID: "hostile-0", ChildID: "hostile-2", RelationshipType: "x"}}
	for _, c := range profiles {
		o := usual()
		o.Profile = c.profile
		workbenchWith(t, ui.Options{API: w, ASCII: c.ascii}, o, func(p *uitest.Program) {
			for _, keys := range [][]string{{"ctrl+r"}, {"+"}, {"-", "-"}, {"v"}, {"v"}, {"c"}, {"esc", "x"}, {"esc"}} {
				press(p, keys...)
				p.Check()
				if len(p.Copied()) > 0 || strings.ContainsAny(p.View().Content, "\x07\u202e") {
					t.Fatalf("after %v the terminal is told to do something", keys)
				}
			}
		})
	}
}

// Where a screen reader reads, the graph is a tree from the start.
func TestGraphIsATreeWhereItMustBeAccessible(t *testing.T) {
	t.Parallel()
	shown := func(accessible bool, keys ...string) (screen string) {
		workbenchWith(t, ui.Options{API: newWeb(), ASCII: true, Accessible: accessible}, usual(), func(p *uitest.Program) {
			press(p, append([]string{"ctrl+r"}, keys...)...)
			screen = p.Screen().String()
		})
		return screen
	}
	drawing, tree := shown(false), shown(false, "v")
	if drawing == tree || shown(true) != tree {
		t.Errorf("the graph is shown as\n%s\nwant the tree\n%s", shown(true), tree)
	}
}
