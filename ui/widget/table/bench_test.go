package table

import "testing"

const benchRows = 100_000

func BenchmarkLinesUnchanged(b *testing.B) {
	m, _ := eventTable(b, benchRows, 120, 40)
	b.ReportAllocs()
	for b.Loop() {
		m.Lines()
	}
}

func BenchmarkLinesCursorDown(b *testing.B) {
	m, _ := eventTable(b, benchRows, 120, 40)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.MoveTo(i % 39)
		m.Lines()
	}
}

func BenchmarkLinesPage(b *testing.B) {
	m, _ := eventTable(b, benchRows, 120, 40)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.MoveTo(i * 39 % benchRows)
		m.Lines()
	}
}

func BenchmarkLinesPageWide(b *testing.B) {
	m, src := eventTable(b, benchRows, 120, 40)
	m.SetSource(wide{src})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.MoveTo(i * 39 % benchRows)
		m.Lines()
	}
}

// wide puts wide runes into every row.
type wide struct{ *events }

func (w wide) Row(i int, cells []Cell) bool {
	ok := w.events.Row(i, cells)
	cells[7].Text = "漢字の件名 e\u0301te\u0301 " + cells[7].Text
	return ok
}
