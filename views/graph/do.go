package graph

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// How far a press pans.
const (
	panX = 8
	panY = 3
)

func (m *Model) zoomIn() tea.Cmd {
	m.scene.picture.ZoomIn()
	m.zoom = m.scene.picture.Zoom()
	return nil
}

func (m *Model) zoomOut() tea.Cmd {
	m.scene.picture.ZoomOut()
	m.zoom = m.scene.picture.Zoom()
	return nil
}

func (m *Model) nextForm() {
	m.form = (m.scene.form + 1) % forms
	m.scene.setForm(m.form)
	m.zoom = m.scene.picture.Zoom()
}

func (m *Model) fold() {
	if !m.scene.picture.Toggle() {
		m.env.Host.Say(toast.Info, "Nothing to fold here")
	}
}

func (m *Model) askFind() { m.env.Host.Prompt("Find in the graph", m.scene.query, m.find) }

func (m *Model) find(q string) tea.Cmd {
	s := m.scene
	s.query, s.found = q, 0
	if s.form == asTable {
		s.found = s.list.find(q, 0)
	}
	if n := s.picture.Find(q); s.form != asTable {
		s.found = n
	}
	if q != "" && s.found == 0 {
		m.env.Host.Say(toast.Info, "not found in the graph: "+q)
	}
	m.changed()
	return nil
}

func (m *Model) nextHit(by int) tea.Cmd {
	s := m.scene
	switch {
	case s.form == asTable:
		s.list.find(s.query, by)
	case by > 0:
		s.picture.Next()
	default:
		s.picture.Prev()
	}
	return nil
}

func (m *Model) deeper() tea.Cmd {
	m.depth++
	m.scene.depth++
	return m.ask()
}

func (m *Model) shallower() tea.Cmd {
	p := m.scene.plan
	p.depth--
	return m.replan(p)
}

func (m *Model) nextDirection() tea.Cmd {
	p := m.scene.plan
	p.way = (p.way + 1) % ways
	return m.replan(p)
}

// loadMore goes on where loading paused.
func (m *Model) loadMore() tea.Cmd {
	m.scene.goOn()
	return m.ask()
}

// drawAround opens the graph of the node under the cursor.
func (m *Model) drawAround() tea.Cmd {
	n, _ := m.scene.current()
	m.env.Host.Mark()
	return m.open([]api.NodeRef{n.ref()})
}

// refresh asks anew for what is shown, or being looked for.
func (m *Model) refresh() tea.Cmd {
	if m.scene == nil {
		if m.finding == nil {
			return nil
		}
		return m.seek(m.finding)
	}
	m.env.Async.Forget()
	return m.replan(m.scene.plan)
}

// followable are the types a person can have followed, in their order in the
// menu.
func followable() []string {
	return append(api.RelationshipTypes(), reference, api.TaggedWith, api.AppearsIn)
}

func (m *Model) chooseTypes() {
	items := func() []views.PickItem {
		out := make([]views.PickItem, 0, len(followable()))
		for _, t := range followable() {
			out = append(out, views.PickItem{Title: kindWords(t), Detail: typeHelp(t), On: m.scene.follows(t)})
		}
		return out
	}
	m.env.Host.Ask(views.Pick{
		Title: "follow", Items: items(), Toggles: items,
		Chosen: func(i int) tea.Cmd { return m.toggleType(followable()[i]) },
	})
}

func typeHelp(kind string) string {
	switch kind {
	case reference:
		return "what one event names in another"
	case api.TaggedWith:
		return "tags, and the events that have them"
	case api.AppearsIn:
		return "indicators, and the events they are in"
	}
	return "a relationship between events"
}

func (m *Model) toggleType(kind string) tea.Cmd {
	p := m.scene.plan
	if i := slices.Index(p.types, kind); i >= 0 {
		p.types = slices.Delete(slices.Clone(p.types), i, i+1)
	} else {
		p.types = append(slices.Clone(p.types), kind)
	}
	m.types = p.types
	return m.replan(p)
}

// mark marks the node under the cursor, or takes its mark away.
func (m *Model) mark() {
	s := m.scene
	n, _ := s.current()
	k := n.key()
	if i := slices.Index(s.marks, k); i >= 0 {
		s.marks = slices.Delete(s.marks, i, i+1)
	} else {
		s.marks = append(s.marks, k)
	}
	s.show(m.env)
}

func (m *Model) clear() {
	s := m.scene
	s.marks, s.query, s.found = nil, "", 0
	s.picture.ClearPath()
	s.picture.Find("")
	s.show(m.env)
}

// path marks the shortest way between the two nodes marked last, between the
// one marked and the cursor's, or between the first of all and the cursor's.
func (m *Model) path() {
	s := m.scene
	n, ok := s.current()
	marks := s.marks
	switch {
	case len(marks) >= 2:
		marks = marks[len(marks)-2:]
	case ok && len(marks) == 1:
		marks = []string{marks[0], n.key()}
	case ok:
		marks = []string{s.order[0], n.key()}
	}
	if len(marks) < 2 || marks[0] == marks[1] {
		m.env.Host.Say(toast.Info, "mark two nodes, or one and go to another")
		return
	}
	way, ok := s.picture.Path(marks[0], marks[1])
	if !ok {
		m.env.Host.Say(toast.Info, "no way joins the two within what is loaded")
		return
	}
	m.env.Host.Say(toast.Good, "the shortest way has "+count(len(way)-1, "step"))
}

// count is "1 step", "2 steps".
func count(n int, of string) string {
	if n != 1 {
		of += "s"
	}
	return views.Count(n) + " " + of
}

// openNode opens an event, unfolds what is folded, and looks for the events of
// a tag or an indicator.
func (m *Model) openNode() {
	s := m.scene
	n, ok := s.current()
	switch {
	case !ok:
		s.picture.Unfold()
	case n.Event != nil:
		m.env.Host.Mark()
		m.env.Host.Open(*n.Event)
	case n.Type == api.NodeEvent:
		m.env.Host.Mark()
		m.env.Host.OpenID("", n.ID)
	case n.Type == api.NodeTag:
		m.env.Host.Visit(views.VisitEvents{Filter: filterFor(api.FieldTags, title(n))})
	default:
		m.env.Host.Visit(views.VisitEvents{Filter: filterFor(api.FieldIndicator, title(n))})
	}
}

// filterFor is the filter of the events with one of the values, as text.
func filterFor(f api.Field, values ...string) string {
	op := api.OpIn
	if len(values) == 1 {
		op = api.OpEquals
	}
	return query.FormatCondition(api.Condition{Field: f, Op: op, Values: values})
}

// listEvents shows the graph's events in the table of events.
func (m *Model) listEvents() {
	var ids []string
	for _, k := range m.scene.order {
		if n := m.scene.nodes[k]; n.Type == api.NodeEvent {
			ids = append(ids, n.ID)
		}
	}
	if len(ids) > api.MaxInValues {
		m.env.Host.Say(toast.Warn, fmt.Sprintf("the nearest %d of %s", api.MaxInValues, count(len(ids), "event")))
		ids = ids[:api.MaxInValues]
	}
	m.env.Host.Visit(views.VisitEvents{Filter: filterFor(api.FieldUUID, ids...), Datasets: []string{api.ScopeAll}})
}

func (m *Model) copy() {
	n, _ := m.scene.current()
	if n.Event != nil && n.Event.Indicator != "" {
		m.env.Host.Copy("the indicator", n.Event.Indicator)
		return
	}
	m.env.Host.Copy("the text", title(n))
}
