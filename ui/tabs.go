package ui

import (
	"cmp"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/layout"
	"threatbench/views"
	"threatbench/views/actor"
	"threatbench/views/alerts"
	"threatbench/views/charts"
	"threatbench/views/datasets"
	"threatbench/views/graph"
	"threatbench/views/queries"
)

// tab is a view that has the window to itself: its number, the title of its
// tab, the name of its slots, and the scopes whose actions are its own.
type tab struct {
	screen screen
	title  string
	name   string
	view   views.View
	scopes []keymap.Scope
}

// tabs are the views besides the events and the detail, in the order of
// their numbers.
func newTabs(env *views.Env) []tab {
	return []tab{
		{screen: 3, title: "Graph", name: views.GraphView, view: graph.New(env), scopes: []keymap.Scope{keymap.Graph}},
		{screen: 4, title: "Queries", name: views.QueriesView, view: queries.New(env), scopes: []keymap.Scope{keymap.Queries, keymap.Builder}},
		{screen: 5, title: "Alerts", name: views.AlertsView, view: alerts.New(env), scopes: []keymap.Scope{keymap.Inbox, keymap.Alerts}},
		{screen: 6, title: "Charts", name: views.ChartsView, view: charts.New(env), scopes: []keymap.Scope{keymap.Charts, keymap.Board, keymap.Console, keymap.Answer}},
		{screen: 7, title: "Datasets", name: views.DatasetsView, view: datasets.New(env), scopes: []keymap.Scope{keymap.Datasets}},
		{screen: 8, title: "Actor", name: views.ActorView, view: actor.New(env), scopes: []keymap.Scope{keymap.Actor}},
	}
}

// tab is the one with the screen, nil where it is the events' or the detail's.
func (m *Model) currentTab() *tab { return m.tabAt(m.screen) }

func (m *Model) tabAt(s screen) *tab {
	for i := range m.tabs {
		if m.tabs[i].screen == s {
			return &m.tabs[i]
		}
	}
	return nil
}

func (m *Model) tabOfScope(scope keymap.Scope) *tab {
	for i := range m.tabs {
		for _, own := range m.tabs[i].scopes {
			if own == scope {
				return &m.tabs[i]
			}
		}
	}
	return nil
}

func (m *Model) tabNamed(name string) *tab {
	for i := range m.tabs {
		if m.tabs[i].name == name {
			return &m.tabs[i]
		}
	}
	return nil
}

// numbered is the screen an action of the number keys goes to.
func numbered(id keymap.ID) (screen, bool) {
	for i, v := range []keymap.ID{keymap.AppView3, keymap.AppView4, keymap.AppView5, keymap.AppView6, keymap.AppView7, keymap.AppView8} {
		if v == id {
			return screen(i + 3), true
		}
	}
	return 0, false
}

// visible tells whether a view has something to show, or shows something of
// its own accord.
func (s *tab) visible() bool {
	g, ok := s.view.(views.TabHider)
	return !ok || g.ShowsTab()
}

// showTab goes to a view's screen. The way back is kept.
func (m *Model) showTab(s *tab) tea.Cmd {
	if s.screen == m.screen {
		return nil
	}
	m.mark()
	cmd := m.show(s.screen, m.focus)
	if a, ok := s.view.(views.Arriver); ok {
		cmd = tea.Batch(cmd, a.Arrive())
	}
	return cmd
}

// openVisit goes to the view a visit names and gives it what it is to show.
func (m *Model) openVisit(v views.Visit) tea.Cmd {
	if to, ok := v.(views.VisitEvents); ok {
		return m.visitEvents(to)
	}
	s := m.tabNamed(v.View())
	if s == nil {
		return nil
	}
	cmd := m.showTab(s)
	if host, ok := s.view.(views.Visitor); ok {
		cmd = tea.Batch(cmd, host.Visit(v))
	}
	return cmd
}

// showActor goes to the profile of the attacker in hand; without one, the view
// asks for a name.
func (m *Model) showActor() tea.Cmd {
	h := m.subject()
	seat := m.tabNamed(views.ActorView)
	if h.Attacker == "" {
		went := m.showTab(seat)
		cmd, _ := seat.view.Do("actor.choose")
		return tea.Batch(went, cmd)
	}
	return m.openVisit(views.VisitActor{Name: h.Attacker, Datasets: h.Datasets})
}

func (m *Model) visitEvents(to views.VisitEvents) tea.Cmd {
	m.mark()
	p := m.events.Snapshot()
	p.Filter, p.Event, p.Row = to.Filter, "", 0
	if len(to.Datasets) > 0 {
		p.Dataset = to.Datasets
	}
	if to.OrderBy != "" {
		p.SortBy, p.Order = to.OrderBy, cmp.Or(to.Order, "desc")
	}
	m.events.Focus()
	return tea.Batch(m.show(screenEvents, paneEvents), m.events.Restore(p))
}

// tabLabel is one of the header's: a view's number and title, and where it stands.
type tabLabel struct {
	screen screen
	text   string
	x, w   int
}

// brand is what the header begins with where there is room for it.
const brand = " threatbench  "

// tabLabels are the views there are, with the words some put behind their title, as
// they fit into so many cells: with the program's name, without it, and with
// the numbers alone.
func (m *Model) tabLabels(room int) (name string, list []tabLabel) {
	list = []tabLabel{{screen: screenEvents, text: "Events"}, {screen: screenDetail, text: "Detail"}}
	for _, s := range m.tabs {
		if !s.visible() && s.screen != m.screen {
			continue
		}
		list = append(list, tabLabel{screen: s.screen, text: s.title + m.badge(&s)})
	}
	for i := range list {
		list[i].text = fmt.Sprintf("%d %s", list[i].screen, list[i].text)
	}
	if end := lineUp(list, layout.Width(brand)+1, 2); end <= room {
		return brand, list
	}
	if end := lineUp(list, 1, 1); end <= room {
		return "", list
	}
	for i := range list {
		if list[i].screen != m.screen {
			list[i].text = fmt.Sprint(int(list[i].screen))
		}
	}
	lineUp(list, 1, 1)
	return "", list
}

// lineUp puts tabs one behind the other, from x on, and gives the end of the
// last.
func lineUp(list []tabLabel, x, gap int) int {
	for i := range list {
		list[i].x, list[i].w = x, layout.Width(list[i].text)
		x += list[i].w + gap
	}
	return x - gap
}

// badge is the word behind a view's title.
func (m *Model) badge(s *tab) string {
	b, ok := s.view.(views.Badged)
	if !ok || b.Badge() == "" {
		return ""
	}
	return m.env.Styles.Glyphs.Bullet + b.Badge()
}
