package charts

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api/clean"
	"threatbench/views"
)

// export offers the forms in which the chart can be taken away.
func (m *Model) export() {
	c := m.card
	name := fileName(c.titled())
	m.env.Host.Ask(views.Pick{
		Title: "export", Items: []views.PickItem{
			{Title: "numbers as CSV", Detail: "to a file"}, {Title: "picture as SVG", Detail: "to a file"},
			{Title: "copy the numbers", Detail: "as CSV, to the clipboard"},
		},
		Chosen: func(i int) tea.Cmd {
			switch i {
			case 0:
				m.env.Host.SaveAs("the numbers", name+".csv", csvOf(c.plot.table()))
			case 1:
				m.env.Host.SaveAs("the picture", name+".svg", c.svg())
			default:
				m.env.Host.Copy("the numbers", string(csvOf(c.plot.table())))
			}
			return nil
		},
	})
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// fileName is a title as the name of a file.
func fileName(title string) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(title), "-"), "-")
	return "chart-" + name[:min(len(name), 60)]
}

// csvOf is a table as CSV: a row is a line, and no cell is a formula.
func csvOf(table [][]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, row := range table {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = clean.Cell(cell)
		}
		_ = w.Write(safe) // a bytes.Buffer takes everything
	}
	w.Flush()
	return b.Bytes()
}
