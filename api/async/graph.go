package async

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"threatbench/api"
)

// graphOf is the graph around some nodes, put together from related events and
// from searches where the server has none.
func graphOf(ctx context.Context, a API, g Grapher, q api.GraphQuery) (api.Graph, error) {
	failed := ""
	if !slices.ContainsFunc(q.Seeds, byValue) {
		graph, err := g.Graph(ctx, q)
		if err == nil || !errors.Is(err, api.ErrUnsupported) {
			return graph, err
		}
		if !strings.HasSuffix(err.Error(), api.ErrUnsupported.Error()) { // else it plainly has none
			failed = err.Error()
		}
	}
	graph, err := derive(ctx, a, g, q)
	if err == nil && graph.Reason == "" {
		graph.Reason = failed
	}
	return graph, err
}

// byValue tells whether a node is called by its value, as those are that no
// server has given an id.
func byValue(r api.NodeRef) bool {
	_, err := api.ParseNodeRef(r.String())
	return r.Type != api.NodeEvent && err != nil
}

// nodesOf finds the nodes of indicators and tags by their values: an event that
// has one leads to it.
func nodesOf(ctx context.Context, a API, g Grapher, refs []api.NodeRef) ([]api.GraphNode, error) {
	out := make([]api.GraphNode, len(refs))
	for i, r := range refs {
		out[i] = api.GraphNode{ID: r.ID, Type: r.Type}
		if !byValue(r) {
			continue
		}
		var err error
		if out[i], err = nodeOf(ctx, a, g, r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func nodeOf(ctx context.Context, a API, g Grapher, r api.NodeRef) (api.GraphNode, error) {
	page, err := a.List(ctx, having(r, api.GraphQuery{Limit: 1}))
	if err != nil {
		return api.GraphNode{}, err
	}
	if len(page.Events) == 0 {
		return api.GraphNode{}, api.Errorf(http.StatusNotFound, "no event has the %s %s", r.Type, r.ID)
	}
	graph, err := g.Graph(ctx, api.GraphQuery{
		Seeds: []api.NodeRef{{Type: api.NodeEvent, ID: page.Events[0].UUID}}, RelationshipTypes: []string{edgeTo(r.Type)}, Limit: api.MaxGraphLimit,
	})
	if errors.Is(err, api.ErrUnsupported) {
		return api.GraphNode{ID: r.ID, Type: r.Type, Label: r.ID}, nil
	}
	if err != nil {
		return api.GraphNode{}, err
	}
	for _, n := range graph.Nodes {
		if n.Type == r.Type && api.Fold(n.Label) == api.Fold(r.ID) {
			return n, nil
		}
	}
	return api.GraphNode{ID: r.ID, Type: r.Type, Label: r.ID}, nil
}

// edgeTo is the type of the edges of an indicator or a tag.
func edgeTo(node string) string {
	if node == api.NodeTag {
		return api.TaggedWith
	}
	return api.AppearsIn
}

// having asks for the events that have an indicator or a tag.
func having(r api.NodeRef, q api.GraphQuery) api.ListQuery {
	if q.Cursor != "" {
		return api.ListQuery{Cursor: q.Cursor, PageSize: q.Limit}
	}
	field := api.FieldIndicator
	if r.Type == api.NodeTag {
		field = api.FieldTags
	}
	l := api.ListQuery{
		Search:   []api.Condition{{Field: field, Op: api.OpEquals, Values: []string{r.ID}}},
		Datasets: q.Datasets, Page: 1, PageSize: q.Limit,
	}
	if len(l.Datasets) == 0 {
		l.Datasets = []string{api.ScopeAll}
	}
	return l
}

// derive asks for the events one step above and below each event, and for those
// that have an indicator or a tag.
func derive(ctx context.Context, a API, g Grapher, q api.GraphQuery) (api.Graph, error) {
	if q.Limit == 0 {
		q.Limit = api.DefaultGraphLimit
	}
	d := derivation{graph: api.Graph{Derived: true}, seen: map[string]int{}, edges: map[string]bool{}}
	if err := d.read(ctx, a, q); err != nil {
		return api.Graph{}, err
	}
	for _, seed := range q.Seeds {
		var err error
		if seed.Type == api.NodeEvent {
			err = d.around(ctx, g, q, seed)
		} else {
			err = d.search(ctx, a, q, seed)
		}
		if err != nil {
			return api.Graph{}, err
		}
	}
	d.values(q)
	return d.graph, nil
}

// read takes the events that are seeds. Without a list there is no graph.
func (d *derivation) read(ctx context.Context, a API, q api.GraphQuery) error {
	var ids []string
	for _, s := range q.Seeds {
		if s.Type == api.NodeEvent {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	page, err := a.List(ctx, api.ListQuery{
		Search:   []api.Condition{{Field: api.FieldUUID, Op: api.OpIn, Values: ids}},
		Datasets: []string{api.ScopeAll}, Page: 1, PageSize: api.MaxInValues,
	})
	if err != nil {
		return err
	}
	for i := range page.Events {
		if e := &page.Events[i]; slices.Contains(ids, e.UUID) { // a server may not know how to search by id
			d.node(api.NodeEvent, e.UUID, e.Event, e)
		}
	}
	return nil
}

// around takes the events above and below one.
func (d *derivation) around(ctx context.Context, g Grapher, q api.GraphQuery, seed api.NodeRef) error {
	d.node(api.NodeEvent, seed.ID, seed.ID, nil)
	of := relatedQuery(q, "")
	e := d.graph.Nodes[d.seen[seed.String()]].Event
	if e != nil && of.DatasetID == "" {
		of.DatasetID = e.DatasetID
	}
	if !follows(q, api.RelationshipTypes()...) {
		return nil
	}
	for _, dir := range directions(q.Direction) {
		of.Direction = dir
		page, err := g.Related(ctx, seed.ID, of)
		if errors.Is(err, api.ErrUnsupported) || e != nil && api.StatusOf(err) == http.StatusNotFound {
			d.graph.Reason = "relationships can't be read: " + err.Error()
			return nil
		}
		if err != nil {
			return err
		}
		d.take(seed.ID, dir, page, onlyType(q))
	}
	return nil
}

// follows tells whether any of the types is asked for.
func follows(q api.GraphQuery, types ...string) bool {
	return len(q.RelationshipTypes) == 0 || slices.ContainsFunc(types, func(t string) bool { return slices.Contains(q.RelationshipTypes, t) })
}

// search takes the events that have an indicator or a tag.
func (d *derivation) search(ctx context.Context, a API, q api.GraphQuery, seed api.NodeRef) error {
	d.node(seed.Type, seed.ID, seed.ID, nil)
	if !follows(q, edgeTo(seed.Type)) || q.Direction == api.Out { // all its edges come in
		return nil
	}
	page, err := a.List(ctx, having(seed, q))
	if err != nil {
		return err
	}
	for i := range page.Events {
		e := &page.Events[i]
		d.node(api.NodeEvent, e.UUID, e.Event, e)
		d.value(seed.Type, seed.ID, e.UUID)
	}
	if page.Info.Cursor != "" || q.Cursor == "" && page.Info.TotalCount > len(page.Events) {
		d.graph.Truncated = true
		if len(q.Seeds) == 1 {
			d.graph.Cursor, d.graph.HasMore = page.Info.Cursor, page.Info.Cursor != ""
		}
	}
	return nil
}

// values takes the indicators and tags of the events that are seeds.
func (d *derivation) values(q api.GraphQuery) {
	if q.Direction == api.In {
		return
	}
	for _, s := range q.Seeds {
		if e := d.graph.Nodes[d.seen[s.String()]].Event; e != nil {
			d.valuesOf(e, follows(q, api.TaggedWith), follows(q, api.AppearsIn))
		}
	}
}

func (d *derivation) valuesOf(e *api.Event, tags, indicators bool) {
	if indicators && e.Indicator != "" {
		d.node(api.NodeIndicator, e.Indicator, e.Indicator, nil)
		d.value(api.NodeIndicator, e.Indicator, e.UUID)
	}
	if !tags {
		return
	}
	for _, t := range e.Tags {
		d.node(api.NodeTag, t, t, nil)
		d.value(api.NodeTag, t, e.UUID)
	}
}

// value joins an indicator or a tag with an event.
func (d *derivation) value(kind, value, event string) {
	d.joinRunning(api.NodeRef{Type: api.NodeEvent, ID: event}, api.NodeRef{Type: kind, ID: value}, edgeTo(kind))
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
	d.joinRunning(api.NodeRef{Type: api.NodeEvent, ID: parent}, api.NodeRef{Type: api.NodeEvent, ID: child}, kind)
}

func (d *derivation) joinRunning(from, to api.NodeRef, kind string) {
	id := from.String() + "→" + to.String() + ":" + kind
	if d.edges[id] {
		return
	}
	d.edges[id] = true
	d.graph.Edges = append(d.graph.Edges, api.GraphEdge{
		ID: id, Source: from.String(), Target: to.String(), SourceID: from.ID, TargetID: to.ID,
		SourceType: from.Type, TargetType: to.Type, RelationshipType: kind,
	})
}
