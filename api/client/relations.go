package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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
		return api.Page{}, fmt.Errorf("reading what is related to event %s: %w", id, withoutPart(ctx, err))
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
// (GET /events/graph). A server without it, or that fails there, is
// api.ErrUnsupported.
func (c *Client) Graph(ctx context.Context, q api.GraphQuery) (api.Graph, error) {
	v := graphValues(q)
	var w wireGraph
	var info *api.ResultInfo
	var g api.Graph
	err := c.graphs.use("graph", func() (err error) {
		if info, err = c.read(ctx, request{method: http.MethodGet, path: "/events/graph", query: v}, &w); err != nil {
			return err
		}
		if g, err = w.graph(info); err != nil {
			return &answerError{text: errNoGraph.Error(), err: err}
		}
		return nil
	}, func(error) bool { return c.noGraphPath(ctx) })
	if err != nil {
		return api.Graph{}, fmt.Errorf("reading the graph: %w", withoutPart(ctx, err))
	}
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
	Node  *wireNode       `json:"node"`
	Nodes []wireNode      `json:"nodes"`
}

// wireNode is a node as it is sent: flat, with the event's text under event;
// our server gives the whole event under details, and did under event.
type wireNode struct {
	ID            string          `json:"id"`
	UUID          string          `json:"uuid"`
	Type          string          `json:"type"`
	Label         string          `json:"label"`
	Value         string          `json:"value"`
	IndicatorType string          `json:"indicatorType"`
	DatasetID     string          `json:"datasetId"`
	Missing       bool            `json:"missing"`
	Event         json.RawMessage `json:"event"`
	Details       *api.Event      `json:"details"`
}

// node is the node as the workbench knows it, or an error where it is of no
// shape that is known.
func (w wireNode) node() (api.GraphNode, error) {
	kind, id := w.Type, w.UUID
	if before, after, found := strings.Cut(w.ID, ":"); found {
		kind, id = cmp.Or(kind, before), cmp.Or(id, after)
	}
	n := api.GraphNode{
		ID: cmp.Or(id, w.ID), Type: kind, Label: cmp.Or(w.Label, w.Value), IndicatorType: w.IndicatorType,
		DatasetID: w.DatasetID, Missing: w.Missing, Event: w.Details,
	}
	if n.ID == "" || n.Type == "" {
		return n, errNoGraph
	}
	if n.Event != nil || len(w.Event) == 0 {
		return n, nil
	}
	if w.Event[0] == '{' {
		return n, json.Unmarshal(w.Event, &n.Event)
	}
	var text *string
	err := json.Unmarshal(w.Event, &text)
	if err == nil && text != nil {
		n.Label = cmp.Or(n.Label, *text)
	}
	return n, err
}

// errNoGraph is an answer that is no graph.
var errNoGraph = errors.New("the server's answer isn't what the contract says: a graph of nodes and edges")

func (w wireGraph) graph(info *api.ResultInfo) (api.Graph, error) {
	g := api.Graph{Edges: w.Edges}
	known := map[api.NodeRef]bool{}
	add := func(n api.GraphNode) {
		if !known[n.Ref()] {
			known[n.Ref()] = true
			g.Nodes = append(g.Nodes, n)
		}
	}
	if w.Node != nil {
		w.Nodes = append([]wireNode{*w.Node}, w.Nodes...)
	}
	for _, wire := range w.Nodes {
		n, err := wire.node()
		if err != nil {
			return g, err
		}
		add(n)
	}
	if len(g.Nodes) == 0 {
		return g, errNoGraph // the seeds are among the nodes
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		fillEdge(e)
		for _, end := range []api.NodeRef{{Type: e.SourceType, ID: e.SourceID}, {Type: e.TargetType, ID: e.TargetID}} {
			if end.Type == "" || end.ID == "" {
				return g, errNoGraph
			}
			add(api.GraphNode{ID: end.ID, Type: end.Type}) // an end that isn't among the nodes is known by its id
		}
	}
	if info != nil {
		g.Cursor, g.HasMore, g.Truncated = info.Cursor, info.HasMore, info.Truncated
	}
	return g, nil
}

// fillEdge completes an edge that names its ends in one way only.
func fillEdge(e *api.GraphEdge) {
	fillEnd(&e.Source, &e.SourceType, &e.SourceID)
	fillEnd(&e.Target, &e.TargetType, &e.TargetID)
	if e.TargetType == api.NodeEvent && e.SourceType != api.NodeEvent { // an event leads to its indicators and tags
		e.Source, e.Target, e.SourceType, e.TargetType, e.SourceID, e.TargetID = e.Target, e.Source, e.TargetType, e.SourceType, e.TargetID, e.SourceID
		e.ID = e.Source + "→" + e.Target + ":" + e.RelationshipType
	}
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
