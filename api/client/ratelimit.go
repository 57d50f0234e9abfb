package client

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"threatbench/api"
)

const (
	longestBlock = 10 * time.Minute // a Retry-After past this is not believed
	longestGap   = 3 * time.Second  // most the pacing puts between two calls
	fewLeft      = 20               // where pacing begins when the limit's size is unknown
)

// rateLimiter is what every call of a client passes before it is sent. It holds all
// of them back after a 429, since the platform then blocks everything, and
// spreads them out when few are left in the window, so that no 429 comes.
type rateLimiter struct {
	now     func() time.Time
	maxWait time.Duration

	mu      sync.Mutex
	limit   RateLimit
	blocked time.Time // no call before this
	last    time.Time // when the last paced call went
}

func newRateLimiter(now func() time.Time, maxWait time.Duration) *rateLimiter {
	return &rateLimiter{now: now, maxWait: maxWait}
}

// wait returns when a call may go. It reserves nothing while it waits, so a
// call cancelled in the queue costs the others no time. A wait longer than
// maxWait is refused at once, as the 429 that the server would have sent.
func (l *rateLimiter) wait(ctx context.Context) error {
	for {
		wait := l.admit()
		if wait <= 0 {
			return ctx.Err()
		}
		if wait > l.maxWait {
			return tooMany(wait)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// admit counts a call and lets it go (0), or says how long to wait.
func (l *rateLimiter) admit() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if d := l.blocked.Sub(now); d > 0 {
		return d
	}
	left := l.limit.Reset.Sub(now)
	if !l.limit.Known || left <= 0 {
		return 0
	}
	if l.limit.Remaining <= 0 {
		return left
	}
	if l.limit.Remaining <= l.scarce() {
		gap := min(left/time.Duration(l.limit.Remaining+1), longestGap)
		if d := l.last.Add(gap).Sub(now); d > 0 {
			return d
		}
		l.last = now
	}
	l.limit.Remaining--
	return 0
}

// scarce is the number of calls left from which on they are spread out.
func (l *rateLimiter) scarce() int {
	if l.limit.Limit > 0 {
		return l.limit.Limit / 10
	}
	return fewLeft
}

// observe learns from an answer's headers what is left.
func (l *rateLimiter) observe(h http.Header) {
	now := parseLimit(h.Get("Ratelimit"))
	if now == nil {
		return
	}
	policy := parseLimit(h.Get("Ratelimit-Policy"))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit.Known = true
	l.limit.Remaining = now["r"]
	l.limit.Reset = l.now().Add(time.Duration(now["t"]) * time.Second)
	if policy != nil {
		l.limit.Limit = policy["q"]
		l.limit.Window = time.Duration(policy["w"]) * time.Second
	}
}

// block holds every call back for d.
func (l *rateLimiter) block(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := l.now().Add(min(d, longestBlock)); until.After(l.blocked) {
		l.blocked = until
	}
}

func (l *rateLimiter) state() (RateLimit, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.blocked.After(l.now()) {
		return l.limit, l.blocked
	}
	return l.limit, time.Time{}
}

// parseLimit reads the numbers of a header such as `"default";r=50;t=30`; nil
// where it is absent, holds no numbers, or a negative one.
func parseLimit(s string) map[string]int {
	first, _, _ := strings.Cut(s, ",") // several policies: the first counts
	var out map[string]int
	for _, part := range strings.Split(first, ";")[min(1, strings.Count(first, ";")):] {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 0 || n > 1<<30 {
			return nil
		}
		if out == nil {
			out = map[string]int{}
		}
		out[key] = n
	}
	return out
}

// retryAfter reads seconds or an HTTP date; 0 where there is neither.
func retryAfter(h http.Header, now time.Time) time.Duration {
	s := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return time.Duration(min(n, int(longestBlock/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil && at.After(now) {
		return min(at.Sub(now), longestBlock)
	}
	return 0
}

func tooMany(wait time.Duration) *api.Error {
	return &api.Error{
		Status:     http.StatusTooManyRequests,
		Message:    fmt.Sprintf("too many calls (429): the server takes the next one in %s", roundUp(wait)),
		RetryAfter: wait,
	}
}

// roundUp is a duration in whole seconds, for people.
func roundUp(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}

// sleep waits for d, or returns the context's error as soon as there is one.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stats is what the client knows of its own doing, for the header line.
type Stats struct {
	Calls        int           // requests really sent, repeats included
	InFlight     int           // requests under way
	Waiting      int           // calls paused: for a repeat, for pacing, or for a block to end
	Latency      time.Duration // of the last answer, body included; 0 before the first
	RateLimit    RateLimit
	BlockedUntil time.Time // the server asked for silence until then; zero where it didn't
}

// RateLimit is what the server last said is left.
type RateLimit struct {
	Known     bool          // the server states a limit
	Remaining int           // calls left in this window
	Reset     time.Time     // when the window ends
	Limit     int           // calls per window, 0 where unsaid
	Window    time.Duration // its length, 0 where unsaid
}

// meter counts without a lock, since the header asks on every frame.
type meter struct {
	calls, inFlight, waiting, latency atomic.Int64
}

// Stats tells how many calls were made, how fast the last was, and what the
// server said is left.
func (c *Client) Stats() Stats {
	s := Stats{
		Calls:    int(c.meter.calls.Load()),
		InFlight: int(c.meter.inFlight.Load()),
		Waiting:  int(c.meter.waiting.Load()),
		Latency:  time.Duration(c.meter.latency.Load()),
	}
	s.RateLimit, s.BlockedUntil = c.limiter.state()
	return s
}
