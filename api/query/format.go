package query

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"threatbench/api"
	"threatbench/api/clean"
)

// Format writes the canonical text: Parse(Format(f)) is f for every filter
// the API accepts.
func Format(f Filter) string {
	parts := group(f.Search)
	var branches []string
	for _, b := range f.Branches {
		branches = append(branches, "("+strings.Join(group(b), " ")+")")
	}
	if len(branches) > 0 {
		parts = append(parts, strings.Join(branches, " OR "))
	}
	return strings.Join(parts, " ")
}

// FormatIn is Format for who reads days as those of the zone of now: a day that
// is one in UTC says so.
func FormatIn(f Filter, now time.Time) string {
	out := Filter{Search: InZone(f.Search, now)}
	for _, b := range f.Branches {
		out.Branches = append(out.Branches, InZone(b, now))
	}
	return Format(out)
}

// InZone is conditions as they are written for who reads days as those of the
// zone of now: behind days in UTC, as the API has them, stands so.
func InZone(conds []api.Condition, now time.Time) []api.Condition {
	if isUTC(settled(now)) {
		return conds
	}
	out := slices.Clone(conds)
	for i, c := range out {
		if !isDate(c.Field) || textual(c.Op) {
			continue
		}
		out[i].Values = slices.Clone(c.Values)
		for k, v := range c.Values {
			if api.IsDay(v) {
				out[i].Values[k] = strings.TrimSpace(v) + "Z"
			}
		}
	}
	return out
}

// FormatCondition writes one condition.
func FormatCondition(c api.Condition) string { return term(c, true) }

// group writes conditions that hold together. Only the first search for words
// may stand bare: words of one group are one search.
func group(conds []api.Condition) []string {
	bare := true
	var out []string
	for i, c := range conds {
		text := term(c, bare)
		if n := len(out); c.Field == api.FieldText && n > 0 && !besides(out[n-1], text, conds[i-1], c) {
			text = term(c, false)
		}
		out = append(out, text)
		if c.Field == api.FieldText && !c.Not {
			bare = false
		}
	}
	return out
}

// term writes a condition in the plainest way that reads back as the same.
func term(c api.Condition, bare bool) string {
	options := spellings(c, bare)
	for _, s := range options[:len(options)-1] {
		if s == escape(s) && reads(s, c) {
			return s
		}
	}
	return options[len(options)-1]
}

// besides tells whether two terms mean the same behind each other as alone:
// target:south and korea don't.
func besides(a, b string, of ...api.Condition) bool {
	f, err := Parse(a+" "+b, clock())
	return err != nil || len(f.Search) == len(of) && slices.EqualFunc(f.Search, of, same)
}

// reads tells whether text means exactly c.
func reads(text string, c api.Condition) bool {
	f, err := Parse(text, clock())
	return err == nil && len(f.Branches) == 0 && len(f.Search) == 1 && same(f.Search[0], c)
}

func same(a, b api.Condition) bool {
	return a.Field == b.Field && a.Op == b.Op && a.Not == b.Not && slices.EqualFunc(a.Values, b.Values, sameValue)
}

// sameValue compares values; a day is one in UTC, said or not.
func sameValue(a, b string) bool {
	if day, ok := utcDay(a); ok {
		a = day
	}
	if day, ok := utcDay(b); ok {
		b = day
	}
	return a == b
}

// spellings lists ways to write c, the plainest first; the last always holds.
func spellings(c api.Condition, bare bool) []string {
	if c.Not {
		c.Not = false
		options := spellings(c, bare && len(strings.Fields(c.Value())) == 1)
		for i := range options {
			options[i] = "-" + options[i]
		}
		return options
	}
	name, v := string(c.Field), c.Value()
	if c.Field == api.FieldDataset {
		name = "dataset"
	}
	both := func(prefix string) []string { return []string{prefix + v, prefix + quote(v)} }
	switch c.Op {
	case api.OpNone:
		return []string{name + ":none"}
	case api.OpWithin:
		return []string{name + ":" + v, "ip<<" + v, "ip<<" + quote(v)}
	case api.OpUnder:
		if c.Field == api.FieldIndicator {
			return append(both("domain:"), both("domain<<")...)
		}
		return append(both(name+":"), both(name+"<<")...)
	case api.OpNot:
		return append(both("-"+name+":"), "-"+name+"="+quote(v))
	case api.OpGt:
		return both(name + ">")
	case api.OpGte:
		return both(name + ">=")
	case api.OpLt:
		return both(name + "<")
	case api.OpLte:
		return both(name + "<=")
	case api.OpContains:
		if c.Field == api.FieldText {
			return []string{quote(v), name + "~" + v, name + "~" + quote(v)}
		}
		return []string{name + "~" + v, name + "~" + quotePattern(v)}
	case api.OpStartsWith:
		return []string{name + "~" + v + "*", name + `~"` + escapePattern(v) + `*"`}
	case api.OpEndsWith:
		return []string{name + "~*" + v, name + `~"*` + escapePattern(v) + `"`}
	case api.OpLike:
		wild := strings.NewReplacer("%", "*", "_", "?").Replace(v)
		if v == anyValue {
			return []string{name + ":*", name + "~=" + v}
		}
		return []string{name + "~" + wild, name + `~"` + escape(wild) + `"`, name + "~=" + v, name + "~=" + quote(v)}
	case api.OpFind:
		options := both(name + "~~")
		if c.Field == api.FieldText {
			options = append([]string{quote(v)}, options...)
		}
		if c.Field == api.FieldText && bare && !hasKeyword(v) {
			options = append([]string{v}, options...)
		}
		return options
	case api.OpIn:
		several := func(sign string) string { return name + sign + "(" + strings.Join(listed(c, sign), " OR ") + ")" }
		if isDate(c.Field) && slices.ContainsFunc(c.Values, func(v string) bool { _, err := api.ParseTime(v); return err != nil }) {
			return []string{several(":")}
		}
		return []string{several(":"), several("=")}
	}
	return append(both(name+":"), name+"="+quote(v))
}

// listed writes the values of an in behind a sign.
func listed(c api.Condition, sign string) []string {
	out := make([]string, len(c.Values))
	for i, v := range c.Values {
		out[i] = quote(v)
		one := api.Condition{Field: c.Field, Op: api.OpIn, Values: []string{v}}
		if v == escape(v) && reads(string(c.Field)+sign+"("+v+")", one) {
			out[i] = v
		}
	}
	return out
}

// hasKeyword tells whether a search for words holds one that reads as more than
// a word: an operator, or the id of an event.
func hasKeyword(v string) bool {
	for w := range strings.FieldsSeq(v) {
		if low := strings.ToLower(w); low == "or" || low == "and" || low == "not" || isID(low) {
			return true
		}
	}
	return false
}

func quote(v string) string {
	return `"` + escape(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v)) + `"`
}

// escape writes what a terminal would obey or hide as \u{200b}, so that the text
// of a filter can be shown and edited whatever it looks for.
func escape(v string) string {
	return clean.Escape(v, func(r rune) string { return fmt.Sprintf(`\u{%x}`, r) })
}

func quotePattern(v string) string { return `"` + escapePattern(v) + `"` }

func escapePattern(v string) string {
	return escape(strings.NewReplacer(`\`, `\\`, `"`, `\"`, `*`, `\*`, `?`, `\?`).Replace(v))
}

// operatorsOf names the operators a field takes, for an error.
func operatorsOf(f api.Field) string {
	var signs []string
	for _, o := range api.OpsFor(f) {
		switch o {
		case api.OpEquals:
			signs = append(signs, ":")
		case api.OpGt, api.OpGte, api.OpLt, api.OpLte:
			signs = append(signs, map[api.Op]string{api.OpGt: ">", api.OpGte: ">=", api.OpLt: "<", api.OpLte: "<="}[o])
		case api.OpContains:
			signs = append(signs, "~")
		}
	}
	return strings.Join(signs, " ") + " only"
}
