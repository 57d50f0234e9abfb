package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"threatbench/api"
)

type eventsFlags struct {
	query string
	json  bool
	limit int
}

func (a *app) eventsCommand() *cobra.Command {
	var f eventsFlags
	cmd := &cobra.Command{
		Use:   "events",
		Short: "List events, for scripts",
		Long:  "Lists the events that a filter finds, newest first: one line an event, or with --json the whole event as the API answers it.",
		Example: "threatbench events --query 'tlp:red date>-1d' --json | jq -r .indicator\n" +
			"threatbench events --query 'tag:ransomware' --limit 5",
		Args: cobra.ArbitraryArgs,
	}
	check := func(args []string) error {
		if f.limit < 0 {
			return usagef("--limit %d: want 0 (all) or more", f.limit)
		}
		return noArgs(args)
	}
	cmd.RunE = a.run(check, func(ctx context.Context, _ []string) error { return a.events(ctx, f) })
	cmd.Flags().StringVarP(&f.query, "query", "q", "", "filter, in the filter language; empty means everything")
	cmd.Flags().BoolVar(&f.json, "json", false, "write JSON, one event a line")
	cmd.Flags().IntVar(&f.limit, "limit", 100, "events to list at most; 0 means all")
	return cmd
}

func (a *app) events(ctx context.Context, f eventsFlags) (err error) {
	q, err := a.listQuery(f.query)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	pl, err := a.openChosen(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	w := bufio.NewWriter(a.io.Out)
	if err := a.eachEvent(ctx, pl, q, f, w); err != nil {
		return errors.Join(err, w.Flush())
	}
	return w.Flush()
}

const listPage = 1000

func (a *app) eachEvent(ctx context.Context, pl *place, q api.ListQuery, f eventsFlags, w *bufio.Writer) error {
	for listed := 0; f.limit == 0 || listed < f.limit; {
		q.PageSize = listPage
		if f.limit > 0 {
			q.PageSize = min(listPage, f.limit-listed)
		}
		page, err := pl.client().List(ctx, q)
		if err != nil {
			return err
		}
		for i := range page.Events {
			if err := writeEvent(w, &page.Events[i], f.json); err != nil {
				return fmt.Errorf("writing events: %w", err)
			}
		}
		listed += len(page.Events)
		if page.Info.Cursor == "" || len(page.Events) == 0 {
			return nil
		}
		q = api.ListQuery{Cursor: page.Info.Cursor}
	}
	return nil
}

func writeEvent(w *bufio.Writer, e *api.Event, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(e)
	}
	_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Date, cmp.Or(e.TLP, "-"), cmp.Or(e.Attacker, "-"), e.Category, cmp.Or(e.Indicator, "-"), e.Event)
	return err
}
