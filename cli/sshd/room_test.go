package sshd_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"threatbench/cli/sshd"
)

// TestOneKeyCannotTakeTheServer opens as many sessions as one key gets: others,
// and admins last of all, still come in.
func TestOneKeyCannotTakeTheServer(t *testing.T) {
	greedy, ana, bo, root := newKey(t), newKey(t), newKey(t), newKey(t)
	r := &rig{t: t, dir: t.TempDir()}
	r.writeKeys(greedy, ana, bo, root)
	replaceFile(t, r.path("roles"), roleOf("greedy", "triage", greedy)+roleOf("ana", "read", ana)+roleOf("bo", "read", bo)+roleOf("root", "admin", root))
	book, err := sshd.OpenBook(sshd.Files{Keys: r.path("keys"), Roles: r.path("roles")})
	if err != nil {
		t.Fatal(err)
	}
	x := start(t, sshd.Config{Book: book, MaxSessions: 20, PerKey: 100})
	took := 0
	for c := x.dial(greedy); ; took++ {
		if took%8 == 0 && took > 0 {
			c = x.dial(greedy)
		}
		s := x.terminal(c)
		if s.seesOneOf("hello greedy", "kept for those who have none") != "hello greedy" {
			break
		}
	}
	if took != 17 { // two are kept for those who have none, one for admins
		t.Errorf("one key has %d of 20 sessions", took)
	}
	x.terminal(x.dial(ana)).sees("hello ana")
	x.terminal(x.dial(bo)).sees("hello bo")
	x.terminal(x.dial(ana)).sees("all 20 sessions are taken")
	x.terminal(x.dial(root)).sees("hello root")
	x.terminal(x.dial(root)).sees("all 20 sessions are taken")
}

func TestSessionsOfOneKey(t *testing.T) {
	key, other := newKey(t), newKey(t)
	r := start(t, sshd.Config{PerKey: 3}, key, other)
	first := r.dial(key)
	for range 3 {
		r.terminal(first).sees("hello")
	}
	more := r.terminal(r.dial(key))
	more.sees("your key has 3")
	if status := more.ends(); status != 1 {
		t.Errorf("status %d", status)
	}
	r.terminal(r.dial(other)).sees("hello")
	_ = first.Close() // three are left behind and still count: their owner goes on with one
	for left := 0; left < 1; {
		left = 0
		for _, e := range r.entries() {
			if e.Outcome == "link dropped" {
				left++
			}
		}
	}
	var asked []*terminal
	for range 3 { // nor can questions be piled up
		y := r.terminal(r.dial(key))
		y.sees("Your workbench is still open")
		asked = append(asked, y)
	}
	r.terminal(r.dial(key)).sees("your key has 3 terminals already")
	asked[0].types("\r")
	asked[0].sees("notice: back where you left")
}

func TestMemoryIsGivenBackAfterARush(t *testing.T) {
	key := newKey(t)
	freed := make(chan struct{}, 100)
	r := start(t, sshd.Config{Free: func() { freed <- struct{}{} }}, key)
	var all []*terminal
	for range 2 {
		c := r.dial(key)
		for range 5 {
			x := r.terminal(c)
			x.sees("hello")
			all = append(all, x)
		}
	}
	select {
	case <-freed:
		t.Error("memory is given back while all are there")
	default:
	}
	for _, x := range all {
		x.types("q")
		x.ends()
	}
	select {
	case <-freed:
	case <-time.After(patience):
		t.Error("memory is never given back")
	}
}

// TestStrangersOfAsManyNetworks has each place held from another network, by
// connections that say nothing and by some that greet: a member comes in from
// a network that nobody knows, and one that comes again at once.
func TestStrangersOfAsManyNetworks(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{Grace: 500 * time.Millisecond, Strangers: 32, PerAddress: 8}, key)
	flood := func(say string) {
		for i := range 64 {
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 5, byte(i), 1)}}
			c, err := d.DialContext(t.Context(), "tcp", r.addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			_, _ = c.Write([]byte(say)) // it may be turned away by then
		}
	}
	enter := func(ip string) bool {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
		conn, err := d.DialContext(t.Context(), "tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		in, chans, reqs, err := ssh.NewClientConn(conn, r.addr, clientConfig("ana", ssh.PublicKeys(key)))
		if err != nil {
			return false
		}
		c := ssh.NewClient(in, chans, reqs)
		x := r.terminal(c)
		x.sees("hello")
		x.types("q")
		x.ends()
		_ = c.Close()
		return true
	}
	for _, say := range []string{"", "SSH-2.0-stall\r\n"} {
		flood(say)
		for tries := 1; !enter("127.99.0.1"); tries++ {
			if tries == 1000 {
				t.Fatal("somebody new never comes in")
			}
		}
		flood(say)
		if !enter("127.99.0.1") {
			t.Error("a member is kept out of a network that members come from")
		}
	}
}

// TestMemberComesInWhileStrangersHoldHandshakes has strangers of many addresses
// hold every place there is; a member of another comes in every time.
func TestMemberComesInWhileStrangersHoldHandshakes(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{Grace: time.Hour, Strangers: 32, PerAddress: 8}, key)
	from := func(ip string) (net.Conn, error) {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
		return d.DialContext(t.Context(), "tcp", r.addr)
	}
	for i := range 200 {
		c, err := from(fmt.Sprintf("127.0.0.%d", 10+i%8)) // none of them says a word
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() // over
	}
	for i := range 12 {
		ip := "127.0.0.2" // of the same network
		if i%2 == 1 {
			ip = "127.9.0.1"
		}
		conn, err := from(ip)
		if err != nil {
			t.Fatal(err)
		}
		in, chans, reqs, err := ssh.NewClientConn(conn, r.addr, clientConfig("ana", ssh.PublicKeys(key)))
		if err != nil {
			t.Fatalf("try %d, from %s: %v", i, ip, err)
		}
		c := ssh.NewClient(in, chans, reqs)
		x := r.terminal(c)
		x.sees("hello")
		x.types("q")
		x.ends()
		_ = c.Close()
	}
}
