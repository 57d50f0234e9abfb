// Package tree shows a JSON value as a tree that can be folded and searched.
// It works on the raw bytes: numbers stay as they were written, duplicate keys
// stay, and what is hostile is neutralised only when it is drawn, by the
// function given to New. Reading is one pass without recursion; after it only
// the rows in sight cost anything.
package tree

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"

	"threatbench/theme"
	pane "threatbench/ui/widget/text"
)

const (
	// openNodes is up to how many values a record starts wholly unfolded.
	openNodes  = 200
	startLevel = 2
)

// Model is the tree. It isn't safe for use by several goroutines.
type Model struct {
	st    *theme.Styles
	clean func(string) string
	focus bool

	src   string
	nodes []node
	err   error
	plain *pane.Model // what isn't JSON, as text; nil otherwise

	rows     []row
	cur, top int
	w, h     int
	// opened holds the wrapped rows of values shown whole.
	opened map[int32][]string

	query string
	hits  []int32 // the nodes where the query is found
}

// row is a row of the unfolded tree: a node, or with part > 0 a row of its
// opened text.
type row struct{ node, part int32 }

// New makes an empty tree. clean turns any string into harmless text for one
// line.
func New(st *theme.Styles, clean func(string) string) *Model {
	return &Model{st: st, clean: clean, focus: true, w: 80, h: 24, opened: map[int32][]string{}}
}

// SetStyles changes the theme.
func (m *Model) SetStyles(st *theme.Styles) {
	m.st = st
	if m.plain != nil {
		m.plain.SetStyles(st)
	}
	m.rewrap()
}

// SetFocus tells whether the tree has the focus.
func (m *Model) SetFocus(on bool) { m.focus = on }

// SetJSON shows b; small records unfolded, others to the second level. What
// isn't JSON is shown as text under the reason (see Err). A search ends.
func (m *Model) SetJSON(b []byte) {
	m.src = string(b)
	m.nodes, m.rows, m.err, m.plain = nil, nil, nil, nil
	m.cur, m.top, m.query, m.hits = 0, 0, "", nil
	clear(m.opened)
	if strings.TrimSpace(m.src) == "" {
		return
	}
	if m.nodes, m.err = index(m.src); m.err != nil {
		m.showPlain()
		return
	}
	level := startLevel
	if len(m.nodes) <= openNodes {
		level = len(m.nodes)
	}
	m.ToLevel(level)
}

// What is drawn of text: a pane lays a line out as a whole, so that one of
// megabytes would hold up every frame.
const (
	maxPlain = 2 << 20 // bytes of a record that is no JSON
	maxLine  = 4 << 10 // bytes of one of its lines; the rest is on the next
	maxOpen  = 256 << 10
)

func (m *Model) showPlain() {
	m.nodes = nil
	m.plain = pane.New(m.st)
	m.plain.SetSize(m.w, m.h)
	src, left := upTo(m.src, maxPlain)
	lines := strings.Split(strings.TrimSuffix(src, "\n"), "\n")
	shown := make([]string, 0, len(lines)+3)
	shown = append(shown, m.st.Error.Paint("Not shown as a tree: "+m.err.Error()), "")
	for _, l := range lines {
		for l, rest := upTo(strings.TrimSuffix(l, "\r"), maxLine); ; l, rest = upTo(rest, maxLine) {
			shown = append(shown, m.clean(l))
			if rest == "" {
				break
			}
		}
	}
	if left != "" {
		shown = append(shown, m.st.Warn.Paint(notDrawn(left)+", and a search doesn't look there"))
	}
	m.plain.SetLines(shown)
}

// upTo parts s behind at most n bytes, between two characters.
func upTo(s string, n int) (first, rest string) {
	if len(s) <= n {
		return s, ""
	}
	at := n
	for at > n-utf8.UTFMax && !utf8.RuneStart(s[at]) {
		at--
	}
	return s[:at], s[at:]
}

// notDrawn says what is left out of the screen.
func notDrawn(left string) string {
	return fmt.Sprintf("%d KiB more aren't drawn; they are copied with the rest", (len(left)+1023)>>10)
}

// Err tells why the record is shown as text; nil where it is a tree or empty.
func (m *Model) Err() error { return m.err }

// arrange works out the rows anew and keeps the cursor on node, or on what it
// is folded into.
func (m *Model) arrange(on int32) {
	m.rows = m.rows[:0]
	for i := int32(0); int(i) < len(m.nodes); {
		m.rows = append(m.rows, row{i, 0})
		for part := range m.opened[i] {
			m.rows = append(m.rows, row{i, int32(part + 1)})
		}
		if n := &m.nodes[i]; n.container() && !n.open {
			i = n.next
		} else {
			i++
		}
	}
	m.cur = m.rowAt(m.seen(on), 0)
	m.follow()
}

// seen is node i, or the outermost folded value it is hidden in.
func (m *Model) seen(i int32) int32 {
	if i < 0 || int(i) >= len(m.nodes) {
		return 0
	}
	for p := m.nodes[i].parent; p >= 0; p = m.nodes[p].parent {
		if !m.nodes[p].open {
			i = p
		}
	}
	return i
}

// rowAt is the row of a visible node, or of a part of it.
func (m *Model) rowAt(node, part int32) int {
	i := sort.Search(len(m.rows), func(i int) bool {
		r := m.rows[i]
		return r.node > node || r.node == node && r.part >= part
	})
	return min(i, max(len(m.rows)-1, 0))
}

// node is the node under the cursor, -1 where there is none.
func (m *Model) node() int32 {
	if m.cur >= len(m.rows) {
		return -1
	}
	return m.rows[m.cur].node
}

// follow scrolls so that the cursor is in sight.
func (m *Model) follow() {
	m.cur = max(0, min(m.cur, len(m.rows)-1))
	m.top = max(0, min(m.top, len(m.rows)-m.h))
	m.top = min(m.top, m.cur)
	m.top = max(m.top, m.cur-max(m.h, 1)+1)
}

// Move moves the cursor n rows down, or up for a negative n.
func (m *Model) Move(n int) {
	if m.plain != nil {
		m.plain.Scroll(n)
		return
	}
	m.cur += n
	m.follow()
}

// Up moves the cursor to the row above.
func (m *Model) Up() { m.Move(-1) }

// Down moves the cursor to the row below.
func (m *Model) Down() { m.Move(1) }

// Page moves the cursor by n windows.
func (m *Model) Page(n int) { m.Move(n * max(m.h-1, 1)) }

// Half moves the cursor by n half windows.
func (m *Model) Half(n int) { m.Move(n * max(m.h/2, 1)) }

// Home moves the cursor to the first row.
func (m *Model) Home() { m.Move(-m.Len()) }

// End moves the cursor to the last row.
func (m *Model) End() { m.Move(m.Len()) }

// Scroll moves the window by n rows; the cursor stays unless it would leave
// the window.
func (m *Model) Scroll(n int) {
	if m.plain != nil {
		m.plain.Scroll(n)
		return
	}
	m.top = max(0, min(m.top+n, len(m.rows)-m.h))
	m.cur = max(m.top, min(m.cur, m.top+m.h-1))
	m.follow()
}

// Len is how many rows there are, folded ones left out.
func (m *Model) Len() int {
	if m.plain != nil {
		return m.plain.Len()
	}
	return len(m.rows)
}

// Position says where the cursor is, "12/340" in rows.
func (m *Model) Position() string {
	if m.plain != nil {
		return m.plain.Position()
	}
	if len(m.rows) == 0 {
		return "0/0"
	}
	return fmt.Sprintf("%d/%d", m.cur+1, len(m.rows))
}

// Path names the value under the cursor, neutralised: $.a[3].b, with keys that
// aren't plain words in brackets, $["a key"]. It is "" where there is no tree.
func (m *Model) Path() string {
	i := m.node()
	if i < 0 {
		return ""
	}
	var steps []string
	for ; m.nodes[i].parent >= 0; i = m.nodes[i].parent {
		steps = append(steps, m.step(i))
	}
	var b strings.Builder
	b.WriteByte('$')
	for k := len(steps) - 1; k >= 0; k-- {
		b.WriteString(steps[k])
	}
	return b.String()
}

func (m *Model) step(i int32) string {
	n := &m.nodes[i]
	if m.nodes[n.parent].kind == array {
		return fmt.Sprintf("[%d]", n.ord)
	}
	key := m.clean(inside(n.key.of(m.src)))
	if word(key) {
		return "." + key
	}
	return `["` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"]`
}

// word tells whether a key may follow a dot.
func word(s string) bool {
	for i, r := range s {
		letter := r == '_' || r|0x20 >= 'a' && r|0x20 <= 'z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// inside is what a quoted string says.
func inside(s string) string { return unquote(s[1 : len(s)-1]) }

// Value is the value under the cursor as it was written, not neutralised:
// never draw it. Where there is no tree it is the whole record.
func (m *Model) Value() string {
	if m.plain != nil {
		return m.src
	}
	i := m.node()
	if i < 0 {
		return ""
	}
	return m.nodes[i].value.of(m.src)
}

// Text is the value under the cursor as a person reads it: a string without
// quotes and escapes, anything else as written. It isn't neutralised either.
func (m *Model) Text() string {
	i := m.node()
	if i < 0 || m.nodes[i].kind != text {
		return m.Value()
	}
	return inside(m.nodes[i].value.of(m.src))
}
