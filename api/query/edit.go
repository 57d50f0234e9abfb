package query

import (
	"slices"
	"strings"
	"time"

	"threatbench/api"
)

// Without removes the i-th top-level term (see Terms); a negative i counts
// from the end, -1 being the last. An i out of range changes nothing.
func Without(text string, i int) string {
	terms := Terms(text)
	if i < 0 {
		i += len(terms)
	}
	if i < 0 || i >= len(terms) {
		return text
	}
	return cut(text, terms[i], "")
}

// cut puts text in the place of a term; nothing takes the space and the AND
// beside it along.
func cut(text string, s Span, with string) string {
	if with != "" {
		return text[:s.Pos] + with + text[s.End:]
	}
	before := strings.TrimSpace(text[:s.Pos])
	after := strings.TrimSpace(text[s.End:])
	if b, ok := strings.CutSuffix(before, " AND"); ok {
		before = strings.TrimSpace(b)
	} else if a, ok := strings.CutPrefix(after, "AND "); ok && before == "" {
		after = strings.TrimSpace(a)
	}
	return strings.TrimSpace(before + " " + after)
}

// Replace takes a condition of the search out of a text, or puts another in its
// place, and leaves the person's spelling of the rest alone where it can.
func Replace(text string, now time.Time, c api.Condition, with ...api.Condition) string {
	terms := Terms(text)
	words := map[string]bool{}
	if c.Field == api.FieldText && c.Op == api.OpFind && !c.Not {
		for w := range strings.FieldsSeq(c.Value()) {
			words[w] = true
		}
	}
	written := strings.Join(group(with), " ")
	out, done := text, false
	for i := len(terms) - 1; i >= 0; i-- {
		f, err := Parse(text[terms[i].Pos:terms[i].End], now)
		if err != nil || len(f.Branches) > 0 || len(f.Search) != 1 || !same(f.Search[0], c) && !(f.Search[0].Field == api.FieldText && words[f.Search[0].Value()]) {
			continue
		}
		out, done = cut(out, terms[i], ""), true
	}
	if done {
		return strings.TrimSpace(out + " " + written)
	}
	f, err := Parse(text, now)
	i := slices.IndexFunc(f.Search, func(o api.Condition) bool { return same(o, c) })
	if err != nil || i < 0 {
		return text
	}
	f.Search = slices.Replace(f.Search, i, i+1, with...)
	return FormatIn(f, now)
}

// And adds a condition to a text and leaves the person's spelling of the rest
// alone. What it contradicts or repeats among the top-level terms is replaced:
// another value of a field that has one, the opposite, the same bound of a
// range. A text that already says it is returned as it is.
func And(text string, c api.Condition) string {
	terms := Terms(text)
	kept := make([][]api.Condition, len(terms))
	place := -1 // the first term that gives way to c
	for i, s := range terms {
		conds := topLevel(text[s.Pos:s.End])
		if slices.ContainsFunc(conds, func(o api.Condition) bool { return same(o, c) }) {
			return text
		}
		rest, changed := beside(conds, c)
		if !changed {
			continue
		}
		if place < 0 {
			place = i
			rest = append(rest, c)
		}
		kept[i] = rest
	}
	if place < 0 {
		return strings.TrimSpace(strings.TrimSpace(text) + " " + FormatCondition(c))
	}
	for i := len(terms) - 1; i >= place; i-- {
		if kept[i] != nil {
			text = cut(text, terms[i], strings.Join(group(kept[i]), " "))
		}
	}
	return text
}

// beside is what of conds can stay when c is added; changed tells whether
// that is not all.
func beside(conds []api.Condition, c api.Condition) (kept []api.Condition, changed bool) {
	kept = []api.Condition{}
	for _, o := range conds {
		switch {
		case o.Field != c.Field:
			kept = append(kept, o)
		case c.Op == api.OpNot && o.Op == api.OpIn && has(o, c.Value()):
			changed = true
			o.Values = slices.DeleteFunc(slices.Clone(o.Values), func(v string) bool { return strings.EqualFold(v, c.Value()) })
			if len(o.Values) > 0 {
				kept = append(kept, o)
			}
		case clashes(o, c):
			changed = true
		default:
			kept = append(kept, o)
		}
	}
	return kept, changed
}

func has(c api.Condition, v string) bool {
	return slices.ContainsFunc(c.Values, func(o string) bool { return strings.EqualFold(o, v) })
}

// clashes tells whether o, of the same field, has to go when c comes.
func clashes(o, c api.Condition) bool {
	one := !isList(c.Field)
	missing, some := api.Condition{Field: c.Field, Op: api.OpNone}, Opposite(api.Condition{Field: c.Field, Op: api.OpNone})
	switch { // of what isn't there nothing else can hold, and what is isn't missing
	case same(c, missing):
		return o.Op == api.OpEquals || o.Op == api.OpIn || same(o, some)
	case same(o, missing):
		return c.Op == api.OpEquals || c.Op == api.OpIn || same(c, some)
	}
	switch c.Op {
	case api.OpEquals, api.OpIn:
		if o.Op == api.OpNot {
			return has(c, o.Value())
		}
		return one && (o.Op == api.OpEquals || o.Op == api.OpIn || bound(o.Op) != 0)
	case api.OpNot:
		return o.Op == api.OpEquals && has(c, o.Value())
	case api.OpGt, api.OpGte, api.OpLt, api.OpLte:
		return one && (o.Op == api.OpEquals || o.Op == api.OpIn || bound(o.Op) == bound(c.Op))
	}
	return false
}

// bound is -1 for a lower bound, 1 for an upper one, 0 for neither.
func bound(op api.Op) int {
	switch op {
	case api.OpGt, api.OpGte:
		return -1
	case api.OpLt, api.OpLte:
		return 1
	}
	return 0
}

// topLevel is the conditions that a term adds to the search; none where it
// is an OR or can't be read.
func topLevel(term string) []api.Condition {
	f, err := Parse(term, clock())
	if err != nil || len(f.Branches) > 0 {
		return nil
	}
	return f.Search
}
