package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const secret = "a-secret-of-sixteen"

// answers is a transport that answers each request with the next status.
type answers struct {
	status []int
	calls  atomic.Int32
	seen   *http.Request
	body   string
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	n := int(a.calls.Add(1)) - 1
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	a.seen, a.body = r, string(b)
	status := a.status[min(n, len(a.status)-1)]
	if status == 0 {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{"Location": {"https://elsewhere.example"}}, Body: io.NopCloser(strings.NewReader("ok")), Request: r}, nil
}

func TestSend(t *testing.T) {
	for name, tc := range map[string]struct {
		status []int
		calls  int
		fails  bool
	}{
		"taken":                  {[]int{204}, 1, false},
		"taken at last":          {[]int{500, 0, 429, 200}, 4, false},
		"never up":               {[]int{0}, tries, true},
		"always failing":         {[]int{503}, tries, true},
		"refused":                {[]int{400}, 1, true},
		"redirects aren't taken": {[]int{302}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answers{status: tc.status}
				s, err := New(Config{URL: "https://hook.example/path?key=hidden", Secret: secret, Transport: a})
				if err != nil {
					t.Fatal(err)
				}
				err = s.Send(t.Context(), []byte(`{"a":1}`))
				if (err != nil) != tc.fails || int(a.calls.Load()) != tc.calls {
					t.Errorf("got %v after %d calls", err, a.calls.Load())
				}
				if err != nil && (strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), secret)) {
					t.Errorf("the error tells a secret: %v", err)
				}
				if got := a.seen.Header.Get(SignatureHeader); got != Sign(secret, time.Now(), []byte(a.body)) {
					t.Errorf("signed %s", got)
				}
			})
		})
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Config{URL: "https://hook.example", Secret: secret, Transport: &answers{status: []int{500}}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if err := s.Send(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	for address, private := range map[string]bool{
		"127.0.0.1:80": true, "10.1.2.3:443": true, "192.168.0.1:443": true, "172.16.0.1:1": true, "169.254.169.254:80": true, "0.0.0.0:80": true, "100.64.0.1:80": true,
		"[::1]:80": true, "[fe80::1]:80": true, "[fc00::1]:80": true, "[::ffff:10.0.0.1]:80": true, "[64:ff9b::a00:1]:80": true, "224.0.0.1:80": true, "255.255.255.255:1": true, "[2002:a00:1::]:80": true,
		"93.184.215.14:443": false, "[2606:2800:21f::1]:443": false,
	} {
		if err := refusePrivate(address); errors.Is(err, errPrivate) != private {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestLocalServers connects for real: refused unless allowed.
func TestLocalServers(t *testing.T) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer srv.Close()
	s, err := New(Config{URL: srv.URL, Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), nil); !errors.Is(err, errPrivate) {
		t.Errorf("got %v", err)
	}
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	defer plain.Close()
	if s, err = New(Config{URL: plain.URL, Secret: secret, AllowPrivate: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), []byte("{}")); err != nil {
		t.Error(err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, c := range map[string]Config{
		"no URL": {Secret: secret}, "not a URL": {URL: "::", Secret: secret}, "no host": {URL: "https://", Secret: secret},
		"http": {URL: "http://hook.example", Secret: secret}, "file": {URL: "file:///etc", Secret: secret, AllowPrivate: true}, "short secret": {URL: "https://hook.example", Secret: "short"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error tells the secret", name)
		}
	}
}
