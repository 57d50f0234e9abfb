package homes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"threatbench/api/store"
	"threatbench/api/store/engine"
	"threatbench/api/store/engine/postgres"
	"threatbench/api/store/engine/sqlite"
)

// end is one end of a copy: a connection to a database.
type end struct {
	home   engine.Engine
	conn   *sql.Conn
	server bool
}

func openEnd(ctx context.Context, place string, readOnly bool) (*end, error) {
	open := sqlite.Open
	if store.IsServer(place) {
		open = postgres.Open
	}
	home, err := open(ctx, place, engine.Options{ReadOnly: readOnly})
	if err != nil {
		return nil, err
	}
	pool := home.Reads()
	if !readOnly {
		pool = home.Writes()
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("connecting to %s: %w", home.Name(), err), home.Close())
	}
	return &end{home: home, conn: conn, server: store.IsServer(place)}, nil
}

func (e *end) close() error { return errors.Join(e.conn.Close(), e.home.Close()) }

// Exec and Raw are the connection as an engine uses it.
func (e *end) Exec(ctx context.Context, query string) error {
	_, err := e.conn.ExecContext(ctx, query)
	return err
}

// Raw lends the driver's connection.
func (e *end) Raw(f func(driver any) error) error { return e.conn.Raw(f) }

// exec runs a statement whose texts are plain ones.
func (e *end) exec(ctx context.Context, query string, args ...any) error {
	_, err := e.conn.ExecContext(ctx, e.home.Statement(query), args...)
	return err
}

func (e *end) one(ctx context.Context, into any, query string, args ...any) error {
	return e.conn.QueryRowContext(ctx, e.home.Statement(query), args...).Scan(into)
}

func (e *end) count(ctx context.Context, table string) (n int64, err error) {
	err = e.one(ctx, &n, fmt.Sprintf("SELECT count(*) FROM %q", table))
	return n, err
}

// has tells whether a table is there.
func (e *end) has(ctx context.Context, table string) (there bool, err error) {
	query := "SELECT count(*) > 0 FROM sqlite_master WHERE type = 'table' AND name = ?"
	if e.server {
		query = "SELECT to_regclass(?) IS NOT NULL"
	}
	err = e.one(ctx, &there, query, table)
	return there, err
}

// id tells the store of this end from all others; copies have the same.
func (e *end) id(ctx context.Context) (string, error) {
	var secret []byte
	if err := e.one(ctx, &secret, "SELECT secret FROM state"); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return "", fmt.Errorf("%s: %w", e.home.Name(), store.ErrUnfinished)
		}
		return "", fmt.Errorf("reading %s: %w", e.home.Name(), err)
	}
	d := newDigest()
	if err := d.add([]any{secret}); err != nil {
		return "", err
	}
	return d.sum(), nil
}

// rows reads rows in order; each is the caller's to keep.
func (e *end) rows(ctx context.Context, t *table, where string, args []any, take func(row []any) error) (err error) {
	rows, err := e.conn.QueryContext(ctx, e.home.Statement(t.read(where)), args...)
	if err != nil {
		return fmt.Errorf("reading %s of %s: %w", t.name, e.home.Name(), err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	into := make([]any, len(t.columns))
	for rows.Next() {
		row := make([]any, len(t.columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("reading %s of %s: %w", t.name, e.home.Name(), err)
		}
		for i, v := range row {
			if text, ok := v.(string); ok {
				row[i] = []byte(text)
			}
		}
		if err := take(row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading %s of %s: %w", t.name, e.home.Name(), err)
	}
	return nil
}

// fill adds rows to a table.
func (e *end) fill(ctx context.Context, t *table, rows [][]any) (err error) {
	if e.server {
		return postgres.Fill(ctx, e, t.name, t.columns, rows)
	}
	marks := "?"
	for range len(t.columns) - 1 {
		marks += ", ?"
	}
	insert, err := e.conn.PrepareContext(ctx, fmt.Sprintf("INSERT INTO %q (%s) VALUES (%s)", t.name, quoted(t.columns), marks))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	values := make([]any, len(t.columns))
	for _, row := range rows {
		copy(values, row)
		for i, v := range values {
			if b, ok := v.([]byte); ok && t.texts[i] {
				values[i] = string(b)
			}
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return nil
}

// bounds are a key as parameters of this end.
func (e *end) bounds(t *table, row []any) []any {
	key := append([]any(nil), row[:t.key]...)
	for i, v := range key {
		if b, ok := v.([]byte); ok && !e.server && t.texts[i] {
			key[i] = string(b)
		}
	}
	return key
}

// within runs f in one transaction to write.
func (e *end) within(ctx context.Context, f func() error) error {
	begin := "BEGIN IMMEDIATE"
	if e.server {
		begin = "BEGIN"
	}
	if err := e.Exec(ctx, begin); err != nil {
		return fmt.Errorf("writing %s: %w", e.home.Name(), err)
	}
	err := f()
	if err == nil {
		if err = e.Exec(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	// A connection that can't even do that is given up with the command.
	_, _ = e.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return fmt.Errorf("writing %s: %w", e.home.Name(), err)
}

// lastID is the last id that a table gave out, whether or not it is still there.
func (e *end) lastID(ctx context.Context, t *table) (last int64, err error) {
	query := fmt.Sprintf("SELECT coalesce(max(id), 0) FROM %q", t.name)
	if e.server {
		query = fmt.Sprintf("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('%q', 'id')), 0)", t.name)
	} else if there, err := e.has(ctx, "sqlite_sequence"); err != nil {
		return 0, err
	} else if there {
		query = fmt.Sprintf("SELECT max((SELECT coalesce(max(id), 0) FROM %q), coalesce((SELECT seq FROM sqlite_sequence WHERE name = '%s'), 0))", t.name, t.name)
	}
	err = e.one(ctx, &last, query)
	return last, err
}

// goOn has a table give out ids above last.
func (e *end) goOn(ctx context.Context, t *table, last int64) error {
	if e.server {
		return e.exec(ctx, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%q', 'id'), greatest(?, 1), ? > 0)", t.name), last, last)
	}
	// Only tables that never give an id out again have a line of their own.
	return e.exec(ctx, "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", last, t.name)
}

// exists tells whether there is a file.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
