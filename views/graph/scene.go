package graph

import (
	"cmp"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/ui/widget/graph"
	"threatbench/views"
)

// form is how the graph is shown.
type form int

const (
	asDrawing form = iota
	asTree
	asTable
	forms
)

func (f form) String() string { return [...]string{"drawing", "tree", "table"}[f] }

// scene is one graph with everything about how it is looked at. Going back in
// the history returns to the very scene.
type scene struct {
	*walk
	picture *graph.Model
	list    *list
	form    form
	marks   []string // keys of nodes, in the order they were marked
	query   string   // what was searched for
	found   int
	groups  *[]string // what nodes are, in the order the session met it
	err     error
	slow    bool
	came    bool // at least one answer
	env     int  // the environment's version that the styles are of
}

// How many parallel siblings are shown before the rest is folded: half of what
// the window has room for, within these bounds.
const (
	leastSiblings = 8
	maxSiblings   = 24
)

// newScene makes a scene that has asked nothing yet, for a window of so many
// rows. Groups are the session's, so that a category keeps its sign and colour.
func newScene(env *views.Env, p plan, rows int, groups *[]string) *scene {
	s := &scene{walk: newWalk(p), picture: graph.New(env.Styles), list: newList(env), env: env.Version, groups: groups}
	s.picture.SetSiblings(min(max(rows/2, leastSiblings), maxSiblings))
	return s
}

// setForm shows the graph in another form, with the cursor on the same node.
func (s *scene) setForm(f form) {
	n, ok := s.current()
	if ok && s.form == asTable && f != asTable {
		s.picture.Select(n.key())
	}
	if ok && f == asTable {
		s.list.moveTo(n.key())
	}
	s.form = f
	if f == asTree {
		s.picture.SetForm(graph.Tree)
	} else {
		s.picture.SetForm(graph.Auto)
	}
}

// restart asks everything again, by another plan, and keeps how the scene is
// looked at.
func (s *scene) restart(p plan) {
	s.walk, s.err, s.slow = newWalk(p), nil, false
}

// dress takes over the environment's styles.
func (s *scene) dress(env *views.Env) {
	if s.env == env.Version {
		return
	}
	s.env = env.Version
	s.picture.SetStyles(env.Styles)
	s.list.dress(env)
	s.show(env)
}

// show hands what has come to the picture and the table.
func (s *scene) show(env *views.Env) {
	s.picture.Set(s.drawing(env, nil))
	s.list.set(s)
}

// drawing is the graph as the picture takes it: of all nodes, or of those that
// shown has.
func (s *scene) drawing(env *views.Env, shown map[string]bool) graph.Graph {
	g := graph.Graph{Kinds: kinds()}
	for _, k := range s.order {
		if shown == nil || shown[k] {
			g.Nodes = append(g.Nodes, s.drawn(env, k))
		}
	}
	for _, e := range s.all() {
		if shown != nil && !(shown[e.from] && shown[e.to]) {
			continue
		}
		weak := e.kind == reference
		n := kindNumber(&g, e.kind)
		g.Edges = append(g.Edges, graph.Edge{From: e.from, To: e.to, Kind: n, Weak: weak})
	}
	for i, name := range *s.groups {
		g.Groups = append(g.Groups, graph.Group{Label: views.Shown(name), Glyph: glyphs(env.ASCII, i)})
	}
	for _, r := range s.seeds {
		if shown == nil || shown[key(r)] {
			g.Roots = append(g.Roots, key(r))
		}
	}
	return g
}

// upTo names the nodes that may leave up to a marking: events that have it or a
// looser one, and what hangs on one of those. What isn't known to be an event
// of such a marking stays out.
func (s *scene) upTo(most api.TLP) map[string]bool {
	shown := map[string]bool{}
	for _, k := range s.order {
		if e := s.nodes[k].Event; e != nil {
			tlp, ok := api.ParseTLP(e.TLP)
			shown[k] = ok && tlp <= most
		}
	}
	for _, e := range s.all() {
		for _, ends := range [][2]string{{e.from, e.to}, {e.to, e.from}} {
			at, other := s.nodes[ends[0]], s.nodes[ends[1]]
			if at != nil && other != nil && other.Event != nil && shown[ends[1]] && at.Type != api.NodeEvent {
				shown[ends[0]] = true
			}
		}
	}
	return shown
}

// drawn is a node as the picture takes it.
func (s *scene) drawn(env *views.Env, k string) graph.Node {
	n := s.nodes[k]
	out := graph.Node{ID: k, Label: views.Shown(title(n)), Group: s.group(kindOf(n))}
	switch {
	case n.Event != nil:
		out.Badge = tlpBadge(n.Event.TLP)
	case n.Type != api.NodeEvent:
		out.Badge = n.Type
	}
	if n.Type == api.NodeIndicator && env.Good.Find(title(n)).Spared() {
		out.Badge += ", known good"
	}
	if i := slices.Index(s.marks, k); i >= 0 {
		out.Badge = strings.TrimSpace(env.Styles.Glyphs.Check + " " + out.Badge)
	}
	return out
}

// tlpBadge is the marking of what may not be passed on freely.
func tlpBadge(marking string) string {
	if t, ok := api.ParseTLP(marking); ok && t == api.TLPClear {
		return ""
	}
	return strings.ToLower(views.Shown(marking))
}

func (s *scene) group(name string) int {
	i := slices.Index(*s.groups, name)
	if i < 0 {
		i = len(*s.groups)
		*s.groups = append(*s.groups, name)
	}
	return i
}

// kindOf is what a node is: the category of an event, else its type.
func kindOf(n *node) string {
	if n.Event != nil {
		return cmp.Or(n.Event.Category, "no category")
	}
	return n.Type
}

// title is a node's text: what happened, the indicator or the tag.
func title(n *node) string {
	if n.Event != nil {
		return cmp.Or(plain(views.OneLine(n.Event.Event)), n.Event.Indicator, n.Event.Category, n.ID)
	}
	if n.Missing {
		return "can't be read: " + n.ID
	}
	return cmp.Or(views.OneLine(n.Label), n.ID)
}

// plain is text without the addresses of Markdown links, of which there would
// be nothing else to read in a narrow label.
func plain(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "[")
		words, after, isLink := strings.Cut(rest, "](")
		address, end, closed := strings.Cut(after, ")")
		if !found || !isLink || !closed || strings.ContainsAny(words, "[]") || !strings.HasPrefix(address, "http") {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(before + words)
		s = end
	}
}

// glyphs tell groups apart where there are no colours. After eight they begin
// one farther on, so that sign and colour together stay different.
func glyphs(ascii bool, i int) string {
	signs := []rune("●◆■▲○◇□△")
	if ascii {
		signs = []rune("*#o@%x&$")
	}
	return string(signs[(i+i/len(signs))%len(signs)])
}

// kinds are the looks of the types of edges.
func kinds() []graph.Kind {
	return []graph.Kind{
		{Label: "related to", Line: graph.Solid},
		{Label: "caused by", Line: graph.Heavy},
		{Label: "attributed to", Line: graph.Double},
		{Label: "tagged with", Line: graph.Dotted},
		{Label: "appears in", Line: graph.Dotted},
		{Label: "", Line: graph.Dashed}, // references say so by themselves
	}
}

// kindNumber is the number of a type's look, added where it isn't known.
func kindNumber(g *graph.Graph, kind string) int {
	for i, k := range []string{api.RelatedTo, api.CausedBy, api.AttributedTo, api.TaggedWith, api.AppearsIn, reference} {
		if kind == k {
			return i
		}
	}
	label := views.Shown(cmp.Or(kindWords(kind), "related"))
	i := slices.IndexFunc(g.Kinds, func(k graph.Kind) bool { return k.Label == label })
	if i < 0 {
		i = len(g.Kinds)
		g.Kinds = append(g.Kinds, graph.Kind{Label: label})
	}
	return i
}

// kindWords is a type in words: caused_by is "caused by".
func kindWords(kind string) string { return strings.ReplaceAll(kind, "_", " ") }

// current is the node under the cursor, and false on a "+97 more".
func (s *scene) current() (*node, bool) {
	if s.form == asTable {
		return s.list.current(s)
	}
	it, ok := s.picture.Current()
	if !ok || it.ID == "" {
		return nil, false
	}
	n, ok := s.nodes[it.ID]
	return n, ok
}

func (n *node) ref() api.NodeRef { return api.NodeRef{Type: n.Type, ID: n.ID} }

func (n *node) key() string { return key(n.ref()) }
