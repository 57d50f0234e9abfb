package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"threatbench/api"
	"threatbench/api/store"
)

// listChange is a change of one event by a list: of tags, or of references.
type listChange func(ctx context.Context, who store.Actor, account, event string, values []string) error

// updateEvent changes one event (PATCH and POST) and answers it. With If-Match
// it does so while the event is one of those named.
func (c *call) updateEvent() error {
	var in struct {
		api.EventPatch
		DatasetID string `json:"datasetId"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	holds, err := c.ifMatch()
	if err != nil {
		return err
	}
	e, version, err := c.s.db.UpdateIf(c.ctx(), c.who, c.account, in.DatasetID, c.params[0], in.EventPatch, holds)
	var changed *store.ChangedError
	if errors.As(err, &changed) {
		return c.changedMeanwhile(changed)
	}
	if err != nil {
		return err
	}
	return c.okVersion(e, version)
}

// changedMeanwhile answers a 412 whose result is the event as it is now.
func (c *call) changedMeanwhile(now *store.ChangedError) error {
	answer := api.Failed(api.Errorf(http.StatusPreconditionFailed, "%s; the result is how it is now", now.Error()))
	answer.Result = now.Event
	b, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	c.w.Header().Set("ETag", c.entityTag(now.Version))
	return c.send(http.StatusPreconditionFailed, jsonType, b)
}

// updateMany changes up to a hundred events of a dataset alike. Those that
// aren't there are listed, the rest is changed.
func (c *call) updateMany() error {
	var in struct {
		DatasetID string         `json:"datasetId"`
		EventIDs  []string       `json:"eventIds"`
		Updates   api.EventPatch `json:"updates"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	res, err := c.s.db.UpdateMany(c.ctx(), c.who, c.account, in.DatasetID, in.EventIDs, in.Updates)
	if err != nil {
		return err
	}
	return c.ok(res)
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

// addTags and removeTags answer in the envelope whatever the style, as the
// contract wants it of these four.
func (c *call) addTags() error { return c.changeTags(c.s.db.AddTags) }

func (c *call) removeTags() error { return c.changeTags(c.s.db.RemoveTags) }

func (c *call) changeTags(change listChange) error {
	var in struct {
		Tags []string `json:"tags"`
	}
	if err := c.decode(&in); err != nil {
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
	if err := c.decode(&in); err != nil {
		return err
	}
	return c.changeList(change, in.Events)
}

func (c *call) changeList(change listChange, values []string) error {
	if err := change(c.ctx(), c.who, c.account, c.params[0], values); err != nil {
		return err
	}
	return c.envelope(http.StatusOK, struct {
		Success bool `json:"success"`
	}{true}, nil)
}

// updateRaw changes a raw record (PATCH and POST).
func (c *call) updateRaw() error {
	var in api.RawPatch
	if err := c.decode(&in); err != nil {
		return err
	}
	raw, err := c.s.db.UpdateRaw(c.ctx(), c.who, c.account, c.params[0], c.params[1], in)
	if err != nil {
		return err
	}
	return c.ok(struct {
		ID   string          `json:"id"`
		Data json.RawMessage `json:"data"`
	}{raw.ID, raw.Data})
}
