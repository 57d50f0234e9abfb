package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"threatbench/api/clean"
	"threatbench/api/interchange"
)

// listedLines is how many wrong lines are shown; --report has more.
const listedLines = 20

type importFlags struct {
	dataset string
	format  string
	report  string
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE…",
		Short: "Read events in from JSON Lines files",
		Long: "Reads JSON Lines, plain or gzip; - is the standard input. A wrong line is reported with its number and the rest is imported " +
			"(the exit code is then 1). Events that are there already are left alone, so importing a file again completes or changes nothing.",
		Example: "threatbench import events.jsonl.gz\nthreatbench import --dataset 'Partner feed' a.jsonl b.jsonl\nzcat dump.gz | threatbench import --db /tmp/x.db -",
		Args:    cobra.ArbitraryArgs,
	}
	files := func(args []string) error {
		if len(args) == 0 {
			return usagef("name at least one file")
		}
		return wantFormat(f.format)
	}
	cmd.RunE = a.run(files, func(ctx context.Context, args []string) error { return a.importFiles(ctx, args, f) })
	cmd.Flags().StringVar(&f.dataset, "dataset", "", "dataset for every event, whatever its line says")
	cmd.Flags().StringVar(&f.format, "format", "jsonl", "form of the files: jsonl")
	cmd.Flags().StringVar(&f.report, "report", "", "file for the list of wrong lines")
	return cmd
}

func wantFormat(format string) error {
	if format != "jsonl" {
		return usagef("--format %s: want jsonl", format)
	}
	return nil
}

func (a *app) importFiles(ctx context.Context, files []string, f importFlags) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	if err := missingFiles(files); err != nil {
		return err
	}
	pl, err := a.openChosen(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	if pl.profile.ReadOnly {
		return fmt.Errorf("profile %s is read-only: nothing may be imported", pl.profile.Name)
	}
	wrong := 0
	for _, file := range files {
		n, err := a.importFile(ctx, pl, file, f)
		if err != nil {
			return err
		}
		wrong += n
	}
	if wrong > 0 {
		return quietError{fmt.Errorf("%s not imported", counted(wrong, "line"))}
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
	c, warnings, err := a.settings()
	if err != nil {
		return nil, err
	}
	for _, w := range warnings {
		a.note("warning: %s", w)
	}
	p, err := a.choose(c)
	if err != nil {
		return nil, err
	}
	return a.open(ctx, p)
}

// note says something on the error stream.
func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.io.Err, clean.Line(fmt.Sprintf(format, args...))) //nolint:errcheck // nowhere left to say it
}

// importFile imports one file and tells how many lines were wrong.
func (a *app) importFile(ctx context.Context, pl *place, file string, f importFlags) (int, error) {
	in, size, name := untilDone(ctx, a.io.In), int64(0), "standard input"
	if file != "-" {
		opened, n, err := openInput(file)
		if err != nil {
			return 0, err
		}
		in, size, name = opened, n, filepath.Base(file)
	}
	defer in.Close() //nolint:errcheck // read only
	m := a.meter(name)
	r, err := interchange.Import(ctx, in, pl, interchange.ImportOptions{Dataset: f.dataset, MaxListed: 100_000},
		func(p interchange.Progress) { m.show(p.Bytes, size, p.Events) })
	m.clear()
	summary := importSummary(name, r)
	if err != nil {
		a.note("%s", summary)
		if errors.Is(err, context.Canceled) {
			return 0, fmt.Errorf("cancelled; what is counted above is in, importing %s again completes it", name)
		}
		return 0, fmt.Errorf("importing %s: %w", name, err)
	}
	fmt.Fprintln(a.io.Out, clean.Line(summary)) //nolint:errcheck // a closed pipe is the reader's choice
	return len(r.Rejected) + r.MoreRejected, a.listWrong(name, r, f.report)
}

// untilDone reads from r until ctx ends, also where a read of r hangs: a
// stalled pipe must not keep ctrl+c from working.
func untilDone(ctx context.Context, r io.Reader) io.ReadCloser {
	out, in := io.Pipe()
	stop := context.AfterFunc(ctx, func() { out.CloseWithError(ctx.Err()) }) //nolint:errcheck // always nil
	go func() {
		defer stop()
		_, err := io.Copy(in, r)
		in.CloseWithError(err) //nolint:errcheck // always nil
	}()
	return out
}

func importSummary(name string, r interchange.Report) string {
	parts := []string{
		counted(r.Created, "event") + " created", grouped(r.Skipped) + " there already",
		counted(r.Relationships, "relationship") + " made",
	}
	if n := len(r.Rejected) + r.MoreRejected; n > 0 {
		parts = append(parts, counted(n, "line")+" rejected")
	}
	return fmt.Sprintf("%s: %s: %s", name, counted(r.Lines, "line"), strings.Join(parts, ", "))
}

// listWrong shows the first wrong lines, and writes all of them to the report
// file where there is one.
func (a *app) listWrong(name string, r interchange.Report, path string) error {
	for i, wrong := range r.Rejected {
		if i == listedLines {
			a.note("  and %s more", grouped(len(r.Rejected)-listedLines+r.MoreRejected))
			break
		}
		a.note("  line %d: %s", wrong.Line, wrong.Reason)
	}
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	w := bufio.NewWriter(f)
	for _, wrong := range r.Rejected {
		fmt.Fprintf(w, "%s:%d: %s\n", name, wrong.Line, clean.Line(wrong.Reason)) //nolint:errcheck // Flush tells
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
