package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/interchange"
	"threatbench/api/query"
)

type exportFlags struct {
	query  string
	format string
	output string
	noRaw  bool
}

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write events as JSON Lines",
		Long: "Writes the events that a filter finds, oldest first, with their raw records, in the form that import reads. " +
			"Against a remote account every raw record is a call of its own; --no-raw does without them.",
		Example: "threatbench export --query 'attacker:COPPERMANTIS' -o mantis.jsonl\nthreatbench export | gzip > all.jsonl.gz",
		Args:    cobra.ArbitraryArgs,
	}
	check := func(args []string) error {
		if err := wantFormat(f.format); err != nil {
			return err
		}
		return noArgs(args)
	}
	cmd.RunE = a.run(check, func(ctx context.Context, _ []string) error { return a.export(ctx, f) })
	cmd.Flags().StringVarP(&f.query, "query", "q", "", "filter, in the filter language; empty means everything")
	cmd.Flags().StringVar(&f.format, "format", "jsonl", "form to write: jsonl")
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "file to write instead of the standard output")
	cmd.Flags().BoolVar(&f.noRaw, "no-raw", false, "leave the raw records empty")
	return cmd
}

// listQuery reads a filter as a query over all datasets.
func (a *app) listQuery(text string) (api.ListQuery, error) {
	f, err := query.Parse(text, a.now())
	if err != nil {
		return api.ListQuery{}, usagef("--query: %w", err)
	}
	return api.ListQuery{Search: f.Search, Branches: f.Branches, Datasets: []string{api.ScopeAll}}, nil
}

func (a *app) export(ctx context.Context, f exportFlags) (err error) {
	q, err := a.listQuery(f.query)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	pl, err := a.openChosen(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	if f.output == "" || f.output == "-" {
		_, err := a.exportTo(ctx, pl, q, a.io.Out, f)
		return err
	}
	n := 0
	err = writeWhole(f.output, func(w io.Writer) (err error) {
		n, err = a.exportTo(ctx, pl, q, w, f)
		return err
	})
	if err == nil {
		a.note("%s: %s written", f.output, counted(n, "event"))
	}
	return err
}

func (a *app) exportTo(ctx context.Context, pl *place, q api.ListQuery, w io.Writer, f exportFlags) (int, error) {
	m := a.meter("exporting")
	m.terminal = m.terminal && !a.tty(w) // not through what is written
	n, err := interchange.Export(ctx, pl.source(), q, w, interchange.ExportOptions{WithoutRaw: f.noRaw},
		func(p interchange.Progress) { m.show(int64(p.Events), int64(p.Total), p.Events) })
	m.clear()
	return n, err
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func wantFormat(format string) error {
	if format != "jsonl" {
		return usagef("--format %s: want jsonl", format)
	}
	return nil
}
