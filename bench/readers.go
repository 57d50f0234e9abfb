package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"threatbench/api"
	"threatbench/api/client"
	"threatbench/api/demo"
	"threatbench/api/server"
	"threatbench/api/store"
)

const (
	readers    = 200
	readFor    = 20 * time.Second
	readEvery  = time.Second // of one reader
	slowestP95 = 50 * time.Millisecond
)

// measureReaders times what 200 readers wait for, each a call a second over
// HTTP on loopback: alone, and while one imports as fast as it can.
func measureReaders(ctx context.Context, path string, n int, t *table) (err error) {
	dir, err := os.MkdirTemp(filepath.Dir(path), "readers-")
	if err != nil {
		return fmt.Errorf("making a place for a copy: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	copied := filepath.Join(dir, "events.db")
	if err := copyFile(path, copied); err != nil {
		return err
	}
	db, err := store.Open(ctx, copied, store.Options{})
	if err != nil {
		return fmt.Errorf("opening the copy: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c, stop, err := serveLocally(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for _, importing := range []bool{false, true} {
		if err := readWhile(ctx, c, n, importing, t); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	defer in.Close() // read only
	out, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("copying the database: %w", err)
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// serveLocally is a client of a server that listens on loopback.
func serveLocally(ctx context.Context, db *store.DB) (c *client.Client, stop func() error, err error) {
	h, err := server.New(db, server.Config{})
	if err != nil {
		return nil, nil, fmt.Errorf("making the server: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("listening: %w", err)
	}
	serving, end := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- server.Serve(serving, l, h, nil) }()
	c, err = client.New(client.Config{
		BaseURL: "http://" + l.Addr().String() + "/client/v4", Account: account, Token: "none",
		Transport: &http.Transport{MaxIdleConnsPerHost: readers + 2}, Timeout: time.Minute, Retries: -1,
	})
	stop = func() error { c.Close(); end(); return <-done }
	return c, stop, err
}

// readWhile lets all readers read, and one import beside them.
func readWhile(ctx context.Context, c *client.Client, n int, importing bool, t *table) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	name, created := "alone", make(chan int, 1)
	imported := make(chan error, 1)
	if importing {
		name = "while one imports"
		go func() {
			made, err := importUntil(ctx, c, n)
			created <- made
			imported <- err
		}()
	}
	before := processor()
	times, failed := readAll(ctx, c)
	used := processor() - before
	cancel()
	part := "readers"
	t.took(part, fmt.Sprintf("200 readers, a call a second each, %s, p50", name), quantile(times, 0.5), 0)
	t.took(part, fmt.Sprintf("200 readers, a call a second each, %s, p95", name), quantile(times, 0.95), slowestP95)
	t.took(part, fmt.Sprintf("200 readers, a call a second each, %s, slowest", name), quantile(times, 1), 0)
	if importing {
		t.count(part, "imported meanwhile", float64(<-created)/readFor.Seconds(), "events/s", 0)
		if err := <-imported; err != nil {
			return err
		}
	}
	t.count(part, "processor, clients and import included, "+name, used.Seconds()/readFor.Seconds(), "cores", 0)
	t.count(part, "calls that failed, "+name, float64(failed.Load()), fmt.Sprintf("of %s", grouped(len(times))), 0)
	return nil
}

// processor is the time that this process has computed.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// readAll is how long every call took.
func readAll(ctx context.Context, c *client.Client) ([]time.Duration, *atomic.Int64) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var times []time.Duration
	var failed atomic.Int64
	end := time.Now().Add(readFor)
	for i := range readers {
		wg.Go(func() {
			next := time.Now().Add(readEvery * time.Duration(i) / readers)
			for call := i; next.Before(end); call++ {
				time.Sleep(time.Until(next))
				next = next.Add(readEvery)
				start := time.Now()
				if err := readOne(ctx, c, call); err != nil {
					failed.Add(1)
					fmt.Fprintln(os.Stderr, "reading:", err)
				}
				mu.Lock()
				times = append(times, time.Since(start))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return times, &failed
}

// readOne is one of the calls that a person at a workbench makes.
func readOne(ctx context.Context, c *client.Client, call int) error {
	attackers := []string{"CRIMSONKELP", "DRIFTINGHERON", "HOLLOWMAGPIE", "OCHREWOLFHOUND", "COPPERMANTIS", "SPARKLINGNEWT", "LEADENSWAN"}
	q := api.ListQuery{Datasets: []string{api.ScopeAll}, PageSize: 100}
	switch call % 3 {
	case 0:
		q.Search = []api.Condition{{Field: api.FieldAttacker, Op: api.OpEquals, Values: []string{attackers[call%len(attackers)]}}}
	case 1:
		_, err := c.Aggregate(ctx, api.AggregateQuery{AggregateBy: []string{"attacker"}, Datasets: q.Datasets, Limit: 50})
		return err
	}
	_, err := c.List(ctx, q)
	return err
}

// importUntil creates events until ctx ends.
func importUntil(ctx context.Context, c *client.Client, n int) (int, error) {
	d, err := c.CreateDataset(ctx, fmt.Sprintf("import %d", time.Now().UnixNano()), false)
	if err != nil {
		return 0, fmt.Errorf("creating a dataset: %w", err)
	}
	made := 0
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for b := range demo.Generate(2, max(n, 1_000_000), now).Batches(1000) {
		for i := range b.Events {
			b.Events[i].UUID, b.Events[i].Relationships, b.Events[i].References = "", nil, nil
		}
		r, err := c.CreateBulk(ctx, api.BulkCreate{DatasetID: d.UUID, Data: b.Events})
		if ctx.Err() != nil {
			return made, nil
		}
		if err != nil {
			return made, fmt.Errorf("importing beside the readers: %w", err)
		}
		made += r.CreatedEventsCount
	}
	return made, nil
}
