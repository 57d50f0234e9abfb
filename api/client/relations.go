package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"threatbench/api"
)

// Relate hangs events under another (POST /events/relationships/create).
// Children that could not be related are in the result's Errors. It is sent
// once, like Create.
func (c *Client) Relate(ctx context.Context, in api.RelateEvents) (api.RelateResult, error) {
	var res api.RelateResult
	if err := c.write(ctx, request{method: http.MethodPost, path: "/events/relationships/create", body: in}, &res); err != nil {
		return api.RelateResult{}, fmt.Errorf("relating %d events: %w", len(in.ChildIDs), err)
	}
	cleanRelate(&res)
	return res, nil
}

// Unrelate takes events from under another (ours: DELETE
// /events/relationships). A relationship that isn't there is no error. It is
// sent once: a second time would count none. A server without it is
// api.ErrUnsupported.
func (c *Client) Unrelate(ctx context.Context, in api.RelateEvents) (api.UnrelateResult, error) {
	var res api.UnrelateResult
	err := c.unrelate.use("removing relationships", func() error {
		return c.write(ctx, request{method: http.MethodDelete, path: "/events/relationships", body: in}, &res)
	}, func(error) bool {
		_, err := c.Event(ctx, in.DatasetID, in.ParentID)
		return err == nil
	})
	if err != nil {
		return api.UnrelateResult{}, fmt.Errorf("removing relationships to %d events: %w", len(in.ChildIDs), err)
	}
	cleanUnrelate(&res)
	return res, nil
}

// Related reads the events around an event, as a flat page (GET
// /events/by-id/{event_id}/relationships, or the path it replaces).
func (c *Client) Related(ctx context.Context, id string, q api.RelatedQuery) (api.Page, error) {
	v := relatedValues(q)
	var events []api.Event
	var info *api.ResultInfo
	ev := url.PathEscape(id)
	get := func(path string) func() error {
		return func() (err error) {
			info, err = c.read(ctx, request{method: http.MethodGet, path: path, query: v}, &events)
			return err
		}
	}
	err := c.relatedPath.try(get("/events/by-id/"+ev+"/relationships"), get("/events/"+ev+"/relationships"))
	if err != nil {
		return api.Page{}, fmt.Errorf("reading what is related to event %s: %w", id, err)
	}
	p := api.Page{Events: events, Info: pageInfo(info, api.ListQuery{Page: q.Page, PageSize: q.PageSize}, len(events))}
	cleanPage(&p)
	return p, nil
}

func relatedValues(q api.RelatedQuery) url.Values {
	v := url.Values{"includeParent": {strconv.FormatBool(q.IncludeParent)}}
	setText(v, "datasetId", q.DatasetID)
	setText(v, "direction", q.Direction)
	setInt(v, "maxDepth", q.MaxDepth)
	setInt(v, "page", q.Page)
	setInt(v, "pageSize", q.PageSize)
	for _, t := range q.RelationshipTypes {
		v.Add("relationshipTypes", t)
	}
	for _, n := range q.IndicatorTypeIDs {
		v.Add("indicatorTypeIds", strconv.FormatInt(n, 10))
	}
	return v
}

// Graph reads the edges one step around some nodes, with the nodes they join
// (GET /events/graph). A server without it is api.ErrUnsupported.
func (c *Client) Graph(ctx context.Context, q api.GraphQuery) (api.Graph, error) {
	v := graphValues(q)
	var w wireGraph
	var info *api.ResultInfo
	err := c.graphs.use("graph", func() (err error) {
		info, err = c.read(ctx, request{method: http.MethodGet, path: "/events/graph", query: v}, &w)
		return err
	}, func(error) bool { return c.noGraphPath(ctx) })
	if err != nil {
		return api.Graph{}, fmt.Errorf("reading the graph: %w", err)
	}
	g := w.graph(info)
	cleanGraph(&g)
	return g, nil
}

// noGraphPath asks for a graph of nothing. A server that has the operation
// refuses that as a bad request; one without it finds no event "graph".
func (c *Client) noGraphPath(ctx context.Context) bool {
	_, err := c.read(ctx, request{method: http.MethodGet, path: "/events/graph"}, &json.RawMessage{})
	return isStatus(err, absent...)
}

func graphValues(q api.GraphQuery) url.Values {
	seeds := make([]string, len(q.Seeds))
	for i, s := range q.Seeds {
		seeds[i] = s.String()
	}
	v := url.Values{"seeds": {strings.Join(seeds, ",")}, "expand": {"nodes"}}
	setText(v, "direction", q.Direction)
	setInt(v, "limit", q.Limit)
	setInt(v, "max_nodes", q.MaxNodes)
	setText(v, "cursor", q.Cursor)
	for _, t := range q.RelationshipTypes {
		v.Add("relationshipTypes", t)
	}
	for _, d := range q.Datasets {
		v.Add("datasetIds", d)
	}
	return v
}

// wireGraph is a graph as it is sent: one seed's node may stand alone.
type wireGraph struct {
	Edges []api.GraphEdge `json:"edges"`
	Node  *api.GraphNode  `json:"node"`
	Nodes []api.GraphNode `json:"nodes"`
}

func (w wireGraph) graph(info *api.ResultInfo) api.Graph {
	g := api.Graph{Edges: w.Edges, Nodes: w.Nodes}
	if w.Node != nil && !hasNode(w.Nodes, w.Node.ID) {
		g.Nodes = append([]api.GraphNode{*w.Node}, g.Nodes...)
	}
	for i := range g.Nodes {
		g.Nodes[i].ID = bareID(g.Nodes[i].Type, g.Nodes[i].ID)
	}
	for i := range g.Edges {
		fillEdge(&g.Edges[i])
	}
	if info != nil {
		g.Cursor, g.HasMore, g.Truncated = info.Cursor, info.HasMore, info.Truncated
	}
	return g
}

func hasNode(nodes []api.GraphNode, id string) bool {
	for _, n := range nodes {
		if n.ID == id {
			return true
		}
	}
	return false
}

// bareID is an id without the type in front of it.
func bareID(kind, id string) string { return strings.TrimPrefix(id, kind+":") }

// fillEdge completes an edge that names its ends in one way only.
func fillEdge(e *api.GraphEdge) {
	fillEnd(&e.Source, &e.SourceType, &e.SourceID)
	fillEnd(&e.Target, &e.TargetType, &e.TargetID)
}

func fillEnd(whole, kind, id *string) {
	if before, after, found := strings.Cut(*whole, ":"); found {
		if *kind == "" {
			*kind = before
		}
		if *id == "" {
			*id = after
		}
	}
	if *whole == "" {
		*whole = *kind + ":" + *id
	}
}
