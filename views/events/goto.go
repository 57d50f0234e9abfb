package events

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/ui/widget/toast"
)

// goTo moves to the first event of a date in the order of the list, the
// newest or the oldest one: how many come before it tells the row, and the
// rows from there on are asked for.
func (m *Model) goTo(text string) tea.Cmd {
	at, ok := edgeOf(text, m.env.Now(), m.order != "asc")
	if !ok {
		m.env.Host.Say(toast.Error, fmt.Sprintf("%q is not a date: write 2024-03-01, 2024-03 or -7d", text))
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
	return m.seek(at)
}

// edgeOf is the first moment of a date as it is written, or the last one: of a
// day, a month, a range. What has no length is both.
func edgeOf(text string, now time.Time, last bool) (api.Time, bool) {
	f, err := query.Parse("date:"+text, now)
	if err != nil || len(f.Search) == 0 {
		return api.Time{}, false
	}
	edge := f.Search[0].Value()
	if last {
		edge = f.Search[len(f.Search)-1].Value()
	}
	at, err := api.ParseTime(edge)
	if err != nil {
		return api.Time{}, false
	}
	if last && len(edge) == len(time.DateOnly) { // a whole day
		at = api.TimeOf(at.Add(24*time.Hour - time.Millisecond))
	}
	return at, true
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
