// Package engine is what differs between the databases a store lives in: how
// one is opened and brought to this program's schema, how its transactions
// begin, how it takes statements and values, and what its errors mean. The
// statements are the store's, in the SQL that all of them understand.
package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
)

// Newest is the schema of this program: the number of the last migration,
// which every engine has.
const Newest = 8

// Options are how a database is opened.
type Options struct {
	ReadOnly   bool
	Migrations []*goose.Migration // those in Go, for databases that had the schema before them
}

// Engine is an open database.
type Engine interface {
	// Name is what messages call the database; it holds no password.
	Name() string
	// Made tells whether it was empty, and has got its tables just now.
	Made() bool
	// Reads and Writes are where sessions get their connections from; Writes of
	// a database open for reading only is for transactions that are rolled back,
	// or nil where there are none of those.
	Reads() *sql.DB
	Writes() *sql.DB
	// Schema is the number of the last migration that the database has seen.
	Schema(ctx context.Context) (int, error)
	// Statement is a statement with parameters written ?, or ?1 to ?9, as the
	// database takes it; Value is one of its parameters.
	Statement(query string) string
	Value(v any) any
	// OneAtATime tells whether a query must be read to its end before the next
	// one on the same connection.
	OneAtATime() bool
	// Begin starts a transaction: one to read sees the database as it is at its
	// first statement; of those to write there is one at a time. The ticket of
	// one to write is what Landed tells it by.
	Begin(ctx context.Context, c Conn, write bool) (ticket string, err error)
	// Landed tells whether the transaction of a ticket was committed, where the
	// answer to its COMMIT was lost. It begins a transaction to write.
	Landed(ctx context.Context, c Conn, ticket string) (bool, error)
	// Fault says what an error of the database comes from.
	Fault(err error) Fault
	// Integrity is a query whose rows are a line each of what is broken in the
	// database's files, or "ok"; "" where the database has none.
	Integrity(most int) string
	Close() error
}

// Conn is a connection as an engine uses it.
type Conn interface {
	Exec(ctx context.Context, query string) error
	Raw(f func(driver any) error) error
}

// Fault is what an error comes from, as far as somebody can do something about
// it.
type Fault int

// The faults. Lost is a connection that broke, Busy another writer that didn't
// end in time, Full a disk without room, Standby a server that takes no writes,
// Unwritable a file or folder that its owner or mode lets nobody write.
const (
	Other Fault = iota
	Busy
	Full
	Lost
	Standby
	Unwritable
)

// CheckSchema refuses what this program cannot read.
func CheckSchema(version int) error {
	switch {
	case version > Newest:
		return fmt.Errorf("the database has schema %d, this program knows up to %d: %w", version, Newest, errNewer)
	case version < Newest:
		return fmt.Errorf("the database has schema %d, this program needs %d: open it once for writing", version, Newest)
	}
	return nil
}

var errNewer = errors.New("use a newer threatbench")

// ErrForeign is a database that holds another program's tables.
var ErrForeign = errors.New("the database belongs to another program")

// Look is what there is in a place: the schema it has, and how many tables are
// there that aren't the store's where it has none.
type Look struct{ Schema, Foreign int }

// Migrate brings a database to schema Newest with a goose provider. It answers
// whether the database was empty, and got its tables from this call. Where
// another program may be at it at the same time, again tells of an error
// whether it is one that comes from that; nil where nobody else may. What has
// failed is begun anew where it is, or where others have got further meanwhile.
func Migrate(ctx context.Context, look func() (Look, error), provide func() (*goose.Provider, error), again func(error) bool) (made bool, err error) {
	for try := 1; ; try++ {
		there, err := look()
		first := false
		if err == nil {
			first, err = migrateFrom(ctx, there, provide)
		}
		made = made || first
		if err == nil || again == nil || try == mostTries || ctx.Err() != nil {
			return made, err
		}
		if now, lookErr := look(); !again(err) && (lookErr != nil || now == there) {
			return made, err
		}
		select {
		case <-ctx.Done():
			return made, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

const mostTries = 100

func migrateFrom(ctx context.Context, there Look, provide func() (*goose.Provider, error)) (made bool, err error) {
	switch {
	case there.Schema == Newest:
		return false, nil
	case there.Schema > Newest:
		return false, CheckSchema(there.Schema)
	case there.Schema == 0 && there.Foreign > 0:
		return false, fmt.Errorf("%w: it has %d tables and indexes that threatbench didn't make", ErrForeign, there.Foreign)
	}
	p, err := provide()
	if err != nil {
		return false, fmt.Errorf("preparing the migrations: %w", err)
	}
	done, err := p.Up(ctx)
	var partly *goose.PartialError
	if errors.As(err, &partly) {
		done = partly.Applied
	}
	made = len(done) > 0 && done[0].Source.Version == p.ListSources()[0].Version
	if err != nil {
		return made, fmt.Errorf("migrating the database from schema %d to %d: %w", there.Schema, Newest, err)
	}
	return made, nil
}
