package alerts

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/keymap"
	"threatbench/views"
)

// Actions describes what can be done in this view.
func Actions() []keymap.Action { return views.Describe(actions()) }

func actions() []views.Action[*Model] {
	return slices.Concat(alertActions(), inboxActions(), sharedActions())
}

func alertActions() []views.Action[*Model] {
	return append(views.Moves(keymap.Alerts, "alert", (*Model).moveInAlerts), []views.Action[*Model]{
		{
			ID: "alerts.new", Group: "Alerts", Keys: []string{"n"}, Title: "New alert", Hint: "new",
			Help: "Chooses the filter in Events or a saved query, and how often to be told of its new events.",
			Do:   views.Plain((*Model).chooseQuery), Disabled: (*Model).noNewAlert, Hinted: inParts(2, 5, 0),
		},
		{
			ID: "alerts.edit", Group: "Alerts", Keys: []string{"enter"}, Title: "Change the alert", Hint: "change",
			Help: "Offers what can be changed about the alert.",
			Do:   views.Plain((*Model).chooseChange), Disabled: (*Model).noChange, Hinted: inParts(1, 0, 0),
		},
		{
			ID: "alerts.pause", Group: "Alerts", Keys: []string{"space"}, Title: "Pause or resume", Hint: "on or off",
			Help: "Switches the alert off, or on again.",
			Do:   onSelected((*Model).pause), Disabled: (*Model).noChange, Hinted: inParts(3, 0, 0),
		},
		{
			ID: "alerts.frequency", Group: "Alerts", Keys: []string{"f"}, Title: "At once or daily", Hint: "at once/daily",
			Help: "Changes between being told at once and a daily digest.",
			Do:   onSelected((*Model).switchFrequency), Disabled: (*Model).noChange, Hinted: inParts(4, 0, 0),
		},
		{
			ID: "alerts.delete", Group: "Alerts", Keys: []string{"x", "delete"}, Title: "Delete the alert", Hint: "delete",
			Help: "Deletes the alert, after asking; the query stays.",
			Do:   onSelected((*Model).askDelete), Disabled: (*Model).noChange, Hinted: inParts(6, 0, 0),
		},
		{
			ID: "alerts.test", Group: "Alerts", Keys: []string{"p"}, Title: "Try the alert", Hint: "try",
			Help: "Tells how often the alert would have fired in the last seven days.",
			Do:   func(m *Model) tea.Cmd { return m.try(m.selected()) }, Disabled: (*Model).noAlert, Hinted: inParts(5, 0, 0),
		},
		{
			ID: "alerts.watch", Group: "Alerts", Keys: []string{"w"}, Title: "Watch from here", Hint: "watch",
			Help: "Looks for new events of every query from here now and then; each look is one call a query.",
			Do:   (*Model).switchWatch, Hinted: inParts(0, 0, 4),
		},
		{
			ID: "alerts.interval", Group: "Alerts", Keys: []string{"i"}, Title: "How often to watch", Hint: "interval",
			Help: "Chooses how long to wait between two looks.",
			Do:   views.Plain((*Model).chooseInterval), Hinted: inParts(0, 0, 5),
		},
	}...)
}

func inboxActions() []views.Action[*Model] {
	return append(views.Moves(keymap.Inbox, "entry", (*Model).moveInInbox), []views.Action[*Model]{
		{
			ID: "inbox.open", Group: "Inbox", Keys: []string{"enter"}, Title: "Show its events", Hint: "events",
			Help: "Shows the events of the entry and marks it as read.",
			Do:   (*Model).openInbox, Disabled: (*Model).noEntry, Hinted: inParts(0, 1, 1),
		},
		{
			ID: "inbox.read", Group: "Inbox", Keys: []string{"space"}, Title: "Read or unread", Hint: "read",
			Help: "Marks the entry as read, or as unread again.",
			Do:   (*Model).toggleRead, Disabled: (*Model).noEntry, Hinted: inParts(0, 2, 2),
		},
		{
			ID: "inbox.read_all", Group: "Inbox", Keys: []string{"X"}, Title: "Mark all as read", Hint: "all read",
			Help: "Marks every entry as read.",
			Do:   (*Model).readAll, Disabled: (*Model).noneUnread, Hinted: inParts(0, 3, 3),
		},
	}...)
}

func sharedActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{ID: keymap.AppNextPane, Hinted: inParts(0, 4, 0)},
		{ID: keymap.AppRefresh, Do: (*Model).refresh, Hinted: inParts(0, 6, 6)},
		{ID: keymap.AppHelp, Hinted: inParts(7, 7, 7)},
	}
}

// inParts is a place on the bottom line while the alerts have the focus, while
// the inbox has it, and where the server has no alerts and queries are watched.
func inParts(alerts, inbox, watching int) func(*Model) int {
	return func(m *Model) int {
		switch {
		case m.lacking:
			return watching
		case m.part == partAlerts:
			return alerts
		}
		return inbox
	}
}

// onSelected does something to the selected alert.
func onSelected(do func(*Model, api.Alert)) func(*Model) tea.Cmd {
	return views.Plain(func(m *Model) { do(m, m.selected()) })
}

func (m *Model) noEntry() string {
	if m.inbox.Cursor() >= (inboxRows{m}).Len() {
		return "Nothing is selected in the inbox"
	}
	return ""
}

func (m *Model) noneUnread() string {
	if m.Badge() == "" {
		return "Nothing is unread"
	}
	return ""
}

func (m *Model) noServerAlerts() string {
	if m.lacking {
		return "This server has no alerts; the workbench watches the queries instead"
	}
	return ""
}

func (m *Model) noAlert() string {
	if why := m.noServerAlerts(); why != "" {
		return why
	}
	if m.alerts.Cursor() >= len(m.list) {
		return "No alert is selected"
	}
	return ""
}

func (m *Model) noChange() string {
	if why := m.noAlert(); why != "" {
		return why
	}
	return m.env.ReadOnlyReason()
}

func (m *Model) noNewAlert() string {
	if why := m.noServerAlerts(); why != "" {
		return why
	}
	if !m.alertsOK || !m.queryOK {
		return "The alerts and queries haven't come yet"
	}
	return m.env.ReadOnlyReason()
}
