package sshd_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"threatbench/cli/sshd"
)

// TestStrangersCannotFillTheLog fails to log in hundreds of times, under long
// names; what a member did stays, and what the strangers did is summed.
func TestStrangersCannotFillTheLog(t *testing.T) {
	key := newKey(t)
	clock := newClock(time.Now())
	r := start(t, sshd.Config{Now: clock.now}, key)
	c := r.dial(key)
	x := r.terminal(c)
	x.sees("hello")
	r.noted("the member", func(e sshd.Entry) bool { return e.Outcome == "begun" })
	before := size(t, r.audit)
	const tries = 150
	stranger := newKey(t)
	for range tries {
		if c, err := ssh.Dial("tcp", r.addr, clientConfig(strings.Repeat("x", 10_000), ssh.PublicKeys(stranger))); err == nil {
			_ = c.Close()
			t.Fatal("a stranger comes in")
		}
	}
	if now := size(t, r.audit); now != before {
		t.Errorf("the members' log grew from %d to %d bytes", before, now)
	}
	if now := size(t, r.audit+".strangers"); now > 20*600 {
		t.Errorf("%d bytes of strangers", now)
	}
	clock.set(clock.now().Add(11 * time.Minute))
	r.noted("sum", func(e sshd.Entry) bool {
		return e.Outcome == "refused" && e.From == "127.0.0.0/24" && e.Count > tries/2 && strings.Contains(e.Note, "summed")
	})
	told := 0
	for _, e := range r.entries() {
		if e.Outcome == "refused" {
			told += max(e.Count, 1)
		}
	}
	if told != tries {
		t.Errorf("%d of %d are told of", told, tries)
	}
	r.end()
	lines := strings.Count(r.log.String(), "\n")
	if lines > 60 {
		t.Errorf("%d lines of log", lines)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestMemberCannotFillTheLog asks a thousand times for what isn't there.
func TestMemberCannotFillTheLog(t *testing.T) {
	key := newKey(t)
	r := start(t, sshd.Config{}, key)
	c := r.dial(key)
	for range 1000 {
		if ok, _, err := c.SendRequest("tcpip-forward", true, ssh.Marshal(struct {
			Addr string
			Port uint32
		}{"0.0.0.0", 80})); ok || err != nil {
			t.Fatalf("%v %v", ok, err)
		}
	}
	n := 0
	for _, e := range r.entries() {
		if e.What == "request" {
			n++
		}
	}
	if n != 50 {
		t.Errorf("%d entries", n)
	}
}
