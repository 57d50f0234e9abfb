package queries

import (
	"errors"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/table"
	"threatbench/ui/widget/text"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// list is the saved queries.
type list struct {
	env   *views.Env
	slot  func(name string) async.Slot
	table *table.Model

	queries     []api.SavedQuery
	saved       []views.Saved // of the queries, in their order
	alerts      map[int64]api.Alert
	news        map[int64]views.Total // matches since last seen
	asked       bool
	loaded      bool
	slow        bool
	unsupported bool
	counted     time.Time
	err         error
	body        layout.Rect
}

func newList(env *views.Env, slot func(string) async.Slot) *list {
	l := &list{env: env, slot: slot, table: table.New(env.Styles), news: map[int64]views.Total{}}
	l.table.SetColumns([]table.Column{
		{ID: "name", Title: "NAME", Min: 14, Width: 24, Max: 48, Flex: 2, Priority: 1},
		{ID: "new", Title: "NEW", Min: 5, Width: 6, Max: 9, Right: true, Priority: 2},
		{ID: "alert", Title: "ALERT", Min: 8, Width: 9, Max: 12, Priority: 3},
		{ID: "used", Title: "LAST USED", Min: 12, Width: 12, Max: 12, Priority: 4},
		{ID: "filter", Title: "FILTER", Min: 16, Width: 34, Max: 200, Flex: 5, Priority: 5},
		{ID: "owner", Title: "OWNER", Min: 10, Width: 18, Max: 30, Flex: 1, Priority: 6},
	})
	l.table.SetSource(rows{l})
	return l
}

// load asks for the queries the first time.
func (l *list) load() tea.Cmd {
	if l.asked {
		l.table.Invalidate()
		return nil
	}
	return l.ask()
}

func (l *list) ask() tea.Cmd {
	l.asked = true
	return tea.Batch(l.env.Async.SavedQueries(l.slot("queries")), l.env.Async.Alerts(l.slot("alerts")))
}

func (l *list) receive(f async.QueriesLoaded) tea.Cmd {
	l.loaded, l.slow, l.err = true, false, f.Err
	l.unsupported = errors.Is(f.Err, api.ErrUnsupported)
	if f.Err != nil {
		return nil
	}
	l.queries = f.Value
	l.read()
	if l.counted.IsZero() {
		return l.count()
	}
	return nil
}

// read reads the saved queries as they are written in the zone that is shown.
func (l *list) read() {
	l.saved = make([]views.Saved, len(l.queries))
	for i, q := range l.queries {
		l.saved[i] = views.ReadSaved(q, l.env.Memory, l.env.Now())
	}
	l.table.Invalidate()
}

func (l *list) onAlerts(f async.AlertsLoaded) {
	l.alerts = nil
	if f.Err == nil {
		l.alerts = map[int64]api.Alert{}
		for _, a := range f.Value {
			l.alerts[a.QueryID] = a
		}
	}
	l.table.Invalidate()
}

// countMost bounds how many queries are counted at once: each is a call.
const countMost = 30

// count asks for every query how many events are new.
func (l *list) count() tea.Cmd {
	l.counted = l.env.Now()
	var cmds []tea.Cmd
	for i, q := range l.queries[:min(len(l.queries), countMost)] {
		if l.saved[i].Problem != "" {
			l.news[q.ID] = views.Unknown()
			continue
		}
		ask, ok := views.NewSince(l.saved[i].Query, l.env.Memory.LookedAt(q).Seen)
		if !ok {
			l.news[q.ID] = views.Unknown()
			continue
		}
		cmds = append(cmds, l.env.Async.Page(l.slot(newsSlot+strconv.FormatInt(q.ID, 10)), ask, 0, async.Refresh))
	}
	return tea.Batch(cmds...)
}

// newsSlot begins the names of the slots of count; the query's number follows.
const newsSlot = "news-"

// onNews takes the count of a query; false where f isn't one.
func (l *list) onNews(f async.Result) bool {
	page, is := f.(async.EventsLoaded)
	number, ok := strings.CutPrefix(f.Tag().Slot.Name, newsSlot)
	if !ok {
		return false
	}
	id, err := strconv.ParseInt(number, 10, 64)
	if !is || err != nil {
		return true // Slow, for which there is no place
	}
	l.news[id] = views.Unknown()
	if page.Err == nil {
		l.news[id] = views.TotalOf(page.Page)
	}
	l.table.Invalidate()
	return true
}

// selected is the query under the cursor, nil where there is none.
func (l *list) selected() *api.SavedQuery {
	if i := l.table.Cursor(); i < len(l.queries) {
		return &l.queries[i]
	}
	return nil
}

// present is the filter of the selected query; false where it has no text.
func (l *list) present() (s state, name string, ok bool) {
	q := l.selected()
	if q == nil {
		return state{}, "", false
	}
	v := l.saved[l.table.Cursor()]
	if v.Problem != "" {
		l.env.Host.Say(toast.Warn, v.Problem)
		return state{}, "", false
	}
	return state{text: v.Text, datasets: v.Query.Datasets, orderBy: v.Query.OrderBy, order: v.Query.Order}, q.Name, true
}

// newQuery opens the builder with nothing in it.
func (m *Model) newQuery() tea.Cmd {
	m.building = true
	m.env.Host.Mark()
	return m.build.open(state{datasets: m.env.Host.Selection().Query.Datasets}, nil)
}

func (l *list) askDuplicate(q api.SavedQuery) {
	l.env.Host.Prompt("Save the copy as", q.Name+" copy", func(name string) tea.Cmd { return l.duplicate(q, strings.TrimSpace(name)) })
}

func (l *list) askRename(q api.SavedQuery) {
	l.env.Host.Prompt("New name of "+views.Shown(views.OneLine(q.Name)), q.Name, func(name string) tea.Cmd { return l.rename(q, strings.TrimSpace(name)) })
}

func (m *Model) runSelected() tea.Cmd {
	s, _, ok := m.list.present()
	if !ok {
		return nil
	}
	id := m.list.selected().ID
	m.list.news[id] = views.Total{}
	m.list.table.Invalidate()
	m.env.Host.Mark()
	return tea.Batch(m.env.Memory.SetPresence(id, m.env.Now(), true), m.run(s))
}

func (m *Model) editSelected() tea.Cmd {
	s, _, ok := m.list.present()
	if !ok {
		return nil
	}
	m.env.Host.Mark()
	m.building = true
	return m.build.open(s, m.list.selected())
}

func (l *list) duplicate(q api.SavedQuery, name string) tea.Cmd {
	if name == "" || name == q.Name {
		return nil
	}
	l.env.Host.Change(async.SaveQuery(api.NewSavedQuery{Name: name, QueryJSON: q.QueryJSON}), nil)
	return l.keepText(q, name)
}

func (l *list) rename(q api.SavedQuery, name string) tea.Cmd {
	if name == "" || name == q.Name {
		return nil
	}
	l.env.Host.Change(async.ChangeQuery(q, api.SavedQueryPatch{Name: &name}), nil)
	return l.keepText(q, name)
}

// keepText remembers the text of a query under another name too.
func (l *list) keepText(q api.SavedQuery, name string) tea.Cmd {
	return l.env.Memory.RememberText(name, views.ReadSaved(q, l.env.Memory, l.env.Now()).Text, q.QueryJSON)
}

// askDelete asks before a query goes, with what goes with it.
func (l *list) askDelete(q api.SavedQuery) {
	what := "nobody is alerted by it"
	if _, ok := l.alerts[q.ID]; ok {
		what = "its alert goes with it"
	}
	name := views.Shown(views.OneLine(q.Name))
	l.env.Host.Ask(views.Pick{Title: "delete " + name + "?  " + what, Items: []views.PickItem{
		{Title: "Cancel"}, {Title: "Delete", Detail: "u brings it back"},
	}, Chosen: func(i int) tea.Cmd {
		if i == 1 {
			l.env.Host.Change(async.DropQuery(q), nil)
		}
		return nil
	}})
}

func (l *list) click(m *Model, x, y int, double bool) tea.Cmd {
	if !l.body.Contains(x, y) {
		return nil
	}
	if h := l.table.Hit(l.body.Local(x, y)); h.Kind == table.Row {
		l.table.MoveTo(h.Row)
		if double {
			return m.runSelected()
		}
	}
	return nil
}

func (l *list) cursorXY() (x, y int, ok bool) {
	if len(l.queries) == 0 {
		return 0, 0, false
	}
	x, y = l.table.CursorXY()
	return l.body.X + x, l.body.Y + y, true
}

// draw is the list in h lines of w cells; below it stands the selected filter
// whole.
func (l *list) draw(w, h int, focused bool) []string {
	st := l.env.Styles
	r := layout.Rect{W: w, H: h}
	_, r = r.CutTop(1)
	var below layout.Rect
	if h >= 12 {
		below, r = r.CutBottom(5)
	}
	l.body = r
	out := []string{layout.Line(" "+st.TitleFocus.Paint("Saved queries")+"  "+st.Faint.Paint(l.state()), w)}
	if len(l.queries) == 0 {
		return layout.Fit(append(out, l.empty(w)...), w, h)
	}
	l.table.SetSize(r.W, r.H)
	l.table.Focus(focused)
	out = append(out, l.table.Lines()...)
	if below.H > 0 {
		out = append(out, l.whole(w)...)
	}
	return layout.Fit(out, w, h)
}

func (l *list) state() string {
	switch {
	case l.err != nil && len(l.queries) > 0:
		return "could not be asked for again: " + l.env.Text(l.err.Error(), 200)
	case len(l.queries) == 1:
		return "1"
	case len(l.queries) > 0:
		return views.Count(len(l.queries))
	}
	return ""
}

// whole is the selected query's filter, wrapped.
func (l *list) whole(w int) []string {
	st := l.env.Styles
	out := []string{st.Border.Paint(strings.Repeat(st.Glyphs.HLine, w))}
	i := l.table.Cursor()
	if i >= len(l.queries) {
		return out
	}
	q, v := l.queries[i], l.saved[i]
	out = append(out, " "+st.Strong.Paint(views.Shown(views.OneLine(q.Name)))+st.Faint.Paint("   in "+datasetNames(v.Query.Datasets, nil)+"   changed "+l.env.Date(q.UpdatedAt)))
	pen, filter := st.Text, v.Text
	switch {
	case v.Problem != "":
		pen, filter = st.Warn, v.Problem
	case filter == "":
		pen, filter = st.Faint, "every event"
	}
	for _, line := range text.Wrap(views.Shown(views.OneLine(filter)), max(w-2, 10)) {
		out = append(out, " "+pen.Paint(line))
	}
	return out
}

// empty says why there are no queries and what to do.
func (l *list) empty(w int) []string {
	st := l.env.Styles
	key := func(id keymap.ID) string {
		for _, h := range l.env.Keys.Hints([]keymap.Scope{keymap.Queries}, id) {
			return keymap.KeyLabelASCII(h.Keys)
		}
		return ":"
	}
	var lines []string
	switch {
	case l.unsupported:
		lines = []string{st.Strong.Paint("This server keeps no queries."), "",
			st.Key.Paint(key("queries.new")) + st.Hint.Paint(" opens the builder all the same: build, run and share a filter")}
	case l.err != nil:
		lines = []string{st.Error.Paint("The saved queries could not be loaded.")}
		lines = append(lines, text.Wrap(views.Shown(views.OneLine(l.err.Error())), max(w-4, 10))...)
		lines = append(lines, "", st.Faint.Paint("r tries again"))
	case !l.loaded && l.slow:
		lines = []string{st.Faint.Paint("loading" + l.env.Dots())}
	case l.loaded:
		lines = []string{st.Strong.Paint("No saved queries yet."), "",
			st.Key.Paint(key("queries.new")) + st.Hint.Paint(" builds one; b in the events opens their filter here")}
	}
	out := []string{"", ""}
	for _, t := range lines {
		out = append(out, "  "+t)
	}
	return out
}

// rows shows the queries to the table.
type rows struct{ l *list }

func (r rows) Len() int { return len(r.l.queries) }

func (r rows) Row(i int, cells []table.Cell) bool {
	l, q := r.l, r.l.queries[i]
	st := l.env.Styles
	v := l.saved[i]
	cells[0].Text = views.OneLine(q.Name)
	switch n, ok := l.news[q.ID]; {
	case ok && n.N > 0:
		cells[1] = table.Cell{Text: n.Short(), Pen: st.AccentStrong}
	case ok:
		cells[1] = table.Cell{Text: n.Short(), Pen: st.Faint}
	}
	cells[2] = l.alert(q)
	cells[3].Text = l.env.Date(api.TimeOf(l.env.Memory.LookedAt(q).Used))
	cells[4].Text = views.OneLine(v.Text)
	if v.Problem != "" {
		cells[4] = table.Cell{Text: views.OneLine(v.Problem), Pen: st.Warn}
	}
	cells[5] = table.Cell{Text: views.OneLine(q.UserEmail), Pen: st.Faint}
	return true
}

// alert tells whether somebody is alerted by a query.
func (l *list) alert(q api.SavedQuery) table.Cell {
	st := l.env.Styles
	a, ok := l.alerts[q.ID]
	switch {
	case ok && a.Enabled:
		return table.Cell{Text: views.OneLine(frequency(a.Frequency)), Pen: st.Good}
	case ok:
		return table.Cell{Text: "paused", Pen: st.Warn}
	case q.AlertEnabled:
		return table.Cell{Text: "on", Pen: st.Good}
	}
	return table.Cell{Text: l.env.Dash(), Pen: st.Faint}
}

func (r rows) Marked(int) bool { return false }

// frequency names how soon an alert tells.
func frequency(f string) string {
	if f == api.Immediate {
		return "at once"
	}
	return f
}
