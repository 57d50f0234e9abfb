package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func get(t *testing.T, rt http.RoundTripper, ctx context.Context, body io.Reader) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://local/x?a=b", body)
	if err != nil {
		t.Fatal(err)
	}
	return rt.RoundTrip(req)
}

func TestMountCarriesRequestAndAnswer(t *testing.T) {
	rt := Mount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Seen", r.RequestURI+" "+r.Host)
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "not sent")
		fmt.Fprintf(w, "%s %s", r.Method, b)
	}))
	res, err := get(t, rt, t.Context(), strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != "POST hello" || res.StatusCode != http.StatusTeapot {
		t.Errorf("got %d %q", res.StatusCode, b)
	}
	if got := res.Header.Get("X-Seen"); got != "/x?a=b local" {
		t.Errorf("the handler saw %q", got)
	}
	if res.Header.Get("X-Late") != "" {
		t.Error("a header set after WriteHeader was sent")
	}
}

func TestMountStreams(t *testing.T) {
	defer goleak.VerifyNone(t)
	goOn := make(chan struct{})
	rt := Mount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first")
		<-goOn
		_, _ = io.WriteString(w, "second")
	}))
	res, err := get(t, rt, t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 5)
	if _, err := io.ReadFull(res.Body, buf); err != nil || string(buf) != "first" {
		t.Fatalf("before the handler ended: %q, %v", buf, err)
	}
	close(goOn)
	rest, err := io.ReadAll(res.Body)
	if err != nil || string(rest) != "second" {
		t.Fatalf("got %q, %v", rest, err)
	}
}

func TestMountHonoursCancelBeforeTheHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		rt := Mount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			ended <- r.Context().Err()
		}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := get(t, rt, ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := <-ended; err == nil {
			t.Error("the handler's context did not end")
		}
	})
}

func TestMountClosingTheBodyEndsTheHandler(t *testing.T) {
	defer goleak.VerifyNone(t)
	ended := make(chan struct{})
	rt := Mount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		w.WriteHeader(http.StatusOK)
		<-r.Context().Done()
	}))
	res, err := get(t, rt, t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	<-ended
}

func TestMountCancelBreaksTheBody(t *testing.T) {
	defer goleak.VerifyNone(t)
	rt := Mount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write([]byte("more")); err != nil {
				return
			}
		}
	}))
	ctx, cancel := context.WithCancel(t.Context())
	res, err := get(t, rt, ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(res.Body, make([]byte, 40)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, res.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("reading on after the cancel: %v", err)
	}
}

func TestMountTurnsAPanicInto500(t *testing.T) {
	for name, tc := range map[string]struct {
		before string // written before the panic
		status int
		broken bool
	}{
		"before the header": {"", http.StatusInternalServerError, true},
		"in the body":       {"half an ans", http.StatusOK, true},
	} {
		t.Run(name, func(t *testing.T) {
			rt := Mount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tc.before != "" {
					_, _ = io.WriteString(w, tc.before)
				}
				panic("boom")
			}))
			res, err := get(t, rt, t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.ReadAll(res.Body)
			if res.StatusCode != tc.status || (err != nil) != tc.broken {
				t.Errorf("got %d and %v", res.StatusCode, err)
			}
		})
	}
}

func TestMountServesManyAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t)
	client := &http.Client{Transport: Mount(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat(r.URL.RawQuery, 1000))
	}))}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			res, err := client.Get(fmt.Sprintf("http://local/?%03d", i))
			if err != nil {
				t.Error(err)
				return
			}
			b, err := io.ReadAll(res.Body)
			if err != nil || string(b) != strings.Repeat(fmt.Sprintf("%03d", i), 1000) {
				t.Errorf("call %d got another's answer or %v", i, err)
			}
			_ = res.Body.Close()
		})
	}
	wg.Wait()
}
