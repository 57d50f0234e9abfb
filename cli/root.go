package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"threatbench/cli/profile"
	"threatbench/theme"
)

// root makes the whole command tree.
func (a *app) root() *cobra.Command {
	var query string
	root := &cobra.Command{
		Use:   "threatbench",
		Short: "Browse, filter and read threat events in the terminal",
		Long: "A terminal workbench for threat events. Without a command it opens the default profile: " +
			"the embedded database, or the one the configuration names.",
		Example: strings.Join([]string{
			"# a made-up story to look around in",
			"threatbench demo",
			"# your own database, with a filter to begin with",
			`threatbench --query 'tlp:red date>-7d'`,
			"# an account that the configuration names",
			"threatbench --profile prod",
		}, "\n"),
		Args: cobra.ArbitraryArgs,
	}
	root.RunE = a.run(a.knownCommand(root), func(ctx context.Context, _ []string) error { return a.workbench(ctx, query) })
	root.Flags().StringVarP(&query, "query", "q", "", "filter to begin with")
	a.globalFlags(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		a.fail(usagef("%w; see %s --help", flagMistake(err), cmd.CommandPath()))
		return nil
	})
	root.AddCommand(a.demoCommand(), a.serveCommand(), a.importCommand(), a.importsCommand(), a.undoCommand(), a.exportCommand(), a.eventsCommand(), a.lookupCommand(), a.matchCommand(), a.knownGoodCommand(),
		a.copyCommand(), a.backupCommand(), a.restoreCommand(),
		a.configCommand(), a.doctorCommand(), a.versionCommand(), a.manCommand())
	return root
}

// flagMistake says what a flag wants, where the library says how it parses.
func flagMistake(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	wants := map[string]string{
		"int": "a whole number", "int64": "a whole number", "uint64": "a whole number, not below 0",
		"bool": "true or false", "duration": "a time such as 90s, 30m or 2h",
	}
	want, ok := wants[invalid.GetFlag().Value.Type()]
	if !ok {
		return err
	}
	return fmt.Errorf("--%s %s: want %s", invalid.GetFlag().Name, invalid.GetValue(), want)
}

// knownCommand refuses arguments of the bare program: they can only be a
// command that there isn't.
func (a *app) knownCommand(root *cobra.Command) func([]string) error {
	return func(args []string) error {
		if len(args) == 0 {
			return nil
		}
		hint := ""
		root.SuggestionsMinimumDistance = 2
		if near := root.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf(", did you mean %q?", near[0])
		}
		return usagef("unknown command %q%s", args[0], hint)
	}
}

func (a *app) globalFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVarP(&a.flags.profile, "profile", "p", "", "profile to open: a name of the configuration, local or cloudflare")
	f.BoolVar(&a.flags.readOnly, "read-only", false, "refuse every change")
	f.StringVar(&a.flags.color, "color", "", "colours: "+strings.Join(profile.Colors(), ", "))
	f.BoolVar(&a.flags.ascii, "ascii", false, "draw with ASCII characters only")
	f.BoolVar(&a.flags.accessible, "accessible", false, "for a screen reader: ASCII only, graphs as trees")
	f.StringVar(&a.flags.theme, "theme", "", "theme: "+strings.Join(theme.Names(), ", ")+", or one of the configuration")
	f.StringVar(&a.flags.config, "config", "", "configuration file to read instead of the usual one")
	f.StringVar(&a.flags.db, "db", "", "database of the embedded server: a file, or postgres://user@host/database (also THREATBENCH_DB)")
}

func (a *app) checkFlags() error {
	if err := a.checkDB(); err != nil {
		return err
	}
	if c := a.flags.color; c != "" && !slices.Contains(profile.Colors(), c) {
		return usagef("--color %s: want one of %s", c, strings.Join(profile.Colors(), ", "))
	}
	if t := a.flags.theme; t != "" && !slices.Contains(theme.Names(), t) && !slices.Contains(a.themes(), t) {
		return usagef("--theme %s: want one of %s", t, strings.Join(a.themes(), ", "))
	}
	return nil
}

// checkDB refuses a password where every process of the machine could read it.
func (a *app) checkDB() error { return noPassword("--db", a.flags.db) }

// database is what --db names, else THREATBENCH_DB; "" where neither does.
func (a *app) database() string { return cmp.Or(a.flags.db, a.env.Getenv("THREATBENCH_DB")) }
