// Package patience gives up on a server that has gone silent. What counts is
// the time without a byte, not how long a call takes: work that goes on, goes
// on. The repeats of a call that got nothing belong to the same silence.
package patience

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Error says that a server sent nothing for as long as it was given.
type Error struct{ After time.Duration }

// Error is the reason in words, without the server's name.
func (e *Error) Error() string { return fmt.Sprintf("nothing came for %s", e.After) }

// Config tells a Watch how long to wait.
type Config struct {
	Limit  time.Duration // without a byte; then every call fails with an *Error; 0 means for ever
	Notice time.Duration // without a byte; then Say is called
	Every  time.Duration // least time between two calls of Say
	Say    func()        // tells that a server is waited for; called by one goroutine at a time
}

// Watch measures the silence of one server over all calls that go through its
// transports. Once it has given up it stays so. It is safe for concurrent use.
type Watch struct {
	conf Config

	mu    sync.Mutex
	calls map[*call]struct{} // those that are to be ended
	waits int                // how many wait for a byte now
	spent time.Duration      // silence before the present waiting
	since time.Time          // when the present waiting began
	timer *time.Timer        // for whatever comes next of this silence
	told  bool               // of this silence
	said  time.Time          // when Say was called last
	gone  bool               // given up
}

// New makes a Watch.
func New(c Config) *Watch { return &Watch{conf: c, calls: map[*call]struct{}{}} }

// Over is a transport that sends through next and watches what comes back.
func (w *Watch) Over(next http.RoundTripper) http.RoundTripper { return &transport{w, next} }

type transport struct {
	watch *Watch
	next  http.RoundTripper
}

// RoundTrip sends the request and waits for the head of its answer.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	c := &call{watch: t.watch, asked: req.Context(), cancel: cancel}
	if err := c.begin(); err != nil {
		c.end()
		return nil, err
	}
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	t.watch.stop(err == nil)
	if err != nil {
		err = c.why(err)
		c.end()
		return nil, err
	}
	resp.Body = &body{resp.Body, c}
	return resp, nil
}

// CloseIdleConnections passes on what http.Client asks of its transport.
func (t *transport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// call is one request until its answer is read or given up.
type call struct {
	watch  *Watch
	asked  context.Context // of whoever made the request
	cancel context.CancelFunc
}

// begin begins to wait for a byte.
func (c *call) begin() error {
	w := c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone {
		return &Error{w.conf.Limit}
	}
	w.calls[c] = struct{}{}
	if w.waits++; w.waits == 1 {
		w.since = time.Now()
		w.arm()
	}
	return nil
}

func (c *call) end() {
	c.cancel()
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	delete(c.watch.calls, c)
}

// why is the error of a call: its own, unless the watch ended it.
func (c *call) why(err error) error {
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	if c.watch.gone && c.asked.Err() == nil {
		return &Error{c.watch.conf.Limit}
	}
	return err
}

// body is an answer's body. Only while somebody reads is it waited for: a slow
// reader is not a silent server.
type body struct {
	io.ReadCloser
	call *call
}

// Read reads what comes next.
func (b *body) Read(p []byte) (int, error) {
	if err := b.call.begin(); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	b.call.watch.stop(n > 0 || errors.Is(err, io.EOF))
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.call.why(err)
	}
	return n, err
}

// Close gives up what was not read.
func (b *body) Close() error {
	b.call.end()
	return b.ReadCloser.Close()
}

// stop ends one waiting; alive says that something came.
func (w *Watch) stop(alive bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.waits--
	switch {
	case alive:
		w.spent, w.since, w.told = 0, now, false
	case w.waits == 0:
		w.spent += now.Sub(w.since)
	}
	w.arm()
}

// arm sets the timer for what comes next, if anybody waits.
func (w *Watch) arm() {
	next := w.conf.Limit
	if !w.told && w.conf.Say != nil && (next <= 0 || w.conf.Notice < next) {
		next = w.conf.Notice
	}
	if w.waits == 0 || w.gone || next <= 0 {
		if w.timer != nil {
			w.timer.Stop()
		}
		return
	}
	left := max(next-w.silence(), 0)
	if w.timer == nil {
		w.timer = time.AfterFunc(left, w.look)
		return
	}
	w.timer.Reset(left)
}

func (w *Watch) silence() time.Duration { return w.spent + time.Since(w.since) }

// look does what is due. A timer that fires late may find that nothing is.
func (w *Watch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waits == 0 || w.gone {
		return
	}
	silence := w.silence()
	if w.conf.Limit > 0 && silence >= w.conf.Limit {
		w.gone = true
		for c := range w.calls {
			c.cancel()
		}
		return
	}
	if silence >= w.conf.Notice && !w.told && w.conf.Say != nil {
		w.told = true
		if now := time.Now(); w.said.IsZero() || now.Sub(w.said) >= w.conf.Every {
			w.said = now
			w.conf.Say()
		}
	}
	w.arm()
}
