package graph

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// WriteDOT writes the whole graph, also what is folded away, in the language of
// Graphviz. Nodes are numbered, so that no ID can mean anything there.
func (m *Model) WriteDOT(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "digraph {\n\trankdir=LR;\n\tnode [shape=box];\n")
	for i, n := range m.g.Nodes {
		if m.index[n.ID] != i {
			continue
		}
		fmt.Fprintf(out, "\tn%d [label=%s", i, dotQuote(nameOf(n)))
		if group := groupOf(&m.g, n.Group); group != "" {
			fmt.Fprintf(out, ", class=%s", dotQuote(group))
		}
		fmt.Fprint(out, "];\n")
	}
	for e, edge := range m.g.Edges {
		from, to, ok := m.ends(e)
		if !ok {
			continue
		}
		fmt.Fprintf(out, "\tn%d -> n%d", from, to)
		fmt.Fprint(out, dotStyle(kindOf(&m.g, edge.Kind), edge.Weak), ";\n")
	}
	fmt.Fprint(out, "}\n")
	return flush(out, "DOT")
}

func flush(out *bufio.Writer, format string) error {
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the graph as %s: %w", format, err)
	}
	return nil
}

func dotStyle(kind string, weak bool) string {
	var parts []string
	if kind != "" {
		parts = append(parts, "label="+dotQuote(kind))
	}
	if weak {
		parts = append(parts, "style=dashed")
	}
	if len(parts) == 0 {
		return ""
	}
	return " [" + strings.Join(parts, ", ") + "]"
}

// dotQuote writes s as a string of DOT. Backslashes are doubled, as in labels
// they begin escapes, and so is what would begin a character entity.
func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;").Replace(oneLine(s)) + `"`
}

// WriteMermaid writes the whole graph, also what is folded away, as a flowchart
// of Mermaid.
func (m *Model) WriteMermaid(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprint(out, "flowchart LR\n")
	for i, n := range m.g.Nodes {
		if m.index[n.ID] == i {
			fmt.Fprintf(out, "    n%d[\"%s\"]\n", i, mermaidText(nameOf(n)))
		}
	}
	for e, edge := range m.g.Edges {
		from, to, ok := m.ends(e)
		if !ok {
			continue
		}
		line := "-->"
		if edge.Weak {
			line = "-.->"
		}
		if kind := kindOf(&m.g, edge.Kind); kind != "" {
			line += `|"` + mermaidText(kind) + `"|`
		}
		fmt.Fprintf(out, "    n%d %s n%d\n", from, line, to)
	}
	return flush(out, "Mermaid")
}

// mermaidText writes everything but letters, digits and the plainest signs as
// numbered entities, so that nothing in it is syntax, Markdown or HTML.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range oneLine(s) {
		if r > utf8.RuneSelf || unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ' {
			b.WriteRune(r)
			continue
		}
		b.WriteString("#" + strconv.Itoa(int(r)) + ";")
	}
	if b.Len() == 0 {
		return " "
	}
	return b.String()
}

// oneLine replaces what isn't a printable character.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return '\uFFFD'
		case unicode.In(r, unicode.Zl, unicode.Zp):
			return ' '
		}
		return r
	}, s)
}

// nameOf is what a node is called in an export.
func nameOf(n Node) string {
	if n.Label != "" {
		return n.Label
	}
	return n.ID
}

func groupOf(g *Graph, k int) string {
	if k < 0 || k >= len(g.Groups) {
		return ""
	}
	return g.Groups[k].Label
}
