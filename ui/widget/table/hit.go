package table

// CursorXY is where the real cursor belongs: the first cell of the selected
// column in the selected row, counted from the table's top left; -1, -1 when
// no row is on the screen.
func (m *Model) CursorXY() (x, y int) {
	m.clamp()
	m.lay()
	from, to := m.Visible()
	if m.cursor < from || m.cursor >= to || m.w == 0 {
		return -1, -1
	}
	x = min(gutter, m.w-1)
	for _, s := range m.spans {
		if s.col == m.col {
			x = s.x
		}
	}
	return x, m.cursor - m.offset + 1
}

// Hit tells what lies at x, y, counted from the table's top left.
func (m *Model) Hit(x, y int) Hit {
	m.clamp()
	m.lay()
	if x < 0 || y < 0 || x >= m.w || y >= m.h {
		return Hit{None, -1, -1}
	}
	if y == 0 {
		return m.hitHeader(x)
	}
	if x == m.w-1 && m.thumbAt() >= 0 {
		return Hit{Scrollbar, m.rowAt(y - 1), -1}
	}
	row := m.offset + y - 1
	if row >= m.src.Len() {
		return Hit{None, -1, -1}
	}
	for _, s := range m.spans {
		if x >= s.x && x < s.x+s.w+gap {
			return Hit{Row, row, s.col}
		}
	}
	return Hit{Row, row, -1}
}

func (m *Model) hitHeader(x int) Hit {
	for _, s := range m.spans {
		switch {
		case x >= s.x && x < s.x+s.w:
			return Hit{Header, -1, s.col}
		case x >= s.x+s.w && x < s.x+s.w+gap:
			return Hit{Border, -1, s.col}
		}
	}
	return Hit{None, -1, -1}
}

// rowAt is the row that line y of the scroll bar stands for, from the first at
// its top to the last at its bottom.
func (m *Model) rowAt(y int) int {
	last := m.src.Len() - 1
	return y * last / max(m.body()-1, 1)
}
