package queries

import (
	"errors"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/ui/widget/prompt"
	"threatbench/ui/widget/table"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// part is what has the focus in the builder.
type part int

const (
	partForm part = iota
	partValue
	partText
	partSample
)

// The columns of a row.
const (
	colField = iota
	colOp
	colValue
)

// typingPause is how long the text waits for the next key before it is asked
// of the server; an edit of the form isn't followed by another as soon.
const typingPause = 300 * time.Millisecond

// sampleSize is how many of the matching events are shown.
const sampleSize = 50

// state is a filter with what belongs to it.
type state struct {
	text           string
	datasets       []string
	orderBy, order string
}

func (s state) same(o state) bool {
	return s.text == o.text && slices.Equal(s.datasets, o.datasets) && s.orderBy == o.orderBy && s.order == o.order
}

// builder is a filter as rows and as text. The text is the state: the rows are
// read from it, and an edit of a row writes it.
type builder struct {
	env  *views.Env
	slot func(name string) async.Slot

	state
	rows   []query.Row
	saved  *api.SavedQuery // what is edited; nil for a filter without a name
	opened state           // as it was opened or saved last
	undo   []state
	before state // when editing the text began

	part    part
	cursor  int // index into lines
	col     int
	offset  int
	draft   *draft
	line    *prompt.Model
	input   *prompt.Model
	sample  *table.Model
	recent  []string // texts used before, the newest first
	geo     geometry
	pending *pendingSave

	page        api.Page
	total       views.Total
	err         error
	stale, slow bool
	loaded      bool

	catalogs      async.Catalogs
	catalogsAsked bool
	wantDatasets  bool
	facet         *api.Facet // counts of the values of the field that is edited
	ofAll         bool       // they are those of all events
}

// draft is a row that is being written: a new one where row is -1.
type draft struct {
	row, branch int
	field       api.Field
	op          api.Op
}

func newBuilder(env *views.Env, slot func(string) async.Slot) *builder {
	b := &builder{env: env, slot: slot, line: prompt.New(env.Styles), input: prompt.New(env.Styles), sample: table.New(env.Styles), total: views.Unknown()}
	b.line.SetPlaceholder("the filter as text: attacker:NAME  tlp:amber  date>-7d  words" + env.Dots())
	b.line.SetSpans(func(text string) []prompt.Span { return views.FilterSpans(b.env.Styles, text) })
	b.sample.SetColumns(sampleColumns())
	b.sample.SetSource(source{b})
	b.env.Memory.Load("queries.recent", &b.recent)
	b.line.SetHistory(reversed(b.recent))
	return b
}

func reversed(list []string) []string {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

// open shows a filter; q is the saved query it is, nil for none.
func (b *builder) open(s state, q *api.SavedQuery) tea.Cmd {
	b.saved, b.undo, b.part, b.col, b.offset = q, nil, partForm, colField, 0
	b.state, b.opened = s, s
	b.draft = nil
	rows, err := query.Rows(s.text, b.env.Now())
	b.rows = rows
	b.line.SetValue(s.text)
	b.first()
	if err != nil { // a text from elsewhere: it is mended as text
		b.editText()
		b.showError(err)
		return b.needCatalogs()
	}
	return b.reload(0)
}

// first puts the cursor on the first row, or where the first is added.
func (b *builder) first() {
	b.cursor = slices.IndexFunc(b.lines(), func(l line) bool { return l.kind == lineRow || l.kind == lineAdd })
}

func (b *builder) lines() []line {
	begun := always
	if b.draft != nil && b.draft.row < 0 {
		begun = b.draft.branch
	}
	return lines(b.rows, begun)
}

func (b *builder) selected() line {
	all := b.lines()
	return all[min(max(b.cursor, 0), len(all)-1)]
}

// query is the list query of the filter.
func (b *builder) query() api.ListQuery {
	f, err := query.Parse(b.text, b.env.Now())
	if err != nil {
		return api.ListQuery{}
	}
	return api.ListQuery{Search: f.Search, Branches: f.Branches, Datasets: b.datasets, OrderBy: b.orderBy, Order: b.order}
}

// reload asks for the sample and the count, after wait of quiet.
func (b *builder) reload(wait time.Duration) tea.Cmd {
	b.stale, b.slow = true, false
	b.env.Async.Cancel(b.slot("total"))
	q := b.query()
	q.Page, q.PageSize = 1, sampleSize
	return b.env.Async.Page(b.slot("sample"), q, wait)
}

// put brings a text into force; false where it is wrong.
func (b *builder) put(text string, wait time.Duration) (tea.Cmd, error) {
	rows, err := query.Rows(text, b.env.Now())
	if err != nil {
		return nil, err
	}
	b.text, b.rows = text, rows
	if b.part != partText {
		b.line.SetValue(text)
	}
	b.clamp()
	return b.reload(wait), nil
}

// edit brings a text into force that undo takes back.
func (b *builder) edit(text string) (tea.Cmd, error) {
	was := b.state
	cmd, err := b.put(text, 0)
	if err == nil && !was.same(b.state) {
		b.undo = append(b.undo, was)
	}
	return cmd, err
}

// change edits, and says what is wrong where it can't.
func (b *builder) change(text string) tea.Cmd {
	cmd, err := b.edit(text)
	if err != nil {
		b.env.Host.Say(toast.Warn, message(err))
	}
	return cmd
}

// set changes what belongs to the filter beside its text.
func (b *builder) set(s state) tea.Cmd {
	if s.same(b.state) {
		return nil
	}
	b.undo = append(b.undo, b.state)
	b.state = s
	return b.reload(0)
}

func (b *builder) takeBack() tea.Cmd {
	n := len(b.undo) - 1
	if n < 0 {
		return nil
	}
	s := b.undo[n]
	b.undo = b.undo[:n]
	b.state = s
	cmd, err := b.put(s.text, 0)
	if err != nil {
		b.env.Host.Say(toast.Warn, message(err))
	}
	return cmd
}

// message is an error of the language without its column, which a form
// doesn't have.
func message(err error) string {
	var at *query.Error
	if errors.As(err, &at) {
		return at.Msg
	}
	return err.Error()
}

func (b *builder) clamp() {
	all := b.lines()
	b.cursor = min(max(b.cursor, 0), len(all)-1)
	for b.cursor > 0 && !all[b.cursor].selectable() {
		b.cursor--
	}
}

// move goes by lines that can be selected.
func (b *builder) move(by int) {
	all := b.lines()
	step := 1
	if by < 0 {
		step, by = -1, -by
	}
	for i := b.cursor + step; i >= 0 && i < len(all) && by > 0; i += step {
		if all[i].selectable() {
			b.cursor = i
			by--
		}
	}
}

// seek puts the cursor on the n-th row of a branch.
func (b *builder) seek(branch, n int) {
	for i, l := range b.lines() {
		if l.kind == lineRow && l.branch == branch {
			if n == 0 {
				b.cursor = i
				return
			}
			n--
		}
	}
}

// place is which row of its branch row i is.
func (b *builder) place(i int) int {
	n := 0
	for k := range i {
		if b.rows[k].Branch == b.rows[i].Branch {
			n++
		}
	}
	return n
}

// without is the text without a row.
func (b *builder) without(i int) string {
	return query.FromRows(slices.Delete(slices.Clone(b.rows), i, i+1))
}

// receive takes the answers to the builder's requests.
func (b *builder) receive(f async.Result) tea.Cmd {
	switch f := f.(type) {
	case async.EventsLoaded:
		return b.onSample(f)
	case async.SummaryLoaded:
		b.onSummary(f)
	case async.CatalogsLoaded:
		b.catalogs = f.Catalogs
		if b.wantDatasets && (len(f.Catalogs.Datasets) > 0 || f.Errs[async.CatalogDatasets] != nil) {
			b.wantDatasets = false
			b.chooseDatasets()
		}
		b.suggest()
	case async.Slow:
		b.slow = b.slow || f.Tag().Slot == b.slot("sample")
	}
	return nil
}

func (b *builder) onSample(f async.EventsLoaded) tea.Cmd {
	b.stale, b.slow, b.err = false, false, f.Err
	b.sample.Invalidate()
	if f.Err != nil {
		return nil
	}
	b.page, b.loaded, b.total = f.Page, true, views.TotalOf(f.Page)
	b.sample.Home()
	if b.total.N >= 0 && !b.total.More {
		return nil
	}
	return b.env.Async.Summary(b.slot("total"), api.SummaryQuery{Filter: b.filterOnly()}, 0)
}

func (b *builder) filterOnly() api.ListQuery {
	q := b.query()
	q.OrderBy, q.Order = "", ""
	return q
}

func (b *builder) onSummary(f async.SummaryLoaded) {
	switch {
	case f.Err != nil: // the events are there; only a number is missing
	case f.Tag().Slot == b.slot("total"):
		if !f.Summary.Unfiltered {
			b.total = views.Total{N: f.Summary.Total}
		}
	case b.draft != nil && len(f.Summary.Facets) > 0 && f.Summary.Facets[0].Column == string(b.draft.field):
		b.facet, b.ofAll = &f.Summary.Facets[0], f.Summary.Unfiltered
		b.suggest()
	}
}

func (b *builder) needCatalogs() tea.Cmd {
	if b.catalogsAsked {
		return nil
	}
	b.catalogsAsked = true
	return b.env.Async.Catalogs(b.slot("catalogs"))
}

// recentMost is how many texts are remembered.
const recentMost = 50

// remember keeps the text for completion and history.
func (b *builder) remember() tea.Cmd {
	if b.text == "" {
		return nil
	}
	b.recent = slices.Insert(slices.DeleteFunc(b.recent, func(s string) bool { return s == b.text }), 0, b.text)
	b.recent = b.recent[:min(len(b.recent), recentMost)]
	b.line.SetHistory(reversed(b.recent))
	return b.env.Memory.Save("queries.recent", b.recent)
}

// used are the values of a field in the texts used before.
func (b *builder) used(field api.Field) []string {
	var out []string
	for _, text := range b.recent {
		rows, err := query.Rows(text, b.env.Now())
		if err != nil {
			continue
		}
		for _, r := range rows {
			if r.Field == field {
				out = append(out, r.Values...)
			}
		}
	}
	return out
}

// pool are the values of a field: those counted, those used before, those
// the server lists.
func (b *builder) pool(field api.Field, prefix string) []string {
	var pool []string
	if b.facet != nil && b.facet.Column == string(field) {
		for _, c := range b.facet.Top {
			pool = append(pool, c.Value)
		}
	}
	return views.Matching(append(append(pool, b.used(field)...), views.Catalogued(b.catalogs, field)...), prefix)
}

// count says how many events have a value, "" where that isn't known.
func (b *builder) count(field api.Field, value string) string {
	if b.facet == nil || b.facet.Column != string(field) {
		return ""
	}
	for _, c := range b.facet.Top {
		if strings.EqualFold(c.Value, value) {
			if b.ofAll {
				return views.Count(c.Count) + " in all"
			}
			return views.Count(c.Count)
		}
	}
	return ""
}
