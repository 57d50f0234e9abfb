package api

import "cmp"

// Match says where a word or an indicator of a filter stands in an event.
type Match struct {
	Field Field  `json:"field"`
	Value string `json:"value,omitempty"` // the element or name that has it; "" for prose
	Word  string `json:"word"`            // as it was asked for
}

// Explanation says why a filter finds what it finds. All numbers are of events
// that the caller may see.
type Explanation struct {
	Total      int                    `json:"total"`
	Conditions []ConditionExplanation `json:"conditions"`
	Datasets   []DatasetCount         `json:"datasets,omitempty"` // others in which the filter finds something; told where Total is 0
}

// ConditionExplanation is what one condition does in a filter.
type ConditionExplanation struct {
	Branch    int         `json:"branch"` // of searchBranches; -1 for search
	Index     int         `json:"index"`  // in search, or in the branch
	Condition Condition   `json:"condition"`
	Without   int         `json:"without"`          // what the filter finds without it; of a branch's only condition, without the branch
	Alone     int         `json:"alone"`            // what it finds alone
	AtMost    bool        `json:"atMost,omitempty"` // Alone is a bound: it wasn't counted to the end
	Near      []NearValue `json:"near,omitempty"`   // values like the one asked for, where no event has that
	Fields    []FieldHits `json:"fields,omitempty"` // of text: in which fields the words stand, among what the filter finds
}

// NearValue is a value that the condition may have meant, and what the filter
// finds with it. Of text it is fewer words.
type NearValue struct {
	Field Field  `json:"field"`
	Op    Op     `json:"op,omitempty"` // "" is equals, of text find
	Value string `json:"value"`
	Count int    `json:"count"`
}

// Condition is the near value as a condition.
func (n NearValue) Condition() Condition {
	op := OpEquals
	if n.Field == FieldText {
		op = OpFind
	}
	return Condition{Field: n.Field, Op: cmp.Or(n.Op, op), Values: []string{n.Value}}
}

// FieldHits is in how many events some word stands in a field.
type FieldHits struct {
	Field Field `json:"field"`
	Count int   `json:"count"`
}

// DatasetCount is how many events of a dataset a filter finds.
type DatasetCount struct {
	UUID  string `json:"uuid"`
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// MaxLookup is the most indicators that one look-up takes.
const MaxLookup = 1000

// LookupRequest asks what is known of indicators; no dataset means all.
type LookupRequest struct {
	Indicators []string `json:"indicators"`
	Datasets   []string `json:"datasetId,omitempty"`
}

// Lookup is what is known of one indicator, in the order asked. Host is of a
// URL, a mail address or a host with a port; Parents are the domains above the
// host, the nearest first, that events have. Below is what a host, a domain, a
// net or the first 8 to 31 digits of a hash is the beginning of, in events that
// don't have the value itself: URLs, mail addresses, ports and sub-domains,
// addresses and nets, hashes.
type Lookup struct {
	Value     string  `json:"value"`
	Canonical string  `json:"canonical"`
	Exact     Known   `json:"exact"`
	Host      *Known  `json:"host,omitempty"`    // nil where no event has it
	Parents   []Known `json:"parents,omitempty"` // those that some event has
	Below     *Known  `json:"below,omitempty"`   // nil where no event has it
}

// Tie is how an indicator that was looked up stands to what is known.
type Tie int

// The ties, the closest first but Unseen.
const (
	Unseen Tie = iota
	Seen
	HostKnown
	BelowKnown
	ParentKnown
)

// Tie is the closest that an indicator has, and what is known by it.
func (l Lookup) Tie() (Tie, Known) {
	switch {
	case l.Exact.Count > 0:
		return Seen, l.Exact
	case l.Host != nil && l.Host.Count > 0:
		return HostKnown, *l.Host
	case l.Below != nil && l.Below.Count > 0:
		return BelowKnown, *l.Below
	case len(l.Parents) > 0:
		return ParentKnown, l.Parents[0]
	}
	return Unseen, Known{}
}

// Known is how many events have an indicator, and the newest of them.
type Known struct {
	Value  string       `json:"value"` // in its canonical form
	Count  int          `json:"count"`
	Newest []KnownEvent `json:"newest,omitempty"` // at most three, the newest first
}

// KnownEvent points to an event that has an indicator.
type KnownEvent struct {
	UUID      string `json:"uuid"`
	DatasetID string `json:"datasetId"`
	Date      Time   `json:"date"`
	Category  string `json:"category,omitempty"`
	Attacker  string `json:"attacker,omitempty"`
}
