// Package introspection answers what GraphQL tools ask of a schema and the
// library doesn't know yet: whether a directive may be repeated, whether an
// input takes exactly one of its fields, and what the schema is for.
package introspection

import (
	"bytes"
	"strings"
)

// stand is a field that the library has, asked for in place of one that it
// hasn't, and what becomes of its answers.
type stand struct {
	in      string // the type, or the field that leads to it; "" for any
	by      string
	answers map[string]string
}

// stands are those fields by their names. No directive here may be repeated and
// no input takes one field alone; the schema has no description.
var stands = map[string][]stand{
	"isRepeatable": {{"", "__typename", map[string]string{"__Directive": "false"}}},
	"isOneOf": {{"", "kind", map[string]string{
		"INPUT_OBJECT": "false", "SCALAR": "null", "OBJECT": "null", "INTERFACE": "null", "UNION": "null", "ENUM": "null", "LIST": "null", "NON_NULL": "null",
	}}},
	"description": {{"__schema", "__typename", map[string]string{"__Schema": "null"}}, {"__Schema", "__typename", map[string]string{"__Schema": "null"}}},
}

// Ask is the query with such fields replaced; others stay as they are, byte by
// byte. A field that has a name of its own already is left alone.
func Ask(query string) string {
	if !strings.Contains(query, "__schema") && !strings.Contains(query, "__type") {
		return query
	}
	var out strings.Builder
	var within []string // the names before each open brace
	name, before, arguments := "", "", 0
	for rest := query; rest != ""; {
		token := next(rest)
		rest = rest[len(token):]
		out.WriteString(token)
		switch {
		case strings.TrimLeft(token, " \t\r\n,\ufeff") == "" || token[0] == '#':
			continue
		case token == "(":
			arguments++
		case token == ")":
			arguments--
		case token == "{":
			within = append(within, name)
		case token == "}" && len(within) > 0:
			within = within[:len(within)-1]
		case arguments == 0 && isName(token):
			name = token
			if len(within) > 0 && strings.Trim(before, ":@$.") == before && !strings.HasPrefix(strings.TrimLeft(rest, " \t\r\n,"), ":") {
				if by := standFor(token, within[len(within)-1]); by != "" {
					out.WriteString(": " + by)
				}
			}
		}
		before = token
	}
	return out.String()
}

func standFor(field, within string) string {
	for _, s := range stands[field] {
		if s.in == "" || s.in == within {
			return s.by
		}
	}
	return ""
}

// Answer puts into the answer to such a query what was asked for. What it
// replaces stands in no text, where quotes are escaped.
func Answer(data []byte) []byte {
	for field, list := range stands {
		for _, s := range list {
			for was, now := range s.answers {
				data = bytes.ReplaceAll(data, []byte(`"`+field+`":"`+was+`"`), []byte(`"`+field+`":`+now))
			}
		}
	}
	return data
}

// next is the first token of a text that isn't empty: a name or number, a
// string, a comment, space, or one sign.
func next(s string) string {
	switch c := s[0]; {
	case strings.HasPrefix(s, `"""`):
		return s[:ends(s, 3, `"""`)]
	case c == '"':
		return s[:ends(s, 1, `"`)]
	case c == '#':
		if end := strings.IndexAny(s, "\r\n"); end >= 0 {
			return s[:end]
		}
		return s
	}
	for _, class := range []func(byte) bool{inName, isSpace} {
		n := 0
		for n < len(s) && class(s[n]) {
			n++
		}
		if n > 0 {
			return s[:n]
		}
	}
	return s[:1]
}

// ends is where a string ends that begins with from bytes of quotes.
func ends(s string, from int, quotes string) int {
	for i := from; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case strings.HasPrefix(s[i:], quotes):
			return i + len(quotes)
		}
	}
	return len(s)
}

func inName(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' }

func isName(s string) bool { return inName(s[0]) && (s[0] < '0' || s[0] > '9') }
