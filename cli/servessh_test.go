package cli

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"threatbench/api"
)

// sshServed is a server in a process of its own, and three people.
type sshServed struct {
	*served
	t    *testing.T
	dir  string
	addr string
	keys map[string]ssh.Signer
}

func serveSSH(t *testing.T, args ...string) *sshServed {
	t.Helper()
	s := &sshServed{t: t, dir: t.TempDir(), keys: map[string]ssh.Signer{}}
	var keys, roles strings.Builder
	for name, more := range map[string]string{"ana": `role = "triage"`, "bo": "role = \"read\"\nmax_tlp = \"green\"", "cy": "role = \"admin\"\ndatasets = [\"No such\"]"} {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if s.keys[name], err = ssh.NewSignerFromKey(private); err != nil {
			t.Fatal(err)
		}
		line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.keys[name].PublicKey())))
		fmt.Fprintln(&keys, line)
		fmt.Fprintf(&roles, "[[role]]\nname = %q\nkeys = [%q]\n%s\n", name, line, more)
	}
	for name, text := range map[string]string{"keys": keys.String(), "roles": roles.String()} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(s.dir, name) }
	args = append([]string{"serve", "ssh", "--listen", "127.0.0.1:0", "--host-key", at("host"), "--authorized-keys", at("keys"), "--roles", at("roles"), "--audit", at("audit")}, args...)
	s.served = &served{cmd: command(s.dir, args...), said: &bytes.Buffer{}}
	s.cmd.Stderr = s.said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	s.addr = s.line(t, "address")
	if print := s.line(t, "host key"); !strings.HasPrefix(print, "SHA256:") || !strings.HasSuffix(print, "(new)") {
		t.Errorf("host key %q", print)
	}
	t.Cleanup(func() { s.end(t, syscall.SIGTERM) })
	return s
}

func (s *sshServed) dial(who string) *ssh.Client {
	s.t.Helper()
	c, err := ssh.Dial("tcp", s.addr, &ssh.ClientConfig{
		User: who, Auth: []ssh.AuthMethod{ssh.PublicKeys(s.keys[who])}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 20 * time.Second,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// runs runs a command over SSH.
func (s *sshServed) runs(who, command string) (out, said string, err error) {
	s.t.Helper()
	c := s.dial(who)
	defer c.Close() //nolint:errcheck // over
	sess, err := c.NewSession()
	if err != nil {
		s.t.Fatal(err)
	}
	var o, e bytes.Buffer
	sess.Stdout, sess.Stderr = &o, &e
	err = sess.Run(command)
	return o.String(), e.String(), err
}

func eventsOf(t *testing.T, text string) []api.Event {
	t.Helper()
	var out []api.Event
	for d := json.NewDecoder(strings.NewReader(text)); ; {
		var e api.Event
		err := d.Decode(&e)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
}

func TestCommandsOverSSHKeepTheRole(t *testing.T) {
	s := serveSSH(t, "--demo", "400")
	whole, said, err := s.runs("ana", "events --json --limit 0")
	all := eventsOf(t, whole)
	if err != nil || len(all) != 400 {
		t.Fatalf("%d events: %v %s", len(all), err, said)
	}
	want := 0
	for _, e := range all {
		if tlp, _ := api.ParseTLP(e.TLP); tlp <= api.TLPGreen {
			want++
		}
	}
	for _, command := range []string{"events --json --limit 0", "export", "export --no-raw -o -"} {
		text, said, err := s.runs("bo", command)
		if err != nil {
			t.Fatalf("%s: %v %s", command, err, said)
		}
		if n := strings.Count(text, "\n"); n != want || want == 0 || n == len(all) {
			t.Errorf("%s: %d events, want %d", command, n, want)
		}
		if strings.Contains(text, `"tlp":"amber`) || strings.Contains(text, `"tlp":"red"`) {
			t.Errorf("%s shows what is marked above green", command)
		}
	}
	if text, said, err := s.runs("cy", "export"); err != nil || text != "" {
		t.Errorf("a role of a dataset that isn't there sees %q: %v %s", text, err, said)
	}
	if text, _, err := s.runs("ana", `events --query 'tlp:red date>-3650d' --json --limit 3`); err != nil || strings.Count(text, `"tlp":"red"`) != 3 {
		t.Errorf("%v %s", err, text)
	}
}

func TestNothingElseIsRunOverSSH(t *testing.T) {
	s := serveSSH(t, "--demo", "10")
	for _, command := range []string{
		"uname -a", "sh", "events; id", "events --db /etc/passwd", "events --config x", "export -o " + filepath.Join(s.dir, "stolen"), "export --output=/tmp/x",
		"import /etc/passwd", "serve api", "config show", "doctor", "completion bash", "__complete events", "scp -t .", "/usr/lib/sftp-server",
	} {
		out, said, err := s.runs("ana", command)
		if err == nil || out != "" || said == "" {
			t.Errorf("%s: %v, %q, %q", command, err, out, said)
		}
	}
	if _, err := os.Stat(filepath.Join(s.dir, "stolen")); err == nil {
		t.Error("a file was written on the server")
	}
}

// watched is a terminal over SSH and what was drawn on it.
type watched struct {
	t    *testing.T
	sess *ssh.Session
	in   io.WriteCloser
	mu   sync.Mutex
	cond *sync.Cond
	seen bytes.Buffer
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cond.Broadcast()
	return w.seen.Write(p)
}

func (s *sshServed) watch(c *ssh.Client) *watched {
	s.t.Helper()
	sess, err := c.NewSession()
	if err != nil {
		s.t.Fatal(err)
	}
	w := &watched{t: s.t, sess: sess}
	w.cond = sync.NewCond(&w.mu)
	if err := sess.RequestPty("xterm-256color", 40, 120, nil); err != nil {
		s.t.Fatal(err)
	}
	if w.in, err = sess.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	sess.Stdout, sess.Stderr = w, w
	if err := sess.Shell(); err != nil {
		s.t.Fatal(err)
	}
	return w
}

// sees waits until a text was drawn, and forgets what was drawn up to then.
func (w *watched) sees(want string) {
	w.t.Helper()
	late := time.AfterFunc(20*time.Second, func() { _ = w.sess.Close(); w.cond.Broadcast() })
	defer late.Stop()
	deadline := time.Now().Add(20 * time.Second)
	w.mu.Lock()
	defer w.mu.Unlock()
	for !strings.Contains(w.seen.String(), want) {
		if time.Now().After(deadline) {
			w.t.Fatalf("want %q, got %q", want, w.seen.String())
		}
		w.cond.Wait()
	}
	w.seen.Reset()
}

// opens types keys that open something until a text is drawn in it, since what
// is drawn into an open one is only what differs there.
func (w *watched) opens(keys, want string) {
	w.t.Helper()
	for range 20 {
		w.types(keys)
		if w.shows(want, time.Second) {
			return
		}
		w.types("\x1b")
		w.shows("\x00", 100*time.Millisecond) // an escape alone takes a moment
	}
	w.t.Fatalf("want %q, got %q", want, w.seen.String())
}

// shows tells whether a text is drawn in time.
func (w *watched) shows(want string, in time.Duration) bool {
	deadline := time.Now().Add(in)
	late := time.AfterFunc(in, func() {
		w.mu.Lock() // whoever holds it waits by then, or looks at the clock again
		defer w.mu.Unlock()
		w.cond.Broadcast()
	})
	defer late.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for !strings.Contains(w.seen.String(), want) {
		if !time.Now().Before(deadline) {
			return false
		}
		w.cond.Wait()
	}
	w.seen.Reset()
	return true
}

func (w *watched) types(s string) {
	w.t.Helper()
	if _, err := io.WriteString(w.in, s); err != nil {
		w.t.Fatal(err)
	}
}

func TestWorkbenchOverSSH(t *testing.T) {
	s := serveSSH(t, "--demo", "400")
	c := s.dial("ana")
	w := s.watch(c)
	w.sees("ATTACKER")
	w.types("/")
	w.sees("complete")
	w.types("tlp:red\r")
	w.sees("red")
	_ = c.Close() // the link drops

	again := s.dial("ana")
	defer again.Close() //nolint:errcheck // over
	for {
		w = s.watch(again)
		w.types("\r")
		w.mu.Lock()
		for w.seen.Len() == 0 {
			w.cond.Wait()
		}
		new := strings.Contains(w.seen.String(), "\x1b[?1049h")
		w.mu.Unlock()
		if !new {
			break
		}
		w.types("\x03") // the server hadn't noticed yet
		if err := w.sess.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	w.sees("back where you left")
	w.types("\x03") // from a text field, too
	if err := w.sess.Wait(); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "audit"))
	if err != nil || !strings.Contains(string(text), `"outcome":"resumed"`) || strings.Contains(string(text), "tlp:red") {
		t.Errorf("%v %s", err, text)
	}
}

// TestTeamOverSSH has two people at workbenches of one database: they see each
// other, and what the one does to an event the other looks at; what lies above
// a role's marking stays out of its sight.
func TestTeamOverSSH(t *testing.T) {
	s := serveSSH(t, "--demo", "400")
	ana, bo := s.watch(s.dial("ana")), s.watch(s.dial("bo"))
	ana.sees("2 on")
	bo.sees("2 on")
	ana.types("/tlp:red\r")
	bo.opens("W", "elsewhere")
	ana.types("\x1b") // back to all events, of which the first is bo's, too
	bo.sees("here too")
	bo.types("\x1b")
	ana.types("atnoted\r")
	ana.sees("takes it back")
	bo.sees("ana tagged this at ")
	bo.types("r")
	bo.sees("noted")
	for _, w := range []*watched{ana, bo} {
		w.types("q")
		if err := w.sess.Wait(); err != nil {
			t.Error(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "audit"))
	if err != nil || !strings.Contains(string(text), `"what":"change","who":"ana","from":"127.0.0.1:`) || !strings.Contains(string(text), `"note":"tag"`) || strings.Contains(string(text), "noted") {
		t.Errorf("%v %s", err, text)
	}
}

// TestRemoteProfileOverSSH serves an account on another server, which knows
// nothing of roles: what a role may see and do is kept on this side, what it
// changes is audited here, and catalogues are fetched once.
func TestRemoteProfileOverSSH(t *testing.T) {
	dir := t.TempDir()
	there := serve(t, dir, "--demo", "300")
	config := fmt.Sprintf("[profiles.there]\nbase_url = %q\naccount = %q\ntoken = %q\n", there.url, LocalAccount, there.token)
	if err := os.WriteFile(filepath.Join(dir, "c.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveSSH(t, "--config", filepath.Join(dir, "c.toml"), "--profile", "there")
	whole, said, err := s.runs("ana", "events --json --limit 0")
	all := eventsOf(t, whole)
	if err != nil || len(all) != 300 {
		t.Fatalf("%d events: %v %s", len(all), err, said)
	}
	want := 0
	for _, e := range all {
		if tlp, _ := api.ParseTLP(e.TLP); tlp <= api.TLPGreen {
			want++
		}
	}
	for _, command := range []string{"events --json --limit 0", "export", "export --no-raw --format csv", "export --format stix"} {
		text, said, err := s.runs("bo", command)
		if err != nil || strings.Contains(text, `"tlp":"amber`) || strings.Contains(text, `"tlp":"red"`) || strings.Contains(text, ",red,") {
			t.Errorf("%s: %v %s", command, err, said)
		}
		if n := strings.Count(text, "\n"); strings.HasSuffix(command, "limit 0") && n != want || want == 0 {
			t.Errorf("%s: %d events, want %d", command, n, want)
		}
	}
	if text, said, err := s.runs("cy", "events --json"); err != nil || text != "" {
		t.Errorf("a role of a dataset that isn't there sees %q: %v %s", text, err, said)
	}

	var seats []*watched
	for _, who := range []string{"ana", "ana", "bo"} {
		w := s.watch(s.dial(who))
		w.sees("ATTACKER")
		w.types("/") // which wants the catalogues
		w.sees("complete")
		w.types("\r")
		seats = append(seats, w)
	}
	seats[2].types("t") // bo only reads
	seats[2].sees("read-only")
	seats[0].types("atnoted\r")
	seats[0].sees("takes it back")
	for _, w := range seats {
		w.types("q")
		if err := w.sess.Wait(); err != nil {
			t.Error(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "audit"))
	if err != nil || !strings.Contains(string(text), `"what":"change","who":"ana","from":"127.0.0.1:`) || strings.Contains(string(text), "noted") {
		t.Errorf("%v %s", err, text)
	}
	there.end(t, syscall.SIGTERM)
	if n := strings.Count(there.said.String(), "/events/attackers"); n != 1 {
		t.Errorf("the attackers were fetched %d times by three sessions", n)
	}
}
