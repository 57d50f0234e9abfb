package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"threatbench/api"
	"threatbench/api/store"
)

// call is one request on its way through an operation.
type call struct {
	s       *server
	w       *recorder
	r       *http.Request
	account string
	grant   Grant
	who     store.Actor
	pattern string   // the operation's path, "" before it is found
	params  []string // the path's parameters, in the pattern's order
}

func (c *call) ctx() context.Context { return c.r.Context() }

// locate takes the account from the path and returns what follows the service
// name, in segments.
func (c *call) locate() ([]string, error) {
	rest, ok := strings.CutPrefix(c.r.URL.EscapedPath(), BasePath+"/accounts/")
	if !ok {
		return nil, notFound(c.r.URL.Path)
	}
	segments, err := splitPath(rest)
	if err != nil {
		return nil, err
	}
	if len(segments) < 3 || segments[1] != "cloudforce-one" {
		return nil, notFound(c.r.URL.Path)
	}
	for _, s := range segments {
		if !utf8.ValidString(s) {
			return nil, api.Errorf(http.StatusBadRequest, "path: %q is not UTF-8", s)
		}
	}
	if !validAccount(segments[0]) {
		return nil, api.Errorf(http.StatusBadRequest, "account_id: want 1..64 letters, digits, dots, dashes or underscores, got %q", segments[0])
	}
	c.account = segments[0]
	return segments[2:], nil
}

// validAccount tells whether s can be an account id: 1..64 letters, digits,
// dots, dashes and underscores. The platform's are 32 hexadecimal digits.
func validAccount(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", r) {
			return false
		}
	}
	return true
}

func notFound(path string) error {
	return api.Errorf(http.StatusNotFound, "no such path: %s; the operations start at %s/accounts/{account_id}/cloudforce-one", path, BasePath)
}

// identify finds out who asks, and counts the call against the rate limit.
// Without a token source everyone is the configured actor.
func (c *call) identify() error {
	if g, ok := grantOf(c.ctx()); ok {
		c.grant, c.who = g, store.Actor{Name: g.Name}
		if g.Limit != nil {
			c.r = c.r.WithContext(store.WithLimit(c.ctx(), *g.Limit))
		}
		return c.ofAccount()
	}
	tokens := c.s.config.Tokens
	if tokens == nil {
		c.grant = Grant{Account: c.account, Permission: PermWrite, Name: c.s.config.Actor}
		c.who = store.Actor{Name: c.s.config.Actor}
		return c.count(c.account)
	}
	cred, ok := credentialOf(c.r)
	if !ok {
		c.w.Header().Set("WWW-Authenticate", "Bearer")
		return errors.Join(c.count(c.remote()), api.Errorf(http.StatusUnauthorized, "a token is missing: send Authorization: Bearer TOKEN, or X-Auth-Email with X-Auth-Key"))
	}
	g, known := tokens.Lookup(cred)
	if !known {
		c.w.Header().Set("WWW-Authenticate", "Bearer")
		return errors.Join(c.count(c.remote()), api.Errorf(http.StatusUnauthorized, "the token is not valid here"))
	}
	c.grant, c.who = g, store.Actor{Name: g.Name}
	if err := c.count(g.Account + "/" + g.Name); err != nil {
		return err
	}
	return c.ofAccount()
}

// strangersBody is how long the body of a stranger may take.
const strangersBody = 5 * time.Second

// hurry leaves a caller who isn't known a few seconds for the rest of a request
// that nobody reads. A writer without deadlines has no connection to hold.
func (c *call) hurry() {
	_ = http.NewResponseController(c.w).SetReadDeadline(time.Now().Add(strangersBody))
}

// ofAccount refuses another account than the grant's.
func (c *call) ofAccount() error {
	if c.grant.Account != c.account {
		return api.Errorf(http.StatusForbidden, "the token is for another account")
	}
	return nil
}

// credentialOf reads the request's credential: a bearer token first, else the
// key with its e-mail.
func credentialOf(r *http.Request) (Credential, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); strings.EqualFold(scheme, "Bearer") && token != "" {
		return Credential{Token: token}, true
	}
	key, email := r.Header.Get("X-Auth-Key"), r.Header.Get("X-Auth-Email")
	if key == "" || email == "" {
		return Credential{}, false
	}
	return Credential{Token: key, Email: email}, true
}

// fail answers an error: what the contract names as it is, anything else as a
// 500 with an id that the log explains.
func (c *call) fail(err error) {
	var known *api.Error
	var tooBig *http.MaxBytesError
	switch {
	case c.w.status != 0: // too late: the answer has begun
		c.logFailure("failed while answering", uuid.NewString(), err)
	case errors.As(err, &known) && known.Status != 0:
		c.refuse(known)
	case errors.As(err, &tooBig):
		c.refuse(tooLarge(tooBig.Limit))
	case c.ctx().Err() != nil:
		c.w.status = statusClientGone // nobody is left to read an answer
	default:
		id := uuid.NewString()
		c.logFailure("internal error", id, err)
		c.refuse(internal(id))
	}
}

// statusClientGone is what the log shows for a request whose client left.
const statusClientGone = 499

func internal(id string) *api.Error {
	return api.Errorf(http.StatusInternalServerError, "something went wrong on the server; its log explains it under %s", id)
}

func tooLarge(limit int64) *api.Error {
	return api.Errorf(http.StatusRequestEntityTooLarge, "body: want at most %d bytes, got more", limit)
}

// panicked turns a handler's panic into a 500 with an id.
func (c *call) panicked(p any) {
	if aborted(p) {
		panic(p)
	}
	id := uuid.NewString()
	c.s.config.Logger.Error("panic", slog.String("id", id), slog.String("path", c.r.URL.Path), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	if c.w.status == 0 {
		c.refuse(internal(id))
	}
}

// aborted tells a handler's wish to break off without a word from a panic.
func aborted(p any) bool {
	err, ok := p.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

func (c *call) logFailure(what, id string, err error) {
	c.s.config.Logger.Error(what, slog.String("id", id), slog.String("path", c.r.URL.Path), slog.String("error", err.Error()))
}
