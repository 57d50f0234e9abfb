package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones by name, also where the system has no list of them

	"github.com/spf13/cobra"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/views"
)

// within narrows a query to the datasets that --dataset names, by name or id;
// none and all mean all of them. What the filter says of datasets itself is
// resolved too.
func (a *app) within(ctx context.Context, pl *place, q api.ListQuery, names []string) (api.ListQuery, error) {
	if len(names) == 0 || len(names) == 1 && api.IsScope(names[0]) {
		if len(names) == 1 {
			q.Datasets = names
		}
		if !query.HasDataset(q) {
			return q, nil
		}
		names = nil
	}
	known, err := pl.client().Datasets(ctx)
	if err != nil {
		return q, err
	}
	if len(names) > 0 {
		if q.Datasets, err = query.DatasetIDs(names, known); err != nil {
			return q, usagef("--dataset: %w", err)
		}
	}
	if q, err = query.InDatasets(q, known); err != nil {
		return q, usagef("--query: %w", err)
	}
	return q, nil
}

// notSearched is the error of an answer that is a part, because the server
// can't look everywhere; nil where it could.
func notSearched(missed []string) error {
	if len(missed) == 0 {
		return nil
	}
	return partialError{fmt.Errorf("not searched: %s", strings.Join(missed, ", "))}
}

// explainer is a client that can say what each condition of a filter does.
type explainer interface {
	Capabilities(ctx context.Context) (api.Capabilities, error)
	Explain(ctx context.Context, q api.ListQuery) (api.Explanation, error)
}

// maxExplainCalls is how many questions one empty answer may cost where the
// server can't explain it in one.
const maxExplainCalls = 4

// explainNothing says on the standard error why a filter finds nothing: what
// it finds without each of its conditions.
func (a *app) explainNothing(ctx context.Context, pl *place, q api.ListQuery) {
	if len(q.Search)+len(q.Branches) == 0 {
		a.note("no event found")
		return
	}
	if x, ok := pl.client().(explainer); ok {
		if can, err := x.Capabilities(ctx); err == nil && can.Can("POST /events/explain") {
			if e, err := x.Explain(ctx, q); err == nil {
				a.noteExplanation(e)
				return
			}
		}
	}
	lines := []string{"no event found"}
	for i, c := range q.Search {
		if i == maxExplainCalls {
			lines = append(lines, fmt.Sprintf("%d conditions more were not tried", len(q.Search)-i))
			break
		}
		if n, ok := countOf(ctx, pl.client(), q, i); ok {
			lines = append(lines, fmt.Sprintf("without %s: %s", query.FormatCondition(c), n))
		}
	}
	a.note("%s", strings.Join(lines, "; "))
}

// countOf counts what a query finds without one of its conditions.
func countOf(ctx context.Context, cl async.Client, q api.ListQuery, without int) (string, bool) {
	q.Search = slices.Delete(slices.Clone(q.Search), without, without+1)
	q.PageSize = 1
	page, err := cl.List(ctx, q)
	return views.TotalOf(page).String(), err == nil
}

func (a *app) noteExplanation(e api.Explanation) {
	lines := []string{"no event found"}
	for _, c := range e.Conditions {
		line := fmt.Sprintf("without %s: %d", query.FormatCondition(c.Condition), c.Without)
		var near []string
		for _, n := range c.Near {
			near = append(near, fmt.Sprintf("%s: %d", query.FormatCondition(n.Condition()), n.Count))
		}
		if len(near) > 0 {
			line += " (near it " + strings.Join(near, ", ") + ")"
		}
		lines = append(lines, line)
	}
	for _, d := range e.Datasets {
		lines = append(lines, fmt.Sprintf("in the dataset %q, which isn't searched: %d", d.Name, d.Count))
	}
	a.note("%s", strings.Join(lines, "; "))
}

const zoneHelp = "time zone of the days in --query: UTC, local, or a name such as Europe/Berlin"

// zoneFlag gives a command its --zone.
func (a *app) zoneFlag(cmd *cobra.Command, zone *string, more string) {
	cmd.Flags().StringVar(zone, "zone", "UTC", zoneHelp+more)
}

// dateIn writes a moment for a line: as the API does, but in a zone.
func dateIn(t api.Time, zone *time.Location) string {
	if t.IsZero() || zone == time.UTC {
		return t.String()
	}
	return t.In(zone).Format("2006-01-02T15:04:05.999Z07:00")
}

// nowIn is now in the zone that --zone names.
func (a *app) nowIn(zone string) (time.Time, error) {
	switch strings.ToLower(zone) {
	case "utc":
		return a.now().UTC(), nil
	case "local":
		return a.now().In(time.Local), nil
	}
	loc, err := time.LoadLocation(zone)
	if zone == "" || err != nil {
		return time.Time{}, usagef("--zone %q: no such time zone; want UTC, local, or a name such as Europe/Berlin", zone)
	}
	return a.now().In(loc), nil
}
