package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/store"
)

func TestReadsAnswerAnETag(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		e := send[api.Event](r, "POST", "/events/create", newEvent())
		path := "/events/" + e.UUID
		first := r.do("GET", path, "")
		tag := first.header.Get("ETag")
		if !strings.HasPrefix(tag, `"`) || len(tag) != 34 || first.header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("ETag %s, Cache-Control %q", tag, first.header.Get("Cache-Control"))
		}
		for _, known := range []string{tag, "W/" + tag, `"a,b", ` + tag, "*"} {
			for _, p := range []string{path, "/events/dataset/" + e.DatasetID + path} {
				got := r.do("GET", p, "", "If-None-Match", known)
				if got.status != 304 || len(got.body) > 0 || got.header.Get("ETag") != tag {
					t.Errorf("%s with %s: %d, ETag %s: %s", p, known, got.status, got.header.Get("ETag"), got.body)
				}
			}
		}
		r.do("GET", path, "", "If-None-Match", strings.Trim(tag, `"`)).refusedWith(400, "If-None-Match", "quotes")
		r.do("GET", "/events/"+nobody, "", "If-None-Match", "*").refusedWith(404, nobody)
		changed := r.do("PATCH", path, `{"event":"another"}`)
		next := changed.header.Get("ETag")
		if changed.wantSuccess(); next == "" || next == tag {
			t.Errorf("after a change the ETag is %q", next)
		}
		if got := r.do("GET", path, "", "If-None-Match", tag); got.status != 200 || got.header.Get("ETag") != next {
			t.Errorf("of a changed event: %d, ETag %s, want %s", got.status, got.header.Get("ETag"), next)
		}
	})
}

func TestIfMatch(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		e := send[api.Event](r, "POST", "/events/create", newEvent())
		path := "/events/" + e.UUID
		for _, method := range []string{"PATCH", "POST"} {
			known := r.do("GET", path, "").header.Get("ETag")
			send[api.Event](r, "PATCH", path, `{"event":"AAAONE by `+method+`"}`)
			now := r.do("GET", path, "").header.Get("ETag")
			for _, stale := range []string{known, "W/" + now, `"", "made, up"`} {
				got := r.do(method, path, `{"event":"BBBTWO"}`, "If-Match", stale)
				got.refusedWith(412, e.UUID, "changed meanwhile")
				var body struct{ Result api.Event }
				if err := json.Unmarshal(got.body, &body); err != nil || body.Result.Event != "AAAONE by "+method || body.Result.UUID != e.UUID || got.header.Get("ETag") != now {
					t.Errorf("%s with %s: ETag %s, %v: %s", method, stale, got.header.Get("ETag"), err, got.body)
				}
			}
			if got := read[api.Event](r, path); got.Event != "AAAONE by "+method {
				t.Errorf("refused, but changed: %q", got.Event)
			}
			done := r.do(method, path, `{"event":"BBBTWO"}`, "If-Match", `"other", `+now)
			if done.wantSuccess(); done.header.Get("ETag") != r.do("GET", path, "").header.Get("ETag") {
				t.Errorf("%s answered the ETag %s", method, done.header.Get("ETag"))
			}
			r.do(method, path, `{"event":"whatever it was"}`, "If-Match", "*").wantSuccess()
		}
		for _, wrong := range []string{"", "abc", `"a`, `"a" "b"`, `"a"x`, `*, "a"`} {
			r.do("PATCH", path, `{"event":"x"}`, "If-Match", wrong).refusedWith(400, "If-Match")
		}
		r.do("PATCH", "/events/"+nobody, `{"event":"x"}`, "If-Match", `"a"`).refusedWith(404, nobody)
	})
}

// TestIfMatchIsNeverOverlooked asks every change that doesn't heed If-Match:
// it is refused, not carried out.
func TestIfMatchIsNeverOverlooked(t *testing.T) {
	r := newRig(t, Config{})
	e := send[api.Event](r, "POST", "/events/create", newEvent())
	refused := 0
	for _, rt := range (&server{}).routes() {
		if rt.needs != PermWrite || rt.heedsIfMatch() {
			continue
		}
		path := strings.NewReplacer("{event_id}", e.UUID, "{dataset_id}", e.DatasetID, "{raw_id}", e.RawID, "{query_id}", "1", "{alert_id}", "1", "{import_id}", "1").Replace(rt.pattern)
		r.do(rt.method, path, `{}`, "If-Match", `"a"`).refusedWith(400, "If-Match", "an update or delete of one event")
		refused++
	}
	if refused < 20 {
		t.Errorf("only %d changes were asked", refused)
	}
}

// TestETagsOfRoles reads one event under every role: none has another's ETag,
// nor may change by it.
func TestETagsOfRoles(t *testing.T) {
	r := newLimitedRig(t)
	ask := func(g Grant, method, body, header, value string) (int, string) {
		g.Account, g.Name = "acc", "somebody"
		req, err := http.NewRequestWithContext(t.Context(), method, "http://x"+BasePath+"/accounts/acc/cloudforce-one/events/"+r.open, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if header != "" {
			req.Header.Set(header, value)
		}
		res, err := Mount(As(r.handler, g)).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, res.Header.Get("ETag")
	}
	seen := map[string]int{}
	grants := []Grant{
		{Permission: PermRead},
		{Permission: PermTriage},
		{Permission: PermWrite},
		{Permission: PermTriage, Limit: &store.Limit{MaxTLP: api.TLPAmber}},
		{Permission: PermTriage, Limit: &store.Limit{MaxTLP: api.TLPGreen}},
	}
	for i, g := range grants {
		status, tag := ask(g, "GET", "", "", "")
		if other, known := seen[tag]; known || status != 200 || tag == "" {
			t.Errorf("role %d: %d with the ETag %q of role %d", i, status, tag, other)
		}
		seen[tag] = i
	}
	for of, owner := range grants {
		_, tag := ask(owner, "GET", "", "", "")
		for i, g := range grants {
			if status, _ := ask(g, "GET", "", "If-None-Match", tag); (status == 304) != (of == i) {
				t.Errorf("role %d with the ETag of role %d: %d", i, of, status)
			}
			if i == of || g.Permission == PermRead {
				continue
			}
			if status, _ := ask(g, "PATCH", `{"event":"x"}`, "If-Match", tag); status != 412 {
				t.Errorf("role %d changed with the ETag of role %d: %d", i, of, status)
			}
		}
		if status, _ := ask(owner, "PATCH", fmt.Sprintf(`{"event":"by role %d"}`, of), "If-Match", tag); owner.Permission != PermRead && status != 200 {
			t.Errorf("role %d with its own ETag: %d", of, status)
		}
	}
}

// TestIfMatchOfSaved changes saved queries, alerts and raw records by the ETag
// of an older version: nothing is changed, and the answer is how they are.
func TestIfMatchOfSaved(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		e := send[api.Event](r, "POST", "/events/create", `{"category":"Phishing","date":"2024-03-01T00:00:00Z","event":"x","tlp":"amber","raw":{"data":{"a":1},"source":"s"}}`)
		q := send[api.SavedQuery](r, "POST", "/events/queries/create", `{"name":"q","query_json":"{}","alert_enabled":false,"alert_rollup_enabled":false,"rule_enabled":false}`)
		a := send[api.Alert](r, "POST", "/events/queries/alerts/create", fmt.Sprintf(`{"query_id":%d}`, q.ID))
		for _, c := range []struct{ path, theirs, mine, now string }{
			{fmt.Sprintf("/events/queries/%d", q.ID), `{"name":"AAAONE"}`, `{"name":"BBBTWO"}`, "AAAONE"},
			{fmt.Sprintf("/events/queries/alerts/%d", a.ID), `{"frequency":"daily"}`, `{"enabled":false}`, "daily"},
			{"/events/" + e.UUID + "/raw/" + e.RawID, `{"data":{"a":"AAAONE"}}`, `{"data":{"a":"BBBTWO"}}`, "AAAONE"},
		} {
			known := r.do("GET", c.path, "").header.Get("ETag")
			if got := r.do("GET", c.path, "", "If-None-Match", known); known == "" || got.status != 304 || len(got.body) > 0 {
				t.Errorf("%s again: %d with the ETag %q", c.path, got.status, known)
			}
			r.do("PATCH", c.path, c.theirs, "If-Match", known).wantSuccess()
			now := r.do("GET", c.path, "")
			for _, method := range []string{"PATCH", "POST"} {
				got := r.do(method, c.path, c.mine, "If-Match", known)
				got.refusedWith(412, "changed meanwhile")
				if !strings.Contains(string(got.body), c.now) || got.header.Get("ETag") != now.header.Get("ETag") || known == now.header.Get("ETag") {
					t.Errorf("%s: ETag %s of %s: %s", c.path, got.header.Get("ETag"), now.header.Get("ETag"), got.body)
				}
			}
			if after := r.do("GET", c.path, ""); string(after.body) != string(now.body) {
				t.Errorf("%s was refused and is %s, was %s", c.path, after.body, now.body)
			}
			done := r.do("PATCH", c.path, c.mine, "If-Match", now.header.Get("ETag"))
			if done.wantSuccess(); done.header.Get("ETag") != r.do("GET", c.path, "").header.Get("ETag") {
				t.Errorf("%s answered the ETag %s", c.path, done.header.Get("ETag"))
			}
			r.do("PATCH", c.path, c.mine, "If-Match", "*").wantSuccess()
		}
	})
}

// TestUpdateManyIfUnchanged changes of many events those that are as the caller
// knows them.
func TestUpdateManyIfUnchanged(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		var made []api.Event
		for range 4 {
			made = append(made, send[api.Event](r, "POST", "/events/create", newEvent()))
		}
		ids := fmt.Sprintf("%q,%q,%q,%q", made[0].UUID, strings.ToUpper(made[1].UUID), made[2].UUID, made[3].UUID)
		body := func(known string) string {
			return fmt.Sprintf(`{"datasetId":%q,"eventIds":[%s],"updates":{"attacker":"BBBTWO"},"ifUnchanged":{%s}}`, made[0].DatasetID, ids, known)
		}
		send[api.Event](r, "PATCH", "/events/"+made[1].UUID, `{"attacker":"AAAONE"}`)
		send[api.Event](r, "PATCH", "/events/"+made[2].UUID, `{"insight":"of another field"}`)
		send[api.Event](r, "PATCH", "/events/"+made[3].UUID, `{"attacker":"BBBTWO"}`)
		known := ""
		for _, e := range made[1:] {
			known += fmt.Sprintf(`,%q:{"attacker":%q}`, e.UUID, e.Attacker)
		}
		res := send[api.UpdateResult](r, "PATCH", "/events/update/bulk", body(known[1:]))
		if res.UpdatedCount != 3 || len(res.Failures) != 1 || !strings.EqualFold(res.Failures[0].EventID, made[1].UUID) || res.Failures[0].Now == nil || res.Failures[0].Now.Attacker != "AAAONE" {
			t.Fatalf("%+v", res)
		}
		for i, want := range []string{"BBBTWO", "AAAONE", "BBBTWO", "BBBTWO"} {
			if got := read[api.Event](r, "/events/"+made[i].UUID); got.Attacker != want {
				t.Errorf("event %d is by %q, want %q", i, got.Attacker, want)
			}
		}
		r.do("PATCH", "/events/update/bulk", body(`"`+nobody+`":{"attacker":"x"}`)).refusedWith(400, "ifUnchanged")
		r.do("PATCH", "/events/update/bulk", body(`"`+made[0].UUID+`":{"killChain":1}`)).refusedWith(400, "ifUnchanged")
	})
}

func TestIfMatchOfDeletes(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		e := send[api.Event](r, "POST", "/events/create", newEvent())
		q := send[api.SavedQuery](r, "POST", "/events/queries/create", `{"name":"AAA","query_json":"{}","alert_enabled":false,"alert_rollup_enabled":false,"rule_enabled":false}`)
		query := fmt.Sprint("/events/queries/", q.ID)
		a := send[api.Alert](r, "POST", "/events/queries/alerts/create", fmt.Sprintf(`{"query_id":%d}`, q.ID))
		for _, c := range []struct{ path, change string }{
			{"/events/" + e.UUID, `{"event":"AAAONE"}`},
			{fmt.Sprint("/events/queries/alerts/", a.ID), `{"frequency":"daily"}`},
			{query, `{"name":"BBB"}`},
		} {
			known := r.do("GET", c.path, "").header.Get("ETag")
			r.do("PATCH", c.path, c.change).wantSuccess()
			now := r.do("GET", c.path, "")
			for _, stale := range []string{known, "W/" + now.header.Get("ETag")} {
				got := r.do("DELETE", c.path, "", "If-Match", stale)
				got.refusedWith(412, "changed meanwhile")
				if got.header.Get("ETag") != now.header.Get("ETag") {
					t.Errorf("%s: ETag %s", c.path, got.header.Get("ETag"))
				}
			}
			r.do("DELETE", c.path, "", "If-Match", "x").refusedWith(400, "If-Match")
			r.do("GET", c.path, "").wantSuccess()
			r.do("DELETE", c.path, "", "If-Match", now.header.Get("ETag")).wantSuccess()
			r.do("GET", c.path, "").refusedWith(404)
			r.do("DELETE", c.path, "", "If-Match", now.header.Get("ETag")).refusedWith(404)
		}
	})
}
