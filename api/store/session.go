package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"threatbench/api"
	"threatbench/api/store/engine"
)

// session is one connection with its prepared statements; one goroutine at a
// time uses it. The connection is made at first use and made anew after a
// transaction that could not be ended.
type session struct {
	pool  *sql.DB
	home  engine.Engine
	keyer *keyMaker // of the database
	conn  *sql.Conn
	stmts map[string]*sql.Stmt

	ticket string // of the transaction to write that is under way
}

func (d *DB) newSession(pool *sql.DB) *session {
	return &session{pool: pool, home: d.home, keyer: &d.keyer}
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
	err := errors.Join(append(errs, s.conn.Close())...)
	s.conn, s.stmts = nil, nil
	if s.home.Fault(err) == engine.Lost {
		return nil // it had closed already
	}
	return err
}

// prepared is the statement for a text that recurs.
func (s *session) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if st := s.stmts[query]; st != nil {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, s.home.Statement(query))
	if err != nil {
		return nil, err
	}
	s.stmts[query] = st
	return st, nil
}

// values turns parameters into what the database takes.
func (s *session) values(args []any) []any {
	for i, v := range args {
		args[i] = s.home.Value(v)
	}
	return args
}

// explain says of a connection that broke that it did, and that a caller may
// ask again: a transaction that isn't committed has changed nothing.
func (s *session) explain(err error) error {
	if err == nil || s.home.Fault(err) != engine.Lost {
		return err
	}
	return errors.Join(api.Errorf(http.StatusServiceUnavailable, "the connection to the database was lost: nothing was changed; try again"), err)
}

func (s *session) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := s.prepared(ctx, query) //nolint:sqlclosecheck // the session keeps and closes it
	if err != nil {
		return nil, s.explain(err)
	}
	res, err := st.ExecContext(ctx, s.values(args)...)
	return res, s.explain(err)
}

// Exec and Raw are the connection as the engine uses it.
func (s *session) Exec(ctx context.Context, query string) error {
	_, err := s.exec(ctx, query)
	return err
}

// Raw lends the driver's connection.
func (s *session) Raw(f func(driver any) error) error { return s.conn.Raw(f) }

func (s *session) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := s.prepared(ctx, query) //nolint:sqlclosecheck // the session keeps and closes it
	if err != nil {
		return nil, s.explain(err)
	}
	rows, err := st.QueryContext(ctx, s.values(args)...)
	return rows, s.explain(err)
}

// row is a single row or the error that kept it away.
type row struct {
	s   *session
	row *sql.Row
	err error
}

func (r row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return r.s.explain(r.row.Scan(dest...))
}

func (s *session) queryRow(ctx context.Context, query string, args ...any) row {
	st, err := s.prepared(ctx, query) //nolint:sqlclosecheck // the session keeps and closes it
	if err != nil {
		return row{err: s.explain(err)}
	}
	return row{s: s, row: st.QueryRowContext(ctx, s.values(args)...)}
}

// insert runs an INSERT of one row and answers the id that it got.
func (s *session) insert(ctx context.Context, query string, args ...any) (id int64, err error) {
	err = s.queryRow(ctx, query+" RETURNING id", args...).Scan(&id)
	return id, err
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
	return errors.Join(s.explain(rows.Err()), rows.Close())
}

// patience is for how long a transaction is begun again where the database
// can't be reached: a restart takes that long, and so does handing over to a
// standby.
const patience = 10 * time.Second

// begin starts a transaction. Nothing has happened yet where its connection
// turns out to be lost, so that another one is tried.
func (s *session) begin(ctx context.Context, write bool) error {
	deadline := time.Now().Add(patience)
	for wait := time.Duration(0); ; wait = min(2*wait+20*time.Millisecond, time.Second) {
		err := s.tryBegin(ctx, write)
		if err == nil {
			return nil
		}
		if s.home.Fault(err) != engine.Lost || time.Now().Add(wait).After(deadline) {
			return fmt.Errorf("beginning a transaction: %w", s.explain(err))
		}
		_ = s.close() // it is broken
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (s *session) tryBegin(ctx context.Context, write bool) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	var err error
	s.ticket, err = s.home.Begin(ctx, s, write)
	return err
}

// commit ends a transaction to write. Where the answer is lost, the database is
// asked what became of it, so that nobody does it again.
func (s *session) commit(ctx context.Context) error {
	// A caller that goes away now must not leave it open what happened.
	_, err := s.exec(context.WithoutCancel(ctx), "COMMIT")
	if err == nil {
		return nil
	}
	if s.home.Fault(err) == engine.Lost && s.ticket != "" {
		return s.askForCommit(ctx, err)
	}
	return fmt.Errorf("committing: %w", err)
}

// askForCommit finds out on another connection whether a transaction was
// committed.
func (s *session) askForCommit(ctx context.Context, lost error) error {
	ticket := s.ticket
	_ = s.close() // it is broken
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*patience)
	defer cancel()
	if err := s.begin(ctx, true); err != nil {
		return unknownEnd(errors.Join(lost, err))
	}
	landed, err := s.home.Landed(ctx, s, ticket)
	if err = errors.Join(err, s.rollback()); err != nil {
		return unknownEnd(errors.Join(lost, err))
	}
	if landed {
		return nil
	}
	return fmt.Errorf("committing: %w", lost)
}

// unknownEnd is the error of a change of which nobody knows whether it
// happened.
func unknownEnd(err error) error {
	return errors.Join(api.Errorf(http.StatusGatewayTimeout, "the connection to the database was lost while the change was being committed: look whether it is there before you try again"), err)
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
