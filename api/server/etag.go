package server

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
)

// entityTag is the ETag of an event's version for this caller: one of another
// role, or an answer of the other style, never has the same.
func (c *call) entityTag(version string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%v\x00%s", version, c.grant.Permission, c.s.config.ResponseStyle))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// okVersion answers an event with its ETag, or a 304 to a reader who has it.
func (c *call) okVersion(e api.Event, version string) error {
	tag := c.entityTag(version)
	c.w.Header().Set("ETag", tag)
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return c.ok(event(e))
	}
	known, err := c.entityTags("If-None-Match")
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "private, no-cache")
	if slices.Contains(known, "*") || slices.Contains(known, tag) || slices.Contains(known, "W/"+tag) {
		c.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.ok(event(e))
}

// ifMatch tells of a version whether If-Match names it; nil where there is no
// such header. A weak tag matches nothing, since it vouches for nothing.
func (c *call) ifMatch() (func(version string) bool, error) {
	tags, err := c.entityTags("If-Match")
	if err != nil || tags == nil || slices.Contains(tags, "*") {
		return nil, err
	}
	return func(version string) bool { return slices.Contains(tags, c.entityTag(version)) }, nil
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
	if _, asked := c.r.Header["If-Match"]; !asked || rt.needs != PermWrite || rt.pattern == "/events/{event_id}" {
		return nil
	}
	return bad("If-Match", "it at an update of one event alone", c.r.Header.Get("If-Match"))
}
