package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/client/patience"
)

// OfflineError says that no answer came: nothing listens there, the name is
// unknown, the connection broke, time ran out. Its text is one line for a
// person and names the host, never the URL with what was asked.
type OfflineError struct {
	Host    string
	Reason  string
	Reached bool // the request may have arrived
	err     error
}

// Error is one line that names the host and the reason.
func (e *OfflineError) Error() string { return e.Host + ": " + e.Reason }

// Unwrap is the network's own error.
func (e *OfflineError) Unwrap() error { return e.err }

// ErrUnsure is api.ErrUnsure, under the name it had first.
var ErrUnsure = api.ErrUnsure

// cutShort is the end of the caller's context after the request was sent.
type cutShort struct{ err error }

func (e *cutShort) Error() string { return e.err.Error() }
func (e *cutShort) Unwrap() error { return e.err }

// unsure adds ErrUnsure to the error of a write where it applies.
func unsure(err error) error {
	var offline *OfflineError
	var bad *answerError
	var cut *cutShort
	var e *api.Error
	switch {
	case errors.As(err, &offline) && offline.Reached, errors.As(err, &bad), errors.As(err, &cut):
	case errors.As(err, &e) && (e.Status == http.StatusRequestTimeout || e.Status >= 500 && e.Status != http.StatusNotImplemented && e.Status != http.StatusInsufficientStorage):
	default:
		return err
	}
	return fmt.Errorf("%w; %w", err, ErrUnsure)
}

// answerError is an answer that came but cannot be used.
type answerError struct {
	text    string
	passing bool // it may be whole the next time
	err     error
}

func (e *answerError) Error() string { return e.text }
func (e *answerError) Unwrap() error { return e.err }

// need is the permission that a call takes.
type need string

const (
	needRead  need = "Cloudforce One Read"
	needWrite need = "Cloudforce One Write"
)

// passing tells whether a read that failed so may succeed when repeated.
func passing(err error) bool {
	var offline *OfflineError
	if errors.As(err, &offline) {
		return !isCertificate(offline.err) && !gaveUp(offline.err)
	}
	var bad *answerError
	if errors.As(err, &bad) {
		return bad.passing
	}
	var e *api.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return e.Status >= 500 && e.Status != http.StatusNotImplemented
}

func retryOf(err error) time.Duration {
	var e *api.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// neverSent tells whether the request certainly did not reach the server.
func neverSent(err error) bool {
	var e *OfflineError
	return errors.As(err, &e) && !e.Reached && !isCertificate(e.err)
}

// noAnswer makes the error of a request that got none. A cancelled context
// stays what it is.
func (c *Client) noAnswer(ctx context.Context, err error, limit time.Duration) error {
	if ctx.Err() != nil {
		return &cutShort{ctx.Err()}
	}
	reason, reached := reasonOf(err, limit)
	return &OfflineError{Host: c.host, Reason: reason, Reached: reached, err: err}
}

// reasonOf puts a network error into words.
func reasonOf(err error, limit time.Duration) (reason string, reached bool) {
	var dns *net.DNSError
	var op *net.OpError
	dialling := errors.As(err, &op) && op.Op == "dial"
	switch {
	case gaveUp(err):
		return silenceOf(err), true
	case errors.As(err, &dns):
		return "no such host; check base_url and the network", false
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused; is the server running?", false
	case isCertificate(err):
		return "its certificate is not trusted; check base_url, the clock and the proxy", false
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %s", limit), !dialling
	case dialling:
		return "no connection; check the network", false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection broke", true
	}
	return "the connection failed", true
}

// gaveUp tells whether the server was silent for too long.
func gaveUp(err error) bool { return silenceOf(err) != "" }

func silenceOf(err error) string {
	var silent *patience.Error
	if !errors.As(err, &silent) {
		return ""
	}
	return silent.Error()
}

func isCertificate(err error) bool {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &unknown) || errors.As(err, &name) || errors.As(err, &invalid) ||
		errors.As(err, &verify) || errors.As(err, &record)
}

// brokenBody makes the error of an answer whose body could not be read.
func (c *Client) brokenBody(ctx context.Context, err error, got int, limit time.Duration) error {
	switch {
	case ctx.Err() != nil:
		return &cutShort{ctx.Err()}
	case errors.Is(err, errTooBig):
		return &answerError{text: fmt.Sprintf("the answer is longer than %d bytes; ask for smaller pages", c.conf.MaxBody), err: err}
	case gaveUp(err):
		return &OfflineError{Host: c.host, Reason: silenceOf(err), Reached: true, err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &OfflineError{Host: c.host, Reason: fmt.Sprintf("the answer was not complete within %s", limit), Reached: true, err: err}
	}
	return &answerError{text: fmt.Sprintf("the answer broke off after %d bytes", got), passing: true, err: err}
}

// wrongAnswer makes the error of a complete answer that doesn't read as the
// contract says.
func (c *Client) wrongAnswer(a *answer, err error) error {
	var e *api.Error
	if errors.As(err, &e) {
		cleanError(e)
		e.Message = c.redact(e.Message)
		return e
	}
	if strings.HasPrefix(strings.TrimSpace(string(a.body[:min(len(a.body), 64)])), "<") {
		return &answerError{text: "a web page came where JSON was expected; check base_url, and whether a proxy wants a login", err: err}
	}
	return &answerError{text: c.redact(clean.Line(cut(misread(err)))), passing: endsEarly(err), err: err}
}

// misread says in words of the contract, not of Go, what could not be read.
func misread(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return err.Error()
	}
	at := "its outermost value"
	if wrong.Field != "" {
		at = wrong.Field
	}
	return fmt.Sprintf("the server's answer isn't what the contract says: %s is a %s", at, wrong.Value)
}

// endsEarly tells whether a body stopped in the middle of its JSON, as it does
// when a connection without a length is cut.
func endsEarly(err error) bool {
	var syntax *json.SyntaxError
	return errors.As(err, &syntax) && strings.Contains(syntax.Error(), "unexpected end")
}

// refusal makes the *api.Error of a failed status, and holds the others back after
// a 429.
func (c *Client) refusal(resp *http.Response) error {
	if resp.StatusCode == http.StatusPreconditionFailed {
		return c.movedOn(resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		body = nil // the status says enough
	}
	e := api.DecodeError(resp.StatusCode, body)
	cleanError(e)
	e.Message = c.redact(cut(e.Message))
	e.RetryAfter = retryAfter(resp.Header, c.conf.Now())
	if resp.StatusCode == http.StatusTooManyRequests {
		c.limiter.block(e.RetryAfter)
	}
	if to, lerr := resp.Location(); lerr == nil && resp.StatusCode < 400 {
		e.Message = fmt.Sprintf("the server sends us on to %s, which is not followed; check base_url", clean.Line(to.Scheme+"://"+to.Host))
	}
	return e
}

// explain turns a refusal into what the person should check.
func (c *Client) explain(err error, n need) error {
	var e *api.Error
	var moved *movedError
	if !errors.As(err, &e) || errors.As(err, &moved) {
		return err
	}
	said := e.Message
	switch {
	case e.Status == http.StatusUnauthorized:
		e.Message = with(c.whyUnauthorised(), said)
	case e.Status == http.StatusForbidden:
		e.Message = with(fmt.Sprintf("not allowed (403): the credentials need the permission %q on account %s", string(n), c.conf.Account), said)
	case e.Status == http.StatusTooManyRequests && e.RetryAfter > 0:
		e.Message = tooMany(e.RetryAfter).Message
	case e.Status == http.StatusTooManyRequests:
		e.Message = with("too many calls (429)", said)
	case e.Status == http.StatusInsufficientStorage && said != "": // it says all there is to say
	case e.Status >= 500:
		e.Message = with(fmt.Sprintf("the server failed (%d %s)", e.Status, http.StatusText(e.Status)), said)
	case said == "" && e.Status == http.StatusNotFound:
		e.Message = "nothing is there (404); check base_url and the account id"
	}
	return e
}

func (c *Client) whyUnauthorised() string {
	if c.conf.Token == "" && c.conf.Key == "" {
		return "the server wants credentials (401): none are set, give a token"
	}
	return "the server refused the credentials (401): check that the token is complete, meant for this server, and not expired"
}

func with(text, said string) string {
	if said == "" || strings.Contains(text, said) {
		return text
	}
	return text + "; it says: " + said
}

// redact takes our own secrets out of a text: a server may echo what it got.
func (c *Client) redact(s string) string {
	for _, secret := range []string{c.conf.Token, c.conf.Key} {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "(secret)")
		}
	}
	return s
}

// cut keeps a server's message to what fits a person's eye.
func cut(s string) string {
	const most = 400
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
