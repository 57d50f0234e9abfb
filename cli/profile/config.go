package profile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"threatbench/api/clean"
	"threatbench/api/knowngood"
	"threatbench/cli/files"
)

// Config is what the configuration file says.
type Config struct {
	File     string              `toml:"-"`               // where it was read from, "" where there is none
	Default  string              `toml:"default_profile"` // the profile to open when none is named
	UI       UI                  `toml:"ui"`
	Keys     map[string][]string `toml:"keys"`     // keys by action, instead of the usual ones
	Profiles map[string]Profile  `toml:"profiles"` // by name
	// Themes are a person's own, by name: see theme.NewSet.
	Themes    map[string]map[string]any `toml:"themes"`
	KnownGood KnownGood                 `toml:"known_good"`

	text     string             // of the file
	amiss    map[string]Mistake // why profiles can't be used, by name
	readOnly bool               // it asks for read_only where nobody can tell for whom
}

// KnownGood names lists of values that are harmless.
type KnownGood struct {
	Files   []string `toml:"files"`   // patterns may stand for them
	Without []string `toml:"without"` // lists of the program that are not to be used
}

// UI is how the workbench should look; empty values mean its defaults.
type UI struct {
	Theme string `toml:"theme"`
	ASCII bool   `toml:"ascii"`
	Color string `toml:"color"` // one of Colors
	// Accessible is for a screen reader: ASCII, and graphs as trees.
	Accessible bool     `toml:"accessible"`
	UTC        bool     `toml:"utc"`
	Columns    []string `toml:"columns"` // of the events table, in order
}

// Profile is one server and how to reach it. Without any of the keys that
// name a remote account it is the embedded server on a database file.
type Profile struct {
	Name         string   `toml:"-"`
	BaseURL      string   `toml:"base_url"`
	Account      string   `toml:"account"`
	Token        Secret   `toml:"token"`
	TokenEnv     string   `toml:"token_env"`     // name of an environment variable
	TokenCommand []string `toml:"token_command"` // program and arguments; its first line is the token
	TokenKeyring bool     `toml:"token_keyring"` // ask the system's keyring
	Email        string   `toml:"email"`
	Key          Secret   `toml:"key"`
	DB           string   `toml:"db"` // database file of the embedded server
	ReadOnly     bool     `toml:"read_only"`
}

// Remote tells whether the profile is an account on a server elsewhere.
func (p Profile) Remote() bool {
	return p.BaseURL != "" || p.Account != "" || p.Token != "" || p.TokenEnv != "" || len(p.TokenCommand) > 0 || p.TokenKeyring ||
		p.Email != "" || p.Key != ""
}

// Colors lists what color may be.
func Colors() []string { return []string{"auto", "truecolor", "256", "16", "never"} }

const maxConfig = 1 << 20 // bytes

// Load reads a configuration file. A file that is not there is an empty
// configuration and fs.ErrNotExist. Wrong content is Mistakes, all there are,
// beside a configuration of everything that is right: see Config.Choose for
// profiles that aren't.
func Load(path string) (Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return Config{}, fmt.Errorf("reading the configuration: %w", err)
	}
	defer f.Close() // read only
	info, err := f.Stat()
	if err != nil {
		return Config{}, fmt.Errorf("reading the configuration: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	switch {
	case err != nil:
		return Config{}, fmt.Errorf("reading the configuration: %w", err)
	case len(text) > maxConfig:
		return Config{readOnly: true}, Mistakes{{File: path, Problem: "larger than a megabyte; is this the right file?"}}
	}
	c, wrong := parse(path, text)
	if err := files.OnlyOurs(path); err != nil && c.trusted() {
		wrong = append(wrong, c.refuse(Profile.Remote, Mistake{File: path, Problem: "names programs to run or where tokens are sent, and " + err.Error()}))
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && c.holdsSecret() {
		problem := fmt.Sprintf("holds a token and others can read it (mode %04o); run: chmod 600 %s", mode, path)
		wrong = append(wrong, c.refuse(Profile.secret, Mistake{File: path, Problem: problem}))
	}
	if len(wrong) > 0 {
		return c, wrong
	}
	return c, nil
}

// refuse makes profiles that can't be used out of those that are such.
func (c Config) refuse(such func(Profile) bool, m Mistake) Mistake {
	for name, p := range c.Profiles {
		if such(p) {
			c.amiss[name] = m
		}
	}
	return m
}

// trusted reports whether a file does harm in somebody else's hands: it names a
// program, or an account's server, which is sent the token.
func (c Config) trusted() bool { return c.any(Profile.Remote) }

func (c Config) holdsSecret() bool { return c.any(Profile.secret) }

func (c Config) any(such func(Profile) bool) bool {
	for _, p := range c.Profiles {
		if such(p) {
			return true
		}
	}
	return false
}

func (p Profile) secret() bool { return p.Token != "" || p.Key != "" }

// parse reads a configuration, and everything that is wrong with it.
func parse(path string, text []byte) (Config, Mistakes) {
	c, wrong := salvage(path, string(text))
	for name, p := range c.Profiles {
		p.Name = name
		p.DB = ExpandHome(p.DB)
		c.Profiles[name] = p
	}
	for i, file := range c.KnownGood.Files {
		if file = ExpandHome(file); !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(path), file)
		}
		c.KnownGood.Files[i] = file
	}
	wrong = append(wrong, c.check()...)
	slices.SortStableFunc(wrong, func(a, b Mistake) int { return a.Line - b.Line })
	return c, wrong
}

// check finds values that are well written and yet wrong, and takes them out.
func (c *Config) check() Mistakes {
	var all Mistakes
	add := func(table, key, problem string) { all = append(all, c.Mistake(table, key, problem)) }
	if c.UI.Color != "" && !slices.Contains(Colors(), c.UI.Color) {
		add("ui", "color", fmt.Sprintf("%q is none of %s", c.UI.Color, strings.Join(Colors(), ", ")))
		c.UI.Color = ""
	}
	c.KnownGood.Without = slices.DeleteFunc(c.KnownGood.Without, func(name string) bool {
		known := slices.Contains(knowngood.CertainNames(), name)
		if !known {
			add("known_good", "without", fmt.Sprintf("%q is none of %s", name, strings.Join(knowngood.CertainNames(), ", ")))
		}
		return !known
	})
	if _, ok := c.Profiles[c.Default]; !ok && c.Default != "" && c.Default != LocalName {
		add("", "default_profile", noProfile(c.Default))
	}
	for _, name := range c.Names() {
		before := len(all)
		if p, ok := c.Profiles[name]; ok {
			if safe := clean.Line(name); safe != name { // it stands in the header and in the window's title
				add("profiles."+safe, "", "the name holds characters that a terminal obeys or hides")
			}
			p.check(func(key, problem string) { add("profiles."+name, key, problem) })
		}
		if before < len(all) && c.amiss[name].Problem == "" {
			c.amiss[name] = all[before]
		}
	}
	return all
}

func (p Profile) check(add func(key, problem string)) {
	if u, err := url.Parse(p.BaseURL); p.BaseURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		add("base_url", fmt.Sprintf("%q is no http or https address", p.BaseURL))
	}
	if p.DB != "" && p.Remote() {
		add("db", "a profile is either a database file or an account, not both")
	}
	if len(p.TokenCommand) > 0 && p.TokenCommand[0] == "" {
		add("token_command", "names no program")
	}
	if (p.Email == "") != (p.Key == "") && p.Key != "" {
		add("key", "goes with email")
	}
}

// Names lists the profiles, the built-in one for the embedded database first.
func (c Config) Names() []string {
	names := []string{LocalName}
	for name := range c.Profiles {
		if name != LocalName {
			names = append(names, name)
		}
	}
	slices.Sort(names[1:])
	return names
}

// ExpandHome is a path with the home folder in the place of a leading ~.
func ExpandHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return filepath.Join(home, rest)
}

// Init writes a commented configuration file, readable by its owner alone. A
// file that is there stays as it is: the error is then fs.ErrExist. A profile,
// where one is given, is in it and is the default one; its secrets are not.
func Init(path string, p *Profile) error {
	text := template()
	if p != nil {
		var err error
		if text, err = p.within(text); err != nil {
			return err
		}
		if _, wrong := parse(path, []byte(text)); len(wrong) > 0 {
			return wrong
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("making the configuration's directory: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already and stays as it is: %w", path, fs.ErrExist)
	}
	if err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		// What there is room for is no configuration, and would keep the next
		// attempt from being made.
		return fmt.Errorf("writing the configuration: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}

// within is the text of a configuration with the profile in it.
func (p Profile) within(text string) (string, error) {
	keys := map[string]any{}
	for key, value := range map[string]string{"base_url": p.BaseURL, "account": p.Account, "token_env": p.TokenEnv, "email": p.Email, "db": p.DB} {
		if value != "" {
			keys[key] = value
		}
	}
	if len(p.TokenCommand) > 0 {
		keys["token_command"] = p.TokenCommand
	}
	for key, value := range map[string]bool{"token_keyring": p.TokenKeyring, "read_only": p.ReadOnly} {
		if value {
			keys[key] = true
		}
	}
	section, err := toml.Marshal(map[string]any{"profiles": map[string]any{p.Name: keys}})
	if err != nil {
		return "", fmt.Errorf("writing the profile: %w", err)
	}
	usual, err := toml.Marshal(map[string]string{"default_profile": p.Name})
	if err != nil {
		return "", fmt.Errorf("writing the profile: %w", err)
	}
	return strings.Replace(text, "#default_profile = \"local\"\n", string(usual), 1) + "\n" + string(section), nil
}

// template is the file that Init writes: everything in it is a comment, so
// that it changes nothing until someone edits it.
func template() string {
	return `# threatbench: configuration.
# Every line that begins with # is a comment; what is written are examples.
# "threatbench config check" names the line of a mistake.

# The profile to open when --profile names none: "local" is the embedded
# database.
#default_profile = "local"

[ui]
#theme = "auto"
#color = "auto"          # auto, truecolor, 256, 16 or never
#ascii = false           # draw with ASCII characters only
#accessible = false      # for a screen reader: ASCII only, graphs as trees
#utc = false             # times in UTC rather than local time
#columns = ["date", "tlp", "attacker", "category", "indicator", "target", "tags", "event"]

# A theme of your own: the colours of a built-in one, but for those named here.
#[themes.night]
#base = "dark"
#accent = "#ffaf00"
#tlp_red = "#ff8080"

# Keys by action; the palette names the actions. An empty list takes an
# action's keys away.
[keys]
#"events.open" = ["enter"]

# Lists of values known to be harmless: warning lists of MISP, texts or tables.
# "threatbench known-good" shows them, with those that come with the program.
#[known_good]
#files = ["~/lists/top-domains.csv", "/usr/share/misp-warninglists/lists/*/list.json"]
#without = ["documentation"]

# An embedded database of your own:
#[profiles.archive]
#db = "~/archive/events.db"
#read_only = true

# An account on a server. The token comes from the first of these that is set:
# token_command, token_env, token, token_keyring, and at last the variable
# CLOUDFLARE_API_TOKEN.
#[profiles.prod]
#base_url = "https://api.cloudflare.com/client/v4"
#account = "0123456789abcdef0123456789abcdef"
#token_command = ["pass", "show", "cloudflare/threat-events"]
#token_env = "PROD_TOKEN"
#token_keyring = true    # stored under service "threatbench", user "prod"
#read_only = true
`
}
