// Package openapi describes an API in OpenAPI 3.1 out of the Go types that its
// operations read and write.
package openapi

import (
	"fmt"
	"reflect"
	"strings"
)

// Schema is the part of JSON Schema that is needed here. The zero value is
// anything at all.
type Schema struct {
	Ref         string             `json:"$ref,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        string             `json:"type,omitempty"`
	AnyOf       []*Schema          `json:"anyOf,omitempty"`
	Items       *Schema            `json:"items,omitempty"`
	Properties  map[string]*Schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Others      *Schema            `json:"additionalProperties,omitempty"` // of an object whose keys aren't fixed
}

// Types turns Go types into schemas. A type with a name becomes a component, in
// Components; one in Given is what stands there.
type Types struct {
	Components map[string]*Schema
	Given      map[reflect.Type]*Schema
	made       map[string]reflect.Type
}

// NewTypes knows nothing yet but what is given.
func NewTypes(given map[reflect.Type]*Schema) *Types {
	return &Types{map[string]*Schema{}, given, map[string]reflect.Type{}}
}

const refPrefix = "#/components/schemas/"

// Of is the schema of a value's type; of no value it is null.
func (t *Types) Of(v any) (*Schema, error) {
	if s, ready := v.(*Schema); ready {
		return s, nil
	}
	if v == nil {
		return &Schema{Type: "null"}, nil
	}
	return t.of(reflect.TypeOf(v))
}

func (t *Types) of(typ reflect.Type) (*Schema, error) {
	if s, there := t.Given[typ]; there {
		return s, nil
	}
	switch typ.Kind() {
	case reflect.Interface:
		return &Schema{}, nil
	case reflect.Pointer:
		s, err := t.of(typ.Elem())
		return OrNull(s), err
	case reflect.String:
		return &Schema{Type: "string"}, nil
	case reflect.Bool:
		return &Schema{Type: "boolean"}, nil
	case reflect.Int, reflect.Int64, reflect.Uint32:
		return &Schema{Type: "integer"}, nil
	case reflect.Float64:
		return &Schema{Type: "number"}, nil
	case reflect.Slice:
		s, err := t.of(typ.Elem())
		return &Schema{Type: "array", Items: s}, err
	case reflect.Map:
		s, err := t.of(typ.Elem())
		return &Schema{Type: "object", Others: s}, err
	case reflect.Struct:
		return t.object(typ)
	}
	return nil, fmt.Errorf("no schema for %s", typ)
}

// OrNull is the schema of what may be null, too.
func OrNull(s *Schema) *Schema { return &Schema{AnyOf: []*Schema{s, {Type: "null"}}} }

// object is the schema of a struct: a component where it has a name.
func (t *Types) object(typ reflect.Type) (*Schema, error) {
	out := &Schema{Type: "object", Properties: map[string]*Schema{}}
	if typ.Name() == "" {
		return out, t.fields(typ, out)
	}
	name := strings.ToUpper(typ.Name()[:1]) + typ.Name()[1:]
	ref := &Schema{Ref: refPrefix + name}
	if before, there := t.made[name]; there {
		if before != typ {
			return nil, fmt.Errorf("two types of the name %s: %s and %s", name, before, typ)
		}
		return ref, nil
	}
	t.made[name], t.Components[name] = typ, out
	return ref, t.fields(typ, out)
}

// fields adds what a struct writes: what may be left out isn't required.
func (t *Types) fields(typ reflect.Type, out *Schema) error {
	for f := range typ.Fields() {
		tag, tagged := f.Tag.Lookup("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case f.Anonymous && !tagged:
			if err := t.fields(f.Type, out); err != nil {
				return err
			}
			continue
		case tag == "-" || !f.IsExported():
			continue
		case name == "":
			name = f.Name
		}
		s, err := t.of(f.Type)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out.Properties[name] = s
		if options == "" {
			out.Required = append(out.Required, name)
		}
	}
	return nil
}
