package interchange

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/interchange/table"
)

// tableEncoder writes CSV as RFC 4180 says.
type tableEncoder struct {
	columns []string
	cells   []string
}

func newTableEncoder(columns []string) (*tableEncoder, error) {
	for _, c := range columns {
		if !slices.Contains(table.Fields(), c) {
			return nil, fmt.Errorf("there is no column %q; want some of %s", c, strings.Join(table.Fields(), ", "))
		}
	}
	if len(columns) == 0 {
		columns = slices.DeleteFunc(table.Fields(), func(f string) bool { return f == "raw" || f == "source" || f == "indicators" })
	}
	return &tableEncoder{columns: columns}, nil
}

func (t *tableEncoder) needs(withoutRaw bool) needs {
	return needs{
		raw:     !withoutRaw && (slices.Contains(t.columns, "raw") || slices.Contains(t.columns, "source")),
		parents: slices.Contains(t.columns, "relationships"), references: slices.Contains(t.columns, "references"),
	}
}

func (t *tableEncoder) begin(w *bufio.Writer) error         { return writeRow(w, t.columns) }
func (*tableEncoder) end(*bufio.Writer, ExportReport) error { return nil }

func (t *tableEncoder) event(w *bufio.Writer, x exported) error {
	t.cells = t.cells[:0]
	for _, c := range t.columns {
		t.cells = append(t.cells, cellOf(c, cellText(c, x)))
	}
	return writeRow(w, t.cells)
}

func writeRow(w *bufio.Writer, cells []string) error {
	for i, c := range cells {
		if i > 0 {
			w.WriteByte(',') // the row's end tells
		}
		if strings.ContainsAny(c, "\",\r\n;\t|'#") || c != strings.TrimSpace(c) {
			c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
		}
		w.WriteString(c) // the row's end tells
	}
	_, err := w.WriteString("\r\n")
	return err
}

// cellText is what a column says of an event, as readers of tables want it.
func cellText(field string, x exported) string {
	switch field {
	case "id":
		return x.event.UUID
	case "relationships":
		return parentsCell(x.parents)
	case "indicators":
		return indicatorsCell(x.event)
	case "dataset":
		return x.dataset
	case "source":
		return x.raw.Source
	case "raw":
		return string(appendJSON(nil, x.raw.Data))
	}
	f, _ := api.FieldOf(api.Field(field))
	if f.Multi {
		return listCell(f.Values(x.event))
	}
	return f.Value(x.event)
}

// listCell joins a list by semicolons, or writes it as JSON where an item
// would be torn apart.
func listCell(list []string) string {
	for i, s := range list {
		if strings.ContainsAny(s, ";|,\r\n") || s != strings.TrimSpace(s) || s == "" || i == 0 && strings.IndexByte("[({'", s[0]) >= 0 || slices.Contains(list[:i], s) {
			b, err := json.Marshal(list)
			if err != nil { // a list of texts: cannot fail
				break
			}
			return string(b)
		}
	}
	return strings.Join(list, ";")
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

// jsonCell begins a cell that holds its text as a JSON string.
const jsonCell = "json:"

// cellOf is a text as a cell holds it, which an import reads back as it was.
// What a terminal or a spreadsheet would act on doesn't stand there plainly:
// control characters, invisible ones and those that turn the direction of
// writing put the whole text into a JSON string behind "json:", and a formula
// gets an apostrophe before it. Only prose has line breaks as they are: a cell
// that has one line by its field can't look like the next event to what reads
// a table line by line.
func cellOf(column, s string) string {
	f, _ := api.FieldOf(api.Field(column))
	breaks := f.Kind != api.KindProse && strings.Contains(s, "\n")
	if breaks || strings.HasPrefix(s, jsonCell) || !utf8.ValidString(s) || strings.ContainsFunc(s, acts) || s != strings.TrimSpace(s) {
		return jsonCell + asciiJSON(s)
	}
	if clean.Formula(strings.TrimLeft(s, "'")) {
		return "'" + s
	}
	return s
}

// acts tells the characters that do something rather than being seen, and
// those that nobody knows how to draw.
func acts(r rune) bool {
	if r == '\n' || r == '\t' {
		return false
	}
	return r < ' ' || r == 0x7f || r > 0x7f && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

// asciiJSON is a text as a JSON string in which all that acts is escaped.
func asciiJSON(s string) string {
	var b strings.Builder
	for _, r := range string(appendString(nil, s)) {
		if !acts(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, "\\u%04x", unit) //nolint:errcheck // a builder takes everything
		}
	}
	return b.String()
}

// verbatim is the text that a cell of an export of ours holds.
func verbatim(cell string) string {
	if rest, ok := strings.CutPrefix(cell, jsonCell); ok {
		var s string
		if json.Unmarshal([]byte(rest), &s) == nil {
			return s
		}
	}
	return plainCell(cell)
}

// plainCell undoes what an export does against formulas.
func plainCell(s string) string {
	if strings.HasPrefix(s, "'") && clean.Formula(strings.TrimLeft(s, "'")) {
		return s[1:]
	}
	return s
}
