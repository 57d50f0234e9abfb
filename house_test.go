package main

import (
	"os/exec"
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
