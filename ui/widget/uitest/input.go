package uitest

import (
	"fmt"
	"io"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// write sends bytes to the program and waits until it has dealt with them. No
// time passes.
func (p *Program) write(s string) {
	p.t.Helper()
	if s == "" {
		return
	}
	if _, err := io.WriteString(p.input, s); err != nil {
		p.t.Fatalf("the program no longer reads its input: %v", err)
	}
	synctest.Wait()
}

// Type sends text as it is, in one go, as fast fingers would. No time passes:
// a frame is drawn, a delay runs out, only by Settle or Advance. Text must not
// go on after a key that ends the program: the library would hold it forever.
func (p *Program) Type(text string) {
	p.t.Helper()
	p.write(text)
}

// escDelay is longer than the time a terminal reader waits for what may follow
// an escape character.
const escDelay = 150 * time.Millisecond

// Press sends keys one after the other, by their names ("j", "ctrl+p",
// "enter"). No time passes, except after "esc" and keys with alt, which only a
// pause tells from the beginning of a longer sequence.
func (p *Program) Press(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		s, err := KeyBytes(k)
		if err != nil {
			p.t.Fatal(err)
		}
		p.write(s)
		if unfinished(s) {
			p.Advance(escDelay)
		}
	}
}

// unfinished reports whether a terminal reader waits for more after s.
func unfinished(s string) bool {
	return s[0] == '\x1b' && (len(s) < 3 || s[1] != '[' && s[1] != 'O')
}

// Paste sends text as a paste: bracketed, unless the program switched that off.
func (p *Program) Paste(text string) {
	p.t.Helper()
	if p.View().DisableBracketedPasteMode {
		p.write(text)
		return
	}
	p.write("\x1b[200~" + text + "\x1b[201~")
}

// Resize changes the size of the window.
func (p *Program) Resize(w, h int) {
	p.opts.Width, p.opts.Height = w, h
	p.term.resize(w, h)
	p.Send(tea.WindowSizeMsg{Width: w, Height: h})
}

// Mouse buttons in the numbering of the terminal.
const (
	mouseLeft   = 0
	mouseRight  = 2
	mouseMotion = 32
	wheelUp     = 64
	wheelDown   = 65
)

func (p *Program) mouse(button, x, y int, press bool) {
	p.t.Helper()
	if p.View().MouseMode == tea.MouseModeNone {
		p.t.Fatal("the program does not listen to the mouse")
	}
	end := 'M'
	if !press {
		end = 'm'
	}
	p.write(fmt.Sprintf("\x1b[<%d;%d;%d%c", button, x+1, y+1, end))
}

// Click presses and releases the left button at a cell counted from the top
// left.
func (p *Program) Click(x, y int) {
	p.t.Helper()
	p.mouse(mouseLeft, x, y, true)
	p.mouse(mouseLeft, x, y, false)
}

// RightClick does the same with the right button.
func (p *Program) RightClick(x, y int) {
	p.t.Helper()
	p.mouse(mouseRight, x, y, true)
	p.mouse(mouseRight, x, y, false)
}

// ClickOn clicks the first place where text stands on the screen.
func (p *Program) ClickOn(text string) {
	p.t.Helper()
	x, y, ok := p.Screen().Find(text)
	if !ok {
		p.t.Fatalf("%q is not on the screen:\n%s", text, p.Screen())
	}
	p.Click(x, y)
}

// Drag moves the mouse with the left button held from one cell to another, by
// way of the cell in the middle.
func (p *Program) Drag(fromX, fromY, toX, toY int) {
	p.t.Helper()
	p.mouse(mouseLeft, fromX, fromY, true)
	p.mouse(mouseLeft|mouseMotion, (fromX+toX)/2, (fromY+toY)/2, true)
	p.mouse(mouseLeft|mouseMotion, toX, toY, true)
	p.mouse(mouseLeft, toX, toY, false)
}

// Wheel turns the mouse wheel over a cell: down by n notches, up where n is
// negative.
func (p *Program) Wheel(x, y, n int) {
	p.t.Helper()
	button := wheelDown
	if n < 0 {
		button, n = wheelUp, -n
	}
	for range n {
		p.mouse(button, x, y, true)
	}
}
