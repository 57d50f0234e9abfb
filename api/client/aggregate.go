package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"threatbench/api"
)

// Aggregate counts events by columns over whole datasets (GET
// /events/aggregate).
func (c *Client) Aggregate(ctx context.Context, q api.AggregateQuery) (api.AggregateResult, error) {
	if len(q.AggregateBy) == 0 {
		return api.AggregateResult{}, fmt.Errorf("counting: %w", api.Errorf(http.StatusBadRequest, "aggregateBy: want at least one column"))
	}
	v := url.Values{"aggregateBy": {strings.Join(q.AggregateBy, ",")}}
	for _, d := range q.Datasets {
		v.Add("datasetId", d)
	}
	setText(v, "startDate", q.StartDate)
	setText(v, "endDate", q.EndDate)
	setInt(v, "limit", q.Limit)
	if q.GroupByDate {
		v.Set("groupByDate", "true")
	}
	var res api.AggregateResult
	if _, err := c.read(ctx, request{method: http.MethodGet, path: "/events/aggregate", query: v}, &res); err != nil {
		return api.AggregateResult{}, fmt.Errorf("counting by %s: %w", strings.Join(q.AggregateBy, ", "), err)
	}
	cleanAggregate(&res)
	return res, nil
}

// Summary asks for the total, the facets and the timeline of a filter in one
// GraphQL call. Where that fails, a few REST calls are made instead, from then
// on where the server has no GraphQL or another schema; REST counts whole datasets,
// so Unfiltered is set where the filter isn't empty.
func (c *Client) Summary(ctx context.Context, q api.SummaryQuery) (api.Summary, error) {
	var err error
	if q.Filter, _, err = c.compile(ctx, q.Filter); err != nil {
		return api.Summary{}, fmt.Errorf("summing up: %w", err)
	}
	if err := checkSummary(q); err != nil {
		return api.Summary{}, fmt.Errorf("summing up: %w", err)
	}
	s, err := c.summary(ctx, q)
	if err != nil {
		return api.Summary{}, fmt.Errorf("summing up: %w", err)
	}
	cleanSummary(&s)
	return s, nil
}

func (c *Client) summary(ctx context.Context, q api.SummaryQuery) (api.Summary, error) {
	if c.noGraph.Load() {
		return c.restSummary(ctx, q)
	}
	s, err := c.graphSummary(ctx, q)
	if err == nil {
		c.graph.Store(true)
		return s, nil
	}
	if !c.countsByREST(ctx, err) {
		return s, err
	}
	rest, rerr := c.restSummary(ctx, q)
	if rerr != nil && isStatus(rerr, absent...) {
		rerr = fmt.Errorf("the server counts neither by GraphQL (%w) nor by aggregate (%w)", err, rerr)
	}
	rest.Passing = !c.noGraph.Load()
	return rest, rerr
}

// countsByREST reports whether counts are asked for by REST after GraphQL
// failed: this time where it may do better the next, from then on where the
// server has none or another schema. A query that our own schema refuses is
// wrong everywhere.
func (c *Client) countsByREST(ctx context.Context, err error) bool {
	status := api.StatusOf(err)
	switch {
	case ctx.Err() != nil || status == http.StatusUnauthorized || status == http.StatusTooManyRequests:
		return false
	case isStatus(err, absent...):
		c.noGraph.Store(true) // neither path is there
		return true
	case !schemaDoubt(err):
		return true
	case c.graph.Load():
		return false
	}
	known, perr := c.knowsSchema(ctx)
	if perr != nil {
		return true
	}
	c.graph.Store(known)
	c.noGraph.Store(!known)
	return !known
}

func checkSummary(q api.SummaryQuery) error {
	f := q.Filter
	f.Cursor, f.Page, f.PageSize, f.OrderBy, f.Order = "", 0, 0, "", ""
	if err := f.Validate(); err != nil {
		return err
	}
	for _, col := range q.Facets {
		if !slices.Contains(api.AggregateColumns(), col) {
			return api.Errorf(http.StatusBadRequest, "facets: want some of %s, got %q", strings.Join(api.AggregateColumns(), " "), col)
		}
	}
	return nil
}
