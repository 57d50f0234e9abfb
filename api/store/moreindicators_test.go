package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"testing"

	"threatbench/api"
)

// several is an event with three indicators.
func several(n int) api.CreateEvent {
	e := numbered(n)
	e.Indicator, e.IndicatorType = "first.example", "domain"
	e.Indicators = []api.IndicatorInput{{Value: "Second.Example", IndicatorType: "domain"}, {Value: "192.0.2.7", IndicatorType: "ip"}}
	return e
}

// having finds the events of an indicator.
func having(t *testing.T, d *DB, dataset string, op api.Op, values ...string) (out []string) {
	t.Helper()
	page := listed(t, d, api.ListQuery{Datasets: []string{dataset}, Search: []api.Condition{{Field: api.FieldIndicator, Op: op, Values: values}}})
	for _, e := range page.Events {
		out = append(out, e.UUID)
	}
	slices.Sort(out)
	return out
}

// graphOf is the events of an indicator by the graph.
func graphOf(t *testing.T, d *DB, kind, value string) (out []string) {
	t.Helper()
	ref := indicatorRef(testAccount, &api.Event{Indicator: value, IndicatorType: kind})
	g, err := d.Graph(t.Context(), testAccount, api.GraphQuery{Seeds: []api.NodeRef{ref}})
	if api.StatusOf(err) == 404 {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range g.Edges {
		out = append(out, e.SourceID) // an edge goes from the event to its indicator
	}
	slices.Sort(out)
	return out
}

// TestEveryIndicatorIsFound holds that an event is found by any of its
// indicators, whatever becomes of it: in a segment or not, moved, copied,
// deleted, brought back.
func TestEveryIndicatorIsFound(t *testing.T) {
	d := openAt(t, filepath.Join(t.TempDir(), "events.db"), Options{segment: 16})
	var list []api.CreateEvent
	for i := range 40 {
		list = append(list, numbered(i))
	}
	list[3], list[39] = several(3), several(39)
	create(t, d, list...)
	other, err := d.CreateDataset(t.Context(), Actor{}, testAccount, api.Dataset{Name: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	both := []string{list[3].UUID, list[39].UUID}
	slices.Sort(both)
	for _, e := range listed(t, d, api.ListQuery{Datasets: []string{api.ScopeAll}, PageSize: 100}).Events {
		var want []api.IndicatorInput
		if slices.Contains(both, e.UUID) {
			want = append([]api.IndicatorInput{{Value: "first.example", IndicatorType: "domain"}}, several(0).Indicators...)
		}
		if !slices.Equal(e.Indicators, want) {
			t.Errorf("%s answers with the indicators %v, want %v", e.UUID, e.Indicators, want)
		}
	}
	expect := func(when string, want ...string) {
		t.Helper()
		for _, v := range []string{"first.example", "SECOND.example", "192.0.2.7"} {
			if got := having(t, d, api.ScopeAll, api.OpEquals, v); !slices.Equal(got, want) {
				t.Errorf("%s, equals %s: %v, want %v", when, v, got, want)
			}
			if got := having(t, d, api.ScopeAll, api.OpIn, "nothing", v); !slices.Equal(got, want) {
				t.Errorf("%s, in %s: %v, want %v", when, v, got, want)
			}
		}
		for kind, v := range map[string]string{"domain": "second.example", "ip": "192.0.2.7"} {
			if got := graphOf(t, d, kind, v); !slices.Equal(got, want) {
				t.Errorf("%s, in the graph %s: %v, want %v", when, v, got, want)
			}
		}
		if got := graphOf(t, d, "url", "second.example"); got != nil {
			t.Errorf("%s, of another type: %v", when, got)
		}
	}
	expect("new", both...)
	ctx := context.Background()
	from := defaultDataset(testAccount).UUID
	if _, err := d.Move(ctx, Actor{}, testAccount, Transfer{From: from, To: other.UUID, EventIDs: both}); err != nil {
		t.Fatal(err)
	}
	expect("moved", both...)
	if got := having(t, d, from, api.OpEquals, "192.0.2.7"); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
	if _, err := d.Delete(ctx, Actor{}, testAccount, other.UUID, both[:1]); err != nil {
		t.Fatal(err)
	}
	expect("one deleted", both[1])
	zero := 0.0
	res, err := d.Revert(ctx, Actor{}, testAccount, other.UUID, api.Revert{MinutesAgo: &zero})
	if err != nil {
		t.Fatal(err)
	}
	h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: other.UUID})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range h.Entries {
		if e.Operation == opMove {
			if _, err := d.Revert(ctx, Actor{}, testAccount, other.UUID, api.Revert{Bookmark: e.Bookmark}); err != nil {
				t.Fatal(err)
			}
		}
	}
	expect("brought back", both...)
	if _, err := d.Revert(ctx, Actor{}, testAccount, other.UUID, api.Revert{Bookmark: res.UndoBookmark}); err != nil {
		t.Fatal(err)
	}
	expect("and gone again", both[1])
	if _, err := d.Copy(ctx, Actor{}, testAccount, Transfer{From: other.UUID, To: from, EventIDs: both[1:]}); err != nil {
		t.Fatal(err)
	}
	if got := having(t, d, api.ScopeAll, api.OpEquals, "192.0.2.7"); len(got) != 2 {
		t.Errorf("copied: %v", got)
	}
}

// TestIndicatorsOfOlderDatabases holds that a database of the schema before is
// given the table, with what its events hold.
func TestIndicatorsOfOlderDatabases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	d, err := Open(t.Context(), path, Options{segment: 16})
	if err != nil {
		t.Fatal(err)
	}
	create(t, d, numbered(1), several(2))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"DROP TABLE indicator", "DROP TABLE indicator_key", "DROP TABLE import_run", "DROP TABLE imported", "ALTER TABLE change DROP COLUMN run", "DROP TABLE tag_category", "ALTER TABLE tag DROP COLUMN category", "ALTER TABLE tag DROP COLUMN fields", "ALTER TABLE tag DROP COLUMN version", "ALTER TABLE tag DROP COLUMN created", "ALTER TABLE tag DROP COLUMN updated",
		"PRAGMA user_version = 4", "DELETE FROM goose_db_version WHERE version_id > 4"} {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	d = openAt(t, path, Options{segment: 16})
	if got := having(t, d, api.ScopeAll, api.OpEquals, "192.0.2.7"); !slices.Equal(got, []string{several(2).UUID}) {
		t.Errorf("found %v", got)
	}
}
