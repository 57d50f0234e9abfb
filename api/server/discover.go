package server

import (
	"encoding/json"

	"threatbench/api"
	"threatbench/api/store"
)

// ownPaths are the operations beyond the contract that search and imports need;
// they are announced at /capabilities.
func ownPaths() []string {
	return []string{"POST /events/explain", api.CanLookup, api.CanPoint, api.PathImports, api.CanUpdateIf}
}

// capabilities announces what this server understands beyond the contract.
func (c *call) capabilities() error {
	return c.ok(api.Capabilities{Operators: api.OwnOperators(), Paths: ownPaths()})
}

// explain says what each condition of a filter does.
func (c *call) explain() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	q, err := decodeListQuery(body)
	if err != nil {
		return err
	}
	out, err := c.s.db.Explain(c.ctx(), c.account, q)
	if err != nil {
		return err
	}
	return c.ok(out)
}

// pointed makes filters that tell marked events apart.
func (c *call) pointed() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var w struct {
		Wanted   json.RawMessage `json:"wanted"`
		Unwanted json.RawMessage `json:"unwanted"`
	}
	if err := decodeJSON(body, &w); err != nil {
		return err
	}
	var r api.PointRequest
	if r.Wanted, err = jsonStrings("wanted", w.Wanted); err != nil {
		return err
	}
	if r.Unwanted, err = jsonStrings("unwanted", w.Unwanted); err != nil {
		return err
	}
	if r.Within, err = decodeListQuery(body); err != nil {
		return err
	}
	out, err := c.s.db.Pointed(c.ctx(), c.account, r)
	if err != nil {
		return err
	}
	return c.ok(out)
}

// lookupIndicators says what is known of many indicators.
func (c *call) lookupIndicators() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	var w struct {
		Indicators json.RawMessage `json:"indicators"`
		Datasets   json.RawMessage `json:"datasetId"`
	}
	if err := decodeJSON(body, &w); err != nil {
		return err
	}
	var q api.LookupRequest
	if q.Indicators, err = jsonStrings("indicators", w.Indicators); err != nil {
		return err
	}
	if q.Datasets, err = jsonStrings("datasetId", w.Datasets); err != nil {
		return err
	}
	out, err := c.s.db.Lookup(c.ctx(), c.account, q)
	if err != nil {
		return err
	}
	return c.ok(out)
}

// listOptionsOf reads what a page is to come with.
func listOptionsOf(p params) (opts store.ListOptions, err error) {
	if opts.Matches, err = p.boolean("matches", false); err != nil {
		return opts, err
	}
	total, err := p.choice("total", "exact", "later")
	opts.TotalLater = total == "later"
	return opts, err
}
