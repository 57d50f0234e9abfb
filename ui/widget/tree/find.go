package tree

import (
	"slices"
	"sort"
	"strings"

	pane "threatbench/ui/widget/text"
)

// Find looks for q in keys and values without regard to case, goes to the
// first hit from the cursor on (unfolding what hides it) and tells how many
// values match. An empty q ends the search.
func (m *Model) Find(q string) int {
	if m.plain != nil {
		return m.plain.Find(q)
	}
	m.query = pane.Fold(q)
	m.hits = m.hits[:0]
	if m.query == "" {
		return 0
	}
	for i := range m.nodes {
		if m.inKey(int32(i)) || m.inValue(int32(i)) {
			m.hits = append(m.hits, int32(i))
		}
	}
	if len(m.hits) > 0 {
		at, _ := slices.BinarySearch(m.hits, m.node())
		m.reveal(m.hits[at%len(m.hits)])
	}
	return len(m.hits)
}

func (m *Model) inKey(i int32) bool {
	k := m.nodes[i].key
	return k.start < k.end && m.contains(k.of(m.src))
}

func (m *Model) inValue(i int32) bool {
	n := &m.nodes[i]
	return !n.container() && m.contains(n.value.of(m.src))
}

// contains looks for the query in a scalar as it is shown.
func (m *Model) contains(raw string) bool {
	if raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
		if strings.IndexByte(raw, '\\') >= 0 {
			raw = unquote(raw)
		}
		raw = m.clean(raw)
	}
	start, _ := pane.IndexFold(raw, m.query)
	return start >= 0
}

// Next goes to the next value that matches, after the last to the first; false
// without hits.
func (m *Model) Next() bool {
	if m.plain != nil {
		return m.plain.Next()
	}
	if len(m.hits) == 0 {
		return false
	}
	at := sort.Search(len(m.hits), func(k int) bool { return m.hits[k] > m.node() })
	m.reveal(m.hits[at%len(m.hits)])
	return true
}

// Prev goes to the value before that matches, ahead of the first to the last.
func (m *Model) Prev() bool {
	if m.plain != nil {
		return m.plain.Prev()
	}
	if len(m.hits) == 0 {
		return false
	}
	at := sort.Search(len(m.hits), func(k int) bool { return m.hits[k] >= m.node() }) - 1
	m.reveal(m.hits[(at+len(m.hits))%len(m.hits)])
	return true
}

// Found tells which hit the cursor is on, from 1 (0 where it is on none), and
// how many there are.
func (m *Model) Found() (current, total int) {
	if m.plain != nil {
		return m.plain.Found()
	}
	at, ok := slices.BinarySearch(m.hits, m.node())
	if ok {
		current = at + 1
	}
	return current, len(m.hits)
}

// reveal unfolds what hides node i and moves the cursor to it, or into its text
// where the hit is in the part that is cut off.
func (m *Model) reveal(i int32) {
	for p := m.nodes[i].parent; p >= 0; p = m.nodes[p].parent {
		m.nodes[p].open = true
	}
	deep := !m.inKey(i) && m.inValue(i) && !m.hitInSight(i)
	if deep && m.opened[i] == nil {
		m.opened[i] = m.whole(i)
	}
	m.arrange(i)
	if !deep {
		return
	}
	part := max(0, slices.IndexFunc(m.opened[i], func(s string) bool {
		start, _ := pane.IndexFold(s, m.query)
		return start >= 0
	}))
	m.cur = m.rowAt(i, int32(part+1))
	m.follow()
}

// hitInSight tells whether the value's own row shows the hit.
func (m *Model) hitInSight(i int32) bool {
	if m.opened[i] != nil {
		return false
	}
	shown, _ := m.scalar(i)
	start, _ := pane.IndexFold(pane.Cut(shown, m.room(i, m.label(i)), m.st.Glyphs.Ellipsis), m.query)
	return start >= 0
}
