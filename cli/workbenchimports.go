package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"threatbench/api/interchange"
	"threatbench/api/interchange/table"
	"threatbench/cli/profile"
)

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
