package api

import (
	"bytes"
	"encoding/json"
)

// Event is one threat event: who did what to whom, how, with which indicator,
// when, how sure and how shareable. Every field without omitempty is in every
// answer.
type Event struct {
	UUID                  string           `json:"uuid"`
	Date                  Time             `json:"date"`      // when it happened
	CreatedAt             Time             `json:"createdAt"` // when the server learnt of it (ours)
	Event                 string           `json:"event"`     // the description
	Category              string           `json:"category"`
	Attacker              string           `json:"attacker"`
	AttackerCountry       string           `json:"attackerCountry"`       // ISO 3166-1 alpha-2
	AttackerCountryAlpha3 string           `json:"attackerCountryAlpha3"` // ISO 3166-1 alpha-3
	TargetCountry         string           `json:"targetCountry"`
	TargetCountryAlpha3   string           `json:"targetCountryAlpha3"`
	TargetIndustry        string           `json:"targetIndustry"`
	Indicator             string           `json:"indicator"` // the primary indicator
	IndicatorType         string           `json:"indicatorType"`
	IndicatorTypeID       int64            `json:"indicatorTypeId"`
	Indicators            []IndicatorInput `json:"indicators,omitempty"` // all of them, the primary one first, where there are several (ours)
	KillChain             int              `json:"killChain"`            // 0 unknown, 1..7: see KillChainName
	MitreAttack           []string         `json:"mitreAttack"`          // technique ids such as T1566.001
	MitreCapec            []string         `json:"mitreCapec"`           // pattern ids such as CAPEC-163
	TLP                   string           `json:"tlp"`                  // as sent; compare with ParseTLP
	Tags                  []string         `json:"tags"`
	Insight               string           `json:"insight,omitempty"` // Markdown by the analyst
	RawID                 string           `json:"rawId"`
	HasChildren           bool             `json:"hasChildren"` // parent in some relationship
	References            []string         `json:"references"`  // UUIDs this event refers to
	Referenced            []string         `json:"referenced"`  // UUIDs that refer to this event
	ReferencesIDs         []int64          `json:"referencesIds"`
	ReferencedIDs         []int64          `json:"referencedIds"`
	NumReferences         int              `json:"numReferences"`
	NumReferenced         int              `json:"numReferenced"`
	DatasetID             string           `json:"datasetId"`
	ReleasabilityID       string           `json:"releasabilityId,omitempty"`
	Source                *EventSource     `json:"source,omitempty"` // what create was given
}

// eventWire is Event with every field read tolerantly.
type eventWire struct {
	UUID                  flexString              `json:"uuid"`
	ID                    flexString              `json:"id"` // the name import files and older answers use
	Date                  Time                    `json:"date"`
	CreatedAt             Time                    `json:"createdAt"`
	Event                 flexString              `json:"event"`
	Category              flexString              `json:"category"`
	Attacker              flexString              `json:"attacker"`
	AttackerCountry       flexString              `json:"attackerCountry"`
	AttackerCountryAlpha3 flexString              `json:"attackerCountryAlpha3"`
	TargetCountry         flexString              `json:"targetCountry"`
	TargetCountryAlpha3   flexString              `json:"targetCountryAlpha3"`
	TargetIndustry        flexString              `json:"targetIndustry"`
	Indicator             flexString              `json:"indicator"`
	IndicatorType         flexString              `json:"indicatorType"`
	IndicatorTypeID       flexInt                 `json:"indicatorTypeId"`
	Indicators            flexList[indicatorWire] `json:"indicators"`
	KillChain             flexInt                 `json:"killChain"`
	MitreAttack           flexList[flexString]    `json:"mitreAttack"`
	MitreCapec            flexList[flexString]    `json:"mitreCapec"`
	TLP                   flexString              `json:"tlp"`
	Tags                  flexList[flexString]    `json:"tags"`
	Insight               flexString              `json:"insight"`
	RawID                 flexString              `json:"rawId"`
	HasChildren           flexBool                `json:"hasChildren"`
	References            flexList[flexString]    `json:"references"`
	Referenced            flexList[flexString]    `json:"referenced"`
	ReferencesIDs         flexList[flexInt]       `json:"referencesIds"`
	ReferencedIDs         flexList[flexInt]       `json:"referencedIds"`
	NumReferences         flexInt                 `json:"numReferences"`
	NumReferenced         flexInt                 `json:"numReferenced"`
	DatasetID             flexString              `json:"datasetId"`
	ReleasabilityID       flexString              `json:"releasabilityId"`
	Source                sourceWire              `json:"source"`
}

// indicatorWire is one of an event's indicators read tolerantly.
type indicatorWire struct {
	Value         flexString `json:"value"`
	IndicatorType flexString `json:"indicatorType"`
}

func indicatorsOf(list []indicatorWire) []IndicatorInput {
	var out []IndicatorInput
	for _, i := range list {
		if i.Value != "" {
			out = append(out, IndicatorInput{string(i.Value), string(i.IndicatorType)})
		}
	}
	return out
}

// sourceWire is an event's source read tolerantly: of another form it is none.
type sourceWire struct{ source *EventSource }

// UnmarshalJSON reads an object, and overlooks anything else.
func (s *sourceWire) UnmarshalJSON(b []byte) error {
	var w struct {
		System       flexString  `json:"system"`
		ResourceType flexString  `json:"resourceType"`
		ResourceID   flexString  `json:"resourceId"`
		Title        *flexString `json:"title"`
	}
	b = bytes.TrimSpace(b)
	if readable := len(b) > 0 && b[0] == '{' && json.Unmarshal(b, &w) == nil; readable {
		s.source = &EventSource{System: string(w.System), ResourceType: string(w.ResourceType), ResourceID: string(w.ResourceID), Title: (*string)(w.Title)}
	}
	return nil
}

// AllIndicators are all indicators of an event, the primary one first; none
// where it has none.
func (e *Event) AllIndicators() []IndicatorInput {
	if len(e.Indicators) > 0 {
		return e.Indicators
	}
	if e.Indicator == "" {
		return nil
	}
	return []IndicatorInput{{e.Indicator, e.IndicatorType}}
}

// UnmarshalJSON reads an event as any server of the contract may send it.
func (e *Event) UnmarshalJSON(b []byte) error {
	var w eventWire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*e = Event{
		UUID: string(w.UUID), Date: w.Date, CreatedAt: w.CreatedAt, Event: string(w.Event),
		Category: string(w.Category), Attacker: string(w.Attacker),
		AttackerCountry: string(w.AttackerCountry), AttackerCountryAlpha3: string(w.AttackerCountryAlpha3),
		TargetCountry: string(w.TargetCountry), TargetCountryAlpha3: string(w.TargetCountryAlpha3),
		TargetIndustry: string(w.TargetIndustry),
		Indicator:      string(w.Indicator), IndicatorType: string(w.IndicatorType), IndicatorTypeID: int64(w.IndicatorTypeID), Indicators: indicatorsOf(w.Indicators),
		KillChain: int(w.KillChain), MitreAttack: stringsOf(w.MitreAttack), MitreCapec: stringsOf(w.MitreCapec),
		TLP: string(w.TLP), Tags: stringsOf(w.Tags), Insight: string(w.Insight), RawID: string(w.RawID),
		HasChildren: bool(w.HasChildren),
		References:  stringsOf(w.References), Referenced: stringsOf(w.Referenced),
		ReferencesIDs: intsOf(w.ReferencesIDs), ReferencedIDs: intsOf(w.ReferencedIDs),
		NumReferences: int(w.NumReferences), NumReferenced: int(w.NumReferenced),
		DatasetID: string(w.DatasetID), ReleasabilityID: string(w.ReleasabilityID), Source: w.Source.source,
	}
	if e.UUID == "" {
		e.UUID = string(w.ID)
	}
	return nil
}

// MarshalJSON writes every list as [] rather than null.
func (e Event) MarshalJSON() ([]byte, error) {
	type plain Event
	for _, list := range []*[]string{&e.MitreAttack, &e.MitreCapec, &e.Tags, &e.References, &e.Referenced} {
		if *list == nil {
			*list = []string{}
		}
	}
	for _, list := range []*[]int64{&e.ReferencesIDs, &e.ReferencedIDs} {
		if *list == nil {
			*list = []int64{}
		}
	}
	return json.Marshal(plain(e))
}

var killChainNames = [...]string{
	"unknown", "reconnaissance", "weaponization", "delivery", "exploitation",
	"installation", "command and control", "actions on objectives",
}

// KillChainName names the stage 0..7; "unknown" for any other number.
func KillChainName(stage int) string {
	if stage < 0 || stage >= len(killChainNames) {
		return killChainNames[0]
	}
	return killChainNames[stage]
}

// Raw is the record an event was made from.
type Raw struct {
	ID        string          `json:"id"`
	AccountID string          `json:"accountId"`
	Created   Time            `json:"created"`
	Data      json.RawMessage `json:"data"` // the record's original bytes: neutralise where it is drawn
	Source    string          `json:"source"`
	TLP       string          `json:"tlp"`
}

// UnmarshalJSON reads both published shapes: data as an object, or as a
// string that holds JSON; the id as a string or as a number.
func (r *Raw) UnmarshalJSON(b []byte) error {
	var w struct {
		ID        flexString      `json:"id"`
		AccountID flexString      `json:"accountId"`
		Created   Time            `json:"created"`
		Data      json.RawMessage `json:"data"`
		Source    flexString      `json:"source"`
		TLP       flexString      `json:"tlp"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*r = Raw{ID: string(w.ID), AccountID: string(w.AccountID), Created: w.Created, Data: w.Data, Source: string(w.Source), TLP: string(w.TLP)}
	var inner string
	if json.Unmarshal(w.Data, &inner) == nil && json.Valid([]byte(inner)) {
		r.Data = json.RawMessage(inner)
	}
	return nil
}
