package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"threatbench/api"
	"threatbench/api/server/openapi"
	"threatbench/api/stix"
	"threatbench/api/tag"
)

// described is what the document says of one route: what it is for, which keys
// its query has (see openapi.Described), what it reads and what it answers.
type described struct {
	summary    string
	query      []string
	body       any
	result     any
	info       any  // result_info; nil where there is none
	status     int  // 0 means 200
	form       form // how the result is wrapped
	objects    bool // STIX may be asked for
	deprecated bool // another path does the same
}

// form is how a result is wrapped.
type form int

const (
	inStyle form = iota // as the server's style has it
	wrapped             // in the envelope, whatever the style
	asIs                // never in the envelope
	ofStyle             // another result in each style
)

type (
	anyObject map[string]any
	success   struct {
		Success bool `json:"success"`
	}
	onlyID struct {
		UUID string `json:"uuid"`
	}
	datasetBody struct {
		Name     string `json:"name,omitempty"`
		IsPublic bool   `json:"isPublic,omitempty"`
	}
	datasetResult struct {
		UUID        string `json:"uuid"`
		Name        string `json:"name"`
		IsPublic    bool   `json:"isPublic"`
		IsAnalytics bool   `json:"isAnalytics"`
	}
	deletedDataset struct {
		UUID string `json:"uuid"`
		Name string `json:"name"`
	}
	createBody struct {
		api.CreateEvent
		PreserveUUID bool `json:"preserveUuid,omitempty"`
	}
	updateBody struct {
		DatasetID string `json:"datasetId,omitempty"`
		api.EventPatch
	}
	updateManyBody struct {
		DatasetID   string                    `json:"datasetId"`
		EventIDs    []string                  `json:"eventIds"`
		Updates     api.EventPatch            `json:"updates"`
		IfUnchanged map[string]api.EventPatch `json:"ifUnchanged,omitempty"`
	}
	tagsBody struct {
		Tags []string `json:"tags"`
	}
	referencesBody struct {
		Events []string `json:"events"`
	}
	transferWish struct {
		To       string   `json:"destDatasetId"`
		EventIDs []string `json:"eventIds"`
	}
	revertsBody struct {
		Reverts []api.DatasetRevert `json:"reverts"`
	}
	markBody struct {
		IDs  []int64 `json:"ids,omitempty"`
		Read *bool   `json:"read,omitempty"`
	}
	marked struct {
		Updated int `json:"updated"`
	}
	graphQLBody struct {
		Query         string         `json:"query"`
		OperationName string         `json:"operationName,omitempty"`
		Variables     map[string]any `json:"variables,omitempty"`
	}
	graphQLResult struct {
		Data   any   `json:"data,omitempty"`
		Errors []any `json:"errors,omitempty"`
	}
	graphResult struct {
		Edges []api.GraphEdge `json:"edges"`
		Node  *anyObject      `json:"node"`
		Nodes []anyObject     `json:"nodes"`
	}
	indicatorsOfResult struct {
		Indicators []api.Indicator `json:"indicators"`
		Pagination paginationInfo  `json:"pagination"`
	}
	indicatorCounts struct {
		AggregateBy    string           `json:"aggregateBy"`
		Aggregations   []map[string]any `json:"aggregations"`
		Total          int              `json:"total"`
		FailedDatasets int              `json:"failedDatasets"`
	}
	tagCategories struct {
		Categories []api.TagCategory `json:"categories"`
	}
	relatedCreated struct {
		CreatedEvents        int                `json:"createdEventsCount"`
		CreatedIndicators    int                `json:"createdIndicatorsCount"`
		CreatedRelationships int                `json:"createdRelationshipsCount"`
		Skipped              int                `json:"skippedEventsCount,omitempty"`
		Updated              int                `json:"updatedEventsCount,omitempty"`
		Unlike               int                `json:"unlikeEventsCount,omitempty"`
		Kept                 []api.ItemError    `json:"keptEvents,omitempty"`
		ErrorCount           int                `json:"errorCount"`
		Errors               []api.ItemError    `json:"errors,omitempty"`
		Events               []api.CreatedEvent `json:"createdEvents,omitempty"`
	}
)

// given are the schemas of types that write themselves in a way of their own.
func given() map[reflect.Type]*openapi.Schema {
	text := &openapi.Schema{Type: "string"}
	number := &openapi.Schema{Type: "integer"}
	anything := &openapi.Schema{}
	return map[reflect.Type]*openapi.Schema{
		reflect.TypeFor[api.Time]():        {Type: "string", Description: "RFC 3339; empty where it isn't known"},
		reflect.TypeFor[json.RawMessage](): anything,
		reflect.TypeFor[anyObject]():       {Type: "object", Others: anything},
		reflect.TypeFor[api.ResultInfo](): {Type: "object", Required: []string{"count", "page", "per_page"}, Properties: map[string]*openapi.Schema{
			"count": number, "page": number, "per_page": number, "total_count": number, "total_pages": number, "unread": number,
			"cursor": text, "has_more": {Type: "boolean"}, "truncated": {Type: "boolean"}, "matches": {Type: "object", Others: anything},
		}},
		reflect.TypeFor[tag.Record](): {Type: "object", Required: []string{"uuid", "value"}, Others: anything, Properties: map[string]*openapi.Schema{
			"uuid": text, "value": text, "categoryUuid": text, "categoryName": text, "version": number, "createdAt": text, "updatedAt": text,
		}},
		reflect.TypeFor[tag.Input](): {Type: "object", Others: anything, Properties: map[string]*openapi.Schema{"value": text, "categoryUuid": openapi.OrNull(text)}},
		reflect.TypeFor[api.Condition](): {Type: "object", Required: []string{"field", "op"}, Properties: map[string]*openapi.Schema{
			"field": text, "op": text, "value": {Description: "a text, a number, true or false; of in a list"},
		}},
	}
}

// document is what /openapi.json answers: every route, and no other.
func (s *server) document() (*openapi.Document, error) {
	d := &openapi.Document{
		OpenAPI: "3.1.0",
		Info:    openapi.Info{Title: "threatbench events API", Version: "1", Description: "The operations that this server has. What they mean stands in docs/api.md."},
		Servers: []openapi.Server{{
			URL:       BasePath + "/accounts/{account_id}/cloudforce-one",
			Variables: map[string]openapi.Variable{"account_id": {Default: "local", Description: "the account that the token opens"}},
		}},
		Security: []map[string][]string{{"token": {}}, {"email": {}, "key": {}}},
		Paths:    map[string]map[string]*openapi.Operation{},
		Components: openapi.Components{Schemas: map[string]*openapi.Schema{}, SecuritySchemes: map[string]map[string]string{
			"token": {"type": "http", "scheme": "bearer"},
			"email": {"type": "apiKey", "in": "header", "name": "X-Auth-Email"},
			"key":   {"type": "apiKey", "in": "header", "name": "X-Auth-Key"},
		}},
	}
	types := openapi.NewTypes(given())
	failure, err := types.Of(struct {
		Success  bool            `json:"success"`
		Errors   []api.ErrorItem `json:"errors"`
		Messages []api.ErrorItem `json:"messages"`
		Result   any             `json:"result"`
	}{})
	if err != nil {
		return nil, fmt.Errorf("describing a failure: %w", err)
	}
	d.Components.Schemas["Failure"] = failure
	table := s.described()
	for _, rt := range s.routes() {
		key := rt.method + " " + rt.pattern
		o, there := table[key]
		if !there {
			return nil, fmt.Errorf("%s isn't described", key)
		}
		if err := s.describe(d, types, rt, o); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (s *server) encodedDocument() ([]byte, error) {
	d, err := s.document()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encoding the document: %w", err)
	}
	return b, nil
}

// describe adds one route to the document.
func (s *server) describe(d *openapi.Document, types *openapi.Types, rt route, o described) error {
	answer, err := types.Of(o.result)
	if err == nil && (o.form == wrapped || o.form != asIs && s.config.ResponseStyle == Enveloped) {
		answer, err = enveloped(types, answer, o.info)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", rt.method, rt.pattern, err)
	}
	out := openapi.Described{Summary: o.summary, Deprecated: o.deprecated, Query: o.query, Body: o.body, Status: o.status, Answer: answer}
	if out.Status == 0 {
		out.Status = http.StatusOK
	}
	if o.objects {
		out.Other = map[string]string{stix.MediaType: "a STIX 2.1 bundle (format=stix2)", stix.TAXIIType: "a TAXII 2.1 envelope (format=taxii)"}
	}
	if err := d.Add(types, rt.method, rt.pattern, out); err != nil {
		return fmt.Errorf("describing the operations: %w", err)
	}
	return nil
}

// enveloped is the schema of a result in the envelope.
func enveloped(types *openapi.Types, result *openapi.Schema, info any) (*openapi.Schema, error) {
	messages, err := types.Of([]api.ErrorItem{})
	if err != nil {
		return nil, fmt.Errorf("describing the envelope: %w", err)
	}
	out := &openapi.Schema{Type: "object", Required: []string{"success", "errors", "messages", "result"}, Properties: map[string]*openapi.Schema{
		"success": {Type: "boolean"}, "errors": messages, "messages": messages, "result": result,
	}}
	if info == nil {
		return out, nil
	}
	if out.Properties["result_info"], err = types.Of(info); err != nil {
		return nil, fmt.Errorf("describing result_info: %w", err)
	}
	out.Required = append(slices.Clone(out.Required), "result_info")
	return out, nil
}

// openAPI answers the document; it needs no credential, since it tells of the
// program and nothing of what is in it.
func (c *call) openAPI() error {
	if done, err := c.onlyGET(); done {
		return err
	}
	b, err := c.s.openapi()
	if err != nil {
		return err
	}
	return c.send(http.StatusOK, jsonType, b)
}
