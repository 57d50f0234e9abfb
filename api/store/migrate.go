package store

import (
	"github.com/pressly/goose/v3"

	"threatbench/api/store/engine"
)

// schemaNewest is the schema of this program.
const schemaNewest = engine.Newest

// goMigrations are the migrations that read what the store has packed.
func goMigrations() []*goose.Migration {
	return []*goose.Migration{
		goose.NewGoMigration(5, &goose.GoFunc{RunTx: makeIndicators}, nil),
		goose.NewGoMigration(6, &goose.GoFunc{RunTx: makeKeyIndex}, nil),
	}
}
