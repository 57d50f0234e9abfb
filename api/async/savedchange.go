package async

import (
	"context"
	"slices"
	"strconv"

	"threatbench/api"
)

// saver is the client, or nil after noting that it keeps no queries.
func (w *changeRun) saver() Saver {
	s, err := able[Saver](w.api, "saved queries and alerts")
	if err != nil {
		w.stop(err)
		return nil
	}
	return s
}

// renumbering is a saved query or an alert that was made anew under another
// number.
type renumbering struct {
	kind     Kind // KindQuery or KindAlert
	was, now int64
}

// of is the number that something has by now.
func (n renumbering) of(k Kind, id int64) int64 {
	if k == n.kind && id == n.was {
		return n.now
	}
	return id
}

// byNumber is an action that names a saved query or an alert by its number:
// renumbered is the same one after a renumbering.
type byNumber interface{ renumbered(n renumbering) action }

// renumber notes that what was deleted is back under another number; was is 0
// for what is new.
func (w *changeRun) renumber(k Kind, was, now int64) {
	if was == 0 || was == now {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.renumbered = append(w.renumbered, renumbering{k, was, now})
}

// renumber makes a change mean what it meant before something got another
// number. The change it is given stays as it is.
func (c Change) renumber(n renumbering) Change {
	steps := slices.Clone(c.steps)
	for i, s := range steps {
		do, is := s.do.(byNumber)
		if !is {
			continue
		}
		steps[i].do = do.renumbered(n)
		if n.kind == c.Kind && len(s.on) == 1 && s.on[0] == numbered(n.was) {
			steps[i].on = []Target{numbered(n.now)}
		}
	}
	c.steps = steps
	return c
}

func numbered(id int64) Target { return Target{ID: strconv.FormatInt(id, 10)} }

// SaveQuery saves a query under a name.
func SaveQuery(in api.NewSavedQuery) Change {
	return changeOf(KindQuery, "save query "+in.Name, querySaved{in: in}, []Target{{}})
}

// ChangeQuery changes a saved query that is as it is given; one that somebody
// changed meanwhile is left as it is, and is the result's conflict.
func ChangeQuery(q api.SavedQuery, p api.SavedQueryPatch) Change {
	return changeOf(KindQuery, "change query "+q.Name, queryChanged{q.ID, p, &q}, []Target{numbered(q.ID)})
}

// DropQuery deletes a saved query, and its alerts with it. Taking it back
// makes both anew, under other numbers, which an UndoStack then follows.
func DropQuery(q api.SavedQuery) Change {
	return changeOf(KindQuery, "delete query "+q.Name, queryDropped{q.ID, &q}, []Target{numbered(q.ID)})
}

// AddAlert makes an alert for a saved query; name is the query's.
func AddAlert(name string, in api.NewAlert) Change {
	return changeOf(KindAlert, "create an alert for "+name, alertAdded{in: in}, []Target{{}})
}

// ChangeAlert changes an alert as ChangeQuery does; name is its query's.
func ChangeAlert(name string, a api.Alert, p api.AlertPatch) Change {
	return changeOf(KindAlert, "change the alert for "+name, alertChanged{a.ID, p, &a}, []Target{numbered(a.ID)})
}

// DropAlert deletes an alert; name is its query's.
func DropAlert(name string, a api.Alert) Change {
	return changeOf(KindAlert, "delete the alert for "+name, alertDropped{a.ID, &a}, []Target{numbered(a.ID)})
}

// querySaved saves a query, and makes the alerts it had before it was deleted.
// was is the number it had then; 0 where it is new.
type querySaved struct {
	in     api.NewSavedQuery
	was    int64
	alerts []alertAdded
}

func (querySaved) unrepeatable() {}

func (a querySaved) run(ctx context.Context, w *changeRun, on []Target) {
	s := w.saver()
	if s == nil {
		return
	}
	q, err := s.CreateSavedQuery(ctx, a.in)
	if !w.became(err, on...) {
		return
	}
	w.create(numbered(q.ID))
	w.renumber(KindQuery, a.was, q.ID)
	w.back("", queryDropped{q.ID, &q}, numbered(q.ID))
	w.trust(1)
	for _, alert := range a.alerts {
		alert.in.QueryID = q.ID
		made, err := s.CreateAlert(ctx, alert.in)
		if err != nil {
			w.set(refused, "the query is back, but an alert of it is not: "+err.Error(), on...)
			continue
		}
		w.renumber(KindAlert, alert.was, made.ID)
	}
}

func (a querySaved) renumbered(n renumbering) action {
	a.was = n.of(KindQuery, a.was)
	alerts := make([]alertAdded, len(a.alerts))
	for i, alert := range a.alerts {
		alerts[i], _ = alert.renumbered(n).(alertAdded)
	}
	a.alerts = alerts
	return a
}

type queryChanged struct {
	id    int64
	patch api.SavedQueryPatch
	shown *api.SavedQuery
}

func (a queryChanged) run(ctx context.Context, w *changeRun, on []Target) {
	was, ok := changeSaved(w, on, a.patch, a.shown,
		func(now api.SavedQuery) action { return queryChanged{a.id, a.patch, &now} },
		func(s Saver) (api.SavedQuery, error) { return s.SavedQuery(ctx, a.id) },
		func(s Saver) error { _, err := s.UpdateSavedQuery(ctx, a.id, a.patch); return err },
		func(c Conditional, holds func(api.SavedQuery) error) (bool, error) {
			return c.UpdateSavedQueryIf(ctx, a.id, a.patch, holds)
		})
	if !ok {
		return
	}
	var old api.SavedQueryPatch
	after := was
	exchanged(&old.Name, a.patch.Name, &after.Name)
	exchanged(&old.QueryJSON, a.patch.QueryJSON, &after.QueryJSON)
	exchanged(&old.AlertEnabled, a.patch.AlertEnabled, &after.AlertEnabled)
	exchanged(&old.AlertRollupEnabled, a.patch.AlertRollupEnabled, &after.AlertRollupEnabled)
	exchanged(&old.RuleEnabled, a.patch.RuleEnabled, &after.RuleEnabled)
	exchanged(&old.RuleScope, a.patch.RuleScope, &after.RuleScope)
	if a.patch.CustomThreatFeedID != nil {
		old.CustomThreatFeedID, after.CustomThreatFeedID = was.CustomThreatFeedID, a.patch.CustomThreatFeedID
	}
	w.back("", queryChanged{a.id, old, &after}, on[0])
}

func (a queryChanged) renumbered(n renumbering) action {
	a.id = n.of(KindQuery, a.id)
	return a
}

// exchanged takes over what a patch set: the inverse patch gets what was there.
func exchanged[T any](old **T, set, there *T) {
	if set != nil {
		was := *there
		*old, *there = &was, *set
	}
}

type queryDropped struct {
	id    int64
	shown *api.SavedQuery
}

func (a queryDropped) run(ctx context.Context, w *changeRun, on []Target) {
	var alerts []api.Alert
	var alertsErr error
	was, ok := dropSaved(w, on, a.shown,
		func(now api.SavedQuery) action { return queryDropped{a.id, &now} },
		func(s Saver) (api.SavedQuery, error) { return s.SavedQuery(ctx, a.id) },
		func(s Saver) error {
			alerts, alertsErr = s.Alerts(ctx) // they go with the query
			return s.DeleteSavedQuery(ctx, a.id)
		})
	if !ok {
		return
	}
	again := querySaved{was: a.id, in: api.NewSavedQuery{
		Name: was.Name, QueryJSON: was.QueryJSON, AlertEnabled: was.AlertEnabled, AlertRollupEnabled: was.AlertRollupEnabled,
		RuleEnabled: was.RuleEnabled, RuleScope: was.RuleScope, CustomThreatFeedID: was.CustomThreatFeedID,
	}}
	if alertsErr == nil {
		again.alerts = alertsOf(a.id, alerts)
	}
	w.back("", again, Target{})
}

func (a queryDropped) renumbered(n renumbering) action {
	a.id = n.of(KindQuery, a.id)
	return a
}

func alertsOf(query int64, all []api.Alert) (out []alertAdded) {
	for _, a := range all {
		if a.QueryID == query {
			out = append(out, alertAdded{newAlert(a), a.ID})
		}
	}
	return out
}

func newAlert(a api.Alert) api.NewAlert {
	return api.NewAlert{QueryID: a.QueryID, Enabled: &a.Enabled, Frequency: a.Frequency, NotificationType: a.NotificationType}
}

// alertAdded makes an alert. was is the number it had before it was deleted; 0
// where it is new.
type alertAdded struct {
	in  api.NewAlert
	was int64
}

func (alertAdded) unrepeatable() {}

func (a alertAdded) run(ctx context.Context, w *changeRun, on []Target) {
	s := w.saver()
	if s == nil {
		return
	}
	made, err := s.CreateAlert(ctx, a.in)
	if !w.became(err, on...) {
		return
	}
	w.create(numbered(made.ID))
	w.renumber(KindAlert, a.was, made.ID)
	w.back("", alertDropped{made.ID, &made}, numbered(made.ID))
	w.trust(1)
}

func (a alertAdded) renumbered(n renumbering) action {
	a.was = n.of(KindAlert, a.was)
	a.in.QueryID = n.of(KindQuery, a.in.QueryID)
	return a
}

type alertChanged struct {
	id    int64
	patch api.AlertPatch
	shown *api.Alert
}

func (a alertChanged) run(ctx context.Context, w *changeRun, on []Target) {
	was, ok := changeSaved(w, on, a.patch, a.shown,
		func(now api.Alert) action { return alertChanged{a.id, a.patch, &now} },
		func(s Saver) (api.Alert, error) { return s.Alert(ctx, a.id) },
		func(s Saver) error { _, err := s.UpdateAlert(ctx, a.id, a.patch); return err },
		func(c Conditional, holds func(api.Alert) error) (bool, error) {
			return c.UpdateAlertIf(ctx, a.id, a.patch, holds)
		})
	if !ok {
		return
	}
	var old api.AlertPatch
	after := was
	exchanged(&old.Enabled, a.patch.Enabled, &after.Enabled)
	exchanged(&old.Frequency, a.patch.Frequency, &after.Frequency)
	exchanged(&old.NotificationType, a.patch.NotificationType, &after.NotificationType)
	w.back("", alertChanged{a.id, old, &after}, on[0])
}

func (a alertChanged) renumbered(n renumbering) action {
	a.id = n.of(KindAlert, a.id)
	return a
}

type alertDropped struct {
	id    int64
	shown *api.Alert
}

func (a alertDropped) run(ctx context.Context, w *changeRun, on []Target) {
	was, ok := dropSaved(w, on, a.shown,
		func(now api.Alert) action { return alertDropped{a.id, &now} },
		func(s Saver) (api.Alert, error) { return s.Alert(ctx, a.id) },
		func(s Saver) error { return s.DeleteAlert(ctx, a.id) })
	if !ok {
		return
	}
	w.back("", alertAdded{newAlert(was), a.id}, Target{})
}

func (a alertDropped) renumbered(n renumbering) action {
	a.id = n.of(KindAlert, a.id)
	return a
}
