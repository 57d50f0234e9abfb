package graph

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/keymap"
	"threatbench/ui/widget/graph"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// How far a press pans.
const (
	panX = 8
	panY = 3
)

// Do carries out an action.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	for _, try := range []func(keymap.ID) (tea.Cmd, bool){m.doMove, m.doLook, m.doWalk, m.doMarks, m.doOther} {
		if cmd, ok := try(id); ok {
			m.changed()
			return cmd, true
		}
	}
	return nil, false
}

func (m *Model) doMove(id keymap.ID) (tea.Cmd, bool) {
	if m.scene == nil {
		return nil, false
	}
	p, t := m.scene.picture, m.scene.list.table
	if mo, ok := id.MotionIn(keymap.Graph); ok && m.scene.form == asTable {
		views.Move(t, mo)
		return nil, true
	}
	type moves struct{ drawn, listed func() }
	step := func(f func() bool) func() { return func() { f() } }
	move, ok := map[keymap.ID]moves{
		keymap.GraphUp:       {drawn: step(p.Up)},
		keymap.GraphDown:     {drawn: step(p.Down)},
		keymap.GraphLeft:     {step(p.Left), t.Left},
		keymap.GraphRight:    {step(p.Right), t.Right},
		keymap.GraphHome:     {drawn: step(p.Home)},
		keymap.GraphPageUp:   {drawn: func() { p.Page(-1) }},
		keymap.GraphPageDown: {drawn: func() { p.Page(1) }},
		keymap.GraphPanUp:    {func() { p.Pan(0, -panY) }, func() { t.ScrollBy(-panY) }},
		keymap.GraphPanDown:  {func() { p.Pan(0, panY) }, func() { t.ScrollBy(panY) }},
		keymap.GraphPanLeft:  {func() { p.Pan(-panX, 0) }, nil},
		keymap.GraphPanRight: {func() { p.Pan(panX, 0) }, nil},
	}[id]
	do := move.drawn
	if m.scene.form == asTable {
		do = move.listed
	}
	if do != nil {
		do()
	}
	return nil, ok
}

// doLook changes how the graph is looked at, not what is in it.
func (m *Model) doLook(id keymap.ID) (tea.Cmd, bool) {
	s := m.scene
	if s == nil {
		return nil, false
	}
	switch id {
	case keymap.GraphZoomIn:
		s.picture.ZoomIn()
	case keymap.GraphZoomOut:
		s.picture.ZoomOut()
	case keymap.GraphForm:
		m.form = (s.form + 1) % forms
		s.setForm(m.form)
	case keymap.GraphFold:
		if !s.picture.Toggle() {
			m.env.Host.Say(toast.Info, "nothing hangs on this node alone")
		}
	case keymap.GraphFoldAll:
		s.picture.FoldAll()
	case keymap.GraphUnfoldAll:
		s.picture.UnfoldAll()
	case keymap.GraphTidy:
		s.picture.Tidy()
	case keymap.GraphFind:
		m.env.Host.Prompt("find in the graph", s.query, m.find)
	case keymap.GraphNextHit:
		m.nextHit(1)
	case keymap.GraphPrevHit:
		m.nextHit(-1)
	default:
		return nil, false
	}
	m.zoom = s.picture.Zoom()
	return nil, true
}

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

func (m *Model) nextHit(by int) {
	s := m.scene
	switch {
	case s.form == asTable:
		s.list.find(s.query, by)
	case by > 0:
		s.picture.Next()
	default:
		s.picture.Prev()
	}
}

// doWalk changes what the graph holds.
func (m *Model) doWalk(id keymap.ID) (tea.Cmd, bool) {
	s := m.scene
	if s == nil {
		if id == keymap.AppRefresh && m.finding != nil {
			return m.seek(m.finding), true
		}
		return nil, false
	}
	p := s.plan
	switch id {
	case keymap.GraphDeeper:
		m.depth++
		s.depth++
		return m.ask(), true
	case keymap.GraphShallower:
		p.depth--
		return m.replan(p), true
	case keymap.GraphDirection:
		p.way = (p.way + 1) % ways
		return m.replan(p), true
	case keymap.GraphTypes:
		m.chooseTypes()
	case keymap.GraphMore:
		s.goOn()
		return m.ask(), true
	case keymap.GraphFocus:
		n, _ := s.current()
		m.env.Host.Mark()
		return m.open([]api.NodeRef{n.ref()}), true
	case keymap.AppRefresh:
		m.env.Async.Forget()
		return m.replan(p), true
	default:
		return nil, false
	}
	return nil, true
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

func (m *Model) doMarks(id keymap.ID) (tea.Cmd, bool) {
	s := m.scene
	if s == nil {
		return nil, false
	}
	switch id {
	case keymap.GraphMark:
		n, _ := s.current()
		k := n.key()
		if i := slices.Index(s.marks, k); i >= 0 {
			s.marks = slices.Delete(s.marks, i, i+1)
		} else {
			s.marks = append(s.marks, k)
		}
		s.show(m.env)
	case keymap.GraphPath:
		m.path()
	case keymap.GraphClear:
		s.marks, s.query, s.found = nil, "", 0
		s.picture.ClearPath()
		s.picture.Find("")
		s.show(m.env)
	default:
		return nil, false
	}
	return nil, true
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

func (m *Model) doOther(id keymap.ID) (tea.Cmd, bool) {
	s := m.scene
	if s == nil {
		return nil, false
	}
	switch id {
	case keymap.GraphOpen:
		m.openNode()
	case keymap.GraphEvents:
		m.listEvents()
	case keymap.GraphExport:
		m.export()
	case keymap.GraphRelate:
		m.relate()
	case keymap.GraphUnrelate:
		m.unrelate()
	case keymap.GraphRetype:
		m.retype()
	case keymap.AppCopy:
		m.copy()
	default:
		return nil, false
	}
	return nil, true
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

// Why tells why an action can't be done now.
func (m *Model) Why(id keymap.ID) string {
	s := m.scene
	if s == nil {
		if strings.HasPrefix(string(id), string(keymap.Graph)+".") {
			return "no graph is shown"
		}
		return ""
	}
	switch id {
	case keymap.GraphOpen:
		if _, ok := s.picture.Current(); !ok {
			return "no node is selected"
		}
	case keymap.GraphFocus, keymap.GraphMark, keymap.AppCopy:
		if _, ok := s.current(); !ok {
			return "no node is selected"
		}
	case keymap.GraphZoomIn, keymap.GraphZoomOut:
		return s.whyNotZoom(id)
	case keymap.GraphFold, keymap.GraphFoldAll, keymap.GraphUnfoldAll, keymap.GraphTidy:
		if s.form == asTable {
			return "a table folds nothing"
		}
	case keymap.GraphDeeper:
		if s.depth >= deepest {
			return "it goes no deeper"
		}
	case keymap.GraphShallower:
		if s.depth <= 1 {
			return "one step is the least"
		}
	case keymap.GraphMore:
		if !s.paused() {
			return "everything is loaded"
		}
	case keymap.GraphRelate, keymap.GraphUnrelate, keymap.GraphRetype:
		return m.whyNotChange(id)
	case keymap.GraphNextHit, keymap.GraphPrevHit:
		if s.query == "" {
			return "nothing was searched for"
		}
	case keymap.GraphExport, keymap.GraphEvents, keymap.GraphPath:
		if !s.came {
			return "nothing is loaded yet"
		}
	}
	return ""
}

func (m *Model) whyNotChange(id keymap.ID) string {
	switch {
	case m.env.ReadOnly:
		return "read-only: nothing may be changed"
	case m.scene.derived && id != keymap.GraphRelate:
		return "this server doesn't tell the types of relationships"
	case id != keymap.GraphRelate && len(m.scene.edgesHere(id == keymap.GraphUnrelate)) == 0:
		return "no relationship ends at this node"
	}
	return ""
}

func (s *scene) whyNotZoom(id keymap.ID) string {
	switch z := s.picture.Zoom(); {
	case s.form != asDrawing || s.picture.TreeShown():
		return "only the drawing has zoom levels"
	case id == keymap.GraphZoomIn && z == graph.Full:
		return "this is the nearest level"
	case id == keymap.GraphZoomOut && z == graph.Overview:
		return "this is the farthest level"
	}
	return ""
}

// Hints are the actions the bottom line names.
func (m *Model) Hints() []keymap.ID {
	if m.scene == nil {
		return []keymap.ID{keymap.AppView1, keymap.AppPalette, keymap.AppHelp}
	}
	var ids []keymap.ID
	if m.scene.paused() {
		ids = append(ids, keymap.GraphMore)
	}
	ids = append(ids, keymap.GraphOpen, keymap.GraphFold, keymap.GraphFocus)
	if m.scene.form == asDrawing {
		ids = append(ids, keymap.GraphZoomIn, keymap.GraphZoomOut)
	}
	return append(ids, keymap.GraphDeeper, keymap.GraphDirection, keymap.GraphTypes, keymap.GraphFind,
		keymap.GraphMark, keymap.GraphPath, keymap.GraphForm, keymap.GraphExport, keymap.AppHelp)
}
