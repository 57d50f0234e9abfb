// Package webhook delivers notices to an HTTP address: signed, retried,
// bounded, and never to a private network unless that is allowed.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"
)

// SignatureHeader carries t=UNIXSECONDS,v1=HEX: the HMAC-SHA256, under the
// shared secret, of the seconds, a dot and the body.
const SignatureHeader = "X-Threatbench-Signature"

// The bounds of a delivery.
const (
	tries        = 4
	firstPause   = time.Second
	tryTimeout   = 10 * time.Second
	maxAnswer    = 64 << 10 // bytes of the answer that are read
	minSecretLen = 16
)

// Config says where notices go. URL is https, or http where AllowPrivate lets
// a service on the same network be reached.
type Config struct {
	URL          string
	Secret       string // at least 16 characters
	AllowPrivate bool   // loopback, private and link-local addresses too
	Now          func() time.Time
	Transport    http.RoundTripper // nil: a transport that refuses private addresses as configured
}

// Sender delivers notices. It is safe for concurrent use.
type Sender struct {
	config Config
	client *http.Client
}

// New checks the configuration. No error shows the secret.
func New(c Config) (*Sender, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" {
		return nil, errors.New("webhook: the URL is not one")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !c.AllowPrivate) {
		return nil, fmt.Errorf("webhook: %s is not https", u.Redacted())
	}
	if len(c.Secret) < minSecretLen {
		return nil, fmt.Errorf("webhook: the secret needs at least %d characters", minSecretLen)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Transport == nil {
		c.Transport = guarded(c.AllowPrivate)
	}
	return &Sender{config: c, client: &http.Client{
		Transport:     c.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// guarded is a transport that looks at each address right before it connects,
// after the name was resolved: a name that resolves to a private address now
// and to a public one a moment ago is refused too.
func guarded(allowPrivate bool) *http.Transport {
	d := &net.Dialer{Timeout: tryTimeout}
	if !allowPrivate {
		d.Control = func(_, address string, _ syscall.RawConn) error { return refusePrivate(address) }
	}
	return &http.Transport{DialContext: d.DialContext, TLSHandshakeTimeout: tryTimeout, MaxIdleConns: 4, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: maxAnswer}
}

// ErrRefused is in the chain of a failure that sending again won't mend: the
// other side answered that it doesn't want the notice, or may not be reached.
var ErrRefused = errors.New("refused")

// errPrivate is why an address was not connected to.
var errPrivate = fmt.Errorf("%w: the address is private", ErrRefused)

// Send delivers a body, trying again with growing pauses where the other side
// may recover (no connection, 408, 429, 5xx). It ends with ctx.
func (s *Sender) Send(ctx context.Context, body []byte) error {
	pause := firstPause
	for try := 1; ; try++ {
		again, err := s.try(ctx, body)
		if err == nil || !again || try == tries {
			return err
		}
		t := time.NewTimer(pause + rand.N(pause/4))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return errors.Join(err, ctx.Err())
		}
		pause *= 4
	}
}

// try sends once, and tells whether trying again may help.
func (s *Sender) try(ctx context.Context, body []byte) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.URL, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("webhook: the URL is not one")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "threatbench")
	req.Header.Set(SignatureHeader, Sign(s.config.Secret, s.config.Now(), body))
	res, err := s.client.Do(req)
	if err != nil {
		return !errors.Is(err, errPrivate), fmt.Errorf("webhook: %w", withoutURL(err))
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return true, fmt.Errorf("webhook: reading the answer: %w", err)
	}
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return false, nil
	}
	if res.StatusCode == http.StatusRequestTimeout || res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500 {
		return true, fmt.Errorf("webhook: the other side answered %s", res.Status)
	}
	return false, fmt.Errorf("webhook: the other side answered %s: %w", res.Status, ErrRefused)
}

// withoutURL takes the URL out of an error: its path or query may hold a key.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Sign makes the signature header of a body sent at a moment.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
