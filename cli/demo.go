package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/demo"
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
	return func(ctx context.Context, _ string, report func(done, total int64, note string)) (string, error) {
		now := a.now()
		err := fill(ctx, pl.db, demo.Generate(1, demoEvents, now), now, report)
		return fmt.Sprintf("%s made-up events loaded", grouped(demoEvents)), err
	}
}
