package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"threatbench/api"
)

const (
	queriesPath = "/events/queries"
	alertsPath  = "/events/queries/alerts"
	inboxPath   = "/events/queries/alerts/inbox"
)

// SavedQueries lists the saved queries (GET /events/queries). A server
// without them is api.ErrUnsupported.
func (c *Client) SavedQueries(ctx context.Context) ([]api.SavedQuery, error) {
	var list []api.SavedQuery
	err := c.queries.use("saved queries", func() error { return c.catalog(ctx, queriesPath, &list) }, surely)
	if err != nil {
		return nil, fmt.Errorf("reading the saved queries: %w", err)
	}
	for i := range list {
		cleanSavedQuery(&list[i])
	}
	return list, nil
}

// SavedQuery reads one saved query (GET /events/queries/{query_id}).
func (c *Client) SavedQuery(ctx context.Context, id int64) (api.SavedQuery, error) {
	var q api.SavedQuery
	err := c.queries.use("saved queries", func() error { return c.catalog(ctx, numbered(queriesPath, id), &q) }, c.noList(ctx, queriesPath))
	if err != nil {
		return api.SavedQuery{}, fmt.Errorf("reading saved query %d: %w", id, err)
	}
	cleanSavedQuery(&q)
	return q, nil
}

// CreateSavedQuery saves a query (POST /events/queries/create). It is sent
// once, like Create. A name that is taken is a 409 *api.Error.
func (c *Client) CreateSavedQuery(ctx context.Context, in api.NewSavedQuery) (api.SavedQuery, error) {
	var q api.SavedQuery
	err := c.queries.use("saved queries", func() error {
		return c.write(ctx, request{method: http.MethodPost, path: queriesPath + "/create", body: in}, &q)
	}, c.noList(ctx, queriesPath))
	if err != nil {
		return api.SavedQuery{}, fmt.Errorf("saving query %q: %w", in.Name, err)
	}
	cleanSavedQuery(&q)
	return q, nil
}

// UpdateSavedQuery changes a saved query (PATCH /events/queries/{query_id}).
func (c *Client) UpdateSavedQuery(ctx context.Context, id int64, p api.SavedQueryPatch) (api.SavedQuery, error) {
	var q api.SavedQuery
	err := c.queries.use("saved queries", func() error {
		return c.settle(ctx, request{method: http.MethodPatch, path: numbered(queriesPath, id), body: p}, &q)
	}, c.noList(ctx, queriesPath))
	if err != nil {
		return api.SavedQuery{}, fmt.Errorf("changing saved query %d: %w", id, err)
	}
	cleanSavedQuery(&q)
	return q, nil
}

// UpdateSavedQueryIf is UpdateSavedQuery of one of which holds says nothing, as
// UpdateIf.
func (c *Client) UpdateSavedQueryIf(ctx context.Context, id int64, p api.SavedQueryPatch, holds func(now api.SavedQuery) error) (checked bool, err error) {
	err = c.queries.use("saved queries", func() (err error) {
		var into api.SavedQuery
		path := numbered(queriesPath, id)
		checked, err = changeIf(ctx, c, request{method: http.MethodGet, path: path}, request{method: http.MethodPatch, path: path, body: p}, &into, cleanSavedQuery, holds)
		return err
	}, c.noList(ctx, queriesPath))
	if err != nil {
		return checked, fmt.Errorf("changing saved query %d: %w", id, err)
	}
	return checked, nil
}

// DeleteSavedQuery deletes a saved query (DELETE /events/queries/{query_id}).
func (c *Client) DeleteSavedQuery(ctx context.Context, id int64) error {
	err := c.queries.use("saved queries", func() error { return c.remove(ctx, numbered(queriesPath, id)) }, c.noList(ctx, queriesPath))
	if err != nil {
		return fmt.Errorf("deleting saved query %d: %w", id, err)
	}
	return nil
}

// TestAlert tells what an alert on a saved query would have told of the last
// days (ours: GET /events/queries/{query_id}/test); days 0 means as many as the
// server likes. A server without it is api.ErrUnsupported.
func (c *Client) TestAlert(ctx context.Context, query int64, days int) (api.AlertTest, error) {
	v := url.Values{}
	setInt(v, "days", days)
	var res api.AlertTest
	err := c.rehearsal.use("testing an alert", func() error {
		_, err := c.read(ctx, request{method: http.MethodGet, path: numbered(queriesPath, query) + "/test", query: v}, &res)
		return err
	}, func(error) bool {
		_, err := c.SavedQuery(ctx, query)
		return err == nil
	})
	if err != nil {
		return api.AlertTest{}, fmt.Errorf("testing an alert on query %d: %w", query, err)
	}
	cleanLines(res.EventIDs)
	return res, nil
}

// Alerts lists the alerts (GET /events/queries/alerts). A server without
// them is api.ErrUnsupported.
func (c *Client) Alerts(ctx context.Context) ([]api.Alert, error) {
	var list []api.Alert
	err := c.alerts.use("alerts", func() error { return c.catalog(ctx, alertsPath, &list) }, surely)
	if err != nil {
		return nil, fmt.Errorf("reading the alerts: %w", err)
	}
	for i := range list {
		cleanAlert(&list[i])
	}
	return list, nil
}

// Alert reads one alert (GET /events/queries/alerts/{alert_id}).
func (c *Client) Alert(ctx context.Context, id int64) (api.Alert, error) {
	var a api.Alert
	err := c.alerts.use("alerts", func() error { return c.catalog(ctx, numbered(alertsPath, id), &a) }, c.noList(ctx, alertsPath))
	if err != nil {
		return api.Alert{}, fmt.Errorf("reading alert %d: %w", id, err)
	}
	cleanAlert(&a)
	return a, nil
}

// CreateAlert makes an alert for a saved query (POST
// /events/queries/alerts/create). It is sent once, like Create.
func (c *Client) CreateAlert(ctx context.Context, in api.NewAlert) (api.Alert, error) {
	var a api.Alert
	err := c.alerts.use("alerts", func() error {
		return c.write(ctx, request{method: http.MethodPost, path: alertsPath + "/create", body: in}, &a)
	}, c.noList(ctx, alertsPath))
	if err != nil {
		return api.Alert{}, fmt.Errorf("creating an alert for query %d: %w", in.QueryID, err)
	}
	cleanAlert(&a)
	return a, nil
}

// UpdateAlert changes an alert (PATCH /events/queries/alerts/{alert_id}).
func (c *Client) UpdateAlert(ctx context.Context, id int64, p api.AlertPatch) (api.Alert, error) {
	var a api.Alert
	err := c.alerts.use("alerts", func() error {
		return c.settle(ctx, request{method: http.MethodPatch, path: numbered(alertsPath, id), body: p}, &a)
	}, c.noList(ctx, alertsPath))
	if err != nil {
		return api.Alert{}, fmt.Errorf("changing alert %d: %w", id, err)
	}
	cleanAlert(&a)
	return a, nil
}

// UpdateAlertIf is UpdateAlert of one of which holds says nothing, as
// UpdateIf.
func (c *Client) UpdateAlertIf(ctx context.Context, id int64, p api.AlertPatch, holds func(now api.Alert) error) (checked bool, err error) {
	err = c.alerts.use("alerts", func() (err error) {
		var into api.Alert
		path := numbered(alertsPath, id)
		checked, err = changeIf(ctx, c, request{method: http.MethodGet, path: path}, request{method: http.MethodPatch, path: path, body: p}, &into, cleanAlert, holds)
		return err
	}, c.noList(ctx, alertsPath))
	if err != nil {
		return checked, fmt.Errorf("changing alert %d: %w", id, err)
	}
	return checked, nil
}

// DeleteAlert deletes an alert (DELETE /events/queries/alerts/{alert_id}).
func (c *Client) DeleteAlert(ctx context.Context, id int64) error {
	err := c.alerts.use("alerts", func() error { return c.remove(ctx, numbered(alertsPath, id)) }, c.noList(ctx, alertsPath))
	if err != nil {
		return fmt.Errorf("deleting alert %d: %w", id, err)
	}
	return nil
}

// Inbox lists what alerts fired, the newest first (ours: GET
// /events/queries/alerts/inbox); Info.Unread counts all that is unread. A server
// without it is api.ErrUnsupported.
func (c *Client) Inbox(ctx context.Context, q api.InboxQuery) (api.Inbox, error) {
	v := url.Values{}
	setInt(v, "page", q.Page)
	setInt(v, "pageSize", q.PageSize)
	if q.UnreadOnly {
		v.Set("unread", "true")
	}
	var list []api.Notification
	var info *api.ResultInfo
	err := c.inbox.use("inbox", func() (err error) {
		info, err = c.read(ctx, request{method: http.MethodGet, path: inboxPath, query: v}, &list)
		return err
	}, surely)
	if err != nil {
		return api.Inbox{}, fmt.Errorf("reading the inbox: %w", err)
	}
	in := api.Inbox{Notifications: list, Info: pageInfo(info, api.ListQuery{Page: q.Page, PageSize: q.PageSize}, len(list))}
	cleanInbox(&in)
	return in, nil
}

// MarkRead marks notifications of the inbox as read, or as unread again; no
// ids mean all of them (ours: POST /events/queries/alerts/inbox/read).
func (c *Client) MarkRead(ctx context.Context, ids []int64, read bool) error {
	body := struct {
		IDs  []int64 `json:"ids"`
		Read bool    `json:"read"`
	}{ids, read}
	err := c.inbox.use("inbox", func() error {
		return c.settled(ctx, request{method: http.MethodPost, path: inboxPath + "/read", body: body})
	}, c.noList(ctx, inboxPath))
	if err != nil {
		return fmt.Errorf("marking %d notifications: %w", len(ids), err)
	}
	return nil
}

func numbered(path string, id int64) string { return path + "/" + strconv.FormatInt(id, 10) }

// noList tells whether the list at a path is missing, and with it the feature.
func (c *Client) noList(ctx context.Context, path string) func(error) bool {
	return func(error) bool {
		_, err := c.read(ctx, request{method: http.MethodGet, path: path}, &anything{})
		return isStatus(err, absent...)
	}
}

// anything is an answer whose content doesn't matter.
type anything struct{}

func (*anything) UnmarshalJSON([]byte) error { return nil }

// remove deletes one thing. A repeat that finds it gone has found it done.
func (c *Client) remove(ctx context.Context, path string) error {
	calls := 0
	r := request{method: http.MethodDelete, path: path}
	return c.repeat(ctx, func() error {
		calls++
		a, err := c.attempt(ctx, r, nil, c.conf.Timeout)
		if calls > 1 && isStatus(err, http.StatusNotFound) {
			return nil
		}
		if err != nil {
			return unsure(c.explain(err, needWrite))
		}
		if len(a.body) == 0 {
			return nil
		}
		_, err = c.decode(a, &anything{})
		return unsure(err)
	})
}
