package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
)

const nobody = "00000000-0000-4000-8000-000000000000"

func TestUpdate(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		e := send[api.Event](r, "POST", "/events/create", newEvent())
		send[api.Event](r, "POST", "/events/create", newEvent("category", "C2", "killChain", 6, "mitreAttack", []string{"T1071"}))
		for _, method := range []string{"PATCH", "POST"} {
			got := send[api.Event](r, method, "/events/"+e.UUID, `{"datasetId":"`+e.DatasetID+`","event":"`+method+` wrote this","category":"c2","targetCountry":"POL","tlp":"red","raw":{"source":"`+method+`"}}`)
			if got.Event != method+" wrote this" || got.Category != "c2" || got.KillChain != 6 || !slices.Equal(got.MitreAttack, []string{"T1071"}) || got.TargetCountry != "PL" || got.TLP != "red" {
				t.Errorf("%s: got %+v", method, got)
			}
			if got.Attacker != e.Attacker || got.UUID != e.UUID || got.Date != e.Date || got.CreatedAt != e.CreatedAt {
				t.Errorf("%s: changed what it wasn't told: %+v", method, got)
			}
			if raw := read[api.Raw](r, "/events/"+e.UUID+"/raw/"+e.RawID); raw.Source != method || string(raw.Data) != `{"a":1}` {
				t.Errorf("%s: the raw record is %+v", method, raw)
			}
		}
		if got := send[api.Event](r, "PATCH", "/events/"+e.UUID, `{"date":"2024-01-02","createdAt":"2024-01-03T04:05:06Z","attacker":"","unknown":1}`); got.Date.String() != "2024-01-02T00:00:00Z" || got.CreatedAt.String() != "2024-01-03T04:05:06Z" || got.Attacker != "" {
			t.Errorf("got %+v", got)
		}
		// What is named itself goes before what a new category brings, and an empty list empties.
		if got := send[api.Event](r, "PATCH", "/events/"+e.UUID, `{"category":"Phishing","killChain":7,"mitreAttack":["T1486"],"mitreCapec":[]}`); got.Category != "Phishing" || got.KillChain != 7 || !slices.Equal(got.MitreAttack, []string{"T1486"}) || len(got.MitreCapec) != 0 {
			t.Errorf("got %+v", got)
		}
		if got := send[api.Event](r, "PATCH", "/events/"+e.UUID, `{"category":"C2"}`); got.KillChain != 6 || !slices.Equal(got.MitreAttack, []string{"T1071"}) {
			t.Errorf("the category brought %+v", got)
		}
		if list := read[[]api.Event](r, `/events?search=[{"field":"event","op":"contains","value":"post+wrote"},{"field":"category","op":"equals","value":"C2"}]`); len(list) != 1 {
			t.Errorf("found %d of the changed event", len(list))
		}
	})
}

func TestUpdateRefuses(t *testing.T) {
	r := newRig(t, Config{})
	e := send[api.Event](r, "POST", "/events/create", newEvent())
	for name, tc := range map[string]struct {
		path, body string
		status     int
		words      []string
	}{
		"unknown event":   {"/events/" + nobody, `{"event":"x"}`, 404, []string{nobody}},
		"unknown dataset": {"/events/" + e.UUID, `{"datasetId":"` + nobody + `","event":"x"}`, 404, []string{nobody}},
		"empty event":     {"/events/" + e.UUID, `{"event":" "}`, 400, []string{"event"}},
		"unknown tlp":     {"/events/" + e.UUID, `{"tlp":"purple"}`, 400, []string{"tlp", "purple"}},
		"wrong date":      {"/events/" + e.UUID, `{"date":"soon"}`, 400, []string{"date", "soon"}},
		"long attacker":   {"/events/" + e.UUID, `{"attacker":"` + strings.Repeat("x", 1025) + `"}`, 400, []string{"attacker", "1024", "1025"}},
		"wrong type":      {"/events/" + e.UUID, `{"insight":5}`, 400, []string{"insight", "a string"}},
		"wrong stage":     {"/events/" + e.UUID, `{"killChain":99}`, 400, []string{"killChain", "99"}},
		"long technique":  {"/events/" + e.UUID, `{"mitreAttack":["` + strings.Repeat("x", 1025) + `"]}`, 400, []string{"mitreAttack", "1024"}},
		"no raw data":     {"/events/" + e.UUID, `{"raw":{"tlp":"purple"}}`, 400, []string{"raw.tlp", "purple"}},
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.do("PATCH", tc.path, tc.body).refusedWith(tc.status, tc.words...)
		})
	}
	r.t = t
	if got := read[api.Event](r, "/events/"+e.UUID); got.Event != e.Event || got.TLP != e.TLP {
		t.Errorf("refused, but changed: %+v", got)
	}
}

func TestUpdateMany(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		ids := r.seed(5)
		dataset := read[api.Event](r, "/events/"+ids[0]).DatasetID
		body := func(ids []string, updates string) string {
			return fmt.Sprintf(`{"datasetId":%q,"eventIds":["%s"],"updates":%s}`, dataset, strings.Join(ids, `","`), updates)
		}
		res := send[api.UpdateResult](r, "PATCH", "/events/update/bulk", body([]string{ids[0], nobody, ids[1], ids[0]}, `{"attacker":"OMEGA","tlp":"clear"}`))
		if res.UpdatedCount != 2 || res.FailedCount != 1 || len(res.Failures) != 1 || res.Failures[0].EventID != nobody {
			t.Errorf("got %+v", res)
		}
		if list := read[[]api.Event](r, `/events?search=[{"field":"attacker","op":"equals","value":"omega"}]`); len(list) != 2 {
			t.Errorf("%d events changed", len(list))
		}
		many := slices.Repeat(ids[:1], 101)
		r.do("PATCH", "/events/update/bulk", body(many, `{"tlp":"red"}`)).refusedWith(400, "eventIds", "100", "101")
		r.do("PATCH", "/events/update/bulk", fmt.Sprintf(`{"datasetId":%q,"eventIds":[],"updates":{"tlp":"red"}}`, dataset)).refusedWith(400, "eventIds", "got 0")
		r.do("PATCH", "/events/update/bulk", body(ids, `{"date":"2024-01-01"}`)).refusedWith(400, "updates.date")
		r.do("PATCH", "/events/update/bulk", body(ids, `{}`)).refusedWith(400, "updates")
		r.do("PATCH", "/events/update/bulk", strings.Replace(body(ids, `{"tlp":"red"}`), dataset, nobody, 1)).refusedWith(404, nobody)
	})
}

func TestDelete(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		ids := r.seed(6)
		dataset := read[api.Event](r, "/events/"+ids[0]).DatasetID
		send[api.RelateResult](r, "POST", "/events/relationships/create", fmt.Sprintf(`{"parentId":%q,"childIds":[%q],"relationshipType":"caused_by"}`, ids[5], ids[0]))
		r.do("POST", "/events/relate/"+ids[4]+"/create", `{"events":["`+ids[0]+`"]}`).wantSuccess()
		if n := send[int](r, "DELETE", "/events/"+dataset+"/delete?eventIds="+ids[0]+"&eventIds="+ids[1]+"&eventIds="+nobody, ""); n != 2 {
			t.Errorf("deleted %d", n)
		}
		if n := send[int](r, "DELETE", "/events/datasets/"+dataset+"/events?eventIds="+ids[2]+","+ids[0], ""); n != 1 {
			t.Errorf("deleted %d", n)
		}
		r.do("GET", "/events/"+ids[0], "").refusedWith(404)
		if e := read[api.Event](r, "/events/"+ids[5]); e.HasChildren {
			t.Error("its last child is gone, but it has children")
		}
		if e := read[api.Event](r, "/events/"+ids[4]); e.NumReferences != 0 || len(e.ReferencesIDs) != 0 {
			t.Errorf("refers to an event that is gone: %+v", e)
		}
		if list := read[[]api.Event](r, "/events"); len(list) != 3 {
			t.Errorf("%d events are left", len(list))
		}
		r.do("DELETE", "/events/"+dataset+"/delete", "").refusedWith(400, "eventIds")
		r.do("DELETE", "/events/"+nobody+"/delete?eventIds="+ids[3], "").refusedWith(404, nobody)
	})
}

// enveloped checks the answer that four operations give in both styles.
func (r reply) enveloped(t *testing.T) {
	t.Helper()
	if want := `{"success":true,"errors":[],"messages":[],"result":{"success":true}}`; r.status != http.StatusOK || string(r.body) != want {
		t.Errorf("got %d %s, want %s", r.status, r.body, want)
	}
}

func TestEventTags(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		e := send[api.Event](r, "POST", "/events/create", newEvent())
		r.do("POST", "/events/event_tag/"+e.UUID+"/create", `{"tags":["PHISH","new"," new "]}`).enveloped(t)
		if got := read[api.Event](r, "/events/"+e.UUID); !slices.Equal(got.Tags, []string{"phish", "bank", "new"}) {
			t.Errorf("got %v", got.Tags)
		}
		r.do("DELETE", "/events/event_tag/"+e.UUID, `{"tags":["Bank","nothing"]}`).enveloped(t)
		if got := read[api.Event](r, "/events/"+e.UUID); !slices.Equal(got.Tags, []string{"phish", "new"}) {
			t.Errorf("got %v", got.Tags)
		}
		r.do("POST", "/events/event_tag/"+e.UUID+"/create", `{"tags":[" "]}`).refusedWith(400, "tags")
		r.do("DELETE", "/events/event_tag/"+e.UUID, `{}`).refusedWith(400, "tags")
		r.do("DELETE", "/events/event_tag/"+e.UUID, "").refusedWith(400, "tags", "required")
		r.do("DELETE", "/events/relate/"+e.UUID, "").refusedWith(400, "events", "required")
		r.do("POST", "/events/event_tag/"+nobody+"/create", `{"tags":["x"]}`).refusedWith(404, nobody)
		tooMany := make([]string, 1001)
		for i := range tooMany {
			tooMany[i] = fmt.Sprint(i)
		}
		r.do("POST", "/events/event_tag/"+e.UUID+"/create", `{"tags":["`+strings.Join(tooMany, `","`)+`"]}`).refusedWith(400, "tags", "1000", "1001")
		r.do("POST", "/events/event_tag/"+e.UUID+"/create", `{"tags":["`+strings.Join(tooMany[:1000], `","`)+`"]}`).refusedWith(400, "tags", "1000", "1002")
	})
}

func TestReferences(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		ids := r.seed(3)
		r.do("POST", "/events/relate/"+ids[0]+"/create", fmt.Sprintf(`{"events":[%q,%q]}`, ids[1], ids[2])).enveloped(t)
		if got := read[api.Event](r, "/events/"+ids[0]); got.NumReferences != 2 || len(got.References) != 2 || len(got.ReferencesIDs) != 2 {
			t.Errorf("got %+v", got)
		}
		if got := read[api.Event](r, "/events/"+ids[1]); got.NumReferenced != 1 || !slices.Equal(got.Referenced, ids[:1]) {
			t.Errorf("got %+v", got)
		}
		r.do("DELETE", "/events/relate/"+ids[0], fmt.Sprintf(`{"events":[%q,%q]}`, ids[1], nobody)).enveloped(t)
		if got := read[api.Event](r, "/events/"+ids[0]); !slices.Equal(got.References, ids[2:]) {
			t.Errorf("got %v", got.References)
		}
		r.do("POST", "/events/relate/"+ids[0]+"/create", fmt.Sprintf(`{"events":[%q,%q]}`, ids[1], nobody)).refusedWith(404, nobody)
		if got := read[api.Event](r, "/events/"+ids[0]); !slices.Equal(got.References, ids[2:]) {
			t.Errorf("half done: %v", got.References)
		}
		r.do("POST", "/events/relate/"+ids[0]+"/create", fmt.Sprintf(`{"events":[%q]}`, ids[0])).refusedWith(400, "events")
		r.do("POST", "/events/relate/"+ids[0]+"/create", `{"events":["x"]}`).refusedWith(400, "events", "UUID", "x")
		r.do("POST", "/events/relate/"+ids[0]+"/create", `{}`).refusedWith(400, "events", "got 0")
	})
}

func TestUpdateRaw(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		e := send[api.Event](r, "POST", "/events/create", newEvent())
		path := "/events/" + e.UUID + "/raw/" + e.RawID
		for _, method := range []string{"PATCH", "POST"} {
			got := send[api.Raw](r, method, path, `{"data":{"by":"`+method+`"},"source":"`+method+`"}`)
			if got.ID != e.RawID || string(got.Data) != `{"by":"`+method+`"}` {
				t.Errorf("got %+v", got)
			}
			if raw := read[api.Raw](r, path); raw.Source != method || raw.TLP != "red" || string(raw.Data) != `{"by":"`+method+`"}` {
				t.Errorf("got %+v", raw)
			}
		}
		r.do("PATCH", path, `{"tlp":"purple"}`).refusedWith(400, "tlp", "purple")
		r.do("PATCH", path+"1", `{"tlp":"red"}`).refusedWith(404)
		r.do("PATCH", "/events/"+nobody+"/raw/1", `{"tlp":"red"}`).refusedWith(404, nobody)
	})
}

func TestUnrelate(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		ids := r.seed(4)
		body := func(parent, kind string, children ...string) string {
			return fmt.Sprintf(`{"parentId":%q,"relationshipType":%q,"childIds":["%s"]}`, parent, kind, strings.Join(children, `","`))
		}
		send[api.RelateResult](r, "POST", "/events/relationships/create", body(ids[0], api.CausedBy, ids[1], ids[2]))
		res := send[api.UnrelateResult](r, "DELETE", "/events/relationships", body(ids[0], api.CausedBy, ids[1], ids[3], nobody))
		if !res.Success || res.RelationshipsRemoved != 1 || len(res.Errors) != 1 || res.Errors[0].ChildID != nobody {
			t.Errorf("got %+v", res)
		}
		if res := send[api.UnrelateResult](r, "DELETE", "/events/relationships", body(ids[0], api.RelatedTo, ids[2])); res.RelationshipsRemoved != 0 {
			t.Errorf("took away another type: %+v", res)
		}
		if e := read[api.Event](r, "/events/"+ids[0]); !e.HasChildren {
			t.Error("one child is left, but it has none")
		}
		send[api.UnrelateResult](r, "DELETE", "/events/relationships", body(ids[0], api.CausedBy, ids[2]))
		if e := read[api.Event](r, "/events/"+ids[0]); e.HasChildren {
			t.Error("no child is left, but it has some")
		}
		r.do("DELETE", "/events/relationships", body(nobody, api.CausedBy, ids[2])).refusedWith(404, nobody)
		r.do("DELETE", "/events/relationships", body(ids[0], "married_to", ids[2])).refusedWith(400, "relationshipType")
	})
}
