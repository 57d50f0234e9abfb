package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"threatbench/api"
)

// script answers the nth request with the nth reply, the last one for ever,
// and notes when each came.
type script struct {
	mu      sync.Mutex
	replies []func() (*http.Response, error)
	at      []time.Duration
	start   time.Time
}

func (s *script) roundTrip(*http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.replies[min(len(s.at), len(s.replies)-1)]
	s.at = append(s.at, time.Since(s.start))
	return f()
}

func ok() (*http.Response, error) { return reply(200, "[]"), nil }

func status(n int, header ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return reply(n, "", header...), nil }
}

func times(at ...time.Duration) []time.Duration { return at }

func TestReadsAreRepeated(t *testing.T) {
	const s, ms = time.Second, time.Millisecond
	broke := func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }
	cut := func() (*http.Response, error) { return reply(200, `[{"uuid":"u`), nil }
	for name, tc := range map[string]struct {
		replies []func() (*http.Response, error)
		at      []time.Duration
		fails   bool
	}{
		"back-off doubles":      {[]func() (*http.Response, error){status(500), status(502), ok}, times(0, 400*ms, 1200*ms), false},
		"two repeats, no more":  {[]func() (*http.Response, error){status(503)}, times(0, 400*ms, 1200*ms), true},
		"connection":            {[]func() (*http.Response, error){broke, ok}, times(0, 400*ms), false},
		"cut JSON":              {[]func() (*http.Response, error){cut, ok}, times(0, 400*ms), false},
		"408":                   {[]func() (*http.Response, error){status(408), ok}, times(0, 400*ms), false},
		"409":                   {[]func() (*http.Response, error){status(409), ok}, times(0, 400*ms), false},
		"429 with time":         {[]func() (*http.Response, error){status(429, "Retry-After", "7"), ok}, times(0, 7*s), false},
		"429 with date":         {[]func() (*http.Response, error){status(429, "Retry-After", "Sat, 01 Jan 2000 00:00:09 GMT"), ok}, times(0, 9*s), false},
		"503 with time":         {[]func() (*http.Response, error){status(503, "Retry-After", "7"), ok}, times(0, 7*s), false},
		"429 without":           {[]func() (*http.Response, error){status(429), ok}, times(0, 400*ms), false},
		"429 too long to wait":  {[]func() (*http.Response, error){status(429, "Retry-After", "300"), ok}, times(0), true},
		"Retry-After nonsense":  {[]func() (*http.Response, error){status(503, "Retry-After", "-5"), ok}, times(0, 400*ms), false},
		"not for 400":           {[]func() (*http.Response, error){status(400), ok}, times(0), true},
		"not for 401":           {[]func() (*http.Response, error){status(401), ok}, times(0), true},
		"not for 404":           {[]func() (*http.Response, error){status(404), ok}, times(0), true},
		"not for 501":           {[]func() (*http.Response, error){status(501), ok}, times(0), true},
		"not for a wrong shape": {[]func() (*http.Response, error){func() (*http.Response, error) { return reply(200, `{"a":1}`), nil }, ok}, times(0), true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sc := &script{replies: tc.replies, start: time.Now()}
				c := fake(t, sc.roundTrip)
				_, err := c.List(t.Context(), api.ListQuery{})
				if (err != nil) != tc.fails {
					t.Errorf("error %v", err)
				}
				sameTimes(t, sc.at, tc.at)
				if s := c.Stats(); s.Calls != len(tc.at) || s.Waiting != 0 || s.InFlight != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func sameTimes(t *testing.T, got, want []time.Duration) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("requests at %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("requests at %v, want %v", got, want)
		}
	}
}

func TestJitterSpreadsThePauses(t *testing.T) {
	for jitter, want := range map[float64]time.Duration{0: 200 * time.Millisecond, 0.99: 596 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			sc := &script{replies: []func() (*http.Response, error){status(500), ok}, start: time.Now()}
			c := fake(t, sc.roundTrip, func(c *Config) { c.Jitter = func() float64 { return jitter } })
			if _, err := c.List(t.Context(), api.ListQuery{}); err != nil {
				t.Error(err)
			}
			sameTimes(t, sc.at, times(0, want))
		})
	}
}

// A 429 holds back every other call too, and those that come later.
func TestTooManyBlocksEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := &script{replies: []func() (*http.Response, error){status(429, "Retry-After", "10"), ok}, start: time.Now()}
		c := fake(t, sc.roundTrip)
		var wg sync.WaitGroup
		list := func() {
			if _, err := c.List(t.Context(), api.ListQuery{}); err != nil {
				t.Error(err)
			}
		}
		wg.Go(list)
		synctest.Wait()
		if s := c.Stats(); !s.BlockedUntil.Equal(sc.start.Add(10*time.Second)) || s.Waiting != 1 {
			t.Errorf("%+v", s)
		}
		<-time.After(3 * time.Second)
		wg.Go(list)
		wg.Wait()
		sameTimes(t, sc.at, times(0, 10*time.Second, 10*time.Second))
		if s := c.Stats(); !s.BlockedUntil.IsZero() {
			t.Errorf("still blocked: %+v", s)
		}
	})
}

// Where the block is long, a call fails at once and says how long it lasts.
func TestALongBlockIsToldNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc := &script{replies: []func() (*http.Response, error){status(429, "Retry-After", "300"), ok}, start: time.Now()}
		c := fake(t, sc.roundTrip)
		for _, left := range []time.Duration{300 * time.Second, 240 * time.Second} {
			start := time.Now()
			_, err := c.List(t.Context(), api.ListQuery{})
			var e *api.Error
			if !errors.As(err, &e) || e.Status != 429 || e.RetryAfter != left || time.Since(start) != 0 {
				t.Errorf("%v (%+v) after %s", err, e, time.Since(start))
			}
			<-time.After(time.Minute)
		}
		<-time.After(3 * time.Minute)
		if _, err := c.List(t.Context(), api.ListQuery{}); err != nil {
			t.Error(err)
		}
		sameTimes(t, sc.at, times(0, 300*time.Second))
	})
}

func TestRetryAfterIsNotBelievedForEver(t *testing.T) {
	for _, v := range []string{"999999999", "Sat, 01 Jan 2050 00:00:00 GMT"} {
		if d := retryAfter(http.Header{"Retry-After": {v}}, time.Unix(0, 0)); d != longestBlock {
			t.Errorf("%s: %s", v, d)
		}
	}
}

func TestPacingByTheRatelimitHeader(t *testing.T) {
	const s = time.Second
	for name, tc := range map[string]struct {
		limit, policy string
		at            []time.Duration // of six calls, one after the other
	}{
		"plenty left":       {`"default";r=500;t=30`, `"default";q=1200;w=300`, times(0, 0, 0, 0, 0, 0)},
		"a tenth left":      {`"default";r=120;t=242`, `"default";q=1200;w=300`, times(0, 0, 2*s, 4*s, 6*s, 8*s)},
		"few left":          {`"default";r=9;t=10`, ``, times(0, 0, 1*s, 2*s, 3*s, 4*s)},
		"few for long":      {`"default";r=3;t=290`, ``, times(0, 0, 3*s, 6*s, 9*s, 12*s)},
		"none left":         {`"default";r=0;t=15`, ``, times(0, 15*s, 30*s, 45*s, 60*s, 75*s)},
		"no header":         {``, ``, times(0, 0, 0, 0, 0, 0)},
		"nonsense":          {`"default";r=x;t=1`, ``, times(0, 0, 0, 0, 0, 0)},
		"negative":          {`"default";r=-1;t=1`, ``, times(0, 0, 0, 0, 0, 0)},
		"without a name":    {`r=0;t=15`, ``, times(0, 15*s, 30*s, 45*s, 60*s, 75*s)},
		"a window in past":  {`"default";r=0;t=0`, ``, times(0, 0, 0, 0, 0, 0)},
		"of several, first": {`"default";r=500;t=30, "burst";r=0;t=1`, ``, times(0, 0, 0, 0, 0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sc := &script{start: time.Now(), replies: []func() (*http.Response, error){func() (*http.Response, error) {
					r := reply(200, "[]")
					if tc.limit != "" {
						r.Header.Set("Ratelimit", tc.limit)
						r.Header.Set("Ratelimit-Policy", tc.policy)
					}
					return r, nil
				}}}
				c := fake(t, sc.roundTrip)
				for range 6 {
					if _, err := c.List(t.Context(), api.ListQuery{}); err != nil {
						t.Error(err)
					}
				}
				sameTimes(t, sc.at, tc.at)
			})
		})
	}
}

func TestStatsTellWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fake(t, func(r *http.Request) (*http.Response, error) {
			if err := sleep(r.Context(), 80*time.Millisecond); err != nil {
				return nil, err
			}
			return reply(200, "[]", "Ratelimit", `"default";r=50;t=30`, "Ratelimit-Policy", `"default";q=1200;w=300`), nil
		})
		if s := c.Stats(); s != (Stats{}) {
			t.Errorf("before the first call: %+v", s)
		}
		if _, err := c.List(t.Context(), api.ListQuery{}); err != nil {
			t.Fatal(err)
		}
		s := c.Stats()
		want := RateLimit{Known: true, Remaining: 50, Reset: time.Now().Add(30 * time.Second), Limit: 1200, Window: 300 * time.Second}
		if s.RateLimit != want || s.Latency != 80*time.Millisecond || s.Calls != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// Calls given up in the queue must not slow down those that come after.
func TestCancelledCallsLeaveNoGapBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRateLimiter(time.Now, time.Minute)
		g.observe(http.Header{"Ratelimit": {`"default";r=10;t=22`}})
		if err := g.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { _ = g.wait(ctx) })
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		start := time.Now()
		if err := g.wait(t.Context()); err != nil || time.Since(start) > longestGap {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func FuzzParseLimit(f *testing.F) {
	for _, s := range []string{`"default";r=50;t=30`, `"default";q=1200;w=300`, `r=1`, `;;`, `"a;b";r=1`, `x;r=99999999999999999999`, ``} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for k, v := range parseLimit(s) {
			if v < 0 {
				t.Errorf("%s=%d from %q", k, v, s)
			}
		}
	})
}

// Calls under way count: the server's number is older than they are.
func TestCallsUnderWayCountAgainstTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRateLimiter(time.Now, time.Minute)
		g.observe(http.Header{"Ratelimit": {`"default";r=3;t=30`}, "Ratelimit-Policy": {`"default";q=4;w=30`}})
		start := time.Now()
		for range 4 {
			if err := g.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := time.Since(start); got != 30*time.Second {
			t.Errorf("four calls of three within %s", got)
		}
	})
}

func TestAShorterBlockDoesNotEndALongerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRateLimiter(time.Now, time.Minute)
		g.block(30 * time.Second)
		g.block(time.Second)
		start := time.Now()
		if err := g.wait(t.Context()); err != nil || time.Since(start) != 30*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}
