package server

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"threatbench/api"
)

// window is the span the rate limit counts over, and how long a caller that
// went past it stays blocked.
const window = 5 * time.Minute

// maxCallers bounds what the limiter remembers; past it, callers whose window
// has ended are forgotten.
const maxCallers = 10_000

// limiter counts calls per caller in windows that start with a first call.
type limiter struct {
	limit   int
	mu      sync.Mutex
	callers map[string]*allowance
}

type allowance struct {
	used    int
	until   time.Time
	blocked bool
}

func newLimiter(limit int) *limiter {
	return &limiter{limit: limit, callers: make(map[string]*allowance)}
}

// take counts one call and tells what is left, until when, and whether the
// call may go on. Going past the limit blocks for a whole window from then.
func (l *limiter) take(caller string, now time.Time) (left int, until time.Time, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.callers[caller]
	if a == nil || !now.Before(a.until) {
		l.prune(now)
		a = &allowance{until: now.Add(window)}
		l.callers[caller] = a
	}
	if a.used >= l.limit {
		if !a.blocked {
			a.blocked, a.until = true, now.Add(window)
		}
		return 0, a.until, false
	}
	a.used++
	return l.limit - a.used, a.until, true
}

func (l *limiter) prune(now time.Time) {
	if len(l.callers) < maxCallers {
		return
	}
	for k, a := range l.callers {
		if !now.Before(a.until) {
			delete(l.callers, k)
		}
	}
	if len(l.callers) >= maxCallers {
		clear(l.callers) // memory stays bounded, at the price of everyone starting anew
	}
}

// count takes one call of caller's allowance and writes the headers that tell
// what is left. Without a limit it does nothing.
func (c *call) count(caller string) error {
	l := c.s.limiter
	if l == nil {
		return nil
	}
	now := c.s.config.Now()
	left, until, ok := l.take(caller, now)
	seconds := int(math.Ceil(until.Sub(now).Seconds()))
	c.w.Header().Set("Ratelimit", fmt.Sprintf(`"default";r=%d;t=%d`, left, seconds))
	c.w.Header().Set("Ratelimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, l.limit, int(window.Seconds())))
	if ok {
		return nil
	}
	c.w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return api.Errorf(http.StatusTooManyRequests, "rate limit: want at most %d calls in five minutes; try again in %d seconds", l.limit, seconds)
}

// remote is the caller's address without the port.
func (c *call) remote() string {
	host, _, err := net.SplitHostPort(c.r.RemoteAddr)
	if err != nil {
		return c.r.RemoteAddr
	}
	return host
}
