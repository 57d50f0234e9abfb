package profile

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/zalando/go-keyring"
)

// Names of profiles that exist without a configuration.
const (
	LocalName      = "local"      // the embedded server on the default database
	CloudflareName = "cloudflare" // an account given by the environment alone
)

const (
	appDir         = "threatbench"
	commandTimeout = 30 * time.Second
)

// Environment is what profiles take from outside; tests put their own.
type Environment struct {
	Getenv  func(string) string
	Keyring func(service, user string) (string, error) // nil means the system's
	Run     func(ctx context.Context, argv []string) ([]byte, error)
}

// ConfigPath is where the configuration file is looked for.
func ConfigPath() string { return filepath.Join(xdg.ConfigHome, appDir, "config.toml") }

// DatabasePath is the database of the embedded server, unless said otherwise.
func DatabasePath() string { return filepath.Join(xdg.DataHome, appDir, "events.db") }

// StatePath is the directory for crash files and the like.
func StatePath() string { return filepath.Join(xdg.StateHome, appDir) }

// Choose finds the profile of that name, "" meaning the default one, and
// completes it from the environment. It asks for no token yet. A profile with a
// mistake in it, and a default one that isn't there, is Unusable.
func (c Config) Choose(name string, env Environment) (Profile, error) {
	usual := name == ""
	name = cmp.Or(name, c.Default, LocalName)
	p, ok := c.Profiles[name]
	if why, amiss := c.amiss[name]; amiss {
		return p, &Unusable{name, why}
	}
	p.ReadOnly = p.ReadOnly || c.readOnly
	switch {
	case ok:
	case name == LocalName:
		p = Profile{Name: LocalName, ReadOnly: c.readOnly}
	case name == CloudflareName:
		p = Profile{Name: CloudflareName, Account: env.Getenv("CLOUDFLARE_ACCOUNT_ID"), ReadOnly: c.readOnly}
		if p.Account == "" {
			return p, errors.New("the profile cloudflare needs CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN in the environment")
		}
	case usual:
		return p, &Unusable{name, c.Mistake("", "default_profile", noProfile(name))}
	default:
		return p, fmt.Errorf("there is no profile %q; there are: %s (and cloudflare, by the environment)", name, strings.Join(c.Names(), ", "))
	}
	if !p.Remote() {
		p.DB = cmp.Or(p.DB, DatabasePath())
		return p, nil
	}
	p.BaseURL = cmp.Or(p.BaseURL, env.Getenv("CLOUDFLARE_BASE_URL"))
	p.Account = cmp.Or(p.Account, env.Getenv("CLOUDFLARE_ACCOUNT_ID"))
	if p.Account == "" {
		return p, fmt.Errorf("profile %s names no account: set account in the configuration, or CLOUDFLARE_ACCOUNT_ID", name)
	}
	return p, nil
}

func noProfile(name string) string { return fmt.Sprintf("there is no profile %q in this file", name) }

// Authorise fills in the profile's credentials: Token, or Email and Key. The
// profile's own sources come first (token_command, token_env, token,
// token_keyring, email with key), then the environment's.
func (p Profile) Authorise(ctx context.Context, env Environment) (Profile, error) {
	token, err := p.token(ctx, env)
	if err != nil {
		return p, fmt.Errorf("profile %s: %w", p.Name, err)
	}
	if token != "" {
		p.Token, p.Email, p.Key = Secret(token), "", ""
		return p, nil
	}
	if p.Key == "" {
		p.Key = Secret(env.Getenv("CLOUDFLARE_API_KEY"))
		p.Email = cmp.Or(p.Email, env.Getenv("CLOUDFLARE_EMAIL"), env.Getenv("CLOUDFLARE_API_EMAIL"))
	}
	if p.Key == "" || p.Email == "" {
		return p, fmt.Errorf("profile %s has no token: set token_command, token_env or token in the configuration, or CLOUDFLARE_API_TOKEN", p.Name)
	}
	return p, nil
}

func (p Profile) token(ctx context.Context, env Environment) (string, error) {
	switch {
	case len(p.TokenCommand) > 0:
		return p.tokenFromCommand(ctx, env)
	case p.TokenEnv != "":
		token := strings.TrimSpace(env.Getenv(p.TokenEnv))
		if token == "" {
			return "", fmt.Errorf("the variable %s that token_env names is empty", p.TokenEnv)
		}
		return token, nil
	case p.Token != "":
		return p.Token.Reveal(), nil
	case p.TokenKeyring:
		return p.tokenFromKeyring(env)
	case p.Key != "":
		return "", nil
	}
	return strings.TrimSpace(env.Getenv("CLOUDFLARE_API_TOKEN")), nil
}

// tokenFromCommand runs token_command without a shell. What the program says
// beside the token is not repeated: it may hold secrets.
func (p Profile) tokenFromCommand(ctx context.Context, env Environment) (string, error) {
	run := env.Run
	if run == nil {
		run = runCommand
	}
	out, err := run(ctx, p.TokenCommand)
	if err != nil {
		return "", fmt.Errorf("token_command %s: %w", p.TokenCommand[0], err)
	}
	first, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
	if token := string(bytes.TrimSpace(first)); token != "" {
		return token, nil
	}
	return "", fmt.Errorf("token_command %s printed nothing", p.TokenCommand[0])
}

func runCommand(ctx context.Context, argv []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).Output()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("no answer after %s", commandTimeout)
	}
	return out, err
}

func (p Profile) tokenFromKeyring(env Environment) (string, error) {
	get := env.Keyring
	if get == nil {
		get = keyring.Get
	}
	token, err := get(appDir, p.Name)
	if errors.Is(err, keyring.ErrNotFound) {
		return "", fmt.Errorf("the keyring has no entry for service %q, user %q", appDir, p.Name)
	}
	if err != nil {
		return "", fmt.Errorf("the keyring cannot be asked (%w); token_command or token_env work without one", err)
	}
	return strings.TrimSpace(token), nil
}
