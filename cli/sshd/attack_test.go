package sshd_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"threatbench/cli/sshd"
)

func TestStrangersStayOut(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	r := start(t, sshd.Config{}, key)
	asked := false
	for name, auth := range map[string][]ssh.AuthMethod{
		"unknown key": {ssh.PublicKeys(stranger)},
		"no key":      nil,
		"password":    {ssh.Password("correct horse battery staple")},
		"questions": {ssh.KeyboardInteractive(func(_, _ string, q []string, _ []bool) ([]string, error) {
			asked = true
			return make([]string, len(q)), nil
		})},
	} {
		if c, err := ssh.Dial("tcp", r.addr, clientConfig("root", auth...)); err == nil {
			t.Errorf("%s: comes in", name)
			_ = c.Close()
		} else if !strings.Contains(err.Error(), "unable to authenticate") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked {
		t.Error("the server asks questions")
	}
	e := r.noted("refusal", func(e sshd.Entry) bool { return e.What == "login" && e.Outcome == "refused" })
	if e.Key != ssh.FingerprintSHA256(stranger.PublicKey()) {
		t.Errorf("%+v", e)
	}
	text, err := os.ReadFile(r.audit + ".strangers")
	if err != nil || strings.Contains(string(text), "correct horse") {
		t.Errorf("a password in the log: %v", err)
	}
}

func TestNothingButTheWorkbench(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	c := r.dial(key)
	inside, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close() // nobody came
	if conn, err := c.Dial("tcp", inside.Addr().String()); err == nil {
		t.Error("a local port is forwarded")
		_ = conn.Close()
	}
	if l, err := c.Listen("tcp", "127.0.0.1:0"); err == nil {
		t.Error("a remote port is forwarded")
		_ = l.Close()
	}
	for _, kind := range []string{"direct-streamlocal@openssh.com", "x11", "auth-agent@openssh.com", "tun@openssh.com"} {
		if ch, _, err := c.OpenChannel(kind, nil); err == nil {
			t.Errorf("a channel %s opens", kind)
			_ = ch.Close()
		}
	}
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range []string{"auth-agent-req@openssh.com", "x11-req", "break", "signal", "nonsense"} {
		if ok, err := s.SendRequest(ask, true, ssh.Marshal(struct{ S string }{"KILL"})); err != nil || ok {
			t.Errorf("%s: %v %v", ask, ok, err)
		}
	}
	for _, sub := range []string{"sftp", "netconf"} {
		if err := s.RequestSubsystem(sub); err == nil {
			t.Errorf("subsystem %s", sub)
		}
	}
	for _, name := range []string{"LD_PRELOAD", "PATH", "HOME", "EDITOR", "TERMINFO", "LC_", "LC_x", "THREATBENCH"} {
		if err := s.Setenv(name, "x"); err == nil {
			t.Errorf("the variable %s is taken", name)
		}
	}
	if err := s.Setenv("LANG", "\x1b]0;owned\a"); err == nil {
		t.Error("control characters are taken")
	}
	for _, want := range []string{"channel direct-tcpip", "channel x11", "subsystem", "auth-agent-req@openssh.com", "request tcpip-forward"} {
		r.noted(want, func(e sshd.Entry) bool { return e.What == "request" && e.Who == "key0" && e.Note == want })
	}
	r.terminal(c).sees(`hello key0 80x24 ["TERM=xterm-256color"]`)
}

func TestHugeEnvironment(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	var env [][2]string
	for range 5000 {
		env = append(env, [2]string{"LC_ALL", "C"})
	}
	env = append(env, [2]string{"LANG", strings.Repeat("x", 100_000)})
	x := r.terminalOf(r.dial(key), "xterm", 80, 24, env...)
	x.sees("hello")
	if n := strings.Count(x.text(), "LC_ALL"); n > 24 || strings.Contains(x.text(), "xxxx") {
		t.Errorf("%d variables", n)
	}
}

func TestNamesWithEscapeSequences(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	evil := "\x1b]52;c;cm0gLXJmIC8=\a\x1b[2J\u202egnp.exe\n{\"what\":\"forged\"}"
	c, err := ssh.Dial("tcp", r.addr, clientConfig(evil, ssh.PublicKeys(key)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() // over
	x := r.terminalOf(c, "xterm\x1b[31m", 80, 24)
	x.sees(`"TERM=xterm-256color"`)
	if _, err := ssh.Dial("tcp", r.addr, clientConfig(evil, ssh.PublicKeys(newKey(t)))); err == nil {
		t.Fatal("a stranger came in")
	}
	r.noted("session", func(e sshd.Entry) bool { return e.Outcome == "begun" })
	r.noted("refusal", func(e sshd.Entry) bool { return e.Outcome == "refused" })
	r.end()
	text, err := os.ReadFile(r.audit)
	if err != nil {
		t.Fatal(err)
	}
	for name, log := range map[string]string{"audit": string(text), "log": r.log.String()} {
		if strings.ContainsAny(log, "\x1b\a\u202e") {
			t.Errorf("the %s holds control characters: %q", name, log)
		}
	}
	for _, e := range r.entries() {
		if e.What == "forged" {
			t.Error("a line of the audit log is forged")
		}
	}
}

func TestBinaryGarbage(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{Show: swallow}, key)
	c := r.dial(key)
	x := r.terminal(c)
	garbage := bytes.Repeat([]byte{0xff, 0x00, 0x1b, '[', 0x9b, 0xc3, 0x28, '\r'}, 64<<10)
	if _, err := x.in.Write(garbage); err != nil {
		t.Fatal(err)
	}
	x.types("\x04")
	x.sees(fmt.Sprintf("%d bytes", len(garbage)+1))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr) // garbage instead of a handshake
	if err != nil {
		t.Fatal(err)
	}
	_, _ = conn.Write(garbage)
	_, _ = io.Copy(io.Discard, conn)
	_ = conn.Close()
	r.terminal(c).types("\x04")
}

// swallow reads up to a ctrl+d and says how much that was.
func swallow(_ context.Context, s *sshd.Session) error {
	n, over := 0, false
	for buf := make([]byte, 4096); !over; {
		got, err := s.In.Read(buf)
		n += got
		over = err != nil || bytes.IndexByte(buf[:got], 4) >= 0
	}
	fmt.Fprintf(s.Out, "%d bytes", n)
	return nil
}

// TestThousandsOfConnections floods the server from one address; those inside
// and those from another address notice nothing.
func TestThousandsOfConnections(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{PerAddress: 8, Strangers: 16, Grace: 200 * time.Millisecond}, key)
	x := r.terminal(r.dial(key))
	x.sees("hello")
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	for range 2000 {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr)
		if err != nil {
			break // the system's own limit
		}
		open = append(open, c)
	}
	x.types("x")
	x.sees("<x>")
	other := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	conn, err := other.DialContext(t.Context(), "tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	inside, chans, reqs, err := ssh.NewClientConn(conn, r.addr, clientConfig("ana", ssh.PublicKeys(key)))
	if err != nil {
		t.Fatalf("somebody else can't come in: %v", err)
	}
	c := ssh.NewClient(inside, chans, reqs)
	defer c.Close() // over
	r.terminal(c).sees("hello")
	e := r.noted("turned away", func(e sshd.Entry) bool { return e.Outcome == "turned away" })
	if e.Count == 0 {
		t.Errorf("%+v", e)
	}
	// A slow handshake is not waited for: the strangers' places come free.
	for {
		c, err := ssh.Dial("tcp", r.addr, clientConfig("ana", ssh.PublicKeys(key)))
		if err == nil {
			_ = c.Close()
			break
		}
	}
}

func TestSlowHandshakeIsCutOff(t *testing.T) {
	r := start(t, sshd.Config{Grace: 50 * time.Millisecond}, newKey(t))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() // cut off by then
	if _, err := io.WriteString(conn, "SSH-2.0-slow\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, conn); err != nil && os.IsTimeout(err) {
		t.Error("the server waits for ever")
	}
}

// TestLoggedInWithoutSession keeps a connection open that asks for nothing.
func TestLoggedInWithoutSession(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{Grace: 50 * time.Millisecond}, key)
	c := r.dial(key)
	over := make(chan struct{})
	go func() { _ = c.Wait(); close(over) }()
	select {
	case <-over:
	case <-time.After(patience):
		t.Error("the connection stays open")
	}
}

func TestSessionThatNeverReads(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{Stall: 100 * time.Millisecond}, key)
	c := r.dial(key)
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RequestPty("xterm", 24, 80, nil); err != nil {
		t.Fatal(err)
	}
	in, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.StdoutPipe(); err != nil { // and never read from
		t.Fatal(err)
	}
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(in, "F"); err != nil {
		t.Fatal(err)
	}
	other := r.terminal(r.dial(key))
	other.types("x")
	other.sees("<x>")
	r.noted("hang-up", func(e sshd.Entry) bool { return e.Outcome == "hung up" && e.Note == "the terminal takes nothing" })
	r.noted("end", func(e sshd.Entry) bool { return e.Outcome == "left" })
	other.types("y")
	other.sees("<y>")
}

// TestClientThatFallsSilent freezes a client's network; the server finds out
// by itself and keeps the workbench.
func TestClientThatFallsSilent(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{Alive: 20 * time.Millisecond}, key)
	raw, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	frozen := &freezable{Conn: raw, thaw: make(chan struct{})}
	defer close(frozen.thaw)
	inside, chans, reqs, err := ssh.NewClientConn(frozen, r.addr, clientConfig("ana", ssh.PublicKeys(key)))
	if err != nil {
		t.Fatal(err)
	}
	c := ssh.NewClient(inside, chans, reqs)
	defer c.Close() // over
	r.terminal(c).sees("hello")
	frozen.stop.Store(true)
	r.noted("dropped link", func(e sshd.Entry) bool { return e.Outcome == "link dropped" })
	r.terminal(r.dial(key)).sees("Your workbench is still open")
}

// freezable is a connection that stops answering when it is told to.
type freezable struct {
	net.Conn
	stop atomic.Bool
	thaw chan struct{}
}

func (f *freezable) Write(p []byte) (int, error) {
	if f.stop.Load() {
		<-f.thaw
		return 0, net.ErrClosed
	}
	return f.Conn.Write(p)
}

func TestManySessionsOfOneConnection(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	c := r.dial(key)
	opened := 0
	for range 50 {
		s, err := c.NewSession()
		if err != nil {
			break
		}
		opened++
		defer s.Close() // never started
	}
	if opened != 8 {
		t.Errorf("%d sessions on one connection", opened)
	}
}
