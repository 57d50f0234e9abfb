// Package alerts is the view of alerts on saved queries and of what they have
// fired. Against a server without alerts it watches the queries itself.
package alerts

import (
	"errors"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/keymap"
	"threatbench/ui/widget/table"
	"threatbench/views"
)

// View is this view's name in the slots of its requests.
const View = views.AlertsView

// part is what has the focus.
type part int

const (
	partInbox part = iota
	partAlerts
)

// inboxSize is how many entries of the inbox are shown.
const inboxSize = 200

// Model is the view.
type Model struct {
	views.Handler[*Model]

	env    *views.Env
	part   part
	alerts *table.Model
	inbox  *table.Model
	geo    geometry

	list    []api.Alert
	queries []api.SavedQuery
	entries []api.Notification
	total   int // entries there are; -1 unknown

	arrived           bool // the view has been shown
	loaded, gotInbox  bool // the alerts, the inbox have come
	lacking           bool // the server has no alerts: queries are watched from here
	noQueries         bool // and keeps no queries either
	err, inboxErr     error
	queriesErr        error
	slow              bool
	wanted            int64              // the query whose alert is to be shown
	filter            *views.VisitQuery  // the filter to alert on, until the queries are known
	saving            *api.NewSavedQuery // the query being saved to be alerted on
	testing           *test
	watch             watch
	alertsOK, queryOK bool // the lists are those of the server now
	forced            bool // a person wants to know what is new
}

// New makes the view.
func New(env *views.Env) *Model {
	m := &Model{env: env, alerts: table.New(env.Styles), inbox: table.New(env.Styles), watch: newWatch(env)}
	m.Handler = views.Handle(m, actions())
	m.alerts.SetColumns([]table.Column{
		{ID: "query", Title: "QUERY", Min: 16, Width: 28, Max: 60, Flex: 3, Priority: 1},
		{ID: "state", Title: "STATE", Min: 6, Width: 8, Max: 10, Priority: 2},
		{ID: "when", Title: "FREQUENCY", Min: 9, Width: 9, Max: 10, Priority: 3},
		{ID: "type", Title: "BY", Min: 4, Width: 8, Max: 16, Priority: 5},
		{ID: "sent", Title: "LAST FIRED", Min: 12, Width: 12, Max: 12, Priority: 4},
		{ID: "owner", Title: "OWNER", Min: 10, Width: 20, Max: 34, Flex: 1, Priority: 6},
	})
	m.inbox.SetColumns([]table.Column{
		{ID: "new", Title: "", Min: 3, Width: 3, Max: 3, Priority: 1},
		{ID: "at", Title: "WHEN", Min: 12, Width: 12, Max: 12, Priority: 3},
		{ID: "query", Title: "QUERY", Min: 16, Width: 28, Max: 70, Flex: 3, Priority: 2},
		{ID: "count", Title: "EVENTS", Min: 6, Width: 8, Max: 10, Right: true, Priority: 4},
	})
	m.alerts.SetSource(alertRows{m})
	m.inbox.SetSource(inboxRows{m})
	return m
}

func (m *Model) slot(name string) async.Slot { return async.Slot{View: View, Name: name} }

// Start looks into the inbox for the badge, and goes on looking now and then.
func (m *Model) Start() tea.Cmd { return m.look() }

// Arrive asks for the alerts when the view is shown.
func (m *Model) Arrive() tea.Cmd {
	if m.arrived {
		return nil
	}
	m.arrived = true
	return m.ask()
}

func (m *Model) ask(opts ...async.Option) tea.Cmd {
	m.alertsOK, m.queryOK = false, false
	return tea.Batch(
		m.env.Async.Alerts(m.slot("alerts"), opts...),
		m.env.Async.SavedQueries(m.slot("queries"), opts...),
		m.askInbox(opts...),
	)
}

func (m *Model) askInbox(opts ...async.Option) tea.Cmd {
	return m.env.Async.Inbox(m.slot("inbox"), api.InboxQuery{PageSize: inboxSize}, opts...)
}

// Visit shows the alert of a query, or begins one.
func (m *Model) Visit(v views.Visit) tea.Cmd {
	if a, ok := v.(views.VisitAlert); ok {
		m.wanted, m.part, m.filter = a.QueryID, partAlerts, nil
		if a.QueryID == 0 {
			f := m.env.Host.Selection().Saved()
			m.filter = &f
		}
		m.showWanted()
	}
	return nil
}

// Changed asks anew after an alert or a query was changed.
func (m *Model) Changed(r async.ChangeResult) tea.Cmd {
	if r.Change.Kind != async.KindAlert && r.Change.Kind != async.KindQuery || !m.arrived {
		return nil
	}
	return m.ask()
}

// Receive takes the answers to this view's requests.
func (m *Model) Receive(f async.Result) tea.Cmd {
	defer func() { m.alerts.Invalidate(); m.inbox.Invalidate() }()
	switch f := f.(type) {
	case async.AlertsLoaded:
		m.onAlerts(f)
	case async.QueriesLoaded:
		return m.onQueries(f)
	case async.InboxLoaded:
		return m.onInbox(f)
	case async.NotificationsMarked:
		return m.onMarked(f)
	case async.AlertTested:
		return m.onTried(f)
	case async.EventsLoaded:
		return m.onEvents(f)
	case async.Elapsed:
		return m.look()
	case async.Slow:
		m.slow = m.slow || f.Tag().Slot.Name == "alerts"
	}
	return nil
}

func (m *Model) onAlerts(f async.AlertsLoaded) {
	m.loaded, m.slow, m.err = true, false, f.Err
	if errors.Is(f.Err, api.ErrUnsupported) {
		m.lacking, m.err = true, nil
		m.part = partInbox
	}
	if f.Err == nil {
		m.list, m.alertsOK = f.Value, true
	}
	m.showWanted()
}

func (m *Model) onQueries(f async.QueriesLoaded) tea.Cmd {
	m.queriesErr = f.Err
	m.noQueries = errors.Is(f.Err, api.ErrUnsupported)
	if f.Err != nil {
		return nil
	}
	m.queries, m.queryOK = f.Value, true
	m.showWanted()
	if m.lacking && (m.forced || !m.watch.Off) {
		cmd := m.countNew()
		m.forced = false
		return cmd
	}
	return nil
}

func (m *Model) onInbox(f async.InboxLoaded) tea.Cmd {
	if errors.Is(f.Err, api.ErrUnsupported) {
		m.lacking = true
		if m.queryOK && !m.watch.Off {
			return m.countNew()
		}
		if !m.queryOK && !m.noQueries {
			return m.env.Async.SavedQueries(m.slot("queries"))
		}
		return nil
	}
	m.inboxErr, m.gotInbox = f.Err, true
	if f.Err == nil {
		m.entries, m.total = slices.Clone(f.Value.Notifications), f.Value.Info.TotalCount
		slices.SortStableFunc(m.entries, func(a, b api.Notification) int { return b.At.Compare(a.At.Time) })
	}
	return nil
}

func (m *Model) onMarked(f async.NotificationsMarked) tea.Cmd {
	if f.Err == nil {
		for i := range m.entries {
			if slices.Contains(f.IDs, m.entries[i].ID) {
				m.entries[i].Read = f.Read
			}
		}
		return nil
	}
	m.inboxErr = f.Err
	return nil
}

// query is a saved query by its number.
func (m *Model) query(id int64) (api.SavedQuery, bool) {
	i := slices.IndexFunc(m.queries, func(q api.SavedQuery) bool { return q.ID == id })
	if i < 0 {
		return api.SavedQuery{}, false
	}
	return m.queries[i], true
}

// name is a query's name, or its number where it isn't known.
func (m *Model) name(id int64) string {
	if q, ok := m.query(id); ok {
		return views.Shown(views.OneLine(q.Name))
	}
	return fmt.Sprintf("query %d", id)
}

// showWanted goes to the alert of the wanted query, or offers to make one. A
// wanted filter is that of the saved query which asks the same; where there is
// none it is saved first.
func (m *Model) showWanted() {
	if m.lacking && m.filter != nil && !m.noQueries {
		m.saveToAlert(*m.filter) // it is watched from here, as every query is
		m.filter = nil
	}
	if m.lacking || !m.alertsOK || !m.queryOK {
		return
	}
	m.findWanted()
	if m.wanted == 0 {
		return
	}
	id := m.wanted
	m.wanted = 0
	if i := slices.IndexFunc(m.list, func(a api.Alert) bool { return a.QueryID == id }); i >= 0 {
		m.alerts.MoveTo(i)
		return
	}
	if q, ok := m.query(id); ok && !m.env.ReadOnly {
		m.chooseFrequency(q)
	}
}

// findWanted finds the query of the filter to alert on, or asks to save it.
func (m *Model) findWanted() {
	if m.filter != nil {
		f := *m.filter
		m.filter = nil
		text, err := f.JSON(m.env.Now())
		i := slices.IndexFunc(m.queries, func(q api.SavedQuery) bool {
			s := views.ReadSaved(q, m.env.Memory, m.env.Now())
			return err == nil && (views.SameQuery(q.QueryJSON, text) || s.Problem == "" && s.Text == f.Filter && slices.Equal(s.Query.Datasets, f.Datasets))
		})
		if i < 0 {
			m.saveToAlert(f)
			return
		}
		m.wanted = m.queries[i].ID
	}
	if m.saving == nil {
		return
	}
	for _, q := range m.queries {
		if q.Name == m.saving.Name && views.SameQuery(q.QueryJSON, m.saving.QueryJSON) {
			m.wanted, m.saving = q.ID, nil
			return
		}
	}
}

// saveToAlert saves a filter as a query; its alert is asked for when it is there.
func (m *Model) saveToAlert(f views.VisitQuery) {
	m.env.AskSave(f, "", func(in api.NewSavedQuery) tea.Cmd {
		m.saving = &in
		return nil
	})
}

// Badge is how much in the inbox is unread.
func (m *Model) Badge() string {
	n := 0
	for _, e := range m.entries {
		if !e.Read {
			n++
		}
	}
	if m.lacking {
		n = m.withNews()
	}
	if n == 0 {
		return ""
	}
	if n == inboxSize {
		return fmt.Sprintf("%d+", n)
	}
	return fmt.Sprint(n)
}

// Scopes are those of the focused part.
func (m *Model) Scopes() []keymap.Scope {
	if m.part == partAlerts {
		return []keymap.Scope{keymap.Alerts}
	}
	return []keymap.Scope{keymap.Inbox, keymap.Alerts}
}

// Restyle takes over the environment's styles after a change of theme.
func (m *Model) Restyle() tea.Cmd {
	m.alerts.SetStyles(m.env.Styles)
	m.inbox.SetStyles(m.env.Styles)
	return nil
}

// MoveFocus goes between the inbox and the alerts.
func (m *Model) MoveFocus(by int) bool {
	switch {
	case m.lacking:
		return true
	case by > 0 && m.part == partInbox:
		m.part = partAlerts
		return true
	case by < 0 && m.part == partAlerts:
		m.part = partInbox
		return true
	}
	return false
}

// EnterFrom puts the focus on the first or the last part.
func (m *Model) EnterFrom(by int) {
	m.part = partInbox
	if by < 0 && !m.lacking {
		m.part = partAlerts
	}
}
