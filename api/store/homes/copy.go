// Package homes copies whole stores: from one home to another, into a backup,
// and back out of one. Every table goes over row by row with its numbers and
// secrets, so that the copy is the same database to everybody who knew the
// first: the journal, what can be taken back, bookmarks, cursors and ids.
package homes

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"threatbench/api/store"
	"threatbench/api/store/engine"
)

// Report is what was copied.
type Report struct {
	Rows   map[string]int64 // by table
	Total  int64
	Events int64
	Kept   int64 // rows that an earlier try had brought over already
}

// Errors of places that can't be copied into.
var (
	ErrNotEmpty = errors.New("it holds a database already")
	ErrOther    = errors.New("it holds an unfinished copy of another database")
	ErrTaken    = errors.New("another copy into it has been started since: this one ends")
)

const (
	chunkRows  = 10_000
	chunkBytes = 8 << 20
)

// Copy copies the store at one place into another one, each a file or the URL
// of a PostgreSQL database, where there is none yet: the tables are made. The
// store that is copied may be written meanwhile; the copy is of one moment.
// After all is copied the copy is read back and held against what was read.
//
// A copy that broke off is gone on with by the same call: what is there already
// and has stayed the same isn't sent again. Until it is done, the place is
// refused by everything else. progress, where there is one, is told how many
// rows have been gone through.
func Copy(ctx context.Context, from, to string, progress func(rows int64)) (r Report, err error) {
	src, err := openSource(ctx, from)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	c, err := newCopying(ctx, src, to, progress)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, c.dst.close()) }()
	sums, err := c.all(ctx)
	if err != nil {
		return r, err
	}
	err = c.finish(ctx, sums, "")
	return c.report, err
}

// openSource begins to read at one moment.
func openSource(ctx context.Context, from string) (*end, error) {
	src, err := openEnd(ctx, from, true)
	if err != nil {
		return nil, err
	}
	if err := src.checkSchema(ctx); err != nil {
		return nil, errors.Join(err, src.close())
	}
	if _, err := src.home.Begin(ctx, src, false); err != nil {
		return nil, errors.Join(fmt.Errorf("reading %s: %w", src.home.Name(), err), src.close())
	}
	return src, nil
}

func (e *end) checkSchema(ctx context.Context) error {
	version, err := e.home.Schema(ctx)
	if err == nil {
		err = engine.CheckSchema(version)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", e.home.Name(), err)
	}
	return nil
}

// copying is one try to copy.
type copying struct {
	src, dst *end
	run      string // which try it is; a later one takes over
	progress func(rows int64)
	gone     int64 // rows gone through, in copying and in checking
	report   Report
}

// newCopying readies the place to copy into.
func newCopying(ctx context.Context, src *end, to string, progress func(rows int64)) (*copying, error) {
	id, err := src.id(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkTarget(ctx, to, id); err != nil {
		return nil, err
	}
	dst, err := openEnd(ctx, to, false)
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(int64) {}
	}
	c := &copying{src: src, dst: dst, run: rand.Text(), progress: progress, report: Report{Rows: map[string]int64{}}}
	if err := c.claim(ctx, id); err != nil {
		return nil, errors.Join(err, dst.close())
	}
	return c, nil
}

// checkTarget refuses a place that holds anything, unless it is an unfinished
// copy of the same store; where there is nothing, it makes the tables.
func checkTarget(ctx context.Context, to, id string) error {
	fresh := !store.IsServer(to) && !exists(to)
	if !fresh {
		known, err := inspect(ctx, to, id)
		if err != nil || known {
			return err
		}
	}
	db, err := store.Open(ctx, to, store.Options{})
	if err != nil {
		return err
	}
	return db.Close()
}

// inspect looks at a place without changing it. It answers whether there is an
// unfinished copy of the store with this id.
func inspect(ctx context.Context, to, id string) (unfinished bool, err error) {
	e, err := openEnd(ctx, to, true)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	version, err := e.home.Schema(ctx)
	if err != nil || version == 0 {
		return false, err // empty, or another program's: opening it tells
	}
	there, err := e.has(ctx, "copying")
	if err != nil {
		return false, err
	}
	if there {
		var source string
		if err := e.one(ctx, &source, "SELECT source FROM copying"); err != nil {
			return false, fmt.Errorf("reading %s: %w", e.home.Name(), err)
		}
		if source != id {
			return false, fmt.Errorf("%s: %w; remove it, or name another place", e.home.Name(), ErrOther)
		}
		return true, e.checkSchema(ctx)
	}
	accounts, err := e.count(ctx, "account")
	if err != nil {
		return false, err
	}
	events, err := e.count(ctx, "event")
	if err != nil {
		return false, err
	}
	if accounts > 0 || events > 0 {
		return false, fmt.Errorf("%s: %w (events: %d), which is left as it is; name another place, or remove it first", e.home.Name(), ErrNotEmpty, events)
	}
	return false, nil
}

// claim marks the place as unfinished, and as this try's.
func (c *copying) claim(ctx context.Context, id string) error {
	return c.dst.within(ctx, func() error {
		for _, statement := range []string{
			"CREATE TABLE IF NOT EXISTS copying (source TEXT NOT NULL, run TEXT NOT NULL)", "DELETE FROM copying", "DELETE FROM state",
		} {
			if err := c.dst.exec(ctx, statement); err != nil {
				return err
			}
		}
		return c.dst.exec(ctx, "INSERT INTO copying (source, run) VALUES (?, ?)", id, c.run)
	})
}

// mine fails where a later try has taken over; it ends with the transaction.
func (c *copying) mine(ctx context.Context) error {
	query := "SELECT run FROM copying"
	if c.dst.server {
		query += " FOR SHARE"
	}
	var run string
	if err := c.dst.one(ctx, &run, query); err != nil || run != c.run {
		return errors.Join(ErrTaken, err)
	}
	return nil
}

// all copies every table but state, and answers the hash of each as it was
// read, state included.
func (c *copying) all(ctx context.Context) (map[string]*digest, error) {
	sums := map[string]*digest{}
	for _, t := range tables() {
		sum, err := c.table(ctx, &t)
		if err != nil {
			return nil, err
		}
		sums[t.name] = sum
		c.report.Rows[t.name] = sum.rows
		c.report.Total += sum.rows
	}
	c.report.Events = c.report.Rows["event"]
	return sums, nil
}

// table copies a table, a span of keys at a time.
func (c *copying) table(ctx context.Context, t *table) (*digest, error) {
	sum := newDigest()
	var part [][]any
	var after []any
	size := 0
	flush := func(last bool) error {
		if t.name == stateTable {
			return nil // at the end
		}
		var upTo []any
		if !last {
			upTo = c.dst.bounds(t, part[len(part)-1])
		}
		if err := c.part(ctx, t, part, after, upTo); err != nil {
			return err
		}
		part, size, after = nil, 0, upTo
		return nil
	}
	err := c.src.rows(ctx, t, "", nil, func(row []any) error {
		if err := c.canonical(t, row, c.dst.server); err != nil {
			return err
		}
		if err := c.hash(t, sum, row); err != nil {
			return err
		}
		c.gone++
		part = append(part, row)
		for _, v := range row {
			if b, ok := v.([]byte); ok {
				size += len(b)
			}
		}
		if len(part) < chunkRows && size < chunkBytes {
			return nil
		}
		return flush(false)
	})
	if err == nil {
		err = flush(true)
	}
	if err != nil {
		return nil, fmt.Errorf("copying %s: %w", t.name, err)
	}
	c.progress(c.gone)
	return sum, nil
}

// canonical makes of an event's row what a server keeps.
func (c *copying) canonical(t *table, row []any, server bool) error {
	if t.name != "event" || !server {
		return nil
	}
	doc, ok := row[len(row)-1].([]byte)
	if !ok {
		return errDocument
	}
	plain, err := plainDoc(doc)
	row[len(row)-1] = plain
	return err
}

// hash takes a row in, in the form that is the same everywhere.
func (c *copying) hash(t *table, sum *digest, row []any) error {
	if t.name == "event" && !c.dst.server {
		row = append([]any(nil), row...)
		if err := c.canonical(t, row, true); err != nil {
			return err
		}
	}
	return sum.add(row)
}

// part brings one span of keys over, where it isn't there already.
func (c *copying) part(ctx context.Context, t *table, rows [][]any, after, upTo []any) error {
	want := newDigest()
	for _, row := range rows {
		if err := want.add(row); err != nil {
			return err
		}
	}
	err := c.dst.within(ctx, func() error {
		if err := c.mine(ctx); err != nil {
			return err
		}
		where, args := t.span(after, upTo)
		there := newDigest()
		if err := c.dst.rows(ctx, t, where, args, there.add); err != nil {
			return err
		}
		if there.rows == want.rows && there.sum() == want.sum() {
			c.report.Kept += there.rows
			return nil
		}
		if there.rows > 0 {
			if err := c.dst.exec(ctx, fmt.Sprintf("DELETE FROM %q %s", t.name, where), args...); err != nil {
				return err
			}
		}
		return c.dst.fill(ctx, t, rows)
	})
	c.progress(c.gone)
	return err
}

// finish reads everything back, and makes the copy a database.
func (c *copying) finish(ctx context.Context, sums map[string]*digest, manifest string) error {
	for _, t := range tables() {
		if t.name == stateTable {
			continue
		}
		there := newDigest()
		err := c.dst.rows(ctx, &t, "", nil, func(row []any) error {
			if c.gone++; c.gone%chunkRows == 0 {
				c.progress(c.gone)
			}
			return c.hash(&t, there, row)
		})
		if err != nil {
			return fmt.Errorf("checking the copy: %w", err)
		}
		if want := sums[t.name]; there.rows != want.rows || there.sum() != want.sum() {
			return fmt.Errorf("checking the copy: %s differs from what was read (%d rows of %d); the same command mends it", t.name, there.rows, want.rows)
		}
	}
	return c.dst.within(ctx, func() error {
		if err := c.mine(ctx); err != nil {
			return err
		}
		return c.seal(ctx, manifest)
	})
}

// seal sets what ids come next, and writes state, last of all.
func (c *copying) seal(ctx context.Context, manifest string) error {
	for _, t := range tables() {
		if t.counts {
			last, err := c.src.lastID(ctx, &t)
			if err != nil {
				return fmt.Errorf("reading the next id of %s: %w", t.name, err)
			}
			if err := c.dst.goOn(ctx, &t, last); err != nil {
				return fmt.Errorf("setting the next id of %s: %w", t.name, err)
			}
		}
		if t.name != stateTable {
			continue
		}
		var rows [][]any
		if err := c.src.rows(ctx, &t, "", nil, func(row []any) error { rows = append(rows, row); return nil }); err != nil {
			return err
		}
		if err := c.dst.fill(ctx, &t, rows); err != nil {
			return err
		}
	}
	if manifest != "" {
		if err := c.dst.exec(ctx, "CREATE TABLE "+manifestTable+" (manifest TEXT NOT NULL)"); err != nil {
			return err
		}
		if err := c.dst.exec(ctx, "INSERT INTO "+manifestTable+" (manifest) VALUES (?)", manifest); err != nil {
			return err
		}
	}
	return c.dst.exec(ctx, "DROP TABLE copying")
}
