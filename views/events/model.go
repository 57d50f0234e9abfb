// Package events is the browsing view: the filter line, the table of events,
// the facets beside it and the timeline under it. Filtering, sorting and
// counting happen on the server; what is here are the pages around the cursor.
package events

import (
	"reflect"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/keymap"
	"threatbench/ui/widget/prompt"
	"threatbench/ui/widget/table"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// View is this view's name in the slots of its requests.
const View = views.EventsView

// typingPause is how long the filter waits for the next key before it asks
// the server.
const typingPause = 60 * time.Millisecond

// namingPause is how long it waits where the word may become a field's name.
const namingPause = 350 * time.Millisecond

// part is what has the focus inside the view.
type part int

const (
	partTable part = iota
	partFacets
	partFilter
)

// Model is the events view.
type Model struct {
	views.Handler[*Model]

	env  *views.Env
	part part

	filter   *prompt.Model
	text     string // the filter in force, as typed
	before   string // what it was when editing began
	parsed   query.Filter
	shown    string // the filter whose events are on the screen
	shownKey string // the same, told from what it means in another zone

	shownFilter query.Filter
	sortBy      string
	order       string
	dataset     []string // ids or a scope; none is the server's default dataset
	home        []string // what dataset is at the start

	rows    rows
	pending map[string]want // requests under way, by slot name
	seeking api.Condition   // the date a goto looks for
	keep    string          // event the cursor stays on when the list is loaded anew
	table   *table.Model
	cols    []column // those shown, in their order
	all     []column

	facets   *facets
	timeline *timeline
	activity activity
	catalogs async.Catalogs

	catalogsAsked, datasetsWanted bool

	watched map[string]bool // ids of the events that others look at
	note    string          // what others have changed of what is shown

	marks     marks
	unwanted  map[string]bool // ids of events that a filter by pointing leaves out
	pointedAt int             // wanted events that filters were asked for
	pointedBy string          // the filter then
	watch     watch
	lastMark  int // row of the last mark, where a range begins; -1 where none is

	opening     bool             // open the selected event as soon as the list is there
	explained   *async.Explained // why nothing matches; nil where that isn't known
	missed      []string         // what the server could not search
	stale, slow bool             // what is shown answers an older question; and it takes long
	loadedOnce  bool
	err         error
	took        time.Duration

	showFacets, showTimeline bool
	welcome                  func() []string
	geometry                 geometry
	version                  int
	memo                     memo
}

type memo struct {
	version, env, w, h int
	focused            bool
	lines              []string
}

// Options is what the view starts with.
type Options struct {
	Filter   string
	Columns  []string // their ids; none means the usual ones, unknown ones are left out
	Datasets []string // ids or a scope; none means the server's default dataset
}

// New makes the view.
func New(env *views.Env, o Options) *Model {
	filter := o.Filter
	m := &Model{
		env: env, filter: prompt.New(env.Styles), text: filter, sortBy: "date", order: "desc",
		pending: map[string]want{}, table: table.New(env.Styles), all: columns(),
		facets: newFacets(env), timeline: newTimeline(env), marks: newMarks(), unwanted: map[string]bool{}, lastMark: -1,
		showFacets: true, showTimeline: true,
	}
	m.Handler = views.Handle(m, actions())
	m.rows.total = -1
	m.filter.SetPlaceholder("filter: attacker:NAME  tlp:amber  date>-7d  words" + env.Dots())
	m.filter.SetSpans(m.spans)
	m.filter.SetValue(filter)
	m.table.SetSource(source{m})
	m.table.Focus(true)
	m.dataset, m.home = o.Datasets, o.Datasets
	m.setColumns(o.Columns)
	return m
}

// Init loads the first page, what is counted around it, and the catalogues.
func (m *Model) Init() tea.Cmd {
	if err := m.parse(m.text); err != nil {
		m.part = partFilter
		m.filter.Focus()
		m.showError(err)
	}
	return m.reload(0)
}

// needCatalogs loads the catalogues when they are first wanted, by completion
// or by the choice of datasets: seven calls that many a session never needs.
func (m *Model) needCatalogs() tea.Cmd {
	if m.catalogsAsked {
		return nil
	}
	m.catalogsAsked = true
	return m.env.Async.Catalogs(m.slot("catalogs"))
}

func (m *Model) slot(name string) async.Slot { return async.Slot{View: View, Name: name} }

func (m *Model) changed() { m.version++ }

// parse reads the filter text; when it is right it comes into force.
func (m *Model) parse(text string) error {
	f, err := query.Parse(text, m.env.Now())
	if err != nil {
		return err
	}
	m.parsed, m.text = f, text
	return nil
}

// query is the list query of the filter and order in force.
func (m *Model) query() api.ListQuery {
	return api.ListQuery{
		Search: m.parsed.Search, Branches: m.parsed.Branches, Datasets: m.dataset,
		OrderBy: m.sortBy, Order: m.order,
	}
}

// reload asks for the first page and the counts, after wait of quiet. What is
// there stays, marked stale, until the answer has come.
func (m *Model) reload(wait time.Duration) tea.Cmd {
	m.stale, m.slow, m.opening = true, false, false
	m.changed()
	for name := range m.pending {
		m.env.Async.Cancel(m.slot(name))
	}
	clear(m.pending)
	q := m.query()
	q.Page, q.PageSize = 1, pageSize
	m.pending["first"] = want{query: q}
	return tea.Batch(
		m.env.Async.Page(m.slot("first"), q, wait),
		m.env.Async.Summary(m.slot("summary"), m.summaryQuery(), wait),
	)
}

func (m *Model) summaryQuery() api.SummaryQuery {
	q := m.query()
	q.OrderBy, q.Order = "", ""
	return api.SummaryQuery{Filter: q, Facets: facetColumns(), FacetLimit: m.facets.limit(), MaxBuckets: maxSteps}
}

// apply puts a filter text into force and loads what it asks for.
func (m *Model) apply(text string) tea.Cmd {
	if text == m.text && m.filter.Value() == text {
		return nil
	}
	if err := m.parse(text); err != nil {
		m.showError(err)
		return nil
	}
	m.filter.SetValue(text)
	m.filter.SetError(0, 0, "")
	m.keep = ""
	return m.reload(0)
}

// Rezone reads the filter anew, since its days are those of the zone that is
// shown, and asks again where it means other events now.
func (m *Model) Rezone() tea.Cmd {
	before := m.query()
	if err := m.parse(m.text); err != nil {
		m.showError(err)
		return nil
	}
	m.timeline.relabel()
	m.changed()
	if reflect.DeepEqual(before, m.query()) {
		return nil
	}
	return m.reload(0)
}

// narrow goes to the events with one more condition.
func (m *Model) narrow(field api.Field, value string, exclude bool) tea.Cmd {
	m.env.Host.Mark()
	return m.apply(query.And(m.text, query.HasValue(field, value, exclude)))
}

// Filter goes to the events with one more condition; the frame calls it when
// another view asks.
func (m *Model) Filter(field api.Field, value string, exclude bool) tea.Cmd {
	return m.narrow(field, value, exclude)
}

// Receive takes the answers to this view's requests.
func (m *Model) Receive(f async.Result) tea.Cmd {
	m.changed()
	switch f := f.(type) {
	case async.EventsLoaded:
		if f.Slot.Name == watchNews {
			m.onNews(f)
			return nil
		}
		return m.onPage(f)
	case async.Elapsed:
		return m.lookForNews()
	case async.SummaryLoaded:
		m.onSummary(f)
	case async.CatalogsLoaded:
		m.onCatalogs(f)
	case async.GroupsLoaded:
		m.onActivity(f)
	case async.JobDone:
		m.onMarks(f)
	case async.Explained:
		return m.onExplained(f)
	case async.PointedOut:
		return m.onPointed(f)
	case async.Slow:
		m.late(f.Tag().Slot.Name)
	}
	return nil
}

func (m *Model) onCatalogs(f async.CatalogsLoaded) {
	m.catalogs = f.Catalogs
	if m.datasetsWanted && (len(f.Catalogs.Datasets) > 0 || f.Errs[async.CatalogDatasets] != nil) {
		m.datasetsWanted = false
		m.chooseDatasets()
	}
}

// late shows that what is there answers an older question: drawn at once it
// would flicker at every key.
func (m *Model) late(slot string) {
	switch slot {
	case "first":
		m.slow = true
		m.table.Invalidate()
	case "summary":
		m.facets.setStale(true)
	}
}

func (m *Model) onPage(f async.EventsLoaded) tea.Cmd {
	name := f.Tag().Slot.Name
	w := m.pending[name]
	delete(m.pending, name)
	if f.Err != nil {
		m.fail(f.Err, name == "first")
		return nil
	}
	m.err = nil
	if name == "first" {
		return m.onFirst(w, f)
	}
	if name == "goto" {
		return m.arrive(f)
	}
	m.rows.take(w, f.Page)
	m.rows.trim(m.table.Cursor())
	m.table.Invalidate()
	m.preview()
	return m.ensure()
}

func (m *Model) onFirst(w want, f async.EventsLoaded) tea.Cmd {
	m.rows = rows{total: -1}
	m.rows.take(w, f.Page)
	m.shown, m.shownFilter, m.shownKey = m.text, m.parsed, m.env.Portable(m.text)
	m.stale, m.slow, m.loadedOnce, m.took = false, false, true, f.Took
	m.note, m.missed = "", f.Page.NotSearched
	m.lastMark = -1
	m.table.Invalidate()
	m.table.MoveTo(m.rowOf(m.keep))
	m.keep = ""
	m.preview()
	if m.opening {
		m.open()
	}
	m.explained = nil
	var why tea.Cmd
	if m.nothing() {
		why = m.explain(false)
	}
	return tea.Batch(m.ensure(), m.restartWatch(), why)
}

// rowOf is the loaded row of an event, 0 where it isn't there.
func (m *Model) rowOf(id string) int {
	if id == "" {
		return 0
	}
	for _, c := range m.rows.chunks {
		for i := range c.events {
			if c.events[i].UUID == id {
				return c.start + i
			}
		}
	}
	return 0
}

// facetSlot begins the names of the slots by which one column is counted.
const facetSlot = "facet-"

// countColumn asks for the counts of a column that was left out.
func (m *Model) countColumn(column string) tea.Cmd {
	q := m.summaryQuery()
	q.Facets, q.MaxBuckets = []string{column}, 0
	return m.env.Async.Summary(m.slot(facetSlot+column), q, 0)
}

func (m *Model) onSummary(f async.SummaryLoaded) {
	if column, ok := strings.CutPrefix(f.Tag().Slot.Name, facetSlot); ok {
		if f.Err != nil {
			m.env.Host.Say(toast.Error, api.TitleOf(api.Field(column))+" could not be counted: "+f.Err.Error())
			return
		}
		m.facets.count(f.Summary)
		return
	}
	if f.Err != nil { // what is counted beside the list holds nothing else up
		m.facets.fail(f.Err)
		return
	}
	m.facets.set(f.Summary)
	m.timeline.set(f.Summary.Timeline)
	if e := m.Current(); e != nil {
		m.timeline.follow(e.Date)
	}
}

// fail keeps what is there and says what went wrong; a filter the server
// refuses is shown at the filter line.
func (m *Model) fail(err error, first bool) {
	m.slow = false
	m.err = err
	if first && m.loadedOnce {
		m.stale = true
	}
}

// ensure asks for the rows in view that aren't there, else for those the
// reader will come to next, and for what their activity columns show.
func (m *Model) ensure() tea.Cmd {
	if m.stale {
		return nil
	}
	return tea.Batch(m.ensureRows(), m.wantActivity())
}

func (m *Model) ensureRows() tea.Cmd {
	from, to := m.table.Visible()
	if i, ok := m.rows.missing(from, to); ok {
		return m.request("rows", i)
	}
	if i, ok := m.rows.missing(max(from-pageSize/2, 0), to+pageSize/2); ok {
		return m.request("ahead", i)
	}
	return nil
}

// request asks for row i unless that is on its way.
func (m *Model) request(slot string, i int) tea.Cmd {
	w, ok := m.rows.wantFor(i, m.query())
	if !ok || m.pending["rows"].covers(w) || m.pending["ahead"].covers(w) {
		return nil
	}
	m.pending[slot] = w
	return m.env.Async.Page(m.slot(slot), w.query, 0)
}

func (w want) covers(o want) bool { return w.query.PageSize > 0 && w.start == o.start }

// Current is the event under the cursor, nil where none is loaded.
func (m *Model) Current() *api.Event { return m.rows.at(m.table.Cursor()) }

func (m *Model) preview() {
	e := m.Current()
	m.env.Host.Preview(e)
	if e != nil {
		m.timeline.follow(e.Date)
	}
}

// moved follows a change of the cursor: the preview and the rows around it.
func (m *Model) moved() tea.Cmd {
	m.changed()
	m.preview()
	return m.ensure()
}

// Restyle takes over the environment's styles after a change of theme.
func (m *Model) Restyle() {
	m.filter.SetStyles(m.env.Styles)
	m.table.SetStyles(m.env.Styles)
	m.timeline.restyle()
	m.activity.redraw()
	m.table.Invalidate()
	m.changed()
}

// Scopes are those of the focused part.
func (m *Model) Scopes() []keymap.Scope {
	switch m.part {
	case partFilter:
		return []keymap.Scope{keymap.Filter}
	case partFacets:
		return []keymap.Scope{keymap.Facets, keymap.Events}
	}
	return []keymap.Scope{keymap.Events}
}

// source shows the loaded rows to the table.
type source struct{ m *Model }

func (s source) Len() int { return s.m.rows.length() }

func (s source) Row(i int, cells []table.Cell) bool {
	e := s.m.rows.at(i)
	if e == nil {
		return false
	}
	for k, c := range s.m.cols {
		cells[k] = c.text(e, s.m.env)
		if c.counted != "" {
			st := s.m.env.Styles
			cells[k] = table.Cell{Text: s.m.activity.text(st, c.counted, c.value(e)), Pen: st.Bar}
		}
		if s.m.stale && s.m.slow {
			cells[k].Pen = faintPen(s.m.env.Styles)
		}
	}
	return true
}

func (s source) Marked(i int) bool {
	e := s.m.rows.at(i)
	return e != nil && s.m.marks.has(e.UUID)
}
