package sshd_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"threatbench/api"
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

func TestBookReadsKeysAndRoles(t *testing.T) {
	ana, bo, eve := newKey(t), newKey(t), newKey(t)
	dir := t.TempDir()
	keys, roles := filepath.Join(dir, "keys"), filepath.Join(dir, "roles.toml")
	replaceFile(t, keys, "# the team\n\n"+line(ana)+" ana@host\n"+line(bo)+"\n"+line(eve)+" eve\x1b[2J\n")
	b, err := sshd.OpenBook(keys, "")
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := b.Who(ana.PublicKey()); !ok || r.Name != "ana@host" || r.Kind != sshd.Triage || r.Limited() {
		t.Errorf("%+v %v", r, ok)
	}
	if r, ok := b.Who(bo.PublicKey()); !ok || len(r.Name) != 8 {
		t.Errorf("a key without a comment: %+v %v", r, ok)
	}
	if r, _ := b.Who(eve.PublicKey()); strings.Contains(r.Name, "\x1b") {
		t.Errorf("%q", r.Name)
	}
	replaceFile(t, roles, "[[role]]\nname = \"ana\"\nrole = \"read\"\nkeys = [\""+line(ana)+"\"]\ndatasets = [\"Phishing\"]\nmax_tlp = \"TLP:AMBER\"\nprofile = \"prod\"\n")
	if b, err = sshd.OpenBook(keys, roles); err != nil {
		t.Fatal(err)
	}
	r, ok := b.Who(ana.PublicKey())
	if !ok || r.Name != "ana" || r.Kind != sshd.Read || r.MaxTLP != api.TLPAmber || r.Profile != "prod" || !r.Limited() {
		t.Errorf("%+v %v", r, ok)
	}
	if _, ok := b.Who(bo.PublicKey()); ok {
		t.Error("a key without a role comes in")
	}
	if err := os.Remove(keys); err != nil {
		t.Fatal(err)
	}
	if changed, err := b.Refresh(); err == nil || !changed {
		t.Errorf("a file of keys that has gone: %v %v", changed, err)
	}
	if _, ok := b.Who(ana.PublicKey()); ok {
		t.Error("without a file of keys somebody comes in")
	}
}

func TestBookKeepsWhatHeldWhenTheNewContentIsWrong(t *testing.T) {
	ana := newKey(t)
	keys := filepath.Join(t.TempDir(), "keys")
	replaceFile(t, keys, line(ana))
	b, err := sshd.OpenBook(keys, "")
	if err != nil {
		t.Fatal(err)
	}
	replaceFile(t, keys, "half a line of a fi")
	if _, err := b.Refresh(); err == nil {
		t.Error("garbage is no error")
	}
	if _, ok := b.Who(ana.PublicKey()); !ok {
		t.Error("the old content is forgotten")
	}
}

func TestWrongFiles(t *testing.T) {
	ana := newKey(t)
	print := ssh.FingerprintSHA256(ana.PublicKey())
	for name, c := range map[string]struct{ keys, roles, want string }{
		"options":        {`command="sh" ` + line(ana), "", ":1: options before a key"},
		"no key":         {"\nssh-ed25519 nonsense", "", ":2: not a public key"},
		"unknown word":   {line(ana), "[[role]]\nname = \"a\"\nmax-tlp = \"red\"\n", `line 3: unknown key "role.max-tlp"`},
		"not TOML":       {line(ana), "[[role", "line 1"},
		"unknown role":   {line(ana), "[[role]]\nname=\"a\"\nrole=\"root\"\nkeys=[\"" + print + "\"]", `role is "root"`},
		"unknown TLP":    {line(ana), "[[role]]\nname=\"a\"\nrole=\"read\"\nmax_tlp=\"pink\"\nkeys=[\"" + print + "\"]", `max_tlp is "pink"`},
		"empty datasets": {line(ana), "[[role]]\nname=\"a\"\nrole=\"read\"\ndatasets=[]\nkeys=[\"" + print + "\"]", "datasets is empty"},
		"no name":        {line(ana), "[[role]]\nrole=\"read\"\nkeys=[\"" + print + "\"]", "name is missing"},
		"no keys":        {line(ana), "[[role]]\nname=\"a\"\nrole=\"read\"", "keys is missing"},
		"wrong print":    {line(ana), "[[role]]\nname=\"a\"\nrole=\"read\"\nkeys=[\"SHA256:x\"]", "want SHA256:…"},
		"twice": {line(ana), "[[role]]\nname=\"a\"\nrole=\"read\"\nkeys=[\"" + print + "\"]\n[[role]]\nname=\"b\"\nrole=\"admin\"\nkeys=[\"" + print + "\"]",
			"in the role of a already"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			keys, roles := filepath.Join(dir, "keys"), ""
			replaceFile(t, keys, c.keys)
			if c.roles != "" {
				roles = filepath.Join(dir, "roles")
				replaceFile(t, roles, c.roles)
			}
			if _, err := sshd.OpenBook(keys, roles); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, got %v", c.want, err)
			}
		})
	}
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
	names, err := filepath.Glob(path + "*")
	if err != nil || len(names) != 3 {
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
