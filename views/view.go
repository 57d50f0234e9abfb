// Package views holds what every view shares: the session's environment, what
// a view may ask of its host, and how common things are written. A view knows
// its own state and nothing of the others; it never imports ui.
package views

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/clean"
	"threatbench/api/knowngood"
	"threatbench/keymap"
	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/prompt"
	"threatbench/ui/widget/toast"
)

// View is a pane of the workbench. It handles actions and results, never keys.
type View interface {
	// Do carries out an action; handled is false when it isn't this view's.
	Do(id keymap.ID) (cmd tea.Cmd, handled bool)
	// Receive takes the result of a request this view made.
	Receive(f async.Result) tea.Cmd
	// Draw is the view in exactly h lines of w cells.
	Draw(w, h int, focused bool) []string
	// Scopes are the key scopes of the part that has the focus, innermost first.
	Scopes() []keymap.Scope
	// DisabledReason tells why an action can't be done now, "" when it can.
	DisabledReason(id keymap.ID) string
}

// TextInput is a view with a text input: while Typing, keys go there first.
type TextInput interface {
	Typing() bool
	Key(k tea.KeyPressMsg) (cmd tea.Cmd, handled bool)
	Paste(text string) tea.Cmd
}

// Clickable is a view that takes the mouse; x and y are relative to the view.
type Clickable interface {
	Click(x, y int, double bool) tea.Cmd
	Drag(x, y int, done bool) tea.Cmd
	Wheel(x, y, by int) tea.Cmd
}

// CursorPlacer is a view that says where the real cursor belongs.
type CursorPlacer interface {
	CursorXY() (x, y int, ok bool)
}

// PaneMover is a view of several parts: focus moves within it before it
// leaves it.
type PaneMover interface {
	// MoveFocus goes to the next (+1) or previous (-1) part; false at the end.
	MoveFocus(by int) bool
	// EnterFrom puts the focus on the first (+1) or last (-1) part.
	EnterFrom(by int)
}

// Pick asks the person to choose one of several things.
type Pick struct {
	Title  string
	Items  []PickItem
	Chosen func(i int) tea.Cmd
	// Toggles keeps the list open: Chosen is called at each enter and the
	// items are asked for again.
	Toggles func() []PickItem
	// Move, where set, reorders item i by one up or down.
	Move func(i, by int)
	// Note is said above the list.
	Note string
	// At is the item that the list begins on; where it is 0, that is the first
	// one that is on, and where it is -1, the first one.
	At int
	// Reset, where set, puts everything back to the default.
	Reset func()
	// Previews, where set, shows the item that the cursor moved to, and Left is
	// called where nothing was chosen.
	Previews func(i int) tea.Cmd
	Left     func() tea.Cmd
}

// PickItem is one thing to choose.
type PickItem struct {
	Title, Detail string
	Lead          string // stands before the title, in a column of its own
	On            bool   // a toggle that is on
}

// Entry asks for one line of text.
type Entry struct {
	Title, Value string
	// Complete gives the texts that may be meant; nil offers none.
	Complete func(text string) []string
	// Suggest gives what may stand at a byte offset of the text; it goes before
	// Complete.
	Suggest func(text string, pos int) []prompt.Suggestion
	// Spans colours the text; nil leaves it plain.
	Spans func(text string) []prompt.Span
	// Note says something about a text, under it; lines is how many were pasted.
	// A nil Note leaves the line out.
	Note func(text string, lines int) string
	// Check tells what is wrong with a text, nil where nothing is; a nil Check
	// takes any.
	Check  func(text string) error
	Accept func(text string) tea.Cmd
}

// Host is what a view may ask of the frame around it. A call takes effect at
// once; what it has to send or ask for follows when the view has returned.
type Host interface {
	// Preview shows the event beside the list without moving the focus.
	Preview(e *api.Event)
	// Open goes to the event's detail.
	Open(e api.Event)
	// OpenID goes to the detail of an event known by its id only.
	OpenID(dataset, id string)
	// Filter goes to the events with one more condition; exclude negates it.
	Filter(field api.Field, value string, exclude bool)
	// Step moves the list's cursor by n events.
	Step(n int)
	// Say shows a toast.
	Say(kind toast.Kind, text string)
	// Copy puts text on the clipboard; what names it in the toast.
	Copy(what, text string)
	// SaveAs asks for a path, name being the one it suggests, and writes a file
	// there that only its owner may read.
	SaveAs(what, name string, data []byte)
	// Ask opens a list to choose from.
	Ask(p Pick)
	// Prompt asks for one line of text.
	Prompt(title, value string, accept func(text string) tea.Cmd)
	// Enter asks for one line of text, with completion and a check.
	Enter(e Entry)
	// Change carries out a change of data: it asks where the change is large or
	// destroys something, shows how far it is, tells what became of it, and
	// keeps what takes it back. sample are a few of the events it touches.
	Change(c async.Change, sample []api.Event)
	// Mark remembers the present place in the history.
	Mark()
	// Visit goes to another view and shows something there.
	Visit(v Visit)
	// Selection is what the events view has in hand.
	Selection() Selection
}

// Env is what a view gets from its session.
type Env struct {
	Async      *async.Layer
	Styles     *theme.Styles
	Keys       *keymap.Map
	Host       Host
	Memory     *Memory // what the next session of this profile is to know
	Now        func() time.Time
	Zone       *time.Location
	ASCII      bool
	Accessible bool // pictures are lists, where they can be
	ReadOnly   bool
	Good       *knowngood.Set // values known to be harmless
	Version    int            // grows when styles, zone or now's day change: part of every memo key
}

// Date writes a moment in at most 12 cells: "today 14:03", "21 Nov 14:03" in
// the last eleven months, "2024-03-01" before, "–" when unknown.
func (e *Env) Date(t api.Time) string {
	if t.IsZero() {
		return e.Dash()
	}
	at, now := t.In(e.Zone), e.Now().In(e.Zone)
	switch {
	case at.Year() == now.Year() && at.YearDay() == now.YearDay():
		return "today " + at.Format("15:04")
	case at.After(now.AddDate(0, -11, 0)) && at.Before(now.AddDate(0, 1, 0)):
		return at.Format("02 Jan 15:04")
	}
	return at.Format("2006-01-02")
}

// LongDate writes a moment whole, with its zone.
func (e *Env) LongDate(t api.Time) string {
	if t.IsZero() {
		return e.Dash()
	}
	return t.In(e.Zone).Format("Mon 2006-01-02 15:04:05 MST")
}

// Dash stands for nothing.
func (e *Env) Dash() string {
	if e.ASCII {
		return "-"
	}
	return "–"
}

// Dots say that something goes on.
func (e *Env) Dots() string {
	if e.ASCII {
		return " ..."
	}
	return " …"
}

// TLP is the pen of a marking.
func (e *Env) TLP(s string) theme.Pen {
	t, _ := api.ParseTLP(s)
	return e.Styles.TLP[t]
}

// Count writes n with thousands separated: 1,204,331.
func Count(n int) string {
	if n < 0 {
		return "-" + Count(-n)
	}
	s := strconv.Itoa(n)
	if len(s) <= 3 {
		return s
	}
	var b strings.Builder
	lead := len(s) % 3
	b.WriteString(s[:lead])
	for i := lead; i < len(s); i += 3 {
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(s[i : i+3])
	}
	return b.String()
}

// Plural is a count of things: "1 event", "2,800 events". The plural of one that
// isn't made with an s is named.
func Plural(n int, one string, many ...string) string {
	switch {
	case n == 1:
		return "1 " + one
	case len(many) > 0:
		return Count(n) + " " + many[0]
	}
	return Count(n) + " " + one + "s"
}

// Sentence is an error or another text that begins with a small letter as it
// stands alone on the screen: with a capital, unless it begins with a name or a
// value ("report.csv", "-7d", "tlp:red").
func Sentence(s string) string {
	word, _, _ := strings.Cut(s, " ")
	for i, r := range word {
		if r >= 'a' && r <= 'z' || i > 0 && (r == '\'' || r == '-' || r == ',' || r == ':' && i == len(word)-1) {
			continue
		}
		return s
	}
	if s == "" || word == "threatbench" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// ReadOnlyReason tells why nothing can be changed in this session, "" where it
// can.
func (e *Env) ReadOnlyReason() string {
	if e.ReadOnly {
		return "Read-only: nothing can be changed"
	}
	return ""
}

// Shown is text as it can be drawn, styled or not: harmless to the terminal,
// and as wide for it as it is for us, whatever its script.
func Shown(s string) string { return layout.NormalizeWidth(clean.Styled(s)) }

// OneLine is text with its line breaks as spaces.
func OneLine(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}
