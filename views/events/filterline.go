package events

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/ui/widget/prompt"
	"threatbench/views"
)

// edit puts the focus on the filter line.
func (m *Model) edit() tea.Cmd {
	m.part, m.before = partFilter, m.text
	m.filter.Focus()
	if m.filter.Value() != "" && !strings.HasSuffix(m.filter.Value(), " ") {
		m.filter.SetValue(m.filter.Value() + " ")
	}
	m.changed()
	return m.needCatalogs()
}

// Typing tells whether keys go to the filter line.
func (m *Model) Typing() bool { return m.part == partFilter }

// Key gives a key to the filter line.
func (m *Model) Key(k tea.KeyPressMsg) (tea.Cmd, bool) {
	changed, handled := m.filter.Key(k)
	if handled {
		m.changed()
	}
	if !changed {
		return nil, handled
	}
	return m.typed(), true
}

// Paste puts text into the filter line.
func (m *Model) Paste(text string) tea.Cmd {
	m.filter.Paste(text)
	return m.typed()
}

// typed follows the text: completions, errors, and results as it is typed.
func (m *Model) typed() tea.Cmd {
	m.changed()
	list := m.suggest()
	text := strings.TrimSpace(m.filter.Value())
	_, err := query.Parse(text, m.env.Now())
	if err != nil {
		m.showError(err)
		m.hold()
		return nil
	}
	m.filter.SetError(0, 0, "")
	switch {
	case m.unfinished(list):
		m.hold()
		return nil
	case text == m.text:
		return nil
	}
	if err := m.parse(text); err != nil {
		m.showError(err)
		return nil
	}
	if m.naming(list) {
		return m.reload(namingPause)
	}
	return m.reload(typingPause)
}

// hold stays with what the list shows: what was about to be asked is
// superseded by a text that isn't finished.
func (m *Model) hold() {
	if !m.stale || !m.loadedOnce {
		return
	}
	m.env.Async.Cancel(m.slot("first"))
	m.env.Async.Cancel(m.slot("summary"))
	clear(m.pending)
	m.stale, m.slow = false, false
	m.facets.setStale(false)
	m.text, m.parsed = m.shown, m.shownFilter
}

// naming tells whether the word at the cursor could become a field's name: a
// search for it as a word then waits a little longer.
func (m *Model) naming(list []query.Suggestion) bool {
	for _, s := range list {
		if strings.HasSuffix(strings.TrimSpace(s.Text), ":") {
			return true
		}
	}
	return false
}

// unfinished tells whether the value at the cursor is the beginning of values
// that are known, and none of them yet: the list then stays as it is, rather
// than show that nothing is called "att".
func (m *Model) unfinished(list []query.Suggestion) bool {
	value := m.filter.Value()
	begins := false
	for _, s := range list {
		typed := strings.ToLower(strings.Trim(value[s.From:s.To], `"`))
		whole := strings.ToLower(strings.Trim(strings.TrimSpace(s.Text), `"`))
		if whole == typed || sameMarking(whole, typed) {
			return false
		}
		begins = begins || typed != "" && s.From > 0 && value[s.From-1] == ':' && strings.HasPrefix(whole, typed)
	}
	return begins
}

// sameMarking reports whether two spellings are the same TLP marking.
func sameMarking(a, b string) bool {
	one, ok := api.ParseTLP(a)
	other, known := api.ParseTLP(b)
	return ok && known && one == other
}

// behind reports whether the list still answers an earlier filter, since the
// one that is typed is wrong or isn't finished.
func (m *Model) behind() bool {
	return m.part == partFilter && m.loadedOnce && !m.stale && strings.TrimSpace(m.filter.Value()) != m.text
}

func (m *Model) showError(err error) {
	var at *query.Error
	if errors.As(err, &at) {
		m.filter.SetError(at.Pos, at.End, at.Msg)
	} else {
		m.filter.SetError(0, 0, err.Error())
	}
	m.changed()
}

// suggest offers what could stand at the cursor.
func (m *Model) suggest() []query.Suggestion {
	counts := map[string]int{}
	count := func(field api.Field) {
		if f := m.facets.find(string(field)); f != nil {
			for _, c := range f.Top {
				counts[c.Value] = c.Count
			}
		}
	}
	count(api.FieldTLP) // its values are known without being asked for
	list := query.Complete(m.filter.Value(), m.filter.Pos(), func(field api.Field, prefix string) []string {
		count(field)
		return m.values(field, prefix)
	})
	shown := views.Suggestions(list)
	for i, s := range list {
		if n := counts[s.Label]; s.Detail == "" && n > 0 {
			shown[i].Right = views.Count(n)
		}
	}
	m.filter.SetSuggestions(shown)
	return list
}

// values completes a field's value from what the facets count and from the
// catalogues.
func (m *Model) values(field api.Field, prefix string) []string {
	var pool []string
	if f := m.facets.find(string(field)); f != nil {
		for _, c := range f.Top {
			pool = append(pool, c.Value)
		}
	}
	return views.Matching(append(pool, views.Catalogued(m.catalogs, field)...), prefix)
}

// accept keeps the filter and returns to the table; a wrong one stays on the
// line, with what is wrong.
func (m *Model) accept() tea.Cmd {
	text, inForce := strings.TrimSpace(m.filter.Value()), m.text
	if err := m.parse(text); err != nil {
		m.showError(err)
		return nil
	}
	if text != m.before {
		m.env.Host.Mark() // while the line is open, Here still tells the filter before
	}
	m.filter.SetValue(text)
	m.filter.Commit()
	m.leaveLine()
	if text == inForce {
		return nil
	}
	return m.reload(0)
}

// cancel returns to the filter as it was before editing.
func (m *Model) cancel() tea.Cmd {
	m.leaveLine()
	if m.before == m.text {
		m.filter.SetValue(m.text)
		return nil
	}
	return m.apply(m.before)
}

func (m *Model) leaveLine() {
	m.part = partTable
	m.filter.SetSuggestions(nil)
	m.filter.SetError(0, 0, "")
	m.filter.Blur()
	m.changed()
}

// spans colours the filter's tokens.
func (m *Model) spans(text string) []prompt.Span { return views.FilterSpans(m.env.Styles, text) }
