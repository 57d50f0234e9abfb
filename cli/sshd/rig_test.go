package sshd_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"threatbench/cli/sshd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come; it never waits for
// what must not.
const patience = 20 * time.Second

// rig is a server with a toy in the workbench's place.
type rig struct {
	t     *testing.T
	dir   string
	addr  string
	audit string
	log   *bytes.Buffer
	end   func() // ends the server and waits for it
}

// start serves; the keys file holds the keys named.
func start(t *testing.T, c sshd.Config, keys ...ssh.Signer) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), log: &bytes.Buffer{}}
	r.writeKeys(keys...)
	var err error
	if c.Book == nil {
		if c.Book, err = sshd.OpenBook(sshd.Files{Keys: r.path("keys")}); err != nil {
			t.Fatal(err)
		}
	}
	if c.HostKey, _, err = sshd.HostKey(r.path("host_key")); err != nil {
		t.Fatal(err)
	}
	r.audit = r.path("audit.jsonl")
	if c.Audit, err = sshd.OpenAudit(r.audit); err != nil {
		t.Fatal(err)
	}
	c.Log = slog.New(slog.NewTextHandler(&lockedWriter{w: r.log}, nil))
	if c.Reread == 0 {
		c.Reread = 5 * time.Millisecond
	}
	if c.Drain == 0 {
		c.Drain = 10 * time.Millisecond
	}
	if c.Show == nil {
		c.Show = toy
	}
	if c.Exec == nil {
		c.Exec = func(_ context.Context, s *sshd.Session) int {
			fmt.Fprintf(s.Out, "ran %q", s.Command)
			return len(s.Command)
		}
	}
	srv, err := sshd.New(c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, l) }()
	r.end = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-served:
			if err != nil {
				t.Errorf("serving: %v", err)
			}
		case <-time.After(patience):
			t.Error("the server doesn't end")
		}
		if err := c.Audit.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(r.end)
	return r
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

// writeKeys writes the keys file; the names are key0, key1, …
func (r *rig) writeKeys(keys ...ssh.Signer) {
	var b strings.Builder
	for i, k := range keys {
		fmt.Fprintf(&b, "%s key%d\n", strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k.PublicKey()))), i)
	}
	replaceFile(r.t, r.path("keys"), b.String())
}

func replaceFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+"~", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		t.Fatal(err)
	}
}

func newKey(t *testing.T) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func clientConfig(user string, auth ...ssh.AuthMethod) *ssh.ClientConfig {
	return &ssh.ClientConfig{User: user, Auth: auth, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: patience}
}

func (r *rig) dial(key ssh.Signer) *ssh.Client {
	r.t.Helper()
	c, err := ssh.Dial("tcp", r.addr, clientConfig("someone", ssh.PublicKeys(key)))
	if err != nil {
		r.t.Fatalf("logging in: %v", err)
	}
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// terminal is a client's session and what it shows.
type terminal struct {
	t    *testing.T
	sess *ssh.Session
	in   io.WriteCloser

	mu   sync.Mutex
	seen bytes.Buffer
	news chan struct{}
	over chan struct{}
}

func (r *rig) terminal(c *ssh.Client) *terminal { return r.terminalOf(c, "xterm-256color", 80, 24) }

func (r *rig) terminalOf(c *ssh.Client, term string, w, h int, env ...[2]string) *terminal {
	r.t.Helper()
	s, err := c.NewSession()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, kv := range env {
		_ = s.Setenv(kv[0], kv[1]) // whether it is taken is what tests look at
	}
	if err := s.RequestPty(term, h, w, ssh.TerminalModes{ssh.ECHO: 1}); err != nil {
		r.t.Fatal(err)
	}
	x := &terminal{t: r.t, sess: s, news: make(chan struct{}, 1), over: make(chan struct{})}
	if x.in, err = s.StdinPipe(); err != nil {
		r.t.Fatal(err)
	}
	out, err := s.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	s.Stderr = writerFunc(x.took)
	if err := s.Shell(); err != nil {
		r.t.Fatal(err)
	}
	go func() {
		defer close(x.over)
		_, _ = io.Copy(writerFunc(x.took), out)
	}()
	return x
}

type writerFunc func(p []byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

func (x *terminal) took(p []byte) {
	x.mu.Lock()
	x.seen.Write(p)
	x.mu.Unlock()
	select {
	case x.news <- struct{}{}:
	default:
	}
}

func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.seen.String()
}

// sees waits for a text.
func (x *terminal) sees(want string) {
	x.t.Helper()
	x.seesOneOf(want)
}

// seesOneOf waits for one of several texts, and tells which came.
func (x *terminal) seesOneOf(want ...string) string {
	x.t.Helper()
	limit := time.After(patience)
	for {
		for _, w := range want {
			if strings.Contains(x.text(), w) {
				return w
			}
		}
		select {
		case <-x.news:
		case <-limit:
			x.t.Fatalf("want %q, got %q", want, x.text())
		}
	}
}

func (x *terminal) types(s string) {
	x.t.Helper()
	if _, err := io.WriteString(x.in, s); err != nil {
		x.t.Fatal(err)
	}
}

// ends waits for the session's end and returns its exit status, -1 where the
// connection broke.
func (x *terminal) ends() int {
	x.t.Helper()
	done := make(chan error, 1)
	go func() { done <- x.sess.Wait() }()
	select {
	case err := <-done:
		var exit *ssh.ExitError
		if errors.As(err, &exit) {
			return exit.ExitStatus()
		}
		if err != nil {
			return -1
		}
		return 0
	case <-time.After(patience):
		x.t.Fatalf("the session doesn't end; it shows %q", x.text())
	}
	return -1
}

// toy stands in the workbench's place: it says what it is given, echoes words
// in angle brackets, and obeys a few of them.
func toy(ctx context.Context, s *sshd.Session) error {
	msgs := make(chan tea.Msg)
	s.Started(func(m tea.Msg) {
		select {
		case msgs <- m:
		case <-ctx.Done():
		}
	})
	fmt.Fprintf(s.Out, "hello %s %dx%d %q\n", s.Who.Name, s.Width, s.Height, s.Env)
	keys := reading(ctx, s.In)
	for {
		select {
		case <-ctx.Done():
			return nil
		case k, ok := <-keys:
			if !ok {
				keys = nil
				continue
			}
			if done := obey(s, k); done {
				return nil
			}
		case m := <-msgs:
			switch m := m.(type) {
			case tea.WindowSizeMsg:
				fmt.Fprintf(s.Out, "size %dx%d\n", m.Width, m.Height)
				if keys == nil {
					keys = reading(ctx, s.In)
				}
			case sshd.Away:
				env, w, h, ok := s.Back(ctx)
				if !ok {
					return nil
				}
				fmt.Fprintf(s.Out, "back %dx%d %q\n", w, h, env)
				keys = reading(ctx, s.In)
			case sshd.Notice:
				fmt.Fprintf(s.Out, "notice: %s\n", m.Text)
			case tea.QuitMsg:
				return nil
			}
		}
	}
}

func obey(s *sshd.Session, k byte) (done bool) {
	switch k {
	case 'q':
		return true
	case '!':
		panic("as asked")
	case 'F':
		for range 4000 { // more than any window holds
			_, _ = s.Out.Write(bytes.Repeat([]byte("flood "), 1000))
		}
		return true
	}
	fmt.Fprintf(s.Out, "<%c>", k)
	return false
}

func reading(ctx context.Context, in io.Reader) <-chan byte {
	out := make(chan byte)
	go func() {
		defer close(out)
		r := bufio.NewReader(in)
		for {
			b, err := r.ReadByte()
			if err != nil {
				return
			}
			select {
			case out <- b:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// entries reads the audit log.
func (r *rig) entries() []sshd.Entry {
	r.t.Helper()
	var text []byte
	for _, path := range []string{r.audit, r.audit + ".strangers"} {
		more, err := os.ReadFile(path)
		if err != nil {
			r.t.Fatal(err)
		}
		text = append(text, more...)
	}
	var out []sshd.Entry
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var e sshd.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			r.t.Fatalf("%q: %v", line, err)
		}
		out = append(out, e)
	}
	return out
}

// noted waits until the audit log holds an entry that suits.
func (r *rig) noted(what string, suits func(sshd.Entry) bool) sshd.Entry {
	r.t.Helper()
	limit := time.After(patience)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		for _, e := range r.entries() {
			if suits(e) {
				return e
			}
		}
		select {
		case <-look.C:
		case <-limit:
			r.t.Fatalf("the audit log holds no %s: %+v", what, r.entries())
		}
	}
}

// clock is a time that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock(at time.Time) *clock { return &clock{at: at} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}
