package server

import (
	"bytes"
	"encoding/json"

	"threatbench/api"
	"threatbench/api/store"
)

// listRequest is a list query with what stands only in the query string.
type listRequest struct {
	query  api.ListQuery
	with   store.ListOptions
	format string // one of those below
}

// The formats a list is answered in.
const (
	formatJSON  = "json"
	formatSTIX  = "stix2"
	formatTAXII = "taxii"
)

// listFromURL reads a list query from the query string alone (GET).
func listFromURL(p params) (listRequest, error) {
	req, err := listOptions(p)
	if err != nil {
		return req, err
	}
	q := &req.query
	if q.Search, err = searchOf(p); err != nil {
		return req, err
	}
	if q.Branches, err = branchesOf(p); err != nil {
		return req, err
	}
	if q.Datasets, err = p.list("datasetId", "datasetIds"); err != nil {
		return req, err
	}
	if q.Page, err = p.number("page", 0); err != nil {
		return req, err
	}
	if q.PageSize, err = p.number("pageSize", 0); err != nil {
		return req, err
	}
	for key, into := range map[string]*string{"cursor": &q.Cursor, "orderBy": &q.OrderBy, "order": &q.Order} {
		if *into, err = p.text(key); err != nil {
			return req, err
		}
	}
	return req, q.Validate()
}

// listFromBody reads a list query from a JSON body (POST); format and
// forceRefresh stay in the query string.
func listFromBody(p params, body []byte) (listRequest, error) {
	req, err := listOptions(p)
	if err != nil {
		return req, err
	}
	if req.query, err = decodeListQuery(body); err != nil {
		return req, err
	}
	return req, req.query.Validate()
}

// listOptions reads the keys that stay in the query string.
func listOptions(p params) (listRequest, error) {
	format, err := p.choice("format", formatJSON, formatSTIX, formatTAXII)
	if err != nil {
		return listRequest{}, err
	}
	if _, err := p.boolean("forceRefresh", false); err != nil {
		return listRequest{}, err
	}
	if _, err := p.choice("cache", "from-graph"); err != nil {
		return listRequest{}, err
	}
	if format == "" {
		format = formatJSON
	}
	with, err := listOptionsOf(p)
	return listRequest{format: format, with: with}, err
}

// decodeListQuery reads the JSON form of a list query: numbers may come as
// strings, datasetId as a string or a list, search as one condition or a list.
// It checks the form, not the limits.
func decodeListQuery(body []byte) (api.ListQuery, error) {
	var w struct {
		Search   json.RawMessage `json:"search"`
		Branches json.RawMessage `json:"searchBranches"`
		Datasets json.RawMessage `json:"datasetId"`
		Page     json.RawMessage `json:"page"`
		PageSize json.RawMessage `json:"pageSize"`
		Cursor   string          `json:"cursor"`
		OrderBy  string          `json:"orderBy"`
		Order    string          `json:"order"`
	}
	if err := decodeJSON(body, &w); err != nil {
		return api.ListQuery{}, err
	}
	q := api.ListQuery{Cursor: w.Cursor, OrderBy: w.OrderBy, Order: w.Order}
	var err error
	if q.Search, err = jsonConditions("search", w.Search); err != nil {
		return q, err
	}
	if q.Branches, err = jsonBranches("searchBranches", w.Branches); err != nil {
		return q, err
	}
	if q.Datasets, err = jsonStrings("datasetId", w.Datasets); err != nil {
		return q, err
	}
	if q.Page, err = jsonNumber("page", w.Page); err != nil {
		return q, err
	}
	q.PageSize, err = jsonNumber("pageSize", w.PageSize)
	return q, err
}

func absent(b json.RawMessage) bool {
	b = bytes.TrimSpace(b)
	return len(b) == 0 || bytes.Equal(b, []byte("null"))
}

// jsonNumber reads a whole number or its text form; 0 where it is absent.
func jsonNumber(key string, b json.RawMessage) (int, error) {
	if absent(b) {
		return 0, nil
	}
	s := string(bytes.TrimSpace(b))
	if s[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return 0, bad(key, "a whole number", string(b))
		}
	}
	return wholeNumber(key, s)
}

// jsonStrings reads a string or a list of strings; empty ones don't count.
func jsonStrings(key string, b json.RawMessage) ([]string, error) {
	if absent(b) {
		return nil, nil
	}
	var one string
	if json.Unmarshal(b, &one) == nil {
		return splitList(key, one)
	}
	var list []string
	if err := json.Unmarshal(b, &list); err != nil {
		return nil, bad(key, "a string or a list of strings", string(b))
	}
	return list, nil
}
