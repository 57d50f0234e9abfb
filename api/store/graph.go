package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"threatbench/api"
)

// Graph answers the edges one step around the seeds: what an event hangs
// under and what hangs under it, its tags and its indicators; the events of a
// tag or of an indicator, newest first. An unknown seed is a 404 *api.Error.
// Neighbours that are nodes already cost no place among the nodes.
func (d *DB) Graph(ctx context.Context, account string, q api.GraphQuery) (api.Graph, error) {
	if err := q.Validate(); err != nil {
		return api.Graph{}, err
	}
	g := newGrapher(account, q)
	var err error
	if q.Cursor != "" {
		if g.after, err = d.openGraphCursor(account, q); err != nil {
			return api.Graph{}, err
		}
	}
	if g.v, err = d.readTx(ctx); err != nil {
		return api.Graph{}, err
	}
	defer g.v.close()
	if g.scope, err = g.v.scope(ctx, account, orAll(q.Datasets)); err != nil {
		return api.Graph{}, err
	}
	if err := g.run(ctx); err != nil {
		return api.Graph{}, err
	}
	return g.out, g.seal(d)
}

// grapher makes one graph.
type grapher struct {
	v       *readTx
	scope   scope
	account string
	query   api.GraphQuery
	types   map[string]bool
	kinds   map[int]bool // of types, those between events
	in, to  bool         // directions
	limit   int
	most    int // nodes
	after   graphPosition
	seeds   []*seed
	nodes   map[api.NodeRef]bool
	events  map[int64]api.GraphNode // those of nodes that are events
	edges   map[string]bool
	out     api.Graph
	last    graphPosition // of the last neighbour taken
	cut     bool          // there are more than those taken
}

// seed is a node whose neighbours are asked for.
type seed struct {
	ref   api.NodeRef
	node  api.GraphNode
	event int64    // of an event
	scan  *scanned // of a tag or an indicator
	near  []neighbour
}

// neighbour is one edge of a seed, before its other end is read.
type neighbour struct {
	at    graphPosition
	event int64         // of the other end; 0 where node is it
	node  api.GraphNode // a tag or an indicator
	in    bool          // from the neighbour to the seed
	sure  bool          // it was compared already
	kind  string        // the relationship's type
}

// The groups of an event's neighbours, in their order.
const (
	nearIndicators = iota
	nearParents
	nearTags
	nearChildren
	nearEvents // of a tag or an indicator
)

// graphPosition orders the neighbours of one seed: by group, then by id and
// type. Those of nearEvents fall by id.
type graphPosition struct {
	Group int   `json:"g"`
	ID    int64 `json:"i"`
	Kind  int   `json:"k,omitempty"`
}

func (p graphPosition) less(o graphPosition) bool {
	if p.Group != o.Group {
		return p.Group < o.Group
	}
	if p.ID != o.ID {
		return p.ID < o.ID
	}
	return p.Kind < o.Kind
}

// graphCursor is where a seed's neighbours go on. Its keys differ from those
// of a list's cursor, so that neither is taken for the other.
type graphCursor struct {
	Account string        `json:"graph"`
	Seed    string        `json:"seed"`
	After   graphPosition `json:"after"`
}

func (d *DB) openGraphCursor(account string, q api.GraphQuery) (graphPosition, error) {
	var c graphCursor
	if !d.open(q.Cursor, &c) || c.Account != account || c.Seed != q.Seeds[0].String() {
		return c.After, foreignCursor(q.Cursor)
	}
	return c.After, nil
}

// seal says how a cut graph goes on.
func (g *grapher) seal(d *DB) (err error) {
	g.out.Truncated = g.cut
	if !g.cut || len(g.seeds) > 1 || len(g.out.Edges) == 0 {
		return nil
	}
	g.out.HasMore = true
	g.out.Cursor, err = d.seal(graphCursor{Account: g.account, Seed: g.seeds[0].ref.String(), After: g.last})
	return err
}

func newGrapher(account string, q api.GraphQuery) *grapher {
	g := &grapher{
		account: account, query: q, types: map[string]bool{}, limit: q.Limit, most: q.MaxNodes,
		in: q.Direction != api.Out, to: q.Direction != api.In, after: graphPosition{Group: -1},
		nodes: map[api.NodeRef]bool{}, events: map[int64]api.GraphNode{}, edges: map[string]bool{},
		out: api.Graph{Edges: []api.GraphEdge{}, Nodes: []api.GraphNode{}},
	}
	if g.limit == 0 {
		g.limit = api.DefaultGraphLimit
	}
	if g.most == 0 {
		g.most = api.DefaultGraphNodes
	}
	types := q.RelationshipTypes
	if len(types) == 0 {
		types = api.GraphRelationshipTypes()
	}
	g.kinds = map[int]bool{}
	for _, t := range types {
		g.types[t] = true
		if k, err := edgeKind(t); err == nil {
			g.kinds[k] = true
		}
	}
	return g
}

func (g *grapher) run(ctx context.Context) error {
	scan := newGraphScan(g.v, g.scope)
	for _, ref := range g.query.Seeds {
		if slices.ContainsFunc(g.seeds, func(s *seed) bool { return s.ref == ref }) {
			continue
		}
		s, err := g.seed(ctx, scan, ref)
		if err != nil {
			return err
		}
		g.seeds = append(g.seeds, s)
	}
	if err := scan.run(ctx); err != nil {
		return err
	}
	for _, s := range g.seeds {
		if err := g.scanBeside(ctx, s); err != nil {
			return err
		}
	}
	if err := g.readSeeds(ctx); err != nil {
		return err
	}
	for _, s := range g.seeds {
		g.addNode(s.node)
	}
	for _, s := range g.seeds {
		if err := g.surround(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func missingSeed(ref api.NodeRef) error {
	return api.Errorf(http.StatusNotFound, "seeds: no %s %q", ref.Type, ref.ID)
}

// seed finds a seed, or says to the scan what to look for.
func (g *grapher) seed(ctx context.Context, scan *graphScan, ref api.NodeRef) (*seed, error) {
	s := &seed{ref: ref, node: api.GraphNode{ID: ref.ID, Type: ref.Type}}
	switch ref.Type {
	case api.NodeEvent:
		id, err := g.findEvent(ctx, ref)
		s.event = id
		return s, err
	case api.NodeTag:
		fold, value, err := g.v.tagByUUID(ctx, g.scope.account, ref.ID)
		if err != nil {
			return nil, err
		}
		if fold == "" {
			return nil, missingSeed(ref)
		}
		s.node.Label = value
		s.scan = scan.addTag(fold, g.wanted(g.in && g.types[api.TaggedWith]), g.before())
		return s, nil
	}
	hash, ok := indicatorHash(ref.ID)
	if !ok {
		return nil, missingSeed(ref)
	}
	s.scan = scan.addIndicator(ref.ID, hash, g.wanted(g.in && g.types[api.AppearsIn]), g.before())
	return s, nil
}

func (g *grapher) findEvent(ctx context.Context, ref api.NodeRef) (int64, error) {
	u, err := uuid.Parse(ref.ID)
	if err != nil {
		return 0, missingSeed(ref)
	}
	id, _, err := g.v.s.lookup(ctx, g.scope.account, u)
	if err != nil {
		return 0, err
	}
	if id == 0 {
		return 0, missingSeed(ref)
	}
	ok, err := g.v.sees(ctx, id)
	if err == nil && !ok {
		err = missingSeed(ref)
	}
	return id, err
}

// wanted is how many neighbours to look for: one more than the limit tells
// whether there are more.
func (g *grapher) wanted(allowed bool) int {
	if !allowed {
		return 0
	}
	return g.limit + 1
}

func (g *grapher) before() int64 {
	if g.after.Group == nearEvents {
		return g.after.ID
	}
	return fromStart
}

// readSeeds gives the seeds that are events or indicators their nodes.
func (g *grapher) readSeeds(ctx context.Context) error {
	at := map[int64][]*seed{}
	for _, s := range g.seeds {
		switch s.ref.Type {
		case api.NodeEvent:
			at[s.event] = append(at[s.event], s)
		case api.NodeIndicator:
			if s.node.Label != "" {
				continue // an event has it beside its primary one
			}
			if s.scan.sample == 0 {
				return missingSeed(s.ref)
			}
			at[s.scan.sample] = append(at[s.scan.sample], s)
		}
	}
	ids := make([]int64, 0, len(at))
	for id := range at {
		ids = append(ids, id)
	}
	events, err := g.v.readEvents(ctx, g.scope, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		for _, s := range at[id] {
			if s.ref.Type == api.NodeEvent {
				s.node = eventNode(&events[i])
				g.events[id] = s.node
			} else {
				s.node = g.indicatorNode(&events[i])
			}
		}
	}
	return nil
}

func eventNode(e *api.Event) api.GraphNode {
	return api.GraphNode{ID: e.UUID, Type: api.NodeEvent, Label: e.Event, Event: e}
}

func (g *grapher) indicatorNode(e *api.Event) api.GraphNode {
	ref := indicatorRef(g.account, e)
	return api.GraphNode{ID: ref.ID, Type: ref.Type, Label: e.Indicator, IndicatorType: e.IndicatorType, DatasetID: e.DatasetID}
}

func (g *grapher) addNode(n api.GraphNode) {
	if !g.nodes[n.Ref()] {
		g.nodes[n.Ref()] = true
		g.out.Nodes = append(g.out.Nodes, n)
	}
}

// surround adds a seed's edges to the graph.
func (g *grapher) surround(ctx context.Context, s *seed) error {
	if err := g.gather(ctx, s); err != nil {
		return err
	}
	if len(s.near) > g.limit {
		s.near, g.cut = s.near[:g.limit], true
	}
	g.fit(s)
	if err := g.readNear(ctx, s); err != nil {
		return err
	}
	for _, n := range s.near {
		g.addNode(n.node)
		g.addEdge(s, n)
		g.last = n.at
	}
	return nil
}

// fit cuts a seed's neighbours off where there is no room among the nodes.
func (g *grapher) fit(s *seed) {
	fresh := map[graphPosition]bool{}
	for i, n := range s.near {
		_, known := g.events[n.event]
		if known || n.event == 0 && g.nodes[n.node.Ref()] {
			continue
		}
		fresh[n.key()] = true
		if len(g.out.Nodes)+len(fresh) > g.most {
			s.near, g.cut = s.near[:i], true
			return
		}
	}
}

// key is the same for neighbours that are one node.
func (n neighbour) key() graphPosition {
	if n.event != 0 {
		return graphPosition{Group: nearEvents, ID: n.event}
	}
	return n.at
}

func (g *grapher) addEdge(s *seed, n neighbour) {
	from, to := s.node.Ref(), n.node.Ref()
	if n.in {
		from, to = to, from
	}
	e := api.GraphEdge{
		Source: from.String(), SourceID: from.ID, SourceType: from.Type,
		Target: to.String(), TargetID: to.ID, TargetType: to.Type, RelationshipType: n.kind,
	}
	e.ID = e.Source + "→" + e.Target + ":" + n.kind
	if !g.edges[e.ID] {
		g.edges[e.ID] = true
		g.out.Edges = append(g.out.Edges, e)
	}
}

// readNear reads those of a seed's neighbours that are events.
func (g *grapher) readNear(ctx context.Context, s *seed) error {
	var ids []int64
	asked := map[int64]bool{}
	for _, n := range s.near {
		if _, known := g.events[n.event]; n.event != 0 && !known && !asked[n.event] {
			asked[n.event] = true
			ids = append(ids, n.event)
		}
	}
	events, err := g.v.readEvents(ctx, g.scope, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		g.events[id] = eventNode(&events[i])
	}
	for i := range s.near {
		if n := &s.near[i]; n.event != 0 {
			n.node = g.events[n.event]
		}
	}
	if s.ref.Type == api.NodeIndicator {
		// Two indicators may share a hash.
		s.near = slices.DeleteFunc(s.near, func(n neighbour) bool { return !n.sure && indicatorRef(g.account, n.node.Event) != s.ref })
	}
	return nil
}

// gather finds a seed's neighbours past the cursor, at most one more than the
// limit.
func (g *grapher) gather(ctx context.Context, s *seed) error {
	if s.scan != nil {
		g.gatherScanned(s)
		return nil
	}
	if err := g.gatherIndicators(ctx, s); err != nil {
		return err
	}
	if g.in {
		if err := g.gatherRelated(ctx, s, nearParents); err != nil {
			return err
		}
	}
	if err := g.gatherTags(ctx, s); err != nil || !g.to {
		return err
	}
	return g.gatherRelated(ctx, s, nearChildren)
}

func (g *grapher) gatherScanned(s *seed) {
	kind := api.AppearsIn
	if s.ref.Type == api.NodeTag {
		kind = api.TaggedWith
	}
	for _, id := range s.scan.found {
		s.near = append(s.near, neighbour{at: graphPosition{Group: nearEvents, ID: id}, event: id, in: true, sure: s.scan.sure[id], kind: kind})
	}
}

// offer adds a neighbour that lies past the cursor; false where there are
// enough.
func (g *grapher) offer(s *seed, n neighbour) bool {
	if len(s.near) > g.limit {
		return false
	}
	if g.after.less(n.at) {
		s.near = append(s.near, n)
	}
	return true
}

func (g *grapher) gatherIndicators(ctx context.Context, s *seed) error {
	if !g.to || !g.types[api.AppearsIn] || g.after.Group > nearIndicators {
		return nil
	}
	r, err := g.v.s.row(ctx, s.event)
	if err != nil || r == nil {
		return err
	}
	for i, node := range g.v.indicators(g.account, &r.doc) {
		node.DatasetID = s.node.Event.DatasetID
		if !g.offer(s, neighbour{at: graphPosition{Group: nearIndicators, ID: int64(i)}, node: node, kind: api.AppearsIn}) {
			return nil
		}
	}
	return nil
}

func (g *grapher) gatherTags(ctx context.Context, s *seed) error {
	if !g.to || !g.types[api.TaggedWith] || len(s.near) > g.limit {
		return nil
	}
	seen := map[string]bool{}
	for i, value := range s.node.Event.Tags {
		fold := api.Fold(value)
		if seen[fold] {
			continue
		}
		seen[fold] = true
		at := graphPosition{Group: nearTags, ID: int64(i)}
		if !g.after.less(at) {
			continue
		}
		t, err := g.v.tagByValue(ctx, g.scope.account, fold)
		if err != nil {
			return err
		}
		if t.UUID == "" {
			continue
		}
		if !g.offer(s, neighbour{at: at, node: api.GraphNode{ID: t.UUID, Type: api.NodeTag, Label: t.Value}, kind: api.TaggedWith}) {
			return nil
		}
	}
	return nil
}

var errEnough = errors.New("enough")

// gatherRelated finds the parents or the children of an event, by id.
func (g *grapher) gatherRelated(ctx context.Context, s *seed, group int) error {
	if len(g.kinds) == 0 || len(s.near) > g.limit {
		return nil
	}
	query := `SELECT r.child, r.type, e.dataset FROM relationship r JOIN event e ON e.id = r.child
		WHERE r.parent = ? AND r.child >= ? ORDER BY r.child, r.type`
	if group == nearParents {
		query = `SELECT r.parent, r.type, e.dataset FROM relationship r JOIN event e ON e.id = r.parent
			WHERE r.child = ? AND r.parent >= ? ORDER BY r.parent, r.type`
	}
	from := int64(0)
	if g.after.Group == group {
		from = g.after.ID
	}
	if g.after.Group > group {
		from = math.MaxInt64
	}
	err := g.v.s.each(ctx, query, []any{s.event, from}, func(r *sql.Rows) error {
		n := neighbour{at: graphPosition{Group: group}, in: group == nearParents}
		var dataset uint32
		if err := r.Scan(&n.event, &n.at.Kind, &dataset); err != nil {
			return err
		}
		if !g.kinds[n.at.Kind] || !g.scope.datasets[dataset] {
			return nil
		}
		if ok, err := g.v.sees(ctx, n.event); err != nil || !ok {
			return err
		}
		n.at.ID, n.kind = n.event, relationName(n.at.Kind)
		if !g.offer(s, n) {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("reading the relationships of an event: %w", err)
	}
	return nil
}

// tagByUUID finds a tag of the account; "" where there is none.
func (v *readTx) tagByUUID(ctx context.Context, account int64, id string) (fold, value string, err error) {
	err = v.s.queryRow(ctx, "SELECT fold, value FROM tag WHERE account = ? AND uuid = ?", account, id).Scan(&fold, &value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", "", fmt.Errorf("reading a tag: %w", err)
	}
	return fold, value, nil
}

// tagByValue finds a tag of the account; its UUID is "" where there is none.
func (v *readTx) tagByValue(ctx context.Context, account int64, fold string) (t api.Tag, err error) {
	err = v.s.queryRow(ctx, "SELECT uuid, value FROM tag WHERE account = ? AND fold = ?", account, fold).Scan(&t.UUID, &t.Value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return t, fmt.Errorf("reading a tag: %w", err)
	}
	return t, nil
}
