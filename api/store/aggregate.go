package store

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"threatbench/api"
)

// Aggregate counts whole datasets by columns, the largest counts first, ties
// by key. Total counts every event in the range, whatever the limit.
func (d *DB) Aggregate(ctx context.Context, account string, q api.AggregateQuery) (api.AggregateResult, error) {
	if len(q.AggregateBy) == 0 {
		return api.AggregateResult{}, api.Errorf(http.StatusBadRequest, "aggregateBy: want a column at least, of %s", strings.Join(api.AggregateColumns(), " "))
	}
	if q.Limit < 0 {
		return api.AggregateResult{}, api.Errorf(http.StatusBadRequest, "limit: want 1 at least, got %d", q.Limit)
	}
	s, err := d.Select(ctx, account, api.ListQuery{Datasets: q.Datasets})
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
	groups, err := s.GroupBy(ctx, g)
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
			row[name] = aggregateValue(name, g.Keys[at])
		}
		if q.GroupByDate {
			row["date"] = g.Date.Format("2006-01-02")
		}
		out.Aggregations[i] = row
	}
	return out
}

// aggregateValue is a key in the type its field has.
func aggregateValue(column string, key *string) any {
	if key == nil {
		return nil
	}
	switch column {
	case "killChain":
		if n, err := strconv.Atoi(*key); err == nil {
			return n
		}
	case "hasChildren":
		return *key == "true"
	}
	return *key
}
