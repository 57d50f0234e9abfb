package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"threatbench/api"
)

// Datasets lists the account's datasets (GET /events/dataset).
func (c *Client) Datasets(ctx context.Context) ([]api.Dataset, error) {
	var list []api.Dataset
	if err := c.catalog(ctx, "/events/dataset", &list); err != nil {
		return nil, fmt.Errorf("reading the datasets: %w", err)
	}
	for i := range list {
		cleanDataset(&list[i])
	}
	return list, nil
}

// CreateDataset makes a dataset (POST /events/dataset/create). It is sent once,
// like Create.
func (c *Client) CreateDataset(ctx context.Context, name string, public bool) (api.Dataset, error) {
	body := struct {
		Name     string `json:"name"`
		IsPublic bool   `json:"isPublic"`
	}{name, public}
	var d api.Dataset
	if err := c.write(ctx, request{method: http.MethodPost, path: "/events/dataset/create", body: body}, &d); err != nil {
		return api.Dataset{}, fmt.Errorf("creating dataset %q: %w", name, err)
	}
	cleanDataset(&d)
	return d, nil
}

// Dataset reads one dataset (GET /events/dataset/{dataset_id}).
func (c *Client) Dataset(ctx context.Context, id string) (api.Dataset, error) {
	var d api.Dataset
	if err := c.catalog(ctx, datasetPath(id), &d); err != nil {
		return api.Dataset{}, fmt.Errorf("reading dataset %s: %w", id, err)
	}
	cleanDataset(&d)
	return d, nil
}

// UpdateDataset renames a dataset or changes who sees it (PATCH
// /events/dataset/{dataset_id}).
func (c *Client) UpdateDataset(ctx context.Context, id string, p api.DatasetPatch) (api.Dataset, error) {
	var d api.Dataset
	r := request{method: http.MethodPatch, path: datasetPath(id), body: p}
	if err := c.settle(ctx, r, &d); err != nil {
		return api.Dataset{}, fmt.Errorf("changing dataset %s: %w", id, err)
	}
	cleanDataset(&d)
	return d, nil
}

// CreateTag makes a tag, or finds the one of that value (POST
// /events/tags/create).
func (c *Client) CreateTag(ctx context.Context, value string) (api.Tag, error) {
	body := struct {
		Value string `json:"value"`
	}{value}
	var t api.Tag
	if err := c.write(ctx, request{method: http.MethodPost, path: "/events/tags/create", body: body}, &t); err != nil {
		return api.Tag{}, fmt.Errorf("creating tag %q: %w", value, err)
	}
	cleanTag(&t)
	return t, nil
}

// Categories lists the kinds of events (GET /events/categories).
func (c *Client) Categories(ctx context.Context) ([]api.Category, error) {
	var list []api.Category
	if err := c.catalog(ctx, "/events/categories", &list); err != nil {
		return nil, fmt.Errorf("reading the categories: %w", err)
	}
	for i := range list {
		cleanCategory(&list[i])
	}
	return list, nil
}

// Attackers lists the names of attackers (GET /events/attackers).
func (c *Client) Attackers(ctx context.Context) ([]string, error) {
	return c.names(ctx, "attackers", "/events/attackers")
}

// TargetIndustries lists the names of industries (GET
// /events/targetIndustries).
func (c *Client) TargetIndustries(ctx context.Context) ([]string, error) {
	return c.names(ctx, "target industries", "/events/targetIndustries")
}

// IndicatorTypes lists the names of indicator types (GET
// /events/indicator-types, or the path it replaces).
func (c *Client) IndicatorTypes(ctx context.Context) ([]string, error) {
	var list []string
	get := func(path string) func() error {
		return func() (err error) {
			list, err = c.names(ctx, "indicator types", path)
			return err
		}
	}
	err := c.typePath.try(get("/events/indicator-types"), get("/events/indicatorTypes"))
	return list, err
}

// Countries lists the countries of ISO 3166-1 (GET /events/countries).
func (c *Client) Countries(ctx context.Context) ([]api.Country, error) {
	var list countries
	if err := c.catalog(ctx, "/events/countries", &list); err != nil {
		return nil, fmt.Errorf("reading the countries: %w", err)
	}
	for i := range list {
		cleanCountry(&list[i])
	}
	return list, nil
}

// Tags lists the labels of the account (GET /events/tags).
func (c *Client) Tags(ctx context.Context) ([]api.Tag, error) {
	var list tags
	if err := c.catalog(ctx, "/events/tags", &list); err != nil {
		return nil, fmt.Errorf("reading the tags: %w", err)
	}
	for i := range list {
		cleanTag(&list[i])
	}
	return list, nil
}

func datasetPath(id string) string { return "/events/dataset/" + url.PathEscape(id) }

func (c *Client) catalog(ctx context.Context, path string, into any) error {
	_, err := c.read(ctx, request{method: http.MethodGet, path: path}, into)
	return err
}

func (c *Client) names(ctx context.Context, what, path string) ([]string, error) {
	var list api.Names
	if err := c.catalog(ctx, path, &list); err != nil {
		return nil, fmt.Errorf("reading the %s: %w", what, err)
	}
	cleanLines(list)
	return list, nil
}

// countries reads a plain list, and the published form in which the list sits
// in the result of a list's only item.
type countries []api.Country

func (l *countries) UnmarshalJSON(b []byte) error {
	var outer []json.RawMessage
	if err := json.Unmarshal(b, &outer); err != nil {
		return err
	}
	*l = nil
	for _, item := range outer {
		var w struct {
			api.Country
			Result []api.Country `json:"result"`
		}
		if err := json.Unmarshal(item, &w); err != nil {
			return err
		}
		if w.Result != nil {
			*l = append(*l, w.Result...)
			continue
		}
		*l = append(*l, w.Country)
	}
	return nil
}

// tags reads {tags:[…]} and a plain list.
type tags []api.Tag

func (l *tags) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]api.Tag)(l))
	}
	var w struct {
		Tags  []api.Tag `json:"tags"`
		Items []api.Tag `json:"items"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*l = append(w.Tags, w.Items...)
	return nil
}
