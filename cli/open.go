package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/client"
	"threatbench/api/client/patience"
	"threatbench/api/interchange"
	"threatbench/api/server"
	"threatbench/api/server/alerting"
	"threatbench/api/store"
	"threatbench/cli/profile"
)

// LocalAccount is the account of the embedded server.
const LocalAccount = "local"

// mountedURL is what the client calls the embedded server: a name that never
// leaves the process.
const mountedURL = "http://embedded.invalid" + server.BasePath

// hangs is how long a server may be silent before a command gives it up.
const hangs = 20 * time.Second

// timeoutFlag gives a command its --timeout.
func (a *app) timeoutFlag(cmd *cobra.Command, timeout *time.Duration) {
	cmd.Flags().DurationVar(timeout, "timeout", hangs, "longest silence of a server before it is given up, such as 90s or 2m; 0 waits for as long as it takes")
}

// checkTimeout refuses a --timeout that means nothing.
func (a *app) checkTimeout(timeout time.Duration) error {
	switch {
	case timeout < 0:
		return usagef("--timeout %s: want 0 (no limit) or more", timeout)
	case a.given != nil && timeout != hangs:
		return usagef("--timeout: the server's own limits hold here")
	}
	return nil
}

// openWithin is openToRead with a limit on the silence of a server elsewhere.
func (a *app) openWithin(ctx context.Context, timeout time.Duration) (*place, error) {
	a.waits = &waiting{limit: timeout, notice: noticeAfter}
	return a.openToRead(ctx)
}

// patience watches over the server at a base URL, where the command wants it.
func (a *app) patience(base string) *patience.Watch {
	if a.waits == nil {
		return nil
	}
	return patience.New(patience.Config{
		Limit: a.waits.limit, Notice: a.waits.notice, Every: lineEvery,
		Say: func() { a.waits.say(a, base) },
	})
}

// place is where the events are: an account on a server elsewhere, or the
// embedded server on a database file.
type place struct {
	*client.Client
	profile profile.Profile
	db      *store.DB    // nil where the server is elsewhere
	handler http.Handler // of the embedded server
	stop    func()       // ends the evaluation of alerts
	limit   store.Limit  // what of db may be seen
	stats   func() client.Stats
	api     async.Client // what is used in the client's place; nil means the client
	lent    bool         // somebody else closes it
	made    bool         // for this run, and deleted after it
}

// open opens the profile's place; the caller closes it.
func (a *app) open(ctx context.Context, p profile.Profile) (*place, error) {
	if p.Remote() {
		return a.openRemote(ctx, p)
	}
	return a.openFile(ctx, p)
}

func (a *app) openRemote(ctx context.Context, p profile.Profile) (*place, error) {
	p, err := p.Authorise(ctx, a.env)
	if err != nil {
		return nil, err
	}
	cl, err := client.New(client.Config{
		Patience: a.patience(p.BaseURL),
		BaseURL:  p.BaseURL, Account: p.Account, Token: p.Token.Reveal(), Email: p.Email, Key: p.Key.Reveal(), UserAgent: "threatbench/" + version(),
	})
	if err != nil {
		return nil, fmt.Errorf("profile %s: %w", p.Name, err)
	}
	return &place{Client: cl, profile: p}, nil
}

func (a *app) openFile(ctx context.Context, p profile.Profile) (*place, error) {
	db, err := a.openDB(ctx, p.DB, p.ReadOnly)
	if err != nil {
		return nil, err
	}
	pl, err := a.mount(db, p)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return pl, nil
}

// openDB opens a database, making its directory where it is missing.
// A place may be the URL of a database on a server, too.
func (a *app) openDB(ctx context.Context, path string, readOnly bool) (*store.DB, error) {
	if store.IsServer(path) {
		return store.Open(ctx, path, store.Options{ReadOnly: readOnly, Now: a.now}) // it names the database and what is wrong with it
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a directory; name a database file", path)
	} else if err != nil && readOnly {
		return nil, fmt.Errorf("opening %s: there is no such database, and --read-only makes none", path)
	}
	if !readOnly {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("making the database's directory: %w", err)
		}
	}
	db, err := store.Open(ctx, path, store.Options{ReadOnly: readOnly, Now: a.now})
	if err != nil {
		return nil, err // the store names the file and what is wrong with it
	}
	return db, nil
}

// mount puts the server on db and the client on the server, in memory.
func (a *app) mount(db *store.DB, p profile.Profile) (*place, error) {
	engine := a.alerts(db, nil, nil)
	h, err := server.New(db, server.Config{Now: a.now, Arrived: engine.Kick})
	if err != nil {
		return nil, err
	}
	cl, err := client.New(client.Config{BaseURL: mountedURL, Account: LocalAccount, Transport: server.Mount(h), Retries: -1})
	if err != nil {
		return nil, err
	}
	pl := &place{Client: cl, profile: p, db: db, handler: h, stop: func() {}}
	if !p.ReadOnly {
		pl.stop = inBackground(engine)
	}
	return pl, nil
}

// alertTick is how soon an alert tells of events that another process brought.
const alertTick = 10 * time.Second

// alerts makes the engine that evaluates the alerts of a database. A nil
// sender means the inbox only.
func (a *app) alerts(db *store.DB, sender alerting.Sender, log *slog.Logger) *alerting.Engine {
	return alerting.New(db, alerting.Config{Parse: server.ParseQuery, Sender: sender, Tick: alertTick, Logger: log, Now: a.now})
}

// inBackground runs an engine; stop ends it and waits for its end.
func inBackground(e *alerting.Engine) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

func (p *place) close() error {
	if p.lent {
		return nil
	}
	p.Close()
	if p.db == nil {
		return nil
	}
	p.stop()
	if err := p.db.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", p.db.Name(), err)
	}
	return nil
}

// client is what the workbench and the commands use. A place that lends less
// than its account has no client but this.
func (p *place) client() async.Client {
	if p.api != nil {
		return p.api
	}
	return p.Client
}

// local is the embedded database as an export sees it: with the original
// bytes, which the client would neutralise.
type local struct {
	db    *store.DB
	limit store.Limit
}

// List reads a page as it is stored.
func (l local) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	return l.db.List(store.WithLimit(ctx, l.limit), LocalAccount, q)
}

// Raw reads a raw record as it is stored.
func (l local) Raw(ctx context.Context, dataset, id string) (api.Raw, error) {
	return l.db.Raw(store.WithLimit(ctx, l.limit), LocalAccount, dataset, id)
}

// Parents tells what the events hang under, so that an export keeps it.
func (l local) Parents(ctx context.Context, children []string) (map[string][]api.RelationshipInput, error) {
	return l.db.Parents(store.WithLimit(ctx, l.limit), LocalAccount, children)
}

// Datasets lists the datasets as they are stored.
func (l local) Datasets(ctx context.Context) ([]api.Dataset, error) {
	return l.db.Datasets(store.WithLimit(ctx, l.limit), LocalAccount)
}

// source is where an export from the place comes from.
func (p *place) source() interchange.Source {
	if p.db == nil {
		return p.client()
	}
	return local{p.db, p.limit}
}
