// Package postgres keeps a store in a PostgreSQL database, where several
// servers may write and read it at once.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"threatbench/api/store/engine"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable is where goose keeps what it has done: a name of our own, since
// other programs use goose, too.
const versionTable = "threatbench_schema"

const (
	oldestServer   = 15
	connectTimeout = 5 * time.Second
	// lockTimeout is how long a writer waits for the one before it.
	lockTimeout = "5s"
)

// IsURL tells whether a place is a PostgreSQL database.
func IsURL(place string) bool {
	return strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")
}

type server struct {
	config *pgx.ConnConfig
	o      engine.Options
	made   bool
	pool   *sql.DB
}

// Open opens the database of a URL, postgres://user@host/database; what it
// leaves out comes from the usual variables (PGPASSWORD, PGSSLMODE, …) and the
// passfile. Without ReadOnly its tables are made where there are none. A server
// that is too old, a standby, one that grants too little, and a database of
// another program or of a newer schema is an error that says so.
func Open(ctx context.Context, place string, o engine.Options) (engine.Engine, error) {
	config, err := pgx.ParseConfig(place)
	if err != nil {
		return nil, explainURL(err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "threatbench"
	}
	if o.ReadOnly {
		config.RuntimeParams["default_transaction_read_only"] = "on"
	}
	// A call that is given up ends its statement, and leaves the connection.
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: connectTimeout}
	}
	s := &server{config: config, o: o, pool: stdlib.OpenDB(*config)}
	s.pool.SetMaxIdleConns(2)
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(s.explain(err), s.Close())
	}
	return s, nil
}

func (s *server) start(ctx context.Context) error {
	if err := s.checkServer(ctx); err != nil {
		return err
	}
	if s.o.ReadOnly {
		return nil
	}
	return s.migrate(ctx)
}

// migrate lets one of several servers that start at once make the tables,
// while the others wait: it holds a lock in a transaction of its own, which a
// pooler keeps on one connection, too.
func (s *server) migrate(ctx context.Context) (err error) {
	there, err := s.look(ctx)
	if err != nil || there.Schema == engine.Newest {
		return err
	}
	if err := s.mayMake(ctx); err != nil {
		return err
	}
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("waiting for others to make the tables: %w", err)
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	const wait = "SELECT set_config('lock_timeout', '60s', true), set_config('idle_in_transaction_session_timeout', '0', true), pg_advisory_xact_lock(hashtextextended('threatbench ' || current_schema(), 0))::text"
	if _, err := tx.ExecContext(ctx, wait); err != nil {
		return fmt.Errorf("waiting for others to make the tables: %w", err)
	}
	s.made, err = engine.Migrate(ctx, func() (engine.Look, error) { return s.look(ctx) }, s.provider, nil)
	return err
}

// mayMake refuses a user who may not make tables before anything is tried.
func (s *server) mayMake(ctx context.Context) error {
	var schema string
	var may bool
	if err := s.pool.QueryRowContext(ctx, "SELECT current_schema(), has_schema_privilege(current_schema(), 'CREATE')").Scan(&schema, &may); err != nil {
		return fmt.Errorf("asking for the right to make tables: %w", err)
	}
	if !may {
		return fmt.Errorf("user %q may not make tables in schema %s (GRANT CREATE, USAGE ON SCHEMA %s TO %s, or let the schema's owner open it once)", s.config.User, schema, schema, s.config.User)
	}
	return nil
}

// look counts the tables of others, where there are none of the store's.
func (s *server) look(ctx context.Context) (there engine.Look, err error) {
	if there.Schema, err = s.Schema(ctx); err != nil || there.Schema > 0 {
		return there, err
	}
	const tables = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND c.relname <> $1"
	if err := s.pool.QueryRowContext(ctx, tables, versionTable).Scan(&there.Foreign); err != nil {
		return there, fmt.Errorf("reading the schema: %w", err)
	}
	return there, nil
}

func (s *server) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, s.pool, files, goose.WithVerbose(false), goose.WithTableName(versionTable))
}

// checkServer refuses a server that this program can't work with.
func (s *server) checkServer(ctx context.Context) error {
	var version int
	var standby, schema bool
	err := s.pool.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_schema() IS NOT NULL").Scan(&version, &standby, &schema)
	switch {
	case err != nil:
		return err
	case version/10000 < oldestServer:
		return fmt.Errorf("the server is PostgreSQL %d, this program needs %d or newer", version/10000, oldestServer)
	case standby && !s.o.ReadOnly:
		return errors.New("the server is a standby and takes no writes: name the primary, or open it read-only")
	case !schema:
		return errors.New("none of the schemas of the search_path is there: make one, or name another")
	}
	return nil
}

func (s *server) Schema(ctx context.Context) (int, error) {
	var there bool
	if err := s.pool.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", versionTable).Scan(&there); err != nil {
		return 0, fmt.Errorf("reading the schema's version: %w", err)
	}
	if !there {
		return 0, nil
	}
	var v int
	if err := s.pool.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+versionTable+" WHERE is_applied").Scan(&v); err != nil {
		return 0, fmt.Errorf("reading the schema's version: %w", err)
	}
	return v, nil
}

// Name is server, port and database, without user and password.
func (s *server) Name() string {
	if strings.HasPrefix(s.config.Host, "/") {
		return fmt.Sprintf("postgres:///%s?host=%s&port=%d", s.config.Database, s.config.Host, s.config.Port)
	}
	return fmt.Sprintf("postgres://%s:%d/%s", s.config.Host, s.config.Port, s.config.Database)
}

func (s *server) Made() bool           { return s.made }
func (s *server) Reads() *sql.DB       { return s.pool }
func (s *server) OneAtATime() bool     { return true }
func (s *server) Integrity(int) string { return "" }
func (s *server) Close() error         { return s.pool.Close() }

func (s *server) Writes() *sql.DB {
	if s.o.ReadOnly {
		return nil
	}
	return s.pool
}

// Statement numbers the parameters.
func (s *server) Statement(query string) string {
	var b strings.Builder
	n, quoted := 0, false
	for i := 0; i < len(query); i++ {
		c := query[i]
		quoted = quoted != (c == '\'')
		if c != '?' || quoted {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('$')
		if i+1 < len(query) && query[i+1] >= '1' && query[i+1] <= '9' {
			continue // it has its number
		}
		n++
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

// Value makes bytes of texts, which is how they are kept, and numbers of
// truths.
func (s *server) Value(v any) any {
	switch v := v.(type) {
	case string:
		return []byte(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case nil, int64, []byte, int:
		return v
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.String {
		return []byte(r.String())
	}
	return v
}

// Begin takes the row of state before anything is read to write, so that
// writers queue, and each reads what the one before it wrote; readers see one
// moment.
func (s *server) Begin(ctx context.Context, c engine.Conn, write bool) (ticket string, err error) {
	if !write {
		_, err = run(ctx, c, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
		return "", err
	}
	ticket, err = run(ctx, c, "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '"+lockTimeout+"'; SELECT pg_current_xact_id() FROM state FOR UPDATE")
	if err != nil {
		_, back := run(context.WithoutCancel(ctx), c, "ROLLBACK")
		return "", errors.Join(err, back)
	}
	return ticket, nil
}

// run sends statements in one go, and answers what the last one that has rows
// says.
func run(ctx context.Context, c engine.Conn, statements string) (last string, err error) {
	err = c.Raw(func(driver any) error {
		results, err := driver.(*stdlib.Conn).Conn().PgConn().Exec(ctx, statements).ReadAll()
		for _, r := range results {
			if len(r.Rows) > 0 {
				last = string(r.Rows[0][0])
			}
		}
		return err
	})
	return last, err
}

// Landed asks what became of a transaction. The one that asks holds the row of
// state: the other one has ended.
func (s *server) Landed(ctx context.Context, c engine.Conn, ticket string) (bool, error) {
	if _, err := strconv.ParseUint(ticket, 10, 64); err != nil {
		return false, fmt.Errorf("the transaction's number %q: %w", ticket, err)
	}
	status, err := run(ctx, c, "SELECT pg_xact_status('"+ticket+"'::xid8)")
	if err != nil {
		return false, fmt.Errorf("asking what became of a change: %w", err)
	}
	switch status {
	case "committed":
		return true, nil
	case "aborted":
		return false, nil
	}
	return false, fmt.Errorf("asking what became of a change: the server says %q", status)
}

// Fill adds rows of numbers, bytes and nothings to a table by COPY.
func Fill(ctx context.Context, c engine.Conn, table string, columns []string, rows [][]any) error {
	return c.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
		return err
	})
}
