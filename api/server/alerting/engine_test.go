package alerting

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"threatbench/api"
	"threatbench/api/server/webhook"
	"threatbench/api/store"
)

// fake is a store in memory: events are rows whose text is what they match.
type fake struct {
	mu       sync.Mutex
	rows     []string
	alerts   map[int64]*api.Alert
	queries  map[int64]api.SavedQuery
	seen     map[int64]int64
	inbox    []api.Notification
	disabled map[int64]string
	broken   error
	told     map[int64]bool // notification to whether it was delivered
	claimed  map[int64]time.Time
}

func newFake() *fake {
	return &fake{alerts: map[int64]*api.Alert{}, queries: map[int64]api.SavedQuery{}, seen: map[int64]int64{}, disabled: map[int64]string{}, told: map[int64]bool{}, claimed: map[int64]time.Time{}}
}

// alert adds a saved query of one word and an alert on it.
func (f *fake) alert(id int64, word, frequency string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queries[id] = api.SavedQuery{ID: id, Name: "q " + word, QueryJSON: word, AlertEnabled: true}
	f.alerts[id] = &api.Alert{ID: id, QueryID: id, Enabled: true, Frequency: frequency, CreatedAt: api.TimeOf(time.Now())}
	f.seen[id] = int64(len(f.rows))
}

func (f *fake) pause(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alerts[id].Enabled = false
}

// resume switches an alert on as the store does: it has seen what is there.
func (f *fake) resume(id int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alerts[id].Enabled, f.alerts[id].UpdatedAt = true, api.TimeOf(time.Now())
	f.seen[id] = int64(len(f.rows))
}

func (f *fake) arrive(words ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows = append(f.rows, words...)
}

func (f *fake) inboxText() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, n := range f.inbox {
		out = append(out, n.QueryName+"×"+strings.Repeat("I", n.Count))
	}
	return strings.Join(out, " ")
}

func (f *fake) AlertAccounts(context.Context) ([]string, error) { return []string{"a"}, nil }

func (f *fake) Alerts(context.Context, string) ([]api.Alert, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []api.Alert
	for id := int64(1); id <= int64(len(f.alerts)); id++ {
		out = append(out, *f.alerts[id])
	}
	return out, nil
}

func (f *fake) SavedQuery(_ context.Context, _ string, id int64) (api.SavedQuery, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queries[id], nil
}

func (f *fake) AlertSeen(_ context.Context, _ string, id int64) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[id], nil
}

func (f *fake) Arrived(_ context.Context, _ string, q api.ListQuery, after int64, _ int) (store.Arrival, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return store.Arrival{}, f.broken
	}
	a := store.Arrival{Last: int64(len(f.rows))}
	for _, w := range f.rows[after:] {
		if w == q.OrderBy {
			a.Count++
		}
	}
	return a, nil
}

func (f *fake) FireAlert(_ context.Context, _ string, n api.Notification, span store.AlertSpan) (api.Notification, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen[span.Alert] != span.From {
		return n, false, nil
	}
	n.ID = int64(len(f.inbox) + 1)
	f.inbox = append(f.inbox, n)
	f.seen[n.AlertID] = span.To
	at := n.At
	f.alerts[n.AlertID].LastSentAt = &at
	return n, true, nil
}

func (f *fake) PassAlerts(_ context.Context, _ string, spans []store.AlertSpan) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range spans {
		if f.seen[s.Alert] == s.From {
			f.seen[s.Alert] = s.To
		}
	}
	return nil
}

func (f *fake) ClaimUntold(context.Context) (store.Untold, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.inbox {
		if _, done := f.told[n.ID]; !done && time.Since(f.claimed[n.ID]) > 5*time.Minute {
			f.claimed[n.ID] = time.Now()
			return store.Untold{Account: "a", Notification: n}, true, nil
		}
	}
	return store.Untold{}, false, nil
}

func (f *fake) Told(_ context.Context, u store.Untold, delivered bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told[u.ID] = delivered
	return nil
}

func (f *fake) DisableAlert(_ context.Context, _ string, id int64, reason string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.alerts[id].Enabled, f.disabled[id] = false, reason
	return nil
}

// parse takes any word for a query but one.
func parse(s string) (api.ListQuery, error) {
	if s == "invalid" {
		return api.ListQuery{}, api.Errorf(400, "query_json: want something else")
	}
	return api.ListQuery{OrderBy: s}, nil
}

type sender struct {
	mu   sync.Mutex
	sent [][]byte
	err  error
}

func (s *sender) Send(_ context.Context, b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, b)
	return s.err
}

// running starts an engine in virtual time and ends it with the test.
func running(t *testing.T, f *fake, c Config) *Engine {
	t.Helper()
	c.Parse = parse
	e := New(f, c)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	synctest.Wait()
	return e
}

// settle lets an engine's pauses pass.
func settle(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

func TestImmediateAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := newFake(), &sender{}
		f.arrive("x", "x") // before the alert: not its concern
		f.alert(1, "x", api.Immediate)
		f.alert(2, "y", api.Immediate)
		e := running(t, f, Config{Sender: s})
		settle(5 * time.Second)
		if got := f.inboxText(); got != "" {
			t.Fatalf("told of old events: %s", got)
		}
		f.arrive("x", "z", "x")
		e.Kick("a")
		settle(5 * time.Second)
		f.arrive("z")
		e.Kick("a")
		settle(5 * time.Second)
		f.arrive("y", "x")
		e.Kick("a")
		settle(5 * time.Second)
		if got := f.inboxText(); got != "q x×II q x×I q y×I" {
			t.Errorf("told %s", got)
		}
		if len(s.sent) != 3 || !bytes.Contains(s.sent[0], []byte(`"account":"a"`)) || !bytes.Contains(s.sent[0], []byte(`"count":2`)) {
			t.Errorf("sent %s", s.sent)
		}
	})
}

func TestManyKicksAreOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.alert(1, "x", api.Immediate)
		e := running(t, f, Config{})
		settle(5 * time.Second)
		for range 50 { // an import: a batch each 10 ms
			f.arrive("x")
			e.Kick("a")
			settle(10 * time.Millisecond)
		}
		settle(5 * time.Second)
		if len(f.inbox) > 3 {
			t.Errorf("told %d times: %s", len(f.inbox), f.inboxText())
		}
		total := 0
		for _, n := range f.inbox {
			total += n.Count
		}
		if total != 50 {
			t.Errorf("told of %d events", total)
		}
	})
}

func TestWhatNobodyKickedIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.alert(1, "x", api.Immediate)
		running(t, f, Config{})
		f.arrive("x") // by another process
		settle(2 * time.Minute)
		if got := f.inboxText(); got != "q x×I" {
			t.Errorf("told %s", got)
		}
	})
}

func TestDailyAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.alert(1, "x", api.Daily)
		e := running(t, f, Config{})
		for range 40 { // hours
			f.arrive("x")
			e.Kick("a")
			settle(time.Hour)
		}
		if len(f.inbox) != 1 || f.inbox[0].Count < 23 || f.inbox[0].Count > 25 {
			t.Errorf("told %s", f.inboxText())
		}
	})
}

// A daily alert that was off for days tells a whole day after it is on again,
// and nothing of the time before.
func TestADailyAlertSwitchedOnAgainWaitsForItsDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.alert(1, "x", api.Daily)
		e := running(t, f, Config{})
		hours := func(n int) {
			for range n {
				f.arrive("x")
				e.Kick("a")
				settle(time.Hour)
			}
		}
		hours(26)
		f.pause(1)
		hours(72)
		f.resume(1)
		hours(23)
		if len(f.inbox) != 1 {
			t.Fatalf("told %s within the first day", f.inboxText())
		}
		hours(3)
		if len(f.inbox) != 2 || f.inbox[1].Count < 23 || f.inbox[1].Count > 25 {
			t.Errorf("told %s", f.inboxText())
		}
	})
}

func TestInvalidQueriesDisableTheirAlert(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.alert(1, "invalid", api.Immediate)
		f.alert(2, "x", api.Immediate)
		e := running(t, f, Config{})
		f.arrive("x")
		e.Kick("a")
		settle(5 * time.Second)
		if f.disabled[1] != "query_json: want something else" || f.disabled[2] != "" || f.inboxText() != "q x×I" {
			t.Errorf("disabled %v, told %s", f.disabled, f.inboxText())
		}
		f.broken = api.Errorf(404, "no such dataset")
		f.arrive("x")
		e.Kick("a")
		settle(5 * time.Second)
		if f.disabled[2] != "no such dataset" {
			t.Errorf("disabled %v", f.disabled)
		}
	})
}

func TestFailuresPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f, s := newFake(), &sender{err: errors.New("nobody listens")}
		f.alert(1, "x", api.Immediate)
		e := running(t, f, Config{Sender: s, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		f.broken = errors.New("disk full")
		f.arrive("x")
		e.Kick("a")
		settle(5 * time.Second)
		f.mu.Lock()
		f.broken = errors.Join(api.Errorf(503, "the connection to the database was lost"), errors.New("EOF"))
		f.mu.Unlock()
		settle(2 * time.Minute)
		f.mu.Lock()
		f.broken = nil
		f.mu.Unlock()
		settle(2 * time.Minute)
		if f.inboxText() != "q x×I" || len(f.disabled) != 0 {
			t.Errorf("told %s, disabled %v", f.inboxText(), f.disabled)
		}
		for _, want := range []string{"disk full", "was lost", "nobody listens"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log holds no %q: %s", want, &log)
			}
		}
	})
}

// TestDeliveryIsTriedAgain: what the webhook didn't take is sent later, what
// it refused is not.
func TestDeliveryIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, s := newFake(), &sender{err: errors.New("nobody listens")}
		f.alert(1, "x", api.Immediate)
		e := running(t, f, Config{Sender: s})
		f.arrive("x")
		e.Kick("a")
		settle(5 * time.Second)
		if len(s.sent) != 1 || len(f.told) != 0 {
			t.Fatalf("sent %d, told %v", len(s.sent), f.told)
		}
		s.mu.Lock()
		s.err = nil
		s.mu.Unlock()
		settle(7 * time.Minute)
		if len(s.sent) != 2 || !f.told[1] {
			t.Fatalf("sent %d, told %v", len(s.sent), f.told)
		}
		s.mu.Lock()
		s.err = webhook.ErrRefused
		s.mu.Unlock()
		f.arrive("x")
		e.Kick("a")
		settle(30 * time.Minute)
		if delivered, done := f.told[2]; len(s.sent) != 3 || !done || delivered {
			t.Errorf("sent %d, told %v", len(s.sent), f.told)
		}
	})
}
