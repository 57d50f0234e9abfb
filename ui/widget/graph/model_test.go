package graph

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"threatbench/ui/widget/uitest"
)

func current(m *Model) string {
	it, _ := m.Current()
	return it.ID
}

func TestFoldsParallelSiblings(t *testing.T) {
	m := model(t, fan(107), Compact)
	if got := len(m.sight().items); got != 1+8+1 || m.Hidden() != 99 {
		t.Fatalf("%d items, %d hidden", got, m.Hidden())
	}
	if drawing := text(m, 80, 24); !strings.Contains(drawing, "+99 more") {
		t.Fatalf("the rest isn't named:\n%s", drawing)
	}
	m.Right()
	for range 9 {
		m.Down()
	}
	if it, _ := m.Current(); it.ID != "" || len(it.Hidden) != 99 {
		t.Fatalf("the last is %+v", it)
	}
	if !m.Unfold() || m.Hidden() != 0 || current(m) != "leaf008" {
		t.Errorf("unfolded, the cursor is on %q and %d are hidden", current(m), m.Hidden())
	}
	if !m.Fold() || m.Hidden() != 99 {
		t.Errorf("folded again, %d are hidden", m.Hidden())
	}
	// A hit within the rest comes out alone.
	if m.Find("leaf077") != 1 || current(m) != "leaf077" || m.Hidden() != 98 {
		t.Errorf("the search stands on %q with %d hidden", current(m), m.Hidden())
	}
}

func TestFoldsABranch(t *testing.T) {
	m := model(t, graphOf("r>a a>b b>c b>d r>x x>d"), Compact)
	m.Select("b")
	if !m.Fold() || m.Hidden() != 1 {
		t.Fatalf("%d hidden", m.Hidden())
	}
	if drawing := text(m, 80, 10); !strings.Contains(drawing, "+1") || strings.Contains(drawing, "node c") || !strings.Contains(drawing, "node d") {
		t.Errorf("folded it is\n%s", drawing)
	}
	if !m.Select("c") || m.Hidden() != 0 {
		t.Error("going to a hidden node doesn't show it")
	}
}

func TestMovesAlongEdges(t *testing.T) {
	m := model(t, graphOf("r>a r>b b>c b>d up>r"), Compact)
	m.Focus("r")
	for k, step := range []struct {
		do   func() bool
		want string
	}{
		{m.Right, "a"}, {m.Down, "b"}, {m.Right, "d"}, {m.Up, "c"}, {m.Left, "b"}, {m.Right, "c"},
		{m.Left, "b"}, {m.Left, "r"}, {m.Left, "up"}, {m.Right, "r"}, {m.Right, "b"}, {m.Home, "r"},
	} {
		if !step.do() || current(m) != step.want {
			t.Fatalf("step %d stands on %q, not on %q", k, current(m), step.want)
		}
	}
	if m.Select("up"); m.Left() {
		t.Error("there is nothing left of the first")
	}
}

// Whatever is pressed, the window holds what the cursor is on, and says what
// lies outside.
func TestCursorStaysInSight(t *testing.T) {
	st := styles(t, "dark", false)
	rapid.Check(t, func(t *rapid.T) {
		m := New(st)
		m.Set(anyGraph(t, 24))
		w, h := rapid.IntRange(20, 120).Draw(t, "w"), rapid.IntRange(4, 40).Draw(t, "h")
		m.Lines(w, h)
		moves := []func() bool{
			m.Left, m.Right, m.Up, m.Down, m.Home, m.Fold, m.Unfold, m.Toggle, m.ZoomIn, m.ZoomOut,
			func() bool { return m.Page(1) }, func() bool { return m.Page(-1) },
			func() bool { m.UnfoldAll(); return true }, func() bool { m.FoldAll(); return true },
			func() bool { m.Tidy(); return true },
			func() bool { m.Find("n"); return m.Next() },
			func() bool { return m.Click(w/2, h/2) },
			func() bool { m.SetForm(Tree); return true }, func() bool { m.SetForm(Auto); return true },
			func() bool { return m.Focus(current(m)) },
			func() bool { _, ok := m.Path(m.FocusID(), current(m)); return ok },
		}
		for range rapid.IntRange(1, 20).Draw(t, "moves") {
			rapid.SampledFrom(moves).Draw(t, "move")()
			lines := m.Lines(w, h)
			if err := uitest.ExactLines(lines, w, h); err != nil {
				t.Fatal(err)
			}
			x, y, ok := m.CursorXY()
			if !ok || x >= w || y >= h {
				t.Fatalf("the cursor is at %d,%d of %dx%d: %v", x, y, w, h, ok)
			}
			if it, ok := m.Current(); !ok || it.ID == "" && len(it.Hidden) == 0 {
				t.Fatalf("the cursor is on nothing: %+v", it)
			}
		}
		m.Pan(1000, 1000)
		if err := uitest.ExactLines(m.Lines(w, h), w, h); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSetKeepsTheCursorWhereItIs(t *testing.T) {
	g := graphOf("r>a r>b b>c b>d")
	m := model(t, g, Compact)
	m.Select("c")
	m.Lines(100, 30)
	x, y, _ := m.CursorXY()
	m.Set(graphOf("r>a r>b b>c b>d a>n1 a>n2 n1>n3 up>r up2>r"))
	m.Lines(100, 30)
	if gotX, gotY, _ := m.CursorXY(); current(m) != "c" || gotX != x && gotX < x || gotY != y {
		t.Errorf("%q moved from %d,%d to %d,%d", current(m), x, y, gotX, gotY)
	}
}

func TestFindsAndGoesRound(t *testing.T) {
	m := model(t, graphOf("r>aX r>b r>cx"), Compact)
	if n := m.Find("x"); n != 2 || current(m) != "aX" {
		t.Fatalf("%d hits, on %q", n, current(m))
	}
	m.Next()
	if at, of := m.Found(); at != 2 || of != 2 || current(m) != "cx" {
		t.Errorf("on hit %d of %d, %q", at, of, current(m))
	}
	if m.Next(); current(m) != "aX" {
		t.Errorf("after the last comes %q", current(m))
	}
	if m.Prev(); current(m) != "cx" {
		t.Errorf("before the first comes %q", current(m))
	}
	if n := m.Find("nothing like it"); n != 0 || m.Next() {
		t.Errorf("%d hits of what isn't there", n)
	}
}

func TestPathIsShortest(t *testing.T) {
	m := model(t, graphOf("r>a a>b b>z r>c z>c r>far apart>alone"), Compact)
	if way, ok := m.Path("r", "z"); !ok || !slices.Equal(way, []string{"r", "c", "z"}) {
		t.Errorf("the way is %v", way)
	}
	if _, ok := m.Path("r", "apart"); ok {
		t.Error("there is no way to another part")
	}
	if _, ok := m.Path("r", "nobody"); ok {
		t.Error("there is no way to a node that isn't there")
	}
	rapid.Check(t, func(t *rapid.T) {
		m := New(m.st)
		g := anyGraph(t, 16)
		m.Set(g)
		way, ok := m.Path("n0", g.Nodes[len(g.Nodes)-1].ID)
		if !ok {
			return
		}
		for k := 1; k < len(way); k++ {
			i := m.index[way[k-1]]
			if !slices.ContainsFunc(m.adj[i], func(e int) bool { return g.Nodes[m.other(e, i)].ID == way[k] }) {
				t.Fatalf("no edge joins %s and %s", way[k-1], way[k])
			}
		}
		for _, r := range m.NodeRows() {
			if r.Node.ID == way[len(way)-1] && m.FocusID() == "n0" && r.Distance != len(way)-1 {
				t.Fatalf("the way has %d steps, the distance is %d", len(way)-1, r.Distance)
			}
		}
	})
}

// The tree names every node once as its own row, and every edge.
func TestTreeHoldsEverything(t *testing.T) {
	st := styles(t, "dark", false)
	rapid.Check(t, func(t *rapid.T) {
		m := New(st)
		m.SetSiblings(0)
		m.Set(anyGraph(t, 20))
		own, links := map[int]int{}, map[int]bool{}
		for _, r := range m.tree() {
			if !r.again {
				own[r.item]++
			}
			if r.link >= 0 {
				links[r.link] = true
			}
		}
		for i := range m.sight().items {
			if own[i] != 1 {
				t.Fatalf("item %d has %d rows", i, own[i])
			}
		}
		if len(links) != len(m.sight().links) {
			t.Fatalf("%d of %d links have a row", len(links), len(m.sight().links))
		}
	})
}

const hostile = "\"];\n} <script>&amp;#quot; \x1b]52;c;aGk=\x07 \u202e`|{[\\N\\\""

func hostileGraph() Graph {
	g := graphOf("a>b b~c")
	for i := range g.Nodes {
		g.Nodes[i].ID = hostile + fmt.Sprint(i)
		g.Nodes[i].Label, g.Nodes[i].Badge = hostile, hostile
	}
	for i := range g.Edges {
		g.Edges[i].From, g.Edges[i].To = g.Nodes[i].ID, g.Nodes[i+1].ID
	}
	g.Groups[0].Label, g.Groups[1].Glyph = hostile, hostile
	g.Kinds[0].Label = hostile
	return g
}

func TestHostileTextIsHarmless(t *testing.T) {
	for _, ascii := range []bool{false, true} {
		m := New(styles(t, "mono", ascii))
		m.Set(hostileGraph())
		for z := Full; z <= Overview; z++ {
			m.SetZoom(z)
			for _, f := range []Form{Drawing, Tree} {
				m.SetForm(f)
				all := strings.Join(append(m.Lines(100, 20), m.Legend(100)), "\n")
				if strings.Contains(all, "\x1b]") || strings.ContainsAny(all, "\x07\u202e") {
					t.Errorf("drawn as %q", all)
				}
			}
		}
	}
}

func TestExports(t *testing.T) {
	m := model(t, hostileGraph(), Compact)
	for name, write := range map[string]func(io.Writer) error{
		"dot": m.WriteDOT, "mermaid": m.WriteMermaid, "svg": m.WriteSVG,
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(b.String(), "\x1b\x07\u202e") {
			t.Errorf("%s holds control characters: %q", name, b.String())
		}
		uitest.Golden(t, "export-"+name, strings.TrimRight(b.String(), "\n"))
		if err := write(broken{}); err == nil || !strings.Contains(err.Error(), "writing the graph as") {
			t.Errorf("%s: a broken writer gives %v", name, err)
		}
	}
	var b strings.Builder
	if err := m.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the SVG isn't XML: %v", err)
		}
		if el, ok := tok.(xml.StartElement); ok && !slices.Contains([]string{"svg", "rect", "polyline", "path", "text"}, el.Name.Local) {
			t.Errorf("the SVG has an element %s", el.Name.Local)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestRowsOfTables(t *testing.T) {
	m := model(t, fan(20), Compact)
	nodes, edges := m.NodeRows(), m.EdgeRows()
	if len(nodes) != 21 || len(edges) != 20 {
		t.Fatalf("%d nodes, %d edges", len(nodes), len(edges))
	}
	if hub := nodes[0]; hub.Out != 20 || hub.In != 0 || hub.Distance != 0 || hub.Folded {
		t.Errorf("the hub is %+v", hub)
	}
	if last := nodes[20]; last.In != 1 || last.Distance != 1 || !last.Folded || last.Group != "C2" {
		t.Errorf("the last is %+v", last)
	}
	if edges[0].Kind != "caused_by" || edges[0].From.ID != "hub" {
		t.Errorf("the first edge is %+v", edges[0])
	}
}

func TestMouse(t *testing.T) {
	m := model(t, fan(40), Compact)
	lines := strings.Split(text(m, 80, 24), "\n")
	for y, l := range lines {
		at := strings.Index(l, "+32 more")
		if at < 0 {
			continue
		}
		x := len([]rune(l[:at]))
		if it, ok := m.Hit(x, y); !ok || len(it.Hidden) != 32 {
			t.Errorf("at %d,%d is %+v", x, y, it)
		}
		if !m.Click(x, y) || m.Hidden() != 0 {
			t.Errorf("a click leaves %d hidden", m.Hidden())
		}
		return
	}
	t.Fatalf("nothing is folded:\n%s", strings.Join(lines, "\n"))
}
