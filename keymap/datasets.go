package keymap

// Datasets is the scope of the list of datasets and of the history below it.
const Datasets Scope = "datasets"

// The actions of the datasets and of their history.
const (
	DatasetsUp       ID = "datasets.up"
	DatasetsDown     ID = "datasets.down"
	DatasetsPageUp   ID = "datasets.page_up"
	DatasetsPageDown ID = "datasets.page_down"
	DatasetsFirst    ID = "datasets.first"
	DatasetsLast     ID = "datasets.last"
	DatasetsOpen     ID = "datasets.open"
	DatasetsNew      ID = "datasets.new"
	DatasetsRename   ID = "datasets.rename"
	DatasetsPublic   ID = "datasets.public"
	DatasetsRevert   ID = "datasets.revert"
)

func datasetActions() []Action {
	return []Action{
		{ID: DatasetsUp, Scope: Datasets, Group: "Moving", Keys: []string{"k", "up"},
			Title: "Up", Short: "up", Help: "Moves to the dataset or the change above."},
		{ID: DatasetsDown, Scope: Datasets, Group: "Moving", Keys: []string{"j", "down"},
			Title: "Down", Short: "down", Help: "Moves to the dataset or the change below."},
		{ID: DatasetsPageUp, Scope: Datasets, Group: "Moving", Keys: []string{"pgup", "ctrl+b"},
			Title: "Page up", Short: "page up", Help: "Moves up by a screen."},
		{ID: DatasetsPageDown, Scope: Datasets, Group: "Moving", Keys: []string{"pgdown", "ctrl+f"},
			Title: "Page down", Short: "page down", Help: "Moves down by a screen."},
		{ID: DatasetsFirst, Scope: Datasets, Group: "Moving", Keys: []string{"g", "home"},
			Title: "To the first", Short: "first", Help: "Moves to the first dataset, or to the newest change."},
		{ID: DatasetsLast, Scope: Datasets, Group: "Moving", Keys: []string{"G", "end"},
			Title: "To the last", Short: "last", Help: "Moves to the last dataset, or to the oldest change that is loaded."},
		{ID: DatasetsOpen, Scope: Datasets, Group: "Datasets", Keys: []string{"enter"},
			Title: "Show its events", Short: "events", Help: "Shows the events of the dataset, or those that the change touched."},
		{ID: DatasetsNew, Scope: Datasets, Group: "Datasets", Keys: []string{"n"},
			Title: "Create a dataset", Short: "new", Help: "Asks for a name and creates a dataset, which isn't public."},
		{ID: DatasetsRename, Scope: Datasets, Group: "Datasets", Keys: []string{"e"},
			Title: "Rename the dataset", Short: "rename", Help: "Asks for another name of the selected dataset."},
		{ID: DatasetsPublic, Scope: Datasets, Group: "Datasets", Keys: []string{"p"}, Danger: true,
			Title: "Change who sees it", Short: "public", Help: "Shows the dataset to every account, or to this one only; asks first."},
		{ID: DatasetsRevert, Scope: Datasets, Group: "Datasets", Keys: []string{"R"}, Danger: true,
			Title: "Revert the dataset", Short: "revert", Help: "Puts the dataset back to a time, or to the change selected in its history; says first what that changes."},
	}
}
