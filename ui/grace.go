package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// How soon after a text field has closed keys still belong to what was typed
// into it. One that a key has closed: keys that follow it faster than anybody
// answers to what he sees, as those do that were typed ahead over a slow line
// or pasted. One that closed by itself: until there is a pause.
const (
	aheadOfKey   = 40 * time.Millisecond
	aheadOfClose = 425 * time.Millisecond
	maxGrace     = 1500 * time.Millisecond
)

// grace keeps keys that were typed for a text field from becoming actions
// after it has closed.
type grace struct {
	pause   time.Duration // that ends it; 0 where there is none
	began   time.Time
	last    time.Time // when the last key came
	ignored bool      // a key has been dropped
}

// drops tells whether a key is dropped. Those that type nothing are not: they
// can't have been meant as text. Nor is enter, which answers no question with
// yes: pressed twice it uses the filter and opens what it finds.
func (g *grace) drops(k tea.KeyPressMsg, now time.Time) bool {
	if g.pause == 0 {
		return false
	}
	enter := k.Code == tea.KeyEnter
	if now.Sub(g.last) >= g.pause || now.Sub(g.began) >= maxGrace || k.Text == "" && !enter {
		g.pause = 0
		return false
	}
	g.last = now
	return !enter
}

// textField is what takes text now: a box, a view with a text field; nil where
// nothing does.
func (m *Model) textField() any {
	if top, ok := m.overlay.Top(); ok {
		if t, ok := top.(typing); ok {
			return t
		}
		return nil
	}
	if t, ok := m.view().(views.TextInput); ok && t.Typing() {
		return m.view()
	}
	return nil
}

// afterText begins the grace where the message has closed the text field that
// there was before.
func (m *Model) afterText(before any, msg tea.Msg) {
	if before == nil || m.textField() == before {
		return
	}
	pause := aheadOfClose
	switch msg.(type) {
	case tea.KeyPressMsg:
		pause = aheadOfKey
	case tea.MouseMsg:
		return
	}
	now := time.Now() // of the keyboard, whatever the views take for now
	m.grace = grace{pause: pause, began: now, last: now}
}

// ignored says once that keys are dropped.
func (m *Model) ignored() tea.Cmd {
	if m.grace.ignored {
		return nil
	}
	m.grace.ignored = true
	return m.say(toast.Info, "keys typed as a text field closed were ignored")
}
