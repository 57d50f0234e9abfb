package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/prompt"
	"threatbench/views"
)

// entryLayer asks for one line of text.
type entryLayer struct {
	m     *Model
	entry views.Entry
	input *prompt.Model
	lines int    // that were pasted
	note  string // about the text
}

func newEntry(m *Model, title, value string, accept func(string) tea.Cmd) *entryLayer {
	return newEntryOf(m, views.Entry{Title: title, Value: value, Accept: accept})
}

func newEntryOf(m *Model, e views.Entry) *entryLayer {
	p := prompt.New(m.env.Styles)
	p.SetValue(e.Value)
	p.SetSpans(e.Spans)
	p.Focus()
	l := &entryLayer{m: m, entry: e, input: p}
	l.changed()
	return l
}

// completes tells whether the box offers anything.
func (l *entryLayer) completes() bool { return l.entry.Complete != nil || l.entry.Suggest != nil }

// changed follows the text: what is offered and what is said about it.
func (l *entryLayer) changed() {
	l.suggest()
	if l.input.Value() == "" {
		l.lines = 0
	}
	if l.entry.Note != nil {
		l.note = l.entry.Note(l.input.Value(), l.lines)
	}
}

// suggest offers what the text may be meant to become.
func (l *entryLayer) suggest() {
	if !l.completes() {
		return
	}
	text := l.input.Value()
	if l.entry.Suggest != nil {
		list := slices.Clone(l.entry.Suggest(text, l.input.Pos()))
		for i := range list {
			list[i].Label = harmless(list[i].Label)
		}
		l.input.SetSuggestions(list)
		return
	}
	var list []prompt.Suggestion
	for _, s := range l.entry.Complete(text) {
		list = append(list, prompt.Suggestion{Text: s, Label: harmless(s), To: len(text)})
	}
	l.input.SetSuggestions(list)
}

func (l *entryLayer) scope() keymap.Scope { return keymap.Prompt }

func (l *entryLayer) do(id keymap.ID) tea.Cmd {
	switch id {
	case keymap.PromptAccept:
		return l.accept()
	case keymap.PromptCancel:
		l.m.overlay.Close()
	case keymap.PromptComplete:
		l.input.Complete()
		l.changed()
	case keymap.PromptOlder, keymap.PromptNewer:
		key := tea.KeyPressMsg{Code: tea.KeyUp}
		if id == keymap.PromptNewer {
			key.Code = tea.KeyDown
		}
		l.input.Key(key) // moves in the list of suggestions
	}
	return nil
}

// accept takes the suggestion chosen, or the text; a wrong one stays, with the
// reason.
func (l *entryLayer) accept() tea.Cmd {
	if l.input.Open() && l.input.Chosen() >= 0 {
		l.input.Accept(l.input.Chosen())
	}
	text := l.input.Value()
	if l.entry.Check != nil {
		if err := l.entry.Check(text); err != nil {
			l.input.SetError(0, len(text), err.Error())
			return nil
		}
	}
	l.m.overlay.Close()
	return l.entry.Accept(text)
}

func (l *entryLayer) enter(k tea.KeyPressMsg) tea.Cmd { //nolint:unparam // other boxes with a text field have commands
	if k.String() == "ctrl+c" {
		l.m.overlay.Close()
		return nil
	}
	if changed, _ := l.input.Key(k); changed {
		l.changed()
	}
	return nil
}

func (l *entryLayer) paste(s string) {
	l.input.Paste(s)
	l.lines += len(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }))
	l.changed()
}

const (
	entryWidth = 72
	entryRows  = 8 // of suggestions
)

func (l *entryLayer) box(w, h int) []string {
	w = min(w, entryWidth)
	body := []string{l.input.Line(w - overlay.FrameW)}
	if l.entry.Note != nil {
		body = append(body, l.m.env.Styles.Faint.Paint(harmless(l.note)))
	}
	foot := l.m.hints(keymap.Prompt, keymap.PromptAccept, keymap.PromptCancel)
	if l.completes() {
		foot = l.m.hints(keymap.Prompt, keymap.PromptAccept, keymap.PromptComplete, keymap.PromptCancel)
		rows := min(entryRows, h-overlay.FrameH-1)
		list, _ := l.input.List(w-overlay.FrameW, rows)
		body = append(body, list...)
		for len(body) <= rows { // the box stays as it is while its list changes
			body = append(body, "")
		}
	}
	if msg := l.input.Message(); msg != "" {
		foot = l.m.env.Styles.Error.Paint(views.Sentence(harmless(msg)))
	}
	return overlay.Box(l.m.env.Styles, harmless(l.entry.Title), body, foot, w, len(body)+overlay.FrameH)
}

func (l *entryLayer) at(w, _ int) (x, y int) {
	return 2 + l.input.Cursor(min(w, entryWidth)-overlay.FrameW), 1
}
