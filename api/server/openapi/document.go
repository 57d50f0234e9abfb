package openapi

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
)

// Document is an OpenAPI 3.1 document.
type Document struct {
	OpenAPI    string                           `json:"openapi"`
	Info       Info                             `json:"info"`
	Servers    []Server                         `json:"servers"`
	Security   []map[string][]string            `json:"security"`
	Paths      map[string]map[string]*Operation `json:"paths"`
	Components Components                       `json:"components"`
}

// Info names the API.
type Info struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Version     string `json:"version"`
}

// Server is where the paths begin.
type Server struct {
	URL       string              `json:"url"`
	Variables map[string]Variable `json:"variables,omitempty"`
}

// Variable is a part of a server's URL.
type Variable struct {
	Default     string `json:"default"`
	Description string `json:"description,omitempty"`
}

// Components are what operations share.
type Components struct {
	Schemas         map[string]*Schema           `json:"schemas"`
	SecuritySchemes map[string]map[string]string `json:"securitySchemes"`
}

// Operation is one method of a path.
type Operation struct {
	ID         string              `json:"operationId"`
	Summary    string              `json:"summary"`
	Deprecated bool                `json:"deprecated,omitempty"`
	Parameters []Parameter         `json:"parameters,omitempty"`
	Body       *Content            `json:"requestBody,omitempty"`
	Responses  map[string]*Content `json:"responses"`
}

// Parameter is a part of a path or a key of its query.
type Parameter struct {
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required,omitempty"`
	Schema   *Schema `json:"schema"`
}

// Content is a body by its media type.
type Content struct {
	Description string           `json:"description,omitempty"`
	Required    bool             `json:"required,omitempty"`
	Content     map[string]Media `json:"content,omitempty"`
}

// Media is the schema of a body.
type Media struct {
	Schema *Schema `json:"schema"`
}

// Described is what is said of an operation. A key of Query has its type behind
// it ("page integer"), a string where there is none; [] is a list of texts.
type Described struct {
	Summary    string
	Deprecated bool
	Query      []string
	Body       any // a value of the type that is read; nil for no body
	Status     int
	Answer     *Schema           // of the whole answer
	Other      map[string]string // further media types that may be asked for, with what they hold
}

const jsonType = "application/json"

var segment = regexp.MustCompile(`\{([^}]+)\}`)

// Add describes one operation.
func (d *Document) Add(t *Types, method, path string, o Described) error {
	op := &Operation{ID: idOf(method, path), Summary: o.Summary, Deprecated: o.Deprecated}
	for _, m := range segment.FindAllStringSubmatch(path, -1) {
		op.Parameters = append(op.Parameters, Parameter{m[1], "path", true, &Schema{Type: "string"}})
	}
	for _, key := range o.Query {
		op.Parameters = append(op.Parameters, parameterOf(key))
	}
	if o.Body != nil {
		s, err := t.Of(o.Body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		op.Body = &Content{Required: true, Content: map[string]Media{jsonType: {s}}}
	}
	good := &Content{Description: "done", Content: map[string]Media{jsonType: {o.Answer}}}
	for media, what := range o.Other {
		good.Content[media] = Media{&Schema{Description: what}}
	}
	op.Responses = map[string]*Content{
		strconv.Itoa(o.Status): good,
		"default":              {Description: "a failure", Content: map[string]Media{jsonType: {&Schema{Ref: refPrefix + "Failure"}}}},
	}
	if d.Paths[path] == nil {
		d.Paths[path] = map[string]*Operation{}
	}
	d.Paths[path][strings.ToLower(method)] = op
	maps.Copy(d.Components.Schemas, t.Components)
	return nil
}

func parameterOf(key string) Parameter {
	name, kind, _ := strings.Cut(key, " ")
	s := &Schema{Type: "string"}
	switch kind {
	case "":
	case "[]":
		s = &Schema{Type: "array", Items: s}
	default:
		s.Type = kind
	}
	return Parameter{name, "query", false, s}
}

var notWord = regexp.MustCompile(`[^A-Za-z0-9]+`)

// idOf is a name of an operation that no other has.
func idOf(method, path string) string {
	return strings.ToLower(method) + "_" + strings.Trim(notWord.ReplaceAllString(path, "_"), "_")
}
