package detail

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/ui/widget/tree"
	"threatbench/views"
)

// CloseAction leaves the detail for the list, which the frame does.
const CloseAction keymap.ID = "detail.close"

// Actions describes what can be done in this view.
func Actions() []keymap.Action { return views.Describe(actions()) }

func actions() []views.Action[*Model] {
	return slices.Concat(moves(), eventActions(), treeActions(), sharedActions())
}

// moves scroll, in a text also by the space bar.
func moves() []views.Action[*Model] {
	list := slices.Concat(views.Moves(keymap.Detail, "line", (*Model).scroll), views.HalfPages(keymap.Detail, (*Model).scroll))
	for i := range list {
		list[i].Disabled = (*Model).noEvent
		if list[i].ID == "detail.page_down" {
			list[i].Keys = append(list[i].Keys, "space")
		}
	}
	return list
}

func eventActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{
			ID: "detail.next_event", Group: "Moving", Keys: []string{"J"}, Title: "Next event", Hint: "next event",
			Help: "Shows the next event of the list.",
			Do:   views.Plain(func(m *Model) { m.env.Host.Step(1) }), Disabled: (*Model).noEvent, Hinted: inTabs(9, 5, 0, 7),
		},
		{
			ID: "detail.prev_event", Group: "Moving", Keys: []string{"K"}, Title: "Previous event", Hint: "previous event",
			Help: "Shows the event before in the list.",
			Do:   views.Plain(func(m *Model) { m.env.Host.Step(-1) }), Disabled: (*Model).noEvent, Hinted: inTabs(10, 6, 0, 8),
		},
		{
			ID: "detail.close", Group: "Moving", Keys: []string{"esc"}, Title: "Close", Hint: "close",
			Help:   "Goes one step back: to the event whose relations led here, to where the detail was opened, to the list.",
			Hinted: inTabs(7, 9, 7, 5),
		},
		{
			ID: "detail.prev_tab", Group: "Parts", Keys: []string{"left", "h"}, Title: "Previous part", Hint: "previous part",
			Help: "Shows the part of the event to the left.",
			Do:   func(m *Model) tea.Cmd { return m.Select(m.tab - 1) }, Disabled: (*Model).noEvent,
		},
		{
			ID: "detail.next_tab", Group: "Parts", Keys: []string{"right", "l"}, Title: "Next part", Hint: "next part",
			Help: "Shows the part of the event to the right.",
			Do:   func(m *Model) tea.Cmd { return m.Select(m.tab + 1) }, Disabled: (*Model).noEvent, Hinted: inTabs(2, 1, 0, 0),
		},
		{
			ID: "detail.overview", Group: "Parts", Keys: []string{"o"}, Title: "Overview", Hint: "overview",
			Help: "Shows who did what to whom, how and with which indicator.",
			Do:   views.With((*Model).Select, Overview), Disabled: (*Model).noEvent, Hinted: inTabs(0, 0, 6, 6),
		},
		{
			ID: "detail.insight", Group: "Parts", Keys: []string{"i"}, Title: "Insight", Hint: "insight",
			Help: "Shows the text that explains the event.",
			Do:   views.With((*Model).Select, Insight), Disabled: (*Model).noEvent, Hinted: inTabs(4, 3, 0, 0),
		},
		{
			ID: "detail.raw", Group: "Parts", Keys: []string{"R"}, Title: "Raw data", Hint: "raw",
			Help: "Shows the record the event was made from.",
			Do:   views.With((*Model).Select, Raw), Disabled: (*Model).noEvent, Hinted: inTabs(3, 2, 0, 0),
		},
		{
			ID: "detail.relations", Group: "Parts", Keys: []string{"e"}, Title: "Relations", Hint: "relations",
			Help: "Shows the events related to this one, and its references.",
			Do:   views.With((*Model).Select, Relations), Disabled: (*Model).noEvent, Hinted: inTabs(5, 0, 0, 0),
		},
		{
			ID: "detail.graph", Group: "Moving", Keys: []string{"ctrl+r"}, Title: "Show the graph", Hint: "graph",
			Help: "Draws what surrounds this event.",
			Do:   views.Plain((*Model).showGraph), Disabled: (*Model).noEvent, Hinted: inTabs(13, 10, 0, 2),
		},
		{
			ID: "detail.follow", Group: "Parts", Keys: []string{"enter"}, Title: "Follow", Hint: "follow",
			Help: "Opens the related event; on the overview it offers where to go: the profile of the attacker, graphs, the events that share something.",
			Do:   (*Model).follow, Disabled: views.First((*Model).noEvent, (*Model).nothingRelated), Hinted: inTabs(1, 0, 0, 1),
		},
		{
			ID: "detail.search", Group: "Search", Keys: []string{"/"}, Title: "Find", Hint: "find",
			Help: "Finds text in this part of the event.",
			Do:   views.Plain((*Model).askFind), Disabled: (*Model).noEvent, Hinted: inTabs(8, 4, 4, 0),
		},
		{
			ID: "detail.next_hit", Group: "Search", Keys: []string{"n"}, Title: "Next hit", Hint: "next hit",
			Help: "Moves to the next hit.",
			Do:   views.With((*Model).nextHit, 1), Disabled: views.First((*Model).noEvent, (*Model).noSearch),
		},
		{
			ID: "detail.prev_hit", Group: "Search", Keys: []string{"N"}, Title: "Previous hit", Hint: "previous hit",
			Help: "Moves to the hit before.",
			Do:   views.With((*Model).nextHit, -1), Disabled: views.First((*Model).noEvent, (*Model).noSearch),
		},
	}
}

// treeActions fold and unfold the raw data.
func treeActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{
			ID: "tree.fold", Group: "Raw data", Keys: []string{"left", "h"}, Title: "Fold", Hint: "fold",
			Help: "Folds the branch, or moves to the branch above it.",
			Do:   inTree((*tree.Model).Collapse), Disabled: (*Model).noTree,
		},
		{
			ID: "tree.unfold", Group: "Raw data", Keys: []string{"right", "l"}, Title: "Unfold", Hint: "unfold",
			Help: "Unfolds the branch, or moves into it.",
			Do:   inTree((*tree.Model).Expand), Disabled: (*Model).noTree,
		},
		{
			ID: "tree.toggle", Group: "Raw data", Keys: []string{"enter", "space"}, Title: "Fold or unfold", Hint: "fold",
			Help: "Folds the branch, or unfolds it.",
			Do:   inTree(func(t *tree.Model) { t.Toggle() }), Disabled: (*Model).noTree, Hinted: inTabs(0, 0, 1, 0),
		},
		{
			ID: "tree.fold_all", Group: "Raw data", Keys: []string{"-"}, Title: "Fold everything", Hint: "fold all",
			Help: "Folds every branch.",
			Do:   inTree((*tree.Model).CollapseAll), Disabled: (*Model).noTree, Hinted: inTabs(0, 0, 3, 0),
		},
		{
			ID: "tree.unfold_all", Group: "Raw data", Keys: []string{"+"}, Title: "Unfold everything", Hint: "unfold all",
			Help: "Unfolds every branch.",
			Do:   inTree((*tree.Model).ExpandAll), Disabled: (*Model).noTree, Hinted: inTabs(0, 0, 2, 0),
		},
		{
			ID: "tree.copy_path", Group: "Raw data", Keys: []string{"P"}, Title: "Copy the path", Hint: "copy path",
			Help: "Copies the path of the selected value.",
			Do:   views.Plain(func(m *Model) { m.env.Host.Copy("path", m.tree.Path()) }), Disabled: (*Model).noTree,
		},
	}
}

func sharedActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{ID: keymap.AppActor, Hinted: inTabs(6, 0, 0, 3)},
		{ID: keymap.AppCopy, Do: views.Plain((*Model).copy), Disabled: (*Model).noEvent, Hinted: inTabs(0, 0, 5, 4)},
		{ID: keymap.AppCopyMenu, Do: views.Plain((*Model).copyAs), Disabled: (*Model).noEvent, Hinted: inTabs(11, 7, 0, 0)},
		{ID: keymap.AppRefresh, Do: (*Model).refresh, Disabled: (*Model).noEvent},
		{ID: keymap.AppZoom, Hinted: inTabs(12, 8, 0, 9)},
		{ID: keymap.AppHelp, Hinted: inTabs(14, 11, 8, 10)},
	}
}

// inTabs is a place on the bottom line in each part of the detail.
func inTabs(overview, insight, raw, relations int) func(*Model) int {
	places := map[Tab]int{Overview: overview, Insight: insight, Raw: raw, Relations: relations}
	return func(m *Model) int { return places[m.tab] }
}

func inTree(do func(*tree.Model)) func(*Model) tea.Cmd {
	return views.Plain(func(m *Model) { do(m.tree) })
}

// Do carries out an action.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	cmd, ok := m.Handler.Do(id)
	if ok {
		m.changed()
	}
	return cmd, ok
}

func (m *Model) noEvent() string {
	if m.event == nil {
		return "No event is selected"
	}
	return ""
}

func (m *Model) noTree() string {
	if m.tab != Raw {
		return "Only the raw data can be folded"
	}
	return m.noEvent()
}

func (m *Model) nothingRelated() string {
	if m.tab == Relations && len(m.related.links) == 0 {
		return "Nothing is related to this event"
	}
	return ""
}

func (m *Model) noSearch() string {
	if m.lastQuery == "" {
		return "Search for something first"
	}
	return ""
}
