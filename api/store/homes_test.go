package store

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"threatbench/api/store/engine/postgres/pgtest"
)

// pgServer is where the tests' databases are in their second run; nil in the
// first one, which has them in SQLite files.
var pgServer *pgtest.Server

// runHomes runs the tests on each home that is there.
func runHomes(m *testing.M) int {
	flag.Parse()
	for _, name := range [...]string{"test.bench", "test.fuzz", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return m.Run()
		}
	}
	// Of "both", which make test asks for, and "postgres" alone.
	homes := os.Getenv("THREATBENCH_TEST_HOMES")
	if homes != "postgres" {
		if code := m.Run(); code != 0 || homes == "" {
			return code
		}
	}
	server, why := pgtest.Start()
	if why != nil {
		fmt.Println("homes: SQLite alone;", why)
		if os.Getenv("CI") != "" {
			return 1
		}
		return 0
	}
	pgServer = server
	// Each case of a property makes the tables anew, which takes longer there.
	if err := flag.Set("rapid.checks", "4"); err != nil {
		fmt.Println(err)
		return 1
	}
	code := m.Run()
	if err := server.Stop(); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("homes: SQLite and PostgreSQL")
	return code
}

// place is where a test, or one of rapid's, has a database of its own.
func place(t pgtest.Tester) string {
	t.Helper()
	if pgServer != nil {
		return pgServer.Schema(t)
	}
	dir, err := os.MkdirTemp("", "store")
	if err != nil {
		t.Fatalf("making a folder: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("removing %s: %v", dir, err)
		}
	})
	return filepath.Join(dir, "events.db")
}

// fileOnly skips a test that is about SQLite's file in the other run.
func fileOnly(t testing.TB) {
	t.Helper()
	if pgServer != nil {
		t.Skip("about SQLite's file")
	}
}

// serverOnly skips a test that is about PostgreSQL in the other run.
func serverOnly(t testing.TB) {
	t.Helper()
	if pgServer == nil {
		t.Skip("about PostgreSQL")
	}
}
