package table

// lead is how many rows stay in sight before the cursor as it steps.
const lead = 2

// body is the number of rows that fit on the screen.
func (m *Model) body() int { return max(m.h-1, 0) }

// clamp brings cursor and offset back within the rows there are.
func (m *Model) clamp() {
	n := m.src.Len()
	m.cursor = min(max(m.cursor, 0), max(n-1, 0))
	m.offset = min(max(m.offset, 0), max(n-m.body(), 0))
}

// Cursor is the selected row, 0 when there are none.
func (m *Model) Cursor() int {
	m.clamp()
	return m.cursor
}

// Offset is the first row on the screen.
func (m *Model) Offset() int {
	m.clamp()
	return m.offset
}

// Visible gives the rows on the screen: from up to, not including, to.
func (m *Model) Visible() (from, to int) {
	m.clamp()
	return m.offset, min(m.offset+m.body(), m.src.Len())
}

// Reveal scrolls as little as needed to have the cursor on the screen.
func (m *Model) Reveal() {
	m.clamp()
	m.show()
}

// show scrolls until the cursor is on the screen.
func (m *Model) show() {
	if h := m.body(); h > 0 {
		m.offset = min(m.offset, m.cursor)
		m.offset = max(m.offset, m.cursor-h+1)
	}
	m.clamp()
}

// MoveBy moves the cursor n rows down, up if n is negative. The view follows
// line by line, never by more lines than the cursor, and keeps two rows in
// sight ahead of it.
func (m *Model) MoveBy(n int) {
	m.clamp()
	from := m.cursor
	m.cursor = m.moved(m.cursor, n)
	h, by := m.body(), m.cursor-from
	ahead := max(min(lead, (h-1)/4), 0)
	switch {
	case by > 0:
		m.offset += min(max(m.cursor+ahead-h+1-m.offset, 0), by)
	case by < 0:
		m.offset += max(min(m.cursor-ahead-m.offset, 0), by)
	}
	m.show()
}

// moved is at+n within the rows there are, safe against overflow.
func (m *Model) moved(at, n int) int {
	last := max(m.src.Len()-1, 0)
	if n >= last {
		return last
	}
	return min(max(at+max(n, -last), 0), last)
}

// MoveTo puts the cursor on row i. A row not on the screen comes to its middle.
func (m *Model) MoveTo(i int) {
	m.clamp()
	m.cursor = min(max(i, 0), max(m.src.Len()-1, 0))
	h := m.body()
	if m.cursor < m.offset || m.cursor >= m.offset+h {
		m.offset = m.cursor - h/2
	}
	m.show()
}

// Page turns n pages down, up if n is negative. The cursor keeps its place on
// the screen; at either end it goes on to the first or last row.
func (m *Model) Page(n int) { m.turn(n * max(m.body(), 1)) }

// HalfPage turns n half pages, like Page.
func (m *Model) HalfPage(n int) { m.turn(n * max(m.body()/2, 1)) }

func (m *Model) turn(n int) {
	m.clamp()
	m.offset = m.moved(m.offset, n)
	m.cursor = m.moved(m.cursor, n)
	m.clamp()
	m.show()
}

// Home goes to the first row.
func (m *Model) Home() {
	m.MoveTo(0)
	m.offset = 0
}

// End goes to the last row.
func (m *Model) End() {
	m.MoveTo(m.src.Len() - 1)
	m.offset = max(m.src.Len()-m.body(), 0)
}

// ScrollBy moves the view n rows down, up if n is negative; the cursor moves
// only to stay on the screen.
func (m *Model) ScrollBy(n int) {
	m.clamp()
	h := m.body()
	if h == 0 {
		return
	}
	m.offset = m.moved(m.offset, n)
	m.clamp()
	m.cursor = min(max(m.cursor, m.offset), m.offset+h-1)
	m.clamp()
}

// Col is the selected column, counted as in Columns.
func (m *Model) Col() int {
	m.lay()
	return m.col
}

// SetCol selects a column; one that isn't on the screen gives its neighbour.
func (m *Model) SetCol(i int) {
	m.lay()
	m.col = m.nearest(min(max(i, 0), max(len(m.cols)-1, 0)))
	m.header.ok = false
}

// Left selects the next column to the left.
func (m *Model) Left() { m.step(-1) }

// Right selects the next column to the right.
func (m *Model) Right() { m.step(1) }

func (m *Model) step(by int) {
	m.lay()
	for i, s := range m.spans {
		if s.col == m.col && i+by >= 0 && i+by < len(m.spans) {
			m.col = m.spans[i+by].col
			m.header.ok = false
			return
		}
	}
}
