package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
)

// Key handles a key: changed tells whether the text is another now, handled
// whether the key was the input's at all. Enter is handled only while a
// suggestion is chosen, tab and esc only while the popup is open.
//
//	left right ctrl+b ctrl+f   by a character    alt+ or ctrl+left right, alt+b alt+f   by a word
//	home end ctrl+a ctrl+e     to the ends       up down ctrl+p ctrl+n                  history, or the popup
//	backspace delete           a character       ctrl+w alt+backspace, alt+d alt+delete   a word
//	ctrl+u ctrl+k              to the ends       ctrl+y   put back what was cut    ctrl+z ctrl+_   undo
//	tab   complete   down up shift+tab   choose    enter   take    esc   close
func (m *Model) Key(k tea.KeyPressMsg) (changed, handled bool) {
	before := m.text
	name := k.String()
	handled = m.popupKey(name) || m.moveKey(name) || m.deleteKey(name) || m.historyKey(name) || m.textKey(k)
	return m.text != before, handled
}

// popupKey handles what only an open popup takes.
func (m *Model) popupKey(name string) bool {
	if !m.Open() {
		return false
	}
	switch name {
	case "tab":
		return m.Complete()
	case "shift+tab":
		m.choose(-1)
	case "down", "ctrl+n":
		m.choose(1)
	case "up", "ctrl+p":
		if m.chosen < 0 {
			return false
		}
		m.choose(-1)
	case "enter":
		return m.Accept(m.chosen)
	case "esc":
		m.SetSuggestions(nil)
	default:
		return false
	}
	return true
}

func (m *Model) choose(step int) {
	if m.chosen < 0 && step < 0 {
		m.chosen = 0
	}
	m.chosen = (m.chosen + step + len(m.list)) % len(m.list)
}

func (m *Model) moveKey(name string) bool {
	switch name {
	case "left", "ctrl+b":
		m.SetPos(before(m.text, m.pos))
	case "right", "ctrl+f":
		m.SetPos(after(m.text, m.pos))
	case "home", "ctrl+a":
		m.SetPos(0)
	case "end", "ctrl+e":
		m.SetPos(len(m.text))
	case "alt+left", "ctrl+left", "alt+b":
		m.SetPos(wordLeft(m.text, m.pos))
	case "alt+right", "ctrl+right", "alt+f":
		m.SetPos(wordRight(m.text, m.pos))
	default:
		return false
	}
	return true
}

func (m *Model) deleteKey(name string) bool {
	switch name {
	case "backspace", "ctrl+h", "shift+backspace":
		m.erase(before(m.text, m.pos), m.pos)
	case "delete", "ctrl+d":
		if m.text == "" {
			return false
		}
		m.erase(m.pos, after(m.text, m.pos))
	case "ctrl+w", "alt+backspace", "ctrl+backspace":
		m.kill(wordLeft(m.text, m.pos), m.pos)
	case "alt+d", "alt+delete", "ctrl+delete":
		m.kill(m.pos, wordRight(m.text, m.pos))
	case "ctrl+u":
		m.kill(0, m.pos)
	case "ctrl+k":
		m.kill(m.pos, len(m.text))
	case "ctrl+y":
		m.Paste(m.killed)
	case "ctrl+z", "ctrl+_":
		m.Undo()
	default:
		return false
	}
	return true
}

// erase deletes the bytes [from, to); a run of erasing is undone at once.
func (m *Model) erase(from, to int) {
	if from == to {
		return
	}
	if !m.typing {
		m.remember()
	}
	m.replace(m.text[:from]+m.text[to:], from)
	m.typing = true
}

// kill deletes and keeps what was there for ctrl+y.
func (m *Model) kill(from, to int) {
	if from == to {
		return
	}
	m.remember()
	m.killed = m.text[from:to]
	m.replace(m.text[:from]+m.text[to:], from)
}

func (m *Model) historyKey(name string) bool {
	switch name {
	case "up", "ctrl+p":
		m.recall(-1)
	case "down", "ctrl+n":
		m.recall(1)
	default:
		return false
	}
	return true
}

// recall shows the line of history that is step away; past the newest stands
// what had been typed.
func (m *Model) recall(step int) {
	to := m.at + step
	if to < 0 || to > len(m.history) {
		return
	}
	if m.at == len(m.history) {
		m.draft = m.text
	}
	line := m.draft
	if to < len(m.history) {
		line = m.history[to]
	}
	m.SetValue(line)
	m.at = to
}

// textKey inserts what a key types.
func (m *Model) textKey(k tea.KeyPressMsg) bool {
	if k.Text == "" || k.Mod&(tea.ModCtrl|tea.ModAlt|tea.ModSuper|tea.ModMeta|tea.ModHyper) != 0 {
		return false
	}
	s := oneLine(k.Text)
	if s == "" {
		return false
	}
	if !m.typing {
		m.remember()
	}
	m.insert(s)
	m.typing = true
	return true
}

// Paste inserts text at the cursor; line breaks and tabs become spaces, other
// control characters are left out.
func (m *Model) Paste(s string) {
	s = oneLine(strings.Trim(s, "\r\n"))
	if s == "" {
		return
	}
	m.remember()
	m.insert(s)
}

func (m *Model) insert(s string) {
	if room := maxText - len(m.text); len(s) > room {
		s = strings.ToValidUTF8(s[:room], "")
	}
	m.replace(m.text[:m.pos]+s+m.text[m.pos:], m.pos+len(s))
}

// oneLine makes text that fits one line: white space becomes spaces, what
// cannot be shown goes.
func oneLine(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\u2028', r == '\u2029', r == '\u0085':
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
}

// before is where the character that ends at i begins.
func before(s string, i int) int {
	at := 0
	for at < i {
		n, _ := cluster(s[at:])
		if at+n >= i {
			return at
		}
		at += n
	}
	return at
}

// after is where the character at i ends.
func after(s string, i int) int {
	n, _ := cluster(s[i:])
	return i + n
}

// wordLeft is where the word before i begins. A word is letters and digits, so
// that field, operator and value are words apart.
func wordLeft(s string, i int) int {
	seen := false
	for i > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:i])
		if seen && !wordRune(r) {
			return i
		}
		seen = seen || wordRune(r)
		i -= n
	}
	return 0
}

func wordRight(s string, i int) int {
	seen := false
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if seen && !wordRune(r) {
			return i
		}
		seen = seen || wordRune(r)
		i += n
	}
	return i
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_'
}
