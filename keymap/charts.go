package keymap

// Where the keys of charts hold.
const (
	Charts Scope = "charts" // one chart
	Board  Scope = "board"  // the dashboard of pinned charts
	// Console is the editor of GraphQL queries, a text field; Answer is what came
	// of one.
	Console Scope = "console"
	Answer  Scope = "answer"
)

// The actions of the dashboard.
const (
	BoardUp       ID = "board.up"
	BoardDown     ID = "board.down"
	BoardLeft     ID = "board.left"
	BoardRight    ID = "board.right"
	BoardOpen     ID = "board.open"
	BoardUnpin    ID = "board.unpin"
	BoardEarlier  ID = "board.earlier"
	BoardLater    ID = "board.later"
	BoardInterval ID = "board.interval"
	BoardClose    ID = "board.close"
)

// The actions of a chart.
const (
	ChartsUp        ID = "charts.up"
	ChartsDown      ID = "charts.down"
	ChartsLeft      ID = "charts.left"
	ChartsRight     ID = "charts.right"
	ChartsPageUp    ID = "charts.page_up"
	ChartsPageDown  ID = "charts.page_down"
	ChartsFirst     ID = "charts.first"
	ChartsLast      ID = "charts.last"
	ChartsOpen      ID = "charts.open"
	ChartsInclude   ID = "charts.include"
	ChartsExclude   ID = "charts.exclude"
	ChartsKind      ID = "charts.kind"
	ChartsBy        ID = "charts.by"
	ChartsSplit     ID = "charts.split"
	ChartsSwap      ID = "charts.swap"
	ChartsMode      ID = "charts.mode"
	ChartsTop       ID = "charts.top"
	ChartsStep      ID = "charts.step"
	ChartsRange     ID = "charts.range"
	ChartsRangeFrom ID = "charts.range_from"
	ChartsRangeTo   ID = "charts.range_to"
	ChartsRangeAll  ID = "charts.range_all"
	ChartsCompare   ID = "charts.compare"
	ChartsFilter    ID = "charts.filter"
	ChartsPopFilter ID = "charts.pop_filter"
	ChartsFollow    ID = "charts.follow"
	ChartsSaved     ID = "charts.saved"
	ChartsDataset   ID = "charts.dataset"
	ChartsClear     ID = "charts.clear"
	ChartsPin       ID = "charts.pin"
	ChartsBoard     ID = "charts.board"
	ChartsExport    ID = "charts.export"
	ChartsConsole   ID = "charts.console"
)

// The actions of the GraphQL console.
const (
	ConsoleRun      ID = "console.run"
	ConsoleComplete ID = "console.complete"
	ConsoleOlder    ID = "console.older"
	ConsoleNewer    ID = "console.newer"
	ConsoleLeave    ID = "console.leave"
	AnswerEdit      ID = "answer.edit"
	AnswerForm      ID = "answer.form"
	AnswerRun       ID = "answer.run"
	AnswerUp        ID = "answer.up"
	AnswerDown      ID = "answer.down"
	AnswerLeft      ID = "answer.left"
	AnswerRight     ID = "answer.right"
	AnswerPageUp    ID = "answer.page_up"
	AnswerPageDown  ID = "answer.page_down"
	AnswerToggle    ID = "answer.toggle"
	AnswerClose     ID = "answer.close"
)

// chartActions are those of the view of charts.
func chartActions() []Action {
	return []Action{
		{ID: ChartsUp, Scope: Charts, Group: "Moving", Keys: []string{"k", "up"},
			Title: "Up", Short: "up", Help: "Moves to the bar or cell above, or to the series before."},
		{ID: ChartsDown, Scope: Charts, Group: "Moving", Keys: []string{"j", "down"},
			Title: "Down", Short: "down", Help: "Moves to the bar or cell below, or to the next series."},
		{ID: ChartsLeft, Scope: Charts, Group: "Moving", Keys: []string{"h", "left"},
			Title: "To the left", Short: "left", Help: "Moves to the column, cell or part to the left."},
		{ID: ChartsRight, Scope: Charts, Group: "Moving", Keys: []string{"l", "right"},
			Title: "To the right", Short: "right", Help: "Moves to the column, cell or part to the right."},
		{ID: ChartsPageUp, Scope: Charts, Group: "Moving", Keys: []string{"pgup", "ctrl+b"},
			Title: "Page up", Short: "page up", Help: "Moves up by a screen, or far to the left over time."},
		{ID: ChartsPageDown, Scope: Charts, Group: "Moving", Keys: []string{"pgdown", "ctrl+f"},
			Title: "Page down", Short: "page down", Help: "Moves down by a screen, or far to the right over time."},
		{ID: ChartsFirst, Scope: Charts, Group: "Moving", Keys: []string{"g", "home"},
			Title: "To the first", Short: "first", Help: "Moves to the first bar, column or cell."},
		{ID: ChartsLast, Scope: Charts, Group: "Moving", Keys: []string{"G", "end"},
			Title: "To the last", Short: "last", Help: "Moves to the last bar, column or cell."},
		{ID: ChartsOpen, Scope: Charts, Group: "Moving", Keys: []string{"enter"},
			Title: "Show these events", Short: "events", Help: "Goes to the events that the bar, column or cell counts."},

		{ID: ChartsKind, Scope: Charts, Group: "Chart", Keys: []string{"c"},
			Title: "Choose the chart", Short: "chart", Help: "Bars, counts over time, heatmap, flow, ATT&CK matrix or kill chain."},
		{ID: ChartsBy, Scope: Charts, Group: "Chart", Keys: []string{"b"},
			Title: "Count by", Short: "count by", Help: "Chooses the column that is counted by."},
		{ID: ChartsSplit, Scope: Charts, Group: "Chart", Keys: []string{"s"},
			Title: "Split by", Short: "split by", Help: "Chooses the second column, which parts each count."},
		{ID: ChartsSwap, Scope: Charts, Group: "Chart", Keys: []string{"x"},
			Title: "Swap the columns", Short: "swap", Help: "Counts by the second column and splits by the first."},
		{ID: ChartsMode, Scope: Charts, Group: "Chart", Keys: []string{"m"},
			Title: "Stack, group, share or line", Short: "form", Help: "Puts the parts of bars one behind the other, side by side, or as shares of the whole; over time also as lines."},
		{ID: ChartsTop, Scope: Charts, Group: "Chart", Keys: []string{"n"},
			Title: "Show more or fewer values", Short: "top", Help: "Shows the 10, 20, 50 or 100 largest values."},
		{ID: ChartsStep, Scope: Charts, Group: "Chart", Keys: []string{"i"},
			Title: "Change the time step", Short: "step", Help: "Counts by hour, day, week, month or year, or by what fits."},
		{ID: ChartsCompare, Scope: Charts, Group: "Chart", Keys: []string{"v"},
			Title: "Compare with the time before", Short: "compare", Help: "Shows how each count differs from the same time before."},

		{ID: ChartsPin, Scope: Charts, Group: "Chart", Keys: []string{"p"},
			Title: "Pin to the dashboard", Short: "pin", Help: "Keeps the chart on the profile's dashboard, with the filter it has now."},
		{ID: ChartsBoard, Scope: Charts, Group: "Chart", Keys: []string{"B"},
			Title: "Show the dashboard", Short: "dashboard", Help: "Shows the pinned charts side by side."},
		{ID: ChartsExport, Scope: Charts, Group: "Chart", Keys: []string{"e"},
			Title: "Export the chart", Short: "export", Help: "Writes the numbers as CSV or the picture as SVG."},
		{ID: ChartsConsole, Scope: Charts, Group: "Chart", Keys: []string{"C"},
			Title: "Open the GraphQL console", Short: "GraphQL", Help: "Asks the server anything its schema has; shows tree, table or chart."},

		{ID: ChartsFilter, Scope: Charts, Group: "What is counted", Keys: []string{"/"},
			Title: "Type a filter", Short: "filter", Help: "Counts the events that match a filter of the chart's own."},
		{ID: ChartsFollow, Scope: Charts, Group: "What is counted", Keys: []string{"f"},
			Title: "Follow the events' filter", Short: "follow events", Help: "Counts what the table of events shows, whatever its filter."},
		{ID: ChartsSaved, Scope: Charts, Group: "What is counted", Keys: []string{"Q"},
			Title: "Count a saved query", Short: "saved query", Help: "Counts what a saved query matches, and follows it when it is changed."},
		{ID: ChartsInclude, Scope: Charts, Group: "What is counted", Keys: []string{"+"},
			Title: "Only this", Short: "only this", Help: "Narrows the chart to the value or the time range selected."},
		{ID: ChartsExclude, Scope: Charts, Group: "What is counted", Keys: []string{"-"},
			Title: "Without this", Short: "without this", Help: "Leaves the value out of the chart."},
		{ID: ChartsPopFilter, Scope: Charts, Group: "What is counted", Keys: []string{"backspace"},
			Title: "Remove last condition", Short: "widen", Help: "Takes the last condition off the chart's filter."},
		{ID: ChartsDataset, Scope: Charts, Group: "What is counted", Keys: []string{"d"},
			Title: "Choose datasets", Short: "datasets", Help: "Chooses the datasets the chart counts."},
		{ID: ChartsRange, Scope: Charts, Group: "What is counted", Keys: []string{"t"},
			Title: "Choose the time range", Short: "time range", Help: "The last days, weeks or months, or any two dates."},
		{ID: ChartsRangeFrom, Scope: Charts, Group: "What is counted", Keys: []string{"["},
			Title: "Start of a time range", Short: "from", Help: "Starts a range at the selected column; enter shows its events, + zooms in."},
		{ID: ChartsRangeTo, Scope: Charts, Group: "What is counted", Keys: []string{"]"},
			Title: "End of a time range", Short: "to", Help: "Ends the range at the selected column."},
		{ID: ChartsRangeAll, Scope: Charts, Group: "What is counted", Keys: []string{"="},
			Title: "Whole time range", Short: "whole range", Help: "Counts events of all times again."},
		{ID: ChartsClear, Scope: Charts, Group: "What is counted", Keys: []string{"esc"},
			Title: "Clear", Short: "clear", Help: "Lets go of the selected range, else removes the chart's filter."},

		{ID: BoardUp, Scope: Board, Group: "Dashboard", Keys: []string{"k", "up"},
			Title: "Up", Short: "up", Help: "Moves to the chart above."},
		{ID: BoardDown, Scope: Board, Group: "Dashboard", Keys: []string{"j", "down"},
			Title: "Down", Short: "down", Help: "Moves to the chart below."},
		{ID: BoardLeft, Scope: Board, Group: "Dashboard", Keys: []string{"h", "left"},
			Title: "To the left", Short: "left", Help: "Moves to the chart to the left."},
		{ID: BoardRight, Scope: Board, Group: "Dashboard", Keys: []string{"l", "right"},
			Title: "To the right", Short: "right", Help: "Moves to the chart to the right."},
		{ID: BoardOpen, Scope: Board, Group: "Dashboard", Keys: []string{"enter"},
			Title: "Open the chart", Short: "open", Help: "Shows the chart large, to look closer or to change it."},
		{ID: BoardUnpin, Scope: Board, Group: "Dashboard", Keys: []string{"X", "delete"},
			Title: "Unpin the chart", Short: "unpin", Help: "Takes the chart off the dashboard."},
		{ID: BoardEarlier, Scope: Board, Group: "Dashboard", Keys: []string{"K", "shift+up"},
			Title: "Move the chart forward", Short: "forward", Help: "Changes places with the chart before."},
		{ID: BoardLater, Scope: Board, Group: "Dashboard", Keys: []string{"J", "shift+down"},
			Title: "Move the chart back", Short: "back", Help: "Changes places with the chart after."},
		{ID: BoardInterval, Scope: Board, Group: "Dashboard", Keys: []string{"i"},
			Title: "How often it refreshes", Short: "interval", Help: "Never, or every 1, 5, 15 or 60 minutes; each time counts against the quota."},
		{ID: BoardClose, Scope: Board, Group: "Dashboard", Keys: []string{"esc", "B"},
			Title: "Back to the chart", Short: "chart", Help: "Leaves the dashboard for the chart."},

		{ID: ConsoleRun, Scope: Console, Group: "GraphQL query", Keys: []string{"ctrl+r", "alt+enter"},
			Title: "Run the query", Short: "run", Help: "Sends the query to the server."},
		{ID: ConsoleComplete, Scope: Console, Group: "GraphQL query", Keys: []string{"tab"},
			Title: "Complete", Short: "complete", Help: "Completes the word at the cursor by the server's schema, and shows the choices."},
		{ID: ConsoleOlder, Scope: Console, Group: "GraphQL query", Keys: []string{"ctrl+up", "alt+up"},
			Title: "Earlier query", Short: "earlier", Help: "Brings back the query run before."},
		{ID: ConsoleNewer, Scope: Console, Group: "GraphQL query", Keys: []string{"ctrl+down", "alt+down"},
			Title: "Later query", Short: "later", Help: "Goes on to the query run after."},
		{ID: ConsoleLeave, Scope: Console, Group: "GraphQL query", Keys: []string{"esc"},
			Title: "To the answer", Short: "to the answer", Help: "Leaves the editor for the answer."},

		{ID: AnswerEdit, Scope: Answer, Group: "GraphQL answer", Keys: []string{"e", "/"},
			Title: "Edit the query", Short: "edit", Help: "Returns to the editor."},
		{ID: AnswerForm, Scope: Answer, Group: "GraphQL answer", Keys: []string{"t"},
			Title: "Tree, table or chart", Short: "form", Help: "Shows the answer in the next form."},
		{ID: AnswerRun, Scope: Answer, Group: "GraphQL answer", Keys: []string{"ctrl+r"},
			Title: "Run the query again", Short: "run", Help: "Sends the query to the server again."},
		{ID: AnswerUp, Scope: Answer, Group: "GraphQL answer", Keys: []string{"k", "up"},
			Title: "Up", Short: "up", Help: "Moves up by a line."},
		{ID: AnswerDown, Scope: Answer, Group: "GraphQL answer", Keys: []string{"j", "down"},
			Title: "Down", Short: "down", Help: "Moves down by a line."},
		{ID: AnswerLeft, Scope: Answer, Group: "GraphQL answer", Keys: []string{"h", "left"},
			Title: "To the left", Short: "left", Help: "Shows the columns to the left; in the tree folds the part under the cursor."},
		{ID: AnswerRight, Scope: Answer, Group: "GraphQL answer", Keys: []string{"l", "right"},
			Title: "To the right", Short: "right", Help: "Shows the columns to the right; in the tree unfolds the part under the cursor."},
		{ID: AnswerPageUp, Scope: Answer, Group: "GraphQL answer", Keys: []string{"pgup", "ctrl+b"},
			Title: "Page up", Short: "page up", Help: "Moves up by ten lines."},
		{ID: AnswerPageDown, Scope: Answer, Group: "GraphQL answer", Keys: []string{"pgdown", "ctrl+f"},
			Title: "Page down", Short: "page down", Help: "Moves down by ten lines."},
		{ID: AnswerToggle, Scope: Answer, Group: "GraphQL answer", Keys: []string{"space", "enter"},
			Title: "Fold or unfold", Short: "fold", Help: "Folds the part of the tree under the cursor, or unfolds it."},
		{ID: AnswerClose, Scope: Answer, Group: "GraphQL answer", Keys: []string{"esc"},
			Title: "Back to the chart", Short: "chart", Help: "Leaves the console."},
	}
}
