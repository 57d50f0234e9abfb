package client

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"threatbench/api"
)

const (
	atOnce    = 3      // REST counts under way at the same time
	mostDays  = 10_000 // days a REST timeline can hold
	restSlice = "hasChildren"
)

// restSummary makes a summary of whole datasets out of one REST count per
// column and one per day.
func (c *Client) restSummary(ctx context.Context, q api.SummaryQuery) (api.Summary, error) {
	s := api.Summary{
		Facets:     make([]api.Facet, len(q.Facets)),
		Unfiltered: len(q.Filter.Search) > 0 || len(q.Filter.Branches) > 0,
	}
	totals := make([]int, len(q.Facets)+1)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, col := range q.Facets {
		g.Go(func() (err error) {
			s.Facets[i], totals[i], err = c.restFacet(ctx, q, col)
			return err
		})
	}
	if q.MaxBuckets > 0 || len(q.Facets) == 0 {
		g.Go(func() (err error) {
			s.Timeline, totals[len(q.Facets)], err = c.restTimeline(ctx, q)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return api.Summary{}, err
	}
	for _, n := range totals {
		s.Total = max(s.Total, n)
	}
	return s, nil
}

// restFacet is the top of one column. How many values there are in all isn't
// told, so one more than shown is asked for: Distinct is exact up to there.
func (c *Client) restFacet(ctx context.Context, q api.SummaryQuery, col string) (api.Facet, int, error) {
	limit := facetLimit(q)
	res, err := c.Aggregate(ctx, api.AggregateQuery{AggregateBy: []string{col}, Datasets: q.Filter.Datasets, Limit: limit + 1})
	if err != nil {
		return api.Facet{}, 0, err
	}
	f := api.Facet{Column: col, Distinct: len(res.Aggregations)}
	for _, row := range res.Aggregations[:min(limit, len(res.Aggregations))] {
		f.Top = append(f.Top, api.Count{Value: textOf(row[col]), Count: countOf(row["count"])})
	}
	return f, res.Total, nil
}

// restTimeline counts by day, summing over a column of two values since the
// REST call takes no day without a column.
func (c *Client) restTimeline(ctx context.Context, q api.SummaryQuery) (api.Timeline, int, error) {
	res, err := c.Aggregate(ctx, api.AggregateQuery{
		AggregateBy: []string{restSlice}, Datasets: q.Filter.Datasets, GroupByDate: true, Limit: mostDays,
	})
	if err != nil {
		return api.Timeline{}, 0, err
	}
	days := map[time.Time]int{}
	for _, row := range res.Aggregations {
		day, err := api.ParseTime(textOf(row["date"]))
		if err != nil {
			continue // an event without a date has no place in time
		}
		days[day.Time] += countOf(row["count"])
	}
	return timelineOf(days, q.MaxBuckets), res.Total, nil
}

// textOf is a column's value as text; "" for none.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

func countOf(v any) int {
	switch v := v.(type) {
	case float64:
		return int(v)
	case string:
		if n, err := strconv.Atoi(v); err == nil {
			return n
		}
	}
	return 0
}
