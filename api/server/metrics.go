package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"threatbench/api"
)

// metrics counts what was answered, by operation: never by account, id or
// anything else that a caller chooses, so that its size is bounded.
type metrics struct {
	inFlight atomic.Int64
	mu       sync.Mutex
	answers  map[answerKey]int64
	seconds  map[string]*histogram // by path pattern
}

type answerKey struct {
	method, pattern string
	status          int
}

// histogram counts durations up to each of the bounds.
type histogram struct {
	counts []int64
	sum    float64
	total  int64
}

// bounds are the histogram's steps in seconds, around the answer times the
// workbench is built for.
func bounds() []float64 { return []float64{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10} }

func newMetrics() *metrics {
	return &metrics{answers: make(map[answerKey]int64), seconds: make(map[string]*histogram)}
}

// observe counts one answered request. pattern is "" where no operation
// matched.
func (m *metrics) observe(method, pattern string, status int, took time.Duration) {
	if pattern == "" {
		pattern = "none"
	}
	if !slices.Contains([]string{"GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"}, method) {
		method = "other"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answers[answerKey{method, pattern, status}]++
	h := m.seconds[pattern]
	if h == nil {
		h = &histogram{counts: make([]int64, len(bounds()))}
		m.seconds[pattern] = h
	}
	s := took.Seconds()
	h.sum, h.total = h.sum+s, h.total+1
	for i, b := range bounds() {
		if s <= b {
			h.counts[i]++
		}
	}
}

// metricsPage answers GET /metrics in the text form that Prometheus reads.
func (c *call) metricsPage() error {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return api.Errorf(http.StatusMethodNotAllowed, "%s is not possible here: use GET", c.r.Method)
	}
	if !c.maySeeMetrics() {
		c.w.Header().Set("WWW-Authenticate", "Bearer")
		c.hurry()
		return errors.Join(c.count(c.remote()), api.Errorf(http.StatusUnauthorized, "the metrics want a token here: send Authorization: Bearer TOKEN"))
	}
	return c.send(http.StatusOK, "text/plain; version=0.0.4; charset=utf-8", []byte(c.s.metrics.text()))
}

// maySeeMetrics reports whether the request brings what the metrics want. How
// long that takes tells nothing of the token.
func (c *call) maySeeMetrics() bool {
	conf := &c.s.config
	if conf.MetricsToken == "" && !conf.MetricsClosed {
		return true
	}
	cred, ok := credentialOf(c.r)
	if !ok {
		return false
	}
	want, got := sha256.Sum256([]byte(conf.MetricsToken)), sha256.Sum256([]byte(cred.Token))
	if conf.MetricsToken != "" {
		return cred.Email == "" && subtle.ConstantTimeCompare(want[:], got[:]) == 1
	}
	if conf.Tokens == nil {
		return false
	}
	_, known := conf.Tokens.Lookup(cred)
	return known
}

// text writes every count, in a fixed order.
func (m *metrics) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	b.WriteString("# HELP threatbench_requests_in_flight Requests being answered now.\n# TYPE threatbench_requests_in_flight gauge\n")
	fmt.Fprintf(&b, "threatbench_requests_in_flight %d\n", m.inFlight.Load())
	b.WriteString("# HELP threatbench_requests_total Requests answered, by operation and status.\n# TYPE threatbench_requests_total counter\n")
	for _, line := range m.answerLines() {
		b.WriteString(line)
	}
	b.WriteString("# HELP threatbench_request_seconds How long answers took, by operation.\n# TYPE threatbench_request_seconds histogram\n")
	for _, pattern := range m.patterns() {
		m.seconds[pattern].write(&b, pattern)
	}
	return b.String()
}

func (m *metrics) answerLines() []string {
	lines := make([]string, 0, len(m.answers))
	for k, n := range m.answers {
		lines = append(lines, fmt.Sprintf("threatbench_requests_total{method=%q,path=%q,status=\"%d\"} %d\n", k.method, k.pattern, k.status, n))
	}
	slices.Sort(lines)
	return lines
}

func (m *metrics) patterns() []string {
	out := make([]string, 0, len(m.seconds))
	for p := range m.seconds {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

func (h *histogram) write(b *strings.Builder, pattern string) {
	for i, bound := range bounds() {
		fmt.Fprintf(b, "threatbench_request_seconds_bucket{path=%q,le=\"%g\"} %d\n", pattern, bound, h.counts[i])
	}
	fmt.Fprintf(b, "threatbench_request_seconds_bucket{path=%q,le=\"+Inf\"} %d\n", pattern, h.total)
	fmt.Fprintf(b, "threatbench_request_seconds_sum{path=%q} %g\n", pattern, h.sum)
	fmt.Fprintf(b, "threatbench_request_seconds_count{path=%q} %d\n", pattern, h.total)
}
