package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"threatbench/api"
)

// Every operation on categories, tags and indicators as it goes over the wire,
// at a server that knows the newer paths and at one that knows the older ones.
func TestRecordsOverTheWire(t *testing.T) {
	ctx := context.Background()
	name, stage, none := "n", 3, ""
	for what, tc := range map[string]struct {
		call         func(c *Client) (any, error)
		newer, older string // method and URL; older "" where there is none
		body, answer string
		got          any
	}{
		"delete a dataset": {func(c *Client) (any, error) { return nil, c.DeleteDataset(ctx, "d") }, "DELETE /events/dataset/d", "", "", `{"uuid":"d","name":"n"}`, nil},
		"catalogue": {func(c *Client) (any, error) { l, err := c.CategoryCatalog(ctx); return len(l), err },
			"GET /events/categories/catalog", "", "", `[{"uuid":"c","name":"n","killChain":"3"}]`, 1},
		"create a category": {func(c *Client) (any, error) {
			k, err := c.CreateCategory(ctx, api.CategoryPatch{Name: &name, KillChain: &stage})
			return k.KillChain, err
		}, "POST /events/categories/create", "", `{"name":"n","killChain":3}`, `{"uuid":"c","name":"n","killChain":3}`, 3},
		"read a category": {func(c *Client) (any, error) { k, err := c.Category(ctx, "c"); return k.Name, err },
			"GET /events/event-categories/by-id/c", "GET /events/categories/c", "", `{"uuid":"c","name":"n"}`, "n"},
		"change a category": {func(c *Client) (any, error) {
			k, err := c.UpdateCategory(ctx, "c", api.CategoryPatch{Name: &name})
			return k.Name, err
		}, "PATCH /events/event-categories/by-id/c", "PATCH /events/categories/c", `{"name":"n"}`, `{"uuid":"c","name":"n"}`, "n"},
		"delete a category": {func(c *Client) (any, error) { return nil, c.DeleteCategory(ctx, "c") },
			"DELETE /events/event-categories/by-id/c", "DELETE /events/categories/c", "", `{"uuid":"c"}`, nil},
		"industries": {func(c *Client) (any, error) { return c.IndustryCatalog(ctx) },
			"GET /events/targetIndustries/catalog", "", "", `["Energy"]`, []string{"Energy"}},
		"industries of a dataset": {func(c *Client) (any, error) { return c.DatasetIndustries(ctx, "d") },
			"GET /events/dataset/d/targetIndustries", "", "", `[{"name":"Energy"}]`, []string{"Energy"}},
		"change a tag": {func(c *Client) (any, error) {
			g, err := c.UpdateTag(ctx, "t", api.TagPatch{Value: &name, CategoryUUID: &none})
			return g.Value, err
		}, "PATCH /events/tags/t", "", `{"categoryUuid":null,"value":"n"}`, `{"uuid":"t","value":"n","tlp":null}`, "n"},
		"delete a tag": {func(c *Client) (any, error) { return nil, c.DeleteTag(ctx, "t") }, "DELETE /events/tags/t", "", "", `{"uuid":"t"}`, nil},
		"actors": {func(c *Client) (any, error) { l, err := c.Actors(ctx); return len(l), err },
			"GET /events/tags/categories/actors", "", "", `{"tags":[{"uuid":"t","value":"n"}]}`, 1},
		"tags of a dataset": {func(c *Client) (any, error) { l, err := c.DatasetTags(ctx, "d"); return len(l), err },
			"GET /events/dataset/d/indicators/tags", "", "", `[{"uuid":"t","value":"n"}]`, 1},
		"tag categories": {func(c *Client) (any, error) { l, err := c.TagCategories(ctx); return len(l), err },
			"GET /events/tags/categories", "", "", `{"categories":[{"uuid":"k","name":"n"}]}`, 1},
		"create a tag category": {func(c *Client) (any, error) {
			k, err := c.CreateTagCategory(ctx, api.TagCategoryPatch{Name: &name})
			return k.UUID, err
		}, "POST /events/tags/categories/create", "", `{"name":"n"}`, `{"uuid":"k","name":"n"}`, "k"},
		"read a tag category": {func(c *Client) (any, error) { k, err := c.TagCategory(ctx, "k"); return k.Name, err },
			"GET /events/tag-categories/k", "GET /events/tags/categories/k", "", `{"uuid":"k","name":"n","schema":null}`, "n"},
		"change a tag category": {func(c *Client) (any, error) {
			k, err := c.UpdateTagCategory(ctx, "k", api.TagCategoryPatch{Schema: json.RawMessage("null")})
			return k.Name, err
		}, "PATCH /events/tag-categories/k", "PATCH /events/tags/categories/k", `{"schema":null}`, `{"uuid":"k","name":"n"}`, "n"},
		"delete a tag category": {func(c *Client) (any, error) { return nil, c.DeleteTagCategory(ctx, "k") },
			"DELETE /events/tag-categories/k", "DELETE /events/tags/categories/k", "", `{"uuid":"k"}`, nil},
		"indicators": {func(c *Client) (any, error) {
			p, err := c.Indicators(ctx, api.IndicatorQuery{Datasets: []string{"d"}, Name: "x", Type: "domain", Tags: []string{"a", "b"}, Page: 2, PageSize: 5})
			return len(p.Indicators), err
		}, "GET /events/indicators?datasetIds=d&indicatorType=domain&name=x&page=2&pageSize=5&tags=a&tags=b",
			"GET /events/dataset/d/indicators?indicatorType=domain&name=x&page=2&pageSize=5&tags=a&tags=b", "", `{"indicators":[{"uuid":"i","value":"x"}]}`, 1},
		"indicators by cursor": {func(c *Client) (any, error) {
			p, err := c.Indicators(ctx, api.IndicatorQuery{Datasets: []string{"d"}, Name: "x", WithTotal: true, Cursor: "go on"})
			return len(p.Indicators), err
		}, "GET /events/indicators?cursor=go+on", "", "", `{"indicators":[]}`, 0},
		"read an indicator": {func(c *Client) (any, error) { in, err := c.Indicator(ctx, "d", "i"); return in.Value, err },
			"GET /events/dataset/d/indicators/i", "", "", `{"uuid":"i","value":"x"}`, "x"},
		"indicators of a tag": {func(c *Client) (any, error) {
			p, err := c.TagIndicators(ctx, "t", api.IndicatorQuery{Datasets: []string{"d"}})
			return p.Total, err
		}, "GET /events/tags/t/indicators?datasetIds=d", "GET /events/dataset/d/tags/t/indicators", "", `{"indicators":[],"pagination":{"page":1,"pageSize":100,"totalCount":0,"totalPages":0}}`, 0},
		"counts": {func(c *Client) (any, error) {
			return c.CountIndicators(ctx, api.IndicatorAggregate{Columns: []string{"indicatorType", "value"}, Datasets: []string{"d"}, Events: true, Tag: "t", Limit: 7})
		}, "GET /events/indicators/aggregate?aggregateBy=indicatorType%2Cvalue&datasetIds=d&limit=7&measure=relationships&tagUuid=t", "", "",
			`{"aggregateBy":"indicatorType,value","aggregations":[{"indicatorType":null,"value":"x","count":2}],"total":5,"failedDatasets":1}`,
			api.IndicatorCounts{Rows: []api.IndicatorCount{{Keys: []string{"", "x"}, Count: 2}}, Total: 5, Missing: 1}},
	} {
		for _, wanted := range []string{tc.newer, tc.older} {
			if wanted == "" {
				continue
			}
			t.Run(what+", "+wanted, func(t *testing.T) {
				var last, body string
				c := fake(t, func(r *http.Request) (*http.Response, error) {
					last, body = r.Method+" "+strings.TrimPrefix(r.URL.RequestURI(), accountPath), ""
					if r.Body != nil {
						b, err := io.ReadAll(r.Body)
						if err != nil {
							t.Error(err)
						}
						body = string(b)
					}
					if last != wanted {
						return reply(404, ""), nil
					}
					return reply(200, tc.answer), nil
				})
				got, err := tc.call(c)
				if err != nil || !reflect.DeepEqual(got, tc.got) {
					t.Errorf("got %+v, %v, want %+v", got, err, tc.got)
				}
				if last != wanted || body != tc.body {
					t.Errorf("sent %s %s, want %s %s", last, body, wanted, tc.body)
				}
			})
		}
	}
}

// What a server says of its own answer is told: how many there are, that there
// are more, and what it couldn't look through.
func TestPagesOfIndicatorsSayWhatTheyAre(t *testing.T) {
	for answer, want := range map[string]api.IndicatorPage{
		`{"indicators":[]}`: {Page: 1, Size: 5, Total: -1},
		`{"indicators":[],"pagination":{"page":2,"per_page":3,"has_more":true,"cursor":"c","total_count":null,"total_count_is_exact":false}}`:                   {Page: 2, Size: 3, Total: -1, Cursor: "c", More: true},
		`{"indicators":[],"pagination":{"page":1,"per_page":3,"has_more":false,"cursor":null,"total_count":9,"total_count_is_exact":false}}`:                    {Page: 1, Size: 3, Total: -1},
		`{"indicators":[],"pagination":{"page":1,"per_page":3,"has_more":false,"cursor":"","total_count":9,"total_count_is_exact":true}}`:                       {Page: 1, Size: 3, Total: 9},
		`{"indicators":[],"pagination":{"page":1,"pageSize":4,"totalCount":9,"totalPages":3}}`:                                                                  {Page: 1, Size: 4, Total: 9, More: true},
		`{"indicators":[],"completeness":{"complete":false,"failedDatasets":["d"],"failedShards":[{"datasetId":"d","shardId":"1"}],"warnings":["slow\u001b"]}}`: {Page: 1, Size: 5, Total: -1, Missing: []string{"dataset d didn't answer", "parts of datasets that didn't answer: 1", "slow␛"}},
		`{"indicators":[],"completeness":{"complete":false}}`:                                                                                                   {Page: 1, Size: 5, Total: -1, Missing: []string{"the server says that it isn't complete"}},
	} {
		c := fake(t, func(*http.Request) (*http.Response, error) { return reply(200, answer), nil })
		got, err := c.Indicators(t.Context(), api.IndicatorQuery{PageSize: 5})
		want.Indicators = []api.Indicator{}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", answer, got, err, want)
		}
	}
}
