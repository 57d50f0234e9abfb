package query

import (
	"slices"
	"strings"

	"threatbench/api"
)

// Fields lists the fields that a filter may name, in the order a person looks
// for them.
func Fields() []api.FieldInfo {
	return slices.DeleteFunc(api.EventFields(), func(f api.FieldInfo) bool { return !f.Filter })
}

// Lookup finds a field by its name or an alias, in any case.
func Lookup(name string) (api.Field, bool) {
	for _, f := range Fields() {
		if slices.ContainsFunc(called(f), func(n string) bool { return strings.EqualFold(n, name) }) {
			return f.Field, true
		}
	}
	return "", false
}

// called lists what a filter may call a field.
func called(f api.FieldInfo) []string {
	return append([]string{string(f.Field)}, strings.Fields(f.Aliases)...)
}

// nearest is the field whose name or alias begins most like name, "" where
// nothing is near.
func nearest(name string) api.Field {
	name = strings.ToLower(name)
	best, found := 2, api.Field("")
	for _, f := range Fields() {
		for _, n := range called(f) {
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
	info, _ := api.FieldOf(f)
	return info.Multi
}

func isDate(f api.Field) bool { return kindOf(f) == api.KindTime }

func kindOf(f api.Field) api.FieldKind {
	info, _ := api.FieldOf(f)
	return info.Kind
}
