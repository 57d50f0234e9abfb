package uitest

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// Screen is what the terminal shows. Frames are drawn as time passes: call
// Settle or Advance first.
func (p *Program) Screen() *Screen {
	return p.term.screen()
}

// Cursor is where the terminal's cursor stands.
func (p *Program) Cursor() (x, y int) {
	pos := p.term.cursor()
	return pos.X, pos.Y
}

// Contains reports whether text stands on one line of the screen.
func (p *Program) Contains(text string) bool {
	_, _, ok := p.Screen().Find(text)
	return ok
}

// Want fails the test for each text that is not on the screen.
func (p *Program) Want(texts ...string) {
	p.t.Helper()
	s := p.Screen()
	for _, text := range texts {
		if _, _, ok := s.Find(text); !ok {
			p.t.Errorf("%q is not on the screen:\n%s", text, s)
		}
	}
}

// WantNot fails the test for each text that is on the screen.
func (p *Program) WantNot(texts ...string) {
	p.t.Helper()
	s := p.Screen()
	for _, text := range texts {
		if _, y, ok := s.Find(text); ok {
			p.t.Errorf("%q is on the screen, in line %d:\n%s", text, y, s)
		}
	}
}

// Output is what the program wrote since the last call of Output or Bytes.
func (p *Program) Output() []byte { return p.term.take() }

// Bytes counts what the program wrote since the last call of Output or Bytes.
func (p *Program) Bytes() int { return len(p.term.take()) }

// Copied is every text the program put on the clipboard so far.
func (p *Program) Copied() []string {
	p.term.mu.Lock()
	defer p.term.mu.Unlock()
	return append([]string(nil), p.term.copied...)
}

// Check fails the test unless the view fills the window exactly and the
// terminal shows just that view, cell by cell. Call Settle first.
func (p *Program) Check() {
	p.t.Helper()
	v := p.View()
	now := checked{bytes: p.term.total(), content: v.Content, width: p.opts.Width, height: p.opts.Height}
	if v.Cursor != nil {
		now.cursor = *v.Cursor
	}
	if now == p.checked {
		return
	}
	if p.check(v); !p.t.Failed() {
		p.checked = now
	}
}

// checked is what was right when it was checked last. The terminal changes by
// what is written to it, and by its size.
type checked struct {
	bytes         int
	content       string
	width, height int
	cursor        tea.Cursor
}

func (p *Program) check(v tea.View) {
	p.t.Helper()
	if err := Exact(v.Content, p.opts.Width, p.opts.Height); err != nil {
		p.t.Error(err)
	}
	want := Decode(v.Content, p.opts.Width, p.opts.Height, p.opts.Profile)
	if diff := p.Screen().Diff(want); diff != "" {
		p.t.Errorf("the terminal does not show the view: %s", diff)
	}
	if c := v.Cursor; c != nil {
		if x, y := p.Cursor(); x != c.X || y != c.Y {
			p.t.Errorf("the cursor stands at %d,%d, the view puts it at %d,%d", x, y, c.X, c.Y)
		}
	}
}

// Exact returns an error unless content is h lines of w cells each, every line
// ending in the plain style so that nothing bleeds into the next.
func Exact(content string, w, h int) error {
	return ExactLines(strings.Split(content, "\n"), w, h)
}

// ExactLines is Exact for lines apart, as widgets draw them.
func ExactLines(lines []string, w, h int) error {
	if len(lines) != h {
		return fmt.Errorf("%d lines, %d are due", len(lines), h)
	}
	for y, line := range lines {
		if got := ansi.StringWidth(line); got != w {
			return fmt.Errorf("line %d is %d cells wide, %d are due: %q", y, got, w, line)
		}
		if open := openStyle(line); open != "" {
			return fmt.Errorf("line %d leaves the style %q open: %q", y, open, line)
		}
	}
	return nil
}

// openStyle is the last style sequence of a line unless it is a reset.
func openStyle(line string) string {
	i := strings.LastIndex(line, "\x1b[")
	for ; i >= 0; i = strings.LastIndex(line[:i], "\x1b[") {
		seq := line[i:]
		end := strings.IndexFunc(seq[2:], func(r rune) bool { return r >= 0x40 && r <= 0x7e })
		if end < 0 {
			return seq
		}
		if seq[2+end] != 'm' {
			continue
		}
		if params := seq[2 : 2+end]; params != "" && params != "0" {
			return seq[:3+end]
		}
		return ""
	}
	return ""
}

// ASCII returns an error for the first character of a screen that is not
// printable ASCII.
func (s *Screen) ASCII() error {
	for y := range s.Height {
		for x := range s.Width {
			for _, r := range s.At(x, y).Text {
				if r < 0x20 || r > 0x7e {
					return fmt.Errorf("%q at column %d of line %d: %q", r, x, y, s.Line(y))
				}
			}
		}
	}
	return nil
}
