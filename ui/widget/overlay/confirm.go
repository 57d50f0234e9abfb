package overlay

import (
	"fmt"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/text"
)

// Answer is what came of a question.
type Answer int

// The answers.
const (
	Pending Answer = iota
	Accepted
	Cancelled
)

// Question is what a person is asked to confirm. All of it must be harmless
// text.
type Question struct {
	Title   string   // the box's title: "Delete events"
	Ask     string   // "Delete 12 events for good?"
	Details []string // numbers, a sample, what can be undone
	Accept  string   // the button that goes on: "Delete"; "Yes" where empty
	Danger  bool     // draws the button as a warning
}

// Confirm is a dialog with two buttons. Cancel is chosen at first. Its methods
// are the keys; each returns the answer, Pending until there is one.
type Confirm struct {
	st     *theme.Styles
	q      Question
	accept bool // the accepting button is chosen
	top    int  // first detail line shown
	answer Answer
	shown  shown
}

// shown remembers where things were drawn, for clicks.
type shown struct {
	h, buttons    int // height of the details; the line of the buttons
	cancel, going [2]int
	rows          int // all detail rows
}

// NewConfirm asks q.
func NewConfirm(st *theme.Styles, q Question) *Confirm {
	if q.Accept == "" {
		q.Accept = "Yes"
	}
	return &Confirm{st: st, q: q}
}

// SetStyles changes the theme.
func (c *Confirm) SetStyles(st *theme.Styles) { c.st = st }

// Answer is the answer so far.
func (c *Confirm) Answer() Answer { return c.answer }

// Yes is the key y: go on, whatever is chosen.
func (c *Confirm) Yes() Answer { return c.settle(Accepted) }

// No is the keys n and esc.
func (c *Confirm) No() Answer { return c.settle(Cancelled) }

// Enter presses the chosen button.
func (c *Confirm) Enter() Answer {
	if c.accept {
		return c.Yes()
	}
	return c.No()
}

func (c *Confirm) settle(a Answer) Answer {
	if c.answer == Pending {
		c.answer = a
	}
	return c.answer
}

// Left chooses the button on the left, Cancel.
func (c *Confirm) Left() { c.accept = false }

// Right chooses the accepting button.
func (c *Confirm) Right() { c.accept = true }

// Scroll moves the details by n lines.
func (c *Confirm) Scroll(n int) {
	c.top = max(0, min(c.top+n, c.shown.rows-c.shown.h))
}

// Click presses the button at cell x, y of the drawn box.
func (c *Confirm) Click(x, y int) Answer {
	if y != c.shown.buttons {
		return c.answer
	}
	switch {
	case x >= c.shown.cancel[0] && x < c.shown.cancel[1]:
		return c.No()
	case x >= c.shown.going[0] && x < c.shown.going[1]:
		return c.Yes()
	}
	return c.answer
}

// Spots are the buttons of the box as it was drawn last.
func (c *Confirm) Spots() []layout.Spot {
	return []layout.Spot{{X: c.shown.cancel[0], Y: c.shown.buttons}, {X: c.shown.going[0], Y: c.shown.buttons}}
}

const (
	confirmWidth  = 64
	confirmFooter = "y/n"
)

// Size is the size the dialog wants, at most maxW by maxH.
func (c *Confirm) Size(maxW, maxH int) (w, h int) {
	w = max(layout.Width(c.q.Title)+2, layout.Width(c.q.Ask), layout.Width(c.buttons()))
	for _, d := range c.q.Details {
		w = max(w, layout.Width(d))
	}
	w = min(w+FrameW, confirmWidth, maxW)
	rows := len(text.Wrap(c.q.Ask, w-FrameW)) + len(c.details(w-FrameW)) + 2
	if len(c.q.Details) > 0 {
		rows++
	}
	return w, min(rows+FrameH, maxH)
}

// Lines draws the dialog: exactly h lines of exactly w cells. Details that find
// no room scroll; the question and the buttons always stay.
func (c *Confirm) Lines(w, h int) []string {
	inner := max(h-FrameH, 0)
	var body []string
	for _, line := range text.Wrap(c.q.Ask, w-FrameW) {
		body = append(body, c.st.Strong.Paint(strings.TrimRight(line, " "))) // rows may end in spaces that overhang
	}
	body = body[:min(len(body), max(inner-1, 0))]
	details := c.details(w - FrameW)
	c.shown = shown{rows: len(details), h: max(0, min(len(details), inner-len(body)-3))}
	c.Scroll(0)
	if c.shown.h > 0 {
		body = append(body, "")
		body = append(body, c.window(details)...)
	}
	if len(body) < inner-1 {
		body = append(body, "")
	}
	body = append(body, c.buttons())
	c.place(len(body))
	return Box(c.st, c.q.Title, body, c.st.Hint.Paint(confirmFooter), w, h)
}

func (c *Confirm) details(w int) (rows []string) {
	for _, d := range c.q.Details {
		rows = append(rows, text.Wrap(d, w)...)
	}
	return rows
}

// window is the details in sight; where some aren't, its last line says so.
func (c *Confirm) window(rows []string) []string {
	seen := append([]string(nil), rows[c.top:c.top+c.shown.h]...)
	if more := len(rows) - c.top - c.shown.h; more > 0 {
		seen[len(seen)-1] = c.st.Faint.Paint(fmt.Sprintf("%s %d more lines", c.st.Glyphs.Down, more+1))
	}
	return seen
}

// buttons are the two buttons; brackets tell the chosen one without colour.
func (c *Confirm) buttons() string {
	pen := c.st.AccentStrong
	if c.q.Danger {
		pen = c.st.Error
	}
	if c.accept {
		return "  Cancel    " + pen.Paint("[ "+c.q.Accept+" ]")
	}
	return c.st.AccentStrong.Paint("[ Cancel ]") + "    " + c.q.Accept + "  "
}

// place notes where the buttons are in the box, the last of n body lines.
func (c *Confirm) place(n int) {
	c.shown.buttons = n
	const left = FrameW / 2
	c.shown.cancel = [2]int{left, left + 10}
	c.shown.going = [2]int{left + 12, left + 16 + layout.Width(c.q.Accept)}
}
