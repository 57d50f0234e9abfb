package client

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"threatbench/api"
)

// sameAsTolerant holds the fast way to the tolerant one: what it takes, it
// reads the same.
func sameAsTolerant(t *testing.T, body string) (taken bool) {
	t.Helper()
	fast, fastInfo, ok := fastEvents([]byte(body))
	if !ok {
		return false
	}
	var slow []api.Event
	slowInfo, err := api.Decode([]byte(body), &slow)
	if err != nil {
		t.Fatalf("only the fast way takes %q: %v", body, err)
	}
	if !reflect.DeepEqual(fast, slow) || !reflect.DeepEqual(fastInfo, slowInfo) {
		t.Fatalf("%q\nfast %+v %+v\nslow %+v %+v", body, fast, fastInfo, slow, slowInfo)
	}
	return true
}

func fastCases() map[string]bool {
	return map[string]bool{ // body: does the fast way take it?
		`[]`: true,
		` [ { "uuid" : "u" , "tags" : [ "a" , "" , "b" ] } , {} ] `:                                       true,
		`{"success":true,"errors":[],"messages":[],"result":[{"uuid":"u"}],"result_info":{"count":"3"}}`:  true,
		`{"result_info":null,"result":[],"success":true}`:                                                 true,
		`{"success":true,"result":[],"extra":{"a":[1,2.5e3,"]"]}}`:                                        true,
		`[{"event":"\u001b[31m \ud83d\ude00 \" \\ é"}]`:                                                   true,
		"[{\"event\":\"broken \xff utf8\"}]":                                                              true,
		`[{"indicators":[{"value":"a","indicatorType":"domain"},{"indicatorType":null,"value":"b"},{}]}]`: true,
		`[{"indicators":[null]}]`:                                                                         false,
		`[{"indicators":[{"value":"a","x":1}]}]`:                                                          false,
		`[{"uuid":null,"id":"i","date":null,"tags":null,"killChain":null}]`:                               true,
		`[{"date":"2024-01-02","createdAt":"nonsense","killChain":-0}]`:                                   true,
		`[{"killChain":6,"referencesIds":[1,-2],"hasChildren":true,"unknown":[{"a":null}]}]`:              true,
		`[{"uuid":"a","uuid":"b"}]`:                                                                       true,
		`[{"uuid":7}]`:                                                                                    false,
		`[{"killChain":"6"}]`:                                                                             false,
		`[{"killChain":6.5}]`:                                                                             false,
		`[{"killChain":06}]`:                                                                              false,
		`[{"UUID":"u"}]`:                                                                                  false,
		`[{"tags":"one"}]`:                                                                                false,
		`[{"tags":[null]}]`:                                                                               false,
		`[{"hasChildren":1}]`:                                                                             false,
		`[{"hasChildren":null}]`:                                                                          false,
		`{"success":false,"errors":[],"result":[]}`:                                                       false,
		`{"success":true,"errors":[{"message":"x"}],"result":[]}`:                                         false,
		`{"success":true,"Result":[]}`:                                                                    false,
		`{"result":[]}`:                                                                                   false,
		`[{"a":01}]`:                                                                                      false,
		`[{"uuid":"u"},]`:                                                                                 false,
		`[{"uuid":"u",}]`:                                                                                 false,
		`[{"uuid":"u"}`:                                                                                   false,
		`[] x`:                                                                                            false,
		`[{"uuid":"u` + "\n" + `"}]`:                                                                      false,
		`[{"uuid":"\x"}]`:                                                                                 false,
		`[null]`:                                                                                          false,
		``:                                                                                                false,
	}
}

func TestFastEvents(t *testing.T) {
	for body, want := range fastCases() {
		if got := sameAsTolerant(t, body); got != want {
			t.Errorf("%q: taken %v, want %v", body, got, want)
		}
	}
	if !sameAsTolerant(t, string(pageBody(t, 3))) {
		t.Error("a page as our server writes it isn't read the fast way")
	}
}

// Every key that the fast way knows is one of the contract's, and the other
// way round.
func TestFastKnowsEveryField(t *testing.T) {
	var full api.Event
	fill(reflect.ValueOf(&full).Elem())
	var want map[string]any
	if err := json.Unmarshal([]byte(mustJSON(full)), &want); err != nil {
		t.Fatal(err)
	}
	known := eventKeys()
	for key := range want {
		if !slices.Contains(known, key) {
			t.Errorf("%s isn't read the fast way", key)
		}
	}
	if len(known) != len(want)+1 { // id is read, never written
		t.Errorf("%d keys, the contract has %d", len(known), len(want))
	}
}

func FuzzFastEvents(f *testing.F) {
	for body := range fastCases() {
		f.Add(body)
	}
	f.Add(string(pageBody(f, 2)))
	f.Fuzz(func(t *testing.T, body string) { sameAsTolerant(t, body) })
}
