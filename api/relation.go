package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The types of relationship between events: what the child is to the parent.
const (
	RelatedTo    = "related_to"
	CausedBy     = "caused_by"
	AttributedTo = "attributed_to"
)

// The relationships that the graph knows beside those between events.
const (
	TaggedWith = "tagged_with" // event to tag
	AppearsIn  = "appears_in"  // event to indicator
)

// RelationshipTypes lists the types between events.
func RelationshipTypes() []string { return []string{RelatedTo, CausedBy, AttributedTo} }

// GraphRelationshipTypes lists the types of the graph's edges.
func GraphRelationshipTypes() []string {
	return append([]string{TaggedWith, AppearsIn}, RelationshipTypes()...)
}

// RelateEvents hangs children under a parent.
type RelateEvents struct {
	ParentID         string   `json:"parentId"`
	ChildIDs         []string `json:"childIds"`
	RelationshipType string   `json:"relationshipType"`
	DatasetID        string   `json:"datasetId,omitempty"`
}

// Relationship is one edge between two events.
type Relationship struct {
	ParentID         string `json:"parentId"`
	ChildID          string `json:"childId"`
	RelationshipType string `json:"relationshipType"`
	ParentDatasetID  string `json:"parentDatasetId"`
	ChildDatasetID   string `json:"childDatasetId"`
}

// RelateError is why a child was not related.
type RelateError struct {
	ChildID   string `json:"childId"`
	Error     string `json:"error"`
	ErrorType string `json:"errorType,omitempty"`
}

// RelateResult answers a RelateEvents.
type RelateResult struct {
	Success              bool           `json:"success"`
	Message              string         `json:"message"`
	Relationships        []Relationship `json:"relationships"`
	RelationshipsCreated int            `json:"relationshipsCreated"`
	ChildIDs             []string       `json:"childIds,omitempty"`
	Errors               []RelateError  `json:"errors,omitempty"`
}

// UnrelateResult answers a DELETE /events/relationships (ours), whose body is
// a RelateEvents: what relating made is taken away. A relationship that isn't
// there counts for nothing and is no error.
type UnrelateResult struct {
	Success              bool          `json:"success"`
	Message              string        `json:"message"`
	RelationshipsRemoved int           `json:"relationshipsRemoved"`
	Errors               []RelateError `json:"errors,omitempty"`
}

// Directions of a walk over relationships.
const (
	Ancestors   = "ancestors"
	Descendants = "descendants"
	Both        = "both"
)

// RelatedQuery asks for the events around one event. With Both the answer
// holds its ancestors and its descendants, never siblings through a turn.
type RelatedQuery struct {
	DatasetID         string   // of the start; "" = anywhere in the account
	Direction         string   // Ancestors, Descendants or Both; "" = Both
	MaxDepth          int      // 0 = 5
	RelationshipTypes []string // none = every type
	IndicatorTypeIDs  []int64  // keeps events of these indicator types, and the start; none = every event
	IncludeParent     bool     // the start itself, first
	Page              int      // from 1; 0 = 1
	PageSize          int      // 0 = DefaultPageSize
}

// Limits of a graph query and of a walk over relationships.
const (
	MaxSeeds          = 50
	MaxGraphLimit     = 1000
	DefaultGraphLimit = 100
	MaxGraphNodes     = 1000
	DefaultGraphNodes = 500
	MaxRelatedDepth   = 20
	DefaultDepth      = 5
)

// The types of a graph's nodes.
const (
	NodeEvent     = "event"
	NodeIndicator = "indicator"
	NodeTag       = "tag"
)

// NodeRef names a node of the graph: its type and its UUID.
type NodeRef struct {
	Type string
	ID   string
}

// String is the form type:id.
func (n NodeRef) String() string { return n.Type + ":" + n.ID }

// ParseNodeRef reads the form type:id of a graph's node. Its error is an
// *Error of status 400.
func ParseNodeRef(s string) (NodeRef, error) {
	kind, id, _ := strings.Cut(s, ":")
	n := NodeRef{Type: kind, ID: Fold(id)}
	if !slices.Contains(nodeTypes(), kind) || !isUUID(n.ID) {
		return n, badKey("seeds", "event:UUID, indicator:UUID or tag:UUID", s)
	}
	return n, nil
}

func nodeTypes() []string { return []string{NodeEvent, NodeIndicator, NodeTag} }

// isUUID tells the canonical form in small letters.
func isUUID(s string) bool {
	for i, r := range s {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if r != '-' {
				return false
			}
		} else if !strings.ContainsRune("0123456789abcdef", r) {
			return false
		}
	}
	return len(s) == 36
}

// Directions of a graph's edges, as seen from a seed.
const (
	In  = "in"  // from a neighbour to the seed: its parents; of a tag or an indicator, its events
	Out = "out" // from the seed to a neighbour: its children, its indicators, its tags
)

// GraphQuery asks for the edges one step around some nodes.
type GraphQuery struct {
	Seeds             []NodeRef // 1..MaxSeeds
	Direction         string    // In, Out or Both; "" = Both
	Limit             int       // neighbours of each seed; 0 = DefaultGraphLimit
	MaxNodes          int       // of the whole answer, seeds included; 0 = DefaultGraphNodes
	RelationshipTypes []string  // of GraphRelationshipTypes; none = every type
	Datasets          []string  // whose events may be neighbours, as in ListQuery; none = all
	Cursor            string    // one seed only
}

// GraphEdge is an edge; Source and Target are type:id, SourceID and TargetID
// bare, ID is source→target:relationshipType. Between events the source is the
// parent.
type GraphEdge struct {
	ID               string `json:"id"`
	Source           string `json:"source"`
	Target           string `json:"target"`
	SourceID         string `json:"sourceId"`
	TargetID         string `json:"targetId"`
	SourceType       string `json:"sourceType"`
	TargetType       string `json:"targetType"`
	RelationshipType string `json:"relationshipType"`
}

// GraphNode is a node: an event, an indicator or a tag. ID is bare; edges name
// the node as Ref().String(). Without expand=nodes a server answers ID and Type
// alone.
type GraphNode struct {
	ID            string `json:"id"`
	Type          string `json:"type"`
	Label         string `json:"label,omitempty"`         // the event's text, the indicator's or the tag's value
	IndicatorType string `json:"indicatorType,omitempty"` // of an indicator
	DatasetID     string `json:"datasetId,omitempty"`     // not of a tag
	Missing       bool   `json:"missing,omitempty"`       // of an event that can't be read
	Event         *Event `json:"event,omitempty"`         // of an event, where the server gives it whole
}

// Ref is what edges call the node.
func (n GraphNode) Ref() NodeRef { return NodeRef{Type: n.Type, ID: n.ID} }

// Graph answers a GraphQuery. The seeds are among the nodes.
type Graph struct {
	Edges     []GraphEdge
	Nodes     []GraphNode
	Cursor    string // where the one seed's edges go on; "" at their end
	HasMore   bool   // there is a cursor
	Truncated bool   // a limit cut edges or nodes off
	// Derived is set where the server has no graph, so that this one was put
	// together from related events and searches: indicators and tags are named
	// by their values, and the type of a relationship between events is known
	// only where the query asked for one type.
	Derived bool
	Reason  string // why it is derived, or lacks something; "" where that is plain
}

// GraphInfo is a graph's result_info.
type GraphInfo struct {
	Count        int      `json:"count"` // nodes
	EdgeCount    int      `json:"edge_count"`
	TotalCount   int      `json:"total_count"` // nodes
	QueryTimeMs  float64  `json:"query_time_ms"`
	Cursor       *string  `json:"cursor"` // null at the end
	DepthReached int      `json:"depth_reached"`
	HasMore      bool     `json:"has_more"`
	Seeds        []string `json:"seeds"`
	Truncated    bool     `json:"truncated"`
}

// Validate checks every limit of the query. Its error is an *Error of status
// 400 that names the key, the limit and what came.
func (q GraphQuery) Validate() error {
	if n := len(q.Seeds); n < 1 || n > MaxSeeds {
		return badKey("seeds", fmt.Sprintf("1..%d", MaxSeeds), strconv.Itoa(n))
	}
	for _, s := range q.Seeds {
		if _, err := ParseNodeRef(s.String()); err != nil {
			return err
		}
	}
	if !slices.Contains([]string{"", In, Out, Both}, q.Direction) {
		return badKey("direction", "in, out or both", q.Direction)
	}
	if q.Limit < 0 || q.Limit > MaxGraphLimit {
		return badKey("limit", fmt.Sprintf("1..%d", MaxGraphLimit), strconv.Itoa(q.Limit))
	}
	if q.MaxNodes < 0 || q.MaxNodes > MaxGraphNodes {
		return badKey("max_nodes", fmt.Sprintf("1..%d", MaxGraphNodes), strconv.Itoa(q.MaxNodes))
	}
	if q.Cursor != "" && len(q.Seeds) > 1 {
		return badKey("cursor", "one seed with it", fmt.Sprintf("%d seeds", len(q.Seeds)))
	}
	if err := checkRelationshipTypes(q.RelationshipTypes, GraphRelationshipTypes()); err != nil {
		return err
	}
	return ListQuery{Datasets: q.Datasets}.validateDatasets()
}

func checkRelationshipTypes(types, known []string) error {
	for _, t := range types {
		if !slices.Contains(known, t) {
			return badKey("relationshipTypes", "any of "+join(known), t)
		}
	}
	return nil
}

// Validate checks every limit of the query, as GraphQuery.Validate does.
func (q RelatedQuery) Validate() error {
	if !slices.Contains([]string{"", Ancestors, Descendants, Both}, q.Direction) {
		return badKey("direction", "ancestors, descendants or both", q.Direction)
	}
	if q.MaxDepth < 0 || q.MaxDepth > MaxRelatedDepth {
		return badKey("maxDepth", fmt.Sprintf("1..%d", MaxRelatedDepth), strconv.Itoa(q.MaxDepth))
	}
	if err := checkRelationshipTypes(q.RelationshipTypes, RelationshipTypes()); err != nil {
		return err
	}
	return ListQuery{Page: q.Page, PageSize: q.PageSize}.Validate()
}
