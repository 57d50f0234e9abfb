package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"threatbench/api"
)

// Update changes fields of one event (PATCH /events/{event_id}). Without a
// dataset the event is looked for in the whole account.
func (c *Client) Update(ctx context.Context, dataset, id string, p api.EventPatch) (api.Event, error) {
	var e api.Event
	if err := c.settle(ctx, updateRequest(dataset, id, p), &e); err != nil {
		return api.Event{}, fmt.Errorf("changing event %s: %w", id, err)
	}
	cleanEvent(&e)
	return e, nil
}

// UpdateIf is Update of an event of which holds says nothing: it is asked about
// the event as it is, and its error is answered, with nothing sent. With a
// server that gives ETags nothing comes in between, and checked is true; else
// the event is read right before it is changed, and a change by somebody else
// in the one call between goes unseen.
func (c *Client) UpdateIf(ctx context.Context, dataset, id string, p api.EventPatch, holds func(now api.Event) error) (checked bool, err error) {
	var e api.Event
	read := request{method: http.MethodGet, path: readPath(dataset, id)}
	if checked, err = changeIf(ctx, c, read, updateRequest(dataset, id, p), &e, cleanEvent, holds); err != nil {
		return checked, fmt.Errorf("changing event %s: %w", id, err)
	}
	return checked, nil
}

func updateRequest(dataset, id string, p api.EventPatch) request {
	return request{method: http.MethodPatch, path: eventPath(id), body: struct {
		DatasetID string `json:"datasetId,omitempty"`
		api.EventPatch
	}{dataset, p}}
}

// UpdateManyIf is UpdateMany of events that have the values known of them, by
// their UUIDs, where the server heeds that (checked); the others fail with how
// they are. Where it doesn't they are changed whatever they are.
func (c *Client) UpdateManyIf(ctx context.Context, dataset string, ids []string, p api.EventPatch, known map[string]api.EventPatch) (res api.UpdateResult, checked bool, err error) {
	can, err := c.capabilities(ctx)
	if err != nil {
		return res, false, err
	}
	if checked = can.Can(api.CanUpdateIf) && len(known) > 0; !checked {
		known = nil
	}
	if res, err = c.updateMany(ctx, dataset, ids, p, known); err != nil {
		return api.UpdateResult{}, checked, fmt.Errorf("changing %d events: %w", len(ids), err)
	}
	cleanUpdate(&res)
	return res, checked, nil
}

// UpdateMany sets the same fields on 1..100 events of one dataset (PATCH
// /events/update/bulk); the date is not among them. What was refused is in
// the result's Failures.
func (c *Client) UpdateMany(ctx context.Context, dataset string, ids []string, p api.EventPatch) (api.UpdateResult, error) {
	res, err := c.updateMany(ctx, dataset, ids, p, nil)
	if err != nil {
		return api.UpdateResult{}, fmt.Errorf("changing %d events: %w", len(ids), err)
	}
	cleanUpdate(&res)
	return res, nil
}

func (c *Client) updateMany(ctx context.Context, dataset string, ids []string, p api.EventPatch, known map[string]api.EventPatch) (api.UpdateResult, error) {
	if err := checkIDs("eventIds", ids); err != nil {
		return api.UpdateResult{}, err
	}
	if p.Date != nil {
		return api.UpdateResult{}, api.Errorf(http.StatusBadRequest, "updates.date: want none, a date is changed one event at a time, got %q", *p.Date)
	}
	body := struct {
		DatasetID string         `json:"datasetId"`
		EventIDs  []string       `json:"eventIds"`
		Updates   api.EventPatch `json:"updates"`

		IfUnchanged map[string]api.EventPatch `json:"ifUnchanged,omitempty"`
	}{dataset, ids, p, known}
	var res api.UpdateResult
	err := c.settle(ctx, request{method: http.MethodPatch, path: "/events/update/bulk", body: body}, &res)
	return res, err
}

// checkIDs keeps a call within what one request may name.
func checkIDs(key string, ids []string) error {
	if n := len(ids); n < 1 || n > api.MaxBulkUpdate {
		return api.Errorf(http.StatusBadRequest, "%s: want 1..%d, got %d", key, api.MaxBulkUpdate, n)
	}
	return nil
}

// Delete takes 1..100 events out of a dataset (DELETE
// /events/datasets/{dataset_id}/events, or the path it replaces) and returns
// how many went. It is sent once: a second time would count none.
func (c *Client) Delete(ctx context.Context, dataset string, ids []string) (int, error) {
	if err := checkIDs("eventIds", ids); err != nil {
		return 0, fmt.Errorf("deleting %d events: %w", len(ids), err)
	}
	var res api.DeleteResult
	ds, v := url.PathEscape(dataset), url.Values{"eventIds": ids}
	del := func(path string) func() error {
		return func() error {
			return c.write(ctx, request{method: http.MethodDelete, path: path, query: v}, &res)
		}
	}
	if err := c.deletePath.try(del("/events/datasets/"+ds+"/events"), del("/events/"+ds+"/delete")); err != nil {
		return 0, fmt.Errorf("deleting %d events: %w", len(ids), err)
	}
	return res.Deleted, nil
}

// Move puts events into another dataset, where they keep their UUIDs (POST
// /events/dataset/{dataset_id}/move). Without keepRaw their raw records stay
// behind and are lost. It is sent once, like Create. Of the older answer,
// which is a bare number, only Moved is known.
func (c *Client) Move(ctx context.Context, from, to string, ids []string, keepRaw bool) (api.MoveResult, error) {
	var res api.MoveResult
	if err := c.transfer(ctx, "move", from, to, ids, keepRaw, &res); err != nil {
		return api.MoveResult{}, fmt.Errorf("moving %d events: %w", len(ids), err)
	}
	cleanMove(&res)
	return res, nil
}

// Copy puts copies of events, with UUIDs of their own, into another dataset
// (POST /events/dataset/{dataset_id}/copy). It is sent once, like Create.
func (c *Client) Copy(ctx context.Context, from, to string, ids []string, keepRaw bool) (api.CopyResult, error) {
	var res api.CopyResult
	if err := c.transfer(ctx, "copy", from, to, ids, keepRaw, &res); err != nil {
		return api.CopyResult{}, fmt.Errorf("copying %d events: %w", len(ids), err)
	}
	cleanCopy(&res)
	return res, nil
}

func (c *Client) transfer(ctx context.Context, how, from, to string, ids []string, keepRaw bool, into any) error {
	body := struct {
		Dest     string   `json:"destDatasetId"`
		EventIDs []string `json:"eventIds"`
	}{to, ids}
	return c.write(ctx, request{
		method: http.MethodPost, path: datasetPath(from) + "/" + how,
		query: url.Values{"keepRawData": {strconv.FormatBool(keepRaw)}}, body: body,
	}, into)
}

// AddTags puts tags on an event (POST /events/event_tag/{event_id}/create).
func (c *Client) AddTags(ctx context.Context, id string, tags []string) error {
	r := request{method: http.MethodPost, path: "/events/event_tag/" + url.PathEscape(id) + "/create", body: tagList{tags}}
	if err := c.settled(ctx, r); err != nil {
		return fmt.Errorf("tagging event %s: %w", id, err)
	}
	return nil
}

// RemoveTags takes tags off an event (DELETE /events/event_tag/{event_id}).
func (c *Client) RemoveTags(ctx context.Context, id string, tags []string) error {
	r := request{method: http.MethodDelete, path: "/events/event_tag/" + url.PathEscape(id), body: tagList{tags}}
	if err := c.settled(ctx, r); err != nil {
		return fmt.Errorf("untagging event %s: %w", id, err)
	}
	return nil
}

type tagList struct {
	Tags []string `json:"tags"`
}

// AddReferences makes an event refer to others, named by their UUIDs (POST
// /events/relate/{event_id}/create).
func (c *Client) AddReferences(ctx context.Context, id string, others []string) error {
	r := request{method: http.MethodPost, path: "/events/relate/" + url.PathEscape(id) + "/create", body: eventList{others}}
	if err := c.settled(ctx, r); err != nil {
		return fmt.Errorf("adding references to event %s: %w", id, err)
	}
	return nil
}

// RemoveReferences ends an event's referring to others (DELETE
// /events/relate/{event_id}).
func (c *Client) RemoveReferences(ctx context.Context, id string, others []string) error {
	r := request{method: http.MethodDelete, path: "/events/relate/" + url.PathEscape(id), body: eventList{others}}
	if err := c.settled(ctx, r); err != nil {
		return fmt.Errorf("removing references of event %s: %w", id, err)
	}
	return nil
}

type eventList struct {
	Events []string `json:"events"`
}

// RawByID reads a raw record by its own id (GET /events/{event_id}/raw/{raw_id}).
// Its Data is not neutralised: whoever draws it must.
func (c *Client) RawByID(ctx context.Context, event, raw string) (api.Raw, error) {
	var r api.Raw
	if _, err := c.read(ctx, request{method: http.MethodGet, path: rawPath(event, raw)}, &r); err != nil {
		return api.Raw{}, fmt.Errorf("reading raw record %s: %w", raw, err)
	}
	cleanRaw(&r)
	return r, nil
}

// UpdateRaw changes a raw record (PATCH /events/{event_id}/raw/{raw_id}). Of
// what comes back only ID and Data are certain to be set; Data is not
// neutralised.
func (c *Client) UpdateRaw(ctx context.Context, event, raw string, p api.RawPatch) (api.Raw, error) {
	var r api.Raw
	if err := c.settle(ctx, request{method: http.MethodPatch, path: rawPath(event, raw), body: p}, &r); err != nil {
		return api.Raw{}, fmt.Errorf("changing raw record %s: %w", raw, err)
	}
	cleanRaw(&r)
	return r, nil
}

// UpdateRawIf is UpdateRaw of a record of which holds says nothing, as UpdateIf.
func (c *Client) UpdateRawIf(ctx context.Context, event, raw string, p api.RawPatch, holds func(now api.Raw) error) (checked bool, err error) {
	var r api.Raw
	read := request{method: http.MethodGet, path: rawPath(event, raw)}
	write := request{method: http.MethodPatch, path: rawPath(event, raw), body: p}
	if checked, err = changeIf(ctx, c, read, write, &r, cleanRaw, holds); err != nil {
		return checked, fmt.Errorf("changing raw record %s: %w", raw, err)
	}
	return checked, nil
}

func eventPath(id string) string { return "/events/" + url.PathEscape(id) }

func rawPath(event, raw string) string { return eventPath(event) + "/raw/" + url.PathEscape(raw) }
