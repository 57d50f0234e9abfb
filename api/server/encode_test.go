package server

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"threatbench/api"
)

// TestEncoderAgreesWithTheStandardOne holds our encoder to encoding/json: any
// event reads back the same, whichever wrote it.
func TestEncoderAgreesWithTheStandardOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := randomEvent(t)
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		got := appendEvent(nil, &e)
		var a, b any
		if err := json.Unmarshal(want, &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got, &b); err != nil {
			t.Fatalf("%v in %s", err, got)
		}
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// randomEvent fills every field of an event by its kind, so that a field added
// later is in the comparison too.
func randomEvent(t *rapid.T) api.Event {
	var e api.Event
	v := reflect.ValueOf(&e).Elem()
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\"\\/\n\r\t\x00\x1f\x7f", "\xff\xfe broken", "<script>&", "\u2028\u2029\ufeff\ufffd", "日本🦊"}))
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); f.Interface().(type) {
		case string:
			f.SetString(text.Draw(t, name))
		case int, int64:
			f.SetInt(rapid.Int64Range(-1<<50, 1<<50).Draw(t, name))
		case bool:
			f.SetBool(rapid.Bool().Draw(t, name))
		case []string:
			f.Set(reflect.ValueOf(rapid.SliceOfN(text, 0, 4).Draw(t, name)))
		case []int64:
			f.Set(reflect.ValueOf(rapid.SliceOfN(rapid.Int64Range(-1<<50, 1<<50), 0, 4).Draw(t, name)))
		case []api.IndicatorInput:
			draw := rapid.Custom(func(t *rapid.T) api.IndicatorInput {
				return api.IndicatorInput{Value: text.Draw(t, "value"), IndicatorType: text.Draw(t, "type")}
			})
			f.Set(reflect.ValueOf(rapid.SliceOfN(draw, 0, 3).Draw(t, name)))
		case *api.EventSource:
			if rapid.Bool().Draw(t, name) {
				s := &api.EventSource{System: text.Draw(t, "system"), ResourceType: text.Draw(t, "resource type"), ResourceID: text.Draw(t, "resource")}
				if rapid.Bool().Draw(t, "titled") {
					title := text.Draw(t, "title")
					s.Title = &title
				}
				f.Set(reflect.ValueOf(s))
			}
		case api.Time:
			ms := rapid.Int64Range(-62_135_596_800_000, 253_402_300_799_999).Draw(t, name)
			f.Set(reflect.ValueOf(api.TimeOf(time.UnixMilli(ms))))
		default:
			t.Fatalf("%s has a kind this test doesn't know", name)
		}
	}
	return e
}

func TestEncoderWritesEmptyLists(t *testing.T) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(appendEvent(nil, &api.Event{}), &fields); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"tags", "mitreAttack", "mitreCapec", "references", "referenced", "referencesIds", "referencedIds"} {
		if string(fields[key]) != "[]" {
			t.Errorf("%s is %s", key, fields[key])
		}
	}
	for _, key := range []string{"insight", "releasabilityId"} {
		if _, there := fields[key]; there {
			t.Errorf("%s is optional and empty, but there", key)
		}
	}
}

func BenchmarkAppendEvents(b *testing.B) {
	list := make([]api.Event, 200)
	for i := range list {
		list[i] = api.Event{
			UUID: "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b11", Date: api.TimeOf(time.Unix(1_700_000_000, 0)), CreatedAt: api.TimeOf(time.Unix(1_700_000_001, 0)),
			Event: "Credential phishing page for a bank's customers, served from a host registered two days before", Category: "Phishing",
			Attacker: "DARKHALO", AttackerCountry: "XX", TargetCountry: "DE", TargetIndustry: "Finance", Indicator: "login.bank.example", IndicatorType: "domain",
			MitreAttack: []string{"T1566.002"}, TLP: "amber", Tags: []string{"phishing", "banking"}, DatasetID: "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b12",
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		appendEvents(nil, list)
	}
}
