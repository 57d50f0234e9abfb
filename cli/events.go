package cli

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/store"
	"threatbench/views"
)

type eventsFlags struct {
	timeout time.Duration
	query   string
	zone    string
	json    bool
	limit   int
	limited bool // it was asked for

	datasets []string
	location *time.Location // that zone names
}

func (a *app) eventsCommand() *cobra.Command {
	var f eventsFlags
	cmd := &cobra.Command{
		Use:   "events",
		Short: "List events, for scripts",
		Long: "Lists the events that a filter finds, newest first: one line an event, or with --json the whole event as the API answers it. " +
			"Words search everything an event says: attacker, indicators, tags, category, description, insight, countries, industry and techniques; " +
			"event~~word searches the description alone. Days in the filter and dates in lines are in UTC unless --zone names another zone. All datasets are searched unless --dataset or dataset: names some. A server that is silent for as long as --timeout says is given up.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 used wrongly, 3 answered in part.",
		Example: "threatbench events --query 'tlp:red date>-1d' --json | jq -r .indicator\n" +
			"threatbench events --query 'tag:ransomware' --limit 5",
		Args: cobra.ArbitraryArgs,
	}
	check := func(args []string) error {
		if f.limit < 0 {
			return usagef("--limit %d: want 0 (all) or more", f.limit)
		}
		if err := a.checkTimeout(f.timeout); err != nil {
			return err
		}
		return noArgs(args)
	}
	cmd.RunE = a.run(check, func(ctx context.Context, _ []string) error {
		f.limited = cmd.Flags().Changed("limit")
		return a.events(ctx, f)
	})
	cmd.Flags().StringVarP(&f.query, "query", "q", "", "filter, in the filter language; empty means everything")
	a.timeoutFlag(cmd, &f.timeout)
	a.zoneFlag(cmd, &f.zone, "; of the dates in lines, too (--json writes UTC)")
	cmd.Flags().StringSliceVar(&f.datasets, "dataset", nil, "datasets to search, by name or id; all is the default")
	cmd.Flags().BoolVar(&f.json, "json", false, "write JSON, one event a line")
	cmd.Flags().IntVar(&f.limit, "limit", 100, "events to list at most; 0 means all")
	return cmd
}

func (a *app) events(ctx context.Context, f eventsFlags) (err error) {
	now, err := a.nowIn(f.zone)
	if err != nil {
		return err
	}
	f.location = now.Location()
	q, err := a.listQuery(f.query, f.zone)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx)
	defer stop()
	pl, err := a.openWithin(ctx, f.timeout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pl.close()) }()
	if q, err = a.within(ctx, pl, q, f.datasets); err != nil {
		return err
	}
	w := bufio.NewWriter(a.io.Out)
	done, err := a.eachEvent(ctx, pl, q, f, w)
	if err = errors.Join(err, w.Flush()); err != nil {
		return err
	}
	if done.rows == 0 && done.cut == "" {
		a.explainNothing(ctx, pl, q)
	}
	if done.more && !f.limited {
		a.note("the first %d; --limit 0 lists all", done.rows)
	}
	return done.partly()
}

const listPage = 1000

// answered is how much of a question a server has answered.
type answered struct {
	rows   int
	missed []string // what it could not search
	cut    string   // why it gave no more rows although it may have more
	more   bool     // it has more than was asked for
}

func (d *answered) take(p api.Page) {
	d.rows += len(p.Events)
	d.missed = append(d.missed, p.NotSearched...)
	d.cut = p.Info.Cut
	d.more = p.Info.Cursor != "" || p.Info.TotalCount > d.rows
}

// partly is the error of an answer that is a part, nil of a whole one.
func (d answered) partly() error {
	if d.cut == "" {
		return notSearched(d.missed)
	}
	text := views.CutText(d.rows, d.cut)
	if len(d.missed) > 0 {
		text += "; not searched: " + strings.Join(d.missed, ", ")
	}
	return partialError{errors.New(text)}
}

// eachEvent writes the events of a query.
func (a *app) eachEvent(ctx context.Context, pl *place, q api.ListQuery, f eventsFlags, w *bufio.Writer) (done answered, err error) {
	for f.limit == 0 || done.rows < f.limit {
		q.PageSize = listPage
		if f.limit > 0 {
			q.PageSize = min(listPage, f.limit-done.rows)
		}
		page, err := pl.client().List(ctx, q)
		if err != nil {
			return done, err
		}
		if f.limit > 0 { // a server may give more than it was asked for
			page.Events = page.Events[:min(len(page.Events), f.limit-done.rows)]
		}
		done.take(page)
		for i := range page.Events {
			if err := writeEvent(w, &page.Events[i], f); err != nil {
				return done, fmt.Errorf("writing events: %w", err)
			}
		}
		if page.Info.Cursor == "" || len(page.Events) == 0 {
			break
		}
		q = api.ListQuery{Cursor: page.Info.Cursor}
	}
	return done, nil
}

func writeEvent(w *bufio.Writer, e *api.Event, f eventsFlags) error {
	if f.json {
		return writeJSONLine(w, e)
	}
	return writeCells(w, dateIn(e.Date, f.location), cmp.Or(e.TLP, "-"), cmp.Or(e.Attacker, "-"), e.Category, cmp.Or(e.Indicator, "-"), e.Event)
}

// writeCells writes one line of cells between tabs, whatever a cell holds.
func writeCells(w io.Writer, cells ...string) error {
	for i := range cells {
		cells[i] = clean.Line(cells[i])
	}
	_, err := fmt.Fprintln(w, strings.Join(cells, "\t"))
	return err
}

// writeJSONLine writes a value as one line of JSON in which nothing is left
// that a reader of lines or a terminal would act on.
func writeJSONLine(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, clean.EscapeJSON(string(b)))
	return err
}

// eachOf gives every event of a query to take, as it is stored where the
// database is at hand.
func (a *app) eachOf(ctx context.Context, pl *place, q api.ListQuery, take func(*api.Event) error) (answered, error) {
	if pl.db != nil {
		return answered{}, eachStored(ctx, pl, q, take)
	}
	return a.eachListed(ctx, pl, q, take)
}

// eachStored gives every event of a query in the embedded database.
func eachStored(ctx context.Context, pl *place, q api.ListQuery, take func(*api.Event) error) error {
	s, err := pl.db.Select(store.WithLimit(ctx, pl.limit), LocalAccount, q)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Each(ctx, take)
}

// eachListed gives every event of a query of a server elsewhere.
func (a *app) eachListed(ctx context.Context, pl *place, q api.ListQuery, take func(*api.Event) error) (done answered, err error) {
	m := a.meter("reading indicators")
	a.waits.through(m)
	defer a.waits.through(nil)
	defer m.clear()
	q.OrderBy, q.Order = "date", "asc"
	for {
		q.PageSize = listPage
		page, err := pl.client().List(ctx, q)
		if err != nil {
			return done, fmt.Errorf("reading indicators after the first %d events: %w", done.rows, err)
		}
		done.take(page)
		for i := range page.Events {
			if err := take(&page.Events[i]); err != nil {
				return done, err
			}
		}
		m.show(int64(done.rows), int64(max(page.Info.TotalCount, 0)), done.rows)
		if page.Info.Cursor == "" || len(page.Events) == 0 {
			return done, nil
		}
		q = api.ListQuery{Cursor: page.Info.Cursor}
	}
}
