package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"threatbench/api"
)

// styles runs a test against an enveloped and a bare server.
func styles(t *testing.T, test func(t *testing.T, r *rig)) {
	for _, style := range []Style{Enveloped, Bare} {
		t.Run(string(style), func(t *testing.T) { test(t, newRig(t, Config{ResponseStyle: style})) })
	}
}

// newEvent is a create body that is right, with changes laid over it: key,
// value, key, value. A nil value takes the key away.
func newEvent(changes ...any) string {
	body := map[string]any{
		"date": "2024-05-01T10:00:00.123Z", "category": "Phishing", "event": "A login page that isn't one", "tlp": "amber",
		"attacker": "DARKHALO", "attackerCountry": "FR", "targetCountry": "DEU", "targetIndustry": "Finance",
		"indicator": "login.example", "indicatorType": "domain", "tags": []string{"phish", "bank"}, "insight": "**why**",
		"killChain": 3, "mitreAttack": []string{"T1566.002"}, "mitreCapec": []string{"CAPEC-163"},
		"raw": map[string]any{"data": map[string]any{"a": 1}, "source": "mail", "tlp": "red"},
	}
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == nil {
			delete(body, changes[i].(string))
			continue
		}
		body[changes[i].(string)] = changes[i+1]
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func bulk(datasetID string, events ...string) string {
	return fmt.Sprintf(`{"datasetId":%q,"includeCreatedEvents":true,"data":[%s]}`, datasetID, strings.Join(events, ","))
}

// seed makes n events a minute apart, the newest last, and returns their
// UUIDs.
func (r *rig) seed(n int) []string {
	r.t.Helper()
	list := make([]string, n)
	for i := range list {
		list[i] = newEvent("date", fmt.Sprintf("2024-05-%02dT%02d:%02d:00Z", 1+i/1440, i/60%24, i%60), "event", fmt.Sprintf("event %d", i),
			"attacker", []string{"ALPHA", "BETA", "GAMMA"}[i%3], "killChain", i%8, "tlp", []string{"clear", "green", "amber", "red"}[i%4])
	}
	res := send[api.BulkResult](r, "POST", "/events/create/bulk", bulk("", list...))
	if res.CreatedEventsCount != n || len(res.CreatedEvents) != n {
		r.t.Fatalf("seeded %+v", res)
	}
	ids := make([]string, n)
	for _, c := range res.CreatedEvents {
		ids[c.EventIndex] = c.UUID
	}
	return ids
}

func TestCreateAndRead(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		made := send[api.Event](r, "POST", "/events/create", newEvent())
		if made.UUID == "" || made.Date.String() != "2024-05-01T10:00:00.123Z" || made.CreatedAt.String() != "2024-06-01T12:00:00Z" {
			t.Errorf("got %+v", made)
		}
		if made.TargetCountry != "DE" || made.TargetCountryAlpha3 != "DEU" || made.AttackerCountryAlpha3 != "FRA" || made.KillChain != 3 || made.RawID == "" {
			t.Errorf("got %+v", made)
		}
		for _, path := range []string{"/events/" + made.UUID, "/events/dataset/" + made.DatasetID + "/events/" + made.UUID} {
			rep := r.do("GET", path, "")
			got, _ := result[api.Event](rep, http.StatusOK)
			if a, b := appendEvent(nil, &made), appendEvent(nil, &got); string(a) != string(b) {
				t.Errorf("%s: got %s, want %s", path, b, a)
			}
		}
		r.do("GET", "/events/00000000-0000-0000-0000-000000000000", "").refusedWith(http.StatusNotFound)
		r.do("GET", "/events/no-uuid-at-all", "").refusedWith(http.StatusNotFound)
		r.do("GET", "/events/dataset/00000000-0000-0000-0000-000000000000/events/"+made.UUID, "").refusedWith(http.StatusNotFound)
	})
}

func TestStylesDiffer(t *testing.T) {
	for style, want := range map[Style]string{Enveloped: `{"success":true,`, Bare: `[{"uuid":`} {
		r := newRig(t, Config{ResponseStyle: style})
		r.seed(3)
		rep := r.do("GET", "/events?pageSize=2", "")
		if !strings.HasPrefix(string(rep.body), want) {
			t.Errorf("%s: got %s", style, rep.body)
		}
		var info api.ResultInfo
		header := rep.header.Get("X-Result-Info")
		if style == Enveloped {
			if header != "" {
				t.Errorf("enveloped, but the header is %s", header)
			}
			_, in := result[[]api.Event](rep, http.StatusOK)
			info = *in
		} else if err := json.Unmarshal([]byte(header), &info); err != nil {
			t.Fatal(err)
		}
		if info.Count != 2 || info.TotalCount != 3 || info.TotalPages != 2 || info.PerPage != 2 || info.Page != 1 || info.Cursor == "" {
			t.Errorf("%s: got %+v", style, info)
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	r := newRig(t, Config{})
	for name, tc := range map[string]struct {
		body   string
		status int
		words  []string
	}{
		"no date":         {newEvent("date", nil), 400, []string{"date"}},
		"no event":        {newEvent("event", nil), 400, []string{"event"}},
		"no category":     {newEvent("category", nil), 400, []string{"category"}},
		"no tlp":          {newEvent("tlp", nil), 400, []string{"tlp"}},
		"no raw":          {newEvent("raw", nil), 400, []string{"raw"}},
		"unknown tlp":     {newEvent("tlp", "purple"), 400, []string{"tlp", "purple"}},
		"wrong date":      {newEvent("date", "soon"), 400, []string{"date", "soon"}},
		"date of number":  {newEvent("date", 5), 400, []string{"date", "a string"}},
		"unknown dataset": {newEvent("datasetId", "00000000-0000-0000-0000-000000000000"), 404, nil},
		"tags of text":    {newEvent("tags", "x"), 400, []string{"tags", "a list"}},
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.do("POST", "/events/create", tc.body).refusedWith(tc.status, tc.words...)
		})
	}
	r.t = t
	if list := read[[]api.Event](r, "/events"); len(list) != 0 {
		t.Errorf("refused, but there are %d events", len(list))
	}
}

func TestCreateKeepsUUID(t *testing.T) {
	r := newRig(t, Config{})
	const id = "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b11"
	body := newEvent("uuid", id, "preserveUuid", true)
	if e := send[api.Event](r, "POST", "/events/create", body); e.UUID != id {
		t.Errorf("got %s", e.UUID)
	}
	r.do("POST", "/events/create", body).refusedWith(http.StatusConflict, id)
	if e := send[api.Event](r, "POST", "/events/create", newEvent("uuid", id)); e.UUID == id {
		t.Error("the UUID was kept without preserveUuid")
	}
}

func TestBulkCreate(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		rep := r.do("POST", "/events/create/bulk", bulk("", newEvent(), newEvent("tlp", "purple"), newEvent("date", 7), `"text"`, newEvent("event", "last")))
		res, _ := result[api.BulkResult](rep, http.StatusAccepted)
		if res.CreatedEventsCount != 2 || res.ErrorCount != 3 || res.CreatedTagsCount != 2 || res.RequestID == "" {
			t.Errorf("got %+v", res)
		}
		wants := map[int]string{1: "purple", 2: "date: want a string", 3: "want an object"}
		for _, e := range res.Errors {
			if want, ok := wants[e.EventIndex]; !ok || !strings.Contains(e.Error, want) {
				t.Errorf("event %d: %s", e.EventIndex, e.Error)
			}
			delete(wants, e.EventIndex)
		}
		if len(wants) != 0 {
			t.Errorf("no error for %v", wants)
		}
		if len(res.CreatedEvents) != 2 || res.CreatedEvents[1].EventIndex != 4 {
			t.Fatalf("got %+v", res.CreatedEvents)
		}
		if e := read[api.Event](r, "/events/"+res.CreatedEvents[1].UUID); e.Event != "last" {
			t.Errorf("got %+v", e)
		}
		if strings.Contains(string(rep.body), "createdRelationshipsCount") {
			t.Errorf("holds a count of the other form: %s", rep.body)
		}
		r.do("POST", "/events/create/bulk", `{"data":[]}`).refusedWith(http.StatusBadRequest, "data")
		r.do("POST", "/events/create/bulk", `{"data":"x"}`).refusedWith(http.StatusBadRequest, "data", "a list")
		r.do("POST", "/events/create/bulk", bulk("00000000-0000-0000-0000-000000000000", newEvent())).refusedWith(http.StatusNotFound)
	})
}

func TestBulkCreateSkipsKnownUUIDs(t *testing.T) {
	r := newRig(t, Config{})
	one := newEvent("uuid", "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b11")
	two := newEvent("uuid", "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b12")
	body := func(list ...string) string { return `{"preserveUuid":true,"data":[` + strings.Join(list, ",") + `]}` }
	if res := send[api.BulkResult](r, "POST", "/events/create/bulk", body(one, one)); res.CreatedEventsCount != 1 || res.SkippedEventsCount != 1 {
		t.Errorf("got %+v", res)
	}
	if res := send[api.BulkResult](r, "POST", "/events/create/bulk", body(one, two)); res.CreatedEventsCount != 1 || res.SkippedEventsCount != 1 {
		t.Errorf("got %+v", res)
	}
}

func TestBulkCreateWithRelationships(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		parent := send[api.Event](r, "POST", "/events/create", newEvent())
		rel := func(key string, v any) []any {
			return []any{map[string]any{key: v, "relationshipType": "caused_by"}}
		}
		rep := r.do("POST", "/events/create/bulk/relationships", bulk("", newEvent(), newEvent("relationships", rel("parentIndex", 0)), newEvent("relationships", rel("parentId", parent.UUID))))
		res, _ := result[api.BulkResult](rep, http.StatusOK)
		if res.CreatedEventsCount != 3 || res.CreatedRelationshipsCount != 2 || res.ErrorCount != 0 {
			t.Errorf("got %s", rep.body)
		}
		for _, key := range []string{"createdEventsCount", "createdIndicatorsCount", "createdRelationshipsCount", "errorCount"} {
			if !strings.Contains(string(rep.body), key) {
				t.Errorf("%s is missing: %s", key, rep.body)
			}
		}
		if e := read[api.Event](r, "/events/"+parent.UUID); !e.HasChildren {
			t.Error("the parent has no children")
		}
	})
}

// TestListFilters sends one filter in GET and POST, and wants the same events.
func TestListFilters(t *testing.T) {
	r := newRig(t, Config{})
	r.seed(24)
	for name, tc := range map[string]struct {
		conditions string
		want       int
	}{
		"equals":     {`[{"field":"attacker","op":"equals","value":"alpha"}]`, 8},
		"not":        {`[{"field":"attacker","op":"not","value":"ALPHA"}]`, 16},
		"gt":         {`[{"field":"killChain","op":"gt","value":5}]`, 6},
		"gte":        {`[{"field":"killChain","op":"gte","value":"5"}]`, 9},
		"lt":         {`[{"field":"tlp","op":"lt","value":"amber"}]`, 12},
		"lte":        {`[{"field":"date","op":"lte","value":"2024-05-01T00:05:00Z"}]`, 6},
		"like":       {`[{"field":"event","op":"like","value":"event _"}]`, 10},
		"contains":   {`[{"field":"event","op":"contains","value":"EVENT 2"}]`, 5},
		"startsWith": {`[{"field":"indicator","op":"startsWith","value":"login."}]`, 24},
		"endsWith":   {`[{"field":"event","op":"endsWith","value":" 7"}]`, 1},
		"find":       {`[{"field":"event","op":"find","value":"23 event"}]`, 1},
		"in":         {`[{"field":"attacker","op":"in","value":["ALPHA","beta"]}]`, 16},
		"and":        {`[{"field":"attacker","op":"equals","value":"ALPHA"},{"field":"tlp","op":"equals","value":"red"}]`, 2},
		"a day":      {`[{"field":"date","op":"equals","value":"2024-05-01"}]`, 24},
		"no match":   {`[{"field":"tags","op":"equals","value":"none"}]`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			byURL, info := result[[]api.Event](r.do("GET", "/events?search="+url.QueryEscape(tc.conditions), ""), http.StatusOK)
			if len(byURL) != tc.want || info.TotalCount != tc.want {
				t.Errorf("GET: got %d, total %d, want %d", len(byURL), info.TotalCount, tc.want)
			}
			byBody := send[[]api.Event](r, "POST", "/events", `{"search":`+tc.conditions+`}`)
			if !slices.Equal(idsOf(byURL), idsOf(byBody)) {
				t.Errorf("GET and POST differ: %v, %v", idsOf(byURL), idsOf(byBody))
			}
		})
	}
	r.t = t
	branches := `{"search":[{"field":"attacker","op":"equals","value":"ALPHA"}],"searchBranches":[[{"field":"tlp","op":"equals","value":"red"}],[{"field":"killChain","op":"equals","value":0}]]}`
	if got := send[[]api.Event](r, "POST", "/events", branches); len(got) != 3 {
		t.Errorf("branches: got %d", len(got))
	}
}

func idsOf(list []api.Event) []string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.UUID
	}
	return out
}

func TestListPages(t *testing.T) {
	r := newRig(t, Config{})
	want := r.seed(25)
	slices.Reverse(want) // newest first is the default
	var paged []string
	for page := 1; page <= 3; page++ {
		list, info := result[[]api.Event](r.do("GET", fmt.Sprintf("/events?pageSize=10&page=%d", page), ""), http.StatusOK)
		if info.Page != page || info.TotalPages != 3 || info.TotalCount != 25 {
			t.Errorf("page %d: got %+v", page, info)
		}
		paged = append(paged, idsOf(list)...)
	}
	if !slices.Equal(paged, want) {
		t.Errorf("by page: got %v", paged)
	}
	var walked []string
	path := "/events?pageSize=4"
	for n := 0; path != ""; n++ {
		list, info := result[[]api.Event](r.do("GET", path, ""), http.StatusOK)
		walked = append(walked, idsOf(list)...)
		if path = ""; info.Cursor != "" && n < 100 {
			path = "/events?pageSize=4&cursor=" + url.QueryEscape(info.Cursor)
		}
	}
	if !slices.Equal(walked, want) {
		t.Errorf("by cursor: got %v", walked)
	}
	slices.Reverse(want)
	if got := idsOf(read[[]api.Event](r, "/events?orderBy=date&order=asc")); !slices.Equal(got, want) {
		t.Errorf("ascending: got %v", got)
	}
	if got := read[[]api.Event](r, "/events?page=4&pageSize=10"); len(got) != 0 {
		t.Errorf("past the end: got %d", len(got))
	}
}

func TestForgedCursors(t *testing.T) {
	r := newRig(t, Config{})
	r.seed(5)
	_, info := result[[]api.Event](r.do("GET", "/events?pageSize=2", ""), http.StatusOK)
	c := info.Cursor
	changed := strings.Map(func(x rune) rune {
		if x == 'A' {
			return 'B'
		}
		return x
	}, c[:len(c)/2]) + c[len(c)/2+1:]
	for name, cursor := range map[string]string{"changed": changed, "cut": c[:len(c)-4], "made up": "AAAA", "not base64": "%%%", "long": strings.Repeat("A", 5000)} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.do("GET", "/events?cursor="+url.QueryEscape(cursor), "").refusedWith(http.StatusBadRequest, "cursor")
		})
	}
	r.t = t
	r.do("GET", "//client/v4/accounts/another/cloudforce-one/events?cursor="+url.QueryEscape(c), "").refusedWith(http.StatusBadRequest, "cursor")
}

func TestListScopes(t *testing.T) {
	r := newRig(t, Config{})
	r.seed(2)
	plain := send[api.Dataset](r, "POST", "/events/dataset/create", `{"name":"Plain","isPublic":false}`)
	analytics := send[api.Dataset](r, "POST", "/events/dataset/create", `{"name":"Analytics","isPublic":false,"isAnalytics":true}`)
	send[api.BulkResult](r, "POST", "/events/create/bulk", bulk(plain.UUID, newEvent(), newEvent(), newEvent()))
	send[api.BulkResult](r, "POST", "/events/create/bulk", bulk(analytics.UUID, newEvent()))
	for query, want := range map[string]int{
		"":                         2,
		"?datasetId=all":           6,
		"?datasetId=*":             6,
		"?datasetId=operational":   5,
		"?datasetId=analytics":     1,
		"?datasetId=" + plain.UUID: 3,
		"?datasetId[]=" + plain.UUID + "&datasetId[]=" + analytics.UUID: 4,
		"?forceRefresh=true&cache=from-graph&unknown=x":                 2,
	} {
		if got := read[[]api.Event](r, "/events"+query); len(got) != want {
			t.Errorf("%s: got %d, want %d", query, len(got), want)
		}
	}
	r.do("GET", "/events?datasetId=00000000-0000-0000-0000-000000000000", "").refusedWith(http.StatusNotFound)
	branch := `{"datasetId":"` + analytics.UUID + `","searchBranches":[[{"field":"tlp","op":"equals","value":"red"}]]}`
	r.do("POST", "/events", branch).refusedWith(http.StatusBadRequest, "searchBranches")
}

func TestRelate(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		ids := r.seed(4)
		const none = "00000000-0000-0000-0000-000000000000"
		relate := func(parent, kind, dataset string, children ...string) string {
			b, err := json.Marshal(api.RelateEvents{ParentID: parent, ChildIDs: children, RelationshipType: kind, DatasetID: dataset})
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		const path = "/events/relationships/create"
		res := send[api.RelateResult](r, "POST", path, relate(ids[0], api.CausedBy, "", ids[1], ids[2], ids[1], none, ids[0]))
		if !res.Success || res.RelationshipsCreated != 2 || len(res.Relationships) != 2 || len(res.Errors) != 2 || !slices.Equal(res.ChildIDs, []string{ids[1], ids[2]}) {
			t.Errorf("got %+v", res)
		}
		if first := res.Relationships[0]; first.ParentID != ids[0] || first.ChildID != ids[1] || first.RelationshipType != api.CausedBy || first.ParentDatasetID == "" || first.ChildDatasetID == "" {
			t.Errorf("got %+v", first)
		}
		if res.Errors[0].ChildID != none || res.Errors[0].ErrorType != "not_found" || res.Errors[1].ErrorType != "invalid" {
			t.Errorf("got %+v", res.Errors)
		}
		if e := read[api.Event](r, "/events/"+ids[0]); !e.HasChildren {
			t.Error("the parent has no children")
		}
		if again := send[api.RelateResult](r, "POST", path, relate(ids[0], api.CausedBy, res.Relationships[0].ParentDatasetID, ids[1])); again.RelationshipsCreated != 0 || !again.Success {
			t.Errorf("related twice: %+v", again)
		}
		if nobody := send[api.RelateResult](r, "POST", path, relate(ids[3], api.RelatedTo, "", none)); nobody.RelationshipsCreated != 0 || len(nobody.Errors) != 1 {
			t.Errorf("got %+v", nobody)
		}
		r.do("POST", path, relate(none, api.RelatedTo, "", ids[0])).refusedWith(http.StatusNotFound)
		r.do("POST", path, relate(ids[0], api.RelatedTo, none, ids[1])).refusedWith(http.StatusNotFound)
		r.do("POST", path, relate("", api.RelatedTo, "", ids[0])).refusedWith(http.StatusBadRequest, "parentId")
		r.do("POST", path, relate(ids[0], api.RelatedTo, "")).refusedWith(http.StatusBadRequest, "childIds")
		r.do("POST", path, relate(ids[0], "married_to", "", ids[1])).refusedWith(http.StatusBadRequest, "relationshipType", "caused_by", "married_to")
	})
}

func TestFormats(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		ids := r.seed(3)
		stixPage := r.do("GET", "/events?format=stix2&pageSize=2", "")
		var bundle struct{ Type string }
		if err := json.Unmarshal(stixPage.body, &bundle); err != nil || bundle.Type != "bundle" {
			t.Fatalf("%v in %.300s", err, stixPage.body)
		}
		for i, want := range []bool{false, true, true} { // the two newest of three
			if strings.Contains(string(stixPage.body), `"external_id":"`+ids[i]+`"`) != want {
				t.Errorf("event %d is in the bundle: %v", i, !want)
			}
		}
		if ct := stixPage.header.Get("Content-Type"); ct != "application/stix+json;version=2.1" {
			t.Errorf("Content-Type is %s", ct)
		}
		var info api.ResultInfo
		if err := json.Unmarshal([]byte(stixPage.header.Get("X-Result-Info")), &info); err != nil || info.TotalCount != 3 || info.Cursor == "" {
			t.Errorf("result_info is %+v, %v", info, err)
		}
		r.do("POST", "/events/relationships/create", fmt.Sprintf(`{"parentId":%q,"childIds":[%q],"relationshipType":"caused_by"}`, ids[0], ids[2]))
		for _, format := range []string{"stix2", "taxii"} {
			rep := r.do("GET", "/events?pageSize=1&format="+format, "")
			if text := string(rep.body); strings.Count(text, `"relationship_type":"caused-by","source_ref":"incident--`) != 1 {
				t.Errorf("%s: no relationship in %.300s", format, text)
			}
		}
		rep := r.do("POST", "/events?format=taxii", `{"pageSize":2}`)
		var envelope struct {
			More    bool
			Next    string
			Objects []json.RawMessage
		}
		if err := json.Unmarshal(rep.body, &envelope); err != nil || !envelope.More || envelope.Next == "" || len(envelope.Objects) == 0 {
			t.Fatalf("%v in %.300s", err, rep.body)
		}
		if ct := rep.header.Get("Content-Type"); ct != "application/taxii+json;version=2.1" {
			t.Errorf("Content-Type is %s", ct)
		}
		last := r.do("GET", "/events?format=taxii&cursor="+url.QueryEscape(envelope.Next), "")
		if !strings.HasPrefix(string(last.body), `{"more":false,"objects":[`) {
			t.Errorf("the last page is %.300s", last.body)
		}
	})
}

func TestRaw(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		e := send[api.Event](r, "POST", "/events/create", newEvent())
		wants := map[string][]string{
			"/events/datasets/" + e.DatasetID + "/events/" + e.UUID + "/raw": {`"data":"{\"a\":1}"`, `"id":` + fmt.Sprint(numericID(e.RawID)) + `,`},
			"/events/raw/" + e.DatasetID + "/" + e.UUID:                      {`"data":"{\"a\":1}"`, `"id":` + fmt.Sprint(numericID(e.RawID)) + `,`},
			"/events/" + e.UUID + "/raw/" + e.RawID:                          {`"data":{"a":1}`, `"id":"` + e.RawID + `"`},
		}
		for path, words := range wants {
			rep := r.do("GET", path, "")
			raw, _ := result[api.Raw](rep, http.StatusOK)
			if string(raw.Data) != `{"a":1}` || raw.Source != "mail" || raw.TLP != "red" || raw.Created.IsZero() || raw.AccountID != fmt.Sprint(accountNumber(account)) {
				t.Errorf("%s: got %s", path, rep.body)
			}
			for _, w := range words {
				if !strings.Contains(string(rep.body), w) {
					t.Errorf("%s: no %s in %s", path, w, rep.body)
				}
			}
		}
		other := send[api.Event](r, "POST", "/events/create", newEvent())
		const none = "00000000-0000-0000-0000-000000000000"
		for _, path := range []string{
			"/events/raw/" + e.DatasetID + "/" + none, "/events/raw/" + none + "/" + e.UUID,
			"/events/datasets/" + none + "/events/" + e.UUID + "/raw", "/events/" + e.UUID + "/raw/" + other.RawID, "/events/" + e.UUID + "/raw/x",
		} {
			r.do("GET", path, "").refusedWith(http.StatusNotFound)
		}
	})
}

func TestAccountsAreIsolated(t *testing.T) {
	r := newRig(t, Config{})
	e := send[api.Event](r, "POST", "/events/create", newEvent())
	q := r.saveQuery("DARKHALO", true)
	alert := read[[]api.Alert](r, "/events/queries/alerts")[0].ID
	theirs := "//client/v4/accounts/another/cloudforce-one"
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		r.do(method, fmt.Sprintf("%s/events/queries/%d", theirs, q.ID), "{}").refusedWith(http.StatusNotFound)
		r.do(method, fmt.Sprintf("%s/events/queries/alerts/%d", theirs, alert), "{}").refusedWith(http.StatusNotFound)
	}
	r.do("GET", fmt.Sprintf("%s/events/queries/%d/test", theirs, q.ID), "").refusedWith(http.StatusNotFound)
	for _, path := range []string{
		"/events/" + e.UUID, "/events/dataset/" + e.DatasetID + "/events/" + e.UUID, "/events/dataset/" + e.DatasetID, "/events/raw/" + e.DatasetID + "/" + e.UUID,
		"/events/datasets/" + e.DatasetID + "/events/" + e.UUID + "/raw", "/events/" + e.UUID + "/raw/" + e.RawID, "/events?datasetId=" + e.DatasetID,
		"/events/aggregate?aggregateBy=tlp&datasetId=" + e.DatasetID,
		"/events/" + e.UUID + "/relationships?datasetId=" + e.DatasetID, "/events/graph?seeds=event:" + e.UUID,
	} {
		r.do("GET", theirs+path, "").refusedWith(http.StatusNotFound)
	}
	for _, path := range []string{"/events", "/events?datasetId=all", "/events/attackers", "/events/targetIndustries", "/events/indicator-types", "/events/tags", "/events/queries", "/events/queries/alerts", "/events/queries/alerts/inbox"} {
		if rep := r.do("GET", theirs+path, ""); strings.Contains(string(rep.body), "DARKHALO") || strings.Contains(string(rep.body), "Finance") || strings.Contains(string(rep.body), "phish") {
			t.Errorf("%s: another account's data in %s", path, rep.body)
		}
	}
}

// TestManyReadersWhileOneImports holds that 200 readers get their answers, all
// of them whole, while events come in as fast as they can.
func TestManyReadersWhileOneImports(t *testing.T) {
	r := newRig(t, Config{})
	r.seed(50)
	const readers, batches, size = 200, 12, 40
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range readers {
		wg.Go(func() {
			<-begin
			seen := 0
			for range 3 {
				_, info := result[[]api.Event](r.do("GET", "/events?pageSize=20&datasetId=all", ""), http.StatusOK)
				if info.TotalCount < seen || (info.TotalCount-50)%size != 0 {
					t.Errorf("reader %d counts %d events after %d: a part of a batch", i, info.TotalCount, seen)
				}
				seen = info.TotalCount
				r.do("GET", "/events/aggregate?aggregateBy=attacker&datasetId=all", "").wantSuccess()
			}
		})
	}
	wg.Go(func() {
		<-begin
		for range batches {
			r.do("POST", "/events/create/bulk", bulk("", slices.Repeat([]string{newEvent()}, size)...)).wantSuccess()
		}
	})
	close(begin)
	wg.Wait()
	if _, info := result[[]api.Event](r.do("GET", "/events?pageSize=1", ""), http.StatusOK); info.TotalCount != 50+batches*size {
		t.Errorf("got %d events", info.TotalCount)
	}
}

// TestConcurrentUse reads and writes from many goroutines at once.
func TestConcurrentUse(t *testing.T) {
	r := newRig(t, Config{})
	r.seed(50)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				if i%4 == 0 {
					r.do("POST", "/events/create/bulk", bulk("", newEvent(), newEvent())).wantSuccess()
					continue
				}
				r.do("GET", "/events?pageSize=20&datasetId=all", "").wantSuccess()
				r.do("POST", "/v2/events/graphql", `{"query":"{events{total a:groupBy(columns:[\"attacker\"]){distinct} timeline{bucket}}}"}`).wantSuccess()
			}
		})
	}
	wg.Wait()
	if _, info := result[[]api.Event](r.do("GET", "/events?pageSize=1", ""), http.StatusOK); info.TotalCount != 50+2*5*2 {
		t.Errorf("got %d events", info.TotalCount)
	}
}
