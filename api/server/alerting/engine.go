// Package alerting makes query alerts real: when events arrive that match a
// saved query with an enabled alert, it puts an entry into the inbox and, where
// one is configured, tells a webhook.
package alerting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"threatbench/api"
	"threatbench/api/server/webhook"
	"threatbench/api/store"
)

// Store is what the engine needs of the database; *store.DB is one. Events are
// numbered in the order they were committed, so that nothing is missed and
// nothing told twice, also where several engines share a database.
type Store interface {
	AlertAccounts(ctx context.Context) ([]string, error)
	Alerts(ctx context.Context, account string) ([]api.Alert, error)
	SavedQuery(ctx context.Context, account string, id int64) (api.SavedQuery, error)
	AlertSeen(ctx context.Context, account string, alert int64) (int64, error)
	Arrived(ctx context.Context, account string, q api.ListQuery, after int64, most int) (store.Arrival, error)
	FireAlert(ctx context.Context, account string, n api.Notification, span store.AlertSpan) (api.Notification, bool, error)
	PassAlerts(ctx context.Context, account string, spans []store.AlertSpan) error
	DisableAlert(ctx context.Context, account string, alert int64, reason string) error
	ClaimUntold(ctx context.Context) (store.Untold, bool, error)
	Told(ctx context.Context, u store.Untold, delivered bool) error
}

// Sender tells the outside of a notification; webhook.Sender is one.
type Sender interface {
	Send(ctx context.Context, body []byte) error
}

// Config adjusts an engine.
type Config struct {
	Parse  func(queryJSON string) (api.ListQuery, error) // reads a saved query
	Sender Sender                                        // nil: the inbox only
	Pause  time.Duration                                 // least time between two looks at an account; 0 means a second
	Tick   time.Duration                                 // how often every account is looked at unasked; 0 means a minute
	Logger *slog.Logger                                  // nil drops
	Now    func() time.Time                              // nil means time.Now
}

// maxListed is how many events a notification names.
const maxListed = 20

// Engine looks for alerts to fire. Kick and Run are safe to use at once.
type Engine struct {
	store    Store
	config   Config
	mu       sync.Mutex
	kicked   map[string]bool
	wake     chan struct{}
	outgoing chan struct{} // something may have to be told to the webhook
}

// New makes an engine; it does nothing until Run.
func New(store Store, c Config) *Engine {
	if c.Pause == 0 {
		c.Pause = time.Second
	}
	if c.Tick == 0 {
		c.Tick = time.Minute
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Engine{store: store, config: c, kicked: make(map[string]bool), wake: make(chan struct{}, 1), outgoing: make(chan struct{}, 1)}
}

// Kick says that events arrived in an account. It never waits.
func (e *Engine) Kick(account string) {
	e.mu.Lock()
	e.kicked[account] = true
	e.mu.Unlock()
	nudge(e.wake)
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake already
	}
}

// Run looks at accounts as they are kicked, and at all of them now and then,
// until ctx ends. It returns once its deliveries have ended too.
func (e *Engine) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { e.deliver(ctx) })
	tick := time.NewTicker(e.config.Tick)
	defer tick.Stop()
	e.kickAll(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			e.kickAll(ctx)
		case <-e.wake:
			e.lookAtKicked(ctx)
			pause(ctx, e.config.Pause)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (e *Engine) kickAll(ctx context.Context) {
	nudge(e.outgoing)
	accounts, err := e.store.AlertAccounts(ctx)
	if err != nil {
		e.complain(ctx, "listing the accounts with alerts", err)
		return
	}
	for _, a := range accounts {
		e.Kick(a)
	}
}

func (e *Engine) lookAtKicked(ctx context.Context) {
	e.mu.Lock()
	accounts := e.kicked
	e.kicked = make(map[string]bool)
	e.mu.Unlock()
	for account := range accounts {
		if err := e.lookAt(ctx, account); err != nil {
			e.complain(ctx, "looking for alerts to fire", err)
		}
	}
}

func (e *Engine) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		e.config.Logger.Error(what, slog.String("error", err.Error()))
	}
}

// lookAt evaluates the alerts of one account; one that fails doesn't keep the
// others from it.
func (e *Engine) lookAt(ctx context.Context, account string) error {
	alerts, err := e.store.Alerts(ctx, account)
	if err != nil {
		return fmt.Errorf("listing alerts: %w", err)
	}
	var errs []error
	var passed []store.AlertSpan
	for _, a := range alerts {
		if !a.Enabled || !e.due(a) {
			continue
		}
		span, err := e.evaluate(ctx, account, a)
		if err != nil {
			errs = append(errs, fmt.Errorf("alert %d: %w", a.ID, err))
		} else if span.To > span.From {
			passed = append(passed, span)
		}
	}
	if len(passed) > 0 {
		errs = append(errs, e.store.PassAlerts(ctx, account, passed))
	}
	return errors.Join(errs...)
}

// due tells whether it is time: always for an immediate alert; for a daily one
// a day after it last told something, or was made or changed. Being switched on
// again is a change: else one that was off for a week would tell the first
// event after it at once, and not the day's.
func (e *Engine) due(a api.Alert) bool {
	if a.Frequency != api.Daily {
		return true
	}
	since := a.CreatedAt.Time
	if a.UpdatedAt.After(since) {
		since = a.UpdatedAt.Time
	}
	if a.LastSentAt != nil && a.LastSentAt.After(since) {
		since = a.LastSentAt.Time
	}
	return e.config.Now().Sub(since) >= 24*time.Hour
}

// evaluate fires an alert if events arrived that match its query; where none
// did, it answers the span that was looked at. A query that cannot be asked
// any more disables the alert, with the reason.
func (e *Engine) evaluate(ctx context.Context, account string, a api.Alert) (passed store.AlertSpan, err error) {
	saved, err := e.store.SavedQuery(ctx, account, a.QueryID)
	if err != nil {
		return passed, e.disableIfRefused(ctx, account, a, err)
	}
	if !saved.AlertEnabled {
		return passed, nil
	}
	q, err := e.config.Parse(saved.QueryJSON)
	if err != nil {
		return passed, e.disableIfRefused(ctx, account, a, err)
	}
	seen, err := e.store.AlertSeen(ctx, account, a.ID)
	if err != nil {
		return passed, err
	}
	found, err := e.store.Arrived(ctx, account, q, seen, maxListed)
	if err != nil {
		return passed, e.disableIfRefused(ctx, account, a, err)
	}
	span := store.AlertSpan{Alert: a.ID, From: seen, To: found.Last}
	if found.Count == 0 {
		return span, nil
	}
	return passed, e.fire(ctx, account, saved, span, found)
}

func (e *Engine) fire(ctx context.Context, account string, saved api.SavedQuery, span store.AlertSpan, found store.Arrival) error {
	_, fired, err := e.store.FireAlert(ctx, account, api.Notification{
		AlertID: span.Alert, QueryID: saved.ID, QueryName: saved.Name, At: api.TimeOf(e.config.Now()), Count: found.Count, EventIDs: found.Newest,
	}, span)
	if err != nil {
		return fmt.Errorf("firing: %w", err)
	}
	if fired {
		nudge(e.outgoing)
	}
	return nil
}

// disableIfRefused switches an alert off where the contract refused its query;
// any other failure, such as a database that can't be reached, is the machine's
// and may pass.
func (e *Engine) disableIfRefused(ctx context.Context, account string, a api.Alert, err error) error {
	var refused *api.Error
	if !errors.As(err, &refused) || refused.Status >= http.StatusInternalServerError {
		return err
	}
	return e.store.DisableAlert(ctx, account, a.ID, refused.Message)
}

// deliver tells the webhook what it hasn't been told, as long as the engine
// runs. What one process cannot deliver stays in the inbox as untold, for the
// next try.
func (e *Engine) deliver(ctx context.Context) {
	if e.config.Sender == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.outgoing:
			if err := e.deliverAll(ctx); err != nil {
				e.complain(ctx, "telling the webhook", err)
			}
		}
	}
}

func (e *Engine) deliverAll(ctx context.Context) error {
	var errs []error
	for ctx.Err() == nil {
		u, found, err := e.store.ClaimUntold(ctx)
		if err != nil || !found {
			return errors.Join(append(errs, err)...)
		}
		errs = append(errs, e.tell(ctx, u))
	}
	return errors.Join(errs...)
}

// tell sends one notification. One that the other side refuses is given up;
// after any other failure another try follows, until it is news no more.
func (e *Engine) tell(ctx context.Context, u store.Untold) error {
	body, err := json.Marshal(struct {
		Account string `json:"account"`
		api.Notification
	}{u.Account, u.Notification})
	if err != nil {
		return fmt.Errorf("writing a notice: %w", err)
	}
	sent := e.config.Sender.Send(ctx, body)
	if sent != nil && !errors.Is(sent, webhook.ErrRefused) {
		return sent
	}
	return errors.Join(sent, e.store.Told(ctx, u, sent == nil))
}
