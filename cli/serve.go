package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"threatbench/api/clean"
	"threatbench/api/demo"
	"threatbench/api/server"
	"threatbench/api/server/alerting"
	"threatbench/api/server/certs"
	"threatbench/api/server/cors"
	"threatbench/api/server/webhook"
	"threatbench/api/store"
	"threatbench/cli/profile"
)

type serveFlags struct {
	origins   []string
	listen    string
	demo      int
	seed      uint64
	style     string
	tokenFile string
	rateLimit int
	metrics   string // a file
	quiet     bool
	tls       tlsFlags

	webhookURL     string
	webhookSecret  string // a file
	webhookPrivate bool
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
		if err := f.tls.check(f.listen); err != nil {
			return err
		}
		for _, origin := range f.origins {
			if err := cors.Check(origin); err != nil {
				return usagef("--cors-origin: %s", err)
			}
		}
		if f.rateLimit < 0 {
			return usagef("--rate-limit %d: want 0 (none) or more", f.rateLimit)
		}
		if (f.webhookURL == "") != (f.webhookSecret == "") || f.webhookPrivate && f.webhookURL == "" {
			return usagef("a webhook needs --webhook-url and --webhook-secret-file")
		}
		if a.flags.profile != "" {
			return usagef("--profile: a server serves a database file, name it with --db")
		}
		return noArgs(args)
	}
	cmd.RunE = a.run(check, func(ctx context.Context, _ []string) error { return a.serveAPI(ctx, f) })
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8787", "address to listen on; port 0 takes a free one")
	f.tls.add(cmd)
	cmd.Flags().IntVar(&f.demo, "demo", 0, "fill the database with this many made-up events")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "which story --demo tells")
	cmd.Flags().StringVar(&f.style, "response-style", string(server.Enveloped), "form of the answers: envelope or bare")
	cmd.Flags().StringVar(&f.tokenFile, "token-file", "", "file that names tokens, their accounts and permissions")
	cmd.Flags().IntVar(&f.rateLimit, "rate-limit", 0, "calls per five minutes and token; 0 means no limit")
	cmd.Flags().StringArrayVar(&f.origins, "cors-origin", nil, "origin whose pages may call from a browser, such as https://app.example; may be repeated, none without")
	cmd.Flags().StringVar(&f.metrics, "metrics-token-file", "", "file with the token that /metrics wants, 16 characters or more; without it any token of the API will do, and none is wanted on a loopback address")
	cmd.Flags().StringVar(&f.webhookURL, "webhook-url", "", "https address that is told when an alert fires")
	cmd.Flags().StringVar(&f.webhookSecret, "webhook-secret-file", "", "file with the secret that signs what the webhook is told, 16 characters or more")
	cmd.Flags().BoolVar(&f.webhookPrivate, "webhook-allow-private", false, "let the webhook be in a private network, and plain http")
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
	sender, err := senderFor(f, a.now)
	if err != nil {
		return err
	}
	metricsToken, err := metricsTokenOf(f)
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
	engine := a.alerts(db, sender, log)
	h, err := server.New(db, server.Config{
		ResponseStyle: server.Style(f.style), Tokens: tokens, RateLimit: f.rateLimit, Logger: log, Now: a.now, Arrived: engine.Kick,
		MetricsToken: metricsToken, MetricsClosed: !loopback(l.Addr()),
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	l, scheme, err := f.tls.wrap(l, a.now, log)
	if err != nil {
		return err
	}
	if !a.flags.readOnly {
		defer inBackground(engine)()
	}
	if token == "" {
		a.nameAccounts(ctx, db, tokens, f.tokenFile)
	}
	fmt.Fprintf(a.io.Out, "base URL  %s://%s%s\n", scheme, l.Addr(), server.BasePath) // shown as far as can be
	if token != "" {
		fmt.Fprintf(a.io.Out, "account   %s\ntoken     %s\n", LocalAccount, token) // shown as far as can be
	} else {
		fmt.Fprintf(a.io.Out, "account   as %s says\n", clean.Line(f.tokenFile)) // shown as far as can be
	}
	return server.Serve(ctx, l, cors.Allow(h, f.origins), log)
}

// nameAccounts says which accounts a database has where no token opens any of
// them: whoever asks would be answered empty lists, and wonder.
func (a *app) nameAccounts(ctx context.Context, db *store.DB, tokens server.TokenSource, file string) {
	accounts, err := db.Accounts(ctx)
	switch {
	case err != nil:
		fmt.Fprintln(a.io.Err, "warning:", clean.Line(err.Error())) // shown as far as can be
	case len(accounts) > 0 && !server.Opens(tokens, accounts):
		some := accounts[:min(len(accounts), 5)]
		text := strings.Join(some, ", ")
		if more := len(accounts) - len(some); more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		fmt.Fprintf(a.io.Err, "warning: every token of %s opens an empty account; the database holds events of: %s\n", clean.Line(file), clean.Line(text)) // shown as far as can be
	}
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

// leastMetricsToken keeps a file from holding something that is guessed.
const leastMetricsToken = 16

// metricsTokenOf reads what /metrics wants, "" where no file is named.
func metricsTokenOf(f serveFlags) (string, error) {
	if f.metrics == "" {
		return "", nil
	}
	token, err := server.ReadSecret(f.metrics)
	if err != nil {
		return "", fmt.Errorf("reading the token of the metrics: %w", err)
	}
	if len(token) < leastMetricsToken {
		return "", fmt.Errorf("the token of the metrics in %s has %d characters, want %d at least", f.metrics, len(token), leastMetricsToken)
	}
	return token, nil
}

// loopback reports whether only this machine reaches an address.
func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// senderFor makes the webhook of the flags; nil where there is none.
func senderFor(f serveFlags, now func() time.Time) (alerting.Sender, error) {
	if f.webhookURL == "" {
		return nil, nil
	}
	secret, err := server.ReadSecret(f.webhookSecret)
	if err != nil {
		return nil, fmt.Errorf("reading the webhook's secret: %w", err)
	}
	s, err := webhook.New(webhook.Config{URL: f.webhookURL, Secret: secret, AllowPrivate: f.webhookPrivate, Now: now})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// serveDB opens the database to serve: --db, a throwaway one for --demo alone,
// or the usual one.
func (a *app) serveDB(ctx context.Context, f serveFlags) (*store.DB, func() error, error) {
	pl, remove, err := a.servePlace(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	pl.stop() // the server that listens evaluates the alerts, and knows the webhook
	if f.demo > 0 {
		m := a.meter("making up events")
		err := fill(ctx, pl.db, demo.Generate(f.seed, f.demo, a.now()), a.now(), func(done, total int64, _ string) { m.show(done, total, int(done)) })
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
	p := profile.Profile{Name: profile.LocalName, DB: cmp.Or(a.database(), profile.DatabasePath()), ReadOnly: a.flags.readOnly}
	pl, err := a.openFile(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	return pl, pl.close, nil
}

// tlsFlags say how connections to the API are kept from being read.
type tlsFlags struct {
	files    certs.Files
	insecure bool
}

func (f *tlsFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.files.Cert, "tls-cert", "", "file with the certificate to serve by HTTPS, in PEM; read again when it changes")
	cmd.Flags().StringVar(&f.files.Key, "tls-key", "", "file with the certificate's key, in PEM")
	cmd.Flags().StringVar(&f.files.ClientCA, "tls-client-ca", "", "file with the authorities whose certificates clients must have, in PEM")
	cmd.Flags().BoolVar(&f.insecure, "insecure", false, "listen without TLS where others can read along")
}

// check refuses flags that don't go together, and listening in the clear
// where others can read along without it having been said.
func (f *tlsFlags) check(listen string) error {
	switch {
	case (f.files.Cert == "") != (f.files.Key == ""):
		return usagef("HTTPS needs --tls-cert and --tls-key")
	case f.files.ClientCA != "" && f.files.Cert == "":
		return usagef("--tls-client-ca needs --tls-cert and --tls-key")
	case f.insecure && f.files.Cert != "":
		return usagef("--insecure and --tls-cert: want one of them")
	case f.files.Cert == "" && !f.insecure && !onLoopback(listen):
		return usagef("--listen %s is not this machine alone, and without TLS whoever is on the way reads tokens and events: give --tls-cert and --tls-key, or --insecure where something else encrypts", listen)
	}
	return nil
}

// onLoopback tells whether an address to listen on is reached from this
// machine only. A name counts by what it is, not by what it resolves to.
func onLoopback(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return true // no address: listening refuses it
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// wrap makes a listener speak TLS where there is a certificate, and gives the
// scheme its URL has.
func (f *tlsFlags) wrap(l net.Listener, now func() time.Time, log *slog.Logger) (net.Listener, string, error) {
	if f.files.Cert == "" {
		return l, "http", nil
	}
	config, err := certs.Config(f.files, now, log)
	if err != nil {
		return nil, "", errors.Join(fmt.Errorf("serving by HTTPS: %w", err), l.Close())
	}
	return tls.NewListener(l, config), "https", nil
}
