package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"threatbench/api"
)

// ParseQuery reads the query of a saved query: the JSON text of a list query.
// Its error is a 400 *api.Error that says what is wrong with it.
func ParseQuery(queryJSON string) (api.ListQuery, error) {
	q, err := decodeListQuery([]byte(queryJSON))
	if err == nil {
		err = q.Validate()
	}
	if err != nil {
		return q, api.Errorf(http.StatusBadRequest, "query_json: %v", err)
	}
	if q.Cursor != "" {
		return q, bad("query_json", "a filter without a cursor", queryJSON)
	}
	return q, nil
}

// checkQuery refuses a query that asking for would be refused.
func (c *call) checkQuery(ctx context.Context, queryJSON string) error {
	q, err := ParseQuery(queryJSON)
	if err != nil {
		return err
	}
	if err := c.s.db.CheckQuery(ctx, c.account, q); err != nil {
		if status := api.StatusOf(err); status == http.StatusInternalServerError {
			return err
		}
		return api.Errorf(http.StatusBadRequest, "query_json: %v", err)
	}
	return nil
}

// number is the path's one parameter as an id; whatever isn't a number names
// nothing that exists.
func (c *call) number(what string) (int64, error) {
	id, err := strconv.ParseInt(c.params[0], 10, 64)
	if err != nil {
		return 0, api.Errorf(http.StatusNotFound, "no %s %q", what, c.params[0])
	}
	return id, nil
}

func (c *call) listQueries() error {
	list, err := c.s.db.SavedQueries(c.ctx(), c.account)
	if err != nil {
		return err
	}
	mine := list[:0]
	for _, q := range list {
		is, err := c.mayKnow(q)
		if err != nil {
			return err
		}
		if is {
			mine = append(mine, q)
		}
	}
	return c.ok(mine)
}

// mayKnow tells whether a caller may know of a saved query: a limited one not
// of those that name a dataset they don't see, which isn't there for them.
func (c *call) mayKnow(q api.SavedQuery) (bool, error) {
	if !c.grant.limited() {
		return true, nil
	}
	err := c.checkQuery(c.ctx(), q.QueryJSON)
	if err != nil && api.StatusOf(err) == http.StatusInternalServerError {
		return false, err
	}
	return err == nil, nil
}

// knownQuery is a saved query that the caller may know of.
func (c *call) knownQuery(id int64) (api.SavedQuery, error) {
	q, err := c.s.db.SavedQuery(c.ctx(), c.account, id)
	if err != nil {
		return q, err
	}
	is, err := c.mayKnow(q)
	if err == nil && !is {
		err = api.Errorf(http.StatusNotFound, "no saved query %d", id)
	}
	return q, err
}

func (c *call) readQuery() error {
	id, err := c.number("saved query")
	if err != nil {
		return err
	}
	q, err := c.knownQuery(id)
	if err != nil {
		return err
	}
	return c.okSaved(q)
}

// queryInput is a saved query as a client may set it; absent fields are nil.
type queryInput struct {
	Name               *string         `json:"name"`
	QueryJSON          *string         `json:"query_json"`
	AlertEnabled       *bool           `json:"alert_enabled"`
	AlertRollupEnabled *bool           `json:"alert_rollup_enabled"`
	RuleEnabled        *bool           `json:"rule_enabled"`
	RuleScope          *string         `json:"rule_scope"`
	CustomThreatFeedID json.RawMessage `json:"custom_threat_feed_id"`
}

// apply lays what came over q.
func (in queryInput) apply(q *api.SavedQuery) error {
	set(&q.Name, in.Name)
	set(&q.QueryJSON, in.QueryJSON)
	set(&q.AlertEnabled, in.AlertEnabled)
	set(&q.AlertRollupEnabled, in.AlertRollupEnabled)
	set(&q.RuleEnabled, in.RuleEnabled)
	set(&q.RuleScope, in.RuleScope)
	if len(in.CustomThreatFeedID) == 0 {
		return nil
	}
	q.CustomThreatFeedID = nil
	if err := json.Unmarshal(in.CustomThreatFeedID, &q.CustomThreatFeedID); err != nil {
		return bad("custom_threat_feed_id", "a whole number or null", string(in.CustomThreatFeedID))
	}
	return nil
}

// set takes a value that came.
func set[T any](into *T, came *T) {
	if came != nil {
		*into = *came
	}
}

func (c *call) createQuery() error {
	var in queryInput
	if err := c.decode(&in); err != nil {
		return err
	}
	for _, required := range []struct {
		key    string
		absent bool
	}{
		{"name", in.Name == nil}, {"query_json", in.QueryJSON == nil}, {"alert_enabled", in.AlertEnabled == nil},
		{"alert_rollup_enabled", in.AlertRollupEnabled == nil}, {"rule_enabled", in.RuleEnabled == nil},
	} {
		if required.absent {
			return api.Errorf(http.StatusBadRequest, "%s: required", required.key)
		}
	}
	q := api.SavedQuery{UserEmail: c.grant.Email}
	if err := in.apply(&q); err != nil {
		return err
	}
	if err := c.checkQuery(c.ctx(), q.QueryJSON); err != nil {
		return err
	}
	made, err := c.s.db.CreateSavedQuery(c.ctx(), c.account, q)
	if err != nil {
		return err
	}
	return c.ok(made)
}

// updateQuery changes what came and keeps the rest.
func (c *call) updateQuery() error {
	id, err := c.number("saved query")
	if err != nil {
		return err
	}
	var in queryInput
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.QueryJSON != nil {
		if err := c.checkQuery(c.ctx(), *in.QueryJSON); err != nil {
			return err
		}
	}
	holds, err := c.ifTag()
	if err != nil {
		return err
	}
	if _, err := c.knownQuery(id); err != nil {
		return err
	}
	q, err := c.s.db.UpdateSavedQuery(c.ctx(), c.account, id, unlessChanged(c, holds, "saved query "+c.params[0], in.apply))
	if err != nil {
		return c.changedMeanwhile(err)
	}
	return c.okSaved(q)
}

// deleted answers what a delete of one thing answers.
type deleted struct {
	ID int64 `json:"id"`
}

func (c *call) deleteQuery() error {
	id, err := c.number("saved query")
	if err != nil {
		return err
	}
	holds, err := c.ifTag()
	if err != nil {
		return err
	}
	if err := c.s.db.DeleteSavedQuery(c.ctx(), c.account, id, unlessChanged(c, holds, "saved query "+c.params[0], whatever[api.SavedQuery])); err != nil {
		return c.changedMeanwhile(err)
	}
	return c.ok(deleted{id})
}

// The bounds of an alert's test.
const (
	testDays    = 7
	maxTestDays = 90
	testListed  = 100
)

// testQuery answers what an alert on a saved query would have told.
func (c *call) testQuery() error {
	id, err := c.number("saved query")
	if err != nil {
		return err
	}
	p, err := c.query()
	if err != nil {
		return err
	}
	days, err := p.number("days", testDays)
	if err != nil {
		return err
	}
	if days > maxTestDays {
		return bad("days", "1.."+strconv.Itoa(maxTestDays), strconv.Itoa(days))
	}
	saved, err := c.s.db.SavedQuery(c.ctx(), c.account, id)
	if err != nil {
		return err
	}
	q, err := ParseQuery(saved.QueryJSON)
	if err != nil {
		return err
	}
	res, err := c.s.db.TestAlert(c.ctx(), c.account, q, days, testListed)
	if err != nil {
		return err
	}
	res.QueryID = id
	return c.ok(res)
}

func (c *call) listAlerts() error {
	list, err := c.s.db.Alerts(c.ctx(), c.account)
	if err != nil {
		return err
	}
	return c.ok(list)
}

func (c *call) readAlert() error {
	id, err := c.number("alert")
	if err != nil {
		return err
	}
	a, err := c.s.db.Alert(c.ctx(), c.account, id)
	if err != nil {
		return err
	}
	return c.okSaved(a)
}

func (c *call) createAlert() error {
	var in struct {
		QueryID *int64 `json:"query_id"`
		api.AlertPatch
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if in.QueryID == nil {
		return api.Errorf(http.StatusBadRequest, "query_id: required")
	}
	a := api.Alert{QueryID: *in.QueryID, Enabled: true, UserEmail: c.grant.Email}
	if err := applyAlert(in.AlertPatch)(&a); err != nil {
		return err
	}
	made, err := c.s.db.CreateAlert(c.ctx(), c.account, a)
	if err != nil {
		return err
	}
	return c.ok(made)
}

func applyAlert(in api.AlertPatch) func(*api.Alert) error {
	return func(a *api.Alert) error {
		set(&a.Enabled, in.Enabled)
		set(&a.Frequency, in.Frequency)
		set(&a.NotificationType, in.NotificationType)
		return nil
	}
}

// updateAlert changes what came and keeps the rest.
func (c *call) updateAlert() error {
	id, err := c.number("alert")
	if err != nil {
		return err
	}
	var in api.AlertPatch
	if err := c.decode(&in); err != nil {
		return err
	}
	holds, err := c.ifTag()
	if err != nil {
		return err
	}
	a, err := c.s.db.UpdateAlert(c.ctx(), c.account, id, unlessChanged(c, holds, "alert "+c.params[0], applyAlert(in)))
	if err != nil {
		return c.changedMeanwhile(err)
	}
	return c.okSaved(a)
}

func (c *call) deleteAlert() error {
	id, err := c.number("alert")
	if err != nil {
		return err
	}
	holds, err := c.ifTag()
	if err != nil {
		return err
	}
	if err := c.s.db.DeleteAlert(c.ctx(), c.account, id, unlessChanged(c, holds, "alert "+c.params[0], whatever[api.Alert])); err != nil {
		return c.changedMeanwhile(err)
	}
	return c.ok(deleted{id})
}

// inbox answers a page of what alerts told, with the number of unread ones.
func (c *call) inbox() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	var q api.InboxQuery
	if q.UnreadOnly, err = p.boolean("unread", false); err != nil {
		return err
	}
	if q.Page, err = p.number("page", 0); err != nil {
		return err
	}
	if q.PageSize, err = p.number("pageSize", 0); err != nil {
		return err
	}
	in, unread, err := c.s.db.Inbox(c.ctx(), c.account, q)
	if err != nil {
		return err
	}
	type info api.ResultInfo // its own way of being written would leave unread out
	return c.answer(http.StatusOK, in.Notifications, struct {
		info
		Unread int `json:"unread"`
	}{info(in.Info), unread})
}

// maxMarked is how many notifications one request may name.
const maxMarked = 10_000

// markInbox marks notifications as read or unread: those named, or all where
// no list came.
func (c *call) markInbox() error {
	var in struct {
		IDs  []int64 `json:"ids"`
		Read *bool   `json:"read"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	if len(in.IDs) > maxMarked {
		return bad("ids", "at most "+strconv.Itoa(maxMarked), strconv.Itoa(len(in.IDs)))
	}
	n, err := c.s.db.MarkNotifications(c.ctx(), c.account, in.IDs, in.Read == nil || *in.Read)
	if err != nil {
		return err
	}
	return c.ok(marked{n})
}

// arrived tells whoever evaluates alerts that events came in.
func (c *call) arrived(res api.BulkResult) {
	if res.CreatedEventsCount > 0 && c.s.config.Arrived != nil {
		c.s.config.Arrived(c.account)
	}
}
