package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"threatbench/api/store/engine"
)

// Fault sorts an error by the code the server gives, or by how the connection
// broke.
func (s *server) Fault(err error) engine.Fault {
	var said *pgconn.PgError
	switch {
	case err == nil:
		return engine.Other
	case errors.As(err, &said):
		return faultOf(said.Code)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return engine.Other // the caller went away, or waits no longer
	case broke(err):
		return engine.Lost
	}
	return engine.Other
}

func faultOf(code string) engine.Fault {
	switch code {
	case "55P03", "40001", "40P01": // lock not available, conflicting moments, deadlock
		return engine.Busy
	case "53100": // disk full
		return engine.Full
	case "57P01", "57P02", "57P03", "25P03": // shut down, crashed, starting; idle for too long
		return engine.Lost
	case "25006": // read-only transaction: the primary has become a standby
		return engine.Standby
	}
	if strings.HasPrefix(code, "08") { // connection exception
		return engine.Lost
	}
	return engine.Other
}

// broke tells whether an error is of a connection.
func broke(err error) bool {
	var network net.Error
	var refused *pgconn.ConnectError
	for _, known := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, known) {
			return true
		}
	}
	if errors.As(err, &network) || errors.As(err, &refused) {
		return true
	}
	return strings.Contains(err.Error(), "conn closed")
}

// explainURL says what is wrong with a URL, without it: it may hold a password.
func explainURL(err error) error {
	var parsing *pgconn.ParseConfigError
	why := err.Error()
	if errors.As(err, &parsing) {
		if inner := parsing.Unwrap(); inner != nil {
			why = inner.Error()
		} else if _, after, ok := strings.Cut(why, "`: "); ok {
			why = after
		}
	}
	if strings.Contains(why, "://") {
		why = "it can't be read as one"
	}
	return fmt.Errorf("the database's URL is wrong (want postgres://user@host/database): %s", why) //nolint:errorlint // what it wraps may show the password
}

// explain says in a person's words why a database did not open.
func (s *server) explain(err error) error {
	name := s.Name()
	var said *pgconn.PgError
	if errors.As(err, &said) {
		switch said.Code {
		case "28P01", "28000":
			return fmt.Errorf("%s refuses user %q: %s (the password comes from PGPASSWORD or the passfile)", name, s.config.User, said.Message)
		case "3D000":
			return fmt.Errorf("%s: there is no such database: make it with createdb", name)
		case "42501":
			return fmt.Errorf("%s: user %q may not make or use the tables there: %s (GRANT CREATE, USAGE ON SCHEMA, or let the schema's owner open it once)", name, s.config.User, said.Message)
		case "53100":
			return fmt.Errorf("%s: the disk that holds the database is full: %s", name, said.Message)
		case "53300":
			return fmt.Errorf("%s: the server takes no more connections: %s", name, said.Message)
		case "57P03":
			return fmt.Errorf("%s isn't ready: %s", name, said.Message)
		}
		return fmt.Errorf("opening %s: %s (SQLSTATE %s)", name, said.Message, said.Code)
	}
	var refused *pgconn.ConnectError
	if errors.As(err, &refused) {
		return fmt.Errorf("%s can't be reached: %s", name, oneLine(s.withoutPassword(errors.Unwrap(refused).Error())))
	}
	return fmt.Errorf("opening %s: %w", name, err)
}

// oneLine joins what was tried in vain, each once.
func oneLine(text string) string {
	var tried []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(tried, line) {
			tried = append(tried, line)
		}
	}
	return strings.Join(tried, " ")
}

func (s *server) withoutPassword(text string) string {
	if s.config.Password == "" {
		return text
	}
	return strings.ReplaceAll(text, s.config.Password, "***")
}
