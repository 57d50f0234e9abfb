// Package toast shows short messages in a corner without taking the focus, and
// keeps a log of all of them.
package toast

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/text"
)

// Kind is what sort of message it is. Each has a glyph and a word in the log,
// so that colour isn't needed to tell them apart.
type Kind int

// The kinds. An Error stays the longest.
const (
	Info Kind = iota
	Good
	Warn
	Error
)

func (k Kind) String() string {
	switch k {
	case Good:
		return "done"
	case Warn:
		return "warning"
	case Error:
		return "error"
	}
	return "note"
}

// ID names a toast; no two of a model are the same.
type ID int

// Expired says that a toast's time is over. Hand it to Update.
type Expired struct{ ID ID }

// Entry is a toast as the log keeps it.
type Entry struct {
	ID     ID
	Kind   Kind
	Text   string
	Action string // what can be done about it now, "u undo"; "" for nothing
	At     time.Time
	Times  int // how often in a row it was said
}

// What is shown at most, for how long, and how much is kept.
const (
	maxShown = 3
	maxLog   = 500

	ttl       = 4 * time.Second
	ttlWarn   = 8 * time.Second
	ttlAction = 10 * time.Second
	ttlError  = 30 * time.Second
)

// Model is the toasts on the screen and the log.
type Model struct {
	st    *theme.Styles
	now   func() time.Time
	last  ID
	shown []ID // oldest first
	log   []Entry
}

// New makes a model without toasts that reads the time from now.
func New(st *theme.Styles, now func() time.Time) *Model {
	return &Model{st: st, now: now}
}

// SetStyles changes the theme.
func (m *Model) SetStyles(st *theme.Styles) { m.st = st }

// Push shows a message, which must be harmless text, and logs it. The command
// yields its Expired.
func (m *Model) Push(kind Kind, text string) (ID, tea.Cmd) {
	return m.PushAction(kind, text, "")
}

// PushAction is Push with a hint at what can be done about it ("u undo"). Such
// a toast stays longer.
func (m *Model) PushAction(kind Kind, text, action string) (ID, tea.Cmd) {
	m.last++
	e := Entry{ID: m.last, Kind: kind, Text: text, Action: action, At: m.now(), Times: 1}
	if i := m.same(e); i >= 0 {
		e.Times += m.log[i].Times
		m.hide(m.log[i].ID)
		m.log = append(m.log[:i], m.log[i+1:]...)
	}
	if len(m.log) >= maxLog {
		m.log = append(m.log[:0], m.log[len(m.log)-maxLog+1:]...)
	}
	m.log = append(m.log, e)
	m.shown = append(m.shown, e.ID)
	m.squeeze()
	return e.ID, expire(e)
}

// same is the index of the newest entry if it says what e says.
func (m *Model) same(e Entry) int {
	i := len(m.log) - 1
	if i < 0 || m.log[i].Kind != e.Kind || m.log[i].Text != e.Text || m.log[i].Action != e.Action {
		return -1
	}
	return i
}

// squeeze takes away what is too much: the oldest that isn't an error, or else
// the oldest.
func (m *Model) squeeze() {
	for len(m.shown) > maxShown {
		drop := 0
		for i, id := range m.shown {
			if e, ok := m.entry(id); !ok || e.Kind != Error {
				drop = i
				break
			}
		}
		m.shown = append(m.shown[:drop], m.shown[drop+1:]...)
	}
}

func expire(e Entry) tea.Cmd {
	d := ttl
	switch {
	case e.Kind == Error:
		d = ttlError
	case e.Action != "":
		d = ttlAction
	case e.Kind == Warn:
		d = ttlWarn
	}
	id := e.ID
	return tea.Tick(d, func(time.Time) tea.Msg { return Expired{id} })
}

// Update takes away the toast whose time is over; other messages do nothing.
func (m *Model) Update(msg tea.Msg) {
	if e, ok := msg.(Expired); ok {
		m.hide(e.ID)
	}
}

func (m *Model) hide(id ID) bool {
	for i, shown := range m.shown {
		if shown == id {
			m.shown = append(m.shown[:i], m.shown[i+1:]...)
			return true
		}
	}
	return false
}

// Dismiss takes away the newest toast and tells whether there was one. The log
// keeps it.
func (m *Model) Dismiss() bool {
	if len(m.shown) == 0 {
		return false
	}
	return m.hide(m.shown[len(m.shown)-1])
}

// DismissID takes away one toast, whatever its kind.
func (m *Model) DismissID(id ID) bool { return m.hide(id) }

// Clear takes away all toasts. The log keeps them.
func (m *Model) Clear() { m.shown = m.shown[:0] }

// Shown are the toasts on the screen, oldest first.
func (m *Model) Shown() []Entry {
	out := make([]Entry, 0, len(m.shown))
	for _, id := range m.shown {
		if e, ok := m.entry(id); ok {
			out = append(out, e)
		}
	}
	return out
}

func (m *Model) entry(id ID) (Entry, bool) {
	for i := len(m.log) - 1; i >= 0; i-- {
		if m.log[i].ID == id {
			return m.log[i], true
		}
	}
	return Entry{}, false
}

// Log is everything that was said, oldest first, at most the last 500.
func (m *Model) Log() []Entry { return append([]Entry(nil), m.log...) }

// Lines draws the toasts for the lower right corner, the newest last: at most h
// lines, all exactly as wide as the widest needs, at most w cells. What is said
// is wrapped, and cut only where one toast alone is too long; older ones give
// way to newer ones. Without toasts there are none.
func (m *Model) Lines(w, h int) []string {
	if w < 4 || h < 1 {
		return nil
	}
	var rows []string
	for _, e := range slices.Backward(m.Shown()) {
		if one := m.draw(e, w, h); len(rows)+len(one) <= h {
			rows = append(one, rows...)
		}
	}
	widest := 0
	for _, r := range rows {
		widest = max(widest, layout.Width(r))
	}
	for i, r := range rows {
		rows[i] = text.FitStyled(r, min(widest, w), &m.st.Glyphs)
	}
	return rows
}

// draw is a toast in at most h rows of at most w cells. Its last row tells what
// can be done about it.
func (m *Model) draw(e Entry, w, h int) []string {
	g := &m.st.Glyphs
	said := e.Text
	if e.Times > 1 {
		said = fmt.Sprintf("%s (%d times)", said, e.Times)
	}
	rows := text.Wrap(oneLine(said), w-4)
	if h < 2 {
		e.Action = ""
	}
	if e.Action != "" {
		h--
	}
	if len(rows) > h {
		rows[h-1] += rows[h] // too wide together, so that it is cut
		rows = rows[:h]
	}
	pen, sign := m.sign(e.Kind)
	out := make([]string, 0, len(rows)+1)
	for i, r := range rows {
		front := pen.Paint(g.VLine+" "+sign) + " "
		if i > 0 {
			front = pen.Paint(g.VLine) + "   "
		}
		out = append(out, front+text.Cut(strings.TrimRight(r, " "), w-4, g.Ellipsis))
	}
	if e.Action != "" {
		out = append(out, pen.Paint(g.VLine)+"   "+m.st.Key.Paint(text.Cut(e.Action, w-4, g.Ellipsis)))
	}
	return out
}

func (m *Model) sign(k Kind) (theme.Pen, string) {
	g := &m.st.Glyphs
	switch k {
	case Good:
		return m.st.Good, g.Check
	case Warn:
		return m.st.Warn, "!"
	case Error:
		return m.st.Error, g.Fail
	}
	return m.st.Accent, g.Bullet
}

// oneLine makes a text of several lines one.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}

// LogLines draws the log, the newest first, one line each with time, kind and
// text, unwrapped; clock formats the time.
func (m *Model) LogLines(clock func(time.Time) string) []string {
	out := make([]string, 0, len(m.log))
	for i := len(m.log) - 1; i >= 0; i-- {
		e := m.log[i]
		pen, sign := m.sign(e.Kind)
		times := ""
		if e.Times > 1 {
			times = fmt.Sprintf(" (%d times)", e.Times)
		}
		out = append(out, m.st.Faint.Paint(clock(e.At))+"  "+pen.Paint(fmt.Sprintf("%s %-7s", sign, e.Kind))+"  "+oneLine(e.Text)+times)
	}
	return out
}
