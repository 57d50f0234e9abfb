package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/store"
	"threatbench/cli/profile"
	"threatbench/cli/setup"
	"threatbench/views"
)

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Write, check or find the configuration", Example: "threatbench config init", Args: cobra.ArbitraryArgs}
	cmd.RunE = a.run(func(args []string) error {
		if len(args) > 0 {
			return usagef("unknown command %q: want config init, check or path", args[0])
		}
		return usagef("say what to do: config init, check or path")
	}, nil)
	add := func(use, short, example string, do func(context.Context, []string) error) {
		sub := &cobra.Command{Use: use, Short: short, Example: example, Args: cobra.ArbitraryArgs}
		sub.RunE = a.run(noArgs, do)
		cmd.AddCommand(sub)
	}
	cmd.AddCommand(a.configInitCommand())
	add("check", "Say what is wrong with the configuration: file, line and key", "threatbench config check", a.configCheck)
	add("path", "Say where the configuration is", "$EDITOR \"$(threatbench config path)\"", a.configPathCommand)
	return cmd
}

func (a *app) configInitCommand() *cobra.Command {
	var defaults bool
	cmd := &cobra.Command{
		Use: "init", Short: "Write a commented configuration; one that is there stays as it is",
		Long: "In a terminal it asks where your events are and where the token comes from, tries that, and writes a commented configuration. " +
			"Elsewhere, and with --defaults, it asks nothing.",
		Example: "threatbench config init\nthreatbench config init --defaults", Args: cobra.ArbitraryArgs,
	}
	cmd.Flags().BoolVar(&defaults, "defaults", false, "ask nothing: every line of the file is an example")
	cmd.RunE = a.run(noArgs, func(ctx context.Context, _ []string) error { return a.configInit(ctx, defaults) })
	return cmd
}

func (a *app) configInit(ctx context.Context, defaults bool) error {
	path := a.configPath()
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already and stays as it is: %w", path, fs.ErrExist)
	}
	var p *profile.Profile
	if !defaults && a.tty(a.io.In) && a.tty(a.io.Out) {
		w := setup.Wizard{In: a.io.In, Out: a.io.Out, Try: a.tryProfile}
		asked, err := w.Ask(ctx)
		if err != nil {
			return err
		}
		p = &asked
	}
	if err := profile.Init(path, p); err != nil {
		return err
	}
	if p != nil {
		return a.print("written: %s; start with: threatbench", path)
	}
	return a.print("written: %s", path)
}

// tryProfile looks whether a profile leads somewhere, and changes nothing.
func (a *app) tryProfile(ctx context.Context, p profile.Profile) (found string, err error) {
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	if !p.Remote() && !store.IsServer(p.DB) {
		if _, err := os.Stat(p.DB); errors.Is(err, fs.ErrNotExist) {
			return p.DB + " isn't there yet; it will be created on first use", nil
		}
	}
	p.ReadOnly = true
	pl, err := a.open(ctx, p)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	page, err := pl.List(ctx, api.ListQuery{PageSize: 1, Datasets: []string{api.ScopeAll}})
	if err != nil {
		return "", err
	}
	return views.TotalOf(page).String() + " events", nil
}

func (a *app) configPathCommand(context.Context, []string) error {
	return a.print("%s", a.configPath())
}

func (a *app) configCheck(context.Context, []string) error {
	c, err := a.config()
	var m profile.Mistakes
	if err != nil && !errors.As(err, &m) {
		return err
	}
	_, unread := loadKnownGood(c.KnownGood)
	for _, problem := range unread {
		m = append(m, c.Mistake("known_good", "files", problem))
	}
	_, unfortunate := looks(&c)
	for _, mistake := range slices.Concat(m, unfortunate) {
		a.note("%s", mistake.Error())
	}
	if len(m) > 0 {
		return quietError{m}
	}
	if c.File == "" {
		return a.print("no configuration (%s); the defaults hold", a.configPath())
	}
	return a.print("%s: OK. Profiles: %s", c.File, strings.Join(c.Names(), ", "))
}

func (a *app) print(format string, args ...any) error {
	_, err := fmt.Fprintln(a.io.Out, clean.Line(fmt.Sprintf(format, args...)))
	if err != nil && !errors.Is(err, fs.ErrClosed) {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}
