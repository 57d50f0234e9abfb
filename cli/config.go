package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"threatbench/api/clean"
	"threatbench/cli/profile"
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
	add("init", "Write a commented configuration; one that is there stays as it is", "threatbench config init", a.configInit)
	add("check", "Say what is wrong with the configuration: file, line and key", "threatbench config check", a.configCheck)
	add("path", "Say where the configuration is", "$EDITOR \"$(threatbench config path)\"", a.configPathCommand)
	return cmd
}

func (a *app) configInit(context.Context, []string) error {
	if err := profile.Init(a.configPath()); err != nil {
		return err
	}
	return a.print("written: %s", a.configPath())
}

func (a *app) configPathCommand(context.Context, []string) error {
	return a.print("%s", a.configPath())
}

func (a *app) configCheck(context.Context, []string) error {
	c, err := a.config()
	var m profile.Mistakes
	if errors.As(err, &m) {
		for _, mistake := range m {
			a.note("%s", mistake.Error())
		}
		return quietError{err}
	}
	if err != nil {
		return err
	}
	_, unfortunate := looks(c)
	for _, m := range unfortunate {
		a.note("%s", m.Error())
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
