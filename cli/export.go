package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/blocklist"
	"threatbench/api/interchange"
	"threatbench/api/knowngood"
	"threatbench/api/query"
	"threatbench/cli/files"
)

type exportFlags struct {
	timeout time.Duration
	query   string
	zone    string
	format  string
	output  string
	maxTLP  string
	title   string
	columns []string
	noRaw   bool
	good    bool // block lists hold known-good values too

	datasets []string
}

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write events as JSON Lines, CSV, STIX or a report, or a block list",
		Long: "Writes the events that a filter finds, all of them: as JSON Lines with their raw records (the form that import reads without loss), " +
			"as CSV with the columns you choose, as a STIX 2.1 bundle, or as a report in Markdown with defanged indicators; or their indicators as a block list, rules or a search of another program. " +
			"--max-tlp leaves out what is marked stricter, or not at all, and says how many. " +
			"A file is written whole or not at all, readable by you alone; what is no regular file (a pipe, /dev/null) is written into, a link of your own leads to its file, and somebody else's is refused. " +
			"Against a remote account every raw record is a call of its own; --no-raw does without them. A server that is silent for as long as --timeout says is given up; a long export that goes on is not.\n\nColumns: " + strings.Join(interchange.FieldNames(), ", "),
		Example: strings.Join([]string{
			"threatbench export --query 'attacker:COPPERMANTIS' -o mantis.jsonl",
			"threatbench export --format csv --columns date,indicator,indicatorType,tlp --max-tlp green",
			"threatbench export --format stix --query 'date>-30d' -o bundle.json",
			"threatbench export --format markdown --title 'Weekly report' --query 'date>-7d' -o report.md",
			"threatbench export --format nftables --max-tlp green --query 'date>-30d' -o blocked.nft",
			"threatbench export | gzip > all.jsonl.gz",
		}, "\n"),
		Args: cobra.ArbitraryArgs,
	}
	check := func(args []string) error {
		if err := f.check(); err != nil {
			return err
		}
		if a.given != nil && f.output != "" && f.output != "-" {
			return usagef("--output: the file would be the server's; redirect the output instead")
		}
		if err := a.checkTimeout(f.timeout); err != nil {
			return err
		}
		return noArgs(args)
	}
	cmd.RunE = a.run(check, func(ctx context.Context, _ []string) error { return a.export(ctx, f) })
	cmd.Flags().StringVarP(&f.query, "query", "q", "", "filter, in the filter language; empty means everything")
	a.timeoutFlag(cmd, &f.timeout)
	a.zoneFlag(cmd, &f.zone, "")
	cmd.Flags().StringSliceVar(&f.datasets, "dataset", nil, "datasets to search, by name or id; all is the default")
	cmd.Flags().StringVar(&f.format, "format", "jsonl", "form to write: "+listFormats(interchange.ExportFormats())+", or a block list or rules: "+strings.Join(blocklist.Forms(), ", "))
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "file to write instead of the standard output")
	cmd.Flags().StringVar(&f.maxTLP, "max-tlp", "none", "strictest TLP to write: clear, green, amber, amber+strict, red; none writes everything")
	cmd.Flags().StringSliceVar(&f.columns, "columns", nil, "columns of CSV, in their order")
	cmd.Flags().StringVar(&f.title, "title", "", "title of a report")
	cmd.Flags().BoolVar(&f.good, "with-known-good", false, "put known-good values into a block list too, and what holds them")
	cmd.Flags().BoolVar(&f.noRaw, "no-raw", false, "leave the raw records empty")
	return cmd
}

// isBlockList reports whether indicators are to be written, rather than events.
func (f exportFlags) isBlockList() bool { return slices.Contains(blocklist.Forms(), f.format) }

func (f exportFlags) check() error {
	if !f.isBlockList() && !slices.Contains(interchange.ExportFormats(), interchange.Format(f.format)) {
		return usagef("--format %s: want one of %s, or a block list: %s", f.format, listFormats(interchange.ExportFormats()), strings.Join(blocklist.Forms(), ", "))
	}
	if f.good && !f.isBlockList() {
		return usagef("--with-known-good belongs to a block list")
	}
	if f.isBlockList() && f.title != "" {
		return usagef("--title belongs to --format markdown")
	}
	_, err := f.options()
	return err
}

// options checks the flags and gives them in the exporter's form.
func (f exportFlags) options() (interchange.ExportOptions, error) {
	o := interchange.ExportOptions{Format: interchange.Format(f.format), Columns: f.columns, Title: f.title, Filter: f.query, WithoutRaw: f.noRaw}
	if len(f.columns) > 0 && o.Format != interchange.CSV {
		return o, usagef("--columns belongs to --format csv")
	}
	for _, c := range f.columns {
		if !slices.Contains(interchange.FieldNames(), c) {
			return o, usagef("--columns %s: want some of %s", c, strings.Join(interchange.FieldNames(), ", "))
		}
	}
	if f.maxTLP == "none" {
		return o, nil
	}
	tlp, ok := api.ParseTLP(f.maxTLP)
	if !ok {
		return o, usagef("--max-tlp %s: want none, clear, green, amber, amber+strict or red", f.maxTLP)
	}
	o.MaxTLP = tlp
	return o, nil
}

// listQuery reads a filter as a query over all datasets; its days are those of a
// zone.
func (a *app) listQuery(text, zone string) (api.ListQuery, error) {
	now, err := a.nowIn(zone)
	if err != nil {
		return api.ListQuery{}, err
	}
	f, err := query.Parse(text, now)
	if err != nil {
		return api.ListQuery{}, usagef("--query: %w", err)
	}
	return api.ListQuery{Search: f.Search, Branches: f.Branches, Datasets: []string{api.ScopeAll}}, nil
}

func (a *app) export(ctx context.Context, f exportFlags) (err error) {
	q, err := a.listQuery(f.query, f.zone)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	pl, err := a.openWithin(ctx, f.timeout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	if q, err = a.within(ctx, pl, q, f.datasets); err != nil {
		return err
	}
	missed, err := missedBy(ctx, pl, q)
	if err != nil {
		return err
	}
	if f.isBlockList() {
		return a.exportBlockList(ctx, pl, q, f, missed)
	}
	var done interchange.ExportReport
	err = a.toOutput(ctx, f, func(w io.Writer) (err error) {
		done, err = a.exportTo(ctx, pl, q, w, f)
		return err
	})
	if err != nil {
		return err
	}
	if f.output != "" && f.output != "-" {
		a.note("%s: %s written", f.output, counted(done.Written, "event"))
	}
	if done.Written+done.LeftOut == 0 && done.Cut == "" {
		a.explainNothing(ctx, pl, q)
	}
	if done.LeftOut > 0 {
		a.note("%s left out by --max-tlp %s", counted(done.LeftOut, "event"), f.maxTLP)
	}
	if done.Untied > 0 {
		a.note("%s to events above %s, or that aren't there, left out", counted(done.Untied, "link"), f.maxTLP)
	}
	if done.Bare > 0 {
		a.note("%s without a raw record: the records are marked above %s", counted(done.Bare, "event"), f.maxTLP)
	}
	if done.Nameless != nil {
		a.note("datasets are written without their names: %v", done.Nameless)
	}
	return answered{rows: done.Read, missed: missed, cut: done.Cut}.partly()
}

// missedBy names what the server can't search for a query: a call more, where
// that depends on the server.
func missedBy(ctx context.Context, pl *place, q api.ListQuery) ([]string, error) {
	if pl.db != nil || !query.NeedsCapabilities(q) {
		return nil, nil
	}
	q.PageSize = 1
	page, err := pl.client().List(ctx, q)
	return page.NotSearched, err
}

func (a *app) exportTo(ctx context.Context, pl *place, q api.ListQuery, w io.Writer, f exportFlags) (interchange.ExportReport, error) {
	o, err := f.options()
	if err != nil {
		return interchange.ExportReport{}, err
	}
	o.Now = a.now()
	m := a.meter("exporting")
	m.terminal = m.terminal && !a.tty(w) // not through what is written
	a.waits.through(m)
	defer a.waits.through(nil)
	done, err := interchange.Export(ctx, pl.source(), q, w, o,
		func(p interchange.Progress) { m.show(int64(p.Events), int64(p.Total), p.Events) })
	m.clear()
	return done, err
}

// toOutput gives the file that --output names, or the standard output, to
// write.
func (a *app) toOutput(ctx context.Context, f exportFlags, write func(io.Writer) error) error {
	if f.output == "" || f.output == "-" {
		return write(a.io.Out)
	}
	return files.Write(ctx, f.output, write)
}

// exportBlockList writes the indicators of a query as a block list or rules.
func (a *app) exportBlockList(ctx context.Context, pl *place, q api.ListQuery, f exportFlags, missed []string) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	l, err := blocklist.New(f.format)
	if err != nil {
		return usageError{err}
	}
	var unread []string
	spared := false
	if !f.good {
		var good *knowngood.Set
		good, unread = a.knownGood()
		l.Spare(func(value string) (string, bool) {
			found := good.Find(value)
			if !found.Spared() {
				return "", false
			}
			spared = true
			return found.Why(), true
		})
	}
	left := 0
	done, err := a.eachOf(ctx, pl, q, func(e *api.Event) error {
		if tlp, known := api.ParseTLP(e.TLP); o.MaxTLP != api.TLPNone && (!known || tlp > o.MaxTLP) {
			left++
			return nil
		}
		l.Add(e)
		return nil
	})
	if err != nil {
		return err
	}
	var r blocklist.Report
	err = a.toOutput(ctx, f, func(w io.Writer) (err error) {
		r, err = l.Write(w, blocklist.Meta{Query: f.query, Time: a.now(), MaxTLP: o.MaxTLP, Version: version()})
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	a.note("%s written", counted(r.Written, "indicator"))
	if left > 0 {
		a.note("%s left out by --max-tlp %s", counted(left, "event"), f.maxTLP)
	}
	done.missed = append(done.missed, missed...)
	for _, o := range r.LeftOut {
		more := ""
		if o.Count > len(o.Values) {
			more = fmt.Sprintf(" and %s more", grouped(o.Count-len(o.Values)))
		}
		a.note("left out, %s: %s%s", o.Why, strings.Join(o.Values, " "), more)
	}
	if spared {
		a.note("--with-known-good writes what is known good, too")
	}
	if err := errors.Join(done.partly(), a.unread(unread)); err != nil || !r.Partial() {
		return err
	}
	return partialError{errors.New("not every indicator is in the list")}
}
