package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3/database"
)

// errTaken is a migration that another process was faster with.
var errTaken = errors.New("another process has made this migration meanwhile")

// once keeps the migrations that were made, each one time. Two processes that
// open a database at once may both begin one: who comes second mustn't make it
// again, since it would set the schema back to a number that others are past.
type once struct{ database.Store }

func newOnce() (once, error) {
	s, err := database.NewStore(database.DialectSQLite3, "goose_db_version")
	if err != nil {
		return once{}, fmt.Errorf("preparing the table of migrations: %w", err)
	}
	return once{s}, nil
}

// Insert is called in the transaction of the migration, which has the right to
// write by then: what it sees is what there is.
func (o once) Insert(ctx context.Context, db database.DBTxConn, req database.InsertRequest) error {
	_, err := o.GetMigration(ctx, db, req.Version)
	switch {
	case err == nil:
		return fmt.Errorf("migration %d: %w", req.Version, errTaken)
	case !errors.Is(err, database.ErrVersionNotFound):
		return fmt.Errorf("looking for migration %d: %w", req.Version, err)
	}
	if err := o.Store.Insert(ctx, db, req); err != nil {
		return fmt.Errorf("writing down migration %d: %w", req.Version, err)
	}
	return nil
}
