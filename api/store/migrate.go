package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schemaNewest is the version of the last file in migrations; each of them
// leaves its number in user_version, so that opening needn't ask goose.
const schemaNewest = 1

// migrate brings the database to schemaNewest.
func migrate(ctx context.Context, db *sql.DB) error {
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return err
	}
	if version == schemaNewest {
		return nil
	}
	if version > schemaNewest {
		return checkSchema(version)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithVerbose(false))
	if err != nil {
		return fmt.Errorf("preparing the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating the database from schema %d to %d: %w", version, schemaNewest, err)
	}
	return nil
}

func schemaVersion(ctx context.Context, db *sql.DB) (int, error) {
	var v int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil {
		return 0, fmt.Errorf("reading the schema's version: %w", err)
	}
	return v, nil
}

// checkSchema refuses what this program cannot read.
func checkSchema(version int) error {
	switch {
	case version > schemaNewest:
		return fmt.Errorf("the database has schema %d, this program knows up to %d: use a newer threatbench", version, schemaNewest)
	case version < schemaNewest:
		return fmt.Errorf("the database has schema %d, this program needs %d: open it once for writing", version, schemaNewest)
	}
	return nil
}
