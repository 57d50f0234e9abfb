// Package table draws a table over any number of rows and formats only those
// on the screen. It knows nothing of what the rows mean: a Source fills them.
//
// The selected row is told by a glyph in the gutter and by the real cursor, the
// selected column by its header: a step of the cursor costs sixty bytes on the
// wire, not the two whole rows that a highlight costs. SetHighlight is for
// terminals that are near.
package table

import "threatbench/theme"

// Column is one column. Widths are in cells.
type Column struct {
	ID, Title string
	// Min is the least width, 1 if less. Width is the wanted width; if it is 0,
	// that of the title and a sort arrow. Max bounds what Flex may add, 0 being no bound.
	Min, Width, Max int
	// Flex is the column's share of the space left over when all have their
	// wanted width.
	Flex  int
	Right bool // aligned right, for numbers
	// Priority tells what goes first where not all columns fit: the highest
	// number; of equals, the rightmost.
	Priority int
}

// Cell is what stands in one column of a row. Text and Tail are neutralised
// and hold no escape sequences; they may hold wide runes and combining marks.
type Cell struct {
	Text string
	Pen  theme.Pen
	// Tail stands after the text and stays when the text is cut: "+2". It has
	// no pen: a second one in every row would make a page a fifth dearer.
	Tail string
	// Notes are a remark in several lengths, the longest first: the first that
	// fits beside the whole text stands after it, and none where none does.
	Notes []string
}

// Source gives the rows. Len may change at any time; after any other change
// the table must be told by Invalidate.
type Source interface {
	Len() int
	// Row fills cells, which are empty, in column order. It returns false
	// while row i isn't loaded: a placeholder is drawn and Row asked again.
	Row(i int, cells []Cell) (ok bool)
	Marked(i int) bool
}

// Watched is a source some of whose rows somebody else looks at: they carry a
// glyph where the cursor would stand.
type Watched interface{ Watched(i int) bool }

// Unwanted is a source some of whose rows are marked as unwanted: they carry a
// glyph of their own where that of the mark would stand.
type Unwanted interface{ Unwanted(i int) bool }

// Kind is what lies under a point.
type Kind int

// The kinds of Hit.
const (
	None Kind = iota
	Header
	Border    // between two headers: drag to resize the column on its left
	Row       // a row; Col is -1 in the gutter
	Scrollbar // Row is the row that the point stands for
)

// Hit is what lies under a point. Row and Col are -1 where they mean nothing.
// Col counts as in Columns.
type Hit struct {
	Kind     Kind
	Row, Col int
}

// Model is a table. Its zero value is not usable; see New.
type Model struct {
	st      *theme.Styles
	src     Source
	cols    []Column
	w, h    int
	focused bool

	highlight bool

	cursor, offset int
	col            int // index into cols
	sortCol        string
	sortDesc       bool

	laid   bool     // spans fit cols and w
	spans  []span   // the visible columns
	cells  []Cell   // scratch, one for each column
	slots  []slot   // drawn rows
	gen    uint64   // what the slots were drawn for
	header headLine // the drawn header
}

// New makes an empty table.
func New(st *theme.Styles) *Model {
	return &Model{st: st, src: none{}, gen: 1}
}

// none is a source without rows.
type none struct{}

func (none) Len() int             { return 0 }
func (none) Row(int, []Cell) bool { return false }
func (none) Marked(int) bool      { return false }

// SetSource takes rows from src; nil is a table without rows. The cursor stays
// at its row's number, or the last row if there are fewer now.
func (m *Model) SetSource(src Source) {
	if src == nil {
		src = none{}
	}
	m.src = src
	m.Invalidate()
}

// SetColumns sets the columns from left to right. The selected column stays
// selected if one with its ID is still there.
func (m *Model) SetColumns(cols []Column) {
	id := ""
	if m.col < len(m.cols) {
		id = m.cols[m.col].ID
	}
	m.cols = append([]Column(nil), cols...)
	m.cells = make([]Cell, len(cols))
	m.col = 0
	for i, c := range m.cols {
		if c.ID == id {
			m.col = i
			break
		}
	}
	m.relay()
}

// Columns is a copy of the columns, with the widths the user gave them.
func (m *Model) Columns() []Column { return append([]Column(nil), m.cols...) }

// SetSort shows in the header by which column the rows are sorted; "" is none.
func (m *Model) SetSort(col string, desc bool) {
	if m.sortCol == col && m.sortDesc == desc {
		return
	}
	m.sortCol, m.sortDesc = col, desc
	m.header.ok = false
}

// SetSize sets the size in cells; the first line is the header.
func (m *Model) SetSize(w, h int) {
	w, h = max(w, 0), max(h, 0)
	if w == m.w && h == m.h {
		return
	}
	m.w, m.h = w, h
	m.relay()
	m.Reveal()
}

// Focus says whether the keys go to this table.
func (m *Model) Focus(on bool) {
	if m.focused == on {
		return
	}
	m.focused = on
	m.header.ok = false
}

// SetHighlight draws the text of the selected row strong. It makes a step of
// the cursor several times dearer, which only a slow link notices.
func (m *Model) SetHighlight(on bool) {
	if m.highlight == on {
		return
	}
	m.highlight = on
	m.gen++
}

// SetStyles changes the theme.
func (m *Model) SetStyles(st *theme.Styles) {
	m.st = st
	m.relay()
}

// Invalidate says that what the source gives has changed: everything on the
// screen is formatted anew.
func (m *Model) Invalidate() {
	m.gen++
	m.clamp()
}

// relay forgets the column layout and everything drawn with it.
func (m *Model) relay() {
	m.laid = false
	m.header.ok = false
	m.gen++
}
