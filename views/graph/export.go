package graph

import (
	"bytes"
	"io"

	tea "charm.land/bubbletea/v2"

	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// export offers the forms in which the graph can leave the program.
func (m *Model) export() {
	p := m.scene.picture
	forms := []struct {
		title, file string
		write       func(io.Writer) error
	}{
		{"DOT to a file", "graph.dot", p.WriteDOT},
		{"Mermaid to a file", "graph.mmd", p.WriteMermaid},
		{"SVG to a file", "graph.svg", p.WriteSVG},
		{"copy DOT", "", p.WriteDOT},
		{"copy Mermaid", "", p.WriteMermaid},
	}
	items := make([]views.PickItem, len(forms))
	for i, f := range forms {
		items[i] = views.PickItem{Title: f.title}
	}
	m.env.Host.Ask(views.Pick{Title: "export the graph", Items: items, Chosen: func(i int) tea.Cmd {
		f := forms[i]
		var b bytes.Buffer
		if err := f.write(&b); err != nil {
			m.env.Host.Say(toast.Error, err.Error())
			return nil
		}
		if f.file == "" {
			m.env.Host.Copy("the graph", b.String())
			return nil
		}
		m.env.Host.SaveAs("the graph", f.file, b.Bytes())
		return nil
	}})
}
