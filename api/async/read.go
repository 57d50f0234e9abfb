package async

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
)

// EventsLoaded is a page that came, or why it didn't. Pages are shared with
// the cache: treat them as read-only.
type EventsLoaded struct {
	RequestTag
	Query  api.ListQuery
	Page   api.Page
	Took   time.Duration // of the call, 0 where Cached
	Cached bool
	Err    error
}

// SummaryLoaded is a summary that came, or why it didn't. Read-only, as pages.
type SummaryLoaded struct {
	RequestTag
	Query   api.SummaryQuery
	Summary api.Summary
	Took    time.Duration
	Cached  bool
	Err     error
}

// EventLoaded is one event that came, or why it didn't. Read-only, as pages.
type EventLoaded struct {
	RequestTag
	Dataset, ID string
	Event       api.Event
	Took        time.Duration
	Cached      bool
	Err         error
}

// RawLoaded is a raw record that came, or why it didn't. Its Data is as the
// server sent it: neutralise it where it is drawn.
type RawLoaded struct {
	RequestTag
	Dataset, ID string
	Raw         api.Raw
	Took        time.Duration
	Cached      bool
	Err         error
}

// Slow says that a request has been under way long enough for a spinner. It
// may come just after the answer: a view shows a spinner while Layer.Busy.
type Slow struct{ RequestTag }

// Page asks for a page of events; EventsLoaded answers. Wait is the debounce:
// a request superseded within it is never sent. A page that is known is served
// at once.
func (l *Layer) Page(s Slot, q api.ListQuery, wait time.Duration, opts ...Option) tea.Cmd {
	return demand(l, s, wait, opts, l.pages, l.pageQuestion(q), func(t RequestTag, o reply[api.Page]) tea.Msg {
		return EventsLoaded{RequestTag: t, Query: q, Page: o.value, Took: o.took, Cached: o.cached, Err: o.err}
	})
}

func (l *Layer) pageQuestion(q api.ListQuery) question[api.Page] {
	return question[api.Page]{
		key:  listKey(q),
		ask:  func(ctx context.Context) (api.Page, error) { return l.api.List(ctx, q) },
		keep: func(p api.Page) bool { return len(p.Events) <= l.o.LargestPage },
	}
}

// Event asks for one event; EventLoaded answers.
func (l *Layer) Event(s Slot, dataset, id string, wait time.Duration, opts ...Option) tea.Cmd {
	ask := question[api.Event]{
		key:  dataset + "/" + id,
		ask:  func(ctx context.Context) (api.Event, error) { return l.api.Event(ctx, dataset, id) },
		keep: func(e api.Event) bool { return len(e.Event)+len(e.Insight) <= maxKept },
	}
	return demand(l, s, wait, opts, l.events, ask, func(t RequestTag, o reply[api.Event]) tea.Msg {
		return EventLoaded{RequestTag: t, Dataset: dataset, ID: id, Event: o.value, Took: o.took, Cached: o.cached, Err: o.err}
	})
}

// maxKept bounds an answer that is remembered, in bytes: caches count their
// answers, and a few of the greatest would fill the memory.
const maxKept = 1 << 20

// Raw asks for the raw record of an event; RawLoaded answers.
func (l *Layer) Raw(s Slot, dataset, id string, wait time.Duration, opts ...Option) tea.Cmd {
	ask := question[api.Raw]{
		key:  dataset + "/" + id,
		ask:  func(ctx context.Context) (api.Raw, error) { return l.api.Raw(ctx, dataset, id) },
		keep: func(r api.Raw) bool { return len(r.Data) <= maxKept },
	}
	return demand(l, s, wait, opts, l.raws, ask, func(t RequestTag, o reply[api.Raw]) tea.Msg {
		return RawLoaded{RequestTag: t, Dataset: dataset, ID: id, Raw: o.value, Took: o.took, Cached: o.cached, Err: o.err}
	})
}

// Summary asks for total, facets and timeline; SummaryLoaded answers. Where
// the server can count whole datasets only, what it said once serves every
// filter: its numbers don't depend on it, and each would cost many calls.
func (l *Layer) Summary(s Slot, q api.SummaryQuery, wait time.Duration, opts ...Option) tea.Cmd {
	ask := question[api.Summary]{
		key: summaryKey(q, l.unfiltered.Load()),
		ask: func(ctx context.Context) (api.Summary, error) {
			sum, err := l.api.Summary(ctx, q)
			if err == nil && sum.Unfiltered && !sum.Passing && l.unfiltered.CompareAndSwap(false, true) {
				l.summaries.add(summaryKey(q, true), sum)
			}
			return sum, err
		},
		keep: func(sum api.Summary) bool { return !sum.Passing },
	}
	return demand(l, s, wait, opts, l.summaries, ask, func(t RequestTag, o reply[api.Summary]) tea.Msg {
		return SummaryLoaded{RequestTag: t, Query: q, Summary: o.value, Took: o.took, Cached: o.cached, Err: o.err}
	})
}

// reply is what became of a question.
type reply[T any] struct {
	value  T
	took   time.Duration
	cached bool
	err    error
}

// demand is the course of every reading request: serve what is known, else
// wait out the debounce, ask, and tell; Slow goes beside it. What is being
// asked already is neither debounced nor asked again. It is a function because
// methods take no type parameters.
func demand[T any](l *Layer, s Slot, wait time.Duration, opts []Option, sh *cache[T], q question[T], tell func(RequestTag, reply[T]) tea.Msg) tea.Cmd {
	for _, o := range opts {
		q.fresh, q.age = true, time.Duration(o)
	}
	var f *call[T]
	if !q.fresh {
		f = sh.joinRunning(q.key) // before the older request of the slot lets go of it
	}
	ctx, tag := l.begin(s, false)
	if v, known := sh.get(q.key); known && !q.fresh && f == nil {
		return func() tea.Msg {
			defer l.finish(tag)
			return unless(ctx, tell(tag, reply[T]{value: v, cached: true}))
		}
	}
	over := make(chan struct{})
	work := func() tea.Msg {
		defer close(over)
		defer l.finish(tag)
		if f == nil {
			if !pauseOver(ctx, wait) {
				return nil
			}
			f = sh.join(q)
		}
		start := time.Now()
		v, err := sh.wait(ctx, q.key, f)
		if l.root.Err() != nil { // Close reaches the shared call before this request's own context
			return nil
		}
		return unless(ctx, tell(tag, reply[T]{value: v, took: time.Since(start), err: err}))
	}
	return tea.Batch(work, l.slow(ctx, tag, wait, over))
}

// unless is the message, or none where the request was cancelled meanwhile.
func unless(ctx context.Context, msg tea.Msg) tea.Msg {
	if ctx.Err() != nil {
		return nil
	}
	return msg
}

// slow sends Slow when a request takes long, and ends when the request ends.
func (l *Layer) slow(ctx context.Context, tag RequestTag, wait time.Duration, over <-chan struct{}) tea.Cmd {
	return func() tea.Msg {
		t := time.NewTimer(wait + l.o.SlowAfter)
		defer t.Stop()
		select {
		case <-t.C:
			return unless(ctx, Slow{tag})
		case <-over:
		case <-ctx.Done():
		}
		return nil
	}
}

// pauseOver waits out a debounce; false where the request ended before.
func pauseOver(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// listKey is the same for queries that mean the same: defaults spelt out,
// conditions and datasets in one order.
func listKey(q api.ListQuery) string {
	if q.Cursor == "" {
		q.Page = max(q.Page, 1)
		q.OrderBy = orElse(q.OrderBy, "date")
		q.Order = orElse(q.Order, "desc")
	}
	if q.PageSize == 0 {
		q.PageSize = api.DefaultPageSize
	}
	return filterKey(q) + "|" + keyOf(struct {
		Page, Size          int
		Cursor, By, Towards string
	}{q.Page, q.PageSize, q.Cursor, q.OrderBy, q.Order})
}

func summaryKey(q api.SummaryQuery, whole bool) string {
	f := q.Filter
	if whole {
		f.Search, f.Branches = nil, nil
		whole = len(q.Filter.Search)+len(q.Filter.Branches) > 0 // Unfiltered is part of the answer
	}
	return filterKey(f) + "|" + keyOf(struct {
		Whole   bool
		Facets  []string
		Limit   int
		Buckets int
	}{whole, q.Facets, q.FacetLimit, q.MaxBuckets})
}

func filterKey(q api.ListQuery) string {
	branches := make([]string, len(q.Branches))
	for i, b := range q.Branches {
		branches[i] = conditionsKey(b)
	}
	slices.Sort(branches)
	datasets := slices.Sorted(slices.Values(q.Datasets))
	return conditionsKey(q.Search) + "|" + strings.Join(branches, ";") + "|" + keyOf(datasets)
}

func conditionsKey(list []api.Condition) string {
	keys := make([]string, len(list))
	for i, c := range list {
		keys[i] = keyOf([]any{c.Field, c.Op, c.Values})
	}
	slices.Sort(keys)
	return strings.Join(keys, "&")
}

// keyOf writes a value of strings, numbers and lists; such a value can always
// be written.
func keyOf(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
