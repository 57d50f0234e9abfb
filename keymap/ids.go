package keymap

// Where keys hold. Global ones hold everywhere but in text fields, the others
// where the part they name has the focus.
const (
	Global  Scope = "global"
	Events  Scope = "events"  // the table of events
	Facets  Scope = "facets"  // the counts beside it
	Filter  Scope = "filter"  // the filter line, a text field
	Detail  Scope = "detail"  // one event
	Tree    Scope = "tree"    // its raw data, within Detail
	Prompt  Scope = "prompt"  // any other one-line text field
	Palette Scope = "palette" // the list of all actions, a text field
	Help    Scope = "help"
	Log     Scope = "log"     // the log of messages
	Menu    Scope = "menu"    // a list to choose from
	Columns Scope = "columns" // a list of switches: columns, and what else is chosen by the many
	Confirm Scope = "confirm" // a question with yes and no
	Form    Scope = "form"    // the form of an event, with a text field
	Area    Scope = "area"    // a text of several lines
	Review  Scope = "review"  // what a form would send
	Start   Scope = "start"   // the screen of an empty database

	Graph    Scope = "graph"    // the relationships around events
	Queries  Scope = "queries"  // the list of saved queries
	Builder  Scope = "builder"  // a filter as rows
	Alerts   Scope = "alerts"   // the list of alerts
	Inbox    Scope = "inbox"    // what alerts have fired
	Charts   Scope = "charts"   // one chart
	Board    Scope = "board"    // the dashboard of pinned charts
	Console  Scope = "console"  // the editor of GraphQL queries, a text field
	Answer   Scope = "answer"   // what came of one
	Datasets Scope = "datasets" // the list of datasets and the history below it
	Actor    Scope = "actor"    // an actor's profile
)

// The actions of every view.
const (
	AppQuit     ID = "app.quit"
	AppSuspend  ID = "app.suspend"
	AppCancel   ID = "app.cancel"
	AppHelp     ID = "app.help"
	AppPalette  ID = "app.palette"
	AppJump     ID = "app.jump"
	AppBack     ID = "app.back"
	AppForward  ID = "app.forward"
	AppView1    ID = "app.view.1"
	AppView2    ID = "app.view.2"
	AppView3    ID = "app.view.3"
	AppView4    ID = "app.view.4"
	AppView5    ID = "app.view.5"
	AppView6    ID = "app.view.6"
	AppView7    ID = "app.view.7"
	AppView8    ID = "app.view.8"
	AppActor    ID = "app.actor"
	ActImport   ID = "app.import"
	ActExport   ID = "app.export"
	ActReport   ID = "app.report"
	AppGraphOf  ID = "app.graph_of"
	AppNextPane ID = "app.next_pane"
	AppPrevPane ID = "app.prev_pane"
	AppZoom     ID = "app.zoom"
	AppGrow     ID = "app.grow"
	AppShrink   ID = "app.shrink"
	AppTurn     ID = "app.turn_split"
	AppLog      ID = "app.log"
	AppTeam     ID = "app.team"
	AppTheme    ID = "app.theme"
	AppCopy     ID = "app.copy"
	AppCopyMenu ID = "app.copy_menu"
	AppRefresh  ID = "app.refresh"
	AppMouse    ID = "app.mouse"
	AppTimeZone ID = "app.time_zone"
)

// What can be done to the events in hand: the marked ones, or the one that is
// selected.
const (
	ActTag         ID = "app.tag"
	ActUntag       ID = "app.untag"
	ActEdit        ID = "app.edit"
	ActEditField   ID = "app.edit_field"
	ActInsight     ID = "app.insight"
	ActRaw         ID = "app.raw"
	ActRelate      ID = "app.relate"
	ActRefer       ID = "app.refer"
	ActUnrefer     ID = "app.unrefer"
	ActMove        ID = "app.move"
	ActCopy        ID = "app.copy_to"
	ActDelete      ID = "app.delete"
	ActNew         ID = "app.new"
	ActNewJSON     ID = "app.new_json"
	ActUndo        ID = "app.undo"
	ActRedo        ID = "app.redo"
	ActLastOutcome ID = "app.outcome"
	ActLookup      ID = "app.lookup"
)

// The actions of what opens over the views.
const (
	PromptAccept   ID = "prompt.accept"
	PromptCancel   ID = "prompt.cancel"
	PromptComplete ID = "prompt.complete"
	PromptOlder    ID = "prompt.older"
	PromptNewer    ID = "prompt.newer"

	PaletteUp       ID = "palette.up"
	PaletteDown     ID = "palette.down"
	PalettePageUp   ID = "palette.page_up"
	PalettePageDown ID = "palette.page_down"
	PaletteAccept   ID = "palette.accept"
	PaletteCancel   ID = "palette.cancel"

	HelpUp       ID = "help.up"
	HelpDown     ID = "help.down"
	HelpPageUp   ID = "help.page_up"
	HelpPageDown ID = "help.page_down"
	HelpClose    ID = "help.close"

	LogUp       ID = "log.up"
	LogDown     ID = "log.down"
	LogPageUp   ID = "log.page_up"
	LogPageDown ID = "log.page_down"
	LogClose    ID = "log.close"

	MenuUp       ID = "menu.up"
	MenuDown     ID = "menu.down"
	MenuPageUp   ID = "menu.page_up"
	MenuPageDown ID = "menu.page_down"
	MenuFilter   ID = "menu.filter"
	MenuAccept   ID = "menu.accept"
	MenuCancel   ID = "menu.cancel"

	ColumnsUp       ID = "columns.up"
	ColumnsDown     ID = "columns.down"
	ColumnsPageUp   ID = "columns.page_up"
	ColumnsPageDown ID = "columns.page_down"
	ColumnsFilter   ID = "columns.filter"
	ColumnsToggle   ID = "columns.toggle"
	ColumnsMoveUp   ID = "columns.move_up"
	ColumnsMoveDown ID = "columns.move_down"
	ColumnsReset    ID = "columns.reset"
	ColumnsAccept   ID = "columns.accept"
	ColumnsCancel   ID = "columns.cancel"

	FormNext     ID = "form.next"
	FormPrev     ID = "form.prev"
	FormDown     ID = "form.down"
	FormUp       ID = "form.up"
	FormPageDown ID = "form.page_down"
	FormPageUp   ID = "form.page_up"
	FormAccept   ID = "form.accept"
	FormPick     ID = "form.pick"
	FormPickPrev ID = "form.pick_prev"
	FormEditor   ID = "form.editor"
	FormRestore  ID = "form.restore"
	FormSave     ID = "form.save"
	FormClose    ID = "form.close"

	AreaDone ID = "area.done"
	AreaDrop ID = "area.drop"

	ReviewUp       ID = "review.up"
	ReviewDown     ID = "review.down"
	ReviewPageUp   ID = "review.page_up"
	ReviewPageDown ID = "review.page_down"
	ReviewSend     ID = "review.send"
	ReviewBack     ID = "review.back"

	ConfirmLeft   ID = "confirm.left"
	ConfirmRight  ID = "confirm.right"
	ConfirmAccept ID = "confirm.accept"
	ConfirmYes    ID = "confirm.yes"
	ConfirmNo     ID = "confirm.no"

	StartImport  ID = "start.import"
	StartDemo    ID = "start.demo"
	StartConnect ID = "start.connect"
)
