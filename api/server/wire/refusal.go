package wire

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"threatbench/api"
)

// MaxHead is how many bytes the head of a request may have; net/http reads up
// to MaxHeadRead of one that is larger, so that it can be answered.
const (
	MaxHead     = 64 << 10
	MaxHeadRead = 256 << 10
)

// LimitHead refuses requests whose head is larger than MaxHead.
func LimitHead(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if headSize(r) <= MaxHead {
			h.ServeHTTP(w, r)
			return
		}
		b := refusal(http.StatusRequestHeaderFieldsTooLarge)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusRequestHeaderFieldsTooLarge)
		_, _ = w.Write(b) // a client that has left needs no answer
	})
}

func headSize(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for key, values := range r.Header {
		for _, v := range values {
			n += len(key) + len(v) + len(": \r\n")
		}
	}
	return n
}

// refusal is the body of a refusal that no operation was asked for.
func refusal(status int) []byte {
	text := map[int]string{
		http.StatusBadRequest:                  "the request isn't HTTP that can be read",
		http.StatusExpectationFailed:           "Expect: want 100-continue, or none",
		http.StatusNotImplemented:              "Transfer-Encoding: want chunked, or none",
		http.StatusRequestHeaderFieldsTooLarge: fmt.Sprintf("head of the request: want at most %d bytes, got more", MaxHead),
		http.StatusHTTPVersionNotSupported:     "want HTTP/1.1 or HTTP/2",
	}[status]
	b, err := json.Marshal(api.Failed(api.Errorf(status, "%s", text)))
	if err != nil {
		panic(fmt.Sprintf("a refusal that can't be encoded: %v", err))
	}
	return b
}

// ownRefusals are the statuses that net/http answers by itself, before there is
// a request to handle.
var ownRefusals = [...]int{
	http.StatusBadRequest, http.StatusExpectationFailed, http.StatusNotImplemented,
	http.StatusRequestHeaderFieldsTooLarge, http.StatusHTTPVersionNotSupported,
}

// Listen says in JSON what net/http refuses by itself on the connections of l.
// Those under TLS are left alone: net/http wants to see what they are.
func Listen(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if _, secret := c.(*tls.Conn); secret {
		return c, nil
	}
	return &conn{c}, nil
}

type conn struct{ net.Conn }

// Write passes on what is written, but for a whole refusal of net/http's own:
// one write, which no JSON can begin like, since it holds no bare line ends.
func (c *conn) Write(p []byte) (int, error) {
	for _, status := range ownRefusals {
		start := fmt.Appendf(nil, "HTTP/1.1 %d %s", status, http.StatusText(status))
		if !bytes.HasPrefix(p, start) || !plain(p[len(start):]) {
			continue
		}
		b := refusal(status)
		head := fmt.Appendf(start, "\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", len(b))
		if _, err := c.Conn.Write(append(head, b...)); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// CloseWrite ends one direction, where the connection below can.
func (c *conn) CloseWrite() error {
	if half, can := c.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return nil
}

// plain tells net/http's own refusals from answers of a handler, which are JSON.
func plain(rest []byte) bool {
	head, _, whole := bytes.Cut(rest, []byte("\r\n\r\n"))
	return whole && !bytes.Contains(head, []byte("application/"))
}
