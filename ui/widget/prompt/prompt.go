// Package prompt is a one-line text input with coloured tokens, a popup of
// completions, a history, and an error shown at its place.
//
// It moves and deletes by what a person sees as one character, draws only the
// part that fits, and draws the same for the same state and width.
package prompt

import (
	"slices"
	"strings"

	"threatbench/theme"
)

const (
	maxText    = 64 << 10 // bytes the input holds; a longer paste is cut
	maxHistory = 200      // lines
	maxUndo    = 100      // states
)

// Span colours the bytes [Pos, End) of the text.
type Span struct {
	Pos, End int
	Pen      theme.Pen
}

// Suggestion is one completion: Text replaces the bytes [From, To).
type Suggestion struct {
	Text   string
	Label  string // what the list shows
	Detail string // a few words beside it, may be empty
	Right  string // at the right edge: a count or a type, may be empty
	From   int
	To     int
}

// Model is the input. It is not safe for concurrent use.
type Model struct {
	st          *theme.Styles
	text        string
	pos         int // the cursor: a byte offset in text
	focused     bool
	placeholder string

	colour  func(string) []Span
	spans   []Span // of text, once coloured says so
	painted bool

	errPos, errEnd int
	errMsg         string

	list   []Suggestion
	chosen int // index in list, -1 for none

	history []string // the newest last
	at      int      // the line of history that is shown; len(history) is none
	draft   string   // what stood there before history was gone through

	undo   []state
	typing bool   // the last change was typing: the next letter needs no undo state
	killed string // what was cut last, for ctrl+y
}

type state struct {
	text string
	pos  int
}

// New makes an empty input without focus.
func New(st *theme.Styles) *Model { return &Model{st: st, chosen: -1} }

// SetStyles changes the theme. Spans are asked for again.
func (m *Model) SetStyles(st *theme.Styles) { m.st, m.painted = st, false }

// Value is the text.
func (m *Model) Value() string { return m.text }

// SetValue replaces the text, puts the cursor at its end and drops error and
// suggestions. It can be undone.
func (m *Model) SetValue(s string) {
	if s != m.text {
		m.remember()
	}
	m.replace(s, len(s))
	m.at = len(m.history)
}

// Pos is the cursor's byte offset in the text.
func (m *Model) Pos() int { return m.pos }

// SetPos puts the cursor at a byte offset, or at the start of the character
// that is there.
func (m *Model) SetPos(i int) {
	m.typing = false
	i = min(max(i, 0), len(m.text))
	m.pos = 0
	for m.pos < i {
		n, _ := cluster(m.text[m.pos:])
		if m.pos+n > i {
			return
		}
		m.pos += n
	}
}

// Focus shows the cursor.
func (m *Model) Focus() { m.focused = true }

// Blur hides cursor and popup.
func (m *Model) Blur() {
	m.focused = false
	m.SetSuggestions(nil)
}

// Focused tells whether the input has the focus.
func (m *Model) Focused() bool { return m.focused }

// SetError underlines the bytes [pos, end) and keeps msg for Message; an
// empty msg clears it. A change of the text clears it too.
func (m *Model) SetError(pos, end int, msg string) {
	m.errPos, m.errEnd, m.errMsg = pos, max(end, pos+1), msg
}

// Message is the error's message, "" where there is none.
func (m *Model) Message() string { return m.errMsg }

// SetPlaceholder sets what an empty input shows.
func (m *Model) SetPlaceholder(s string) { m.placeholder = s }

// SetSpans sets the function that colours the text: spans in order, without
// overlap. It is called once a change, not once a drawing. Nil is plain text.
func (m *Model) SetSpans(f func(text string) []Span) { m.colour, m.painted = f, false }

// SetSuggestions sets the popup's rows; none closes it. What lies outside of
// the text is left out, and a single one that stands there already.
func (m *Model) SetSuggestions(list []Suggestion) {
	m.list, m.chosen = nil, -1
	for _, s := range list {
		if s.From >= 0 && s.From <= s.To && s.To <= len(m.text) {
			m.list = append(m.list, s)
		}
	}
	if len(m.list) == 1 && m.text[m.list[0].From:m.list[0].To] == m.list[0].Text {
		m.list = nil
	}
}

// Open tells whether the popup is shown.
func (m *Model) Open() bool { return m.focused && len(m.list) > 0 }

// Chosen is the index of the chosen suggestion, -1 where none is.
func (m *Model) Chosen() int { return m.chosen }

// Accept takes the i-th suggestion over into the text; false where there is
// none.
func (m *Model) Accept(i int) bool {
	if i < 0 || i >= len(m.list) {
		return false
	}
	s := m.list[i]
	m.remember()
	m.replace(m.text[:s.From]+s.Text+m.text[s.To:], s.From+len(s.Text))
	return true
}

// Complete takes over as much of the text at the cursor as all suggestions that
// begin with it have in common; where that is no more than stands there, it
// takes the chosen suggestion, the first one where none is. It reports whether
// the text has changed.
func (m *Model) Complete() bool {
	if len(m.list) == 0 {
		return false
	}
	if m.chosen < 0 && len(m.list) > 1 {
		if from, common := m.common(); len(common) > m.pos-from {
			m.remember()
			m.replace(m.text[:from]+common+m.text[m.pos:], from+len(common))
			return true
		}
	}
	return m.Accept(max(m.chosen, 0))
}

// common is the longest beginning that the suggestions share which begin with
// what is typed, and where it stands in the text. It is "" where the cursor is
// within a word, or where one suggestion alone begins so.
func (m *Model) common() (from int, prefix string) {
	from, n := m.list[0].From, 0
	if from > m.pos || m.list[0].To != m.pos {
		return from, ""
	}
	typed := m.text[from:m.pos]
	for _, s := range m.list {
		text := s.Text
		if strings.HasPrefix(text, `"`) && !strings.HasPrefix(typed, `"`) {
			typed = `"` + strings.TrimPrefix(typed, `"`)
		}
		if s.From != from || len(text) < len(typed) || !strings.EqualFold(text[:len(typed)], typed) {
			continue
		}
		if n++; n == 1 {
			prefix = text
		}
		prefix = shared(prefix, text)
	}
	if n < 2 || len(prefix) <= len(typed) {
		return from, ""
	}
	return from, prefix
}

// shared is the beginning of a that b has, too, whatever the case, in whole
// characters.
func shared(a, b string) string {
	at := 0
	for at < len(a) && at < len(b) {
		n, _ := cluster(a[at:])
		if at+n > len(b) || !strings.EqualFold(a[at:at+n], b[at:at+n]) {
			break
		}
		at += n
	}
	return a[:at]
}

// SetHistory sets the lines that up and down go through, the newest last.
func (m *Model) SetHistory(lines []string) {
	m.history = slices.Clone(lines[max(0, len(lines)-maxHistory):])
	m.at = len(m.history)
}

// History is the lines, the newest last.
func (m *Model) History() []string { return slices.Clone(m.history) }

// Commit adds the text to the history, once, and returns it.
func (m *Model) Commit() string {
	if strings.TrimSpace(m.text) != "" {
		m.history = slices.DeleteFunc(m.history, func(s string) bool { return s == m.text })
		m.history = append(m.history, m.text)
		m.history = m.history[max(0, len(m.history)-maxHistory):]
	}
	m.at = len(m.history)
	m.typing = false
	return m.text
}

// Undo takes the last change back; false where there is none.
func (m *Model) Undo() bool {
	if len(m.undo) == 0 {
		return false
	}
	last := m.undo[len(m.undo)-1]
	m.undo = m.undo[:len(m.undo)-1]
	m.replace(last.text, last.pos)
	return true
}

// remember keeps the present text for Undo.
func (m *Model) remember() {
	m.typing = false
	m.undo = append(m.undo, state{m.text, m.pos})
	if len(m.undo) > maxUndo {
		m.undo = slices.Delete(m.undo, 0, len(m.undo)-maxUndo)
	}
}

// replace sets text and cursor, and drops what was said of the text before.
func (m *Model) replace(text string, pos int) {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	m.text, m.painted = text, false
	m.SetError(0, 0, "")
	m.SetSuggestions(nil)
	m.SetPos(pos)
}
