package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/interchange"
	"threatbench/api/interchange/table"
	"threatbench/api/query"
	"threatbench/ui/widget/overlay"
	"threatbench/ui/widget/toast"
	"threatbench/views"
)

// Imports is what a session can do with imports.
type Imports interface {
	// Import reads a file, a folder or an archive, or plans to.
	Import(ctx context.Context, path string, o interchange.ImportOptions, report async.Report) (interchange.Report, error)
	// Mapping reads a saved mapping of columns.
	Mapping(ctx context.Context, path string) (table.Mapping, error)
	// Files lists the paths that begin with a text, folders with a slash behind
	// them.
	Files(ctx context.Context, begin string) ([]string, error)
	// Imported lists events that an import made or changed.
	Imported(ctx context.Context, id string, after int64, limit int) (api.ImportedEvents, error)
	// UndoImport takes some of an import's events back, UndoWholeImport all.
	UndoImport(ctx context.Context, id string, u api.UndoImport) (api.UndoneImport, error)
	UndoWholeImport(ctx context.Context, id string, progress func(done int)) (api.UndoneImport, error)
}

// Where the work on imports runs.
const (
	planSlot     = "plan"
	importSlot   = "import"
	importedSlot = "imported"
	takeBackSlot = "take back"
	mappingSlot  = "mapping"
	filesSlot    = "files"
)

// importing is an import from its plan to its report.
type importing struct {
	path    string
	options interchange.ImportOptions
	report  interchange.Report // the plan, later what came in
}

// name is what the person calls it.
func (x importing) name() string { return views.Shown(filepath.Base(filepath.Clean(x.path))) }

// imports is the import in hand.
type imports struct {
	now     importing
	last    importing           // the one whose report is at hand
	marked  string              // the one whose events were marked last
	waiting func() tea.Cmd      // opens a plan or a report that came while somebody typed
	before  *importing          // the plan that another one is made in place of
	plan    layer               // the box that shows it
	at      string              // the line of the plan chosen last
	paths   map[string][]string // what folders hold
	asked   *string             // the folder that was asked for last
	entry   *entryLayer         // that asks for a path
}

// askImport asks for what is to be imported, or shows what waits; after an
// import it offers its report, too.
func (m *Model) askImport() tea.Cmd {
	if open := m.imports.waiting; open != nil {
		m.imports.waiting = nil
		return open()
	}
	if last := m.imports.last; last.report.Import != "" {
		m.openChoices(views.Pick{Title: "Import"}, []choice{
			{views.PickItem{Title: "Import a file, folder or zip"}, m.askWhatToImport},
			{views.PickItem{Title: "Report of " + last.name(), Detail: "to show what came in, or undo it"}, m.openReport},
		})
		return nil
	}
	return m.askWhatToImport()
}

func (m *Model) askWhatToImport() tea.Cmd {
	return m.askPath("import which file, folder or zip?", func(path string) tea.Cmd {
		m.imports.at = ""
		return m.plan(importing{path: path, options: interchange.ImportOptions{TLP: api.TLPAmber.String()}})
	})
}

// onImports receives what work on imports comes to; is is false for other work.
func (m *Model) onImports(f async.JobDone) (cmd tea.Cmd, is bool) {
	receive, is := map[string]func(async.JobDone) tea.Cmd{
		planSlot: m.onPlan, importSlot: m.onImport, importedSlot: m.onImported,
		takeBackSlot: m.onTakenBack, mappingSlot: m.onMapping, filesSlot: m.onFiles,
	}[f.Slot.Name]
	if !is {
		return nil, false
	}
	return receive(f), true
}

// plan tells what would come in; nothing is written.
func (m *Model) plan(x importing) tea.Cmd {
	x.options.Plan = true
	return m.runImport(x, planSlot, "planning the import of ")
}

// beginImport imports what was planned.
func (m *Model) beginImport(x importing) tea.Cmd {
	x.options.Plan = false
	return m.runImport(x, importSlot, "importing ")
}

func (m *Model) runImport(x importing, name, label string) tea.Cmd {
	if m.job != nil {
		return m.say(toast.Info, m.busy())
	}
	m.imports.now, m.imports.before, m.imports.waiting = x, nil, nil
	slot := async.Slot{View: jobView, Name: name}
	m.beginJob(slot, label+x.name(), 0)
	return m.env.Async.Run(slot, func(ctx context.Context, report async.Report) (any, error) {
		return m.options.Imports.Import(ctx, x.path, x.options, report)
	})
}

// onPlan shows a plan.
func (m *Model) onPlan(f async.JobDone) tea.Cmd {
	m.job = nil
	before := m.imports.before
	m.imports.before = nil
	if f.Err != nil {
		told := m.say(toast.Error, f.Err.Error())
		if errors.Is(f.Err, context.Canceled) {
			told = m.say(toast.Info, "cancelled: nothing was imported")
		}
		if before == nil {
			return told
		}
		m.imports.now = *before // the plan that stands, with what was chosen
		return tea.Batch(told, m.openOrWait("The plan before is kept", m.openPlan))
	}
	m.imports.now.report, _ = f.Value.(interchange.Report)
	return m.openOrWait("The plan is ready", m.openPlan)
}

// openOrWait opens a box, or where somebody is typing or answering keeps it
// for later and names the key.
func (m *Model) openOrWait(what string, open func() tea.Cmd) tea.Cmd {
	if !m.occupied() {
		return open()
	}
	m.imports.waiting = open
	return m.say(toast.Info, what+": "+m.importKey()+" shows it")
}

// onImport tells what came in, and offers what can be done with it.
func (m *Model) onImport(f async.JobDone) tea.Cmd {
	m.job = nil
	r, _ := f.Value.(interchange.Report)
	m.imports.now.report = r
	m.imports.last = m.imports.now
	summary := "import of " + m.imports.now.name() + ": " + cameIn(r)
	cmd := m.events.Reload()
	switch {
	case errors.Is(f.Err, context.Canceled):
		cmd = tea.Batch(cmd, m.say(toast.Warn, "cancelled: "+summary+"; importing it again completes it"))
	case f.Err != nil:
		cmd = tea.Batch(cmd, m.say(toast.Error, f.Err.Error()+" ("+summary+")"))
	case r.Missing()+r.Edited()+r.Unreadable > 0:
		cmd = tea.Batch(cmd, m.say(toast.Warn, summary))
	default:
		cmd = tea.Batch(cmd, m.say(toast.Good, summary))
	}
	if f.Err != nil && r.Import == "" {
		return cmd
	}
	return tea.Batch(cmd, m.openOrWait("The report is ready", m.openReport))
}

// openReport offers what can be done after an import.
func (m *Model) openReport() tea.Cmd {
	x := m.imports.last
	list := []choice{{views.PickItem{Title: "Close", Detail: cameIn(x.report)}, func() tea.Cmd { return nil }}}
	if x.report.Import != "" {
		list = append(list,
			choice{views.PickItem{Title: "Show what came in"}, func() tea.Cmd { return m.findImported(x) }},
			choice{views.PickItem{Title: "Undo the whole import", Detail: "deletes what it made, restores what it changed"}, func() tea.Cmd { return m.askTakeBack(x) }})
	}
	if lines := m.problems(x.report); len(lines) > 0 {
		list = append(list, choice{views.PickItem{Title: "Show what was left out or decided", Detail: views.Plural(len(lines), "line")}, func() tea.Cmd {
			m.openReport()
			m.openText("Import of "+x.name(), lines)
			return nil
		}})
	}
	m.openChoices(views.Pick{Title: "Imported: " + x.name()}, list)
	return nil
}

// choice is one of what can be done, with how it is done.
type choice struct {
	item views.PickItem
	run  func() tea.Cmd
}

// openChoices opens a list of what can be done.
func (m *Model) openChoices(p views.Pick, list []choice) layer {
	if p.Chosen == nil {
		p.Chosen = func(i int) tea.Cmd { return list[i].run() }
	}
	for _, c := range list {
		p.Items = append(p.Items, c.item)
	}
	l := newMenu(m, p)
	m.overlay.Open(l)
	return l
}

// cameIn sums up an import.
func cameIn(r interchange.Report) string {
	return strings.Join(append([]string{views.Plural(r.Created, "event") + " created"}, counts([]tally{
		{r.Updated, "updated"}, {r.Skipped, "there already"}, {r.Edited(), "edited here since, left as they are"},
		{r.Missing(), "left out"}, {r.Unreadable, "with a marking that can't be read"},
	})...), ", ")
}

// tally is how many there are of something.
type tally struct {
	n    int
	what string
}

// counts writes those of which there are some.
func counts(list []tally) (out []string) {
	for _, t := range list {
		if t.n > 0 {
			out = append(out, views.Count(t.n)+" "+t.what)
		}
	}
	return out
}

// problems lists what was left out, and what was decided in the file's stead.
func (m *Model) problems(r interchange.Report) []string {
	st := m.env.Styles
	var lines []string
	add := func(word string, list []interchange.Rejection, more int) {
		for _, said := range list {
			lines = append(lines, st.Faint.Paint(word)+harmless(said.Where()+": "+said.Reason))
		}
		if more > 0 {
			lines = append(lines, st.Faint.Paint(word)+"and "+views.Count(more)+" more")
		}
	}
	add("left out   ", r.Rejected, r.MoreRejected)
	for _, l := range r.LeftOut {
		lines = append(lines, st.Faint.Paint("left out   ")+harmless(views.Plural(l.Count, l.Kind)+": "+l.Reason))
	}
	add("edited     ", r.Kept, r.MoreKept)
	add("note       ", r.Notes, r.MoreNotes)
	return lines
}

// maxImported is how many of an import's events are marked.
const maxImported = 10_000

// importedEvents are the events of an import, as far as they are marked.
type importedEvents struct {
	of   importing
	ids  []string
	more bool
}

// findImported asks which events an import made or changed.
func (m *Model) findImported(x importing) tea.Cmd {
	return m.env.Async.Run(async.Slot{View: jobView, Name: importedSlot}, func(ctx context.Context, _ async.Report) (any, error) {
		out := importedEvents{of: x}
		for after := int64(0); ; {
			page, err := m.options.Imports.Imported(ctx, x.report.Import, after, 1000)
			if err != nil {
				return nil, err
			}
			out.ids = append(out.ids, page.IDs...)
			if after = page.Next; after == 0 || len(out.ids) >= maxImported {
				out.more = after != 0
				return out, nil
			}
		}
	})
}

// onImported shows what came in: a few events by a filter for them, many as
// marks in the list of all.
func (m *Model) onImported(f async.JobDone) tea.Cmd {
	x, _ := f.Value.(importedEvents)
	switch {
	case f.Err != nil:
		return m.say(toast.Error, f.Err.Error())
	case len(x.ids) == 0:
		return m.say(toast.Info, "none of its events is there any more")
	}
	to := views.VisitEvents{Datasets: []string{api.ScopeAll}, OrderBy: string(api.FieldCreatedAt)}
	if len(x.ids) <= api.MaxInValues {
		to.Filter = query.FormatCondition(api.Condition{Field: api.FieldUUID, Op: api.OpIn, Values: x.ids})
		return m.openVisit(to)
	}
	cmd := m.openVisit(to)
	m.events.MarkThese(x.ids, true)
	m.imports.marked = x.of.report.Import
	text := "The " + views.Count(len(x.ids)) + " events that came in are marked, the newest first"
	if there := len(x.ids) - x.of.report.Created - x.of.report.Updated; there > 0 {
		text = "The " + views.Count(len(x.ids)) + " events of the file are marked, " + views.Count(there) + " of them were there already"
	}
	if x.more {
		text = "The first " + views.Count(len(x.ids)) + " events that came in are marked, more came"
	}
	return tea.Batch(cmd, m.say(toast.Info, text))
}

// askTakeBack asks before a whole import is taken back.
func (m *Model) askTakeBack(x importing) tea.Cmd {
	r := x.report
	details := []string{
		views.Plural(r.Created, "event") + " that it made: deleted",
		views.Plural(r.Updated, "event") + " that it changed: as before",
		m.env.Styles.Faint.Paint("What was edited since stays, and is listed."),
	}
	q := overlay.Question{Title: "Undo the import", Ask: "Undo the import of " + x.name() + "?", Accept: "Undo", Danger: true, Details: details}
	m.askThen(q, func() tea.Cmd { return m.takeBack(x, nil) })
	return nil
}

// takenBack is what came of taking an import back.
type takenBack struct {
	of   importing
	done api.UndoneImport
}

// takeBack takes an import back, or the named events of it alone, also where
// they were edited since.
func (m *Model) takeBack(x importing, events []string) tea.Cmd {
	if m.job != nil {
		return m.say(toast.Info, m.busy())
	}
	slot := async.Slot{View: jobView, Name: takeBackSlot}
	m.beginJob(slot, "undoing the import of "+x.name(), x.report.Created+x.report.Updated)
	return m.env.Async.Run(slot, func(ctx context.Context, report async.Report) (any, error) {
		if len(events) > 0 {
			done, err := m.options.Imports.UndoImport(ctx, x.report.Import, api.UndoImport{Events: events})
			return takenBack{x, done}, err
		}
		done, err := m.options.Imports.UndoWholeImport(ctx, x.report.Import, func(n int) {
			report(int64(n), int64(x.report.Created+x.report.Updated), "")
		})
		return takenBack{x, done}, err
	})
}

// onTakenBack tells what came of it, and offers the events that stay.
func (m *Model) onTakenBack(f async.JobDone) tea.Cmd {
	m.job = nil
	t, _ := f.Value.(takenBack)
	parts := append([]string{views.Plural(t.done.Deleted, "event") + " deleted", views.Count(t.done.Restored) + " restored"}, counts([]tally{
		{t.done.Gone, "gone already"}, {t.done.Shared, "stay, which another import has as well"}, {len(t.done.Kept), "edited since stay"},
	})...)
	if f.Err == nil && len(t.done.Kept) == 0 && t.of.report.Import == m.imports.last.report.Import {
		m.imports.last = importing{} // there is nothing more to take back
	}
	if f.Err == nil && t.of.report.Import == m.imports.marked {
		var kept []string // the marks of the others would be of nothing
		for _, k := range t.done.Kept {
			kept = append(kept, k.UUID)
		}
		m.events.MarkThese(kept, false)
	}
	text, cmd := "Undone: "+strings.Join(parts, ", "), m.events.Reload()
	switch {
	case f.Err != nil:
		return tea.Batch(cmd, m.say(toast.Error, f.Err.Error()+" ("+strings.Join(parts, ", ")+")"))
	case len(t.done.Kept) > 0:
		return tea.Batch(cmd, m.say(toast.Warn, text), m.openOrWait("What stays", func() tea.Cmd { return m.askKept(t) }))
	}
	return tea.Batch(cmd, m.say(toast.Good, text))
}

// askKept offers the events that stay, each to be taken back all the same.
func (m *Model) askKept(t takenBack) tea.Cmd {
	list := []choice{{views.PickItem{Title: "Keep them", Detail: views.Plural(len(t.done.Kept), "event") + " edited since"}, func() tea.Cmd { return nil }}}
	for _, k := range t.done.Kept {
		list = append(list, choice{views.PickItem{Title: "Undo " + k.UUID, Detail: k.Reason}, func() tea.Cmd {
			rest := t
			rest.done.Kept = slices.DeleteFunc(slices.Clone(t.done.Kept), func(o api.KeptEvent) bool { return o.UUID == k.UUID })
			if len(rest.done.Kept) > 0 {
				m.imports.waiting = func() tea.Cmd { return m.askKept(rest) }
			}
			return m.takeBack(t.of, []string{k.UUID})
		}})
	}
	m.openChoices(views.Pick{Title: "Edited since the import of " + t.of.name()}, list)
	return nil
}

// countsOf lists counts, the largest first.
func countsOf(n map[string]int, most int) string {
	keys := slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b)) })
	var parts []string
	for i, k := range keys {
		if i == most {
			parts = append(parts, fmt.Sprintf("%d more", len(keys)-most))
			break
		}
		parts = append(parts, k+" "+views.Count(n[k]))
	}
	return strings.Join(parts, ", ")
}
