package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"

	"threatbench/api"
)

func ptr[T any](v T) *T { return &v }

const accountPath = "/client/v4/accounts/acc/cloudforce-one"

// Every operation as it goes over the wire, and its answer read in both forms.
func TestOperations(t *testing.T) {
	ctx := context.Background()
	event := `{"uuid":"e","event":"x"}`
	for name, tc := range map[string]struct {
		call   func(c *Client) (any, error)
		want   string // method and URL below the account
		body   string // as sent, "" for none
		answer string // the bare form
		got    any
	}{
		"update": {func(c *Client) (any, error) {
			e, err := c.Update(ctx, "d", "e", api.EventPatch{Attacker: ptr("A")})
			return e.UUID, err
		}, "PATCH /events/e", `{"datasetId":"d","attacker":"A"}`, event, "e"},
		"update many": {func(c *Client) (any, error) {
			return c.UpdateMany(ctx, "d", []string{"a", "b"}, api.EventPatch{TLP: ptr("red")})
		}, "PATCH /events/update/bulk", `{"datasetId":"d","eventIds":["a","b"],"updates":{"tlp":"red"}}`,
			`{"updatedCount":1,"failedCount":1,"failures":[{"eventId":"b","error":"no"}]}`,
			api.UpdateResult{UpdatedCount: 1, FailedCount: 1, Failures: []api.UpdateFailure{{EventID: "b", Error: "no"}}}},
		"delete": {func(c *Client) (any, error) { return c.Delete(ctx, "d", []string{"a", "b"}) },
			"DELETE /events/datasets/d/events?eventIds=a&eventIds=b", "", `2`, 2},
		"delete, number as text": {func(c *Client) (any, error) { return c.Delete(ctx, "d", []string{"a"}) },
			"DELETE /events/datasets/d/events?eventIds=a", "", `"1"`, 1},
		"move": {func(c *Client) (any, error) { return c.Move(ctx, "d", "f", []string{"a"}, true) },
			"POST /events/dataset/d/move?keepRawData=true", `{"destDatasetId":"f","eventIds":["a"]}`,
			`{"moved":0,"insertFailures":[{"index":0,"reason":"no"}]}`, api.MoveResult{InsertFailures: []api.TransferFailure{{Reason: "no"}}}},
		"move, older": {func(c *Client) (any, error) { return c.Move(ctx, "d", "f", []string{"a"}, false) },
			"POST /events/dataset/d/move?keepRawData=false", `{"destDatasetId":"f","eventIds":["a"]}`, `1`, api.MoveResult{Moved: 1}},
		"copy": {func(c *Client) (any, error) { return c.Copy(ctx, "d", "f", []string{"a"}, true) },
			"POST /events/dataset/d/copy?keepRawData=true", `{"destDatasetId":"f","eventIds":["a"]}`,
			`{"copied":1,"indicatorsCopied":2}`, api.CopyResult{Copied: 1, IndicatorsCopied: 2}},
		"revert": {func(c *Client) (any, error) { return c.Revert(ctx, "d", api.Revert{MinutesAgo: ptr(5.0)}) },
			"POST /events/d/revert-do", `{"minutesAgo":5}`, `{"datasetId":"d","undoBookmark":"u"}`,
			api.RevertResult{DatasetID: "d", UndoBookmark: "u"}},
		"revert together": {func(c *Client) (any, error) {
			return c.RevertTogether(ctx, []api.DatasetRevert{{DatasetID: "d", Revert: api.Revert{Bookmark: "b"}}})
		}, "POST /events/revert-do", `{"reverts":[{"datasetId":"d","bookmark":"b"}]}`, `[{"datasetId":"d","undoBookmark":"u"}]`,
			[]api.RevertResult{{DatasetID: "d", UndoBookmark: "u"}}},
		"preview": {func(c *Client) (any, error) { return c.RevertPreview(ctx, "d", api.Revert{Bookmark: "b"}) },
			"GET /events/dataset/d/revert-preview?bookmark=b", "", `{"datasetId":"d","created":3}`, api.RevertPreview{DatasetID: "d", Created: 3}},
		"history": {func(c *Client) (any, error) {
			h, err := c.History(ctx, api.HistoryQuery{Dataset: "d", Page: 2, PageSize: 10})
			return len(h.Entries), err
		}, "GET /events/dataset/d/history?page=2&pageSize=10", "", `[{"id":1,"operation":"update"}]`, 1},
		"add tags": {func(c *Client) (any, error) { return nil, c.AddTags(ctx, "e", []string{"x"}) },
			"POST /events/event_tag/e/create", `{"tags":["x"]}`, `{"success":true}`, nil},
		"remove tags": {func(c *Client) (any, error) { return nil, c.RemoveTags(ctx, "e", []string{"x"}) },
			"DELETE /events/event_tag/e", `{"tags":["x"]}`, `{"success":true}`, nil},
		"add references": {func(c *Client) (any, error) { return nil, c.AddReferences(ctx, "e", []string{"x"}) },
			"POST /events/relate/e/create", `{"events":["x"]}`, `{"success":true}`, nil},
		"remove references": {func(c *Client) (any, error) { return nil, c.RemoveReferences(ctx, "e", []string{"x"}) },
			"DELETE /events/relate/e", `{"events":["x"]}`, `{"success":true}`, nil},
		"raw by id": {func(c *Client) (any, error) { r, err := c.RawByID(ctx, "e", "r"); return string(r.Data), err },
			"GET /events/e/raw/r", "", `{"id":"r","data":{"a":1}}`, `{"a":1}`},
		"update raw": {func(c *Client) (any, error) {
			r, err := c.UpdateRaw(ctx, "e", "r", api.RawPatch{Data: []byte(`{"a":1}`)})
			return r.ID, err
		}, "PATCH /events/e/raw/r", `{"data":{"a":1}}`, `{"id":5,"data":"{\"a\":1}"}`, "5"},
		"relate": {func(c *Client) (any, error) {
			r, err := c.Relate(ctx, api.RelateEvents{ParentID: "p", ChildIDs: []string{"c"}, RelationshipType: api.CausedBy})
			return r.RelationshipsCreated, err
		}, "POST /events/relationships/create", `{"parentId":"p","childIds":["c"],"relationshipType":"caused_by"}`,
			`{"success":true,"relationshipsCreated":1,"relationships":[]}`, 1},
		"unrelate": {func(c *Client) (any, error) {
			r, err := c.Unrelate(ctx, api.RelateEvents{ParentID: "p", ChildIDs: []string{"c"}, RelationshipType: api.CausedBy})
			return r.RelationshipsRemoved, err
		}, "DELETE /events/relationships", `{"parentId":"p","childIds":["c"],"relationshipType":"caused_by"}`,
			`{"success":true,"relationshipsRemoved":1}`, 1},
		"related": {func(c *Client) (any, error) {
			p, err := c.Related(ctx, "e", api.RelatedQuery{DatasetID: "d", MaxDepth: 2, RelationshipTypes: []string{"a", "b"}, IndicatorTypeIDs: []int64{5}})
			return len(p.Events), err
		}, "GET /events/by-id/e/relationships?datasetId=d&includeParent=false&indicatorTypeIds=5&maxDepth=2&relationshipTypes=a&relationshipTypes=b",
			"", "[" + event + "]", 1},
		"read dataset": {func(c *Client) (any, error) { d, err := c.Dataset(ctx, "d"); return d.Name, err },
			"GET /events/dataset/d", "", `{"uuid":"d","name":"n"}`, "n"},
		"change dataset": {func(c *Client) (any, error) {
			d, err := c.UpdateDataset(ctx, "d", api.DatasetPatch{Name: ptr("n")})
			return d.Name, err
		}, "PATCH /events/dataset/d", `{"name":"n"}`, `{"uuid":"d","name":"n"}`, "n"},
		"create tag": {func(c *Client) (any, error) { g, err := c.CreateTag(ctx, "x"); return g.UUID, err },
			"POST /events/tags/create", `{"value":"x"}`, `{"uuid":"t","value":"x"}`, "t"},
		"queries": {func(c *Client) (any, error) { return c.SavedQueries(ctx) }, "GET /events/queries", "",
			`[{"id":"7","query_json":{"page":1},"alert_enabled":1,"custom_threat_feed_id":null}]`,
			[]api.SavedQuery{{ID: 7, QueryJSON: `{"page":1}`, AlertEnabled: true}}},
		"read query": {func(c *Client) (any, error) { q, err := c.SavedQuery(ctx, 7); return q.QueryJSON, err },
			"GET /events/queries/7", "", `{"id":7,"query_json":"{\"page\":1}"}`, `{"page":1}`},
		"create query": {func(c *Client) (any, error) {
			q, err := c.CreateSavedQuery(ctx, api.NewSavedQuery{Name: "n", QueryJSON: "{}"})
			return q.ID, err
		}, "POST /events/queries/create",
			`{"name":"n","query_json":"{}","alert_enabled":false,"alert_rollup_enabled":false,"rule_enabled":false}`, `{"id":7}`, int64(7)},
		"change query": {func(c *Client) (any, error) {
			q, err := c.UpdateSavedQuery(ctx, 7, api.SavedQueryPatch{Name: ptr("m")})
			return q.Name, err
		}, "PATCH /events/queries/7", `{"name":"m"}`, `{"id":7,"name":"m"}`, "m"},
		"delete query": {func(c *Client) (any, error) { return nil, c.DeleteSavedQuery(ctx, 7) }, "DELETE /events/queries/7", "", `{}`, nil},
		"alerts": {func(c *Client) (any, error) { return c.Alerts(ctx) }, "GET /events/queries/alerts", "",
			`[{"id":"3","query_id":7,"enabled":"true","frequency":"daily"}]`, []api.Alert{{ID: 3, QueryID: 7, Enabled: true, Frequency: "daily"}}},
		"read alert": {func(c *Client) (any, error) { a, err := c.Alert(ctx, 3); return a.QueryID, err },
			"GET /events/queries/alerts/3", "", `{"id":3,"query_id":7}`, int64(7)},
		"create alert": {func(c *Client) (any, error) {
			a, err := c.CreateAlert(ctx, api.NewAlert{QueryID: 7, Frequency: api.Daily})
			return a.ID, err
		}, "POST /events/queries/alerts/create", `{"query_id":7,"frequency":"daily"}`, `{"id":3}`, int64(3)},
		"change alert": {func(c *Client) (any, error) {
			a, err := c.UpdateAlert(ctx, 3, api.AlertPatch{Enabled: ptr(false)})
			return a.Enabled, err
		}, "PATCH /events/queries/alerts/3", `{"enabled":false}`, `{"id":3,"enabled":false}`, false},
		"delete alert": {func(c *Client) (any, error) { return nil, c.DeleteAlert(ctx, 3) }, "DELETE /events/queries/alerts/3", "", `null`, nil},
		"test alert": {func(c *Client) (any, error) { r, err := c.TestAlert(ctx, 7, 30); return r.Immediate, err },
			"GET /events/queries/7/test?days=30", "", `{"query_id":7,"immediate":4}`, 4},
		"inbox": {func(c *Client) (any, error) {
			in, err := c.Inbox(ctx, api.InboxQuery{UnreadOnly: true, PageSize: 5})
			return len(in.Notifications), err
		}, "GET /events/queries/alerts/inbox?pageSize=5&unread=true", "", `[{"id":1,"query_name":"q"}]`, 1},
		"mark read": {func(c *Client) (any, error) { return nil, c.MarkRead(ctx, []int64{1, 2}, true) },
			"POST /events/queries/alerts/inbox/read", `{"ids":[1,2],"read":true}`, `{"updated":2}`, nil},
	} {
		for _, form := range []string{"bare", "enveloped"} {
			t.Run(name+", "+form, func(t *testing.T) {
				answer := tc.answer
				if form == "enveloped" {
					answer = `{"success":true,"errors":[],"messages":[],"result":` + answer + `}`
				}
				var got, body string
				c := fake(t, func(r *http.Request) (*http.Response, error) {
					got = r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), accountPath)
					if r.Body != nil {
						b, err := io.ReadAll(r.Body)
						if err != nil {
							t.Error(err)
						}
						body = string(b)
					}
					return reply(200, answer), nil
				})
				value, err := tc.call(c)
				if err != nil || !reflect.DeepEqual(value, tc.got) {
					t.Errorf("got %+v, %v, want %+v", value, err, tc.got)
				}
				if got != tc.want || body != tc.body {
					t.Errorf("sent %s %s\nwant %s %s", got, body, tc.want, tc.body)
				}
			})
		}
	}
}

func TestGraphIsReadTolerantly(t *testing.T) {
	var url string
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		url = strings.TrimPrefix(r.URL.RequestURI(), accountPath)
		return reply(200, `{"success":true,"result":{"node":{"id":"event:a","type":"event","label":"A"},
			"nodes":[{"id":"b","type":"tag","label":"B\u001b"}],
			"edges":[{"source":"event:a","target":"tag:b","relationshipType":"tagged_with"},{"sourceId":"a","sourceType":"event","targetId":"c","targetType":"event"}]},
			"result_info":{"count":2,"cursor":"go on","has_more":"true","truncated":true}}`), nil
	})
	g, err := c.Graph(t.Context(), api.GraphQuery{Seeds: []api.NodeRef{{Type: "event", ID: "a"}}, Direction: api.Out, Limit: 5, Datasets: []string{"d"}})
	if err != nil || url != "/events/graph?datasetIds=d&direction=out&expand=nodes&limit=5&seeds=event%3Aa" {
		t.Fatalf("%s: %v", url, err)
	}
	if len(g.Nodes) != 3 || g.Nodes[2].ID != "c" || g.Nodes[0].ID != "a" || g.Nodes[1].Label != "B␛" || !g.HasMore || !g.Truncated || g.Cursor != "go on" {
		t.Errorf("%+v", g)
	}
	if e := g.Edges; e[0].SourceID != "a" || e[0].TargetType != "tag" || e[1].Source != "event:a" || e[1].Target != "event:c" {
		t.Errorf("%+v", e)
	}
}

// The published shape: flat nodes, ids with their types, an event's text under
// event, edges from an event to what it has.
func TestGraphOfThePublishedShape(t *testing.T) {
	const uuid = "00000000-0000-4000-8000-00000000000"
	c := fake(t, func(*http.Request) (*http.Response, error) {
		return reply(200, strings.ReplaceAll(`{"success":true,"errors":[],"messages":[],"result":{"node":{"id":"event:U1","uuid":"U1","type":"event","role":"focal","datasetId":"d","event":"seen","category":"Malware","attacker":"A","date":"2024-01-02"},
			"nodes":[{"id":"event:U1","uuid":"U1","type":"event","role":"focal","datasetId":"d","event":"seen"},
			{"id":"indicator:U2","uuid":"U2","type":"indicator","datasetId":"d","value":"host.example","indicatorType":"domain"},
			{"id":"tag:U3","uuid":"U3","type":"tag","value":"one","categoryId":null},
			{"id":"event:U4","uuid":"U4","type":"event","datasetId":"d","missing":true,"event":"","category":""}],
			"edges":[{"id":"x","source":"event:U1","target":"indicator:U2","sourceId":"U1","targetId":"U2","sourceType":"event","targetType":"indicator","relationshipType":"appears_in"},
			{"id":"y","source":"indicator:U2","target":"event:U4","relationshipType":"appears_in"}]},
			"result_info":{"count":4,"total_count":4,"edge_count":2,"seeds":["event:U1"],"depth_reached":1,"has_more":false,"cursor":null,"truncated":false}}`, "U", uuid)), nil
	})
	g, err := c.Graph(t.Context(), api.GraphQuery{Seeds: []api.NodeRef{{Type: "event", ID: uuid + "1"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []api.GraphNode{
		{ID: uuid + "1", Type: "event", Label: "seen", DatasetID: "d"},
		{ID: uuid + "2", Type: "indicator", Label: "host.example", IndicatorType: "domain", DatasetID: "d"},
		{ID: uuid + "3", Type: "tag", Label: "one"}, {ID: uuid + "4", Type: "event", DatasetID: "d", Missing: true},
	}
	if !reflect.DeepEqual(g.Nodes, want) || len(g.Edges) != 2 || g.HasMore || g.Truncated {
		t.Errorf("%+v", g)
	}
	if e := g.Edges[1]; e.Source != "event:"+uuid+"4" || e.Target != "indicator:"+uuid+"2" {
		t.Errorf("an edge of the older direction: %+v", e)
	}
}

// Where the graph fails, is refused or is of no known shape, others stand in
// for it, and it is asked for again the next time.
func TestAGraphThatFailsIsNoGraph(t *testing.T) {
	for name, res := range map[string]*http.Response{
		"forbidden": reply(403, `{"success":false,"errors":[{"message":"no"}]}`), "broken": reply(503, "<html>"), "no origin": reply(520, ""),
		"log-in page": reply(200, "<html>log in</html>"), "nothing": reply(200, ""), "null": reply(200, "null"), "another shape": reply(200, `{"vertices":[]}`),
		"nodes of another shape": reply(200, `{"nodes":[{"key":1}],"edges":[]}`), "a list": reply(200, `[1]`),
	} {
		calls := 0
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		c := fake(t, func(*http.Request) (*http.Response, error) {
			calls++
			return reply(res.StatusCode, string(body)), nil
		}, func(c *Config) { c.Retries = -1 })
		for range 2 {
			if _, err := c.Graph(t.Context(), api.GraphQuery{Seeds: []api.NodeRef{{Type: "event", ID: "a"}}}); !errors.Is(err, api.ErrUnsupported) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if calls != 2 {
			t.Errorf("%s: %d calls", name, calls)
		}
	}
}

// What a server lacks is found out once and remembered; what is merely not
// there is a 404 like any other.
func TestMissingFeatures(t *testing.T) {
	ctx := context.Background()
	for name, tc := range map[string]struct {
		call func(c *Client) error
		has  string // what the server answers beside 404, as paths with a space around each
	}{
		"alerts":        {func(c *Client) error { _, err := c.Alerts(ctx); return err }, ""},
		"one alert":     {func(c *Client) error { _, err := c.Alert(ctx, 1); return err }, ""},
		"new alert":     {func(c *Client) error { _, err := c.CreateAlert(ctx, api.NewAlert{}); return err }, ""},
		"changed alert": {func(c *Client) error { _, err := c.UpdateAlert(ctx, 1, api.AlertPatch{}); return err }, ""},
		"no alert":      {func(c *Client) error { return c.DeleteAlert(ctx, 1) }, ""},
		"queries":       {func(c *Client) error { _, err := c.SavedQueries(ctx); return err }, ""},
		"inbox":         {func(c *Client) error { _, err := c.Inbox(ctx, api.InboxQuery{}); return err }, ""},
		"mark":          {func(c *Client) error { return c.MarkRead(ctx, []int64{1}, true) }, ""},
		"test":          {func(c *Client) error { _, err := c.TestAlert(ctx, 7, 0); return err }, " /events/queries/7 "},
		"graph":         {func(c *Client) error { _, err := c.Graph(ctx, api.GraphQuery{}); return err }, ""},
		"history":       {func(c *Client) error { _, err := c.History(ctx, api.HistoryQuery{Dataset: "d"}); return err }, " /events/dataset/d "},
		"preview":       {func(c *Client) error { _, err := c.RevertPreview(ctx, "d", api.Revert{}); return err }, " /events/dataset/d "},
		"unrelate":      {func(c *Client) error { _, err := c.Unrelate(ctx, api.RelateEvents{ParentID: "p"}); return err }, " /events/p "},
	} {
		for _, status := range absent {
			t.Run(fmt.Sprintf("%s, %d", name, status), func(t *testing.T) {
				calls := 0
				c := fake(t, func(r *http.Request) (*http.Response, error) {
					calls++
					if strings.Contains(tc.has, " "+strings.TrimPrefix(r.URL.Path, accountPath)+" ") {
						return reply(200, `{}`), nil
					}
					return reply(status, ""), nil
				})
				if err := tc.call(c); !errors.Is(err, api.ErrUnsupported) {
					t.Fatal(err)
				}
				before := calls
				if err := tc.call(c); !errors.Is(err, api.ErrUnsupported) || calls != before {
					t.Errorf("asked again: %d calls more, %v", calls-before, err)
				}
			})
		}
	}
}

func TestWhatIsNotThereIsNoMissingFeature(t *testing.T) {
	ctx := t.Context()
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		switch path := strings.TrimPrefix(r.URL.Path, accountPath); {
		case path == "/events/graph" && r.URL.RawQuery == "":
			return reply(400, `{"success":false,"errors":[{"message":"seeds: want 1..50"}]}`), nil
		case path == alertsPath, path == queriesPath:
			return reply(200, `[]`), nil
		}
		return reply(404, `{"success":false,"errors":[{"message":"not there"}]}`), nil
	})
	for name, call := range map[string]func() error{
		"alert":   func() error { _, err := c.Alert(ctx, 1); return err },
		"query":   func() error { return c.DeleteSavedQuery(ctx, 1) },
		"graph":   func() error { _, err := c.Graph(ctx, api.GraphQuery{}); return err },
		"history": func() error { _, err := c.History(ctx, api.HistoryQuery{Dataset: "d"}); return err },
		"parent":  func() error { _, err := c.Unrelate(ctx, api.RelateEvents{ParentID: "p"}); return err },
	} {
		if err := call(); errors.Is(err, api.ErrUnsupported) || !isStatus(err, 404) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Older paths are found where the newer ones aren't there, and remembered.
func TestOlderPathsOfChanges(t *testing.T) {
	var paths []string
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		path := strings.TrimPrefix(r.URL.Path, accountPath)
		paths = append(paths, path)
		switch path {
		case "/events/d/delete":
			return reply(200, `1`), nil
		case "/events/e/relationships":
			return reply(200, `[]`), nil
		}
		return reply(405, ""), nil
	})
	for range 2 {
		if n, err := c.Delete(t.Context(), "d", []string{"a"}); n != 1 || err != nil {
			t.Error(n, err)
		}
		if _, err := c.Related(t.Context(), "e", api.RelatedQuery{}); err != nil {
			t.Error(err)
		}
	}
	if len(paths) != 6 {
		t.Errorf("%v", paths)
	}
}

// What may be repeated is repeated, what may not is sent once, and doubt
// stays once it was there.
func TestRepeatsOfChanges(t *testing.T) {
	ctx := context.Background()
	for name, tc := range map[string]struct {
		call   func(c *Client) error
		status []int // the answers, the last one again and again
		calls  int
		unsure bool
		fails  bool
	}{
		"update passes":          {func(c *Client) error { _, err := c.Update(ctx, "d", "e", api.EventPatch{}); return err }, []int{503, 200}, 2, false, false},
		"update in doubt":        {func(c *Client) error { _, err := c.Update(ctx, "d", "e", api.EventPatch{}); return err }, []int{503, 404}, 2, true, true},
		"update refused":         {func(c *Client) error { _, err := c.Update(ctx, "d", "e", api.EventPatch{}); return err }, []int{400}, 1, false, true},
		"tags give up":           {func(c *Client) error { return c.AddTags(ctx, "e", []string{"x"}) }, []int{502}, 3, true, true},
		"delete once":            {func(c *Client) error { _, err := c.Delete(ctx, "d", []string{"e"}); return err }, []int{503}, 1, true, true},
		"move once":              {func(c *Client) error { _, err := c.Move(ctx, "d", "f", []string{"e"}, true); return err }, []int{503}, 1, true, true},
		"copy once":              {func(c *Client) error { _, err := c.Copy(ctx, "d", "f", []string{"e"}, true); return err }, []int{503}, 1, true, true},
		"relate once":            {func(c *Client) error { _, err := c.Relate(ctx, api.RelateEvents{}); return err }, []int{503}, 1, true, true},
		"revert once":            {func(c *Client) error { _, err := c.Revert(ctx, "d", api.Revert{}); return err }, []int{503}, 1, true, true},
		"query created once":     {func(c *Client) error { _, err := c.CreateSavedQuery(ctx, api.NewSavedQuery{}); return err }, []int{503}, 1, true, true},
		"alert gone at a repeat": {func(c *Client) error { return c.DeleteAlert(ctx, 1) }, []int{503, 404}, 2, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				c := fake(t, func(*http.Request) (*http.Response, error) {
					status := tc.status[min(calls, len(tc.status)-1)]
					calls++
					return reply(status, `{}`), nil
				})
				err := tc.call(c)
				if calls != tc.calls || (err != nil) != tc.fails || errors.Is(err, api.ErrUnsure) != tc.unsure {
					t.Errorf("%d calls, %v", calls, err)
				}
			})
		})
	}
}

func TestLimitsOfChanges(t *testing.T) {
	c := fake(t, func(*http.Request) (*http.Response, error) {
		t.Error("a call was made")
		return reply(200, `{}`), nil
	})
	many := make([]string, api.MaxBulkUpdate+1)
	for name, call := range map[string]func() error{
		"none deleted": func() error { _, err := c.Delete(t.Context(), "d", nil); return err },
		"many deleted": func() error { _, err := c.Delete(t.Context(), "d", many); return err },
		"many updated": func() error { _, err := c.UpdateMany(t.Context(), "d", many, api.EventPatch{}); return err },
		"date of many": func() error {
			_, err := c.UpdateMany(t.Context(), "d", many[:1], api.EventPatch{Date: ptr("x")})
			return err
		},
	} {
		if err := call(); !isStatus(err, http.StatusBadRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A success that says false is no success.
func TestAChangeThatSaysFalseFailed(t *testing.T) {
	for _, answer := range []string{`{"success":false}`, `{"success":true,"result":{"success":false}}`, `{"success":false,"errors":[{"message":"no"}],"result":{}}`} {
		c := fake(t, func(*http.Request) (*http.Response, error) { return reply(200, answer), nil })
		if err := c.AddTags(t.Context(), "e", []string{"x"}); err == nil || errors.Is(err, api.ErrUnsure) {
			t.Errorf("%s: %v", answer, err)
		}
	}
}

// Every new call neutralises what it returns.
func TestChangesAndListsClean(t *testing.T) {
	h := string(mustText(hostile))
	answers := map[string]string{
		queriesPath: `[{"name":` + h + `}]`, alertsPath: `[{"user_email":` + h + `}]`, inboxPath: `[{"query_name":` + h + `}]`,
		"/events/dataset/d/history":    `[{"actor":` + h + `,"eventIds":[` + h + `]}]`,
		"/events/update/bulk":          `{"failures":[{"error":` + h + `}]}`,
		"/events/relationships/create": `{"message":` + h + `,"errors":[{"error":` + h + `}]}`,
		"/events/dataset/d/move":       `{"insertFailures":[{"reason":` + h + `}]}`,
	}
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		return reply(200, answers[strings.TrimPrefix(r.URL.Path, accountPath)]), nil
	})
	for name, call := range map[string]func() (any, error){
		"queries": func() (any, error) { return c.SavedQueries(t.Context()) },
		"alerts":  func() (any, error) { return c.Alerts(t.Context()) },
		"inbox":   func() (any, error) { return c.Inbox(t.Context(), api.InboxQuery{}) },
		"history": func() (any, error) { return c.History(t.Context(), api.HistoryQuery{Dataset: "d"}) },
		"update":  func() (any, error) { return c.UpdateMany(t.Context(), "d", []string{"e"}, api.EventPatch{}) },
		"relate":  func() (any, error) { return c.Relate(t.Context(), api.RelateEvents{}) },
		"move":    func() (any, error) { return c.Move(t.Context(), "d", "f", []string{"e"}, true) },
	} {
		v, err := call()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		b, err := json.Marshal(v)
		if err != nil || !strings.Contains(string(b), "␛") {
			t.Errorf("%s: nothing hostile came: %s, %v", name, b, err)
		}
		if bad := escaped(reflect.ValueOf(v), name); len(bad) > 0 {
			t.Errorf("still hostile: %v", bad)
		}
	}
}
