package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/store"
)

// listChange is a change of one event by a list: of tags, or of references.
type listChange func(ctx context.Context, who store.Actor, account, event string, values []string) error

// updateEvent changes one event (PATCH and POST) and answers it. With If-Match
// it does so while the event is one of those named.
func (c *call) updateEvent() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var in struct {
		DatasetID string `json:"datasetId"`
	}
	if err := decodeJSON(body, &in); err != nil {
		return err
	}
	var p api.EventPatch
	if err := decodeJSON(body, &p); err != nil {
		return err
	}
	holds, err := c.ifMatch()
	if err != nil {
		return err
	}
	e, version, err := c.s.db.UpdateIf(c.ctx(), c.who, c.account, in.DatasetID, c.params[0], p, holds)
	if err != nil {
		return c.changedMeanwhile(err)
	}
	return c.okVersion(e, version)
}

// updateMany changes up to a hundred events of a dataset alike. Those that
// aren't there are listed, the rest is changed.
func (c *call) updateMany() error {
	var in struct {
		DatasetID string         `json:"datasetId"`
		EventIDs  []string       `json:"eventIds"`
		Updates   api.EventPatch `json:"updates"`

		IfUnchanged map[string]api.EventPatch `json:"ifUnchanged"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	known, err := knownOf(in.IfUnchanged, in.EventIDs)
	if err != nil {
		return err
	}
	res, err := c.s.db.UpdateManyIf(c.ctx(), c.who, c.account, in.DatasetID, in.EventIDs, in.Updates, known)
	if err != nil {
		return err
	}
	return c.ok(res)
}

// knownOf reads what the caller knows of the events it changes.
func knownOf(in map[string]api.EventPatch, ids []string) (map[string]api.EventPatch, error) {
	known := make(map[string]api.EventPatch, len(in))
	for id, p := range in {
		if !slices.ContainsFunc(ids, func(x string) bool { return strings.EqualFold(x, id) }) {
			return nil, bad("ifUnchanged", "ids that eventIds names", id)
		}
		if p.KillChain != nil || p.MitreAttack != nil || p.MitreCapec != nil || p.Raw != nil {
			return nil, bad("ifUnchanged", "texts and moments of the event alone", id)
		}
		known[strings.ToLower(id)] = p
	}
	return known, nil
}

// deleteEvents takes events of a dataset away and answers how many there were.
func (c *call) deleteEvents() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	ids, err := p.list("eventIds", "eventId")
	if err != nil {
		return err
	}
	n, err := c.s.db.Delete(c.ctx(), c.who, c.account, c.params[0], ids)
	if err != nil {
		return err
	}
	return c.ok(n)
}

// deleteEvent takes one event away (as SDK 5 does). With If-Match it does so
// while the event is one of those named.
func (c *call) deleteEvent() error {
	holds, err := c.ifMatch()
	if err != nil {
		return err
	}
	if err := c.s.db.DeleteEvent(c.ctx(), c.who, c.account, c.params[0], holds); err != nil {
		return c.changedMeanwhile(err)
	}
	return c.okID(c.params[0])
}

// addTags and removeTags answer in the envelope whatever the style, as the
// contract wants it of these four.
func (c *call) addTags() error { return c.changeTags(c.s.db.AddTags) }

func (c *call) removeTags() error { return c.changeTags(c.s.db.RemoveTags) }

func (c *call) changeTags(change listChange) error {
	var in struct {
		Tags []string `json:"tags"`
	}
	if err := c.decodeList("tags", &in); err != nil {
		return err
	}
	return c.changeList(change, in.Tags)
}

func (c *call) addReferences() error { return c.changeReferences(c.s.db.AddReferences) }

func (c *call) removeReferences() error { return c.changeReferences(c.s.db.RemoveReferences) }

func (c *call) changeReferences(change listChange) error {
	var in struct {
		Events []string `json:"events"`
	}
	if err := c.decodeList("events", &in); err != nil {
		return err
	}
	return c.changeList(change, in.Events)
}

// decodeList reads a body that holds one list. The official SDKs send none where
// something is taken away: what is missing is named.
func (c *call) decodeList(key string, into any) error {
	b, err := c.body()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return api.Errorf(http.StatusBadRequest, "%s: required, in a JSON body such as {%q: […]}", key, key)
	}
	return decodeJSON(b, into)
}

func (c *call) changeList(change listChange, values []string) error {
	if err := change(c.ctx(), c.who, c.account, c.params[0], values); err != nil {
		return err
	}
	return c.envelope(http.StatusOK, success{true}, nil)
}

// updateRaw changes a raw record (PATCH and POST).
func (c *call) updateRaw() error {
	var in api.RawPatch
	if err := c.decode(&in); err != nil {
		return err
	}
	holds, err := c.ifMatch()
	if err != nil {
		return err
	}
	raw, version, err := c.s.db.UpdateRawIf(c.ctx(), c.who, c.account, c.params[0], c.params[1], in, holds)
	var moved *store.ChangedError
	if errors.As(err, &moved) {
		now, rerr := c.s.db.RawByID(c.ctx(), c.account, c.params[0], c.params[1])
		if rerr != nil {
			return rerr
		}
		err = &changedError{"event " + moved.Event.UUID, c.rawByID(now), c.entityTag(moved.Version)}
	}
	if err != nil {
		return c.changedMeanwhile(err)
	}
	return c.okTagged(struct {
		ID   string          `json:"id"`
		Data json.RawMessage `json:"data"`
	}{raw.ID, raw.Data}, c.entityTag(version))
}
