package table

import (
	"fmt"
	"slices"
	"strings"

	"threatbench/api/marking"
)

// sentence is how many words the cells of a column have on average from which
// on they are prose.
const sentence = 6

// markings finds the columns whose cells say how far their rows may be shared,
// whatever their names say. Columns whose names say so are found by those.
func (t *Table) markings(looks []stats, seen map[string]bool) {
	for i := range t.Columns {
		s := looks[i]
		if marking.IsName(t.Columns[i].Name) || isPAP(t.Columns[i].Name) || !t.holdsMarkings(i, s) {
			continue
		}
		t.Columns[i].Marks = true
		if isProse(t.field(i)) && s.share(s.markings) < sure {
			t.note(i, s, s.markings, "seems to hold TLP markings, and is read as that too")
			continue
		}
		t.set(i, "tlp", "", seen)
		t.note(i, s, s.markings, "seems to hold TLP markings, and is taken as that")
	}
}

// isPAP tells whether a column says what may be done with what its row names:
// the permissible actions protocol, which a tag keeps.
func isPAP(name string) bool {
	switch plain(name) {
	case "pap", "paplevel", "papcolor", "papcolour", "permissibleactionsprotocol":
		return true
	}
	return false
}

// PAP is the tag for a cell of such a column.
func PAP(cell string) string {
	rest := strings.TrimLeft(strings.TrimPrefix(strings.ToUpper(cell), "PAP"), ": _-")
	if names := []string{"CLEAR", "GREEN", "AMBER", "RED"}; len(rest) == 1 && rest[0] >= '0' && rest[0] <= '3' {
		rest = names[rest[0]-'0']
	}
	return "PAP:" + rest
}

// field is the field that a column's name says.
func (t *Table) field(i int) string { return fieldsByName[plain(t.Columns[i].Name)] }

// isProse tells the fields in which words on other things are at home.
func isProse(field string) bool { return field == "event" || field == "insight" || field == "tags" }

// holdsMarkings tells whether a column is one of markings: a third of its cells
// are some, or a single one where nothing else is expected.
func (t *Table) holdsMarkings(i int, s stats) bool {
	if s.cells == 0 || s.share(s.indicators+s.dates+s.types) >= fits {
		return false
	}
	field := t.field(i)
	_, typed := typedName(t.Columns[i].Name)
	switch {
	case field == "id" || field == "raw" || field == "relationships":
		return false
	case field == "indicator" || typed:
		return s.share(s.markings) >= sure
	case field == "tags": // those with TLP are tags in their right place
		return 3*(s.markings-min(s.tagged, s.markings)) >= s.cells
	case 3*s.markings >= s.cells:
		return !isProse(field) || !s.prose()
	}
	return s.tagged > 0 && (field == "" || field == "category") && !s.prose()
}

// prose tells whether the cells that are no markings are whole sentences.
func (s stats) prose() bool { return s.words > sentence*(s.cells-s.markings) }

// open finds the columns that a marking further down would make one of markings,
// and those where one may stand among other words.
func (t *Table) open(looks []stats) {
	for i := range t.Columns {
		c := &t.Columns[i]
		c.Open = c.Field == "" && !c.Marks && !looks[i].prose()
		c.Share = marking.OnSharing(c.Name)
	}
}

// Unplaced names the columns that fit no field, where no other note has told
// what becomes of them. kept says where their cells are.
func (t *Table) Unplaced(kept string) []string {
	var out []string
	for _, c := range t.Columns {
		told := fmt.Sprintf("column %q ", c.Name)
		if c.Field != "" || c.Left || slices.ContainsFunc(t.Notes, func(n string) bool { return strings.HasPrefix(n, told) }) {
			continue
		}
		out = append(out, told+"fits no field; "+kept)
	}
	return out
}
