package openapi

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Check says what of a decoded JSON value isn't as the schema has it, nothing
// where all is. A field that the schema doesn't name is told as well: it may be
// there, but somebody forgot to describe it.
func (d *Document) Check(s *Schema, v any) []string { return d.check("", s, v) }

func (d *Document) check(at string, s *Schema, v any) []string {
	if s == nil {
		return []string{at + ": has no schema"}
	}
	if s.Ref != "" {
		name, _ := strings.CutPrefix(s.Ref, refPrefix)
		return d.check(at, d.Components.Schemas[name], v)
	}
	if len(s.AnyOf) > 0 {
		return d.checkAny(at, s.AnyOf, v)
	}
	if s.Type != "" && !isType(s.Type, v) {
		return []string{fmt.Sprintf("%s: want %s, got %.80v", at, s.Type, v)}
	}
	switch v := v.(type) {
	case []any:
		return d.checkList(at, s, v)
	case map[string]any:
		return d.checkObject(at, s, v)
	}
	return nil
}

// checkAny tells what is wrong by the first schema, where none holds.
func (d *Document) checkAny(at string, any []*Schema, v any) (wrong []string) {
	for _, s := range slices.Backward(any) {
		if wrong = d.check(at, s, v); len(wrong) == 0 {
			return nil
		}
	}
	return wrong
}

func (d *Document) checkList(at string, s *Schema, list []any) (wrong []string) {
	for i, v := range list {
		if s.Items != nil {
			wrong = append(wrong, d.check(fmt.Sprintf("%s[%d]", at, i), s.Items, v)...)
		}
	}
	return wrong
}

func (d *Document) checkObject(at string, s *Schema, object map[string]any) (wrong []string) {
	for _, key := range s.Required {
		if _, there := object[key]; !there {
			wrong = append(wrong, at+"."+key+": is missing")
		}
	}
	for key, v := range object {
		switch known, there := s.Properties[key]; {
		case there:
			wrong = append(wrong, d.check(at+"."+key, known, v)...)
		case s.Others != nil:
			wrong = append(wrong, d.check(at+"."+key, s.Others, v)...)
		case s.Type != "":
			wrong = append(wrong, at+"."+key+": isn't described")
		}
	}
	return wrong
}

func isType(name string, v any) bool {
	switch v := v.(type) {
	case nil:
		return name == "null"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || name == "integer" && v == math.Trunc(v)
	case []any:
		return name == "array"
	case map[string]any:
		return name == "object"
	}
	return false
}
