package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// session is one connection with its prepared statements; one goroutine at a
// time uses it. The connection is made at first use and made anew after a
// transaction that could not be ended.
type session struct {
	pool  *sql.DB
	keyer *keyMaker // of the database
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func (s *session) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	conn, err := s.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connecting to the database: %w", err)
	}
	s.conn, s.stmts = conn, map[string]*sql.Stmt{}
	return nil
}

func (s *session) close() error {
	if s.conn == nil {
		return nil
	}
	var errs []error
	for _, st := range s.stmts {
		errs = append(errs, st.Close())
	}
	errs = append(errs, s.conn.Close())
	s.conn, s.stmts = nil, nil
	return errors.Join(errs...)
}

// prepared is the statement for a text that recurs.
func (s *session) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if st := s.stmts[query]; st != nil {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s.stmts[query] = st
	return st, nil
}

func (s *session) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := s.prepared(ctx, query) //nolint:sqlclosecheck // the session keeps and closes it
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (s *session) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := s.prepared(ctx, query) //nolint:sqlclosecheck // the session keeps and closes it
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// row is a single row or the error that kept it away.
type row struct {
	row *sql.Row
	err error
}

func (r row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return r.row.Scan(dest...)
}

func (s *session) queryRow(ctx context.Context, query string, args ...any) row {
	st, err := s.prepared(ctx, query) //nolint:sqlclosecheck // the session keeps and closes it
	if err != nil {
		return row{err: err}
	}
	return row{row: st.QueryRowContext(ctx, args...)}
}

// each runs a query and calls scan for every row.
func (s *session) each(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := scan(rows); err != nil {
			return errors.Join(err, rows.Close()) //nolint:sqlclosecheck // its error counts, too
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// begin starts a transaction; how is "" or IMMEDIATE.
func (s *session) begin(ctx context.Context, how string) error {
	if _, err := s.exec(ctx, "BEGIN "+how); err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	return nil
}

func (s *session) commit(ctx context.Context) error {
	if _, err := s.exec(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

// rollback ends a transaction whatever the context says; a connection that
// cannot even do that is given up.
func (s *session) rollback() error {
	if s.conn == nil {
		return nil
	}
	if _, err := s.exec(context.Background(), "ROLLBACK"); err != nil {
		return errors.Join(fmt.Errorf("rolling back: %w", err), s.close())
	}
	return nil
}
