package cli

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"golang.org/x/crypto/ssh"

	"threatbench/api"
	"threatbench/views"
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
	defer c.Close() // over
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
	for _, command := range []string{
		"export --title '' --max-tlp=green", `export --title "" --max-tlp green`, "export --query '' --max-tlp=green --title ''", `export --format jsonl --title ""'' --max-tlp='green'`,
	} {
		text, said, err := s.runs("ana", command)
		if n := strings.Count(text, "\n"); err != nil || n != want {
			t.Errorf("%s: %d events, want %d: %v %s", command, n, want, err, said)
		}
	}
	if text, said, err := s.runs("cy", "export"); err != nil || text != "" {
		t.Errorf("a role of a dataset that isn't there sees %q: %v %s", text, err, said)
	}
	if text, _, err := s.runs("ana", `events --query 'tlp:red date>-3650d' --json --limit 3`); err != nil || strings.Count(text, `"tlp":"red"`) != 3 {
		t.Errorf("%v %s", err, text)
	}
}

// A block list that knows less of what is harmless than it should says so over
// SSH as it does locally.
func TestUnreadKnownGoodIsSaidOverSSH(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(config, []byte("[known_good]\nfiles = [\"missing.csv\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveSSH(t, "--demo", "100", "--config", config)
	for command, want := range map[string]int{"export --format plain": exitPartial, "export --format plain --with-known-good": exitOK} {
		out, said, err := s.runs("ana", command)
		code := exitOK
		if ended := (*ssh.ExitError)(nil); errors.As(err, &ended) {
			code = ended.ExitStatus()
		} else if err != nil {
			t.Fatal(err)
		}
		if code != want || !strings.Contains(out, "203.0.113.") || strings.Contains(said, "missing.csv: there is no such file") != (want == exitPartial) {
			t.Errorf("%s: exit code %d, want %d: %s", command, code, want, said)
		}
	}
}

func TestNothingElseIsRunOverSSH(t *testing.T) {
	s := serveSSH(t, "--demo", "10")
	for _, command := range []string{
		"uname -a", "sh", "events; id", "events --db /etc/passwd", "events --config x", "export -o " + filepath.Join(s.dir, "stolen"), "export --output=/tmp/x",
		"import /etc/passwd", "serve api", "config show", "doctor", "completion bash", "__complete events", "scp -t .", "/usr/lib/sftp-server",
		"events > " + filepath.Join(s.dir, "stolen"), "events >" + filepath.Join(s.dir, "stolen"), "events | sh", "events $(id)", "events `id`", "events $HOME", "events *", "events & id", "events # x",
		"'' events", "events ''", "export --max-tlp ''", "export --max-tlp=", "events --limit ''", "export -o '" + filepath.Join(s.dir, "stolen") + "'", "events --profile ''", "events 'a", `events "a`, `events a\`,
		"events\nid", "'events --json'", `events\ --json`, "  ", "''",
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

// watched is a terminal over SSH: an emulator that what is drawn goes to, so
// that a test asks for what stands on the screen however it came there.
type watched struct {
	t     *testing.T
	sess  *ssh.Session
	in    io.WriteCloser
	mu    sync.Mutex
	emu   *vt.Emulator
	drawn chan struct{} // holds one: something was drawn since it was looked at
}

// sightTimeout is how long a test waits for what must come. It is never what
// a passing test waits for.
const sightTimeout = 2 * time.Minute

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.nudge()
	return w.emu.Write(p)
}

func (w *watched) nudge() {
	select {
	case w.drawn <- struct{}{}:
	default:
	}
}

func (s *sshServed) watch(c *ssh.Client) *watched {
	s.t.Helper()
	sess, err := c.NewSession()
	if err != nil {
		s.t.Fatal(err)
	}
	const width, height = 120, 40
	w := &watched{t: s.t, sess: sess, emu: vt.NewEmulator(width, height), drawn: make(chan struct{}, 1)}
	if err := sess.RequestPty("xterm-256color", height, width, nil); err != nil {
		s.t.Fatal(err)
	}
	if w.in, err = sess.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	sess.Stdout, sess.Stderr = w, w
	if err := sess.Shell(); err != nil {
		s.t.Fatal(err)
	}
	go func() { _, _ = io.Copy(w.in, w.emu) }() // what the terminal answers, until the test is over
	s.t.Cleanup(func() {
		if pipe, ok := w.emu.InputPipe().(io.Closer); ok {
			_ = pipe.Close()
		}
	})
	return w
}

// screen is what stands on the terminal now.
func (w *watched) screen() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.emu.String()
}

// sees waits until one of the texts stands on the screen, and tells which.
func (w *watched) sees(want ...string) string {
	w.t.Helper()
	limit := time.After(sightTimeout)
	for {
		shown := w.screen()
		for _, text := range want {
			if strings.Contains(shown, text) {
				return text
			}
		}
		select {
		case <-w.drawn:
		case <-limit:
			w.t.Fatalf("want %q on the screen:\n%s", want, w.screen())
		}
	}
}

// types types what a person who has seen the screen would. A key without a
// text goes before letters, so that those are never taken for text that was
// typed ahead into a field that has just closed.
func (w *watched) types(s string) {
	w.t.Helper()
	if s[0] >= 'A' && s[0] <= 'z' {
		s = "\x1b[24~" + s // F12, which does nothing
	}
	if _, err := io.WriteString(w.in, s); err != nil {
		w.t.Fatal(err)
	}
}

// leaves waits for the session's end.
func (w *watched) leaves() {
	w.t.Helper()
	done := make(chan error, 1)
	go func() { done <- w.sess.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			w.t.Error(err)
		}
	case <-time.After(sightTimeout):
		w.t.Fatalf("the session doesn't end:\n%s", w.screen())
	}
}

// audited waits until the audit log says something, and returns what it says.
func (s *sshServed) audited(want string) string {
	s.t.Helper()
	limit := time.After(sightTimeout)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		text, err := os.ReadFile(filepath.Join(s.dir, "audit"))
		if err == nil && strings.Contains(string(text), want) {
			return string(text)
		}
		select {
		case <-look.C:
		case <-limit:
			s.t.Fatalf("the audit log holds no %s: %v\n%s", want, err, text)
		}
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
	w.sees("of 400 match", "tlp:red")
	_ = c.Close() // the link drops
	s.audited(`"outcome":"link dropped"`)

	w = s.watch(s.dial("ana"))
	w.sees("Your workbench is still open")
	w.types("\r")
	w.sees("Back where you left")
	w.sees("tlp:red")
	w.types("\x03") // from a text field, too
	w.leaves()
	if text := s.audited(`"outcome":"resumed"`); strings.Contains(text, "tlp:red") {
		t.Errorf("what was typed is in the audit log: %s", text)
	}
}

// TestTeamOverSSH has two people at workbenches of one database: they see each
// other, and what the one does to an event the other looks at; what lies above
// a role's marking stays out of its sight.
func TestTeamOverSSH(t *testing.T) {
	s := serveSSH(t, "--demo", "400")
	text, said, err := s.runs("bo", "events --json --limit 1")
	first := eventsOf(t, text)
	if err != nil || len(first) != 1 {
		t.Fatalf("%v %s", err, said)
	}
	ana, bo := s.watch(s.dial("ana")), s.watch(s.dial("bo"))
	ana.sees("2 on")
	bo.sees("2 on")
	ana.types("/tlp:red\r")
	ana.sees("/ tlp:red")
	bo.types("W")
	bo.sees("ana  elsewhere")
	bo.types("\x1b")
	ana.types("W")
	title := views.EventTitle(&first[0])
	ana.sees("Events  " + title[:min(len(title), 12)])
	ana.types("\r") // to where bo is
	ana.sees("bo here too")
	bo.sees("ana here too")
	ana.types("atnoted\r")
	ana.sees("to undo")
	bo.sees("ana tagged this at ")
	bo.types("r")
	bo.sees("noted")
	for _, w := range []*watched{ana, bo} {
		w.types("q")
		w.leaves()
	}
	text = s.audited(`"what":"change","who":"ana","from":"127.0.0.1:`)
	if !strings.Contains(text, `"note":"tag"`) || strings.Contains(text, "noted") {
		t.Error(text)
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
	seats[0].sees("to undo")
	for _, w := range seats {
		w.types("\x03") // a letter this soon after a text field counts as typed into it
		w.leaves()
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
