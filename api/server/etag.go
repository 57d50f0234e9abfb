package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/store"
)

// entityTag is the ETag of an event's version for this caller: one of another
// role, or an answer of the other style, never has the same.
func (c *call) entityTag(version string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%v\x00%s", version, c.grant.Permission, c.s.config.ResponseStyle))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// tagOf is the ETag of something that is all its own version.
func (c *call) tagOf(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("working out an ETag: %w", err)
	}
	return c.entityTag(fmt.Sprintf("%T\x00%s", v, b)), nil
}

// okVersion answers an event with its ETag.
func (c *call) okVersion(e api.Event, version string) error {
	return c.okTagged(event(e), c.entityTag(version))
}

// okSaved answers a saved query or an alert with its ETag.
func (c *call) okSaved(v any) error {
	tag, err := c.tagOf(v)
	if err != nil {
		return err
	}
	return c.okTagged(v, tag)
}

// okTagged answers something with its ETag, or a 304 to a reader who has it.
func (c *call) okTagged(v any, tag string) error {
	c.w.Header().Set("ETag", tag)
	if !c.reads() {
		return c.ok(v)
	}
	if done, err := c.unchanged(tag); done || err != nil {
		return err
	}
	return c.ok(v)
}

// reads tells whether the request is to read something.
func (c *call) reads() bool {
	return c.r.Method == http.MethodGet || c.r.Method == http.MethodHead
}

// unchanged answers a 304 to a reader who has what the ETag stands for.
func (c *call) unchanged(tag string) (done bool, err error) {
	known, err := c.entityTags("If-None-Match")
	if err != nil {
		return false, err
	}
	c.w.Header().Set("ETag", tag)
	c.w.Header().Set("Cache-Control", "private, no-cache")
	if slices.Contains(known, "*") || slices.Contains(known, tag) || slices.Contains(known, "W/"+tag) {
		c.w.WriteHeader(http.StatusNotModified)
		return true, nil
	}
	return false, nil
}

// contentTag is the ETag of an answer that has no version of its own, such as a
// list: of what it says, who asked for it, and how. What a list says may change
// without a change of the account (what fired, who may see what), so that
// nothing less would do.
func (c *call) contentTag(contentType string, body []byte) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q %q %q\x00", c.account, c.r.URL.RequestURI(), contentType, c.w.Header().Get("X-Result-Info")) // a hash never fails
	if l := c.grant.Limit; l != nil {
		fmt.Fprintf(sum, "%q %d\x00", l.Datasets, l.MaxTLP) // the same
	}
	sum.Write(body) // the same
	return c.entityTag(string(sum.Sum(nil)))
}

// ifMatch tells of a version whether If-Match names it; nil where there is no
// such header. A weak tag matches nothing, since it vouches for nothing.
func (c *call) ifMatch() (func(version string) bool, error) {
	holds, err := c.ifTag()
	if holds == nil {
		return nil, err
	}
	return func(version string) bool { return holds(c.entityTag(version)) }, nil
}

// ifTag is ifMatch of an ETag.
func (c *call) ifTag() (func(tag string) bool, error) {
	tags, err := c.entityTags("If-Match")
	if err != nil || tags == nil || slices.Contains(tags, "*") {
		return nil, err
	}
	return func(tag string) bool { return slices.Contains(tags, tag) }, nil
}

// changedError refuses a change of something that isn't what If-Match names:
// how it is now, and its ETag.
type changedError struct {
	what string
	now  any
	tag  string
}

func (e *changedError) Error() string { return e.what + " was changed meanwhile: nothing was changed" }

// unlessChanged lets alter change a saved query or an alert where it is what
// If-Match names; there is no such header where holds is nil.
func unlessChanged[T any](c *call, holds func(tag string) bool, what string, alter func(*T) error) func(*T) error {
	return func(v *T) error {
		if holds != nil {
			now := *v
			tag, err := c.tagOf(now)
			if err != nil {
				return err
			}
			if !holds(tag) {
				return &changedError{what, now, tag}
			}
		}
		return alter(v)
	}
}

// whatever agrees with whatever a thing is.
func whatever[T any](*T) error { return nil }

// changedMeanwhile answers a 412 whose result is how the thing is now; any
// other error stays what it is.
func (c *call) changedMeanwhile(err error) error {
	var moved *store.ChangedError
	if errors.As(err, &moved) {
		err = &changedError{"event " + moved.Event.UUID, moved.Event, c.entityTag(moved.Version)}
	}
	var changed *changedError
	if !errors.As(err, &changed) {
		return err
	}
	answer := api.Failed(api.Errorf(http.StatusPreconditionFailed, "%s; the result is how it is now", changed.Error()))
	answer.Result = changed.now
	b, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	c.w.Header().Set("ETag", changed.tag)
	return c.send(http.StatusPreconditionFailed, jsonType, b)
}

// entityTags reads a header that lists entity tags, or is a star; nil where it
// isn't there.
func (c *call) entityTags(name string) ([]string, error) {
	lines, there := c.r.Header[name]
	if !there {
		return nil, nil
	}
	text := strings.Join(lines, ",")
	if strings.Trim(text, " \t") == "*" {
		return []string{"*"}, nil
	}
	refused := bad(name, `* or entity tags in quotes, with commas between them`, text)
	var tags []string
	for rest := strings.Trim(text, " \t,"); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		strong := strings.TrimPrefix(rest, "W/")
		if !strings.HasPrefix(strong, `"`) {
			return nil, refused
		}
		end := strings.IndexByte(strong[1:], '"')
		if end < 0 {
			return nil, refused
		}
		n := len(rest) - len(strong) + end + 2
		tags = append(tags, rest[:n])
		if rest = strings.TrimLeft(rest[n:], " \t"); rest != "" && rest[0] != ',' {
			return nil, refused
		}
		rest = strings.TrimLeft(rest, " \t,")
	}
	if tags == nil {
		return nil, refused
	}
	return tags, nil
}

// condition refuses If-Match at a change that doesn't heed it: carried out, it
// would do what the caller asked not to be done.
func (c *call) condition(rt route) error {
	if _, asked := c.r.Header["If-Match"]; !asked || rt.needs != PermWrite || rt.heedsIfMatch() {
		return nil
	}
	return bad("If-Match", "it at an update or delete of one event, raw record, saved query or alert", c.r.Header.Get("If-Match"))
}

func (rt route) heedsIfMatch() bool {
	switch rt.pattern {
	case "/events/{event_id}", "/events/{event_id}/raw/{raw_id}", "/events/queries/{query_id}", "/events/queries/alerts/{alert_id}":
		return true
	}
	return false
}
