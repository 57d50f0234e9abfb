package ui

import (
	"strings"

	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"threatbench/api/clean"
	"threatbench/keymap"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// areaLayer is a box to write a text of several lines in.
type areaLayer struct {
	m     *Model
	title string
	input textarea.Model
	done  func(text string) tea.Cmd
}

// How long a text the box takes; a longer one is for an editor.
const (
	maxArea      = 64 << 10
	maxAreaLines = 2000
)

// openArea opens the field of the form in a box.
func (l *formLayer) openArea() {
	value, key := l.form.Text(), l.form.Key()
	if len(value) > maxArea || strings.Count(value, "\n") >= maxAreaLines {
		l.m.queue = append(l.m.queue, l.m.say(toast.Info, "too long for a box: "+l.m.keyFor(keymap.Form, keymap.FormEditor)+" opens it in your editor"))
		return
	}
	a := &areaLayer{m: l.m, title: l.form.Title(), done: func(text string) tea.Cmd { return l.set(key, text) }}
	in := textarea.New()
	in.ShowLineNumbers = false
	in.Prompt = ""
	in.EndOfBufferCharacter = ' '
	in.CharLimit = maxArea
	in.MaxHeight = maxAreaLines
	in.SetVirtualCursor(false)
	in.SetStyles(textarea.Styles{})
	in.KeyMap.Paste.SetEnabled(false) // it would read the clipboard of the machine we run on
	in.SetValue(clean.Text(value))
	in.Focus()
	a.input = in
	l.m.overlay.Open(a)
}

// keyFor is how the first key of an action is shown.
func (m *Model) keyFor(scope keymap.Scope, id keymap.ID) string {
	for _, h := range m.env.Keys.Hints([]keymap.Scope{scope}, id) {
		return m.keyLabel(h.Keys)
	}
	return ":"
}

func (l *areaLayer) scope() keymap.Scope { return keymap.Area }

func (l *areaLayer) do(id keymap.ID) tea.Cmd {
	switch id {
	case keymap.AreaDone:
		l.m.overlay.Close()
		return l.done(l.input.Value())
	case keymap.AreaDrop:
		l.m.overlay.Close()
	}
	return nil
}

func (l *areaLayer) enter(k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "ctrl+c" {
		return l.do(keymap.AreaDone)
	}
	l.input, _ = l.input.Update(k) // its commands are for a cursor of its own
	return nil
}

func (l *areaLayer) paste(s string) { l.input.InsertString(clean.Text(s)) }

func (l *areaLayer) size(w, h int) (int, int) {
	w, h = min(w, formWidth), min(h, 26)
	l.input.SetWidth(max(w-overlay.FrameW, 1))
	l.input.SetHeight(max(h-overlay.FrameH, 1))
	return w, h
}

func (l *areaLayer) box(w, h int) []string {
	w, h = l.size(w, h)
	body := strings.Split(l.input.View(), "\n")
	for i, line := range body {
		if body[i] = views.Shown(ansi.Strip(line)); l.m.env.ASCII {
			body[i] = layout.ASCII(body[i])
		}
	}
	foot := l.m.hints(keymap.Area, keymap.AreaDone, keymap.AreaDrop)
	return overlay.Box(l.m.env.Styles, l.title, body, foot, w, h)
}

func (l *areaLayer) at(w, h int) (x, y int) {
	w, h = l.size(w, h)
	if c := l.input.Cursor(); c != nil {
		return 2 + min(c.X, w-overlay.FrameW), 1 + min(c.Y, h-overlay.FrameH)
	}
	return 2, 1
}
