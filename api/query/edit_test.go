package query_test

import (
	"errors"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/api/query"
)

func TestWithout(t *testing.T) {
	for _, tt := range []struct {
		text string
		i    int
		want string
	}{
		{"", -1, ""},
		{"attacker:x", -1, ""},
		{"attacker:x  tag:y", -1, "attacker:x"},
		{"attacker:x  tag:y", 0, "tag:y"},
		{"a:1 date>-7d   kc:c2", 1, "a:1 kc:c2"},
		{"cat dog", -1, "cat"},
		{"cat AND dog", -1, "cat"},
		{"cat AND dog", 0, "dog"},
		{"cat AND dog AND fox", 1, "cat AND fox"},
		{`cat "a b" -tag:(x OR y)`, -1, `cat "a b"`},
		{`cat "a b" -tag:(x OR y)`, 1, `cat -tag:(x OR y)`},
		{"tlp:red (a:1 b:2) OR (c:3)", -1, "tlp:red"},
		{"tlp:red a OR b OR c dog", 1, "tlp:red dog"},
		{"tlp:red (a:1 (b:2))", 1, "tlp:red"},
		{`cat "unclosed tag:x`, -1, "cat"},
		{"cat tag:(a OR", -1, "cat"},
		{"OR x", 0, ""},
		{"x OR", 0, ""},
		{"x )", 1, "x"},
		{"x", 1, "x"},
		{"x", -2, "x"},
	} {
		if got := query.Without(tt.text, tt.i); got != tt.want {
			t.Errorf("Without(%q, %d) = %q, want %q", tt.text, tt.i, got, tt.want)
		}
	}
}

func TestAnd(t *testing.T) {
	const attacker, tags, date = api.FieldAttacker, api.FieldTags, api.FieldDate
	for _, tt := range []struct {
		text string
		c    api.Condition
		want string
	}{
		{"", cond(attacker, api.OpEquals, "a b"), `attacker:"a b"`},
		{" cat ", cond(attacker, api.OpEquals, "x"), "cat attacker:x"},
		{"who:x cat", cond(attacker, api.OpEquals, "x"), "who:x cat"},
		{"who:x cat", cond(attacker, api.OpEquals, "y"), "attacker:y cat"},
		{"cat who:(x OR y) dog", cond(attacker, api.OpEquals, "y"), "cat attacker:y dog"},
		{"who:x tag:z who:y", cond(attacker, api.OpEquals, "w"), "attacker:w tag:z"},
		{"who~x", cond(attacker, api.OpEquals, "y"), "who~x attacker:y"},
		{"-who:x", cond(attacker, api.OpEquals, "X"), "attacker:X"},
		{"-who:x", cond(attacker, api.OpEquals, "y"), "-who:x attacker:y"},
		{"who:x", cond(attacker, api.OpNot, "x"), "-attacker:x"},
		{"who:(x OR y OR z)", cond(attacker, api.OpNot, "y"), "attacker:(x OR z) -attacker:y"},
		{"who:(x)", cond(attacker, api.OpNot, "x"), "-attacker:x"},
		{"who:x", cond(attacker, api.OpNot, "y"), "who:x -attacker:y"},
		{"-who:(x OR y)", cond(attacker, api.OpEquals, "y"), "-attacker:x attacker:y"},
		{"who:x", cond(attacker, api.OpIn, "x", "y"), "attacker:(x OR y)"},
		{"tag:a", cond(tags, api.OpEquals, "b"), "tag:a tags:b"},
		{"-tag:a cat", cond(tags, api.OpEquals, "a"), "tags:a cat"},
		{"tag:a", cond(tags, api.OpNot, "a"), "-tags:a"},
		{"date>-7d cat", cond(date, api.OpGte, "2024-01-01"), "date>=2024-01-01 cat"},
		{"date>-7d cat", cond(date, api.OpLte, "2024-01-01"), "date>-7d cat date<=2024-01-01"},
		{"date:2024-01..2024-02 cat", cond(date, api.OpLt, "2024-02-01"), "date>=2024-01-01 date<2024-02-01 cat"},
		{"date:2024-01 cat", cond(date, api.OpEquals, "2024-01-05"), "date:2024-01-05 cat"},
		{"date:today", cond(date, api.OpGte, "2024-01-01"), "date>=2024-01-01"},
		{"(who:x) OR (tag:y)", cond(attacker, api.OpEquals, "z"), "(who:x) OR (tag:y) attacker:z"},
		{"cat", cond(api.FieldText, api.OpFind, "dog"), "cat dog"},
		{"cat", cond(api.FieldEvent, api.OpFind, "dog"), "cat event~~dog"},
		{"cat", cond(api.FieldEvent, api.OpContains, "big dog"), `cat event~"big dog"`},
		{`who:x "unclosed`, cond(attacker, api.OpEquals, "y"), `attacker:y "unclosed`},
	} {
		if got := query.And(tt.text, tt.c); got != tt.want {
			t.Errorf("And(%q, %v) = %q, want %q", tt.text, tt.c, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`attacker:FLYINGYETI category:"Domain Resolution" date>=2024-01-01 -tlp:red tag:(phishing OR c2) indicator~"*.example" "free words"`,
		`(a:1 b:2) OR (c:3)`, `date:2024-01..-7d date>today`, `cat or dog`, `-tag:(a, "b\"")`, `ind~"a\*b?"`, `tag:(`, `"`, `((((`, `OR`, `-`, "\xff:\xfe",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		terms := query.Terms(text)
		checkSpans(t, text, terms)
		checkSpans(t, text, query.Highlight(text))
		for i := range terms {
			if cut := query.Without(text, i); len(cut) >= len(text) {
				t.Fatalf("%q without term %d is %q", text, i, cut)
			}
		}
		got, err := query.Parse(text, now)
		if err != nil {
			checkError(t, text, err)
			return
		}
		if err := (api.ListQuery{Search: got.Search, Branches: got.Branches}).Validate(); err != nil {
			t.Fatalf("%q reads as what the API refuses: %v", text, err)
		}
		again, err := query.Parse(query.Format(got), now.Add(time.Hour))
		if err != nil || query.Format(again) != query.Format(got) {
			t.Fatalf("%q is written %q and reads %+v, %v", text, query.Format(got), again, err)
		}
	})
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var e *query.Error
	if !errors.As(err, &e) {
		t.Fatalf("%q: %v is no *Error", text, err)
	}
	if e.Pos < 0 || e.End < e.Pos || e.End > len(text) || e.Msg == "" || e.Column < 1 {
		t.Fatalf("%q: error at %d..%d: %+v", text, e.Pos, e.End, e)
	}
}
