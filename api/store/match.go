package store

import (
	"strings"

	"threatbench/api"
	"threatbench/api/textmatch"
)

// textMatch tells whether a folded text satisfies a condition.
type textMatch = textmatch.Match

func matchText(op api.Op, values []string) textMatch { return textmatch.Of(op, values) }

// literals are texts that every match of the condition contains; the substring
// index narrows by them. None means that the index can't help.
func literals(op api.Op, values []string) []string {
	if len(values) == 0 {
		return nil
	}
	want := api.Fold(values[0])
	switch op {
	case api.OpEquals, api.OpContains, api.OpStartsWith, api.OpEndsWith:
		return []string{want}
	case api.OpFind:
		return strings.Fields(want)
	case api.OpLike:
		return strings.FieldsFunc(want, func(r rune) bool { return r == '%' || r == '_' })
	}
	return nil
}
