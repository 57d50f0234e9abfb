package cli

import (
	"path/filepath"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/demo"
	"threatbench/api/store"
)

// The demo's queries find something, their alerts have told of events that
// match, some of it unread, and filling twice changes nothing.
func TestDemoQueries(t *testing.T) {
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "events.db"), store.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // a throwaway
	for range 2 {
		if err := fill(t.Context(), db, demo.Generate(1, 3000, now), now, nil); err != nil {
			t.Fatal(err)
		}
	}
	queries, err := db.SavedQueries(t.Context(), LocalAccount)
	if err != nil || len(queries) != len(demo.Queries()) {
		t.Fatalf("%d queries, %v", len(queries), err)
	}
	alerts, err := db.Alerts(t.Context(), LocalAccount)
	if err != nil || len(alerts) != 3 {
		t.Errorf("%d alerts, %v", len(alerts), err)
	}
	in, unread, err := db.Inbox(t.Context(), LocalAccount, api.InboxQuery{})
	if err != nil || unread == 0 || unread == len(in.Notifications) {
		t.Errorf("%d of %d unread, %v", unread, len(in.Notifications), err)
	}
	for _, n := range in.Notifications {
		if len(n.EventIDs) == 0 || n.Count < len(n.EventIDs) || !n.At.Before(now) {
			t.Errorf("told %+v", n)
		}
	}
}
