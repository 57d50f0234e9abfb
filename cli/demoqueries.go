package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"threatbench/api"
	"threatbench/api/demo"
	"threatbench/api/query"
	"threatbench/api/store"
)

// demoHits is how many events a notification of the story names.
const demoHits = 8

// fillQueries puts the story's saved queries into a database, with their
// alerts and what those have told. Queries that are there stay as they are.
func fillQueries(ctx context.Context, db *store.DB, now time.Time) error {
	for _, q := range demo.Queries() {
		err := fillQuery(ctx, db, q, now)
		var e *api.Error
		if err != nil && !(errors.As(err, &e) && e.Status == http.StatusConflict) {
			return fmt.Errorf("storing the demo's query %q: %w", q.Name, err)
		}
	}
	return nil
}

func fillQuery(ctx context.Context, db *store.DB, q demo.Query, now time.Time) error {
	f, err := query.Parse(q.Filter, now)
	if err != nil {
		return err
	}
	list := api.ListQuery{Search: f.Search, Branches: f.Branches, Datasets: []string{api.ScopeAll}}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	made, err := db.CreateSavedQuery(ctx, LocalAccount, api.SavedQuery{
		Name: q.Name, UserEmail: "analyst@threatbench.example", QueryJSON: string(text), AlertEnabled: q.Alert, AlertRollupEnabled: q.Daily,
	})
	if err != nil || !q.Alert {
		return err
	}
	alerts, err := db.Alerts(ctx, LocalAccount)
	if err != nil {
		return err
	}
	for _, a := range alerts {
		if a.QueryID == made.ID {
			return tell(ctx, db, q, a, list, now)
		}
	}
	return nil
}

// tell writes what the alert has told into the inbox: the events that had come
// by then.
func tell(ctx context.Context, db *store.DB, q demo.Query, a api.Alert, list api.ListQuery, now time.Time) error {
	var told []api.Notification
	var read []int64
	for _, age := range q.Told {
		at := now.Add(-age)
		list.Page, list.PageSize = 1, demoHits
		then := list
		then.Search = append(list.Search[:len(list.Search):len(list.Search)],
			api.Condition{Field: api.FieldDate, Op: api.OpLte, Values: []string{api.TimeOf(at).String()}})
		page, err := db.List(ctx, LocalAccount, then)
		if err != nil {
			return err
		}
		if len(page.Events) == 0 {
			continue
		}
		n := api.Notification{AlertID: a.ID, QueryID: a.QueryID, QueryName: q.Name, At: api.TimeOf(at), Count: len(page.Events)}
		for _, e := range page.Events {
			n.EventIDs = append(n.EventIDs, e.UUID)
		}
		told = append(told, n)
	}
	if err := db.Remember(ctx, LocalAccount, told); err != nil {
		return err
	}
	in, _, err := db.Inbox(ctx, LocalAccount, api.InboxQuery{})
	if err != nil {
		return err
	}
	for _, n := range in.Notifications {
		if n.AlertID == a.ID && now.Sub(n.At.Time) > 24*time.Hour {
			read = append(read, n.ID)
		}
	}
	if len(read) == 0 {
		return nil
	}
	_, err = db.MarkNotifications(ctx, LocalAccount, read, true)
	return err
}
