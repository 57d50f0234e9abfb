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
		if rt.needs != PermWrite || rt.pattern == "/events/{event_id}" {
			continue
		}
		path := strings.NewReplacer("{event_id}", e.UUID, "{dataset_id}", e.DatasetID, "{raw_id}", e.RawID, "{query_id}", "1", "{alert_id}", "1", "{import_id}", "1").Replace(rt.pattern)
		r.do(rt.method, path, `{}`, "If-Match", `"a"`).refusedWith(400, "If-Match", "one event")
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
