package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// DB is an open database. Its methods may be called from any goroutine.
type DB struct {
	path   string
	opts   Options
	secret []byte
	keyer  keyMaker

	reads   *sql.DB
	writes  *sql.DB // nil in a read-only database
	readers chan *session
	writer  *session
	writeMu sync.Mutex // held by the one writer of this process

	snap    atomic.Pointer[snapshot]
	snapMu  sync.Mutex // held while a newer snapshot is made
	dicts   *dictionaries
	ranks   rankCache
	cache   *cache // of columns
	filters *cache // of results
	flights singleflight.Group
	closed  chan struct{}
	once    sync.Once
}

// maxReaders is how many reads run at once; more wait for their turn. Each
// costs a connection with its page cache.
const maxReaders = 8

const defaultCacheBytes = 32 << 20

// Open opens the database at path; without ReadOnly it is created where there
// is none (the file with mode 0600, its directory with 0700) and brought to
// this program's schema. A file that is no database, or one of a newer schema,
// is an error that says so.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCacheBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := prepareFile(path, o.ReadOnly); err != nil {
		return nil, err
	}
	d := &DB{
		path: path, opts: o, dicts: newDictionaries(), cache: newCache(o.CacheBytes*3/4, newFrequency()), filters: newCache(o.CacheBytes/4, nil),
		readers: make(chan *session, maxReaders), closed: make(chan struct{}),
	}
	if err := d.connect(ctx); err != nil {
		return nil, errors.Join(explainOpen(path, err), d.Close())
	}
	return d, nil
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

func (d *DB) connect(ctx context.Context) error {
	if !d.opts.ReadOnly {
		if err := d.connectWriter(ctx); err != nil {
			return err
		}
	}
	reads, err := sql.Open("sqlite", d.dsn(true))
	if err != nil {
		return fmt.Errorf("preparing to read: %w", err)
	}
	d.reads = reads
	for range maxReaders {
		d.readers <- &session{pool: reads, keyer: &d.keyer}
	}
	if err := d.firstLook(ctx); err != nil {
		return err
	}
	return d.reform(ctx)
}

func (d *DB) connectWriter(ctx context.Context) error {
	writes, err := sql.Open("sqlite", d.dsn(false))
	if err != nil {
		return fmt.Errorf("preparing to write: %w", err)
	}
	d.writes = writes
	d.writer = &session{pool: writes, keyer: &d.keyer}
	fresh, err := migrate(ctx, writes)
	if err != nil {
		return err
	}
	if !fresh {
		return d.forget(ctx)
	}
	if d.opts.segment == 0 {
		return nil
	}
	if _, err := writes.ExecContext(ctx, "UPDATE state SET segment = ?", d.opts.segment); err != nil {
		return fmt.Errorf("setting the size of segments: %w", err)
	}
	return nil
}

// forget drops what changes overwrote that are too old to be taken back; the
// journal's rows stay.
func (d *DB) forget(ctx context.Context) error {
	before := d.opts.Now().Add(-revertWindow).UnixMilli()
	var last, oldest sql.NullInt64
	err := d.writes.QueryRowContext(ctx, "SELECT (SELECT max(id) FROM change WHERE at < ?), (SELECT min(id) FROM undo)", before).Scan(&last, &oldest)
	if err != nil {
		return fmt.Errorf("looking through the journal: %w", err)
	}
	end := (last.Int64 + 1) << undoPartBits
	if !last.Valid || !oldest.Valid || oldest.Int64 >= end {
		return nil
	}
	if _, err := d.writes.ExecContext(ctx, "DELETE FROM undo WHERE id < ?", end); err != nil {
		return fmt.Errorf("trimming the journal: %w", err)
	}
	return d.forgetImports(ctx, before)
}

// firstLook checks the schema of what was opened and loads the first snapshot.
func (d *DB) firstLook(ctx context.Context) error {
	s, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer d.release(s)
	version, err := schemaVersion(ctx, d.reads)
	if err != nil {
		return err
	}
	if err := checkSchema(version); err != nil {
		return err
	}
	if err := s.queryRow(ctx, "SELECT secret FROM state").Scan(&d.secret); err != nil {
		return fmt.Errorf("reading the database's state: %w", err)
	}
	d.keyer.secret = d.secret
	v, err := d.readTx(ctx)
	if err != nil {
		return err
	}
	v.close()
	return nil
}

// dsn names the database for the driver. Writers start their transactions
// immediately, so that two processes queue instead of failing late; FULL makes
// an acknowledged write survive a loss of power.
func (d *DB) dsn(read bool) string {
	q := url.Values{}
	add := func(pragma string) { q.Add("_pragma", pragma) }
	add("busy_timeout(10000)")
	if read {
		add("query_only(1)")
		add("cache_size(-1024)")
		q.Set("mode", "ro")
		if d.opts.ReadOnly && d.frozen() {
			q.Set("immutable", "1")
		}
	} else {
		add("journal_mode(WAL)")
		add("synchronous(FULL)")
		add("cache_size(-16384)")
		add("wal_autocheckpoint(16000)")
		add("journal_size_limit(67108864)")
		q.Set("mode", "rw")
	}
	abs, err := filepath.Abs(d.path)
	if err != nil {
		abs = d.path
	}
	return (&url.URL{Scheme: "file", Path: abs, RawQuery: q.Encode()}).String()
}

// frozen tells whether nobody can be writing the database: there is no journal
// beside it and none can be made. SQLite could not read it otherwise, since
// readers of a journalled database share a file beside it.
func (d *DB) frozen() bool {
	if _, err := os.Stat(d.path + "-wal"); err == nil {
		return false
	}
	probe, err := os.CreateTemp(filepath.Dir(d.path), ".threatbench-*")
	if err != nil {
		return true
	}
	name := probe.Name()
	return errors.Join(probe.Close(), os.Remove(name)) != nil
}

// explainOpen says in a person's words why a database did not open.
func explainOpen(path string, err error) error {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return fmt.Errorf("opening %s: %w", path, err)
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s is not a database of this program (it is no SQLite file): %w", path, err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%s is damaged: %w", path, err)
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%s cannot be written (check the permissions of the file and its directory, or open it read-only): %w", path, err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("%s is held by another process: %w", path, err)
	}
	return fmt.Errorf("opening %s: %w", path, err)
}

// Close waits for running calls and closes the database. Calls after it fail.
func (d *DB) Close() error {
	var err error
	d.once.Do(func() {
		close(d.closed)
		err = d.shut()
	})
	return err
}

func (d *DB) shut() error {
	var errs []error
	if d.reads != nil {
		for range maxReaders {
			errs = append(errs, (<-d.readers).close())
		}
		errs = append(errs, d.reads.Close())
	}
	if d.writes != nil {
		d.writeMu.Lock()
		defer d.writeMu.Unlock()
		errs = append(errs, d.writer.close(), d.writes.Close())
	}
	return errors.Join(errs...)
}

var errClosed = errors.New("the database is closed")

// acquire takes a reading session, waiting for one to be free.
func (d *DB) acquire(ctx context.Context) (*session, error) {
	select {
	case <-d.closed:
		return nil, errClosed
	default:
	}
	select {
	case s := <-d.readers:
		return s, nil
	case <-d.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (d *DB) release(s *session) { d.readers <- s }
