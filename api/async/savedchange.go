package async

import (
	"context"
	"strconv"

	"threatbench/api"
)

// saver is the client, or nil after noting that it keeps no queries.
func (w *work) saver() Saver {
	s, err := able[Saver](w.api, "saved queries and alerts")
	if err != nil {
		w.stop(err)
		return nil
	}
	return s
}

// exchange reads what is there, writes over it or deletes it, and notes what
// became of that. ok is false where either failed.
func exchange[T any](w *work, on []Target, read func(Saver) (T, error), write func(Saver) error) (was T, ok bool) {
	s := w.saver()
	if s == nil {
		return was, false
	}
	was, err := read(s)
	if err != nil {
		w.became(err, on...)
		return was, false
	}
	if !w.became(write(s), on...) {
		return was, false
	}
	w.trust(1)
	return was, true
}

func numbered(id int64) Target { return Target{ID: strconv.FormatInt(id, 10)} }

// SaveQuery saves a query under a name.
func SaveQuery(in api.NewSavedQuery) Change {
	return changeOf(KindQuery, "save query "+in.Name, querySaved{in: in}, []Target{{}})
}

// ChangeQuery changes a saved query.
func ChangeQuery(q api.SavedQuery, p api.SavedQueryPatch) Change {
	return changeOf(KindQuery, "change query "+q.Name, queryChanged{q.ID, p}, []Target{numbered(q.ID)})
}

// DropQuery deletes a saved query, and its alerts with it. Taking it back
// makes both anew, under other numbers.
func DropQuery(q api.SavedQuery) Change {
	return changeOf(KindQuery, "delete query "+q.Name, queryDropped{q.ID}, []Target{numbered(q.ID)})
}

// AddAlert makes an alert for a saved query; name is the query's.
func AddAlert(name string, in api.NewAlert) Change {
	return changeOf(KindAlert, "create an alert for "+name, alertAdded{in}, []Target{{}})
}

// ChangeAlert changes an alert; name is its query's.
func ChangeAlert(name string, a api.Alert, p api.AlertPatch) Change {
	return changeOf(KindAlert, "change the alert for "+name, alertChanged{a.ID, p}, []Target{numbered(a.ID)})
}

// DropAlert deletes an alert; name is its query's.
func DropAlert(name string, a api.Alert) Change {
	return changeOf(KindAlert, "delete the alert for "+name, alertDropped{a.ID}, []Target{numbered(a.ID)})
}

// querySaved saves a query, and makes the alerts it had before it was deleted.
type querySaved struct {
	in     api.NewSavedQuery
	alerts []api.NewAlert
}

func (querySaved) unrepeatable() {}

func (a querySaved) run(ctx context.Context, w *work, on []Target) {
	s := w.saver()
	if s == nil {
		return
	}
	q, err := s.CreateSavedQuery(ctx, a.in)
	if !w.became(err, on...) {
		return
	}
	w.create(numbered(q.ID))
	w.back("", queryDropped{q.ID}, numbered(q.ID))
	w.trust(1)
	for _, in := range a.alerts {
		in.QueryID = q.ID
		if _, err := s.CreateAlert(ctx, in); err != nil {
			w.set(refused, "the query is back, but an alert of it is not: "+err.Error(), on...)
		}
	}
}

type queryChanged struct {
	id    int64
	patch api.SavedQueryPatch
}

func (a queryChanged) run(ctx context.Context, w *work, on []Target) {
	was, ok := exchange(w, on,
		func(s Saver) (api.SavedQuery, error) { return s.SavedQuery(ctx, a.id) },
		func(s Saver) error { _, err := s.UpdateSavedQuery(ctx, a.id, a.patch); return err })
	if !ok {
		return
	}
	var old api.SavedQueryPatch
	restore(&old.Name, a.patch.Name, was.Name)
	restore(&old.QueryJSON, a.patch.QueryJSON, was.QueryJSON)
	restore(&old.AlertEnabled, a.patch.AlertEnabled, was.AlertEnabled)
	restore(&old.AlertRollupEnabled, a.patch.AlertRollupEnabled, was.AlertRollupEnabled)
	restore(&old.RuleEnabled, a.patch.RuleEnabled, was.RuleEnabled)
	restore(&old.RuleScope, a.patch.RuleScope, was.RuleScope)
	if a.patch.CustomThreatFeedID != nil {
		old.CustomThreatFeedID = was.CustomThreatFeedID
	}
	w.back("", queryChanged{a.id, old}, on[0])
}

// restore sets a field of an inverse patch where the patch set it.
func restore[T any](old **T, set *T, was T) {
	if set != nil {
		*old = &was
	}
}

type queryDropped struct{ id int64 }

func (a queryDropped) run(ctx context.Context, w *work, on []Target) {
	var alerts []api.Alert
	var alertsErr error
	was, ok := exchange(w, on,
		func(s Saver) (api.SavedQuery, error) { return s.SavedQuery(ctx, a.id) },
		func(s Saver) error {
			alerts, alertsErr = s.Alerts(ctx) // they go with the query
			return s.DeleteSavedQuery(ctx, a.id)
		})
	if !ok {
		return
	}
	again := querySaved{in: api.NewSavedQuery{
		Name: was.Name, QueryJSON: was.QueryJSON, AlertEnabled: was.AlertEnabled, AlertRollupEnabled: was.AlertRollupEnabled,
		RuleEnabled: was.RuleEnabled, RuleScope: was.RuleScope, CustomThreatFeedID: was.CustomThreatFeedID,
	}}
	if alertsErr == nil {
		again.alerts = alertsOf(a.id, alerts)
	}
	w.back("", again, Target{})
}

func alertsOf(query int64, all []api.Alert) (out []api.NewAlert) {
	for _, a := range all {
		if a.QueryID == query {
			out = append(out, newAlert(a))
		}
	}
	return out
}

func newAlert(a api.Alert) api.NewAlert {
	return api.NewAlert{QueryID: a.QueryID, Enabled: &a.Enabled, Frequency: a.Frequency, NotificationType: a.NotificationType}
}

type alertAdded struct{ in api.NewAlert }

func (alertAdded) unrepeatable() {}

func (a alertAdded) run(ctx context.Context, w *work, on []Target) {
	s := w.saver()
	if s == nil {
		return
	}
	made, err := s.CreateAlert(ctx, a.in)
	if !w.became(err, on...) {
		return
	}
	w.create(numbered(made.ID))
	w.back("", alertDropped{made.ID}, numbered(made.ID))
	w.trust(1)
}

type alertChanged struct {
	id    int64
	patch api.AlertPatch
}

func (a alertChanged) run(ctx context.Context, w *work, on []Target) {
	was, ok := exchange(w, on,
		func(s Saver) (api.Alert, error) { return s.Alert(ctx, a.id) },
		func(s Saver) error { _, err := s.UpdateAlert(ctx, a.id, a.patch); return err })
	if !ok {
		return
	}
	var old api.AlertPatch
	restore(&old.Enabled, a.patch.Enabled, was.Enabled)
	restore(&old.Frequency, a.patch.Frequency, was.Frequency)
	restore(&old.NotificationType, a.patch.NotificationType, was.NotificationType)
	w.back("", alertChanged{a.id, old}, on[0])
}

type alertDropped struct{ id int64 }

func (a alertDropped) run(ctx context.Context, w *work, on []Target) {
	was, ok := exchange(w, on,
		func(s Saver) (api.Alert, error) { return s.Alert(ctx, a.id) },
		func(s Saver) error { return s.DeleteAlert(ctx, a.id) })
	if !ok {
		return
	}
	w.back("", alertAdded{newAlert(was)}, Target{})
}
