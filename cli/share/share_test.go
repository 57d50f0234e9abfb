package share_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/cli/share"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server counts what it is asked, each call taking a second.
type server struct {
	async.Client // nothing else may be asked
	name         string
	err          error
	calls        sync.Map // name of the call: *atomic.Int64
}

func (s *server) count(what string) error {
	n, _ := s.calls.LoadOrStore(what, &atomic.Int64{})
	n.(*atomic.Int64).Add(1)
	time.Sleep(time.Second)
	return s.err
}

func (s *server) counted() map[string]int64 {
	out := map[string]int64{}
	s.calls.Range(func(k, v any) bool { out[k.(string)] = v.(*atomic.Int64).Load(); return true })
	return out
}

func (s *server) Datasets(context.Context) ([]api.Dataset, error) {
	return []api.Dataset{{Name: s.name}}, s.count("datasets")
}
func (s *server) Categories(context.Context) ([]api.Category, error) {
	return nil, s.count("categories")
}
func (s *server) Attackers(context.Context) ([]string, error) {
	return []string{s.name}, s.count("attackers")
}
func (s *server) IndicatorTypes(context.Context) ([]string, error) { return nil, s.count("types") }
func (s *server) TargetIndustries(context.Context) ([]string, error) {
	return nil, s.count("industries")
}
func (s *server) Countries(context.Context) ([]api.Country, error) { return nil, s.count("countries") }
func (s *server) Tags(context.Context) ([]api.Tag, error)          { return nil, s.count("tags") }
func (s *server) Inbox(context.Context, api.InboxQuery) (api.Inbox, error) {
	return api.Inbox{}, s.count("inbox")
}
func (s *server) Summary(context.Context, api.SummaryQuery) (api.Summary, error) {
	return api.Summary{Total: 1}, s.count("summary")
}
func (s *server) List(context.Context, api.ListQuery) (api.Page, error) {
	return api.Page{}, s.count("list")
}

// ask runs commands to their last message, all at once.
func ask(cmds ...tea.Cmd) {
	var all sync.WaitGroup
	for _, cmd := range cmds {
		if cmd == nil {
			continue
		}
		all.Go(func() {
			if batch, is := cmd().(tea.BatchMsg); is {
				ask(batch...)
			}
		})
	}
	all.Wait()
}

func sessions(t *testing.T, n int, p *share.Pool, own async.Client) []*async.Layer {
	t.Helper()
	var out []*async.Layer
	for range n {
		l := async.New(t.Context(), share.New(own, p), async.Options{})
		t.Cleanup(l.Close)
		out = append(out, l)
	}
	return out
}

func slot(i int) async.Slot { return async.Slot{View: "v", Name: fmt.Sprint(i)} }

// Twenty sessions that open ask for everything once, and for what everybody
// watches once a round.
func TestTwentySessionsAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{name: "x"}
		pool := share.NewPool(s, true, time.Now)
		all := sessions(t, 20, pool, s)
		every := func(make func(l *async.Layer) tea.Cmd) {
			var cmds []tea.Cmd
			for _, l := range all {
				cmds = append(cmds, make(l))
			}
			ask(cmds...)
		}
		every(func(l *async.Layer) tea.Cmd { return l.Catalogs(slot(1)) })
		every(func(l *async.Layer) tea.Cmd {
			return l.Summary(slot(2), api.SummaryQuery{Facets: []string{"attacker"}}, 0)
		})
		every(func(l *async.Layer) tea.Cmd { return l.Inbox(slot(3), api.InboxQuery{}) })
		for what, n := range s.counted() {
			if n != 1 {
				t.Errorf("%s was asked for %d times", what, n)
			}
		}
		if n := len(s.counted()); n != 9 {
			t.Errorf("%d kinds of calls, want 9", n)
		}
		// Each looks every five minutes, at a moment of its own, for an hour.
		for range 12 {
			for _, l := range all {
				time.Sleep(15 * time.Second)
				ask(l.Inbox(slot(3), api.InboxQuery{}, async.Within(4*time.Minute+30*time.Second)))
			}
		}
		if n := s.counted()["inbox"]; n < 12 || n > 15 {
			t.Errorf("an hour of watching by twenty made %d calls", n)
		}
		ask(all[0].Inbox(slot(3), api.InboxQuery{}, async.Refresh))
		before := s.counted()["inbox"]
		ask(all[0].Inbox(slot(3), api.InboxQuery{}, async.Refresh))
		if n := s.counted()["inbox"]; n != before+1 {
			t.Error("who wants to know what is there now doesn't")
		}
	})
}

// What a filter finds is each session's own affair.
func TestPagesAreNotShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{name: "x"}
		for _, l := range sessions(t, 3, share.NewPool(s, true, time.Now), s) {
			ask(l.Page(slot(1), api.ListQuery{}, 0), l.Summary(slot(2), api.SummaryQuery{Filter: api.ListQuery{Search: []api.Condition{{Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"red"}}}}}, 0))
		}
		if got := s.counted(); got["list"] != 3 || got["summary"] != 3 {
			t.Errorf("%v", got)
		}
	})
}

func TestChangesAndRefreshesAskAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{name: "x"}
		pool := share.NewPool(s, true, time.Now)
		all := sessions(t, 20, pool, s)
		round := func() {
			for _, l := range all {
				ask(l.Catalogs(slot(1)))
			}
		}
		round()
		for _, l := range all { // as each does when it is told of a change
			l.Forget()
		}
		round()
		if n := s.counted()["tags"]; n != 1 {
			t.Errorf("what is a second old was asked for %d times", n)
		}
		pool.Drop()
		for _, l := range all {
			l.Forget()
		}
		round()
		if n := s.counted()["tags"]; n != 2 {
			t.Errorf("after a change: asked for %d times in all, want 2", n)
		}
		time.Sleep(time.Minute)
		all[7].Forget()
		ask(all[7].Catalogs(slot(1)))
		if n := s.counted()["tags"]; n != 3 {
			t.Errorf("after a refresh: asked for %d times in all, want 3", n)
		}
	})
}

// An error is told to those who wait and then forgotten, and whoever asked
// first may leave.
func TestErrorsAndLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{name: "x", err: errors.New("no")}
		c := share.New(s, share.NewPool(s, false, time.Now))
		if _, err := c.Tags(t.Context()); err == nil {
			t.Error("no error")
		}
		s.err = nil
		ctx, leave := context.WithCancel(t.Context())
		var first, second error
		var both sync.WaitGroup
		both.Go(func() { _, first = c.Tags(ctx) })
		synctest.Wait()
		both.Go(func() { _, second = c.Tags(t.Context()) })
		synctest.Wait()
		leave()
		both.Wait()
		if first != nil || second != nil || s.counted()["tags"] != 2 {
			t.Errorf("%v, %v after %v calls", first, second, s.counted())
		}
		gone, cancel := context.WithCancel(t.Context())
		both.Go(func() { _, _ = c.Attackers(t.Context()) })
		synctest.Wait()
		cancel()
		if _, err := c.Attackers(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("one who left waits on: %v", err)
		}
		both.Wait()
	})
}

// Those who see different things have different pools, and see their own.
func TestPoolsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wide, narrow := &server{name: "wide"}, &server{name: "narrow"}
		a, b := share.New(wide, share.NewPool(wide, true, time.Now)), share.New(narrow, share.NewPool(narrow, true, time.Now))
		for range 2 {
			x, _ := a.Attackers(t.Context())
			y, _ := b.Attackers(t.Context())
			if len(x) != 1 || x[0] != "wide" || len(y) != 1 || y[0] != "narrow" {
				t.Errorf("%v, %v", x, y)
			}
			x[0] = "scribbled over"
		}
	})
}
