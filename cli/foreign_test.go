package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"threatbench/api/foreign"
)

// against runs a command against a server of another kind, and gives what it
// wrote to its two streams and its exit code.
func against(t *testing.T, s *foreign.Server, args ...string) (out, said string, code int) {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	config := filepath.Join(t.TempDir(), "c.toml")
	text := fmt.Sprintf("[profiles.there]\nbase_url = %q\naccount = \"acc\"\ntoken = \"secret\"\n", h.URL+"/client/v4")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _ := program(t, nil)
	var outText, errText bytes.Buffer
	a.io.Out, a.io.Err = &outText, &errText
	code = a.execute(t.Context(), append([]string{"--config", config, "--profile", "there"}, args...))
	return outText.String(), errText.String(), code
}

// Whatever a server says of pages and totals: all events come, or the exit
// code and a line say that they don't.
func TestNoCommandCutsSilently(t *testing.T) {
	ways := map[string]foreign.Paging{
		"bare": foreign.Bare, "null": foreign.NullInfo, "no count": foreign.NoCount, "minus one": foreign.MinusOne, "inexact": foreign.Inexact, "total": foreign.Total,
		"ignores page": foreign.IgnoresPage, "repeats last": foreign.RepeatsLast, "repeats first": foreign.RepeatsFirst, "refuses page": foreign.RefusesPage, "ends early": foreign.EndsEarly,
	}
	got := map[foreign.Paging]int{foreign.IgnoresPage: 1000, foreign.RepeatsFirst: 2000, foreign.RefusesPage: 1000, foreign.EndsEarly: 2000}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			want, wantCode, part := 2500, exitOK, ""
			if n, ok := got[way]; ok {
				want, wantCode = n, exitPartial
				part = fmt.Sprintf("first %d,000; the server gives no more", n/1000)
			}
			for _, command := range []string{"events --limit 0", "events --json --limit 0", "export --no-raw"} {
				s := &foreign.Server{Rows: 2500, Cap: 1000, Paging: way}
				out, said, code := against(t, s, strings.Fields(command)...)
				if n := strings.Count(out, "\n"); n != want || code != wantCode || !strings.Contains(said, part) {
					t.Errorf("%s: %d lines, exit code %d, %q", command, n, code, said)
				}
			}
			out, said, code := against(t, &foreign.Server{Rows: 2500, Cap: 1000, Paging: way}, "lookup", "host.example")
			if code != exitPartial || !strings.Contains(out, fmt.Sprintf("seen\t%d\t", want)) || !strings.Contains(said, part) {
				t.Errorf("lookup: exit code %d, %q %q", code, out, said)
			}
			out, said, code = against(t, &foreign.Server{Rows: 2500, Cap: 1000, Paging: way}, "events", "--limit", "1000")
			if n := strings.Count(out, "\n"); n != 1000 || code != exitOK {
				t.Errorf("events --limit 1000: %d lines, exit code %d, %q", n, code, said)
			}
			out, said, code = against(t, &foreign.Server{Rows: 2500, Cap: 1000, Paging: way}, "events") // no limit of one's own
			if n := strings.Count(out, "\n"); n != 100 || code != exitOK || !strings.Contains(said, "the first 100; --limit 0 lists all") {
				t.Errorf("events: %d lines, exit code %d, %q", n, code, said)
			}
		})
	}
}

// The list of datasets is one of the parts that may be missing.
func TestExportWithoutAListOfDatasets(t *testing.T) {
	s := &foreign.Server{Rows: 30, Answer: func(w http.ResponseWriter, _ *http.Request, path string) bool {
		if path != "/events/dataset" {
			return false
		}
		foreign.Fail(w, http.StatusForbidden, "no datasets for you")
		return true
	}}
	out, said, code := against(t, s, "export", "--no-raw")
	if n := strings.Count(out, "\n"); n != 30 || code != exitOK || !strings.Contains(said, "without their names") || !strings.Contains(said, "no datasets for you") {
		t.Errorf("%d lines, exit code %d, %q", n, code, said)
	}
}
