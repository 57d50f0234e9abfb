package datasets

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"threatbench/keymap"
	"threatbench/views"
)

// Actions describes what can be done in this view.
func Actions() []keymap.Action { return views.Describe(actions()) }

func actions() []views.Action[*Model] {
	return slices.Concat(views.Moves(keymap.Datasets, "dataset or change", (*Model).move), []views.Action[*Model]{
		{
			ID: "datasets.open", Group: "Datasets", Keys: []string{"enter"}, Title: "Show its events", Hint: "events",
			Help: "Shows the events of the dataset, or those the selected change touched.",
			Do:   views.Plain((*Model).open), Disabled: (*Model).nothingToOpen, Hinted: eitherPart(1, 2),
		},
		{
			ID: "datasets.new", Group: "Datasets", Keys: []string{"n"}, Title: "Create a dataset", Hint: "new",
			Help: "Asks for a name and creates a dataset for this account only.",
			Do:   views.Plain((*Model).create), Disabled: (*Model).readOnly, Hinted: eitherPart(2, 0),
		},
		{
			ID: "datasets.rename", Group: "Datasets", Keys: []string{"e"}, Title: "Rename the dataset", Hint: "rename",
			Help: "Asks for a new name for the selected dataset.",
			Do:   views.Plain((*Model).rename), Disabled: (*Model).unchangeable, Hinted: eitherPart(3, 0),
		},
		{
			ID: "datasets.public", Group: "Datasets", Keys: []string{"p"}, Title: "Make public or private", Hint: "public",
			Help: "Shows the dataset to every account, or to this one only; asks first.",
			Do:   views.Plain((*Model).publish), Disabled: (*Model).unchangeable,
		},
		{
			ID: "datasets.revert", Group: "Datasets", Keys: []string{"R"}, Title: "Revert the dataset", Hint: "revert",
			Help: "Puts the dataset back to a time, or to before the selected change; shows first what that changes.",
			Do:   (*Model).revert, Disabled: (*Model).unchangeable, Hinted: eitherPart(4, 1),
		},
		{ID: keymap.ActUndo, Hinted: views.Always[*Model](5)},
		{ID: keymap.AppNextPane, Hinted: views.Always[*Model](6)},
		{ID: keymap.AppRefresh, Do: (*Model).refresh, Hinted: views.Always[*Model](7)},
		{ID: keymap.AppHelp, Hinted: views.Always[*Model](8)},
		{ID: keymap.AppCopy, Do: views.Plain((*Model).copy), Disabled: (*Model).noDataset},
	})
}

// eitherPart is a place on the bottom line while the list has the focus, and
// another while the history has it.
func eitherPart(list, history int) func(*Model) int {
	return func(m *Model) int {
		if m.part == partHistory {
			return history
		}
		return list
	}
}

// Do carries out an action.
func (m *Model) Do(id keymap.ID) (tea.Cmd, bool) {
	if id != keymap.AppCopy && m.DisabledReason(id) == "" {
		m.letBe()
	}
	cmd, ok := m.Handler.Do(id)
	if ok {
		m.changed()
	}
	return cmd, ok
}

func (m *Model) noDataset() string {
	if _, ok := m.current(); !ok {
		return "There is no dataset"
	}
	return ""
}

func (m *Model) nothingToOpen() string {
	if _, ok := m.entry(); m.part == partHistory && !ok {
		return "There is no change to show events of"
	}
	return m.noDataset()
}

func (m *Model) readOnly() string { return m.env.ReadOnlyReason() }

// unchangeable tells why the selected dataset can't be changed.
func (m *Model) unchangeable() string {
	if why := m.readOnly(); why != "" {
		return why
	}
	if d, ok := m.current(); ok && d.DeletedAt != nil {
		return "The dataset was deleted"
	}
	return m.noDataset()
}
