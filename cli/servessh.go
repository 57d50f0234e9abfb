package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/ssh"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/client"
	"threatbench/api/demo"
	"threatbench/api/knowngood"
	"threatbench/api/server"
	"threatbench/api/store"
	"threatbench/cli/guard"
	"threatbench/cli/profile"
	"threatbench/cli/share"
	"threatbench/cli/sshd"
	"threatbench/cli/team"
)

type sshFlags struct {
	listen  string
	hostKey string
	keys    string
	roles   string
	revoked string
	audit   string
	demo    int
	seed    uint64
	idle    time.Duration
	most    int
	perKey  int
	quiet   bool
}

func (a *app) serveSSHCommand() *cobra.Command {
	var f sshFlags
	cmd := &cobra.Command{
		Use:   "ssh",
		Short: "Serve the workbench over SSH",
		Long: "Serves the workbench to everybody whose key stands in the file of authorised keys, until it is told to end. " +
			"The host key is made where it is missing, and its fingerprint printed. Without a roles file every key may triage. " +
			"Nothing is served but the workbench and the commands events and export.",
		Example: "threatbench serve ssh --host-key host_key --authorized-keys ~/.ssh/authorized_keys --demo 10000\nssh -p 23234 127.0.0.1",
		Args:    cobra.ArbitraryArgs,
	}
	check := func(args []string) error {
		if f.demo < 0 || f.demo > demoMost {
			return usagef("--demo %d: want 0 to %d", f.demo, demoMost)
		}
		if f.demo > 0 && a.flags.profile != "" {
			return usagef("--demo and --profile: name one of them")
		}
		if f.keys == "" {
			return usagef("--authorized-keys: name the file of the keys that may come in")
		}
		if f.idle <= 0 {
			return usagef("--idle %s: want more than none", f.idle)
		}
		if f.most < 1 {
			return usagef("--max-sessions %d: want 1 at least", f.most)
		}
		if f.perKey < 1 {
			return usagef("--max-per-key %d: want 1 at least", f.perKey)
		}
		return noArgs(args)
	}
	cmd.RunE = a.run(check, func(ctx context.Context, _ []string) error { return a.serveSSH(ctx, f) })
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:23234", "address to listen on; port 0 takes a free one")
	cmd.Flags().StringVar(&f.hostKey, "host-key", "", "file of the host key, made where it is missing (default: among the program's state)")
	cmd.Flags().StringVar(&f.keys, "authorized-keys", "", "file of the public keys that may come in, one a line, and of authorities (cert-authority)")
	cmd.Flags().StringVar(&f.roles, "roles", "", "file of what each key may do and see")
	cmd.Flags().StringVar(&f.revoked, "revoked-keys", "", "file of what may no longer come in: public keys, fingerprints, or a list made by ssh-keygen -k")
	cmd.Flags().StringVar(&f.audit, "audit", "", "audit log to append to (default: among the program's state)")
	cmd.Flags().IntVar(&f.demo, "demo", 0, "serve a throwaway database of this many made-up events")
	cmd.Flags().Uint64Var(&f.seed, "seed", 1, "which story --demo tells")
	cmd.Flags().DurationVar(&f.idle, "idle", sshd.DefaultIdle, "end a session in which nothing is typed for this long")
	cmd.Flags().IntVar(&f.most, "max-sessions", sshd.DefaultMaxSessions, "sessions at once")
	cmd.Flags().IntVar(&f.perKey, "max-per-key", sshd.DefaultPerKey, "of them of one key, or of one name on certificates")
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "log nothing")
	return cmd
}

func (a *app) serveSSH(ctx context.Context, f sshFlags) (err error) {
	ctx, stop := untilSignal(ctx)
	defer stop()
	book, err := sshd.OpenBook(sshd.Files{Keys: f.keys, Roles: f.roles, Revoked: f.revoked})
	if err != nil {
		return err
	}
	key, made, err := sshd.HostKey(cmp.Or(f.hostKey, filepath.Join(profile.StatePath(), "ssh_host_ed25519_key")))
	if err != nil {
		return err
	}
	audit, err := sshd.OpenAudit(cmp.Or(f.audit, filepath.Join(profile.StatePath(), "ssh-audit.jsonl")))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, audit.Close()) }()
	h, err := a.newHosting(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	log := slog.New(slog.DiscardHandler)
	if !f.quiet {
		log = slog.New(slog.NewTextHandler(a.io.Err, nil))
	}
	srv, err := sshd.New(sshd.Config{
		HostKey: key, Book: book, Audit: audit, Log: log, Show: h.show, Exec: h.exec, Idle: f.idle, MaxSessions: f.most, PerKey: f.perKey, Now: a.now,
	})
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", f.listen, err)
	}
	note := ""
	if made {
		note = "  (new)"
	}
	fmt.Fprintf(a.io.Out, "address   %s\nhost key  %s%s\n", l.Addr(), ssh.FingerprintSHA256(key.PublicKey()), note) // shown as far as can be
	return srv.Serve(ctx, l)
}

// hosting is what the sessions of a server share: the opened profiles.
type hosting struct {
	app      *app
	config   profile.Config
	warnings []string
	good     *knowngood.Set // values known to be harmless
	amiss    []string       // what of them could not be read

	mu     sync.Mutex
	places map[string]*shared // by the profile's name, "" being the server's own
}

// shared is a profile opened once for all its sessions.
type shared struct {
	*place
	end  func() error
	team *team.Hub

	mu     sync.Mutex
	pools  map[string]*share.Pool // what those who see the same ask once
	guards map[string]*guard.API  // of a server elsewhere, by role
}

func (h *hosting) share(pl *place, end func() error) *shared {
	return &shared{place: pl, end: end, team: team.New(h.app.now), pools: map[string]*share.Pool{}, guards: map[string]*guard.API{}}
}

// newHosting opens the server's own profile, so that what is wrong with it is
// known before anybody comes.
func (a *app) newHosting(ctx context.Context, f sshFlags) (*hosting, error) {
	c, warnings, err := a.settings()
	if err != nil {
		return nil, err
	}
	if f.demo > 0 {
		c.KnownGood.Without = append(c.KnownGood.Without, knowngood.Documentation) // what made-up events are of
	}
	good, unread := loadKnownGood(c.KnownGood)
	h := &hosting{
		app: a, config: c, warnings: slices.Concat(warnings, unread), places: map[string]*shared{},
		good: good, amiss: slices.Concat(unread, ofKnownGood(warnings)),
	}
	var own *shared
	if f.demo > 0 && a.flags.db == "" {
		own, err = h.openDemo(ctx, f)
	} else {
		own, err = h.openOwn(ctx)
	}
	if err != nil {
		return nil, err
	}
	h.places[""] = own
	return h, nil
}

func (h *hosting) openDemo(ctx context.Context, f sshFlags) (*shared, error) {
	pl, remove, err := h.app.throwaway(ctx)
	if err != nil {
		return nil, err
	}
	m := h.app.meter("making up events")
	err = fill(ctx, pl.db, demo.Generate(f.seed, f.demo, h.app.now()), h.app.now(), func(done, total int64, _ string) { m.show(done, total, int(done)) })
	m.clear()
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	return h.share(pl, remove), nil
}

func (h *hosting) openOwn(ctx context.Context) (*shared, error) {
	p, err := h.app.choose(h.config)
	if err != nil {
		return nil, err
	}
	return h.openProfile(ctx, p)
}

func (h *hosting) openProfile(ctx context.Context, p profile.Profile) (*shared, error) {
	pl, err := h.app.open(ctx, p)
	if err != nil {
		return nil, err
	}
	return h.share(pl, pl.close), nil
}

func (h *hosting) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var err error
	for _, s := range h.places {
		err = errors.Join(err, s.end())
	}
	return err
}

// of is the profile that a role opens.
func (h *hosting) of(ctx context.Context, who sshd.Role) (*shared, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.places[who.Profile]; s != nil {
		return s, nil
	}
	if own := h.places[""]; who.Profile == own.profile.Name {
		return own, nil
	}
	p, err := h.config.Choose(who.Profile, h.app.env)
	if err != nil {
		return nil, err
	}
	s, err := h.openProfile(ctx, p)
	if err != nil {
		return nil, err
	}
	h.places[who.Profile] = s
	return s, nil
}

// enter is the profile as one person may use it: a client of their own, whose
// requests reach the shared server under their grant.
func (h *hosting) enter(ctx context.Context, one *sshd.Session) (*place, error) {
	who := one.Who
	s, err := h.of(ctx, who)
	if err != nil {
		return nil, err
	}
	p := s.profile
	p.ReadOnly = p.ReadOnly || who.Kind == sshd.Read
	if s.db == nil {
		return h.enterRemote(s, p, who)
	}
	cl, err := mounted(s, grantFor(who, p))
	if err != nil {
		return nil, err
	}
	pool, err := s.pool(limitKey(who), h.app.now, func() (async.Client, error) { return mounted(s, readOnly(who, p)) })
	if err != nil {
		return nil, err
	}
	return &place{Client: cl, stats: cl.Stats, api: share.New(cl, pool), profile: p, db: s.db, limit: *grantFor(who, p).Limit, lent: true}, nil
}

// mounted is a client of the profile's server under a grant.
func mounted(s *shared, g server.Grant) (*client.Client, error) {
	return client.New(client.Config{BaseURL: mountedURL, Account: LocalAccount, Retries: -1, Transport: server.Mount(server.As(s.handler, g))})
}

// readOnly is the grant under which is read what all of a limit share.
func readOnly(who sshd.Role, p profile.Profile) server.Grant {
	g := grantFor(who, p)
	g.Permission, g.Name = server.PermRead, "shared"
	return g
}

// enterRemote keeps the role on this side: a server elsewhere knows nothing of
// our roles. The place has no client of its own, so that none can be used
// around the guard.
func (h *hosting) enterRemote(s *shared, p profile.Profile, who sshd.Role) (*place, error) {
	rights := guard.Rights{Kind: guard.Triage, Datasets: who.Datasets, MaxTLP: who.MaxTLP}
	switch {
	case p.ReadOnly:
		rights.Kind = guard.Read
	case who.Kind == sshd.Admin:
		rights.Kind = guard.Admin
	}
	own := s.guarded(rights, h.app.now)
	pool, err := s.pool(limitKey(who), h.app.now, func() (async.Client, error) {
		rights.Kind = guard.Read
		return s.guarded(rights, h.app.now), nil
	})
	if err != nil {
		return nil, err
	}
	return &place{stats: s.Stats, api: share.New(own, pool), profile: p, lent: true}, nil
}

// guarded is the profile's client under rights, the same for all who have
// them: what it has learnt of the account it need not ask again.
func (s *shared) guarded(r guard.Rights, now func() time.Time) *guard.API {
	key := fmt.Sprintf("%d %d %q", r.Kind, r.MaxTLP, r.Datasets)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.guards[key] == nil {
		s.guards[key] = guard.New(s.Client, r, now)
	}
	return s.guards[key]
}

// limitKey is the same for roles that see the same of a profile, and for no
// others.
func limitKey(who sshd.Role) string {
	names := slices.Clone(who.Datasets)
	slices.Sort(names)
	return fmt.Sprintf("%d %q", who.MaxTLP, names)
}

// pool is what those of a limit share. Counts are shared where they cost an
// account's quota.
func (s *shared) pool(key string, now func() time.Time, reader func() (async.Client, error)) (*share.Pool, error) {
	s.mu.Lock()
	p := s.pools[key]
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	c, err := reader()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pools[key] == nil {
		s.pools[key] = share.NewPool(c, s.db == nil, now)
	}
	return s.pools[key], nil
}

// changed has everything that is shared asked anew: it may be wrong now.
func (s *shared) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pools {
		p.Drop()
	}
}

// grantFor is a role in the server's terms.
func grantFor(who sshd.Role, p profile.Profile) server.Grant {
	g := server.Grant{
		Account: LocalAccount, Permission: server.PermTriage, Name: who.Name,
		Limit: &store.Limit{Datasets: who.Datasets, MaxTLP: who.MaxTLP},
	}
	switch {
	case p.ReadOnly:
		g.Permission = server.PermRead
	case who.Kind == sshd.Admin:
		g.Permission = server.PermWrite
	}
	return g
}

// show runs the workbench of a session.
func (h *hosting) show(ctx context.Context, one *sshd.Session) error {
	pl, err := h.enter(ctx, one)
	if err != nil {
		return err
	}
	a := h.app
	s := Session{
		API: pl.client(), Source: pl.source(), Stats: pl.stats, Profile: pl.profile.Name, Version: version(), ReadOnly: pl.profile.ReadOnly,
		UI: h.config.UI, Keys: h.config.Keys, Good: h.good, Warnings: h.warnings, StateDir: stateDir(), Now: a.now,
		Connect: "Accounts are named by whoever runs this server.", Hosted: one,
	}
	if pl.db != nil {
		s.Datasets = []string{api.ScopeAll}
	}
	sh, err := h.of(ctx, one.Who)
	if err != nil {
		return err
	}
	if !sh.made {
		var warning string
		if s.State, warning = profile.OpenState(s.StateDir, pl.owner(one.Who.Name), ""); warning != "" {
			s.Warnings = append(slices.Clone(s.Warnings), warning)
		}
	}
	s.Team = sh.team.Join(personOf(one, pl))
	defer s.Team.Leave()
	s.Audit = func(r async.AuditRecord) {
		one.Note(audited(r))
		sh.changed()
		s.Team.Changed(r.Result)
	}
	return a.bench(ctx, s)
}

// personOf is a session's person as the others may know them, and what they may
// know of the others.
func personOf(one *sshd.Session, pl *place) team.Person {
	p := team.Person{Name: one.Who.Name, Active: one.Active}
	if one.Who.Limited() {
		p.Event = pl.client().Event
	}
	return p
}

// exec runs a command of a session: events or export, as from a shell but on
// the session's streams, under its role, and without touching a file.
func (h *hosting) exec(ctx context.Context, one *sshd.Session) int {
	pl, err := h.enter(ctx, one)
	if err != nil {
		fmt.Fprintln(one.Err, "threatbench: "+oneLine(err)) // said as far as can be
		return exitFailed
	}
	a := &app{
		io: Streams{In: one.In, Out: one.Out, Err: one.Err}, env: h.app.env, now: h.app.now,
		tty: func(any) bool { return false }, given: pl, good: h.good, amiss: h.amiss,
	}
	if first := firstOf(one.Command); first != "events" && first != "export" {
		a.fail(usagef("no command %q here: want events or export, or none for the workbench", first))
		return a.exit()
	}
	root := &cobra.Command{Use: "ssh HOST --", SilenceErrors: true, SilenceUsage: true}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{flagMistake(err)} })
	root.AddCommand(a.eventsCommand(), a.exportCommand())
	root.SetArgs(one.Command)
	root.SetIn(one.In)
	root.SetOut(one.Out)
	root.SetErr(one.Err)
	if err := root.ExecuteContext(ctx); err != nil {
		a.fail(usageError{err})
	}
	return a.exit()
}

func firstOf(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}
