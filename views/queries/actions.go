package queries

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
	return slices.Concat(listActions(), builderMoves(), builderActions(), sharedActions(), fieldActions())
}

func listActions() []views.Action[*Model] {
	return append(views.Moves(keymap.Queries, "query", (*Model).moveInList), []views.Action[*Model]{
		{
			ID: "queries.run", Group: "Saved queries", Keys: []string{"enter"}, Title: "Show its events", Hint: "run",
			Help: "Shows the events that match the query.",
			Do:   (*Model).runSelected, Disabled: (*Model).noQuery, Hinted: onList(1),
		},
		{
			ID: "queries.edit", Group: "Saved queries", Keys: []string{"e"}, Title: "Edit the query", Hint: "edit",
			Help: "Opens the query in the builder.",
			Do:   (*Model).editSelected, Disabled: (*Model).noQuery, Hinted: onList(2),
		},
		{
			ID: "queries.new", Group: "Saved queries", Keys: []string{"n"}, Title: "New query", Hint: "new",
			Help: "Opens the builder with nothing in it.",
			Do:   (*Model).newQuery, Hinted: onList(3),
		},
		{
			ID: "queries.duplicate", Group: "Saved queries", Keys: []string{"c"}, Title: "Duplicate the query", Hint: "duplicate",
			Help: "Saves the query once more under another name.",
			Do:   onQuery((*list).askDuplicate), Disabled: (*Model).unchangeable, Hinted: onList(4),
		},
		{
			ID: "queries.rename", Group: "Saved queries", Keys: []string{"R"}, Title: "Rename the query", Hint: "rename",
			Help: "Gives the query another name.",
			Do:   onQuery((*list).askRename), Disabled: (*Model).unchangeable, Hinted: onList(5),
		},
		{
			ID: "queries.delete", Group: "Saved queries", Keys: []string{"x", "delete"}, Title: "Delete the query", Hint: "delete",
			Help: "Deletes the query, after asking; undo brings it back.",
			Do:   onQuery((*list).askDelete), Disabled: (*Model).unchangeable, Hinted: onList(6),
		},
		{
			ID: "queries.alert", Group: "Saved queries", Keys: []string{"A"}, Title: "Alert on the query", Hint: "alert",
			Help: "Goes to the alert of the query, or makes one.",
			Do:   views.Plain(func(m *Model) { m.env.Host.Visit(views.VisitAlert{QueryID: m.list.selected().ID}) }), Disabled: (*Model).noQuery, Hinted: onList(7),
		},
		{
			ID: "queries.count", Group: "Saved queries", Keys: []string{"w"}, Title: "Look for new matches", Hint: "new matches",
			Help: "Counts, for every query, what has come since you last looked; one call each.",
			Do:   func(m *Model) tea.Cmd { return m.list.count() }, Disabled: (*Model).noQueries, Hinted: onList(8),
		},
	}...)
}

// builderMoves are the movements in the builder, whose rows fit on a screen.
func builderMoves() []views.Action[*Model] {
	return slices.DeleteFunc(views.Moves(keymap.Builder, "line", (*Model).moveInBuilder), func(a views.Action[*Model]) bool {
		return a.ID == "builder.page_up" || a.ID == "builder.page_down"
	})
}

func builderActions() []views.Action[*Model] {
	return onlyInBuilder([]views.Action[*Model]{
		{
			ID: "builder.left", Group: "Moving", Keys: []string{"h", "left"}, Title: "To the left", Hint: "left",
			Help: "Moves from the value to the operator, and on to the field.",
			Do:   views.Plain(func(m *Model) { m.build.col = max(m.build.col-1, 0) }),
		},
		{
			ID: "builder.right", Group: "Moving", Keys: []string{"l", "right"}, Title: "To the right", Hint: "right",
			Help: "Moves from the field to the operator, and on to the value.",
			Do:   views.Plain(func(m *Model) { m.build.col = min(m.build.col+1, colValue) }),
		},
		{
			ID: "builder.edit", Group: "Filter", Keys: []string{"enter"}, Title: "Change this", Hint: "change",
			Help: "Changes the selected field, operator, value or setting.",
			Do:   (*Model).changeSelected, Hinted: inForm(1),
		},
		{
			ID: "builder.add", Group: "Filter", Keys: []string{"n", "+"}, Title: "Add a condition", Hint: "add",
			Help: "Adds a condition to the group of the selected line.",
			Do:   func(m *Model) tea.Cmd { return m.build.add(m.build.group()) }, Disabled: (*Model).groupFull, Hinted: inForm(2),
		},
		{
			ID: "builder.branch", Group: "Filter", Keys: []string{"o"}, Title: "Add an OR group", Hint: "or",
			Help: "Adds a group of conditions; one of the groups has to hold.",
			Do:   inBuilder((*builder).addBranch), Disabled: (*Model).branchesFull, Hinted: inForm(3),
		},
		{
			ID: "builder.remove", Group: "Filter", Keys: []string{"x", "delete", "backspace"}, Title: "Remove the condition", Hint: "remove",
			Help: "Takes the selected condition out.",
			Do:   inBuilder((*builder).remove), Disabled: (*Model).noCondition, Hinted: inForm(4),
		},
		{
			ID: "builder.negate", Group: "Filter", Keys: []string{"-"}, Title: "Turn into its opposite", Hint: "not",
			Help: "Excludes what the condition asks for, or the reverse.",
			Do:   inBuilder((*builder).negate), Disabled: (*Model).noOpposite, Hinted: inForm(5),
		},
		{
			ID: "builder.move", Group: "Filter", Keys: []string{"m"}, Title: "Move to another group", Hint: "move",
			Help: "Moves the condition to another OR group, or to what always holds.",
			Do:   views.Plain(func(m *Model) { m.build.moveRow() }), Disabled: (*Model).noCondition,
		},
		{
			ID: "builder.time", Group: "Filter", Keys: []string{"w"}, Title: "Choose a time", Hint: "time",
			Help: "Chooses a usual stretch of time, or removes the dates.",
			Do:   views.Plain(func(m *Model) { m.build.chooseTime() }), Hinted: inForm(6),
		},
		{
			ID: "builder.datasets", Group: "Filter", Keys: []string{"d"}, Title: "Choose the datasets", Hint: "datasets",
			Help: "Chooses the datasets that are searched.",
			Do:   inBuilder((*builder).askDatasets),
		},
		{
			ID: "builder.order", Group: "Filter", Keys: []string{"s"}, Title: "Choose the order", Hint: "order",
			Help: "Chooses by what the events are ordered.",
			Do:   views.Plain(func(m *Model) { m.build.chooseOrder() }),
		},
		{
			ID: "builder.text", Group: "Filter", Keys: []string{"/"}, Title: "Edit as text", Hint: "text",
			Help: "Edits the filter as a line of text; the rows follow.",
			Do:   (*Model).editText, Hinted: inForm(7),
		},
		{
			ID: "builder.undo", Group: "Filter", Keys: []string{"u"}, Title: "Undo the last edit", Hint: "undo",
			Help: "Takes back the last change of the filter in the builder.",
			Do:   inBuilder((*builder).takeBack), Disabled: (*Model).noEdit, Hinted: inForm(10),
		},
		{
			ID: "builder.run", Group: "Query", Keys: []string{"e", "ctrl+r"}, Title: "Show the events", Hint: "events",
			Help: "Shows the events that match, in the table.",
			Do:   func(m *Model) tea.Cmd { return m.run(m.build.state) }, Hinted: inForm(8),
		},
		{
			ID: "builder.save", Group: "Query", Keys: []string{"S", "ctrl+s"}, Title: "Save the query", Hint: "save",
			Help: "Saves the filter as a query, under its name or a new one.",
			Do:   func(m *Model) tea.Cmd { return m.build.save(false) }, Disabled: (*Model).noSave, Hinted: inForm(9),
		},
		{
			ID: "builder.save_as", Group: "Query", Keys: []string{"A"}, Title: "Save as", Hint: "save as",
			Help: "Saves the filter as another query.",
			Do:   func(m *Model) tea.Cmd { return m.build.save(true) }, Disabled: (*Model).noSaveAs,
		},
		{
			ID: "builder.leave", Group: "Query", Keys: []string{"esc"}, Title: "Back to the list", Hint: "list",
			Help: "Returns to the saved queries; the filter stays in the builder.",
			Do:   (*Model).leave,
		},
	})
}

// onlyInBuilder holds actions back while the builder is closed: named in the
// palette, they would change or save a filter that isn't in sight.
func onlyInBuilder(list []views.Action[*Model]) []views.Action[*Model] {
	for i, a := range list {
		list[i].Disabled = func(m *Model) string {
			switch {
			case !m.building:
				return "The builder isn't open"
			case a.Disabled != nil:
				return a.Disabled(m)
			}
			return ""
		}
	}
	return list
}

// sharedActions mean something in the list and in the builder.
func sharedActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{ID: keymap.AppRefresh, Do: (*Model).refresh},
		{ID: keymap.AppCopy, Do: views.Plain((*Model).copy)},
		{ID: keymap.AppCopyMenu, Do: views.Plain((*Model).copyAs), Hinted: outsideFields(11)},
		{ID: keymap.AppHelp, Hinted: outsideFields(12)},
	}
}

// fieldActions concern the text field that is open: the filter as a line of
// text, or the value of a condition.
func fieldActions() []views.Action[*Model] {
	return []views.Action[*Model]{
		{ID: "filter.accept", Do: inBuilder((*builder).acceptText), Hinted: inField(partText, 1)},
		{ID: "filter.cancel", Do: inBuilder((*builder).cancelText), Hinted: inField(partText, 2)},
		{ID: "filter.complete", Hinted: inField(partText, 3)},
		{ID: "filter.older", Hinted: inField(partText, 4)},
		{ID: "prompt.accept", Do: inBuilder((*builder).acceptValue), Hinted: inField(partValue, 1)},
		{ID: "prompt.cancel", Do: views.Plain(func(m *Model) { m.build.leaveValue() }), Hinted: inField(partValue, 2)},
		{ID: "prompt.complete", Hinted: inField(partValue, 3)},
	}
}

func onList(place int) func(*Model) int {
	return func(m *Model) int {
		if m.building {
			return 0
		}
		return place
	}
}

func inForm(place int) func(*Model) int {
	return func(m *Model) int {
		if !m.building || m.Typing() {
			return 0
		}
		return place
	}
}

func outsideFields(place int) func(*Model) int {
	return func(m *Model) int {
		if m.Typing() {
			return 0
		}
		return place
	}
}

func inField(p part, place int) func(*Model) int {
	return func(m *Model) int {
		if !m.building || m.build.part != p {
			return 0
		}
		return place
	}
}

func inBuilder(do func(*builder) tea.Cmd) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { return do(m.build) }
}

// onQuery does something to the selected query.
func onQuery(do func(*list, api.SavedQuery)) func(*Model) tea.Cmd {
	return views.Plain(func(m *Model) { do(m.list, *m.list.selected()) })
}

func (m *Model) noQuery() string {
	if m.list.selected() == nil {
		return "No query is selected"
	}
	return ""
}

func (m *Model) unchangeable() string {
	if why := m.env.ReadOnlyReason(); why != "" {
		return why
	}
	return m.noQuery()
}

func (m *Model) noQueries() string {
	if len(m.list.queries) == 0 {
		return "There are no queries"
	}
	return ""
}

func (m *Model) noCondition() string {
	if !m.building || m.build.selected().kind != lineRow {
		return "No condition is selected"
	}
	return ""
}

func (m *Model) noOpposite() string {
	if why := m.noCondition(); why != "" {
		return why
	}
	if b := m.build; opposite(b.rows[b.selected().row]) == "" {
		return "The API can exclude whole values only"
	}
	return ""
}

func (m *Model) groupFull() string { return m.build.full(m.build.group()) }

func (m *Model) branchesFull() string { return m.build.full(branches(m.build.rows)) }

func (m *Model) noEdit() string {
	if len(m.build.undo) == 0 {
		return "Nothing was changed here"
	}
	return ""
}

func (m *Model) noSave() string {
	if b := m.build; b.saved != nil && b.same(b.opened) {
		return "Already saved"
	}
	return m.noSaveAs()
}

func (m *Model) noSaveAs() string {
	if m.list.unsupported {
		return "This server can't store queries; y copies the filter, Y shares it"
	}
	return m.env.ReadOnlyReason()
}
