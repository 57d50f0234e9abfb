package api

// Schema is what a GraphQL server says of itself, for completion and help.
type Schema struct {
	Query string // the name of the type that queries begin at
	Types []SchemaType
}

// SchemaType is a type of a schema.
type SchemaType struct {
	Name        string
	Kind        string // OBJECT, INPUT_OBJECT, ENUM, SCALAR, …
	Description string
	Fields      []SchemaField // of an input object too
	Values      []string      // of an enum
}

// SchemaField is a field of a type.
type SchemaField struct {
	SchemaArg
	Args []SchemaArg
}

// SchemaArg is an argument of a field, and what a field has in common with it.
type SchemaArg struct {
	Name        string
	Type        string // as the language writes it: [EventRow!]!
	Description string
}
