package api

// SavedQuery is a filter kept under a name. QueryJSON is a JSON text holding
// the parameters of a list query.
type SavedQuery struct {
	ID                 int64  `json:"id"`
	AccountID          int64  `json:"account_id"`
	Name               string `json:"name"`
	UserEmail          string `json:"user_email"`
	QueryJSON          string `json:"query_json"`
	AlertEnabled       bool   `json:"alert_enabled"`
	AlertRollupEnabled bool   `json:"alert_rollup_enabled"`
	RuleEnabled        bool   `json:"rule_enabled"`
	RuleScope          string `json:"rule_scope,omitempty"`
	RuleListID         string `json:"rule_list_id,omitempty"`
	CustomThreatFeedID *int64 `json:"custom_threat_feed_id"`
	CreatedAt          Time   `json:"created_at"`
	UpdatedAt          Time   `json:"updated_at"`
}

// Frequencies of an alert.
const (
	Immediate = "immediate"
	Daily     = "daily"
)

// Alert is a subscription to a saved query. DisabledReason says why the server
// switched it off, where it did (ours).
type Alert struct {
	ID               int64  `json:"id"`
	AccountID        int64  `json:"account_id"`
	QueryID          int64  `json:"query_id"`
	UserEmail        string `json:"user_email"`
	Enabled          bool   `json:"enabled"`
	Frequency        string `json:"frequency"`
	NotificationType string `json:"notification_type"`
	DisabledReason   string `json:"disabled_reason,omitempty"`
	LastSentAt       *Time  `json:"last_sent_at,omitempty"`
	CreatedAt        Time   `json:"created_at"`
	UpdatedAt        Time   `json:"updated_at"`
}

// Notification is an entry of the inbox: an alert that fired (ours).
type Notification struct {
	ID        int64    `json:"id"`
	AlertID   int64    `json:"alert_id"`
	QueryID   int64    `json:"query_id"`
	QueryName string   `json:"query_name"`
	At        Time     `json:"at"`
	Count     int      `json:"count"`     // events that matched
	EventIDs  []string `json:"event_ids"` // the newest of them
	Read      bool     `json:"read"`
}
