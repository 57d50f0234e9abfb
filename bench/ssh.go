package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// roundTrip is the delay of the slow link, there and back. It is made by a
// proxy, since not every kernel can delay packets.
const roundTrip = 80 * time.Millisecond

// The crowd: sessions that each press a key a second.
const (
	crowd     = 100
	crowdKeys = 15
)

// sshBench is a server over SSH and what a client needs.
type sshBench struct {
	dir    string
	server *screen // its process, for its memory
	addr   string
	key    ssh.Signer
}

// measureSSH measures the workbench over SSH: through the system's own client
// on loopback and over a slow link, and with many people at once.
func measureSSH(ctx context.Context, db string, n int, t *table) error {
	path, remove, err := build(ctx)
	if err != nil {
		return err
	}
	defer remove()
	b, err := startSSH(ctx, path, db)
	if err != nil {
		return err
	}
	defer b.close()
	if _, err := exec.LookPath("ssh"); err != nil {
		t.count("ssh", "no ssh client is installed", 0, "", 0)
	} else if err := b.measureClient(ctx, n, t); err != nil {
		return err
	}
	return b.measureCrowd(t)
}

func startSSH(ctx context.Context, path, db string) (*sshBench, error) {
	dir, err := os.MkdirTemp("", "threatbench-ssh-")
	if err != nil {
		return nil, fmt.Errorf("making a place for the keys: %w", err)
	}
	b := &sshBench{dir: dir}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	if b.key, err = ssh.NewSignerFromKey(private); err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	err = errors.Join(os.WriteFile(b.file("key"), pem.EncodeToMemory(block), 0o600),
		os.WriteFile(b.file("keys"), ssh.MarshalAuthorizedKey(b.key.PublicKey()), 0o600))
	if err != nil {
		return nil, fmt.Errorf("writing the keys: %w", err)
	}
	cmd := exec.CommandContext(ctx, path, "serve", "ssh", "--quiet", "--listen", "127.0.0.1:0", "--db", db,
		"--host-key", b.file("host"), "--authorized-keys", b.file("keys"), "--audit", b.file("audit"))
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+b.file("state"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	b.server = &screen{cmd: cmd}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	b.addr = strings.TrimSpace(strings.TrimPrefix(line, "address"))
	return b, nil
}

func (b *sshBench) file(name string) string { return filepath.Join(b.dir, name) }

func (b *sshBench) close() {
	b.server.cmd.Process.Kill() // a server for this run alone
	b.server.cmd.Wait()         // killed
	os.RemoveAll(b.dir)         // a temporary directory
}

// client is the command line of the system's client, by way of an address.
func (b *sshBench) client(addr string, more ...string) []string {
	_, port, _ := strings.Cut(addr, ":")
	args := []string{
		"-F", "/dev/null", "-i", b.file("key"), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
		"-o", "IdentitiesOnly=yes", "-p", port,
	}
	return append(append(args, more...), "127.0.0.1")
}

func (b *sshBench) measureClient(ctx context.Context, n int, t *table) error {
	near, err := b.firstFrame(ctx, b.addr, n)
	if err != nil {
		return err
	}
	t.took("ssh", "first useful frame, loopback, login included", near, 0)
	slowAddr, stop, err := delayed(ctx, b.addr)
	if err != nil {
		return err
	}
	defer stop()
	far, err := b.firstFrame(ctx, slowAddr, n)
	if err != nil {
		return err
	}
	t.count("ssh", "round trips to the first useful frame, login included", float64(far-near)/float64(roundTrip), "", 0)
	if err := b.measureShared(ctx, slowAddr, n, t); err != nil {
		return err
	}
	s, err := open(ctx, "ssh", b.client(b.addr)...)
	if err != nil {
		return err
	}
	defer s.close()
	if _, err := s.until("of "+grouped(n), slow); err != nil {
		return err
	}
	s.quiet(500 * time.Millisecond)
	for _, k := range []struct {
		what, key string
		budget    float64
	}{{"cursor down", "j", 0}, {"page down", "\x1b[6~", 4600}} {
		r, err := repeat(s, k.key, 20)
		if err != nil {
			return err
		}
		t.took("ssh", k.what+", loopback, median", quantile(r.times, 0.5), 0)
		t.count("ssh", k.what+", bytes drawn", r.bytes(), "B", k.budget)
	}
	if _, err = s.tty.WriteString("q"); err != nil {
		return fmt.Errorf("leaving: %w", err)
	}
	return s.cmd.Wait() // a workbench left behind would be offered to the next
}

// firstFrame times from the client's start to the first frame with events.
func (b *sshBench) firstFrame(ctx context.Context, addr string, n int, more ...string) (time.Duration, error) {
	var list []time.Duration
	for range 5 {
		start := time.Now()
		s, err := open(ctx, "ssh", b.client(addr, more...)...)
		if err != nil {
			return 0, err
		}
		at, err := s.until("of "+grouped(n), slow)
		if err == nil {
			_, err = s.tty.WriteString("q")
		}
		if err == nil {
			err = s.cmd.Wait()
		}
		s.close()
		if err != nil {
			return 0, fmt.Errorf("over ssh: %w", err)
		}
		list = append(list, at.Sub(start))
	}
	return quantile(list, 0.5), nil
}

// measureShared counts the round trips on a connection that is open already,
// so that the login isn't among them.
func (b *sshBench) measureShared(ctx context.Context, addr string, n int, t *table) error {
	share := func(addr, name string) (time.Duration, error) {
		socket := b.file(name)
		master := exec.CommandContext(ctx, "ssh", b.client(addr, "-M", "-N", "-S", socket)...)
		if err := master.Start(); err != nil {
			return 0, err
		}
		defer func() {
			master.Process.Kill() // its work is done
			master.Wait()         // killed
		}()
		for end := time.Now().Add(slow); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(socket); err == nil {
				return b.firstFrame(ctx, addr, n, "-S", socket)
			}
		}
		return 0, errors.New("the shared connection doesn't come up")
	}
	near, err := share(b.addr, "near")
	if err != nil {
		return fmt.Errorf("sharing a connection: %w", err)
	}
	far, err := share(addr, "far")
	if err != nil {
		return fmt.Errorf("sharing a slow connection: %w", err)
	}
	t.count("ssh", "round trips to the first useful frame, logged in before", float64(far-near)/float64(roundTrip), "", 3)
	return nil
}

// delayed is the address of a proxy that holds back each direction for half a
// round trip.
func delayed(ctx context.Context, to string) (addr string, stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("making a slow link: %w", err)
	}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
			if err != nil {
				in.Close() // nothing behind it
				continue
			}
			go hold(in, out)
			go hold(out, in)
		}
	}()
	return l.Addr().String(), func() { l.Close() }, nil // at the end
}

// hold copies what comes, half a round trip late.
func hold(from, to net.Conn) {
	type chunk struct {
		due  time.Time
		data []byte
	}
	line := make(chan chunk, 4096)
	go func() {
		defer to.Close() // over
		for c := range line {
			time.Sleep(time.Until(c.due))
			if _, err := to.Write(c.data); err != nil {
				from.Close() // over
			}
		}
	}()
	defer close(line)
	for {
		buf := make([]byte, 32<<10)
		n, err := from.Read(buf)
		if n > 0 {
			line <- chunk{time.Now().Add(roundTrip / 2), buf[:n]}
		}
		if err != nil {
			return
		}
	}
}

// measureCrowd has many people press a key a second at once.
func (b *sshBench) measureCrowd(t *table) error {
	before := b.server.memory()
	people := make([]*person, crowd)
	for i := range people {
		p, err := b.arrive()
		if err != nil {
			return fmt.Errorf("person %d: %w", i+1, err)
		}
		defer p.conn.Close() // over
		people[i] = p
	}
	time.Sleep(2 * time.Second) // until everything is drawn
	for _, p := range people {
		if p.bytes.Load() < 2000 {
			return errors.New("somebody sees no workbench")
		}
	}
	var all sync.WaitGroup
	for i, p := range people {
		all.Go(func() {
			time.Sleep(time.Duration(i) * time.Second / crowd)
			p.work()
		})
	}
	all.Wait()
	var times []time.Duration
	for _, p := range people {
		times = append(times, p.times...)
	}
	if len(times) == 0 {
		return errors.New("nobody saw a key painted")
	}
	t.count("ssh", fmt.Sprintf("%d people, keys painted of %d", crowd, crowd*crowdKeys), float64(len(times)), "", -0.99*crowd*crowdKeys)
	t.took("ssh", fmt.Sprintf("%d people, a key a second: median", crowd), quantile(times, 0.5), 0)
	t.took("ssh", fmt.Sprintf("%d people, a key a second: p95", crowd), quantile(times, 0.95), 50*time.Millisecond)
	t.count("ssh", "memory a session", (b.server.memory()-before)/crowd, "MiB", 10)
	return nil
}

// person is one of the crowd.
type person struct {
	conn  *ssh.Client
	in    io.Writer
	drawn chan time.Time
	bytes atomic.Int64
	times []time.Duration
}

func (b *sshBench) arrive() (*person, error) {
	conn, err := ssh.Dial("tcp", b.addr, &ssh.ClientConfig{
		User: "crowd", Auth: []ssh.AuthMethod{ssh.PublicKeys(b.key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: slow,
	})
	if err != nil {
		return nil, fmt.Errorf("logging in: %w", err)
	}
	p := &person{conn: conn, drawn: make(chan time.Time, 1024)}
	sess, err := conn.NewSession()
	if err != nil {
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	if err := sess.RequestPty("xterm-256color", 40, 120, nil); err != nil {
		return nil, fmt.Errorf("asking for a terminal: %w", err)
	}
	in, err := sess.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	p.in = in
	sess.Stdout = p
	if err := sess.Shell(); err != nil {
		return nil, fmt.Errorf("opening a session: %w", err)
	}
	return p, nil
}

// Write takes what the server draws.
func (p *person) Write(b []byte) (int, error) {
	p.bytes.Add(int64(len(b)))
	select {
	case p.drawn <- time.Now():
	default:
	}
	return len(b), nil
}

// work presses a key a second and notes when it was painted.
func (p *person) work() {
	for range crowdKeys {
		for len(p.drawn) > 0 {
			<-p.drawn
		}
		start := time.Now()
		if _, err := io.WriteString(p.in, "j"); err != nil {
			return
		}
		late := time.NewTimer(time.Second)
		select {
		case at := <-p.drawn:
			p.times = append(p.times, at.Sub(start))
		case <-late.C:
		}
		late.Stop()
		time.Sleep(time.Until(start.Add(time.Second)))
	}
}
