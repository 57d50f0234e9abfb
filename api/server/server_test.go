package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"threatbench/api"
	"threatbench/api/store"
)

func TestUnknownPaths(t *testing.T) {
	r := rigOver(t, nil, Config{})
	for _, path := range []string{
		"//", "//client", "//client/v4/accounts", "//client/v4/accounts/a/other/events", "//client/v4/accounts/a/cloudforce-one",
		"/nothing", "/events/a/b/c/d/e/f", "/v3/events/graphql", "/v2/events",
	} {
		r.do("GET", path, "").refusedWith(http.StatusNotFound, "no such path")
	}
}

func TestWrongMethods(t *testing.T) {
	r := rigOver(t, nil, Config{})
	for _, tc := range []struct{ method, path, allow string }{
		{"DELETE", "/events", "GET, POST, HEAD, OPTIONS"},
		{"PUT", "/events/attackers", "GET, HEAD, OPTIONS"},
		{"GET", "/events/create/bulk/relationships", "POST, OPTIONS"},
		{"BREW", "/v2/events/graphql", "POST, OPTIONS"},
		{"PUT", "//healthz", "GET, HEAD, OPTIONS"},
		{"POST", "//readyz", "GET, HEAD, OPTIONS"},
	} {
		rep := r.do(tc.method, tc.path, "")
		rep.refusedWith(http.StatusMethodNotAllowed, tc.method)
		if got := rep.header.Get("Allow"); got != tc.allow {
			t.Errorf("%s %s: Allow is %q, want %q", tc.method, tc.path, got, tc.allow)
		}
	}
	if rep := r.do("HEAD", "/events/create/bulk/relationships", ""); rep.status != http.StatusMethodNotAllowed || rep.header.Get("Allow") != "POST, OPTIONS" {
		t.Errorf("HEAD of what can't be read: %d, Allow is %q", rep.status, rep.header.Get("Allow"))
	}
}

// TestOptions: a path that is there says what it takes, one that isn't is a 404.
func TestOptions(t *testing.T) {
	r := newRig(t, Config{})
	for path, allow := range map[string]string{
		"/events": "GET, POST, HEAD, OPTIONS", "/events/categories": "GET, HEAD, OPTIONS", "/events/create/bulk": "POST, OPTIONS",
		"//healthz": "GET, HEAD, OPTIONS", "//readyz": "GET, HEAD, OPTIONS",
	} {
		rep := r.do("OPTIONS", path, "")
		if rep.status != http.StatusNoContent || len(rep.body) > 0 || rep.header.Get("Allow") != allow {
			t.Errorf("%s: %d %q, Allow is %q, want %q", path, rep.status, rep.body, rep.header.Get("Allow"), allow)
		}
	}
	r.do("OPTIONS", "/events/nothing/at/all", "").refusedWith(http.StatusNotFound, "no such path")
}

// TestReadyzAsksTheDatabase: it is ready while its database answers, and healthy
// without.
func TestReadyzAsksTheDatabase(t *testing.T) {
	r := newRig(t, Config{Tokens: OneToken("secret-secret-secret", account, PermRead)})
	if rep := r.do("GET", "//readyz", ""); rep.status != http.StatusOK || string(rep.body) != `{"status":"ready"}` {
		t.Errorf("got %d %s", rep.status, rep.body)
	}
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "events.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	closed := rigOver(t, db, Config{Tokens: OneToken("secret-secret-secret", account, PermRead)})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	rep := closed.do("GET", "//readyz", "")
	rep.refusedWith(http.StatusServiceUnavailable, "the database doesn't answer")
	if rep.header.Get("Retry-After") == "" {
		t.Error("it doesn't say when to ask again")
	}
	if rep := closed.do("GET", "//healthz", ""); rep.status != http.StatusOK {
		t.Errorf("got %d %s", rep.status, rep.body)
	}
}

func TestAccountsAndEscapes(t *testing.T) {
	r := rigOver(t, nil, Config{})
	for _, id := range []string{"a%2Fb", "a%20b", "%ff", strings.Repeat("a", 65), "%00"} {
		r.do("GET", "//client/v4/accounts/"+id+"/cloudforce-one/events", "").refusedWith(http.StatusBadRequest)
	}
}

func TestRouterPrefersLiterals(t *testing.T) {
	name := func(s string) route { return route{method: "GET", pattern: s} }
	r := newRouter([]route{name("/events/{e}/raw/{r}"), name("/events/raw/{d}/{e}"), name("/events/{e}"), name("/events/graph")}, nil)
	for path, want := range map[string]string{
		"events/raw/raw/x": "/events/raw/{d}/{e}",
		"events/a/raw/x":   "/events/{e}/raw/{r}",
		"events/graph":     "/events/graph",
		"events/a":         "/events/{e}",
	} {
		rt, params, err := r.find("GET", strings.Split(path, "/"))
		if err != nil || rt.pattern != want {
			t.Errorf("%s: got %q %q, %v", path, rt.pattern, params, err)
		}
	}
	if _, _, err := r.find("GET", []string{"events", ""}); err == nil {
		t.Error("an empty parameter was taken")
	}
	if rt, _, err := r.find("HEAD", []string{"events", "a"}); err != nil || rt.pattern != "/events/{e}" {
		t.Errorf("HEAD: %v", err)
	}
}

func TestHealthzNeedsNoToken(t *testing.T) {
	r := rigOver(t, nil, Config{Tokens: OneToken("secret-secret-secret", account, PermRead)})
	if rep := r.do("GET", "//healthz", ""); rep.status != http.StatusOK || string(rep.body) != `{"status":"ok"}` {
		t.Errorf("got %d %s", rep.status, rep.body)
	}
}

func TestMetrics(t *testing.T) {
	r := rigOver(t, nil, Config{Tokens: OneToken("secret-secret-secret", account, PermRead)})
	r.token = "secret-secret-secret"
	r.do("GET", "/events?page=0", "").refusedWith(http.StatusBadRequest)
	r.do("GET", "/events?page=0", "").refusedWith(http.StatusBadRequest)
	r.do("BREW", "/events/secret-id/raw", "").refusedWith(http.StatusNotFound)
	rep := r.do("GET", "//metrics", "")
	for _, line := range []string{
		`threatbench_requests_total{method="GET",path="/events",status="400"} 2`,
		`threatbench_requests_total{method="other",path="none",status="404"} 1`,
		`threatbench_request_seconds_bucket{path="/events",le="+Inf"} 2`,
		`threatbench_request_seconds_count{path="/events"} 2`,
		`threatbench_requests_in_flight 1`,
	} {
		if !strings.Contains(string(rep.body), line+"\n") {
			t.Errorf("no line %s in\n%s", line, rep.body)
		}
	}
	if strings.Contains(string(rep.body), account) || strings.Contains(string(rep.body), "secret") {
		t.Errorf("tells more than counts: %s", rep.body)
	}
}

// TestMetricsWantAToken asks for the metrics with and without what they want.
func TestMetricsWantAToken(t *testing.T) {
	const ofAPI, own = "api-secret-secret-secret", "own-secret-secret-secret"
	tokens := OneToken(ofAPI, account, PermRead)
	for name, c := range map[string]struct {
		config Config
		opens  map[string]int // by token
	}{
		"on loopback":              {Config{Tokens: tokens}, map[string]int{"": 200, "wrong": 200}},
		"elsewhere":                {Config{Tokens: tokens, MetricsClosed: true}, map[string]int{"": 401, "wrong": 401, ofAPI: 200}},
		"elsewhere, no tokens":     {Config{MetricsClosed: true}, map[string]int{"": 401, "x": 401}},
		"a token of its own":       {Config{Tokens: tokens, MetricsToken: own}, map[string]int{"": 401, ofAPI: 401, own: 200, own + "x": 401}},
		"its own one, no loopback": {Config{Tokens: tokens, MetricsToken: own, MetricsClosed: true}, map[string]int{"": 401, ofAPI: 401, own: 200}},
	} {
		for token, want := range c.opens {
			r := rigOver(t, nil, c.config)
			r.token = token
			if rep := r.do("GET", "//metrics", ""); rep.status != want || (want == 401) == strings.Contains(string(rep.body), "threatbench_") {
				t.Errorf("%s, with %q: %d, want %d: %s", name, token, rep.status, want, rep.body)
			}
		}
	}
}

// everyRoute is a request to each route, its parameters filled with a UUID.
func everyRoute() []route {
	out := (&server{}).routes()
	for i, rt := range out {
		for strings.Contains(out[i].pattern, "{") {
			from, to := strings.Index(out[i].pattern, "{"), strings.Index(out[i].pattern, "}")
			out[i].pattern = out[i].pattern[:from] + "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b11" + out[i].pattern[to+1:]
		}
		out[i].needs = rt.needs
	}
	return out
}

func TestAuthOfEveryOperation(t *testing.T) {
	const secret = "secret-secret-secret"
	for _, rt := range everyRoute() {
		t.Run(rt.method+" "+rt.pattern, func(t *testing.T) {
			r := rigOver(t, nil, Config{Tokens: OneToken(secret, account, PermRead)})
			rep := r.do(rt.method, rt.pattern, "{}")
			rep.refusedWith(http.StatusUnauthorized, "token is missing")
			if rep.header.Get("WWW-Authenticate") != "Bearer" {
				t.Error("a 401 without WWW-Authenticate")
			}
			r.token = "wrong-wrong-wrong-wrong"
			r.do(rt.method, rt.pattern, "{}").refusedWith(http.StatusUnauthorized, "not valid")
			r.token = secret
			r.do(rt.method, "//client/v4/accounts/another/cloudforce-one"+rt.pattern, "{}").refusedWith(http.StatusForbidden, "another account")
			if rt.needs == PermWrite {
				r.do(rt.method, rt.pattern, "{}").refusedWith(http.StatusForbidden, "Cloudforce One Write")
			}
		})
	}
}

func TestKeyWithEmail(t *testing.T) {
	src, err := parseTokens([]byte(twoTokens))
	if err != nil {
		t.Fatal(err)
	}
	r := rigOver(t, nil, Config{Tokens: src})
	path := "//client/v4/accounts/beta/cloudforce-one/nothing"
	key := "writer-0123456789abcdef"
	r.do("GET", path, "", "X-Auth-Key", key, "X-Auth-Email", "ci@example.org").refusedWith(http.StatusNotFound)
	r.do("GET", path, "", "X-Auth-Key", key).refusedWith(http.StatusUnauthorized)
	r.do("GET", path, "", "X-Auth-Key", key, "X-Auth-Email", "x@example.org").refusedWith(http.StatusUnauthorized)
	r.do("GET", path, "", "Authorization", "Basic "+key).refusedWith(http.StatusUnauthorized)
}

func gzipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBodies(t *testing.T) {
	r := rigOver(t, nil, Config{MaxBody: 1000})
	deep := strings.Repeat("[", 400)
	for name, tc := range map[string]struct {
		body     string
		encoding string
		status   int
		words    []string
	}{
		"empty":              {"", "", 400, []string{"JSON object is missing"}},
		"not JSON":           {"{\n  \"value\": oops\n}", "", 400, []string{"line 2, column 12"}},
		"cut off":            {`{"value": "x`, "", 400, []string{"not JSON at line 1"}},
		"two values":         {`{} {}`, "", 400, []string{"line 1, column 4"}},
		"wrong type":         {`{"value": 5}`, "", 400, []string{"value", "a string", "number"}},
		"a list":             {`[]`, "", 400, []string{"body", "an object", "array"}},
		"nested":             {deep, "", 400, []string{"not JSON"}},
		"not UTF-8":          {"{\"value\": \"\xff\"}", "", 400, []string{"byte 11", "UTF-8"}},
		"too large":          {`{"value": "` + strings.Repeat("x", 1000) + `"}`, "", 413, []string{"1000 bytes"}},
		"gzip, too large":    {gzipped(t, `{"value": "`+strings.Repeat("x", 100_000)+`"}`), "gzip", 413, []string{"1000 bytes"}},
		"gzip, cut off":      {gzipped(t, `{"value": "x"}`)[:20], "gzip", 400, []string{"read whole"}},
		"not gzip":           {`{"value": "x"}`, "gzip", 400, []string{"read whole"}},
		"gzip, wrong value":  {gzipped(t, `{"value": ""}`), "GZIP", 400, []string{"value", "1..1024"}},
		"another encoding":   {`{}`, "br", 415, []string{"gzip", "br"}},
		"plain, wrong value": {`{"value": " "}`, "identity", 400, []string{"value", "1..1024"}},
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.do("POST", "/events/tags/create", tc.body, "Content-Encoding", tc.encoding).refusedWith(tc.status, tc.words...)
		})
	}
}

func TestRateLimit(t *testing.T) {
	at := now()
	r := rigOver(t, nil, Config{RateLimit: 3, Now: func() time.Time { return at }})
	for i := range 3 {
		rep := r.do("GET", "/nothing", "")
		rep.refusedWith(http.StatusNotFound)
		if got, want := rep.header.Get("Ratelimit"), fmt.Sprintf(`"default";r=%d;t=300`, 2-i); got != want {
			t.Errorf("Ratelimit is %s, want %s", got, want)
		}
		if got := rep.header.Get("Ratelimit-Policy"); got != `"default";q=3;w=300` {
			t.Errorf("Ratelimit-Policy is %s", got)
		}
	}
	at = at.Add(100 * time.Second)
	rep := r.do("GET", "/nothing", "")
	rep.refusedWith(http.StatusTooManyRequests, "3 calls")
	if got := rep.header.Get("Retry-After"); got != "300" {
		t.Errorf("Retry-After is %s: going past the limit blocks for five minutes from then", got)
	}
	at = at.Add(299 * time.Second)
	if got := r.do("GET", "/nothing", "").header.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After is %s", got)
	}
	at = at.Add(time.Second)
	r.do("GET", "/nothing", "").refusedWith(http.StatusNotFound)
	if rep := r.do("GET", "//healthz", ""); rep.header.Get("Ratelimit") != "" {
		t.Error("healthz counts")
	}
}

func TestRateLimitCountsEachCallerAlone(t *testing.T) {
	src, err := parseTokens([]byte(twoTokens))
	if err != nil {
		t.Fatal(err)
	}
	r := rigOver(t, nil, Config{RateLimit: 1, Tokens: src})
	r.token = "reader-0123456789abcdef"
	r.do("GET", "//client/v4/accounts/alpha/cloudforce-one/x", "").refusedWith(http.StatusNotFound)
	r.do("GET", "//client/v4/accounts/alpha/cloudforce-one/x", "").refusedWith(http.StatusTooManyRequests)
	r.token = "writer-0123456789abcdef"
	r.do("GET", "//client/v4/accounts/beta/cloudforce-one/x", "").refusedWith(http.StatusNotFound)
	r.token = "guess-1-guess-1-guess-1"
	r.do("GET", "/events", "").refusedWith(http.StatusUnauthorized)
	r.token = "guess-2-guess-2-guess-2" // guessing counts by address
	r.do("GET", "/events", "").refusedWith(http.StatusTooManyRequests)
}

func TestLimiterForgetsCallers(t *testing.T) {
	l := newLimiter(1)
	for i := range 3 * maxCallers {
		l.take(fmt.Sprint(i), now())
	}
	if len(l.callers) > maxCallers {
		t.Errorf("remembers %d callers", len(l.callers))
	}
}

// withRoute is a handler of one route only.
func withRoute(t *testing.T, run func(*call) error) (http.Handler, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	c, err := Config{Logger: slog.New(slog.NewJSONHandler(log, nil))}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return &server{config: c, metrics: newMetrics(), router: newRouter([]route{{"POST", "/x", PermRead, run}}, nil)}, log
}

func TestPanicsAndFailuresAre500WithAnID(t *testing.T) {
	const secret = "the-reason-is-secret"
	for name, run := range map[string]func(*call) error{
		"panic":   func(*call) error { panic(secret) },
		"failure": func(*call) error { return fmt.Errorf("reading %s", secret) },
	} {
		t.Run(name, func(t *testing.T) {
			h, log := withRoute(t, run)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("POST", BasePath+"/accounts/a/cloudforce-one/x", nil))
			reply{t, w.Code, w.Header(), w.Body.Bytes()}.refusedWith(http.StatusInternalServerError)
			if strings.Contains(w.Body.String(), secret) {
				t.Error("the answer tells the reason")
			}
			id := w.Body.String()[strings.Index(w.Body.String(), "under ")+6:][:36]
			if !strings.Contains(log.String(), id) || !strings.Contains(log.String(), secret) {
				t.Errorf("the log doesn't explain %s: %s", id, log)
			}
		})
	}
}

// TestUnavailableSaysWhenToTryAgain: a 503 of the database, and it alone, tells
// when another try may do, and keeps what it comes from to the log.
func TestUnavailableSaysWhenToTryAgain(t *testing.T) {
	for status, want := range map[int]string{503: retryAfter, 504: "", 507: ""} {
		h, _ := withRoute(t, func(*call) error {
			return errors.Join(api.Errorf(status, "nothing was changed"), errors.New("dial tcp 10.0.0.9: EOF"))
		})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", BasePath+"/accounts/a/cloudforce-one/x", nil))
		if got := w.Header().Get("Retry-After"); w.Code != status || got != want || strings.Contains(w.Body.String(), "10.0.0.9") {
			t.Errorf("%d: Retry-After %q, want %q; %s", w.Code, got, want, w.Body)
		}
	}
}

func TestLogHoldsNoSecrets(t *testing.T) {
	const secret = "s3cret-s3cret-s3cret"
	r := rigOver(t, nil, Config{Tokens: OneToken(secret, account, PermWrite)})
	r.token = secret
	r.do("POST", "/events/tags/create?search=QUERYVALUE", `{"value": "`+strings.Repeat("BODYVALUE", 200)+`"}`).refusedWith(http.StatusBadRequest)
	r.do("GET", "/events?page=QUERYVALUE", "").refusedWith(http.StatusBadRequest)
	for _, word := range []string{secret, "QUERYVALUE", "BODYVALUE"} {
		if strings.Contains(r.log.String(), word) {
			t.Errorf("the log holds %s: %s", word, r.log)
		}
	}
	var line struct {
		Method, Path, Account, Who string
		Status                     int
		MS                         *float64
	}
	first, _, _ := strings.Cut(r.log.String(), "\n")
	if err := json.Unmarshal([]byte(first), &line); err != nil {
		t.Fatal(err)
	}
	if line.Method != "POST" || !strings.HasSuffix(line.Path, "/events/tags/create") || line.Status != 400 || line.Account != account || line.Who != "token" || line.MS == nil {
		t.Errorf("got %s", first)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []Config{{ResponseStyle: "xml"}, {RateLimit: -1}, {MaxBody: -1}} {
		if _, err := New(nil, c); err == nil {
			t.Errorf("took %+v", c)
		}
	}
}

// TestServeEndsGracefully starts a listening server, ends it while a request
// runs, and wants that request answered.
func TestServeEndsGracefully(t *testing.T) {
	defer goleak.VerifyNone(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	running, goOn := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(running)
		<-goOn
		w.WriteHeader(http.StatusTeapot)
	})
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, l, h, nil) }()
	var wg sync.WaitGroup
	wg.Go(func() {
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		res, err := (&http.Client{Transport: transport}).Get("http://" + l.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusTeapot {
			t.Errorf("got %d, %v", res.StatusCode, err)
		}
	})
	<-running
	cancel()
	close(goOn)
	wg.Wait()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestServeSaysWhyItEnded(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Serve(t.Context(), l, http.NotFoundHandler(), nil); err == nil || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("got %v", err)
	}
}

// TestHandshakesAreToldOnce: strangers can't fill the log by failing handshakes,
// and everything else that the server complains of stays.
func TestHandshakesAreToldOnce(t *testing.T) {
	var out bytes.Buffer
	c := &complaints{log: slog.New(slog.NewTextHandler(&out, nil)), told: map[string]bool{}}
	lines := stdlog.New(c, "", 0)
	for port := range 50 {
		lines.Printf("http: TLS handshake error from 192.0.2.1:%d: EOF", port)
		lines.Printf("http: TLS handshake error from [2001:db8::1]:%d: remote error: tls: bad certificate", port)
		lines.Print("http: Accept error: too many open files; retrying in 5ms")
	}
	for words, want := range map[string]int{"EOF": 1, "bad certificate": 1, "further ones": 2, "Accept error": 50} {
		if n := strings.Count(out.String(), words); n != want {
			t.Errorf("%q %d times, want %d", words, n, want)
		}
	}
	for port := range 50 {
		lines.Printf("http: TLS handshake error from 192.0.2.1:1: read tcp 127.0.0.1:%d: reset", port)
	}
	if n := strings.Count(out.String(), "handshake"); n != mostReasons {
		t.Errorf("%d lines of handshakes, want %d", n, mostReasons)
	}
}
