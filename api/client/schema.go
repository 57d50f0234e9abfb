package client

import (
	"context"
	"encoding/json"
	"fmt"

	"threatbench/api"
)

// schemaQuery asks for what completion and help need. Types nest at most
// four deep: a list of things, neither of which may be missing.
const schemaQuery = `query Schema { __schema { queryType { name } types { name kind description
	fields { name description type { ...ref } args { name description type { ...ref } } }
	inputFields { name description type { ...ref } } enumValues { name } } } }
fragment ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`

// Schema reads a GraphQL server's schema by introspection (POST
// /v2/events/graphql, or the older path). A server without GraphQL is
// api.ErrUnsupported.
func (c *Client) Schema(ctx context.Context) (api.Schema, error) {
	data, err := c.query(ctx, schemaQuery, nil)
	if isStatus(err, absent...) {
		return api.Schema{}, noSuch("GraphQL")
	}
	if err != nil {
		return api.Schema{}, fmt.Errorf("reading the GraphQL schema: %w", err)
	}
	var w struct {
		Schema struct {
			QueryType struct{ Name string } `json:"queryType"`
			Types     []wireType            `json:"types"`
		} `json:"__schema"`
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return api.Schema{}, fmt.Errorf("reading the GraphQL schema: %w", err)
	}
	s := api.Schema{Query: w.Schema.QueryType.Name}
	for _, t := range w.Schema.Types {
		s.Types = append(s.Types, t.plain())
	}
	cleanSchema(&s)
	return s, nil
}

type wireType struct {
	Name, Kind, Description string
	Fields, InputFields     []wireField
	EnumValues              []struct{ Name string }
}

func (t wireType) plain() api.SchemaType {
	out := api.SchemaType{Name: t.Name, Kind: t.Kind, Description: t.Description}
	for _, f := range append(t.Fields, t.InputFields...) {
		out.Fields = append(out.Fields, f.plain())
	}
	for _, v := range t.EnumValues {
		out.Values = append(out.Values, v.Name)
	}
	return out
}

type wireField struct {
	wireArg
	Args []wireArg
}

func (f wireField) plain() api.SchemaField {
	out := api.SchemaField{SchemaArg: f.wireArg.plain()}
	for _, a := range f.Args {
		out.Args = append(out.Args, a.plain())
	}
	return out
}

type wireArg struct {
	Name, Description string
	Type              wireRef
}

func (a wireArg) plain() api.SchemaArg {
	return api.SchemaArg{Name: a.Name, Type: a.Type.String(), Description: a.Description}
}

// wireRef is a type by its wrappers, the outermost first.
type wireRef struct {
	Kind, Name string
	OfType     *wireRef
}

func (r wireRef) String() string {
	if r.OfType == nil {
		return r.Name
	}
	switch r.Kind {
	case "NON_NULL":
		return r.OfType.String() + "!"
	case "LIST":
		return "[" + r.OfType.String() + "]"
	}
	return r.OfType.String()
}
