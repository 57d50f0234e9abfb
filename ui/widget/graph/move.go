package graph

import (
	"cmp"
	"slices"
)

// margin is how many cells around the cursor's node are kept in sight.
const margin = 1

// hold has the cursor's node stay where it is on the screen, whatever is worked
// out anew, as far as the window allows.
func (m *Model) hold() {
	m.chase = true
	if m.anchor != nil || !m.placed || m.seen == nil || m.lay == nil {
		return
	}
	if i, ok := m.seen.at[m.cur]; ok && i < len(m.lay.boxes) {
		b := &m.lay.boxes[i]
		m.anchor = &point{b.x - m.vx, b.labelRow() - m.vy}
	}
}

// window brings the part of the plan that is shown up to date.
func (m *Model) window() {
	p := m.layout()
	i, ok := m.sight().at[m.cur]
	if !ok {
		return
	}
	b := &p.boxes[i]
	switch {
	case !m.placed:
		// More is to be seen on the right of the focus, mostly.
		m.vx, m.vy = b.x-m.w/4, b.labelRow()-m.h/2
		if p.w <= m.w {
			m.vx = 0
		}
		m.placed = true
	case m.anchor != nil:
		m.vx, m.vy = b.x-m.anchor.x, b.labelRow()-m.anchor.y
	}
	m.anchor = nil
	if m.chase {
		m.vx = into(m.vx, m.w, b.x, b.w)
		m.vy = into(m.vy, m.h, b.y, b.h)
		m.chase = false
	}
	m.clamp(p)
}

// into moves a window of a size as little as brings a stretch into it; where it
// is too long, its beginning.
func into(at, size, from, length int) int {
	room := margin
	if length+2*margin > size {
		room = 0
	}
	at = max(at, from+length+room-size)
	return min(at, from-room)
}

// clamp keeps a plan that fits wholly in the window, and the window on a larger
// one; there it may show a margin around it.
func (m *Model) clamp(p *plan) {
	m.vx = within(m.vx, p.w, m.w)
	m.vy = within(m.vy, p.h, m.h)
}

func within(at, plan, window int) int {
	if plan <= window {
		return min(max(at, plan-window), 0)
	}
	return min(max(at, -margin), plan+margin-window)
}

// moveTo puts the cursor on an item.
func (m *Model) moveTo(id string) {
	m.cur = id
	m.chase = true
	m.findRow()
}

// Pan moves the window over the drawing, or the tree up and down; it tells
// whether anything moved. The cursor stays where it is in the graph.
func (m *Model) Pan(dx, dy int) bool {
	if len(m.sight().items) == 0 {
		return false
	}
	if m.TreeShown() {
		return m.panTree(dy)
	}
	m.window()
	x, y := m.vx, m.vy
	m.vx, m.vy = m.vx+dx, m.vy+dy
	m.clamp(m.layout())
	return x != m.vx || y != m.vy
}

// Outside counts the nodes that lie beyond each edge of the window.
func (m *Model) Outside() (left, up, right, down int) {
	if len(m.sight().items) == 0 || m.scaled() {
		return 0, 0, 0, 0
	}
	if m.TreeShown() {
		up, down = m.outsideTree()
		return 0, up, 0, down
	}
	m.window()
	for i := range m.layout().boxes {
		b := &m.layout().boxes[i]
		switch {
		case b.x+b.w <= m.vx:
			left++
		case b.x >= m.vx+m.w:
			right++
		case b.y+b.h <= m.vy:
			up++
		case b.y >= m.vy+m.h:
			down++
		}
	}
	return left, up, right, down
}

// CursorXY is the cell of the window where the terminal's cursor belongs, and
// false where the cursor's node is out of sight.
func (m *Model) CursorXY() (x, y int, ok bool) {
	i, ok := m.sight().at[m.cur]
	if !ok {
		return 0, 0, false
	}
	switch {
	case m.TreeShown():
		return m.cursorInTree()
	case m.scaled():
		b := &m.layout().boxes[i]
		at := m.scale().to(b.x, b.y)
		x, y = at.x, at.y
	default:
		m.window()
		b := &m.layout().boxes[i]
		x, y = b.x-m.vx, b.labelRow()-m.vy
	}
	return x, y, x >= 0 && y >= 0 && x < m.w && y < m.h
}

// Hit is what stands at a cell of the window.
func (m *Model) Hit(x, y int) (Item, bool) {
	i := m.hit(x, y)
	if i < 0 {
		return Item{}, false
	}
	return m.item(i), true
}

// Click moves the cursor to what stands at a cell of the window; a click on a
// "+97 more" unfolds it. It tells whether there was anything.
func (m *Model) Click(x, y int) bool {
	i := m.hit(x, y)
	if i < 0 {
		return false
	}
	if m.TreeShown() {
		m.treeCur = m.treeAt + y
		m.cur = m.sight().items[i].id
	} else {
		m.moveTo(m.sight().items[i].id)
	}
	if m.sight().items[i].node < 0 {
		m.Unfold()
	}
	return true
}

func (m *Model) hit(x, y int) int {
	if x < 0 || y < 0 || x >= m.w || y >= m.h || len(m.sight().items) == 0 {
		return -1
	}
	if m.TreeShown() {
		return m.hitTree(y)
	}
	p := m.layout()
	if m.scaled() {
		sc := m.scale()
		return slices.IndexFunc(p.boxes, func(b box) bool { return sc.to(b.x, b.y) == point{x, y} })
	}
	m.window()
	return slices.IndexFunc(p.boxes, func(b box) bool { return b.holds(x+m.vx, y+m.vy) })
}

// Home moves the cursor to the focus.
func (m *Model) Home() bool {
	s := m.sight()
	if len(s.roots) == 0 || s.items[s.roots[0]].id == m.cur {
		return false
	}
	m.moveTo(s.items[s.roots[0]].id)
	return true
}

// Left moves the cursor along a line to the left: back to where it came from,
// else to the nearest node. In the tree it goes to what the row hangs on.
func (m *Model) Left() bool {
	if m.TreeShown() {
		return m.treeLeft()
	}
	return m.along(true)
}

// Right moves the cursor along a line to the right. In the tree it unfolds what
// is hidden, or goes to the first row that hangs on this one.
func (m *Model) Right() bool {
	if m.TreeShown() {
		return m.treeRight()
	}
	return m.along(false)
}

func (m *Model) along(left bool) bool {
	s, p := m.sight(), m.layout()
	i, ok := s.at[m.cur]
	if !ok {
		return false
	}
	best := -1
	for _, l := range s.adj[i] {
		if (s.links[l].b == i) != left {
			continue
		}
		j := s.far(l, i)
		if s.items[j].id == m.trail[trailKey(m.cur, left)] {
			best = j
			break
		}
		if best < 0 || nearer(&p.boxes[j], &p.boxes[best], &p.boxes[i]) {
			best = j
		}
	}
	if best < 0 {
		return false
	}
	m.trail[trailKey(s.items[best].id, !left)] = m.cur
	m.moveTo(s.items[best].id)
	return true
}

func trailKey(id string, left bool) string {
	if left {
		return "<" + id
	}
	return ">" + id
}

// nearer tells whether a is nearer to here than b: by layers, then by rows.
func nearer(a, b, here *box) bool {
	return cmp.Or(
		cmp.Compare(abs(a.layer-here.layer), abs(b.layer-here.layer)),
		cmp.Compare(abs(a.labelRow()-here.labelRow()), abs(b.labelRow()-here.labelRow())),
		cmp.Compare(a.y, b.y),
	) < 0
}

func abs(n int) int { return max(n, -n) }

// Up moves the cursor to the node above in the same layer, past its end to the
// nearest one further up.
func (m *Model) Up() bool { return m.step(-1) }

// Down moves the cursor to the node below in the same layer, past its end to
// the nearest one further down.
func (m *Model) Down() bool { return m.step(1) }

// Page moves the cursor by n windows down, or up where n is negative.
func (m *Model) Page(n int) bool {
	rows := m.h - 1
	if m.zoom == Full && !m.TreeShown() {
		rows = m.h/boxHeight - 1
	}
	moved := false
	for range max(rows, 1) * abs(n) {
		if !m.step(cmp.Compare(n, 0)) {
			break
		}
		moved = true
	}
	return moved
}

func (m *Model) step(d int) bool {
	if m.TreeShown() {
		return m.treeStep(d)
	}
	s, p := m.sight(), m.layout()
	i, ok := s.at[m.cur]
	if !ok {
		return false
	}
	column := p.column[[2]int{p.part[i], p.boxes[i].layer}]
	if k := slices.Index(column, i) + d; k >= 0 && k < len(column) {
		m.moveTo(s.items[column[k]].id)
		return true
	}
	here, best := &p.boxes[i], -1
	for j := range p.boxes {
		b := &p.boxes[j]
		if (b.labelRow()-here.labelRow())*d <= 0 || b.layer == here.layer && p.part[j] == p.part[i] {
			continue
		}
		if best < 0 || closer(b, &p.boxes[best], here) {
			best = j
		}
	}
	if best < 0 {
		return false
	}
	m.moveTo(s.items[best].id)
	return true
}

// closer tells whether a is closer to here than b, by rows first.
func closer(a, b, here *box) bool {
	return cmp.Or(
		cmp.Compare(abs(a.labelRow()-here.labelRow()), abs(b.labelRow()-here.labelRow())),
		cmp.Compare(abs(a.x-here.x), abs(b.x-here.x)),
		cmp.Compare(a.x, b.x),
	) < 0
}
