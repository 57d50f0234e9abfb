package sshd_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"threatbench/cli/sshd"
)

func TestHostKeyIsMadeOnceAndKeptPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "host_key")
	first, made, err := sshd.HostKey(path)
	if err != nil || !made {
		t.Fatalf("made %v: %v", made, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: %v", info.Mode(), err)
	}
	again, made, err := sshd.HostKey(path)
	if err != nil || made || !bytes.Equal(first.PublicKey().Marshal(), again.PublicKey().Marshal()) {
		t.Errorf("another key, made %v: %v", made, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, _, err := sshd.HostKey(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others can read is used: %v", err)
	}
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := sshd.HostKey(bad); err == nil {
		t.Error("garbage is taken for a key")
	}
}

func line(k ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k.PublicKey())))
}

func TestAuditIsAppendedAndTurnedOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "logs", "audit.jsonl")
	a, err := sshd.OpenAuditOf(path, 300, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if err := a.Write(sshd.Entry{What: "change", Who: "ana", Outcome: "done", Count: i}); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Write(sshd.Entry{}); err == nil {
		t.Error("a closed log takes entries")
	}
	names, err := filepath.Glob(path + "*") // with that of strangers
	if err != nil || len(names) != 4 {
		t.Errorf("%v %v", names, err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 || info.Size() > 300 {
			t.Errorf("%s: %v %d: %v", name, info.Mode(), info.Size(), err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasSuffix(string(text), "\"count\":19}\n") {
		t.Errorf("the newest entry isn't the last: %s %v", text, err)
	}
	b, err := sshd.OpenAudit(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Write(sshd.Entry{What: "later"}); err != nil {
		t.Fatal(err)
	}
	more, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(more), string(text)) {
		t.Errorf("opening it again loses what was there: %v", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}
