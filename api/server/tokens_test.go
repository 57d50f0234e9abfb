package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeTokens(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens.toml")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

const twoTokens = `
[[token]]
token = "reader-0123456789abcdef"
account = "alpha"
permission = "read"

[[token]]
token = "writer-0123456789abcdef"
account = "beta"
permission = "write"
name = "ci"
email = "ci@example.org"
`

func TestLoadTokens(t *testing.T) {
	src, err := LoadTokens(writeTokens(t, twoTokens, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		cred  Credential
		want  Grant
		known bool
	}{
		"reader":            {Credential{Token: "reader-0123456789abcdef"}, Grant{Account: "alpha", Permission: PermRead, Name: "token 1"}, true},
		"writer":            {Credential{Token: "writer-0123456789abcdef"}, Grant{Account: "beta", Permission: PermWrite, Name: "ci", Email: "ci@example.org"}, true},
		"key with e-mail":   {Credential{Token: "writer-0123456789abcdef", Email: "CI@example.org"}, Grant{Account: "beta", Permission: PermWrite, Name: "ci", Email: "ci@example.org"}, true},
		"key, wrong e-mail": {Credential{Token: "writer-0123456789abcdef", Email: "x@example.org"}, Grant{}, false},
		"unknown":           {Credential{Token: "reader-0123456789abcdeX"}, Grant{}, false},
		"a prefix":          {Credential{Token: "reader-0123456789"}, Grant{}, false},
		"empty":             {Credential{}, Grant{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			g, known := src.Lookup(tc.cred)
			if g != tc.want || known != tc.known {
				t.Errorf("got %+v, %v", g, known)
			}
		})
	}
}

func TestLoadTokensRefuses(t *testing.T) {
	const secret = "s3cret-s3cret-s3cret"
	entry := func(rest string) string { return "[[token]]\ntoken = \"" + secret + "\"\n" + rest }
	good := entry("account = \"a\"\npermission = \"read\"\n")
	for name, tc := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"readable by others": {good, 0o644, "chmod 600"},
		"empty":              {"", 0o600, "no [[token]]"},
		"no account":         {entry("permission = \"read\""), 0o600, "account"},
		"unknown permission": {entry("account = \"a\"\npermission = \"root\""), 0o600, `"root"`},
		"unknown key":        {good + "perms = 1\n", 0o600, `unknown key "token.perms"`},
		"short token":        {"[[token]]\ntoken = \"short\"\naccount = \"a\"\npermission = \"read\"", 0o600, "at least 16"},
		"twice":              {good + good, 0o600, "number 2"},
		"not TOML":           {"token = \"" + secret, 0o600, "line 1"},
		"wrong type":         {"[[token]]\ntoken = [\"" + secret + "\"]\n", 0o600, "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := LoadTokens(writeTokens(t, tc.text, tc.mode))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want something with %q", err, tc.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Error("the error shows the token")
			}
		})
	}
	if _, err := LoadTokens(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file was read")
	}
}

// TestCredentialsOfSystemd: what systemd hands over may be read by a group,
// there and nowhere else, and by nobody else.
func TestCredentialsOfSystemd(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	write := func(mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(path, []byte("0123456789abcdef\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	write(0o440)
	if _, err := ReadSecret(path); err == nil {
		t.Error("a file that a group can read was taken")
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir+"/")
	if got, err := ReadSecret(path); err != nil || got != "0123456789abcdef" {
		t.Errorf("a credential of systemd: %q, %v", got, err)
	}
	write(0o444)
	if _, err := ReadSecret(path); err == nil {
		t.Error("a credential that everybody can read was taken")
	}
}

func TestGenerateToken(t *testing.T) {
	a, b := GenerateToken(), GenerateToken()
	if a == b || len(a) < 40 {
		t.Errorf("got %q and %q", a, b)
	}
	if g, known := OneToken(a, "acc", PermRead).Lookup(Credential{Token: a}); !known || g.Account != "acc" || g.Permission != PermRead {
		t.Errorf("got %+v, %v", g, known)
	}
}
