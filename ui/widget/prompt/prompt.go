// Package prompt is a one-line text input with coloured tokens, a popup of
// completions, a history, and an error shown at its place.
package prompt

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/theme"
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
	From   int
	To     int
}

// Model is the input. It is not safe for concurrent use.
type Model struct {
	st *theme.Styles
}

// New makes an empty input without focus.
func New(st *theme.Styles) *Model { return &Model{st: st} }

// SetStyles changes the theme.
func (m *Model) SetStyles(st *theme.Styles) { m.st = st }

// Key handles a key: changed tells whether the text is another now, handled
// whether the key was the input's at all. Enter and esc are handled only
// while the popup has something to accept or close.
func (m *Model) Key(k tea.KeyPressMsg) (changed, handled bool) { return false, false }

// Paste inserts text at the cursor; line breaks and tabs become spaces, other
// control characters are left out.
func (m *Model) Paste(s string) {}

// Value is the text.
func (m *Model) Value() string { return "" }

// SetValue replaces the text, puts the cursor at its end and drops error and
// suggestions.
func (m *Model) SetValue(s string) {}

// Pos is the cursor's byte offset in the text.
func (m *Model) Pos() int { return 0 }

// SetPos puts the cursor at a byte offset.
func (m *Model) SetPos(i int) {}

// Focus shows the cursor.
func (m *Model) Focus() {}

// Blur hides cursor and popup.
func (m *Model) Blur() {}

// Focused tells whether the input has the focus.
func (m *Model) Focused() bool { return false }

// SetError underlines the bytes [pos, end) and keeps msg for Message; an
// empty msg clears it.
func (m *Model) SetError(pos, end int, msg string) {}

// Message is the error's message, "" where there is none.
func (m *Model) Message() string { return "" }

// SetPlaceholder sets what an empty input shows.
func (m *Model) SetPlaceholder(s string) {}

// SetSpans sets the function that colours the text; it is called once a
// change, not once a drawing. Nil means plain text.
func (m *Model) SetSpans(f func(text string) []Span) {}

// SetSuggestions sets the popup's rows; none closes it.
func (m *Model) SetSuggestions(list []Suggestion) {}

// Open tells whether the popup is shown.
func (m *Model) Open() bool { return false }

// SetHistory sets the lines that up and down go through, the newest last.
func (m *Model) SetHistory(lines []string) {}

// Commit adds the text to the history and returns it.
func (m *Model) Commit() string { return "" }

// History is the lines, the newest last.
func (m *Model) History() []string { return nil }

// Line draws the input: exactly w cells.
func (m *Model) Line(w int) string { return "" }

// Popup draws the completions, at most maxH rows of at most maxW cells, all
// equally wide, and the column x of the line they belong at.
func (m *Model) Popup(maxW, maxH int) (lines []string, x int) { return nil, 0 }

// Click puts the cursor at column x of a line drawn w wide.
func (m *Model) Click(x, w int) {}

// Cursor is the column of the cursor in a line drawn w wide.
func (m *Model) Cursor(w int) (x int) { return 0 }
