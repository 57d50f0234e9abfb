package progress

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/theme"
)

// Spinner says that something is going on. Where it moves it takes one cell and
// at most five frames a second; in ASCII, or where moving things disturb, it is
// a word that stands still and costs no bytes.
type Spinner struct {
	st      *theme.Styles
	still   bool
	running bool
	frame   int
	run     int // counts the starts, so that an old tick can't drive a new run
}

// Tick moves a spinner on. Hand it to Update.
type Tick struct {
	spinner *Spinner
	run     int
}

const (
	frameTime = 200 * time.Millisecond
	word      = "working"
)

// frames is how many pictures the spinner has: the lower five of the theme's
// bars, up and down again.
const frames = 8

// NewSpinner makes a spinner that stands. still keeps it from ever moving, for
// screen readers and slow links.
func NewSpinner(st *theme.Styles, still bool) *Spinner {
	return &Spinner{st: st, still: still || st.Glyphs.ASCII}
}

// SetStyles changes the theme.
func (s *Spinner) SetStyles(st *theme.Styles) {
	s.st = st
	s.still = s.still || st.Glyphs.ASCII
}

// Start sets it going; the command, which may be nil, yields its first Tick.
func (s *Spinner) Start() tea.Cmd {
	if s.running {
		return nil
	}
	s.running = true
	s.run++
	return s.next()
}

// Stop makes it vanish.
func (s *Spinner) Stop() { s.running = false }

// Running tells whether it shows.
func (s *Spinner) Running() bool { return s.running }

// Update takes its own Tick to the next frame; other messages do nothing.
func (s *Spinner) Update(msg tea.Msg) tea.Cmd {
	t, ok := msg.(Tick)
	if !ok || t.spinner != s || t.run != s.run || !s.running {
		return nil
	}
	s.frame = (s.frame + 1) % frames
	return s.next()
}

func (s *Spinner) next() tea.Cmd {
	if s.still {
		return nil
	}
	t := Tick{s, s.run}
	return tea.Tick(frameTime, func(time.Time) tea.Msg { return t })
}

// View is one cell, the word "working" where it doesn't move, or "" while it
// stands.
func (s *Spinner) View() string {
	switch {
	case !s.running:
		return ""
	case s.still:
		return s.st.Faint.Paint(word)
	}
	return s.st.Accent.Paint(s.st.Glyphs.Bars[min(s.frame, frames-s.frame)])
}
