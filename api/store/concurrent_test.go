package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"threatbench/api"
)

// TestReadersWhileWriting: every page is of one moment, whatever is written
// meanwhile, and no cursor walk misses or repeats what was there at its start.
func TestReadersWhileWriting(t *testing.T) {
	d := openAt(t, filepath.Join(t.TempDir(), "events.db"), Options{segment: 50})
	const before, batches = 120, 30
	var first []api.CreateEvent
	for i := range before {
		first = append(first, numbered(i))
	}
	create(t, d, first...)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	fail := make(chan error, 8)
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := readOnce(ctx, d, before); err != nil && !errors.Is(err, context.Canceled) {
					fail <- err
					return
				}
			}
		})
	}
	for b := range batches {
		var more []api.CreateEvent
		for i := range 10 {
			more = append(more, numbered(before+10*b+i))
		}
		create(t, d, more...)
	}
	cancel()
	wg.Wait()
	select {
	case err := <-fail:
		t.Fatal(err)
	default:
	}
	if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != before+10*batches {
		t.Errorf("%d events, want %d", got, before+10*batches)
	}
}

// numbered is an event whose UUID, attacker and text tell its number; all have
// the same date.
func numbered(i int) api.CreateEvent {
	return plain(func(e *api.CreateEvent) {
		e.UUID = fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(i)*2654435761, i)
		e.Attacker = fmt.Sprintf("A%d", i%7)
		e.Event = fmt.Sprintf("event number %d.", i)
	})
}

func readOnce(ctx context.Context, d *DB, atLeast int) error {
	s, err := d.Select(ctx, testAccount, api.ListQuery{})
	if err != nil {
		return err
	}
	g, err := s.GroupBy(ctx, GroupQuery{Columns: []string{"attacker"}})
	total := s.Total()
	s.Close()
	if err != nil {
		return err
	}
	sum := 0
	for _, row := range g.Rows {
		sum += row.Count
	}
	if sum != total {
		return fmt.Errorf("groups of %d events, selected %d", sum, total)
	}
	seen := map[string]bool{}
	q := api.ListQuery{PageSize: 17}
	for {
		p, err := d.List(ctx, testAccount, q)
		if err != nil {
			return err
		}
		for _, e := range p.Events {
			if seen[e.UUID] {
				return fmt.Errorf("event %s came twice", e.UUID)
			}
			seen[e.UUID] = true
		}
		if p.Info.Cursor == "" {
			break
		}
		q = api.ListQuery{Cursor: p.Info.Cursor}
	}
	for i := range atLeast {
		if u := numbered(i).UUID; !seen[u] {
			return fmt.Errorf("the walk missed event %d", i)
		}
	}
	return nil
}

// killedWriter is what the child process of TestKill does: it writes events
// and says after each batch how many are acknowledged.
func killedWriter(path string) error {
	d, err := Open(context.Background(), path, Options{segment: 40})
	if err != nil {
		return err
	}
	start, err := countEvents(d)
	if err != nil {
		return err
	}
	for i := start; ; i += 7 {
		var data []api.CreateEvent
		for n := range 7 {
			data = append(data, numbered(i+n))
		}
		if _, err := d.Create(context.Background(), Actor{}, testAccount, api.BulkCreate{Data: data, PreserveUUID: true}); err != nil {
			return err
		}
		fmt.Println(i + 7)
	}
}

func countEvents(d *DB) (int, error) {
	p, err := d.List(context.Background(), testAccount, api.ListQuery{})
	return p.Info.TotalCount, err
}

func TestMain(m *testing.M) {
	if path := os.Getenv("STORE_TEST_WRITER"); path != "" {
		fmt.Fprintln(os.Stderr, killedWriter(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestKill kills a writing process at different moments: what it acknowledged
// is there afterwards, whole, and the database goes on.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	acknowledged := 0
	for round := range 5 {
		acknowledged = max(acknowledged, killWriter(t, path, 3+4*round))
		d, err := Open(context.Background(), path, Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		n, err := countEvents(d)
		if err != nil {
			t.Fatal(err)
		}
		if n < acknowledged || n%7 != 0 {
			t.Fatalf("round %d: %d events, %d were acknowledged in batches of 7", round, n, acknowledged)
		}
		for i := range n {
			c := api.Condition{Field: api.FieldEvent, Op: api.OpContains, Values: []string{fmt.Sprintf("NUMBER %d.", i)}}
			if got := listed(t, d, api.ListQuery{Search: []api.Condition{c}}).Info.TotalCount; got != 1 {
				t.Fatalf("round %d: event %d is found %d times", round, i, got)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killWriter runs the writer until it has acknowledged some batches, kills it,
// and answers how many events it acknowledged.
func killWriter(t *testing.T, path string, batches int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_WRITER="+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	last := 0
	for range batches {
		if !lines.Scan() {
			t.Fatalf("the writer ended: %s", stderr.String())
		}
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the writer was not killed")
	}
	return last
}
