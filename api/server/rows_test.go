package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"threatbench/api"
)

// newRow makes an event whose body has the fields given beside the required
// ones, which they may replace.
func newRow(t *testing.T, r *rig, fields string) api.Event {
	t.Helper()
	body := map[string]any{"date": "2024-05-01T10:00:00Z", "category": "Scan", "event": "row", "tlp": "amber", "raw": map[string]any{"data": map[string]any{"a": 1}}}
	if err := json.Unmarshal([]byte("{"+fields+"}"), &body); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return send[api.Event](r, "POST", "/events/create", string(b))
}

// TestCorrectedRows ticks off the rows of the contract that were corrected.
func TestCorrectedRows(t *testing.T) {
	for name, check := range map[string]func(t *testing.T, r *rig){
		"an attacker of null is none, and removes": func(t *testing.T, r *rig) {
			if e := newRow(t, r, `"attacker":null`); e.Attacker != "" {
				t.Errorf("made with %q", e.Attacker)
			}
			e := newRow(t, r, `"attacker":"OMEGA"`)
			if got := send[api.Event](r, "PATCH", "/events/"+e.UUID, `{"event":"other"}`); got.Attacker != "OMEGA" {
				t.Errorf("an attacker that isn't named became %q", got.Attacker)
			}
			if got := send[api.Event](r, "PATCH", "/events/"+e.UUID, `{"attacker":null}`); got.Attacker != "" {
				t.Errorf("null left %q", got.Attacker)
			}
			e = newRow(t, r, `"attacker":"OMEGA"`)
			send[api.UpdateResult](r, "PATCH", "/events/update/bulk", fmt.Sprintf(`{"datasetId":%q,"eventIds":[%q],"updates":{"attacker":null}}`, e.DatasetID, e.UUID))
			if got := read[api.Event](r, "/events/"+e.UUID); got.Attacker != "" {
				t.Errorf("null in an update of many left %q", got.Attacker)
			}
		},
		"raw data of null is kept": func(t *testing.T, r *rig) {
			e := newRow(t, r, `"raw":{"data":null}`)
			if got := string(r.do("GET", "/events/datasets/"+e.DatasetID+"/events/"+e.UUID+"/raw", "").body); !strings.Contains(got, `"data":"null"`) {
				t.Errorf("got %s", got)
			}
			if got := string(r.do("GET", "/events/"+e.UUID+"/raw/"+e.RawID, "").body); !strings.Contains(got, `"data":null`) {
				t.Errorf("got %s", got)
			}
			e = newRow(t, r, "")
			send[api.Event](r, "POST", "/events/"+e.UUID, `{"raw":{"source":"desk"}}`)
			if got := string(r.do("GET", "/events/"+e.UUID+"/raw/"+e.RawID, "").body); !strings.Contains(got, `"data":{"a":1}`) || !strings.Contains(got, `"source":"desk"`) {
				t.Errorf("data that didn't come changed: %s", got)
			}
			send[api.Event](r, "POST", "/events/"+e.UUID, `{"raw":{"data":null}}`)
			if got := string(r.do("GET", "/events/"+e.UUID+"/raw/"+e.RawID, "").body); !strings.Contains(got, `"data":null`) {
				t.Errorf("got %s", got)
			}
			r.do("POST", "/events/create", `{"date":"2024-05-01","category":"Scan","event":"x","tlp":"red","raw":{}}`).refusedWith(400, "raw.data", "required")
		},
		"raw is the newest form on both paths": func(t *testing.T, r *rig) {
			e := newRow(t, r, "")
			newer := r.do("GET", "/events/datasets/"+e.DatasetID+"/events/"+e.UUID+"/raw", "")
			older := r.do("GET", "/events/raw/"+e.DatasetID+"/"+e.UUID, "")
			if string(newer.body) != string(older.body) || !strings.Contains(string(older.body), `"data":"{\"a\":1}"`) || !strings.Contains(string(older.body), `"id":`+e.RawID+`,`) {
				t.Errorf("got %s and %s", newer.body, older.body)
			}
		},
		"minutesAgo has fractions": func(t *testing.T, r *rig) {
			e := newRow(t, r, "")
			r.do("POST", "/events/"+e.DatasetID+"/revert-do", `{"minutesAgo":0.5}`).refusedWith(400, "minutesAgo", "0.5", "earliest")
			if got := string(r.do("POST", "/events/"+e.DatasetID+"/revert-do", `{"minutesAgo":0}`).body); !strings.Contains(got, `"minutesAgo":0,`) {
				t.Errorf("got %s", got)
			}
			r.do("POST", "/events/"+e.DatasetID+"/revert-do", `{"minutesAgo":"soon"}`).refusedWith(400, "minutesAgo", "number")
			r.do("POST", "/events/"+e.DatasetID+"/revert-do", `{"minutesAgo":-0.1}`).refusedWith(400, "minutesAgo", "-0.1")
		},
		"aggregate counts by every field that orders": func(t *testing.T, r *rig) {
			newRow(t, r, `"indicator":"One.example","indicatorType":"domain","killChain":3,"insight":"a"`)
			newRow(t, r, `"indicator":"one.example","indicatorType":"domain","killChain":3`)
			newRow(t, r, `"date":"2024-05-02T00:00:00Z","category":"Other"`)
			for _, column := range api.OrderFields() {
				if got := read[api.AggregateResult](r, "/events/aggregate?aggregateBy="+column); got.Total != 3 || len(got.Aggregations) == 0 {
					t.Errorf("%s: got %+v", column, got)
				}
			}
			for query, want := range map[string]string{
				"aggregateBy=indicator":                 `[{"count":2,"indicator":"One.example"},{"count":1,"indicator":null}]`,
				"aggregateBy=indicator&limit=1":         `[{"count":2,"indicator":"One.example"}]`,
				"aggregateBy=killChain":                 `[{"count":2,"killChain":"3"},{"count":1,"killChain":"0"}]`,
				"aggregateBy=indicator,insight&limit=1": `[{"count":1,"indicator":null,"insight":null}]`,
				"aggregateBy=indicator&startDate=2024-05-01T10:00:00Z&endDate=2024-05-01T10:00:00Z": `[{"count":2,"indicator":"One.example"}]`,
				"aggregateBy=tlp&startDate=2024-05-01T10:00:00.001Z":                                `[{"count":1,"tlp":"amber"}]`,
				"aggregateBy=insight&endDate=2024-05-01&groupByDate=true&limit=1":                   `[{"count":1,"date":"2024-05-01","insight":null}]`,
			} {
				got := read[struct {
					Aggregations json.RawMessage `json:"aggregations"`
				}](r, "/events/aggregate?"+query)
				if string(got.Aggregations) != want {
					t.Errorf("%s: got %s, want %s", query, got.Aggregations, want)
				}
			}
			r.do("GET", "/events/aggregate?aggregateBy=indicator&startDate=soon", "").refusedWith(400, "startDate", "2024-01-31T12:00:00Z", "soon")
			r.do("GET", "/events/aggregate?aggregateBy=colour", "").refusedWith(400, "aggregateBy", "indicator", "colour")
		},
		"aggregate leaves analytics out of all": func(t *testing.T, r *rig) {
			newRow(t, r, "")
			ds := send[api.Dataset](r, "POST", "/events/dataset/create", `{"name":"numbers","isPublic":false,"isAnalytics":true}`)
			newRow(t, r, fmt.Sprintf(`"datasetId":%q`, ds.UUID))
			for scope, want := range map[string]int{"all": 1, "*": 1, "analytics": 1, ds.UUID: 1, "operational": 1} {
				if got := read[api.AggregateResult](r, "/events/aggregate?aggregateBy=datasetId&datasetId="+scope); got.Total != want || len(got.Aggregations) != 1 {
					t.Errorf("%s: got %+v", scope, got)
				}
			}
		},
		"source is kept and answered": func(t *testing.T, r *rig) {
			e := newRow(t, r, `"source":{"system":"threat-signals","resourceType":"article","resourceId":"a-1","title":null}`)
			if e.Source == nil || e.Source.ResourceID != "a-1" || e.Source.Title != nil {
				t.Fatalf("got %+v", e.Source)
			}
			send[api.Event](r, "PATCH", "/events/"+e.UUID, `{"event":"other"}`)
			list := read[[]api.Event](r, "/events")
			if len(list) != 1 || list[0].Source == nil || *list[0].Source != *e.Source {
				t.Errorf("got %+v", list)
			}
			if other := newRow(t, r, ""); other.Source != nil {
				t.Errorf("an event without a source has %+v", other.Source)
			}
			res := send[api.BulkResult](r, "POST", "/events/create/bulk", `{"datasetId":"`+e.DatasetID+`","includeCreatedEvents":true,"data":[
				{"date":"2024-05-01","category":"Scan","event":"b","tlp":"red","raw":{"data":{}},"source":{"system":"threat-signals","resourceType":"article","resourceId":"a-2","title":"T"}},
				{"date":"2024-05-01","category":"Scan","event":"c","tlp":"red","raw":{"data":{}},"source":{"system":"mail","resourceType":"article","resourceId":"a-2"}}]}`)
			if res.ErrorCount != 1 || !strings.Contains(res.Errors[0].Error, `source.system: want threat-signals, got "mail"`) {
				t.Errorf("got %+v", res)
			}
			if got := read[api.Event](r, "/events/"+res.CreatedEvents[0].UUID); got.Source == nil || got.Source.Title == nil || *got.Source.Title != "T" {
				t.Errorf("got %+v", got.Source)
			}
		},
		"hasChildren takes the operators of numbers": func(t *testing.T, r *rig) {
			parent, child := newRow(t, r, ""), newRow(t, r, "")
			send[api.RelateResult](r, "POST", "/events/relationships/create", fmt.Sprintf(`{"parentId":%q,"childIds":[%q],"relationshipType":"caused_by","datasetId":%q}`, parent.UUID, child.UUID, parent.DatasetID))
			for _, c := range []struct {
				op, value string
				want      int
			}{{"equals", "true", 1}, {"not", `"1"`, 1}, {"gt", "false", 1}, {"gt", "true", 0}, {"gte", "false", 2}, {"lt", "1", 1}, {"lt", "0", 0}, {"lte", "true", 2}, {"in", "[true,false]", 2}} {
				rep := r.do("POST", "/events", fmt.Sprintf(`{"search":[{"field":"hasChildren","op":%q,"value":%s}]}`, c.op, c.value))
				if list, _ := result[[]api.Event](rep, http.StatusOK); len(list) != c.want {
					t.Errorf("%s %s: got %d events, want %d", c.op, c.value, len(list), c.want)
				}
			}
			r.do("POST", "/events", `{"search":[{"field":"hasChildren","op":"contains","value":"t"}]}`).refusedWith(400, "hasChildren", "contains")
		},
		"refusals say what came": func(t *testing.T, r *rig) {
			for body, words := range map[string][]string{
				`{"date":"  ","category":"Scan","event":"x","tlp":"red","raw":{"data":{}}}`:          {"date", "required", `"  "`},
				`{"date":"2024-05-01","category":"","event":"x","tlp":"red","raw":{"data":{}}}`:      {"category", "required", `""`},
				`{"date":"2024-05-01","category":"Scan","event":"x","tlp":"mauve","raw":{"data":1}}`: {"tlp", "mauve"},
				`{"date":5,"category":"Scan"}`: {"date", "a string", "number"},
			} {
				r.do("POST", "/events/create", body).refusedWith(400, words...)
			}
		},
	} {
		t.Run(name, func(t *testing.T) { check(t, newRig(t, Config{})) })
	}
}
