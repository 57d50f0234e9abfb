package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImportRules keeps the rules of docs/architecture.md that no linter's
// pattern can say: what a package may reach, directly or through others.
func TestImportRules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, "./...").Output()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	packages := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(packages) < 15 {
		t.Fatalf("only %d packages listed", len(packages))
	}
	for _, line := range packages {
		from, deps, _ := strings.Cut(line, " ")
		from = strings.TrimPrefix(from, "threatbench/")
		for _, dep := range strings.Fields(deps) {
			if why := forbidden(from, strings.TrimPrefix(dep, "threatbench/")); why != "" {
				t.Errorf("%s reaches %s: %s", from, dep, why)
			}
		}
	}
}

func forbidden(from, to string) string {
	in := func(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }
	view := func(pkg string) string {
		if parts := strings.Split(pkg, "/"); parts[0] == "views" && len(parts) > 1 {
			return parts[1]
		}
		return ""
	}
	switch {
	case in(from, "api") && (to == "ui" || in(to, "ui/widget") || in(to, "views") || in(to, "theme") || in(to, "keymap") || in(to, "cli")):
		return "the API knows nothing of the workbench"
	case in(from, "api") && strings.HasPrefix(to, "charm.land/lipgloss"):
		if !in(from, "api/async") { // Bubble Tea itself brings it along there
			return "the API knows nothing of drawing"
		}
	case in(from, "api") && !in(from, "api/async") && strings.HasPrefix(to, "charm.land/bubbletea"):
		return "only api/async makes commands"
	case in(from, "views") && (to == "ui" || in(to, "api/store") || in(to, "api/server") || in(to, "cli")):
		return "a view knows the async layer and the widgets"
	case view(from) != "" && view(to) != "" && view(from) != view(to):
		return "views know nothing of each other"
	case in(from, "ui/widget") && (in(to, "api") || in(to, "views") || to == "ui" || in(to, "keymap")):
		return "widgets are ignorant of threat intelligence"
	case from == "api" && (to == "database/sql" || to == "api/client"):
		return "the contract does no I/O"
	}
	return ""
}

// TestRulesBite makes sure that a breach would be seen.
func TestRulesBite(t *testing.T) {
	for _, pair := range [][2]string{
		{"api/store", "ui/widget/table"}, {"api/server", "charm.land/bubbletea/v2"}, {"views/events", "api/store"},
		{"views/events", "views/detail"}, {"ui/widget/table", "api"}, {"api", "charm.land/lipgloss/v2"},
	} {
		if forbidden(pair[0], pair[1]) == "" {
			t.Errorf("%s may reach %s, and must not", pair[0], pair[1])
		}
	}
	if why := forbidden("views/events", "api/async"); why != "" {
		t.Errorf("a view may not reach the async layer: %s", why)
	}
}

// Bounds of the house: what is larger is taken apart. The exceptions are still
// to be taken apart; one that is within the bounds must go from the list.
const (
	maxFileLines    = 500
	maxPackageFiles = 25
	maxNolints      = 19
)

var (
	longFiles = []string{
		"api/store/edit.go", "api/store/graph.go", // go with the store's taking apart
		"cli/guard/guard.go", // goes with the one type of a role
		"views/queries/edit.go",
	}
	largePackages = []string{
		"api/server", // beside its routes it holds GraphQL and what alerts need
		"api/store",  // the engine, revisions and saved queries are one folder
		"ui",         // triage of events is part of the frame
	}
)

// goFiles gives each Go file but the tests, by its folder.
func goFiles(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			out[filepath.ToSlash(filepath.Dir(path))] = append(out[filepath.ToSlash(filepath.Dir(path))], filepath.ToSlash(path))
		}
		return err
	})
	if err != nil || len(out) < 15 {
		t.Fatalf("looking for Go files: %v, in %d folders", err, len(out))
	}
	return out
}

func TestFilesAndPackagesStaySmall(t *testing.T) {
	var long, large []string
	nolints := 0
	for folder, files := range goFiles(t) {
		if len(files) > maxPackageFiles {
			large = append(large, folder)
		}
		for _, path := range files {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(b), "\n") > maxFileLines {
				long = append(long, path)
			}
			nolints += strings.Count(string(b), "//"+"nolint")
		}
	}
	slices.Sort(long)
	slices.Sort(large)
	if !slices.Equal(long, longFiles) {
		t.Errorf("files of more than %d lines:\n%q\nthe exceptions are\n%q", maxFileLines, long, longFiles)
	}
	if !slices.Equal(large, largePackages) {
		t.Errorf("packages of more than %d files:\n%q\nthe exceptions are\n%q", maxPackageFiles, large, largePackages)
	}
	if nolints > maxNolints {
		t.Errorf("%d nolint comments, at most %d may be: configure the linter", nolints, maxNolints)
	}
}

// TestArchitectureNamesEveryPackage compares the picture in
// docs/architecture.md, where a folder stands below the one it is in, with the
// packages there are.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	b, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```\n")
	picture, _, _ := strings.Cut(rest, "```")
	var named, parents []string
	for line := range strings.Lines(picture) {
		name := strings.Fields(line)[0]
		depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
		dir, is := strings.CutSuffix(name, "/")
		if !is || depth > len(parents) {
			continue
		}
		path := strings.Join(append(parents[:depth:depth], dir), "/")
		parents = strings.Split(path, "/")
		named = append(named, path)
	}
	var there []string
	for folder := range goFiles(t) {
		if folder != "." {
			there = append(there, folder)
		}
	}
	slices.Sort(there)
	slices.Sort(named)
	for _, name := range named {
		if _, found := slices.BinarySearch(there, name); !found && !slices.ContainsFunc(there, func(p string) bool { return strings.HasPrefix(p, name+"/") }) {
			t.Errorf("docs/architecture.md names %s, which is no package", name)
		}
	}
	for _, name := range there {
		if _, found := slices.BinarySearch(named, name); !found {
			t.Errorf("docs/architecture.md does not name %s", name)
		}
	}
}
