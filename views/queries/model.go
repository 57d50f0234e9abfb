// Package queries is the view of saved queries: their list, and the builder,
// which shows a filter as rows and as text at once.
package queries

import (
	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/keymap"
	"threatbench/views"
)

// View is this view's name in the slots of its requests.
const View = views.QueriesView

// Model is the view: the list, or the builder over it.
type Model struct {
	views.Handler[*Model]

	env      *views.Env
	list     *list
	build    *builder
	building bool
}

// New makes the view. It asks for nothing before it is shown.
func New(env *views.Env) *Model {
	slot := func(name string) async.Slot { return async.Slot{View: View, Name: name} }
	m := &Model{env: env, list: newList(env, slot), build: newBuilder(env, slot)}
	m.Handler = views.Handle(m, actions())
	return m
}

// Arrive asks for the queries when the view is shown.
func (m *Model) Arrive() tea.Cmd { return m.list.load() }

// Visit opens a filter in the builder.
func (m *Model) Visit(v views.Visit) tea.Cmd {
	q, ok := v.(views.VisitQuery)
	if !ok {
		return nil
	}
	m.building = true
	return m.build.open(state{text: q.Filter, datasets: q.Datasets, orderBy: q.OrderBy, order: q.Order}, nil)
}

// Changed asks anew for the queries after one was changed.
func (m *Model) Changed(r async.ChangeResult) tea.Cmd {
	if r.Change.Kind != async.KindQuery && r.Change.Kind != async.KindAlert || !m.list.asked {
		return nil
	}
	return m.list.ask()
}

// Receive takes the answers to this view's requests.
func (m *Model) Receive(f async.Result) tea.Cmd {
	if m.list.onNews(f) {
		return nil
	}
	switch f := f.(type) {
	case async.QueriesLoaded:
		cmd := m.list.receive(f)
		m.build.saveEnded(m.list.queries)
		return cmd
	case async.AlertsLoaded:
		m.list.onAlerts(f)
		return nil
	case async.Slow:
		m.list.slow = m.list.slow || f.Tag().Slot.Name == "queries"
	}
	return m.build.receive(f)
}

// Draw is the view in exactly h lines of w cells.
func (m *Model) Draw(w, h int, focused bool) []string {
	if m.building {
		return m.build.draw(w, h, focused)
	}
	return m.list.draw(w, h, focused)
}

// Scopes are those of the focused part.
func (m *Model) Scopes() []keymap.Scope {
	switch {
	case !m.building:
		return []keymap.Scope{keymap.Queries}
	case m.build.part == partText:
		return []keymap.Scope{keymap.Filter}
	case m.build.part == partValue:
		return []keymap.Scope{keymap.Prompt}
	}
	return []keymap.Scope{keymap.Builder}
}

// Restyle takes over the environment's styles after a change of theme.
func (m *Model) Restyle() tea.Cmd {
	st := m.env.Styles
	m.build.line.SetStyles(st)
	m.build.input.SetStyles(st)
	m.build.sample.SetStyles(st)
	m.list.table.SetStyles(st)
	return nil
}

// Rezone counts anew: a filter's days are those of the zone that is shown.
func (m *Model) Rezone() tea.Cmd {
	m.list.read()
	if !m.building {
		return nil
	}
	if rows, err := query.Rows(m.build.text, m.env.Now()); err == nil {
		m.build.rows = rows
	}
	return m.build.reload(0)
}

// Typing tells whether keys go to a text field.
func (m *Model) Typing() bool {
	return m.building && (m.build.part == partText || m.build.part == partValue)
}

// Key gives a key to the text field.
func (m *Model) Key(k tea.KeyPressMsg) (tea.Cmd, bool) {
	b := m.build
	if b.part == partText {
		changed, handled := b.line.Key(k)
		if !changed {
			return nil, handled
		}
		return b.typed(), true
	}
	changed, handled := b.input.Key(k)
	switch {
	case changed && k.String() == "enter" && !many(b.draft.op):
		return b.acceptValue(), true // a choice is all there is to say
	case changed:
		b.suggest()
	}
	return nil, handled
}

// Paste puts text into the text field.
func (m *Model) Paste(text string) tea.Cmd {
	if m.build.part == partText {
		m.build.line.Paste(text)
		return m.build.typed()
	}
	m.build.input.Paste(text)
	m.build.suggest()
	return nil
}

// CursorXY is where the real cursor belongs.
func (m *Model) CursorXY() (x, y int, ok bool) {
	if m.building {
		return m.build.cursorXY()
	}
	return m.list.cursorXY()
}

// Popup is the completions of the text field.
func (m *Model) Popup() (lines []string, x, y int) {
	if !m.building {
		return nil, 0, 0
	}
	return m.build.popup()
}

// MoveFocus goes between the form and the sample.
func (m *Model) MoveFocus(by int) bool {
	b := m.build
	switch {
	case !m.building || m.Typing():
		return true
	case by > 0 && b.part == partForm:
		b.part = partSample
		return true
	case by < 0 && b.part == partSample:
		b.part = partForm
		return true
	}
	return false
}

// EnterFrom puts the focus on the first or the last part.
func (m *Model) EnterFrom(by int) {
	m.build.part = partForm
	if by < 0 {
		m.build.part = partSample
	}
}

// here is the place back and forward return to.
type here struct {
	building bool
	state    state
	saved    *api.SavedQuery
	row      int
}

// Snapshot is the present place.
func (m *Model) Snapshot() any {
	return here{m.building, m.build.state, m.build.saved, m.list.table.Cursor()}
}

// Restore returns to a place.
func (m *Model) Restore(place any) tea.Cmd {
	h, ok := place.(here)
	if !ok {
		return nil
	}
	m.building = h.building
	m.list.table.MoveTo(h.row)
	if h.building && !m.build.same(h.state) {
		return m.build.open(h.state, h.saved)
	}
	return m.list.load()
}
