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

	"github.com/pressly/goose/v3"
)

// Newest is the schema of this program: the number of the last migration,
// which every engine has.
const Newest = 7

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
	// Reads and Writes are where sessions get their connections from; Writes is
	// nil where the database is open for reading only.
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
// end in time, Full a disk without room, Standby a server that takes no writes.
const (
	Other Fault = iota
	Busy
	Full
	Lost
	Standby
)

// CheckSchema refuses what this program cannot read.
func CheckSchema(version int) error {
	switch {
	case version > Newest:
		return fmt.Errorf("the database has schema %d, this program knows up to %d: use a newer threatbench", version, Newest)
	case version < Newest:
		return fmt.Errorf("the database has schema %d, this program needs %d: open it once for writing", version, Newest)
	}
	return nil
}

// ErrForeign is a database that holds another program's tables.
var ErrForeign = errors.New("the database belongs to another program")

// Migrate brings a database to schema Newest with a goose provider; found is
// the schema it has, foreign how many tables are there that aren't the store's
// where it has none. It answers whether the database was empty.
func Migrate(ctx context.Context, found, foreign int, provide func() (*goose.Provider, error)) (made bool, err error) {
	if found == Newest {
		return false, nil
	}
	if found > Newest {
		return false, CheckSchema(found)
	}
	if found == 0 && foreign > 0 {
		return false, fmt.Errorf("%w: it has %d tables and indexes that threatbench didn't make", ErrForeign, foreign)
	}
	p, err := provide()
	if err != nil {
		return false, fmt.Errorf("preparing the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return false, fmt.Errorf("migrating the database from schema %d to %d: %w", found, Newest, err)
	}
	return found == 0, nil
}
