package api

import (
	"bytes"
	"encoding/json"
)

// EventPatch is what an update changes: nil fields stay as they are. Changing
// the category changes the kill chain and the MITRE lists with it. Our server
// takes those by themselves too (ours), which go before the category's.
type EventPatch struct {
	Date            *string   `json:"date,omitempty"`
	CreatedAt       *string   `json:"createdAt,omitempty"`
	Event           *string   `json:"event,omitempty"`
	Category        *string   `json:"category,omitempty"`
	Attacker        *string   `json:"attacker,omitempty"`
	AttackerCountry *string   `json:"attackerCountry,omitempty"`
	TargetCountry   *string   `json:"targetCountry,omitempty"`
	TargetIndustry  *string   `json:"targetIndustry,omitempty"`
	Indicator       *string   `json:"indicator,omitempty"`
	IndicatorType   *string   `json:"indicatorType,omitempty"`
	Insight         *string   `json:"insight,omitempty"`
	TLP             *string   `json:"tlp,omitempty"`
	KillChain       *int      `json:"killChain,omitempty"`
	MitreAttack     *[]string `json:"mitreAttack,omitempty"`
	MitreCapec      *[]string `json:"mitreCapec,omitempty"`
	Raw             *RawPatch `json:"raw,omitempty"`
}

// UnmarshalJSON reads a patch; an attacker of null is none.
func (p *EventPatch) UnmarshalJSON(b []byte) error {
	type plain EventPatch
	var w struct {
		*plain
		Attacker nullable `json:"attacker"`
	}
	*p = EventPatch{}
	w.plain = (*plain)(p)
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	p.Attacker = w.Attacker.text
	return nil
}

// nullable is a text that null empties: nil only where nothing came.
type nullable struct{ text *string }

// UnmarshalJSON reads a string or null.
func (n *nullable) UnmarshalJSON(b []byte) error {
	n.text = new(string)
	return json.Unmarshal(b, n.text)
}

// RawPatch is what an update of a raw record changes; nil fields stay.
type RawPatch struct {
	Data   json.RawMessage `json:"data,omitempty"` // null is kept as null
	Source *string         `json:"source,omitempty"`
	TLP    *string         `json:"tlp,omitempty"`
}

// UpdateFailure is why one event of an update of many was not changed; Now is
// how it is, where that isn't as the caller knew it (ours).
type UpdateFailure struct {
	EventID string `json:"eventId"`
	Error   string `json:"error"`
	Now     *Event `json:"event,omitempty"`
}

// CanUpdateIf is what a server announces that heeds ifUnchanged at an update of
// many.
const CanUpdateIf = "PATCH /events/update/bulk ifUnchanged"

// Differs names the fields in which an event has neither what a patch says nor,
// where wanted is given, what that one says. Fields that the first leaves out
// don't count, nor does anything but the event's own texts and moments.
func (p EventPatch) Differs(e *Event, wanted *EventPatch) (out []FieldInfo) {
	for _, f := range EventFields() {
		if f.Patch == nil {
			continue
		}
		known := *f.Patch(&p)
		if known == nil || sameText(*known, f.Value(e)) {
			continue
		}
		if wanted != nil {
			if to := *f.Patch(wanted); to != nil && sameText(*to, f.Value(e)) {
				continue
			}
		}
		out = append(out, f)
	}
	return out
}

// sameText tells whether two values are one, moments in any spelling.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	s, serr := ParseTime(a)
	t, terr := ParseTime(b)
	return serr == nil && terr == nil && a != "" && b != "" && s.Equal(t.Time)
}

// UpdateResult counts what an update of many did.
type UpdateResult struct {
	UpdatedCount int             `json:"updatedCount"`
	FailedCount  int             `json:"failedCount"`
	Failures     []UpdateFailure `json:"failures,omitempty"`
}

// TransferFailure is why one event, by its place in the request, was not
// moved or copied.
type TransferFailure struct {
	Index  int    `json:"index"`
	Reason string `json:"reason"`
}

// DeletionFailure is why a moved event could not be taken from where it was.
type DeletionFailure struct {
	DatasetID string `json:"datasetId"`
	Reason    string `json:"reason"`
}

// MoveResult counts what a move did.
type MoveResult struct {
	Moved               int               `json:"moved"`
	IndicatorsCopied    int               `json:"indicatorsCopied"`
	RelationshipsCopied int               `json:"relationshipsCopied"`
	InsertFailures      []TransferFailure `json:"insertFailures,omitempty"`
	DeletionFailures    []DeletionFailure `json:"deletionFailures,omitempty"`
}

// UnmarshalJSON reads the older form too, which is the bare number.
func (m *MoveResult) UnmarshalJSON(b []byte) error {
	type plain MoveResult
	*m = MoveResult{}
	return numberOr(b, &m.Moved, (*plain)(m))
}

// numberOr reads a bare number into n, anything else into whole.
func numberOr(b []byte, n *int, whole any) error {
	if b = bytes.TrimSpace(b); len(b) == 0 || b[0] == '{' {
		return json.Unmarshal(b, whole)
	}
	var count flexInt
	err := count.UnmarshalJSON(b)
	*n = int(count)
	return err
}

// CopyResult counts what a copy did.
type CopyResult struct {
	Copied              int               `json:"copied"`
	IndicatorsCopied    int               `json:"indicatorsCopied"`
	RelationshipsCopied int               `json:"relationshipsCopied"`
	InsertFailures      []TransferFailure `json:"insertFailures,omitempty"`
}

// UnmarshalJSON reads a bare number too, as MoveResult does.
func (c *CopyResult) UnmarshalJSON(b []byte) error {
	type plain CopyResult
	*c = CopyResult{}
	return numberOr(b, &c.Copied, (*plain)(c))
}

// DeleteResult counts what a delete did. The contract answers the number
// alone; an object that holds it under "deleted" is read too.
type DeleteResult struct {
	Deleted int `json:"deleted"`
}

// UnmarshalJSON reads either form.
func (d *DeleteResult) UnmarshalJSON(b []byte) error {
	type plain DeleteResult
	*d = DeleteResult{}
	return numberOr(b, &d.Deleted, (*plain)(d))
}

// Revert names the moment a dataset goes back to, in exactly one of the three
// ways: minutes before now, a moment, or a bookmark of an earlier revert.
type Revert struct {
	MinutesAgo      *float64 `json:"minutesAgo,omitempty"`
	TargetTimestamp string   `json:"targetTimestamp,omitempty"`
	Bookmark        string   `json:"bookmark,omitempty"`
}

// RevertResult tells where a dataset went back to. Reverting to UndoBookmark
// takes the revert back; reverting to RevertBookmark does it again.
type RevertResult struct {
	DatasetID       string   `json:"datasetId"`
	MinutesAgo      *float64 `json:"minutesAgo,omitempty"`
	TargetTimestamp string   `json:"targetTimestamp,omitempty"`
	RevertBookmark  string   `json:"revertBookmark"`
	UndoBookmark    string   `json:"undoBookmark"`
}

// DatasetRevert is one of several datasets that go back together (ours: POST
// /events/revert-do).
type DatasetRevert struct {
	DatasetID string `json:"datasetId"`
	Revert
}

// RevertPreview tells what a revert would change, without changing it (ours):
// GET /events/dataset/{dataset_id}/revert-preview, the fields of Revert being
// the keys of the query.
type RevertPreview struct {
	DatasetID       string `json:"datasetId"`
	TargetTimestamp Time   `json:"targetTimestamp"`
	Created         int    `json:"created"` // events that would come back
	Updated         int    `json:"updated"` // events that would change
	Deleted         int    `json:"deleted"` // events that would go
}

// HistoryEntry is one change of a dataset's journal (ours), of which
// GET /events/dataset/{dataset_id}/history answers a page (page, pageSize), the
// newest first. EventIDs names the first of the events it touched, Count counts
// all of them.
type HistoryEntry struct {
	ID        int64    `json:"id"`
	At        Time     `json:"at"`
	Actor     string   `json:"actor"`
	Operation string   `json:"operation"`
	DatasetID string   `json:"datasetId,omitempty"`
	Count     int      `json:"count"`
	EventIDs  []string `json:"eventIds,omitempty"`
	Import    string   `json:"importId,omitempty"` // of an import, whose changes are one entry
	Bookmark  string   `json:"bookmark"`           // reverting to it gives the state right after this change
}

// HistoryQuery asks for a page of a dataset's journal, the newest change first.
type HistoryQuery struct {
	Dataset  string
	Page     int // from 1; 0 = 1
	PageSize int // 0 = DefaultPageSize
}

// History is a page of a journal.
type History struct {
	Entries []HistoryEntry
	Info    ResultInfo
}
