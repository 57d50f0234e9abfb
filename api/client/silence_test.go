package client

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"threatbench/api"
	"threatbench/api/client/patience"
)

// hang answers never.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// slowBody is a body that sends its parts with a pause before each, and then the
// end, or nothing any more.
type slowBody struct {
	r     *http.Request
	pause time.Duration
	parts []string
	hangs bool
}

func (d *slowBody) Read(p []byte) (int, error) {
	select {
	case <-d.r.Context().Done():
		return 0, d.r.Context().Err()
	case <-time.After(d.pause):
	}
	if len(d.parts) > 0 {
		n := copy(p, d.parts[0])
		d.parts = d.parts[1:]
		return n, nil
	}
	if d.hangs {
		<-d.r.Context().Done()
		return 0, d.r.Context().Err()
	}
	return 0, io.EOF
}

func (d *slowBody) Close() error { return nil }

func dripping(pause time.Duration, hangs bool, parts ...string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: &slowBody{r, pause, parts, hangs}, ContentLength: -1}, nil
	}
}

// silent makes a client that gives up after 20 s, and notes when it says what
// it waits for.
func silent(t *testing.T, f roundTrip, limit time.Duration) (c *Client, said *[]time.Duration) {
	t.Helper()
	said = new([]time.Duration)
	start := time.Now()
	w := patience.New(patience.Config{Limit: limit, Notice: 2 * time.Second, Every: 10 * time.Second, Say: func() { *said = append(*said, time.Since(start)) }})
	return fake(t, f, func(c *Config) { c.Patience = w }), said
}

func TestASilentServerIsGivenUp(t *testing.T) {
	const s = time.Second
	broken := func(after time.Duration) roundTrip {
		return func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(after):
			case <-r.Context().Done():
			}
			return nil, io.ErrUnexpectedEOF
		}
	}
	many := strings.Split(strings.Repeat(" ", 30)+"[]", "")
	for name, tc := range map[string]struct {
		does  roundTrip
		limit time.Duration
		gone  bool
		took  time.Duration
		said  []time.Duration
	}{
		"no answer":          {hang, 20 * s, true, 20 * s, times(2 * s)},
		"stops in the body":  {dripping(5*s, true, "[", "{"), 20 * s, true, 30 * s, times(2*s, 12*s)},
		"slow, but goes on":  {dripping(15*s, false, many...), 20 * s, false, 33 * 15 * s, nil},
		"breaks off, slowly": {broken(9 * s), 20 * s, true, 20*s + 400*time.Millisecond + 800*time.Millisecond, times(2 * s)},
		"breaks off at once": {broken(0), 20 * s, false, 1200 * time.Millisecond, nil},
		"limit of a second":  {hang, s, true, s, nil},
		"no limit":           {dripping(10*time.Minute, false, "[]"), 0, false, 20 * time.Minute, times(2*s, 602*s)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, said := silent(t, tc.does, tc.limit)
				start := time.Now()
				_, err := c.List(t.Context(), api.ListQuery{})
				if got := time.Since(start); got != tc.took {
					t.Errorf("it took %s instead of %s: %v", got, tc.took, err)
				}
				var silence *patience.Error
				if errors.As(err, &silence) != tc.gone {
					t.Errorf("error %v", err)
				}
				if tc.gone && (silence.After != tc.limit || !strings.Contains(err.Error(), "events.example: nothing came for ")) {
					t.Errorf("it says %v", err)
				}
				if name != "slow, but goes on" {
					sameTimes(t, *said, tc.said)
				} else if len(*said) == 0 || len(*said) > 33 {
					t.Errorf("said at %v", *said)
				}
				if s := c.Stats(); s.InFlight != 0 || s.Waiting != 0 {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// Once given up, no later call of the same work waits again.
func TestGivenUpStaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := silent(t, hang, 20*time.Second)
		for i, want := range times(20*time.Second, 0, 0) {
			start := time.Now()
			_, err := c.Event(t.Context(), "x", "y")
			if took := time.Since(start); took != want || !errors.As(err, new(*patience.Error)) {
				t.Errorf("call %d: %s, %v", i, took, err)
			}
		}
	})
}

// Somebody who reads slowly is not a silent server, and what the caller ends
// is not one either.
func TestSilenceIsTheServersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := patience.New(patience.Config{Limit: time.Second, Notice: time.Hour, Say: func() {}})
		h := &http.Client{Transport: w.Over(dripping(500*time.Millisecond, false, "a", "b", "c"))}
		resp, err := h.Get("http://events.example/")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"a", "b", "c"} {
			<-time.After(time.Minute)
			p := make([]byte, 1)
			if n, err := resp.Body.Read(p); n != 1 || err != nil || string(p) != want {
				t.Fatalf("%q %v", p, err)
			}
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
