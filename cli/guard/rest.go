package guard

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"threatbench/api"
)

// The catalogues whose values come from events are empty to a role that sees a
// part of them: a name may occur in hidden events only.

func ofEvents[T any](g *API, ctx context.Context, read func(context.Context) ([]T, error)) ([]T, error) {
	if g.rights.limited() {
		return nil, nil
	}
	return read(ctx)
}

// Categories are the categories of events.
func (g *API) Categories(ctx context.Context) ([]api.Category, error) {
	return ofEvents(g, ctx, g.inner.Categories)
}

// Attackers are the names of attackers.
func (g *API) Attackers(ctx context.Context) ([]string, error) {
	return ofEvents(g, ctx, g.inner.Attackers)
}

// IndicatorTypes are the types of indicators.
func (g *API) IndicatorTypes(ctx context.Context) ([]string, error) {
	return ofEvents(g, ctx, g.inner.IndicatorTypes)
}

// TargetIndustries are the industries.
func (g *API) TargetIndustries(ctx context.Context) ([]string, error) {
	return ofEvents(g, ctx, g.inner.TargetIndustries)
}

// Tags are the tags.
func (g *API) Tags(ctx context.Context) ([]api.Tag, error) {
	return ofEvents(g, ctx, g.inner.Tags)
}

// Countries are the world's.
func (g *API) Countries(ctx context.Context) ([]api.Country, error) { return g.inner.Countries(ctx) }

// History is the journal of changes, of whatever event.
func (g *API) History(ctx context.Context, q api.HistoryQuery) (api.History, error) {
	if err := g.wholeOnly("the history"); err != nil {
		return api.History{}, err
	}
	return g.inner.History(ctx, q)
}

// RevertPreview tells what a revert would change.
func (g *API) RevertPreview(ctx context.Context, dataset string, r api.Revert) (api.RevertPreview, error) {
	if err := g.wholeOnly("reverts"); err != nil {
		return api.RevertPreview{}, err
	}
	return g.inner.RevertPreview(ctx, dataset, r)
}

// SavedQueries are the account's, but for those that name a dataset which
// isn't there for the role. What they find is the role's.
func (g *API) SavedQueries(ctx context.Context) ([]api.SavedQuery, error) {
	all, err := g.inner.SavedQueries(ctx)
	if err != nil || len(g.rights.Datasets) == 0 {
		return all, err
	}
	mine := []api.SavedQuery{}
	for _, q := range all {
		is, err := g.mayKnow(ctx, q)
		if err != nil {
			return nil, err
		}
		if is {
			mine = append(mine, q)
		}
	}
	return mine, nil
}

// SavedQuery is one of them.
func (g *API) SavedQuery(ctx context.Context, id int64) (api.SavedQuery, error) {
	q, err := g.inner.SavedQuery(ctx, id)
	if err != nil || len(g.rights.Datasets) == 0 {
		return q, err
	}
	is, err := g.mayKnow(ctx, q)
	if err == nil && !is {
		err = api.Errorf(http.StatusNotFound, "no saved query %d", id)
	}
	if err != nil {
		return api.SavedQuery{}, err
	}
	return q, nil
}

// mayKnow tells whether a saved query names only datasets that may be seen.
func (g *API) mayKnow(ctx context.Context, q api.SavedQuery) (bool, error) {
	var in api.ListQuery
	if readable := json.Unmarshal([]byte(q.QueryJSON), &in) == nil; !readable {
		return false, nil
	}
	_, err := g.within(ctx, in.Datasets)
	if err != nil && api.StatusOf(err) != http.StatusNotFound && api.StatusOf(err) != http.StatusForbidden {
		return false, err
	}
	return err == nil, nil
}

// own lets through changes of queries and alerts, and what alerts tell: they
// are the whole account's.
func (g *API) own(what string) error {
	if err := g.mayWrite(Triage); err != nil {
		return err
	}
	return g.wholeOnly(what)
}

// CreateSavedQuery saves a query.
func (g *API) CreateSavedQuery(ctx context.Context, in api.NewSavedQuery) (api.SavedQuery, error) {
	if err := g.own("saving queries"); err != nil {
		return api.SavedQuery{}, err
	}
	return g.inner.CreateSavedQuery(ctx, in)
}

// UpdateSavedQuery changes a saved query.
func (g *API) UpdateSavedQuery(ctx context.Context, id int64, p api.SavedQueryPatch) (api.SavedQuery, error) {
	if err := g.own("saving queries"); err != nil {
		return api.SavedQuery{}, err
	}
	return g.inner.UpdateSavedQuery(ctx, id, p)
}

// UpdateSavedQueryIf changes a saved query of which holds says nothing.
func (g *API) UpdateSavedQueryIf(ctx context.Context, id int64, p api.SavedQueryPatch, holds func(api.SavedQuery) error) (bool, error) {
	if err := g.own("saving queries"); err != nil {
		return false, err
	}
	return g.inner.UpdateSavedQueryIf(ctx, id, p, holds)
}

// DeleteSavedQuery deletes a saved query.
func (g *API) DeleteSavedQuery(ctx context.Context, id int64) error {
	if err := g.own("saving queries"); err != nil {
		return err
	}
	return g.inner.DeleteSavedQuery(ctx, id)
}

// Alerts are the account's.
func (g *API) Alerts(ctx context.Context) ([]api.Alert, error) {
	if err := g.wholeOnly("alerts"); err != nil {
		return nil, err
	}
	return g.inner.Alerts(ctx)
}

// Alert is one of them.
func (g *API) Alert(ctx context.Context, id int64) (api.Alert, error) {
	if err := g.wholeOnly("alerts"); err != nil {
		return api.Alert{}, err
	}
	return g.inner.Alert(ctx, id)
}

// CreateAlert makes an alert.
func (g *API) CreateAlert(ctx context.Context, in api.NewAlert) (api.Alert, error) {
	if err := g.own("alerts"); err != nil {
		return api.Alert{}, err
	}
	return g.inner.CreateAlert(ctx, in)
}

// UpdateAlert changes an alert.
func (g *API) UpdateAlert(ctx context.Context, id int64, p api.AlertPatch) (api.Alert, error) {
	if err := g.own("alerts"); err != nil {
		return api.Alert{}, err
	}
	return g.inner.UpdateAlert(ctx, id, p)
}

// UpdateAlertIf changes an alert of which holds says nothing.
func (g *API) UpdateAlertIf(ctx context.Context, id int64, p api.AlertPatch, holds func(api.Alert) error) (bool, error) {
	if err := g.own("alerts"); err != nil {
		return false, err
	}
	return g.inner.UpdateAlertIf(ctx, id, p, holds)
}

// DeleteAlert deletes an alert.
func (g *API) DeleteAlert(ctx context.Context, id int64) error {
	if err := g.own("alerts"); err != nil {
		return err
	}
	return g.inner.DeleteAlert(ctx, id)
}

// TestAlert tells what an alert would have found, hidden events counted.
func (g *API) TestAlert(ctx context.Context, query int64, days int) (api.AlertTest, error) {
	if err := g.wholeOnly("testing alerts"); err != nil {
		return api.AlertTest{}, err
	}
	return g.inner.TestAlert(ctx, query, days)
}

// Inbox is what alerts have found, hidden events counted.
func (g *API) Inbox(ctx context.Context, q api.InboxQuery) (api.Inbox, error) {
	if err := g.wholeOnly("the inbox"); err != nil {
		return api.Inbox{}, err
	}
	return g.inner.Inbox(ctx, q)
}

// MarkRead marks notifications.
func (g *API) MarkRead(ctx context.Context, ids []int64, read bool) error {
	if err := g.own("the inbox"); err != nil {
		return err
	}
	return g.inner.MarkRead(ctx, ids, read)
}

// Create makes an event, within the rights.
func (g *API) Create(ctx context.Context, in api.CreateEvent) (api.Event, error) {
	if err := g.mayWrite(Triage); err != nil {
		return api.Event{}, err
	}
	if !g.rights.limited() {
		return g.inner.Create(ctx, in)
	}
	if !g.marked(in.TLP) || in.Raw.TLP != "" && !g.marked(in.Raw.TLP) {
		return api.Event{}, refused("tlp: above what this role may see")
	}
	if len(in.References) > 0 {
		return api.Event{}, g.wholeOnly("references")
	}
	if len(g.rights.Datasets) > 0 {
		if in.DatasetID == "" || api.IsScope(in.DatasetID) {
			return api.Event{}, refused("datasetId: name one of this role's datasets")
		}
		if _, err := g.within(ctx, []string{in.DatasetID}); err != nil {
			return api.Event{}, err
		}
	}
	e, err := g.inner.Create(ctx, in)
	return bare(e), err
}

// Update changes an event that may be seen.
func (g *API) Update(ctx context.Context, dataset, id string, p api.EventPatch) (api.Event, error) {
	if err := g.mayWrite(Triage); err != nil {
		return api.Event{}, err
	}
	if !g.rights.limited() {
		return g.inner.Update(ctx, dataset, id, p)
	}
	in, err := g.look(ctx, dataset, id)
	if err != nil {
		return api.Event{}, err
	}
	e, err := g.inner.Update(ctx, in, id, p)
	return bare(e), err
}

// UpdateIf changes an event that may be seen; holds is asked about what may be
// seen of it.
func (g *API) UpdateIf(ctx context.Context, dataset, id string, p api.EventPatch, holds func(now api.Event) error) (bool, error) {
	if err := g.mayWrite(Triage); err != nil {
		return false, err
	}
	if !g.rights.limited() {
		return g.inner.UpdateIf(ctx, dataset, id, p, holds)
	}
	mine, err := g.mine(ctx)
	if err != nil {
		return false, err
	}
	in, err := g.look(ctx, dataset, id)
	if err != nil {
		return false, err
	}
	return g.inner.UpdateIf(ctx, in, id, p, func(now api.Event) error {
		if now.UUID == "" || !g.inside(&now, mine) {
			return noEvent(id)
		}
		return holds(bare(now))
	})
}

// look is visible without belief: a change is made to what may be seen now.
func (g *API) look(ctx context.Context, dataset, id string) (string, error) {
	e, err := g.Event(ctx, dataset, id)
	return e.DatasetID, err
}

// UpdateMany changes those of the events that may be seen; the others failed.
func (g *API) UpdateMany(ctx context.Context, dataset string, ids []string, p api.EventPatch) (api.UpdateResult, error) {
	res, _, err := g.UpdateManyIf(ctx, dataset, ids, p, nil)
	return res, err
}

// UpdateManyIf is UpdateMany of those that are as the caller knows them.
func (g *API) UpdateManyIf(ctx context.Context, dataset string, ids []string, p api.EventPatch, known map[string]api.EventPatch) (res api.UpdateResult, checked bool, err error) {
	if err := g.mayWrite(Triage); err != nil {
		return res, false, err
	}
	if !g.rights.limited() {
		return g.inner.UpdateManyIf(ctx, dataset, ids, p, known)
	}
	if len(ids) > api.MaxBulkUpdate {
		return res, false, api.Errorf(http.StatusBadRequest, "eventIds: want 1..%d, got %d", api.MaxBulkUpdate, len(ids))
	}
	page, err := g.List(ctx, api.ListQuery{
		Datasets: []string{dataset}, PageSize: max(len(ids), 1),
		Search: []api.Condition{{Field: api.FieldUUID, Op: api.OpIn, Values: ids}},
	})
	if err != nil {
		return res, false, err
	}
	var seen []string
	var hidden []api.UpdateFailure
	for _, id := range ids {
		if slices.ContainsFunc(page.Events, func(e api.Event) bool { return api.Fold(e.UUID) == api.Fold(id) }) {
			seen = append(seen, id)
			continue
		}
		hidden = append(hidden, api.UpdateFailure{EventID: id, Error: noEvent(id).Error()})
	}
	if len(seen) > 0 {
		mine := map[string]api.EventPatch{}
		for id, k := range known {
			if slices.Contains(seen, id) {
				mine[id] = k
			}
		}
		if res, checked, err = g.inner.UpdateManyIf(ctx, dataset, seen, p, mine); err != nil {
			return res, checked, err
		}
		g.bareFailures(ctx, &res)
	}
	res.FailedCount += len(hidden)
	res.Failures = append(res.Failures, hidden...)
	return res, checked, nil
}

// bareFailures leaves of the events among failures what may be seen.
func (g *API) bareFailures(ctx context.Context, res *api.UpdateResult) {
	mine, err := g.mine(ctx)
	for i := range res.Failures {
		f := &res.Failures[i]
		switch {
		case f.Now == nil:
		case err != nil || !g.inside(f.Now, mine):
			f.Now, f.Error = nil, noEvent(f.EventID).Error()
		default:
			now := bare(*f.Now)
			f.Now = &now
		}
	}
}

// AddTags tags an event that may be seen.
func (g *API) AddTags(ctx context.Context, id string, tags []string) error {
	return g.tag(ctx, id, func() error { return g.inner.AddTags(ctx, id, tags) })
}

// RemoveTags takes tags off an event that may be seen.
func (g *API) RemoveTags(ctx context.Context, id string, tags []string) error {
	return g.tag(ctx, id, func() error { return g.inner.RemoveTags(ctx, id, tags) })
}

func (g *API) tag(ctx context.Context, id string, do func() error) error {
	if err := g.mayWrite(Triage); err != nil {
		return err
	}
	if g.rights.limited() {
		if _, err := g.look(ctx, "", id); err != nil {
			return err
		}
	}
	return do()
}

// across lets through changes that reach from event to event, or a record that
// hangs on one.
func (g *API) across(what string, least Kind) error {
	if err := g.mayWrite(least); err != nil {
		return err
	}
	return g.wholeOnly(what)
}

// AddReferences makes an event refer to others.
func (g *API) AddReferences(ctx context.Context, id string, others []string) error {
	if err := g.across("references", Triage); err != nil {
		return err
	}
	return g.inner.AddReferences(ctx, id, others)
}

// RemoveReferences ends references.
func (g *API) RemoveReferences(ctx context.Context, id string, others []string) error {
	if err := g.across("references", Triage); err != nil {
		return err
	}
	return g.inner.RemoveReferences(ctx, id, others)
}

// Relate hangs events under another.
func (g *API) Relate(ctx context.Context, in api.RelateEvents) (api.RelateResult, error) {
	if err := g.across("relations", Triage); err != nil {
		return api.RelateResult{}, err
	}
	return g.inner.Relate(ctx, in)
}

// Unrelate takes events from under another.
func (g *API) Unrelate(ctx context.Context, in api.RelateEvents) (api.UnrelateResult, error) {
	if err := g.across("relations", Triage); err != nil {
		return api.UnrelateResult{}, err
	}
	return g.inner.Unrelate(ctx, in)
}

// UpdateRaw changes a raw record.
func (g *API) UpdateRaw(ctx context.Context, event, raw string, p api.RawPatch) (api.Raw, error) {
	if err := g.across("changing raw records", Triage); err != nil {
		return api.Raw{}, err
	}
	return g.inner.UpdateRaw(ctx, event, raw, p)
}

// UpdateRawIf changes a raw record of which holds says nothing.
func (g *API) UpdateRawIf(ctx context.Context, event, raw string, p api.RawPatch, holds func(api.Raw) error) (bool, error) {
	if err := g.across("changing raw records", Triage); err != nil {
		return false, err
	}
	return g.inner.UpdateRawIf(ctx, event, raw, p, holds)
}

// Delete deletes events.
func (g *API) Delete(ctx context.Context, dataset string, ids []string) (int, error) {
	if err := g.across("deleting", Admin); err != nil {
		return 0, err
	}
	return g.inner.Delete(ctx, dataset, ids)
}

// Move puts events into another dataset.
func (g *API) Move(ctx context.Context, from, to string, ids []string, keepRaw bool) (api.MoveResult, error) {
	if err := g.across("moving", Admin); err != nil {
		return api.MoveResult{}, err
	}
	return g.inner.Move(ctx, from, to, ids, keepRaw)
}

// Copy puts copies of events into another dataset.
func (g *API) Copy(ctx context.Context, from, to string, ids []string, keepRaw bool) (api.CopyResult, error) {
	if err := g.across("copying", Admin); err != nil {
		return api.CopyResult{}, err
	}
	return g.inner.Copy(ctx, from, to, ids, keepRaw)
}

// Revert puts a dataset back.
func (g *API) Revert(ctx context.Context, dataset string, r api.Revert) (api.RevertResult, error) {
	if err := g.across("reverts", Admin); err != nil {
		return api.RevertResult{}, err
	}
	return g.inner.Revert(ctx, dataset, r)
}

// CreateDataset makes a dataset.
func (g *API) CreateDataset(ctx context.Context, name string, public bool) (api.Dataset, error) {
	if err := g.across("datasets", Admin); err != nil {
		return api.Dataset{}, err
	}
	return g.inner.CreateDataset(ctx, name, public)
}

// UpdateDataset changes a dataset.
func (g *API) UpdateDataset(ctx context.Context, id string, p api.DatasetPatch) (api.Dataset, error) {
	if err := g.across("datasets", Admin); err != nil {
		return api.Dataset{}, err
	}
	return g.inner.UpdateDataset(ctx, id, p)
}
