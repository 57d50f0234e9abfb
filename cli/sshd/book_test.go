package sshd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"threatbench/api"
	"threatbench/cli/sshd"
)

// knows is who comes with a key now.
func knows(b *sshd.Book, key ssh.Signer) (sshd.Role, error) {
	return b.Vouch(key.PublicKey(), "someone", time.Now())
}

func TestBookReadsKeysAndRoles(t *testing.T) {
	ana, bo, eve := newKey(t), newKey(t), newKey(t)
	dir := t.TempDir()
	keys, roles := filepath.Join(dir, "keys"), filepath.Join(dir, "roles.toml")
	replaceFile(t, keys, "# the team\n\n"+line(ana)+" ana@host\n"+line(bo)+"\n"+line(eve)+" eve\x1b[2J\n")
	b, err := sshd.OpenBook(sshd.Files{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := knows(b, ana); err != nil || r.Name != "ana@host" || r.Kind != sshd.Triage || r.Limited() {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := knows(b, bo); err != nil || len(r.Name) != 8 {
		t.Errorf("a key without a comment: %+v %v", r, err)
	}
	if r, _ := knows(b, eve); strings.Contains(r.Name, "\x1b") {
		t.Errorf("%q", r.Name)
	}
	replaceFile(t, roles, "[[role]]\nname = \"ana\"\nrole = \"read\"\nkeys = [\""+line(ana)+"\"]\ndatasets = [\"Phishing\"]\nmax_tlp = \"TLP:AMBER\"\nprofile = \"prod\"\n")
	if b, err = sshd.OpenBook(sshd.Files{Keys: keys, Roles: roles}); err != nil {
		t.Fatal(err)
	}
	r, err := knows(b, ana)
	if err != nil || r.Name != "ana" || r.Kind != sshd.Read || r.MaxTLP != api.TLPAmber || r.Profile != "prod" || !r.Limited() {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := knows(b, bo); err == nil {
		t.Error("a key without a role comes in")
	}
}

func TestWrongFiles(t *testing.T) {
	ana := newKey(t)
	print := ssh.FingerprintSHA256(ana.PublicKey())
	for name, c := range map[string]struct{ keys, roles, want string }{
		"options":        {`command="sh" ` + line(ana), "", ":1: options before a key"},
		"no key":         {"\nssh-ed25519 nonsense", "", ":2: not a public key"},
		"unknown word":   {line(ana), "[[role]]\nname = \"a\"\nmax-tlp = \"red\"\n", `number 1 (a): unknown key "max-tlp"`},
		"not TOML":       {line(ana), "[[role", "line 1"},
		"unknown role":   {line(ana), "[[role]]\nname=\"a\"\nrole=\"root\"\nkeys=[\"" + print + "\"]", `role is "root"`},
		"unknown TLP":    {line(ana), "[[role]]\nname=\"a\"\nrole=\"read\"\nmax_tlp=\"pink\"\nkeys=[\"" + print + "\"]", `max_tlp is "pink"`},
		"empty datasets": {line(ana), "[[role]]\nname=\"a\"\nrole=\"read\"\ndatasets=[]\nkeys=[\"" + print + "\"]", "datasets is empty"},
		"no name":        {line(ana), "[[role]]\nrole=\"read\"\nkeys=[\"" + print + "\"]", "name is missing"},
		"no keys":        {line(ana), "[[role]]\nname=\"a\"\nrole=\"read\"", "keys and principals are missing"},
		"wrong print":    {line(ana), "[[role]]\nname=\"a\"\nrole=\"read\"\nkeys=[\"SHA256:x\"]", "want SHA256:…"},
		"twice": {line(ana), "[[role]]\nname=\"a\"\nrole=\"read\"\nkeys=[\"" + print + "\"]\n[[role]]\nname=\"b\"\nrole=\"admin\"\nkeys=[\"" + print + "\"]",
			"stands in the roles of a and b"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			keys, roles := filepath.Join(dir, "keys"), ""
			replaceFile(t, keys, c.keys)
			if c.roles != "" {
				roles = filepath.Join(dir, "roles")
				replaceFile(t, roles, c.roles)
			}
			b, _ := sshd.OpenBook(sshd.Files{Keys: keys, Roles: roles})
			if said := strings.Join(b.Troubles(), "\n"); !strings.Contains(said, c.want) {
				t.Errorf("want %q, got %q", c.want, said)
			}
			if r, err := knows(b, ana); err == nil {
				t.Errorf("comes in as %+v", r)
			}
		})
	}
}

func roleOf(name, kind string, key ssh.Signer) string {
	return fmt.Sprintf("[[role]]\nname = %q\nrole = %q\nkeys = [%q]\n", name, kind, ssh.FingerprintSHA256(key.PublicKey()))
}

// TestNothingUnreadableVouches breaks each file in each way: nobody whom it
// would have to vouch for comes in, whoever it can vouch for does, and it is
// said what is wrong.
func TestNothingUnreadableVouches(t *testing.T) {
	ana, bo, eve := newKey(t), newKey(t), newKey(t)
	goodKeys := line(ana) + " ana\n" + line(bo) + " bo\n" + line(eve) + " eve\n"
	goodRoles := roleOf("ana", "admin", ana) + roleOf("bo", "read", bo) + roleOf("eve", "read", eve)
	write := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) { replaceFile(t, path, text) }
	}
	remove := func(t *testing.T, path string) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	folder := func(t *testing.T, path string) {
		remove(t, path)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	dangling := func(t *testing.T, path string) {
		remove(t, path)
		if err := os.Symlink(path+".gone", path); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		file  string
		spoil func(*testing.T, string)
		in    string // who still comes in
		said  string
	}{
		"keys gone":                       {"keys", remove, "", "no such file"},
		"keys a folder":                   {"keys", folder, "", "is no file"},
		"keys a link to nothing":          {"keys", dangling, "", "no such file"},
		"keys empty":                      {"keys", write(""), "", ""},
		"keys too large":                  {"keys", write(strings.Repeat("# x\n", 1<<19)), "", "larger than a megabyte"},
		"removed beside a bad line":       {"keys", write(line(ana) + " ana\nssh-ed25519 AAAAnonsense bo\n"), "ana", "keys:2: not a public key"},
		"removed beside options":          {"keys", write(line(ana) + " ana\nno-pty " + line(bo) + "\n"), "ana", "keys:2: options before a key"},
		"removed beside a bad authority":  {"keys", write(line(ana) + "\ncert-authority,restrict " + line(bo) + "\n"), "ana", `the option "restrict"`},
		"an authority of nobody":          {"keys", write(line(ana) + "\ncert-authority,principals=\",\" " + line(bo) + "\n"), "ana", "principals names nobody"},
		"roles gone":                      {"roles", remove, "", "no such file"},
		"roles a folder":                  {"roles", folder, "", "is no file"},
		"roles half written":              {"roles", write(goodRoles[:len(goodRoles)-20]), "", "line"},
		"roles of another program":        {"roles", write("[server]\nport = 22\n"), "", "unknown key"},
		"one role wrong":                  {"roles", write(roleOf("ana", "admin", ana) + roleOf("bo", "root", bo)), "ana", "number 2 (bo)"},
		"a role with a limit overlooked":  {"roles", write(roleOf("ana", "admin", ana) + roleOf("bo", "read", bo) + "max-tlp = \"green\"\n"), "ana", `unknown key "max-tlp"`},
		"a limit of another type":         {"roles", write(roleOf("ana", "admin", ana) + roleOf("bo", "read", bo) + "datasets = 5\n"), "ana", "number 2 (bo)"},
		"two roles for a key":             {"roles", write(roleOf("ana", "admin", ana) + roleOf("bo", "read", bo) + roleOf("eve", "admin", bo)), "ana", "roles of bo and eve"},
		"revoked list gone":               {"revoked", remove, "", "no such file"},
		"revoked list empty":              {"revoked", write(""), "", "is empty"},
		"revoked list with a bad line":    {"revoked", write(line(eve) + "\nhalf a li"), "", "line 2"},
		"revoked list of OpenSSH cut off": {"revoked", write("SSHKRL\n\x00\x00\x00\x00\x01\x00\x00"), "", "cut off"},
		"revoked":                         {"revoked", write(line(bo) + "\n" + ssh.FingerprintSHA256(eve.PublicKey()) + "\n"), "ana", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			at := func(name string) string { return filepath.Join(dir, name) }
			replaceFile(t, at("keys"), goodKeys)
			replaceFile(t, at("roles"), goodRoles)
			replaceFile(t, at("revoked"), "# nobody\n")
			b, err := sshd.OpenBook(sshd.Files{Keys: at("keys"), Roles: at("roles"), Revoked: at("revoked")})
			if err != nil {
				t.Fatal(err)
			}
			for _, who := range []ssh.Signer{ana, bo, eve} {
				if _, err := knows(b, who); err != nil {
					t.Fatal(err)
				}
			}
			c.spoil(t, at(c.file))
			if !b.Refresh() {
				t.Error("no change is seen")
			}
			_, err = knows(b, ana)
			if (err == nil) != (c.in == "ana") {
				t.Errorf("ana: %v", err)
			}
			if _, err := knows(b, bo); err == nil {
				t.Error("bo comes in")
			}
			if said := strings.Join(b.Troubles(), "\n"); !strings.Contains(said, c.said) || (said == "") != (c.said == "") {
				t.Errorf("want %q, got %q", c.said, said)
			}
		})
	}
}

// TestReplacedBySameSizeAndTime revokes a key by a file of the same size whose
// time is set back.
func TestReplacedBySameSizeAndTime(t *testing.T) {
	ana, bo := newKey(t), newKey(t)
	keys := filepath.Join(t.TempDir(), "keys")
	replaceFile(t, keys, line(ana)+"\n")
	was, err := os.Stat(keys)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sshd.OpenBook(sshd.Files{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(string, string) error{
		"a new file": func(path, text string) error { replaceFile(t, path, text); return nil },
		"in place":   func(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) },
	} {
		for _, in := range []ssh.Signer{bo, ana} {
			if err := write(keys, line(in)+"\n"); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(keys, was.ModTime(), was.ModTime()); err != nil {
				t.Fatal(err)
			}
			b.Refresh()
			for _, who := range []ssh.Signer{ana, bo} {
				if _, err := knows(b, who); (err == nil) != (who == in) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}

// TestListCutOff puts every beginning of a list that ssh-keygen made in its
// place: also where it ends between two sections, nobody comes in until a whole
// one is there.
func TestListCutOff(t *testing.T) {
	ana := newKey(t)
	dir := t.TempDir()
	keys, revoked := filepath.Join(dir, "keys"), filepath.Join(dir, "revoked")
	replaceFile(t, keys, line(ana)+"\n")
	whole, err := os.ReadFile(filepath.Join("revoke", "testdata", "krl-keys"))
	if err != nil {
		t.Fatal(err)
	}
	replaceFile(t, revoked, string(whole))
	b, err := sshd.OpenBook(sshd.Files{Keys: keys, Revoked: revoked})
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		replaceFile(t, revoked, string(whole[:n]))
		b.Refresh()
		if _, err := knows(b, ana); err == nil {
			t.Fatalf("cut after %d of %d bytes, somebody comes in", n, len(whole))
		}
		if len(b.Troubles()) == 0 {
			t.Fatalf("cut after %d bytes, nothing is said", n)
		}
	}
	replaceFile(t, revoked, string(whole))
	b.Refresh()
	if _, err := knows(b, ana); err != nil || len(b.Troubles()) > 0 {
		t.Errorf("%v %q", err, b.Troubles())
	}
	const head = len("SSHKRL\n\x00") + 4 + 24 + 4 + 4 // and the length of a comment, which this one hasn't
	replaceFile(t, revoked, string(whole[:head]))
	if b, err = sshd.OpenBook(sshd.Files{Keys: keys, Revoked: revoked}); err != nil || len(b.Troubles()) != 1 {
		t.Errorf("a head alone, at the start: %v %q", err, b.Troubles())
	}
}
