// Package sqlite keeps a store in an SQLite file.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"threatbench/api/store/engine"
)

// Each migration, here and in Go, leaves its number in user_version, so that
// opening needn't ask goose.
//
//go:embed migrations/*.sql
var migrations embed.FS

type file struct {
	path          string
	o             engine.Options
	made          bool
	reads, writes *sql.DB
}

// Open opens the database at path; without ReadOnly it is created where there
// is none (the file with mode 0600, its directory with 0700) and brought to
// this program's schema. A file that is no database, or one of a newer schema,
// is an error that says so.
func Open(ctx context.Context, path string, o engine.Options) (engine.Engine, error) {
	if err := prepareFile(path, o.ReadOnly); err != nil {
		return nil, err
	}
	f := &file{path: path, o: o}
	if err := f.connect(ctx); err != nil {
		return nil, errors.Join(f.explain(err), f.Close())
	}
	return f, nil
}

func prepareFile(path string, readOnly bool) error {
	_, err := os.Stat(path)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) || readOnly {
		return fmt.Errorf("opening the database: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the database's directory: %w", err)
	}
	// SQLite gives the files beside it the mode of the database.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // another process was faster
	}
	if err != nil {
		return fmt.Errorf("creating the database: %w", err)
	}
	return f.Close()
}

func (f *file) connect(ctx context.Context) error {
	var err error
	if f.writes, err = sql.Open("sqlite", f.dsn(false)); err != nil { // it connects when it is first used
		return fmt.Errorf("preparing to write: %w", err)
	}
	if !f.o.ReadOnly {
		if f.made, err = f.migrate(ctx); err != nil {
			return err
		}
	}
	if f.reads, err = sql.Open("sqlite", f.dsn(true)); err != nil {
		return fmt.Errorf("preparing to read: %w", err)
	}
	_, err = f.Schema(ctx)
	return err
}

// dsn names the database for the driver. FULL makes an acknowledged write
// survive a loss of power.
func (f *file) dsn(read bool) string {
	q := url.Values{}
	add := func(pragma string) { q.Add("_pragma", pragma) }
	add("busy_timeout(10000)")
	if read {
		add("query_only(1)")
		add("cache_size(-1024)")
		q.Set("mode", "ro")
		if f.o.ReadOnly && f.frozen() {
			q.Set("immutable", "1")
		}
	} else {
		if !f.o.ReadOnly {
			add("journal_mode(WAL)")
		}
		add("synchronous(FULL)")
		add("cache_size(-16384)")
		add("wal_autocheckpoint(16000)")
		add("journal_size_limit(67108864)")
		q.Set("mode", "rw")
	}
	abs, err := filepath.Abs(f.path)
	if err != nil {
		abs = f.path
	}
	return (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String()
}

// frozen tells whether nobody can be writing the database: there is no journal
// beside it and none can be made. SQLite could not read it otherwise, since
// readers of a journalled database share a file beside it.
func (f *file) frozen() bool {
	if _, err := os.Stat(f.path + "-wal"); err == nil {
		return false
	}
	probe, err := os.CreateTemp(filepath.Dir(f.path), ".threatbench-*")
	if err != nil {
		return true
	}
	name := probe.Name()
	return errors.Join(probe.Close(), os.Remove(name)) != nil
}

func (f *file) migrate(ctx context.Context) (made bool, err error) {
	made, err = engine.Migrate(ctx, func() (engine.Look, error) { return lookAt(ctx, f.writes) }, func() (*goose.Provider, error) {
		files, err := fs.Sub(migrations, "migrations")
		if err != nil {
			return nil, err
		}
		made, err := newOnce()
		if err != nil {
			return nil, err
		}
		return goose.NewProvider(goose.DialectCustom, f.writes, files, goose.WithStore(made), goose.WithVerbose(false), goose.WithGoMigrations(f.o.Migrations...))
	}, func(err error) bool { return f.Fault(err) == engine.Busy || errors.Is(err, errTaken) })
	if err != nil {
		return made, err
	}
	// All migrations are there: a lower number is one that two programs of
	// before, which opened it at once, have set back.
	there, err := lookAt(ctx, f.writes)
	if err == nil && there.Schema < engine.Newest {
		_, err = f.writes.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", engine.Newest))
	}
	if err != nil {
		return made, fmt.Errorf("putting the schema's number right: %w", err)
	}
	return made, nil
}

// lookAt looks at one moment of the database, since another process may be
// making its tables.
func lookAt(ctx context.Context, db *sql.DB) (there engine.Look, err error) {
	const foreign = "SELECT user_version, (SELECT count(*) FROM sqlite_master WHERE name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%') FROM pragma_user_version"
	if err := db.QueryRowContext(ctx, foreign).Scan(&there.Schema, &there.Foreign); err != nil {
		return there, fmt.Errorf("reading the schema: %w", err)
	}
	return there, nil
}

func schemaOf(ctx context.Context, db *sql.DB) (int, error) {
	var v int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil {
		return 0, fmt.Errorf("reading the schema's version: %w", err)
	}
	return v, nil
}

// explain says in a person's words why a database did not open.
func (f *file) explain(err error) error {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return fmt.Errorf("opening %s: %w", f.path, err)
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s is not a database of this program (it is no SQLite file): %w", f.path, err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%s is damaged: %w", f.path, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("opening %s: %w", f.path, syscall.ENOSPC) // one word for it, wherever it is met
	case sqlite3.SQLITE_CANTOPEN:
		if why := reopen(f.path); why != nil {
			return fmt.Errorf("%s cannot be opened: %w", f.path, why)
		}
		fallthrough
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%s cannot be written (check the permissions of the file and its directory, or open it read-only): %w", f.path, err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("%s is held by another process: %w", f.path, err)
	}
	return fmt.Errorf("opening %s: %w", f.path, err)
}

// reopen is what the machine says of a file that the database couldn't open; nil
// where it opens, and the log and the index beside it could.
func reopen(path string) (err error) {
	for range 4 {
		db, oerr := os.OpenFile(path, os.O_RDWR, 0)
		var at *fs.PathError
		switch {
		case errors.As(oerr, &at):
			return at.Err
		case oerr != nil:
			return oerr
		}
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	return nil
}

func (f *file) Name() string                  { return f.path }
func (f *file) Made() bool                    { return f.made }
func (f *file) Reads() *sql.DB                { return f.reads }
func (f *file) Writes() *sql.DB               { return f.writes }
func (f *file) Statement(query string) string { return query }
func (f *file) OneAtATime() bool              { return false }
func (f *file) Value(v any) any               { return v }
func (f *file) Integrity(most int) string     { return fmt.Sprintf("PRAGMA integrity_check(%d)", most) }

func (f *file) Schema(ctx context.Context) (int, error) { return schemaOf(ctx, f.reads) }

// Begin starts writers' transactions immediately, so that two processes queue
// instead of failing late.
func (f *file) Begin(ctx context.Context, c engine.Conn, write bool) (string, error) {
	if write {
		return "", c.Exec(ctx, "BEGIN IMMEDIATE")
	}
	return "", c.Exec(ctx, "BEGIN")
}

// Landed is never asked: a file's answer is not lost.
func (f *file) Landed(context.Context, engine.Conn, string) (bool, error) { return false, nil }

func (f *file) Fault(err error) engine.Fault {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return engine.Other
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return engine.Full
	case sqlite3.SQLITE_BUSY:
		return engine.Busy
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return engine.Unwritable
	}
	return engine.Other
}

func (f *file) Close() error {
	var errs []error
	for _, db := range []*sql.DB{f.reads, f.writes} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
