package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// served is a server in a process of its own.
type served struct {
	cmd   *exec.Cmd
	out   *bufio.Reader
	said  *bytes.Buffer
	url   string
	token string
}

func serve(t *testing.T, dir string, args ...string) *served {
	t.Helper()
	s := &served{cmd: command(dir, append([]string{"serve", "api", "--listen", "127.0.0.1:0"}, args...)...), said: &bytes.Buffer{}}
	s.cmd.Stderr = s.said
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	s.url, s.token = s.line(t, "base URL"), ""
	if account := s.line(t, "account"); account == LocalAccount {
		s.token = s.line(t, "token")
	}
	return s
}

func (s *served) line(t *testing.T, label string) string {
	t.Helper()
	line, err := s.out.ReadString('\n')
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), label)
	if err != nil || !ok {
		t.Fatalf("want %s, got %q: %v %s", label, line, err, s.said)
	}
	return strings.TrimSpace(rest)
}

// end tells the server to end and waits for it.
func (s *served) end(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, s.out); err != nil {
		t.Error(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("ended by %v: %v %s", sig, err, s.said)
	}
}

// command is the program with directories of its own.
func command(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("threatbench", args...)
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_STATE_HOME="+dir, "TMPDIR="+dir)
	cmd.Dir = dir
	return cmd
}

func TestServe(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, dir, "--demo", "300")
	config := fmt.Sprintf("[profiles.there]\nbase_url = %q\naccount = %q\ntoken = %q\n[profiles.wrong]\nbase_url = %q\naccount = %q\ntoken = \"wrong-token-of-good-length\"\n",
		s.url, LocalAccount, s.token, s.url, LocalAccount)
	if err := os.WriteFile(filepath.Join(dir, "c.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	listed, err := command(dir, "events", "--config", "c.toml", "--profile", "there", "--limit", "0", "--json").Output()
	if err != nil || bytes.Count(listed, []byte("\n")) != 300 {
		t.Errorf("%d lines, %v", bytes.Count(listed, []byte("\n")), err)
	}
	said, err := command(dir, "events", "--config", "c.toml", "--profile", "wrong").CombinedOutput()
	if err == nil || bytes.Count(said, []byte("\n")) != 1 || bytes.Contains(said, []byte("wrong-token")) || !bytes.Contains(said, []byte("token")) {
		t.Errorf("a wrong token: %v %s", err, said)
	}
	exported, err := command(dir, "export", "--config", "c.toml", "--profile", "there").Output()
	if err != nil || bytes.Count(exported, []byte("\n")) != 300 {
		t.Errorf("%d lines, %v", bytes.Count(exported, []byte("\n")), err)
	}
	address := strings.Split(strings.TrimPrefix(s.url, "http://"), "/")[0]
	said, err = command(dir, "serve", "api", "--listen", address, "--demo", "1").CombinedOutput()
	if err == nil || bytes.Count(said, []byte("\n")) != 1 || !bytes.Contains(said, []byte("choose another address with --listen")) {
		t.Errorf("a port in use: %v %s", err, said)
	}
	s.end(t, syscall.SIGTERM)
	if strings.Contains(s.said.String(), s.token) || !strings.Contains(s.said.String(), "status=200") {
		t.Errorf("log: %s", s.said)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "threatbench-demo-*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestServeNamesTheAccountsThatNoTokenOpens(t *testing.T) {
	for account, warned := range map[string]bool{"local": false, "another": true} {
		dir := t.TempDir()
		tokens := "[[token]]\ntoken = \"token-of-the-test-account\"\naccount = \"" + account + "\"\npermission = \"read\"\n"
		if err := os.WriteFile(filepath.Join(dir, "tokens.toml"), []byte(tokens), 0o600); err != nil {
			t.Fatal(err)
		}
		s := serve(t, dir, "--db", "served.db", "--demo", "5", "--token-file", "tokens.toml", "--quiet")
		s.end(t, syscall.SIGTERM)
		if got := strings.Contains(s.said.String(), "every token of tokens.toml opens an empty account; the database holds events of: local"); got != warned {
			t.Errorf("account %s: %s", account, s.said)
		}
	}
}

func TestServeAFileInBareStyle(t *testing.T) {
	dir := t.TempDir()
	tokens := "[[token]]\ntoken = \"token-of-the-test-account\"\naccount = \"local\"\npermission = \"read\"\n"
	if err := os.WriteFile(filepath.Join(dir, "tokens.toml"), []byte(tokens), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir, "--db", "served.db", "--demo", "50", "--response-style", "bare", "--token-file", "tokens.toml", "--quiet")
	cmd := command(dir, "events", "--profile", "cloudflare", "--json")
	cmd.Env = append(cmd.Env, "CLOUDFLARE_BASE_URL="+s.url, "CLOUDFLARE_ACCOUNT_ID=local", "CLOUDFLARE_API_TOKEN=token-of-the-test-account")
	listed, err := cmd.Output()
	if err != nil || bytes.Count(listed, []byte("\n")) != 50 {
		t.Errorf("%d lines, %v", bytes.Count(listed, []byte("\n")), err)
	}
	s.end(t, os.Interrupt)
	if s.said.Len() > 0 {
		t.Errorf("--quiet says: %s", s.said)
	}
	kept, err := command(dir, "events", "--db", "served.db").Output()
	if err != nil || bytes.Count(kept, []byte("\n")) != 50 {
		t.Errorf("%d lines kept, %v", bytes.Count(kept, []byte("\n")), err)
	}
}
