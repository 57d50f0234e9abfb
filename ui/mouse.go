package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/layout"
	"threatbench/views"
)

// doubleClick is how soon a second click follows the first.
const doubleClick = 400 * time.Millisecond

// press is the mouse button that is held down, and the click before.
type press struct {
	at      time.Time
	x, y    int
	held    views.Clickable // the view the drag belongs to
	origin  layout.Rect
	divider bool // the line between the panes is dragged
}

// coalesce drops pointer motion that no button is held for, which would wake
// the renderer for nothing, and what a hosted session must not do.
func (m *Model) coalesce(_ tea.Model, msg tea.Msg) tea.Msg {
	if m.input != nil {
		msg = m.input.filter(msg)
	}
	switch msg := msg.(type) {
	case tea.MouseMotionMsg:
		if msg.Button == tea.MouseNone {
			return nil
		}
	case tea.SuspendMsg:
		if m.options.Hosted {
			return nil // it would stop the process, and everybody's session with it
		}
		m.stops.Let()
	case tea.ResumeMsg:
		m.stops.Again()
	}
	return msg
}

// pointer gives the mouse to what is under it.
func (m *Model) pointer(msg tea.MouseMsg) tea.Cmd {
	if m.w < leastW || m.h < leastH {
		return nil
	}
	m.jump = nil
	mouse := msg.Mouse()
	if top, ok := m.overlay.Top(); ok {
		return m.pointAt(top, msg, mouse)
	}
	if m.pending != nil {
		return m.pointAtSequence(m.pending, msg, mouse)
	}
	p := m.arrange()
	switch msg.(type) {
	case tea.MouseClickMsg:
		if mouse.Button == tea.MouseLeft {
			return m.click(p, mouse)
		}
	case tea.MouseMotionMsg:
		return m.drag(p, mouse, false)
	case tea.MouseReleaseMsg:
		return m.drag(p, mouse, true)
	case tea.MouseWheelMsg:
		return m.wheel(p, mouse)
	}
	return nil
}

// clickable is a box that takes the mouse: x and y are relative to it, w and h
// what it may be at most.
type clickable interface {
	click(x, y, w, h int, double bool) tea.Cmd
}

// wheeled is a box that is scrolled.
type wheeled interface{ wheel(by int) }

// pointAt gives the mouse to the topmost box; it lies over everything else.
func (m *Model) pointAt(top layer, msg tea.MouseMsg, at tea.Mouse) tea.Cmd {
	if !m.overlay.Accepts() {
		return nil
	}
	switch msg.(type) {
	case tea.MouseWheelMsg:
		if t, ok := top.(wheeled); ok {
			t.wheel(map[tea.MouseButton]int{tea.MouseWheelUp: -1, tea.MouseWheelDown: 1}[at.Button])
		}
	case tea.MouseClickMsg:
		t, ok := top.(clickable)
		if !ok || at.Button != tea.MouseLeft {
			return nil
		}
		double := m.double(at)
		box, place := m.boxed(top)
		if x, y := place.Local(at.X, at.Y); len(box) > 0 && place.Contains(at.X, at.Y) {
			room := m.boxRoom()
			return t.click(x, y, room.W, room.H, double)
		}
	}
	return nil
}

// double notes a click and tells whether it is the second of two.
func (m *Model) double(at tea.Mouse) bool {
	now := m.env.Now()
	again := now.Sub(m.press.at) < doubleClick && m.press.x == at.X && m.press.y == at.Y
	m.press = press{at: now, x: at.X, y: at.Y}
	return again
}

func (m *Model) click(p panes, at tea.Mouse) tea.Cmd {
	double := m.double(at)
	if at.Y == p.head.Y {
		return m.clickHeader(at.X)
	}
	if m.job != nil && at.Y == m.h-1 {
		m.cancelJob()
		return nil
	}
	target, rect := m.under(p, at.X, at.Y)
	if target == nil {
		return nil
	}
	m.press.held, m.press.origin = target, rect
	m.press.divider = target == views.Clickable(m.detail) && !p.side && p.events.H > 0 && at.Y == p.detail.Y
	focus := paneEvents
	if target == views.Clickable(m.detail) {
		focus = paneDetail
	}
	var cmd tea.Cmd
	if m.screen == screenEvents && m.focus != focus {
		cmd = m.show(screenEvents, focus)
	}
	x, y := rect.Local(at.X, at.Y)
	return tea.Batch(cmd, target.Click(x, y, double))
}

func (m *Model) clickHeader(x int) tea.Cmd {
	_, tabs := m.tabLabels(m.tabRoom())
	for _, t := range tabs {
		if x < t.x-1 || x > t.x+t.w {
			continue
		}
		switch t.screen {
		case screenEvents:
			return m.doFrame(keymap.AppView1)
		case screenDetail:
			return m.doFrame(keymap.AppView2)
		}
		return m.showTab(m.tabAt(t.screen))
	}
	return nil
}

func (m *Model) drag(p panes, at tea.Mouse, done bool) tea.Cmd {
	held := m.press.held
	if done {
		m.press.held = nil
	}
	switch {
	case held == nil:
		return nil
	case m.press.divider:
		body := float64(max(p.events.H+p.detail.H, 1))
		m.split.share = min(max(float64(p.foot.Y-at.Y)/body, 0.15), 0.85)
		return m.relayout()
	}
	x, y := m.press.origin.Local(at.X, at.Y)
	return held.Drag(x, y, done)
}

// wheelStep is how many lines a turn of the wheel scrolls.
const wheelStep = 3

func (m *Model) wheel(p panes, at tea.Mouse) tea.Cmd {
	target, rect := m.under(p, at.X, at.Y)
	if target == nil {
		return nil
	}
	x, y := rect.Local(at.X, at.Y)
	switch at.Button {
	case tea.MouseWheelUp:
		return target.Wheel(x, y, -wheelStep)
	case tea.MouseWheelDown:
		return target.Wheel(x, y, wheelStep)
	}
	return nil
}

// under is the view at a point, and where it stands.
func (m *Model) under(p panes, x, y int) (views.Clickable, layout.Rect) {
	switch {
	case p.whole.Contains(x, y):
		c, _ := m.view().(views.Clickable)
		return c, p.whole
	case p.events.Contains(x, y):
		return m.events, p.events
	case p.detail.Contains(x, y):
		return m.detail, p.detail
	}
	return nil, layout.Rect{}
}

// paste gives pasted text to the text field there is; without one the
// indicators in it are looked up.
func (m *Model) paste(text string) tea.Cmd {
	m.jump = nil
	if top, ok := m.overlay.Top(); ok {
		if t, ok := top.(typing); ok {
			t.paste(text)
		}
		return nil
	}
	if t, ok := m.view().(views.TextInput); ok && t.Typing() {
		return t.Paste(text)
	}
	return m.lookUp(text)
}
