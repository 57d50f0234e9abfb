package textmatch

import (
	"fmt"
	"strings"
	"testing"

	"threatbench/api"
)

func parse(text string) ([]Condition, error) {
	return Parse("search", text, func(name string) (string, bool) { return name, name == "value" || name == "tlp" }, "value tlp")
}

func TestConditionsOnTexts(t *testing.T) {
	for _, c := range []struct {
		condition string
		values    []string
		want      bool
	}{
		{`"op":"equals","value":"ÄRGER"`, []string{"ärger"}, true},
		{`"op":"equals","value":5`, []string{"5"}, true},
		{`"op":"not","value":"a"`, nil, true},
		{`"op":"not","value":"a"`, []string{"b", "A"}, false},
		{`"op":"in","value":["x","B"]`, []string{"b"}, true},
		{`"op":"in","value":"b"`, []string{"b"}, true},
		{`"op":"contains","value":"%"`, []string{"a"}, false},
		{`"op":"like","value":"a%"`, []string{"Abc"}, true},
		{`"op":"startsWith","value":"bc"`, []string{"abc"}, false},
		{`"op":"endsWith","value":"BC"`, []string{"abc"}, true},
		{`"op":"find","value":"two one"`, []string{"one and two"}, true},
		{`"op":"gt","value":"a"`, []string{"b"}, true},
		{`"op":"lte","value":"a"`, []string{"b"}, false},
	} {
		list, err := parse(`[{"field":"value",` + c.condition + `}]`)
		if err != nil || len(list) != 1 || list[0].Holds(c.values) != c.want {
			t.Errorf("%s of %q: want %v (%v)", c.condition, c.values, c.want, err)
		}
	}
	list, err := parse(`[{"field":"tlp","op":"lt","value":"amber"}]`)
	if err != nil || !list[0].Holds([]string{"white"}) || list[0].Holds([]string{"red"}) || list[0].Holds(nil) {
		t.Errorf("markings compare by restriction: %v", err)
	}
}

func TestConditionsThatAreRefused(t *testing.T) {
	many := strings.Repeat(`{"field":"value","op":"equals","value":"x"},`, MaxConditions)
	long := strings.Repeat("x", api.MaxValueLength+1)
	values := strings.TrimSuffix(strings.Repeat(`"x",`, api.MaxInValues+1), ",")
	for text, words := range map[string]string{
		`{}`: "search: want a JSON array", `[1]`: "search: want a JSON array", `nonsense`: "search: want a JSON array",
		`[` + many + `{"field":"value","op":"equals","value":"x"}]`: "search: want at most 10 conditions, got 11",
		`[{"field":"Value","op":"equals","value":"x"}]`:             `search[0].field: want one of value tlp, got "Value"`,
		`[{"field":"value","op":"=","value":"x"}]`:                  `search[0].op`,
		`[{"field":"value","op":"equals"}]`:                         "search[0].value",
		`[{"field":"value","op":"equals","value":null}]`:            "search[0].value",
		`[{"field":"value","op":"equals","value":""}]`:              "want 1..512 characters, got 0",
		`[{"field":"value","op":"equals","value":"` + long + `"}]`:  fmt.Sprintf("got %d", api.MaxValueLength+1),
		`[{"field":"value","op":"equals","value":["x","y"]}]`:       "want one value, got 2",
		`[{"field":"value","op":"in","value":[]}]`:                  "want 1..100 values, got 0",
		`[{"field":"value","op":"in","value":[` + values + `]}]`:    "want 1..100 values, got 101",
		`[{"field":"value","op":"equals","value":{"a":1}}]`:         "want a string or a number",
	} {
		if _, err := parse(text); api.StatusOf(err) != 400 || !strings.Contains(err.Error(), words) {
			t.Errorf("%.60s: %v, want %q", text, err, words)
		}
	}
	if list, err := parse("  "); err != nil || list != nil {
		t.Errorf("nothing is none: %v, %v", list, err)
	}
	list, err := parse(`[{"field":"value","op":"like","value":"x"}]`)
	if err != nil {
		t.Fatal(err)
	}
	if err := Equality("search", "value", list); api.StatusOf(err) != 400 || !strings.Contains(err.Error(), "search[0].op: want one of equals in for value") {
		t.Errorf("%v", err)
	}
}
