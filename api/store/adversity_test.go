package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"threatbench/api"
)

// TestFullDisk: a write that finds no room changes nothing and says so, reads
// go on, and once there is room, so do writes.
func TestFullDisk(t *testing.T) {
	fileOnly(t)
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "events.db")
	d := openAt(t, path, Options{})
	id := create(t, d, plain(nil)).CreatedEvents[0].UUID
	var pages int
	if err := d.writes.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limitPages(t, d, pages+2)

	big := plain(func(e *api.CreateEvent) { e.Insight = noise(1 << 20) })
	for what, err := range map[string]error{
		"create": func() error {
			_, err := d.Create(ctx, Actor{Name: "tester"}, testAccount, api.BulkCreate{Data: []api.CreateEvent{plain(nil), big}})
			return err
		}(),
		"update": func() error {
			text := noise(1 << 20)
			_, err := d.Update(ctx, Actor{Name: "tester"}, testAccount, "", id, api.EventPatch{Insight: &text})
			return err
		}(),
	} {
		var known *api.Error
		if !errors.As(err, &known) || known.Status != http.StatusInsufficientStorage || !strings.Contains(known.Message, "full") {
			t.Errorf("%s: got %v, want a 507 that says the disk is full", what, err)
		}
	}
	if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != 1 {
		t.Errorf("%d events are there, want the one of before", got)
	}
	if h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: defaultDataset(testAccount).UUID}); err != nil || h.Info.TotalCount != 1 {
		t.Errorf("the journal holds %d changes, %v; want the one that happened", h.Info.TotalCount, err)
	}

	limitPages(t, d, 1<<30)
	create(t, d, big)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, openAt(t, path, Options{}), api.ListQuery{}).Info.TotalCount; got != 2 {
		t.Errorf("%d events are there after opening again, want 2", got)
	}
}

// TestUnwritableFile: a write that the file's mode forbids changes nothing, and
// says so where it would be taken for a fault of the server.
func TestUnwritableFile(t *testing.T) {
	fileOnly(t)
	d := openAt(t, filepath.Join(t.TempDir(), "events.db"), Options{})
	create(t, d, plain(nil))
	d.writeMu.Lock()
	_, err := d.writer.exec(t.Context(), "PRAGMA query_only = ON")
	d.writeMu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Create(t.Context(), Actor{Name: "tester"}, testAccount, api.BulkCreate{Data: []api.CreateEvent{plain(nil)}})
	var known *api.Error
	if !errors.As(err, &known) || known.Status != http.StatusInsufficientStorage || !strings.Contains(known.Message, "can't be written") {
		t.Errorf("got %v, want a 507 that says the file can't be written", err)
	}
	if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != 1 {
		t.Errorf("%d events are there, want the one of before", got)
	}
}

// noise is text of n letters that compression makes little of.
func noise(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + r.IntN(26))
	}
	return string(b)
}

func limitPages(t *testing.T, d *DB, n int) {
	t.Helper()
	var got int
	d.writeMu.Lock()
	defer d.writeMu.Unlock()
	if err := d.writer.queryRow(context.Background(), fmt.Sprint("PRAGMA max_page_count = ", n)).Scan(&got); err != nil {
		t.Fatal(err)
	}
}

// killedOpener makes one new database after the other beside path, and says how
// many are there.
func killedOpener(path string) error {
	for n := 1; ; n++ {
		d, err := Open(context.Background(), fmt.Sprint(path, n), Options{})
		if err != nil {
			return err
		}
		if err := d.Close(); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// TestKillWhileMigrating kills a process while it brings databases to the
// schema: all of them open, the one that was under way, too.
func TestKillWhileMigrating(t *testing.T) {
	fileOnly(t)
	for round := range 6 {
		path := filepath.Join(t.TempDir(), "events.db")
		n := killChild(t, "STORE_TEST_OPENER", path, 1+round%3)
		for i := 1; i <= n+1; i++ {
			d := openAt(t, fmt.Sprint(path, i), Options{})
			create(t, d, plain(nil))
		}
	}
}

// killedReverter tags an event and takes that back, over and over, and says
// after each revert how many.
func killedReverter(path string) error {
	ctx := context.Background()
	d, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	def := defaultDataset(testAccount).UUID
	for n := 1; ; n++ {
		h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: def, PageSize: 1})
		if err != nil {
			return err
		}
		for i := range changedEvents {
			if err := d.AddTags(ctx, Actor{}, testAccount, numbered(i).UUID, []string{"wrong"}); err != nil {
				return err
			}
		}
		if _, err := d.Revert(ctx, Actor{}, testAccount, def, api.Revert{Bookmark: h.Entries[0].Bookmark}); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// TestKillWhileReverting kills a process that tags events one by one and takes
// all of that back: the tagged ones are the first of them, and after a revert
// none is.
func TestKillWhileReverting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	if err := filledForChanges(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	for round := range 4 {
		killChild(t, "STORE_TEST_REVERTER", path, 1+round%2)
		d, err := Open(context.Background(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		tagged := 0
		for i := range changedEvents {
			e, err := d.Event(context.Background(), testAccount, "", numbered(i).UUID)
			if err != nil {
				t.Fatal(err)
			}
			if len(e.Tags) > 0 && tagged != i {
				t.Fatalf("round %d: event %d is tagged, and only %d before it", round, i, tagged)
			}
			tagged += len(e.Tags)
		}
		if err := untagAll(d); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func untagAll(d *DB) error {
	for i := range changedEvents {
		if err := d.RemoveTags(context.Background(), Actor{}, testAccount, numbered(i).UUID, []string{"wrong"}); err != nil {
			return err
		}
	}
	return nil
}

// TestClockSetBack: the journal stays in order, and a moment between two
// changes means what lies between them.
func TestClockSetBack(t *testing.T) {
	ctx := context.Background()
	d, now := changeable(t)
	def := defaultDataset(testAccount).UUID
	id := create(t, d, plain(nil)).CreatedEvents[0].UUID
	tag := func(name string) {
		if err := d.AddTags(ctx, Actor{"anna"}, testAccount, id, []string{name}); err != nil {
			t.Fatal(err)
		}
	}
	*now = now.Add(time.Hour)
	tag("first")
	*now = now.Add(-30 * time.Minute) // the clock is set back
	tag("second")
	*now = now.Add(40 * time.Minute) // and has passed the first change again
	tag("third")

	h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: def})
	if err != nil || len(h.Entries) != 4 {
		t.Fatalf("got %+v, %v", h, err)
	}
	for i, e := range h.Entries[1:] {
		if e.At.After(h.Entries[i].At.Time) {
			t.Errorf("change %d of %s is after the one that followed it, of %s", i+1, e.At, h.Entries[i].At)
		}
	}
	five := 5.0
	if _, err := d.Revert(ctx, Actor{"bob"}, testAccount, def, api.Revert{MinutesAgo: &five}); err != nil {
		t.Fatal(err)
	}
	e, err := d.Event(ctx, testAccount, "", id)
	if err != nil || !slices.Equal(e.Tags, []string{"first", "second"}) {
		t.Errorf("five minutes ago the tags were first and second, got %v, %v", e.Tags, err)
	}
}

// TestClockThatWasFarAhead: once the clock is right, changes bear its time
// again.
func TestClockThatWasFarAhead(t *testing.T) {
	d, now := changeable(t)
	right := *now
	*now = now.AddDate(12, 0, 0)
	create(t, d, plain(nil))
	*now = right
	create(t, d, plain(nil))
	h, err := d.History(context.Background(), testAccount, api.HistoryQuery{Dataset: defaultDataset(testAccount).UUID})
	if err != nil || len(h.Entries) != 2 {
		t.Fatalf("got %+v, %v", h, err)
	}
	if !slices.ContainsFunc(h.Entries, func(e api.HistoryEntry) bool { return e.At.Equal(right) }) {
		t.Errorf("no change is noted at %s: %+v", right, h.Entries)
	}
}
