package store

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
)

// Aggregate counts whole datasets by columns, the largest counts first, ties
// by key. Total counts every event in the range, whatever the limit.
func (d *DB) Aggregate(ctx context.Context, account string, q api.AggregateQuery) (api.AggregateResult, error) {
	if len(q.AggregateBy) == 0 {
		return api.AggregateResult{}, api.Errorf(http.StatusBadRequest, "aggregateBy: want a column at least, of %s", strings.Join(api.OrderFields(), " "))
	}
	if q.Limit < 0 {
		return api.AggregateResult{}, api.Errorf(http.StatusBadRequest, "limit: want 1 at least, got %d", q.Limit)
	}
	datasets := q.Datasets
	if len(datasets) == 1 && (datasets[0] == api.ScopeAll || datasets[0] == "*") {
		datasets = []string{api.ScopeOperational} // the contract leaves analytics out here
	}
	s, err := d.Select(ctx, account, api.ListQuery{Datasets: datasets})
	if err != nil {
		return api.AggregateResult{}, err
	}
	defer s.Close()
	g := GroupQuery{Columns: q.AggregateBy, StartDate: q.StartDate, EndDate: q.EndDate, Limit: q.Limit}
	if q.GroupByDate {
		g.Bucket = api.BucketDay
	}
	if g.Limit == 0 {
		g.Limit = 100
	}
	count := s.GroupBy
	if slices.ContainsFunc(g.Columns, func(c string) bool { return !slices.Contains(api.AggregateColumns(), c) }) {
		count = s.groupByReading
	}
	groups, err := count(ctx, g)
	if err != nil {
		return api.AggregateResult{}, fmt.Errorf("aggregating: %w", err)
	}
	return aggregateResult(q, groups), nil
}

func aggregateResult(q api.AggregateQuery, groups Groups) api.AggregateResult {
	out := api.AggregateResult{
		AggregateBy: strings.Join(q.AggregateBy, ","), Total: groups.Total,
		Aggregations: make([]api.AggregateRow, len(groups.Rows)),
	}
	if q.StartDate != "" || q.EndDate != "" {
		out.DateRange = &api.DateRange{StartDate: q.StartDate, EndDate: q.EndDate}
	}
	for i, g := range groups.Rows {
		row := api.AggregateRow{"count": g.Count}
		for at, name := range q.AggregateBy {
			row[name] = g.Keys[at]
		}
		if q.GroupByDate {
			row["date"] = g.Date.Format("2006-01-02")
		}
		out.Aggregations[i] = row
	}
	return out
}
