// Package async is the layer between the views and the client: the only
// place that makes commands doing I/O. A view calls a method of Layer from its
// Update, returns the command it gets, and later receives one message, a Result,
// that carries the Tag of the request it answers.
//
// A Slot is one purpose of one view. A newer request on a slot cancels the
// older one; a cancelled request sends no message at all. Of all packages
// under api only this one knows Bubble Tea.
package async

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
)

// API is what the layer needs of a client.
type API interface {
	List(ctx context.Context, q api.ListQuery) (api.Page, error)
	Event(ctx context.Context, dataset, id string) (api.Event, error)
	Raw(ctx context.Context, dataset, id string) (api.Raw, error)
	Summary(ctx context.Context, q api.SummaryQuery) (api.Summary, error)
	Datasets(ctx context.Context) ([]api.Dataset, error)
	Categories(ctx context.Context) ([]api.Category, error)
	Attackers(ctx context.Context) ([]string, error)
	IndicatorTypes(ctx context.Context) ([]string, error)
	TargetIndustries(ctx context.Context) ([]string, error)
	Countries(ctx context.Context) ([]api.Country, error)
	Tags(ctx context.Context) ([]api.Tag, error)
}

// Slot is one purpose of one view, e.g. {"events", "facets"}.
type Slot struct{ View, Name string }

// RequestTag names one request of a slot. Seq grows with every request of a Layer.
type RequestTag struct {
	Slot Slot
	Seq  uint64
}

// Tag is the tag itself, so that a message embedding RequestTag is a Result.
func (t RequestTag) Tag() RequestTag { return t }

// Result is what every message of this package is: something that happened,
// about the request that asked for it. Ask Layer.Current before believing it.
type Result interface{ Tag() RequestTag }

// Option says how old the answer to one request may be; without one, what is
// known will do.
type Option time.Duration

// Refresh asks the server even where the answer is known; the new answer takes
// the old one's place in the cache.
const Refresh Option = 1

// Within is Refresh where nobody who works on the same account in this process
// has asked the same within d. It is for what is looked at again and again.
func Within(d time.Duration) Option { return Option(max(d, 1)) }

type ageKey struct{}

// MaxAge is how old the answer to a call may be, in the eyes of a client that
// keeps answers for several layers; ok is false where that is up to it.
func MaxAge(ctx context.Context) (d time.Duration, ok bool) {
	d, ok = ctx.Value(ageKey{}).(time.Duration)
	return d, ok
}

// Options sets a Layer's bounds. Zero means the default of each.
type Options struct {
	Pages       int           // pages kept; 48
	Details     int           // events and raw records kept, of each; 128
	Summaries   int           // summaries kept, and counts by columns, of each; 64
	LargestPage int           // events of the largest page kept; 1,000
	SlowAfter   time.Duration // until Slow is sent; 150 ms
	ReportEvery time.Duration // least time between two Progress messages; 100 ms
	CatalogWait time.Duration // how long CatalogsLoaded waits for the last catalogue; 1 s

	ReadOnly bool              // Do refuses every change
	Audit    func(AuditRecord) // told of every change that ran, in its goroutine; nil tells nobody
}

func (o Options) withDefaults() Options {
	for p, v := range map[*int]int{&o.Pages: 48, &o.Details: 128, &o.Summaries: 64, &o.LargestPage: 1000} {
		if *p <= 0 {
			*p = v
		}
	}
	for p, v := range map[*time.Duration]time.Duration{
		&o.SlowAfter: 150 * time.Millisecond, &o.ReportEvery: 100 * time.Millisecond, &o.CatalogWait: time.Second,
	} {
		if *p <= 0 {
			*p = v
		}
	}
	return o
}

// Layer makes the commands of one session. Its methods return at once and may
// be called from Update; they are safe for concurrent use.
type Layer struct {
	api  API
	o    Options
	root context.Context // the session's: every request ends with it
	end  context.CancelFunc

	mu    sync.Mutex
	seq   uint64
	slots map[Slot]*running

	pages      *cache[api.Page]
	events     *cache[api.Event]
	raws       *cache[api.Raw]
	summaries  *cache[api.Summary]
	groups     *cache[api.Groups]
	changing   atomic.Bool // a change is under way
	unfiltered atomic.Bool // the server sums up whole datasets only
	known      *catalogs
	asked
}

// running is the newest request of a slot.
type running struct {
	seq    uint64
	busy   bool
	job    bool // cancelling it still yields its JobDone
	cancel context.CancelFunc
}

// New makes a Layer whose requests all end with ctx.
func New(ctx context.Context, a API, o Options) *Layer {
	o = o.withDefaults()
	ctx, cancel := context.WithCancel(ctx)
	return &Layer{
		api: a, o: o, root: ctx, end: cancel,
		slots:     map[Slot]*running{},
		pages:     newCache[api.Page](ctx, o.Pages),
		events:    newCache[api.Event](ctx, o.Details),
		raws:      newCache[api.Raw](ctx, o.Details),
		summaries: newCache[api.Summary](ctx, o.Summaries),
		groups:    newCache[api.Groups](ctx, o.Summaries),
		known:     newCatalogs(a),
		asked:     newAsked(ctx, o),
	}
}

// Current tells whether t is the newest request of its slot. A message for
// which it is false is to be dropped.
func (l *Layer) Current(t RequestTag) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.slots[t.Slot]
	return r != nil && r.seq == t.Seq
}

// Busy tells whether the slot's newest request is under way.
func (l *Layer) Busy(s Slot) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.slots[s]
	return r != nil && r.busy
}

// Cancel ends the slot's request. A reading request then sends no message and
// is no longer current; a job of Run ends with its JobDone, which is.
func (l *Layer) Cancel(s Slot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.slots[s]
	if r == nil {
		return
	}
	r.cancel()
	if !r.job {
		r.seq, r.busy = 0, false
	}
}

// Close cancels everything and waits for nothing. Commands made later end at
// once without a message.
func (l *Layer) Close() { l.end() }

// Forget drops what is cached, catalogues included, here and in a client that
// keeps answers. Requests under way still answer, but their answers are not
// kept.
func (l *Layer) Forget() {
	if f, ok := l.api.(interface{ Forget() }); ok {
		f.Forget()
	}
	l.forgetData()
	l.datasets.forget()
	l.known.forget()
}

// forgetData drops what a change of data may have made wrong; the catalogues
// stay.
func (l *Layer) forgetData() {
	l.pages.forget()
	l.events.forget()
	l.raws.forget()
	l.summaries.forget()
	l.groups.forget()
	l.drop()
}

// begin makes a request the newest of its slot and cancels the one before.
func (l *Layer) begin(s Slot, job bool) (context.Context, RequestTag) {
	ctx, cancel := context.WithCancel(l.root)
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.slots[s]; old != nil {
		old.cancel()
	}
	l.seq++
	l.slots[s] = &running{seq: l.seq, busy: true, job: job, cancel: cancel}
	return ctx, RequestTag{Slot: s, Seq: l.seq}
}

// finish ends a request: its slot is no longer busy, its context is released.
func (l *Layer) finish(t RequestTag) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.slots[t.Slot]; r != nil && r.seq == t.Seq {
		r.busy = false
		r.cancel()
	}
}

// Next is what a message wants run after it: the rest of a job's progress or
// of the catalogues. It is nil for every other message. Whoever routes the
// messages returns it from Update, whether or not a view takes the message.
func Next(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case Progress:
		return m.Next
	case CatalogsLoaded:
		return m.Next
	}
	return nil
}
