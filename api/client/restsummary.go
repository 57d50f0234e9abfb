package client

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"threatbench/api"
)

const (
	atOnce    = 3      // REST counts under way at the same time
	mostDays  = 10_000 // days a REST timeline can hold
	restSlice = "hasChildren"

	mostFacets = 2 // columns one summary counts: with the list and what GraphQL cost, opening takes six calls
)

// restSummary makes a summary of whole datasets out of one REST count for each
// of the first columns and one per day; the other columns are left uncounted.
func (c *Client) restSummary(ctx context.Context, q api.SummaryQuery) (api.Summary, error) {
	s := api.Summary{
		Facets:     make([]api.Facet, len(q.Facets)),
		Unfiltered: len(q.Filter.Search) > 0 || len(q.Filter.Branches) > 0,
	}
	totals := make([]int, len(q.Facets)+1)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, col := range q.Facets {
		if i >= mostFacets {
			s.Facets[i] = api.Facet{Column: col, Uncounted: true}
			continue
		}
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

// timelineOf puts counts per UTC day into the narrowest bucket that makes at
// most maxBuckets steps between the first and the last day.
func timelineOf(days map[time.Time]int, maxBuckets int) api.Timeline {
	if len(days) == 0 || maxBuckets <= 0 {
		return api.Timeline{}
	}
	order := make([]time.Time, 0, len(days))
	for d := range days {
		order = append(order, d)
	}
	slices.SortFunc(order, time.Time.Compare)
	first, last := order[0], order[len(order)-1]
	bucket := bucketFor(first, last, maxBuckets)
	t := api.Timeline{Bucket: bucket, Start: api.TimeOf(first), End: api.TimeOf(last)}
	for _, d := range order {
		start := api.TimeOf(startOf(d, bucket))
		if n := len(t.Points); n > 0 && t.Points[n-1].Start.Equal(start.Time) {
			t.Points[n-1].Count += days[d]
			continue
		}
		t.Points = append(t.Points, api.Point{Start: start, Count: days[d]})
	}
	return t
}

// bucketFor is the narrowest bucket that fits; years where none does.
func bucketFor(first, last time.Time, most int) api.Bucket {
	days := int(last.Sub(first)/(24*time.Hour)) + 1
	months := (last.Year()-first.Year())*12 + int(last.Month()) - int(first.Month()) + 1
	switch {
	case days <= most:
		return api.BucketDay
	case days/7+2 <= most:
		return api.BucketWeek
	case months <= most:
		return api.BucketMonth
	}
	return api.BucketYear
}

// startOf is the start of the bucket a day lies in; weeks start on Monday.
func startOf(d time.Time, b api.Bucket) time.Time {
	d = d.UTC()
	y, m, day := d.Date()
	switch b {
	case api.BucketWeek:
		day -= (int(d.Weekday()) + 6) % 7
	case api.BucketMonth:
		day = 1
	case api.BucketYear:
		m, day = time.January, 1
	}
	return time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
}
