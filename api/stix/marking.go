package stix

import (
	"strings"

	"threatbench/api"
)

// tlpExtensionID is the extension through which OASIS defines TLP 2.0.
const tlpExtensionID = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

// markingID is the published id of a marking, "" for none.
func markingID(t api.TLP) string {
	switch t {
	case api.TLPClear:
		return "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
	case api.TLPGreen:
		return "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
	case api.TLPAmber:
		return "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
	case api.TLPAmberStrict:
		return "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
	case api.TLPRed:
		return "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
	}
	return ""
}

func markingRefs(t api.TLP) []string {
	if id := markingID(t); id != "" {
		return []string{id}
	}
	return nil
}

// addMarkings writes the definitions of the markings in use.
func (b *builder) addMarkings() {
	for t := api.TLPClear; t <= api.TLPRed; t++ {
		if b.used[t] {
			b.addMarking(t)
		}
	}
}

func (b *builder) addMarking(t api.TLP) {
	id := markingID(t)
	b.add(id, markingDefinition{
		Type: "marking-definition", SpecVersion: "2.1", ID: id,
		Created: "2022-10-01T00:00:00.000Z", Name: "TLP:" + strings.ToUpper(t.String()),
		Extensions: map[string]tlpExtension{tlpExtensionID: {"property-extension", t.String()}},
	})
}
