package events

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/theme"
	"threatbench/ui/widget/chart"
	"threatbench/ui/widget/table"
)

const (
	// activitySteps is how many cells an activity has.
	activitySteps = 12
	// usualActivity is how long it reaches back where the filter names no dates:
	// a week a cell.
	usualActivity = activitySteps * 7 * oneDay
	oneDay        = 24 * time.Hour
	// maxActivityRows is what one call brings at most.
	maxActivityRows = 10_000
	maxValueLength  = 512 // of a value in a condition
)

// activity is how often the values of some columns occurred over time, for the
// cells that show it: counted on the server, all values in sight by one call a
// column, and kept as long as the stretch of time and the datasets stay.
type activity struct {
	from, until time.Time
	datasets    string
	known       map[activityKey]*spark
	pending     map[string][]string // values asked for, by column
}

type activityKey struct{ column, value string }

// spark is a value's counts, and their drawing once it has been drawn.
type spark struct {
	counts [activitySteps]int
	text   string
}

// frame sets what the counts are of; what is known of anything else goes.
func (a *activity) frame(from, until time.Time, datasets []string) {
	in := strings.Join(datasets, " ")
	if a.known != nil && a.from.Equal(from) && a.until.Equal(until) && a.datasets == in {
		return
	}
	*a = activity{from: from, until: until, datasets: in, known: map[activityKey]*spark{}, pending: map[string][]string{}}
}

// text is the drawing of a value, "" until its counts are there.
func (a *activity) text(st *theme.Styles, column, value string) string {
	s := a.known[activityKey{column, value}]
	if s == nil {
		return ""
	}
	if s.text == "" {
		s.text = chart.Spark(st, s.counts[:])
	}
	return s.text
}

// redraw forgets the drawings, which are of another theme's glyphs.
func (a *activity) redraw() {
	for _, s := range a.known {
		s.text = ""
	}
}

// bucket is the narrowest step of which so many values' counts come in one call.
func (a *activity) bucket(values int) api.Bucket {
	long := a.until.Sub(a.from)
	for _, b := range []struct {
		step api.Bucket
		long time.Duration
	}{{api.BucketHour, time.Hour}, {api.BucketDay, oneDay}, {api.BucketWeek, 7 * oneDay}} {
		if int(long/b.long)*values <= maxActivityRows {
			return b.step
		}
	}
	return api.BucketMonth
}

// receive adds the counts that came for the values asked for. Values that didn't
// come count nothing.
func (a *activity) receive(column string, rows []api.Group) {
	byFold := map[string]*spark{}
	for _, v := range a.pending[column] {
		s := byFold[api.Fold(v)]
		if s == nil {
			s = &spark{}
			byFold[api.Fold(v)] = s
		}
		a.known[activityKey{column, v}] = s
	}
	delete(a.pending, column)
	for _, r := range rows {
		if s := byFold[api.Fold(r.Keys[0])]; s != nil && !r.Date.IsZero() {
			s.counts[a.step(r.Date.Time)] += r.Count
		}
	}
}

// step is the cell of a moment; steps that the server counts may begin before
// the first.
func (a *activity) step(at time.Time) int {
	part := float64(at.Sub(a.from)) / float64(a.until.Sub(a.from))
	return min(max(int(part*activitySteps), 0), activitySteps-1)
}

// activityColumn shows how active a row's value of a column has been.
func activityColumn(id, title, counted string, field api.Field, value func(e *api.Event) string) column {
	return column{
		Column:  table.Column{ID: id, Title: title, Min: activitySteps, Width: activitySteps, Max: activitySteps, Priority: 3},
		orderBy: counted, field: field, counted: counted, value: value,
		about:  "activity, 12 weeks or the filter's dates",
		text:   plain(func(*api.Event) string { return "" }),
		values: func(e *api.Event) []string { return oneOf(value(e)) },
	}
}

// activitySpan is the filter's stretch of time in whole days, else the last
// weeks up to today.
func (m *Model) activitySpan() (from, until time.Time) {
	for _, c := range m.parsed.Search {
		at, err := api.ParseTime(c.Value())
		if c.Field != api.FieldDate || err != nil {
			continue
		}
		start := at.UTC().Truncate(oneDay)
		switch c.Op {
		case api.OpGt, api.OpGte:
			from = start
		case api.OpLt, api.OpLte:
			until = start.Add(oneDay)
		case api.OpEquals:
			from, until = start, start.Add(oneDay)
		}
	}
	if until.IsZero() {
		until = m.env.Now().UTC().Truncate(oneDay).Add(oneDay)
	}
	if from.IsZero() || !from.Before(until) {
		from = until.Add(-usualActivity)
	}
	return from, until
}

func (m *Model) activitySlot(column string) async.Slot { return m.slot("activity/" + column) }

// wantActivity asks for the activity of the values around those in sight that
// isn't known, after a pause: rows that scroll past aren't asked for.
func (m *Model) wantActivity() tea.Cmd {
	var cmds []tea.Cmd
	for _, c := range m.cols {
		if c.counted == "" {
			continue
		}
		from, until := m.activitySpan()
		m.activity.frame(from, until, m.dataset)
		if values := m.unknown(c); len(values) > 0 {
			m.activity.pending[c.counted] = values
			cmds = append(cmds, m.env.Async.Groups(m.activitySlot(c.counted), m.activityQuery(c, values), typingPause))
		}
	}
	return tea.Batch(cmds...)
}

// unknown are the values of a column in sight, and a screen around it, whose
// activity is to be asked for; none where all of them are on their way.
func (m *Model) unknown(c column) []string {
	from, to := m.table.Visible()
	h := to - from
	pending := map[string]bool{}
	for _, v := range m.activity.pending[c.counted] {
		pending[v] = true
	}
	var out []string
	seen, fresh := map[string]bool{}, false
	for i := max(from-h, 0); i < to+h && len(out) < api.MaxInValues; i++ {
		e := m.rows.at(i)
		if e == nil {
			continue
		}
		v := c.value(e)
		if v == "" || len([]rune(v)) > maxValueLength || seen[v] || m.activity.known[activityKey{c.counted, v}] != nil {
			continue
		}
		seen[v] = true
		fresh = fresh || !pending[v]
		out = append(out, v)
	}
	if !fresh {
		return nil
	}
	return out
}

func (m *Model) activityQuery(c column, values []string) api.GroupQuery {
	a := &m.activity
	bound := func(op api.Op, at time.Time) api.Condition {
		return api.Condition{Field: api.FieldDate, Op: op, Values: []string{at.Format(time.DateOnly)}}
	}
	return api.GroupQuery{
		Filter: api.ListQuery{Datasets: m.dataset, Search: []api.Condition{
			bound(api.OpGte, a.from), bound(api.OpLte, a.until.Add(-oneDay)), {Field: c.field, Op: api.OpIn, Values: values},
		}},
		Columns: []string{c.counted}, Bucket: a.bucket(len(values)), Limit: maxActivityRows, ByKey: true,
	}
}

// onActivity takes counts; values that couldn't be counted stay blank until
// the list is asked for anew.
func (m *Model) onActivity(f async.GroupsLoaded) {
	if m.activity.known == nil || len(f.Query.Columns) == 0 {
		return
	}
	m.activity.receive(f.Query.Columns[0], f.Groups.Rows)
	m.table.Invalidate()
}
