package actor

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/indicator"
	"threatbench/keymap"
	"threatbench/views"
)

// move moves the cursor down or up, or to an end.
func (m *Model) move(by keymap.Motion) tea.Cmd {
	switch n := by.By(m.room()); {
	case by.Ends < 0:
		m.cursor = 0
	case by.Ends > 0:
		m.cursor = max(len(m.body.spots)-1, 0)
	case n < 0:
		m.step(-1, -n)
	default:
		m.step(1, n)
	}
	m.follow()
	return nil
}

// step moves the cursor down (by 1) or up (by -1) some lines.
func (m *Model) step(by, lines int) {
	if len(m.body.spots) == 0 {
		return
	}
	from := m.body.spots[m.cursor].y
	for {
		to := m.body.next(m.cursor, by)
		if to == m.cursor {
			return
		}
		m.cursor = to
		if (m.body.spots[to].y-from)*by >= lines {
			return
		}
	}
}

func (m *Model) aside(by int) tea.Cmd {
	if len(m.body.spots) > 0 {
		m.cursor = m.body.beside(m.cursor, by)
	}
	m.follow()
	return nil
}

// selected is what is under the cursor.
func (m *Model) selected() (spot, bool) {
	if m.p == nil || m.cursor >= len(m.body.spots) {
		return spot{}, false
	}
	return m.body.spots[m.cursor], true
}

// event is the event under the cursor, nil where there is none.
func (m *Model) event() *api.Event {
	if s, ok := m.selected(); ok && s.column == "" {
		return &m.p.newest[s.event]
	}
	return nil
}

func (m *Model) showEvents() {
	m.env.Host.Visit(views.VisitEvents{Filter: m.filter(), Datasets: m.p.datasets})
}

func (m *Model) chart() {
	m.env.Host.Visit(views.VisitChart{Filter: m.filter(), Datasets: m.p.datasets})
}

func (m *Model) build() {
	m.env.Host.Visit(views.VisitQuery{Filter: m.filter(), Datasets: m.p.datasets})
}

func (m *Model) refresh() tea.Cmd {
	if m.p == nil {
		return nil
	}
	return m.ask(async.Refresh)
}

// openSelected shows the events with the value under the cursor, or the event.
func (m *Model) openSelected() {
	s, ok := m.selected()
	if !ok {
		return
	}
	if e := m.event(); e != nil {
		m.env.Host.Mark()
		m.env.Host.Open(*e)
		return
	}
	to := views.VisitEvents{Filter: m.filter(), Datasets: m.p.datasets}
	if s.column == "datasetId" {
		to.Datasets = []string{s.value.Value}
	} else {
		to.Filter = m.filter(api.Condition{Field: api.Field(s.column), Op: api.OpEquals, Values: []string{s.value.Value}})
	}
	m.env.Host.Visit(to)
}

// graph draws what surrounds the selected event, or all that are listed.
func (m *Model) graph() {
	events := m.p.newest
	if e := m.event(); e != nil {
		events = []api.Event{*e}
	}
	if s, ok := m.selected(); ok && s.column == "tags" {
		m.env.Host.Visit(views.VisitGraph{Seeds: []api.NodeRef{{Type: api.NodeTag, ID: s.value.Value}}})
		return
	}
	var seeds []api.NodeRef
	for _, e := range events {
		seeds = append(seeds, api.NodeRef{Type: api.NodeEvent, ID: e.UUID})
	}
	m.env.Host.Visit(views.VisitGraph{Seeds: seeds})
}

func (m *Model) copy() {
	s, ok := m.selected()
	switch e := m.event(); {
	case !ok:
	case e == nil:
		m.env.Host.Copy("the value", s.value.Value)
	case e.Indicator != "":
		m.env.Host.Copy("the indicator, defanged", indicator.Defang(e.Indicator))
	default:
		m.env.Host.Copy("the event's id", e.UUID)
	}
}

// choose asks for an actor's name, as soon as the names are known.
func (m *Model) choose() tea.Cmd {
	if m.catalogs.Attackers == nil {
		m.asking = true
		return m.env.Async.Catalogs(m.slot("catalogs"))
	}
	m.enter()
	return nil
}

// chooseNow asks for the name that was to be asked for, now that the names
// have come or won't.
func (m *Model) chooseNow(f async.CatalogsLoaded) {
	if m.asking && (f.Catalogs.Attackers != nil || f.Pending == 0) {
		m.asking = false
		m.enter()
	}
}

func (m *Model) enter() {
	var datasets []string
	if m.p != nil {
		datasets = m.p.datasets
	} else {
		datasets = m.env.Host.Selection().Query.Datasets
	}
	m.env.Host.Enter(views.Entry{
		Title:    "profile of which attacker?",
		Complete: func(s string) []string { return views.Complete(strings.TrimSpace(s), m.catalogs.Attackers) },
		Accept: func(s string) tea.Cmd {
			if s = meant(m.catalogs.Attackers, strings.TrimSpace(s)); s != "" {
				m.env.Host.Visit(views.VisitActor{Name: s, Datasets: datasets})
			}
			return nil
		},
	})
}

// meant is the name a text stands for: the one it is but for its case, or the
// only one that holds it; else the text itself.
func meant(names []string, s string) string {
	if s == "" {
		return ""
	}
	if i := slices.IndexFunc(names, func(n string) bool { return api.Fold(n) == api.Fold(s) }); i >= 0 {
		return names[i]
	}
	if found := views.Complete(s, names); len(found) == 1 {
		return found[0]
	}
	return s
}

// Click selects what is under the pointer; twice opens it.
func (m *Model) Click(x, y int, double bool) tea.Cmd {
	i := m.body.hit(x, y-m.headHeight()+m.offset)
	if m.p == nil || i < 0 || y < m.headHeight() {
		return nil
	}
	m.cursor = i
	m.changed()
	if double {
		m.openSelected()
	}
	return nil
}

// Drag does nothing here.
func (m *Model) Drag(_, _ int, _ bool) tea.Cmd { return nil }

// Wheel scrolls; the cursor comes along.
func (m *Model) Wheel(_, _, by int) tea.Cmd {
	sign := 1
	if by < 0 {
		sign = -1
	}
	m.step(sign, by*sign)
	m.follow()
	m.changed()
	return nil
}

// CursorXY is where the real cursor belongs.
func (m *Model) CursorXY() (x, y int, ok bool) {
	s, ok := m.selected()
	if !ok {
		return 0, 0, m.p != nil
	}
	return s.x, s.y - m.offset + m.headHeight(), true
}
