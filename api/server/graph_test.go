package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
)

// family makes a parent with two children, one of which has a child itself,
// and answers their UUIDs in that order, and their dataset.
func (r *rig) family() (ids []string, dataset string) {
	r.t.Helper()
	ids = r.seed(4)
	for _, e := range []string{
		fmt.Sprintf(`{"parentId":%q,"childIds":[%q,%q],"relationshipType":"related_to"}`, ids[0], ids[1], ids[2]),
		fmt.Sprintf(`{"parentId":%q,"childIds":[%q],"relationshipType":"caused_by"}`, ids[1], ids[3]),
	} {
		r.do("POST", "/events/relationships/create", e).wantSuccess()
	}
	return ids, read[api.Event](r, "/events/"+ids[0]).DatasetID
}

func uuidsOf(list []api.Event) []string {
	out := []string{}
	for _, e := range list {
		out = append(out, e.UUID)
	}
	return out
}

func TestRelated(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		ids, dataset := r.family()
		for query, want := range map[string][]string{
			"":                     {ids[1], ids[0], ids[3]}, // no sibling
			"&includeParent=false": {ids[0], ids[3]}, "&direction=ancestors": {ids[1], ids[0]},
			"&direction=descendants&includeParent=0": {ids[3]}, "&relationshipTypes=caused_by": {ids[1], ids[3]},
			"&relationshipTypes[]=caused_by&relationshipTypes[]=related_to&maxDepth=1": {ids[1], ids[0], ids[3]},
			"&indicatorTypeIds=99": {ids[1]}, "&indicatorTypeIds[]=1&page=2&pageSize=2": {ids[3]},
		} {
			for _, path := range []string{"/events/%s/relationships", "/events/by-id/%s/relationships"} {
				rep := r.do("GET", fmt.Sprintf(path, ids[1])+"?datasetId="+dataset+query, "")
				list, _ := result[[]api.Event](rep, http.StatusOK)
				if got := uuidsOf(list); !slices.Equal(got, want) {
					t.Errorf("%s: got %v, want %v", query, got, want)
				}
			}
		}
		far := read[[]api.Event](r, "/events/"+ids[0]+"/relationships?maxDepth=1&datasetId="+dataset)
		if len(far) != 3 {
			t.Errorf("depth 1 gave %d events", len(far))
		}
	})
}

func TestRelatedRefuses(t *testing.T) {
	r := newRig(t, Config{})
	ids, dataset := r.family()
	for query, words := range map[string][]string{
		"":                               {"datasetId"},
		"datasetId=D&direction=sideways": {"direction", "ancestors", "sideways"},
		"datasetId=D&maxDepth=21":        {"maxDepth", "20", "21"},
		"datasetId=D&maxDepth=0":         {"maxDepth", "at least 1"},
		"datasetId=D&relationshipTypes=tagged_with": {"relationshipTypes", "tagged_with"},
		"datasetId=D&indicatorTypeIds=domain":       {"indicatorTypeIds", "domain"},
		"datasetId=D&includeParent=perhaps":         {"includeParent", "perhaps"},
		"datasetId=D&pageSize=25001":                {"pageSize", "25000"},
	} {
		r.do("GET", "/events/"+ids[0]+"/relationships?"+strings.ReplaceAll(query, "=D", "="+dataset), "").refusedWith(http.StatusBadRequest, words...)
	}
	unknown := "00000000-0000-0000-0000-000000000000"
	r.do("GET", "/events/"+unknown+"/relationships?datasetId="+dataset, "").refusedWith(http.StatusNotFound, unknown)
	r.do("GET", "/events/"+ids[0]+"/relationships?datasetId="+unknown, "").refusedWith(http.StatusNotFound, unknown)
}

// nodeReply is a node on the wire.
type nodeReply struct {
	ID, UUID, Type, Role, DatasetID, Value, IndicatorType string

	Event, Category *string
	Date            *api.Time
	Missing         bool
	Details         *api.Event
}

// graphReply is a graph as it is on the wire.
type graphReply struct {
	Success bool `json:"success"`
	Result  struct {
		Edges []api.GraphEdge `json:"edges"`
		Node  *nodeReply      `json:"node"`
		Nodes []nodeReply     `json:"nodes"`
	} `json:"result"`
	Info api.GraphInfo `json:"result_info"`
}

func (r *rig) graph(query string) (g graphReply) {
	r.t.Helper()
	rep := r.do("GET", "/events/graph?"+query, "")
	rep.wantSuccess()
	if err := json.Unmarshal(rep.body, &g); err != nil || !g.Success {
		r.t.Fatalf("not an envelope (%v): %s", err, rep.body)
	}
	if g.Info.Count != len(g.Result.Nodes) || g.Info.EdgeCount != len(g.Result.Edges) || g.Info.TotalCount != g.Info.Count || g.Info.QueryTimeMs < 0 {
		r.t.Errorf("result_info is %+v of %d nodes, %d edges", g.Info, len(g.Result.Nodes), len(g.Result.Edges))
	}
	return g
}

func TestGraph(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		ids, _ := r.family()
		g := r.graph("seeds=event:" + ids[1])
		if len(g.Result.Nodes) != 6 || len(g.Result.Edges) != 5 || g.Result.Node == nil || g.Result.Node.ID != "event:"+ids[1] || g.Result.Node.UUID != ids[1] || g.Result.Node.Role != "focal" || g.Info.DepthReached != 1 {
			t.Fatalf("got %+v", g)
		}
		kinds := map[string]int{}
		var tag, indicator string
		for _, e := range g.Result.Edges {
			kinds[e.RelationshipType]++
			if e.RelationshipType == api.TaggedWith {
				tag = e.Target
			}
			if e.RelationshipType == api.AppearsIn {
				indicator = e.Target
			}
		}
		if kinds[api.TaggedWith] != 2 || kinds[api.AppearsIn] != 1 || kinds[api.RelatedTo] != 1 || kinds[api.CausedBy] != 1 {
			t.Errorf("got %v", kinds)
		}
		for _, n := range g.Result.Nodes {
			if n.Event != nil || n.Value != "" || n.Details != nil || (n.DatasetID == "") != (n.Type == api.NodeTag) {
				t.Errorf("not asked to expand, got %+v", n)
			}
		}
		full := r.graph("expand=nodes&direction=in&seeds=" + url.QueryEscape(tag+","+indicator))
		if len(full.Result.Edges) != 8 || full.Result.Node != nil || len(full.Info.Seeds) != 2 {
			t.Errorf("into an indicator: %+v", full.Info)
		}
		for _, n := range full.Result.Nodes {
			switch n.Type {
			case api.NodeEvent:
				if n.Event == nil || *n.Event == "" || *n.Category == "" || n.Date.IsZero() || n.Missing || n.Details == nil || n.Details.UUID != n.UUID {
					t.Errorf("expanded, got %+v", n)
				}
				continue
			case api.NodeIndicator:
				if n.Value == "login.example" && n.IndicatorType == "domain" && n.Role == "focal" {
					continue
				}
			case api.NodeTag:
				if n.Value != "" {
					continue
				}
			}
			if n.ID != "" {
				t.Errorf("expanded, got %+v", n)
			}
		}
		if in := r.graph("direction=in&seeds=" + tag + "&relationshipTypes=tagged_with&limit=3"); len(in.Result.Edges) != 3 || !in.Info.HasMore || !in.Info.Truncated || in.Info.Cursor == nil {
			t.Errorf("of a tag: %+v", in.Info)
		} else if rest := r.graph("direction=in&relationshipTypes=tagged_with&limit=3&seeds=" + tag + "&cursor=" + *in.Info.Cursor); len(rest.Result.Edges) != 1 || rest.Info.HasMore {
			t.Errorf("then: %+v", rest.Info)
		}
		if none := r.graph("relationshipTypes=attributed_to&seeds=event:" + ids[3] + "&hydration=do_only&seeds=event:" + ids[2]); len(none.Result.Edges) != 0 || none.Info.Cursor != nil {
			t.Errorf("got %+v", none)
		}
	})
}

func TestGraphRefuses(t *testing.T) {
	r := newRig(t, Config{})
	ids, _ := r.family()
	seed := "seeds=event:" + ids[0]
	many := strings.TrimSuffix(strings.Repeat("event:"+ids[0]+",", 51), ",")
	for query, words := range map[string][]string{
		"":                                      {"seeds", "1..50"},
		"seeds=" + many:                         {"seeds", "1..50", "51"},
		"seeds=person:" + ids[0]:                {"seeds", "event:UUID", "person"},
		"seeds=event:1":                         {"seeds", "event:1"},
		seed + "&limit=1001":                    {"limit", "1000", "1001"},
		seed + "&max_nodes=1001":                {"max_nodes", "1000", "1001"},
		seed + "&direction=up":                  {"direction", "up"},
		seed + "&relationshipTypes=knows":       {"relationshipTypes", "appears_in", "knows"},
		seed + "&expand=edges":                  {"expand", "edges"},
		seed + "&hydration=x":                   {"hydration"},
		seed + "&cursor=forged":                 {"cursor"},
		seed + ",event:" + ids[1] + "&cursor=x": {"cursor", "one seed"},
	} {
		r.do("GET", "/events/graph?"+query, "").refusedWith(http.StatusBadRequest, words...)
	}
	for _, kind := range []string{"event", "tag", "indicator"} {
		r.do("GET", "/events/graph?seeds="+kind+":00000000-0000-8000-8000-000000000000", "").refusedWith(http.StatusNotFound, kind)
	}
	r.do("GET", "/events/graph?"+seed+"&datasetIds=00000000-0000-0000-0000-000000000000", "").refusedWith(http.StatusNotFound, "datasetId")
}
