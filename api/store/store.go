package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"threatbench/api/store/engine"
	"threatbench/api/store/engine/postgres"
	"threatbench/api/store/engine/sqlite"
)

// DB is an open database. Its methods may be called from any goroutine.
type DB struct {
	home   engine.Engine
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
	sighted atomic.Pointer[keptSightings] // the indicators that were listed last
	cache   *cache                        // of columns
	filters *cache                        // of results
	flights singleflight.Group
	closed  chan struct{}
	once    sync.Once
}

// maxReaders is how many reads run at once; more wait for their turn. Each
// costs a connection with its page cache.
const maxReaders = 8

const defaultCacheBytes = 32 << 20

// Open opens the database at a place: the path of an SQLite file or the URL of
// a PostgreSQL database. Without ReadOnly it is made where there is none (a
// file with mode 0600, its directory with 0700; in PostgreSQL the tables) and
// brought to this program's schema. What is no database of this program, or
// one of a newer schema, is an error that says so.
func Open(ctx context.Context, place string, o Options) (*DB, error) {
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCacheBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	home, err := openHome(ctx, place, o)
	if err != nil {
		return nil, err
	}
	d := &DB{
		home: home, reads: home.Reads(), writes: home.Writes(), opts: o, dicts: newDictionaries(),
		cache: newCache(o.CacheBytes*3/4, newFrequency()), filters: newCache(o.CacheBytes/4, nil),
		readers: make(chan *session, maxReaders), closed: make(chan struct{}),
	}
	for range maxReaders {
		d.readers <- d.newSession(d.reads)
	}
	d.writer = d.newSession(d.writes)
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", home.Name(), err), d.Close())
	}
	return d, nil
}

// IsServer tells whether a place is a database on a server, not a file.
func IsServer(place string) bool { return postgres.IsURL(place) }

// Name is what messages call the database; it holds no password.
func (d *DB) Name() string { return d.home.Name() }

func openHome(ctx context.Context, place string, o Options) (engine.Engine, error) {
	if IsServer(place) {
		return postgres.Open(ctx, place, engine.Options{ReadOnly: o.ReadOnly})
	}
	return sqlite.Open(ctx, place, engine.Options{ReadOnly: o.ReadOnly, Migrations: goMigrations()})
}

// ID tells this database from all others, wherever its file is moved; copies
// have the same. It gives nothing else away.
func (d *DB) ID() string {
	mac := hmac.New(sha256.New, d.secret)
	mac.Write([]byte("id of the database"))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// start readies an opened database for its first call.
func (d *DB) start(ctx context.Context) error {
	if err := d.prepare(ctx); err != nil {
		return err
	}
	if err := d.firstLook(ctx); err != nil {
		return err
	}
	return d.reform(ctx)
}

// prepare settles what a new database holds and an older one need no longer
// hold.
func (d *DB) prepare(ctx context.Context) error {
	switch {
	case d.opts.ReadOnly:
		return nil
	case !d.home.Made():
		return d.forget(ctx)
	case d.opts.segment == 0:
		return nil
	}
	if err := d.runWrite(ctx, "UPDATE state SET segment = ?", d.opts.segment); err != nil {
		return fmt.Errorf("setting the size of segments: %w", err)
	}
	return nil
}

// runWrite runs one statement beside the transactions.
func (d *DB) runWrite(ctx context.Context, query string, args ...any) error {
	d.writeMu.Lock()
	defer d.writeMu.Unlock()
	_, err := d.writer.exec(ctx, query, args...)
	return err
}

// forget drops what changes overwrote that are too old to be taken back; the
// journal's rows stay.
func (d *DB) forget(ctx context.Context) error {
	before := d.opts.Now().Add(-revertWindow).UnixMilli()
	var last, oldest sql.NullInt64
	err := d.writer.queryRow(ctx, "SELECT (SELECT max(id) FROM change WHERE at < ?), (SELECT min(id) FROM undo)", before).Scan(&last, &oldest)
	if err != nil {
		return fmt.Errorf("looking through the journal: %w", err)
	}
	end := (last.Int64 + 1) << undoPartBits
	if !last.Valid || !oldest.Valid || oldest.Int64 >= end {
		return nil
	}
	if err := d.runWrite(ctx, "DELETE FROM undo WHERE id < ?", end); err != nil {
		return fmt.Errorf("trimming the journal: %w", err)
	}
	return nil
}

// ErrUnfinished is a database that is being copied or restored, or was and it
// broke off.
var ErrUnfinished = errors.New("it is an unfinished copy: give the same copy or restore again, which goes on, or remove it")

// firstLook checks the schema of what was opened and loads the first snapshot.
func (d *DB) firstLook(ctx context.Context) error {
	version, err := d.home.Schema(ctx)
	if err != nil {
		return err
	}
	if err := engine.CheckSchema(version); err != nil {
		return err
	}
	s, err := d.acquire(ctx)
	if err != nil {
		return err
	}
	defer d.release(s)
	err = s.queryRow(ctx, "SELECT secret FROM state").Scan(&d.secret)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrUnfinished
	}
	if err != nil {
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
	for range maxReaders {
		errs = append(errs, (<-d.readers).close())
	}
	d.writeMu.Lock()
	defer d.writeMu.Unlock()
	errs = append(errs, d.writer.close(), d.home.Close())
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
