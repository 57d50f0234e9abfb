package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/query"
	"threatbench/cli/profile"
)

// workbench opens the chosen profile in the workbench.
func (a *app) workbench(ctx context.Context, text string) (err error) {
	if err := a.readyForWorkbench(text); err != nil {
		return err
	}
	c, warnings, err := a.settings()
	if err != nil {
		return err
	}
	p, instead, err := a.chooseOrLocal(c)
	if err != nil {
		return err
	}
	if instead != "" {
		warnings = append(warnings, instead)
	}
	if isMissing(p) && !p.ReadOnly {
		if err := a.askToMake(p.DB); err != nil {
			return err
		}
	}
	ctx, stop := untilLeft(ctx)
	defer stop()
	pl, err := a.open(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	s := a.session(c, pl, text, warnings)
	var warning string
	before := p.Name
	if a.flags.db != "" && p.DB != profile.DatabasePath() {
		before = "" // what is remembered under this name is of the usual database
	}
	if s.State, warning = profile.OpenState(s.StateDir, pl.owner(""), before); warning != "" {
		s.Warnings = append(s.Warnings, warning)
	}
	return a.bench(ctx, s)
}

// askToMake asks whether a database that was named and isn't there is to be
// made. An error says that it isn't.
func (a *app) askToMake(path string) error {
	fmt.Fprintf(a.io.Err, "There is no database at %s. Create it? [y/N] ", clean.Line(path))
	answer, err := readLine(a.io.In)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return fmt.Errorf("%s: %w; nothing was created", path, errMissing)
}

// readLine reads up to the end of a line and no further: what comes after it is
// for the workbench.
func readLine(in io.Reader) (string, error) {
	const maxAnswer = 1 << 10
	var line []byte
	for one := make([]byte, 1); len(line) < maxAnswer; {
		n, err := in.Read(one)
		if n == 1 && (one[0] == '\n' || one[0] == '\r') {
			return string(line), nil
		}
		line = append(line, one[:n]...)
		if err != nil {
			return string(line), err
		}
	}
	return "", errors.New("the line is too long")
}

// owner tells a place for what is remembered of it: the database by its id, an
// account by its server, and who it is over SSH.
func (p *place) owner(user string) string {
	if p.db != nil {
		return "db\x00" + p.db.ID() + "\x00" + LocalAccount + "\x00" + user
	}
	return "server\x00" + strings.TrimRight(p.profile.BaseURL, "/") + "\x00" + p.profile.Account + "\x00" + user
}

// readyForWorkbench says early, and without touching anything, what would go
// wrong anyway.
func (a *app) readyForWorkbench(text string) error {
	if _, err := query.Parse(text, a.now()); err != nil {
		return usagef("--query: %w", err)
	}
	if !a.tty(a.io.Out) || !a.tty(a.io.In) {
		return errors.New("the workbench needs a terminal; for scripts use: threatbench events --query TEXT --json")
	}
	return nil
}

func (a *app) session(c profile.Config, pl *place, text string, warnings []string) Session {
	good, unread := loadKnownGood(c.KnownGood)
	warnings = append(warnings, unread...)
	s := Session{
		API: pl.client(), Source: pl.source(), Stats: pl.Stats, Profile: pl.profile.Name, Version: version(), ReadOnly: pl.profile.ReadOnly, Query: text,
		UI: c.UI, Themes: c.Themes, Keys: c.Keys, Good: good, Warnings: warnings, StateDir: stateDir(), Now: a.now, Connect: a.connectText(), Edit: a.edit,
	}
	if pl.db != nil {
		s.Datasets = []string{api.ScopeAll} // everything that was imported, whatever dataset it went to
	}
	if pl.db != nil && !s.ReadOnly {
		s.Imports, s.Demo = importsOf{a, pl}, a.demoJob(pl)
	}
	return s
}

// stateDir is where crash files go; "" means the system's temporary directory.
func stateDir() string {
	dir := profile.StatePath()
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return dir
}

func (a *app) connectText() string {
	return "Write a configuration and name your account in it:\n\n  threatbench config init\n  $EDITOR " + a.configPath() +
		"\n\nor give the account by the environment:\n\n  export CLOUDFLARE_ACCOUNT_ID=…  CLOUDFLARE_API_TOKEN=…\n  threatbench --profile cloudflare\n\n" +
		"The token needs the permission Cloudforce One Read, and Write for changes."
}

// openInput opens a file to be imported and tells its size.
func openInput(path string) (io.ReadCloser, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("importing: %w", err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("importing: %s is a directory; name its files", path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// edit runs the person's editor on a text, in a file that only they may read.
// The editor is named by the usual variables, else vi. It is run without a
// shell: its arguments are words and nothing more.
func (a *app) edit(name, text string, in io.Reader, out, errout io.Writer) (edited string, err error) {
	argv := strings.Fields(cmp.Or(a.env.Getenv("VISUAL"), a.env.Getenv("EDITOR"), "vi"))
	dir, err := os.MkdirTemp("", "threatbench-")
	if err != nil {
		return "", fmt.Errorf("making a place for the editor: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", fmt.Errorf("handing the text to the editor: %w", err)
	}
	cmd := exec.CommandContext(context.Background(), argv[0], append(argv[1:], path)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, errout
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("the editor %s: %w (EDITOR names another one)", argv[0], err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading what was edited: %w", err)
	}
	return string(b), nil
}
