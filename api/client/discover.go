package client

import (
	"context"
	"fmt"
	"net/http"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/api/query"
)

// askCapabilities asks for the capabilities (GET /capabilities).
func (c *Client) askCapabilities(ctx context.Context) (api.Capabilities, error) {
	var out api.Capabilities
	_, err := c.read(ctx, request{method: http.MethodGet, path: "/capabilities"}, &out)
	switch status := api.StatusOf(err); {
	case err == nil:
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return api.Capabilities{}, nil
	default:
		return out, fmt.Errorf("asking what the server understands: %w", err)
	}
	cleanLines(out.Operators)
	cleanLines(out.Paths)
	return out, nil
}

// Explain asks what each condition of a filter does (POST /events/explain, of
// our own servers only).
func (c *Client) Explain(ctx context.Context, q api.ListQuery) (api.Explanation, error) {
	if query.HasDataset(q) {
		var err error
		if q, err = c.inDatasets(ctx, q); err != nil {
			return api.Explanation{}, fmt.Errorf("explaining a filter: %w", err)
		}
	}
	body := api.ListQuery{Search: q.Search, Branches: q.Branches, Datasets: q.Datasets}
	if err := body.Validate(); err != nil {
		return api.Explanation{}, fmt.Errorf("explaining a filter: %w", err)
	}
	var out api.Explanation
	if _, err := c.read(ctx, request{method: http.MethodPost, path: "/events/explain", body: body}, &out); err != nil {
		return api.Explanation{}, fmt.Errorf("explaining a filter: %w", err)
	}
	cleanExplanation(&out)
	return out, nil
}

// Pointed asks for filters that find the wanted events and none of the unwanted
// ones (POST /events/pointed, of our own servers only).
func (c *Client) Pointed(ctx context.Context, r api.PointRequest) (out api.Pointed, err error) {
	if query.HasDataset(r.Within) {
		if r.Within, err = c.inDatasets(ctx, r.Within); err != nil {
			return out, fmt.Errorf("making filters: %w", err)
		}
	}
	if err := r.Validate(); err != nil {
		return out, fmt.Errorf("making filters: %w", err)
	}
	body := struct {
		Wanted   []string          `json:"wanted"`
		Unwanted []string          `json:"unwanted,omitempty"`
		Search   []api.Condition   `json:"search,omitempty"`
		Branches [][]api.Condition `json:"searchBranches,omitempty"`
		Datasets []string          `json:"datasetId,omitempty"`
	}{r.Wanted, r.Unwanted, r.Within.Search, r.Within.Branches, r.Within.Datasets}
	if _, err := c.read(ctx, request{method: http.MethodPost, path: "/events/pointed", body: body}, &out); err != nil {
		return out, fmt.Errorf("making filters: %w", err)
	}
	for i := range out.Filters {
		for j := range out.Filters[i].Search {
			cond := &out.Filters[i].Search[j]
			cleanFields((*string)(&cond.Field), (*string)(&cond.Op))
			cleanLines(cond.Values)
		}
	}
	return out, nil
}

// LookupIndicators asks what is known of 1..1000 indicators, in the order
// given; no dataset means all (POST /events/indicators/lookup, of our own
// servers only).
func (c *Client) LookupIndicators(ctx context.Context, q api.LookupRequest) ([]api.Lookup, error) {
	var out []api.Lookup
	if _, err := c.read(ctx, request{method: http.MethodPost, path: "/events/indicators/lookup", body: q}, &out); err != nil {
		return nil, fmt.Errorf("looking up indicators: %w", err)
	}
	if len(out) != len(q.Indicators) {
		return nil, fmt.Errorf("looking up indicators: the server answered for %d of %d", len(out), len(q.Indicators))
	}
	for i := range out {
		cleanLookup(&out[i])
		out[i].Value = q.Indicators[i]
	}
	return out, nil
}

func cleanExplanation(x *api.Explanation) {
	for i := range x.Conditions {
		c := &x.Conditions[i]
		cleanFields((*string)(&c.Condition.Field), (*string)(&c.Condition.Op))
		cleanLines(c.Condition.Values)
		for j := range c.Near {
			cleanFields((*string)(&c.Near[j].Field), (*string)(&c.Near[j].Op), &c.Near[j].Value)
		}
		for j := range c.Fields {
			c.Fields[j].Field = api.Field(clean.Line(string(c.Fields[j].Field)))
		}
	}
	for i := range x.Datasets {
		cleanFields(&x.Datasets[i].UUID, &x.Datasets[i].Name)
	}
}

func cleanLookup(l *api.Lookup) {
	cleanFields(&l.Value, &l.Canonical)
	cleanKnown(&l.Exact)
	if l.Host != nil {
		cleanKnown(l.Host)
	}
	if l.Below != nil {
		cleanKnown(l.Below)
	}
	for i := range l.Parents {
		cleanKnown(&l.Parents[i])
	}
}

func cleanKnown(k *api.Known) {
	k.Value = clean.Line(k.Value)
	for i := range k.Newest {
		cleanFields(&k.Newest[i].UUID, &k.Newest[i].DatasetID, &k.Newest[i].Category, &k.Newest[i].Attacker)
	}
}
