package graph

import (
	"bytes"
	"fmt"
	"io"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/ui/widget/graph"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// exportForms are the forms in which the graph can leave the program; one
// without a file goes to the clipboard.
var exportForms = [...]struct {
	title, file string
	write       func(*graph.Model, io.Writer) error
}{
	{"DOT to a file", "graph.dot", (*graph.Model).WriteDOT},
	{"Mermaid to a file", "graph.mmd", (*graph.Model).WriteMermaid},
	{"SVG to a file", "graph.svg", (*graph.Model).WriteSVG},
	{"copy DOT", "", (*graph.Model).WriteDOT},
	{"copy Mermaid", "", (*graph.Model).WriteMermaid},
}

// export offers the forms, and then up to which marking.
func (m *Model) export() {
	items := make([]views.PickItem, len(exportForms))
	for i, f := range exportForms {
		items[i] = views.PickItem{Title: f.title}
	}
	m.env.Host.Ask(views.Pick{Title: "export the graph", Items: items, Chosen: func(i int) tea.Cmd {
		m.askCeiling(i)
		return nil
	}})
}

// askCeiling asks up to which marking events may be in what is written.
func (m *Model) askCeiling(form int) {
	detail := func(most api.TLP) string {
		if most == api.TLPNone {
			return views.Plural(len(m.scene.order), "node")
		}
		kept := 0
		for _, shown := range m.scene.upTo(most) {
			if shown {
				kept++
			}
		}
		return fmt.Sprintf("%s of %s", views.Count(kept), views.Count(len(m.scene.order)))
	}
	m.env.Host.Ask(views.PickCeiling(detail, func(most api.TLP) tea.Cmd {
		m.writeUpTo(form, most)
		return nil
	}))
}

// writeUpTo writes the graph of the events up to a marking.
func (m *Model) writeUpTo(form int, most api.TLP) {
	f, picture := exportForms[form], m.scene.picture
	if most != api.TLPNone {
		picture = graph.New(m.env.Styles)
		picture.Set(m.scene.drawing(m.env, m.scene.upTo(most)))
	}
	var b bytes.Buffer
	if err := f.write(picture, &b); err != nil {
		m.env.Host.Say(toast.Error, err.Error())
		return
	}
	if f.file == "" {
		m.env.Host.Copy("the graph", b.String())
		return
	}
	m.env.Host.SaveAs("the graph", f.file, b.Bytes())
}
