package async

import (
	"context"
	"errors"

	"threatbench/api"
)

// graphOf is the graph around some nodes, put together from related events
// where the server has none.
func graphOf(ctx context.Context, g Grapher, q api.GraphQuery) (api.Graph, error) {
	graph, err := g.Graph(ctx, q)
	if err == nil || !errors.Is(err, api.ErrUnsupported) {
		return graph, err
	}
	return derive(ctx, g, q)
}

// derive asks for the events one step above and below each seed.
func derive(ctx context.Context, g Grapher, q api.GraphQuery) (api.Graph, error) {
	d := derivation{graph: api.Graph{Derived: true}, seen: map[string]int{}, edges: map[string]bool{}}
	for _, seed := range q.Seeds {
		if seed.Type != api.NodeEvent {
			d.node(seed.Type, seed.ID, seed.ID, nil)
			continue
		}
		for _, dir := range directions(q.Direction) {
			page, err := g.Related(ctx, seed.ID, relatedQuery(q, dir))
			if err != nil {
				return api.Graph{}, err
			}
			d.take(seed.ID, dir, page, onlyType(q))
		}
	}
	return d.graph, nil
}

func directions(way string) []string {
	switch way {
	case api.In:
		return []string{api.Ancestors}
	case api.Out:
		return []string{api.Descendants}
	}
	return []string{api.Ancestors, api.Descendants}
}

func relatedQuery(q api.GraphQuery, direction string) api.RelatedQuery {
	r := api.RelatedQuery{Direction: direction, MaxDepth: 1, IncludeParent: true, PageSize: q.Limit}
	if r.PageSize == 0 {
		r.PageSize = api.DefaultGraphLimit
	}
	for _, t := range q.RelationshipTypes {
		if t != api.TaggedWith && t != api.AppearsIn {
			r.RelationshipTypes = append(r.RelationshipTypes, t)
		}
	}
	if len(q.Datasets) == 1 && !api.IsScope(q.Datasets[0]) {
		r.DatasetID = q.Datasets[0]
	}
	return r
}

// onlyType is the type of every edge where the question leaves no other.
func onlyType(q api.GraphQuery) string {
	if types := relatedQuery(q, "").RelationshipTypes; len(types) == 1 {
		return types[0]
	}
	return ""
}

// derivation gathers nodes and edges, each once.
type derivation struct {
	graph api.Graph
	seen  map[string]int // place of a node, by type:id
	edges map[string]bool
}

func (d *derivation) take(seed, direction string, page api.Page, kind string) {
	d.node(api.NodeEvent, seed, seed, nil)
	for i := range page.Events {
		e := &page.Events[i]
		d.node(api.NodeEvent, e.UUID, e.Event, e)
		switch {
		case e.UUID == seed:
		case direction == api.Ancestors:
			d.edge(e.UUID, seed, kind)
		default:
			d.edge(seed, e.UUID, kind)
		}
	}
	if page.Info.Cursor != "" || page.Info.TotalCount > len(page.Events) {
		d.graph.HasMore, d.graph.Truncated = true, true
	}
}

// node adds a node, or what is known of it now beside its id.
func (d *derivation) node(kind, id, label string, e *api.Event) {
	key := api.NodeRef{Type: kind, ID: id}.String()
	at, known := d.seen[key]
	if !known {
		d.seen[key] = len(d.graph.Nodes)
		d.graph.Nodes = append(d.graph.Nodes, api.GraphNode{ID: id, Type: kind, Label: label, Event: e})
		return
	}
	if e != nil && d.graph.Nodes[at].Event == nil {
		d.graph.Nodes[at].Label, d.graph.Nodes[at].Event = label, e
	}
}

func (d *derivation) edge(parent, child, kind string) {
	from, to := api.NodeRef{Type: api.NodeEvent, ID: parent}, api.NodeRef{Type: api.NodeEvent, ID: child}
	id := from.String() + "→" + to.String() + ":" + kind
	if d.edges[id] {
		return
	}
	d.edges[id] = true
	d.graph.Edges = append(d.graph.Edges, api.GraphEdge{
		ID: id, Source: from.String(), Target: to.String(), SourceID: parent, TargetID: child,
		SourceType: api.NodeEvent, TargetType: api.NodeEvent, RelationshipType: kind,
	})
}
