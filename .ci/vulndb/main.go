// Command vulndb makes a database that govulncheck reads out of a snapshot of
// golang.org/x/vulndb, for machines that reach a module proxy and not
// vuln.go.dev: vulndb SNAPSHOT OUT, the snapshot being the module's directory.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// entry is what an index needs of a report.
type entry struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Affected []struct {
		Package struct {
			Name string `json:"name"`
		} `json:"package"`
		Ranges []struct {
			Events []struct {
				Fixed string `json:"fixed"`
			} `json:"events"`
		} `json:"ranges"`
	} `json:"affected"`
}

// indexed is a report in the index of modules.
type indexed struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Fixed    string    `json:"fixed,omitempty"`
}

// module is one of the index.
type module struct {
	Path  string    `json:"path"`
	Vulns []indexed `json:"vulns"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: vulndb SNAPSHOT OUT")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "vulndb:", err)
		os.Exit(1)
	}
}

func write(snapshot, out string) error {
	files, err := filepath.Glob(filepath.Join(snapshot, "data", "osv", "GO-*.json"))
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("%s holds no reports", snapshot), err)
	}
	for _, dir := range []string{"ID", "index"} {
		if err := os.MkdirAll(filepath.Join(out, dir), 0o700); err != nil {
			return err
		}
	}
	modules := map[string][]indexed{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		var e entry
		if err := json.Unmarshal(b, &e); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		e.add(modules)
		if err := os.WriteFile(filepath.Join(out, "ID", filepath.Base(f)), b, 0o600); err != nil {
			return err
		}
	}
	list := make([]module, 0, len(modules))
	for path, vulns := range modules {
		list = append(list, module{path, vulns})
	}
	slices.SortFunc(list, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return errors.Join(
		writeJSON(filepath.Join(out, "index", "modules.json"), list),
		writeJSON(filepath.Join(out, "index", "db.json"), map[string]time.Time{"modified": dateOf(snapshot)}))
}

// add enters a report under each module it is about, with the last version
// that mends it.
func (e *entry) add(modules map[string][]indexed) {
	for _, a := range e.Affected {
		one := indexed{ID: e.ID, Modified: e.Modified}
		for _, r := range a.Ranges {
			for _, ev := range r.Events {
				if ev.Fixed != "" {
					one.Fixed = ev.Fixed
				}
			}
		}
		list := modules[a.Package.Name]
		if n := len(list); n > 0 && list[n-1].ID == e.ID {
			list[n-1].Fixed = one.Fixed
			continue
		}
		modules[a.Package.Name] = append(list, one)
	}
}

// dateOf is the day of a snapshot, out of its version
// (v0.0.0-20261105234957-e22db6528018).
func dateOf(snapshot string) time.Time {
	for part := range strings.SplitSeq(filepath.Base(snapshot), "-") {
		if t, err := time.Parse("20060102150405", part); err == nil {
			return t
		}
	}
	return time.Time{}
}

func writeJSON(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}
