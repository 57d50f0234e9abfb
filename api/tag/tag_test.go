package tag

import (
	"encoding/json"
	"strings"
	"testing"

	"threatbench/api"
)

// apply lays inputs over each other and answers what is there then, as JSON.
func apply(t *testing.T, inputs ...string) (string, error) {
	t.Helper()
	var now Fields
	for _, text := range inputs {
		var in Input
		if err := json.Unmarshal([]byte(text), &in); err != nil {
			t.Fatal(err)
		}
		var err error
		if now, err = in.Apply(now); err != nil {
			return "", err
		}
	}
	out, err := json.Marshal(now)
	if err != nil {
		t.Fatal(err)
	}
	return string(out), nil
}

func TestFactsAreKept(t *testing.T) {
	for _, c := range []struct {
		want   string
		inputs []string
	}{
		{`{}`, []string{`{"unknown":1,"value":"x","uuid":"y"}`}},
		{`{"description":"b"}`, []string{`{"description":"a"}`, `{"description":"b"}`}},
		{`{}`, []string{`{"description":"a","aliasGroupNames":["x"]}`, `{"description":"","aliasGroupNames":[]}`}},
		{`{"tlp":"red"}`, []string{`{"tlp":"Purple"}`}},
		{`{"tlp":"AMBER-STRICT"}`, []string{`{"tlp":"AMBER-STRICT"}`}},
		{`{"motive":"m","motive_annotated":{"value":"m","confidence":3,"tlp":"red"}}`, []string{`{"motive":{"value":"m","confidence":3,"tlp":"purple"}}`}},
		{`{"motive":"n"}`, []string{`{"motive":{"value":"m","confidence":3}}`, `{"motive":"n"}`}},
		{`{"activeDuration":"2y","activeDuration_annotated":{"value":"2y","tlp":"green"}}`, []string{`{"activeDuration":{"value":"2y","confidence":9,"tlp":"green"}}`}},
		{`{"priority":2.5}`, []string{`{"priority":2.5}`}},
		{`{"properties":{"b":{"value":1,"tlp":"red"}}}`, []string{`{"properties":{"a":1,"b":2}}`, `{"properties":{"a":null,"b":{"value":1,"tlp":"red"}}}`}},
		{`{}`, []string{`{"properties":{"a":1}}`, `{"properties":{"a":null}}`}},
		{`{"aliases":[{"value":"A"},{"value":"B","confidence":10,"tlp":"clear"}]}`, []string{`{"aliases":[{"value":"A","confidence":null,"tlp":null},{"value":"B","confidence":10,"tlp":"clear"}]}`}},
		{`{"externalReferences":[{"url":"u","description":"d"}]}`, []string{`{"externalReferences":[{"url":"u","description":"d","more":1}]}`}},
	} {
		if got, err := apply(t, c.inputs...); err != nil || got != c.want {
			t.Errorf("%q: %s, %v, want %s", c.inputs, got, err, c.want)
		}
	}
}

func TestWrongFactsAreRefused(t *testing.T) {
	for in, words := range map[string]string{
		`{"description":5}`:                              "description: want a string, got a number",
		`{"description":null}`:                           "description: want a string, got null",
		`{"tlp":"mauve"}`:                                "tlp: want red",
		`{"tlp":null}`:                                   "tlp: want a string, got null",
		`{"confidence":0}`:                               "confidence: want a whole number of 1..10, got 0",
		`{"confidence":1.5}`:                             "got 1.5",
		`{"confidence":"7"}`:                             "confidence: want 1..10, got a string",
		`{"confidence":1e300}`:                           "got 1e300",
		`{"priority":"high"}`:                            "priority: want a number, got a string",
		`{"motive":{"confidence":3}}`:                    "motive: want {value, …}, got no value",
		`{"motive":{"value":"m","tlp":"x"}}`:             "motive: tlp: want red",
		`{"motive":{"value":5}}`:                         "motive: want a string, got a number",
		`{"dateOfDiscovery":"2024-02-30"}`:               "dateOfDiscovery: want a day",
		`{"aliases":{}}`:                                 "aliases: want a list, got an object",
		`{"aliases":[{"value":"a"},7]}`:                  "aliases: [1]: want {value, confidence?, tlp?}, got a number",
		`{"externalReferences":[{"url":" "}]}`:           "externalReferences: [0]: url: want 1..",
		`{"properties":[]}`:                              "properties: want a map, got a list",
		`{"aliasGroupNames":["a",null]}`:                 "aliasGroupNames: [1]: want a string, got null",
		`{"motive":"` + strings.Repeat("x", 1025) + `"}`: "motive: want at most 1024 characters, got 1025",
	} {
		if _, err := apply(t, in); api.StatusOf(err) != 400 || !strings.Contains(err.Error(), words) {
			t.Errorf("%.60s: %v, want %q", in, err, words)
		}
	}
	big := `{"properties":{"p":"` + strings.Repeat("x", maxFields) + `"}}`
	if _, err := apply(t, big); api.StatusOf(err) != 400 || !strings.Contains(err.Error(), "bytes of facts") {
		t.Errorf("too much: %.200v", err)
	}
}

func TestValueAndCategoryOfAnInput(t *testing.T) {
	for text, want := range map[string]string{`{}`: "none", `{"value":" x "}`: "x", `{"value":""}`: "400", `{"value":null}`: "400", `{"value":["x"]}`: "400"} {
		got := "none"
		value, err := read(t, text).Value()
		switch {
		case err != nil:
			got = map[bool]string{true: "400"}[api.StatusOf(err) == 400]
		case value != nil:
			got = *value
		}
		if got != want {
			t.Errorf("value of %s: %s, want %s", text, got, want)
		}
	}
	if c, err := read(t, `{"categoryUuid":null}`).Category(true); err != nil || c == nil || *c != "" {
		t.Errorf("null unlinks where a tag is changed: %v, %v", c, err)
	}
	if _, err := read(t, `{"categoryUuid":null}`).Category(false); api.StatusOf(err) != 400 {
		t.Errorf("null says nothing where a tag is made: %v", err)
	}
}

func read(t *testing.T, text string) (in Input) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		t.Fatal(err)
	}
	return in
}

// What is marked above a role isn't in the tag, wherever the marking stands.
func TestWithinLeavesOutWhatIsMarkedAbove(t *testing.T) {
	fields, err := read(t, `{"description":"seen","motive":{"value":"HIDDEN","tlp":"red"},"opsecLevel":{"value":"low","tlp":"green"},
		"aliases":[{"value":"A"},{"value":"HIDDEN","tlp":"RED"}],"externalReferences":[{"url":"u"}],
		"properties":{"a":{"value":"HIDDEN","tlp":"red"},"b":{"value":"B","tlp":"green"},"c":"C"}}`).Apply(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := Record{UUID: "u", Value: "v", Fields: fields, Created: api.Time{}, Version: 1}
	amber := func(marking string) bool { m, known := api.ParseTLP(marking); return known && m <= api.TLPAmber }
	text := marshal(t, r.Within(amber))
	if strings.Contains(text, "HIDDEN") {
		t.Errorf("tells what is above: %s", text)
	}
	for _, word := range []string{`"description":"seen"`, `"opsecLevel":"low"`, `"aliases":[{"value":"A"}]`, `"b":{`, `"c":"C"`} {
		if !strings.Contains(text, word) {
			t.Errorf("keeps %s back: %s", word, text)
		}
	}
	if whole := marshal(t, r); !strings.Contains(whole, "HIDDEN") {
		t.Errorf("the tag itself was changed: %s", whole)
	}
	r.Fields["tlp"] = json.RawMessage(`"red"`)
	if got, want := marshal(t, r.Within(amber)), `{"uuid":"u","value":"v","version":1}`; got != want {
		t.Errorf("a tag marked above: %s, want %s", got, want)
	}
}

// A property takes any JSON, so a marking may stand at any depth of it, in any
// form; neither the answer nor a filter tells what it covers.
func TestWithinReadsMarkingsAtAnyDepth(t *testing.T) {
	amber := func(marking string) bool { m, known := api.ParseTLP(marking); return known && m <= api.TLPAmber }
	for property, want := range map[string]string{
		`[{"value":"HIDDEN","tlp":"red"}]`:                            ``,
		`[{"value":"HIDDEN","tlp":"red"},{"value":"B"},[]]`:           `[{"value":"B"},[]]`,
		`{"a":{"b":[1,{"c":{"value":"HIDDEN","tlp":"red"}}]}}`:        `{"a":{"b":[1]}}`,
		`[[[{"value":"HIDDEN","tlp":"amber+strict"}]]]`:               ``,
		`{"value":"HIDDEN","tlp":["red"]}`:                            ``,
		`{"value":"HIDDEN","tlp":7}`:                                  ``,
		`{"value":"HIDDEN","tlp":{"value":"green"}}`:                  ``,
		`{"value":"HIDDEN","tlp":"mauve"}`:                            ``,
		`{"value":"HIDDEN","TLP":"red"}`:                              ``,
		`{"value":"HIDDEN","tlp":"green","Tlp":"red"}`:                ``,
		`{"value":"B","tlp":null}`:                                    `{"tlp":null,"value":"B"}`,
		`{"value":"B","tlp":"green"}`:                                 `{"tlp":"green","value":"B"}`,
		`{"big":12345678901234567890,"small":1e999,"none":null}`:      `{"big":12345678901234567890,"none":null,"small":1e999}`,
		strings.Repeat("[", 5000) + `"B"` + strings.Repeat("]", 5000): strings.Repeat("[", 5000) + `"B"` + strings.Repeat("]", 5000),
	} {
		fields, err := read(t, `{"description":"seen","properties":{"p":`+property+`}}`).Apply(nil)
		if err != nil {
			t.Fatal(err)
		}
		if want != "" {
			want = `,"properties":{"p":` + want + `}`
		}
		r := Record{UUID: "u", Value: "v", Fields: fields}.Within(amber)
		if got, want := marshal(t, r), `{"uuid":"u","value":"v","description":"seen"`+want+`,"version":0}`; got != want {
			t.Errorf("%.80s: %.200s, want %.200s", property, got, want)
		}
		list, err := ParseFilters("filters", `[{"field":"properties.p","op":"contains","value":"hidden"}]`)
		if err != nil || All(list, &r) || r.Contains("hidden") {
			t.Errorf("%.80s: a filter tells what is above (%v)", property, err)
		}
		whole := Record{Fields: fields}.Within(func(string) bool { return true })
		if strings.Contains(property, "HIDDEN") != strings.Contains(marshal(t, whole), "HIDDEN") {
			t.Errorf("%.80s: who may see every marking sees %.200s", property, marshal(t, whole))
		}
	}
}

func marshal(t *testing.T, r Record) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFiltersOfTags(t *testing.T) {
	fields, err := read(t, `{"tlp":"amber","confidence":10,"priority":2,"motive":"Money","aliases":[{"value":"Grey Bear"},{"value":"G2"}],
		"attributionOrganization":{"value":"Org","confidence":4},"properties":{"tools":["mimikatz","PsExec"],"rank":{"value":7,"confidence":2,"tlp":"red"}}}`).Apply(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &Record{UUID: "0190a000-0000-7000-8000-000000000001", Value: "GREY", CategoryName: "Actor", CategoryUUID: "c", Fields: fields}
	for filter, want := range map[string]bool{
		`{"field":"confidence","op":"gt","value":9}`:                                      true,
		`{"field":"confidence","op":"lt","value":"9"}`:                                    false,
		`{"field":"tlp","op":"gte","value":"green"}`:                                      true,
		`{"field":"tlp","op":"equals","value":"AMBER"}`:                                   true,
		`{"field":"tlp","op":"in","value":["red","clear"]}`:                               false,
		`{"field":"aliases","op":"contains","value":"bear"}`:                              true,
		`{"field":"aliases","op":"not","value":"g2"}`:                                     false,
		`{"field":"aliases","op":"not","value":"G3"}`:                                     true,
		`{"field":"motive","op":"like","value":"m_n%"}`:                                   true,
		`{"field":"motive","op":"find","value":"ney mo"}`:                                 true,
		`{"field":"properties.tools","op":"equals","value":"psexec"}`:                     true,
		`{"field":"properties.rank","op":"equals","value":"7"}`:                           true,
		`{"field":"properties.rank.confidence","op":"gte","value":3}`:                     false,
		`{"field":"properties.rank.tlp","op":"equals","value":"red"}`:                     true,
		`{"field":"properties.none","op":"equals","value":"x"}`:                           false,
		`{"field":"categoryName","op":"startsWith","value":"act"}`:                        true,
		`{"field":"description","op":"not","value":"x"}`:                                  true,
		`{"field":"uuid","op":"in","value":["x","0190A000-0000-7000-8000-000000000001"]}`: true,
	} {
		list, err := ParseFilters("filters", "["+filter+"]")
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if All(list, r) != want {
			t.Errorf("%s is %v", filter, !want)
		}
	}
	list, err := ParseSearch("tagSearch", `[{"field":"attributionConfidence","op":"equals","value":4},{"field":"categoryId","op":"equals","value":"c"},{"field":"analyticPriority","op":"lte","value":2}]`)
	if err != nil || !All(list, r) {
		t.Errorf("%v, %v", list, err)
	}
}

func TestForms(t *testing.T) {
	deep := strings.Repeat(`{"kind":"array","element":`, 12) + `{"kind":"string"}` + strings.Repeat("}", 12)
	for text, words := range map[string]string{
		`[]`: "", `null`: "", `[{"key":"a","kind":"enum","allowedValues":["x"],"enforcement":"warn","format":"url","more":1}]`: "",
		`{}`:                  "schema: want a list, got an object",
		`[5]`:                 "schema[0]: want {key, kind, …}, got a number",
		`[{"kind":"string"}]`: "schema[0]: key: required",
		`[{"key":"a"}]`:       `schema[0]: kind: want string`,
		`[{"key":"a","kind":"string","enforcement":"no"}]`:              `enforcement: want error, warn, off, got "no"`,
		`[{"key":"a","kind":"object","properties":{"b":{"kind":"x"}}}]`: `properties.b: kind`,
		`[{"key":"a","kind":"array","element":` + deep + `}]`:           "definitions inside each other",
	} {
		_, err := CheckForm(json.RawMessage(text))
		if words == "" && err != nil || words != "" && (api.StatusOf(err) != 400 || !strings.Contains(err.Error(), words)) {
			t.Errorf("%.80s: %v, want %q", text, err, words)
		}
	}
}
