package api

import "strconv"

// MaxPointed is how many events may be marked as wanted, or as unwanted, for a
// filter that tells them apart.
const MaxPointed = 200

// CanPoint is the path of filters made by pointing in Capabilities.Paths.
const CanPoint = "POST /events/pointed"

// PointRequest asks for filters that find the wanted events and none of the
// unwanted ones, within a filter and datasets; no dataset means the default one.
type PointRequest struct {
	Wanted   []string // ids of 1..200 events
	Unwanted []string // of at most 200
	Within   ListQuery
}

// Validate checks the numbers of marks and the filter.
func (r PointRequest) Validate() error {
	if n := len(r.Wanted); n < 1 || n > MaxPointed {
		return badKey("wanted", "the ids of 1..200 events", strconv.Itoa(n))
	}
	if n := len(r.Unwanted); n > MaxPointed {
		return badKey("unwanted", "the ids of at most 200 events", strconv.Itoa(n))
	}
	return r.Within.Validate()
}

// Pointed are at most three filters, the shortest first.
type Pointed struct {
	Filters []PointedFilter `json:"filters"`
	Within  bool            `json:"within"` // they narrow the filter asked within; else a wanted event lies outside it and they stand alone
	Gone    int             `json:"gone"`   // marked events that are not there
}

// PointedFilter is conditions that hold together, with what they find.
type PointedFilter struct {
	Search []Condition `json:"search"`
	Count  int         `json:"count"`            // of the events searched; less than 0 where it isn't known
	Misses int         `json:"misses,omitempty"` // wanted events it doesn't find
	Has    int         `json:"has,omitempty"`    // unwanted events it does find
}
