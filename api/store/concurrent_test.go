package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"threatbench/api"
)

// TestReadersWhileWriting: every page is of one moment, whatever is written
// meanwhile, and no cursor walk misses or repeats what was there at its start.
func TestReadersWhileWriting(t *testing.T) {
	d := openAt(t, place(t), Options{segment: 50})
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

// TestReadersDoNotWaitForAWriter holds a write transaction open, in another
// handle of the file, while many read: none waits for its end, none is refused.
func TestReadersDoNotWaitForAWriter(t *testing.T) {
	path := place(t)
	d := openAt(t, path, Options{segment: 50})
	var first []api.CreateEvent
	for i := range 120 {
		first = append(first, numbered(i))
	}
	create(t, d, first...)
	w := openAt(t, path, Options{segment: 50})
	held, let := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- w.edit(context.Background(), Actor{Name: "slow"}, testAccount, opDelete, func(e *edit) error {
			_, err := e.c.s.exec(e.c.ctx, "UPDATE state SET next_id = next_id + 1000")
			close(held)
			<-let
			return errors.Join(err, errors.New("given up"))
		})
	}()
	<-held
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if err := readOnce(context.Background(), d, 120); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(let)
	if err := <-ended; err == nil {
		t.Error("the writer's own end is lost")
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
	for env, run := range map[string]func(string) error{
		"STORE_TEST_WRITER": killedWriter, "STORE_TEST_CHANGER": killedChanger, "STORE_TEST_OPENER": killedOpener, "STORE_TEST_REVERTER": killedReverter,
	} {
		if path := os.Getenv(env); path != "" {
			fmt.Fprintln(os.Stderr, run(path))
			os.Exit(1)
		}
	}
	os.Exit(runHomes(m))
}

// TestKill kills a writing process at different moments: what it acknowledged
// is there afterwards, whole, and the database goes on.
func TestKill(t *testing.T) {
	path := place(t)
	acknowledged := 0
	for round := range 5 {
		acknowledged = max(acknowledged, killChild(t, "STORE_TEST_WRITER", path, 3+4*round))
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

// killChild runs a child process until it has acknowledged some batches, kills
// it, and answers the last number it acknowledged.
func killChild(t *testing.T, env, path string, batches int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env+"="+path)
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

// killedChanger is what the child process of TestKillWhileChanging does: it
// gives all events a new attacker and text, over and over, and says after each
// time which.
func killedChanger(path string) error {
	d, err := Open(context.Background(), path, Options{})
	if err != nil {
		return err
	}
	var ids []string
	for i := range changedEvents {
		ids = append(ids, numbered(i).UUID)
	}
	first, err := oneAttacker(d)
	if err != nil {
		return err
	}
	for n := first + 1; ; n++ {
		if err := changeAll(d, ids, n); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

const changedEvents = 90

func changeAll(d *DB, ids []string, n int) error {
	attacker, text := fmt.Sprint(n), fmt.Sprintf("change %d.", n)
	res, err := d.UpdateMany(context.Background(), Actor{}, testAccount, "", ids, api.EventPatch{Attacker: &attacker, Event: &text})
	if err == nil && res.UpdatedCount != len(ids) {
		err = fmt.Errorf("updated %+v", res)
	}
	return err
}

// oneAttacker is the number all events have as their attacker, and as part of
// their text; an error where they differ.
func oneAttacker(d *DB) (int, error) {
	s, err := d.Select(context.Background(), testAccount, api.ListQuery{})
	if err != nil {
		return 0, err
	}
	g, err := s.GroupBy(context.Background(), GroupQuery{Columns: []string{"attacker"}})
	s.Close()
	if err != nil || g.Distinct != 1 || g.Total != changedEvents {
		return 0, fmt.Errorf("%+v, %w", g, err)
	}
	n, err := strconv.Atoi(*g.Rows[0].Keys[0])
	return n, err
}

// filledForChanges is a database of events that all have the attacker 0.
func filledForChanges(t *testing.T, path string) *DB {
	t.Helper()
	d, err := Open(context.Background(), path, Options{segment: 40})
	if err != nil {
		t.Fatal(err)
	}
	var data []api.CreateEvent
	for i := range changedEvents {
		e := numbered(i)
		e.Attacker, e.Event = "0", "change 0."
		data = append(data, e)
	}
	create(t, d, data...)
	return d
}

// TestKillWhileChanging kills a process that changes events in place: a change
// is there whole or not at all, an acknowledged one surely.
func TestKillWhileChanging(t *testing.T) {
	path := place(t)
	if err := filledForChanges(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	for round := range 4 {
		acknowledged := killChild(t, "STORE_TEST_CHANGER", path, 2+3*round)
		d, err := Open(context.Background(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		n, err := oneAttacker(d)
		if err != nil || n < acknowledged {
			t.Fatalf("round %d: the events are of change %d, %v; %d was acknowledged", round, n, err, acknowledged)
		}
		c := api.Condition{Field: api.FieldEvent, Op: api.OpEquals, Values: []string{fmt.Sprintf("change %d.", n)}}
		if got := listed(t, d, api.ListQuery{Search: []api.Condition{c}}).Info.TotalCount; got != changedEvents {
			t.Fatalf("round %d: %d texts are of change %d", round, got, n)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReadersWhileChanging: readers see every change whole, through the handle
// that makes it and through another.
func TestReadersWhileChanging(t *testing.T) {
	path := place(t)
	d := filledForChanges(t, path)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	twin := openAt(t, path, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	fail := make(chan error, 4)
	var wg sync.WaitGroup
	for i := range 4 {
		reader := []*DB{d, twin}[i%2]
		wg.Go(func() {
			for last := 0; ctx.Err() == nil; {
				n, err := oneAttacker(reader)
				if err == nil && n < last {
					err = fmt.Errorf("change %d was seen after %d", n, last)
				}
				if err != nil {
					fail <- err
					return
				}
				last = n
			}
		})
	}
	var ids []string
	for i := range changedEvents {
		ids = append(ids, numbered(i).UUID)
	}
	for n := 1; n <= 30; n++ {
		if err := changeAll([]*DB{d, twin}[n%2], ids, n); err != nil {
			t.Error(err)
		}
	}
	cancel()
	wg.Wait()
	close(fail)
	for err := range fail {
		t.Error(err)
	}
}
