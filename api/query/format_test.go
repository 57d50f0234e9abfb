package query_test

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
	"threatbench/api"
	"threatbench/api/query"
)

func TestFormat(t *testing.T) {
	for _, tt := range []struct {
		c    api.Condition
		want string
	}{
		{cond(api.FieldAttacker, api.OpEquals, "APT 1"), `attacker:"APT 1"`},
		{cond(api.FieldAttacker, api.OpEquals, "x"), `attacker:x`},
		{cond(api.FieldAttacker, api.OpNot, "x"), `-attacker:x`},
		{cond(api.FieldAttacker, api.OpEquals, "(x"), `attacker:"(x"`},
		{cond(api.FieldAttacker, api.OpEquals, ">x"), `attacker:">x"`},
		{cond(api.FieldAttacker, api.OpEquals, `a\b`), `attacker:a\b`},
		{cond(api.FieldAttacker, api.OpEquals, `a\ "b"`), `attacker:"a\\ \"b\""`},
		{cond(api.FieldDate, api.OpGte, "2024-01-01"), `date>=2024-01-01`},
		{cond(api.FieldDate, api.OpGt, "2024-01-01 10:00"), `date>2024-01-01 10:00`},
		{cond(api.FieldIndicator, api.OpContains, "bank"), `indicator~bank`},
		{cond(api.FieldIndicator, api.OpContains, "a*"), `indicator~"a\*"`},
		{cond(api.FieldIndicator, api.OpStartsWith, "10."), `indicator~10.*`},
		{cond(api.FieldIndicator, api.OpEndsWith, ".example"), `indicator~*.example`},
		{cond(api.FieldIndicator, api.OpEndsWith, "a b"), `indicator~"*a b"`},
		{cond(api.FieldIndicator, api.OpLike, "a%b_"), `indicator~a*b?`},
		{cond(api.FieldIndicator, api.OpLike, "a %b"), `indicator~"a *b"`},
		{cond(api.FieldIndicator, api.OpLike, "%b"), `indicator~=%b`},
		{cond(api.FieldIndicator, api.OpLike, "%b c"), `indicator~="%b c"`},
		{cond(api.FieldAttacker, api.OpFind, "a b"), `attacker~~"a b"`},
		{cond(api.FieldTags, api.OpIn, "a", "b c", "or", "d,e"), `tags:(a OR "b c" OR "or" OR "d,e")`},
		{cond(api.FieldText, api.OpFind, "cat dog"), `cat dog`},
		{cond(api.FieldText, api.OpFind, "cat or dog"), `text~~"cat or dog"`},
		{cond(api.FieldText, api.OpFind, "cat  dog"), `text~~"cat  dog"`},
		{cond(api.FieldText, api.OpFind, "-cat"), `"-cat"`},
		{cond(api.FieldText, api.OpFind, "tag:x"), `"tag:x"`},
		{cond(api.FieldText, api.OpContains, "cat dog"), `"cat dog"`},
		{cond(api.FieldText, api.OpContains, "cat"), `text~cat`},
		{cond(api.FieldText, api.OpContains, "c*t"), `text~"c*t"`},
		{cond(api.FieldEvent, api.OpContains, "cat dog"), `event~"cat dog"`},
		{cond(api.FieldEvent, api.OpContains, "cat"), `event~cat`},
		{cond(api.FieldEvent, api.OpEquals, "cat"), `event="cat"`},
		{cond(api.FieldKillChain, api.OpIn, "1", "-2"), `killChain:(1 OR -2)`},
	} {
		got := query.Format(all(tt.c))
		if got != tt.want {
			t.Errorf("%+v is written %s, want %s", tt.c, got, tt.want)
		}
		if one := query.FormatCondition(tt.c); one != tt.want {
			t.Errorf("FormatCondition: %s, want %s", one, tt.want)
		}
	}
}

func TestFormatBranches(t *testing.T) {
	find := func(s string) api.Condition { return cond(api.FieldText, api.OpFind, s) }
	f := query.Filter{
		Search:   []api.Condition{find("a"), find("b"), cond(api.FieldTLP, api.OpEquals, "red")},
		Branches: [][]api.Condition{{find("c"), find("d")}, {cond(api.FieldTags, api.OpNot, "x")}},
	}
	const want = `a "b" tlp:red (c "d") OR (-tags:x)`
	if got := query.Format(f); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// awkward draws values that look like the language itself, or like nothing.
func awkward() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"OR", "or", "AND", "NOT", "(", ")", `"`, `\`, `\"`, "*", "?", "%", "_", ",", ":", "~", ">=", "<", "=", "-", "-7d", " ", "  ", "\t",
			"\n", "..", "today", "2024-03", "tag:x", "https://x", "\u00a0", "é", "日本", "\xff", "a", "b1", "C2",
		}),
		rapid.String(),
	)
	return rapid.Custom(func(t *rapid.T) string {
		s := ""
		for _, p := range rapid.SliceOfN(piece, 1, 4).Draw(t, "pieces") {
			s += p
		}
		if r := []rune(s); len(r) > api.MaxValueLength {
			s = string(r[:api.MaxValueLength])
		}
		if s == "" {
			return "x"
		}
		return s
	})
}

func textual(op api.Op) bool {
	return slices.Contains([]api.Op{api.OpLike, api.OpContains, api.OpStartsWith, api.OpEndsWith, api.OpFind}, op)
}

func value(t *rapid.T, f api.Field, op api.Op) string {
	switch {
	case f == api.FieldKillChain:
		return strconv.Itoa(rapid.IntRange(-1, 9).Draw(t, "stage"))
	case f == api.FieldHasChildren:
		return rapid.SampledFrom([]string{"true", "false", "1", "0", "TRUE", "f"}).Draw(t, "bool")
	case f == api.FieldTLP && !textual(op):
		return rapid.SampledFrom([]string{"red", "TLP:Amber+Strict", "amber strict", "white"}).Draw(t, "tlp")
	case (f == api.FieldDate || f == api.FieldCreatedAt) && !textual(op):
		when := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "unix"), 0).UTC()
		return when.Format(rapid.SampledFrom([]string{time.DateOnly, time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04:05", " 2006-01-02 "}).Draw(t, "layout"))
	}
	return awkward().Draw(t, "value")
}

func condition(inBranch bool) *rapid.Generator[api.Condition] {
	fields := api.Fields()
	if inBranch {
		fields = slices.DeleteFunc(fields, func(f api.Field) bool { return f == api.FieldIndicator })
	}
	return rapid.Custom(func(t *rapid.T) api.Condition {
		if rapid.IntRange(0, 4).Draw(t, "own") == 0 {
			return own(inBranch).Draw(t, "own condition")
		}
		f := rapid.SampledFrom(append(fields, api.FieldEvent, api.FieldEvent, api.FieldTags)).Draw(t, "field")
		op := rapid.SampledFrom(api.OpsFor(f)).Draw(t, "op")
		n := 1
		if op == api.OpIn {
			n = rapid.IntRange(1, 5).Draw(t, "n")
		}
		c := api.Condition{Field: f, Op: op}
		for range n {
			c.Values = append(c.Values, value(t, f, op))
		}
		return c
	})
}

// own draws conditions that our own server alone understands.
func own(inBranch bool) *rapid.Generator[api.Condition] {
	word := rapid.Custom(func(t *rapid.T) string {
		w := strings.Join(strings.Fields(awkward().Draw(t, "word")), "")
		if w == "" {
			return "w"
		}
		return w
	})
	return rapid.Custom(func(t *rapid.T) api.Condition {
		kinds := []string{"word", "phrase", "not", "none", "technique"}
		if !inBranch {
			kinds = append(kinds, "net", "domain")
		}
		c := api.Condition{Field: api.FieldText, Op: api.OpFind}
		switch rapid.SampledFrom(kinds).Draw(t, "kind") {
		case "word":
			c.Values = []string{word.Draw(t, "value")}
		case "phrase":
			c.Op, c.Values = api.OpContains, []string{word.Draw(t, "value") + rapid.SampledFrom([]string{"", " ", " x", "*"}).Draw(t, "end")}
		case "not":
			c = api.Condition{Field: api.FieldTags, Op: rapid.SampledFrom([]api.Op{api.OpContains, api.OpStartsWith, api.OpFind, api.OpGt}).Draw(t, "op"), Not: true}
			c.Values = []string{awkward().Draw(t, "value")}
		case "none":
			return api.Condition{Field: rapid.SampledFrom([]api.Field{api.FieldAttacker, api.FieldTags, api.FieldTLP}).Draw(t, "field"), Op: api.OpNone}
		case "technique":
			c = api.Condition{Field: api.FieldMitreAttack, Op: api.OpUnder, Values: []string{rapid.SampledFrom([]string{"T1566", "T1566.001", "x y"}).Draw(t, "id")}}
		case "net":
			c = api.Condition{Field: api.FieldIndicator, Op: api.OpWithin, Values: []string{rapid.SampledFrom([]string{"198.51.100.0/24", "2001:db8::/32", "192.0.2.1"}).Draw(t, "net")}}
		case "domain":
			c = api.Condition{Field: api.FieldIndicator, Op: api.OpUnder, Values: []string{rapid.SampledFrom([]string{"example.org", "none", "a b", "198.51.100.0/24", "*.x"}).Draw(t, "domain")}}
		}
		return c
	})
}

func filter() *rapid.Generator[query.Filter] {
	return rapid.Custom(func(t *rapid.T) query.Filter {
		f := query.Filter{Search: some(t, condition(false), 0, 10)}
		for range rapid.IntRange(0, 8).Draw(t, "branches") {
			f.Branches = append(f.Branches, some(t, condition(true), 1, 10))
		}
		return f
	})
}

// some draws a list that is nil where it is empty, as Parse makes it.
func some(t *rapid.T, g *rapid.Generator[api.Condition], from, to int) []api.Condition {
	n := rapid.IntRange(from, to).Draw(t, "count")
	var out []api.Condition
	for range n {
		out = append(out, g.Draw(t, "condition"))
	}
	return out
}

func TestEveryFilterReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := filter().Draw(t, "filter")
		if err := (api.ListQuery{Search: f.Search, Branches: f.Branches}).Validate(); err != nil {
			t.Fatalf("the generator made an invalid filter: %v", err)
		}
		text := query.Format(f)
		got, err := query.Parse(text, now)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !reflect.DeepEqual(got, f) {
			t.Fatalf("%s\nreads  %+v\nwas    %+v", text, got, f)
		}
		if again := query.Format(got); again != text {
			t.Fatalf("%s is then written %s", text, again)
		}
	})
}

func TestTermsAreTheConditions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := filter().Draw(t, "filter")
		text := query.Format(f)
		checkSpans(t, text, query.Terms(text))
		checkSpans(t, text, query.Highlight(text))
		for _, s := range query.Highlight(text) {
			if s.Kind == query.KindError {
				t.Fatalf("%s: %q is coloured as an error", text, text[s.Pos:s.End])
			}
		}
	})
}

// Without the i-th term, what is left is the other conditions as they were.
func TestWithoutLeavesTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := filter().Draw(t, "filter")
		// Words of a search are a term each; leave them to the table.
		f.Search = slices.DeleteFunc(f.Search, func(c api.Condition) bool { return c.Op == api.OpFind && c.Field == api.FieldEvent })
		text := query.Format(f)
		terms := query.Terms(text)
		want := len(f.Search)
		if len(f.Branches) > 0 {
			want++
		}
		if len(terms) != want {
			t.Fatalf("%s has %d terms, want %d", text, len(terms), want)
		}
		if want == 0 {
			return
		}
		i := rapid.IntRange(0, want-1).Draw(t, "i")
		left := query.Filter{Search: slices.Clone(f.Search), Branches: f.Branches}
		if i == len(f.Search) {
			left.Branches = nil
		} else {
			left.Search = slices.Delete(left.Search, i, i+1)
		}
		cut := query.Without(text, i)
		got, err := query.Parse(cut, now)
		if err != nil {
			t.Fatalf("%s without %d is %s: %v", text, i, cut, err)
		}
		if query.Format(got) != query.Format(left) {
			t.Fatalf("%s without %d is %s", text, i, cut)
		}
	})
}

// What And returns reads, holds the condition, keeps every other field and the
// branches, and adding it again changes nothing.
func TestAndAddsTheCondition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := filter().Draw(t, "filter")
		f.Search = f.Search[:min(len(f.Search), 8)]
		c := condition(false).Draw(t, "added")
		if c.Op == api.OpFind {
			c.Field, c.Op = api.FieldEvent, api.OpContains // words merge with words; leave them to the table
		}
		text := query.Format(f)
		added := query.And(text, c)
		got, err := query.Parse(added, now)
		if err != nil {
			t.Fatalf("%s and %+v is %s: %v", text, c, added, err)
		}
		if !slices.ContainsFunc(got.Search, func(o api.Condition) bool { return reflect.DeepEqual(o, c) }) {
			t.Fatalf("%s and %+v is %s", text, c, added)
		}
		others := func(list []api.Condition) string {
			return query.Format(query.Filter{Search: slices.DeleteFunc(slices.Clone(list), func(o api.Condition) bool { return o.Field == c.Field })})
		}
		if others(got.Search) != others(f.Search) || len(got.Branches) != len(f.Branches) {
			t.Fatalf("%s and %+v lost something: %s", text, c, added)
		}
		if again := query.And(added, c); again != added {
			t.Fatalf("adding %+v to %s again makes %s", c, added, again)
		}
	})
}

type failer interface{ Fatalf(string, ...any) }

func checkSpans(t failer, text string, spans []query.Span) {
	at := 0
	for _, s := range spans {
		if s.Pos < at || s.End <= s.Pos || s.End > len(text) {
			t.Fatalf("%q: span %+v after %d", text, s, at)
		}
		at = s.End
	}
}
