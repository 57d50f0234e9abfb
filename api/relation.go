package api

// The types of relationship between events: what the child is to the parent.
const (
	RelatedTo    = "related_to"
	CausedBy     = "caused_by"
	AttributedTo = "attributed_to"
)

// The relationships that the graph knows beside those between events.
const (
	TaggedWith = "tagged_with" // event to tag
	AppearsIn  = "appears_in"  // indicator to event
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
	IndicatorTypeIDs  []int64  // keeps events of these indicator types; none = every event
	IncludeParent     bool     // the start itself, first
	Page              int      // from 1; 0 = 1
	PageSize          int      // 0 = DefaultPageSize
}

// Limits of a graph query.
const (
	MaxSeeds          = 50
	MaxGraphLimit     = 1000
	DefaultGraphLimit = 100
	MaxGraphNodes     = 1000
	DefaultGraphNodes = 500
	MaxRelatedDepth   = 20
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

// GraphQuery asks for the edges one step around some nodes.
type GraphQuery struct {
	Seeds             []NodeRef // 1..MaxSeeds
	Direction         string    // in, out or both; "" = both
	Limit             int       // edges; 0 = DefaultGraphLimit
	MaxNodes          int       // 0 = DefaultGraphNodes
	RelationshipTypes []string  // of GraphRelationshipTypes; none = every type
	Datasets          []string  // as in ListQuery; none = all
	Cursor            string    // one seed only
}

// GraphEdge is an edge; Source and Target are type:id, SourceID and TargetID
// bare. Between events the source is the parent.
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

// GraphNode is a node: an event, an indicator or a tag.
type GraphNode struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Label string `json:"label"` // the event's text, the indicator's or the tag's value
	Event *Event `json:"event,omitempty"`
}

// Graph answers a GraphQuery. The seeds are among the nodes.
type Graph struct {
	Edges     []GraphEdge
	Nodes     []GraphNode
	Cursor    string // where the one seed's edges go on; "" at their end
	HasMore   bool
	Truncated bool // a limit cut edges or nodes off
	// Derived is set where the server has no graph, so that this one was put
	// together from related events: no tags, no indicators, and the type of a
	// relationship only where the query asked for one type.
	Derived bool
}
