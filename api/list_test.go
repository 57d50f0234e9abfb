package api_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
)

func conds(n int) []api.Condition {
	return slices.Repeat([]api.Condition{{Field: "tags", Op: "equals", Values: []string{"x"}}}, n)
}

func one(f api.Field, op api.Op, values ...string) api.ListQuery {
	return api.ListQuery{Search: []api.Condition{{Field: f, Op: op, Values: values}}}
}

func TestValidateAccepts(t *testing.T) {
	for name, q := range map[string]api.ListQuery{
		"nothing":            {},
		"ten conditions":     {Search: conds(10)},
		"eight branches":     {Branches: slices.Repeat([][]api.Condition{conds(10)}, 8)},
		"largest page":       {PageSize: 25_000, Page: 5},
		"deepest page":       {PageSize: 100, Page: 1001},
		"deepest default":    {Page: 1001},
		"fifty datasets":     {Datasets: slices.Repeat([]string{"d"}, 50)},
		"a scope":            {Datasets: []string{"*"}},
		"order":              {OrderBy: "createdAt", Order: "asc"},
		"cursor and size":    {Cursor: "c", PageSize: 10},
		"512 characters":     one("tags", "equals", strings.Repeat("é", 512)),
		"a hundred values":   one("tags", "in", slices.Repeat([]string{"x"}, 100)...),
		"kill chain":         one("killChain", "in", "1", "2"),
		"children":           one("hasChildren", "equals", "TRUE"),
		"children as number": one("hasChildren", "not", "0"),
		"day":                one("date", "gte", "2024-01-01"),
		"text of a date":     one("date", "startsWith", "2024-0"),
		"marking":            one("tlp", "gte", "Amber-Strict"),
		"text of a marking":  one("tlp", "contains", "amb"),
	} {
		if err := q.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, f := range api.Fields() {
		for _, op := range api.OpsFor(f) {
			v := map[api.Field]string{"killChain": "1", "hasChildren": "true", "date": "2024-01-01", "createdAt": "2024-01-01", "tlp": "red"}[f]
			if v == "" {
				v = "x"
			}
			if err := one(f, op, v).Validate(); err != nil {
				t.Errorf("%s %s: %v", f, op, err)
			}
		}
	}
}

// Every violated limit is a 400 that names the key, the limit and what came.
func TestValidateRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		q    api.ListQuery
		says []string
	}{
		{"eleven conditions", api.ListQuery{Search: conds(11)}, []string{"search", "10", "11"}},
		{"nine branches", api.ListQuery{Branches: slices.Repeat([][]api.Condition{conds(1)}, 9)}, []string{"searchBranches", "8", "9"}},
		{"eleven in a branch", api.ListQuery{Branches: [][]api.Condition{conds(1), conds(11)}}, []string{"searchBranches[1]", "10", "11"}},
		{"an empty branch", api.ListQuery{Branches: [][]api.Condition{{}}}, []string{"searchBranches[0]", "1..10", "0"}},
		{"indicator in a branch", api.ListQuery{Branches: [][]api.Condition{{{Field: "indicator", Op: "equals", Values: []string{"x"}}}}}, []string{"searchBranches[0][0]", "indicator"}},
		{"unknown field", one("colour", "equals", "x"), []string{"search[0].field", "attacker", "colour"}},
		{"field in another case", one("Attacker", "equals", "x"), []string{"search[0].field"}},
		{"unknown operator", one("tags", "is", "x"), []string{"search[0].op", "equals", "is"}},
		{"like on the kill chain", one("killChain", "like", "1"), []string{"search[0].op", "killChain", "like"}},
		{"like on children", one("hasChildren", "like", "1"), []string{"search[0].op", "hasChildren", "like"}},
		{"no value", one("tags", "equals"), []string{"search[0].value", "one value", "0"}},
		{"two values", one("tags", "equals", "a", "b"), []string{"search[0].value", "one value", "2"}},
		{"empty list", one("tags", "in"), []string{"search[0].value", "1..100", "0"}},
		{"101 values", one("tags", "in", slices.Repeat([]string{"x"}, 101)...), []string{"search[0].value", "1..100", "101"}},
		{"empty value", one("tags", "equals", ""), []string{"search[0].value", "1..512", "0"}},
		{"513 characters", one("tags", "equals", strings.Repeat("é", 513)), []string{"search[0].value", "1..512", "513"}},
		{"513 characters in a list", one("tags", "in", "a", strings.Repeat("é", 513)), []string{"search[0].value", "1..512", "513"}},
		{"kill chain in words", one("killChain", "equals", "delivery"), []string{"search[0].value", "number", "delivery"}},
		{"children in words", one("hasChildren", "equals", "many"), []string{"search[0].value", "true", "many"}},
		{"no date", one("date", "gt", "soon"), []string{"search[0].value", "RFC 3339", "soon"}},
		{"no marking", one("tlp", "in", "red", "purple"), []string{"search[0].value", "green", "purple"}},
		{"page below one", api.ListQuery{Page: -1}, []string{"page", "1", "-1"}},
		{"page too deep", api.ListQuery{Page: 1002, PageSize: 100}, []string{"page", "100000", "1002"}},
		{"page too deep by default", api.ListQuery{Page: 1002}, []string{"page", "100000", "1002", "100 each"}},
		{"page beyond counting", api.ListQuery{Page: math.MaxInt, PageSize: 25_000}, []string{"page", "100000"}},
		{"page size", api.ListQuery{PageSize: 25_001}, []string{"pageSize", "25000", "25001"}},
		{"page size below zero", api.ListQuery{PageSize: -5}, []string{"pageSize", "-5"}},
		{"51 datasets", api.ListQuery{Datasets: slices.Repeat([]string{"d"}, 51)}, []string{"datasetId", "50", "51"}},
		{"scope among others", api.ListQuery{Datasets: []string{"d", "all"}}, []string{"datasetId", "alone", "all"}},
		{"order by nothing known", api.ListQuery{OrderBy: "colour"}, []string{"orderBy", "date", "colour"}},
		{"order unknown", api.ListQuery{Order: "up"}, []string{"order", "asc", "up"}},
		{"cursor with filter", api.ListQuery{Cursor: "c", Search: conds(1)}, []string{"cursor", "alone"}},
		{"cursor with order", api.ListQuery{Cursor: "c", Order: "asc"}, []string{"cursor"}},
		{"cursor with a page", api.ListQuery{Cursor: "c", Page: 2}, []string{"cursor"}},
		{"cursor with too much", api.ListQuery{Cursor: "c", PageSize: 25_001}, []string{"pageSize"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.q.Validate()
			if err == nil || api.StatusOf(err) != 400 {
				t.Fatalf("got %v", err)
			}
			for _, s := range tt.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
		})
	}
}

func TestConditionJSON(t *testing.T) {
	for _, tt := range []struct {
		json string
		want api.Condition
	}{
		{`{"field":"tags","op":"equals","value":"x"}`, api.Condition{Field: "tags", Op: "equals", Values: []string{"x"}}},
		{`{"field":"tags","op":"in","value":["x","y"]}`, api.Condition{Field: "tags", Op: "in", Values: []string{"x", "y"}}},
		{`{"field":"killChain","op":"gt","value":3}`, api.Condition{Field: "killChain", Op: "gt", Values: []string{"3"}}},
		{`{"field":"killChain","op":"in","value":[1,2]}`, api.Condition{Field: "killChain", Op: "in", Values: []string{"1", "2"}}},
		{`{"field":"hasChildren","op":"equals","value":true}`, api.Condition{Field: "hasChildren", Op: "equals", Values: []string{"true"}}},
	} {
		var got api.Condition
		if err := json.Unmarshal([]byte(tt.json), &got); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s reads as %+v, %v", tt.json, got, err)
		}
		b, err := json.Marshal(tt.want)
		if err != nil || string(b) != tt.json {
			t.Errorf("%+v is written %s, %v; want %s", tt.want, b, err, tt.json)
		}
	}
}

func TestConditionReadsTolerantly(t *testing.T) {
	for in, want := range map[string][]string{
		`{"field":"killChain","op":"in","value":["1",2]}`:     {"1", "2"},
		`{"field":"hasChildren","op":"equals","value":"1"}`:   {"1"},
		`{"field":"tags","op":"in","value":[]}`:               {},
		`{"field":"tags","op":"equals","value":null}`:         nil,
		`{"field":"tags","op":"equals"}`:                      nil,
		`{"field":"tags","op":"equals","value":1.50,"x":"y"}`: {"1.50"},
	} {
		var c api.Condition
		if err := json.Unmarshal([]byte(in), &c); err != nil || !reflect.DeepEqual(c.Values, want) {
			t.Errorf("%s reads as %#v, %v", in, c.Values, err)
		}
	}
	for _, in := range []string{`[]`, `"x"`, `{"field":"tags","value":{}}`, `{"field":"tags","value":[[1]]}`, `{"field":"tags","value":[null]}`} {
		var c api.Condition
		if json.Unmarshal([]byte(in), &c) == nil {
			t.Errorf("%s was read as %+v", in, c)
		}
	}
}

func TestConditionValue(t *testing.T) {
	if v := (api.Condition{}).Value(); v != "" {
		t.Errorf("got %q", v)
	}
}

// What others keep in a saved query is read in every form the contract lets
// them write, and what is written reads back.
func TestListQueryReadsEveryForm(t *testing.T) {
	want := api.ListQuery{
		Search:   []api.Condition{{Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"red"}}},
		Datasets: []string{api.ScopeAll}, Page: 2, PageSize: 50, OrderBy: "date",
	}
	for _, text := range []string{
		`{"search":[{"field":"tlp","op":"equals","value":"red"}],"datasetId":"all","page":"2","pageSize":"50","orderBy":"date"}`,
		`{"search":[{"field":"tlp","op":"equals","value":"red"}],"datasetId":["all"],"page":2,"pageSize":50,"orderBy":"date","format":"json"}`,
	} {
		var got api.ListQuery
		if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		back, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var again api.ListQuery
		if err := json.Unmarshal(back, &again); err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("%s: %+v, %v", back, again, err)
		}
	}
}
