package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"threatbench/api"
	"threatbench/api/client"
	"threatbench/api/demo"
	"threatbench/api/server"
	"threatbench/api/store"
)

const account = "local"

// prepare makes the database of n events unless it is there from a run before,
// and tells how fast events went in through the API.
func prepare(ctx context.Context, path string, n int, t *table) (err error) {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	c, done, err := connect(ctx, path+".new")
	if err != nil {
		return err
	}
	start := time.Now()
	if err := fill(ctx, c, n); err != nil {
		return errors.Join(err, done())
	}
	t.count("api", "bulk create, all of it searchable at the end", float64(n)/time.Since(start).Seconds(), "events/s", -15_000)
	if err := done(); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keeping the database: %w", err)
	}
	return nil
}

// fill sends the demo's story, two batches under way at a time.
func fill(ctx context.Context, c *client.Client, n int) error {
	ids := map[string]string{}
	sets, err := c.Datasets(ctx)
	if err != nil {
		return fmt.Errorf("reading the datasets: %w", err)
	}
	for _, d := range sets {
		ids[d.Name] = d.UUID
	}
	type answer struct{ err error }
	under := make(chan struct{}, 2)
	answers := make(chan answer, 2)
	sent := 0
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for b := range demo.Generate(1, n, now).Batches(1000) {
		id, ok := ids[b.Dataset]
		if !ok {
			d, err := c.CreateDataset(ctx, b.Dataset, false)
			if err != nil {
				return fmt.Errorf("creating a dataset: %w", err)
			}
			id, ids[b.Dataset] = d.UUID, d.UUID
		}
		for i := range b.Events {
			b.Events[i].Relationships, b.Events[i].References = nil, nil // an import sends them in a second pass
		}
		under <- struct{}{}
		sent++
		go func() {
			r, err := c.CreateBulk(ctx, api.BulkCreate{DatasetID: id, Data: b.Events, PreserveUUID: true})
			if err == nil && r.ErrorCount > 0 {
				err = fmt.Errorf("an event was refused: %s", r.Errors[0].Error)
			}
			<-under
			answers <- answer{err}
		}()
		for len(answers) > 0 {
			if a := <-answers; a.err != nil {
				return fmt.Errorf("creating events: %w", a.err)
			}
			sent--
		}
	}
	for ; sent > 0; sent-- {
		if a := <-answers; a.err != nil {
			return fmt.Errorf("creating events: %w", a.err)
		}
	}
	return nil
}

// connect is the real path: client, server in memory, store.
func connect(ctx context.Context, path string) (*client.Client, func() error, error) {
	db, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		return nil, nil, fmt.Errorf("opening %s: %w", path, err)
	}
	h, err := server.New(db, server.Config{})
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("making the server: %w", err), db.Close())
	}
	c, err := client.New(client.Config{BaseURL: "http://memory/client/v4", Account: account, Token: "none", Transport: server.Mount(h), Timeout: 10 * time.Minute})
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("making the client: %w", err), db.Close())
	}
	return c, func() error { c.Close(); return db.Close() }, nil
}

func measureAPI(ctx context.Context, path string, n int, t *table) error {
	c, done, err := connect(ctx, path)
	if err != nil {
		return err
	}
	defer func() { _ = done() }() // only read
	m := meter{ctx: ctx, c: c, t: t}
	newest := api.ListQuery{Datasets: []string{api.ScopeAll}, PageSize: 100}
	with := func(f api.Field, op api.Op, v string) api.ListQuery {
		q := newest
		q.Search = []api.Condition{{Field: f, Op: op, Values: []string{v}}}
		return q
	}
	m.list("newest 100", 0, func(int) api.ListQuery { return newest })
	attackers := []string{"CRIMSONKELP", "DRIFTINGHERON", "HOLLOWMAGPIE", "OCHREWOLFHOUND", "COPPERMANTIS", "SPARKLINGNEWT", "LEADENSWAN"}
	m.list("newest 100 with one filter, and the count", 5*time.Millisecond, func(i int) api.ListQuery {
		return with(api.FieldAttacker, api.OpEquals, attackers[i%len(attackers)])
	})
	words := rand.New(rand.NewPCG(1, 2))
	m.list("substring in text, newest 100, new each time", 50*time.Millisecond, func(int) api.ListQuery {
		return with(api.FieldEvent, api.OpContains, fmt.Sprintf("from 203.0.113.%d", words.IntN(250)))
	})
	m.deep(n, newest)
	m.summary("all facets and the timeline, one attacker", 150*time.Millisecond, func(i int) api.ListQuery {
		return with(api.FieldAttacker, api.OpEquals, attackers[i%len(attackers)])
	})
	m.summary("all facets and the timeline, everything", 400*time.Millisecond, func(int) api.ListQuery { return newest })
	m.aggregate("group by two columns", 120*time.Millisecond, api.AggregateQuery{AggregateBy: []string{"attacker", "targetCountry"}, Datasets: newest.Datasets, Limit: 5000})
	m.aggregate("group by day", 100*time.Millisecond, api.AggregateQuery{AggregateBy: []string{"tlp"}, GroupByDate: true, Datasets: newest.Datasets, Limit: 5000})
	return m.err
}

// meter times calls; the first error ends the measuring.
type meter struct {
	ctx context.Context
	c   *client.Client
	t   *table
	err error
}

const runs = 9

// times is the median of several calls after one that warms up.
func (m *meter) times(what string, budget time.Duration, call func(i int) error) {
	var list []time.Duration
	for i := 0; i <= runs && m.err == nil; i++ {
		start := time.Now()
		if err := call(i); err != nil {
			m.err = fmt.Errorf("%s: %w", what, err)
			return
		}
		if i > 0 {
			list = append(list, time.Since(start))
		}
	}
	if m.err == nil {
		m.t.took("api", what, quantile(list, 0.5), budget)
	}
}

func (m *meter) list(what string, budget time.Duration, q func(i int) api.ListQuery) {
	m.times(what, budget, func(i int) error { _, err := m.c.List(m.ctx, q(i)); return err })
}

func (m *meter) summary(what string, budget time.Duration, q func(i int) api.ListQuery) {
	columns := []string{"attacker", "category", "targetCountry", "targetIndustry", "tlp", "indicatorType", "attackerCountry", "tags"}
	m.times(what, budget, func(i int) error {
		_, err := m.c.Summary(m.ctx, api.SummaryQuery{Filter: q(i), Facets: columns, FacetLimit: 40, MaxBuckets: 800})
		return err
	})
}

func (m *meter) aggregate(what string, budget time.Duration, q api.AggregateQuery) {
	m.times(what, budget, func(int) error { _, err := m.c.Aggregate(m.ctx, q); return err })
}

// deep times a page by cursor at nine tenths of the list.
func (m *meter) deep(n int, q api.ListQuery) {
	q.PageSize = min(api.MaxPageSize, max(n/20, 1))
	depth := 0
	for m.err == nil && depth < n*9/10 {
		p, err := m.c.List(m.ctx, q)
		if err != nil || p.Info.Cursor == "" {
			m.err = errors.Join(err, fmt.Errorf("walking the list ended at %d", depth))
			return
		}
		depth += len(p.Events)
		q = api.ListQuery{Cursor: p.Info.Cursor, PageSize: q.PageSize}
	}
	q.PageSize = 100
	m.list(fmt.Sprintf("page by cursor at depth %s", grouped(depth)), 5*time.Millisecond, func(int) api.ListQuery { return q })
}
