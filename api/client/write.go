package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"threatbench/api"
)

// settle makes a change that may be sent twice without harm: it sets, adds
// or removes what it names, so that a second time finds nothing left to do.
// It is repeated as a read is. Where any attempt may have been carried out
// the error says so, whatever the last attempt said.
func (c *Client) settle(ctx context.Context, r request, into any) error {
	payload, err := encode(r.body)
	if err != nil {
		return err
	}
	doubt := false
	err = c.repeat(ctx, func() error {
		a, err := c.attempt(ctx, r, payload, bulkTimeouts*c.conf.Timeout)
		if err == nil {
			_, err = c.decode(a, into)
		}
		err = unsure(c.explain(err, needWrite))
		doubt = doubt || errors.Is(err, ErrUnsure)
		return err
	})
	if err != nil && doubt && !errors.Is(err, ErrUnsure) {
		return fmt.Errorf("%w; %w", err, ErrUnsure)
	}
	return err
}

// movedError is a 412: what was to be changed isn't what If-Match named. The
// answer may hold how it is now.
type movedError struct {
	said *api.Error
	body []byte
	tag  string
}

func (e *movedError) Error() string { return e.said.Error() }
func (e *movedError) Unwrap() error { return e.said }

// movedOn reads a 412, whose result may be as long as any answer.
func (c *Client) movedOn(resp *http.Response) error {
	body, err := c.readBody(resp)
	if err != nil {
		body = nil // then what is there is read
	}
	e := api.DecodeError(resp.StatusCode, body[:min(len(body), maxErrorBody)])
	cleanError(e)
	e.Message = c.redact(cut(e.Message))
	return &movedError{said: e, body: body, tag: strongTag(resp.Header)}
}

// strongTag is the ETag of an answer, "" for none and for a weak one: that says
// what reads alike, not what is the same, and never matches.
func strongTag(h http.Header) string {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return ""
}

// tagged reads one thing with its ETag.
func tagged[T any](ctx context.Context, c *Client, r request, tidy func(*T)) (now T, tag string, err error) {
	err = c.repeat(ctx, func() error {
		a, err := c.attempt(ctx, r, nil, c.conf.Timeout)
		if err != nil {
			return c.explain(err, needRead)
		}
		tag = strongTag(a.header)
		_, err = c.decode(a, &now)
		return err
	})
	tidy(&now)
	return now, tag, err
}

// nowOf reads how a thing is out of a 412.
func nowOf[T any](e *movedError, tidy func(*T)) (now T, ok bool) {
	var answer struct {
		Result json.RawMessage `json:"result"`
	}
	if e.tag == "" || checkValues(e.body) != nil || json.Unmarshal(e.body, &answer) != nil || len(answer.Result) == 0 || answer.Result[0] != '{' {
		return now, false
	}
	if json.Unmarshal(answer.Result, &now) != nil {
		return now, false
	}
	tidy(&now)
	return now, true
}

// maxOvertakes is how often others may change a thing between its reading and
// its change before that is given up.
const maxOvertakes = 5

// changeIf changes one thing of which holds says nothing when asked about how
// it is; its error is answered where it does, and nothing is sent. Where the
// server gives ETags nothing comes in between, and checked is true; where it
// doesn't the thing is read right before it is changed.
func changeIf[T any](ctx context.Context, c *Client, read, write request, into any, tidy func(*T), holds func(T) error) (checked bool, err error) {
	now, tag, err := tagged(ctx, c, read, tidy)
	for overtaken := 0; err == nil; overtaken++ {
		if err := holds(now); err != nil {
			return tag != "", err
		}
		write.ifMatch = tag
		err = c.settle(ctx, write, into)
		var moved *movedError
		if !errors.As(err, &moved) || overtaken == maxOvertakes {
			break
		}
		var ok bool
		if now, ok = nowOf(moved, tidy); ok && moved.tag != tag {
			tag, err = moved.tag, nil
			continue
		}
		before := tag
		if now, tag, err = tagged(ctx, c, read, tidy); tag == before {
			tag = "" // it refuses the ETag it gives: then it is as if it gave none
		}
	}
	return tag != "" && err == nil, err
}

// outcome reads the {success} that the smallest changes answer. An envelope
// that says false is an error before it comes here; a bare one isn't.
type outcome struct {
	Success *bool `json:"success"`
}

// settled is settle for a change that answers success alone.
func (c *Client) settled(ctx context.Context, r request) error {
	var o outcome
	if err := c.settle(ctx, r, &o); err != nil {
		return err
	}
	if o.Success != nil && !*o.Success {
		return api.Errorf(http.StatusOK, "the server reported a failure without a reason")
	}
	return nil
}

// feature is something a server may lack. What was found out is remembered
// for the session, so that a missing one costs one call.
type feature struct{ known atomic.Int32 }

const (
	featureUnknown int32 = iota
	featureThere
	featureMissing
)

// use makes a call of the feature. Where it is answered by a 404 or a 405 and
// nothing is known yet, lacking tells whether the feature itself is missing,
// or only what was asked for.
func (f *feature) use(what string, call func() error, lacking func(error) bool) error {
	if f.known.Load() == featureMissing {
		return noSuch(what)
	}
	err := call()
	switch {
	case err == nil:
		f.known.Store(featureThere)
	case f.known.Load() == featureUnknown && isStatus(err, absent...) && lacking(err):
		f.known.Store(featureMissing)
		return noSuch(what)
	}
	return err
}

// partError is the failure of a part that a server may lack: this time it is
// as if it did.
type partError struct{ err error }

func (e *partError) Error() string        { return e.err.Error() }
func (e *partError) Unwrap() error        { return e.err }
func (e *partError) Is(target error) bool { return target == api.ErrUnsupported }

// withoutPart makes the error of an optional part api.ErrUnsupported where
// others can stand in for it: it isn't allowed, the server failed or answered
// what nobody knows.
func withoutPart(ctx context.Context, err error) error {
	var bad *answerError
	status := api.StatusOf(err)
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.As(err, &bad), status == http.StatusMethodNotAllowed, status == http.StatusForbidden, status >= 500:
		return &partError{err}
	}
	return err
}

// absent are the statuses of a path that isn't there.
var absent = []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}

// surely is for a call that names nothing which could be missing.
func surely(error) bool { return true }

func noSuch(what string) error { return fmt.Errorf("%s: %w", what, api.ErrUnsupported) }
