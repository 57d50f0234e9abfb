package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrg/xdg"
)

// A database that was named and isn't there is made after asking only.
func TestTheWorkbenchAsksBeforeItMakesADatabase(t *testing.T) {
	stateHome(t)
	for answer, want := range map[string]int{"": exitFailed, "n\n": exitFailed, "\n": exitFailed, "y\n": exitOK, "YES\rq": exitOK} {
		shown := false
		a, said := program(t, func(_ context.Context, s Session) error {
			shown = true
			return nil
		})
		a.io.In = strings.NewReader(answer)
		path := filepath.Join(t.TempDir(), "new", "events.db")
		if code := a.execute(t.Context(), []string{"--db", path}); code != want || shown != (want == exitOK) {
			t.Errorf("%q: code %d, shown %v: %s", answer, code, shown, said)
		}
		if !strings.Contains(said.String(), "There is no database at "+path) {
			t.Errorf("%q: not asked: %s", answer, said)
		}
		if _, err := os.Stat(path); (err == nil) != shown {
			t.Errorf("%q: the database: %v", answer, err)
		}
	}
}

// What is remembered belongs to the database, wherever its file is and by
// whatever name it was opened; another one begins with nothing.
func TestWhatIsRememberedBelongsToTheDatabase(t *testing.T) {
	stateHome(t)
	dir := t.TempDir()
	first, moved, other := filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db"), filepath.Join(dir, "c.db")
	open := func(path, want string) {
		t.Helper()
		a, said := program(t, func(_ context.Context, s Session) error {
			if v, _ := s.State.Get("x"); string(v) != want {
				t.Errorf("%s remembers %q, want %q", filepath.Base(path), v, want)
			}
			if want == "" {
				s.State.Put("x", json.RawMessage(`"`+filepath.Base(path)+`"`))
			}
			return s.State.Flush()
		})
		a.io.In = strings.NewReader("y\n")
		if code := a.execute(t.Context(), []string{"--db", path}); code != exitOK {
			t.Fatalf("code %d: %s", code, said)
		}
	}
	open(first, "")
	if err := os.Rename(first, moved); err != nil {
		t.Fatal(err)
	}
	open(moved, `"a.db"`)
	open(other, "")
	open(moved, `"a.db"`)
	open(other, `"c.db"`)
}

// stateHome has a test remember in a directory of its own.
func stateHome(t *testing.T) {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	xdg.Reload()
	t.Cleanup(xdg.Reload)
}
