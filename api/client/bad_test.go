package client

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"threatbench/api"
)

// Servers that misbehave on a real socket: each gives one clear line.
func TestBadServers(t *testing.T) {
	html := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "<html>\x1b[31mBad Gateway</html>")
		}
	}
	say := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, tc := range map[string]struct {
		h      http.HandlerFunc
		want   string
		status int // of the *api.Error, 0 where it is none
	}{
		"401":              {say(401, `{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}`), "refused the credentials (401)", 401},
		"401 echo":         {say(401, `{"success":false,"errors":[{"message":"bad token `+secret+`"}]}`), "bad token (secret)", 401},
		"403":              {say(403, `{"success":false,"errors":[{"message":"nope"}]}`), `need the permission "Cloudforce One Read" on account acc; it says: nope`, 403},
		"404 bare":         {say(404, ``), "nothing is there (404); check base_url", 404},
		"404 said":         {say(404, `{"success":false,"errors":[{"message":"no such dataset"}],"result":{}}`), "no such dataset", 404},
		"400 as text item": {say(400, `{"errors":["page: too big"]}`), "page: too big", 400},
		"429":              {say(429, ``), "too many calls (429)", 429},
		"500":              {say(500, `{"errors":[{"message":"id 7f"}]}`), "the server failed (500 Internal Server Error); it says: id 7f", 500},
		"502 as HTML":      {html(502), "the server failed (502 Bad Gateway)", 502},
		"200 as HTML":      {html(200), "a web page came where JSON was expected", 0},
		"success false":    {say(200, `{"success":false,"errors":[{"message":"it \u001b[31mbroke"}],"result":{}}`), "it ␛[31mbroke", 200},
		"wrong JSON":       {say(200, `{"success":true,"result":[}`), "isn't what the contract says", 0},
		"half the JSON":    {say(200, `{"success":true,"result":[{"uuid":`), "isn't what the contract says", 0},
		"empty body":       {say(200, ``), "isn't what the contract says", 0},
		"wrong types":      {say(200, `{"success":true,"result":"many"}`), "isn't what the contract says: its outermost value is a string", 0},
		"object for list":  {say(200, `{"uuid":"u1"}`), "its outermost value is a object", 0},
		"cut body": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `[{"uuid"`)
		}, "the answer broke off after 8 bytes", 0},
		"reset": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
				t.Error(err)
			}
			_ = conn.Close()
		}, "the connection broke", 0},
		"no HTTP": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "220 mail.example ESMTP\r\n")
			_ = conn.Close()
		}, "the connection failed", 0},
		"redirect loop": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.String(), http.StatusFound) }, "which is not followed", 302},
		"broken info": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Result-Info", "{")
			_, _ = io.WriteString(w, "[]")
		}, "X-Result-Info", 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := served(t, tc.h)
			_, err := c.List(t.Context(), api.ListQuery{})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got  %v\nwant …%s…", err, tc.want)
			}
			var e *api.Error
			if got := errors.As(err, &e); got != (tc.status != 0) || got && e.Status != tc.status {
				t.Errorf("status %+v, want %d", e, tc.status)
			}
			if s := err.Error(); strings.ContainsAny(s, "\n\x1b") || strings.Contains(s, secret) || len(s) > 700 {
				t.Errorf("not one harmless line: %q", s)
			}
		})
	}
}

func TestWriteNamesThePermissionToWrite(t *testing.T) {
	c := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }))
	_, err := c.Create(t.Context(), api.CreateEvent{})
	if err == nil || !strings.Contains(err.Error(), "Cloudforce One Write") {
		t.Error(err)
	}
}

func TestNoCredentialsSaysSo(t *testing.T) {
	c := fake(t, func(*http.Request) (*http.Response, error) { return reply(401, ``), nil }, func(c *Config) { c.Token = "" })
	if _, err := c.Tags(t.Context()); err == nil || !strings.Contains(err.Error(), "none are set") {
		t.Error(err)
	}
}

func TestOfflineIsOneLineWithTheHost(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{BaseURL: "http://" + addr, Account: "acc", Token: secret, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.List(t.Context(), api.ListQuery{Search: []api.Condition{{Field: api.FieldAttacker, Op: api.OpEquals, Values: []string{"X"}}}})
	if want := "listing events: " + addr + ": connection refused; is the server running?"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestUnknownHost(t *testing.T) {
	c := fake(t, func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "events.example", IsNotFound: true}}
	}, func(c *Config) { c.Retries = -1 })
	_, err := c.List(t.Context(), api.ListQuery{})
	if err == nil || !strings.Contains(err.Error(), "events.example: no such host; check base_url") {
		t.Error(err)
	}
}

func TestCertificateIsNotRetried(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it would tell of our refusal
	s.StartTLS()
	defer s.Close()
	c, err := New(Config{BaseURL: s.URL, Account: "acc", Token: secret})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.List(t.Context(), api.ListQuery{})
	if err == nil || !strings.Contains(err.Error(), "certificate is not trusted") || c.Stats().Calls != 1 {
		t.Errorf("%v after %d calls", err, c.Stats().Calls)
	}
}

func TestCredentialsNeverGoElsewhere(t *testing.T) {
	var elsewhere int
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		elsewhere++
		_, _ = io.WriteString(w, "[]")
	}))
	defer other.Close()
	for _, status := range []int{301, 302, 307, 308} {
		c := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/x?token="+secret, status)
		}))
		_, err := c.List(t.Context(), api.ListQuery{})
		if err == nil || !strings.Contains(err.Error(), "sends us on to "+other.URL+",") {
			t.Errorf("%d: %v", status, err)
		}
		if _, err = c.Create(t.Context(), api.CreateEvent{}); err == nil {
			t.Errorf("%d: a create followed a redirect", status)
		}
	}
	if elsewhere != 0 {
		t.Errorf("%d requests went to another host", elsewhere)
	}
}

func TestReadsFollowOnTheSameServer(t *testing.T) {
	var creates int
	c := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			creates++
			http.Redirect(w, r, "/moved", http.StatusTemporaryRedirect)
		case r.URL.Path != "/moved":
			http.Redirect(w, r, "/moved", http.StatusFound)
		case r.Header.Get("Authorization") != "Bearer "+secret:
			w.WriteHeader(401)
		default:
			_, _ = io.WriteString(w, "["+oneEvent+"]")
		}
	}))
	if p, err := c.List(t.Context(), api.ListQuery{}); err != nil || len(p.Events) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := c.Create(t.Context(), api.CreateEvent{}); err == nil || creates != 1 {
		t.Errorf("a create was sent %d times, %v", creates, err)
	}
}

func TestAnswerSizeIsLimited(t *testing.T) {
	c := fake(t, func(*http.Request) (*http.Response, error) {
		r := reply(200, `["`+strings.Repeat("x", 5000)+`"]`)
		r.ContentLength = -1
		return r, nil
	}, func(c *Config) { c.MaxBody = 4096 })
	_, err := c.List(t.Context(), api.ListQuery{})
	if err == nil || !strings.Contains(err.Error(), "longer than 4096 bytes") || c.Stats().Calls != 1 {
		t.Errorf("%v after %d calls", err, c.Stats().Calls)
	}
}

// endless is a body that repeats a text for ever, or so many times.
type endless struct {
	text string
	n    int64 // bytes still to come, a multiple of the text's
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && e.n > 0 {
		got := copy(p[n:], e.text[e.at:])
		e.at, n, e.n = (e.at+got)%len(e.text), n+got, e.n-int64(got)
	}
	return n, nil
}

// Answers that would fill the memory end in one clear line, after a bounded
// number of bytes.
func TestAnswersThatFillTheMemory(t *testing.T) {
	const most = 4 << 20
	pack := func(from io.Reader) io.Reader {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := io.Copy(z, from); err != nil {
			t.Error(err)
		}
		if err := z.Close(); err != nil {
			t.Error(err)
		}
		return &b
	}
	never := int64(1) << 50
	for name, tc := range map[string]struct {
		body   func() io.Reader
		packed bool
		want   string
	}{
		"endless text": {func() io.Reader { return io.MultiReader(strings.NewReader(`["`), &endless{text: "x", n: never}) }, false, "longer than 4194304 bytes"},
		"endless list": {func() io.Reader { return io.MultiReader(strings.NewReader(`[{}`), &endless{text: ",{}", n: never}) }, false, "longer than 4194304 bytes"},
		"gzip bomb":    {func() io.Reader { return pack(&endless{text: " ", n: 16 << 20}) }, true, "longer than 4194304 bytes"},
		"empty rows": {func() io.Reader {
			return io.MultiReader(strings.NewReader(`[{}`), &endless{text: ",{}", n: 3 << 20}, strings.NewReader(`]`))
		}, false, "more than 200000 rows"},
		"null rows": {func() io.Reader {
			return io.MultiReader(strings.NewReader(`{"success":true,"result":[null`), &endless{text: ",null", n: 5 * 600_000}, strings.NewReader(`]}`))
		}, false, "more than 200000 rows"},
		"commas in one": {func() io.Reader {
			return io.MultiReader(strings.NewReader(`[{"event":"\"[`), &endless{text: ",", n: 1 << 20}, strings.NewReader(`"}]`))
		}, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := fake(t, func(*http.Request) (*http.Response, error) {
				r := reply(200, "")
				r.ContentLength, r.Body = -1, io.NopCloser(tc.body())
				if tc.packed {
					r.Header.Set("Content-Encoding", "gzip")
				}
				return r, nil
			}, func(c *Config) { c.MaxBody = most })
			p, err := c.List(t.Context(), api.ListQuery{})
			if tc.want == "" && (err != nil || len(p.Events) != 1) || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%d events, %v; want %q", len(p.Events), err, tc.want)
			}
			if n := c.Stats().Calls; n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// The largest page that the contract allows is no attack, in either form.
func TestTheLargestPageIsTaken(t *testing.T) {
	page := "[" + strings.Repeat(`{"uuid":"u","tags":["a","b","c"],"event":"x","category":"y","attacker":"z","tlp":"red","killChain":3,"indicator":"i","insight":""},`, 24_999) + oneEvent + "]"
	for _, body := range []string{page, `{"success":true,"result":` + page + `}`} {
		if err := checkValues([]byte(body)); err != nil {
			t.Error(err)
		}
	}
}

// drip is a body that comes one byte at a time.
type drip struct {
	ctx   context.Context
	rest  string
	every time.Duration
}

func (d *drip) Read(p []byte) (int, error) {
	if d.rest == "" {
		return 0, io.EOF
	}
	if err := sleep(d.ctx, d.every); err != nil {
		return 0, err
	}
	p[0], d.rest = d.rest[0], d.rest[1:]
	return 1, nil
}

func (d *drip) Close() error { return nil }

func TestLateServers(t *testing.T) {
	dripping := func(every time.Duration) roundTrip {
		return func(r *http.Request) (*http.Response, error) {
			res := reply(200, "")
			res.ContentLength = -1
			res.Body = &drip{r.Context(), "[" + oneEvent + "]", every}
			return res, nil
		}
	}
	after := func(d time.Duration) roundTrip {
		return func(r *http.Request) (*http.Response, error) {
			if err := sleep(r.Context(), d); err != nil {
				return nil, err
			}
			return reply(200, "["+oneEvent+"]"), nil
		}
	}
	for name, tc := range map[string]struct {
		f     roundTrip
		want  string
		calls int
		takes time.Duration
	}{
		"late":             {after(9 * time.Second), "", 1, 9 * time.Second},
		"byte by byte":     {dripping(100 * time.Millisecond), "", 1, 5900 * time.Millisecond},
		"too slow by byte": {dripping(time.Second), "not complete within 10s", 3, 0},
		"never":            {after(time.Hour), "no answer within 10s", 3, 31200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := fake(t, tc.f, func(c *Config) { c.Timeout = 10 * time.Second })
				start := time.Now()
				_, err := c.List(t.Context(), api.ListQuery{})
				if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
					t.Errorf("got %v, want %q", err, tc.want)
				}
				if got := time.Since(start); tc.takes != 0 && got.Round(100*time.Millisecond) != tc.takes {
					t.Errorf("took %s, want %s", got, tc.takes)
				}
				if got := c.Stats().Calls; got != tc.calls {
					t.Errorf("%d calls, want %d", got, tc.calls)
				}
			})
		})
	}
}

func TestCancelReturnsAtOnce(t *testing.T) {
	for name, f := range map[string]roundTrip{
		"while waiting": func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() },
		"while reading": func(r *http.Request) (*http.Response, error) {
			res := reply(200, "")
			res.Body = &drip{r.Context(), "[]", time.Hour}
			return res, nil
		},
		"between repeats": func(*http.Request) (*http.Response, error) {
			return reply(503, "", "Retry-After", "15"), nil
		},
		"before the limiter": func(*http.Request) (*http.Response, error) { return reply(429, "", "Retry-After", "15"), nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := fake(t, f)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(2*time.Second, cancel)
				start := time.Now()
				_, err := c.List(ctx, api.ListQuery{})
				if !errors.Is(err, context.Canceled) || time.Since(start) != 2*time.Second {
					t.Errorf("%v after %s", err, time.Since(start))
				}
				if s := c.Stats(); s.InFlight != 0 || s.Waiting != 0 {
					t.Errorf("left behind: %+v", s)
				}
			})
		})
	}
}

// A create is sent once, whatever happens once it may have arrived.
func TestCreatesAreNeverRepeated(t *testing.T) {
	creates := map[string]func(context.Context, *Client) error{
		"create": func(ctx context.Context, c *Client) error { _, err := c.Create(ctx, api.CreateEvent{}); return err },
		"bulk":   func(ctx context.Context, c *Client) error { _, err := c.CreateBulk(ctx, api.BulkCreate{}); return err },
		"related": func(ctx context.Context, c *Client) error {
			_, err := c.CreateBulkRelated(ctx, api.BulkCreate{})
			return err
		},
		"dataset": func(ctx context.Context, c *Client) error { _, err := c.CreateDataset(ctx, "x", false); return err },
	}
	failures := map[string]struct {
		f      roundTrip
		unsure bool
	}{
		"connection broke": {func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, true},
		"never answers":    {func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }, true},
		"cut body":         {func(*http.Request) (*http.Response, error) { return reply(200, `{"success":true,"res`), nil }, true},
	}
	for _, status := range []int{408, 409, 425, 429, 500, 502, 503, 504} {
		failures[fmt.Sprint(status)] = struct {
			f      roundTrip
			unsure bool
		}{func(*http.Request) (*http.Response, error) { return reply(status, "", "Retry-After", "1"), nil }, status == 408 || status >= 500}
	}
	for what, create := range creates {
		for why, tc := range failures {
			t.Run(what+"/"+why, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := fake(t, tc.f)
					err := create(t.Context(), c)
					if err == nil || c.Stats().Calls != 1 {
						t.Errorf("sent %d times, %v", c.Stats().Calls, err)
					}
					if tc.unsure != errors.Is(err, ErrUnsure) || tc.unsure != strings.Contains(fmt.Sprint(err), "it may have been carried out") {
						t.Errorf("wrong about what is known: %v", err)
					}
				})
			})
		}
	}
}

// Only where the connection could not be opened is it safe to try again.
func TestCreateTriesAgainWhereNothingWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := fake(t, func(*http.Request) (*http.Response, error) {
			if n++; n < 3 {
				return nil, &net.OpError{Op: "dial", Err: errors.New("network is unreachable")}
			}
			return reply(200, oneEvent), nil
		})
		if _, err := c.Create(t.Context(), api.CreateEvent{}); err != nil || n != 3 {
			t.Errorf("%v after %d", err, n)
		}
	})
}

func TestACancelledCreateIsUnsureOnceSent(t *testing.T) {
	for name, tc := range map[string]struct {
		header string // of the call before, to hold the create back
		unsure bool
	}{
		"sent":            {"", true},
		"still held back": {`"default";r=0;t=10`, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := fake(t, func(r *http.Request) (*http.Response, error) {
					if r.Method == http.MethodGet {
						return reply(200, "[]", "Ratelimit", tc.header), nil
					}
					<-r.Context().Done()
					return nil, r.Context().Err()
				})
				if _, err := c.List(t.Context(), api.ListQuery{}); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				_, err := c.Create(ctx, api.CreateEvent{})
				if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnsure) != tc.unsure {
					t.Errorf("%v", err)
				}
			})
		})
	}
}
