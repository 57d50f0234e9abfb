package api

import "encoding/json"

// RawInput is the record an event is created from.
type RawInput struct {
	Data   json.RawMessage `json:"data"`
	Source string          `json:"source,omitempty"`
	TLP    string          `json:"tlp,omitempty"`
}

// IndicatorInput is one of several indicators of a new event.
type IndicatorInput struct {
	Value         string `json:"value"`
	IndicatorType string `json:"indicatorType"`
}

// EventSource names what an event was made from, as the platform's own
// collectors tell it. System is threat-signals, ResourceType is article.
type EventSource struct {
	System       string  `json:"system"`
	ResourceType string  `json:"resourceType"`
	ResourceID   string  `json:"resourceId"`
	Title        *string `json:"title,omitempty"`
}

// RelationshipInput hangs a new event under a parent: a known event, or one
// of the same request by its index.
type RelationshipInput struct {
	ParentID         string `json:"parentId,omitempty"`
	ParentIndex      *int   `json:"parentIndex,omitempty"`
	RelationshipType string `json:"relationshipType"`
}

// CreateEvent is the body of a create, and a line of the JSON Lines form that
// import and export use. Required: date, category, event, tlp, raw.data.
// UUID, KillChain, MitreAttack and MitreCapec are taken where the server knows
// them (ours does), so that an import keeps what the file says.
type CreateEvent struct {
	UUID            string              `json:"uuid,omitempty"`
	Date            string              `json:"date"`
	CreatedAt       string              `json:"createdAt,omitempty"`
	Event           string              `json:"event"`
	Category        string              `json:"category"`
	Attacker        string              `json:"attacker,omitempty"`
	AttackerCountry string              `json:"attackerCountry,omitempty"`
	TargetCountry   string              `json:"targetCountry,omitempty"`
	TargetIndustry  string              `json:"targetIndustry,omitempty"`
	Indicator       string              `json:"indicator,omitempty"`
	IndicatorType   string              `json:"indicatorType,omitempty"`
	Indicators      []IndicatorInput    `json:"indicators,omitempty"`
	KillChain       *int                `json:"killChain,omitempty"`
	MitreAttack     []string            `json:"mitreAttack,omitzero"` // nil: the category's; [] none
	MitreCapec      []string            `json:"mitreCapec,omitzero"`
	TLP             string              `json:"tlp"`
	Tags            []string            `json:"tags,omitempty"`
	Insight         string              `json:"insight,omitempty"`
	Raw             RawInput            `json:"raw"`
	Relationships   []RelationshipInput `json:"relationships,omitempty"`
	References      []string            `json:"references,omitempty"` // UUIDs it refers to (ours)
	DatasetID       string              `json:"datasetId,omitempty"`
	Source          *EventSource        `json:"source,omitempty"`
}

// BulkCreate is the body of both bulk creates. PreserveUUID keeps the events'
// own UUIDs and skips those that exist; with Import too, a newer version
// changes them.
type BulkCreate struct {
	DatasetID            string        `json:"datasetId"`
	Data                 []CreateEvent `json:"data"`
	IncludeCreatedEvents bool          `json:"includeCreatedEvents,omitempty"`
	PreserveUUID         bool          `json:"preserveUuid,omitempty"`
	Import               *ImportPart   `json:"import,omitempty"` // ours
}

// ItemError is why one event of a bulk create was refused.
type ItemError struct {
	EventIndex int    `json:"eventIndex"`
	Error      string `json:"error"`
}

// CreatedEvent names an event that a bulk create made.
type CreatedEvent struct {
	EventIndex int    `json:"eventIndex"`
	UUID       string `json:"uuid"`
	ShardID    string `json:"shardId"`
}

// BulkResult counts what a bulk create did.
type BulkResult struct {
	CreatedEventsCount        int            `json:"createdEventsCount"`
	CreatedIndicatorsCount    int            `json:"createdIndicatorsCount,omitempty"`
	CreatedRelationshipsCount int            `json:"createdRelationshipsCount,omitempty"`
	QueuedIndicatorsCount     int            `json:"queuedIndicatorsCount"`
	CreatedTagsCount          int            `json:"createdTagsCount"`
	SkippedEventsCount        int            `json:"skippedEventsCount,omitempty"` // existed already (ours)
	UpdatedEventsCount        int            `json:"updatedEventsCount,omitempty"` // existed in an older version (ours)
	UnlikeEventsCount         int            `json:"unlikeEventsCount,omitempty"`  // of those skipped: otherwise than sent, and without a version (ours)
	KeptEvents                []ItemError    `json:"keptEvents,omitempty"`         // existed otherwise and were left as they are (ours)
	ErrorCount                int            `json:"errorCount"`
	Errors                    []ItemError    `json:"errors,omitempty"`
	CreatedEvents             []CreatedEvent `json:"createdEvents,omitempty"`
	RequestID                 string         `json:"createBulkEventsRequestId,omitempty"`
}
