package interchange

import (
	"encoding/json"
	"maps"
	"slices"
)

// word is a JSON value of any simple kind as text; null and what isn't simple
// are "".
type word string

// UnmarshalJSON never fails: a wrong kind is no reason to lose an object.
func (w *word) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case json.Unmarshal(b, &s) == nil:
		*w = word(s)
	case len(b) > 0 && b[0] != '{' && b[0] != '[':
		*w = word(b)
	}
	return nil
}

func (w word) yes() bool { return w == "true" || w == "1" }

// many is a list of values, or a single one where a list belongs, or an object
// whose values they are with numbers as keys, as PHP writes lists with gaps.
type many[T any] []T

// UnmarshalJSON never fails: an element of a wrong kind is left out.
func (m *many[T]) UnmarshalJSON(b []byte) error {
	*m = nil
	var list []json.RawMessage
	switch {
	case len(b) == 0 || string(b) == "null":
		return nil
	case json.Unmarshal(b, &list) == nil:
	case b[0] == '{' && isNumbered(b):
		fields := decoded[map[string]json.RawMessage](b)
		for _, key := range slices.Sorted(maps.Keys(fields)) {
			list = append(list, fields[key])
		}
	default:
		list = []json.RawMessage{b}
	}
	for _, raw := range list {
		var v T
		if json.Unmarshal(raw, &v) == nil {
			*m = append(*m, v)
		}
	}
	return nil
}

// texts is a list of texts, or a single one where a list belongs.
type texts []string

// UnmarshalJSON never fails.
func (t *texts) UnmarshalJSON(b []byte) error {
	*t = nil
	for _, w := range decoded[many[word]](b) {
		*t = append(*t, string(w))
	}
	return nil
}

// isNumbered tells whether all keys of an object are numbers.
func isNumbered(b []byte) bool {
	fields := decoded[map[string]json.RawMessage](b)
	for key := range fields {
		for _, c := range key {
			if c < '0' || c > '9' {
				return false
			}
		}
	}
	return len(fields) > 0
}

// either is an object whose fields may be missing altogether: of any other
// kind it is empty.
type either[T any] struct{ is T }

// UnmarshalJSON never fails.
func (e *either[T]) UnmarshalJSON(b []byte) error {
	e.is = decoded[T](b)
	return nil
}

// decoded reads what it can; what is of a wrong kind stays empty.
func decoded[T any](b []byte) T {
	var v T
	_ = json.Unmarshal(b, &v) // as the comment says
	return v
}
