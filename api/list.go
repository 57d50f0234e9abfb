package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// ListQuery asks for a page of events. The zero value means: the newest
// DefaultPageSize events of the default dataset.
type ListQuery struct {
	Search   []Condition   `json:"search,omitempty"`         // all of them hold
	Branches [][]Condition `json:"searchBranches,omitempty"` // and at least one branch holds whole
	Datasets []string      `json:"datasetId,omitempty"`      // UUIDs, or one scope alone: all, *, operational, analytics
	Page     int           `json:"page,omitempty"`           // from 1; 0 means 1
	PageSize int           `json:"pageSize,omitempty"`       // 0 means DefaultPageSize
	Cursor   string        `json:"cursor,omitempty"`         // from ResultInfo; carries filter and order
	OrderBy  string        `json:"orderBy,omitempty"`        // a field of the event, or createdAt; default date
	Order    string        `json:"order,omitempty"`          // asc or desc; default desc
}

// UnmarshalJSON reads what others may have written into a saved query: one
// dataset as a text, numbers as texts.
func (q *ListQuery) UnmarshalJSON(b []byte) error {
	type plain ListQuery
	wire := struct {
		*plain
		Datasets flexList[flexString] `json:"datasetId"`
		Page     flexInt              `json:"page"`
		PageSize flexInt              `json:"pageSize"`
	}{plain: (*plain)(q)}
	if err := json.Unmarshal(b, &wire); err != nil {
		return err
	}
	q.Page, q.PageSize = int(wire.Page), int(wire.PageSize)
	q.Datasets = nil
	if len(wire.Datasets) > 0 {
		q.Datasets = stringsOf(wire.Datasets)
	}
	return nil
}

// Scopes that stand in Datasets alone.
const (
	ScopeAll         = "all"
	ScopeStar        = "*"
	ScopeOperational = "operational" // the datasets that aren't analytics
	ScopeAnalytics   = "analytics"
)

// IsScope tells whether a datasetId is one of the scopes.
func IsScope(s string) bool {
	return s == ScopeAll || s == ScopeStar || s == ScopeOperational || s == ScopeAnalytics
}

// Validate checks every limit of the list query. Its error is an *Error of
// status 400 that names the key, the limit and what came.
func (q ListQuery) Validate() error {
	if q.Cursor != "" {
		return q.validateCursor()
	}
	if q.Page < 0 {
		return badKey("page", "at least 1", strconv.Itoa(q.Page))
	}
	if err := q.validatePageSize(); err != nil {
		return err
	}
	size := q.PageSize
	if size == 0 {
		size = DefaultPageSize
	}
	if skip := max(q.Page, 1) - 1; skip > MaxPageOffset/size {
		got := fmt.Sprintf("page %d of %d each", q.Page, size)
		return badKey("page", fmt.Sprintf("(page-1)*pageSize at most %d, past it the cursor of result_info", MaxPageOffset), got)
	}
	if err := q.validateOrder(); err != nil {
		return err
	}
	if err := q.validateDatasets(); err != nil {
		return err
	}
	return q.validateFilter()
}

func (q ListQuery) validateCursor() error {
	if len(q.Search) > 0 || len(q.Branches) > 0 || len(q.Datasets) > 0 || q.Page > 1 || q.OrderBy != "" || q.Order != "" {
		return badKey("cursor", "alone or with pageSize: it carries filter and order", "other keys beside it")
	}
	return q.validatePageSize()
}

func (q ListQuery) validatePageSize() error {
	if q.PageSize < 0 || q.PageSize > MaxPageSize {
		return badKey("pageSize", fmt.Sprintf("1..%d", MaxPageSize), strconv.Itoa(q.PageSize))
	}
	return nil
}

func (q ListQuery) validateOrder() error {
	if q.OrderBy != "" && !slices.Contains(OrderFields(), q.OrderBy) {
		return badKey("orderBy", "one of "+join(OrderFields()), q.OrderBy)
	}
	if q.Order != "" && q.Order != "asc" && q.Order != "desc" {
		return badKey("order", "asc or desc", q.Order)
	}
	return nil
}

func (q ListQuery) validateDatasets() error {
	if len(q.Datasets) > MaxDatasets {
		return badKey("datasetId", fmt.Sprintf("at most %d", MaxDatasets), strconv.Itoa(len(q.Datasets)))
	}
	for _, d := range q.Datasets {
		if IsScope(d) && len(q.Datasets) > 1 {
			return badKey("datasetId", "a scope stands alone", d+" among others")
		}
	}
	return nil
}

func (q ListQuery) validateFilter() error {
	if len(q.Search) > MaxConditions {
		return badKey("search", fmt.Sprintf("at most %d conditions", MaxConditions), strconv.Itoa(len(q.Search)))
	}
	for i, c := range q.Search {
		if err := c.validate(fmt.Sprintf("search[%d]", i)); err != nil {
			return err
		}
	}
	if len(q.Branches) > MaxBranches {
		return badKey("searchBranches", fmt.Sprintf("at most %d branches", MaxBranches), strconv.Itoa(len(q.Branches)))
	}
	for i, b := range q.Branches {
		if err := validateBranch(fmt.Sprintf("searchBranches[%d]", i), b); err != nil {
			return err
		}
	}
	return nil
}

func validateBranch(key string, branch []Condition) error {
	if n := len(branch); n < 1 || n > MaxConditions {
		return badKey(key, fmt.Sprintf("1..%d conditions", MaxConditions), strconv.Itoa(n))
	}
	for i, c := range branch {
		at := fmt.Sprintf("%s[%d]", key, i)
		if c.Field == FieldIndicator {
			return badKey(at+".field", "indicator is allowed in search only", string(c.Field))
		}
		if err := c.validate(at); err != nil {
			return err
		}
	}
	return nil
}

// ResultInfo tells of a page: how many it holds, of how many, and the cursor
// that goes on (absent on the last page).
type ResultInfo struct {
	Count      int    `json:"count"`
	Page       int    `json:"page"`
	PerPage    int    `json:"per_page"`
	TotalCount int    `json:"total_count"`
	TotalPages int    `json:"total_pages"`
	Cursor     string `json:"cursor,omitempty"`
	HasMore    bool   `json:"has_more,omitempty"`  // of a graph: more edges than came
	Truncated  bool   `json:"truncated,omitempty"` // of a graph: a limit cut something off
	Unread     int    `json:"unread,omitempty"`    // of the inbox: all that is unread (ours)

	// Cut says why the list ends here although the server may have more; ""
	// where it doesn't. The client's own word, never sent.
	Cut string `json:"-"`

	// Matches says where the words asked for stand, by the event's UUID (ours).
	Matches map[string][]Match `json:"matches,omitempty"`
}

// MarshalJSON leaves the total out where it isn't known.
func (r ResultInfo) MarshalJSON() ([]byte, error) {
	type plain ResultInfo
	if r.TotalCount >= 0 {
		return json.Marshal(plain(r))
	}
	return json.Marshal(struct {
		plain
		TotalCount *int `json:"total_count,omitempty"`
		TotalPages *int `json:"total_pages,omitempty"`
		Exact      bool `json:"total_count_is_exact"`
	}{plain: plain(r)})
}

// UnmarshalJSON reads numbers sent as strings too. A total that isn't there,
// or isn't exact, is -1.
func (r *ResultInfo) UnmarshalJSON(b []byte) error {
	var w struct {
		Count      flexInt            `json:"count"`
		Page       flexInt            `json:"page"`
		PerPage    flexInt            `json:"per_page"`
		TotalCount *flexInt           `json:"total_count"`
		Exact      *flexBool          `json:"total_count_is_exact"`
		TotalPages flexInt            `json:"total_pages"`
		Cursor     flexString         `json:"cursor"`
		HasMore    flexBool           `json:"has_more"`
		Truncated  flexBool           `json:"truncated"`
		Unread     flexInt            `json:"unread"`
		Matches    map[string][]Match `json:"matches"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*r = ResultInfo{Count: int(w.Count), Page: int(w.Page), PerPage: int(w.PerPage), TotalPages: int(w.TotalPages), Cursor: string(w.Cursor), TotalCount: -1}
	r.Matches = w.Matches
	r.HasMore, r.Truncated, r.Unread = bool(w.HasMore), bool(w.Truncated), int(w.Unread)
	if w.TotalCount != nil && (w.Exact == nil || bool(*w.Exact)) {
		r.TotalCount = max(int(*w.TotalCount), -1)
	}
	return nil
}

// Page is a page of events with what the server said of it. Info.TotalCount
// is -1 where the server did not say.
type Page struct {
	Events []Event
	Info   ResultInfo
	// NotSearched names what the server could not look at: the events may be a
	// part of what the query means. Told on the first page.
	NotSearched []string
}
