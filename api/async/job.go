package async

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Report tells how far a job is: done of total (0 where unknown), and one
// line on what it is at. It may be called as often as one likes, from any
// goroutine.
type Report = func(done, total int64, note string)

// Progress says how far a job of Run is. Next, to be returned from Update,
// brings the next message; a Progress that is dropped must still have its Next
// run (see the function Next).
type Progress struct {
	RequestTag
	Done, Total int64 // Total is 0 where unknown
	Note        string
	Next        tea.Cmd
}

// JobDone is a job's end: its value, which may be there beside an error (what
// was done before it), and the error. A cancelled job ends with one too.
type JobDone struct {
	RequestTag
	Value any
	Took  time.Duration
	Err   error
}

// Run runs a long job on a slot; Progress tells of it, at most ten times a
// second, and JobDone ends it. The job must return soon after its context
// ends. It goes on when no message of it is read.
func (l *Layer) Run(s Slot, job func(ctx context.Context, report Report) (any, error)) tea.Cmd {
	return l.run(s, job, func(d JobDone) tea.Msg { return d })
}

// run is Run with a message of the caller's own at the end.
func (l *Layer) run(s Slot, job func(ctx context.Context, report Report) (any, error), ended func(JobDone) tea.Msg) tea.Cmd {
	ctx, tag := l.begin(s, true)
	return func() tea.Msg {
		w := &watch{layer: l, tag: tag, start: time.Now(), ended: ended, news: make(chan struct{}, 1), done: make(chan struct{})}
		go w.run(ctx, job)
		return w.next()
	}
}

// watch stands between a job and the messages about it.
type watch struct {
	layer    *Layer
	tag      RequestTag
	start    time.Time
	reported time.Time     // when the last Progress went; only next touches it
	news     chan struct{} // something was reported since
	done     chan struct{}
	ended    func(JobDone) tea.Msg

	mu     sync.Mutex
	latest Progress

	value any
	err   error
	panic *panicked
}

func (w *watch) run(ctx context.Context, job func(context.Context, Report) (any, error)) {
	defer close(w.done)
	defer w.layer.finish(w.tag)
	defer catch(&w.panic)
	w.value, w.err = job(ctx, w.report)
}

func (w *watch) report(done, total int64, note string) {
	w.mu.Lock()
	w.latest = Progress{RequestTag: w.tag, Done: done, Total: total, Note: note, Next: w.next}
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// next waits for the end, or for news after the pause that keeps messages
// apart.
func (w *watch) next() tea.Msg {
	if !w.reported.IsZero() {
		t := time.NewTimer(w.layer.o.ReportEvery - time.Since(w.reported))
		defer t.Stop()
		select {
		case <-t.C:
		case <-w.done:
			return w.end()
		}
	}
	select {
	case <-w.done:
		return w.end()
	case <-w.news:
	}
	w.reported = time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.latest
}

func (w *watch) end() tea.Msg {
	w.panic.again()
	return w.ended(JobDone{RequestTag: w.tag, Value: w.value, Took: time.Since(w.start), Err: w.err})
}
