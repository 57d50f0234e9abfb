package async

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"go.uber.org/goleak"

	"threatbench/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeAPI answers after a while, counts, and notes which calls were cancelled.
type fakeAPI struct {
	mu        sync.Mutex
	took      time.Duration
	err       error
	calls     map[string]int
	cancelled int
	summary   api.Summary
	events    int // per page
	hang      string
	explode   bool
}

func (f *fakeAPI) call(ctx context.Context, what string) error {
	f.mu.Lock()
	if f.calls == nil {
		f.calls = map[string]int{}
	}
	f.calls[what]++
	took, err, hang, explode := f.took, f.err, f.hang == what, f.explode
	f.mu.Unlock()
	if explode {
		panic("boom in " + what)
	}
	if hang {
		took = 1000 * time.Hour
	}
	t := time.NewTimer(took)
	defer t.Stop()
	select {
	case <-t.C:
		return err
	case <-ctx.Done():
		f.mu.Lock()
		f.cancelled++
		f.mu.Unlock()
		return ctx.Err()
	}
}

func (f *fakeAPI) total() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		n += c
	}
	return n
}

func (f *fakeAPI) set(change func(*fakeAPI)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *fakeAPI) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	err := f.call(ctx, "list")
	return api.Page{Events: make([]api.Event, f.events), Info: api.ResultInfo{Page: q.Page}}, err
}
func (f *fakeAPI) Event(ctx context.Context, _, id string) (api.Event, error) {
	return api.Event{UUID: id}, f.call(ctx, "event")
}
func (f *fakeAPI) Raw(ctx context.Context, _, id string) (api.Raw, error) {
	return api.Raw{ID: id}, f.call(ctx, "raw")
}
func (f *fakeAPI) Summary(ctx context.Context, _ api.SummaryQuery) (api.Summary, error) {
	return f.summary, f.call(ctx, "summary")
}
func (f *fakeAPI) Datasets(ctx context.Context) ([]api.Dataset, error) {
	return []api.Dataset{{Name: "d"}}, f.call(ctx, CatalogDatasets)
}
func (f *fakeAPI) Categories(ctx context.Context) ([]api.Category, error) {
	return []api.Category{{Name: "c"}}, f.call(ctx, CatalogCategories)
}
func (f *fakeAPI) Attackers(ctx context.Context) ([]string, error) {
	return []string{"a"}, f.call(ctx, CatalogAttackers)
}
func (f *fakeAPI) IndicatorTypes(ctx context.Context) ([]string, error) {
	return []string{"i"}, f.call(ctx, CatalogIndicatorTypes)
}
func (f *fakeAPI) TargetIndustries(ctx context.Context) ([]string, error) {
	return []string{"t"}, f.call(ctx, CatalogTargetIndustries)
}
func (f *fakeAPI) Countries(ctx context.Context) ([]api.Country, error) {
	return []api.Country{{Name: "k"}}, f.call(ctx, CatalogCountries)
}
func (f *fakeAPI) Tags(ctx context.Context) ([]api.Tag, error) {
	return []api.Tag{{Value: "g"}}, f.call(ctx, CatalogTags)
}

// bench runs commands as Bubble Tea does, each in a goroutine, and collects
// the messages with the time of each.
type bench struct {
	t     *testing.T
	start time.Time
	wg    sync.WaitGroup
	mu    sync.Mutex
	msgs  []tea.Msg
	at    []time.Duration
}

func newBench(t *testing.T) *bench { return &bench{t: t, start: time.Now()} }

func (b *bench) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	b.wg.Go(func() {
		msg := cmd()
		if batch, isBatch := msg.(tea.BatchMsg); isBatch {
			for _, c := range batch {
				b.run(c)
			}
			return
		}
		if msg == nil {
			return
		}
		b.mu.Lock()
		b.msgs, b.at = append(b.msgs, msg), append(b.at, time.Since(b.start))
		b.mu.Unlock()
		b.run(Next(msg))
	})
}

func (b *bench) wait() []tea.Msg {
	b.wg.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.msgs
}

// one is the only message of a type.
func one[T any](b *bench) T {
	b.t.Helper()
	var found []T
	for _, m := range b.wait() {
		if v, is := m.(T); is {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		var none T
		b.t.Fatalf("%d messages %T among %v", len(found), none, b.msgs)
	}
	return found[0]
}

// inBubble runs a test in virtual time, with a layer over f.
func inBubble(t *testing.T, f *fakeAPI, o Options, test func(t *testing.T, l *Layer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := New(t.Context(), f, o)
		defer l.Close()
		test(t, l)
	})
}

var (
	table  = Slot{"events", "table"}
	facets = Slot{"events", "facets"}
)

func find(word string) api.ListQuery {
	return api.ListQuery{Search: []api.Condition{{Field: api.FieldEvent, Op: api.OpContains, Values: []string{word}}}}
}

func TestPageAnswers(t *testing.T) {
	f := &fakeAPI{took: 20 * time.Millisecond, events: 3}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		cmd := l.Page(table, find("x"), 0)
		if !l.Busy(table) || l.Busy(facets) {
			t.Error("busy is wrong while it runs")
		}
		b.run(cmd)
		m := one[EventsLoaded](b)
		if !l.Current(m.RequestTag) || m.Err != nil || len(m.Page.Events) != 3 || m.Took != 20*time.Millisecond || m.Cached || m.Query.Search[0].Value() != "x" {
			t.Errorf("%+v", m)
		}
		if l.Busy(table) || len(b.msgs) != 1 {
			t.Errorf("busy after the end, or more than one message: %v", b.msgs)
		}
		var fact Result = m
		if fact.Tag().Slot != table {
			t.Error("the fact isn't about its slot")
		}
	})
}

// Typing: each key supersedes the request before; only the last is sent.
func TestDebounceSendsOnlyTheLast(t *testing.T) {
	f := &fakeAPI{took: 30 * time.Millisecond}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		for _, word := range []string{"p", "ph", "phi", "phis", "phish"} {
			b.run(l.Page(table, find(word), 80*time.Millisecond))
			<-time.After(40 * time.Millisecond)
		}
		m := one[EventsLoaded](b)
		if m.Query.Search[0].Value() != "phish" || f.total() != 1 || f.cancelled != 0 {
			t.Errorf("%s after %d calls", m.Query.Search[0].Value(), f.total())
		}
		if got := b.at[0]; got != (4*40+80+30)*time.Millisecond {
			t.Errorf("answered at %s", got)
		}
	})
}

func TestANewerRequestCancelsTheOlder(t *testing.T) {
	f := &fakeAPI{took: time.Second}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Page(table, find("a"), 0))
		b.run(l.Page(facets, find("other"), 0))
		<-time.After(500 * time.Millisecond)
		b.run(l.Page(table, find("b"), 0))
		var got []string
		for _, m := range b.wait() {
			if e, is := m.(EventsLoaded); is {
				got = append(got, e.Query.Search[0].Value())
				if !l.Current(e.RequestTag) || e.Err != nil {
					t.Errorf("%+v", e)
				}
			}
		}
		if fmt.Sprint(got) != "[other b]" || f.cancelled != 1 {
			t.Errorf("answers %v, %d cancelled", got, f.cancelled)
		}
	})
}

// The same question asked again while it is under way goes on instead of
// being cancelled and sent anew.
func TestTheSameQuestionAgainGoesOn(t *testing.T) {
	f := &fakeAPI{took: time.Second}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Page(table, find("a"), 0))
		<-time.After(900 * time.Millisecond)
		b.run(l.Page(table, find("a"), 200*time.Millisecond))
		one[EventsLoaded](b)
		if f.total() != 1 || f.cancelled != 0 || time.Since(b.start) != time.Second {
			t.Errorf("%d calls, %d cancelled, %s", f.total(), f.cancelled, time.Since(b.start))
		}
	})
}

func TestIdenticalQuestionsShareACall(t *testing.T) {
	f := &fakeAPI{took: time.Second}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		for i := range 5 {
			b.run(l.Page(Slot{"v", fmt.Sprint(i)}, find("a"), 0))
		}
		synctest.Wait()
		l.Cancel(Slot{"v", "0"}) // the one who asked first
		l.Cancel(Slot{"v", "3"})
		n := 0
		for _, m := range b.wait() {
			if _, is := m.(EventsLoaded); is {
				n++
			}
		}
		if n != 3 || f.total() != 1 || f.cancelled != 0 {
			t.Errorf("%d answers, %d calls, %d cancelled", n, f.total(), f.cancelled)
		}
	})
}

func TestACallNobodyWaitsForIsCancelled(t *testing.T) {
	f := &fakeAPI{took: time.Hour}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Page(table, find("a"), 0))
		b.run(l.Page(facets, find("a"), 0))
		synctest.Wait()
		l.Cancel(table)
		synctest.Wait()
		if f.cancelled != 0 {
			t.Error("cancelled while somebody waits")
		}
		l.Cancel(facets)
		if msgs := b.wait(); len(msgs) != 0 {
			t.Errorf("a cancelled request sent %v", msgs)
		}
		synctest.Wait()
		if f.cancelled != 1 || l.Busy(table) || l.Busy(facets) {
			t.Errorf("%d cancelled, busy %v %v", f.cancelled, l.Busy(table), l.Busy(facets))
		}
	})
}

func TestCancelMakesAnAnswerOnItsWayStale(t *testing.T) {
	inBubble(t, &fakeAPI{}, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Page(table, find("a"), 0))
		m := one[EventsLoaded](b)
		l.Cancel(table)
		l.Cancel(Slot{"no", "such"})
		if l.Current(m.RequestTag) {
			t.Error("an answer is current after Cancel")
		}
	})
}

func TestSlow(t *testing.T) {
	for name, tc := range map[string]struct {
		took, wait time.Duration
		slowAt     time.Duration // 0: none
	}{
		"quick":               {149 * time.Millisecond, 0, 0},
		"slow":                {151 * time.Millisecond, 0, 150 * time.Millisecond},
		"debounce isn't slow": {100 * time.Millisecond, 300 * time.Millisecond, 0},
		"slow after debounce": {time.Second, 300 * time.Millisecond, 450 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, &fakeAPI{took: tc.took}, Options{}, func(t *testing.T, l *Layer) {
				b := newBench(t)
				b.run(l.Page(table, find("a"), tc.wait))
				var at time.Duration
				for i, m := range b.wait() {
					if s, is := m.(Slow); is {
						at = b.at[i]
						if !l.Current(s.RequestTag) {
							t.Error("Slow is about another request")
						}
					}
				}
				if at != tc.slowAt {
					t.Errorf("slow at %s, want %s", at, tc.slowAt)
				}
			})
		})
	}
}

func TestPagesAreCached(t *testing.T) {
	f := &fakeAPI{took: time.Second, events: 2}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		load := func(q api.ListQuery, opts ...Option) EventsLoaded {
			b := newBench(t)
			b.run(l.Page(table, q, 50*time.Millisecond, opts...))
			return one[EventsLoaded](b)
		}
		q := api.ListQuery{Search: append(find("a").Search, find("b").Search...), Datasets: []string{"1", "2"}}
		same := api.ListQuery{
			Search: append(find("b").Search, find("a").Search...), Datasets: []string{"2", "1"},
			Page: 1, PageSize: api.DefaultPageSize, OrderBy: "date", Order: "desc",
		}
		if load(q).Cached {
			t.Error("cached before it was asked")
		}
		start := time.Now()
		if m := load(same); !m.Cached || m.Took != 0 || time.Since(start) != 0 || len(m.Page.Events) != 2 || l.Busy(table) {
			t.Errorf("%+v after %s", m, time.Since(start))
		}
		other := q
		other.Page = 2
		if load(other).Cached {
			t.Error("another page is the same")
		}
		if load(q, Refresh).Cached || f.total() != 3 {
			t.Errorf("%d calls", f.total())
		}
		l.Forget()
		if load(q).Cached || f.total() != 4 {
			t.Errorf("cached after Forget, %d calls", f.total())
		}
	})
}

func TestWhatMustNotBeCached(t *testing.T) {
	f := &fakeAPI{took: time.Second}
	inBubble(t, f, Options{LargestPage: 5}, func(t *testing.T, l *Layer) {
		load := func() EventsLoaded {
			b := newBench(t)
			b.run(l.Page(table, find("a"), 0))
			return one[EventsLoaded](b)
		}
		f.set(func(f *fakeAPI) { f.err = errors.New("down") })
		if m := load(); m.Err == nil || !l.Current(m.RequestTag) {
			t.Errorf("%+v", m)
		}
		f.set(func(f *fakeAPI) { f.err, f.events = nil, 6 })
		if m := load(); m.Cached || m.Err != nil {
			t.Errorf("an error was kept: %+v", m)
		}
		f.set(func(f *fakeAPI) { f.events = 5 })
		if load().Cached {
			t.Error("a page past the limit was kept")
		}
		if !load().Cached {
			t.Error("a page within the limit wasn't kept")
		}
		// An answer asked for before Forget tells of the time before.
		l.Forget()
		b := newBench(t)
		b.run(l.Page(table, find("a"), 0))
		synctest.Wait()
		l.Forget()
		one[EventsLoaded](b)
		if load().Cached {
			t.Error("an answer from before Forget was kept")
		}
	})
}

// What others change is seen when it is asked for again after a while.
func TestAnswersAreKeptForAWhile(t *testing.T) {
	f := &fakeAPI{}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		load := func() bool {
			b := newBench(t)
			b.run(l.Page(table, find("x"), 0))
			return one[EventsLoaded](b).Cached
		}
		load()
		time.Sleep(keptFor)
		if !load() {
			t.Error("asked anew at once")
		}
		time.Sleep(time.Second)
		if load() {
			t.Error("an old answer counts")
		}
	})
}

func TestTheCacheIsBounded(t *testing.T) {
	f := &fakeAPI{}
	inBubble(t, f, Options{Pages: 10}, func(t *testing.T, l *Layer) {
		for i := range 100 {
			b := newBench(t)
			b.run(l.Page(table, find(fmt.Sprint(i)), 0))
			b.wait()
		}
		if n := l.pages.kept.Len(); n != 10 || len(l.pages.calls) != 0 || len(l.slots) != 1 {
			t.Errorf("%d pages, %d calls, %d slots", n, len(l.pages.calls), len(l.slots))
		}
	})
}

func TestEventAndRaw(t *testing.T) {
	f := &fakeAPI{took: time.Second}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		for range 2 {
			b := newBench(t)
			b.run(l.Event(Slot{"detail", "event"}, "d", "e1", 0))
			b.run(l.Raw(Slot{"detail", "raw"}, "d", "e1", 0))
			e, r := one[EventLoaded](b), one[RawLoaded](b)
			if e.Event.UUID != "e1" || e.Dataset != "d" || e.ID != "e1" || e.Err != nil {
				t.Errorf("%+v", e)
			}
			if r.Raw.ID != "e1" || r.Dataset != "d" || r.ID != "e1" || r.Err != nil {
				t.Errorf("%+v", r)
			}
		}
		if f.total() != 2 {
			t.Errorf("%d calls, want 2", f.total())
		}
	})
}

// Where only whole datasets can be counted, every filter shares the numbers.
func TestUnfilteredSummariesCostOneCall(t *testing.T) {
	f := &fakeAPI{took: time.Second, summary: api.Summary{Total: 9, Unfiltered: true}}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		ask := func(q api.SummaryQuery) SummaryLoaded {
			b := newBench(t)
			b.run(l.Summary(facets, q, 0))
			return one[SummaryLoaded](b)
		}
		for _, word := range []string{"a", "b", "c", "b"} {
			if m := ask(api.SummaryQuery{Filter: find(word)}); m.Err != nil || m.Summary.Total != 9 || !m.Summary.Unfiltered {
				t.Errorf("%+v", m)
			}
		}
		if f.total() != 1 {
			t.Errorf("%d calls, want 1", f.total())
		}
		other := find("a")
		other.Datasets = []string{"x"}
		ask(api.SummaryQuery{Filter: other})
		f.set(func(f *fakeAPI) { f.summary.Unfiltered = false })
		if m := ask(api.SummaryQuery{}); m.Summary.Unfiltered || f.total() != 3 {
			t.Errorf("no filter isn't unfiltered: %+v after %d calls", m, f.total())
		}
	})
}

func TestFilteredSummariesAreTheirOwn(t *testing.T) {
	f := &fakeAPI{summary: api.Summary{Total: 9}}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		for _, word := range []string{"a", "b", "a"} {
			b := newBench(t)
			b.run(l.Summary(facets, api.SummaryQuery{Filter: find(word)}, 0))
			one[SummaryLoaded](b)
		}
		if f.total() != 2 {
			t.Errorf("%d calls, want 2", f.total())
		}
	})
}

// A panic comes out of the command, where Bubble Tea restores the terminal,
// not out of a goroutine, where it would kill the program.
func TestAPanicReachesTheCommand(t *testing.T) {
	inBubble(t, &fakeAPI{explode: true}, Options{}, func(t *testing.T, l *Layer) {
		for name, cmd := range map[string]tea.Cmd{
			"catalogues": l.Catalogs(facets),
			"job":        l.Run(Slot{"v", "job"}, func(context.Context, Report) (any, error) { panic("boom") }),
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic", name)
					}
				}()
				cmd()
			}()
		}
	})
}

func TestCloseEndsEverything(t *testing.T) {
	f := &fakeAPI{took: time.Hour}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Page(table, find("a"), 0))
		b.run(l.Page(facets, find("b"), time.Hour))
		b.run(l.Catalogs(Slot{"v", "catalogues"}))
		b.run(l.Event(Slot{"v", "event"}, "", "e", 0))
		synctest.Wait()
		l.Close()
		if msgs := b.wait(); len(msgs) != 0 {
			t.Errorf("messages %v", msgs)
		}
		b.run(l.Page(table, find("c"), 0))
		if msgs := b.wait(); len(msgs) != 0 || time.Since(b.start) != 0 {
			t.Errorf("messages after Close %v", msgs)
		}
	})
}
