package revoke_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"threatbench/cli/sshd/revoke"
)

// read reads a file of testdata, all of which ssh-keygen made.
func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func key(t *testing.T, name string) ssh.PublicKey {
	t.Helper()
	k, _, _, _, err := ssh.ParseAuthorizedKey(read(t, name+".pub"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func parse(t *testing.T, b []byte) *revoke.List {
	t.Helper()
	l, err := revoke.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// judges says of each key whether a list should revoke it.
func judges(t *testing.T, l *revoke.List, want map[string]bool) {
	t.Helper()
	for name, revoked := range want {
		if l.Revokes(key(t, name)) != revoked {
			t.Errorf("%s: revoked %v", name, !revoked)
		}
	}
}

func TestListOfOpenSSH(t *testing.T) {
	judges(t, parse(t, read(t, "krl-ca")), map[string]bool{
		"c5-cert": true, "c150-cert": true, "c999-cert": true, "c1000-cert": true, "c1002-cert": true,
		"c6-cert": false, "c17-cert": false, "c7-cert": false, "ana": false, "ca": false,
	})
	judges(t, parse(t, read(t, "krl-keys")), map[string]bool{
		"eve": true, "bo": true, "rsa": true, "other": true, "c7-cert": true, // its authority is revoked
		"ana": false, "ca": false, "c5-cert": false,
	})
}

func TestPlainList(t *testing.T) {
	text := "# gone\n\n" + string(read(t, "eve.pub")) + ssh.FingerprintSHA256(key(t, "bo")) + " bo, who left\r\n"
	judges(t, parse(t, []byte(text)), map[string]bool{"eve": true, "bo": true, "ana": false, "c5-cert": false})
	judges(t, parse(t, read(t, "c5-cert.pub")), map[string]bool{"ana": true, "c5-cert": true, "c999-cert": true, "bo": false})
	judges(t, parse(t, read(t, "ca.pub")), map[string]bool{"ca": true, "c5-cert": true, "c7-cert": false})
	judges(t, parse(t, []byte("# nobody\n")), map[string]bool{"ana": false, "c5-cert": false})
}

// TestNothingHalfRead cuts, lengthens and bends lists: each is an error, and
// never a list of fewer.
func TestNothingHalfRead(t *testing.T) {
	for _, name := range []string{"krl-ca", "krl-keys"} {
		whole := read(t, name)
		sections := map[int]bool{} // where a list may end by chance: behind a section, as OpenSSH takes it
		for n := range len(whole) {
			if l, err := revoke.Parse(whole[:n]); err == nil {
				sections[n] = true
			} else if l != nil {
				t.Errorf("%s cut at %d is a list and an error", name, n)
			}
		}
		if len(sections) > 4 {
			t.Errorf("%s is taken when cut at %v", name, sections)
		}
		if _, err := revoke.Parse(append(whole[:len(whole):len(whole)], 0)); err == nil {
			t.Errorf("%s with more behind it is taken", name)
		}
		for i := range whole { // never a panic, never endless
			bent := append([]byte{}, whole...)
			bent[i] ^= 0xff
			_, _ = revoke.Parse(bent)
		}
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":     {"", "is empty"},
		"garbage":   {"# x\nhalf a li", "line 2"},
		"a serial":  {"serial: 5", "ssh-keygen -k"},
		"cut print": {"SHA256:AAAA", "line 1"},
		"options":   {`from="10.0.0.1" ` + string(read(t, "eve.pub")), "line 1"},
		"newer":     {"SSHKRL\n\x00\x00\x00\x00\x02", "version 2"},
		"signed":    {"SSHKRL\n\x00\x00\x00\x00\x01" + strings.Repeat("\x00", 24+8) + "\x04\x00\x00\x00\x00", "signed"},
		"extension": {"SSHKRL\n\x00\x00\x00\x00\x01" + strings.Repeat("\x00", 24+8) + "\xff\x00\x00\x00\x0a\x00\x00\x00\x01x\x01\x00\x00\x00\x00", `needs the extension "x"`},
	} {
		if l, err := revoke.Parse([]byte(c.text)); err == nil || l != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got %v", name, c.want, err)
		}
	}
}
