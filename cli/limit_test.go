package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/blocklist"
	"threatbench/api/interchange"
)

// TestWhatLeavesKnowsNothingAboveALimit writes a database in every form up to a
// marking, and searches a log for its indicators: what comes out, and the
// summary, are byte for byte as if nothing above the marking were there.
func TestWhatLeavesKnowsNothingAboveALimit(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 7))
	markings := []string{"clear", "green", "amber", "amber+strict", "red", "TLP:WHITE", "TLP:RED"}
	var all []map[string]any
	var log strings.Builder
	for n := range 40 {
		value, kind := fmt.Sprintf("h%d.evil.example", n), "domain"
		switch n % 4 {
		case 1:
			value, kind = fmt.Sprintf("198.51.100.%d", n), "ip"
		case 2:
			value, kind = fmt.Sprintf("%064x", n+1), "sha256"
		case 3:
			value, kind = fmt.Sprintf("http://h%d.evil.example/x", n-3), "url" // of another's host
		}
		fmt.Fprintln(&log, value)
		e := map[string]any{
			"id": eventID(n), "date": fmt.Sprintf("2024-03-%02dT10:00:00Z", 1+n%28), "createdAt": "2024-04-01T00:00:00Z", "event": fmt.Sprintf("event %d", n), "category": "C2",
			"attacker": fmt.Sprintf("ACTOR%d", n%5), "indicator": value, "indicatorType": kind, "tlp": markings[dice.IntN(len(markings))], "tags": []string{fmt.Sprintf("tag%d", n)},
			"raw":         map[string]any{"data": map[string]any{"n": n}, "tlp": markings[dice.IntN(len(markings))]},
			"mitreAttack": []string{}, "killChain": 0,
		}
		for range dice.IntN(3) {
			if other := dice.IntN(40); other != n {
				e["references"] = []string{eventID(other)}
				e["relationships"] = []map[string]string{{"parentId": eventID(other), "relationshipType": "related_to"}}
			}
		}
		all = append(all, e)
	}
	dir := t.TempDir()
	file := func(name string, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	searched := file("proxy.log", log.String())
	database := func(name string, events []map[string]any) string {
		var b strings.Builder
		for _, e := range events {
			if err := json.NewEncoder(&b).Encode(e); err != nil {
				t.Fatal(err)
			}
		}
		db := filepath.Join(dir, name+".db")
		if _, said, code := atOnce(t, "import", "--db", db, file(name+".jsonl", b.String())); code != exitOK {
			t.Fatalf("%s: %s", name, said)
		}
		return db
	}
	whole := database("all", all)
	for _, limit := range []api.TLP{api.TLPClear, api.TLPGreen, api.TLPAmber, api.TLPAmberStrict} {
		within := slices.DeleteFunc(slices.Clone(all), func(e map[string]any) bool {
			tlp, _ := api.ParseTLP(e["tlp"].(string))
			return tlp > limit
		})
		part := database(strings.ReplaceAll(limit.String(), "+", ""), within)
		var commands [][]string
		for _, f := range interchange.ExportFormats() {
			commands = append(commands, []string{"export", "--format", string(f)})
		}
		commands = append(commands, []string{"export", "--format", "csv", "--columns", strings.Join(interchange.FieldNames(), ",")})
		for _, f := range blocklist.Forms() {
			commands = append(commands, []string{"export", "--format", f, "--with-known-good"})
		}
		for _, form := range [][]string{nil, {"--json"}, {"--csv"}, {"--summary"}} {
			commands = append(commands, append([]string{"match", searched}, form...))
		}
		for _, c := range commands {
			c = append(c, "--max-tlp", limit.String())
			got, _, code := atOnce(t, append([]string{"--db", whole}, c...)...)
			want, said, _ := atOnce(t, append([]string{"--db", part}, c...)...)
			if code != exitOK && code != exitPartial || want == "" {
				t.Fatalf("%v: exit code %d: %s", c, code, said)
			}
			if got != want {
				t.Errorf("%v tells of what is above:\n%s\nwithout it:\n%s", c, got, want)
			}
		}
	}
}

// atOnce runs a command with nothing on its standard input.
func atOnce(t *testing.T, args ...string) (out, said string, code int) {
	t.Helper()
	a, _ := program(t, nil)
	a.tty = func(any) bool { return false }
	a.now = func() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) } // lists tell when they were written
	var o, e bytes.Buffer
	a.io.In, a.io.Out, a.io.Err = strings.NewReader(""), &o, &e
	code = a.execute(t.Context(), args)
	return o.String(), e.String(), code
}
