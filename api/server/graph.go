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
		Count: len(g.Nodes), EdgeCount: len(g.Edges), TotalCount: len(g.Nodes), Cursor: g.Cursor, HasMore: g.HasMore,
		DepthReached: min(len(g.Edges), 1), Truncated: g.Truncated,
	}
	for _, s := range q.Seeds {
		info.Seeds = append(info.Seeds, s.String())
	}
	if !expand {
		for i, n := range g.Nodes {
			g.Nodes[i] = api.GraphNode{ID: n.ID, Type: n.Type}
		}
	}
	result := struct {
		Edges []api.GraphEdge `json:"edges"`
		Node  *api.GraphNode  `json:"node"`
		Nodes []api.GraphNode `json:"nodes"`
	}{Edges: g.Edges, Nodes: g.Nodes}
	if len(q.Seeds) == 1 {
		result.Node = &g.Nodes[0]
	}
	info.QueryTimeMs = float64(time.Since(start).Microseconds()) / 1000
	return c.envelope(http.StatusOK, result, info)
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
