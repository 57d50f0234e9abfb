package graph

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// Targets are the marked events, or the one under the cursor.
func (m *Model) Targets() views.Targets {
	if m.scene == nil {
		return views.Targets{}
	}
	return m.scene.inHand()
}

// Acting is how many they are.
func (m *Model) Acting() int { return len(m.Targets().On) }

func (s *scene) inHand() views.Targets {
	keys := s.marks
	if len(keys) == 0 {
		if n, ok := s.current(); ok {
			keys = []string{n.key()}
		}
	}
	var t views.Targets
	for _, k := range keys {
		if n := s.nodes[k]; n != nil && n.Type == api.NodeEvent {
			t.On = append(t.On, n.target())
			if n.Event != nil {
				t.Known = append(t.Known, *n.Event)
			}
		}
	}
	return t
}

func (n *node) target() async.Target {
	t := async.Target{ID: n.ID}
	if n.Event != nil {
		t.Dataset = n.Event.DatasetID
	}
	return t
}

// Changed asks anew for what a change may have made wrong.
func (m *Model) Changed(async.ChangeResult) tea.Cmd {
	if m.scene == nil {
		return nil
	}
	return m.replan(m.scene.plan)
}

// relate hangs the marked events under the one at the cursor.
func (m *Model) relate() {
	s := m.scene
	parent, ok := s.current()
	if !ok || parent.Type != api.NodeEvent {
		m.env.Host.Say(toast.Info, "go to the event to hang the marked ones under")
		return
	}
	t := s.inHand()
	t.On = slices.DeleteFunc(t.On, func(c async.Target) bool { return c.ID == parent.ID })
	t.Known = slices.DeleteFunc(t.Known, func(e api.Event) bool { return e.UUID == parent.ID })
	if len(t.On) == 0 {
		m.env.Host.Say(toast.Info, "mark the events first, then go to the one to hang them under")
		return
	}
	m.chooseType("relate "+count(len(t.On), "event")+" to this one as", "", func(kind string) {
		m.env.Host.Change(async.RelateEvents(parent.target(), t.On, kind), t.Known)
	})
}

// chooseType asks for a type of relationship, other than one.
func (m *Model) chooseType(title, other string, then func(kind string)) {
	kinds := slices.DeleteFunc(api.RelationshipTypes(), func(k string) bool { return k == other })
	p := views.Pick{Title: title, Chosen: func(i int) tea.Cmd { then(kinds[i]); return nil }}
	for _, k := range kinds {
		p.Items = append(p.Items, views.PickItem{Title: kindWords(k)})
	}
	m.env.Host.Ask(p)
}

// edgesHere are the edges at the cursor's node that a person may change:
// relationships between events, and with them references.
func (s *scene) edgesHere(references bool) []edge {
	n, ok := s.current()
	if !ok {
		return nil
	}
	here := n.key()
	return slices.DeleteFunc(s.all(), func(e edge) bool {
		between := slices.Contains(api.RelationshipTypes(), e.kind) || references && e.kind == reference
		return !between || e.from != here && e.to != here
	})
}

// unrelate asks which edge at the cursor is to go.
func (m *Model) unrelate() {
	m.chooseEdge("remove", true, func(e edge) {
		from, to := m.scene.nodes[e.from], m.scene.nodes[e.to]
		if e.kind == reference {
			m.env.Host.Change(async.UnreferTo([]async.Target{from.target()}, []string{to.ID}), nil)
			return
		}
		m.env.Host.Change(async.UnrelateEvents(from.target(), []async.Target{to.target()}, e.kind), nil)
	})
}

// retype asks which edge at the cursor is to be of which other type.
func (m *Model) retype() {
	m.chooseEdge("change the type of", false, func(e edge) {
		from, to := m.scene.nodes[e.from], m.scene.nodes[e.to]
		m.chooseType("it is to be", e.kind, func(kind string) {
			m.env.Host.Change(async.RetypeEvents(from.target(), []async.Target{to.target()}, e.kind, kind), nil)
		})
	})
}

func (m *Model) chooseEdge(question string, references bool, then func(e edge)) {
	s := m.scene
	edges := s.edgesHere(references)
	p := views.Pick{Title: question, Chosen: func(i int) tea.Cmd { then(edges[i]); return nil }}
	n, _ := s.current()
	for _, e := range edges {
		item := views.PickItem{Title: kindWords(e.kind) + " " + m.env.Styles.Glyphs.Arrow}
		far := s.nodes[e.to]
		if e.to == n.key() && e.from != e.to {
			item.Title, far = kindWords(e.kind)+" from", s.nodes[e.from]
		}
		item.Detail = title(far)
		p.Items = append(p.Items, item)
	}
	m.env.Host.Ask(p)
}
