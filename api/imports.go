package api

// PathImports is what a server announces at /capabilities that keeps what
// events were imported from.
const PathImports = "POST /events/imports/plan"

// ImportPart makes a bulk create a part of an import (ours): what each event
// was made from is kept beside it, a newer version of it changes the event,
// and the whole import can be taken back.
type ImportPart struct {
	ID      string   `json:"id"`   // a UUID, the same for all parts of the import
	Name    string   `json:"name"` // of what is imported, for people
	Origins []Origin `json:"origins,omitempty"`
}

// Origin is what an imported event was made from.
type Origin struct {
	ID      string `json:"id,omitempty"`      // its id there; "" where it has none of its own
	Version string `json:"version,omitempty"` // the later of two is the greater text; "" where it has none
	Revoked bool   `json:"revoked,omitempty"` // nothing is made of it, but what was made of an older version changes
}

// ImportRun is an import that was made, of which GET /events/imports answers a
// page, the newest first (ours).
type ImportRun struct {
	ID      string `json:"id"`
	At      Time   `json:"at"` // when it began
	Actor   string `json:"actor"`
	Name    string `json:"name"`
	Created int    `json:"created"`
	Updated int    `json:"updated"`
	Undone  bool   `json:"undone"`
}

// UndoImport takes a part of an import back: those of its events that come
// after a place, at most Limit of them (0 means 1,000).
// Events names some of them instead, a thousand at most: they are taken back
// also where they were edited since.
type UndoImport struct {
	After  int64    `json:"after,omitempty"` // Next of the part before
	Limit  int      `json:"limit,omitempty"`
	Events []string `json:"events,omitempty"` // UUIDs
}

// UndoneImport is what came of a part of it. Next is where the next part
// begins, 0 where nothing is left.
type UndoneImport struct {
	Deleted  int         `json:"deleted"`  // events that it had made
	Restored int         `json:"restored"` // events that it had changed
	Gone     int         `json:"gone"`     // that aren't there any more
	Shared   int         `json:"shared"`   // that it only had as well, and that stay
	Kept     []KeptEvent `json:"kept,omitempty"`
	Next     int64       `json:"next,omitempty"`
}

// KeptEvent is an event that an import, or taking one back, left as it is.
type KeptEvent struct {
	UUID      string `json:"uuid"`
	DatasetID string `json:"datasetId"`
	Reason    string `json:"reason"`
}

// ImportedEvents is a page of the events that an import made or changed and
// that are there, in the order they came. Next is where the next page begins,
// 0 at the end.
type ImportedEvents struct {
	IDs  []string `json:"eventIds"`
	Next int64    `json:"next,omitempty"`
}
