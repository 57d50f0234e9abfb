package alerts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/keymap"
	"threatbench/ui/widget/table"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

func (m *Model) moveInAlerts(by keymap.Motion) tea.Cmd {
	views.Move(m.alerts, by)
	return nil
}

func (m *Model) moveInInbox(by keymap.Motion) tea.Cmd {
	views.Move(m.inbox, by)
	return nil
}

func (m *Model) refresh() tea.Cmd {
	m.forced = m.lacking
	return m.ask(async.Refresh)
}

// openInbox goes to the events of what is selected in the inbox.
func (m *Model) openInbox() tea.Cmd {
	if m.noEntry() != "" {
		return nil
	}
	if m.lacking {
		return m.openWatched()
	}
	return m.openEntry()
}

// toggleRead marks the selected entry as read, or as unread again.
func (m *Model) toggleRead() tea.Cmd {
	if m.lacking {
		return m.seen(m.watched()[m.inbox.Cursor()])
	}
	e := m.entries[m.inbox.Cursor()]
	return m.env.Async.MarkRead(m.slot("mark"), []int64{e.ID}, !e.Read)
}

// openEntry goes to the events of an entry and marks it as read.
func (m *Model) openEntry() tea.Cmd {
	e := m.entries[m.inbox.Cursor()]
	ids := e.EventIDs[:min(len(e.EventIDs), api.MaxInValues)]
	if len(ids) == 0 {
		m.env.Host.Say(toast.Info, "the server doesn't say which events these were")
		return nil
	}
	text := query.FormatCondition(api.Condition{Field: api.FieldUUID, Op: api.OpIn, Values: ids})
	if len(ids) < e.Count {
		m.env.Host.Say(toast.Info, fmt.Sprintf("the newest %s of %s events", views.Count(len(ids)), views.Count(e.Count)))
	}
	m.env.Host.Visit(views.VisitEvents{Filter: text, Datasets: []string{api.ScopeAll}})
	if e.Read {
		return nil
	}
	return m.env.Async.MarkRead(m.slot("mark"), []int64{e.ID}, true)
}

// openWatched goes to what is new of a query; where nothing is, to all of it.
func (m *Model) openWatched() tea.Cmd {
	q := m.watched()[m.inbox.Cursor()]
	s := views.ReadSaved(q, m.env.Memory, m.env.Now())
	if s.Problem != "" {
		m.env.Host.Say(toast.Warn, s.Problem)
		return nil
	}
	text := s.Text
	if ask, ok := views.NewSince(api.ListQuery{}, m.env.Memory.LookedAt(q).Seen); ok && m.watch.news[q.ID].N > 0 {
		text = strings.TrimSpace(query.FormatCondition(ask.Search[0]) + " " + text)
	}
	m.env.Host.Visit(views.VisitEvents{Filter: text, Datasets: s.Query.Datasets, OrderBy: s.Query.OrderBy, Order: s.Query.Order})
	return m.seen(q)
}

// seen says that there is nothing new of a query.
func (m *Model) seen(q api.SavedQuery) tea.Cmd {
	m.watch.news[q.ID] = views.Total{}
	m.inbox.Invalidate()
	return m.env.Memory.SetPresence(q.ID, m.env.Now(), false)
}

func (m *Model) readAll() tea.Cmd {
	if m.lacking {
		var cmds []tea.Cmd
		for _, q := range m.watched() {
			cmds = append(cmds, m.seen(q))
		}
		return tea.Batch(cmds...)
	}
	var ids []int64
	for _, e := range m.entries {
		if !e.Read {
			ids = append(ids, e.ID)
		}
	}
	return m.env.Async.MarkRead(m.slot("mark"), ids, true)
}

// selected is the alert under the cursor, an empty one where there is none.
func (m *Model) selected() api.Alert {
	if i := m.alerts.Cursor(); i < len(m.list) {
		return m.list[i]
	}
	return api.Alert{}
}

// chooseQuery offers the filter in force and the queries nobody is alerted by.
func (m *Model) chooseQuery() {
	var free []api.SavedQuery
	inForce := m.env.Host.Selection().Saved()
	items := []views.PickItem{{Title: "the filter in Events", Detail: orElse(views.OneLine(inForce.Filter), "every event")}}
	for _, q := range m.queries {
		if !slices.ContainsFunc(m.list, func(a api.Alert) bool { return a.QueryID == q.ID }) {
			free = append(free, q)
			items = append(items, views.PickItem{Title: views.OneLine(q.Name), Detail: views.OneLine(views.ReadSaved(q, m.env.Memory, m.env.Now()).Text)})
		}
	}
	m.env.Host.Ask(views.Pick{Title: "alert on what?", Items: items, Chosen: func(i int) tea.Cmd {
		if i == 0 {
			m.filter = &inForce
			m.showWanted()
			return nil
		}
		m.chooseFrequency(free[i-1])
		return nil
	}})
}

// chooseFrequency asks how soon to be told, and makes the alert.
func (m *Model) chooseFrequency(q api.SavedQuery) {
	items := []views.PickItem{
		{Title: "at once", Detail: "whenever events arrive that match"}, {Title: "daily", Detail: "one digest a day"},
	}
	m.env.Host.Ask(views.Pick{Title: "alert on " + m.name(q.ID), Items: items, Chosen: func(i int) tea.Cmd {
		m.env.Host.Change(async.AddAlert(m.name(q.ID), api.NewAlert{QueryID: q.ID, Frequency: []string{api.Immediate, api.Daily}[i]}), nil)
		return nil
	}})
}

func (m *Model) change(a api.Alert, p api.AlertPatch) {
	m.env.Host.Change(async.ChangeAlert(m.name(a.QueryID), a, p), nil)
}

func (m *Model) pause(a api.Alert) {
	on := !a.Enabled
	m.change(a, api.AlertPatch{Enabled: &on})
}

func (m *Model) switchFrequency(a api.Alert) {
	f := api.Daily
	if a.Frequency == api.Daily {
		f = api.Immediate
	}
	m.change(a, api.AlertPatch{Frequency: &f})
}

// chooseChange offers what can be changed of the selected alert.
func (m *Model) chooseChange() {
	a := m.selected()
	type act struct {
		title, detail string
		do            func() tea.Cmd
	}
	plain := func(f func(api.Alert)) func() tea.Cmd { return func() tea.Cmd { f(a); return nil } }
	acts := []act{
		{"pause", "tells nothing until it is resumed", plain(m.pause)},
		{"tell daily", "one digest a day instead of at once", plain(m.switchFrequency)},
		{"change how it tells", "now: " + views.OneLine(a.NotificationType), func() tea.Cmd { m.askType(a); return nil }},
		{"try it", "how often it would have told in seven days", func() tea.Cmd { return m.try(a) }},
		{"delete", "the query stays", plain(m.askDelete)},
	}
	if !a.Enabled {
		acts[0].title, acts[0].detail = "resume", "tells again"
	}
	if a.Frequency == api.Daily {
		acts[1].title, acts[1].detail = "tell at once", "instead of a daily digest"
	}
	items := make([]views.PickItem, len(acts))
	for i, x := range acts {
		items[i] = views.PickItem{Title: x.title, Detail: x.detail}
	}
	m.env.Host.Ask(views.Pick{Title: m.name(a.QueryID), Items: items, Chosen: func(i int) tea.Cmd { return acts[i].do() }})
}

func (m *Model) askType(a api.Alert) {
	m.env.Host.Prompt("how it tells, a type the server knows", a.NotificationType, func(kind string) tea.Cmd {
		if kind = strings.TrimSpace(kind); kind != "" && kind != a.NotificationType {
			m.change(a, api.AlertPatch{NotificationType: &kind})
		}
		return nil
	})
}

func (m *Model) askDelete(a api.Alert) {
	m.env.Host.Ask(views.Pick{Title: "delete the alert on " + m.name(a.QueryID) + "?", Items: []views.PickItem{
		{Title: "Cancel"}, {Title: "Delete", Detail: "u brings it back; the query stays"},
	}, Chosen: func(i int) tea.Cmd {
		if i == 1 {
			m.env.Host.Change(async.DropAlert(m.name(a.QueryID), a), nil)
		}
		return nil
	}})
}

// test is an alert that is tried on the past.
type test struct {
	alert api.Alert
	saved views.Saved
	text  string        // the filter of the events it would have told of; "" where it is too long
	ask   api.ListQuery // the same as a query
}

const (
	testDays = 7
	testSize = 1000 // events looked at, where the server doesn't count itself
)

// try asks for what the alert would have told of.
func (m *Model) try(a api.Alert) tea.Cmd {
	q, ok := m.query(a.QueryID)
	if !ok {
		m.env.Host.Say(toast.Warn, "the query of this alert isn't there any more")
		return nil
	}
	t := &test{alert: a, saved: views.ReadSaved(q, m.env.Memory, m.env.Now())}
	if ask, fits := views.NewSince(t.saved.Query, m.env.Now().AddDate(0, 0, -testDays)); fits && t.saved.Problem == "" {
		t.text = strings.TrimSpace(query.FormatCondition(ask.Search[len(ask.Search)-1]) + " " + t.saved.Text)
		t.ask = ask
		t.ask.PageSize, t.ask.OrderBy, t.ask.Order = testSize, "createdAt", "desc"
	}
	m.testing = t
	return m.env.Async.TestAlert(m.slot("try"), q.ID, testDays, async.Refresh)
}

// onTried takes what the server says of a trial; one that can't is asked
// for the events instead.
func (m *Model) onTried(f async.AlertTested) tea.Cmd {
	t := m.testing
	switch {
	case t == nil:
	case f.Err == nil:
		n := f.Value.Immediate
		if t.alert.Frequency == api.Daily {
			n = f.Value.Daily
		}
		m.tried(times(n, false), views.Total{N: f.Value.Count}, f.Value.EventIDs)
	case errors.Is(f.Err, api.ErrUnsupported) && t.text != "":
		return m.env.Async.Page(m.slot("test"), t.ask, 0, async.Refresh)
	case errors.Is(f.Err, api.ErrUnsupported):
		m.testing = nil
		m.env.Host.Say(toast.Warn, orElse(t.saved.Problem, fmt.Sprintf("the query has %d conditions already, the most there may be: trying it needs one more", api.MaxConditions)))
	default:
		m.testing = nil
		m.env.Host.Say(toast.Error, "the alert could not be tried: "+f.Err.Error())
	}
	return nil
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// onTest counts itself how often the alert would have fired.
func (m *Model) onTest(f async.EventsLoaded) {
	switch {
	case m.testing == nil:
	case f.Err != nil:
		m.testing = nil
		m.env.Host.Say(toast.Error, "the alert could not be tried: "+f.Err.Error())
	default:
		total := views.TotalOf(f.Page)
		m.tried(times(firings(m.testing.alert.Frequency, f.Page.Events), total.More || len(f.Page.Events) < total.N), total, nil)
	}
}

// tried says how often the alert would have fired, and offers the events.
func (m *Model) tried(often string, total views.Total, ids []string) {
	t := m.testing
	m.testing = nil
	text, datasets := t.text, t.saved.Query.Datasets
	if text == "" && len(ids) > 0 {
		ids = ids[:min(len(ids), api.MaxInValues)]
		text = query.FormatCondition(api.Condition{Field: api.FieldUUID, Op: api.OpIn, Values: ids})
		datasets = []string{api.ScopeAll}
	}
	events := total.String() + " events"
	if total == (views.Total{N: 1}) {
		events = "1 event"
	}
	items := []views.PickItem{{Title: "Close"}}
	if total.N > 0 && text != "" {
		items = []views.PickItem{{Title: "Show the events", Detail: views.OneLine(text)}, {Title: "Close"}}
	}
	title := fmt.Sprintf("would have fired %s in the last %d days: %s", often, testDays, events)
	m.env.Host.Ask(views.Pick{Title: title, Items: items, Chosen: func(i int) tea.Cmd {
		if i < len(items)-1 {
			m.env.Host.Visit(views.VisitEvents{Filter: text, Datasets: datasets})
		}
		return nil
	}})
}

// firings is how often an alert fires for events: for each moment at which
// some of them arrived, or for each day.
func firings(frequency string, events []api.Event) int {
	seen := map[string]bool{}
	for _, e := range events {
		at := e.CreatedAt
		if at.IsZero() {
			at = e.Date
		}
		key := at.UTC().Format(time.DateTime)
		if frequency == api.Daily {
			key = key[:len(time.DateOnly)]
		}
		seen[key] = true
	}
	return len(seen)
}

func times(n int, atLeast bool) string {
	s := views.Count(n) + " times"
	if n == 1 {
		s = "once"
	}
	if atLeast {
		return "at least " + s
	}
	return s
}

// Click selects what is under the pointer; a double click opens it.
func (m *Model) Click(x, y int, double bool) tea.Cmd {
	switch g := m.geo; {
	case g.alerts.Contains(x, y) && !m.lacking:
		m.part = partAlerts
		if h := m.alerts.Hit(g.alerts.Local(x, y)); h.Kind == table.Row {
			m.alerts.MoveTo(h.Row)
			if double {
				m.chooseChange()
			}
		}
	case g.inbox.Contains(x, y):
		m.part = partInbox
		if h := m.inbox.Hit(g.inbox.Local(x, y)); h.Kind == table.Row {
			m.inbox.MoveTo(h.Row)
			if double {
				return m.openInbox()
			}
		}
	}
	return nil
}

// Drag does nothing here.
func (m *Model) Drag(int, int, bool) tea.Cmd { return nil }

// Wheel scrolls what is under the pointer.
func (m *Model) Wheel(x, y, by int) tea.Cmd {
	if m.geo.alerts.Contains(x, y) {
		m.alerts.ScrollBy(by)
		return nil
	}
	m.inbox.ScrollBy(by)
	return nil
}
