package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/spf13/cobra"

	"threatbench/api/demo"
	"threatbench/api/server"
	"threatbench/api/store"
	"threatbench/cli/profile"
)

type serveFlags struct {
	listen    string
	demo      int
	seed      uint64
	style     string
	tokenFile string
	rateLimit int
	quiet     bool
}

func (a *app) serveCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "serve", Short: "Serve events or the workbench to others", Example: "threatbench serve api --demo 10000\nthreatbench serve ssh --host-key key --authorized-keys keys", Args: cobra.ArbitraryArgs}
	cmd.RunE = a.run(func(args []string) error {
		if len(args) > 0 {
			return usagef("unknown command %q: want serve api or serve ssh", args[0])
		}
		return usagef("say what to serve: serve api or serve ssh")
	}, nil)
	cmd.AddCommand(a.serveAPICommand(), a.serveSSHCommand())
	return cmd
}

func (a *app) serveAPICommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "api",
		Short: "Serve the events API over HTTP",
		Long: "Serves the events API on a database file until it is told to end. Prints the base URL, the account and, without a token file, " +
			"a token that holds as long as the server runs. --demo alone serves a throwaway database.",
		Example: "threatbench serve api --db events.db --token-file tokens.toml\nthreatbench serve api --listen 127.0.0.1:0 --demo 10000",
		Args:    cobra.ArbitraryArgs,
	}
	check := func(args []string) error {
		if f.demo < 0 || f.demo > demoMost {
			return usagef("--demo %d: want 0 to %d", f.demo, demoMost)
		}
		if s := server.Style(f.style); s != server.Enveloped && s != server.Bare {
			return usagef("--response-style %s: want %s or %s", f.style, server.Enveloped, server.Bare)
		}
		if f.rateLimit < 0 {
			return usagef("--rate-limit %d: want 0 (none) or more", f.rateLimit)
		}
		if a.flags.profile != "" {
			return usagef("--profile: a server serves a database file, name it with --db")
		}
		return noArgs(args)
	}
	cmd.RunE = a.run(check, func(ctx context.Context, _ []string) error { return a.serveAPI(ctx, f) })
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8787", "address to listen on; port 0 takes a free one")
	cmd.Flags().IntVar(&f.demo, "demo", 0, "fill the database with this many made-up events")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "which story --demo tells")
	cmd.Flags().StringVar(&f.style, "response-style", string(server.Enveloped), "form of the answers: envelope or bare")
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "file that names tokens, their accounts and permissions")
	cmd.Flags().IntVar(&f.rateLimit, "rate-limit", 0, "calls per five minutes and token; 0 means no limit")
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "log no requests")
	return cmd
}

func (a *app) serveAPI(ctx context.Context, f serveFlags) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	tokens, token, err := tokensFor(f)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", f.listen, err)
	}
	db, closeDB, err := a.serveDB(ctx, f)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { err = errors.Join(err, closeDB()) }()
	log := slog.New(slog.DiscardHandler)
	if !f.quiet {
		log = slog.New(slog.NewTextHandler(a.io.Err, nil))
	}
	h, err := server.New(db, server.Config{
		ResponseStyle: server.Style(f.style), Tokens: tokens, RateLimit: f.rateLimit, Logger: log, Now: a.now,
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	fmt.Fprintf(a.io.Out, "base URL  http://%s%s\n", l.Addr(), server.BasePath) //nolint:errcheck // shown as far as can be
	if token != "" {
		fmt.Fprintf(a.io.Out, "account   %s\ntoken     %s\n", LocalAccount, token) //nolint:errcheck // shown as far as can be
	} else {
		fmt.Fprintf(a.io.Out, "account   as %s says\n", f.tokenFile) //nolint:errcheck // shown as far as can be
	}
	return server.Serve(ctx, l, h, log)
}

// tokensFor reads the token file, or makes a token for this run.
func tokensFor(f serveFlags) (server.TokenSource, string, error) {
	if f.tokenFile != "" {
		tokens, err := server.LoadTokens(f.tokenFile)
		return tokens, "", err
	}
	token := server.GenerateToken()
	return server.OneToken(token, LocalAccount, server.PermWrite), token, nil
}

// serveDB opens the database to serve: --db, a throwaway one for --demo alone,
// or the usual one.
func (a *app) serveDB(ctx context.Context, f serveFlags) (*store.DB, func() error, error) {
	pl, remove, err := a.servePlace(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	if f.demo > 0 {
		m := a.meter("making up events")
		err := fill(ctx, pl.db, demo.Generate(f.seed, f.demo, a.now()), func(done, total int64, _ string) { m.show(done, total, int(done)) })
		m.clear()
		if err != nil {
			return nil, nil, errors.Join(err, remove())
		}
	}
	return pl.db, remove, nil
}

func (a *app) servePlace(ctx context.Context, f serveFlags) (*place, func() error, error) {
	if f.demo > 0 && a.flags.db == "" {
		return a.throwaway(ctx)
	}
	p := profile.Profile{Name: profile.LocalName, DB: a.flags.db, ReadOnly: a.flags.readOnly}
	if p.DB == "" {
		p.DB = profile.DatabasePath()
	}
	pl, err := a.openFile(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	return pl, pl.close, nil
}
