package query_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"threatbench/api"
	"threatbench/api/query"
)

// brief writes rows shortly: branch, field, operator, values, text.
func brief(rows []query.Row) string {
	var b strings.Builder
	for _, r := range rows {
		if r.Branch >= 0 {
			b.WriteString(string(rune('A'+r.Branch)) + " ")
		}
		b.WriteString(string(r.Field) + " " + string(r.Op) + " [" + strings.Join(r.Values, "|") + "] " + r.Text + "\n")
	}
	return b.String()
}

func TestRows(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"actor:x":                          "attacker equals [x] actor:x\n",
		"-tag:a tlp!=red":                  "tags not [a] -tag:a\ntlp not [red] tlp!=red\n",
		`tag:(a OR "b c")`:                 "tags in [a|b c] tag:(a OR \"b c\")\n",
		"-tag:(a,b)":                       "tags noneOf [a|b] -tag:(a,b)\n",
		"date>-7d":                         "date gt [-7d] date>-7d\n",
		"-date>2024-03":                    "date lte [2024-03] -date>2024-03\n",
		"date:2024-03":                     "date equals [2024-03] date:2024-03\n",
		"date:2024-01..-1d":                "date equals [2024-01..-1d] date:2024-01..-1d\n",
		"date:-7d":                         "date gte [-7d] date:-7d\n",
		"date:this-month":                  "date equals [this-month] date:this-month\n",
		"kc:delivery":                      "killChain equals [3] kc:delivery\n",
		"indicator~a*b":                    "indicator like [a*b] indicator~a*b\n",
		"indicator~=a%":                    "indicator like [a%] indicator~=a%\n",
		"indicator~*.example":              "indicator endsWith [.example] indicator~*.example\n",
		`one tlp:red two`:                  "text find [one two] one two\ntlp equals [red] tlp:red\n",
		`"a phrase"`:                       "text contains [a phrase] \"a phrase\"\n",
		"this or that":                     "A text find [this] this\nB text find [that] that\n",
		"(a b)":                            "A text find [a b] a b\n",
		"x:1":                              "!",
		"tlp:red (tag:a)":                  "tlp equals [red] tlp:red\nA tags equals [a] tag:a\n",
		"(tag:a) (tag:b)":                  "tags equals [a] tag:a\ntags equals [b] tag:b\n",
		"tag:a OR (tag:b tag:c)":           "A tags equals [a] tag:a\nB tags equals [b] tag:b\nB tags equals [c] tag:c\n",
		"tlp:red AND (tag:a OR ((tag:b)))": "tlp equals [red] tlp:red\nA tags equals [a] tag:a\nB tags equals [b] tag:b\n",
	} {
		rows, err := query.Rows(text, now)
		got := brief(rows)
		if err != nil {
			got = "!"
		}
		if got != want {
			t.Errorf("%s:\n%swant\n%s", text, got, want)
		}
	}
}

// Whatever can be said can be shown as rows and written again with the same
// meaning, whatever row stands alone too.
func TestRowsSayTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := filter().Draw(t, "filter")
		checkRows(t, query.Format(f), f)
	})
}

func checkRows(t *rapid.T, text string, f query.Filter) {
	rows, err := query.Rows(text, now)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	again := query.FromRows(rows)
	got, err := query.Parse(again, now)
	if err != nil {
		t.Fatalf("%s\nas rows %s: %v", text, again, err)
	}
	if !reflect.DeepEqual(got, f) {
		t.Fatalf("%s\nas rows %s\nreads %+v\nwas   %+v", text, again, got, f)
	}
	for _, r := range rows {
		one, err := query.Spell(r.Field, r.Op, r.Values, now)
		if err != nil {
			t.Fatalf("%+v can't be spelt: %v", r, err)
		}
		if r.Op != api.OpLike && !reflect.DeepEqual(one.Conditions, r.Conditions) {
			t.Fatalf("%+v is spelt %s, which means %+v", r, one.Text, one.Conditions)
		}
	}
}

// A row can be taken out, and what is left says the rest.
func TestRowsWithoutOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := filter().Draw(t, "filter")
		rows, err := query.Rows(query.Format(f), now)
		if err != nil || len(rows) == 0 {
			return
		}
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		gone := rows[i]
		rest, err := query.Parse(query.FromRows(slices.Delete(rows, i, i+1)), now)
		if err != nil {
			t.Fatalf("without %s: %v", gone.Text, err)
		}
		want := f
		if b := gone.Branch; b < 0 {
			want.Search = without(f.Search, gone.Conditions[0])
		} else {
			want.Branches = slices.Clone(f.Branches)
			if want.Branches[b] = without(f.Branches[b], gone.Conditions[0]); len(want.Branches[b]) == 0 {
				want.Branches = slices.Delete(want.Branches, b, b+1)
			}
		}
		if len(rest.Search) != len(want.Search) || len(rest.Branches) != len(want.Branches) {
			t.Fatalf("without %s: %+v\nwant %+v", gone.Text, rest, want)
		}
	})
}

func without(list []api.Condition, c api.Condition) []api.Condition {
	i := slices.IndexFunc(list, func(o api.Condition) bool { return reflect.DeepEqual(o, c) })
	return slices.Delete(slices.Clone(list), i, i+1)
}

func TestSpell(t *testing.T) {
	for _, c := range []struct {
		field  api.Field
		op     api.Op
		values []string
		want   string // text, or part of the error
	}{
		{api.FieldAttacker, api.OpEquals, []string{"A B"}, `attacker:"A B"`},
		{api.FieldTags, query.OpNoneOf, []string{"a", "b"}, `-tags:(a OR b)`},
		{api.FieldDate, api.OpGte, []string{"-7d"}, `date>=-7d`},
		{api.FieldDate, api.OpEquals, []string{"2024-03"}, `date:2024-03`},
		{api.FieldDate, api.OpGte, []string{"2024-03-01 10:00"}, `date>="2024-03-01 10:00"`},
		{api.FieldDate, api.OpNot, []string{"today"}, `-date:today`},
		{api.FieldDate, api.OpGte, []string{"soon"}, `isn't a date`},
		{api.FieldIndicator, api.OpLike, []string{"a*b?"}, `indicator~a*b?`},
		{api.FieldIndicator, api.OpLike, []string{"100%"}, `indicator~=100%`},
		{api.FieldEvent, api.OpFind, []string{"two words"}, `event~~"two words"`},
		{api.FieldKillChain, api.OpEquals, []string{"delivery"}, `killChain:3`},
		{api.FieldKillChain, api.OpContains, []string{"3"}, `killChain takes`},
		{api.FieldTLP, api.OpEquals, []string{"purple"}, `isn't a TLP marking`},
		{api.FieldAttacker, api.OpEquals, []string{""}, `value is empty`},
		{api.FieldDate, api.OpGte, []string{""}, `value is empty`},
		{api.FieldAttacker, api.OpEquals, []string{strings.Repeat("x", 513)}, `at most 512`},
		{api.FieldAttacker, api.OpIn, make([]string, 101), `at most 100`},
	} {
		if c.op == api.OpIn {
			for i := range c.values {
				c.values[i] = "v" + strings.Repeat("x", i%5)
			}
		}
		r, err := query.Spell(c.field, c.op, c.values, now)
		switch {
		case err != nil && !strings.Contains(err.Error(), c.want):
			t.Errorf("%v: %v, want %s", c, err, c.want)
		case err == nil && r.Text != c.want:
			t.Errorf("%v: %s, want %s", c, r.Text, c.want)
		}
	}
}

func TestOpsOfAreThoseTheFieldTakes(t *testing.T) {
	for _, f := range api.Fields() {
		for _, o := range query.OpsOf(f) {
			v := map[api.Field]string{api.FieldKillChain: "3", api.FieldHasChildren: "true", api.FieldTLP: "red", api.FieldDate: "today", api.FieldCreatedAt: "-3d"}[f]
			if v == "-3d" && (o == api.OpIn || o == query.OpNoneOf) {
				v = "2024-03-01"
			}
			if v == "" {
				v = "x"
			}
			if _, err := query.Spell(f, o, []string{v}, now); err != nil {
				t.Errorf("%s %s is offered: %v", f, o, err)
			}
		}
	}
}
