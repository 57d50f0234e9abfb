package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"threatbench/api"
)

// alike are events whose UUIDs share their first half, as somebody may choose
// them.
func alike(n int) []api.CreateEvent {
	list := make([]api.CreateEvent, n)
	for i := range list {
		list[i] = plain(func(e *api.CreateEvent) {
			e.UUID = fmt.Sprintf("aaaaaaaa-aaaa-4aaa-8aaa-%012d", i)
			e.Event = fmt.Sprintf("event %d", i)
		})
	}
	return list
}

// Events whose UUIDs share a half are told apart, and found by the index alone:
// a look-up that reads all of them would make an import as slow as its square.
func TestUUIDsThatShareAHalf(t *testing.T) {
	fileOnly(t)
	d := openNew(t)
	for range 2 {
		res := bulk(t, d, testAccount, api.BulkCreate{PreserveUUID: true, Data: alike(50)})
		if res.CreatedEventsCount+res.SkippedEventsCount != 50 || len(res.Errors) > 0 {
			t.Fatalf("got %+v", res)
		}
	}
	for _, i := range []int{0, 17, 49} {
		e, err := d.Event(t.Context(), testAccount, "", fmt.Sprintf("aaaaaaaa-aaaa-4aaa-8aaa-%012d", i))
		if err != nil || e.Event != fmt.Sprintf("event %d", i) {
			t.Errorf("event %d: %q, %v", i, e.Event, err)
		}
	}
	if plan := lookupPlan(t, d); !strings.Contains(plan, "event_ukey (ukey=? AND <expr>=?)") {
		t.Errorf("the plan of a look-up is %s", plan)
	}
}

func lookupPlan(t *testing.T, d *DB) string {
	t.Helper()
	var plan []string
	rows, err := d.writes.QueryContext(t.Context(), "EXPLAIN QUERY PLAN SELECT id FROM event e WHERE e.ukey = ? AND substr(e.doc, 10, 8) = ?", 1, []byte("12345678"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() // read only
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}

// A database of the schema before is brought to this one with what is in it.
func TestUpgradeFromSchema3(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	d := openAt(t, path, Options{})
	bulk(t, d, testAccount, api.BulkCreate{PreserveUUID: true, Data: alike(5)})
	for _, back := range []string{
		"DROP INDEX event_ukey", "CREATE INDEX event_ukey ON event (ukey)",
		"DROP TABLE indicator", "DROP TABLE indicator_key", "DROP TABLE import_run", "DROP TABLE imported", "ALTER TABLE change DROP COLUMN run",
		"DROP TABLE tag_category", "ALTER TABLE tag DROP COLUMN category", "ALTER TABLE tag DROP COLUMN fields", "ALTER TABLE tag DROP COLUMN version", "ALTER TABLE tag DROP COLUMN created", "ALTER TABLE tag DROP COLUMN updated",
		"DELETE FROM goose_db_version WHERE version_id > 3", "PRAGMA user_version = 3",
	} {
		if _, err := d.writes.ExecContext(t.Context(), back); err != nil {
			t.Fatalf("%s: %v", back, err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = openAt(t, path, Options{})
	if e, err := d.Event(t.Context(), testAccount, "", "aaaaaaaa-aaaa-4aaa-8aaa-000000000003"); err != nil || e.Event != "event 3" {
		t.Errorf("%q, %v", e.Event, err)
	}
	if plan := lookupPlan(t, d); !strings.Contains(plan, "<expr>=?") {
		t.Errorf("the plan of a look-up is %s", plan)
	}
}
