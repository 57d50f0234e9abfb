package client

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"threatbench/api"
	"threatbench/api/clean"
)

// DeleteDataset takes a dataset with its events away (DELETE
// /events/dataset/{dataset_id}).
func (c *Client) DeleteDataset(ctx context.Context, id string) error {
	if err := c.remove(ctx, datasetPath(id)); err != nil {
		return fmt.Errorf("deleting dataset %s: %w", id, err)
	}
	return nil
}

// CategoryCatalog lists all categories of the account, those without events too
// (GET /events/categories/catalog).
func (c *Client) CategoryCatalog(ctx context.Context) ([]api.Category, error) {
	var list []api.Category
	if err := c.catalog(ctx, "/events/categories/catalog", &list); err != nil {
		return nil, fmt.Errorf("reading the categories: %w", err)
	}
	for i := range list {
		cleanCategory(&list[i])
	}
	return list, nil
}

// CreateCategory makes a category of a name and a stage (POST
// /events/categories/create). It is sent once, like Create.
func (c *Client) CreateCategory(ctx context.Context, p api.CategoryPatch) (api.Category, error) {
	var cat api.Category
	if err := c.write(ctx, request{method: http.MethodPost, path: "/events/categories/create", body: p}, &cat); err != nil {
		return api.Category{}, fmt.Errorf("creating a category: %w", err)
	}
	cleanCategory(&cat)
	return cat, nil
}

// atPath calls a path, or the path it replaces.
func atPath(r *route, newer, older string, do func(path string) error) error {
	return r.try(func() error { return do(newer) }, func() error { return do(older) })
}

func (c *Client) atCategory(id string, do func(path string) error) error {
	id = url.PathEscape(id)
	return atPath(&c.categoryPath, "/events/event-categories/by-id/"+id, "/events/categories/"+id, do)
}

// Category reads one category (GET /events/event-categories/by-id/{category_id},
// or the path it replaces).
func (c *Client) Category(ctx context.Context, id string) (api.Category, error) {
	var cat api.Category
	if err := c.atCategory(id, func(path string) error { return c.catalog(ctx, path, &cat) }); err != nil {
		return api.Category{}, fmt.Errorf("reading category %s: %w", id, err)
	}
	cleanCategory(&cat)
	return cat, nil
}

// UpdateCategory changes a category for the events that are given it from then
// on (PATCH /events/event-categories/by-id/{category_id}, or the path it
// replaces).
func (c *Client) UpdateCategory(ctx context.Context, id string, p api.CategoryPatch) (api.Category, error) {
	var cat api.Category
	err := c.atCategory(id, func(path string) error {
		return c.settle(ctx, request{method: http.MethodPatch, path: path, body: p}, &cat)
	})
	if err != nil {
		return api.Category{}, fmt.Errorf("changing category %s: %w", id, err)
	}
	cleanCategory(&cat)
	return cat, nil
}

// DeleteCategory takes a category out of the catalogue (DELETE
// /events/event-categories/by-id/{category_id}, or the path it replaces).
func (c *Client) DeleteCategory(ctx context.Context, id string) error {
	if err := c.atCategory(id, func(path string) error { return c.remove(ctx, path) }); err != nil {
		return fmt.Errorf("deleting category %s: %w", id, err)
	}
	return nil
}

// IndustryCatalog lists the industries of all datasets (GET
// /events/targetIndustries/catalog).
func (c *Client) IndustryCatalog(ctx context.Context) ([]string, error) {
	return c.names(ctx, "target industries", "/events/targetIndustries/catalog")
}

// DatasetIndustries lists the industries of a dataset's events (GET
// /events/dataset/{dataset_id}/targetIndustries).
func (c *Client) DatasetIndustries(ctx context.Context, dataset string) ([]string, error) {
	return c.names(ctx, "target industries of the dataset", datasetPath(dataset)+"/targetIndustries")
}

func tagPath(id string) string { return "/events/tags/" + url.PathEscape(id) }

// UpdateTag changes what is known of a tag (PATCH /events/tags/{tag_uuid}). A
// new value is written to the events that carry it, where the server does so.
func (c *Client) UpdateTag(ctx context.Context, id string, p api.TagPatch) (api.Tag, error) {
	var t api.Tag
	if err := c.settle(ctx, request{method: http.MethodPatch, path: tagPath(id), body: p}, &t); err != nil {
		return api.Tag{}, fmt.Errorf("changing tag %s: %w", id, err)
	}
	cleanTag(&t)
	return t, nil
}

// DeleteTag takes a tag away (DELETE /events/tags/{tag_uuid}).
func (c *Client) DeleteTag(ctx context.Context, id string) error {
	if err := c.remove(ctx, tagPath(id)); err != nil {
		return fmt.Errorf("deleting tag %s: %w", id, err)
	}
	return nil
}

// Actors lists the tags that name actors (GET /events/tags/categories/actors).
func (c *Client) Actors(ctx context.Context) ([]api.Tag, error) {
	return c.tagList(ctx, "actors", "/events/tags/categories/actors")
}

// DatasetTags lists the tags of a dataset's indicators (GET
// /events/dataset/{dataset_id}/indicators/tags).
func (c *Client) DatasetTags(ctx context.Context, dataset string) ([]api.Tag, error) {
	return c.tagList(ctx, "tags of the dataset", datasetPath(dataset)+"/indicators/tags")
}

func (c *Client) tagList(ctx context.Context, what, path string) ([]api.Tag, error) {
	var list tags
	if err := c.catalog(ctx, path, &list); err != nil {
		return nil, fmt.Errorf("reading the %s: %w", what, err)
	}
	for i := range list {
		cleanTag(&list[i])
	}
	return list, nil
}

// TagCategories lists the categories of tags (GET /events/tags/categories).
func (c *Client) TagCategories(ctx context.Context) ([]api.TagCategory, error) {
	var answer struct {
		Categories []api.TagCategory `json:"categories"`
	}
	if err := c.catalog(ctx, "/events/tags/categories", &answer); err != nil {
		return nil, fmt.Errorf("reading the categories of tags: %w", err)
	}
	for i := range answer.Categories {
		cleanTagCategory(&answer.Categories[i])
	}
	return answer.Categories, nil
}

// CreateTagCategory makes a category of tags (POST
// /events/tags/categories/create). It is sent once, like Create.
func (c *Client) CreateTagCategory(ctx context.Context, p api.TagCategoryPatch) (api.TagCategory, error) {
	var k api.TagCategory
	if err := c.write(ctx, request{method: http.MethodPost, path: "/events/tags/categories/create", body: p}, &k); err != nil {
		return api.TagCategory{}, fmt.Errorf("creating a category of tags: %w", err)
	}
	cleanTagCategory(&k)
	return k, nil
}

func (c *Client) atTagCategory(id string, do func(path string) error) error {
	id = url.PathEscape(id)
	return atPath(&c.tagCategoryPath, "/events/tag-categories/"+id, "/events/tags/categories/"+id, do)
}

// TagCategory reads one category of tags (GET
// /events/tag-categories/{category_uuid}, or the path it replaces).
func (c *Client) TagCategory(ctx context.Context, id string) (api.TagCategory, error) {
	var k api.TagCategory
	if err := c.atTagCategory(id, func(path string) error { return c.catalog(ctx, path, &k) }); err != nil {
		return api.TagCategory{}, fmt.Errorf("reading tag category %s: %w", id, err)
	}
	cleanTagCategory(&k)
	return k, nil
}

// UpdateTagCategory changes a category of tags (PATCH
// /events/tag-categories/{category_uuid}, or the path it replaces).
func (c *Client) UpdateTagCategory(ctx context.Context, id string, p api.TagCategoryPatch) (api.TagCategory, error) {
	var k api.TagCategory
	err := c.atTagCategory(id, func(path string) error {
		return c.settle(ctx, request{method: http.MethodPatch, path: path, body: p}, &k)
	})
	if err != nil {
		return api.TagCategory{}, fmt.Errorf("changing tag category %s: %w", id, err)
	}
	cleanTagCategory(&k)
	return k, nil
}

// DeleteTagCategory takes a category of tags away; the tags stay (DELETE
// /events/tag-categories/{category_uuid}, or the path it replaces). It is sent
// once: a second time finds none.
func (c *Client) DeleteTagCategory(ctx context.Context, id string) error {
	if err := c.atTagCategory(id, func(path string) error { return c.remove(ctx, path) }); err != nil {
		return fmt.Errorf("deleting tag category %s: %w", id, err)
	}
	return nil
}

// Indicators lists indicators, the newest first (GET /events/indicators). With
// exactly one dataset named and no cursor, a server that lacks it is asked by
// the older path (GET /events/dataset/{dataset_id}/indicators).
func (c *Client) Indicators(ctx context.Context, q api.IndicatorQuery) (api.IndicatorPage, error) {
	var page api.IndicatorPage
	ask := func(path string, v url.Values) func() error {
		return func() (err error) {
			page, err = c.indicatorPage(ctx, path, v, q)
			return err
		}
	}
	newer := ask("/events/indicators", indicatorValues(q, "datasetIds"))
	var err error
	if len(q.Datasets) == 1 && q.Cursor == "" {
		err = c.indicatorPath.try(newer, ask(datasetPath(q.Datasets[0])+"/indicators", indicatorValues(q, "")))
	} else {
		err = newer()
	}
	if err != nil {
		return api.IndicatorPage{}, fmt.Errorf("listing indicators: %w", err)
	}
	return page, nil
}

// TagIndicators lists the indicators of the events that carry a tag (GET
// /events/tags/{tag_uuid}/indicators). With exactly one dataset named, a server
// that lacks it is asked by the older path (GET
// /events/dataset/{dataset_id}/tags/{tag_uuid}/indicators).
func (c *Client) TagIndicators(ctx context.Context, tag string, q api.IndicatorQuery) (api.IndicatorPage, error) {
	var page api.IndicatorPage
	ask := func(path, key string) func() error {
		return func() (err error) {
			page, err = c.indicatorPage(ctx, path, indicatorValues(q, key), q)
			return err
		}
	}
	newer := ask(tagPath(tag)+"/indicators", "datasetIds")
	var err error
	if len(q.Datasets) == 1 {
		err = c.tagIndicatorPath.try(newer, ask(datasetPath(q.Datasets[0])+"/tags/"+url.PathEscape(tag)+"/indicators", ""))
	} else {
		err = newer()
	}
	if err != nil {
		return api.IndicatorPage{}, fmt.Errorf("listing the indicators of tag %s: %w", tag, err)
	}
	return page, nil
}

// indicatorValues are the keys of a list of indicators; its datasets stand
// under a key, or nowhere.
func indicatorValues(q api.IndicatorQuery, datasets string) url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
		return v
	}
	if datasets != "" && len(q.Datasets) > 0 {
		v[datasets] = q.Datasets
	}
	if len(q.Tags) > 0 {
		v["tags"] = q.Tags
	}
	for key, text := range map[string]string{"name": q.Name, "indicatorType": q.Type} {
		if text != "" {
			v.Set(key, text)
		}
	}
	for key, n := range map[string]int{"page": q.Page, "pageSize": q.PageSize} {
		if n > 0 {
			v.Set(key, strconv.Itoa(n))
		}
	}
	if q.WithTotal {
		v.Set("includeTotalCount", "true")
	}
	return v
}

// indicatorAnswer is a page in either of its forms.
type indicatorAnswer struct {
	Indicators []api.Indicator `json:"indicators"`
	Pagination struct {
		Page       int     `json:"page"`
		PerPage    int     `json:"per_page"`
		PageSize   int     `json:"pageSize"`
		Cursor     *string `json:"cursor"`
		HasMore    *bool   `json:"has_more"`
		TotalCount *int    `json:"total_count"`
		Exact      *bool   `json:"total_count_is_exact"`
		Total      *int    `json:"totalCount"`
	} `json:"pagination"`
	Completeness *struct {
		Complete       bool              `json:"complete"`
		FailedDatasets []string          `json:"failedDatasets"`
		FailedShards   []json.RawMessage `json:"failedShards"`
		Warnings       []string          `json:"warnings"`
	} `json:"completeness"`
}

func (c *Client) indicatorPage(ctx context.Context, path string, v url.Values, q api.IndicatorQuery) (api.IndicatorPage, error) {
	var a indicatorAnswer
	if _, err := c.read(ctx, request{method: http.MethodGet, path: path, query: v}, &a); err != nil {
		return api.IndicatorPage{}, err
	}
	page := a.page(q)
	for i := range page.Indicators {
		cleanIndicator(&page.Indicators[i])
	}
	cleanLines(page.Missing)
	return page, nil
}

// page reads what an answer says of itself.
func (a *indicatorAnswer) page(q api.IndicatorQuery) api.IndicatorPage {
	p := a.Pagination
	out := api.IndicatorPage{Indicators: a.Indicators, Page: max(p.Page, q.Page, 1), Size: cmp.Or(p.PerPage, p.PageSize, q.PageSize), Total: -1}
	if p.Cursor != nil {
		out.Cursor = *p.Cursor
	}
	out.More = out.Cursor != "" || p.HasMore != nil && *p.HasMore
	switch {
	case p.Total != nil && *p.Total >= 0:
		out.Total = *p.Total
		out.More = out.More || out.Page*out.Size < out.Total
	case p.TotalCount != nil && *p.TotalCount >= 0 && (p.Exact == nil || *p.Exact):
		out.Total = *p.TotalCount
	}
	if a.Completeness == nil || a.Completeness.Complete {
		return out
	}
	for _, id := range a.Completeness.FailedDatasets {
		out.Missing = append(out.Missing, "dataset "+id+" didn't answer")
	}
	if n := len(a.Completeness.FailedShards); n > 0 {
		out.Missing = append(out.Missing, fmt.Sprintf("parts of datasets that didn't answer: %d", n))
	}
	if out.Missing = append(out.Missing, a.Completeness.Warnings...); len(out.Missing) == 0 {
		out.Missing = []string{"the server says that it isn't complete"}
	}
	return out
}

// Indicator reads an indicator of a dataset by its UUID (GET
// /events/dataset/{dataset_id}/indicators/{indicator_id}).
func (c *Client) Indicator(ctx context.Context, dataset, id string) (api.Indicator, error) {
	var in api.Indicator
	if err := c.catalog(ctx, datasetPath(dataset)+"/indicators/"+url.PathEscape(id), &in); err != nil {
		return api.Indicator{}, fmt.Errorf("reading indicator %s: %w", id, err)
	}
	cleanIndicator(&in)
	return in, nil
}

// CountIndicators counts indicators by columns, the largest groups first (GET
// /events/indicators/aggregate). Total counts them all; an answer without some
// datasets says so in Missing.
func (c *Client) CountIndicators(ctx context.Context, q api.IndicatorAggregate) (api.IndicatorCounts, error) {
	v := url.Values{"aggregateBy": {strings.Join(q.Columns, ",")}}
	if len(q.Datasets) > 0 {
		v["datasetIds"] = q.Datasets
	}
	if q.Events {
		v.Set("measure", "relationships")
	}
	if q.Tag != "" {
		v.Set("tagUuid", q.Tag)
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	var a struct {
		Aggregations   []map[string]any `json:"aggregations"`
		Total          int              `json:"total"`
		FailedDatasets int              `json:"failedDatasets"`
	}
	if _, err := c.read(ctx, request{method: http.MethodGet, path: "/events/indicators/aggregate", query: v}, &a); err != nil {
		return api.IndicatorCounts{}, fmt.Errorf("counting indicators by %s: %w", strings.Join(q.Columns, ", "), err)
	}
	out := api.IndicatorCounts{Total: a.Total, Missing: a.FailedDatasets}
	for _, row := range a.Aggregations {
		count, ok := row["count"].(float64)
		if !ok {
			return api.IndicatorCounts{}, fmt.Errorf("counting indicators: a row without a count: %v", clean.Line(fmt.Sprint(row)))
		}
		g := api.IndicatorCount{Count: int(count)}
		for _, column := range q.Columns {
			key, _ := row[column].(string) // null is the group without a value
			g.Keys = append(g.Keys, clean.Line(key))
		}
		out.Rows = append(out.Rows, g)
	}
	return out, nil
}
