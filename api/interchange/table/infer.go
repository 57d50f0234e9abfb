package table

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
	"threatbench/api/marking"
)

// Column is what a column of a table holds.
type Column struct {
	Name  string         // as the header has it
	Field string         // "" where it is only kept in the raw record
	Type  indicator.Type // of indicators, as the name promises; "" as each cell shows
	Dates *Dates         // how its dates are read
	Marks bool           // its cells are markings, whatever else they are taken for
	Open  bool           // one marking among its cells makes it a column of those
	PAP   bool           // it holds what may be done, rather than who may see it
	Left  bool           // left out, as was asked
	Share bool           // its name speaks of who may see a row: a cell that is a marking is one
}

// Table is what is known of a table before its rows are read.
type Table struct {
	Columns []Column
	Own     bool     // written by an export of this program: cells mean what they say
	Notes   []string // what was guessed, and how sure that is
}

// stats is what the cells of a column look like.
type stats struct {
	cells      int // with content
	indicators int
	kinds      map[indicator.Type]int
	types      int // names of types
	dates      int
	markings   int // with TLP before them or without
	tagged     int // of all cells, those that begin with TLP and a marking
	words      int // of the cells that are no markings
}

func (s stats) share(n int) int {
	if s.cells == 0 {
		return 0
	}
	return 100 * n / s.cells
}

const (
	sure  = 80 // per cent of the cells that must fit where a name says nothing
	fits  = 50 // and where a name promises it
	check = 500
)

// look counts what the cells of a column are. Cells are those of the first
// rows.
func look(rows [][]string, column int) stats {
	s := stats{kinds: map[indicator.Type]int{}}
	for _, row := range rows {
		if column >= len(row) {
			continue
		}
		cell := strings.TrimSpace(row[column])
		tagged := marking.Begins(cell)
		if tagged {
			s.tagged++
		}
		if cell == "" || s.cells >= check {
			continue
		}
		s.cells++
		if tagged || marking.Is(cell) {
			s.markings++
			continue
		}
		s.words += len(strings.Fields(cell))
		if _, ok := indicator.ParseType(cell); ok || indicator.ParseTypes(cell) != nil || indicator.IsHashName(cell) {
			s.types++
			continue
		}
		if isDate(cell) {
			s.dates++
			continue
		}
		if values := Values(cell, "", ""); len(values) > 0 && values[0].Type != "" {
			s.indicators++
			for _, v := range values {
				s.kinds[indicator.Type(v.Type)]++
			}
		}
	}
	return s
}

func isDate(cell string) bool {
	if len(cell) > 40 || len(cell) < 6 || !strings.ContainsAny(cell[:1], "0123456789JFMASONDTWjfmasondtw") {
		return false
	}
	d := NewDates(Unknown)
	d.Learn(cell)
	_, err := d.Parse(cell)
	return err == nil
}

// HasHeader tells whether the first row of a table names its columns: none of
// its cells is what tables hold, and some name is known or there are several.
func HasHeader(first []string, rest [][]string) bool {
	known := 0
	for _, cell := range first {
		cell = strings.TrimSpace(cell)
		if _, ok := indicator.TypeOf(cell); ok || isDate(cell) || cell != "" && isNumber(cell) || marking.Begins(cell) && marking.Is(cell) {
			return false
		}
		if isKnown(cell) {
			known++
		}
	}
	if known > 0 {
		return true
	}
	for i := range first {
		if s := look(rest, i); s.cells > 0 && s.share(s.indicators+s.dates) >= sure {
			return true
		}
	}
	return len(first) > 1
}

func isKnown(name string) bool {
	_, typed := typedName(name)
	return typed || fieldsByName[plain(name)] != "" || marking.IsName(name)
}

// Known counts the columns of a header whose names are known.
func Known(header []string) int {
	n := 0
	for _, name := range header {
		if isKnown(name) {
			n++
		}
	}
	return n
}

// Infer tells what the columns of a table hold, by their names and by the
// cells of its first rows. header is nil where the table has none.
func Infer(header []string, rows [][]string, order Order) Table {
	t := Table{Own: isOwn(header)}
	width := len(header)
	if header == nil {
		for _, row := range rows {
			width = max(width, len(row))
		}
	}
	looks := make([]stats, width)
	for i := range width {
		name := "column " + strconv.Itoa(i+1)
		if header != nil {
			name = strings.TrimSpace(header[i])
		}
		t.Columns = append(t.Columns, Column{Name: name, Dates: NewDates(order)})
		looks[i] = look(rows, i)
	}
	if t.Own {
		for i := range t.Columns {
			t.Columns[i].Field = fieldsByName[plain(t.Columns[i].Name)]
		}
		return t
	}
	seen := map[string]bool{}
	t.markings(looks, seen)
	t.byName(looks, seen)
	t.byCells(looks, seen, header == nil)
	t.withoutContext()
	t.open(looks)
	t.learn(rows)
	return t
}

// isOwn tells the header that an export of this program writes.
func isOwn(header []string) bool {
	for _, name := range []string{"date", "event", "category", "indicator", "indicatorType", "tlp"} {
		if !slices.Contains(header, name) {
			return false
		}
	}
	return slices.Contains(header, "killChain") || slices.Contains(header, "mitreAttack")
}

// several tells whether a field may stand in several columns.
func several(field string) bool { return field == "indicator" || field == "tags" || field == "tlp" }

func (t *Table) set(i int, field string, kind indicator.Type, seen map[string]bool) {
	if seen[field] && !several(field) {
		return
	}
	seen[field] = true
	t.Columns[i].Field, t.Columns[i].Type = field, kind
}

func (t *Table) note(i int, s stats, n int, text string) {
	t.Notes = append(t.Notes, fmt.Sprintf("column %q %s (%d%% of its cells)", t.Columns[i].Name, text, s.share(n)))
}

// byName decides the columns whose names are known, where their cells allow
// it.
func (t *Table) byName(looks []stats, seen map[string]bool) {
	for i := range t.Columns {
		name, s := t.Columns[i].Name, looks[i]
		field := fieldsByName[plain(name)]
		kind, typed := typedName(name)
		switch {
		case t.Columns[i].Field != "":
		case marking.IsName(name):
			t.set(i, "tlp", "", seen)
		case isPAP(name):
			t.set(i, "tags", "", seen)
			t.Columns[i].PAP = true
		case typed && (s.cells == 0 || freeTypes[kind] || s.share(s.indicators) >= fits || t.fitting(i, kind, s)):
			t.set(i, "indicator", kind, seen)
		case typed && field == "":
			t.note(i, s, s.indicators, "isn't taken as an indicator: too few of its cells are one")
		default:
			t.named(i, field, s, seen)
		}
	}
}

// fitting tells whether cells are what a typed name says although their form
// alone doesn't show it.
func (t *Table) fitting(i int, kind indicator.Type, s stats) bool {
	return kind == indicator.Domain && s.dates+s.types+s.markings == 0 && plain(t.Columns[i].Name) != "address" && s.share(s.indicators) > 0
}

// named decides a column whose name is that of a field.
func (t *Table) named(i int, field string, s stats, seen map[string]bool) {
	switch field {
	case "":
	case "indicator", "indicatorType":
		switch {
		case s.cells > 0 && s.share(s.types) >= fits:
			if field == "indicator" {
				t.note(i, s, s.types, "holds names of types, and is taken as the type of the indicators")
			}
			t.set(i, "indicatorType", "", seen)
		case s.share(s.indicators) >= fits:
			if field == "indicatorType" {
				t.note(i, s, s.indicators, "holds indicators, and is taken as that")
			}
			t.set(i, "indicator", "", seen)
		case field == "indicator" && s.share(s.dates+s.markings) < fits && plain(t.Columns[i].Name) != "data", s.cells == 0:
			t.set(i, field, "", seen)
		}
	case "date", "createdAt":
		if s.cells == 0 || s.dates > 0 {
			t.set(i, field, "", seen)
			return
		}
		t.note(i, s, s.dates, "is kept in the raw record: none of its cells is a date")
	case "source":
		t.set(i, field, "", seen)
	default:
		t.set(i, field, "", seen)
	}
}

// byCells decides the columns whose names say nothing by what they hold.
func (t *Table) byCells(looks []stats, seen map[string]bool, nameless bool) {
	named := seen["indicator"]
	for i := range t.Columns {
		s := looks[i]
		if t.Columns[i].Field != "" || s.cells == 0 {
			continue
		}
		name := t.Columns[i].Name
		switch {
		case s.share(s.types) >= sure && !seen["indicatorType"] && (nameless || !named || seen["indicator"]):
			t.set(i, "indicatorType", "", seen)
			t.note(i, s, s.types, "holds names of types, and is taken as the type of the indicators")
		case s.share(s.indicators) >= sure && !refers(name) && (nameless || !named || hintsIndicators(name)):
			t.set(i, "indicator", mainKind(s.kinds), seen)
			t.note(i, s, s.indicators, "holds indicators, and is taken as that")
		case s.share(s.dates) >= sure && !seen["date"]:
			t.set(i, "date", "", seen)
			t.note(i, s, s.dates, "holds dates, and is taken as the date of the events")
		}
	}
	t.country(seen)
}

// mainKind is the only type that was seen, "" where there are several.
func mainKind(kinds map[indicator.Type]int) indicator.Type {
	if len(kinds) != 1 {
		return ""
	}
	for kind := range kinds {
		return kind
	}
	return ""
}

// country takes a column called country for the target's only in a table of
// victims: beside addresses it says where those are.
func (t *Table) country(seen map[string]bool) {
	if seen["targetCountry"] {
		return
	}
	victims := seen["targetIndustry"]
	at := -1
	for i, c := range t.Columns {
		victims = victims || slices.ContainsFunc(wordsOf(c.Name), func(w string) bool { return victimWords[w] })
		if c.Field == "" && countryWords[plain(c.Name)] {
			at = i
		}
	}
	if at >= 0 && victims {
		t.set(at, "targetCountry", "", seen)
		t.Notes = append(t.Notes, fmt.Sprintf("column %q is taken as the target's country, since the table is one of victims", t.Columns[at].Name))
	}
}

// withoutContext takes columns that only describe the indicators of others for
// what they are.
func (t *Table) withoutContext() {
	others := slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Field == "indicator" && !contextTypes[c.Type] })
	for i, c := range t.Columns {
		if others && c.Field == "indicator" && contextTypes[c.Type] {
			t.Columns[i].Field, t.Columns[i].Type = "", ""
		}
	}
}

// learn looks at the dates of the first rows.
func (t *Table) learn(rows [][]string) {
	for i, c := range t.Columns {
		if c.Field != "date" && c.Field != "createdAt" {
			continue
		}
		for _, row := range rows {
			if i < len(row) {
				c.Dates.Learn(strings.TrimSpace(row[i]))
			}
		}
		if s := c.Dates.Ambiguous(); s != "" {
			t.Notes = append(t.Notes, fmt.Sprintf("column %q: nothing tells whether %s has the month or the day first; read with the month first (a date order of dmy reads it the other way)", c.Name, s))
		}
	}
}

// Remap applies a mapping that was asked for: fields, or types of indicators,
// by the name or the number (from 1) of a column; "-" leaves it out.
func (t *Table) Remap(wanted map[string]string, rows [][]string) error {
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		at, err := t.find(name)
		if err != nil {
			return err
		}
		field := wanted[name]
		told := fmt.Sprintf("column %q ", t.Columns[at].Name)
		t.Notes = slices.DeleteFunc(t.Notes, func(note string) bool { return strings.HasPrefix(note, told) })
		kind, typed := indicator.ParseType(field)
		t.Columns[at].Marks, t.Columns[at].Open, t.Columns[at].Share = false, false, false
		switch {
		case field == "-":
			t.Columns[at].Field, t.Columns[at].Type, t.Columns[at].Left = "", "", true
		case slices.Contains(Fields(), field):
			t.unmap(field)
			t.Columns[at].Field, t.Columns[at].Type = field, ""
		case typed:
			t.Columns[at].Field, t.Columns[at].Type = "indicator", kind
		default:
			return fmt.Errorf("%q is no field; want one of %s, or - for none", field, strings.Join(Fields(), ", "))
		}
	}
	if len(wanted) > 0 {
		t.learn(rows)
	}
	return nil
}

// Holds tells whether there is a column of a name, or of a number (from 1).
func (t *Table) Holds(name string) bool {
	_, err := t.find(name)
	return err == nil
}

func (t *Table) find(name string) (int, error) {
	at := slices.IndexFunc(t.Columns, func(c Column) bool {
		return strings.EqualFold(c.Name, name) || plain(c.Name) == plain(name) && plain(name) != ""
	})
	if n, err := strconv.Atoi(name); err == nil && at < 0 {
		at = n - 1
	}
	if at < 0 || at >= len(t.Columns) {
		return 0, fmt.Errorf("there is no column %q; the file has %s", name, t.Names())
	}
	return at, nil
}

// unmap takes a field away from the column that was found for it.
func (t *Table) unmap(field string) {
	for i := range t.Columns {
		if t.Columns[i].Field == field && !several(field) {
			t.Columns[i].Field = ""
		}
	}
}

// Has tells whether some column holds a field.
func (t *Table) Has(field string) bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Field == field })
}

// Names lists the columns, the first 30 of many.
func (t *Table) Names() string {
	const most = 30
	names := make([]string, 0, most+1)
	for i, c := range t.Columns {
		if i == most {
			names = append(names, "…")
			break
		}
		names = append(names, fmt.Sprintf("%.40q", c.Name))
	}
	return strings.Join(names, ", ")
}

// Time reads a date of a column.
func (c Column) Time(cell string) (api.Time, error) { return c.Dates.Parse(cell) }
