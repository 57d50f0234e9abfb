package query

import (
	"strings"

	"threatbench/api"
)

// FieldInfo is what a person may call a field, and what it holds.
type FieldInfo struct {
	Field   api.Field
	Aliases []string
	About   string
}

// Fields lists the fields in the order a person looks for them.
func Fields() []FieldInfo {
	return []FieldInfo{
		{api.FieldAttacker, []string{"actor", "who", "adversary"}, "who did it"},
		{api.FieldAttackerCountry, []string{"origin", "from"}, "where the attacker comes from, two letters"},
		{api.FieldCategory, []string{"cat"}, "kind of event"},
		{api.FieldDate, []string{"when", "time"}, "when it happened: 2024-03-01, 2024-03, -7d, today"},
		{api.FieldEvent, []string{"text", "description", "desc"}, "the description"},
		{api.FieldIndicator, []string{"ioc", "ind"}, "domain, address, hash, URL"},
		{api.FieldIndicatorType, []string{"type", "ioctype"}, "kind of indicator"},
		{api.FieldTags, []string{"tag", "label", "labels"}, "any of the tags"},
		{api.FieldTargetCountry, []string{"country", "target", "to"}, "whom it hit, two letters"},
		{api.FieldTargetIndustry, []string{"industry", "sector"}, "what they do"},
		{api.FieldTLP, []string{"marking"}, "how far it may be shared"},
		{api.FieldKillChain, []string{"kc", "stage", "phase"}, "0 to 7, or the stage's name"},
		{api.FieldMitreAttack, []string{"technique", "attack", "mitre", "ttp"}, "technique such as T1566.001"},
		{api.FieldMitreCapec, []string{"capec", "pattern"}, "pattern such as CAPEC-163"},
		{api.FieldHasChildren, []string{"children", "parent"}, "parent of other events: true or false"},
		{api.FieldCreatedAt, []string{"created", "added"}, "when the server learnt of it"},
		{api.FieldUUID, []string{"id"}, "the event's id"},
	}
}

// Lookup finds a field by its name or an alias, in any case.
func Lookup(name string) (api.Field, bool) {
	for _, f := range Fields() {
		if strings.EqualFold(name, string(f.Field)) {
			return f.Field, true
		}
		for _, a := range f.Aliases {
			if strings.EqualFold(name, a) {
				return f.Field, true
			}
		}
	}
	return "", false
}

// nearest is the field whose name or alias begins most like name, "" where
// nothing is near.
func nearest(name string) api.Field {
	name = strings.ToLower(name)
	best, found := 2, api.Field("")
	for _, f := range Fields() {
		for _, n := range append([]string{string(f.Field)}, f.Aliases...) {
			if k := commonPrefix(name, strings.ToLower(n)); k > best {
				best, found = k, f.Field
			}
		}
	}
	return found
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func isList(f api.Field) bool {
	return f == api.FieldTags || f == api.FieldMitreAttack || f == api.FieldMitreCapec
}

func isDate(f api.Field) bool { return f == api.FieldDate || f == api.FieldCreatedAt }
