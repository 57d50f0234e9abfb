// Package palette is a list that narrows while one types: every action by name
// and key, or any other choice among many.
package palette

import (
	"strings"
	"unicode"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"threatbench/theme"
)

// Item is something to choose. All of it must be harmless text of one line.
type Item struct {
	ID       string
	Title    string
	Detail   string // a sentence about it
	Keys     string // its keys as they are shown
	Disabled string // why it can't be run now; "" where it can
	Words    string // what it is called elsewhere: found, not shown
	First    bool   // stands above all others that match
}

// maxQuery bounds what may be typed or pasted, in characters.
const maxQuery = 200

// Model is the list with its text entry. Keys that move (up, down, enter) come
// as method calls, everything typed through Update.
type Model struct {
	st     *theme.Styles
	input  textinput.Model
	prompt string
	hint   string // what the empty entry shows

	items  []Item
	recent []string
	hits   []hit
	cur    int
	top    int
	h      int // rows of the list as last drawn
}

// New makes an empty palette.
func New(st *theme.Styles) *Model {
	in := textinput.New()
	in.Prompt = ""
	in.CharLimit = maxQuery
	in.SetVirtualCursor(false)
	in.KeyMap.Paste = key.NewBinding() // it would read the clipboard of the machine we run on
	in.Focus()
	return &Model{st: st, input: in, prompt: "> ", h: 10}
}

// SetStyles changes the theme.
func (m *Model) SetStyles(st *theme.Styles) { m.st = st }

// SetPrompt changes what stands before the entry and what it shows while it is
// empty.
func (m *Model) SetPrompt(prompt, hint string) { m.prompt, m.hint = prompt, hint }

// SetItems changes what there is to choose. The query stays, and so does the
// choice where its item is still there.
func (m *Model) SetItems(items []Item) {
	chosen, _ := m.Selected()
	m.items = items
	m.match()
	m.choose(chosen.ID)
}

// SetRecent names the items used last, latest first; they stand on top while
// nothing is typed.
func (m *Model) SetRecent(ids []string) {
	m.recent = ids
	m.match()
}

// Reset empties the entry and goes back to the top.
func (m *Model) Reset() { m.SetQuery("") }

// Query is what was typed.
func (m *Model) Query() string { return m.input.Value() }

// SetQuery replaces what was typed.
func (m *Model) SetQuery(q string) {
	m.input.SetValue(visible(q))
	m.input.CursorEnd()
	m.match()
}

// Update takes keys and pastes into the entry; the list follows.
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch in := msg.(type) {
	case tea.PasteMsg:
		in.Content = visible(in.Content)
		msg = in
	case tea.KeyPressMsg:
		in.Text = visible(in.Text)
		msg = in
	}
	before := m.input.Value()
	var cmd tea.Cmd
	m.input, cmd = m.input.Update(msg)
	if m.input.Value() != before {
		m.match()
	}
	return cmd
}

// visible drops what can't be seen: control and format characters.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, s)
}

// Up moves the choice to the row above, from the first to the last.
func (m *Model) Up() { m.turn(-1) }

// Down moves the choice to the row below, from the last to the first.
func (m *Model) Down() { m.turn(1) }

func (m *Model) turn(n int) {
	if len(m.hits) > 0 {
		m.cur = (m.cur + n + len(m.hits)) % len(m.hits)
	}
	m.follow()
}

// Page moves the choice by n windows.
func (m *Model) Page(n int) {
	m.cur += n * max(m.h-1, 1)
	m.follow()
}

// Home chooses the first row.
func (m *Model) Home() {
	m.cur = 0
	m.follow()
}

// End chooses the last row.
func (m *Model) End() {
	m.cur = len(m.hits) - 1
	m.follow()
}

func (m *Model) follow() {
	m.cur = max(0, min(m.cur, len(m.hits)-1))
	m.top = max(0, min(m.top, len(m.hits)-m.h))
	m.top = min(m.top, m.cur)
	m.top = max(m.top, m.cur-max(m.h, 1)+1)
}

// choose goes to the item named id, if it is in the list.
func (m *Model) choose(id string) {
	for i, h := range m.hits {
		if m.items[h.item].ID == id {
			m.cur = i
			m.follow()
			return
		}
	}
}

// Selected is the chosen item, disabled or not; false where nothing matches.
func (m *Model) Selected() (Item, bool) {
	if m.cur >= len(m.hits) {
		return Item{}, false
	}
	return m.items[m.hits[m.cur].item], true
}

// Run is the chosen item if it can be run now.
func (m *Model) Run() (Item, bool) {
	it, ok := m.Selected()
	if !ok || it.Disabled != "" {
		return Item{}, false
	}
	return it, true
}

// Len is how many items match, and of how many.
func (m *Model) Len() (matching, all int) { return len(m.hits), len(m.items) }
