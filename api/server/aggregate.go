package server

import (
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
	if err := checkColumns("aggregateBy", api.OrderFields(), q.AggregateBy); err != nil {
		return q, err
	}
	if len(q.AggregateBy) == 0 {
		return q, bad("aggregateBy", "one of "+strings.Join(api.OrderFields(), " "), "")
	}
	if q.Datasets, err = p.list("datasetId", "datasetIds"); err != nil {
		return q, err
	}
	if q.StartDate, err = p.time("startDate"); err != nil {
		return q, err
	}
	if q.EndDate, err = p.time("endDate"); err != nil {
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
func checkColumns(key string, known, columns []string) error {
	for i, col := range columns {
		if !slices.Contains(known, col) {
			return bad(key, "one of "+strings.Join(known, " "), col)
		}
		if slices.Contains(columns[:i], col) {
			return bad(key, "each column once", col+" twice")
		}
	}
	return nil
}

// time is the day or moment at key, "" where it is absent.
func (p params) time(key string) (string, error) {
	s, err := p.text(key)
	if err != nil || s == "" {
		return "", err
	}
	return s, checkTime(key, s)
}

func checkTime(key, s string) error {
	if _, err := api.ParseTime(s); err != nil {
		return bad(key, "a day such as 2024-01-31 or a time such as 2024-01-31T12:00:00Z", s)
	}
	return nil
}
