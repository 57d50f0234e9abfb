package api

// AggregateQuery asks for counts by one or more columns over whole datasets.
type AggregateQuery struct {
	AggregateBy []string // columns, at least one
	Datasets    []string // as in ListQuery
	StartDate   string   // YYYY-MM-DD or RFC 3339, included
	EndDate     string   // likewise
	GroupByDate bool     // by UTC day too
	Limit       int      // 0 means 100
}

// AggregateRow is one group: a value (or nil) per column, "count", and "date"
// where days were asked for.
type AggregateRow map[string]any

// DateRange is the range an aggregation was asked for.
type DateRange struct {
	StartDate string `json:"startDate"`
	EndDate   string `json:"endDate"`
}

// AggregateResult holds the groups with the largest counts. Total counts every
// event in the range, whatever the limit.
type AggregateResult struct {
	AggregateBy  string         `json:"aggregateBy"`
	Aggregations []AggregateRow `json:"aggregations"`
	Total        int            `json:"total"`
	DateRange    *DateRange     `json:"dateRange,omitempty"`
}

// Bucket is the width of a timeline's steps.
type Bucket string

// The buckets. Weeks start on Monday; all are in UTC.
const (
	BucketMinute Bucket = "minute"
	BucketHour   Bucket = "hour"
	BucketDay    Bucket = "day"
	BucketWeek   Bucket = "week"
	BucketMonth  Bucket = "month"
	BucketYear   Bucket = "year"
)

// SummaryQuery asks, in one call, for what stands around a list: the total,
// the top values of some columns, and counts over time, all under one filter.
type SummaryQuery struct {
	Filter     ListQuery // Search, Branches and Datasets count; paging and order don't
	Facets     []string  // columns of AggregateColumns
	FacetLimit int       // values per column; 0 means 10
	MaxBuckets int       // most steps of the timeline; 0 means no timeline
}

// Count is a value and how many events have it.
type Count struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// Facet is the top values of one column and how many values there are in all.
type Facet struct {
	Column   string  `json:"column"`
	Top      []Count `json:"top"`
	Distinct int     `json:"distinct"`
	// Uncounted is set where the column was left out to save calls: asking for
	// it alone counts it.
	Uncounted bool `json:"-"`
}

// Point is one step of a timeline: its start and its count. Empty steps are
// left out.
type Point struct {
	Start Time `json:"date"`
	Count int  `json:"count"`
}

// Timeline is counts over time; Start and End are the first and last event.
type Timeline struct {
	Bucket Bucket  `json:"bucket"`
	Start  Time    `json:"start"`
	End    Time    `json:"end"`
	Points []Point `json:"points"`
}

// Summary answers a SummaryQuery.
type Summary struct {
	Total    int
	Facets   []Facet
	Timeline Timeline
	// Unfiltered is set where the server can count whole datasets only, so
	// that the numbers are those of all events, not of the filter.
	Unfiltered bool
	// Passing is set where the server may do better the next time: GraphQL
	// failed and REST stood in.
	Passing bool
}
