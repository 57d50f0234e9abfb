package charts

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"threatbench/api/clean"
)

// introspection asks a server what its queries may hold.
const introspection = `{ __schema { queryType { name } types { name fields { name args { name type { ...T } } type { ...T } } inputFields { name type { ...T } } enumValues { name } } } }
fragment T on __Type { name ofType { name ofType { name ofType { name ofType { name } } } } }`

// schema is what completion draws on.
type schema struct {
	root  string
	types map[string]schemaType
}

type schemaType struct {
	fields map[string]schemaField // of an object or an input
	values []string               // of an enum
}

type schemaField struct {
	is   string // the type's name, lists and non-null taken off
	args map[string]string
}

// typeRef is a type as introspection writes it.
type typeRef struct {
	Name   string   `json:"name"`
	OfType *typeRef `json:"ofType"`
}

func (t *typeRef) named() string {
	for ; t != nil; t = t.OfType {
		if t.Name != "" {
			return t.Name
		}
	}
	return ""
}

type namedType struct {
	Name string  `json:"name"`
	Type typeRef `json:"type"`
}

func readSchema(data json.RawMessage) (*schema, error) {
	var in struct {
		Schema struct {
			QueryType struct {
				Name string `json:"name"`
			} `json:"queryType"`
			Types []struct {
				Name   string `json:"name"`
				Fields []struct {
					namedType
					Args []namedType `json:"args"`
				} `json:"fields"`
				InputFields []namedType `json:"inputFields"`
				EnumValues  []struct {
					Name string `json:"name"`
				} `json:"enumValues"`
			} `json:"types"`
		} `json:"__schema"`
	}
	if err := clean.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	s := &schema{root: in.Schema.QueryType.Name, types: map[string]schemaType{}}
	for _, t := range in.Schema.Types {
		st := schemaType{fields: map[string]schemaField{}}
		for _, f := range t.Fields {
			args := map[string]string{}
			for _, a := range f.Args {
				args[a.Name] = a.Type.named()
			}
			st.fields[f.Name] = schemaField{f.Type.named(), args}
		}
		for _, f := range t.InputFields {
			st.fields[f.Name] = schemaField{is: f.Type.named()}
		}
		for _, v := range t.EnumValues {
			st.values = append(st.values, v.Name)
		}
		s.types[t.Name] = st
	}
	return s, nil
}

// level is one bracket that is open at the cursor.
type level struct {
	open  rune              // { ( or [
	is    string            // the type whose fields stand in it
	args  map[string]string // of a (: names and types
	field schemaField       // named last
	value string            // the type of the value that is due, after a colon
}

// suggest lists what may stand at the end of text, and the part of it that is
// there already.
func (s *schema) suggest(text string) (list []string, prefix string) {
	i := strings.LastIndexFunc(text, func(r rune) bool { return !wordRune(r) }) + 1
	text, prefix = text[:i], text[i:]
	stack := s.walk(text)
	top := stack[len(stack)-1]
	switch {
	case top.value != "":
		list = append(list, s.types[top.value].values...)
		if top.value == "Boolean" {
			list = []string{"true", "false"}
		}
	case top.open == '(':
		for name := range top.args {
			list = append(list, name+": ")
		}
	default:
		colon := ""
		if len(stack) > 2 && slices.ContainsFunc(stack, func(l level) bool { return l.open == '(' }) {
			colon = ": " // within an input
		}
		for name := range s.types[top.is].fields {
			list = append(list, name+colon)
		}
	}
	list = slices.DeleteFunc(list, func(w string) bool { return !strings.HasPrefix(w, prefix) || w == prefix })
	slices.Sort(list)
	return list, prefix
}

func wordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// walk follows the brackets of a text, up to its end.
func (s *schema) walk(text string) []level {
	stack := []level{{is: ""}}
	for len(text) > 0 {
		top := &stack[len(stack)-1]
		r := rune(text[0])
		n := 1
		switch {
		case r == '#':
			n = max(strings.IndexByte(text, '\n'), 0)
			if n == 0 {
				n = len(text)
			}
		case r == '"':
			n = literal(text)
			top.value = ""
		case wordRune(r):
			n = len(text) - len(strings.TrimLeftFunc(text, wordRune))
			top.word(s, text[:n])
		case r == '{':
			stack = append(stack, s.inner(stack))
		case r == '(':
			stack = append(stack, level{open: '(', args: top.field.args})
		case r == '[':
			stack = append(stack, level{open: '[', is: top.value, value: top.value})
		case (r == '}' || r == ')' || r == ']') && len(stack) > 1:
			stack = stack[:len(stack)-1]
			stack[len(stack)-1].value = ""
		case r == ':':
			top.value = top.field.is
		}
		text = text[max(n, 1):]
	}
	return stack
}

// literal is the length of the string a text begins with.
func literal(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

func (l *level) word(s *schema, w string) {
	if l.value != "" && l.open != '[' {
		if l.open == '(' || len(s.types[l.value].values) > 0 {
			l.value = ""
			return
		}
		l.value = "" // what stood before the colon was an alias
	}
	if is, ok := l.args[w]; ok && l.open == '(' {
		l.field = schemaField{is: is}
		return
	}
	l.field = s.types[l.is].fields[w]
}

// inner is what a brace opens: a selection of the field before it, an input,
// or the query itself.
func (s *schema) inner(stack []level) level {
	top := stack[len(stack)-1]
	switch {
	case len(stack) == 1:
		return level{open: '{', is: s.root}
	case top.value != "":
		return level{open: '{', is: top.value}
	}
	return level{open: '{', is: top.field.is}
}
