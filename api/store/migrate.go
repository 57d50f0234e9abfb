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

// schemaNewest is the version of the last migration, a file in migrations or
// one in Go; each of them leaves its number in user_version, so that opening
// needn't ask goose.
const schemaNewest = 7

// migrate brings the database to schemaNewest; fresh tells that it was empty.
func migrate(ctx context.Context, db *sql.DB) (fresh bool, err error) {
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return false, err
	}
	if version == schemaNewest {
		return false, nil
	}
	if version > schemaNewest {
		return false, checkSchema(version)
	}
	if fresh = version == 0; fresh {
		if err := checkEmpty(ctx, db); err != nil {
			return false, err
		}
	}
	return fresh, runMigrations(ctx, db, version)
}

// checkEmpty refuses another program's database.
func checkEmpty(ctx context.Context, db *sql.DB) error {
	var foreign int
	err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%'").Scan(&foreign)
	if err != nil {
		return fmt.Errorf("reading the schema: %w", err)
	}
	if foreign > 0 {
		return fmt.Errorf("the database belongs to another program: it has %d tables and indexes that threatbench didn't make", foreign)
	}
	return nil
}

func runMigrations(ctx context.Context, db *sql.DB, version int) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithVerbose(false),
		goose.WithGoMigrations(
			goose.NewGoMigration(5, &goose.GoFunc{RunTx: makeIndicators}, nil), goose.NewGoMigration(6, &goose.GoFunc{RunTx: makeKeyIndex}, nil)))
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
