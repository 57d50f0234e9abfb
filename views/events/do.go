package events

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/keymap"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// Do carries out an intent of the focused part.
func (m *Model) Do(in keymap.Intent) (tea.Cmd, bool) {
	for _, try := range []func(keymap.Intent) (tea.Cmd, bool){m.doMove, m.doFilter, m.doColumns, m.doMarks, m.doFacets, m.doLine} {
		if cmd, ok := try(in); ok {
			m.changed()
			return cmd, true
		}
	}
	return nil, false
}

func (m *Model) doMove(in keymap.Intent) (tea.Cmd, bool) {
	switch in.ID {
	case keymap.EventsUp:
		m.table.MoveBy(-1)
	case keymap.EventsDown:
		m.table.MoveBy(1)
	case keymap.EventsPageUp:
		m.table.Page(-1)
	case keymap.EventsPageDown:
		m.table.Page(1)
	case keymap.EventsHalfUp:
		m.table.HalfPage(-1)
	case keymap.EventsHalfDown:
		m.table.HalfPage(1)
	case keymap.EventsFirst:
		m.table.Home()
	case keymap.EventsLast:
		m.table.End()
	case keymap.EventsLeft:
		m.table.Left()
		return nil, true
	case keymap.EventsRight:
		m.table.Right()
		return nil, true
	case keymap.EventsOpen:
		m.open()
		return nil, true
	case keymap.EventsGoto:
		m.env.Host.Prompt("go to date", "", m.goTo)
		return nil, true
	default:
		return nil, false
	}
	return m.moved(), true
}

// open goes to the selected event; while a new list is on its way, to the
// first of that one, since that is what a person who types ahead means.
func (m *Model) open() {
	if m.opening = m.stale; m.opening {
		return
	}
	if e := m.Current(); e != nil {
		m.env.Host.Mark()
		m.env.Host.Open(*e)
	}
}

// graph shows what surrounds the marked events, or the selected one.
func (m *Model) graph() {
	ids := m.Selection().Marked
	if len(ids) == 0 {
		ids = []string{m.Current().UUID}
	}
	seeds := make([]api.NodeRef, len(ids))
	for i, id := range ids {
		seeds[i] = api.NodeRef{Type: api.NodeEvent, ID: id}
	}
	m.env.Host.Visit(views.VisitGraph{Seeds: seeds})
}

func (m *Model) doFilter(in keymap.Intent) (tea.Cmd, bool) {
	switch in.ID {
	case keymap.EventsFilter:
		return m.edit(), true
	case keymap.EventsClearFilter:
		return m.clear(), true
	case keymap.EventsPopFilter:
		if m.text == "" {
			return nil, true
		}
		m.env.Host.Mark()
		return m.apply(strings.TrimSpace(query.Without(m.text, -1))), true
	case keymap.EventsInclude:
		return m.cell(false), true
	case keymap.EventsExclude:
		return m.cell(true), true
	case keymap.EventsRangeFrom:
		return m.bound(api.OpGte), true
	case keymap.EventsRangeTo:
		return m.bound(api.OpLte), true
	case keymap.EventsRangeAll:
		return m.wholeRange(), true
	case keymap.EventsPivot:
		m.pivot()
	case keymap.EventsWatch:
		return m.switchWatch(), true
	case keymap.EventsContext:
		m.context()
	case keymap.EventsGraph:
		m.graph()
	case keymap.EventsBuild:
		m.env.Host.Visit(views.VisitQuery{Filter: m.text, Datasets: m.dataset})
	case keymap.EventsDataset:
		return m.wantDatasets(), true
	case keymap.AppRefresh:
		return m.refresh(), true
	case keymap.AppCopy:
		m.copyCell()
	default:
		return nil, false
	}
	return nil, true
}

func (m *Model) clear() tea.Cmd {
	if m.text == "" && m.filter.Value() == "" {
		return nil
	}
	m.env.Host.Mark()
	return m.apply("")
}

// refresh asks anew for everything; the cursor stays on its event.
func (m *Model) refresh() tea.Cmd {
	if e := m.Current(); e != nil {
		m.keep = e.UUID
	}
	m.env.Async.Forget()
	return m.reload(0)
}

// cell narrows to, or away from, the value of the selected cell; where the
// cell holds several, it asks which.
func (m *Model) cell(exclude bool) tea.Cmd {
	e, c := m.Current(), m.column()
	if e == nil || c == nil || c.field == "" || c.values == nil {
		return nil
	}
	values := c.values(e)
	switch len(values) {
	case 0:
		m.env.Host.Say(toast.Info, "this cell is empty: nothing to filter by")
		return nil
	case 1:
		return m.narrow(c.field, values[0], exclude)
	}
	title := "only events with"
	if exclude {
		title = "without"
	}
	items := make([]views.PickItem, len(values))
	for i, v := range values {
		items[i] = views.PickItem{Title: v}
	}
	m.env.Host.Ask(views.Pick{Title: title, Items: items, Chosen: func(i int) tea.Cmd { return m.narrow(c.field, values[i], exclude) }})
	return nil
}

// copyCell puts the selected cell's value on the clipboard.
func (m *Model) copyCell() {
	e, c := m.Current(), m.column()
	if e == nil || c == nil {
		return
	}
	text := c.text(e, m.env).Text
	if c.values != nil {
		text = strings.Join(c.values(e), ", ")
	}
	if text == "" {
		m.env.Host.Say(toast.Info, "this cell is empty: nothing to copy")
		return
	}
	m.env.Host.Copy("the "+strings.ToLower(c.Title), text)
}

// column is the selected column.
func (m *Model) column() *column {
	if i := m.table.Col(); i >= 0 && i < len(m.cols) {
		return &m.cols[i]
	}
	return nil
}

// bound makes the selected event's date the start or the end of the range.
func (m *Model) bound(op api.Op) tea.Cmd {
	e := m.Current()
	if e == nil || e.Date.IsZero() {
		return nil
	}
	m.env.Host.Mark()
	m.keep = e.UUID
	keep := m.keep
	cmd := m.apply(query.And(m.text, api.Condition{Field: api.FieldDate, Op: op, Values: []string{e.Date.String()}}))
	m.keep = keep
	return cmd
}

// between puts from..to (not included) into the filter instead of the dates
// it has.
func (m *Model) between(from, to time.Time) tea.Cmd {
	m.env.Host.Mark()
	text := m.withoutDates()
	text = query.And(text, api.Condition{Field: api.FieldDate, Op: api.OpGte, Values: []string{api.TimeOf(from).String()}})
	text = query.And(text, api.Condition{Field: api.FieldDate, Op: api.OpLt, Values: []string{api.TimeOf(to).String()}})
	return m.apply(text)
}

func (m *Model) wholeRange() tea.Cmd {
	text := m.withoutDates()
	if text == m.text {
		return nil
	}
	m.env.Host.Mark()
	return m.apply(text)
}

// withoutDates is the filter's text without its conditions on the date.
func (m *Model) withoutDates() string {
	text := m.text
	terms := query.Terms(text)
	for i := len(terms) - 1; i >= 0; i-- {
		f, err := query.Parse(text[terms[i].Pos:terms[i].End], m.env.Now())
		if err == nil && len(f.Branches) == 0 && len(f.Search) > 0 && onlyDates(f.Search) {
			text = query.Without(text, i)
		}
	}
	return strings.TrimSpace(text)
}

func onlyDates(conditions []api.Condition) bool {
	for _, c := range conditions {
		if c.Field != api.FieldDate {
			return false
		}
	}
	return true
}

// goTo moves to the first event of a date: how many come before it in the
// present order tells the row, and the rows from there on are asked for.
func (m *Model) goTo(text string) tea.Cmd {
	f, err := query.Parse("date:"+text, m.env.Now())
	if err != nil || len(f.Search) == 0 {
		m.env.Host.Say(toast.Error, fmt.Sprintf("%q is not a date: write 2024-03-01, 2024-03 or -7d", text))
		return nil
	}
	at, err := api.ParseTime(f.Search[0].Value())
	if err != nil {
		m.env.Host.Say(toast.Error, fmt.Sprintf("%q is not a date", text))
		return nil
	}
	if m.sortBy != "date" {
		m.env.Host.Say(toast.Warn, "going to a date needs the list in order of date: select DATE and press s")
		return nil
	}
	if len(m.parsed.Search) >= api.MaxConditions {
		m.env.Host.Say(toast.Warn, fmt.Sprintf("the filter has %d conditions already, the most there may be: going to a date needs one more", api.MaxConditions))
		return nil
	}
	if m.order != "asc" && at.Equal(at.Truncate(24*time.Hour)) {
		at = api.TimeOf(at.Add(24*time.Hour - time.Millisecond)) // a day: from its newest event
	}
	return m.seek(at)
}

// seek counts the events before a moment in the present order.
func (m *Model) seek(at api.Time) tea.Cmd {
	op := api.OpGt
	if m.order == "asc" {
		op = api.OpLt
	}
	m.seeking = api.Condition{Field: api.FieldDate, Op: op, Values: []string{at.String()}}
	q := m.with(m.seeking)
	q.PageSize = 1
	m.pending["goto"] = want{query: q}
	return m.env.Async.Page(m.slot("goto"), q, 0)
}

// with is the first page of the query in force with one more condition.
func (m *Model) with(c api.Condition) api.ListQuery {
	q := m.query()
	q.Search = append(q.Search[:len(q.Search):len(q.Search)], c)
	q.Page, q.PageSize = 1, pageSize
	return q
}

// arrive moves to the row that seek found, and asks for the rows from there
// by their date: page numbers don't reach the middle of a long list.
func (m *Model) arrive(f async.EventsLoaded) tea.Cmd {
	row := f.Page.Info.TotalCount
	if row < 0 || m.rows.total <= 0 {
		m.env.Host.Say(toast.Warn, "the server doesn't count events, so the row of a date isn't known")
		return nil
	}
	row = min(row, m.rows.total-1)
	m.table.MoveTo(row)
	if m.rows.at(row) != nil {
		return m.moved()
	}
	onward := map[api.Op]api.Op{api.OpGt: api.OpLte, api.OpLt: api.OpGte}
	after := m.seeking
	after.Op = onward[after.Op]
	m.rows.anchor = &anchor{row: row, after: m.with(after), before: m.with(m.seeking)}
	return m.moved()
}

// jump goes to a row wherever it is: where it can't be asked for by number,
// the timeline tells about which date to look at.
func (m *Model) jump(row int) tea.Cmd {
	if _, ok := m.rows.wantFor(row, m.query()); ok || m.rows.at(row) != nil {
		m.table.MoveTo(row)
		return m.moved()
	}
	at, ok := m.timeline.dateOf(row, m.order != "asc")
	if m.sortBy != "date" || !ok || len(m.parsed.Search) >= api.MaxConditions {
		m.env.Host.Say(toast.Info, "the API reaches the first and the last 100,000 events of a list; in between, narrow the filter")
		return nil
	}
	return m.seek(api.TimeOf(at))
}

func (m *Model) pivot() {
	e := m.Current()
	if e == nil {
		return
	}
	type target struct {
		title string
		field api.Field
		value string
	}
	var targets []target
	add := func(title string, field api.Field, value string) {
		if value != "" {
			targets = append(targets, target{title, field, value})
		}
	}
	add("same indicator", api.FieldIndicator, e.Indicator)
	add("same attacker", api.FieldAttacker, e.Attacker)
	add("same category", api.FieldCategory, e.Category)
	add("same target country", api.FieldTargetCountry, e.TargetCountry)
	add("same industry", api.FieldTargetIndustry, e.TargetIndustry)
	add("same origin", api.FieldAttackerCountry, e.AttackerCountry)
	add("same day", api.FieldDate, dayOf(e.Date))
	for _, t := range e.Tags {
		add("same tag", api.FieldTags, t)
	}
	for _, t := range e.MitreAttack {
		add("same technique", api.FieldMitreAttack, t)
	}
	items := make([]views.PickItem, len(targets))
	for i, t := range targets {
		items[i] = views.PickItem{Title: t.title, Detail: views.OneLine(t.value)}
	}
	ways := m.waysFrom(e)
	for _, w := range ways {
		items = append(items, w.PickItem)
	}
	m.env.Host.Ask(views.Pick{Title: "events with the", Items: items, Chosen: func(i int) tea.Cmd {
		if i >= len(targets) {
			m.env.Host.Visit(ways[i-len(targets)].To)
			return nil
		}
		m.env.Host.Mark()
		return m.apply(query.And("", api.Condition{Field: targets[i].field, Op: api.OpEquals, Values: []string{targets[i].value}}))
	}})
}

// context offers what happened around the selected event, whatever the filter.
func (m *Model) context() {
	e := m.Current()
	if e == nil || e.Date.IsZero() {
		return
	}
	at, id := e.Date.Time, e.UUID
	spans := []struct {
		title string
		d     time.Duration
	}{{"10 minutes either side", 10 * time.Minute}, {"an hour either side", time.Hour}, {"a day either side", 24 * time.Hour}, {"a week either side", 7 * 24 * time.Hour}}
	items := make([]views.PickItem, len(spans))
	for i, s := range spans {
		items[i] = views.PickItem{Title: s.title}
	}
	m.env.Host.Ask(views.Pick{Title: "all events within", Items: items, Chosen: func(i int) tea.Cmd {
		m.env.Host.Mark()
		d := spans[i].d
		text := query.And("", api.Condition{Field: api.FieldDate, Op: api.OpGte, Values: []string{api.TimeOf(at.Add(-d)).String()}})
		text = query.And(text, api.Condition{Field: api.FieldDate, Op: api.OpLte, Values: []string{api.TimeOf(at.Add(d)).String()}})
		cmd := m.apply(text)
		m.keep = id
		return cmd
	}})
}

// wantDatasets offers the datasets, as soon as they are known.
func (m *Model) wantDatasets() tea.Cmd {
	if len(m.catalogs.Datasets) > 0 {
		m.chooseDatasets()
		return nil
	}
	m.datasetsWanted = true
	return m.needCatalogs()
}

// chooseDatasets offers the scopes and the datasets of the account.
func (m *Model) chooseDatasets() {
	type choice struct {
		title string
		ids   []string
	}
	choices := []choice{{"the default dataset", nil}, {"all datasets", []string{api.ScopeAll}}}
	for _, d := range m.catalogs.Datasets {
		if d.DeletedAt == nil {
			choices = append(choices, choice{d.Name, []string{d.UUID}})
		}
	}
	items := make([]views.PickItem, len(choices))
	for i, c := range choices {
		items[i] = views.PickItem{Title: c.title, On: fmt.Sprint(c.ids) == fmt.Sprint(m.dataset)}
	}
	m.env.Host.Ask(views.Pick{Title: "search in", Items: items, Chosen: func(i int) tea.Cmd {
		m.env.Host.Mark()
		m.dataset = choices[i].ids
		return m.reload(0)
	}})
}

func (m *Model) doMarks(in keymap.Intent) (tea.Cmd, bool) {
	switch in.ID {
	case keymap.EventsMark:
		m.mark()
		return m.moved(), true
	case keymap.EventsMarkRange:
		m.markRange()
	case keymap.EventsMarkAll:
		return m.env.Async.IDs(m.slot("mark"), m.query(), markMost), true
	case keymap.EventsUnmark:
		clear(m.marks)
		m.lastMark = -1
	default:
		return nil, false
	}
	m.table.Invalidate()
	return nil, true
}

// markMost is how many events can be marked at once.
const markMost = 100_000

// learnMarks marks the ids that were collected; more than markMost matched
// where it says so.
func (m *Model) learnMarks(f async.JobDone) {
	ids, ok := f.Value.(async.IDs)
	if f.Err != nil || !ok {
		m.env.Host.Say(toast.Error, fmt.Sprintf("nothing was marked: %v", f.Err))
		return
	}
	for _, id := range ids.List {
		m.marks[id] = true
	}
	m.table.Invalidate()
	if ids.Total > len(ids.List) {
		m.env.Host.Say(toast.Warn, fmt.Sprintf("marked the first %s of %s", views.Count(len(ids.List)), views.Count(ids.Total)))
		return
	}
	m.env.Host.Say(toast.Good, "marked "+views.Count(len(ids.List)))
}

// mark turns the mark of the selected event and goes to the next.
func (m *Model) mark() {
	e := m.Current()
	if e == nil {
		return
	}
	if m.marks[e.UUID] {
		delete(m.marks, e.UUID)
	} else {
		m.marks[e.UUID] = true
		m.lastMark = m.table.Cursor()
	}
	m.table.Invalidate()
	m.table.MoveBy(1)
}

// markRange marks what lies between the last mark and the cursor.
func (m *Model) markRange() {
	c := m.table.Cursor()
	from := m.lastMark
	if from < 0 {
		from = c
	}
	missing := 0
	for i := min(from, c); i <= max(from, c); i++ {
		if e := m.rows.at(i); e != nil {
			m.marks[e.UUID] = true
		} else {
			missing++
		}
	}
	m.lastMark = c
	if missing > 0 {
		m.env.Host.Say(toast.Warn, views.Count(missing)+" rows between aren't loaded and stay unmarked")
	}
}

func (m *Model) doFacets(in keymap.Intent) (tea.Cmd, bool) {
	switch in.ID {
	case keymap.FacetsUp:
		m.facets.move(-1)
	case keymap.FacetsDown:
		m.facets.move(1)
	case keymap.FacetsPageUp:
		m.facets.move(-m.geometry.facets.H)
	case keymap.FacetsPageDown:
		m.facets.move(m.geometry.facets.H)
	case keymap.FacetsFirst:
		m.facets.move(-len(m.facets.lines()))
	case keymap.FacetsLast:
		m.facets.move(len(m.facets.lines()))
	case keymap.FacetsNext:
		m.facets.jump(1)
	case keymap.FacetsPrev:
		m.facets.jump(-1)
	case keymap.FacetsMore:
		if l, ok := m.facets.selected(); ok {
			m.facets.toggleMore(l.column)
		}
	case keymap.FacetsInclude:
		return m.facet(false), true
	case keymap.FacetsExclude:
		return m.facet(true), true
	case keymap.FacetsLeave:
		m.part = partTable
	default:
		return nil, false
	}
	return nil, true
}

// facet narrows to, or away from, the selected value; "more" opens the facet.
func (m *Model) facet(exclude bool) tea.Cmd {
	l, ok := m.facets.selected()
	if !ok {
		return nil
	}
	if l.more > 0 {
		m.facets.toggleMore(l.column)
		return nil
	}
	if l.value.Value == "" {
		m.env.Host.Say(toast.Info, "the API can't filter by an empty value")
		return nil
	}
	return m.narrow(api.Field(l.column), l.value.Value, exclude)
}

// Why tells why an action can't be done now.
func (m *Model) Why(id keymap.ID) string {
	switch id {
	case keymap.EventsInclude, keymap.EventsExclude:
		if c := m.column(); c != nil && c.field == "" {
			return "the API can't filter by " + strings.ToLower(c.Title)
		}
		fallthrough
	case keymap.EventsOpen, keymap.EventsPivot, keymap.EventsContext, keymap.EventsGraph, keymap.EventsMark, keymap.EventsRangeFrom, keymap.EventsRangeTo:
		if m.Current() == nil {
			return "no event is selected"
		}
	case keymap.EventsClearFilter, keymap.EventsPopFilter:
		if m.text == "" {
			return "there is no filter"
		}
	case keymap.EventsUnmark:
		if len(m.marks) == 0 {
			return "nothing is marked"
		}
	case keymap.EventsFacets:
		if m.geometry.filter.W < facetsFrom {
			return fmt.Sprintf("facets need a window of %d columns", facetsFrom)
		}
	}
	return ""
}
