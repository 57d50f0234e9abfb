package api

import (
	"bytes"
	"encoding/json"
)

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

// NewSavedQuery is the body of a saved query's create.
type NewSavedQuery struct {
	Name               string `json:"name"`
	QueryJSON          string `json:"query_json"`
	AlertEnabled       bool   `json:"alert_enabled"`
	AlertRollupEnabled bool   `json:"alert_rollup_enabled"`
	RuleEnabled        bool   `json:"rule_enabled"`
	RuleScope          string `json:"rule_scope,omitempty"`
	CustomThreatFeedID *int64 `json:"custom_threat_feed_id,omitempty"`
}

// SavedQueryPatch is what an update of a saved query changes: nil stays.
type SavedQueryPatch struct {
	Name               *string `json:"name,omitempty"`
	QueryJSON          *string `json:"query_json,omitempty"`
	AlertEnabled       *bool   `json:"alert_enabled,omitempty"`
	AlertRollupEnabled *bool   `json:"alert_rollup_enabled,omitempty"`
	RuleEnabled        *bool   `json:"rule_enabled,omitempty"`
	RuleScope          *string `json:"rule_scope,omitempty"`
	CustomThreatFeedID *int64  `json:"custom_threat_feed_id,omitempty"`
}

// NewAlert is the body of an alert's create. Enabled nil means on; Frequency
// and NotificationType "" mean what the server thinks best.
type NewAlert struct {
	QueryID          int64  `json:"query_id"`
	Enabled          *bool  `json:"enabled,omitempty"`
	Frequency        string `json:"frequency,omitempty"`
	NotificationType string `json:"notification_type,omitempty"`
}

// AlertPatch is what an update of an alert changes: nil stays.
type AlertPatch struct {
	Enabled          *bool   `json:"enabled,omitempty"`
	Frequency        *string `json:"frequency,omitempty"`
	NotificationType *string `json:"notification_type,omitempty"`
}

// InboxQuery asks for notifications, the newest first (ours).
type InboxQuery struct {
	UnreadOnly bool
	Page       int // from 1; 0 = 1
	PageSize   int // 0 = DefaultPageSize
}

// Inbox is a page of notifications; Info.TotalCount is -1 where the server
// did not say how many there are.
type Inbox struct {
	Notifications []Notification
	Info          ResultInfo
}

// AlertTest tells what an alert on a query would have told of the last days,
// and how often it would have fired (ours: GET /events/queries/{query_id}/test).
type AlertTest struct {
	QueryID   int64    `json:"query_id"`
	Days      int      `json:"days"`
	Count     int      `json:"count"`     // events that match and came in since
	EventIDs  []string `json:"event_ids"` // the newest of them
	Immediate int      `json:"immediate"` // how often it would have fired
	Daily     int      `json:"daily"`
}

// UnmarshalJSON reads numbers and switches in any of their spellings, and a
// filter that came as an object instead of as text.
func (q *SavedQuery) UnmarshalJSON(b []byte) error {
	var w struct {
		ID                 flexInt         `json:"id"`
		AccountID          flexInt         `json:"account_id"`
		Name               flexString      `json:"name"`
		UserEmail          flexString      `json:"user_email"`
		QueryJSON          json.RawMessage `json:"query_json"`
		AlertEnabled       flexBool        `json:"alert_enabled"`
		AlertRollupEnabled flexBool        `json:"alert_rollup_enabled"`
		RuleEnabled        flexBool        `json:"rule_enabled"`
		RuleScope          flexString      `json:"rule_scope"`
		RuleListID         flexString      `json:"rule_list_id"`
		CustomThreatFeedID *flexInt        `json:"custom_threat_feed_id"`
		CreatedAt          Time            `json:"created_at"`
		UpdatedAt          Time            `json:"updated_at"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*q = SavedQuery{
		ID: int64(w.ID), AccountID: int64(w.AccountID), Name: string(w.Name), UserEmail: string(w.UserEmail), QueryJSON: textOfJSON(w.QueryJSON),
		AlertEnabled: bool(w.AlertEnabled), AlertRollupEnabled: bool(w.AlertRollupEnabled), RuleEnabled: bool(w.RuleEnabled),
		RuleScope: string(w.RuleScope), RuleListID: string(w.RuleListID), CustomThreatFeedID: (*int64)(w.CustomThreatFeedID),
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt,
	}
	return nil
}

// textOfJSON is a JSON text that is kept inside a string, or stands as it is.
func textOfJSON(b json.RawMessage) string {
	b = bytes.TrimSpace(b)
	if len(b) > 0 && b[0] != '{' && b[0] != '[' {
		var s flexString
		if s.UnmarshalJSON(b) == nil {
			return string(s)
		}
	}
	return string(b)
}

// UnmarshalJSON reads numbers and switches in any of their spellings.
func (a *Alert) UnmarshalJSON(b []byte) error {
	var w struct {
		ID               flexInt    `json:"id"`
		AccountID        flexInt    `json:"account_id"`
		QueryID          flexInt    `json:"query_id"`
		UserEmail        flexString `json:"user_email"`
		Enabled          flexBool   `json:"enabled"`
		Frequency        flexString `json:"frequency"`
		NotificationType flexString `json:"notification_type"`
		DisabledReason   flexString `json:"disabled_reason"`
		LastSentAt       *Time      `json:"last_sent_at"`
		CreatedAt        Time       `json:"created_at"`
		UpdatedAt        Time       `json:"updated_at"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*a = Alert{
		ID: int64(w.ID), AccountID: int64(w.AccountID), QueryID: int64(w.QueryID), UserEmail: string(w.UserEmail),
		Enabled: bool(w.Enabled), Frequency: string(w.Frequency), NotificationType: string(w.NotificationType),
		DisabledReason: string(w.DisabledReason), LastSentAt: w.LastSentAt, CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt,
	}
	return nil
}
