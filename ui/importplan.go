package ui

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/interchange"
	"threatbench/api/interchange/table"
	"threatbench/keymap"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// openPlan shows what would come in, and offers what can be changed of it.
func (m *Model) openPlan() tea.Cmd {
	x := m.imports.now
	list := []choice{{views.PickItem{Title: "Import", Detail: wouldCome(x.report)}, func() tea.Cmd { return m.acceptPlan(x) }}}
	if lines := m.problems(x.report); len(lines) > 0 {
		list = append(list, m.planItem("Problems", problemCount(x.report), func() tea.Cmd {
			return m.overPlan(m.textBox("Plan of "+x.name(), lines))
		}))
	}
	if len(x.report.Types) > 0 {
		list = append(list, m.planItem("Types", countsOf(x.report.Types, maxCounts), m.openCounts),
			m.planItem("TLP", countsOf(x.report.TLPs, maxCounts), m.openCounts))
	}
	list = append(list,
		m.planItem("No marking at all", views.Plural(x.report.Unmarked, "event")+", TLP "+x.options.TLP, m.askDefaultTLP),
		m.planItem("Dataset", cmp.Or(x.options.Dataset, "as the file says, else the default one"), m.askImportDataset),
		m.planItem("Tags to add", cmp.Or(strings.Join(x.options.Tags, ", "), "none"), m.askImportTags))
	list = append(list, m.columnItems(x)...)
	at := slices.IndexFunc(list, func(c choice) bool { return c.item.Title == m.imports.at })
	p := views.Pick{Title: "Import " + x.name() + ": " + formOf(x.report), At: max(at, 0), Chosen: func(i int) tea.Cmd {
		m.imports.at = list[i].item.Title
		return list[i].run()
	}}
	m.imports.plan = m.openChoices(p, list)
	return nil
}

// maxCounts is how many counts a line of the plan has.
const maxCounts = 5

func (m *Model) planItem(title, detail string, run func() tea.Cmd) choice {
	return choice{views.PickItem{Title: title, Detail: detail}, run}
}

// formOf says what a file is.
func formOf(r interchange.Report) string {
	form := cmp.Or(string(r.Format), "several forms")
	if r.Files > 0 {
		form = views.Plural(r.Files, "file") + ", " + form
	}
	return form + ", " + views.Plural(r.Lines, r.Format.Unit())
}

// wouldCome says what a plan would do.
func wouldCome(r interchange.Report) string {
	if r.Unsure {
		return views.Plural(r.Created, "event") + "; can't tell what is there already"
	}
	return strings.Join(append([]string{views.Plural(r.Created, "event")}, counts([]tally{
		{r.Updated, "updated"}, {r.Skipped, "there already"}, {r.Edited(), "edited here since stay"}, {r.Missing(), "left out"},
	})...), ", ")
}

// problemCount says how much is wrong with a file.
func problemCount(r interchange.Report) string {
	return strings.Join(counts([]tally{
		{r.Missing(), "left out"}, {r.Unreadable, "with a marking that can't be read"},
		{r.Edited(), "edited here since"}, {len(r.Notes) + r.MoreNotes, "notes"},
	}), ", ")
}

// acceptPlan imports what was planned, or says that there is nothing to.
func (m *Model) acceptPlan(x importing) tea.Cmd {
	if x.report.Created+x.report.Updated == 0 {
		m.openPlan()
		return m.say(toast.Info, "nothing would come in")
	}
	x.options.Again = x.report.Unsure
	return m.beginImport(x)
}

// openCounts lists all counts of the plan.
func (m *Model) openCounts() tea.Cmd {
	r, st := m.imports.now.report, m.env.Styles
	lines := []string{st.Strong.Paint("Indicators by type")}
	for part := range strings.SplitSeq(countsOf(r.Types, len(r.Types)), ", ") {
		lines = append(lines, "  "+harmless(part))
	}
	lines = append(lines, "", st.Strong.Paint("Events by TLP"))
	for part := range strings.SplitSeq(countsOf(r.TLPs, len(r.TLPs)), ", ") {
		lines = append(lines, "  "+harmless(part))
	}
	return m.overPlan(m.textBox("Plan of "+m.imports.now.name(), lines))
}

// replan plans anew with other options.
func (m *Model) replan(change func(o *interchange.ImportOptions)) tea.Cmd {
	if m.job != nil {
		return m.say(toast.Info, m.busy())
	}
	m.overlay.Close() // the plan so far
	before := m.imports.now
	x := before
	change(&x.options)
	cmd := m.plan(x)
	m.imports.before = &before
	return cmd
}

// overPlan opens a box over the plan, which is there again when the box closes.
func (m *Model) overPlan(l layer) tea.Cmd {
	m.openPlan()
	m.overlay.Open(l)
	return nil
}

// importTargets are the names of the datasets that events may go to.
func (m *Model) importTargets() []string {
	return slices.DeleteFunc(m.datasetNames(), func(name string) bool { return name == "default" || name == "all" })
}

// askDefaultTLP asks for the marking of events without one.
func (m *Model) askDefaultTLP() tea.Cmd {
	levels := []api.TLP{api.TLPClear, api.TLPGreen, api.TLPAmber, api.TLPAmberStrict, api.TLPRed}
	p := views.Pick{Title: "TLP of events without any marking", Chosen: func(i int) tea.Cmd {
		return m.replan(func(o *interchange.ImportOptions) { o.TLP = levels[i].String() })
	}}
	for _, l := range levels {
		p.Items = append(p.Items, views.PickItem{Title: l.String(), On: l.String() == m.imports.now.options.TLP})
	}
	return m.overPlan(newMenu(m, p))
}

// askImportDataset asks where the events are to go.
func (m *Model) askImportDataset() tea.Cmd {
	m.overPlan(newEntryOf(m, views.Entry{
		Title: "into which dataset?  (empty = as the file says; a new name makes one)", Value: m.imports.now.options.Dataset,
		Complete: func(text string) []string { return views.Complete(text, m.importTargets()) },
		Accept: func(name string) tea.Cmd {
			return m.replan(func(o *interchange.ImportOptions) { o.Dataset = strings.TrimSpace(name) })
		},
	}))
	return m.needCatalogs(nil)
}

// askImportTags asks for the tags of every event.
func (m *Model) askImportTags() tea.Cmd {
	m.overPlan(newEntryOf(m, views.Entry{
		Title: "tags for every event, with commas between  (empty = none)", Value: strings.Join(m.imports.now.options.Tags, ", "),
		Complete: func(text string) []string { return completeList(text, m.tagsFor(views.Targets{}, false)) },
		Accept: func(text string) tea.Cmd {
			return m.replan(func(o *interchange.ImportOptions) { o.Tags = listed(text) })
		},
	}))
	return m.needCatalogs(nil)
}

// columnItems are the columns of a table with what they are taken for.
func (m *Model) columnItems(x importing) []choice {
	if len(x.report.Columns) == 0 {
		return nil
	}
	var list []choice
	for _, c := range x.report.Columns {
		samples := ""
		if len(c.Samples) > 0 {
			samples = ": " + strings.Join(c.Samples, " | ")
		}
		list = append(list, m.planItem("Column "+c.Name, fieldOf(c)+samples, func() tea.Cmd { return m.askColumn(c) }))
	}
	return append(list,
		m.planItem("Date order", cmp.Or(x.options.DateOrder, "as the dates show"), m.askDateOrder),
		m.planItem("Use a saved mapping", "what the columns hold, from a file", m.askMapping),
		m.planItem("Save this mapping", "to be used again, here or by threatbench import --mapping", m.saveMapping))
}

// fieldOf says what a column is taken for.
func fieldOf(c interchange.Column) string {
	switch {
	case c.Field == "":
		return "kept in the raw record"
	case c.Field == leftColumn:
		return "left out"
	case c.Field == "indicator" && c.Type != "":
		return c.Field + " (" + c.Type + ")"
	}
	return c.Field
}

// leftColumn is what a column that is left out is mapped to.
const leftColumn = "-"

// askColumn asks what a column holds.
func (m *Model) askColumn(c interchange.Column) tea.Cmd {
	fields := append([]string{leftColumn}, interchange.FieldNames()...)
	p := views.Pick{
		Title: "What does the column " + c.Name + " hold?", Note: strings.Join(c.Samples, " | "),
		Chosen: func(i int) tea.Cmd {
			return m.replan(func(o *interchange.ImportOptions) {
				columns := map[string]string{c.Name: fields[i]}
				for name, field := range o.Columns {
					if name != c.Name {
						columns[name] = field
					}
				}
				o.Columns = columns
			})
		},
	}
	for _, f := range fields {
		title := f
		if f == leftColumn {
			title = "leave it out"
		}
		p.Items = append(p.Items, views.PickItem{Title: title, On: f == c.Field || c.Type != "" && f == c.Type})
	}
	return m.overPlan(newMenu(m, p))
}

// askDateOrder asks how the dates of a table are written.
func (m *Model) askDateOrder() tea.Cmd {
	orders := append([]string{""}, interchange.DateOrders()...)
	titles := map[string]string{"": "as the dates show", string(table.DayFirst): "day, month, year", string(table.MonthFirst): "month, day, year", string(table.YearFirst): "year, month, day"}
	p := views.Pick{Title: "How are the dates written?", Chosen: func(i int) tea.Cmd {
		return m.replan(func(o *interchange.ImportOptions) { o.DateOrder = orders[i] })
	}}
	for _, o := range orders {
		p.Items = append(p.Items, views.PickItem{Title: titles[o], Detail: o, On: o == m.imports.now.options.DateOrder})
	}
	return m.overPlan(newMenu(m, p))
}

// askMapping asks for the file of a mapping, and plans with it.
func (m *Model) askMapping() tea.Cmd {
	m.openPlan()
	return m.askPath("the mapping in which file?", func(path string) tea.Cmd {
		return m.env.Async.Run(async.Slot{View: jobView, Name: mappingSlot}, func(ctx context.Context, _ async.Report) (any, error) {
			return m.options.Imports.Mapping(ctx, path)
		})
	})
}

func (m *Model) onMapping(f async.JobDone) tea.Cmd {
	if f.Err != nil {
		return m.say(toast.Error, f.Err.Error())
	}
	used, _ := f.Value.(table.Mapping)
	if top, _ := m.overlay.Top(); top != m.imports.plan {
		return m.say(toast.Warn, "the mapping was read when the plan was closed: choose it again")
	}
	return m.replan(func(o *interchange.ImportOptions) { o.Columns, o.DateOrder = used.Columns, string(used.DateOrder) })
}

// saveMapping writes what the columns are taken for.
func (m *Model) saveMapping() tea.Cmd {
	x := m.imports.now
	used, err := x.report.Mapping(x.options.DateOrder)
	if err != nil {
		return m.say(toast.Error, err.Error())
	}
	b, err := used.Encode()
	if err != nil {
		return m.say(toast.Error, err.Error())
	}
	m.openPlan()
	return m.saveAs("the mapping", strings.TrimSuffix(x.name(), filepath.Ext(x.name()))+"-mapping.json", b)
}

// askPath asks for a path; tab completes it.
func (m *Model) askPath(title string, accept func(path string) tea.Cmd) tea.Cmd {
	m.imports.paths, m.imports.asked = map[string][]string{}, nil
	l := newEntryOf(m, views.Entry{
		Title: title, Complete: m.pathsLike,
		Accept: func(path string) tea.Cmd {
			m.imports.entry = nil
			if path = strings.TrimSpace(path); path == "" {
				return nil
			}
			return accept(path)
		},
	})
	m.imports.entry = l
	m.overlay.Open(l)
	return nil
}

// pathsLike are the paths that begin with a text. The folder is read beside
// the event loop, and what is offered follows when it has been.
func (m *Model) pathsLike(text string) []string {
	folder := text[:strings.LastIndexByte(text, filepath.Separator)+1]
	names, known := m.imports.paths[folder]
	if !known && (m.imports.asked == nil || *m.imports.asked != folder) {
		m.imports.asked = &folder
		m.queue = append(m.queue, m.env.Async.Run(async.Slot{View: jobView, Name: filesSlot}, func(ctx context.Context, _ async.Report) (any, error) {
			list, err := m.options.Imports.Files(ctx, folder)
			return listedFolder{folder, list}, err
		}))
	}
	var out []string
	for _, name := range names {
		if strings.HasPrefix(name, text) && name != text {
			out = append(out, name)
		}
	}
	return out
}

// listedFolder is what a folder holds.
type listedFolder struct {
	folder string
	names  []string
}

// onFiles offers what a folder holds. One that can't be read offers nothing;
// why shows when it is imported.
func (m *Model) onFiles(f async.JobDone) tea.Cmd {
	list, _ := f.Value.(listedFolder)
	if m.imports.entry == nil || f.Err != nil {
		return nil
	}
	m.imports.paths[list.folder] = list.names
	m.imports.entry.suggest()
	return nil
}

// importKey is the key of an import.
func (m *Model) importKey() string {
	for _, h := range m.env.Keys.Hints([]keymap.Scope{keymap.Global}, keymap.ActImport) {
		return m.keyLabel(h.Keys)
	}
	return "import"
}
