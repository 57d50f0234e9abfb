package sshd_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"threatbench/cli/sshd"
)

func TestSessionHasItsOwnNameSizeAndEnvironment(t *testing.T) {
	ana, bo := newKey(t), newKey(t)
	r := start(t, sshd.Config{}, ana, bo)
	a := r.terminalOf(r.dial(ana), "tmux-256color", 120, 40, [2]string{"COLORTERM", "truecolor"}, [2]string{"LC_ALL", "C.UTF-8"})
	b := r.terminalOf(r.dial(bo), "xterm", 90, 30)
	a.sees(`hello key0 120x40 ["TERM=tmux-256color" "COLORTERM=truecolor" "LC_ALL=C.UTF-8"]`)
	b.sees(`hello key1 90x30 ["TERM=xterm"]`)
	a.types("a")
	a.sees("<a>")
	b.types("bq")
	b.sees("<b>")
	if status := b.ends(); status != 0 {
		t.Errorf("status %d", status)
	}
	a.types("q")
	if status := a.ends(); status != 0 {
		t.Errorf("status %d", status)
	}
	e := r.noted("end", func(e sshd.Entry) bool { return e.Outcome == "left" && e.Who == "key0" })
	if e.Took == "" || !strings.HasPrefix(e.From, "127.0.0.1:") {
		t.Errorf("%+v", e)
	}
}

func TestWithoutATerminalThereIsNoWorkbench(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	s, err := r.dial(key).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	s.Stderr = &said
	if err := s.Shell(); err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(); err == nil || !strings.Contains(said.String(), "needs a terminal") {
		t.Errorf("%v: %q", err, said.String())
	}
}

func TestWindowSizes(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	c := r.dial(key)
	x := r.terminalOf(c, "xterm", 0, 0)
	x.sees("hello key0 80x24")
	r.terminalOf(c, "xterm", 10_000, 10_000).sees("hello key0 1000x500")
	for i := range 1000 { // a thousand changes at once: the last one holds
		if err := x.sess.WindowChange(20+i%50, 40+i%100); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range [][2]int{{0, 0}, {33, 99}, {0, 50}} {
		if err := x.sess.WindowChange(size[0], size[1]); err != nil {
			t.Fatal(err)
		}
	}
	x.sees("size 99x33")
	if n := strings.Count(x.text(), "size "); n > 200 {
		t.Errorf("%d of 1000 sizes were drawn", n)
	}
	x.types("a")
	x.sees("<a>")
}

func TestRevokedKeyEndsItsSession(t *testing.T) {
	ana, bo := newKey(t), newKey(t)
	r := start(t, sshd.Config{}, bo, ana)
	a, b := r.terminal(r.dial(ana)), r.terminal(r.dial(bo))
	a.sees("hello")
	b.sees("hello")
	r.writeKeys(bo)
	a.sees("session ended: the key may no longer come in")
	if status := a.ends(); status != 1 {
		t.Errorf("status %d", status)
	}
	b.types("x")
	b.sees("<x>")
	if _, err := ssh.Dial("tcp", r.addr, clientConfig("ana", ssh.PublicKeys(ana))); err == nil {
		t.Error("a revoked key comes in")
	}
}

func TestChangedRoleEndsItsSession(t *testing.T) {
	key := newKey(t)
	r := &rig{t: t, dir: t.TempDir()}
	r.writeKeys(key)
	roles := func(kind string) string {
		return fmt.Sprintf("[[role]]\nname = \"ana\"\nrole = %q\nkeys = [%q]\n", kind, ssh.FingerprintSHA256(key.PublicKey()))
	}
	replaceFile(t, r.path("roles"), roles("admin"))
	book, err := sshd.OpenBook(sshd.Files{Keys: r.path("keys"), Roles: r.path("roles")})
	if err != nil {
		t.Fatal(err)
	}
	x := start(t, sshd.Config{Book: book}, key)
	a := x.terminal(x.dial(key))
	a.sees("hello ana")
	replaceFile(t, r.path("roles"), roles("read"))
	a.sees("session ended: the role has changed")
}

func TestIdleSessionEnds(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{Idle: 50 * time.Millisecond}, key)
	x := r.terminal(r.dial(key))
	x.sees("session ended: nothing was typed for too long")
	if status := x.ends(); status != 1 {
		t.Errorf("status %d", status)
	}
}

func TestServerEndsWithNotice(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{Drain: 50 * time.Millisecond}, key)
	x := r.terminal(r.dial(key))
	x.sees("hello")
	r.end()
	x.sees("notice: this server ends in 50ms")
	x.sees("session ended: the server ends")
	r.noted("end", func(e sshd.Entry) bool { return e.Outcome == "ended" && e.Note == "the server ends" })
}

func TestSessionsAreCounted(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{MaxSessions: 2}, key)
	a, b := r.terminal(r.dial(key)), r.terminal(r.dial(key))
	a.sees("hello")
	b.sees("hello")
	full := r.terminal(r.dial(key))
	full.sees("all 2 sessions are taken")
	if status := full.ends(); status != 1 {
		t.Errorf("status %d", status)
	}
	a.types("q")
	a.ends()
	r.terminal(r.dial(key)).sees("hello")
}

func TestPanicEndsOneSessionOnly(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	a, b := r.terminal(r.dial(key)), r.terminal(r.dial(key))
	a.sees("hello")
	b.sees("hello")
	a.types("!")
	a.sees("session ended: the workbench crashed; the others go on")
	a.ends()
	b.types("x")
	b.sees("<x>")
}

func TestDroppedLinkIsResumed(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	first := r.dial(key)
	x := r.terminal(first)
	x.sees("hello")
	x.types("a")
	x.sees("<a>")
	_ = first.Close()
	r.noted("dropped link", func(e sshd.Entry) bool { return e.Outcome == "link dropped" })

	y := r.terminalOf(r.dial(key), "screen", 100, 30, [2]string{"COLORTERM", "truecolor"}) // another kind of terminal
	y.sees("Your workbench is still open")
	y.types("\r")
	y.sees(`back 100x30 ["TERM=screen" "COLORTERM=truecolor"]`)
	y.sees("notice: back where you left")
	if strings.Contains(y.text(), "hello") {
		t.Error("a new workbench was begun")
	}
	y.types("b")
	y.sees("<b>")
	y.types("q")
	if status := y.ends(); status != 0 {
		t.Errorf("status %d", status)
	}
	z := r.terminal(r.dial(key))
	z.sees("hello")
}

func TestLeftWorkbenchEndsAnewOrForgotten(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{Keep: 300 * time.Millisecond}, key)
	c := r.dial(key)
	r.terminal(c).sees("hello")
	_ = c.Close()
	r.noted("dropped link", func(e sshd.Entry) bool { return e.Outcome == "link dropped" })
	y := r.terminal(r.dial(key))
	y.sees("Your workbench is still open")
	y.types("n")
	y.sees("hello")
	r.noted("replaced", func(e sshd.Entry) bool { return e.Outcome == "ended" && e.Note == "a new workbench was begun" })
	_ = y.sess.Close()
	r.noted("forgotten", func(e sshd.Entry) bool { return e.Outcome == "ended" && e.Note == "nobody came back to it" })
}

func TestCommandRunsAndAnswers(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	s, err := r.dial(key).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Output(`events --query 'tlp:red date>-1d' --json`)
	if want := `ran ["events" "--query" "tlp:red date>-1d" "--json"]`; string(out) != want {
		t.Errorf("got %q, want %q", out, want)
	}
	if err == nil || !strings.Contains(err.Error(), "status 4") {
		t.Errorf("status: %v", err)
	}
	r.noted("command", func(e sshd.Entry) bool { return e.What == "command" && strings.Contains(e.Note, "tlp:red") })
}

func TestCommandEndsWithItsClient(t *testing.T) {
	key := newKey(t)
	ended := make(chan struct{})
	r := start(t, sshd.Config{Exec: func(ctx context.Context, _ *sshd.Session) int {
		<-ctx.Done()
		close(ended)
		return 1
	}}, key)
	c := r.dial(key)
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("export"); err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the command goes on")
	}
}

// TestOneTerminalGoneOthersOfTheConnectionStay closes one of two sessions of a
// connection.
func TestOneTerminalGoneOthersOfTheConnectionStay(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	c := r.dial(key)
	a, b := r.terminal(c), r.terminal(c)
	a.sees("hello")
	b.sees("hello")
	_ = a.sess.Close()
	r.noted("dropped link", func(e sshd.Entry) bool { return e.Outcome == "link dropped" })
	b.types("x")
	b.sees("<x>")
	if n := len(slices.DeleteFunc(r.entries(), func(e sshd.Entry) bool { return e.Outcome != "link dropped" })); n != 1 {
		t.Errorf("%d links dropped", n)
	}
}
