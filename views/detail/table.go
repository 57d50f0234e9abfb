package detail

import (
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"github.com/yuin/goldmark/ast"
	extension "github.com/yuin/goldmark/extension/ast"
	gmtext "github.com/yuin/goldmark/text"

	"threatbench/ui/widget/layout"
)

const (
	shortWord   = 12      // cells of a word that a table may not break
	maxUnrolled = 1 << 20 // bytes that a document's headings may come to in its rows
)

// afterHeading stands between a heading and its value. It is put behind the
// document's own text, as all that is rendered is a piece of a source.
const afterHeading = ": "

// unrollTables makes those tables of a document that don't fit into width
// cells lists of "heading: value", one a row. The renderer would cut their
// headings and links, and break their words, without a word about it.
func unrollTables(doc ast.Node, source []byte, width int) error {
	var wide []*extension.Table
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		t, ok := n.(*extension.Table)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		if !fits(t, source, width-4*depthOf(t)) {
			wide = append(wide, t)
		}
		return ast.WalkSkipChildren, nil
	})
	left := maxUnrolled
	for _, t := range wide {
		if left -= unrolledSize(t); left < 0 {
			return errTooMuch
		}
		unroll(t, gmtext.NewSegment(len(source), len(source)+len(afterHeading)))
	}
	return err
}

// depthOf counts the quotes and lists around a block, each of which takes some
// of its width.
func depthOf(n ast.Node) int {
	depth := 0
	for p := n.Parent(); p != nil && p.Kind() != ast.KindDocument; p = p.Parent() {
		depth++
	}
	return depth
}

// fits lays a table out as the renderer does, in width cells, and reports
// whether its headings, its short words and every character are there still.
func fits(t *extension.Table, source []byte, width int) bool {
	columns := len(t.Alignments)
	if 4*columns > width { // a character, its margins and the line beside it
		return false
	}
	laid := table.New().Width(width).Wrap(true).Border(lipgloss.HiddenBorder()).
		BorderTop(false).BorderLeft(false).BorderRight(false).BorderBottom(false).
		StyleFunc(func(int, int) lipgloss.Style { return lipgloss.NewStyle().Margin(0, 1) })
	var written strings.Builder
	for row := t.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		for c := row.FirstChild(); c != nil; c = c.NextSibling() {
			text, linked := shown(c, source)
			if linked > width {
				return false // the renderer cuts what a link leads to
			}
			cells = append(cells, text)
			written.WriteString(text + "\n")
		}
		if row == t.FirstChild() {
			laid.Headers(cells...)
		} else {
			laid.Row(cells...)
		}
	}
	out := laid.String()
	return characters(out) == characters(written.String()) && keepsWords(out, written.String())
}

// shown is what a cell shows, at least as wide as the renderer makes it, and
// the cells that the longest of its links takes below the table.
func shown(cell ast.Node, source []byte) (text string, linked int) {
	var b strings.Builder
	_ = ast.Walk(cell, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // nothing in it fails
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(source))
			}
		case *ast.CodeSpan:
			b.WriteString("`")
		case *ast.Link:
			if !entering {
				b.WriteString("[000]")
				linked = max(linked, layout.Width(string(n.Destination))+layout.Width(b.String())+8)
			}
		case *ast.Image:
			if !entering {
				b.WriteString("Image: [000]")
				linked = max(linked, layout.Width(string(n.Destination))+layout.Width(b.String())+8)
			}
		case *ast.AutoLink:
			if entering {
				b.WriteString(string(n.URL(source)) + "[000]")
				linked = max(linked, 2*layout.Width(string(n.URL(source)))+8)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String(), linked
}

func characters(s string) int {
	n := 0
	for _, word := range strings.Fields(s) {
		n += len(word)
	}
	return n
}

// keepsWords reports whether the short words of a text stand unbroken in
// another, which may break at hyphens.
func keepsWords(out, written string) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\n-\u00a0", r) })
	}
	has := map[string]bool{}
	for _, w := range words(out) {
		has[w] = true
	}
	for _, w := range words(written) {
		if layout.Width(w) <= shortWord && !has[w] {
			return false
		}
	}
	return true
}

func unrolledSize(t *extension.Table) int {
	size := 0
	for h := t.FirstChild().FirstChild(); h != nil; h = h.NextSibling() {
		size += 16 // an empty value takes up a line, too
		for _, s := range h.Lines().Sliced(0, h.Lines().Len()) {
			size += s.Len()
		}
	}
	return size * t.ChildCount()
}

// unroll puts a list for each row in a table's place. A table without rows
// comes as its headings.
func unroll(t *extension.Table, after gmtext.Segment) {
	parent, header := t.Parent(), t.FirstChild()
	if header.NextSibling() == nil {
		parent.InsertBefore(parent, t, rowList(header, nil, after))
	}
	for row := header.NextSibling(); row != nil; row = row.NextSibling() {
		parent.InsertBefore(parent, t, rowList(header, row.FirstChild(), after))
	}
	parent.RemoveChild(parent, t)
}

// rowList is a row as a list: under each heading the cell's own content.
func rowList(header, cell ast.Node, after gmtext.Segment) ast.Node {
	list := ast.NewList('-')
	list.IsTight = true
	for h := header.FirstChild(); h != nil; h = h.NextSibling() {
		line := ast.NewTextBlock()
		name := ast.NewEmphasis(2)
		for _, s := range headingText(h) {
			name.AppendChild(name, ast.NewTextSegment(s))
		}
		line.AppendChild(line, name)
		line.AppendChild(line, ast.NewTextSegment(after))
		if cell != nil {
			next := cell.NextSibling()
			for c := cell.FirstChild(); c != nil; c = cell.FirstChild() {
				line.AppendChild(line, c)
			}
			cell = next
		}
		item := ast.NewListItem(2)
		item.AppendChild(item, line)
		list.AppendChild(list, item)
	}
	return list
}

// headingText is the text of a heading without its emphasis; one with links or
// tags comes as it was written.
func headingText(h ast.Node) []gmtext.Segment {
	var texts []gmtext.Segment
	plain := true
	_ = ast.Walk(h, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // nothing in it fails
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				texts = append(texts, n.Segment)
			}
		case *extension.TableCell, *ast.Emphasis, *ast.CodeSpan, *extension.Strikethrough:
		default:
			plain = false
		}
		return ast.WalkContinue, nil
	})
	if !plain {
		return h.Lines().Sliced(0, h.Lines().Len())
	}
	return texts
}
