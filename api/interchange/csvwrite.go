package interchange

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/clean"
)

// tableEncoder writes CSV as RFC 4180 says.
type tableEncoder struct {
	columns []string
	cells   []string
}

func newTableEncoder(columns []string) (*tableEncoder, error) {
	for _, c := range columns {
		if !slices.Contains(fieldNames(), c) {
			return nil, fmt.Errorf("there is no column %q; want some of %s", c, strings.Join(fieldNames(), ", "))
		}
	}
	if len(columns) == 0 {
		columns = slices.DeleteFunc(fieldNames(), func(f string) bool { return f == "raw" || f == "source" })
	}
	return &tableEncoder{columns: columns}, nil
}

func (t *tableEncoder) needs(withoutRaw bool) needs {
	return needs{
		raw:     !withoutRaw && (slices.Contains(t.columns, "raw") || slices.Contains(t.columns, "source")),
		parents: slices.Contains(t.columns, "relationships"),
	}
}

func (t *tableEncoder) begin(w *bufio.Writer) error         { return writeRow(w, t.columns) }
func (*tableEncoder) end(*bufio.Writer, ExportReport) error { return nil }

func (t *tableEncoder) event(w *bufio.Writer, x exported) error {
	t.cells = t.cells[:0]
	for _, c := range t.columns {
		t.cells = append(t.cells, safeCell(cellText(c, x)))
	}
	return writeRow(w, t.cells)
}

func writeRow(w *bufio.Writer, cells []string) error {
	for i, c := range cells {
		if i > 0 {
			w.WriteByte(',') //nolint:errcheck // the row's end tells
		}
		if strings.ContainsAny(c, "\",\n;\t|'") || c != strings.TrimSpace(c) {
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		w.WriteString(c) //nolint:errcheck // the row's end tells
	}
	_, err := w.WriteString("\r\n")
	return err
}

// cellText is what a column says of an event, as readers of tables want it.
func cellText(field string, x exported) string {
	switch field {
	case "id":
		return clean.Line(x.event.UUID)
	case "relationships":
		return parentsCell(x.parents)
	case "indicators":
		return indicatorsCell(x.event)
	case "dataset":
		return clean.Line(x.dataset)
	case "source":
		return clean.Line(x.raw.Source)
	case "raw":
		return clean.Line(string(appendJSON(nil, x.raw.Data)))
	}
	f, _ := api.FieldOf(api.Field(field))
	switch {
	case f.Multi:
		return listCell(f.Values(x.event))
	case f.Kind == api.KindProse:
		return clean.Text(f.Value(x.event))
	}
	return clean.Line(f.Value(x.event))
}

// listCell joins a list by semicolons, or writes it as JSON where an item
// would be torn apart.
func listCell(list []string) string {
	safe := make([]string, len(list))
	torn := false
	for i, s := range list {
		safe[i] = clean.Line(s)
		torn = torn || strings.ContainsAny(s, ";|,") || s != strings.TrimSpace(s) || s == "" || i == 0 && (s[0] == '[' || s[0] == '\'')
	}
	if !torn {
		return strings.Join(safe, ";")
	}
	b, err := json.Marshal(safe)
	if err != nil { // a list of texts: cannot fail
		return strings.Join(safe, ";")
	}
	return string(b)
}

// indicatorsCell lists an event's indicators beside the primary one, each
// behind its type: domain:evil.example;ip:192.0.2.1.
func indicatorsCell(e *api.Event) string {
	all := e.AllIndicators()
	list := make([]string, 0, len(all))
	for i, in := range all {
		if i > 0 {
			list = append(list, strings.ReplaceAll(in.IndicatorType, ":", "|")+":"+in.Value)
		}
	}
	return listCell(list)
}

func parentsCell(parents []api.RelationshipInput) string {
	list := make([]string, len(parents))
	for i, p := range parents {
		list[i] = p.RelationshipType + ":" + p.ParentID
	}
	return strings.Join(list, ";")
}

// safeCell keeps a spreadsheet from taking a cell for a formula, by an
// apostrophe that an import takes off again.
func safeCell(s string) string {
	if isFormula(strings.TrimLeft(s, "'")) {
		return "'" + s
	}
	return s
}

// isFormula tells whether a spreadsheet would take a cell for a formula,
// spaces before it or not.
func isFormula(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n\u00a0\u3000")
	for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(s, sign) {
			return true
		}
	}
	return false
}
