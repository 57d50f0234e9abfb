// Package graph shows what surrounds an event: the events above and below it,
// what they refer to, their tags and indicators, as a drawing, a tree or a
// table.
package graph

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/graph"
	"threatbench/views"
)

// startDepth is how many steps a graph reaches at first.
const startDepth = 2

// Model is the view.
type Model struct {
	views.Handler[*Model]

	env   *views.Env
	scene *scene // nil until there is something to show

	// How the next scene begins: as the last one was left.
	depth int
	way   way
	types []string
	form  form
	zoom  graph.Zoom

	groups []string // see scene.groups

	finding []api.NodeRef // whose ids are being asked for
	lost    error         // why they weren't found

	w, h    int
	version int
	memo    memo
	grip    point // where the drag is that pans
}

type point struct{ x, y int }

type memo struct {
	version, env, w, h int
	focused            bool
	lines              []string
}

// New makes the view with nothing to show.
func New(env *views.Env) *Model {
	m := &Model{
		env: env, depth: startDepth, zoom: graph.Compact,
		types: append(api.RelationshipTypes(), reference),
	}
	m.Handler = views.Handle(m, actions())
	if env.Accessible {
		m.form = asTree
	}
	return m
}

func (m *Model) slot() async.Slot { return async.Slot{View: views.GraphView, Name: "walk"} }

func (m *Model) changed() { m.version++ }

// Scopes is the view's own.
func (m *Model) Scopes() []keymap.Scope { return []keymap.Scope{keymap.Graph} }

// Arrive shows the surroundings of the selected event where there is nothing
// yet.
func (m *Model) Arrive() tea.Cmd {
	if m.scene != nil {
		return m.resume()
	}
	if m.finding != nil {
		return nil
	}
	if e := m.env.Host.Selection().Current; e != nil {
		return m.open([]api.NodeRef{{Type: api.NodeEvent, ID: e.UUID}})
	}
	return nil
}

// Visit shows the surroundings of nodes.
func (m *Model) Visit(v views.Visit) tea.Cmd {
	to, ok := v.(views.VisitGraph)
	if !ok || len(to.Seeds) == 0 {
		return nil
	}
	if slices.ContainsFunc(to.Seeds, func(r api.NodeRef) bool { return r.Type != api.NodeEvent }) {
		return m.seek(to.Seeds)
	}
	return m.around(to.Seeds)
}

func (m *Model) around(seeds []api.NodeRef) tea.Cmd {
	m.finding, m.lost = nil, nil
	if m.scene != nil && slices.Equal(m.scene.seeds, seeds) {
		return m.resume()
	}
	return m.open(seeds)
}

// seek asks which nodes the indicators and tags are.
func (m *Model) seek(refs []api.NodeRef) tea.Cmd {
	m.env.Async.Cancel(m.slot())
	m.scene, m.finding, m.lost = nil, refs, nil
	m.changed()
	return m.env.Async.Nodes(async.Slot{View: views.GraphView, Name: "nodes"}, refs)
}

func (m *Model) found(f async.NodesFound) tea.Cmd {
	if m.finding == nil || !slices.Equal(m.finding, f.Query.Refs) {
		return nil
	}
	m.changed()
	if m.lost = f.Err; f.Err != nil {
		return nil
	}
	seeds := make([]api.NodeRef, len(f.Value))
	for i, n := range f.Value {
		seeds[i] = n.Ref()
	}
	return m.around(seeds)
}

// Resize takes the size the view will be drawn at.
func (m *Model) Resize(w, h int) tea.Cmd {
	m.w, m.h = w, h
	m.changed()
	return nil
}

// Snapshot is where Go returns to: the scene itself.
func (m *Model) Snapshot() any { return m.scene }

// Restore shows a scene as it was left.
func (m *Model) Restore(place any) tea.Cmd {
	s, ok := place.(*scene)
	if !ok || s == nil {
		return nil
	}
	m.scene, m.finding, m.lost = s, nil, nil
	m.changed()
	return m.resume()
}

// open starts a scene around nodes. What they are decides what is followed
// beside what was before: a tag leads nowhere but to tagged events.
func (m *Model) open(seeds []api.NodeRef) tea.Cmd {
	types := slices.Clone(m.types)
	for _, s := range seeds {
		for of, kind := range map[string]string{api.NodeTag: api.TaggedWith, api.NodeIndicator: api.AppearsIn} {
			if s.Type == of && !slices.Contains(types, kind) {
				types = append(types, kind)
			}
		}
	}
	m.scene = newScene(m.env, plan{seeds: seeds, depth: m.depth, way: m.way, types: types}, m.bodyHeight(), &m.groups)
	m.scene.picture.SetZoom(m.zoom)
	m.scene.setForm(m.form)
	m.changed()
	return m.ask()
}

// replan asks anew with another plan.
func (m *Model) replan(p plan) tea.Cmd {
	m.depth, m.way = p.depth, p.way
	m.scene.restart(p)
	m.changed()
	return m.ask()
}

// resume goes on where a scene was left while something was still to come.
func (m *Model) resume() tea.Cmd {
	m.scene.dress(m.env)
	if m.scene.err != nil {
		m.env.Async.Cancel(m.slot())
		return nil
	}
	return m.ask()
}

// ask asks for what comes next, if anything.
func (m *Model) ask() tea.Cmd {
	q, ok := m.scene.ready()
	if !ok {
		m.scene.slow = false
		m.env.Async.Cancel(m.slot())
		return nil
	}
	if len(q.events) > 0 {
		return m.env.Async.Page(m.slot(), api.ListQuery{
			Search:   []api.Condition{{Field: api.FieldUUID, Op: api.OpIn, Values: q.events}},
			Datasets: []string{api.ScopeAll}, Page: 1, PageSize: api.MaxInValues,
		}, 0)
	}
	return m.env.Async.Graph(m.slot(), api.GraphQuery{
		Seeds: q.seeds, Direction: q.way.direction(), Limit: answerEdges, MaxNodes: api.MaxGraphNodes,
		RelationshipTypes: m.scene.relations(), Cursor: q.cursor,
	}, 0)
}

// Receive takes an answer and asks on.
func (m *Model) Receive(f async.Result) tea.Cmd {
	if n, ok := f.(async.NodesFound); ok {
		return m.found(n)
	}
	s := m.scene
	if s == nil {
		return nil
	}
	m.changed()
	switch f := f.(type) {
	case async.GraphLoaded:
		if s.err = f.Err; f.Err == nil {
			s.receive(f.Value)
		}
	case async.EventsLoaded:
		if s.err = f.Err; f.Err == nil {
			s.onEvents(f.Page.Events)
		}
	case async.Slow:
		s.slow = m.env.Async.Busy(m.slot())
		return nil
	}
	s.slow = false
	if s.err != nil {
		return nil
	}
	s.came = true
	s.show(m.env)
	return m.ask()
}

// Restyle takes over the environment's styles.
func (m *Model) Restyle() tea.Cmd {
	if m.scene != nil {
		m.scene.dress(m.env)
	}
	m.changed()
	return nil
}
