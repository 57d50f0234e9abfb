package views

import (
	"sort"
	"strings"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/api/query"
	"threatbench/theme"
	"threatbench/ui/widget/prompt"
)

// FilterSpans colours the tokens of a filter.
func FilterSpans(st *theme.Styles, text string) []prompt.Span {
	pens := map[query.Kind]theme.Pen{
		query.KindField: st.Accent, query.KindOperator: st.Faint, query.KindValue: st.Strong, query.KindKeyword: st.AccentStrong,
		query.KindParen: st.Faint, query.KindPhrase: st.Text, query.KindError: st.Error,
	}
	list := query.Highlight(text)
	out := make([]prompt.Span, len(list))
	for i, s := range list {
		out[i] = prompt.Span{Pos: s.Pos, End: s.End, Pen: pens[s.Kind]}
	}
	return out
}

// Suggestions are those of the filter language as a text field shows them.
func Suggestions(list []query.Suggestion) []prompt.Suggestion {
	out := make([]prompt.Suggestion, len(list))
	for i, s := range list {
		out[i] = prompt.Suggestion{Text: s.Text, Label: s.Label, Detail: s.Detail, From: s.From, To: s.To}
		if name := strings.TrimSuffix(s.Text, ":"); name == s.Label {
			out[i].Right = holds(api.Field(name))
		}
	}
	return out
}

// holds names what kind of value a field has, "" where name is no field.
func holds(name api.Field) string {
	f, ok := api.FieldOf(name)
	if !ok {
		return ""
	}
	switch f.Kind {
	case api.KindCountry:
		return "country"
	case api.KindTime:
		return "date"
	case api.KindStage, api.KindNumber:
		return "number"
	case api.KindTLP:
		return "marking"
	case api.KindFlag:
		return "true or false"
	case api.KindID:
		return "id"
	case api.KindTechnique:
		return "technique"
	case api.KindIndicator:
		return "indicator"
	}
	return "text"
}

// Matching is what of pool holds prefix, without regard to case: what begins
// with it first, each value once.
func Matching(pool []string, prefix string) []string {
	prefix = strings.ToLower(prefix)
	seen := map[string]bool{}
	out := pool[:0:0]
	for _, v := range pool {
		if low := strings.ToLower(v); v != "" && !seen[low] && strings.Contains(low, prefix) {
			seen[low] = true
			out = append(out, v)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		return strings.HasPrefix(strings.ToLower(out[i]), prefix) && !strings.HasPrefix(strings.ToLower(out[j]), prefix)
	})
	return out
}

// Catalogued are the values of a field that the server's catalogues list.
func Catalogued(c async.Catalogs, field api.Field) []string {
	switch field {
	case api.FieldAttacker:
		return c.Attackers
	case api.FieldIndicatorType:
		return c.IndicatorTypes
	case api.FieldTargetIndustry:
		return c.TargetIndustries
	case api.FieldTLP:
		return []string{"clear", "green", "amber", "amber+strict", "red"}
	case api.FieldHasChildren:
		return []string{"true", "false"}
	case api.FieldCategory:
		return namesOf(c.Categories, func(c api.Category) string { return c.Name })
	case api.FieldTags:
		return namesOf(c.Tags, func(t api.Tag) string { return t.Value })
	case api.FieldTargetCountry, api.FieldAttackerCountry:
		return namesOf(c.Countries, func(c api.Country) string { return c.Alpha2 })
	}
	return nil
}

func namesOf[T any](list []T, of func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = of(v)
	}
	return out
}
