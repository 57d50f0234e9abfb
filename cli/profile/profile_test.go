package profile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

func write(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoad(t *testing.T) {
	path := write(t, `
default_profile = "prod"
[ui]
theme = "light"
ascii = true
color = "256"
columns = ["date", "event"]
[keys]
"events.open" = ["enter", "o"]
[profiles.prod]
base_url = "https://api.example/client/v4"
account = "acc"
token_command = ["pass", "show", "x"]
read_only = true
[profiles.work]
db = "/tmp/work.db"
`, 0o644)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.UI.Theme != "light" || !c.UI.ASCII || c.UI.Color != "256" || len(c.UI.Columns) != 2 || len(c.Keys["events.open"]) != 2 {
		t.Errorf("%+v", c)
	}
	p, err := c.Choose("", Environment{Getenv: env(nil)})
	if err != nil || p.Name != "prod" || !p.ReadOnly || !p.Remote() || p.TokenCommand[2] != "x" {
		t.Errorf("%+v %v", p, err)
	}
	if p, err = c.Choose("work", Environment{Getenv: env(nil)}); err != nil || p.Remote() || p.DB != "/tmp/work.db" {
		t.Errorf("%+v %v", p, err)
	}
	if p, err = c.Choose("local", Environment{Getenv: env(nil)}); err != nil || p.DB != DatabasePath() {
		t.Errorf("%+v %v", p, err)
	}
	if _, err = c.Choose("nowhere", Environment{Getenv: env(nil)}); err == nil || !strings.Contains(err.Error(), "local, prod, work") {
		t.Errorf("%v", err)
	}
}

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestMistakesNameFileLineAndKey(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[ui]\ntheme = 5\n", ":2: ui.theme: want a text in quotes, not the integer"},
		{"[keys]\nquit = 3\n", ":2: keys.quit: want a list of texts, as in [\"a\", \"b\"], not the integer"},
		{"[profiles.a]\nread_only = \"yes\"\n", ":2: profiles.a.read_only: want true or false, not the string"},
		{"[ui]\n\ncolour = \"never\"\n", ":3: ui.colour: no such key"},
		{"[ui]\ncolor = \"pink\"\n", ":2: ui.color: \"pink\" is none of auto"},
		{"x = \n", ":1: "},
		{"[profiles.a]\nbase_url = \"ftp://x\"\n", ":2: profiles.a.base_url: \"ftp://x\" is no http"},
		{"[profiles.a]\ndb = \"x\"\naccount = \"y\"\n", ":2: profiles.a.db: a profile is either"},
		{"[profiles.a]\nemail = \"a@b\"\nkey = \"k\"\ntoken_command = [\"\"]\n", ":4: profiles.a.token_command: names no program"},
		{"default_profile = \"x\"\n", ":1: default_profile: there is no profile \"x\""},
		{"[profiles.a]\nkey = \"k\"\n", ":2: profiles.a.key: goes with email"},
	} {
		path := write(t, c.text, 0o600)
		_, err := Load(path)
		var m Mistakes
		if !errors.As(err, &m) || !strings.HasPrefix(err.Error(), path+c.want) {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, path+c.want)
		}
	}
}

func TestAReadableSecretIsRefused(t *testing.T) {
	text := "[profiles.a]\naccount = \"x\"\ntoken = \"very-secret\"\n"
	path := write(t, text, 0o644)
	_, err := Load(path)
	if err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) || strings.Contains(err.Error(), "very-secret") {
		t.Errorf("%v", err)
	}
	if _, err := Load(write(t, text, 0o600)); err != nil {
		t.Error(err)
	}
}

func TestMissingFile(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "none.toml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestInitWithProfile: what was asked for is read back as it is, and is the
// profile that is opened.
func TestInitWithProfile(t *testing.T) {
	for _, p := range []Profile{
		{Name: "local", DB: "/tmp/it's \"mine\".db"},
		{Name: "a.b [c]", BaseURL: "https://events.example/v4", Account: "abc", TokenCommand: []string{"pass", `a"b\c`, ""}, ReadOnly: true},
		{Name: "team", BaseURL: "http://127.0.0.1:1", Account: "x", TokenKeyring: true},
		{Name: "ui", Account: "x", TokenEnv: "T"},
	} {
		path := filepath.Join(t.TempDir(), "config.toml")
		if err := Init(path, &p); err != nil {
			t.Errorf("%s: %v", p.Name, err)
			continue
		}
		c, err := Load(path)
		if err != nil || c.Default != p.Name || !reflect.DeepEqual(c.Profiles[p.Name], p) {
			t.Errorf("%s: read back as %+v, default %q, %v", p.Name, c.Profiles[p.Name], c.Default, err)
		}
	}
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := Init(path, &Profile{Name: "x", BaseURL: "ftp://x", Account: "y"}); err == nil {
		t.Error("a profile that can't be used was written")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was left: %v", err)
	}
}

func TestInit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "config.toml")
	if err := Init(path, nil); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	c, err := Load(path)
	if err != nil || len(c.Profiles) != 0 || c.UI.Theme != "" {
		t.Errorf("the written file changes something: %+v %v", c, err)
	}
	if err := Init(path, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("overwritten: %v", err)
	}
}

// TestTemplateExamplesAreRight takes the comment signs off: what is shown as
// an example must be accepted.
func TestTemplateExamplesAreRight(t *testing.T) {
	var lines []string
	for _, line := range strings.Split(template(), "\n") {
		if rest, ok := strings.CutPrefix(line, "#"); ok && !strings.HasPrefix(rest, " ") {
			line = rest
		}
		lines = append(lines, line)
	}
	c, err := Load(write(t, strings.Join(lines, "\n"), 0o600))
	if err != nil || len(c.Profiles) != 2 || c.Keys["events.open"] == nil {
		t.Errorf("%+v %v", c, err)
	}
}

func TestCredentials(t *testing.T) {
	remote := func(p Profile) Profile {
		p.Name, p.Account = "prod", "acc"
		return p
	}
	run := func(out string, err error) func(context.Context, []string) ([]byte, error) {
		return func(context.Context, []string) ([]byte, error) { return []byte(out), err }
	}
	for _, c := range []struct {
		name    string
		profile Profile
		env     Environment
		token   string
		email   string
		failure string
	}{
		{name: "in the file", profile: Profile{Token: "t"}, token: "t"},
		{name: "variable", profile: Profile{TokenEnv: "X", Token: "t"}, env: Environment{Getenv: env(map[string]string{"X": " v\n"})}, token: "v"},
		{name: "empty variable", profile: Profile{TokenEnv: "X"}, failure: "X that token_env names is empty"},
		{name: "command", profile: Profile{TokenCommand: []string{"pass", "a"}}, env: Environment{Run: run("tok\nnote\n", nil)}, token: "tok"},
		{name: "silent command", profile: Profile{TokenCommand: []string{"pass"}}, env: Environment{Run: run(" \n", nil)}, failure: "printed nothing"},
		{name: "failing command", profile: Profile{TokenCommand: []string{"pass"}}, env: Environment{Run: run("secret", errors.New("exit status 1"))}, failure: "exit status 1"},
		{name: "keyring", profile: Profile{TokenKeyring: true}, env: Environment{Keyring: func(s, u string) (string, error) { return s + "/" + u, nil }}, token: "threatbench/prod"},
		{name: "nothing in the keyring", profile: Profile{TokenKeyring: true}, env: Environment{Keyring: func(string, string) (string, error) { return "", keyring.ErrNotFound }}, failure: "no entry"},
		{name: "no keyring", profile: Profile{TokenKeyring: true}, env: Environment{Keyring: func(string, string) (string, error) { return "", errors.New("no bus") }}, failure: "token_env work"},
		{name: "environment", env: Environment{Getenv: env(map[string]string{"CLOUDFLARE_API_TOKEN": "c"})}, token: "c"},
		{name: "key", env: Environment{Getenv: env(map[string]string{"CLOUDFLARE_API_KEY": "k", "CLOUDFLARE_EMAIL": "a@b"})}, email: "a@b"},
		{name: "key without mail", env: Environment{Getenv: env(map[string]string{"CLOUDFLARE_API_KEY": "k"})}, failure: "has no token"},
		{name: "nothing", failure: "CLOUDFLARE_API_TOKEN"},
		{name: "own key before the variable", profile: Profile{Email: "m@n", Key: "k"}, env: Environment{Getenv: env(map[string]string{"CLOUDFLARE_API_TOKEN": "c"})}, email: "m@n"},
	} {
		if c.env.Getenv == nil {
			c.env.Getenv = env(nil)
		}
		p, err := remote(c.profile).Authorise(t.Context(), c.env)
		if c.failure != "" {
			if err == nil || !strings.Contains(err.Error(), c.failure) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v, want %q", c.name, err, c.failure)
			}
			continue
		}
		if err != nil || p.Token.Reveal() != c.token || p.Email != c.email {
			t.Errorf("%s: %v, token %q, email %q", c.name, err, p.Token.Reveal(), p.Email)
		}
	}
}

func TestCommandRunsWithoutAShell(t *testing.T) {
	p := Profile{Name: "a", TokenCommand: []string{"echo", "$HOME; id"}}
	p, err := p.Authorise(t.Context(), Environment{Getenv: env(nil)})
	if err != nil || p.Token.Reveal() != "$HOME; id" {
		t.Errorf("%v %q", err, p.Token.Reveal())
	}
	p.TokenCommand = []string{"/does/not/exist"}
	if _, err := p.Authorise(t.Context(), Environment{Getenv: env(nil)}); err == nil {
		t.Error("a missing program went unnoticed")
	}
}

func TestCloudflareByEnvironment(t *testing.T) {
	values := map[string]string{"CLOUDFLARE_ACCOUNT_ID": "acc", "CLOUDFLARE_BASE_URL": "https://x.example/v4"}
	p, err := Config{}.Choose(CloudflareName, Environment{Getenv: env(values)})
	if err != nil || p.Account != "acc" || p.BaseURL != "https://x.example/v4" || !p.Remote() {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := (Config{}).Choose(CloudflareName, Environment{Getenv: env(nil)}); err == nil {
		t.Error("no account, no complaint")
	}
}

func TestSecretsDontPrint(t *testing.T) {
	p := Profile{Name: "a", Token: "very-secret", Key: "very-secret"}
	j, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(p), fmt.Sprintf("%+v", p), fmt.Sprintf("%#v", p), fmt.Sprintf("%s %q %v", p.Token, p.Token, p.Key), string(j)} {
		if strings.Contains(s, "very-secret") {
			t.Errorf("shown: %s", s)
		}
	}
}

// TestAConfigurationOthersCanWriteIsRefused where it names a program or who is
// sent the token; where it only chooses colours it is read.
func TestAConfigurationOthersCanWriteIsRefused(t *testing.T) {
	for text, refused := range map[string]bool{
		"[profiles.a]\naccount = \"x\"\ntoken_command = [\"touch\", \"/tmp/owned\"]\n": true,
		"[profiles.a]\naccount = \"x\"\nbase_url = \"https://evil.example\"\n":         true,
		"[ui]\nascii = true\n": false,
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "config.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(path); err != nil {
			t.Errorf("its owner's: %v", err)
		}
		for _, open := range []string{path, dir} {
			if err := os.Chmod(open, 0o777); err != nil {
				t.Fatal(err)
			}
			_, err := Load(path)
			if got := err != nil && strings.Contains(err.Error(), "chmod go-w "+open); got != refused {
				t.Errorf("%q with %s open to all: %v", text, open, err)
			}
			if err := os.Chmod(open, 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
}
