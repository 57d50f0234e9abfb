package api

// Indicator is one row of the indicators that the events of a dataset hold.
type Indicator struct {
	UUID          string            `json:"uuid"`
	IndicatorType string            `json:"indicatorType"`
	Value         string            `json:"value"`
	CreatedAt     Time              `json:"createdAt"`        // of its first event
	UpdatedAt     Time              `json:"updatedAt"`        // of its last one
	Sources       []IndicatorSource `json:"sources,omitzero"` // nil where they aren't told
	DatasetID     string            `json:"datasetId,omitempty"`
	RelatedEvents []RelatedEvent    `json:"relatedEvents,omitzero"` // the newest first
	HasMore       bool              `json:"relatedEventsHasMore"`   // there are other events than those
	Tags          []IndicatorTag    `json:"tags,omitzero"`
	TLP           *string           `json:"tlp"` // the strictest of its events, in capitals; nil for none
}

// IndicatorSource is what an event of the indicator was made from.
type IndicatorSource struct {
	System       string  `json:"system"`
	ResourceType string  `json:"resourceType"`
	ResourceID   string  `json:"resourceId"`
	Title        *string `json:"title"`
}

// RelatedEvent is an event that has an indicator.
type RelatedEvent struct {
	DatasetID string `json:"datasetId"`
	EventID   string `json:"eventId"`
	EventDate *Time  `json:"eventDate,omitempty"`
}

// IndicatorTag is a tag of an event of an indicator.
type IndicatorTag struct {
	UUID         string  `json:"uuid,omitempty"`
	Value        string  `json:"value,omitempty"`
	CategoryID   *string `json:"categoryId"`
	CategoryName string  `json:"categoryName,omitempty"`
}

// IndicatorPage is a page of indicators, the newest first. Total is -1 where it
// wasn't counted; Cursor is where the next page starts, "" on the last one.
type IndicatorPage struct {
	Indicators []Indicator
	Page, Size int
	Total      int
	Cursor     string
	More       bool     // there are other pages behind it
	Missing    []string // what the server says that it couldn't look through
}

// IndicatorQuery asks for indicators. Beside a Cursor nothing else counts.
type IndicatorQuery struct {
	Datasets       []string // UUIDs, or one scope alone; none: the default dataset
	Name           string   // part of the value, case aside
	Type           string
	Tags           []string // values or UUIDs: indicators with some of them
	WithTotal      bool
	Page, PageSize int // from 1; 0 for what the server gives
	Cursor         string
}

// IndicatorAggregate asks for counts of indicators by columns.
type IndicatorAggregate struct {
	Columns  []string // of indicatorType, value, datasetId
	Datasets []string // none: all
	Events   bool     // counts events rather than indicators
	Tag      string   // UUID of a tag that their events carry; "" for any
	Limit    int      // 0 for what the server gives
}

// IndicatorCounts are the largest groups, and how many there are in all.
// Missing is how many datasets the server couldn't count.
type IndicatorCounts struct {
	Rows    []IndicatorCount
	Total   int
	Missing int
}

// IndicatorCount is one group of counted indicators: its columns, and how many.
type IndicatorCount struct {
	Keys  []string
	Count int
}
