package server

import (
	"fmt"
	"slices"
	"strings"

	"threatbench/api"
)

// aggregate answers GET /events/aggregate.
func (c *call) aggregate() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	q, err := aggregateQuery(p)
	if err != nil {
		return err
	}
	res, err := c.s.db.Aggregate(c.ctx(), c.account, q)
	if err != nil {
		return err
	}
	if res.Aggregations == nil {
		res.Aggregations = []api.AggregateRow{}
	}
	return c.ok(res)
}

func aggregateQuery(p params) (q api.AggregateQuery, err error) {
	if q.AggregateBy, err = p.list("aggregateBy"); err != nil {
		return q, err
	}
	if err := checkColumns("aggregateBy", q.AggregateBy); err != nil {
		return q, err
	}
	if len(q.AggregateBy) == 0 {
		return q, bad("aggregateBy", "one of "+strings.Join(api.AggregateColumns(), " "), "")
	}
	if q.Datasets, err = p.list("datasetId", "datasetIds"); err != nil {
		return q, err
	}
	if q.StartDate, err = p.day("startDate"); err != nil {
		return q, err
	}
	if q.EndDate, err = p.day("endDate"); err != nil {
		return q, err
	}
	if q.GroupByDate, err = p.boolean("groupByDate", false); err != nil {
		return q, err
	}
	if q.Limit, err = p.number("limit", 0); err != nil {
		return q, err
	}
	return q, api.ListQuery{Datasets: q.Datasets}.Validate()
}

// checkColumns refuses unknown and repeated columns.
func checkColumns(key string, columns []string) error {
	for i, col := range columns {
		if !slices.Contains(api.AggregateColumns(), col) {
			return bad(key, "one of "+strings.Join(api.AggregateColumns(), " "), col)
		}
		if slices.Contains(columns[:i], col) {
			return bad(key, "each column once", col+" twice")
		}
	}
	return nil
}

// day is the UTC day at key, "" where it is absent.
func (p params) day(key string) (string, error) {
	s, err := p.text(key)
	if err != nil || s == "" {
		return "", err
	}
	return s, checkDay(key, s)
}

func checkDay(key, s string) error {
	if !api.IsDay(s) {
		return bad(key, fmt.Sprintf("a day such as %s", "2024-01-31"), s)
	}
	return nil
}
