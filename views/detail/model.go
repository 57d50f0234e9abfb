// Package detail shows one event: who did what to whom, its insight, the raw
// record it was made from, and the events around it.
package detail

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/clean"
	"threatbench/keymap"
	"threatbench/ui/widget/text"
	"threatbench/ui/widget/tree"
	"threatbench/views"
)

// View is this view's name in the slots of its requests.
const View = views.DetailView

// settlePause is how long the cursor must rest on an event before more than
// its row is asked for.
const settlePause = 120 * time.Millisecond

// Tab is a part of the event.
type Tab int

// The parts, in their order on the screen.
const (
	Overview Tab = iota
	Insight
	Raw
	Relations
	tabs
)

// Model is the detail view.
type Model struct {
	views.Handler[*Model]

	env   *views.Env
	event *api.Event
	tab   Tab

	overview *text.Model
	insight  *text.Model
	tree     *tree.Model
	related  related

	raw       api.Raw
	rawFor    string // the event whose raw record is in the tree
	rendered  source // what the insight pane shows
	laid      source // what the overview pane shows
	wanted    string // the event asked for by its id alone
	slow      bool
	err       error // why the raw record or the event isn't there
	rows      int   // lines of the body as drawn last
	width     int
	version   int
	with      []views.Peer // who else is on
	note      string       // that somebody else has changed the event
	lastQuery string
	left      map[string]link // what was opened from the relations of an event
	trail     []step          // how one came here by its relations
	memo      memo
}

// source says what a drawn text was made from.
type source struct {
	id    string
	width int
	env   int
}

type memo struct {
	version, env, w, h int
	focused            bool
	lines              []string
}

// New makes the view without an event.
func New(env *views.Env) *Model {
	m := &Model{
		env: env, overview: text.New(env.Styles), insight: text.New(env.Styles), tree: tree.New(env.Styles, clean.Line),
		related: related{env: env}, left: map[string]link{},
	}
	m.Handler = views.Handle(m, actions())
	return m
}

func (m *Model) slot(name string) async.Slot { return async.Slot{View: View, Name: name} }

func (m *Model) changed() { m.version++ }

// Event is the event shown, nil where there is none.
func (m *Model) Event() *api.Event { return m.event }

// Tab is the part shown.
func (m *Model) Tab() Tab { return m.tab }

// Show shows an event, nil for none, and asks for what its part needs.
func (m *Model) Show(e *api.Event) tea.Cmd {
	if e == nil {
		m.event, m.err, m.trail = nil, nil, nil
		m.changed()
		return nil
	}
	m.onTrail(e.UUID)
	if m.event != nil && m.event.UUID == e.UUID && m.wanted == "" {
		return m.renew(e)
	}
	m.release()
	m.event, m.err, m.wanted, m.slow, m.note = e, nil, "", false, ""
	m.overview.Home()
	m.insight.Home()
	m.related.set(e, m.left[e.UUID])
	m.changed()
	return m.need(settlePause)
}

// maxIdle is how large a raw record may be, in bytes, that stays in memory while
// another event is shown.
const maxIdle = 1 << 20

// release lets go of a large raw record and its tree.
func (m *Model) release() {
	if len(m.raw.Data) <= maxIdle {
		return
	}
	m.raw, m.rawFor = api.Raw{}, ""
	m.tree.SetJSON(nil)
}

// renew shows the present event as it came again.
func (m *Model) renew(e *api.Event) tea.Cmd {
	if m.event == e {
		return nil
	}
	m.laid = source{}
	if m.event.Insight != e.Insight {
		m.rendered = source{}
	}
	if m.note != "" {
		m.note, m.rawFor = "", "" // others have changed it
	}
	m.event = e
	m.related.renew(e)
	m.changed()
	return m.need(settlePause)
}

// Fetch shows the event with this id, known by nothing else.
func (m *Model) Fetch(dataset, id string) tea.Cmd {
	if m.event != nil && m.event.UUID == id {
		return nil
	}
	m.onTrail(id)
	m.wanted, m.err, m.slow = id, nil, false
	m.changed()
	return m.env.Async.Event(m.slot("event"), dataset, id, 0)
}

// need asks for what the present part lacks, after wait of quiet.
func (m *Model) need(wait time.Duration) tea.Cmd {
	if m.event == nil {
		return nil
	}
	switch {
	case m.tab == Raw && m.rawFor != m.event.UUID:
		return m.env.Async.Raw(m.slot("raw"), m.event.DatasetID, m.event.UUID, wait)
	case m.tab == Insight:
		return m.render(wait)
	case m.tab == Relations:
		return m.needRelated(wait)
	}
	return nil
}

// render turns the insight's Markdown into lines for the present width, off
// the event loop.
func (m *Model) render(wait time.Duration) tea.Cmd {
	want := source{m.event.UUID, m.width, m.env.Version}
	if m.event.Insight == "" || m.width == 0 || m.rendered == want {
		return nil
	}
	md, st := m.event.Insight, m.env.Styles
	return m.env.Async.Run(m.slot("insight"), func(ctx context.Context, _ func(int64, int64, string)) (any, error) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
		lines, err := markdown(ctx, md, want.width, st)
		return insight{want, lines}, err
	})
}

// insight is a rendered insight.
type insight struct {
	source
	lines []string
}

// Receive takes the answers to this view's requests.
func (m *Model) Receive(f async.Result) tea.Cmd {
	m.changed()
	switch f := f.(type) {
	case async.EventLoaded:
		return m.onEvent(f)
	case async.RawLoaded:
		m.onRaw(f)
	case async.EventsLoaded:
		m.related.onReferences(f)
	case async.GraphLoaded:
		m.related.onGraph(f)
	case async.JobDone:
		m.onInsight(f)
	case async.Slow:
		switch f.Slot.Name {
		case slotGraph, slotRefs:
			m.related.slow = m.env.Async.Busy(f.Slot)
		default:
			m.slow = true
		}
	}
	return nil
}

func (m *Model) onEvent(f async.EventLoaded) tea.Cmd {
	m.wanted, m.slow = "", false
	if f.Err != nil {
		m.err = f.Err
		m.event = nil
		return nil
	}
	e := f.Event
	return m.Show(&e)
}

func (m *Model) onRaw(f async.RawLoaded) {
	m.slow = false
	if m.event == nil || f.ID != m.event.UUID {
		return
	}
	if m.err = f.Err; f.Err != nil {
		return
	}
	m.raw, m.rawFor = f.Raw, f.ID
	m.tree.SetJSON(f.Raw.Data)
}

func (m *Model) onInsight(f async.JobDone) {
	r, ok := f.Value.(insight)
	if !ok || f.Err != nil || m.event == nil || r.id != m.event.UUID {
		return
	}
	m.rendered = r.source
	m.insight.SetLines(r.lines)
}

// Restyle takes over the environment's styles after a change of theme.
func (m *Model) Restyle() tea.Cmd {
	m.overview.SetStyles(m.env.Styles)
	m.insight.SetStyles(m.env.Styles)
	m.tree.SetStyles(m.env.Styles)
	m.changed()
	return m.need(0)
}

// Resize takes the width the view will be drawn at.
func (m *Model) Resize(w int) tea.Cmd {
	if w == m.width {
		return nil
	}
	m.width = w
	m.changed()
	return m.need(0)
}

// Select shows a part of the event.
func (m *Model) Select(t Tab) tea.Cmd {
	m.tab = (t + tabs) % tabs
	m.changed()
	return m.need(0)
}

// Scopes are those of the part shown.
func (m *Model) Scopes() []keymap.Scope {
	if m.tab == Raw {
		return []keymap.Scope{keymap.Tree, keymap.Detail}
	}
	return []keymap.Scope{keymap.Detail}
}
