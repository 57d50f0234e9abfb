package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/interchange"
	"threatbench/api/store"
	"threatbench/cli/files"
	"threatbench/cli/profile"
)

// listedLines is how many wrong lines are shown; --report has more.
const listedLines = 20

type importFlags struct {
	dataset    string
	format     string
	report     string
	tlp        string
	unreadable string
	dateOrder  string
	columns    []string
	tags       []string
	mapping    string
	save       string
	indicators bool
	plan       bool
	again      bool
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Read events in: JSON Lines, tables, STIX, MISP, rules, reports, lists of indicators",
		Long: "Reads JSON Lines, tables (CSV, TSV, xlsx), STIX 2, MISP events and feeds, OpenIOC, alerts of TheHive and Suricata (EVE), OTX pulses, rules of Sigma and YARA, " +
			"and the indicators of any text, HTML, Markdown, PDF or log, plain or gzip; the content shows which. A folder or a zip is all its files. " +
			"- is the standard input. What is wrong is reported with its line or id and the rest is imported: the exit code is then 3, or 1 where nothing was. " +
			"Importing a file again completes or changes nothing; a newer version of an object (STIX modified and revoked, MISP timestamp, a raised TLP) " +
			"changes the event, unless it was edited here since: then it is listed and stays. threatbench undo takes an import back.\n\n" +
			"The columns of a table are found by their names; --map says what else they hold, by name or number. Fields: " +
			strings.Join(interchange.FieldNames(), ", ") + "; - leaves a column out.",
		Example: strings.Join([]string{
			"threatbench import events.jsonl.gz",
			"threatbench import --dataset 'Partner feed' a.csv bundle.json misp-event.json",
			"threatbench import --map 'Seen at=date' --map 'What=event' --map 3=indicator table.csv",
			"threatbench import --indicators --tlp green report.txt",
			"threatbench import misp-feed/ reports.zip",
			"pbpaste | threatbench import --format text -",
			"zcat dump.gz | threatbench import --db /tmp/x.db -",
		}, "\n"),
		Args: cobra.ArbitraryArgs,
	}
	files := func(args []string) error {
		if len(args) == 0 {
			return usagef("name at least one file")
		}
		_, err := f.options()
		return err
	}
	cmd.RunE = a.run(files, func(ctx context.Context, args []string) error { return a.importFiles(ctx, args, f) })
	cmd.Flags().StringVar(&f.dataset, "dataset", "", "dataset for every event, whatever the file says")
	cmd.Flags().StringVar(&f.format, "format", "", "form of the files, where the content doesn't show it: "+listFormats(interchange.ImportFormats()))
	cmd.Flags().BoolVar(&f.indicators, "indicators", false, "take the indicators out of any text: --format text")
	cmd.Flags().StringArrayVar(&f.columns, "map", nil, "column=field of a table; may be given several times")
	cmd.Flags().StringVar(&f.dateOrder, "date-order", "", "order of the dates in tables, where they don't show it: "+strings.Join(interchange.DateOrders(), ", "))
	cmd.Flags().StringVar(&f.tlp, "tlp", "amber", "TLP of events whose file has no marking at all; never loosens one that is there")
	cmd.Flags().StringArrayVar(&f.tags, "tag", nil, "tag for every event, beside those of the file; may be given several times")
	cmd.Flags().StringVar(&f.unreadable, "unreadable-tlp", "red", "TLP of events whose marking is in words that can't be read")
	cmd.Flags().BoolVar(&f.plan, "plan", false, "tell what the files are and what would come in, and write nothing")
	cmd.Flags().BoolVar(&f.again, "again", false, "import also where the server can't tell what is there already")
	cmd.Flags().StringVar(&f.mapping, "mapping", "", "file with a mapping of columns, as --save-mapping writes it")
	cmd.Flags().StringVar(&f.save, "save-mapping", "", "file to write the mapping of the table's columns to")
	cmd.Flags().StringVar(&f.report, "report", "", "file for the list of what was not taken")
	return cmd
}

// options checks the flags and gives them in the importer's form.
func (f importFlags) options() (interchange.ImportOptions, error) {
	o := interchange.ImportOptions{Dataset: f.dataset, Format: interchange.Format(f.format), TLP: f.tlp, Unreadable: f.unreadable, DateOrder: f.dateOrder, Tags: f.tags, MaxListed: 100_000, Plan: f.plan, Again: f.again}
	switch {
	case f.indicators && f.format != "" && f.format != string(interchange.Text):
		return o, usagef("--indicators means --format text, not %s", f.format)
	case f.indicators:
		o.Format = interchange.Text
	case f.format != "" && !slices.Contains(interchange.ImportFormats(), o.Format):
		return o, usagef("--format %s: want one of %s", f.format, listFormats(interchange.ImportFormats()))
	}
	if f.dateOrder != "" && !slices.Contains(interchange.DateOrders(), f.dateOrder) {
		return o, usagef("--date-order %s: want one of %s", f.dateOrder, strings.Join(interchange.DateOrders(), ", "))
	}
	for name, tlp := range map[string]string{"--tlp": f.tlp, "--unreadable-tlp": f.unreadable} {
		if _, ok := api.ParseTLP(tlp); !ok {
			return o, usagef("%s %s: want clear, green, amber, amber+strict or red", name, tlp)
		}
	}
	for _, tag := range f.tags {
		if strings.TrimSpace(tag) == "" || len(tag) > api.MaxName {
			return o, usagef("--tag %.40q: want a tag of 1 to %d bytes", tag, api.MaxName)
		}
	}
	if err := f.useMapping(&o); err != nil {
		return o, err
	}
	for _, m := range f.columns {
		i := strings.LastIndexByte(m, '=')
		if i < 1 || i == len(m)-1 {
			return o, usagef("--map %s: want column=field", m)
		}
		if o.Columns == nil {
			o.Columns = map[string]string{}
		}
		o.Columns[m[:i]] = m[i+1:]
	}
	return o, nil
}

func listFormats(formats []interchange.Format) string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

func (a *app) importFiles(ctx context.Context, files []string, f importFlags) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	if err := missingFiles(files); err != nil {
		return err
	}
	pl, shut, err := a.openToImport(ctx, f.plan)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shut()) }()
	if pl.profile.ReadOnly && !f.plan {
		return fmt.Errorf("profile %s is read-only: nothing may be imported", pl.profile.Name)
	}
	var total importTotal
	for _, file := range files {
		r, err := a.importFile(ctx, pl, file, f)
		if err != nil {
			return err
		}
		total.add(r)
	}
	return total.outcome()
}

// importTotal is what came of all files together.
type importTotal struct{ taken, leftOut, guessed, edited int }

func (t *importTotal) add(r interchange.Report) {
	t.taken += r.Created + r.Updated + r.Skipped + r.Edited()
	t.edited += r.Edited()
	t.leftOut += r.Missing()
	t.guessed += r.Unreadable
}

// outcome tells an import that took nothing from one that took a part; what
// was left out has been listed.
func (t *importTotal) outcome() error {
	switch {
	case t.taken == 0 && t.leftOut > 0:
		return quietError{fmt.Errorf("nothing was imported, %s left out", counted(t.leftOut, "part"))}
	case t.taken == 0:
		return errors.New("there was nothing to import")
	case t.leftOut > 0:
		return partialError{quietError{fmt.Errorf("%s not imported", counted(t.leftOut, "part"))}}
	case t.edited > 0:
		return partialError{quietError{fmt.Errorf("%s edited here since, left as they are", counted(t.edited, "event"))}}
	case t.guessed > 0:
		return partialError{quietError{fmt.Errorf("%s whose marking couldn't be read", counted(t.guessed, "event"))}}
	}
	return nil
}

// missingFiles looks at all files before the first one is imported.
func missingFiles(files []string) error {
	for _, file := range files {
		if file == "-" {
			continue
		}
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("importing: %w", err)
		}
	}
	return nil
}

// openChosen opens the profile that the command line and configuration choose.
// Scripts get the warnings on the error stream.
func (a *app) openChosen(ctx context.Context) (*place, error) {
	return a.openProfile(ctx, false)
}

// openToRead is openChosen for a command that only reads: a database that
// somebody named is not made anew, since an empty one would answer that
// nothing is known.
func (a *app) openToRead(ctx context.Context) (*place, error) {
	return a.openProfile(ctx, true)
}

func (a *app) openProfile(ctx context.Context, reads bool) (*place, error) {
	if a.given != nil {
		return a.given, nil
	}
	c, warnings, err := a.settings()
	if err != nil {
		return nil, err
	}
	p, err := a.choose(c)
	for _, w := range warnings {
		if err == nil || !strings.Contains(err.Error(), w) { // it is said once
			a.note("warning: %s", w)
		}
	}
	if err != nil {
		return nil, err
	}
	if reads && isMissing(p) {
		return nil, errNoDatabase(p)
	}
	return a.open(ctx, p)
}

// isMissing reports whether a profile is a named database that isn't there.
// The usual one is made when it is first used.
func isMissing(p profile.Profile) bool {
	if p.Remote() || store.IsServer(p.DB) || p.DB == profile.DatabasePath() {
		return false
	}
	_, err := os.Stat(p.DB)
	return errors.Is(err, fs.ErrNotExist)
}

var errMissing = errors.New("no such database")

func errNoDatabase(p profile.Profile) error { return fmt.Errorf("%s: %w", p.DB, errMissing) }

// openToImport opens the chosen profile. A plan makes no database: for one that
// isn't there yet it is made on an empty one, which shut deletes.
func (a *app) openToImport(ctx context.Context, plan bool) (pl *place, shut func() error, err error) {
	if !plan {
		pl, err = a.openChosen(ctx)
	} else if pl, err = a.openToRead(ctx); errors.Is(err, errMissing) {
		a.note("%v yet: this is the plan for an empty one", err)
		return a.throwaway(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	return pl, pl.close, nil
}

// note says something on the error stream.
func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.io.Err, clean.Line(fmt.Sprintf(format, args...))) // nowhere left to say it
}

// importFile imports one file and tells what became of it.
func (a *app) importFile(ctx context.Context, pl *place, file string, f importFlags) (interchange.Report, error) {
	var none interchange.Report
	o, err := f.options()
	if err != nil {
		return none, err
	}
	name := "standard input"
	if file != "-" {
		name = filepath.Base(filepath.Clean(file))
	}
	o.Now, o.Name = a.now(), name
	m := a.meter(name)
	r, err := a.readInput(ctx, pl, file, o, m)
	m.clear()
	summary := importSummary(name, r)
	if err != nil {
		if r.Lines > 0 && !f.plan { // a plan that broke off has made nothing
			a.note("%s", summary)
		}
		if errors.Is(err, interchange.ErrUnsure) {
			return none, fmt.Errorf("%w; --again imports all the same", err)
		}
		if errors.Is(err, context.Canceled) && f.plan {
			return none, errors.New("cancelled: there is no plan, and nothing was written")
		}
		if errors.Is(err, context.Canceled) {
			return none, fmt.Errorf("cancelled; what is counted above is in, importing %s again completes it", name)
		}
		return none, fmt.Errorf("importing %s: %w", name, err)
	}
	if err := f.saveMapping(ctx, r); err != nil {
		return none, err
	}
	if f.plan {
		a.showPlan(name, f.tlp, r)
		return r, a.listWrong(ctx, name, r, f.report)
	}
	fmt.Fprintln(a.io.Out, clean.Line(summary)) // a closed pipe is the reader's choice
	if r.Import != "" && a.tty(a.io.Err) {
		a.note("  to undo: threatbench undo %s", r.Import)
	}
	return r, a.listWrong(ctx, name, r, f.report)
}

// readInput imports a file, a folder or the standard input.
func (a *app) readInput(ctx context.Context, pl *place, file string, o interchange.ImportOptions, m *meter) (interchange.Report, error) {
	if file == "-" {
		in := untilDone(ctx, a.io.In)
		defer in.Close() // read only
		return interchange.Import(ctx, in, pl, o, func(p interchange.Progress) { m.show(p.Bytes, 0, p.Events) })
	}
	return readPath(ctx, pl, file, o, func(p interchange.Progress, size int64) { m.show(p.Bytes, size, p.Events) })
}

// readPath imports a file or a folder. size is 0 where it isn't known.
func readPath(ctx context.Context, pl *place, path string, o interchange.ImportOptions, show func(p interchange.Progress, size int64)) (interchange.Report, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return interchange.ImportAll(ctx, os.DirFS(path), pl, o, func(p interchange.Progress) { show(p, 0) })
	}
	in, size, err := openInput(path)
	if err != nil {
		return interchange.Report{}, err
	}
	defer in.Close() // read only
	return interchange.Import(ctx, in, pl, o, func(p interchange.Progress) { show(p, size) })
}

// untilDone reads from r until ctx ends, also where a read of r hangs: a
// stalled pipe must not keep ctrl+c from working.
func untilDone(ctx context.Context, r io.Reader) io.ReadCloser {
	out, in := io.Pipe()
	stop := context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) }) // always nil
	go func() {
		defer stop()
		_, err := io.Copy(in, r)
		in.CloseWithError(err) // always nil
	}()
	return out
}

// reasonOf is the reason with the id of the object, where it has one.
func reasonOf(r interchange.Rejection) string {
	if r.Object == "" {
		return r.Reason
	}
	return r.Object + ": " + r.Reason
}

func importSummary(name string, r interchange.Report) string {
	parts := []string{
		counted(r.Created, "event") + " created", grouped(r.Skipped) + " there already",
		counted(r.Relationships, "relationship") + " made",
	}
	if r.Updated > 0 {
		parts = slices.Insert(parts, 1, grouped(r.Updated)+" updated")
	}
	if n := r.Edited(); n > 0 {
		parts = append(parts, grouped(n)+" edited here since")
	}
	if n := len(r.Rejected) + r.MoreRejected; n > 0 {
		parts = append(parts, counted(n, r.Format.Unit())+" rejected")
	}
	if r.Unreadable > 0 {
		parts = append(parts, counted(r.Unreadable, "event")+" whose marking can't be read")
	}
	if r.Files > 0 {
		name += ": " + counted(r.Files, "file")
	}
	return fmt.Sprintf("%s: %s: %s", name, counted(r.Lines, r.Format.Unit()), strings.Join(parts, ", "))
}

// listWrong shows the first of what wasn't taken, and of what was decided in the
// file's stead, and writes all of it to the report file where there is one.
func (a *app) listWrong(ctx context.Context, name string, r interchange.Report, path string) error {
	a.listFirst(r.Rejected, r.MoreRejected)
	a.listFirst(r.Kept, r.MoreKept)
	for _, l := range r.LeftOut {
		a.note("  left out: %s: %s", counted(l.Count, l.Kind), l.Reason)
	}
	a.listFirst(r.Notes, r.MoreNotes)
	if path == "" {
		return nil
	}
	f, err := files.Append(ctx, path)
	if err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	w := bufio.NewWriter(f)
	for _, said := range slices.Concat(r.Rejected, r.Kept, r.Notes) {
		file := name
		if said.File != "" {
			file += "/" + said.File
		}
		fmt.Fprintf(w, "%s:%d: %s\n", clean.Line(file), said.Line, clean.Line(reasonOf(said))) // Flush tells
	}
	for _, l := range r.LeftOut {
		fmt.Fprintf(w, "%s: left out: %s: %s\n", clean.Line(name), clean.Line(counted(l.Count, l.Kind)), clean.Line(l.Reason)) //nolint:errcheck // Flush tells
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func (a *app) listFirst(list []interchange.Rejection, more int) {
	for i, said := range list {
		if i == listedLines {
			a.note("  and %s more", grouped(len(list)-listedLines+more))
			return
		}
		a.note("  %s: %s", said.Where(), said.Reason)
	}
}
