package client

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
)

const (
	defaultGroupLimit = 100
	// mostGroups is what one call asks for at most, which is also what the
	// server gives at most.
	mostGroups = 10_000
)

// Groups counts by columns, by time, or both. The REST call is made where it
// suffices: whole days at most as a filter, and no time steps other than days.
// All else takes one GraphQL call. A server without GraphQL, or with another
// schema, is asked by REST from then on; it counts whole datasets within the
// days the filter names, so Unfiltered is set where the filter says more.
func (c *Client) Groups(ctx context.Context, q api.GroupQuery) (api.Groups, error) {
	var err error
	if q.Filter, _, err = c.compile(ctx, q.Filter); err != nil {
		return api.Groups{}, fmt.Errorf("counting by %s: %w", strings.Join(groupNames(q), ", "), err)
	}
	g, err := c.groups(ctx, q)
	if err != nil {
		return api.Groups{}, fmt.Errorf("counting by %s: %w", strings.Join(groupNames(q), ", "), err)
	}
	cleanGroups(&g)
	return g, nil
}

func groupNames(q api.GroupQuery) []string {
	if q.Bucket == "" {
		return q.Columns
	}
	return append(slices.Clone(q.Columns), string(q.Bucket))
}

func (c *Client) groups(ctx context.Context, q api.GroupQuery) (api.Groups, error) {
	if err := checkGroups(q); err != nil {
		return api.Groups{}, err
	}
	days, rest := daysOf(q.Filter)
	if rest == 0 && (q.Bucket == "" || q.Bucket == api.BucketDay && len(q.Columns) > 0) || c.noGraph.Load() {
		return c.restGroups(ctx, q, days, rest > 0)
	}
	g, err := c.graphGroups(ctx, q)
	if err == nil {
		c.graph.Store(true)
		return g, nil
	}
	if !c.countsByREST(ctx, err) {
		return g, err
	}
	return c.restGroups(ctx, q, days, rest > 0)
}

func checkGroups(q api.GroupQuery) error {
	f := q.Filter
	f.Cursor, f.Page, f.PageSize, f.OrderBy, f.Order = "", 0, 0, "", ""
	if err := f.Validate(); err != nil {
		return err
	}
	if len(q.Columns) == 0 && q.Bucket == "" {
		return api.Errorf(http.StatusBadRequest, "columns: want one at least, or a bucket")
	}
	for _, col := range q.Columns {
		if !slices.Contains(api.AggregateColumns(), col) {
			return api.Errorf(http.StatusBadRequest, "columns: want some of %s, got %q", strings.Join(api.AggregateColumns(), " "), col)
		}
	}
	return nil
}

// span is the whole days a filter asks for, "" where it is open.
type span struct{ start, end string }

// daysOf is the range of whole days a filter names, and how many of its
// conditions say something else.
func daysOf(q api.ListQuery) (s span, rest int) {
	rest = len(q.Branches)
	for _, c := range q.Search {
		day := c.Value()
		switch {
		case c.Field != api.FieldDate || !api.IsDay(day):
			rest++
		case c.Op == api.OpGte:
			s.start = max(s.start, day)
		case c.Op == api.OpLte && (s.end == "" || day < s.end):
			s.end = day
		case c.Op != api.OpLte:
			rest++
		}
	}
	return s, rest
}

func groupLimit(q api.GroupQuery) int {
	if q.Limit <= 0 {
		return defaultGroupLimit
	}
	return min(q.Limit, mostGroups)
}

// graphGroups is the one GraphQL call.
func (c *Client) graphGroups(ctx context.Context, q api.GroupQuery) (api.Groups, error) {
	data, err := c.query(ctx, groupsQuery(q), map[string]any{"filter": graphFilter(q.Filter)})
	if err != nil {
		return api.Groups{}, err
	}
	var res struct {
		Events struct {
			Total   int `json:"total"`
			GroupBy struct {
				Distinct int `json:"distinct"`
				Rows     []struct {
					Keys  []*string `json:"keys"`
					Date  string    `json:"date"`
					Count int       `json:"count"`
				} `json:"rows"`
			} `json:"groupBy"`
		} `json:"events"`
	}
	if err := json.Unmarshal(data, &res); err != nil {
		return api.Groups{}, fmt.Errorf("reading the counts: %w", err)
	}
	g := api.Groups{Total: res.Events.Total, Distinct: res.Events.GroupBy.Distinct}
	for _, r := range res.Events.GroupBy.Rows {
		row := api.Group{Keys: make([]string, len(q.Columns)), Count: r.Count}
		for i := range min(len(r.Keys), len(row.Keys)) {
			if r.Keys[i] != nil {
				row.Keys[i] = *r.Keys[i]
			}
		}
		if at, err := api.ParseTime(r.Date); err == nil && q.Bucket != "" {
			row.Date = at
		}
		g.Rows = append(g.Rows, row)
	}
	return g, nil
}

func groupsQuery(q api.GroupQuery) string {
	args := []string{fmt.Sprintf("limit: %d", groupLimit(q))}
	if len(q.Columns) > 0 {
		args = append(args, fmt.Sprintf(`columns: ["%s"]`, strings.Join(q.Columns, `", "`)))
	}
	if q.Bucket != "" {
		args = append(args, "bucket: "+strings.ToUpper(string(q.Bucket)))
	}
	if q.ByKey {
		args = append(args, "sort: KEY_ASC")
	}
	return "query Groups($filter: EventFilter) { events(filter: $filter) { total groupBy(" + strings.Join(args, ", ") + ") { distinct rows { keys date count } } } }"
}

// restGroups asks the REST call. It takes no time step without a column and
// knows days only: a column of two values stands in, and days are summed up
// to the step asked for.
func (c *Client) restGroups(ctx context.Context, q api.GroupQuery, days span, unfiltered bool) (api.Groups, error) {
	limit, columns := groupLimit(q), q.Columns
	ask := limit + 1
	if q.Bucket != "" || q.ByKey {
		ask = mostGroups
	}
	if len(columns) == 0 {
		columns = []string{restSlice}
	}
	res, err := c.Aggregate(ctx, api.AggregateQuery{
		AggregateBy: columns, Datasets: q.Filter.Datasets, StartDate: days.start, EndDate: days.end, GroupByDate: q.Bucket != "", Limit: ask,
	})
	if err != nil {
		return api.Groups{}, err
	}
	rows := foldRows(res.Aggregations, q)
	slices.SortStableFunc(rows, func(a, b api.Group) int { return compareGroups(q, a, b) })
	g := api.Groups{Total: res.Total, Distinct: len(rows), AtLeast: len(res.Aggregations) >= ask, Unfiltered: unfiltered}
	g.Rows = rows[:min(limit, len(rows))]
	return g, nil
}

// foldRows sums rows of one key and step.
func foldRows(in []api.AggregateRow, q api.GroupQuery) []api.Group {
	var out []api.Group
	at := map[string]int{}
	for _, r := range in {
		g := api.Group{Keys: make([]string, len(q.Columns)), Count: countOf(r["count"])}
		for i, col := range q.Columns {
			g.Keys[i] = textOf(r[col])
		}
		if q.Bucket != "" {
			day, err := api.ParseTime(textOf(r["date"]))
			if err != nil {
				continue // an event without a date has no place in time
			}
			g.Date = api.TimeOf(startOf(day.Time, q.Bucket))
		}
		key := g.Date.String() + "\x00" + strings.Join(g.Keys, "\x00")
		if i, ok := at[key]; ok {
			out[i].Count += g.Count
			continue
		}
		at[key] = len(out)
		out = append(out, g)
	}
	return out
}

func compareGroups(q api.GroupQuery, a, b api.Group) int {
	byKey := cmp.Or(a.Date.Compare(b.Date.Time), slices.CompareFunc(a.Keys, b.Keys, func(s, t string) int {
		return cmp.Or(strings.Compare(api.Fold(s), api.Fold(t)), strings.Compare(s, t))
	}))
	if q.ByKey {
		return byKey
	}
	return cmp.Or(b.Count-a.Count, byKey)
}
