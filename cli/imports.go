package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/interchange"
	"threatbench/api/interchange/table"
	"threatbench/cli/profile"
)

func (a *app) importsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "imports",
		Short: "List the imports, the newest first",
		Long:  "Lists the last 100 imports with their ids, which threatbench undo takes.",
		Args:  cobra.ArbitraryArgs,
	}
	cmd.RunE = a.run(noArgs, func(ctx context.Context, _ []string) error { return a.listImports(ctx) })
	return cmd
}

func (a *app) undoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "undo [IMPORT]",
		Short: "Take a whole import back, the last one where none is named",
		Long: "Deletes what the import made and restores what it changed, also long after. " +
			"What was edited since, or what a later import changed or has as well, stays as it is and is listed: the exit code is then 3.",
		Example: strings.Join([]string{"threatbench imports", "threatbench undo", "threatbench undo 0193f0c4-…"}, "\n"),
		Args:    cobra.ArbitraryArgs,
	}
	one := func(args []string) error {
		if len(args) > 1 {
			return usagef("name one import, or none for the last")
		}
		return nil
	}
	cmd.RunE = a.run(one, func(ctx context.Context, args []string) error {
		id := ""
		if len(args) > 0 {
			id = args[0]
		}
		return a.undoImport(ctx, id)
	})
	return cmd
}

// imports reads the newest imports of a place.
func (pl *place) imports(ctx context.Context) ([]api.ImportRun, error) {
	const most = 100
	list, err := pl.Imports(ctx, 1, most)
	if api.StatusOf(err) == http.StatusNotFound || api.StatusOf(err) == http.StatusMethodNotAllowed {
		return nil, errors.New("the server keeps no imports: they can't be listed or taken back")
	}
	return list, err
}

func (a *app) listImports(ctx context.Context) (err error) {
	pl, err := a.openToRead(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	list, err := pl.imports(ctx)
	if err != nil {
		return err
	}
	for _, r := range list {
		text := fmt.Sprintf("%s  %s  %s  %s created, %s updated  by %s", r.ID, r.At.UTC().Format("2006-01-02 15:04"), r.Name, grouped(r.Created), grouped(r.Updated), r.Actor)
		if r.Undone {
			text += "  taken back"
		}
		fmt.Fprintln(a.io.Out, clean.Line(text)) // a closed pipe is the reader's choice
	}
	if len(list) == 0 {
		a.note("nothing was imported yet")
	}
	return nil
}

func (a *app) undoImport(ctx context.Context, id string) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	pl, err := a.openToRead(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	if pl.profile.ReadOnly {
		return fmt.Errorf("profile %s is read-only: nothing may be taken back", pl.profile.Name)
	}
	if id == "" {
		if id, err = pl.lastImport(ctx); err != nil {
			return err
		}
	}
	m := a.meter("taking back")
	done, err := pl.UndoWholeImport(ctx, id, func(n int) { m.show(0, 0, n) })
	m.clear()
	if refused := (*api.Error)(nil); errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		return fmt.Errorf("%w; threatbench imports lists them by their whole ids", err)
	}
	fmt.Fprintln(a.io.Out, undoSummary(done)) // a closed pipe is the reader's choice
	for i, k := range done.Kept {
		if i == listedLines {
			a.note("  and %s more", grouped(len(done.Kept)-listedLines))
			break
		}
		a.note("  %s: %s", k.UUID, k.Reason)
	}
	switch {
	case err != nil:
		return fmt.Errorf("%w; what is counted above is taken back, the same command goes on", err)
	case len(done.Kept) > 0:
		return partialError{quietError{fmt.Errorf("%s left as they are", counted(len(done.Kept), "event"))}}
	}
	return nil
}

// lastImport is the newest import that wasn't taken back.
func (pl *place) lastImport(ctx context.Context) (string, error) {
	list, err := pl.imports(ctx)
	if err != nil {
		return "", err
	}
	for _, r := range list {
		if !r.Undone {
			return r.ID, nil
		}
	}
	return "", errors.New("there is no import to take back")
}

func undoSummary(done api.UndoneImport) string {
	parts := []string{counted(done.Deleted, "event") + " deleted", grouped(done.Restored) + " restored"}
	if done.Gone > 0 {
		parts = append(parts, grouped(done.Gone)+" gone already")
	}
	if done.Shared > 0 {
		parts = append(parts, grouped(done.Shared)+" stay, which another import had before")
	}
	if len(done.Kept) > 0 {
		parts = append(parts, grouped(len(done.Kept))+" left as they are")
	}
	return strings.Join(parts, ", ")
}

// importsOf is what the workbench can do with the imports of a place.
type importsOf struct {
	app *app
	*place
}

// Import reads a file, a folder or an archive, or plans to.
func (i importsOf) Import(ctx context.Context, path string, o interchange.ImportOptions, report func(done, total int64, note string)) (interchange.Report, error) {
	path = profile.ExpandHome(path)
	if abs, err := filepath.Abs(path); err == nil { // "." has a name, too
		path = abs
	}
	o.Name, o.Now = filepath.Base(path), i.app.now()
	return readPath(ctx, i.place, path, o, func(p interchange.Progress, size int64) {
		report(p.Bytes, size, counted(p.Events, "event"))
	})
}

// Mapping reads a saved mapping of columns.
func (i importsOf) Mapping(_ context.Context, path string) (table.Mapping, error) {
	return readMapping(profile.ExpandHome(path))
}

// maxPaths is how many paths are offered.
const maxPaths = 5000

// Files lists the paths in a folder ("" is where the program was started) that
// aren't hidden, folders with a slash behind them.
func (i importsOf) Files(ctx context.Context, folder string) ([]string, error) {
	dir := profile.ExpandHome(folder)
	if dir == "" {
		dir = "."
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("listing the files: %w", err)
	}
	var out []string
	for _, e := range list {
		if ctx.Err() != nil || len(out) >= maxPaths {
			break
		}
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		name := folder + e.Name()
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && info.IsDir() { // of a link what it leads to
			name += string(filepath.Separator)
		}
		out = append(out, name)
	}
	return out, ctx.Err()
}
