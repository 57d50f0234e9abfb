package store

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"

	"threatbench/api"
)

// TestServerRestarts: a server that was stopped between two calls is reached
// again, and neither a read nor a write notices.
func TestServerRestarts(t *testing.T) {
	serverOnly(t)
	if !pgServer.Own() {
		t.Skip("the server isn't the tests' own to stop")
	}
	d := openNew(t)
	create(t, d, plain(nil))
	if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != 1 {
		t.Fatalf("%d events, want 1", got)
	}
	for _, atOnce := range []bool{false, true} {
		if err := pgServer.Down(atOnce); err != nil {
			t.Fatal(err)
		}
		if err := pgServer.Up(); err != nil {
			t.Fatal(err)
		}
		before := listed(t, d, api.ListQuery{}).Info.TotalCount
		create(t, d, plain(nil))
		if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != before+1 {
			t.Errorf("%d events after a restart, want %d", got, before+1)
		}
	}
}

// TestConnectionLostWhileWriting ends the writer's connection within a change
// and at its commit: what is told is what happened.
func TestConnectionLostWhileWriting(t *testing.T) {
	serverOnly(t)
	d := openNew(t)
	create(t, d, plain(nil))
	ctx := context.Background()

	err := d.write(ctx, Actor{}, testAccount, func(c *writeTx) error {
		if _, err := c.number(kindAttacker, "NOBODY"); err != nil {
			return err
		}
		endWriter(t, d)
		_, err := c.number(kindAttacker, "NOBODY ELSE")
		return err
	})
	if api.StatusOf(err) != 503 || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("a change whose connection broke: %v, want a 503 that says nothing was changed", err)
	}

	err = d.write(ctx, Actor{}, testAccount, func(*writeTx) error { endWriter(t, d); return nil })
	if api.StatusOf(err) != 503 {
		t.Errorf("a change that ended before its commit: %v, want a 503", err)
	}

	// The commit arrives, its answer doesn't.
	err = d.transact(ctx, func() error {
		if _, err := d.writer.exec(ctx, "INSERT INTO account (name) VALUES (?)", "lost"); err != nil {
			return err
		}
		if _, err := d.writer.exec(ctx, "COMMIT"); err != nil {
			return err
		}
		endWriter(t, d)
		return d.writer.commit(ctx)
	})
	if err != nil {
		t.Errorf("a commit whose answer was lost: %v, want that it is known to have happened", err)
	}
	create(t, d, plain(nil))
	if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != 2 {
		t.Errorf("%d events, want 2", got)
	}
}

// endWriter has the server end the connection of the change under way.
func endWriter(t *testing.T, d *DB) {
	t.Helper()
	var pid int
	if err := d.writer.queryRow(context.Background(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	// It returns when the connection is gone.
	var gone bool
	if err := d.reads.QueryRowContext(context.Background(), "SELECT pg_terminate_backend($1, 5000)", pid).Scan(&gone); err != nil || !gone {
		t.Fatalf("ending a connection: %v, %v", gone, err)
	}
}

// TestServersOnOneDatabase writes from three servers at once: each reads what
// it wrote, numbers rise in the order of commits, and of those that claim one
// stretch of an alert's events one gets it.
func TestServersOnOneDatabase(t *testing.T) {
	at := place(t)
	ctx := context.Background()
	var servers [3]*DB
	for i := range servers {
		servers[i] = openAt(t, at, Options{segment: 16})
	}
	q, err := servers[0].CreateSavedQuery(ctx, testAccount, api.SavedQuery{Name: "all", QueryJSON: `{}`, AlertEnabled: true})
	if err != nil {
		t.Fatal(err)
	}
	alerts, err := servers[1].Alerts(ctx, testAccount)
	if err != nil || len(alerts) != 1 || alerts[0].QueryID != q.ID {
		t.Fatalf("another server has alerts %v: %v", alerts, err)
	}
	const writes = 20
	var wg sync.WaitGroup
	for i, d := range servers {
		wg.Go(func() {
			for n := range writes {
				res, err := d.Create(ctx, Actor{}, testAccount, api.BulkCreate{Data: []api.CreateEvent{plain(nil)}, IncludeCreatedEvents: true})
				if err != nil || len(res.CreatedEvents) != 1 {
					t.Errorf("server %d, write %d: %v", i, n, err)
					return
				}
				if _, err := d.Event(ctx, testAccount, "", res.CreatedEvents[0].UUID); err != nil {
					t.Errorf("server %d doesn't see what it wrote: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	for i, d := range servers {
		if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != len(servers)*writes {
			t.Errorf("server %d sees %d events, want %d", i, got, len(servers)*writes)
		}
	}

	seen, err := servers[0].AlertSeen(ctx, testAccount, alerts[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	fired := make([]bool, len(servers))
	for i, d := range servers {
		wg.Go(func() {
			span := AlertSpan{Alert: alerts[0].ID, From: seen, To: seen + int64(len(servers)*writes)}
			_, moved, err := d.FireAlert(ctx, testAccount, api.Notification{AlertID: alerts[0].ID, QueryID: q.ID, QueryName: "all", Count: 60, At: timeOf(fixtureTime.UnixMilli())}, span)
			if err != nil {
				t.Error(err)
			}
			fired[i] = moved
		})
	}
	wg.Wait()
	in, _, err := servers[2].Inbox(ctx, testAccount, api.InboxQuery{})
	if err != nil || len(in.Notifications) != 1 {
		t.Errorf("%d notifications, want 1 (%v): %v", len(in.Notifications), fired, err)
	}
}

// TestServerRefuses opens what can't be opened: one line says why, and none
// shows the password.
func TestServerRefuses(t *testing.T) {
	serverOnly(t)
	newer := place(t)
	openAndClose(t, newer)
	schemaOf := func(place string) string {
		u, err := url.Parse(place)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get("search_path")
	}
	pgServer.Run(t, "INSERT INTO "+schemaOf(newer)+".threatbench_schema (version_id, is_applied) VALUES (4711, true)")
	foreign := place(t)
	pgServer.Run(t, "CREATE TABLE "+schemaOf(foreign)+".song (title TEXT)")
	role := schemaOf(place(t))
	pgServer.Run(t, "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() { pgServer.Run(t, "DROP ROLE "+role) })
	poor := place(t)
	pgServer.Run(t, "GRANT USAGE ON SCHEMA "+schemaOf(poor)+" TO "+role)
	as := func(place, user, password, database string) string {
		u, err := url.Parse(place)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.UserPassword(user, password)
		if database != "" {
			u.Path = "/" + database
		}
		return u.String()
	}
	for _, c := range []struct {
		name, place, want string
		o                 Options
	}{
		{"a newer schema", newer, "schema 4711", Options{}},
		{"a newer schema, for reading", newer, "schema 4711", Options{ReadOnly: true}},
		{"another program's", foreign, "another program", Options{}},
		{"nothing there, for reading", place(t), "schema 0", Options{ReadOnly: true}},
		{"no rights", as(poor, role, "sesame", ""), "may not", Options{}},
		{"no such database", as(poor, "tester", "sesame", "nowhere"), "no such database", Options{}},
		{"no such schema", pgServer.With("search_path", "nowhere"), "search_path", Options{}},
		{"a wrong port", "postgres://me:sesame@127.0.0.1:nine/db", "URL is wrong", Options{}},
		{"a wrong parameter", "postgres://me:sesame@127.0.0.1/db?sslmode=perhaps", "URL is wrong", Options{}},
		{"nobody there", "postgres://me:sesame@127.0.0.1:1/db", "can't be reached", Options{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := Open(context.Background(), c.place, c.o)
			if err == nil {
				_ = d.Close()
				t.Fatal("it opened")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "sesame") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q doesn't say %q in one line without the password", err, c.want)
			}
		})
	}
}
