package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"threatbench/api"
)

func TestOpenMakesPrivateFiles(t *testing.T) {
	fileOnly(t)
	dir := filepath.Join(t.TempDir(), "new", "deeper")
	path := filepath.Join(dir, "events.db")
	d := openAt(t, path, Options{})
	create(t, d, plain(nil))
	for name, want := range map[string]os.FileMode{dir: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		st, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", name, st.Mode().Perm(), want)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	fileOnly(t)
	newer := filepath.Join(t.TempDir(), "newer.db")
	openAndClose(t, newer)
	alter(t, newer, "PRAGMA user_version = 4711")
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	alter(t, foreign, "CREATE TABLE song (title TEXT)")
	text := filepath.Join(t.TempDir(), "text.db")
	write(t, text, strings.Repeat("no database at all\n", 100))
	cut := filepath.Join(t.TempDir(), "cut.db")
	openAndClose(t, cut)
	whole, err := os.ReadFile(cut)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cut, string(whole[:len(whole)/3]))

	for _, c := range []struct {
		name, path string
		o          Options
		want       []string
	}{
		{"a newer schema", newer, Options{}, []string{"schema 4711", fmt.Sprintf("up to %d", schemaNewest)}},
		{"a newer schema, for reading", newer, Options{ReadOnly: true}, []string{"schema 4711", fmt.Sprintf("up to %d", schemaNewest)}},
		{"another program's database", foreign, Options{}, []string{"another program"}},
		{"no database", text, Options{}, []string{text, "no SQLite file"}},
		{"a cut database", cut, Options{}, []string{cut}},
		{"nothing, for reading", filepath.Join(t.TempDir(), "none.db"), Options{ReadOnly: true}, []string{"no such file"}},
		{"a directory", t.TempDir(), Options{}, []string{"cannot"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := Open(context.Background(), c.path, c.o)
			if err == nil {
				_ = d.Close()
				t.Fatal("it opened")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func openAndClose(t *testing.T, path string) {
	t.Helper()
	d, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

func alter(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	func() {
		d, err := Open(context.Background(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		create(t, d, plain(nil))
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}()
	d := openAt(t, path, Options{ReadOnly: true})
	if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != 1 {
		t.Errorf("%d events, want 1", got)
	}
	_, err := d.Create(context.Background(), Actor{}, testAccount, api.BulkCreate{Data: []api.CreateEvent{plain(nil)}})
	if api.StatusOf(err) != 403 {
		t.Errorf("writing: %v, want a 403", err)
	}
	if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != 1 {
		t.Errorf("%d events after a refused write, want 1", got)
	}
}

// TestReadOnlyDirectory needs a user who is bound by file modes.
func TestReadOnlyDirectory(t *testing.T) {
	fileOnly(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "events.db")
	openAndClose(t, path)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	d := openAt(t, path, Options{ReadOnly: true})
	if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != 0 {
		t.Errorf("%d events, want 0", got)
	}
	if os.Geteuid() == 0 {
		return // root may write anywhere: the rest would not be refused
	}
	if w, err := Open(context.Background(), path, Options{}); err == nil {
		_ = w.Close()
		t.Error("opened for writing in a read-only directory")
	} else if !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("%q does not say what is wrong", err)
	}
}

func TestCloseTwiceAndUseAfter(t *testing.T) {
	d, err := Open(context.Background(), filepath.Join(t.TempDir(), "events.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if _, err := d.List(context.Background(), testAccount, api.ListQuery{}); err == nil {
		t.Error("a closed database answers")
	}
	if _, err := d.Create(context.Background(), Actor{}, testAccount, api.BulkCreate{}); err == nil {
		t.Error("a closed database is written")
	}
}

func TestTwoHandlesOnOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	a := openAt(t, path, Options{segment: 5})
	b := openAt(t, path, Options{})
	for i := range 20 {
		from, to := a, b
		if i%2 == 1 {
			from, to = b, a
		}
		create(t, from, plain(func(e *api.CreateEvent) { e.Attacker = strings.Repeat("x", i+1) }))
		if got := listed(t, to, api.ListQuery{}).Info.TotalCount; got != i+1 {
			t.Fatalf("after %d writes the other handle sees %d", i+1, got)
		}
		c := api.Condition{Field: api.FieldAttacker, Op: api.OpEquals, Values: []string{strings.Repeat("X", i+1)}}
		if got := listed(t, to, api.ListQuery{Search: []api.Condition{c}}).Info.TotalCount; got != 1 {
			t.Fatalf("the other handle finds %d events of the new attacker, want 1", got)
		}
	}
}
