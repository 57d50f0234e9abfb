package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/indicator"
)

type lookupFlags struct {
	file     string
	format   string
	datasets []string
}

func (a *app) lookupCommand() *cobra.Command {
	var f lookupFlags
	cmd := &cobra.Command{
		Use:   "lookup [indicator or text]…",
		Short: "Tell which indicators are known",
		Long: "Looks up indicators: the arguments, a file, or without either the standard input. Any text will do, defanged or not. " +
			"A URL, a mail address or a host whose host or parent domain is known says so, apart from exact hits. " +
			"All datasets are searched unless --dataset names some.\n\n" +
			"Exit codes: 0 something was seen, 1 nothing was, 2 it failed or was used wrongly, 3 answered in part.",
		Example: "threatbench lookup 203[.]0[.]113[.]127 hxxps://evil[.]example/a\n" +
			"threatbench lookup --file report.txt --format csv",
		Args: cobra.ArbitraryArgs,
	}
	check := func(args []string) error {
		switch {
		case !slices.Contains([]string{"table", "json", "csv"}, f.format):
			return usagef("--format %s: want table, json or csv", f.format)
		case f.file != "" && len(args) > 0:
			return usagef("indicators and --file: give one of them")
		}
		return nil
	}
	cmd.RunE = a.run(check, func(ctx context.Context, args []string) error {
		err := a.lookup(ctx, args, f)
		if errors.As(err, &quietError{}) || errors.As(err, &partialError{}) || err == nil {
			return err
		}
		return usageError{err} // 1 means that nothing was seen
	})
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "file to read the indicators from; - is the standard input")
	cmd.Flags().StringVar(&f.format, "format", "table", "form to write: table, json (one line an indicator) or csv")
	cmd.Flags().StringSliceVar(&f.datasets, "dataset", nil, "datasets to search, by name or id; all is the default")
	return cmd
}

// lookupClient is a client of a server that knows hosts and parents.
type lookupClient interface {
	Capabilities(ctx context.Context) (api.Capabilities, error)
	LookupIndicators(ctx context.Context, q api.LookupRequest) ([]api.Lookup, error)
}

func (a *app) lookup(ctx context.Context, args []string, f lookupFlags) (err error) {
	values, err := a.lookupValues(args, f.file)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	pl, err := a.openToRead(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	q, err := a.within(ctx, pl, api.ListQuery{Datasets: []string{api.ScopeAll}}, f.datasets)
	if err != nil {
		return err
	}
	found, done, err := lookUp(ctx, pl, values, q.Datasets)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(a.io.Out)
	if err := errors.Join(writeLookups(w, found, f.format), w.Flush()); err != nil {
		return fmt.Errorf("writing what was found: %w", err)
	}
	if err := done.partly(); err != nil {
		return err
	}
	if !slices.ContainsFunc(found, func(l api.Lookup) bool { return l.Exact.Count > 0 }) {
		return quietError{errors.New("nothing was seen")}
	}
	return nil
}

// lookupValues are the indicators to look up, each once: those of a text, or
// what was given as it stands where no indicator is recognised in it.
func (a *app) lookupValues(args []string, file string) ([]string, error) {
	var out []string
	seen := map[string]bool{}
	add := func(v string) {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	for _, arg := range args {
		found := indicator.Find(arg)
		for _, x := range found {
			add(x.Value)
		}
		if len(found) == 0 {
			add(indicator.Refang(arg))
		}
	}
	if len(args) == 0 {
		text, err := a.lookupText(file)
		if err != nil {
			return nil, err
		}
		for _, x := range indicator.Find(text) {
			add(x.Value)
		}
	}
	if len(out) == 0 {
		return nil, usagef("no indicator in what was given")
	}
	return out, nil
}

func (a *app) lookupText(file string) (string, error) {
	if file == "" || file == "-" {
		b, err := io.ReadAll(a.io.In)
		if err != nil {
			return "", fmt.Errorf("reading the standard input: %w", err)
		}
		return string(b), nil
	}
	b, err := os.ReadFile(file)
	return string(b), err
}

// lookUp asks for all values in their order.
func lookUp(ctx context.Context, pl *place, values, datasets []string) (out []api.Lookup, done answered, err error) {
	if len(datasets) == 1 && datasets[0] == api.ScopeAll {
		datasets = nil
	}
	cl, ok := pl.client().(lookupClient)
	if ok {
		can, err := cl.Capabilities(ctx)
		if err != nil {
			return nil, done, err
		}
		ok = can.Can("POST /events/indicators/lookup")
	}
	if !ok {
		return lookUpByList(ctx, pl, values, datasets)
	}
	for chunk := range slices.Chunk(values, api.MaxLookup) {
		got, err := cl.LookupIndicators(ctx, api.LookupRequest{Indicators: chunk, Datasets: datasets})
		if err != nil {
			return nil, done, err
		}
		out = append(out, got...)
	}
	return out, done, nil
}

// lookUpByList asks a server of the plain contract, a hundred to a call.
func lookUpByList(ctx context.Context, pl *place, values, datasets []string) ([]api.Lookup, answered, error) {
	done := answered{missed: []string{"hosts and parent domains", "indicators beside the first of an event"}}
	if len(datasets) == 0 {
		datasets = []string{api.ScopeAll}
	}
	out := make([]api.Lookup, len(values))
	at := map[string]int{}
	for i, v := range values {
		out[i] = api.Lookup{Value: v, Canonical: indicator.Canonical(v)}
		out[i].Exact.Value = out[i].Canonical
		at[out[i].Canonical] = i
	}
	const chunkSize = 50 // each may be asked for in two spellings
	for chunk := range slices.Chunk(values, chunkSize) {
		q := api.ListQuery{Search: []api.Condition{{Field: api.FieldIndicator, Op: api.OpIn, Values: chunk}}, Datasets: datasets, PageSize: listPage}
		cut, err := eachPage(ctx, pl, q, func(p api.Page) {
			done.rows += len(p.Events)
			for _, e := range p.Events {
				i, ok := at[indicator.Canonical(e.Indicator)]
				if !ok {
					continue
				}
				known := &out[i].Exact
				known.Count++
				if len(known.Newest) == 0 {
					known.Newest = []api.KnownEvent{{UUID: e.UUID, DatasetID: e.DatasetID, Date: e.Date}}
				}
			}
		})
		if err != nil {
			return nil, done, err
		}
		done.cut = cmp.Or(done.cut, cut)
	}
	return out, done, nil
}

// eachPage gives all pages of a query to use; cut says why the server gave no
// more although it may have more.
func eachPage(ctx context.Context, pl *place, q api.ListQuery, use func(api.Page)) (cut string, err error) {
	for {
		page, err := pl.client().List(ctx, q)
		if err != nil {
			return "", err
		}
		use(page)
		if page.Info.Cursor == "" || len(page.Events) == 0 {
			return page.Info.Cut, nil
		}
		q = api.ListQuery{Cursor: page.Info.Cursor, PageSize: q.PageSize}
	}
}

// status is in words what is known of an indicator, with the number of events.
func status(l api.Lookup) (word string, k api.Known) {
	switch {
	case l.Exact.Count > 0:
		return "seen", l.Exact
	case l.Host != nil && l.Host.Count > 0:
		return "its host is known", *l.Host
	case len(l.Parents) > 0:
		return "its parent domain is known", l.Parents[0]
	}
	return "not seen", api.Known{}
}

func writeLookups(w io.Writer, list []api.Lookup, format string) error {
	if format == "json" {
		for _, l := range list {
			word, _ := status(l)
			if err := writeJSONLine(w, struct {
				api.Lookup
				Status string `json:"status"`
			}{l, word}); err != nil {
				return err
			}
		}
		return nil
	}
	rows := [][]string{{"indicator", "status", "events", "known", "last"}}
	for _, l := range list {
		word, k := status(l)
		row := []string{l.Value, word, strconv.Itoa(k.Count), k.Value, ""}
		if len(k.Newest) > 0 {
			row[4] = k.Newest[0].Date.String()
		}
		rows = append(rows, row)
	}
	if format == "csv" {
		out := csv.NewWriter(w)
		for _, r := range rows {
			for i := range r {
				r[i] = clean.Cell(r[i])
			}
			if err := out.Write(r); err != nil {
				return err
			}
		}
		out.Flush()
		return out.Error()
	}
	for _, r := range rows[1:] {
		known := ""
		if r[1] != "seen" && r[3] != "" {
			known = r[3]
		}
		if err := writeCells(w, r[0], r[1], r[2], cmp.Or(known, "-"), cmp.Or(r[4], "-")); err != nil {
			return err
		}
	}
	return nil
}
