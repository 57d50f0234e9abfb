package server

import (
	"net/http"
	"testing"

	"threatbench/api"
	"threatbench/api/store"
)

func TestListsAnswerAnETag(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		e := send[api.Event](r, "POST", "/events/create", newEvent())
		for _, path := range []string{"/events", "/events?format=stix2", "/events/aggregate?aggregateBy=category", "/events/dataset", "/events/tags", "/events/categories", "/events/indicators"} {
			first := r.do("GET", path, "")
			tag := first.header.Get("ETag")
			if first.wantSuccess(); tag == "" || first.header.Get("Cache-Control") != "private, no-cache" {
				t.Errorf("%s: ETag %s, Cache-Control %q", path, tag, first.header.Get("Cache-Control"))
			}
			head := r.do("HEAD", path, "")
			if head.status != 200 || head.header.Get("ETag") != tag || len(head.body) > 0 || head.header.Get("Content-Length") != first.header.Get("Content-Length") {
				t.Errorf("HEAD %s: %d, %v", path, head.status, head.header)
			}
			if got := r.do("GET", path, "", "If-None-Match", tag); got.status != 304 || len(got.body) > 0 || got.header.Get("ETag") != tag {
				t.Errorf("%s: %d, ETag %s: %s", path, got.status, got.header.Get("ETag"), got.body)
			}
			r.do("GET", path, "", "If-None-Match", "x").refusedWith(400, "If-None-Match")
		}
		list := r.do("GET", "/events", "").header.Get("ETag")
		if other := r.do("GET", "/events?pageSize=7", "").header.Get("ETag"); other == list {
			t.Error("another query has the same ETag")
		}
		r.do("PATCH", "/events/"+e.UUID, `{"event":"another"}`).wantSuccess()
		if got := r.do("GET", "/events", "", "If-None-Match", list); got.status != 200 || got.header.Get("ETag") == list {
			t.Errorf("after a change: %d, ETag %s", got.status, got.header.Get("ETag"))
		}
		if got := r.do("POST", "/events", `{}`); got.status != 200 || got.header.Get("ETag") != "" {
			t.Errorf("of a POST: %d, ETag %s", got.status, got.header.Get("ETag"))
		}
	})
}

// TestListETagsOfRoles lists what every role sees alike: none has another's ETag.
func TestListETagsOfRoles(t *testing.T) {
	r := newLimitedRig(t)
	seen := map[string]int{}
	grants := []Grant{
		{Permission: PermRead}, {Permission: PermTriage}, {Permission: PermWrite},
		{Permission: PermRead, Limit: &store.Limit{MaxTLP: api.TLPGreen}},
		{Permission: PermRead, Limit: &store.Limit{MaxTLP: api.TLPAmber}},
	}
	for i, g := range grants {
		g.Account, g.Name = "acc", "somebody"
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://x"+BasePath+"/accounts/acc/cloudforce-one/events?pageSize=1&datasetId=all", nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := Mount(As(r.handler, g)).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		tag := res.Header.Get("ETag")
		if before, there := seen[tag]; res.StatusCode != 200 || tag == "" || there {
			t.Errorf("role %d: %d, ETag %s, as role %d", i, res.StatusCode, tag, before)
		}
		seen[tag] = i
	}
}
