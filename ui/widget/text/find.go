package text

import (
	"sort"

	"threatbench/ui/widget/layout"
)

// finder remembers where a query was found: which lines, and how many hits
// come before each. The hits of a line are found again when it is drawn.
type finder struct {
	query  string
	lines  []int // lines with a hit
	before []int // hits ahead of lines[i]
	total  int
	cur    int // the current hit, 0..total-1
}

func (f *finder) scan(src []string, ascii bool) {
	f.lines, f.before, f.total, f.cur = nil, nil, 0, 0
	if f.query == "" {
		return
	}
	for i, s := range src {
		n := count(parse(s, ascii).plain, f.query)
		if n == 0 {
			continue
		}
		f.lines = append(f.lines, i)
		f.before = append(f.before, f.total)
		f.total += n
	}
}

func count(s, query string) (n int) {
	for {
		_, end := IndexFold(s, query)
		if end < 0 {
			return n
		}
		n++
		s = s[end:]
	}
}

// place gives the line of the current hit and which of the line's hits it is.
func (f *finder) place() (line, nth int) {
	i := sort.Search(len(f.before), func(i int) bool { return f.before[i] > f.cur }) - 1
	return f.lines[i], f.cur - f.before[i]
}

// Find looks for q without regard to case, goes to the first hit at or below
// the top of the window (or else the first of all) and tells how many there
// are. An empty q ends the search.
func (m *Model) Find(q string) int {
	m.find.query = Fold(q)
	clear(m.cache)
	m.find.scan(m.src, m.st.Glyphs.ASCII)
	if m.find.total == 0 {
		return 0
	}
	i := sort.SearchInts(m.find.lines, m.top.line)
	if i == len(m.find.lines) {
		i = 0
	}
	m.find.cur = m.find.before[i]
	m.reveal()
	return m.find.total
}

// Next goes to the next hit, after the last to the first; false without hits.
func (m *Model) Next() bool { return m.step(1) }

// Prev goes to the hit before, ahead of the first to the last.
func (m *Model) Prev() bool { return m.step(-1) }

func (m *Model) step(n int) bool {
	if m.find.total == 0 {
		return false
	}
	m.find.cur = (m.find.cur + n + m.find.total) % m.find.total
	m.reveal()
	return true
}

// Found tells which hit is the current one, from 1, and how many there are.
func (m *Model) Found() (current, total int) {
	if m.find.total == 0 {
		return 0, 0
	}
	return m.find.cur + 1, m.find.total
}

// reveal scrolls so that the current hit is in sight, in the middle where the
// window has to move.
func (m *Model) reveal() {
	i, nth := m.find.place()
	c := m.at(i)
	h := c.hits[nth]
	p := place{i, rowOf(c.starts, h.start)}
	bottom := m.move(m.top, max(m.h, 1)-1)
	if p.before(m.top) || bottom.before(p) {
		m.top = m.move(p, -m.h/2)
		m.clamp()
	}
	if m.wrap {
		return
	}
	start, end := layout.Width(c.plain[:h.start]), layout.Width(c.plain[:h.end])
	if start < m.left || end > m.left+m.w-1 {
		m.left = max(0, start-m.w/2)
	}
	if end < m.w {
		m.left = 0
	}
}

// rowOf is the row that holds offset.
func rowOf(starts []int, offset int) int {
	return sort.SearchInts(starts, offset+1) - 1
}

// allHits are the hits on a line from left to right, each after the end of
// the one before.
func allHits(plain, query string) (out []hit) {
	for at := 0; ; {
		start, end := IndexFold(plain[at:], query)
		if end < 0 {
			return out
		}
		out = append(out, hit{start: at + start, end: at + end})
		at += end
	}
}

// hits are those on bytes from..to of line i, with their styles.
func (m *Model) hits(i, from, to int) []hit {
	if m.find.total == 0 {
		return nil
	}
	all := m.at(i).hits
	a := sort.Search(len(all), func(k int) bool { return all[k].end > from })
	b := sort.Search(len(all), func(k int) bool { return all[k].start >= to })
	if a >= b {
		return nil
	}
	line, nth := m.find.place()
	out := make([]hit, 0, b-a)
	for k := a; k < b; k++ {
		h := all[k]
		h.on = m.st.Match.On()
		if line == i && nth == k {
			h.on = m.st.MatchCurrent.On()
		}
		out = append(out, h)
	}
	return out
}
