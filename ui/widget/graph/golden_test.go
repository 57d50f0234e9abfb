package graph

import (
	"fmt"
	"strings"
	"testing"

	"threatbench/ui/widget/uitest"
)

// story has a bit of everything: several parents, references, kinds, a cycle,
// a node that points to itself, many siblings, a part apart.
func story() Graph {
	var words strings.Builder
	words.WriteString("actor>campaign:2 campaign>phish:0 campaign>loader campaign>beacon ")
	words.WriteString("phish>c2:1 loader>c2:1 beacon>c2:1 c2>exfil exfil>campaign:3 report~phish report~c2 loader~beacon exfil>exfil apart>other ")
	for i := range 30 {
		fmt.Fprintf(&words, "phish>mail%02d ", i)
	}
	g := graphOf(words.String())
	g.Roots = []string{"campaign"}
	for i := range g.Nodes {
		g.Nodes[i].Label = g.Nodes[i].ID + " and what more an event says of itself"
		if i%4 == 1 {
			g.Nodes[i].Badge = "amber"
		}
	}
	return g
}

func golden(t *testing.T, name string, m *Model, w, h int) {
	t.Helper()
	lines := m.Lines(w, h)
	if err := uitest.ExactLines(lines, w, h); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	uitest.Golden(t, name, strings.Join(lines, "\n")+"\n"+m.Legend(w))
}

func TestDrawings(t *testing.T) {
	for _, glyphs := range []string{"unicode", "ascii"} {
		for z, zoom := range []string{"full", "compact", "overview"} {
			for _, size := range [][2]int{{80, 23}, {120, 39}, {200, 59}} {
				m := New(styles(t, "dark", glyphs == "ascii"))
				m.Set(story())
				m.SetZoom(Zoom(z))
				golden(t, fmt.Sprintf("story-%s-%s-%dx%d", zoom, glyphs, size[0], size[1]+1), m, size[0], size[1])
			}
		}
	}
}

func TestDrawingsOfShapes(t *testing.T) {
	for name, words := range map[string]string{
		"cycle":   "root>a a>b b>c c>a c>d d>d d>e e>c b>e:1 e>b:1 root>e",
		"long":    "x>a a>b b>c c>d d>e e>f a>f a>d b>e x>f",
		"parents": "p1>kid p2>kid p3>kid kid>g1 kid>g2 p1>g2 p2>g1 p3>g1 p3>g2",
		"mutual":  "a>b b>a b>c:1 c>b:1 c>a:1 a>c:1 d~a a~d",
		"alone":   "only",
	} {
		for _, z := range []Zoom{Full, Compact} {
			m := model(t, graphOf(words), z)
			p := m.layout()
			golden(t, fmt.Sprintf("shape-%s-%d", name, z), m, max(p.w, 40), max(p.h, 3))
		}
	}
}

func TestDrawingsOfStates(t *testing.T) {
	for name, do := range map[string]func(m *Model){
		"unfolded": func(m *Model) { m.Select("mail12"); m.Select("mail00"); m.UnfoldAll() },
		"folded":   func(m *Model) { m.Select("phish"); m.Fold() },
		"found":    func(m *Model) { m.Find("EXFIL") },
		"path":     func(m *Model) { m.Path("actor", "mail29") },
		"focus":    func(m *Model) { m.Focus("c2") },
		"panned":   func(m *Model) { m.Lines(80, 23); m.Pan(20, 3) },
		"blurred":  func(m *Model) { m.SetFocus(false) },
		"tree":     func(m *Model) { m.SetForm(Tree) },
	} {
		m := New(styles(t, "dark", false))
		m.Set(story())
		m.SetZoom(Compact)
		do(m)
		golden(t, "state-"+name, m, 80, 23)
	}
	m := New(styles(t, "dark", false))
	golden(t, "state-empty", m, 40, 3)
	m.Set(story())
	golden(t, "state-narrow", m, 40, 23)
}
