// Package datasets is the view of the datasets and of what was changed in
// each: how many events they hold, who did what and when, and the way back.
package datasets

import (
	"errors"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/table"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// View is this view's name in the slots of its requests.
const View = views.DatasetsView

// part is what has the focus.
type part int

const (
	partList part = iota
	partHistory
)

const (
	historySize = 100 // changes a page of the history has
	ahead       = 20  // changes left below the cursor when the next page is asked for
	settling    = 150 * time.Millisecond
	countSlot   = "count/" // and the dataset's id
)

// count is how many events a dataset holds.
type count struct {
	n     views.Total
	known bool
	asked bool
	err   error
}

// journal is the history of one dataset, as far as it is loaded.
type journal struct {
	dataset string
	entries []api.HistoryEntry
	total   int
	page    int // pages loaded
	loading bool
	slow    bool
	err     error
}

// Model is the view.
type Model struct {
	views.Handler[*Model]

	env  *views.Env
	part part

	table *table.Model
	list  []api.Dataset
	err   error
	slow  bool
	got   bool   // the list has come
	want  string // the dataset to select when the list comes

	counts  map[string]*count
	options []async.Option // of the counts: whether what is known will do

	history *table.Model
	journal journal
	none    bool // the server keeps no history

	asking *reverting // a revert whose numbers are being asked for

	arrived bool
	version int
	memo    memo
	geo     geometry
}

type memo struct {
	version, env, w, h int
	focused            bool
	lines              []string
}

// New makes the view; it asks for nothing until it is shown.
func New(env *views.Env) *Model {
	m := &Model{env: env, table: table.New(env.Styles), history: table.New(env.Styles), counts: map[string]*count{}}
	m.Handler = views.Handle(m, actions())
	m.table.SetColumns([]table.Column{
		{ID: "name", Title: "NAME", Min: 12, Width: 30, Max: 60, Flex: 1},
		{ID: "events", Title: "EVENTS", Min: 7, Width: 11, Max: 13, Right: true, Priority: 1},
		{ID: "seen", Title: "SEEN BY", Min: 7, Width: 8, Max: 8, Priority: 2},
		{ID: "write", Title: "INDICATORS", Min: 10, Width: 11, Max: 11, Priority: 3},
		{ID: "kind", Title: "KIND", Min: 9, Width: 9, Max: 9, Priority: 4},
		{ID: "id", Title: "ID", Min: 36, Width: 36, Max: 36, Priority: 9},
	})
	m.history.SetColumns([]table.Column{
		{ID: "at", Title: "WHEN", Min: 12, Width: 15, Max: 19},
		{ID: "who", Title: "WHO", Min: 8, Width: 20, Max: 34, Flex: 1, Priority: 3},
		{ID: "what", Title: "WHAT", Min: 10, Width: 17, Max: 24, Flex: 1, Priority: 1},
		{ID: "events", Title: "EVENTS", Min: 6, Width: 8, Max: 10, Right: true, Priority: 2},
		{ID: "first", Title: "FIRST EVENTS", Min: 18, Width: 18, Max: 88, Flex: 3, Priority: 4},
	})
	m.table.SetSource(datasetRows{m})
	m.history.SetSource(historyRows{m})
	return m
}

func (m *Model) slot(name string) async.Slot { return async.Slot{View: View, Name: name} }

func (m *Model) changed() {
	m.version++
	m.table.Invalidate()
	m.history.Invalidate()
}

// Arrive asks for what is missing when the view is shown.
func (m *Model) Arrive() tea.Cmd {
	m.changed()
	if m.arrived {
		return m.follow(0)
	}
	m.arrived = true
	return m.env.Async.Datasets(m.slot("list"))
}

// refresh asks for everything on the screen anew; what is there stays until it
// comes.
func (m *Model) refresh() tea.Cmd {
	m.options = []async.Option{async.Refresh}
	m.none = false
	m.stale(nil)
	return tea.Batch(m.env.Async.Datasets(m.slot("list"), async.Refresh), m.askHistory(1, 0, async.Refresh))
}

// stale lets the counts of some datasets be asked for again, of all for nil.
func (m *Model) stale(of []string) {
	for id, c := range m.counts {
		if of == nil || slices.Contains(of, id) {
			c.asked = false
		}
	}
}

// follow asks for what the selection and the rows in sight lack.
func (m *Model) follow(wait time.Duration) tea.Cmd {
	return tea.Batch(m.count(), m.select1(wait))
}

// count asks how many events the datasets in sight hold.
func (m *Model) count() tea.Cmd {
	var cmds []tea.Cmd
	from, to := m.table.Visible()
	for _, d := range m.list[min(from, len(m.list)):min(to, len(m.list))] {
		c := m.counts[d.UUID]
		if c == nil {
			c = &count{}
			m.counts[d.UUID] = c
		}
		if c.asked || d.DeletedAt != nil {
			continue
		}
		c.asked, c.err = true, nil
		cmds = append(cmds, m.env.Async.Page(m.slot(countSlot+d.UUID), api.ListQuery{Datasets: []string{d.UUID}, PageSize: 1}, 0, m.options...))
	}
	return tea.Batch(cmds...)
}

// select1 shows the history of the dataset under the cursor.
func (m *Model) select1(wait time.Duration) tea.Cmd {
	d, ok := m.current()
	if !ok || m.none {
		return nil
	}
	if m.journal.dataset != d.UUID {
		m.journal = journal{dataset: d.UUID, loading: true}
		m.history.Home()
		return m.askHistory(1, wait)
	}
	j := &m.journal
	if j.err == nil && !j.loading && len(j.entries) < j.total && m.history.Cursor()+ahead >= len(j.entries) {
		return m.askHistory(j.page+1, 0)
	}
	return nil
}

func (m *Model) askHistory(page int, wait time.Duration, opts ...async.Option) tea.Cmd {
	if m.journal.dataset == "" {
		return nil
	}
	m.journal.loading, m.journal.slow = true, false
	q := api.HistoryQuery{Dataset: m.journal.dataset, Page: page, PageSize: historySize}
	return m.env.Async.History(m.slot("history"), q, wait, opts...)
}

// current is the dataset under the cursor.
func (m *Model) current() (api.Dataset, bool) {
	if i := m.table.Cursor(); i >= 0 && i < len(m.list) {
		return m.list[i], true
	}
	return api.Dataset{}, false
}

// entry is the change under the cursor of the history.
func (m *Model) entry() (i int, ok bool) {
	i = m.history.Cursor()
	return i, i >= 0 && i < len(m.journal.entries)
}

// Receive takes the answers to this view's requests.
func (m *Model) Receive(f async.Result) tea.Cmd {
	m.changed()
	switch f := f.(type) {
	case async.DatasetsLoaded:
		return m.onList(f)
	case async.EventsLoaded:
		m.onCount(f)
	case async.HistoryLoaded:
		return m.onHistory(f)
	case async.PreviewLoaded:
		m.onPreview(f)
	case async.Slow:
		switch busy := m.env.Async.Busy(f.Slot); f.Slot.Name {
		case "list":
			m.slow = busy
		case "history":
			m.journal.slow = busy
		}
	}
	return nil
}

func (m *Model) onList(f async.DatasetsLoaded) tea.Cmd {
	m.slow, m.err = false, f.Err
	if f.Err != nil {
		return nil
	}
	want := m.want
	if d, ok := m.current(); ok && want == "" {
		want = d.UUID
	}
	m.list, m.got, m.want = f.Value, true, ""
	m.geo = m.place(m.memo.w, m.memo.h)
	m.changed()
	if i := slices.IndexFunc(m.list, func(d api.Dataset) bool { return d.UUID == want }); i >= 0 {
		m.table.MoveTo(i)
	}
	return m.follow(0)
}

func (m *Model) onCount(f async.EventsLoaded) {
	id, ok := strings.CutPrefix(f.Slot.Name, countSlot)
	c := m.counts[id]
	if !ok || c == nil {
		return
	}
	c.err = f.Err
	if f.Err == nil {
		c.n, c.known = views.TotalOf(f.Page), true
	}
}

func (m *Model) onHistory(f async.HistoryLoaded) tea.Cmd {
	j := &m.journal
	if f.Query.Dataset != j.dataset {
		return nil
	}
	j.loading, j.slow, j.err = false, false, f.Err
	if errors.Is(f.Err, api.ErrUnsupported) {
		m.none, m.part = true, partList
		m.journal = journal{}
		return nil
	}
	if f.Err != nil {
		return nil
	}
	if f.Query.Page == 1 {
		j.entries = nil
	}
	before := len(j.entries)
	j.entries = append(j.entries, m.unseen(f.Value.Entries)...)
	j.page, j.total = f.Query.Page, f.Value.Info.TotalCount
	if len(j.entries) == before {
		j.total = before // nothing more comes, whatever the count says
	}
	m.changed()
	return m.select1(0)
}

// unseen are the entries that aren't there yet: what happens meanwhile moves
// the older ones from page to page.
func (m *Model) unseen(page []api.HistoryEntry) []api.HistoryEntry {
	have := make(map[int64]bool, len(m.journal.entries))
	for _, e := range m.journal.entries {
		have[e.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(page), func(e api.HistoryEntry) bool { return have[e.ID] })
}

// Changed asks anew for what a change may have made wrong.
func (m *Model) Changed(r async.ChangeResult) tea.Cmd {
	if !m.arrived {
		return nil
	}
	m.changed()
	var cmds []tea.Cmd
	switch r.Change.Kind {
	case async.KindQuery, async.KindAlert:
		return nil
	case async.KindDataset:
		if len(r.Made) == 1 && r.Change.Way == async.Forward {
			m.want, m.part = r.Made[0].Dataset, partList
		}
		cmds = append(cmds, m.env.Async.Datasets(m.slot("list")))
	case async.KindDelete, async.KindCreate, async.KindRevert:
		m.stale(touched(r))
	case async.KindMove, async.KindCopy:
		m.stale(nil)
	}
	return tea.Batch(append(cmds, m.count(), m.askHistory(1, 0))...)
}

// touched are the datasets of what was changed, nil where one is unknown.
func touched(r async.ChangeResult) []string {
	var out []string
	for _, t := range append(r.Change.Targets(), r.Made...) {
		if t.Dataset == "" {
			return nil
		}
		out = append(out, t.Dataset)
	}
	return out
}

// Scopes are those of the view.
func (m *Model) Scopes() []keymap.Scope { return []keymap.Scope{keymap.Datasets} }

// Resize takes the size the view will be drawn in: rows that come in sight are
// counted.
func (m *Model) Resize(w, h int) tea.Cmd {
	m.memo = memo{w: w, h: h}
	m.geo = m.place(w, h)
	if !m.arrived {
		return nil
	}
	return m.count()
}

// Restyle takes over the environment's styles after a change of theme.
func (m *Model) Restyle() tea.Cmd {
	m.table.SetStyles(m.env.Styles)
	m.history.SetStyles(m.env.Styles)
	m.changed()
	return nil
}

// MoveFocus goes between the list and the history.
func (m *Model) MoveFocus(by int) bool {
	to := partHistory
	if by < 0 {
		to = partList
	}
	if m.part == to || m.none {
		return false
	}
	m.part = to
	m.changed()
	return true
}

// EnterFrom puts the focus on the first or the last part.
func (m *Model) EnterFrom(by int) {
	m.part = partList
	if by < 0 && !m.none {
		m.part = partHistory
	}
	m.changed()
}

// place is what back and forward return to.
type place struct {
	dataset string
	part    part
}

// Snapshot is the present place.
func (m *Model) Snapshot() any { return place{m.journal.dataset, m.part} }

// Restore returns to a place.
func (m *Model) Restore(p any) tea.Cmd {
	to, ok := p.(place)
	if !ok {
		return nil
	}
	m.changed()
	if i := slices.IndexFunc(m.list, func(d api.Dataset) bool { return d.UUID == to.dataset }); i >= 0 {
		m.table.MoveTo(i)
		m.part = to.part
	}
	return m.Arrive()
}

// say tells the person something.
func (m *Model) say(kind toast.Kind, text string) { m.env.Host.Say(kind, text) }
