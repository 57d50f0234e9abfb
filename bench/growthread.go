package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"threatbench/api"
	"threatbench/api/client"
	"threatbench/api/interchange"
	"threatbench/api/store"
)

// growthMake fills the database unless it is there, and tells what an event
// costs.
func growthMake(ctx context.Context, g growthRun) error {
	if _, err := os.Stat(g.db); err == nil {
		return g.fileSize()
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(g.db + ".new" + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing half a database: %w", err)
		}
	}
	c, done, err := connect(ctx, g.db+".new")
	if err != nil {
		return err
	}
	d, err := c.CreateDataset(ctx, "hard", false)
	if err != nil {
		return errors.Join(err, done())
	}
	err = g.create(ctx, c, "bulk create", d.UUID, 0, g.n)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	g.size("memory: most, creating", "MiB", "", inProc("status", "VmHWM")/1024)
	if err := os.Rename(g.db+".new", g.db); err != nil {
		return fmt.Errorf("keeping the database: %w", err)
	}
	return g.fileSize()
}

// fileSize tells how many bytes an event takes beside its raw record.
func (g growthRun) fileSize() error {
	info, err := os.Stat(g.db)
	if err != nil {
		return fmt.Errorf("measuring the database: %w", err)
	}
	raw, sample := 0, min(g.n, 1000)
	for i := range sample {
		raw += len(g.hard.event(i).Raw.Data)
	}
	g.size("bytes an event, its raw record left out", "B", "650", float64(info.Size())/float64(g.n)-float64(raw)/float64(sample))
	return nil
}

// create makes events from..to. Making them up is timed apart and left out of
// the processor time.
func (g growthRun) create(ctx context.Context, c *client.Client, what, dataset string, from, to int) error {
	const batch = 1000
	written := inProc("io", "write_bytes")
	var wall, cpu time.Duration
	for at := from; at < to; at += batch {
		in := api.BulkCreate{DatasetID: dataset, PreserveUUID: true}
		for i := at; i < min(at+batch, to); i++ {
			in.Data = append(in.Data, g.hard.event(i))
		}
		before, start := processorTime(), time.Now()
		r, err := c.CreateBulk(ctx, in)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if r.CreatedEventsCount != len(in.Data) {
			return fmt.Errorf("%s: %d of %d events were made", what, r.CreatedEventsCount, len(in.Data))
		}
		wall += time.Since(start)
		cpu += processorTime() - before
	}
	n := float64(to - from)
	g.put(figure{What: what, Value: n / wall.Seconds(), Unit: "events/s", CPU: cpu / time.Duration(to-from), Aim: "20,000, 60 µs"})
	if written >= 0 {
		g.size(what+": written an event", "B", "", (inProc("io", "write_bytes")-written)/n)
	}
	return nil
}

// growthRead measures what only reads.
func growthRead(ctx context.Context, g growthRun) error {
	var c *client.Client
	var done func() error
	newest := api.ListQuery{Datasets: []string{api.ScopeAll}, PageSize: 100}
	err := g.once("start: open, and the newest 100", "100", func() (err error) {
		if c, done, err = connect(ctx, g.db); err != nil {
			return err
		}
		_, err = c.List(ctx, newest)
		return err
	})
	if done != nil {
		defer func() { _ = done() }() // only read
	}
	if err != nil {
		return err
	}
	r := growthReader{growthRun: g, ctx: ctx, c: c, newest: newest}
	for _, step := range []func() error{r.lists, r.words, r.lookups, r.counts, r.exports} {
		if err := step(); err != nil {
			return err
		}
	}
	g.size("memory: most, reading", "MiB", "150; 400 at 10 million", inProc("status", "VmHWM")/1024)
	return nil
}

type growthReader struct {
	growthRun
	ctx    context.Context
	c      *client.Client
	newest api.ListQuery
}

func (r growthReader) with(f api.Field, op api.Op, v string) api.ListQuery {
	q := r.newest
	q.Search = []api.Condition{{Field: f, Op: op, Values: []string{v}}}
	return q
}

func (r growthReader) list(what, aim string, q func(i int) api.ListQuery) error {
	return r.times(what, aim, func(i int) error { _, err := r.c.List(r.ctx, q(i)); return err })
}

func (r growthReader) lists() error {
	h := r.hard
	sorted := func(by, order string) func(int) api.ListQuery {
		return func(int) api.ListQuery {
			q := r.newest
			q.OrderBy, q.Order = by, order
			return q
		}
	}
	return errors.Join(
		r.list("newest 100", "", func(int) api.ListQuery { return r.newest }),
		r.list("newest 100, a frequent attacker, count", "3", func(i int) api.ListQuery { return r.with(api.FieldAttacker, api.OpEquals, h.attackers[i]) }),
		r.list("newest 100, a rare attacker, count", "3", func(i int) api.ListQuery {
			return r.with(api.FieldAttacker, api.OpEquals, h.attackers[hardAttackers/2+i])
		}),
		r.list("indicator equals, newest 100", "1, flat", func(i int) api.ListQuery {
			return r.with(api.FieldIndicator, api.OpEquals, h.event(i*r.n/10).Indicator)
		}),
		r.list("first 100 by text", "5", sorted("event", "asc")),
		r.list("first 100 by attacker", "5", sorted("attacker", "asc")),
		r.list("first 100 by indicator, falling", "5", sorted("indicator", "desc")),
	)
}

// words measures first pages, as the workbench asks for them, and counts.
func (r growthReader) words() error {
	db, err := store.Open(r.ctx, r.db, store.Options{})
	if err != nil {
		return fmt.Errorf("opening the database again: %w", err)
	}
	defer func() { _ = db.Close() }() // only read
	word := func(rank int) func(int) string { return func(i int) string { return r.hard.words[rank+7*i] } }
	two := func(i int) string { return r.hard.words[100+i] + " " + r.hard.words[200+3*i] }
	first := func(what string, f api.Field, op api.Op, value func(int) string) error {
		return r.times(what, "30", func(i int) error {
			_, err := db.ListWith(r.ctx, account, r.with(f, op, value(i)), store.ListOptions{TotalLater: true})
			return err
		})
	}
	part := func(i int) string { w := r.hard.words[3000+i]; return w[1:] + " " }
	return errors.Join(
		first("a frequent word (1 in 100), first page", api.FieldText, api.OpFind, word(100)),
		first("a word (1 in 1,000), first page", api.FieldText, api.OpFind, word(1000)),
		first("a rare word (1 in 50,000), first page", api.FieldText, api.OpFind, word(60_000)),
		first("two words, first page", api.FieldText, api.OpFind, two),
		first("a substring of texts, first page", api.FieldEvent, api.OpContains, part),
		r.list("a word (1 in 1,000), newest 100 and count", "600 at 10 million", func(i int) api.ListQuery { return r.with(api.FieldText, api.OpFind, word(1200)(i)) }),
	)
}

func (r growthReader) lookups() error {
	const all = 10_000
	values := make([]string, all)
	for i := range values {
		if i%2 == 0 {
			values[i] = r.hard.event(i * (r.n / all)).Indicator
		} else {
			values[i] = r.hard.event(2*r.n + i).Indicator
		}
	}
	return r.times("look-up of 10,000 indicators", "1000", func(int) error {
		for at := 0; at < all; at += api.MaxLookup {
			if _, err := r.c.LookupIndicators(r.ctx, api.LookupRequest{Indicators: values[at : at+api.MaxLookup]}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r growthReader) counts() error {
	facets := []string{"attacker", "category", "targetCountry", "targetIndustry", "tlp", "indicatorType", "attackerCountry", "tags"}
	summary := func(what, aim string, q func(int) api.ListQuery) error {
		return r.times(what, aim, func(i int) error {
			_, err := r.c.Summary(r.ctx, api.SummaryQuery{Filter: q(i), Facets: facets, FacetLimit: 40, MaxBuckets: 800})
			return err
		})
	}
	pair := api.AggregateQuery{AggregateBy: []string{"attacker", "targetCountry"}, Datasets: r.newest.Datasets, Limit: 1000}
	return errors.Join(
		summary("all facets and the timeline, everything", "60", func(int) api.ListQuery { return r.newest }),
		summary("all facets and the timeline, a rare attacker", "5", func(i int) api.ListQuery {
			return r.with(api.FieldAttacker, api.OpEquals, r.hard.attackers[hardAttackers/2+100+i])
		}),
		r.times("aggregate by attacker and target", "", func(int) error { _, err := r.c.Aggregate(r.ctx, pair); return err }),
		r.times("aggregate by day", "", func(int) error {
			_, err := r.c.Aggregate(r.ctx, api.AggregateQuery{AggregateBy: []string{"tlp"}, GroupByDate: true, Datasets: r.newest.Datasets, Limit: 5000})
			return err
		}),
		r.callers(pair),
	)
}

// callers lets 64 ask for the same aggregate.
func (r growthReader) callers(q api.AggregateQuery) error {
	const many, length = 64, 3 * time.Second
	ctx, cancel := context.WithTimeout(r.ctx, length)
	defer cancel()
	var n atomic.Int64
	var wg sync.WaitGroup
	var failed atomic.Value
	start := time.Now()
	for range many {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := r.c.Aggregate(ctx, q); err == nil {
					n.Add(1)
				} else if ctx.Err() == nil {
					failed.Store(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err, ok := failed.Load().(error); ok {
		return err
	}
	r.size("the same aggregate, 64 callers", "requests/s", "500", float64(n.Load())/time.Since(start).Seconds())
	return nil
}

func (r growthReader) exports() error {
	most := min(r.n, 50_000)
	for _, f := range []struct {
		name string
		form interchange.Format
	}{{"JSON Lines", interchange.JSONL}, {"CSV", interchange.CSV}} {
		err := r.rate("export as "+f.name, "events/s", "60,000", most, func() error {
			_, err := interchange.Export(r.ctx, r.c, api.ListQuery{Datasets: r.newest.Datasets}, io.Discard, interchange.ExportOptions{Format: f.form, Most: most, MaxTLP: api.TLPNone}, nil)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
