package homes

import (
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/demo"
	"threatbench/api/store"
	"threatbench/api/store/engine/postgres/pgtest"
	"threatbench/api/tag"
)

var (
	pgServer *pgtest.Server // nil where there is none
	pgWhy    error
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if pgServer, pgWhy = pgtest.Start(); pgWhy != nil {
		fmt.Println("homes: SQLite alone;", pgWhy)
		if os.Getenv("CI") != "" {
			return 1
		}
		return m.Run()
	}
	code := m.Run()
	if err := pgServer.Stop(); err != nil {
		fmt.Println(err)
		return 1
	}
	return code
}

// fixtureTime is shortly after the fixture was written.
var fixtureTime = time.Date(2026, 11, 29, 21, 0, 0, 0, time.UTC)

func open(t *testing.T, place string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), place, store.Options{Now: func() time.Time { return fixtureTime }})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// made is the file of filled, which is made once.
var made []byte

// filled is a database of several accounts in which no table is empty.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.db")
	if made != nil {
		must(t, os.WriteFile(path, made, 0o600))
		return path
	}
	fixture(t, path)
	fillUp(t, path)
	var err error
	made, err = os.ReadFile(path)
	must(t, err)
	return path
}

// fixture is a database that a released program wrote.
func fixture(t *testing.T, path string) {
	t.Helper()
	packed, err := os.Open(filepath.Join("..", "..", "..", "testdata", "schema5", "events.db.gz"))
	must(t, err)
	defer func() { _ = packed.Close() }()
	in, err := gzip.NewReader(packed)
	must(t, err)
	text, err := io.ReadAll(in)
	must(t, err)
	must(t, os.WriteFile(path, text, 0o600))
}

func fillUp(t *testing.T, path string) {
	t.Helper()
	db := open(t, path)
	defer func() { must(t, db.Close()) }()
	ctx, who := t.Context(), store.Actor{Name: "me"}
	hard := api.CreateEvent{
		Date: "2026-11-01", Event: "a NUL \x00 and " + strings.Repeat("some words that are long ", 100), Insight: "**bold**", Attacker: "NOBODY\u202e",
		Category: "Phishing", TLP: "amber", Tags: []string{"ü", "one"}, Indicator: "bücher.example", IndicatorType: "domain",
	}
	hard.Raw.Data, hard.Raw.Source = []byte(`{"a":"`+strings.Repeat("x", 900)+`"}`), "test"
	twin := hard
	hard.UUID, twin.UUID = "66660000-0000-4000-8000-000000000001", "66660000-0000-4000-8000-000000000002"
	res, err := db.Create(ctx, who, "one", api.BulkCreate{Data: []api.CreateEvent{hard, twin}, PreserveUUID: true, IncludeCreatedEvents: true, Import: &api.ImportPart{ID: "01234567-0123-4123-8123-0123456789ab", Name: "a file", Origins: []api.Origin{{ID: "1"}, {ID: "2"}}}})
	must(t, err)
	ids := []string{res.CreatedEvents[0].UUID, res.CreatedEvents[1].UUID}
	must(t, db.AddReferences(ctx, who, "one", ids[0], ids[1:]))
	for batch := range demo.Generate(1, 4500, fixtureTime).Batches(500) {
		_, err := db.Create(ctx, who, "one", api.BulkCreate{Data: batch.Events, PreserveUUID: true})
		must(t, err)
	}
	// The last saved query and its alert are gone: their ids must not come again.
	q, err := db.CreateSavedQuery(ctx, "one", api.SavedQuery{Name: "gone", QueryJSON: `{}`, AlertEnabled: true})
	must(t, err)
	must(t, db.DeleteSavedQuery(ctx, "one", q.ID, func(*api.SavedQuery) error { return nil }))
	kind := "Actor"
	k, err := db.SaveTagCategory(ctx, who, "one", "", api.TagCategoryPatch{Name: &kind, Schema: json.RawMessage(`[{"key":"motive","kind":"string"}]`)})
	must(t, err)
	in := named("known")
	in["categoryUuid"] = json.RawMessage(strconv.Quote(k.UUID))
	_, err = db.CreateTag(ctx, who, "one", in)
	must(t, err)
}

// named is a tag of a value, with a fact.
func named(value string) tag.Input {
	return tag.Input{"value": json.RawMessage(strconv.Quote(value)), "description": json.RawMessage(`"what \u00e9 it is"`)}
}

// sums are the hashes of all tables of a place.
func sums(t *testing.T, place string) map[string]string {
	t.Helper()
	e, err := openSource(t.Context(), place)
	must(t, err)
	defer func() { must(t, e.close()) }()
	out := map[string]string{}
	c := copying{dst: &end{}}
	for _, table := range tables() {
		d := newDigest()
		must(t, e.rows(t.Context(), &table, "", nil, func(row []any) error { return c.hash(&table, d, row) }))
		out[table.name] = fmt.Sprintf("%d %s", d.rows, d.sum())
	}
	return out
}

func newPlace(t *testing.T, server bool) string {
	t.Helper()
	if server {
		if pgServer == nil {
			t.Skip(pgWhy)
		}
		return pgServer.Schema(t)
	}
	return filepath.Join(t.TempDir(), "copy.db")
}

// TestThereAndBack copies a database to a server, on from there, and back into
// a file: nothing differs, and it is the same database to all who knew it.
func TestThereAndBack(t *testing.T) {
	first := filled(t)
	before := sums(t, first)
	for name, rows := range before {
		if strings.HasPrefix(rows, "0 ") && name != "pending" {
			t.Errorf("nothing is in %s: the test proves nothing of it", name)
		}
	}
	places := []string{first, newPlace(t, false), newPlace(t, true), newPlace(t, true), newPlace(t, false)}
	for i, to := range places[1:] {
		r, err := Copy(t.Context(), places[i], to, nil)
		must(t, err)
		if got := sums(t, to); !equal(got, before) {
			t.Errorf("copy %d differs: %v\nwant %v", i, got, before)
		}
		if r.Events == 0 || r.Total < r.Events || r.Kept != 0 {
			t.Errorf("copy %d: %+v", i, r)
		}
		behaves(t, first, to)
		before = sums(t, to)
		first = to
	}
}

func equal(a, b map[string]string) bool {
	for k, v := range b {
		if a[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}

// behaves uses a copy: bookmarks into the journal still work, and ids go on
// where those of the first one stopped.
func behaves(t *testing.T, from, to string) {
	t.Helper()
	ctx := t.Context()
	a, b := open(t, from), open(t, to)
	defer func() { must(t, errors.Join(a.Close(), b.Close())) }()
	if a.ID() != b.ID() {
		t.Error("the copy is another database")
	}
	page, err := a.List(ctx, "one", api.ListQuery{Datasets: []string{"all"}, PageSize: 50})
	must(t, err)
	next, err := b.List(ctx, "one", api.ListQuery{PageSize: 50, Cursor: page.Info.Cursor})
	must(t, err)
	if len(next.Events) == 0 || next.Events[0].UUID == page.Events[0].UUID {
		t.Error("a cursor doesn't go on in the copy")
	}
	for _, db := range []*store.DB{a, b} {
		if v, err := db.Verify(ctx, nil); err != nil || len(v.Problems) > 0 {
			t.Errorf("%s: %v %v", db.Name(), v.Problems, err)
		}
	}
	h, err := b.History(ctx, "one", api.HistoryQuery{Dataset: page.Events[0].DatasetID})
	must(t, err)
	if len(h.Entries) == 0 {
		t.Fatal("no journal")
	}
	var ids [2]int64
	for i, db := range []*store.DB{a, b} {
		q, err := db.CreateSavedQuery(ctx, "one", api.SavedQuery{Name: "next " + to, QueryJSON: `{}`})
		must(t, err)
		ids[i] = q.ID
	}
	if ids[0] != ids[1] {
		t.Errorf("the next saved query has id %d, want %d", ids[1], ids[0])
	}
	must(t, b.AddTags(ctx, store.Actor{}, "one", page.Events[0].UUID, []string{"new in the copy " + to[len(to)-8:]}))
}

// TestCopyGoesOn breaks a copy off and lets the database be changed: the same
// call ends with all of it, and sends only what isn't there.
func TestCopyGoesOn(t *testing.T) {
	for _, server := range []bool{false, true} {
		t.Run(fmt.Sprintf("server %v", server), func(t *testing.T) {
			from, to := filled(t), newPlace(t, server)
			ctx, stop := context.WithCancel(t.Context())
			// A thing is broken off when most of it is over.
			_, err := Copy(ctx, from, to, func(rows int64) {
				if rows > 9000 {
					stop()
				}
			})
			if err == nil || !errors.Is(err, context.Canceled) {
				t.Fatalf("a copy that was broken off: %v", err)
			}
			if _, err := store.Open(t.Context(), to, store.Options{}); !errors.Is(err, store.ErrUnfinished) {
				t.Errorf("half a copy opens: %v", err)
			}
			if _, err := Copy(t.Context(), filledOther(t), to, nil); !errors.Is(err, ErrOther) {
				t.Errorf("another database is copied over it: %v", err)
			}
			db := open(t, from)
			page, err := db.List(t.Context(), "one", api.ListQuery{Datasets: []string{"all"}, PageSize: 5})
			must(t, err)
			_, err = db.Delete(t.Context(), store.Actor{}, "one", page.Events[0].DatasetID, []string{page.Events[0].UUID})
			must(t, err)
			must(t, db.AddTags(t.Context(), store.Actor{}, "one", page.Events[1].UUID, []string{"changed meanwhile"}))
			must(t, db.Close())
			r, err := Copy(t.Context(), from, to, nil)
			must(t, err)
			if r.Kept == 0 {
				t.Error("all was sent again")
			}
			if got, want := sums(t, to), sums(t, from); !equal(got, want) {
				t.Errorf("the copy differs: %v\nwant %v", got, want)
			}
		})
	}
}

func filledOther(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	must(t, open(t, path).Close())
	return path
}

// TestLaterTryTakesOver: of two copies into one place the later one ends it.
func TestLaterTryTakesOver(t *testing.T) {
	for _, server := range []bool{false, true} {
		from, to := filled(t), newPlace(t, server)
		var second error
		done := false
		_, err := Copy(t.Context(), from, to, func(int64) {
			if !done {
				done = true
				_, second = Copy(t.Context(), from, to, nil)
			}
		})
		must(t, second)
		if !errors.Is(err, ErrTaken) {
			t.Errorf("the first of two copies: %v", err)
		}
		if got, want := sums(t, to), sums(t, from); !equal(got, want) {
			t.Errorf("the copy differs: %v\nwant %v", got, want)
		}
	}
}

// TestCopyRefuses: what is there stays as it is.
func TestCopyRefuses(t *testing.T) {
	from := filled(t)
	for _, server := range []bool{false, true} {
		full := newPlace(t, server)
		db := open(t, full)
		one := api.CreateEvent{Date: "2026-11-01", Event: "e", Attacker: "A", Category: "Phishing", TLP: "red", Indicator: "a.example", IndicatorType: "domain"}
		one.Raw.Data = []byte(`{}`)
		res, err := db.Create(t.Context(), store.Actor{}, "x", api.BulkCreate{Data: []api.CreateEvent{one}})
		must(t, err)
		if res.CreatedEventsCount != 1 {
			t.Fatalf("%+v", res)
		}
		must(t, db.Close())
		before := sums(t, full)
		if _, err := Copy(t.Context(), from, full, nil); !errors.Is(err, ErrNotEmpty) || !strings.Contains(err.Error(), "(events: 1)") {
			t.Errorf("a database that isn't empty: %v", err)
		}
		if _, _, err := Restore(t.Context(), backedUp(t, from), full, nil); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("a database that isn't empty: %v", err)
		}
		if !equal(sums(t, full), before) {
			t.Error("it was changed")
		}
	}
	if _, err := Copy(t.Context(), filepath.Join(t.TempDir(), "none.db"), newPlace(t, false), nil); err == nil {
		t.Error("a copy of nothing")
	}
}

func backedUp(t *testing.T, from string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.backup")
	_, err := Backup(t.Context(), from, path, Manifest{At: fixtureTime, Program: "test"}, nil)
	must(t, err)
	return path
}

// TestBackup makes backups of both homes while somebody writes, and restores
// them into both.
func TestBackup(t *testing.T) {
	from := filled(t)
	for _, server := range []bool{false, true} {
		path := backedUp(t, from)
		entries, err := os.ReadDir(filepath.Dir(path))
		must(t, err)
		if len(entries) != 1 {
			t.Errorf("more than the backup is there: %v", entries)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("%v: %v", info.Mode(), err)
		}
		if _, err := Backup(t.Context(), from, path, Manifest{}, nil); !errors.Is(err, ErrThere) {
			t.Errorf("over another backup: %v", err)
		}
		to := newPlace(t, server)
		m, r, err := Restore(t.Context(), path, to, nil)
		must(t, err)
		if m.Program != "test" || !m.At.Equal(fixtureTime) || r.Events == 0 {
			t.Errorf("%+v %+v", m, r)
		}
		if got, want := sums(t, to), sums(t, from); !equal(got, want) {
			t.Errorf("what was restored differs: %v\nwant %v", got, want)
		}
		from = to // the second backup is of the first one's database
	}
}

// TestBackupOfOneMoment: what is written while a backup runs isn't in it.
func TestBackupOfOneMoment(t *testing.T) {
	from := filled(t)
	before := sums(t, from)
	db := open(t, from)
	defer func() { must(t, db.Close()) }()
	path := filepath.Join(t.TempDir(), "b")
	n := 0
	_, err := Backup(t.Context(), from, path, Manifest{}, func(int64) {
		if n++; n%5 == 0 {
			_, err := db.CreateTag(t.Context(), store.Actor{}, "one", named(fmt.Sprintf("meanwhile %d", n)))
			must(t, err)
		}
	})
	must(t, err)
	if n < 5 || !equal(sums(t, path), before) {
		t.Errorf("the backup isn't of the moment it began (%d)", n)
	}
}

// TestPlaceIsOpenMeanwhile: a program that has an empty database open, into
// which another one is restored, neither reads nor writes it any more.
func TestPlaceIsOpenMeanwhile(t *testing.T) {
	from := filled(t)
	for _, server := range []bool{false, true} {
		to := newPlace(t, server)
		db := open(t, to)
		asks := func(when string) {
			t.Helper()
			_, read := db.List(t.Context(), "one", api.ListQuery{})
			_, write := db.CreateTag(t.Context(), store.Actor{}, "one", named(when))
			if api.StatusOf(read) != 503 || api.StatusOf(write) != 503 {
				t.Errorf("%s it reads (%v) or writes (%v)", when, read, write)
			}
		}
		asked := false
		_, _, err := Restore(t.Context(), backedUp(t, from), to, func(rows int64) {
			if _, err := db.List(t.Context(), "one", api.ListQuery{}); err != nil && !asked {
				asked = true
				asks("meanwhile")
			}
		})
		must(t, err)
		asks("afterwards")
		must(t, db.Close())
		if got, want := sums(t, to), sums(t, from); !asked || !equal(got, want) {
			t.Errorf("what was restored differs (%v): %v\nwant %v", asked, got, want)
		}
	}
}

// TestDamagedBackups changes a backup in every way and has it refused, with
// nothing restored.
func TestDamagedBackups(t *testing.T) {
	whole := backedUp(t, filled(t))
	text, err := os.ReadFile(whole)
	must(t, err)
	change := func(statement string) func(path string) {
		return func(path string) {
			db, err := sql.Open("sqlite", path)
			must(t, err)
			_, err = db.ExecContext(t.Context(), statement)
			must(t, errors.Join(err, db.Close()))
		}
	}
	flip := func(path string) {
		b := slices.Clone(text)
		for i := len(b) / 2; i < len(b)/2+64; i++ {
			b[i] ^= 0xff
		}
		must(t, os.WriteFile(path, b, 0o600))
	}
	for name, c := range map[string]struct {
		do   func(path string)
		want string
	}{
		"a byte":         {flip, "damaged"},
		"an edit":        {change("UPDATE event SET flags = flags + 1 WHERE id = 3"), "table event isn't what it was"},
		"a row less":     {change("DELETE FROM raw WHERE event = (SELECT max(event) FROM raw)"), "table raw isn't what it was"},
		"a row more":     {change("INSERT INTO tag (id, account, fold, value, uuid) VALUES (999, 1, 'a', 'a', 'a')"), "table tag isn't what it was"},
		"a newer schema": {change(`UPDATE backup SET manifest = json_set(manifest, '$.schema', 4711, '$.program', 'v99')`), "schema 4711, made by threatbench v99"},
		"an older one":   {change(`UPDATE backup SET manifest = json_set(manifest, '$.schema', 3)`), "open that with --db"},
		"no description": {change("DROP TABLE backup"), "no backup"},
		"half of it":     {func(path string) { must(t, os.WriteFile(path, text[:len(text)/2], 0o600)) }, ""},
		"a text":         {func(path string) { must(t, os.WriteFile(path, []byte("hello\n"), 0o600)) }, "not a database"},
		"nothing":        {func(path string) { must(t, os.Remove(path)) }, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "damaged")
			must(t, os.WriteFile(path, text, 0o600))
			c.do(path)
			to := newPlace(t, false)
			_, _, err := Restore(t.Context(), path, to, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if exists(to) {
				t.Error("something was restored")
			}
		})
	}
}

// TestTablesAreComplete holds the list of tables against both homes: a column
// that is added to one must be copied.
func TestTablesAreComplete(t *testing.T) {
	var want []string
	for _, table := range tables() {
		for _, c := range table.columns {
			want = append(want, table.name+"."+c)
		}
	}
	slices.Sort(want)
	for _, server := range []bool{false, true} {
		to := newPlace(t, server)
		must(t, open(t, to).Close())
		e, err := openEnd(t.Context(), to, true)
		must(t, err)
		query := "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' ORDER BY 1"
		if server {
			query = "SELECT table_name || '.' || column_name FROM information_schema.columns c JOIN information_schema.tables USING (table_schema, table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'threatbench%' ORDER BY 1"
		}
		got := names(t, e, query)
		must(t, e.close())
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("server %v: the columns are %v\nwant %v", server, got, want)
		}
	}
}

func names(t *testing.T, e *end, query string) (out []string) {
	t.Helper()
	rows, err := e.conn.QueryContext(t.Context(), query)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		out = append(out, name)
	}
	must(t, rows.Err())
	return out
}
