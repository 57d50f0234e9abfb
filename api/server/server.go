package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"threatbench/api/store"
)

// BasePath is what a client's base URL ends in: http://host:port + BasePath.
const BasePath = "/client/v4"

// Style is how successful answers are written.
type Style string

// The styles. Enveloped wraps every result in {success, errors, messages,
// result, result_info}. Bare writes the result alone, as the official SDKs
// decode it, and moves result_info into the header X-Result-Info.
const (
	Enveloped Style = "envelope"
	Bare      Style = "bare"
)

// DefaultMaxBody is the largest request body, counted after decompression.
const DefaultMaxBody = 64 << 20

// Config is what a server may be told. The zero value is an enveloped server
// without authentication or rate limit, for the in-memory mount.
type Config struct {
	ResponseStyle Style                // "" means Enveloped
	Tokens        TokenSource          // nil: every request may do everything, on any account
	Actor         string               // who the journal names where there are no tokens; "" means "local"
	RateLimit     int                  // calls per five minutes and credential; 0 means no limit
	MaxBody       int64                // bytes; 0 means DefaultMaxBody
	Logger        *slog.Logger         // one line per request; nil drops them
	Now           func() time.Time     // nil means time.Now
	MetricsToken  string               // what GET /metrics wants; "" asks for none unless MetricsClosed
	MetricsClosed bool                 // GET /metrics wants MetricsToken or a token that Tokens knows
	Arrived       func(account string) // told after events were created, nil for nobody; must not wait
}

// server is the handler. All its fields are set once by New; limiter,
// schema and metrics guard themselves.
type server struct {
	db      *store.DB
	config  Config
	router  router
	limiter *limiter // nil: no limit
	graphql *graphqlEndpoint
	metrics *metrics
	openapi func() ([]byte, error) // the document, made when it is first asked for
}

// New makes the handler that serves db. It fails on a Config that names an
// unknown style or negative limits.
func New(db *store.DB, c Config) (http.Handler, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &server{db: db, config: c, metrics: newMetrics()}
	if s.graphql, err = newGraphQL(db, c.Logger); err != nil {
		return nil, err
	}
	if c.RateLimit > 0 {
		s.limiter = newLimiter(c.RateLimit)
	}
	s.router = newRouter(s.routes(), unserved())
	s.openapi = sync.OnceValues(s.encodedDocument)
	return s, nil
}

func (c Config) withDefaults() (Config, error) {
	switch c.ResponseStyle {
	case "":
		c.ResponseStyle = Enveloped
	case Enveloped, Bare:
	default:
		return c, fmt.Errorf("response style %q: want %s or %s", c.ResponseStyle, Enveloped, Bare)
	}
	if c.RateLimit < 0 || c.MaxBody < 0 {
		return c, errors.New("a rate limit and a body limit are not negative")
	}
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Actor == "" {
		c.Actor = "local"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

// ServeHTTP answers one request and logs one line about it.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := s.config.Now()
	rec := &recorder{ResponseWriter: w}
	c := &call{s: s, w: rec, r: r}
	s.metrics.inFlight.Add(1)
	defer func() {
		s.metrics.inFlight.Add(-1)
		if p := recover(); p != nil {
			c.panicked(p)
		}
		s.finished(c, s.config.Now().Sub(start))
	}()
	rec.Header().Set("X-Content-Type-Options", "nosniff")
	rec.Header().Set("Cache-Control", "no-store")
	if err := s.dispatch(c); err != nil {
		c.fail(err)
	}
}

// dispatch finds the operation, checks who asks, and runs it.
func (s *server) dispatch(c *call) error {
	switch c.r.URL.Path {
	case "/healthz":
		return c.healthz()
	case "/readyz":
		return c.readyz()
	case "/openapi.json":
		return c.openAPI()
	case "/metrics":
		return c.metricsPage()
	}
	segments, err := c.locate()
	if err != nil {
		return err
	}
	if err := c.identify(); err != nil {
		c.hurry()
		return err
	}
	rt, params, err := s.router.find(c.r.Method, segments)
	if err != nil {
		var wrong *methodError
		if errors.As(err, &wrong) && c.r.Method == http.MethodOptions {
			return c.options(wrong.allowed)
		}
		if errors.As(err, &wrong) {
			c.allow(wrong.allowed)
		}
		return err
	}
	c.pattern, c.params = rt.pattern, params
	if err := c.permit(rt); err != nil {
		return err
	}
	if err := c.condition(rt); err != nil {
		return err
	}
	return rt.run(c)
}

// finished counts and logs what happened: never a token, a body or a query's
// values.
func (s *server) finished(c *call, took time.Duration) {
	s.metrics.observe(c.r.Method, c.pattern, c.w.status, took)
	s.config.Logger.LogAttrs(c.r.Context(), slog.LevelInfo, "request",
		slog.String("method", c.r.Method),
		slog.String("path", c.r.URL.Path),
		slog.Int("status", c.w.status),
		slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("account", c.account),
		slog.String("who", c.who.Name),
		slog.Int64("bytes", c.w.bytes),
	)
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the writer below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
