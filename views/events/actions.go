package events

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/keymap"
	"threatbench/views"
)

// PreviewAction shows the detail beside the list or hides it, which the frame
// does.
const PreviewAction keymap.ID = "events.preview"

// Actions describes what can be done in this view.
func Actions() []keymap.Action { return views.Describe(actions()) }

func actions() []views.Action[*Model] {
	return slices.Concat(
		views.Moves(keymap.Events, "event", (*Model).move), views.HalfPages(keymap.Events, (*Model).move), tableActions(),
		views.Moves(keymap.Facets, "value", (*Model).moveInFacets), facetActions(), lineActions(), sharedActions(),
	)
}

func tableActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{
			ID: "events.left", Group: "Moving", Keys: []string{"h", "left"}, Title: "Column to the left", Hint: "left",
			Help: "Selects the column to the left.",
			Do:   views.Plain(func(m *Model) { m.table.Left() }),
		},
		{
			ID: "events.right", Group: "Moving", Keys: []string{"l", "right"}, Title: "Column to the right", Hint: "right",
			Help: "Selects the column to the right.",
			Do:   views.Plain(func(m *Model) { m.table.Right() }),
		},
		{
			ID: "events.goto", Group: "Moving", Keys: []string{"ctrl+g"}, Title: "Go to a date", Hint: "go to",
			Help: "Asks for a date and moves to its first event in the order of the list: the newest one with the newest first.",
			Do:   views.Plain(func(m *Model) { m.env.Host.Prompt("Go to date: its first event in the list's order", "", m.goTo) }),
		},
		{
			ID: "events.open", Group: "Moving", Keys: []string{"enter"}, Title: "Open the event", Hint: "open",
			Help: "Opens the selected event and moves the focus to it; where nothing matches, offers what would find something.",
			Do:   (*Model).openOrWiden, Disabled: (*Model).nothingToOpen, Hinted: inTable(1),
		},
		{
			ID: "events.preview", Group: "Moving", Keys: []string{"v"}, Title: "Show or hide the detail", Hint: "preview",
			Help: "Shows the selected event beside the list, or hides it.",
		},
		{
			ID: "events.filter", Group: "Filter", Keys: []string{"/"}, Title: "Edit the filter", Hint: "filter",
			Help: "Edits the filter; results follow as you type.",
			Do:   (*Model).edit, Hinted: inTable(2),
		},
		{
			ID: "events.include", Group: "Filter", Keys: []string{"+"}, Title: "Only this value", Hint: "only this",
			Help: "Narrows the filter to the value of the selected cell.",
			Do:   views.With((*Model).cell, false), Disabled: (*Model).noValue, Hinted: inTable(3),
		},
		{
			ID: "events.exclude", Group: "Filter", Keys: []string{"-"}, Title: "Without this value", Hint: "without this",
			Help: "Excludes the value of the selected cell.",
			Do:   views.With((*Model).cell, true), Disabled: (*Model).noValue, Hinted: inTable(4),
		},
		{
			ID: "events.pop_filter", Group: "Filter", Keys: []string{"backspace"}, Title: "Remove last condition", Hint: "widen",
			Help: "Takes the last condition off the filter.",
			Do:   (*Model).popFilter, Disabled: (*Model).noFilter,
		},
		{
			ID: "events.clear_filter", Group: "Filter", Keys: []string{"esc"}, Title: "Clear the filter", Hint: "clear",
			Help: "Removes every condition.",
			Do:   (*Model).clear, Disabled: (*Model).noFilter,
		},
		{
			ID: "events.range_from", Group: "Filter", Keys: []string{"["}, Title: "Start of a time range", Hint: "from",
			Help: "Starts a time range at the selected event, or moves its start.",
			Do:   views.With((*Model).bound, api.OpGte), Disabled: (*Model).noEvent,
		},
		{
			ID: "events.range_to", Group: "Filter", Keys: []string{"]"}, Title: "End of a time range", Hint: "to",
			Help: "Ends the time range at the selected event, or moves its end.",
			Do:   views.With((*Model).bound, api.OpLte), Disabled: (*Model).noEvent,
		},
		{
			ID: "events.range_all", Group: "Filter", Keys: []string{"="}, Title: "Whole time range", Hint: "whole range",
			Help: "Removes the time range from the filter.",
			Do:   (*Model).wholeRange,
		},
		{
			ID: "events.pivot", Group: "Filter", Keys: []string{"p"}, Title: "Pivot", Hint: "pivot",
			Help: "Looks for events that share a value with this one.",
			Do:   views.Plain((*Model).pivot), Disabled: (*Model).noEvent, Hinted: inTable(7),
		},
		{
			ID: "events.graph", Group: "Filter", Keys: []string{"ctrl+r"}, Title: "Show the graph", Hint: "graph",
			Help: "Draws what surrounds the marked events, or the selected one.",
			Do:   views.Plain((*Model).graph), Disabled: (*Model).noEvent, Hinted: inTable(8),
		},
		{
			ID: "events.context", Group: "Filter", Keys: []string{"c"}, Title: "Show the context", Hint: "context",
			Help: "Shows what else happened around the time of this event.",
			Do:   views.Plain((*Model).context), Disabled: (*Model).noEvent,
		},
		{
			ID: "events.watch", Group: "Filter", Keys: []string{"w"}, Title: "Watch for new events", Hint: "watch",
			Help: "Looks every five minutes for new events that match; the list stays as it is until you refresh.",
			Do:   (*Model).switchWatch,
		},
		{
			ID: "events.dataset", Group: "Filter", Keys: []string{"d"}, Title: "Choose datasets", Hint: "datasets",
			Help: "Chooses the datasets that are searched.",
			Do:   (*Model).wantDatasets,
		},
		{
			ID: "events.sort", Group: "Columns", Keys: []string{"s"}, Title: "Sort by this column", Hint: "sort",
			Help: "Orders the events by the selected column.",
			Do:   (*Model).sortBySelected, Hinted: inTable(6),
		},
		{
			ID: "events.sort_reverse", Group: "Columns", Keys: []string{"S"}, Title: "Reverse the order", Hint: "reverse",
			Help: "Turns the order around.",
			Do:   (*Model).reverseSort,
		},
		{
			ID: "events.columns", Group: "Columns", Keys: []string{"C"}, Title: "Choose columns", Hint: "columns",
			Help: "Chooses which columns are shown, and in which order.",
			Do:   (*Model).chooseColumns, Hinted: inTable(9),
		},
		{
			ID: "events.narrower", Group: "Columns", Keys: []string{"{"}, Title: "Narrow the column", Hint: "narrower",
			Help: "Makes the selected column narrower.",
			Do:   views.With((*Model).resizeColumn, -2),
		},
		{
			ID: "events.wider", Group: "Columns", Keys: []string{"}"}, Title: "Widen the column", Hint: "wider",
			Help: "Makes the selected column wider.",
			Do:   views.With((*Model).resizeColumn, 2),
		},
		{
			ID: "events.move_column_left", Group: "Columns", Keys: []string{"shift+left", "("}, Title: "Move the column left", Hint: "move left",
			Help: "Moves the selected column to the left.",
			Do:   views.With((*Model).moveColumn, -1),
		},
		{
			ID: "events.move_column_right", Group: "Columns", Keys: []string{"shift+right", ")"}, Title: "Move the column right", Hint: "move right",
			Help: "Moves the selected column to the right.",
			Do:   views.With((*Model).moveColumn, 1),
		},
		{
			ID: "events.facets", Group: "Columns", Keys: []string{"f"}, Title: "Show or hide the facets", Hint: "facets",
			Help: "Shows the counts beside the list, or hides them.",
			Do:   (*Model).toggleFacets, Disabled: (*Model).tooNarrow,
		},
		{
			ID: "events.timeline", Group: "Columns", Keys: []string{"H"}, Title: "Show or hide the timeline", Hint: "timeline",
			Help: "Shows the timeline below the list, or hides it.",
			Do:   (*Model).toggleTimeline,
		},
		{
			ID: "events.mark", Group: "Marks", Keys: []string{"space"}, Title: "Mark the event", Hint: "mark",
			Help: "Marks the event, or unmarks it, and moves on.",
			Do:   (*Model).mark, Disabled: (*Model).noEvent, Hinted: inTable(5),
		},
		{
			ID: "events.mark_range", Group: "Marks", Keys: []string{"V"}, Title: "Mark up to here", Hint: "mark range",
			Help: "Marks everything between the last mark and this event.",
			Do:   views.Plain((*Model).markRange),
		},
		{
			ID: "events.mark_all", Group: "Marks", Keys: []string{"ctrl+a"}, Title: "Mark all that match", Hint: "mark all",
			Help: "Marks every event that matches the filter, loaded or not.",
			Do:   (*Model).markAll,
		},
		{
			ID: "events.unmark", Group: "Marks", Keys: []string{"X", "ctrl+space"}, Title: "Remove all marks", Hint: "unmark",
			Help: "Removes all marks.",
			Do:   views.Plain((*Model).unmark), Disabled: (*Model).noneMarked,
		},
		{
			ID: "events.unwant", Group: "Marks", Keys: []string{"n"}, Title: "Mark as not wanted", Hint: "not this",
			Help: "Marks the event as one that a filter made by pointing leaves out.",
			Do:   (*Model).unwant, Disabled: (*Model).noEvent,
		},
		{
			ID: "events.point", Group: "Filter", Keys: []string{"F"}, Title: "Filter for the marked", Hint: "for these",
			Help: "Offers the shortest filters that find the marked events, or the selected one, and none of those marked as not wanted.",
			Do:   (*Model).point, Disabled: (*Model).noEvent,
		},
		{
			ID: "events.build", Group: "Filter", Keys: []string{"b"}, Title: "Open the filter as a form", Hint: "builder",
			Help: "Opens the present filter in the builder, to change, save or share it.",
			Do:   views.Plain((*Model).build),
		},
		{
			ID: "events.save", Group: "Filter", Keys: []string{"ctrl+s"}, Title: "Save the filter as a query", Hint: "save",
			Help: "Saves the present filter with its datasets and order, under a name.",
			Do:   views.Plain((*Model).save), Disabled: (*Model).noSave,
		},
		{
			ID: "events.alert", Group: "Filter", Keys: []string{"A"}, Title: "Alert on the filter", Hint: "alert",
			Help: "Saves the present filter as a query and alerts on it.",
			Do:   views.Plain((*Model).alert), Disabled: (*Model).noSave,
		},
	}
}

func facetActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{
			ID: "facets.include", Group: "Facets", Keys: []string{"enter", "+"}, Title: "Only this value", Hint: "only this",
			Help: "Narrows the filter to this value.",
			Do:   views.With((*Model).facet, false), Hinted: inFacets(1),
		},
		{
			ID: "facets.exclude", Group: "Facets", Keys: []string{"-"}, Title: "Without this value", Hint: "without this",
			Help: "Excludes this value.",
			Do:   views.With((*Model).facet, true), Hinted: inFacets(2),
		},
		{
			ID: "facets.next", Group: "Facets", Keys: []string{"}", "right", "l"}, Title: "Next facet", Hint: "next facet",
			Help: "Moves to the first value of the next facet.",
			Do:   views.Plain(func(m *Model) { m.facets.jump(1) }), Hinted: inFacets(3),
		},
		{
			ID: "facets.prev", Group: "Facets", Keys: []string{"{", "left", "h"}, Title: "Previous facet", Hint: "previous facet",
			Help: "Moves to the first value of the facet before.",
			Do:   views.Plain(func(m *Model) { m.facets.jump(-1) }),
		},
		{
			ID: "facets.more", Group: "Facets", Keys: []string{"m"}, Title: "Show more values", Hint: "more",
			Help: "Shows more values of this facet.",
			Do:   views.Plain((*Model).moreValues), Hinted: inFacets(4),
		},
		{
			ID: "facets.leave", Group: "Facets", Keys: []string{"esc"}, Title: "Return to the list", Hint: "to the list",
			Help: "Moves the focus to the table of events.",
			Do:   views.Plain(func(m *Model) { m.part = partTable }), Hinted: inFacets(5),
		},
	}
}

// lineActions are those of the filter line.
func lineActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{
			ID: "filter.accept", Group: "Filter line", Keys: []string{"enter"}, Title: "Use the filter", Hint: "use",
			Help: "Keeps the filter and returns to the list.",
			Do:   (*Model).accept, Hinted: inLine(1),
		},
		{
			ID: "filter.cancel", Group: "Filter line", Keys: []string{"esc"}, Title: "Cancel", Hint: "cancel",
			Help: "Returns to the list with the filter as it was before.",
			Do:   (*Model).cancel, Hinted: inLine(2),
		},
		{
			ID: "filter.complete", Group: "Filter line", Keys: []string{"tab"}, Title: "Complete", Hint: "complete",
			Help:   "Completes what all that is offered has in common, and then takes the selected choice, the first one where none is selected.",
			Hinted: inLine(3),
		},
		{
			ID: "filter.complete_prev", Group: "Filter line", Keys: []string{"shift+tab"}, Title: "Previous choice", Hint: "previous",
			Help: "Goes back to the choice before.",
		},
		{
			ID: "filter.older", Group: "Filter line", Keys: []string{"up"}, Title: "Earlier filter", Hint: "earlier",
			Help:   "Brings back the filter used before.",
			Hinted: inLine(4),
		},
		{
			ID: "filter.newer", Group: "Filter line", Keys: []string{"down"}, Title: "Later filter", Hint: "later",
			Help: "Goes on to the filter used after.",
		},
	}
}

func sharedActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{ID: keymap.AppPalette, Hinted: inTable(10)},
		{ID: keymap.AppHelp, Hinted: func(m *Model) int { return map[part]int{partTable: 11, partFacets: 6}[m.part] }},
		{ID: keymap.AppRefresh, Do: (*Model).refresh},
		{ID: keymap.AppCopy, Do: views.Plain((*Model).copyCell)},
	}
}

// inPart is a place on the bottom line while a part has the focus.
func inPart(p part, place int) func(*Model) int {
	return func(m *Model) int {
		if m.part != p {
			return 0
		}
		return place
	}
}

func inTable(place int) func(*Model) int  { return inPart(partTable, place) }
func inFacets(place int) func(*Model) int { return inPart(partFacets, place) }
func inLine(place int) func(*Model) int   { return inPart(partFilter, place) }

// Do carries out an action of the focused part.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	cmd, ok := m.Handler.Do(id)
	if ok {
		m.changed()
	}
	return cmd, ok
}

func (m *Model) noEvent() string {
	if m.Current() == nil {
		return "No event is selected"
	}
	return ""
}

// noValue tells why the selected cell can't be filtered by.
func (m *Model) noValue() string {
	if c := m.column(); c != nil && c.field == "" {
		return "The API can't filter by " + strings.ToLower(c.Title)
	}
	return m.noEvent()
}

func (m *Model) noFilter() string {
	if m.text == "" {
		return "There is no filter"
	}
	return ""
}

func (m *Model) noneMarked() string {
	if m.marks.len()+len(m.unwanted) == 0 {
		return "Nothing is marked"
	}
	return ""
}

func (m *Model) tooNarrow() string {
	if m.geometry.filter.W < facetsFrom {
		return fmt.Sprintf("Facets need a window of at least %d columns", facetsFrom)
	}
	return ""
}

func (m *Model) noSave() string { return m.env.ReadOnlyReason() }
