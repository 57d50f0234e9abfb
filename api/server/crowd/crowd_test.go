package crowd

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

const most = 16

// served is a server that lets 16 connections wait.
func served(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }), ReadHeaderTimeout: time.Hour}
	Limit(s, most)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// hold opens a connection from an address and sends what is said.
func hold(t *testing.T, addr, from, say string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, say); err != nil {
		t.Fatal(err)
	}
	return c
}

// closed waits for the other side to end a connection.
func closed(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, c); err != nil {
		var e net.Error
		if errors.As(err, &e) && e.Timeout() {
			t.Fatal("a connection too many stays open")
		}
	}
}

// TestRequestsGetThrough holds connections in every way that asks for nothing,
// of one network and of hundreds; a request is answered all the while.
func TestRequestsGetThrough(t *testing.T) {
	for name, c := range map[string]struct{ from, say string }{
		"nothing said":          {"127.0.0.%d", ""},
		"half a head":           {"127.0.0.%d", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: "},
		"kept after an answer":  {"127.0.0.%d", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
		"a network each":        {"127.7.%d.1", ""},
		"a network each, heads": {"127.7.%d.1", "GET / HTTP/1.1\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			addr := served(t)
			first := hold(t, addr, fmt.Sprintf(c.from, 1), c.say)
			for i := range 200 {
				hold(t, addr, fmt.Sprintf(c.from, i%250), c.say)
				if i%20 > 0 {
					continue
				}
				res, err := http.Get("http://" + addr + "/healthz")
				if err != nil {
					t.Fatalf("after %d connections: %v", i+1, err)
				}
				body, err := io.ReadAll(res.Body)
				if _ = res.Body.Close(); err != nil || string(body) != "ok" {
					t.Fatalf("%q %v", body, err)
				}
			}
			closed(t, first)
		})
	}
}
