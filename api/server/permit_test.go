package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/store"
)

// limitedRig is a server with an event for everybody and one marked red, in
// two datasets.
type limitedRig struct {
	t            *testing.T
	db           *store.DB
	handler      http.Handler
	open, hidden string
	dataset      string // of the hidden event
}

func newLimitedRig(t *testing.T) *limitedRig {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "events.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	h, err := New(db, Config{})
	if err != nil {
		t.Fatal(err)
	}
	r := &limitedRig{t: t, db: db, handler: h, open: "0190a000-0000-7000-8000-000000000001", hidden: "0190a000-0000-7000-8000-000000000002"}
	secret, err := db.CreateDataset(context.Background(), store.Actor{}, "acc", api.Dataset{Name: "Secret"})
	if err != nil {
		t.Fatal(err)
	}
	r.dataset = secret.UUID
	indicators := map[string][]api.IndicatorInput{"red": {{Value: "hidden.example", IndicatorType: "domain"}, {Value: "hiddenone.example", IndicatorType: "domain"}}}
	event := func(id, tlp, dataset, attacker string) api.CreateEvent {
		return api.CreateEvent{
			UUID: id, Date: "2024-03-01T10:00:00Z", Event: "an event", Category: "Phishing", Attacker: attacker, TLP: tlp, DatasetID: dataset,
			Indicators: indicators[tlp],
			Raw:        api.RawInput{Data: json.RawMessage(`{}`)},
		}
	}
	res, err := db.Create(context.Background(), store.Actor{}, "acc", api.BulkCreate{
		PreserveUUID: true, Data: []api.CreateEvent{event(r.open, "green", "", "KNOWN"), event(r.hidden, "red", secret.UUID, "HIDDENONE")},
	})
	if err != nil || len(res.Errors) > 0 {
		t.Fatal(err, res.Errors)
	}
	for _, q := range []api.SavedQuery{
		{Name: "everywhere", QueryJSON: `{"datasetId":["all"]}`}, {Name: "without a dataset", QueryJSON: `{}`},
		{Name: "in the Secret one", QueryJSON: `{"datasetId":["` + r.dataset + `"],"search":[{"field":"attacker","op":"equals","value":"BYHAND"}]}`},
	} {
		if _, err := db.CreateSavedQuery(context.Background(), "acc", q); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// ask sends a request under a grant and answers its status and body.
func (r *limitedRig) ask(g Grant, method, path, body string) (int, string) {
	r.t.Helper()
	g.Account, g.Name = "acc", "somebody"
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://x"+BasePath+"/accounts/acc/cloudforce-one"+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := Mount(As(r.handler, g)).RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close() // read whole
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestRoles(t *testing.T) {
	r := newLimitedRig(t)
	limit := &store.Limit{MaxTLP: api.TLPAmber}
	patch := `{"event":"seen"}`
	for _, c := range []struct {
		who          string
		grant        Grant
		method, path string
		body         string
		want         int
	}{
		{"reader", Grant{Permission: PermRead}, "GET", "/events", "", 200},
		{"reader", Grant{Permission: PermRead}, "PATCH", "/events/" + r.open, patch, 403},
		{"reader", Grant{Permission: PermRead}, "POST", "/events/tags/create", `{"value":"x"}`, 403},
		{"triager", Grant{Permission: PermTriage}, "PATCH", "/events/" + r.open, patch, 200},
		{"triager", Grant{Permission: PermTriage}, "PATCH", "/events/" + r.hidden, patch, 200},
		{"triager", Grant{Permission: PermTriage}, "POST", "/events/dataset/create", `{"name":"x"}`, 403},
		{"triager", Grant{Permission: PermTriage}, "DELETE", "/events/datasets/" + r.dataset + "/events", `{"eventIds":["` + r.hidden + `"]}`, 403},
		{"limited triager", Grant{Permission: PermTriage, Limit: limit}, "PATCH", "/events/" + r.open, patch, 200},
		{"limited triager", Grant{Permission: PermTriage, Limit: limit}, "PATCH", "/events/" + r.hidden, patch, 404},
		{"limited triager", Grant{Permission: PermTriage, Limit: limit}, "GET", "/events/" + r.hidden, "", 404},
		{"limited triager", Grant{Permission: PermTriage, Limit: limit}, "POST", "/events/relate/" + r.open + "/create", `{"events":["` + r.hidden + `"]}`, 403},
		{"limited admin", Grant{Permission: PermWrite, Limit: limit}, "POST", "/events/dataset/create", `{"name":"x"}`, 403},
		{"admin", Grant{Permission: PermWrite}, "POST", "/events/dataset/create", `{"name":"y"}`, 200},
		{"nobody", Grant{}, "PATCH", "/events/" + r.open, patch, 403},
	} {
		if got, body := r.ask(c.grant, c.method, c.path, c.body); got != c.want {
			t.Errorf("%s, %s %s: %d, want %d: %s", c.who, c.method, c.path, got, c.want, body)
		}
	}
}

// TestLimitedAnswersNameNothingHidden asks everything that a limited caller may
// and looks for what they must not see.
func TestLimitedAnswersNameNothingHidden(t *testing.T) {
	r := newLimitedRig(t)
	reads := 0
	for name, limit := range map[string]*store.Limit{"by TLP": {MaxTLP: api.TLPAmber}, "by dataset": {Datasets: []string{api.DefaultDataset}}} {
		g := Grant{Permission: PermRead, Limit: limit}
		graphql := fmt.Sprintf(`{"query":%q}`, `{ events(filter: {datasetId: ["all"]}) { total groupBy(columns: ["attacker"], limit: 10) { rows { keys count } } } }`)
		for _, key := range limitedMay() {
			method, path, _ := strings.Cut(key, " ")
			if slices.Contains(limitedChanges(), key) {
				continue
			}
			reads++
			path = strings.NewReplacer("{event_id}", r.hidden, "{dataset_id}", r.dataset, "{raw_id}", "2", "{query_id}", "3").Replace(path)
			body := `{"datasetId":["all"]}`
			switch {
			case strings.HasSuffix(path, "/graphql"):
				body = graphql
			case strings.HasSuffix(path, "/explain"):
				body = `{"datasetId":["all"],"search":[{"field":"attacker","op":"equals","value":"HIDDENON"},{"field":"text","op":"find","value":"hidden"}]}`
			case strings.HasSuffix(path, "/lookup"):
				body = `{"indicators":["hidden.example","https://a.hidden.example/x","hiddenone.example"]}`
			}
			if method == http.MethodGet {
				path, body = path+"?datasetIds=all&datasetId=all&aggregateBy=attacker&seeds=event:"+r.hidden, ""
			}
			status, text := r.ask(g, method, path, body)
			asked, _, _ := strings.Cut(text, "no ") // a refusal repeats what was asked for
			if strings.Contains(text, "HIDDENONE") || strings.Contains(asked, r.hidden) || limit.Datasets != nil && strings.Contains(text, "Secret") {
				t.Errorf("%s, %s: %d %s", name, key, status, text)
			}
		}
		if status, text := r.ask(g, "POST", "/v2/events/graphql", graphql); status != 200 || !strings.Contains(text, `"total":1`) {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if status, text := r.ask(g, "GET", "/events?datasetId=all", ""); status != 200 || !strings.Contains(text, r.open) {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	if reads < 40 {
		t.Errorf("only %d questions asked", reads)
	}
}

// TestListedOperationsExist keeps the lists from naming what isn't there.
func TestListedOperationsExist(t *testing.T) {
	var all []string
	for _, rt := range (&server{}).routes() {
		all = append(all, rt.method+" "+rt.pattern)
	}
	for _, key := range append(triages(), limitedMay()...) {
		if !slices.Contains(all, key) {
			t.Errorf("%s is no operation", key)
		}
	}
}

// TestLimitedRunsTheAccountsQueries lists the saved queries to a role that
// sees a part, without those that name what isn't there for it, and runs one:
// its events and its count are the role's.
func TestLimitedRunsTheAccountsQueries(t *testing.T) {
	r := newLimitedRig(t)
	for _, c := range []struct {
		name  string
		limit *store.Limit
		names []string
		third int // status of the query that names the other dataset
	}{
		{"no limit", nil, []string{"everywhere", "without a dataset", "in the Secret one"}, 200},
		{"by TLP", &store.Limit{MaxTLP: api.TLPAmber}, []string{"everywhere", "without a dataset", "in the Secret one"}, 200},
		{"by dataset", &store.Limit{Datasets: []string{api.DefaultDataset}}, []string{"everywhere", "without a dataset"}, 404},
	} {
		g := Grant{Permission: PermTriage, Limit: c.limit}
		var list struct{ Result []api.SavedQuery }
		status, text := r.ask(g, "GET", "/events/queries", "")
		if err := json.Unmarshal([]byte(text), &list); err != nil || status != 200 {
			t.Fatalf("%s: %d %s", c.name, status, text)
		}
		var names []string
		for _, q := range list.Result {
			names = append(names, q.Name)
		}
		if !slices.Equal(names, c.names) {
			t.Errorf("%s: lists %q, want %q", c.name, names, c.names)
		}
		if status, text := r.ask(g, "GET", "/events/queries/3", ""); status != c.third {
			t.Errorf("%s: %d %s", c.name, status, text)
		}
		want := map[bool]string{true: `"total_count":2`, false: `"total_count":1`}[c.limit == nil]
		if status, text := r.ask(g, "POST", "/events", list.Result[0].QueryJSON); status != 200 || !strings.Contains(text, want) || c.limit != nil && strings.Contains(text, r.hidden) {
			t.Errorf("%s: running it: %d %s", c.name, status, text)
		}
		if c.limit == nil {
			continue
		}
		for _, op := range []string{"POST /events/queries/create", "PATCH /events/queries/1", "DELETE /events/queries/1", "GET /events/queries/alerts", "GET /events/queries/alerts/inbox"} {
			method, path, _ := strings.Cut(op, " ")
			if status, text := r.ask(g, method, path, `{"name":"x","query_json":"{}"}`); status != 403 {
				t.Errorf("%s, %s: %d %s", c.name, op, status, text)
			}
		}
	}
}
