package api

// GroupQuery asks for counts by columns, by time, or both, under a filter.
type GroupQuery struct {
	Filter  ListQuery // Search, Branches and Datasets count; paging and order don't
	Columns []string  // of AggregateColumns, each once
	Bucket  Bucket    // "" means not by time
	Limit   int       // most groups, those with the largest counts; 0 means 100
	ByKey   bool      // the first groups by date and key instead, rising
}

// Group is one group: its value per column ("" where the events have none), the
// start of its step where a bucket was asked for, and its count. An event with
// several values in a column counts under each.
type Group struct {
	Keys  []string
	Date  Time
	Count int
}

// Groups answers a GroupQuery.
type Groups struct {
	Rows     []Group
	Total    int // events counted, whatever the limit
	Distinct int // groups there are, whatever the limit
	// AtLeast is set where Distinct is only known to be no less.
	AtLeast bool
	// Unfiltered is set where the server can count whole datasets only, so
	// that the numbers are those of all events in the dates asked for, not of
	// the rest of the filter.
	Unfiltered bool
}
