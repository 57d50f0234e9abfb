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
)

// The actions of every view.
const (
	AppQuit     ID = "app.quit"
	AppSuspend  ID = "app.suspend"
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

// The actions of the table of events.
const (
	EventsUp              ID = "events.up"
	EventsDown            ID = "events.down"
	EventsPageUp          ID = "events.page_up"
	EventsPageDown        ID = "events.page_down"
	EventsHalfUp          ID = "events.half_up"
	EventsHalfDown        ID = "events.half_down"
	EventsFirst           ID = "events.first"
	EventsLast            ID = "events.last"
	EventsLeft            ID = "events.left"
	EventsRight           ID = "events.right"
	EventsGoto            ID = "events.goto"
	EventsOpen            ID = "events.open"
	EventsPreview         ID = "events.preview"
	EventsFilter          ID = "events.filter"
	EventsClearFilter     ID = "events.clear_filter"
	EventsPopFilter       ID = "events.pop_filter"
	EventsInclude         ID = "events.include"
	EventsExclude         ID = "events.exclude"
	EventsDataset         ID = "events.dataset"
	EventsSort            ID = "events.sort"
	EventsSortReverse     ID = "events.sort_reverse"
	EventsColumns         ID = "events.columns"
	EventsNarrower        ID = "events.narrower"
	EventsWider           ID = "events.wider"
	EventsMoveColumnLeft  ID = "events.move_column_left"
	EventsMoveColumnRight ID = "events.move_column_right"
	EventsMark            ID = "events.mark"
	EventsMarkRange       ID = "events.mark_range"
	EventsMarkAll         ID = "events.mark_all"
	EventsUnmark          ID = "events.unmark"
	EventsRangeFrom       ID = "events.range_from"
	EventsRangeTo         ID = "events.range_to"
	EventsRangeAll        ID = "events.range_all"
	EventsPivot           ID = "events.pivot"
	EventsContext         ID = "events.context"
	EventsWatch           ID = "events.watch"
	EventsGraph           ID = "events.graph"
	EventsFacets          ID = "events.facets"
	EventsTimeline        ID = "events.timeline"
)

// The actions of the facets.
const (
	FacetsUp       ID = "facets.up"
	FacetsDown     ID = "facets.down"
	FacetsPageUp   ID = "facets.page_up"
	FacetsPageDown ID = "facets.page_down"
	FacetsFirst    ID = "facets.first"
	FacetsLast     ID = "facets.last"
	FacetsInclude  ID = "facets.include"
	FacetsExclude  ID = "facets.exclude"
	FacetsNext     ID = "facets.next"
	FacetsPrev     ID = "facets.prev"
	FacetsMore     ID = "facets.more"
	FacetsLeave    ID = "facets.leave"
)

// The actions of the filter line.
const (
	FilterAccept       ID = "filter.accept"
	FilterCancel       ID = "filter.cancel"
	FilterComplete     ID = "filter.complete"
	FilterCompletePrev ID = "filter.complete_prev"
	FilterOlder        ID = "filter.older"
	FilterNewer        ID = "filter.newer"
)

// The actions of one event.
const (
	DetailUp        ID = "detail.up"
	DetailDown      ID = "detail.down"
	DetailPageUp    ID = "detail.page_up"
	DetailPageDown  ID = "detail.page_down"
	DetailHalfUp    ID = "detail.half_up"
	DetailHalfDown  ID = "detail.half_down"
	DetailFirst     ID = "detail.first"
	DetailLast      ID = "detail.last"
	DetailPrevTab   ID = "detail.prev_tab"
	DetailNextTab   ID = "detail.next_tab"
	DetailOverview  ID = "detail.overview"
	DetailInsight   ID = "detail.insight"
	DetailRaw       ID = "detail.raw"
	DetailRelations ID = "detail.relations"
	DetailSearch    ID = "detail.search"
	DetailNextHit   ID = "detail.next_hit"
	DetailPrevHit   ID = "detail.prev_hit"
	DetailNextEvent ID = "detail.next_event"
	DetailPrevEvent ID = "detail.prev_event"
	DetailGraph     ID = "detail.graph"
	DetailFollow    ID = "detail.follow"
	DetailClose     ID = "detail.close"
)

// The actions of the raw data's tree.
const (
	TreeFold      ID = "tree.fold"
	TreeUnfold    ID = "tree.unfold"
	TreeToggle    ID = "tree.toggle"
	TreeFoldAll   ID = "tree.fold_all"
	TreeUnfoldAll ID = "tree.unfold_all"
	TreeCopyPath  ID = "tree.copy_path"
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

// Datasets is the scope of the list of datasets and of the history below it.
const Datasets Scope = "datasets"
