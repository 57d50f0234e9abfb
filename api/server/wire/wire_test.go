package wire

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// answers is a handler of one long answer under a tag.
func answers(body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("If-Match-Was", r.Header.Get("If-Match"))
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Length", "5000")
		w.WriteHeader(http.StatusOK)
		if r.Method != http.MethodHead {
			_, _ = io.WriteString(w, body) // a recorder takes all
		}
	})
}

func ask(h http.Handler, method string, header ...string) *http.Response {
	r := httptest.NewRequest(method, "/x", nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestAnswersAreCompressed(t *testing.T) {
	body := strings.Repeat("01234567", 625)
	h, err := Compress(answers(body))
	if err != nil {
		t.Fatal(err)
	}
	for accepts, want := range map[string][2]string{
		"": {"", `"v1"`}, "br": {"", `"v1"`}, "gzip": {"gzip", `"v1-gzip"`}, "zstd": {"zstd", `"v1-zstd"`},
		"gzip, zstd": {"zstd", `"v1-zstd"`}, "zstd;q=0, gzip;q=0.5": {"gzip", `"v1-gzip"`}, "gzip;q=0": {"", `"v1"`},
	} {
		res := ask(h, "GET", "Accept-Encoding", accepts)
		if got := res.Header.Get("Content-Encoding"); got != want[0] || res.Header.Get("ETag") != want[1] || !strings.Contains(res.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%q: %q, ETag %s, Vary %q", accepts, got, res.Header.Get("ETag"), res.Header.Get("Vary"))
		}
		if got := unpacked(t, res); got != body {
			t.Errorf("%q: %d bytes unpacked", accepts, len(got))
		}
		if length := res.Header.Get("Content-Length"); length == "5000" && want[0] != "" {
			t.Errorf("%q: the plain length of a packed answer", accepts)
		}
	}
	small, err := Compress(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(small, "GET", "Accept-Encoding", "gzip").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("two bytes came in %s", got)
	}
}

func unpacked(t *testing.T, res *http.Response) string {
	t.Helper()
	in := io.Reader(res.Body)
	var err error
	switch res.Header.Get("Content-Encoding") {
	case "gzip":
		in, err = gzip.NewReader(res.Body)
	case "zstd":
		in, err = zstd.NewReader(res.Body)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTagsOfCodingsCountAsOne(t *testing.T) {
	h, err := Compress(answers(strings.Repeat("x", 5000)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{`"v1"`, `"v1-gzip"`, `"v1-zstd"`} {
		res := ask(h, "GET", "If-None-Match", tag, "Accept-Encoding", "gzip")
		if res.StatusCode != 304 || res.Header.Get("ETag") != tag || res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d, ETag %s", tag, res.StatusCode, res.Header.Get("ETag"))
		}
	}
	if got := ask(h, "PATCH", "If-Match", `W/"a-gzip", "v1-zstd"`).Header.Get("If-Match-Was"); got != `W/"a","v1"` {
		t.Errorf("If-Match reached the handler as %s", got)
	}
}

func TestHeadTellsNoWrongLength(t *testing.T) {
	h, err := Compress(answers(""))
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(h, "HEAD", "Accept-Encoding", "gzip").Header.Get("Content-Length"); got != "" {
		t.Errorf("length %s of an answer that would be packed", got)
	}
	if got := ask(h, "HEAD").Header.Get("Content-Length"); got != "5000" {
		t.Errorf("length %q of a plain answer", got)
	}
}

// clocked is a writer that keeps the deadlines it was given.
type clocked struct {
	http.ResponseWriter
	deadlines []time.Time
}

func (c *clocked) SetReadDeadline(t time.Time) error {
	c.deadlines = append(c.deadlines, t)
	return nil
}

func TestStalledBodiesAreGivenUp(t *testing.T) {
	start := time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)
	now := start
	w := &clocked{}
	in := Body(w, io.MultiReader(strings.NewReader("a"), strings.NewReader("b"), failing{os.ErrDeadlineExceeded}), func() time.Time { return now })
	one := make([]byte, 1)
	for _, after := range []time.Duration{0, WholeWithin - time.Second} {
		now = start.Add(after)
		if n, err := in.Read(one); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := in.Read(one); !errors.Is(err, ErrStalled) {
		t.Errorf("got %v", err)
	}
	if w.deadlines[0] != start.Add(StalledAfter) || w.deadlines[1] != start.Add(WholeWithin) || WholeWithin >= 5*time.Minute {
		t.Errorf("deadlines %v", w.deadlines)
	}
	w = &clocked{}
	if b, err := io.ReadAll(Body(w, strings.NewReader("whole"), time.Now)); string(b) != "whole" || err != nil || !w.deadlines[len(w.deadlines)-1].IsZero() {
		t.Errorf("%q, %v; the last deadline is %v", b, err, w.deadlines[len(w.deadlines)-1])
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestRefusalsOfTheServerItselfAreJSON(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: LimitHead(answers("fine")), MaxHeaderBytes: MaxHeadRead, ReadHeaderTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(Listen(l)) }()
	defer func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	get := "GET /x HTTP/1.1\r\nHost: x\r\n"
	for request, want := range map[string]int{
		get + "\r\n":                      200,
		get + "Expect: something\r\n\r\n": 417,
		get + "A: " + strings.Repeat("a", MaxHead+1) + "\r\n\r\n":          431,
		get + "A: " + strings.Repeat("a", MaxHeadRead+64<<10) + "\r\n\r\n": 431,
		"nonsense\r\n\r\n":        400,
		"GET /x HTTP/1.1\r\n\r\n": 400,
		"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: pigeon\r\n\r\n": 501,
	} {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.WriteString(c, request) }() // refused before it is read whole
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%.60q: %v", request, err)
		}
		if res.StatusCode != want || res.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%.60q: %d, %s", request, res.StatusCode, res.Header.Get("Content-Type"))
		}
		var failure struct{ Errors []struct{ Code int } }
		if b, err := io.ReadAll(res.Body); want != 200 && (err != nil || json.Unmarshal(b, &failure) != nil || len(failure.Errors) != 1 || failure.Errors[0].Code != want) {
			t.Errorf("%.60q: %v, %s", request, err, b)
		}
		_ = c.Close()
	}
}
