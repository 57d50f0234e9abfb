package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"threatbench/api"
)

const jsonType = "application/json"

// events and event mark results that the server's own encoder writes: a page
// of events is what the server answers most.
type (
	events []api.Event
	event  api.Event
)

// ok answers a result with status 200 in the configured style.
func (c *call) ok(result any) error { return c.answer(http.StatusOK, result, nil) }

// answer writes a result in the configured style. info is nil where the
// operation has no result_info.
func (c *call) answer(status int, result, info any) error {
	if c.s.config.ResponseStyle == Bare {
		return c.bare(status, result, info)
	}
	return c.envelope(status, result, info)
}

// bare writes the result alone, and info into a header.
func (c *call) bare(status int, result, info any) error {
	if info != nil {
		b, err := json.Marshal(info)
		if err != nil {
			return fmt.Errorf("encoding result_info: %w", err)
		}
		c.w.Header().Set("X-Result-Info", string(b))
	}
	b, err := appendResult(nil, result)
	if err != nil {
		return err
	}
	return c.send(status, jsonType, b)
}

// envelope writes the result in the envelope, whatever the style.
func (c *call) envelope(status int, result, info any) error {
	b, err := appendResult([]byte(`{"success":true,"errors":[],"messages":[],"result":`), result)
	if err != nil {
		return err
	}
	if info != nil {
		more, err := json.Marshal(info)
		if err != nil {
			return fmt.Errorf("encoding result_info: %w", err)
		}
		b = append(append(b, `,"result_info":`...), more...)
	}
	return c.send(status, jsonType, append(b, '}'))
}

// appendResult encodes a result: events by our own encoder, the rest by the
// standard one.
func appendResult(b []byte, result any) ([]byte, error) {
	switch v := result.(type) {
	case events:
		return appendEvents(b, v), nil
	case event:
		return appendEvent(b, (*api.Event)(&v)), nil
	}
	more, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("encoding the answer: %w", err)
	}
	return append(b, more...), nil
}

// send writes a whole body. That the client left meanwhile is no failure of
// the server's: the log line shows the bytes that went out.
func (c *call) send(status int, contentType string, body []byte) error {
	h := c.w.Header()
	if c.pattern != "" && status == http.StatusOK && c.reads() && h.Get("ETag") == "" {
		if done, err := c.unchanged(c.contentTag(contentType, body)); done || err != nil {
			return err
		}
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	c.w.WriteHeader(status)
	if c.r.Method == http.MethodHead {
		return nil
	}
	if _, err := c.w.Write(body); err != nil && c.ctx().Err() == nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// retryAfter is how many seconds a caller should let pass after a 503: by then
// another writer has ended, or the database has come back.
const retryAfter = "2"

// refuse answers a failure: the same envelope in both styles.
func (c *call) refuse(e *api.Error) {
	if h := c.w.Header(); e.Status == http.StatusServiceUnavailable && h.Get("Retry-After") == "" {
		h.Set("Retry-After", retryAfter)
	}
	b, err := json.Marshal(api.Failed(e))
	if err == nil {
		err = c.send(e.Status, jsonType, b)
	}
	if err != nil {
		c.logFailure("answering a failure", "", err)
	}
}

// healthz answers whether the server is up; it needs no credential.
func (c *call) healthz() error {
	if done, err := c.onlyGET(); done {
		return err
	}
	return c.send(http.StatusOK, jsonType, []byte(`{"status":"ok"}`))
}

// readyWithin is how long the database has to answer whether it does.
const readyWithin = 3 * time.Second

// readyz answers whether the server can answer calls, which needs its database;
// it needs no credential, and why not stands in the log alone.
func (c *call) readyz() error {
	if done, err := c.onlyGET(); done {
		return err
	}
	ctx, cancel := context.WithTimeout(c.ctx(), readyWithin)
	defer cancel()
	if err := c.s.db.Ready(ctx); err != nil {
		c.logFailure("the database doesn't answer", "", err)
		return api.Errorf(http.StatusServiceUnavailable, "not ready: the database doesn't answer")
	}
	return c.send(http.StatusOK, jsonType, []byte(`{"status":"ready"}`))
}

// onlyGET settles a request to one of the server's own pages by another method.
func (c *call) onlyGET() (done bool, err error) {
	switch c.r.Method {
	case http.MethodGet, http.MethodHead:
		return false, nil
	case http.MethodOptions:
		return true, c.options([]string{http.MethodGet})
	}
	c.allow([]string{http.MethodGet})
	return true, api.Errorf(http.StatusMethodNotAllowed, "%s is not possible here: use GET", c.r.Method)
}

// allow names the methods of a path, and those that come with them.
func (c *call) allow(methods []string) {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(slices.Clone(methods), http.MethodHead)
	}
	c.w.Header().Set("Allow", strings.Join(append(slices.Clone(methods), http.MethodOptions), ", "))
}

// options answers what a path takes.
func (c *call) options(methods []string) error {
	c.allow(methods)
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
