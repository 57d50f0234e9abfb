package query

import (
	"slices"
	"strings"
	"sync"

	"threatbench/api"
)

// Fields lists the fields that a filter may name, in the order a person looks
// for them.
func Fields() []api.FieldInfo {
	return slices.DeleteFunc(api.EventFields(), func(f api.FieldInfo) bool { return !f.Filter })
}

// Lookup finds a field by its name or an alias, else by what other tables call
// it, in any case; dashes and underscores don't matter.
func Lookup(name string) (api.Field, bool) {
	n := names()
	if f, ok := n.own[api.Fold(name)]; ok {
		return f, true
	}
	f, ok := n.columns[withoutDashes.Replace(api.Fold(name))]
	return f, ok
}

// naming finds the fields of a filter: own by name and alias, columns by what
// tables call them, too. A filter of 64 KiB asks ten thousand times.
type naming struct{ own, columns map[string]api.Field }

var withoutDashes = strings.NewReplacer("_", "", "-", "")

var names = sync.OnceValue(func() naming {
	n := naming{map[string]api.Field{}, map[string]api.Field{}}
	add := func(to map[string]api.Field, f api.Field, names ...string) {
		for _, name := range names {
			if _, taken := to[api.Fold(name)]; !taken {
				to[api.Fold(name)] = f
			}
		}
	}
	for _, f := range Fields() {
		add(n.own, f.Field, called(f)...)
		add(n.columns, f.Field, append(strings.Fields(f.Columns), string(f.Field))...)
	}
	return n
})

// unfiltered finds a field that events have and no condition can name.
func unfiltered(name string) (api.FieldInfo, bool) {
	for _, f := range api.EventFields() {
		if !f.Filter && (strings.EqualFold(string(f.Field), name) || slices.Contains(strings.Fields(f.Columns), strings.ToLower(name))) {
			return f, true
		}
	}
	return api.FieldInfo{}, false
}

// called lists what a filter may call a field.
func called(f api.FieldInfo) []string {
	return append([]string{string(f.Field)}, strings.Fields(f.Aliases)...)
}

// nearest is the field whose name or alias is most like name, "" where nothing
// is near.
func nearest(name string) api.Field {
	name = strings.ToLower(name)
	best, found := 2, api.Field("")
	for _, f := range Fields() {
		for _, n := range called(f) {
			n = strings.ToLower(n)
			k := commonPrefix(name, n)
			if len(n) > 3 && oneSlip(name, n) {
				k = max(k, len(n)-1)
			}
			if k > best {
				best, found = k, f.Field
			}
		}
	}
	return found
}

// oneSlip reports whether one letter too many, too few, wrong or in its
// neighbour's place makes one name of the other.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := commonPrefix(a, b)
	x, y := a[i:], b[i:]
	switch {
	case len(b) == len(a)+1:
		return x == y[1:]
	case len(a) != len(b) || x == "":
		return len(a) == len(b)
	}
	return x[1:] == y[1:] || len(x) > 1 && x[0] == y[1] && x[1] == y[0] && x[2:] == y[2:]
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
