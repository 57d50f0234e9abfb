package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"threatbench/theme"
)

func styles(t testing.TB, name string, ascii bool) *theme.Styles {
	t.Helper()
	st, err := theme.Load(name, true, ascii)
	if err != nil {
		t.Fatalf("loading the theme: %v", err)
	}
	return st
}

// graphOf reads a graph from words: "a>b" an edge, "a~b" a reference, "a" a
// node; behind a colon the number of the kind. Groups alternate.
func graphOf(words string) Graph {
	g := Graph{
		Groups: []Group{{"Phishing", ""}, {"Malware", "◆"}, {"C2", "○"}},
		Kinds:  []Kind{{"caused_by", Solid}, {"related_to", Heavy}, {"attributed_to", Double}, {"appears_in", Dotted}},
	}
	node := func(id string) {
		if !slices.ContainsFunc(g.Nodes, func(n Node) bool { return n.ID == id }) {
			g.Nodes = append(g.Nodes, Node{ID: id, Label: "node " + id, Group: len(g.Nodes) % 3})
		}
	}
	for word := range strings.FieldsSeq(words) {
		word, kind, _ := strings.Cut(word, ":")
		at := strings.IndexAny(word, ">~")
		if at < 0 {
			node(word)
			continue
		}
		e := Edge{From: word[:at], To: word[at+1:], Weak: word[at] == '~'}
		if kind != "" {
			e.Kind = int(kind[0] - '0')
		}
		node(e.From)
		node(e.To)
		g.Edges = append(g.Edges, e)
	}
	return g
}

// fan is a node with n others hanging on it.
func fan(n int) Graph {
	var words strings.Builder
	for i := range n {
		fmt.Fprintf(&words, "hub>leaf%03d ", i)
	}
	return graphOf(words.String())
}

func model(t testing.TB, g Graph, z Zoom) *Model {
	m := New(styles(t, "dark", false))
	m.Set(g)
	m.SetZoom(z)
	return m
}

func text(m *Model, w, h int) string {
	lines := m.Lines(w, h)
	for i := range lines {
		lines[i] = strings.TrimRight(ansi.Strip(lines[i]), " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// anyGraph draws a graph of up to n nodes with cycles, several parents, mutual
// edges, loops, parts apart and edges whose ends are missing.
func anyGraph(t *rapid.T, n int) Graph {
	count := rapid.IntRange(1, n).Draw(t, "nodes")
	id := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("n%d", rapid.IntRange(0, count).Draw(t, "id")) })
	g := Graph{Kinds: []Kind{{"caused_by", Solid}, {"related_to", Heavy}, {"x", Double}}}
	for i := range count {
		g.Nodes = append(g.Nodes, Node{ID: fmt.Sprintf("n%d", i), Label: strings.Repeat("x", rapid.IntRange(0, 12).Draw(t, "label")), Group: i % 3})
	}
	for range rapid.IntRange(0, 2*count).Draw(t, "edges") {
		g.Edges = append(g.Edges, Edge{
			From: id.Draw(t, "from"), To: id.Draw(t, "to"),
			Kind: rapid.IntRange(0, 2).Draw(t, "kind"), Weak: rapid.Bool().Draw(t, "weak"),
		})
	}
	if rapid.Bool().Draw(t, "rooted") {
		g.Roots = []string{id.Draw(t, "root"), id.Draw(t, "second root")}
	}
	return g
}
