package api_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"threatbench/api"
)

func TestDecodeEvent(t *testing.T) {
	day := api.TimeOf(time.Date(2024, 3, 1, 10, 0, 0, 0, time.UTC))
	empty := api.Event{
		MitreAttack: []string{}, MitreCapec: []string{}, Tags: []string{}, References: []string{}, Referenced: []string{},
		ReferencesIDs: []int64{}, ReferencedIDs: []int64{},
	}
	with := func(change func(*api.Event)) api.Event {
		e := empty
		change(&e)
		return e
	}
	for _, tt := range []struct {
		name, json string
		want       api.Event
	}{
		{"nothing", `{}`, empty},
		{"null", `null`, empty},
		{"null fields", `{"uuid":null,"date":null,"tags":null,"killChain":null,"hasChildren":null,"insight":null,"referencesIds":null}`, empty},
		{"plain", `{"uuid":"u","date":"2024-03-01T10:00:00Z","tags":["a","b"],"killChain":6,"hasChildren":true,"attacker":"X"}`, with(func(e *api.Event) {
			e.UUID, e.Date, e.Tags, e.KillChain, e.HasChildren, e.Attacker = "u", day, []string{"a", "b"}, 6, true, "X"
		})},
		{"id for uuid", `{"id":"u"}`, with(func(e *api.Event) { e.UUID = "u" })},
		{"uuid before id", `{"id":"x","uuid":"u"}`, with(func(e *api.Event) { e.UUID = "u" })},
		{"numbers as strings", `{"killChain":"6","indicatorTypeId":"5","numReferences":" 2 ","referencesIds":["1",2]}`, with(func(e *api.Event) {
			e.KillChain, e.IndicatorTypeID, e.NumReferences, e.ReferencesIDs = 6, 5, 2, []int64{1, 2}
		})},
		{"floats for numbers", `{"killChain":6.0,"indicatorTypeId":5e0}`, with(func(e *api.Event) { e.KillChain, e.IndicatorTypeID = 6, 5 })},
		{"numbers that are none", `{"killChain":"six","indicatorTypeId":1e300,"numReferences":"NaN","numReferenced":{}}`, empty},
		{"strings as numbers", `{"attacker":28,"rawId":7.5,"event":true}`, with(func(e *api.Event) { e.Attacker, e.RawID, e.Event = "28", "7.5", "true" })},
		{"booleans as strings", `{"hasChildren":"True"}`, with(func(e *api.Event) { e.HasChildren = true })},
		{"booleans as numbers", `{"hasChildren":1}`, with(func(e *api.Event) { e.HasChildren = true })},
		{"booleans that are none", `{"hasChildren":"perhaps"}`, empty},
		{"one value for a list", `{"tags":"a","mitreAttack":"T1566"}`, with(func(e *api.Event) { e.Tags, e.MitreAttack = []string{"a"}, []string{"T1566"} })},
		{"empty string for a list", `{"tags":""}`, empty},
		{"holes in a list", `{"tags":["a",null,"",3]}`, with(func(e *api.Event) { e.Tags = []string{"a", "3"} })},
		{"unknown fields", `{"uuid":"u","new":{"deep":[1,2]},"Extra":null}`, with(func(e *api.Event) { e.UUID = "u" })},
		{"empty date", `{"date":"","createdAt":"soon"}`, empty},
		{"date without a zone", `{"date":"2024-03-01 10:00:00"}`, with(func(e *api.Event) { e.Date = day })},
		{"date with another zone", `{"date":"2024-03-01T12:00:00+02:00"}`, with(func(e *api.Event) { e.Date = day })},
		{"zone without a colon", `{"date":"2024-03-01T12:00:00+0200"}`, with(func(e *api.Event) { e.Date = day })},
		{"date as seconds", `{"date":1709287200}`, with(func(e *api.Event) { e.Date = day })},
		{"date as milliseconds", `{"date":1709287200000}`, with(func(e *api.Event) { e.Date = day })},
		{"date as quoted seconds", `{"date":"1709287200"}`, with(func(e *api.Event) { e.Date = day })},
		{"a year is no epoch", `{"date":"2024"}`, empty},
		{"date beyond the calendar", `{"date":9223372036854775807}`, empty},
		{"date of a wrong type", `{"date":{"$date":1}}`, empty},
		{"tlp as sent", `{"tlp":"TLP:AMBER-STRICT"}`, with(func(e *api.Event) { e.TLP = "TLP:AMBER-STRICT" })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got api.Event
			if err := json.Unmarshal([]byte(tt.json), &got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestDecodeEventRefusesWhatIsNone(t *testing.T) {
	for _, s := range []string{`[]`, `"text"`, `7`, `{"uuid":`} {
		var e api.Event
		if err := json.Unmarshal([]byte(s), &e); err == nil {
			t.Errorf("%s was read as %+v", s, e)
		}
	}
}

func TestHugeEventSurvives(t *testing.T) {
	text := strings.Repeat("é\n\"", 1<<18)
	b, err := json.Marshal(api.Event{UUID: "u", Event: text})
	if err != nil {
		t.Fatal(err)
	}
	var got api.Event
	if err := json.Unmarshal(b, &got); err != nil || got.Event != text {
		t.Errorf("%d bytes came back as %d: %v", len(text), len(got.Event), err)
	}
}

// Every field the contract does not call optional is in every answer, and
// lists are lists.
func TestEventIsWrittenWhole(t *testing.T) {
	b, err := json.Marshal(api.Event{})
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"uuid": "", "date": "", "createdAt": "", "event": "", "category": "", "attacker": "", "attackerCountry": "", "attackerCountryAlpha3": "",
		"targetCountry": "", "targetCountryAlpha3": "", "targetIndustry": "", "indicator": "", "indicatorType": "", "indicatorTypeId": 0.0,
		"killChain": 0.0, "mitreAttack": []any{}, "mitreCapec": []any{}, "tlp": "", "tags": []any{}, "rawId": "", "hasChildren": false,
		"references": []any{}, "referenced": []any{}, "referencesIds": []any{}, "referencedIds": []any{}, "numReferences": 0.0,
		"numReferenced": 0.0, "datasetId": "",
	} {
		if got, ok := m[key]; !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, want %#v", key, got, want)
		}
	}
	for _, key := range []string{"insight", "releasabilityId"} {
		if _, ok := m[key]; ok {
			t.Errorf("the optional %s is there though empty", key)
		}
	}
}

func TestDecodeRaw(t *testing.T) {
	for _, tt := range []struct{ name, json, id, data string }{
		{"newer", `{"id":7,"data":"{\"a\": 1}"}`, "7", `{"a": 1}`},
		{"older", `{"id":"r7","data":{"a": 1}}`, "r7", `{"a": 1}`},
		{"a string that is no JSON", `{"id":7,"data":"free text"}`, "7", `"free text"`},
		{"null", `{"id":7,"data":null}`, "7", `null`},
		{"absent", `{"id":7}`, "7", ``},
		{"big numbers keep their digits", `{"data":{"n":12345678901234567890.10}}`, "", `{"n":12345678901234567890.10}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r api.Raw
			if err := json.Unmarshal([]byte(tt.json), &r); err != nil {
				t.Fatal(err)
			}
			if r.ID != tt.id || string(r.Data) != tt.data {
				t.Errorf("got %q %s", r.ID, r.Data)
			}
			if _, err := json.Marshal(r); err != nil {
				t.Errorf("it cannot be written: %v", err)
			}
		})
	}
}

func TestKillChainName(t *testing.T) {
	for n, want := range map[int]string{-1: "unknown", 0: "unknown", 1: "reconnaissance", 6: "command and control", 7: "actions on objectives", 8: "unknown"} {
		if got := api.KillChainName(n); got != want {
			t.Errorf("stage %d is %q, want %q", n, got, want)
		}
	}
}

// What was read once, and written, reads as the same.
func FuzzDecodeEvent(f *testing.F) {
	for _, s := range []string{
		`{}`, `null`, `{"uuid":"u","date":"2024-03-01T10:00:00.5Z","tags":["a"],"killChain":"6","referencesIds":[1,"2"]}`,
		`{"date":-62135596800,"createdAt":"0000-01-01T00:00:00+14:00"}`, `{"attacker":{"a":["\ud800"]},"tags":{"x":1},"numReferences":1e99}`,
		`{"date":"9999-12-31T23:59:59.9999-14:00","hasChildren":"T"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var first, second api.Event
		if json.Unmarshal(b, &first) != nil {
			return
		}
		out, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if err := json.Unmarshal(out, &second); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("%s\nreads   %+v\nwritten %s\nreads   %+v", b, first, out, second)
		}
	})
}
