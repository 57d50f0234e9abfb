package store

import (
	"time"

	"threatbench/api"
)

// Options adjusts a database. The zero value is right for most uses.
type Options struct {
	ReadOnly   bool             // never write, never migrate
	CacheBytes int64            // bound of the column cache; 0 means 32 MiB
	Now        func() time.Time // the clock; nil means time.Now

	// Progress is told how much of a database that an older program wrote is
	// brought to this one's form, in segments; nil for nobody.
	Progress func(done, total int)

	segment int // events per segment of a new database, for tests; 0 means blockSize
}

// Actor is who makes a change, as the journal records it.
type Actor struct {
	Name string
}

// Edge is a relationship between two events of an account, by their UUIDs.
// Type is related_to, caused_by or attributed_to.
type Edge struct {
	Parent string
	Child  string
	Type   string
}

// EdgeError says why one edge of a Relate was refused.
type EdgeError struct {
	Index int // in the edges given
	Edge  Edge
	Err   *api.Error
}

// GroupQuery asks a Selection for counts by columns, by time, or both.
// Groups come by falling count, ties by key; Asc turns that around for counts,
// ByKey orders by key instead (date first, then the columns; falling unless
// Asc). Values that differ only in case are one group.
type GroupQuery struct {
	Columns   []string   // of api.AggregateColumns
	Bucket    api.Bucket // "" = not by time
	StartDate string     // YYYY-MM-DD or RFC 3339, included; "" = open
	EndDate   string     // likewise
	Limit     int        // most rows; 0 = all
	ByKey     bool
	Asc       bool
}

// Group is one group: a key per column (nil where the event has no value),
// the start of its time step where a bucket was asked for, and its count.
type Group struct {
	Keys  []*string
	Date  api.Time
	Count int
}

// Groups is the answer to a GroupQuery. Distinct is the number of groups there
// are, Total the number of events they were made from, whatever the limit.
type Groups struct {
	Rows     []Group
	Distinct int
	Total    int
}
