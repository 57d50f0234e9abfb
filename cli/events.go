package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/clean"
)

type eventsFlags struct {
	query string
	json  bool
	limit int

	datasets []string
}

func (a *app) eventsCommand() *cobra.Command {
	var f eventsFlags
	cmd := &cobra.Command{
		Use:   "events",
		Short: "List events, for scripts",
		Long: "Lists the events that a filter finds, newest first: one line an event, or with --json the whole event as the API answers it. " +
			"Words search everything an event says: attacker, indicators, tags, category, description, insight, countries and techniques; " +
			"event~~word searches the description alone. All datasets are searched unless --dataset or dataset: names some.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 used wrongly, 3 answered in part.",
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
	cmd.Flags().StringSliceVar(&f.datasets, "dataset", nil, "datasets to search, by name or id; all is the default")
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
	pl, err := a.openToRead(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	if q, err = a.within(ctx, pl, q, f.datasets); err != nil {
		return err
	}
	w := bufio.NewWriter(a.io.Out)
	listed, missed, err := a.eachEvent(ctx, pl, q, f, w)
	if err = errors.Join(err, w.Flush()); err != nil {
		return err
	}
	if listed == 0 {
		a.explainNothing(ctx, pl, q)
	}
	return notSearched(missed)
}

const listPage = 1000

// eachEvent writes the events of a query and tells how many there were, and
// what the server could not search.
func (a *app) eachEvent(ctx context.Context, pl *place, q api.ListQuery, f eventsFlags, w *bufio.Writer) (listed int, missed []string, err error) {
	for f.limit == 0 || listed < f.limit {
		q.PageSize = listPage
		if f.limit > 0 {
			q.PageSize = min(listPage, f.limit-listed)
		}
		page, err := pl.client().List(ctx, q)
		if err != nil {
			return listed, missed, err
		}
		missed = append(missed, page.NotSearched...)
		for i := range page.Events {
			if err := writeEvent(w, &page.Events[i], f.json); err != nil {
				return listed, missed, fmt.Errorf("writing events: %w", err)
			}
		}
		listed += len(page.Events)
		if page.Info.Cursor == "" || len(page.Events) == 0 {
			break
		}
		q = api.ListQuery{Cursor: page.Info.Cursor}
	}
	return listed, missed, nil
}

func writeEvent(w *bufio.Writer, e *api.Event, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(e)
	}
	cells := []string{e.Date.String(), cmp.Or(e.TLP, "-"), cmp.Or(e.Attacker, "-"), e.Category, cmp.Or(e.Indicator, "-"), e.Event}
	for i := range cells {
		cells[i] = clean.Line(cells[i]) // a line is an event, whatever a text holds
	}
	_, err := fmt.Fprintln(w, strings.Join(cells, "\t"))
	return err
}
