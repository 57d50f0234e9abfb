package table

import (
	"fmt"
	"testing"

	"threatbench/theme"
)

// events is a source that looks like the events view's: rows differ in length,
// some carry a tail, some have two pens.
type events struct {
	n      int
	pens   [6]theme.Pen
	marks  map[int]bool
	absent func(i int) bool
	calls  int
}

func (e *events) Len() int { return e.n }

func (e *events) Row(i int, cells []Cell) bool {
	e.calls++
	if e.absent != nil && e.absent(i) {
		return false
	}
	names := [...]string{"FLYINGYETI", "DARKHALO", "CRIMSON-GULL", "PALEMOTH", ""}
	tlps := [...]string{"clear", "green", "amber", "red"}
	categories := [...]string{"Phishing", "Domain Resolution", "C2 traffic", "Malware", "Vulnerability exploited"}
	cells[0].Text = fmt.Sprintf("%02d Nov %02d:%02d", 1+i/1440%28, i/60%24, i%60)
	cells[1] = Cell{Text: tlps[i%4], Pen: e.pens[[...]int{1, 2, 3, 5}[i%4]]}
	cells[2].Text = names[i%5]
	cells[3].Text = categories[i*7%5]
	cells[4].Text = fmt.Sprintf("cdn-%d.node%d.acme.example", i%97, i)
	cells[5].Text = "UA Government"
	cells[6] = Cell{Text: "c2", Tail: fmt.Sprintf("+%d", i%9+1)}
	cells[7].Text = "Domain resolved to an address seen in an earlier campaign for the first time"
	return true
}

func (e *events) Marked(i int) bool { return e.marks[i] }

func eventColumns() []Column {
	return []Column{
		{ID: "date", Title: "DATE", Min: 12, Width: 12},
		{ID: "tlp", Title: "TLP", Min: 5, Width: 6, Priority: 2},
		{ID: "attacker", Title: "ATTACKER", Min: 8, Width: 14, Max: 24, Flex: 1},
		{ID: "category", Title: "CATEGORY", Min: 8, Width: 18, Max: 24, Flex: 1, Priority: 1},
		{ID: "indicator", Title: "INDICATOR", Min: 12, Width: 24, Max: 40, Flex: 2},
		{ID: "target", Title: "TARGET", Min: 8, Width: 13, Priority: 3},
		{ID: "tags", Title: "TAGS", Min: 6, Width: 9, Priority: 4},
		{ID: "event", Title: "EVENT", Min: 10, Width: 20, Flex: 3, Priority: 5},
	}
}

func styles(t testing.TB, name string, ascii bool) *theme.Styles {
	t.Helper()
	st, err := theme.Load(name, true, ascii)
	if err != nil {
		t.Fatalf("loading the theme: %v", err)
	}
	return st
}

func eventTable(t testing.TB, n, w, h int) (*Model, *events) {
	t.Helper()
	st := styles(t, "dark", false)
	src := &events{n: n, pens: st.TLP, marks: map[int]bool{}}
	m := New(st)
	m.SetColumns(eventColumns())
	m.SetSource(src)
	m.SetSort("date", true)
	m.SetSize(w, h)
	m.Focus(true)
	return m, src
}
