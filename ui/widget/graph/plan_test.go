package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"threatbench/ui/widget/uitest"
)

// Whatever the graph: nodes don't overlap, all lies inside the canvas, layers
// follow the lines, and every line leads from the node on its left to the one
// on its right, through no other node and on no line of strangers.
func TestPlanIsSound(t *testing.T) {
	st := styles(t, "dark", false)
	rapid.Check(t, func(t *rapid.T) {
		m := New(st)
		m.SetSiblings(rapid.SampledFrom([]int{0, 2, 8}).Draw(t, "siblings"))
		m.Set(anyGraph(t, 24))
		m.SetZoom(rapid.SampledFrom([]Zoom{Full, Compact, Overview}).Draw(t, "zoom"))
		if err := sound(m); err != nil {
			t.Fatal(err)
		}
	})
}

// sound is what is wrong with a plan, nil if nothing.
func sound(m *Model) error {
	s, p := m.sight(), m.layout()
	owner := map[point]int{}
	for i := range p.boxes {
		b := &p.boxes[i]
		if b.x < 0 || b.y < 0 || b.x+b.w > p.w || b.y+b.h > p.h || b.w < 1 || b.h < 1 {
			return fmt.Errorf("box %d at %d,%d of %dx%d isn't inside %dx%d", i, b.x, b.y, b.w, b.h, p.w, p.h)
		}
		for x := b.x; x < b.x+b.w; x++ {
			for y := b.y; y < b.y+b.h; y++ {
				if o, taken := owner[point{x, y}]; taken {
					return fmt.Errorf("boxes %d and %d overlap at %d,%d", o, i, x, y)
				}
				owner[point{x, y}] = i
			}
		}
	}
	ways := map[int][]point{}
	for _, l := range p.legs {
		ways[l.link] = append(ways[l.link], cellsOf(l.corners)...)
	}
	flat, tall := map[point][]int{}, map[point][]int{}
	for l := range s.links {
		if err := leads(s, p, l, ways[l], owner); err != nil {
			return err
		}
		for k, at := range ways[l] {
			if k == 0 || k == len(ways[l])-1 || ways[l][k-1].x != at.x || ways[l][k+1].x != at.x {
				flat[at] = append(flat[at], l)
			}
			if k > 0 && ways[l][k-1].x == at.x || k+1 < len(ways[l]) && ways[l][k+1].x == at.x {
				tall[at] = append(tall[at], l)
			}
		}
	}
	if err := strangers(s, flat); err != nil {
		return err
	}
	if err := strangers(s, tall); err != nil {
		return err
	}
	return forks(m)
}

// forks finds lines of which one forks and that run into one another: there
// nobody could tell which line leads where. Nodes with very many lines, and the
// overview, may have them.
func forks(m *Model) error {
	s, p := m.sight(), m.layout()
	prongs := map[int]int{}
	for _, l := range p.legs {
		prongs[l.net]++
	}
	at := map[point]*leg{}
	for i := range p.legs {
		l := &p.legs[i]
		for k, c := range cellsOf(l.corners) {
			o, taken := at[c]
			at[c] = l
			crossing := k > 0 && k < len(cellsOf(l.corners))-1
			if !taken || o.net == l.net || crossing && !sharesEnd(o, l) || prongs[o.net] == 1 && prongs[l.net] == 1 {
				continue
			}
			a := s.links[l.link]
			if b := &p.boxes[a.b]; m.zoom != Overview && sharesEnd(o, l) && b.h < maxPorts {
				return fmt.Errorf("links %v and %v run into one another at %v", s.links[o.link], a, c)
			}
		}
	}
	return nil
}

func sharesEnd(a, b *leg) bool {
	return a.corners[len(a.corners)-1] == b.corners[len(b.corners)-1]
}

// cellsOf walks a line along its corners.
func cellsOf(corners []point) []point {
	out := []point{corners[0]}
	for _, c := range corners[1:] {
		for at := out[len(out)-1]; at != c; {
			switch {
			case at.x < c.x:
				at.x++
			case at.x > c.x:
				at.x--
			case at.y < c.y:
				at.y++
			default:
				at.y--
			}
			out = append(out, at)
		}
	}
	return out
}

func leads(s *sight, p *plan, l int, way []point, owner map[point]int) error {
	a, b := &p.boxes[s.links[l].a], &p.boxes[s.links[l].b]
	if len(way) == 0 {
		return fmt.Errorf("link %d has no line", l)
	}
	if a.layer >= b.layer {
		return fmt.Errorf("link %d leads from layer %d to %d", l, a.layer, b.layer)
	}
	first, last := way[0], way[len(way)-1]
	if first.x != a.x+a.w || first.y < a.y || first.y >= a.y+a.h || !a.sides[first.y-a.y].right {
		return fmt.Errorf("link %d begins at %v and not at a port of %v", l, first, a)
	}
	if last.x != b.x-1 || last.y < b.y || last.y >= b.y+b.h || !b.sides[last.y-b.y].left {
		return fmt.Errorf("link %d ends at %v and not at a port of %v", l, last, b)
	}
	for k, at := range way {
		if o, taken := owner[at]; taken {
			return fmt.Errorf("link %d runs through box %d at %v", l, o, at)
		}
		if at.x < 0 || at.y < 0 || at.x >= p.w || at.y >= p.h {
			return fmt.Errorf("link %d leaves the canvas at %v", l, at)
		}
		if k > 0 && abs(at.x-way[k-1].x)+abs(at.y-way[k-1].y) != 1 {
			return fmt.Errorf("link %d is torn between %v and %v", l, way[k-1], at)
		}
	}
	return nil
}

// strangers finds lines that lie on each other without a common end.
func strangers(s *sight, on map[point][]int) error {
	for at, links := range on {
		for _, l := range links[1:] {
			a, b := s.links[links[0]], s.links[l]
			if a.a != b.a && a.b != b.b {
				return fmt.Errorf("links %v and %v lie on each other at %v", a, b, at)
			}
		}
	}
	return nil
}

// The drawing shows the lines: from each cell of a line an arm reaches to the
// next, unless a head or a label stands there.
func TestDrawingShowsEveryLine(t *testing.T) {
	st := styles(t, "mono", false)
	rapid.Check(t, func(t *rapid.T) {
		m := New(st)
		m.Set(anyGraph(t, 16))
		m.SetForm(Drawing)
		m.SetZoom(rapid.SampledFrom([]Zoom{Full, Compact, Overview}).Draw(t, "zoom"))
		p := m.layout()
		lines := m.Lines(p.w, p.h)
		if err := uitest.ExactLines(lines, p.w, p.h); err != nil {
			t.Fatal(err)
		}
		grid := make([][]rune, p.h)
		for y := range grid {
			grid[y] = []rune(ansi.Strip(lines[y]))
		}
		for _, l := range p.legs {
			way := cellsOf(l.corners)
			for k, at := range way[:len(way)-1] {
				if !reaches(grid[at.y][at.x], way[k+1].x-at.x, way[k+1].y-at.y) {
					t.Fatalf("from %q at %v nothing reaches to %v:\n%s", grid[at.y][at.x], at, way[k+1], text(m, p.w, p.h))
				}
			}
		}
	})
}

// reaches tells whether a sign has an arm in a direction.
func reaches(sign rune, dx, dy int) bool {
	arm := "─━═╌┈┴┬┻┳╩╦┼╋╬"
	switch {
	case dx > 0:
		arm += "└┌├┗┏┣╚╔╠"
	case dx < 0:
		arm += "┘┐┤┛┓┫╝╗╣"
	case dy > 0:
		arm = "│┃║╎┊┤├┫┣╣╠┬┳╦┼╋╬┐┌┓┏╗╔"
	default:
		arm = "│┃║╎┊┤├┫┣╣╠┴┻╩┼╋╬┘└┛┗╝╚"
	}
	text := dy == 0 && (strings.ContainsRune("◂▸_ +", sign) || sign >= 'a' && sign <= 'z' || sign >= '0' && sign <= '9')
	return text || strings.ContainsRune(arm, sign)
}

// A node more doesn't change the order of those that were there.
func TestOrderIsStable(t *testing.T) {
	st := styles(t, "dark", false)
	rapid.Check(t, func(t *rapid.T) {
		g := anyGraph(t, 20)
		g.Roots = []string{"n0"}
		m := New(st)
		m.Set(g)
		before := places(m)
		for range rapid.IntRange(1, 4).Draw(t, "more") {
			id := fmt.Sprintf("n%d", len(g.Nodes)+1)
			g.Nodes = append(slices.Clone(g.Nodes), Node{ID: id, Label: id})
			for range rapid.IntRange(0, 3).Draw(t, "edges of it") {
				to := g.Nodes[rapid.IntRange(0, len(g.Nodes)-1).Draw(t, "end")].ID
				e := Edge{From: id, To: to}
				if rapid.Bool().Draw(t, "turned") {
					e.From, e.To = e.To, e.From
				}
				g.Edges = append(slices.Clone(g.Edges), e)
			}
			m.Set(g)
			after := places(m)
			for a, atA := range before {
				for b, atB := range before {
					newA, okA := after[a]
					newB, okB := after[b]
					if okA && okB && atA.x == atB.x && newA.x == atA.x && newB.x == atB.x && atA.y < atB.y && newA.y >= newB.y {
						t.Fatalf("%s was above %s and isn't any more", a, b)
					}
				}
			}
			before = after
		}
	})
}

// places are layer and row of each node that stands in the focus's part.
func places(m *Model) map[string]point {
	out := map[string]point{}
	p := m.layout()
	for i, it := range m.sight().items {
		if p.part[i] == 0 {
			out[it.id] = point{p.boxes[i].layer, p.boxes[i].y}
		}
	}
	return out
}

// The same graph gives the same drawing, in a new model and in one that is
// asked again.
func TestDrawingIsDeterministic(t *testing.T) {
	st := styles(t, "dark", false)
	rapid.Check(t, func(t *rapid.T) {
		g := anyGraph(t, 20)
		a, b := New(st), New(st)
		a.Set(g)
		b.Set(g)
		first := text(a, 90, 30)
		if second := text(b, 90, 30); first != second {
			t.Fatalf("one draws\n%s\nthe other\n%s", first, second)
		}
		a.Set(g)
		a.SetZoom(Compact)
		a.Lines(40, 12)
		a.SetZoom(Full)
		a.Focus(a.FocusID())
		if _, err := a.layout(), sound(a); err != nil {
			t.Fatal(err)
		}
	})
}

// The focus is in layer 0, what only leads to it on its left, what only follows
// on its right.
func TestLayersFollowDirections(t *testing.T) {
	m := model(t, graphOf("focus>d1 d1>d2 a1>focus a2>a1 a1>side other>d2 d2>focus"), Compact)
	m.Focus("focus")
	want := map[string]int{"focus": 0, "a1": -1, "a2": -2, "d1": 1, "d2": 2, "side": 0, "other": 1}
	for id, layer := range want {
		if got := m.layout().boxes[m.sight().at[id]].layer; got != layer {
			t.Errorf("%s is in layer %d, want %d", id, got, layer)
		}
	}
}

// Few crossings: a complete tree and a ladder need none.
func TestDrawsPlanarGraphsWithoutCrossings(t *testing.T) {
	var tree strings.Builder
	for i := 2; i < 64; i++ {
		fmt.Fprintf(&tree, "t%d>t%d ", i/2, i)
	}
	for name, words := range map[string]string{
		"tree": tree.String(), "ladder": "a1>a2 b1>b2 a2>a3 b2>b3 r>a1 r>b1 a3>e b3>e a1>x b1>y x>z y>w",
	} {
		m := model(t, graphOf(words), Compact)
		if drawing := text(m, m.layout().w, m.layout().h); strings.Contains(drawing, "┼") {
			t.Errorf("%s crosses itself:\n%s", name, drawing)
		}
	}
}

func TestOrderReducesCrossings(t *testing.T) {
	m := model(t, graphOf("r>a r>b r>c a>z b>y c>x"), Compact)
	if drawing := text(m, 80, 10); strings.Contains(drawing, "┼") {
		t.Errorf("lines cross:\n%s", drawing)
	}
}

func TestRising(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Float64Range(-50, 50)).Draw(t, "want")
		weight := make([]float64, len(want))
		for i := range weight {
			weight[i] = rapid.Float64Range(0.01, 9).Draw(t, "weight")
		}
		got := rising(want, weight)
		if len(got) != len(want) || !slices.IsSorted(got) {
			t.Fatalf("%v became %v", want, got)
		}
		if slices.IsSorted(want) && !slices.Equal(got, want) {
			t.Fatalf("%v never falls and became %v", want, got)
		}
	})
}
