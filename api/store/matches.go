package store

import (
	"slices"
	"strings"

	"threatbench/api"
	"threatbench/api/indicator"
)

// matchesOf says where the words of a filter, and the indicators it asks for,
// stand in an event: each word in every field that has it.
func matchesOf(q api.ListQuery, e *api.Event) []api.Match {
	var out []api.Match
	for _, c := range slices.Concat(append([][]api.Condition{q.Search}, q.Branches...)...) {
		var more []api.Match
		switch {
		case c.Field == api.FieldText:
			more = wordMatches(c.Words(), e)
		case c.Field == api.FieldIndicator && c.Op != api.OpNot && c.Op != api.OpNone:
			more = indicatorMatches(c, e)
		}
		for _, m := range more {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	return out
}

func wordMatches(words []string, e *api.Event) []api.Match {
	var out []api.Match
	for i, word := range words {
		fold := api.Fold(word)
		look := func(field api.Field, shown string, texts ...string) {
			if slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(api.Fold(s), fold) }) {
				out = append(out, api.Match{Field: field, Value: shown, Word: word})
			}
		}
		for _, m := range e.AllIndicators() {
			look(api.FieldIndicator, m.Value, m.Value, indicator.Canonical(m.Value))
		}
		for _, tag := range e.Tags {
			look(api.FieldTags, tag, tag)
		}
		for _, id := range e.MitreAttack {
			look(api.FieldMitreAttack, id, id)
		}
		look(api.FieldAttacker, e.Attacker, e.Attacker)
		look(api.FieldCategory, e.Category, e.Category)
		look(api.FieldTargetIndustry, e.TargetIndustry, e.TargetIndustry)
		look(api.FieldEvent, "", e.Event)
		look(fieldInsight, "", e.Insight)
		countries := countriesOf(words, i)
		for _, c := range []struct {
			field api.Field
			code  string
		}{{api.FieldAttackerCountry, e.AttackerCountry}, {api.FieldTargetCountry, e.TargetCountry}} {
			if known, ok := api.CountryByCode(c.code); ok && slices.Contains(countries, known.Alpha2) {
				out = append(out, api.Match{Field: c.field, Value: c.code, Word: word})
			}
		}
	}
	return out
}

// indicatorMatches are those of an event's indicators that a condition is
// about.
func indicatorMatches(c api.Condition, e *api.Event) []api.Match {
	var holds textMatch
	switch made := compileIndicator(&keyMaker{}, c).(type) {
	case *textCondition:
		holds = made.match
	case *keyCondition:
		holds = func(form string) bool {
			return slices.ContainsFunc(c.Values, func(v string) bool { return api.Fold(indicator.Canonical(v)) == form })
		}
	default:
		return nil
	}
	var out []api.Match
	for _, m := range e.AllIndicators() {
		if holds(api.Fold(m.Value)) || holds(api.Fold(indicator.Canonical(m.Value))) {
			out = append(out, api.Match{Field: api.FieldIndicator, Value: m.Value, Word: c.Value()})
		}
	}
	return out
}
