package tag

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/textmatch"
)

// listFields are what filters of a list may name, beside properties; those of
// indicators are in searchFields, by the fact that each means.
var listFields = []string{
	"uuid", "value", "categoryName", "description", "dateOfDiscovery", "tlp", "confidence", "actorCategory", "motive", "attributionOrganization",
	"originCountryISO", "aliases", "externalReferences", "opsecLevel", "sophisticationLevel", "activeDuration", "priority", "lastSeen", "aliasGroupNames",
}

var searchFields = map[string]string{
	"value": "value", "categoryId": "categoryUuid", "actorCategory": "actorCategory", "aliasGroupNames": "aliasGroupNames",
	"attributionConfidence": "attributionOrganization.confidence", "attributionOrganization": "attributionOrganization", "motive": "motive",
	"opsecLevel": "opsecLevel", "originCountryISO": "originCountryISO", "sophisticationLevel": "sophisticationLevel", "priority": "priority", "analyticPriority": "priority",
}

const properties = "properties."

// ParseFilters reads the JSON array of filters; key names it in messages.
func ParseFilters(key, text string) ([]textmatch.Condition, error) {
	list, err := textmatch.Parse(key, text, func(name string) (string, bool) {
		return name, slices.Contains(listFields, name) || strings.HasPrefix(name, properties) && len(name) > len(properties)
	}, strings.Join(listFields, " ")+" properties.KEY")
	if err != nil {
		return nil, err
	}
	return list, textmatch.Equality(key, "uuid", list)
}

// ParseSearch reads the JSON array of conditions on the tags of indicators.
func ParseSearch(key, text string) ([]textmatch.Condition, error) {
	return textmatch.Parse(key, text, func(name string) (string, bool) {
		field, known := searchFields[name]
		return field, known
	}, strings.Join(slices.Sorted(maps.Keys(searchFields)), " "))
}

// All reports whether a tag satisfies every one of the conditions.
func All(list []textmatch.Condition, r *Record) bool {
	for _, c := range list {
		if !c.Holds(r.values(c.Field)) {
			return false
		}
	}
	return true
}

// values are those of a field, as texts.
func (r *Record) values(field string) []string {
	switch field {
	case "uuid":
		return []string{r.UUID}
	case "value":
		return []string{r.Value}
	case "categoryName":
		return one(r.CategoryName)
	case "categoryUuid":
		return one(r.CategoryUUID)
	case "attributionOrganization.confidence":
		return part(r.Fields["attributionOrganization"+annotated], "confidence")
	}
	if name, ok := strings.CutPrefix(field, properties); ok {
		return r.property(name)
	}
	return texts(r.Fields[field])
}

func one(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// property is one of the map's: KEY, or KEY.tlp and KEY.confidence of one that
// is {value, confidence, tlp}.
func (r *Record) property(name string) []string {
	var all map[string]json.RawMessage
	if json.Unmarshal(r.Fields["properties"], &all) != nil {
		return nil
	}
	if v, there := all[name]; there {
		return texts(v)
	}
	for _, end := range []string{"tlp", "confidence"} {
		if key, ok := strings.CutSuffix(name, "."+end); ok {
			return part(all[key], end)
		}
	}
	return nil
}

func part(v json.RawMessage, name string) []string {
	var object map[string]json.RawMessage
	if json.Unmarshal(v, &object) != nil {
		return nil
	}
	return texts(object[name])
}

// texts are the texts in a value: itself, those of a list, the value or url of
// an object.
func texts(v json.RawMessage) []string {
	switch jsonKind(v) {
	case "null":
		return nil
	case "a list":
		var list []json.RawMessage
		if json.Unmarshal(v, &list) != nil {
			return nil
		}
		var out []string
		for _, item := range list {
			out = append(out, texts(item)...)
		}
		return out
	case "an object":
		return append(part(v, "value"), part(v, "url")...)
	case "a string":
		var s string
		if json.Unmarshal(v, &s) != nil {
			return nil
		}
		return one(s)
	}
	return []string{string(bytes.TrimSpace(v))}
}

// Contains reports whether the value or some property contains a text, case
// aside.
func (r *Record) Contains(needle string) bool {
	needle = api.Fold(needle)
	if strings.Contains(api.Fold(r.Value), needle) {
		return true
	}
	var all map[string]json.RawMessage
	if json.Unmarshal(r.Fields["properties"], &all) != nil {
		return false
	}
	for _, v := range all {
		if slices.ContainsFunc(texts(v), func(s string) bool { return strings.Contains(api.Fold(s), needle) }) {
			return true
		}
	}
	return false
}
