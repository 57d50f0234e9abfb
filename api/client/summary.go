package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"threatbench/api"
)

const defaultFacetLimit = 10

// graphSummary is the one GraphQL call: the facets are aliases f0…fn of
// groupBy under the same filter.
func (c *Client) graphSummary(ctx context.Context, q api.SummaryQuery) (api.Summary, error) {
	data, err := c.query(ctx, summaryQuery(q), map[string]any{"filter": graphFilter(q.Filter)})
	if err != nil {
		return api.Summary{}, err
	}
	var res struct {
		Events map[string]json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(data, &res); err != nil {
		return api.Summary{}, fmt.Errorf("reading the counts: %w", err)
	}
	return readSummary(q, res.Events)
}

func summaryQuery(q api.SummaryQuery) string {
	var b strings.Builder
	b.WriteString("query Summary($filter: EventFilter) { events(filter: $filter) { total")
	for i, col := range q.Facets {
		fmt.Fprintf(&b, " f%d: groupBy(columns: [%q], limit: %d) { distinct rows { keys count } }", i, col, facetLimit(q))
	}
	if q.MaxBuckets > 0 {
		fmt.Fprintf(&b, " timeline(maxBuckets: %d) { bucket start end points { date count } }", q.MaxBuckets)
	}
	b.WriteString(" } }")
	return b.String()
}

func facetLimit(q api.SummaryQuery) int {
	if q.FacetLimit <= 0 {
		return defaultFacetLimit
	}
	return q.FacetLimit
}

// graphCondition is a condition as the schema takes it: one value, or values
// for `in`, always as text.
type graphCondition struct {
	Field  api.Field `json:"field"`
	Op     api.Op    `json:"op"`
	Value  *string   `json:"value,omitempty"`
	Values []string  `json:"values,omitempty"`
	Not    bool      `json:"not,omitempty"`
}

func graphConditions(list []api.Condition) []graphCondition {
	out := make([]graphCondition, len(list))
	for i, c := range list {
		out[i] = graphCondition{Field: c.Field, Op: c.Op, Not: c.Not}
		if c.Op == api.OpIn {
			out[i].Values = c.Values
			continue
		}
		if c.Op == api.OpNone {
			continue
		}
		v := c.Value()
		out[i].Value = &v
	}
	return out
}

func graphFilter(q api.ListQuery) map[string]any {
	f := map[string]any{}
	if len(q.Search) > 0 {
		f["search"] = graphConditions(q.Search)
	}
	if len(q.Branches) > 0 {
		branches := make([][]graphCondition, len(q.Branches))
		for i, b := range q.Branches {
			branches[i] = graphConditions(b)
		}
		f["searchBranches"] = branches
	}
	if len(q.Datasets) > 0 {
		f["datasetId"] = q.Datasets
	}
	return f
}

func readSummary(q api.SummaryQuery, events map[string]json.RawMessage) (api.Summary, error) {
	var s api.Summary
	if err := member(events, "total", &s.Total); err != nil {
		return api.Summary{}, err
	}
	for i, col := range q.Facets {
		f, err := readFacet(events, fmt.Sprintf("f%d", i), col)
		if err != nil {
			return api.Summary{}, err
		}
		s.Facets = append(s.Facets, f)
	}
	if q.MaxBuckets <= 0 {
		return s, nil
	}
	if err := member(events, "timeline", &s.Timeline); err != nil {
		return api.Summary{}, err
	}
	s.Timeline.Bucket = api.Bucket(strings.ToLower(string(s.Timeline.Bucket)))
	return s, nil
}

func readFacet(events map[string]json.RawMessage, alias, col string) (api.Facet, error) {
	var g struct {
		Distinct int `json:"distinct"`
		Rows     []struct {
			Keys  []*string `json:"keys"`
			Count int       `json:"count"`
		} `json:"rows"`
	}
	if err := member(events, alias, &g); err != nil {
		return api.Facet{}, err
	}
	f := api.Facet{Column: col, Distinct: g.Distinct, Top: make([]api.Count, 0, len(g.Rows))}
	for _, row := range g.Rows {
		n := api.Count{Count: row.Count}
		if len(row.Keys) > 0 && row.Keys[0] != nil {
			n.Value = *row.Keys[0]
		}
		f.Top = append(f.Top, n)
	}
	return f, nil
}

func member(m map[string]json.RawMessage, key string, into any) error {
	if err := json.Unmarshal(m[key], into); err != nil {
		return fmt.Errorf("reading %s of the counts: %w", key, err)
	}
	return nil
}

// schemaDoubt tells whether a failure may come from the server having no
// GraphQL, or another schema.
func schemaDoubt(err error) bool {
	var g *GraphError
	if errors.As(err, &g) {
		return true
	}
	return isStatus(err, http.StatusNotFound, http.StatusBadRequest, http.StatusMethodNotAllowed,
		http.StatusUnprocessableEntity, http.StatusNotImplemented, http.StatusGone)
}

// knownQuery asks for the type that only our schema has.
const knownQuery = `query Known { __type(name: "EventFilter") { name } }`

// knowsSchema asks the server by introspection whether its events take our
// filter. An error means that it could not be found out this time.
func (c *Client) knowsSchema(ctx context.Context) (bool, error) {
	data, err := c.query(ctx, knownQuery, nil)
	if err != nil {
		if schemaDoubt(err) {
			return false, nil
		}
		return false, err
	}
	var res struct {
		Type *struct{} `json:"__type"`
	}
	if err := json.Unmarshal(data, &res); err != nil {
		return false, fmt.Errorf("reading the schema: %w", err)
	}
	return res.Type != nil, nil
}
