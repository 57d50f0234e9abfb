package sqlite

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3/database"

	"threatbench/api/store/engine"
)

// TestOvertakenMigration makes a migration again that another process was
// faster with, as one does that looked before: nothing of it may stay, above
// all not its number.
func TestOvertakenMigration(t *testing.T) {
	f := &file{path: filepath.Join(t.TempDir(), "events.db")}
	if err := prepareFile(f.path, false); err != nil {
		t.Fatal(err)
	}
	if err := f.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	before, err := f.Schema(t.Context())
	if err != nil || before < 4 {
		t.Fatalf("schema %d, %v", before, err)
	}
	tx, err := f.writes.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "DROP INDEX event_ukey; CREATE INDEX event_ukey ON event (ukey, substr(doc, 10, 8)); PRAGMA user_version = 4"); err != nil {
		t.Fatal(err)
	}
	made, err := newOnce()
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Insert(t.Context(), tx, database.InsertRequest{Version: 4}); !errors.Is(err, errTaken) {
		t.Errorf("made again: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if after, err := f.Schema(t.Context()); err != nil || after != before {
		t.Errorf("schema %d, then %d: %v", before, after, err)
	}
	// What an older program set back is put right.
	if _, err := f.writes.ExecContext(t.Context(), "PRAGMA user_version = 4"); err != nil {
		t.Fatal(err)
	}
	if made, err := f.migrate(t.Context()); made || err != nil {
		t.Errorf("made %v, %v", made, err)
	}
	if after, err := f.Schema(t.Context()); err != nil || after != engine.Newest {
		t.Errorf("schema %d stays: %v", after, err)
	}
}
