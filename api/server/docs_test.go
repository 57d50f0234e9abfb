package server

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocsNameTheirProof reads docs/api.md: each row of a table names tests
// that exist, and each operation the server has is a row.
func TestDocsNameTheirProof(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := testNames(t)
	proof := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")
	rows := 0
	for n, line := range strings.Split(string(text), "\n") {
		if !isRow(line) {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(line, "|"), "|")
		named := proof.FindAllStringSubmatch(cells[len(cells)-1], -1)
		if len(named) == 0 {
			t.Errorf("docs/api.md:%d names no test: %s", n+1, line)
		}
		for _, m := range named {
			if !tests[m[1]] {
				t.Errorf("docs/api.md:%d names %s, which doesn't exist", n+1, m[1])
			}
		}
	}
	if rows < 30 {
		t.Errorf("found %d rows only: is this test reading the tables right?", rows)
	}
	for _, rt := range (&server{}).routes() {
		if !strings.Contains(string(text), rt.method+" `"+rt.pattern+"`") {
			t.Errorf("docs/api.md has no row for %s %s", rt.method, rt.pattern)
		}
	}
}

// isRow tells a table's row from its head and its rule.
func isRow(line string) bool {
	if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") {
		return false
	}
	return !strings.HasSuffix(line, "| test |")
}

// testNames gathers the tests of this package and of its neighbours.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	decl := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9]+)\(`)
	names := make(map[string]bool)
	for _, pattern := range []string{"*_test.go", "../store/*_test.go", "../client/*_test.go", "../stix/*_test.go", "../interchange/*_test.go", "sdktest/*_test.go", "alerting/*_test.go", "webhook/*_test.go", "certs/*_test.go", "cors/*_test.go", "wire/*_test.go", "../../cli/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range decl.FindAllStringSubmatch(string(b), -1) {
				names[m[1]] = true
			}
		}
	}
	return names
}
