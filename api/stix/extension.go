package stix

import (
	"encoding/json"

	"threatbench/api"
)

// eventExtensionID is the extension by which an incident carries what STIX has
// no place for, so that an event comes back as it was.
const eventExtensionID = "extension-definition--7a1b0f4e-6c1d-5b0e-9c55-1f0f0c4b7d21"

// Extension is an event beside what its incident says of it: the text where
// the description isn't it, and all that other objects say of the incident.
type Extension struct {
	Kind            string                  `json:"extension_type"`
	Event           string                  `json:"event,omitempty"`
	Date            string                  `json:"date,omitempty"`
	CreatedAt       string                  `json:"created_at,omitempty"`
	Category        string                  `json:"category,omitempty"`
	Attacker        string                  `json:"attacker,omitempty"`
	AttackerCountry string                  `json:"attacker_country,omitempty"`
	TargetCountry   string                  `json:"target_country,omitempty"`
	TargetIndustry  string                  `json:"target_industry,omitempty"`
	KillChain       int                     `json:"kill_chain,omitempty"`
	MitreAttack     []string                `json:"mitre_attack,omitempty"`
	MitreCapec      []string                `json:"mitre_capec,omitempty"`
	TLP             string                  `json:"tlp,omitempty"`
	Tags            []string                `json:"tags,omitempty"`
	Indicators      []api.IndicatorInput    `json:"indicators,omitempty"`
	References      []string                `json:"references,omitempty"`
	Relationships   []api.RelationshipInput `json:"relationships,omitempty"`
}

// extensionOf writes an event's extension. edges are the relationships in which
// it is the child.
func extensionOf(e *api.Event, edges []Edge) map[string]Extension {
	x := Extension{
		Kind: "property-extension", Date: e.Date.String(), CreatedAt: e.CreatedAt.String(), Category: e.Category,
		Attacker: e.Attacker, AttackerCountry: e.AttackerCountry, TargetCountry: e.TargetCountry, TargetIndustry: e.TargetIndustry,
		KillChain: e.KillChain, MitreAttack: e.MitreAttack, MitreCapec: e.MitreCapec, TLP: e.TLP, Tags: e.Tags,
		Indicators: e.AllIndicators(), References: e.References,
	}
	if e.Event != description(e) {
		x.Event = e.Event
	}
	for _, edge := range edges {
		x.Relationships = append(x.Relationships, api.RelationshipInput{ParentID: edge.Parent, RelationshipType: edge.Type})
	}
	return map[string]Extension{eventExtensionID: x}
}

// ReadExtension reads the event that an incident of ours carries, from its
// extensions; ok is false where it carries none.
func ReadExtension(extensions json.RawMessage) (x Extension, ok bool) {
	var all map[string]json.RawMessage
	if json.Unmarshal(extensions, &all) != nil || all[eventExtensionID] == nil {
		return x, false
	}
	return x, json.Unmarshal(all[eventExtensionID], &x) == nil
}

// IsOurNote reports whether a note has the id that an export of ours gives to
// the insight of an incident.
func IsOurNote(id, incident, content string) bool { return id == madeID("note", incident, content) }

// IsOurIndicator reports whether an indicator has the id that an export of ours
// gives to one of an incident's.
func IsOurIndicator(id, incident string, list []api.IndicatorInput) bool {
	for _, in := range list {
		if o, ok := observe(in.IndicatorType, in.Value); ok && id == madeID("indicator", incident, o.pattern) {
			return true
		}
	}
	return false
}

// addDefinition writes what the extension means, once.
func (b *builder) addDefinition() {
	const made = "2026-01-01T00:00:00.000Z"
	author := madeID("identity", "program")
	head := common{Type: "identity", SpecVersion: "2.1", ID: author, Created: made, Modified: made}
	b.add(author, named{common: head, Name: "threatbench", IdentityClass: "system"})
	head.Type, head.ID = "extension-definition", eventExtensionID
	b.add(eventExtensionID, extensionDefinition{
		common: head, Author: author, Name: "Threat event", Schema: "https://threatbench.example/stix", Version: "1.0.0", Types: []string{"property-extension"},
	})
}
