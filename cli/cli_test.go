package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rogpeppe/go-internal/testscript"

	"threatbench/api"
	"threatbench/api/interchange"
	"threatbench/cli/profile"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"threatbench": func() {
			streams := Streams{os.Stdin, os.Stdout, os.Stderr}
			os.Exit(Main(context.Background(), os.Args[1:], streams, ShowWorkbench))
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			for _, name := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"} {
				e.Setenv(name, filepath.Join(e.WorkDir, strings.ToLower(name)))
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"oneline": oneLineOnly, "nosecret": noSecret, "story": writeStory,
		},
	})
}

// oneLineOnly checks that the last command said one line on its error stream.
func oneLineOnly(ts *testscript.TestScript, neg bool, _ []string) {
	said := strings.TrimSuffix(ts.ReadFile("stderr"), "\n")
	if many := strings.Contains(said, "\n") || said == ""; many != neg {
		ts.Fatalf("want one line of error, got:\n%s", said)
	}
}

// noSecret checks that what the last command said holds none of its arguments.
func noSecret(ts *testscript.TestScript, _ bool, secrets []string) {
	for _, secret := range secrets {
		if strings.Contains(ts.ReadFile("stdout")+ts.ReadFile("stderr"), secret) {
			ts.Fatalf("%s is shown", secret)
		}
	}
}

// writeStory writes a file of events: story FILE COUNT.
func writeStory(ts *testscript.TestScript, _ bool, args []string) {
	var n int
	if _, err := fmt.Sscan(args[1], &n); err != nil {
		ts.Fatalf("story: %v", err)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(lines(0, n)), 0o600))
}

func eventID(n int) string { return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, n)).String() }

// lines are events from..to-1 in the import's form; each hangs under the one
// after it and under one far away, before or after it.
func lines(from, to int) string {
	var b strings.Builder
	for n := from; n < to; n++ {
		fmt.Fprintf(&b, `{"id":%q,"date":"2024-03-%02dT%02d:00:00Z","event":"Event number %d","category":"Phishing","attacker":"COPPERMANTIS","tlp":"green",`+
			`"raw":{"data":{"n":%d}},"relationships":[{"parentId":%q,"relationshipType":"related_to"},{"parentId":%q,"relationshipType":"caused_by"}],"dataset":"Test"}`+"\n",
			eventID(n), 1+n%28, n%24, n, n, eventID((n+1)%to), eventID((n+to/2)%to))
	}
	return b.String()
}

// program is an app with everything around it replaced.
func program(t *testing.T, bench Workbench) (*app, *bytes.Buffer) {
	t.Helper()
	var said bytes.Buffer
	a := newApp(Streams{In: strings.NewReader(""), Out: &said, Err: &said}, bench)
	a.env = profile.Environment{Getenv: func(string) string { return "" }}
	a.tty = func(any) bool { return true }
	return a, &said
}

func TestDemoIsReadyWhenTheWorkbenchStarts(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	shown := false
	a, said := program(t, func(ctx context.Context, s Session) error {
		shown = true
		page, err := s.API.List(ctx, api.ListQuery{Datasets: []string{api.ScopeAll}})
		if err != nil || page.Info.TotalCount != 500 {
			t.Errorf("%d events, %v", page.Info.TotalCount, err)
		}
		if s.Profile != "demo" || s.Query != "tlp:red" || s.Imports == nil || s.Demo == nil {
			t.Errorf("%+v", s)
		}
		if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 1 {
			t.Errorf("while it runs: %v %v", left, err)
		}
		return nil
	})
	if code := a.execute(t.Context(), []string{"demo", "--events", "500", "--query", "tlp:red"}); code != exitOK || !shown {
		t.Errorf("code %d, shown %v: %s", code, shown, said)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestFailuresOfTheWorkbench(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	a, said := program(t, func(context.Context, Session) error { return errors.New("the roof is on fire") })
	if code := a.execute(t.Context(), []string{"demo", "--events", "10"}); code != exitFailed || !strings.HasSuffix(said.String(), "threatbench: the roof is on fire\n") {
		t.Errorf("code %d: %s", code, said)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestBrokenConfigIsAWarning(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(config, []byte("[ui]\ntheme = \"light\"\ncolour = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got Session
	a, said := program(t, func(_ context.Context, s Session) error { got = s; return nil })
	a.io.In = strings.NewReader("y\n") // the database is made
	args := []string{"--config", config, "--db", filepath.Join(t.TempDir(), "x", "events.db"), "--ascii", "--color", "16"}
	if code := a.execute(t.Context(), args); code != exitOK {
		t.Fatalf("code %d: %s", code, said)
	}
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], config+":3: ui.colour: no such key") {
		t.Errorf("warnings %q", got.Warnings)
	}
	if got.UI.Theme != "light" || !got.UI.ASCII || got.UI.Color != "16" {
		t.Errorf("%+v", got.UI)
	}
}

func TestReadOnlySessionOffersNoChanges(t *testing.T) {
	db := filepath.Join(t.TempDir(), "events.db")
	var got Session
	a, said := program(t, func(_ context.Context, s Session) error { got = s; return nil })
	a.io.In = strings.NewReader("y\n") // the database is made
	if code := a.execute(t.Context(), []string{"--db", db}); code != exitOK || got.Imports == nil || got.ReadOnly {
		t.Fatalf("code %d, %+v: %s", code, got, said)
	}
	a, said = program(t, func(_ context.Context, s Session) error { got = s; return nil })
	if code := a.execute(t.Context(), []string{"--db", db, "--read-only"}); code != exitOK || got.Imports != nil || got.Demo != nil || !got.ReadOnly {
		t.Errorf("code %d, %+v: %s", code, got, said)
	}
}

func TestJobsOfTheFirstStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(file, []byte(lines(0, 20)+"nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, said := program(t, func(ctx context.Context, s Session) error {
		reports := 0
		r, err := s.Imports.Import(ctx, file, interchange.ImportOptions{}, func(_, total int64, _ string) {
			reports++
			if total == 0 {
				t.Error("the file's size is unknown")
			}
		})
		if err != nil || reports == 0 || r.Created != 20 || len(r.Rejected) != 1 {
			t.Errorf("%+v, %v, %d reports", r, err, reports)
		}
		page, err := s.Imports.Imported(ctx, r.Import, 0, 1000)
		if err != nil || len(page.IDs) != 20 {
			t.Errorf("%d events came in, %v", len(page.IDs), err)
		}
		if _, err := s.Imports.Import(ctx, filepath.Join(t.TempDir(), "none"), interchange.ImportOptions{}, func(int64, int64, string) {}); err == nil {
			t.Error("a missing file went unnoticed")
		}
		files, err := s.Imports.Files(ctx, filepath.Dir(file)+"/")
		if err != nil || !slices.Contains(files, file) {
			t.Errorf("%q, %v", files, err)
		}
		return nil
	})
	a.io.In = strings.NewReader("y\n") // the database is made
	if code := a.execute(t.Context(), []string{"--db", filepath.Join(t.TempDir(), "events.db")}); code != exitOK {
		t.Errorf("code %d: %s", code, said)
	}
}

func TestProgress(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		terminal bool
		step     time.Duration
		want     string
	}{
		{true, barEvery, "\r\x1b[Kfile  ###############...............  50%  1,000 events, 10,000 a second  ctrl+\r\x1b[K"},
		{true, barEvery / 2, ""},
		{false, lineEvery, "file: 50%  1,000 events, 100 a second\n"},
		{false, barEvery, ""},
	} {
		a, said := program(t, nil)
		at := now
		a.now, a.tty, a.flags.ascii = func() time.Time { return at }, func(any) bool { return c.terminal }, true
		m := a.meter("file")
		at = at.Add(c.step)
		m.show(50, 100, 1000)
		m.clear()
		if got := said.String(); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 20105: "20,105", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestErrorsAreOneHarmlessLine(t *testing.T) {
	got := oneLine(errors.New("first\nsecond \x1b[31mred"))
	if strings.ContainsAny(got, "\n\x1b") || !strings.Contains(got, "first; second") {
		t.Errorf("%q", got)
	}
}
