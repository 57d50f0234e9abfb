package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// visitor is one of those who soak a server: with a key of their own, on one
// terminal at a time.
type visitor struct {
	name   string
	addr   string
	key    ssh.Signer
	habit  func(ctx context.Context, v *visitor, t *terminal) (dropped bool)
	random *mathrand.Rand
	deaf   bool // never reads

	// What came of it, for whoever waited for the visitor to end.
	visits, drops, resumed int
	keys                   int
	times                  []time.Duration // from keys to their paint
	troubles               []error
}

func newVisitor(name, addr string, n uint64) (*visitor, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return &visitor{name: name, addr: addr, key: key, random: mathrand.New(mathrand.NewPCG(n, 1))}, nil
}

// soak visits again and again until ctx ends.
func (v *visitor) soak(ctx context.Context) {
	dropped := false
	for ctx.Err() == nil {
		t, back, err := v.enter()
		if err != nil {
			v.troubles = append(v.troubles, err)
			return
		}
		v.visits++
		if dropped && back {
			v.resumed++
		}
		if dropped = v.habit(ctx, v, t); dropped {
			v.drops++
			t.drop()
			time.Sleep(time.Second) // until the server has noticed, on a busy machine too
		} else if err := t.quit(); err != nil {
			v.troubles = append(v.troubles, fmt.Errorf("%s: %w", v.name, err))
		}
	}
	v.leave(dropped)
}

// leave ends the workbench that a dropped link left behind.
func (v *visitor) leave(dropped bool) {
	if !dropped {
		return
	}
	t, back, err := v.enter()
	if err != nil {
		v.troubles = append(v.troubles, err)
		return
	}
	if back {
		v.resumed++
	}
	if err := t.quit(); err != nil {
		v.troubles = append(v.troubles, fmt.Errorf("%s: %w", v.name, err))
	}
}

// terminal is what a visitor sits at.
type terminal struct {
	line    net.Conn
	conn    *ssh.Client
	session *ssh.Session
	in      io.Writer
	drawn   chan time.Time
	ended   chan struct{}

	mu   sync.Mutex
	seen []byte // the newest of what was drawn
}

const remembered = 16 << 10 // bytes of what was drawn

// Write takes what the server draws.
func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	t.seen = append(t.seen, b...)
	if over := len(t.seen) - 2*remembered; over > 0 {
		t.seen = append(t.seen[:0], t.seen[len(t.seen)-remembered:]...)
	}
	t.mu.Unlock()
	select {
	case t.drawn <- time.Now():
	default:
	}
	return len(b), nil
}

func (t *terminal) saw(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Contains(t.seen, []byte(text))
}

// Texts the server shows: the offer to go on, and where a workbench is drawn.
const (
	offered = "still open"
	drawn   = "\x1b[?1049h" // the alternate screen
)

// enter logs in and opens the workbench: the one left behind, told by back,
// where there is one.
func (v *visitor) enter() (t *terminal, back bool, err error) {
	if t, err = v.open(); err != nil {
		return nil, false, fmt.Errorf("%s: %w", v.name, err)
	}
	if v.deaf {
		return t, false, nil
	}
	ok := t.await(func() bool { return t.saw(offered) || t.saw(drawn) })
	if back = ok && t.saw(offered); back {
		_, err = io.WriteString(t.in, "\r")
		ok = t.await(func() bool { return t.saw(drawn) })
	}
	if !ok || err != nil {
		t.drop()
		return nil, false, errors.Join(fmt.Errorf("%s: no workbench was shown", v.name), err)
	}
	return t, back, nil
}

func (v *visitor) open() (*terminal, error) {
	dial := net.Dialer{Timeout: slow}
	if v.deaf { // what isn't read must not go into buffers here
		dial.Control = func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4096) })
		}
	}
	line, err := dial.Dial("tcp", v.addr)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	if v.deaf {
		line = &deafened{Conn: line, deaf: make(chan struct{}), closed: make(chan struct{})}
	}
	conn, chans, reqs, err := ssh.NewClientConn(line, v.addr, &ssh.ClientConfig{
		User: v.name, Auth: []ssh.AuthMethod{ssh.PublicKeys(v.key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: slow,
	})
	if err != nil {
		line.Close() // nothing came of it
		return nil, fmt.Errorf("logging in: %w", err)
	}
	t := &terminal{line: line, conn: ssh.NewClient(conn, chans, reqs), drawn: make(chan time.Time, 1024), ended: make(chan struct{})}
	if err := t.start(); err != nil {
		t.drop()
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	if d, ok := line.(*deafened); ok {
		close(d.deaf)
	}
	return t, nil
}

func (t *terminal) start() (err error) {
	if t.session, err = t.conn.NewSession(); err != nil {
		return err
	}
	if err := t.session.RequestPty("xterm-256color", 40, 120, nil); err != nil {
		return err
	}
	if t.in, err = t.session.StdinPipe(); err != nil {
		return err
	}
	t.session.Stdout = t
	if err := t.session.Shell(); err != nil {
		return err
	}
	go func() {
		defer close(t.ended)
		t.session.Wait() // how it ended is in the server's audit log
		t.conn.Close()   // over
	}()
	return nil
}

// await waits until something holds, told by what is drawn.
func (t *terminal) await(holds func() bool) bool {
	late := time.NewTimer(slow)
	defer late.Stop()
	for !holds() {
		select {
		case <-t.drawn:
		case <-t.ended:
			return holds()
		case <-late.C:
			return false
		}
	}
	return true
}

// drop cuts the link, as a lost network does.
func (t *terminal) drop() {
	t.line.Close() // on purpose
	t.conn.Close() // likewise
}

// quit leaves the workbench, whatever is open in it.
func (t *terminal) quit() error {
	defer t.drop()
	late := time.NewTimer(slow)
	defer late.Stop()
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	for {
		if _, err := io.WriteString(t.in, "\x1b"); err != nil {
			return nil // it has ended
		}
		select {
		case <-t.ended:
			return nil
		case <-late.C:
			return errors.New("the workbench can't be left")
		case <-again.C:
		}
		if _, err := io.WriteString(t.in, "\x03"); err != nil {
			return nil
		}
	}
}

// press types and tells when something was painted; false where nothing was.
func (t *terminal) press(keys string) (time.Duration, bool) {
	for len(t.drawn) > 0 {
		<-t.drawn
	}
	start := time.Now()
	if _, err := io.WriteString(t.in, keys); err != nil {
		return 0, false
	}
	late := time.NewTimer(5 * time.Second)
	defer late.Stop()
	select {
	case at := <-t.drawn:
		return at.Sub(start), true
	case <-t.ended:
	case <-late.C:
	}
	return 0, false
}

// deafened is a connection from which nothing is read once it is deaf.
type deafened struct {
	net.Conn
	deaf   chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (d *deafened) Read(p []byte) (int, error) {
	select {
	case <-d.deaf:
		<-d.closed
		return 0, net.ErrClosed
	default:
		return d.Conn.Read(p)
	}
}

// Close ends the connection and whoever reads from it.
func (d *deafened) Close() error {
	d.once.Do(func() { close(d.closed) })
	return d.Conn.Close()
}
