package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/query"
	"threatbench/api/store"
)

// triedEvents are the names of the events of testdata/search, in their order.
var triedEvents = strings.Fields("heron magpie tester log4shell scan mail wiper tunnel")

// firstTry is a text and what it has to find.
type firstTry struct{ text, want string }

func firstTries(t *testing.T) []firstTry {
	t.Helper()
	b, err := os.ReadFile("../testdata/search/firsttries.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []firstTry
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		text, want, ok := strings.Cut(line, " | ")
		if !ok {
			t.Fatalf("no result: %q", line)
		}
		if n, rest, ok := strings.Cut(text, " "); ok && len(n) < 3 && strings.Trim(n, "0123456789") == "" {
			text = rest
		}
		out = append(out, firstTry{text, want})
	}
	return out
}

// foundNames names events by their ids, in the order of the file.
func foundNames(ids []string) string {
	var out []string
	for i, name := range triedEvents {
		if slices.ContainsFunc(ids, func(id string) bool { return strings.HasSuffix(id, string("0123456789abcdef"[i+1])) }) {
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

func idsOf(events []api.Event) string {
	var ids []string
	for i := range events {
		ids = append(ids, events[i].UUID)
	}
	return foundNames(ids)
}

// TestFirstTries asks each text of the table of the store, over the API and
// through the program.
func TestFirstTries(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	db := filepath.Join(t.TempDir(), "events.db")
	a, said := program(t, nil)
	a.now = func() time.Time { return now }
	if code := a.execute(t.Context(), []string{"import", "../testdata/search/events.jsonl", "--db", db}); code != exitOK {
		t.Fatalf("import: %d %s", code, said)
	}
	opened, _ := program(t, nil)
	opened.flags.db = db
	pl, err := opened.openToRead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pl.close(); err != nil {
			t.Error(err)
		}
	})
	for _, try := range firstTries(t) {
		out, errs, code := tried(t, db, now, try.text)
		text, refused := strings.CutPrefix(try.want, "! ")
		offered, nothing := strings.CutPrefix(try.want, "? ")
		f, err := query.Parse(try.text, now)
		switch {
		case refused:
			var wrong *query.Error
			if !errors.As(err, &wrong) || !strings.Contains(wrong.Msg, text) || code != exitUsage || !strings.Contains(errs, text) {
				t.Errorf("%s: %v, code %d, %s; want %q", try.text, err, code, errs, text)
			}
			continue
		case err != nil:
			t.Errorf("%s: %v", try.text, err)
			continue
		}
		want := try.want
		if nothing {
			want = ""
			if !strings.Contains(errs, offered) {
				t.Errorf("%s: says %q, which doesn't offer %q", try.text, errs, offered)
			}
		}
		q := api.ListQuery{Search: f.Search, Branches: f.Branches}
		inStore, err := pl.db.ListWith(t.Context(), LocalAccount, q, store.ListOptions{})
		if err != nil {
			t.Errorf("%s: %v", try.text, err)
			continue
		}
		overAPI, err := pl.client().List(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", try.text, err)
			continue
		}
		for where, got := range map[string]string{"the store": idsOf(inStore.Events), "the API": idsOf(overAPI.Events), "the program": out} {
			if got != want {
				t.Errorf("%s: %s finds %q, want %q", try.text, where, got, want)
			}
		}
	}
}

// tried is what the program finds for a text, what it says, and its exit code.
func tried(t *testing.T, db string, now time.Time, text string) (found, said string, code int) {
	t.Helper()
	a, _ := program(t, nil)
	a.now = func() time.Time { return now }
	var out, errs bytes.Buffer
	a.io.Out, a.io.Err = &out, &errs
	code = a.execute(t.Context(), []string{"events", "--db", db, "--json", "--query", text})
	var ids []string
	for line := range strings.Lines(out.String()) {
		var e api.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		ids = append(ids, e.UUID)
	}
	return foundNames(ids), errs.String(), code
}

// TestPlanInReadOnly tells what would come in, there as well, and says of
// nothing that it was created.
func TestPlanInReadOnly(t *testing.T) {
	db := filepath.Join(t.TempDir(), "events.db")
	a, said := program(t, nil)
	if code := a.execute(t.Context(), []string{"import", "../testdata/search/events.jsonl", "--db", db}); code != exitOK {
		t.Fatalf("import: %d %s", code, said)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--plan"}, exitOK, "would come in: 0 events created, 0 updated; "},
		{nil, exitFailed, "read-only: nothing may be imported"},
	} {
		a, said := program(t, nil)
		code := a.execute(t.Context(), append([]string{"--read-only", "import", "../testdata/search/events.jsonl", "--db", db}, c.args...))
		if code != c.code || !strings.Contains(said.String(), c.want) {
			t.Errorf("%v: %d %s", c.args, code, said)
		}
	}
}
