package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/text"
)

// layer is a box over the views. The topmost one takes all keys.
type layer interface {
	scope() keymap.Scope
	// do carries out an action of its scope.
	do(id keymap.ID) tea.Cmd
	// box draws it, at most w×h large.
	box(w, h int) []string
}

// typing is a layer with a text field: keys that mean nothing to its scope go
// there. at is the cursor's place in the box.
type typing interface {
	enter(k tea.KeyPressMsg) tea.Cmd
	paste(s string)
	at(w, h int) (x, y int)
}

// keyInLayer gives a key to the topmost box: its scope's action, else text.
func (m *Model) keyInLayer(top layer, k tea.KeyPressMsg) tea.Cmd {
	a, match := m.env.Keys.Resolve([]keymap.Scope{top.scope()}, nil, k.String())
	t, types := top.(typing)
	if match == keymap.Full && !(types && k.Text != "") {
		return top.do(a.ID)
	}
	if types {
		return t.enter(k)
	}
	if k.String() == "ctrl+c" {
		m.overlay.Close()
	}
	return nil
}

// keys is how an action's keys are shown.
func (m *Model) keyLabel(seq string) string {
	if m.env.ASCII {
		return keymap.KeyLabelASCII(seq)
	}
	return keymap.KeyLabel(seq)
}

// hints writes "key word  key word" for actions of one scope.
func (m *Model) hints(scope keymap.Scope, ids ...keymap.ID) string {
	st := m.env.Styles
	var parts []string
	for _, h := range m.env.Keys.Hints([]keymap.Scope{scope}, ids...) {
		parts = append(parts, st.Key.Paint(m.keyLabel(h.Keys))+" "+st.Hint.Paint(h.Text))
	}
	return strings.Join(parts, "  ")
}

// helpLayer lists the keys that work here and now.
type helpLayer struct {
	m    *Model
	body *overlay.Help
}

func (m *Model) openHelp() {
	scopes := m.scopes()
	var groups []overlay.Group
	for _, s := range scopes {
		for _, a := range m.env.Keys.In(s) {
			groups = addHelp(groups, a.Group, overlay.HelpRow{Keys: m.helpKeys(a), Title: a.Title, Disabled: m.why(a.ID)})
		}
	}
	m.overlay.Open(&helpLayer{m, overlay.NewHelp(m.env.Styles, groups)})
}

func (m *Model) helpKeys(a keymap.Action) string {
	labels := make([]string, len(a.Keys))
	for i, k := range a.Keys {
		labels[i] = m.keyLabel(k)
	}
	return strings.Join(labels, " ")
}

func addHelp(groups []overlay.Group, name string, row overlay.HelpRow) []overlay.Group {
	for i := range groups {
		if groups[i].Name == name {
			groups[i].Rows = append(groups[i].Rows, row)
			return groups
		}
	}
	return append(groups, overlay.Group{Name: name, Rows: []overlay.HelpRow{row}})
}

// scrolled scrolls a text in a box; false where the action doesn't.
func scrolled(body interface {
	Scroll(lines int)
	Page(pages int)
}, s keymap.Scope, id keymap.ID) bool {
	mo, ok := id.MotionIn(s)
	if !ok {
		return false
	}
	body.Scroll(mo.Lines)
	body.Page(mo.Pages)
	return true
}

func (l *helpLayer) scope() keymap.Scope { return keymap.Help }

func (l *helpLayer) do(id keymap.ID) tea.Cmd {
	if scrolled(l.body, keymap.Help, id) {
		return nil
	}
	if id == keymap.HelpClose {
		l.m.overlay.Close()
	}
	return nil
}

func (l *helpLayer) box(w, h int) []string {
	w, h = min(w, 116), min(h, 38)
	body := l.body.Lines(w-overlay.FrameW, h-overlay.FrameH)
	foot := l.m.hints(keymap.Help, keymap.HelpDown, keymap.HelpPageDown, keymap.HelpClose)
	if p := l.body.Position(); p != "" {
		foot += "  " + l.m.env.Styles.Faint.Paint(p)
	}
	return overlay.Box(l.m.env.Styles, "Keys", body, foot, w, h)
}

// textLayer shows lines: the log of messages, or a note.
type textLayer struct {
	m     *Model
	title string
	body  *text.Model
}

func (m *Model) openLog() {
	lines := m.toasts.LogLines(m.clock)
	if len(lines) == 0 {
		lines = []string{m.env.Styles.Faint.Paint("no messages yet")}
	}
	m.openText("Messages", lines)
}

func (m *Model) openText(title string, lines []string) { m.overlay.Open(m.textBox(title, lines)) }

func (m *Model) textBox(title string, lines []string) *textLayer {
	body := text.New(m.env.Styles)
	body.SetLines(lines)
	return &textLayer{m, title, body}
}

func (l *textLayer) scope() keymap.Scope { return keymap.Log }

func (l *textLayer) do(id keymap.ID) tea.Cmd {
	if scrolled(l.body, keymap.Log, id) {
		return nil
	}
	if id == keymap.LogClose {
		l.m.overlay.Close()
	}
	return nil
}

func (l *textLayer) box(w, h int) []string {
	w = min(w, 100)
	h = min(h, max(l.body.Len()+overlay.FrameH, 5), 30)
	foot := l.m.hints(keymap.Log, keymap.LogDown, keymap.LogClose)
	return overlay.Box(l.m.env.Styles, l.title, l.body.Lines(w-overlay.FrameW, h-overlay.FrameH), foot, w, h)
}

func (l *helpLayer) wheel(by int) { l.body.Scroll(by * wheelStep) }

func (l *textLayer) wheel(by int) { l.body.Scroll(by * wheelStep) }
