// Package charts shows counts as pictures: bars, columns over time, heatmaps,
// flows, the ATT&CK matrix and the kill chain, of what the events' filter
// matches or of a filter of their own.
package charts

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/views"
)

// View is this view's name in the slots of its requests.
const View = views.ChartsView

// Model is the view of charts.
type Model struct {
	views.Handler[*Model]

	env     *views.Env
	card    *card // the chart that is shown large
	board   board
	console console
	started bool
	names   namer

	datasets       []api.Dataset
	catalogs       async.Catalogs // what completion draws on
	datasetsWanted bool           // a person waits for the list
	saved          []api.SavedQuery
	savedWanted    bool // a person waits for the list

	width   int // as resized last
	version int
	memo    memo
}

type memo struct {
	version, env, w, h int
	focused            bool
	lines              []string
}

// New makes the view; it asks for nothing until it is shown.
func New(env *views.Env) *Model {
	m := &Model{env: env, card: newCard(env, "chart", Spec{}), names: namer{datasets: map[string]string{}}}
	m.Handler = views.Handle(m, actions())
	m.console = newConsole(env)
	m.restore()
	return m
}

func (m *Model) changed() { m.version++ }

// Arrive shows the chart: it follows the events' filter, unless it has one of
// its own.
func (m *Model) Arrive() tea.Cmd {
	m.changed()
	if m.board.shown {
		return m.openBoard()
	}
	follows := m.follow()
	if m.started && !follows {
		return m.needSaved()
	}
	m.started = true
	return tea.Batch(m.card.load(), m.needSaved(), m.env.Async.Catalogs(async.Slot{View: View, Name: "catalogs"}))
}

// follow takes over the events' filter; true where that changed anything.
func (m *Model) follow() bool {
	s := &m.card.spec
	if s.Own {
		return false
	}
	sel := m.env.Host.Selection()
	if s.Filter == sel.Filter && slices.Equal(s.Datasets, sel.Query.Datasets) {
		return false
	}
	s.Filter, s.Datasets = sel.Filter, sel.Query.Datasets
	return true
}

// Visit shows the chart of a filter.
func (m *Model) Visit(v views.Visit) tea.Cmd {
	to, ok := v.(views.VisitChart)
	if !ok {
		return nil
	}
	m.started, m.board.shown, m.console.shown = true, false, false
	m.card.spec.own(to.Filter, to.Datasets)
	return m.reload()
}

// reload asks for the chart anew after a change of what it shows.
func (m *Model) reload() tea.Cmd {
	m.changed()
	return m.card.load()
}

// Receive takes the answers to this view's requests.
func (m *Model) Receive(f async.Result) tea.Cmd {
	m.changed()
	switch f := f.(type) {
	case async.GroupsLoaded:
		if c, question := m.cardOf(f.Slot); c != nil {
			return c.receive(question, f)
		}
	case async.Slow:
		if c, _ := m.cardOf(f.Slot); c != nil {
			c.slow = true
		} else if f.Slot == m.consoleSlot("query") {
			m.console.slow = m.env.Async.Busy(f.Slot)
		}
	case async.QueryAnswered:
		m.onQuery(f)
	case async.Elapsed:
		if f.Slot == m.tickSlot() && m.board.shown {
			return m.refreshBoard()
		}
	case async.CatalogsLoaded:
		m.onCatalogs(f.Catalogs)
	case async.QueriesLoaded:
		return m.onSaved(f)
	}
	return nil
}

// cardOf is the chart that a slot belongs to, and the question.
func (m *Model) cardOf(s async.Slot) (*card, string) {
	id, question, _ := strings.Cut(s.Name, "/")
	for _, c := range m.cards() {
		if c.id == id {
			return c, question
		}
	}
	return nil, ""
}

// cards are all charts there are.
func (m *Model) cards() []*card { return append([]*card{m.card}, m.board.cards...) }

func (m *Model) onCatalogs(c async.Catalogs) {
	m.datasets, m.catalogs = c.Datasets, c
	m.names.datasets = map[string]string{}
	for _, d := range c.Datasets {
		m.names.datasets[d.UUID] = d.Name
	}
	for _, card := range m.cards() {
		card.names = m.names
	}
	if m.datasetsWanted && len(m.datasets) > 0 {
		m.datasetsWanted = false
		m.chooseDatasets()
	}
}

// Restyle takes over the environment's styles after a change of theme.
func (m *Model) Restyle() tea.Cmd {
	m.console.tree.SetStyles(m.env.Styles)
	m.console.bars.SetStyles(m.env.Styles)
	for _, c := range m.cards() {
		if c.plot != nil {
			c.plot.restyle(m.env.Styles)
		}
	}
	m.changed()
	return nil
}

// Rezone counts anew: a filter's days are those of the zone that is shown.
func (m *Model) Rezone() tea.Cmd {
	var cmds []tea.Cmd
	for _, c := range m.cards() {
		if c.spec.Saved != nil && len(m.saved) > 0 {
			c.renew(m.saved)
		}
		if !c.loaded.IsZero() || len(c.wanted) > 0 {
			cmds = append(cmds, c.load())
		}
	}
	m.changed()
	return tea.Batch(cmds...)
}

// Resize takes the size the view will be drawn in.
func (m *Model) Resize(w, _ int) tea.Cmd {
	m.width = w
	return m.card.resized(w)
}

// Scopes are those of the part that has the focus.
func (m *Model) Scopes() []keymap.Scope {
	switch {
	case m.Typing():
		return []keymap.Scope{keymap.Console}
	case m.console.shown:
		return []keymap.Scope{keymap.Answer}
	case m.board.shown:
		return []keymap.Scope{keymap.Board}
	}
	return []keymap.Scope{keymap.Charts}
}

// place is what back and forward return to.
type place struct {
	spec  Spec
	board bool
}

// Snapshot is the present place.
func (m *Model) Snapshot() any { return place{m.card.spec, m.board.shown} }

// Restore returns to a place.
func (m *Model) Restore(p any) tea.Cmd {
	to, ok := p.(place)
	if !ok {
		return nil
	}
	m.changed()
	m.board.shown, m.console.shown = to.board, false
	if m.board.shown {
		return m.openBoard()
	}
	if m.started && fmt.Sprint(to.spec) == fmt.Sprint(m.card.spec) {
		return nil
	}
	m.card.spec = to.spec
	return m.reload()
}
