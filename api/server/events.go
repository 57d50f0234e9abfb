package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/uuid"

	"threatbench/api"
	"threatbench/api/stix"
)

// listEvents answers GET /events.
func (c *call) listEvents() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	req, err := listFromURL(p)
	if err != nil {
		return err
	}
	return c.answerList(req)
}

// listEventsByBody answers POST /events, for filters too long for a URL.
func (c *call) listEventsByBody() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	body, err := c.body()
	if err != nil {
		return err
	}
	req, err := listFromBody(p, body)
	if err != nil {
		return err
	}
	return c.answerList(req)
}

func (c *call) answerList(req listRequest) error {
	page, err := c.s.db.ListWith(c.ctx(), c.account, req.query, req.with)
	if err != nil {
		return err
	}
	switch req.format {
	case formatSTIX:
		return c.bundle(page)
	case formatTAXII:
		return c.taxiiEnvelope(page)
	}
	return c.answer(http.StatusOK, events(page.Events), page.Info)
}

// bundle answers a page as a STIX bundle; where the next page starts stands
// in the header, since a bundle has no place for it.
func (c *call) bundle(page api.Page) error {
	edges, err := c.edges(page.Events)
	if err != nil {
		return err
	}
	b, err := stix.Bundle(page.Events, edges)
	if err != nil {
		return fmt.Errorf("writing a STIX bundle: %w", err)
	}
	info, err := json.Marshal(page.Info)
	if err != nil {
		return fmt.Errorf("encoding result_info: %w", err)
	}
	c.w.Header().Set("X-Result-Info", string(info))
	return c.send(http.StatusOK, stix.MediaType, b)
}

// taxiiEnvelope answers a page as a TAXII envelope, whose next is the cursor.
func (c *call) taxiiEnvelope(page api.Page) error {
	edges, err := c.edges(page.Events)
	if err != nil {
		return err
	}
	b, err := stix.Envelope(page.Events, edges, page.Info.Cursor)
	if err != nil {
		return fmt.Errorf("writing a TAXII envelope: %w", err)
	}
	return c.send(http.StatusOK, stix.TAXIIType, b)
}

// edges are the relationships in which the events are children.
func (c *call) edges(events []api.Event) ([]stix.Edge, error) {
	ids := make([]string, len(events))
	for i := range events {
		ids[i] = events[i].UUID
	}
	parents, err := c.s.db.Parents(c.ctx(), c.account, ids)
	if err != nil {
		return nil, err
	}
	var edges []stix.Edge
	for _, id := range ids {
		for _, p := range parents[id] {
			edges = append(edges, stix.Edge{Parent: p.ParentID, Child: id, Type: p.RelationshipType})
		}
	}
	return edges, nil
}

// readEvent answers an event of one dataset.
func (c *call) readEvent() error { return c.answerEvent(c.params[0], c.params[1]) }

// readEventAnywhere answers an event of any of the account's datasets.
func (c *call) readEventAnywhere() error { return c.answerEvent("", c.params[0]) }

func (c *call) answerEvent(dataset, id string) error {
	e, version, err := c.s.db.EventVersion(c.ctx(), c.account, dataset, id)
	if err != nil {
		return err
	}
	return c.okVersion(e, version)
}

// createEvent makes one event. Its refusal is a 400; with preserveUuid, one
// that exists already is a 409.
func (c *call) createEvent() error {
	var in struct {
		api.CreateEvent
		PreserveUUID bool `json:"preserveUuid"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	res, err := c.s.db.Create(c.ctx(), c.who, c.account, api.BulkCreate{
		DatasetID: in.DatasetID, Data: []api.CreateEvent{in.CreateEvent},
		IncludeCreatedEvents: true, PreserveUUID: in.PreserveUUID,
	})
	switch {
	case err != nil:
		return err
	case len(res.Errors) > 0:
		return api.Errorf(http.StatusBadRequest, "%s", res.Errors[0].Error)
	case res.SkippedEventsCount > 0:
		return api.Errorf(http.StatusConflict, "uuid: an event %s exists already", in.UUID)
	case len(res.CreatedEvents) == 0:
		return errors.New("the store created no event and says no reason")
	}
	c.arrived(res)
	return c.answerEvent(in.DatasetID, res.CreatedEvents[0].UUID)
}

// createBulk makes many events: 202, with what was refused listed by index.
func (c *call) createBulk() error {
	res, err := c.create()
	if err != nil {
		return err
	}
	res.CreatedIndicatorsCount, res.CreatedRelationshipsCount = 0, 0 // of the other form
	res.RequestID = uuid.NewString()
	return c.answer(http.StatusAccepted, res, nil)
}

// createBulkRelated is the deprecated form that makes relationships too.
func (c *call) createBulkRelated() error {
	res, err := c.create()
	if err != nil {
		return err
	}
	return c.ok(relatedCreated{res.CreatedEventsCount, res.CreatedIndicatorsCount, res.CreatedRelationshipsCount, res.SkippedEventsCount, res.UpdatedEventsCount, res.UnlikeEventsCount, res.KeptEvents, res.ErrorCount, res.Errors, res.CreatedEvents})
}

// create reads the body of a bulk create and carries it out.
func (c *call) create() (api.BulkResult, error) {
	body, err := c.body()
	if err != nil {
		return api.BulkResult{}, err
	}
	in, unreadable, err := decodeBulk(body)
	if err != nil {
		return api.BulkResult{}, err
	}
	if len(in.Data) == 0 {
		return api.BulkResult{}, bad("data", "at least one event", "none")
	}
	res, err := c.s.db.Create(c.ctx(), c.who, c.account, in)
	c.arrived(res)
	explainItems(&res, unreadable)
	return res, err
}

// explainItems says of events that couldn't be read why.
func explainItems(res *api.BulkResult, unreadable map[int]string) {
	for i, item := range res.Errors {
		if reason, ok := unreadable[item.EventIndex]; ok {
			res.Errors[i].Error = reason
		}
	}
}

// decodeBulk reads a bulk create. An event of the wrong shape (a date that is
// a number, say) doesn't spoil the others: its place is taken by an empty
// event, which the store refuses, and its reason is returned by index.
func decodeBulk(body []byte) (api.BulkCreate, map[int]string, error) {
	var in api.BulkCreate
	err := decodeJSON(body, &in)
	if err == nil || !json.Valid(body) {
		return in, nil, err
	}
	var loose struct {
		DatasetID            string            `json:"datasetId"`
		Data                 []json.RawMessage `json:"data"`
		IncludeCreatedEvents bool              `json:"includeCreatedEvents"`
		PreserveUUID         bool              `json:"preserveUuid"`
		Import               *api.ImportPart   `json:"import"`
	}
	if err := decodeJSON(body, &loose); err != nil {
		return in, nil, err
	}
	in = api.BulkCreate{
		DatasetID: loose.DatasetID, IncludeCreatedEvents: loose.IncludeCreatedEvents,
		PreserveUUID: loose.PreserveUUID, Import: loose.Import, Data: make([]api.CreateEvent, len(loose.Data)),
	}
	reasons := make(map[int]string)
	for i, raw := range loose.Data {
		if err := decodeJSON(raw, &in.Data[i]); err != nil {
			in.Data[i], reasons[i] = api.CreateEvent{}, err.Error()
		}
	}
	return in, reasons, nil
}
