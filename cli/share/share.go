// Package share lets sessions of one process that see the same of a profile
// ask its server once for all of them: catalogues, saved queries, alerts, the
// inbox, and counts where each costs the account's quota.
package share

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"threatbench/api"
	"threatbench/api/async"
)

// How old an answer may be before it is asked for again, unless the one who
// asks says otherwise.
const (
	keepCatalogues = 10 * time.Minute
	keepLists      = time.Minute     // what people change all day
	keepCounts     = 5 * time.Minute // each may cost a dozen calls
	settled        = 5 * time.Second // a Forget leaves what is younger: twenty sessions that forget ask once
	longest        = 2 * time.Minute // of one call
	most           = 128             // answers kept
)

// Pool keeps what was asked for a profile, in the eyes of those who see the
// same of it: make one for each limit there is. It is safe for concurrent use.
type Pool struct {
	client async.Client
	counts bool
	now    func() time.Time

	mu   sync.Mutex
	kept map[string]*answer
}

// answer is one that is there, or under way.
type answer struct {
	at    time.Time // when it was asked for
	done  chan struct{}
	value any
	err   error
}

// NewPool makes a Pool that asks by a client, which must see no more than all
// who are given the Pool. counts tells whether counts are to be kept as well.
func NewPool(c async.Client, counts bool, now func() time.Time) *Pool {
	return &Pool{client: c, counts: counts, now: now, kept: map[string]*answer{}}
}

// Drop forgets everything: the data has changed.
func (p *Pool) Drop() { p.drop(0) }

// drop forgets what was asked for longer ago than age. What is under way still
// answers those who wait for it.
func (p *Pool) drop(age time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, a := range p.kept {
		if p.now().Sub(a.at) >= age {
			delete(p.kept, key)
		}
	}
}

// board finds an answer that is young enough, or begins one, which is then the
// caller's to give.
func (p *Pool) board(key string, age time.Duration) (a *answer, mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if a := p.kept[key]; a != nil && now.Sub(a.at) < age {
		return a, false
	}
	if len(p.kept) >= most {
		p.makeRoom()
	}
	a = &answer{at: now, done: make(chan struct{})}
	p.kept[key] = a
	return a, true
}

// makeRoom forgets the oldest answer. The caller holds the lock.
func (p *Pool) makeRoom() {
	var oldest string
	for key, a := range p.kept {
		if oldest == "" || a.at.Before(p.kept[oldest].at) {
			oldest = key
		}
	}
	delete(p.kept, oldest)
}

// unkeep forgets an answer that is none.
func (p *Pool) unkeep(key string, a *answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept[key] == a {
		delete(p.kept, key)
	}
}

// get is the answer to a question: the one there is, else that of asking.
// Whoever asks does so for all who come meanwhile, so their going away ends
// nothing.
func get[T any](ctx context.Context, p *Pool, key string, age time.Duration, ask func(context.Context) (T, error)) (T, error) {
	if d, ok := async.MaxAge(ctx); ok {
		age = d
	}
	a, mine := p.board(key, age)
	if mine {
		return give(ctx, p, key, a, ask)
	}
	var none T
	select {
	case <-a.done:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	value, ok := a.value.(T)
	if a.err == nil && !ok {
		return none, fmt.Errorf("asking for %s: the one who asked for all failed", key)
	}
	return value, a.err
}

func give[T any](ctx context.Context, p *Pool, key string, a *answer, ask func(context.Context) (T, error)) (T, error) {
	defer close(a.done)
	defer func() {
		if a.err != nil || a.value == nil {
			p.unkeep(key, a)
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	defer cancel()
	value, err := ask(ctx)
	if a.err = err; err == nil {
		a.value = value
	}
	return value, err
}

// API is one session's client: what is the same for everybody comes from a
// pool, the rest is its own.
type API struct {
	async.Client
	pool *Pool
}

// New makes a session's client of its own one and the pool of those who see
// the same.
func New(own async.Client, p *Pool) *API { return &API{own, p} }

// Forget has the pool ask anew for what isn't quite young.
func (a *API) Forget() { a.pool.drop(settled) }

func list[T any](ctx context.Context, a *API, key string, age time.Duration, ask func(context.Context) ([]T, error)) ([]T, error) {
	l, err := get(ctx, a.pool, key, age, ask)
	return slices.Clone(l), err // a session may do with it what it likes
}

// Datasets are the datasets there are.
func (a *API) Datasets(ctx context.Context) ([]api.Dataset, error) {
	return list(ctx, a, "datasets", keepCatalogues, a.pool.client.Datasets)
}

// Categories are the categories of events.
func (a *API) Categories(ctx context.Context) ([]api.Category, error) {
	return list(ctx, a, "categories", keepCatalogues, a.pool.client.Categories)
}

// Attackers are the names of attackers.
func (a *API) Attackers(ctx context.Context) ([]string, error) {
	return list(ctx, a, "attackers", keepCatalogues, a.pool.client.Attackers)
}

// IndicatorTypes are the types of indicators.
func (a *API) IndicatorTypes(ctx context.Context) ([]string, error) {
	return list(ctx, a, "indicator types", keepCatalogues, a.pool.client.IndicatorTypes)
}

// TargetIndustries are the industries.
func (a *API) TargetIndustries(ctx context.Context) ([]string, error) {
	return list(ctx, a, "industries", keepCatalogues, a.pool.client.TargetIndustries)
}

// Countries are the countries.
func (a *API) Countries(ctx context.Context) ([]api.Country, error) {
	return list(ctx, a, "countries", keepCatalogues, a.pool.client.Countries)
}

// Tags are the tags.
func (a *API) Tags(ctx context.Context) ([]api.Tag, error) {
	return list(ctx, a, "tags", keepCatalogues, a.pool.client.Tags)
}

// SavedQueries are the saved queries.
func (a *API) SavedQueries(ctx context.Context) ([]api.SavedQuery, error) {
	return list(ctx, a, "saved queries", keepLists, a.pool.client.SavedQueries)
}

// Alerts are the alerts.
func (a *API) Alerts(ctx context.Context) ([]api.Alert, error) {
	return list(ctx, a, "alerts", keepLists, a.pool.client.Alerts)
}

// Inbox is what alerts have fired.
func (a *API) Inbox(ctx context.Context, q api.InboxQuery) (api.Inbox, error) {
	in, err := get(ctx, a.pool, keyOf("inbox", q), keepLists, func(ctx context.Context) (api.Inbox, error) { return a.pool.client.Inbox(ctx, q) })
	in.Notifications = slices.Clone(in.Notifications)
	return in, err
}

// List is a page of events. It is shared only where the one who asks is
// content with an older one, as watching is.
func (a *API) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	age, ok := async.MaxAge(ctx)
	if !ok || age < time.Second || q.Cursor != "" {
		return a.Client.List(ctx, q)
	}
	return get(ctx, a.pool, keyOf("page", q), age, func(ctx context.Context) (api.Page, error) { return a.pool.client.List(ctx, q) })
}

// Summary is the counts of a filter; those of all events are shared.
func (a *API) Summary(ctx context.Context, q api.SummaryQuery) (api.Summary, error) {
	if !a.pool.counts || filters(q.Filter) {
		return a.Client.Summary(ctx, q)
	}
	return get(ctx, a.pool, keyOf("summary", q), keepCounts, func(ctx context.Context) (api.Summary, error) { return a.pool.client.Summary(ctx, q) })
}

// Groups is counts by columns and time; those of all events are shared.
func (a *API) Groups(ctx context.Context, q api.GroupQuery) (api.Groups, error) {
	if !a.pool.counts || filters(q.Filter) {
		return a.Client.Groups(ctx, q)
	}
	return get(ctx, a.pool, keyOf("groups", q), keepCounts, func(ctx context.Context) (api.Groups, error) { return a.pool.client.Groups(ctx, q) })
}

func filters(q api.ListQuery) bool { return len(q.Search)+len(q.Branches) > 0 }

// keyOf writes a question of strings, numbers and lists.
func keyOf(what string, q any) string {
	b, err := json.Marshal(q)
	if err != nil {
		panic(err) // such a question can always be written
	}
	return what + " " + string(b)
}

// Capabilities are what the session's own client says the server understands.
func (a *API) Capabilities(ctx context.Context) (api.Capabilities, error) {
	c, ok := a.Client.(async.Discoverer)
	if !ok {
		return api.Capabilities{}, nil
	}
	return c.Capabilities(ctx)
}

// LookupIndicators asks by the session's own client, which knows its limit.
func (a *API) LookupIndicators(ctx context.Context, q api.LookupRequest) ([]api.Lookup, error) {
	c, ok := a.Client.(async.Discoverer)
	if !ok {
		return nil, fmt.Errorf("looking up indicators: %w", api.ErrUnsupported)
	}
	return c.LookupIndicators(ctx, q)
}

// Explain asks by the session's own client, which knows its limit.
func (a *API) Explain(ctx context.Context, q api.ListQuery) (api.Explanation, error) {
	c, ok := a.Client.(async.Explainer)
	if !ok {
		return api.Explanation{}, fmt.Errorf("explaining a filter: %w", api.ErrUnsupported)
	}
	return c.Explain(ctx, q)
}
