package charts

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/views"
)

// Actions describes what can be done in this view.
func Actions() []keymap.Action { return views.Describe(actions()) }

func actions() []views.Action[*Model] {
	return slices.Concat(chartActions(), boardActions(), consoleActions(), sharedActions())
}

func chartActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{
			ID: "charts.up", Group: "Moving", Keys: []string{"k", "up"}, Title: "Up", Hint: "up",
			Help: "Moves to the bar or cell above, or to the series before.",
			Do:   moves(func(p plot) { p.move(0, -1) }),
		},
		{
			ID: "charts.down", Group: "Moving", Keys: []string{"j", "down"}, Title: "Down", Hint: "down",
			Help: "Moves to the bar or cell below, or to the next series.",
			Do:   moves(func(p plot) { p.move(0, 1) }),
		},
		{
			ID: "charts.left", Group: "Moving", Keys: []string{"h", "left"}, Title: "To the left", Hint: "left",
			Help: "Moves to the column, cell or part to the left.",
			Do:   moves(func(p plot) { p.move(-1, 0) }),
		},
		{
			ID: "charts.right", Group: "Moving", Keys: []string{"l", "right"}, Title: "To the right", Hint: "right",
			Help: "Moves to the column, cell or part to the right.",
			Do:   moves(func(p plot) { p.move(1, 0) }),
		},
		{
			ID: "charts.page_up", Group: "Moving", Keys: []string{"pgup", "ctrl+b"}, Title: "Page up", Hint: "page up",
			Help: "Moves up by a screen, or far to the left over time.",
			Do:   moves(func(p plot) { p.page(-1) }),
		},
		{
			ID: "charts.page_down", Group: "Moving", Keys: []string{"pgdown", "ctrl+f"}, Title: "Page down", Hint: "page down",
			Help: "Moves down by a screen, or far to the right over time.",
			Do:   moves(func(p plot) { p.page(1) }),
		},
		{
			ID: "charts.first", Group: "Moving", Keys: []string{"g", "home"}, Title: "To the first", Hint: "first",
			Help: "Moves to the first bar, column or cell.",
			Do:   moves(func(p plot) { p.end(false) }),
		},
		{
			ID: "charts.last", Group: "Moving", Keys: []string{"G", "end"}, Title: "To the last", Hint: "last",
			Help: "Moves to the last bar, column or cell.",
			Do:   moves(func(p plot) { p.end(true) }),
		},
		{
			ID: "charts.open", Group: "Moving", Keys: []string{"enter"}, Title: "Show these events", Hint: "events",
			Help: "Goes to the events that the bar, column or cell counts.",
			Do:   onChart(views.Plain((*Model).open)), Disabled: (*Model).nothingSelected, Hinted: shown(inChart, 1),
		},
		{
			ID: "charts.kind", Group: "Chart", Keys: []string{"c"}, Title: "Choose the chart", Hint: "chart",
			Help: "Bars, counts over time, heatmap, flow, ATT&CK matrix or kill chain.",
			Do:   onChart(views.Plain((*Model).chooseKind)), Hinted: shown(inChart, 2),
		},
		{
			ID: "charts.by", Group: "Chart", Keys: []string{"b"}, Title: "Count by", Hint: "count by",
			Help: "Chooses the column that is counted by.",
			Do:   onChart(views.Plain((*Model).chooseBy)), Disabled: (*Model).fixedBy, Hinted: shown(inChart, 3),
		},
		{
			ID: "charts.split", Group: "Chart", Keys: []string{"s"}, Title: "Split by", Hint: "split by",
			Help: "Chooses the second column, which parts each count.",
			Do:   onChart(views.Plain((*Model).chooseSplit)), Disabled: (*Model).fixedSplit, Hinted: shown(inChart, 4),
		},
		{
			ID: "charts.swap", Group: "Chart", Keys: []string{"x"}, Title: "Swap the columns", Hint: "swap",
			Help: "Counts by the second column and splits by the first.",
			Do:   onChart((*Model).swap), Disabled: (*Model).noSwap,
		},
		{
			ID: "charts.mode", Group: "Chart", Keys: []string{"m"}, Title: "Stack, group, share or line", Hint: "form",
			Help: "Puts the parts of bars one behind the other, side by side, or as shares of the whole; over time also as lines.",
			Do:   onChart((*Model).nextMode), Disabled: (*Model).oneMode,
		},
		{
			ID: "charts.top", Group: "Chart", Keys: []string{"n"}, Title: "Show more or fewer values", Hint: "top",
			Help: "Shows the 10, 20, 50 or 100 largest values.",
			Do:   onChart((*Model).nextTop), Disabled: (*Model).allShown,
		},
		{
			ID: "charts.step", Group: "Chart", Keys: []string{"i"}, Title: "Change the time step", Hint: "step",
			Help: "Counts by hour, day, week, month or year, or by what fits.",
			Do:   onChart((*Model).nextStep), Disabled: (*Model).noTimeAxis,
		},
		{
			ID: "charts.compare", Group: "Chart", Keys: []string{"v"}, Title: "Compare with the time before", Hint: "compare",
			Help: "Shows how each count differs from the same time before.",
			Do:   onChart((*Model).compare), Disabled: (*Model).noComparison, Hinted: shown(inChart, 6),
		},
		{
			ID: "charts.pin", Group: "Chart", Keys: []string{"p"}, Title: "Pin to the dashboard", Hint: "pin",
			Help: "Keeps the chart on the profile's dashboard, with the filter it has now.",
			Do:   onChart((*Model).pin), Disabled: (*Model).boardFull, Hinted: shown(inChart, 8),
		},
		{
			ID: "charts.board", Group: "Chart", Keys: []string{"B"}, Title: "Show the dashboard", Hint: "dashboard",
			Help: "Shows the pinned charts side by side.",
			Do:   onChart((*Model).showBoard), Hinted: shown(inChart, 9),
		},
		{
			ID: "charts.export", Group: "Chart", Keys: []string{"e"}, Title: "Export the chart", Hint: "export",
			Help: "Writes the numbers as CSV or the picture as SVG.",
			Do:   onChart(views.Plain((*Model).export)), Disabled: (*Model).nothingSelected, Hinted: shown(inChart, 10),
		},
		{
			ID: "charts.console", Group: "Chart", Keys: []string{"C"}, Title: "Open the GraphQL console", Hint: "GraphQL",
			Help: "Asks the server anything its schema has; shows tree, table or chart.",
			Do:   (*Model).showConsole,
		},
		{
			ID: "charts.filter", Group: "What is counted", Keys: []string{"/"}, Title: "Type a filter", Hint: "filter",
			Help: "Counts the events that match a filter of the chart's own.",
			Do:   onChart((*Model).typeFilter), Hinted: shown(inChart, 7),
		},
		{
			ID: "charts.follow", Group: "What is counted", Keys: []string{"f"}, Title: "Follow the events' filter", Hint: "follow events",
			Help: "Counts what the table of events shows, whatever its filter.",
			Do:   onChart((*Model).followEvents),
		},
		{
			ID: "charts.saved", Group: "What is counted", Keys: []string{"Q"}, Title: "Count a saved query", Hint: "saved query",
			Help: "Counts what a saved query matches, and follows it when it is changed.",
			Do:   onChart((*Model).wantSaved),
		},
		{
			ID: "charts.include", Group: "What is counted", Keys: []string{"+"}, Title: "Only this", Hint: "only this",
			Help: "Narrows the chart to the value or the time range selected.",
			Do:   onChart(views.With((*Model).narrow, false)), Disabled: (*Model).nothingSelected,
		},
		{
			ID: "charts.exclude", Group: "What is counted", Keys: []string{"-"}, Title: "Without this", Hint: "without this",
			Help: "Leaves the value out of the chart.",
			Do:   onChart(views.With((*Model).narrow, true)), Disabled: (*Model).nothingSelected,
		},
		{
			ID: "charts.pop_filter", Group: "What is counted", Keys: []string{"backspace"}, Title: "Remove last condition", Hint: "widen",
			Help: "Takes the last condition off the chart's filter.",
			Do:   onChart((*Model).popFilter),
		},
		{
			ID: "charts.dataset", Group: "What is counted", Keys: []string{"d"}, Title: "Choose datasets", Hint: "datasets",
			Help: "Chooses the datasets the chart counts.",
			Do:   onChart((*Model).askDatasets),
		},
		{
			ID: "charts.range", Group: "What is counted", Keys: []string{"t"}, Title: "Choose the time range", Hint: "time range",
			Help: "The last days, weeks or months, or any two dates.",
			Do:   onChart(views.Plain((*Model).chooseRange)), Hinted: shown(inChart, 5),
		},
		{
			ID: "charts.range_from", Group: "What is counted", Keys: []string{"["}, Title: "Start of a time range", Hint: "from",
			Help: "Starts a range at the selected column; enter shows its events, + zooms in.",
			Do:   onChart(views.Plain((*Model).rangeFrom)), Disabled: (*Model).noTimeAxis,
		},
		{
			ID: "charts.range_to", Group: "What is counted", Keys: []string{"]"}, Title: "End of a time range", Hint: "to",
			Help: "Ends the range at the selected column.",
			Do:   onChart(views.Plain((*Model).rangeTo)), Disabled: (*Model).noTimeAxis,
		},
		{
			ID: "charts.range_all", Group: "What is counted", Keys: []string{"="}, Title: "Whole time range", Hint: "whole range",
			Help: "Counts events of all times again.",
			Do:   onChart(views.With((*Model).setRange, "")),
		},
		{
			ID: "charts.clear", Group: "What is counted", Keys: []string{"esc"}, Title: "Clear", Hint: "clear",
			Help: "Lets go of the selected range, else removes the chart's filter.",
			Do:   onChart((*Model).clear),
		},
	}
}

func boardActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{
			ID: "board.up", Group: "Dashboard", Keys: []string{"k", "up"}, Title: "Up", Hint: "up",
			Help: "Moves to the chart above.",
			Do:   moveOnBoard(0, -1),
		},
		{
			ID: "board.down", Group: "Dashboard", Keys: []string{"j", "down"}, Title: "Down", Hint: "down",
			Help: "Moves to the chart below.",
			Do:   moveOnBoard(0, 1),
		},
		{
			ID: "board.left", Group: "Dashboard", Keys: []string{"h", "left"}, Title: "To the left", Hint: "left",
			Help: "Moves to the chart to the left.",
			Do:   moveOnBoard(-1, 0),
		},
		{
			ID: "board.right", Group: "Dashboard", Keys: []string{"l", "right"}, Title: "To the right", Hint: "right",
			Help: "Moves to the chart to the right.",
			Do:   moveOnBoard(1, 0),
		},
		{
			ID: "board.open", Group: "Dashboard", Keys: []string{"enter"}, Title: "Open the chart", Hint: "open",
			Help: "Shows the chart large, to look closer or to change it.",
			Do:   (*Model).openPinned, Disabled: (*Model).nothingPinned, Hinted: shown(inBoard, 1),
		},
		{
			ID: "board.unpin", Group: "Dashboard", Keys: []string{"X", "delete"}, Title: "Unpin the chart", Hint: "unpin",
			Help: "Takes the chart off the dashboard.",
			Do:   (*Model).unpin, Disabled: (*Model).nothingPinned, Hinted: shown(inBoard, 2),
		},
		{
			ID: "board.earlier", Group: "Dashboard", Keys: []string{"K", "shift+up"}, Title: "Move the chart forward", Hint: "forward",
			Help: "Changes places with the chart before.",
			Do:   views.With((*Model).movePinned, -1), Disabled: (*Model).nothingPinned, Hinted: shown(inBoard, 3),
		},
		{
			ID: "board.later", Group: "Dashboard", Keys: []string{"J", "shift+down"}, Title: "Move the chart back", Hint: "back",
			Help: "Changes places with the chart after.",
			Do:   views.With((*Model).movePinned, 1), Disabled: (*Model).nothingPinned, Hinted: shown(inBoard, 4),
		},
		{
			ID: "board.interval", Group: "Dashboard", Keys: []string{"i"}, Title: "How often it refreshes", Hint: "interval",
			Help: "Never, or every 1, 5, 15 or 60 minutes; each time counts against the quota.",
			Do:   (*Model).nextInterval, Hinted: shown(inBoard, 5),
		},
		{
			ID: "board.close", Group: "Dashboard", Keys: []string{"esc", "B"}, Title: "Back to the chart", Hint: "chart",
			Help: "Leaves the dashboard for the chart.",
			Do:   views.Plain((*Model).closeBoard), Hinted: shown(inBoard, 7),
		},
	}
}

// consoleActions are those of the GraphQL console: of its editor and of the
// answer.
func consoleActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{
			ID: "console.run", Group: "GraphQL query", Keys: []string{"ctrl+r", "alt+enter"}, Title: "Run the query", Hint: "run",
			Help: "Sends the query to the server.",
			Do:   (*Model).runQuery, Hinted: shown(inEditor, 1),
		},
		{
			ID: "console.complete", Group: "GraphQL query", Keys: []string{"tab"}, Title: "Complete", Hint: "complete",
			Help: "Completes the word at the cursor by the server's schema, and shows the choices.",
			Do:   inConsole((*console).complete), Hinted: shown(inEditor, 2),
		},
		{
			ID: "console.older", Group: "GraphQL query", Keys: []string{"ctrl+up", "alt+up"}, Title: "Earlier query", Hint: "earlier",
			Help: "Brings back the query run before.",
			Do:   inConsole(func(c *console) { c.recall(-1) }), Hinted: shown(inEditor, 3),
		},
		{
			ID: "console.newer", Group: "GraphQL query", Keys: []string{"ctrl+down", "alt+down"}, Title: "Later query", Hint: "later",
			Help: "Goes on to the query run after.",
			Do:   inConsole(func(c *console) { c.recall(1) }), Hinted: shown(inEditor, 4),
		},
		{
			ID: "console.leave", Group: "GraphQL query", Keys: []string{"esc"}, Title: "To the answer", Hint: "to the answer",
			Help: "Leaves the editor for the answer.",
			Do:   inConsole(func(c *console) { c.edit(false) }), Hinted: shown(inEditor, 5),
		},
		{
			ID: "answer.edit", Group: "GraphQL answer", Keys: []string{"e", "/"}, Title: "Edit the query", Hint: "edit",
			Help: "Returns to the editor.",
			Do:   inConsole(func(c *console) { c.edit(true) }), Hinted: shown(inAnswer, 1),
		},
		{
			ID: "answer.form", Group: "GraphQL answer", Keys: []string{"t"}, Title: "Tree, table or chart", Hint: "form",
			Help: "Shows the answer in the next form.",
			Do:   inConsole(func(c *console) { c.form = (c.form + 1) % forms }), Hinted: shown(inAnswer, 2),
		},
		{
			ID: "answer.run", Group: "GraphQL answer", Keys: []string{"ctrl+r"}, Title: "Run the query again", Hint: "run",
			Help: "Sends the query to the server again.",
			Do:   (*Model).runQuery, Hinted: shown(inAnswer, 3),
		},
		{
			ID: "answer.up", Group: "GraphQL answer", Keys: []string{"k", "up"}, Title: "Up", Hint: "up",
			Help: "Moves up by a line.",
			Do:   inConsole(func(c *console) { c.move(-1) }),
		},
		{
			ID: "answer.down", Group: "GraphQL answer", Keys: []string{"j", "down"}, Title: "Down", Hint: "down",
			Help: "Moves down by a line.",
			Do:   inConsole(func(c *console) { c.move(1) }),
		},
		{
			ID: "answer.left", Group: "GraphQL answer", Keys: []string{"h", "left"}, Title: "To the left", Hint: "left",
			Help: "Shows the columns to the left; in the tree folds the part under the cursor.",
			Do:   inConsole(func(c *console) { c.sideways(false) }),
		},
		{
			ID: "answer.right", Group: "GraphQL answer", Keys: []string{"l", "right"}, Title: "To the right", Hint: "right",
			Help: "Shows the columns to the right; in the tree unfolds the part under the cursor.",
			Do:   inConsole(func(c *console) { c.sideways(true) }),
		},
		{
			ID: "answer.page_up", Group: "GraphQL answer", Keys: []string{"pgup", "ctrl+b"}, Title: "Page up", Hint: "page up",
			Help: "Moves up by ten lines.",
			Do:   inConsole(func(c *console) { c.move(-10) }),
		},
		{
			ID: "answer.page_down", Group: "GraphQL answer", Keys: []string{"pgdown", "ctrl+f"}, Title: "Page down", Hint: "page down",
			Help: "Moves down by ten lines.",
			Do:   inConsole(func(c *console) { c.move(10) }),
		},
		{
			ID: "answer.toggle", Group: "GraphQL answer", Keys: []string{"space", "enter"}, Title: "Fold or unfold", Hint: "fold",
			Help: "Folds the part of the tree under the cursor, or unfolds it.",
			Do:   inConsole(func(c *console) { c.tree.Toggle() }), Hinted: shown(inAnswer, 4),
		},
		{
			ID: "answer.close", Group: "GraphQL answer", Keys: []string{"esc"}, Title: "Back to the chart", Hint: "chart",
			Help: "Leaves the console.",
			Do:   inConsole(func(c *console) { c.shown = false }), Hinted: shown(inAnswer, 6),
		},
	}
}

func sharedActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{ID: keymap.AppRefresh, Do: (*Model).refresh, Hinted: shown(inBoard, 6)},
		{ID: keymap.AppCopy, Do: views.Plain((*Model).copy), Disabled: (*Model).nothingToCopy, Hinted: shown(inAnswer, 5)},
		{ID: keymap.AppHelp, Hinted: func(m *Model) int { return map[part]int{inChart: 11, inBoard: 8, inAnswer: 7}[m.part()] }},
	}
}

// part is what the view shows.
type part int

const (
	inChart part = iota
	inBoard
	inEditor
	inAnswer
)

func (m *Model) part() part {
	switch {
	case m.Typing():
		return inEditor
	case m.console.shown:
		return inAnswer
	case m.board.shown:
		return inBoard
	}
	return inChart
}

// shown is a place on the bottom line while the view shows that part.
func shown(p part, place int) func(*Model) int {
	return func(m *Model) int {
		if m.part() != p {
			return 0
		}
		return place
	}
}

// onChart does something to the chart, which is shown where it wasn't.
func onChart(do func(*Model) tea.Cmd) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.console.shown = false
		if m.board.shown {
			m.closeBoard()
		}
		return do(m)
	}
}

func moves(step func(plot)) func(*Model) tea.Cmd {
	return onChart(views.Plain(func(m *Model) {
		if m.card.plot != nil {
			step(m.card.plot)
		}
	}))
}

func moveOnBoard(x, y int) func(*Model) tea.Cmd {
	return views.Plain(func(m *Model) { m.board.move(x + y*max(m.board.perLine, 1)) })
}

func inConsole(do func(*console)) func(*Model) tea.Cmd {
	return views.Plain(func(m *Model) { do(&m.console) })
}

// Do carries out an action.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	if m.DisabledReason(id) != "" {
		return nil, false
	}
	cmd, ok := m.Handler.Do(id)
	if ok {
		m.changed()
	}
	return cmd, ok
}

func (m *Model) nothingSelected() string {
	if m.card.plot == nil || m.card.plot.picked().none() {
		return "Nothing is selected"
	}
	return ""
}

func (m *Model) nothingToCopy() string {
	switch {
	case m.console.shown && !m.console.have:
		return "There is no answer to copy"
	case m.console.shown:
		return ""
	case m.board.shown:
		return "Open the chart with enter to copy its numbers"
	}
	return m.nothingSelected()
}

func (m *Model) nothingPinned() string {
	if len(m.board.cards) == 0 {
		return "Nothing is pinned"
	}
	return ""
}

func (m *Model) boardFull() string {
	if len(m.board.cards) >= maxPins {
		return "The dashboard is full: B shows it, X unpins a chart"
	}
	return ""
}

func (m *Model) noTimeAxis() string {
	if m.card.spec.Kind != Over {
		return "This chart has no time axis"
	}
	return ""
}

func (m *Model) noComparison() string {
	s := m.card.spec
	switch {
	case s.Kind == Flow:
		return "A flow can't compare two periods; c chooses the heatmap, which compares the same columns"
	case s.Range == "" && !s.Compare:
		return "Choose a time range first: t"
	}
	return ""
}

// fixed reports whether a chart counts by columns of its own.
func (s Spec) fixed() bool { return s.Kind == Attack || s.Kind == Chain }

func (m *Model) noSwap() string {
	if s := m.card.spec; s.Split == "" || s.Kind == Over || s.fixed() {
		return "There is no second column to swap with"
	}
	return ""
}

func (m *Model) oneMode() string {
	if len(m.card.spec.modes()) < 2 {
		return "Only counts over time and split bars can be drawn in several ways"
	}
	return ""
}

func (m *Model) fixedBy() string {
	switch s := m.card.spec; {
	case s.Kind == Over:
		return "This chart counts by time; s splits it by a column"
	case s.fixed():
		return "This chart counts by its own columns; c chooses another chart"
	}
	return ""
}

func (m *Model) fixedSplit() string {
	if m.card.spec.Kind == Attack {
		return "The matrix has tactics beside techniques; c chooses another chart"
	}
	return ""
}

func (m *Model) allShown() string {
	if s := m.card.spec; s.fixed() || s.Kind == Over {
		return "This chart shows all values"
	}
	return ""
}
