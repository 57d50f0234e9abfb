package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"threatbench/api"
)

// List reads a page of events (GET /events, or POST /events). A query that
// breaks a limit is refused without a call; one too long for a URL goes as a
// POST. What the server doesn't understand is said in the contract's terms; Page.NotSearched
// names what it could not look at. Info.TotalCount is -1 where the server did
// not say how many there are. Where there may be more and the server gave no
// cursor, Info.Cursor is one of the client's own, which goes on by page
// numbers; Info.Cut is set where the server gives no more although it may have
// more.
func (c *Client) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	p, err := c.list(ctx, q)
	if err != nil {
		return api.Page{}, fmt.Errorf("listing events: %w", err)
	}
	cleanPage(&p)
	return p, nil
}

func (c *Client) list(ctx context.Context, q api.ListQuery) (api.Page, error) {
	if isWalk(q.Cursor) {
		return c.walkOn(ctx, q.Cursor)
	}
	q, missed, err := c.compile(ctx, q)
	if err != nil {
		return api.Page{}, err
	}
	if err := q.Validate(); err != nil {
		return api.Page{}, err
	}
	p, err := c.listPage(ctx, q)
	if err != nil {
		return api.Page{}, err
	}
	p.NotSearched = missed
	if q.Cursor == "" {
		walk{Query: q}.follow(&p)
	} else if p.Info.Cursor == q.Cursor {
		p.Info.Cursor, p.Info.Cut = "", cutRepeats
	}
	return p, nil
}

// listPage asks for one page and nothing more.
func (c *Client) listPage(ctx context.Context, q api.ListQuery) (api.Page, error) {
	r, err := c.listRequest(q)
	if err != nil {
		return api.Page{}, err
	}
	var events []api.Event
	info, err := c.read(ctx, r, &events)
	if err != nil {
		return api.Page{}, err
	}
	if events == nil {
		return api.Page{}, &answerError{text: "the answer holds no list of events"}
	}
	return api.Page{Events: events, Info: pageInfo(info, q, len(events))}, nil
}

// pageInfo fills in what a server left out, and drops a total that what came
// belies.
func pageInfo(info *api.ResultInfo, q api.ListQuery, n int) api.ResultInfo {
	if info == nil {
		return api.ResultInfo{Count: n, Page: max(q.Page, 1), PerPage: pageSize(q), TotalCount: -1}
	}
	out := *info
	if out.TotalCount < n {
		out.TotalCount = -1
	}
	return out
}

func pageSize(q api.ListQuery) int {
	if q.PageSize == 0 {
		return api.DefaultPageSize
	}
	return q.PageSize
}

func (c *Client) listRequest(q api.ListQuery) (request, error) {
	v, err := listValues(q)
	if err != nil {
		return request{}, err
	}
	r := request{method: http.MethodGet, path: "/events", query: v}
	if len(c.root)+len(r.path)+1+len(v.Encode()) <= api.MaxURLLength {
		return r, nil
	}
	return request{method: http.MethodPost, path: "/events", body: q}, nil
}

func listValues(q api.ListQuery) (url.Values, error) {
	v := url.Values{}
	if err := setJSON(v, "search", len(q.Search), q.Search); err != nil {
		return nil, err
	}
	if err := setJSON(v, "searchBranches", len(q.Branches), q.Branches); err != nil {
		return nil, err
	}
	for _, d := range q.Datasets {
		v.Add("datasetId", d)
	}
	setInt(v, "page", q.Page)
	setInt(v, "pageSize", q.PageSize)
	setText(v, "cursor", q.Cursor)
	setText(v, "orderBy", q.OrderBy)
	setText(v, "order", q.Order)
	return v, nil
}

func setJSON(v url.Values, key string, n int, value any) error {
	if n == 0 {
		return nil
	}
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing %s: %w", key, err)
	}
	v.Set(key, string(b))
	return nil
}

func setInt(v url.Values, key string, n int) {
	if n != 0 {
		v.Set(key, strconv.Itoa(n))
	}
}

func setText(v url.Values, key, s string) {
	if s != "" {
		v.Set(key, s)
	}
}

// Event reads one event (GET /events/dataset/{dataset_id}/events/{event_id}).
// Without a dataset the deprecated path is asked, which searches the whole
// account (GET /events/{event_id}).
func (c *Client) Event(ctx context.Context, dataset, id string) (api.Event, error) {
	var e api.Event
	if _, err := c.read(ctx, request{method: http.MethodGet, path: readPath(dataset, id)}, &e); err != nil {
		return api.Event{}, fmt.Errorf("reading event %s: %w", id, err)
	}
	cleanEvent(&e)
	return e, nil
}

func readPath(dataset, id string) string {
	if dataset == "" {
		return eventPath(id)
	}
	return datasetPath(dataset) + eventPath(id)
}

// Raw reads the record an event was made from (GET
// /events/datasets/{dataset_id}/events/{event_id}/raw, or the path it
// replaces). Its Data is not neutralised: whoever draws it must. Without a
// dataset the event is read first, to learn in which one it lies.
func (c *Client) Raw(ctx context.Context, dataset, id string) (api.Raw, error) {
	if dataset == "" {
		e, err := c.Event(ctx, "", id)
		if err != nil {
			return api.Raw{}, err
		}
		dataset = e.DatasetID
	}
	var r api.Raw
	ds, ev := url.PathEscape(dataset), url.PathEscape(id)
	get := func(path string) func() error {
		return func() error {
			_, err := c.read(ctx, request{method: http.MethodGet, path: path}, &r)
			return err
		}
	}
	err := c.rawPath.try(get("/events/datasets/"+ds+"/events/"+ev+"/raw"), get("/events/raw/"+ds+"/"+ev))
	if err != nil {
		return api.Raw{}, fmt.Errorf("reading the raw record of event %s: %w", id, err)
	}
	cleanRaw(&r)
	return r, nil
}

// Create makes one event (POST /events/create). It is sent once: where the
// connection broke after the request may have arrived, the error says so and
// nothing is repeated.
func (c *Client) Create(ctx context.Context, in api.CreateEvent) (api.Event, error) {
	var e api.Event
	if err := c.write(ctx, request{method: http.MethodPost, path: "/events/create", body: in}, &e); err != nil {
		return api.Event{}, fmt.Errorf("creating an event: %w", err)
	}
	cleanEvent(&e)
	return e, nil
}

// CreateBulk makes many events (POST /events/create/bulk); what was refused is
// in the result's Errors. It is sent once, like Create.
func (c *Client) CreateBulk(ctx context.Context, in api.BulkCreate) (api.BulkResult, error) {
	return c.createBulk(ctx, "/events/create/bulk", in)
}

// CreateBulkRelated makes many events with the relationships they name (POST
// /events/create/bulk/relationships). It is sent once, like Create.
func (c *Client) CreateBulkRelated(ctx context.Context, in api.BulkCreate) (api.BulkResult, error) {
	return c.createBulk(ctx, "/events/create/bulk/relationships", in)
}

func (c *Client) createBulk(ctx context.Context, path string, in api.BulkCreate) (api.BulkResult, error) {
	var res api.BulkResult
	if err := c.write(ctx, request{method: http.MethodPost, path: path, body: in}, &res); err != nil {
		return api.BulkResult{}, fmt.Errorf("creating %d events: %w", len(in.Data), err)
	}
	cleanBulk(&res)
	return res, nil
}
