package query

import (
	"slices"
	"strconv"
	"strings"

	"threatbench/api"
)

// maxSuggestions bounds what Complete returns.
const maxSuggestions = 100

// Complete suggests what could stand at the cursor (a byte offset): fields,
// operators, values. A nil values supplies none.
func Complete(text string, cursor int, values Values) []Suggestion {
	cursor = min(max(cursor, 0), len(text))
	if unread(text) != nil {
		return nil
	}
	toks := scan(text[:cursor])
	c := completion{text: text, cursor: cursor, toks: toks, whole: scan(text), values: values}
	if n := len(toks); n > 0 {
		c.last = &toks[n-1]
		c.touches = c.last.end == cursor
	}
	out := c.suggest()
	return out[:min(len(out), maxSuggestions)]
}

type completion struct {
	text    string
	cursor  int
	toks    []token // up to the cursor
	whole   []token // of the whole text
	last    *token  // nil at the start
	touches bool    // the last token ends at the cursor
	values  Values
}

func (c *completion) suggest() []Suggestion {
	switch field, ok := c.listField(); {
	case ok && c.touches && c.last.kind == tokValue:
		return c.fieldValues(field, *c.last, true)
	case ok:
		return c.fieldValues(field, c.nothing(), true)
	case c.last == nil:
		return c.fields("", c.nothing())
	case !c.touches:
		return append(c.fields("", c.nothing()), c.or("")...)
	}
	switch c.last.kind {
	case tokWord:
		return append(c.or(c.last.raw), c.named(*c.last)...)
	case tokOr:
		return c.or(c.last.raw)
	case tokMinus, tokOpen:
		return c.fields("", c.nothing())
	case tokOp, tokValue:
		return c.ofCondition()
	}
	return nil
}

// nothing is an empty token at the cursor.
func (c *completion) nothing() token { return token{pos: c.cursor, end: c.cursor} }

// ofCondition completes the value behind an operator.
func (c *completion) ofCondition() []Suggestion {
	value := c.nothing()
	name := len(c.toks) - 2
	if c.last.kind == tokValue {
		value = *c.last
		name--
	}
	if name < 0 || c.toks[name].kind != tokField {
		return nil
	}
	field, ok := Lookup(c.toks[name].raw)
	if !ok {
		return nil
	}
	return c.fieldValues(field, value, false)
}

// listField is the field whose value list is open at the cursor.
func (c *completion) listField() (api.Field, bool) {
	for i := len(c.toks) - 1; i >= 0; i-- {
		t := c.toks[i]
		if !t.listed || t.kind == tokClose {
			return "", false
		}
		if t.kind == tokOpen && i >= 2 && c.toks[i-1].kind == tokOp {
			return Lookup(c.toks[i-2].raw)
		}
	}
	return "", false
}

// reach is where the token t of the text up to the cursor ends in the whole
// text: the rest of a word behind the cursor is replaced too.
func (c *completion) reach(t token) int {
	if t.pos == t.end {
		return c.cursor
	}
	toks := c.whole
	i := slices.IndexFunc(toks, func(w token) bool { return w.pos == t.pos })
	if i < 0 || toks[i].unclosed {
		return c.cursor
	}
	if open := t.unclosed && i+1 < len(toks) && toks[i+1].glued && toks[i+1].kind != tokClose; open {
		return c.cursor // the quote that seems to close this one opens the next
	}
	return max(toks[i].end, c.cursor)
}

// named completes a word to a field, or a whole field to its operators.
func (c *completion) named(t token) []Suggestion {
	f, whole := Lookup(t.raw)
	if !whole || c.reach(t) > c.cursor || c.followed(t) {
		return c.fields(t.raw, t)
	}
	return append(c.operators(f), c.fields(t.raw, t)...)
}

// followed tells whether the word at t is a field with its operator already.
func (c *completion) followed(t token) bool {
	end := c.reach(t)
	return end < len(c.text) && operator(c.text[end:]) > 0
}

// fields suggests the fields that begin with prefix, by name or alias.
func (c *completion) fields(prefix string, t token) []Suggestion {
	tail := ":"
	if c.followed(t) {
		tail = ""
	}
	var out []Suggestion
	for _, f := range Fields() {
		if beginsWith(prefix, called(f)...) {
			out = append(out, Suggestion{Text: string(f.Field) + tail, Label: string(f.Field), Detail: f.About, From: t.pos, To: c.reach(t)})
		}
	}
	return out
}

func beginsWith(prefix string, names ...string) bool {
	for _, n := range names {
		if len(n) >= len(prefix) && strings.EqualFold(n[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

// operators suggests what may follow a field's name.
func (c *completion) operators(f api.Field) []Suggestion {
	about := map[api.Op][2]string{
		api.OpEquals: {":", "is"}, api.OpContains: {"~", "contains, or a pattern with * and ?"}, api.OpFind: {"~~", "has every word"},
		api.OpGt: {">", "after, above"}, api.OpGte: {">=", "from"}, api.OpLt: {"<", "before, below"}, api.OpLte: {"<=", "up to"},
		api.OpNot: {"!=", "is not"}, api.OpIn: {":(", "one of several"},
	}
	ordered := isDate(f) || f == api.FieldKillChain || f == api.FieldTLP
	var out []Suggestion
	for _, o := range api.OpsFor(f) {
		a, ok := about[o]
		if !ok || !ordered && bound(o) != 0 {
			continue
		}
		out = append(out, Suggestion{Text: a[0], Label: a[0], Detail: a[1], From: c.cursor, To: c.cursor})
	}
	return out
}

// or suggests OR where a term stands before it.
func (c *completion) or(prefix string) []Suggestion {
	before := len(c.toks)
	if prefix != "" {
		before--
	}
	if before == 0 || !strings.HasPrefix("OR", prefix) || c.toks[before-1].kind == tokOr || c.toks[before-1].kind == tokOpen {
		return nil
	}
	return []Suggestion{{Text: "OR", Label: "OR", Detail: "either of two terms or groups", From: c.cursor - len(prefix), To: c.cursor}}
}

// Choices are the values of a field that has a known few, with what each
// means; nil for other fields.
func Choices(field api.Field, prefix string) []Suggestion {
	var out []Suggestion
	for _, ch := range fixed(field, prefix) {
		out = append(out, Suggestion{Text: ch.value, Label: ch.value, Detail: ch.about})
	}
	return out
}

// choice is a value and what it means.
type choice struct{ value, about string }

// fieldValues suggests values for a field in place of the token t.
func (c *completion) fieldValues(field api.Field, t token, listed bool) []Suggestion {
	prefix := strings.TrimLeft(t.literal(), "*")
	choices := fixed(field, prefix)
	if choices == nil && c.values != nil {
		for _, v := range c.values(field, prefix) {
			choices = append(choices, choice{value: v})
		}
	}
	var out []Suggestion
	for _, ch := range choices {
		if ch.value == "" || listed && isDate(field) && (ch.value[0] == '-' || ch.value == "this-month") {
			continue // a list takes days, not spans of time
		}
		out = append(out, Suggestion{Text: spell(field, ch.value, listed), Label: ch.value, Detail: ch.about, From: t.pos, To: c.reach(t)})
	}
	return out
}

// spell writes a value as it can stand behind an operator.
func spell(field api.Field, v string, listed bool) string {
	open, shut := ":", ""
	if listed {
		open, shut = ":(", ")"
	}
	f, err := Parse(string(field)+open+v+shut, clock())
	if isDate(field) && err == nil || err == nil && len(f.Search) == 1 && f.Search[0].Value() == v {
		return v
	}
	return quote(v)
}

// fixed is the values of the fields that have a known few; nil for others.
func fixed(field api.Field, prefix string) []choice {
	var all []choice
	switch {
	case field == api.FieldTLP:
		for t := api.TLPClear; t <= api.TLPRed; t++ {
			all = append(all, choice{value: t.String()})
		}
	case field == api.FieldHasChildren:
		all = []choice{{"true", "parent of others"}, {"false", "no children"}}
	case field == api.FieldKillChain:
		for i := range 8 {
			all = append(all, choice{strconv.Itoa(i), api.KillChainName(i)})
		}
	case isDate(field):
		all = []choice{
			{"today", ""}, {"yesterday", ""}, {"monday", "the last one"}, {"this-month", "since its first day"}, {"-1h", "an hour ago"}, {"-24h", "a day ago, to the hour"},
			{"-7d", "a week ago"}, {"-30d", "30 days ago"}, {"-3m", "three months ago"}, {"-1y", "a year ago"},
		}
	default:
		return nil
	}
	out := []choice{}
	for _, ch := range all {
		if beginsWith(prefix, ch.value) || field == api.FieldKillChain && beginsWith(prefix, ch.about) {
			out = append(out, ch)
		}
	}
	return out
}
