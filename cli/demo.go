package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/demo"
	"threatbench/api/knowngood"
	"threatbench/api/query"
	"threatbench/api/store"
	"threatbench/cli/profile"
)

const (
	demoEvents = 10_000
	demoMost   = 10_000_000
	demoBatch  = 2_500
)

func (a *app) demoCommand() *cobra.Command {
	var events int
	var seed uint64
	var text string
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "Open a throwaway database of made-up events",
		Long:    "Makes up a story of threat events, the same for the same seed, and opens it in the workbench. The database is temporary and goes when the workbench is left.",
		Example: "threatbench demo\nthreatbench demo --events 100000 --seed 7",
		Args:    cobra.ArbitraryArgs,
	}
	cmd.RunE = a.run(noArgs, func(ctx context.Context, _ []string) error {
		if events < 0 || events > demoMost {
			return usagef("--events %d: want 0 to %d", events, demoMost)
		}
		return a.demo(ctx, seed, events, text)
	})
	cmd.Flags().IntVar(&events, "events", demoEvents, "how many events")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "which story")
	cmd.Flags().StringVarP(&text, "query", "q", "", "filter to begin with")
	return cmd
}

func (a *app) demo(ctx context.Context, seed uint64, events int, text string) (err error) {
	if err := a.readyForWorkbench(text); err != nil {
		return err
	}
	c, warnings, err := a.settings()
	if err != nil {
		return err
	}
	ctx, stop := untilLeft(ctx)
	defer stop()
	pl, remove, err := a.throwaway(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	pl.profile.ReadOnly = a.flags.readOnly
	m := a.meter("making up events")
	now := a.now()
	err = fill(ctx, pl.db, demo.Generate(seed, events, now), now, func(done, total int64, _ string) { m.show(done, total, int(done)) })
	m.clear()
	if err != nil {
		return err
	}
	// Made-up events are of addresses and names for documentation.
	c.KnownGood.Without = append(c.KnownGood.Without, knowngood.Documentation)
	o := a.session(c, pl, text, warnings)
	o.Throwaway = true
	return a.bench(ctx, o)
}

// throwaway opens a database in a directory of its own; remove closes it and
// takes the directory away.
func (a *app) throwaway(ctx context.Context) (pl *place, remove func() error, err error) {
	dir, err := os.MkdirTemp("", "threatbench-demo-")
	if err != nil {
		return nil, nil, fmt.Errorf("making room for the demo: %w", err)
	}
	pl, err = a.openFile(ctx, profile.Profile{Name: "demo", DB: filepath.Join(dir, "events.db")})
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	pl.made = true
	return pl, func() error { return errors.Join(pl.close(), os.RemoveAll(dir)) }, nil
}

// fill puts a story into a database.
func fill(ctx context.Context, db *store.DB, story *demo.Story, now time.Time, report func(done, total int64, note string)) error {
	datasets, err := datasetsFor(ctx, db, story)
	if err != nil {
		return err
	}
	done := 0
	for batch := range story.Batches(demoBatch) {
		b := api.BulkCreate{DatasetID: datasets[batch.Dataset], Data: batch.Events, PreserveUUID: true}
		res, err := db.Create(ctx, store.Actor{Name: "demo"}, LocalAccount, b)
		if err != nil {
			return fmt.Errorf("storing the demo's events: %w", err)
		}
		if len(res.Errors) > 0 {
			return fmt.Errorf("storing the demo's events: %s", res.Errors[0].Error)
		}
		done += len(batch.Events)
		if report != nil {
			report(int64(done), int64(story.Len()), "")
		}
	}
	return fillQueries(ctx, db, now)
}

// datasetsFor finds or makes the story's datasets.
func datasetsFor(ctx context.Context, db *store.DB, story *demo.Story) (map[string]string, error) {
	known, err := db.Datasets(ctx, LocalAccount)
	if err != nil {
		return nil, fmt.Errorf("asking for the datasets: %w", err)
	}
	ids := map[string]string{}
	for _, d := range known {
		ids[d.Name] = d.UUID
	}
	for _, name := range story.Datasets() {
		if ids[name] != "" {
			continue
		}
		d, err := db.CreateDataset(ctx, store.Actor{Name: "demo"}, LocalAccount, api.Dataset{Name: name})
		if err != nil {
			return nil, fmt.Errorf("creating the dataset %q: %w", name, err)
		}
		ids[name] = d.UUID
	}
	return ids, nil
}

// demoJob is the loading of the demo that the workbench starts.
func (a *app) demoJob(pl *place) Job {
	return func(ctx context.Context, report func(done, total int64, note string)) (string, error) {
		now := a.now()
		err := fill(ctx, pl.db, demo.Generate(1, demoEvents, now), now, report)
		return fmt.Sprintf("%s made-up events loaded", grouped(demoEvents)), err
	}
}

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
