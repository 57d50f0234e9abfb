package keymap

// The scopes of the views of saved queries and alerts.
const (
	Queries Scope = "queries" // the list of saved queries
	Builder Scope = "builder" // a filter as rows
	Alerts  Scope = "alerts"  // the list of alerts
	Inbox   Scope = "inbox"   // what alerts have fired
)

// The actions of the list of saved queries.
const (
	QueriesUp        ID = "queries.up"
	QueriesDown      ID = "queries.down"
	QueriesPageUp    ID = "queries.page_up"
	QueriesPageDown  ID = "queries.page_down"
	QueriesFirst     ID = "queries.first"
	QueriesLast      ID = "queries.last"
	QueriesRun       ID = "queries.run"
	QueriesEdit      ID = "queries.edit"
	QueriesNew       ID = "queries.new"
	QueriesDuplicate ID = "queries.duplicate"
	QueriesRename    ID = "queries.rename"
	QueriesDelete    ID = "queries.delete"
	QueriesAlert     ID = "queries.alert"
	QueriesCount     ID = "queries.count"
)

// The actions of the builder.
const (
	BuilderUp       ID = "builder.up"
	BuilderDown     ID = "builder.down"
	BuilderLeft     ID = "builder.left"
	BuilderRight    ID = "builder.right"
	BuilderFirst    ID = "builder.first"
	BuilderLast     ID = "builder.last"
	BuilderEdit     ID = "builder.edit"
	BuilderText     ID = "builder.text"
	BuilderAdd      ID = "builder.add"
	BuilderBranch   ID = "builder.branch"
	BuilderRemove   ID = "builder.remove"
	BuilderNegate   ID = "builder.negate"
	BuilderMove     ID = "builder.move"
	BuilderTime     ID = "builder.time"
	BuilderDatasets ID = "builder.datasets"
	BuilderOrder    ID = "builder.order"
	BuilderUndo     ID = "builder.undo"
	BuilderRun      ID = "builder.run"
	BuilderSave     ID = "builder.save"
	BuilderSaveAs   ID = "builder.save_as"
	BuilderLeave    ID = "builder.leave"
)

// The actions of the alerts and of the inbox.
const (
	AlertsUp        ID = "alerts.up"
	AlertsDown      ID = "alerts.down"
	AlertsPageUp    ID = "alerts.page_up"
	AlertsPageDown  ID = "alerts.page_down"
	AlertsFirst     ID = "alerts.first"
	AlertsLast      ID = "alerts.last"
	AlertsNew       ID = "alerts.new"
	AlertsEdit      ID = "alerts.edit"
	AlertsPause     ID = "alerts.pause"
	AlertsFrequency ID = "alerts.frequency"
	AlertsDelete    ID = "alerts.delete"
	AlertsTest      ID = "alerts.test"
	AlertsWatch     ID = "alerts.watch"
	AlertsInterval  ID = "alerts.interval"

	InboxUp       ID = "inbox.up"
	InboxDown     ID = "inbox.down"
	InboxPageUp   ID = "inbox.page_up"
	InboxPageDown ID = "inbox.page_down"
	InboxFirst    ID = "inbox.first"
	InboxLast     ID = "inbox.last"
	InboxOpen     ID = "inbox.open"
	InboxRead     ID = "inbox.read"
	InboxReadAll  ID = "inbox.read_all"
)

// EventsBuild opens the present filter in the builder.
const EventsBuild ID = "events.build"

func queryActions() []Action {
	return append(append(listActions(), builderActions()...), alertActions()...)
}

func listActions() []Action {
	return []Action{
		{ID: EventsBuild, Scope: Events, Group: "Filter", Keys: []string{"b"},
			Title: "Open the filter as a form", Short: "builder", Help: "Opens the present filter in the builder, to change, save or share it."},

		// queries: Saved queries
		{ID: QueriesUp, Scope: Queries, Group: "Saved queries", Keys: []string{"k", "up"},
			Title: "Up", Short: "up", Help: "Moves to the query above."},
		{ID: QueriesDown, Scope: Queries, Group: "Saved queries", Keys: []string{"j", "down"},
			Title: "Down", Short: "down", Help: "Moves to the query below."},
		{ID: QueriesPageUp, Scope: Queries, Group: "Saved queries", Keys: []string{"pgup", "ctrl+b"},
			Title: "Page up", Short: "page up", Help: "Moves up by a screen."},
		{ID: QueriesPageDown, Scope: Queries, Group: "Saved queries", Keys: []string{"pgdown", "ctrl+f"},
			Title: "Page down", Short: "page down", Help: "Moves down by a screen."},
		{ID: QueriesFirst, Scope: Queries, Group: "Saved queries", Keys: []string{"g", "home"},
			Title: "First query", Short: "first", Help: "Moves to the first query."},
		{ID: QueriesLast, Scope: Queries, Group: "Saved queries", Keys: []string{"G", "end"},
			Title: "Last query", Short: "last", Help: "Moves to the last query."},
		{ID: QueriesRun, Scope: Queries, Group: "Saved queries", Keys: []string{"enter"},
			Title: "Show its events", Short: "run", Help: "Shows the events that match the query."},
		{ID: QueriesEdit, Scope: Queries, Group: "Saved queries", Keys: []string{"e"},
			Title: "Edit the query", Short: "edit", Help: "Opens the query in the builder."},
		{ID: QueriesNew, Scope: Queries, Group: "Saved queries", Keys: []string{"n"},
			Title: "New query", Short: "new", Help: "Opens the builder with nothing in it."},
		{ID: QueriesDuplicate, Scope: Queries, Group: "Saved queries", Keys: []string{"c"},
			Title: "Duplicate the query", Short: "duplicate", Help: "Saves the query once more under another name."},
		{ID: QueriesRename, Scope: Queries, Group: "Saved queries", Keys: []string{"R"},
			Title: "Rename the query", Short: "rename", Help: "Gives the query another name."},
		{ID: QueriesDelete, Scope: Queries, Group: "Saved queries", Keys: []string{"x", "delete"},
			Title: "Delete the query", Short: "delete", Help: "Deletes the query, after asking; undo brings it back."},
		{ID: QueriesAlert, Scope: Queries, Group: "Saved queries", Keys: []string{"A"},
			Title: "Alert on the query", Short: "alert", Help: "Goes to the alert of the query, or makes one."},
		{ID: QueriesCount, Scope: Queries, Group: "Saved queries", Keys: []string{"w"},
			Title: "Look for new matches", Short: "new matches", Help: "Counts, for every query, what has come since you last looked; one call each."},
	}
}

func builderActions() []Action {
	return []Action{
		// builder: Moving
		{ID: BuilderUp, Scope: Builder, Group: "Moving", Keys: []string{"k", "up"},
			Title: "Up", Short: "up", Help: "Moves to the line above."},
		{ID: BuilderDown, Scope: Builder, Group: "Moving", Keys: []string{"j", "down"},
			Title: "Down", Short: "down", Help: "Moves to the line below."},
		{ID: BuilderLeft, Scope: Builder, Group: "Moving", Keys: []string{"h", "left"},
			Title: "To the left", Short: "left", Help: "Moves from the value to the operator, and on to the field."},
		{ID: BuilderRight, Scope: Builder, Group: "Moving", Keys: []string{"l", "right"},
			Title: "To the right", Short: "right", Help: "Moves from the field to the operator, and on to the value."},
		{ID: BuilderFirst, Scope: Builder, Group: "Moving", Keys: []string{"g", "home"},
			Title: "First line", Short: "first", Help: "Moves to the first line."},
		{ID: BuilderLast, Scope: Builder, Group: "Moving", Keys: []string{"G", "end"},
			Title: "Last line", Short: "last", Help: "Moves to the last line."},

		// builder: Filter
		{ID: BuilderEdit, Scope: Builder, Group: "Filter", Keys: []string{"enter"},
			Title: "Change this", Short: "change", Help: "Changes the selected field, operator, value or setting."},
		{ID: BuilderAdd, Scope: Builder, Group: "Filter", Keys: []string{"n", "+"},
			Title: "Add a condition", Short: "add", Help: "Adds a condition to the group of the selected line."},
		{ID: BuilderBranch, Scope: Builder, Group: "Filter", Keys: []string{"o"},
			Title: "Add a branch of OR", Short: "or", Help: "Adds a group of conditions; one of the groups has to hold."},
		{ID: BuilderRemove, Scope: Builder, Group: "Filter", Keys: []string{"x", "delete", "backspace"},
			Title: "Remove the condition", Short: "remove", Help: "Takes the selected condition out."},
		{ID: BuilderNegate, Scope: Builder, Group: "Filter", Keys: []string{"-"},
			Title: "Turn into its opposite", Short: "not", Help: "Excludes what the condition asks for, or the reverse."},
		{ID: BuilderMove, Scope: Builder, Group: "Filter", Keys: []string{"m"},
			Title: "Move to another group", Short: "move", Help: "Moves the condition to another branch of OR, or to what always holds."},
		{ID: BuilderTime, Scope: Builder, Group: "Filter", Keys: []string{"w"},
			Title: "Choose a time", Short: "time", Help: "Chooses a usual stretch of time, or removes the dates."},
		{ID: BuilderDatasets, Scope: Builder, Group: "Filter", Keys: []string{"d"},
			Title: "Choose the datasets", Short: "datasets", Help: "Chooses the datasets that are searched."},
		{ID: BuilderOrder, Scope: Builder, Group: "Filter", Keys: []string{"s"},
			Title: "Choose the order", Short: "order", Help: "Chooses by what the events are ordered."},
		{ID: BuilderText, Scope: Builder, Group: "Filter", Keys: []string{"/"},
			Title: "Edit as text", Short: "text", Help: "Edits the filter as a line of text; the rows follow."},
		{ID: BuilderUndo, Scope: Builder, Group: "Filter", Keys: []string{"u"},
			Title: "Undo the last edit", Short: "undo", Help: "Takes back the last change of the filter in the builder."},

		// builder: Query
		{ID: BuilderRun, Scope: Builder, Group: "Query", Keys: []string{"e", "ctrl+r"},
			Title: "Show the events", Short: "events", Help: "Shows the events that match, in the table."},
		{ID: BuilderSave, Scope: Builder, Group: "Query", Keys: []string{"S", "ctrl+s"},
			Title: "Save the query", Short: "save", Help: "Saves the filter as a query, under its name or a new one."},
		{ID: BuilderSaveAs, Scope: Builder, Group: "Query", Keys: []string{"A"},
			Title: "Save as", Short: "save as", Help: "Saves the filter as another query."},
		{ID: BuilderLeave, Scope: Builder, Group: "Query", Keys: []string{"esc"},
			Title: "Back to the list", Short: "list", Help: "Returns to the saved queries; the filter stays in the builder."},
	}
}

func alertActions() []Action {
	return []Action{
		// alerts: Alerts
		{ID: AlertsUp, Scope: Alerts, Group: "Alerts", Keys: []string{"k", "up"},
			Title: "Up", Short: "up", Help: "Moves to the alert above."},
		{ID: AlertsDown, Scope: Alerts, Group: "Alerts", Keys: []string{"j", "down"},
			Title: "Down", Short: "down", Help: "Moves to the alert below."},
		{ID: AlertsPageUp, Scope: Alerts, Group: "Alerts", Keys: []string{"pgup", "ctrl+b"},
			Title: "Page up", Short: "page up", Help: "Moves up by a screen."},
		{ID: AlertsPageDown, Scope: Alerts, Group: "Alerts", Keys: []string{"pgdown", "ctrl+f"},
			Title: "Page down", Short: "page down", Help: "Moves down by a screen."},
		{ID: AlertsFirst, Scope: Alerts, Group: "Alerts", Keys: []string{"g", "home"},
			Title: "To the first", Short: "first", Help: "Moves to the first alert."},
		{ID: AlertsLast, Scope: Alerts, Group: "Alerts", Keys: []string{"G", "end"},
			Title: "To the last", Short: "last", Help: "Moves to the last alert."},
		{ID: AlertsNew, Scope: Alerts, Group: "Alerts", Keys: []string{"n"},
			Title: "New alert", Short: "new", Help: "Chooses a saved query and how often to be told of its new events."},
		{ID: AlertsEdit, Scope: Alerts, Group: "Alerts", Keys: []string{"enter"},
			Title: "Change the alert", Short: "change", Help: "Offers what can be changed about the alert."},
		{ID: AlertsPause, Scope: Alerts, Group: "Alerts", Keys: []string{"space"},
			Title: "Pause or resume", Short: "on or off", Help: "Switches the alert off, or on again."},
		{ID: AlertsFrequency, Scope: Alerts, Group: "Alerts", Keys: []string{"f"},
			Title: "At once or daily", Short: "at once/daily", Help: "Changes between being told at once and a daily digest."},
		{ID: AlertsDelete, Scope: Alerts, Group: "Alerts", Keys: []string{"x", "delete"},
			Title: "Delete the alert", Short: "delete", Help: "Deletes the alert, after asking; the query stays."},
		{ID: AlertsTest, Scope: Alerts, Group: "Alerts", Keys: []string{"p"},
			Title: "Try the alert", Short: "try", Help: "Tells how often the alert would have fired in the last seven days."},
		{ID: AlertsWatch, Scope: Alerts, Group: "Alerts", Keys: []string{"w"},
			Title: "Watch from here", Short: "watch", Help: "Looks for new events of every query from here now and then; each look is one call a query."},
		{ID: AlertsInterval, Scope: Alerts, Group: "Alerts", Keys: []string{"i"},
			Title: "How often to watch", Short: "interval", Help: "Chooses how long to wait between two looks."},

		// inbox: Inbox
		{ID: InboxUp, Scope: Inbox, Group: "Inbox", Keys: []string{"k", "up"},
			Title: "Up", Short: "up", Help: "Moves to the entry above."},
		{ID: InboxDown, Scope: Inbox, Group: "Inbox", Keys: []string{"j", "down"},
			Title: "Down", Short: "down", Help: "Moves to the entry below."},
		{ID: InboxPageUp, Scope: Inbox, Group: "Inbox", Keys: []string{"pgup", "ctrl+b"},
			Title: "Page up", Short: "page up", Help: "Moves up by a screen."},
		{ID: InboxPageDown, Scope: Inbox, Group: "Inbox", Keys: []string{"pgdown", "ctrl+f"},
			Title: "Page down", Short: "page down", Help: "Moves down by a screen."},
		{ID: InboxFirst, Scope: Inbox, Group: "Inbox", Keys: []string{"g", "home"},
			Title: "To the first", Short: "first", Help: "Moves to the first entry."},
		{ID: InboxLast, Scope: Inbox, Group: "Inbox", Keys: []string{"G", "end"},
			Title: "To the last", Short: "last", Help: "Moves to the last entry."},
		{ID: InboxOpen, Scope: Inbox, Group: "Inbox", Keys: []string{"enter"},
			Title: "Show its events", Short: "events", Help: "Shows the events of the entry and marks it as read."},
		{ID: InboxRead, Scope: Inbox, Group: "Inbox", Keys: []string{"space"},
			Title: "Read or unread", Short: "read", Help: "Marks the entry as read, or as unread again."},
		{ID: InboxReadAll, Scope: Inbox, Group: "Inbox", Keys: []string{"X"},
			Title: "Mark all as read", Short: "all read", Help: "Marks every entry as read."},
	}
}
