package homes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"threatbench/api/store"
	"threatbench/api/store/engine"
)

const manifestTable = "backup"

// Manifest is what a backup says of itself.
type Manifest struct {
	At      time.Time `json:"at"`      // when it was made
	Program string    `json:"program"` // and by which version
	Schema  int       `json:"schema"`
	From    string    `json:"from"` // of which database; no password is in it
	Tables  []Counted `json:"tables"`
}

// Counted is a table of a backup: its rows, and the SHA-256 of all of them.
type Counted struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
	Sum  string `json:"sha256"`
}

// Errors of backups.
var (
	ErrThere   = errors.New("there is a file of this name already, which is left as it is")
	ErrNone    = errors.New("it is no backup of threatbench")
	ErrChanged = errors.New("the backup is damaged, or was changed after it was made")
)

// Backup writes a backup of the store at a place into a new file: an SQLite
// database with the SHA-256 of every table, of one moment of the store, which
// may be written meanwhile. The file is there whole or not at all.
func Backup(ctx context.Context, from, path string, made Manifest, progress func(rows int64)) (r Report, err error) {
	if exists(path) {
		return r, fmt.Errorf("%s: %w", path, ErrThere)
	}
	src, err := openSource(ctx, from)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, src.close()) }()
	dir, err := os.MkdirTemp(filepath.Dir(path), ".threatbench-backup-*") // for its owner alone
	if err != nil {
		return r, fmt.Errorf("making the backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	partial := filepath.Join(dir, "backup")
	if r, err = backUp(ctx, src, partial, made, progress); err != nil {
		return r, err
	}
	return r, place(partial, path)
}

func backUp(ctx context.Context, src *end, partial string, made Manifest, progress func(rows int64)) (r Report, err error) {
	c, err := newCopying(ctx, src, partial, progress)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, c.dst.close()) }()
	sums, err := c.all(ctx)
	if err != nil {
		return r, err
	}
	made.Schema, made.From = engine.Newest, src.home.Name()
	for _, t := range tables() {
		made.Tables = append(made.Tables, Counted{Name: t.name, Rows: sums[t.name].rows, Sum: sums[t.name].sum()})
	}
	text, err := json.Marshal(made)
	if err != nil {
		return r, fmt.Errorf("describing the backup: %w", err)
	}
	if err := c.finish(ctx, sums, string(text)); err != nil {
		return r, err
	}
	// One file: nothing is left in a log beside it, once nobody else reads it.
	c.dst.home.Reads().SetMaxIdleConns(-1)
	var mode string
	if err := c.dst.one(ctx, &mode, "PRAGMA journal_mode = DELETE"); err != nil || mode != "delete" {
		return r, fmt.Errorf("closing the backup (%s): %w", mode, err)
	}
	return c.report, nil
}

// place gives a file its name, where there is none of it yet.
func place(partial, path string) error {
	f, err := os.Open(partial)
	if err == nil {
		err = errors.Join(f.Sync(), f.Close())
	}
	if err == nil {
		err = os.Link(partial, path)
	}
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s: %w", path, ErrThere)
	}
	if err != nil && !exists(path) { // a disk that knows no links
		err = os.Rename(partial, path)
	}
	if err != nil {
		return fmt.Errorf("making the backup: %w", err)
	}
	return nil
}

// Restore copies a backup into a place where there is no store yet. All of the
// backup is read and held against its checksums first.
func Restore(ctx context.Context, path, to string, progress func(rows int64)) (m Manifest, r Report, err error) {
	if _, err := os.Stat(path); err != nil {
		return m, r, fmt.Errorf("reading the backup: %w", err)
	}
	if store.IsServer(path) {
		return m, r, fmt.Errorf("%s: %w; copy brings one database into another", path, ErrNone)
	}
	src, err := openEnd(ctx, path, true)
	if err != nil {
		return m, r, err
	}
	m, err = src.checkBackup(ctx, progress)
	if err = errors.Join(err, src.close()); err != nil {
		return m, r, err
	}
	r, err = Copy(ctx, path, to, progress)
	return m, r, err
}

// checkBackup reads a backup's own description, and all of its tables.
func (e *end) checkBackup(ctx context.Context, progress func(rows int64)) (m Manifest, err error) {
	there, err := e.has(ctx, manifestTable)
	if err != nil {
		return m, fmt.Errorf("reading the backup: %w", err)
	}
	if !there {
		return m, fmt.Errorf("%s: %w (a database is copied by copy, a file that is meant as one opened by --db)", e.home.Name(), ErrNone)
	}
	var text string
	if err := e.one(ctx, &text, "SELECT manifest FROM "+manifestTable); err != nil {
		return m, fmt.Errorf("reading the backup: %w", err)
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return m, fmt.Errorf("%s: %w: its description can't be read", e.home.Name(), ErrChanged)
	}
	switch {
	case m.Schema > engine.Newest:
		return m, fmt.Errorf("%s is a backup of schema %d, made by threatbench %s; this program knows up to %d: restore it with that version or a newer one", e.home.Name(), m.Schema, m.Program, engine.Newest)
	case m.Schema < engine.Newest:
		return m, fmt.Errorf("%s is a backup of schema %d, made by threatbench %s: it is a database file itself; put a copy of it where you want it and open that with --db, which brings it to schema %d", e.home.Name(), m.Schema, m.Program, engine.Newest)
	}
	return m, e.checkTables(ctx, m, progress)
}

func (e *end) checkTables(ctx context.Context, m Manifest, progress func(rows int64)) error {
	if err := e.checkSchema(ctx); err != nil {
		return err
	}
	read := int64(0)
	for _, t := range tables() {
		at := slices.IndexFunc(m.Tables, func(c Counted) bool { return c.Name == t.name })
		sum := newDigest()
		err := e.rows(ctx, &t, "", nil, func(row []any) error {
			if read++; progress != nil && read%chunkRows == 0 {
				progress(read)
			}
			if t.name == "event" {
				doc, _ := row[len(row)-1].([]byte)
				plain, err := plainDoc(doc)
				if err != nil {
					return fmt.Errorf("%s: %w: %w", e.home.Name(), ErrChanged, err)
				}
				row[len(row)-1] = plain
			}
			return sum.add(row)
		})
		if err != nil {
			return err
		}
		if at < 0 || m.Tables[at].Rows != sum.rows || m.Tables[at].Sum != sum.sum() {
			return fmt.Errorf("%s: %w: table %s isn't what it was; nothing was restored", e.home.Name(), ErrChanged, t.name)
		}
	}
	return nil
}
