package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	quotedCode = regexp.MustCompile("`([^`\n]+)`")
	linked     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	isFile     = regexp.MustCompile(`^[\w./-]+\.(go|md|toml|yaml|yml|sql)$`)
)

// tree gives every path of the project that isn't ignored, slashes in it.
func tree(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (p == ".git" || p == "dist" || p == ".cache") {
			return filepath.SkipDir
		}
		all = append(all, filepath.ToSlash(p))
		return err
	})
	if err != nil || len(all) < 100 {
		t.Fatalf("%d paths, %v", len(all), err)
	}
	return all
}

func readText(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPromisesOfSecurityAreTested: each row of the table in SECURITY.md names
// code that is there, and tests that are there.
func TestPromisesOfSecurityAreTested(t *testing.T) {
	all := tree(t)
	named := func(file string) bool {
		return slices.ContainsFunc(all, func(p string) bool { return p == file || path.Base(p) == file })
	}
	_, table, found := strings.Cut(readText(t, "SECURITY.md"), "| promise | where | tested by |\n")
	if !found {
		t.Fatal("SECURITY.md has no table of promises")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(strings.TrimSpace(table), "\n")[1:]
	if len(rows) < 10 {
		t.Fatalf("only %d promises", len(rows))
	}
	for _, row := range rows {
		cells := strings.Split(strings.Trim(row, "|"), "|")
		if len(cells) != 3 {
			t.Errorf("not three cells: %s", row)
			continue
		}
		where := quotedCode.FindAllStringSubmatch(cells[1], -1)
		if len(where) == 0 {
			t.Errorf("no code named: %s", row)
		}
		tests := 0
		for _, m := range where {
			if isFile.MatchString(m[1]) && !named(m[1]) {
				t.Errorf("%s isn't there: %s", m[1], row)
			}
			if beside, err := filepath.Glob(m[1] + "/*_test.go"); err == nil && strings.Contains(cells[2], "its tests") {
				tests += len(beside)
			}
		}
		for _, m := range quotedCode.FindAllStringSubmatch(cells[2], -1) {
			if !strings.HasSuffix(m[1], "_test.go") {
				continue
			}
			tests++
			if !named(m[1]) {
				t.Errorf("the test %s isn't there: %s", m[1], row)
			}
		}
		if tests == 0 {
			t.Errorf("a promise that nothing tests: %s", row)
		}
	}
}

// TestLinksLead: links in the papers lead to files and headings that are there,
// and so do the files that CONTRIBUTING.md and docs/architecture.md name.
func TestLinksLead(t *testing.T) {
	all := tree(t)
	for _, paper := range all {
		if !strings.HasSuffix(paper, ".md") || strings.Contains(paper, "testdata/") {
			continue
		}
		text := readText(t, paper)
		for _, m := range linked.FindAllStringSubmatch(text, -1) {
			target, heading, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			file := paper
			if target != "" {
				file = path.Join(path.Dir(paper), target)
			}
			if !slices.Contains(all, file) {
				t.Errorf("%s links to %s, which isn't there", paper, m[1])
				continue
			}
			if heading != "" && !slices.Contains(headings(readText(t, file)), heading) {
				t.Errorf("%s links to the heading %s of %s, which isn't there", paper, heading, file)
			}
		}
		if paper != "CONTRIBUTING.md" && paper != "docs/architecture.md" {
			continue
		}
		for _, m := range quotedCode.FindAllStringSubmatch(text, -1) {
			if isFile.MatchString(m[1]) && !slices.ContainsFunc(all, func(p string) bool { return p == m[1] || path.Base(p) == m[1] }) {
				t.Errorf("%s names %s, which isn't there", paper, m[1])
			}
		}
	}
}

// headings are those of a paper, as links name them.
func headings(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		title := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		title = regexp.MustCompile("[^a-z0-9 _-]").ReplaceAllString(title, "")
		out = append(out, strings.ReplaceAll(title, " ", "-"))
	}
	return out
}

// TestKeysOfOtherProgramsAreTrue: what docs/coming-from.md says a key does is
// what docs/keys.md, which is made from the actions, says.
func TestKeysOfOtherProgramsAreTrue(t *testing.T) {
	keysOf := map[string]string{} // an action's cell of keys
	for line := range strings.Lines(readText(t, "docs/keys.md")) {
		if cells := strings.Split(line, " | "); len(cells) == 4 {
			keysOf[strings.Trim(cells[3], "`| \n")] = cells[0]
		}
	}
	rows := 0
	for line := range strings.Lines(readText(t, "docs/coming-from.md")) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if len(cells) != 3 || !strings.HasPrefix(cells[2], "`") {
			continue
		}
		rows++
		keys, known := keysOf[strings.Trim(cells[2], "`")]
		if !known {
			t.Errorf("no action is called %s", cells[2])
			continue
		}
		named := quotedCode.FindAllString(cells[1], -1)
		if !slices.ContainsFunc(named, func(key string) bool { return strings.Contains(keys, key) }) {
			t.Errorf("none of %q is a key of %s: %s", named, cells[2], keys)
		}
	}
	if rows < 20 {
		t.Errorf("only %d rows name an action", rows)
	}
}
