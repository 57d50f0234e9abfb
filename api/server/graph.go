package server

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"threatbench/api"
)

// listRelated answers the events around one event.
func (c *call) listRelated() error {
	p, err := c.query()
	if err != nil {
		return err
	}
	q, err := relatedFromURL(p)
	if err != nil {
		return err
	}
	page, err := c.s.db.Related(c.ctx(), c.account, c.params[0], q)
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, events(page.Events), page.Info)
}

func relatedFromURL(p params) (q api.RelatedQuery, err error) {
	if q.DatasetID, err = p.text("datasetId"); err != nil {
		return q, err
	}
	if q.DatasetID == "" {
		return q, bad("datasetId", "the dataset of the event", "")
	}
	if q.Direction, err = p.text("direction"); err != nil {
		return q, err
	}
	if q.IncludeParent, err = p.boolean("includeParent", true); err != nil {
		return q, err
	}
	for key, into := range map[string]*int{"maxDepth": &q.MaxDepth, "page": &q.Page, "pageSize": &q.PageSize} {
		if *into, err = p.number(key, 0); err != nil {
			return q, err
		}
	}
	if q.RelationshipTypes, err = p.list("relationshipTypes"); err != nil {
		return q, err
	}
	ids, err := p.list("indicatorTypeIds")
	if err != nil {
		return q, err
	}
	for _, s := range ids {
		n, err := wholeNumber("indicatorTypeIds", s)
		if err != nil {
			return q, err
		}
		q.IndicatorTypeIDs = append(q.IndicatorTypeIDs, int64(n))
	}
	return q, q.Validate()
}

// graph answers the edges one step around some nodes, always enveloped.
func (c *call) graph() error {
	start := time.Now()
	p, err := c.query()
	if err != nil {
		return err
	}
	q, expand, err := graphFromURL(p)
	if err != nil {
		return err
	}
	g, err := c.s.db.Graph(c.ctx(), c.account, q)
	if err != nil {
		return err
	}
	info := api.GraphInfo{
		Count: len(g.Nodes), EdgeCount: len(g.Edges), TotalCount: len(g.Nodes), HasMore: g.HasMore,
		DepthReached: 1, Truncated: g.Truncated,
	}
	if g.Cursor != "" {
		info.Cursor = &g.Cursor
	}
	for _, s := range q.Seeds {
		info.Seeds = append(info.Seeds, s.String())
	}
	result := struct {
		Edges []api.GraphEdge `json:"edges"`
		Node  *graphNode      `json:"node"`
		Nodes []graphNode     `json:"nodes"`
	}{Edges: g.Edges, Nodes: make([]graphNode, len(g.Nodes))}
	for i, n := range g.Nodes {
		result.Nodes[i] = nodeOf(n, slices.Contains(q.Seeds, n.Ref()), expand)
	}
	if len(q.Seeds) == 1 {
		result.Node = &result.Nodes[0]
	}
	info.QueryTimeMs = float64(time.Since(start).Microseconds()) / 1000
	return c.envelope(http.StatusOK, result, info)
}

// graphNode is a node as it is published: flat, without what isn't of its type.
// Details is ours: the whole event, which saves a call.
type graphNode struct {
	ID        string `json:"id"`
	UUID      string `json:"uuid"`
	Type      string `json:"type"`
	Role      string `json:"role,omitempty"`
	DatasetID string `json:"datasetId,omitempty"`
	*eventNode
	*valueNode
	Details *api.Event `json:"details,omitempty"`
}

// eventNode is what an event adds.
type eventNode struct {
	Event    string   `json:"event"`
	Category string   `json:"category"`
	Attacker string   `json:"attacker"`
	Date     api.Time `json:"date"`
	Missing  bool     `json:"missing,omitempty"`
}

// valueNode is what an indicator or a tag adds.
type valueNode struct {
	Value         string  `json:"value"`
	IndicatorType string  `json:"indicatorType,omitempty"`
	CategoryID    *string `json:"categoryId,omitempty"`
}

func nodeOf(n api.GraphNode, seed, expand bool) graphNode {
	out := graphNode{ID: n.Ref().String(), UUID: n.ID, Type: n.Type, DatasetID: n.DatasetID}
	if n.Event != nil {
		out.DatasetID = n.Event.DatasetID
	}
	if seed {
		out.Role = "focal"
	}
	switch {
	case !expand:
	case n.Type != api.NodeEvent:
		out.valueNode = &valueNode{Value: n.Label, IndicatorType: n.IndicatorType}
	case n.Event == nil:
		out.eventNode = &eventNode{Missing: true}
	default:
		e := n.Event
		out.eventNode = &eventNode{Event: e.Event, Category: e.Category, Attacker: e.Attacker, Date: e.Date}
		out.Details = e
	}
	return out
}

// graphFromURL reads a graph query, and whether nodes are to be told in full.
func graphFromURL(p params) (q api.GraphQuery, expand bool, err error) {
	if q.Seeds, err = seedsOf(p); err != nil {
		return q, false, err
	}
	for key, into := range map[string]*string{"direction": &q.Direction, "cursor": &q.Cursor} {
		if *into, err = p.text(key); err != nil {
			return q, false, err
		}
	}
	for key, into := range map[string]*int{"limit": &q.Limit, "max_nodes": &q.MaxNodes} {
		if *into, err = p.number(key, 0); err != nil {
			return q, false, err
		}
	}
	if q.RelationshipTypes, err = p.list("relationshipTypes"); err != nil {
		return q, false, err
	}
	if q.Datasets, err = p.list("datasetIds", "datasetId"); err != nil {
		return q, false, err
	}
	sections, err := p.list("expand")
	if err != nil {
		return q, false, err
	}
	for _, s := range sections {
		if s != "nodes" {
			return q, false, bad("expand", "nodes", s)
		}
	}
	if _, err := p.choice("hydration", "r2_join", "do_only"); err != nil { // how the platform gathers; no effect here
		return q, false, err
	}
	return q, len(sections) > 0, q.Validate()
}

func seedsOf(p params) ([]api.NodeRef, error) {
	texts, err := p.list("seeds")
	if err != nil {
		return nil, err
	}
	if n := len(texts); n < 1 || n > api.MaxSeeds {
		return nil, bad("seeds", "1.."+strconv.Itoa(api.MaxSeeds)+" of event:UUID, indicator:UUID, tag:UUID", strconv.Itoa(n))
	}
	var out []api.NodeRef
	for _, s := range texts {
		ref, err := api.ParseNodeRef(strings.TrimSpace(s))
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	return out, nil
}
