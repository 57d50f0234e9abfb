package introspection

import "testing"

func TestOnlyWhatTheLibraryLacksIsReplaced(t *testing.T) {
	for query, want := range map[string]string{
		`{ __schema { description types { isOneOf description } directives { isRepeatable } } }`: `{ __schema { description: __typename types { isOneOf: kind description } directives { isRepeatable: __typename } } }`,
		`{ __schema{...S} } fragment S on __Schema {description}`:                                `{ __schema{...S} } fragment S on __Schema {description: __typename}`,
		`{ __type(name: "isOneOf") { description x: isOneOf isOneOf : name @isOneOf } }`:         `{ __type(name: "isOneOf") { description x: isOneOf isOneOf : name @isOneOf } }`,
		"{ __schema { types # isOneOf\n { name } } }":                                            "{ __schema { types # isOneOf\n { name } } }",
		`{ __schema { types(a: """isOneOf "{" \""" """, b: {isOneOf: 1}) { isOneOf } } }`:        `{ __schema { types(a: """isOneOf "{" \""" """, b: {isOneOf: 1}) { isOneOf: kind } } }`,
		`query isOneOf($isOneOf: Int) { __schema { ...isOneOf ...isRepeatable } }`:               `query isOneOf($isOneOf: Int) { __schema { ...isOneOf ...isRepeatable } }`,
		`{ events { isOneOf } }`: `{ events { isOneOf } }`,
		`{ __schema } } { "`:     `{ __schema } } { "`,
	} {
		if got := Ask(query); got != want {
			t.Errorf("%s\nbecame %s\nwant   %s", query, got, want)
		}
	}
}

func TestAnswersArePutIn(t *testing.T) {
	got := string(Answer([]byte(`{"a":[{"isOneOf":"INPUT_OBJECT"},{"isOneOf":"ENUM"},{"isRepeatable":"__Directive"}],"description":"__Schema","b":"\"isOneOf\":\"ENUM\""}`)))
	if want := `{"a":[{"isOneOf":false},{"isOneOf":null},{"isRepeatable":false}],"description":null,"b":"\"isOneOf\":\"ENUM\""}`; got != want {
		t.Errorf("got %s", got)
	}
}

func FuzzAsk(f *testing.F) {
	f.Add(`{ __schema { description isOneOf } }`)
	f.Add(`__type"\`)
	f.Fuzz(func(t *testing.T, query string) {
		if len(Ask(query)) < len(query) {
			t.Errorf("%q became shorter", query)
		}
	})
}
