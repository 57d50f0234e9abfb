// Package pgtest gives tests a PostgreSQL server: the one that
// THREATBENCH_TEST_POSTGRES names, or one of the installed programs, started on
// a socket in a temporary folder as an ordinary user.
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// Variable names a server in place of one that is started: the URL of a
// database in which schemas may be made.
const Variable = "THREATBENCH_TEST_POSTGRES"

// Server is a running server.
type Server struct {
	url  *url.URL
	dir  string // of one that was started here
	bin  string
	as   *syscall.Credential
	made atomic.Int64
}

// Start finds or starts a server; why says what kept it, nil with a server.
func Start() (s *Server, why error) {
	if text := os.Getenv(Variable); text != "" {
		u, err := url.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s is no URL", Variable) // it may hold a password
		}
		return &Server{url: u}, nil
	}
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	s = &Server{bin: bin}
	if err := s.start(); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// programs is the folder of initdb and pg_ctl.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no PostgreSQL is installed, and %s names none", Variable)
	}
	return filepath.Dir(found[len(found)-1]), nil
}

func (s *Server) start() error {
	var err error
	if s.dir, err = os.MkdirTemp("", "tb-pg"); err != nil {
		return err
	}
	if os.Geteuid() == 0 { // which initdb refuses
		if s.as, err = ordinary(); err != nil {
			return err
		}
		if err := os.Chown(s.dir, int(s.as.Uid), int(s.as.Gid)); err != nil {
			return err
		}
	}
	data := filepath.Join(s.dir, "data")
	if err := s.run("initdb", "-D", data, "-U", "tester", "-A", "trust", "-N", "--no-instructions", "-E", "UTF8", "--locale=C.UTF-8"); err != nil {
		return err
	}
	s.url = &url.URL{Scheme: "postgres", User: url.User("tester"), Path: "/postgres", RawQuery: url.Values{"host": {s.dir}, "sslmode": {"disable"}}.Encode()}
	return s.Up()
}

// ordinary is a user who isn't root.
func ordinary() (*syscall.Credential, error) {
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: false}, err
}

func (s *Server) run(program string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	cmd.Dir = s.dir
	if s.as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	}
	log, err := os.CreateTemp("", "tb-pg-log")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(log.Name()) }()
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log // a pipe would stay open in the server
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(string(text)))
	}
	return nil
}

// Up starts a server that was started here, and waits until it answers.
func (s *Server) Up() error {
	settings := "-c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=300 -c unix_socket_directories=" + s.dir
	return s.run("pg_ctl", "-D", filepath.Join(s.dir, "data"), "-w", "-s", "-l", filepath.Join(s.dir, "log"), "-o", settings, "start")
}

// Down stops it; at once leaves its calls no time to end.
func (s *Server) Down(atOnce bool) error {
	mode := "fast"
	if atOnce {
		mode = "immediate"
	}
	return s.run("pg_ctl", "-D", filepath.Join(s.dir, "data"), "-w", "-s", "-m", mode, "stop")
}

// Own tells whether the server was started here, and may be stopped.
func (s *Server) Own() bool { return s != nil && s.dir != "" }

// Stop ends a server that was started here, and removes it.
func (s *Server) Stop() error {
	if !s.Own() {
		return nil
	}
	err := s.Down(true)
	return errors.Join(err, os.RemoveAll(s.dir))
}

// Tester is a test, of testing or of rapid.
type Tester interface {
	Helper()
	Cleanup(f func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Schema makes a schema of its own for a test, and answers the URL of it.
func (s *Server) Schema(t Tester) string {
	t.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), s.made.Add(1))
	s.Run(t, "CREATE SCHEMA "+name)
	t.Cleanup(func() { s.Run(t, "DROP SCHEMA IF EXISTS "+name+" CASCADE") })
	return s.With("search_path", name)
}

// Run runs a statement in the server's own database.
func (s *Server) Run(t Tester, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", s.url.String())
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// With is the server's URL with a parameter more.
func (s *Server) With(key, value string) string {
	u := *s.url
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}
