package store

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"threatbench/api"
)

// fixtureTime is shortly after the fixtures in testdata/schema5 were written:
// their journal is still within the window of a revert.
var fixtureTime = time.Date(2026, 11, 29, 21, 0, 0, 0, time.UTC)

// openFixture opens a copy of the database that a released program wrote with
// schema 5.
func openFixture(t *testing.T) *DB {
	t.Helper()
	packed, err := os.Open(filepath.Join("..", "..", "testdata", "schema5", "events.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }()
	in, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "events.db")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return openAt(t, path, Options{Now: func() time.Time { return fixtureTime }})
}

// fixtureUUID is the UUID of the nth event of account one (1) or two (2).
func fixtureUUID(account, n int) string {
	return fmt.Sprintf("55550000-0000-4000-8000-%04x%08x", account, n)
}

// TestDatabaseOfSchema5 opens a database that a released program wrote, with
// two accounts of the API and the workbench's own, and finds all of it.
func TestDatabaseOfSchema5(t *testing.T) {
	d := openFixture(t)
	ctx := context.Background()
	for account, want := range map[string]struct{ events, changes int }{"one": {138, 11}, "two": {58, 11}, "local": {2, 1}} {
		page, err := d.List(ctx, account, api.ListQuery{Datasets: []string{"all"}, PageSize: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Events) != want.events {
			t.Errorf("%s: %d events, want %d", account, len(page.Events), want.events)
		}
		h, err := d.History(ctx, account, api.HistoryQuery{Dataset: defaultDataset(account).UUID, PageSize: 100})
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Entries) != want.changes {
			t.Errorf("%s: %d changes in the journal, want %d", account, len(h.Entries), want.changes)
		}
	}
}

// TestSchema5KeepsEvents reads single events, their raw records and what was
// changed in them.
func TestSchema5KeepsEvents(t *testing.T) {
	d := openFixture(t)
	ctx := context.Background()
	for i, account := range []string{"one", "two"} {
		e, err := d.Event(ctx, account, "", fixtureUUID(i+1, 20))
		if err != nil {
			t.Fatal(err)
		}
		if e.Attacker != "RENAMED" || e.TLP != "red" {
			t.Errorf("%s: the changed event reads attacker %q, tlp %q", account, e.Attacker, e.TLP)
		}
		raw, err := d.Raw(ctx, account, "", fixtureUUID(i+1, 20))
		if err != nil || raw.Source != "sensor" {
			t.Errorf("%s: raw record of source %q: %v", account, raw.Source, err)
		}
		if _, err := d.Event(ctx, account, "", fixtureUUID(i+1, 22)); err == nil {
			t.Errorf("%s: the deleted event is back", account)
		}
		parent, err := d.Event(ctx, account, "", fixtureUUID(i+1, 3))
		if err != nil || !parent.HasChildren {
			t.Errorf("%s: the parent has no children: %v", account, err)
		}
	}
}

// TestSchema5KeepsWhatIsSaved finds saved queries, alerts and the inbox, and
// the number up to which an alert had seen events.
func TestSchema5KeepsWhatIsSaved(t *testing.T) {
	d := openFixture(t)
	ctx := context.Background()
	for _, account := range []string{"one", "two"} {
		queries, err := d.SavedQueries(ctx, account)
		if err != nil || len(queries) != 2 {
			t.Errorf("%s: %d saved queries, want 2: %v", account, len(queries), err)
		}
		alerts, err := d.Alerts(ctx, account)
		if err != nil || len(alerts) != 2 {
			t.Fatalf("%s: %d alerts, want 2: %v", account, len(alerts), err)
		}
		seen, err := d.AlertSeen(ctx, account, alerts[0].ID)
		if err != nil || seen == 0 {
			t.Errorf("%s: the alert has seen up to %d: %v", account, seen, err)
		}
		in, unread, err := d.Inbox(ctx, account, api.InboxQuery{PageSize: 10})
		if err != nil || len(in.Notifications) != 1 || unread != 1 {
			t.Errorf("%s: %d notifications, %d unread, want 1 and 1: %v", account, len(in.Notifications), unread, err)
		}
	}
}

// TestSchema5GoesOn makes the edge that waited for its event, and takes back
// what was done before the file was closed.
func TestSchema5GoesOn(t *testing.T) {
	d := openFixture(t)
	ctx := context.Background()
	for i, account := range []string{"one", "two"} {
		h, err := d.History(ctx, account, api.HistoryQuery{Dataset: defaultDataset(account).UUID, PageSize: 100})
		if err != nil {
			t.Fatal(err)
		}
		late := plain(nil)
		late.UUID = fixtureUUID(i+1, 9000)
		if _, err := d.Create(ctx, Actor{}, account, api.BulkCreate{PreserveUUID: true, Data: []api.CreateEvent{late}}); err != nil {
			t.Fatal(err)
		}
		e, err := d.Event(ctx, account, "", late.UUID)
		if err != nil || !e.HasChildren {
			t.Errorf("%s: the event that was waited for has no child: %v", account, err)
		}
		tagged := fixtureUUID(i+1, 25)
		before := h.Entries[2] // the events added last and the tag came after it
		if _, err := d.Revert(ctx, Actor{}, account, before.DatasetID, api.Revert{Bookmark: before.Bookmark}); err != nil {
			t.Fatal(err)
		}
		e, err = d.Event(ctx, account, "", tagged)
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range e.Tags {
			if tag == "after the revert" {
				t.Errorf("%s: %s is still tagged after the revert", account, tagged)
			}
		}
	}
}
