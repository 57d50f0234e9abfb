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
	"time"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/clean"
	"threatbench/api/indicator"
	"threatbench/api/knowngood"
)

type lookupFlags struct {
	timeout  time.Duration
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
			"Apart from exact hits it says whose host or parent domain is known, and below which host, domain, net or beginning " +
			"of a hash (8 digits or more) something is. " +
			"All datasets are searched unless --dataset names some. A server that is silent for as long as --timeout says is given up.\n\n" +
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
		return a.checkTimeout(f.timeout)
	}
	cmd.RunE = a.runSearch(check, func(ctx context.Context, args []string) error { return a.lookup(ctx, args, f) })
	cmd.Flags().StringVarP(&f.file, "file", "f", "", "file to read the indicators from; - is the standard input")
	cmd.Flags().StringVar(&f.format, "format", "table", "form to write: table, json (one line an indicator) or csv")
	a.timeoutFlag(cmd, &f.timeout)
	cmd.Flags().StringSliceVar(&f.datasets, "dataset", nil, "datasets to search, by name or id; all is the default")
	return cmd
}

func (a *app) lookup(ctx context.Context, args []string, f lookupFlags) (err error) {
	values, err := a.lookupValues(args, f.file)
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
	q, err := a.within(ctx, pl, api.ListQuery{Datasets: []string{api.ScopeAll}}, f.datasets)
	if err != nil {
		return err
	}
	if slices.Equal(q.Datasets, []string{api.ScopeAll}) {
		q.Datasets = nil
	}
	good, unread := a.knownGood()
	known, err := async.LookUp(ctx, pl.client(), values, q.Datasets, func(int64, int64, string) {})
	if err != nil {
		return err
	}
	found, missed := known.Sightings, known.NotSearched
	w := bufio.NewWriter(a.io.Out)
	if err := errors.Join(writeLookups(w, found, good, f.format), w.Flush()); err != nil {
		return fmt.Errorf("writing what was found: %w", err)
	}
	done := answered{rows: known.Rows, cut: known.Cut}
	if known.Cut == "" && slices.ContainsFunc(found, func(s async.Sighting) bool { return s.More }) {
		missed = append(slices.Clone(missed), fmt.Sprintf("events of the most frequent indicators past the first %d", async.MaxCounted))
	}
	done.missed = missed
	if err := errors.Join(done.partly(), a.unread(unread)); err != nil {
		return err
	}
	if !slices.ContainsFunc(found, func(s async.Sighting) bool { return s.Exact.Count > 0 }) {
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
		found := indicator.Values(arg)
		for _, v := range found {
			add(v)
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
		for _, v := range indicator.Values(text) {
			add(v)
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

// status is in words what is known of an indicator, with the number of events.
func status(l api.Lookup) (word string, k api.Known) {
	tie, k := l.Tie()
	switch tie {
	case api.Seen:
		return "seen", k
	case api.HostKnown:
		return "its host is known", k
	case api.BelowKnown:
		return "below it", k
	case api.ParentKnown:
		return "its parent domain is known", k
	}
	return "not seen", k
}

func writeLookups(w io.Writer, list []async.Sighting, good *knowngood.Set, format string) error {
	if format == "json" {
		for _, l := range list {
			word, _ := status(l.Lookup)
			if err := writeJSONLine(w, struct {
				api.Lookup
				Status    string    `json:"status"`
				AtLeast   bool      `json:"atLeast,omitempty"` // more exact hits than were counted
				KnownGood *goodMark `json:"knownGood,omitempty"`
			}{l.Lookup, word, l.More, markOf(good.Find(l.Value))}); err != nil {
				return err
			}
		}
		return nil
	}
	rows := [][]string{{"indicator", "status", "events", "known", "last", "known good"}}
	for _, l := range list {
		word, k := status(l.Lookup)
		row := []string{l.Value, word, strconv.Itoa(k.Count), k.Value, "", good.Find(l.Value).String()}
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
		if err := writeCells(w, r[0], r[1], r[2], cmp.Or(known, "-"), cmp.Or(r[4], "-"), cmp.Or(r[5], "-")); err != nil {
			return err
		}
	}
	return nil
}
