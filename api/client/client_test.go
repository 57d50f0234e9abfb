package client

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"threatbench/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "s3cr3t-token-value"

// roundTrip answers requests without a socket.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func reply(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

// fake is a client whose requests f answers.
func fake(t *testing.T, f roundTrip, change ...func(*Config)) *Client {
	t.Helper()
	conf := Config{BaseURL: "http://events.example/client/v4", Account: "acc", Token: secret, Transport: f, Jitter: func() float64 { return 0.5 }}
	for _, ch := range change {
		ch(&conf)
	}
	c, err := New(conf)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// served is a client of a real server on a socket of this machine.
func served(t *testing.T, h http.Handler) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := New(Config{BaseURL: s.URL + "/client/v4", Account: "acc", Token: secret, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	for name, tc := range map[string]struct {
		conf Config
		want string
	}{
		"no account":       {Config{}, "account: missing"},
		"no scheme":        {Config{Account: "a", BaseURL: "api.example/v4"}, "want http:// or https://"},
		"other scheme":     {Config{Account: "a", BaseURL: "ftp://api.example"}, "want http:// or https://"},
		"no host":          {Config{Account: "a", BaseURL: "https:///v4"}, "no host"},
		"not a URL":        {Config{Account: "a", BaseURL: "http://[::1"}, "not a URL"},
		"password inside":  {Config{Account: "a", BaseURL: "https://u:" + secret + "@api.example"}, "no user or password"},
		"query":            {Config{Account: "a", BaseURL: "https://api.example/?x=1"}, "nothing may follow the path"},
		"e-mail alone":     {Config{Account: "a", Email: "me@example.org"}, "go together"},
		"key alone":        {Config{Account: "a", Key: secret}, "go together"},
		"token with break": {Config{Account: "a", Token: secret + "\n"}, "token: holds a character"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(tc.conf)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want …%s…", err, tc.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error tells the secret: %v", err)
			}
		})
	}
}

func TestCredentialsAndPath(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		want   map[string]string
	}{
		"token": {func(*Config) {}, map[string]string{"Authorization": "Bearer " + secret, "X-Auth-Key": "", "X-Auth-Email": ""}},
		"key":   {func(c *Config) { c.Token, c.Email, c.Key = "", "me@example.org", "kkk" }, map[string]string{"Authorization": "", "X-Auth-Key": "kkk", "X-Auth-Email": "me@example.org"}},
		"token before key": {func(c *Config) { c.Email, c.Key = "me@example.org", "kkk" },
			map[string]string{"Authorization": "Bearer " + secret, "X-Auth-Key": ""}},
		"none": {func(c *Config) { c.Token = "" }, map[string]string{"Authorization": "", "X-Auth-Key": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			var got *http.Request
			c := fake(t, func(r *http.Request) (*http.Response, error) {
				got = r
				return reply(200, `[]`), nil
			}, tc.change, func(c *Config) { c.Account = "a/b" })
			if _, err := c.List(t.Context(), api.ListQuery{}); err != nil {
				t.Fatal(err)
			}
			for h, want := range tc.want {
				if got.Header.Get(h) != want {
					t.Errorf("%s: got %q, want %q", h, got.Header.Get(h), want)
				}
			}
			if p := got.URL.EscapedPath(); p != "/client/v4/accounts/a%2Fb/cloudforce-one/events" {
				t.Errorf("path %s", p)
			}
		})
	}
}

const oneEvent = `{"uuid":"u1","event":"seen","tags":["a"],"killChain":"3"}`

func TestListReadsBothForms(t *testing.T) {
	for name, tc := range map[string]struct {
		res  *http.Response
		want api.ResultInfo
	}{
		"enveloped": {reply(200, `{"success":true,"errors":[],"messages":[],"result":[`+oneEvent+`],"result_info":{"count":1,"page":1,"per_page":100,"total_count":7,"total_pages":1,"cursor":"c"}}`),
			api.ResultInfo{Count: 1, Page: 1, PerPage: 100, TotalCount: 7, TotalPages: 1, Cursor: "c"}},
		"bare with header": {reply(200, `[`+oneEvent+`]`, "X-Result-Info", `{"count":1,"page":1,"per_page":100,"total_count":7,"total_pages":1,"cursor":"c"}`),
			api.ResultInfo{Count: 1, Page: 1, PerPage: 100, TotalCount: 7, TotalPages: 1, Cursor: "c"}},
		"bare without":      {reply(200, `[`+oneEvent+`]`), api.ResultInfo{Count: 1, Page: 1, PerPage: 100, TotalCount: 1}},
		"numbers as text":   {reply(200, `{"success":true,"result":[`+oneEvent+`],"result_info":{"count":"1","total_count":"7","cursor":"c"}}`), api.ResultInfo{Count: 1, TotalCount: 7, Cursor: "c"}},
		"total left unsaid": {reply(200, `{"success":true,"result":[`+oneEvent+`],"result_info":{"count":1}}`), api.ResultInfo{Count: 1, TotalCount: 1}},
		"not exact":         {reply(200, `{"success":true,"result":[`+oneEvent+`],"result_info":{"count":1,"total_count":1,"total_count_is_exact":false,"cursor":"c"}}`), api.ResultInfo{Count: 1, TotalCount: -1, Cursor: "c"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := fake(t, func(*http.Request) (*http.Response, error) { return tc.res, nil })
			p, err := c.List(t.Context(), api.ListQuery{})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(p.Info, tc.want) {
				t.Errorf("info %+v, want %+v", p.Info, tc.want)
			}
			if len(p.Events) != 1 || p.Events[0].UUID != "u1" || p.Events[0].KillChain != 3 {
				t.Errorf("events %+v", p.Events)
			}
		})
	}
}

func genCondition(branch bool) *rapid.Generator[api.Condition] {
	return rapid.Custom(func(t *rapid.T) api.Condition {
		fields := []api.Field{api.FieldAttacker, api.FieldTags, api.FieldEvent, api.FieldTargetCountry}
		if !branch {
			fields = append(fields, api.FieldIndicator)
		}
		c := api.Condition{Field: rapid.SampledFrom(fields).Draw(t, "field"), Op: rapid.SampledFrom(api.Ops()).Draw(t, "op")}
		n := 1
		if c.Op == api.OpIn {
			n = rapid.IntRange(1, 30).Draw(t, "n")
		}
		for range n {
			c.Values = append(c.Values, rapid.StringMatching(`[a-zA-Z0-9 &=+%#"\\é\[\]{}]{1,60}`).Draw(t, "value"))
		}
		return c
	})
}

// Whatever the query, the server gets all of it, in a URL of at most the
// allowed length or in a body.
func TestListSendsTheWholeQuery(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		q := api.ListQuery{
			Search:   rapid.SliceOfN(genCondition(false), 0, 10).Draw(rt, "search"),
			Datasets: rapid.SliceOfN(rapid.StringMatching(`[0-9a-f]{8}`), 0, 5).Draw(rt, "datasets"),
			Page:     rapid.IntRange(0, 9).Draw(rt, "page"),
			PageSize: rapid.IntRange(0, 500).Draw(rt, "size"),
			OrderBy:  rapid.SampledFrom([]string{"", "attacker"}).Draw(rt, "by"),
			Order:    rapid.SampledFrom([]string{"", "asc"}).Draw(rt, "order"),
			Branches: rapid.SliceOfN(rapid.SliceOfN(genCondition(true), 1, 3), 0, 8).Draw(rt, "branches"),
		}
		var got api.ListQuery
		c := fake(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/capabilities") {
				return reply(200, mustJSON(api.Capabilities{Operators: api.OwnOperators()})), nil
			}
			got = sentQuery(rt, r)
			return reply(200, `[]`), nil
		})
		if _, err := c.List(context.Background(), q); err != nil {
			rt.Fatal(err)
		}
		a, b := mustJSON(q), mustJSON(got)
		if a != b {
			rt.Fatalf("sent %s\n got %s", a, b)
		}
	})
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func sentQuery(t *rapid.T, r *http.Request) (q api.ListQuery) {
	if n := len(r.URL.String()); n > api.MaxURLLength {
		t.Fatalf("URL of %d characters", n)
	}
	if r.Method == http.MethodPost {
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Fatal(err)
		}
		return q
	}
	v := r.URL.Query()
	keys := map[string]any{"search": &q.Search, "searchBranches": &q.Branches, "page": &q.Page, "pageSize": &q.PageSize}
	for key, into := range keys {
		if s := v.Get(key); s != "" {
			if err := json.Unmarshal([]byte(s), into); err != nil {
				t.Fatal(err)
			}
		}
	}
	q.Datasets, q.OrderBy, q.Order = v["datasetId"], v.Get("orderBy"), v.Get("order")
	return q
}

func TestLongQueryGoesAsPost(t *testing.T) {
	for _, n := range []int{1, 60} {
		cond := api.Condition{Field: api.FieldEvent, Op: api.OpIn}
		for range n {
			cond.Values = append(cond.Values, strings.Repeat("x", 120))
		}
		var method string
		c := fake(t, func(r *http.Request) (*http.Response, error) {
			method = r.Method
			return reply(200, `[]`), nil
		})
		if _, err := c.List(t.Context(), api.ListQuery{Search: []api.Condition{cond}}); err != nil {
			t.Fatal(err)
		}
		if want := map[int]string{1: "GET", 60: "POST"}[n]; method != want {
			t.Errorf("%d values: %s, want %s", n, method, want)
		}
	}
}

func TestAQueryPastALimitCostsNoCall(t *testing.T) {
	c := fake(t, func(*http.Request) (*http.Response, error) { return nil, errors.New("must not be called") })
	_, err := c.List(t.Context(), api.ListQuery{PageSize: api.MaxPageSize + 1})
	if api.StatusOf(err) != 400 || !strings.Contains(err.Error(), "pageSize") || c.Stats().Calls != 0 {
		t.Errorf("got %v after %d calls", err, c.Stats().Calls)
	}
}

func TestEventPaths(t *testing.T) {
	for dataset, want := range map[string]string{
		"d 1": "/client/v4/accounts/acc/cloudforce-one/events/dataset/d%201/events/e%2F1",
		"":    "/client/v4/accounts/acc/cloudforce-one/events/e%2F1",
	} {
		c := fake(t, func(r *http.Request) (*http.Response, error) {
			if got := r.URL.EscapedPath(); got != want {
				t.Errorf("path %s, want %s", got, want)
			}
			return reply(200, oneEvent), nil
		})
		if e, err := c.Event(t.Context(), dataset, "e/1"); err != nil || e.UUID != "u1" {
			t.Errorf("%+v, %v", e, err)
		}
	}
}

func TestRawOnOldAndNewServers(t *testing.T) {
	const newer = "/client/v4/accounts/acc/cloudforce-one/events/datasets/d/events/e/raw"
	const older = "/client/v4/accounts/acc/cloudforce-one/events/raw/d/e"
	for name, tc := range map[string]struct {
		known map[string]string
		calls int // of two reads
		ok    bool
	}{
		"newer":   {map[string]string{newer: `{"id":7,"data":"{\"a\":1}"}`}, 2, true},
		"older":   {map[string]string{older: `{"id":"7","data":{"a":1}}`}, 3, true},
		"missing": {nil, 4, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := fake(t, func(r *http.Request) (*http.Response, error) {
				if body, ok := tc.known[r.URL.Path]; ok {
					return reply(200, body), nil
				}
				return reply(404, `{"success":false,"errors":[{"code":404,"message":"no raw record"}],"result":{}}`), nil
			})
			for range 2 {
				r, err := c.Raw(t.Context(), "d", "e")
				if (err == nil) != tc.ok {
					t.Fatalf("error %v", err)
				}
				if tc.ok && (r.ID != "7" || string(r.Data) != `{"a":1}`) {
					t.Errorf("%+v", r)
				}
			}
			if got := c.Stats().Calls; got != tc.calls {
				t.Errorf("%d calls, want %d", got, tc.calls)
			}
		})
	}
}

func TestRawWithoutDatasetLearnsIt(t *testing.T) {
	var paths []string
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		paths = append(paths, strings.TrimPrefix(r.URL.Path, "/client/v4/accounts/acc/cloudforce-one"))
		if strings.HasSuffix(r.URL.Path, "/raw") {
			return reply(200, `{"id":"7","data":"{}"}`), nil
		}
		return reply(200, `{"uuid":"e","datasetId":"d9"}`), nil
	})
	if _, err := c.Raw(t.Context(), "", "e"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(paths, " "); got != "/events/e /events/datasets/d9/events/e/raw" {
		t.Error(got)
	}
}

func TestCreates(t *testing.T) {
	var path string
	var body map[string]any
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		path = strings.TrimPrefix(r.URL.Path, "/client/v4/accounts/acc/cloudforce-one")
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s", r.Method, r.Header.Get("Content-Type"))
		}
		body = nil
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		switch path {
		case "/events/create":
			return reply(200, oneEvent), nil
		case "/events/create/bulk":
			return reply(202, `{"success":true,"result":{"createdEventsCount":2,"errors":[{"eventIndex":1,"error":"no"}]}}`), nil
		case "/events/dataset/create":
			return reply(200, `{"uuid":"d1","name":"mine"}`), nil
		}
		return reply(200, `{"createdEventsCount":2,"createdRelationshipsCount":1}`), nil
	})
	e, err := c.Create(t.Context(), api.CreateEvent{Event: "x"})
	if err != nil || e.UUID != "u1" || body["event"] != "x" {
		t.Errorf("create: %+v %v %v", e, err, body)
	}
	in := api.BulkCreate{DatasetID: "d", Data: []api.CreateEvent{{Event: "x"}}, PreserveUUID: true}
	res, err := c.CreateBulk(t.Context(), in)
	if err != nil || res.CreatedEventsCount != 2 || len(res.Errors) != 1 || path != "/events/create/bulk" || body["preserveUuid"] != true {
		t.Errorf("bulk: %+v %v %s", res, err, path)
	}
	res, err = c.CreateBulkRelated(t.Context(), in)
	if err != nil || res.CreatedRelationshipsCount != 1 || path != "/events/create/bulk/relationships" {
		t.Errorf("related: %+v %v %s", res, err, path)
	}
	d, err := c.CreateDataset(t.Context(), "mine", true)
	if err != nil || d.UUID != "d1" || body["isPublic"] != true || body["name"] != "mine" {
		t.Errorf("dataset: %+v %v %v", d, err, body)
	}
}

func TestCatalogs(t *testing.T) {
	answers := map[string]string{}
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		if a, ok := answers[strings.TrimPrefix(r.URL.Path, "/client/v4/accounts/acc/cloudforce-one")]; ok {
			return reply(200, a), nil
		}
		return reply(404, ``), nil
	})
	check := func(what string, got any, err error, want string) {
		t.Helper()
		if err != nil || mustJSON(got) != want {
			t.Errorf("%s: %s, %v; want %s", what, mustJSON(got), err, want)
		}
	}
	for _, form := range []string{`["A","B"]`, `{"items":["A","B"]}`, `[{"name":"A"},{"value":"B"}]`, `{"success":true,"result":{"items":["A","B"]}}`} {
		answers["/events/attackers"], answers["/events/targetIndustries"], answers["/events/indicatorTypes"] = form, form, form
		a, err := c.Attackers(t.Context())
		check("attackers "+form, a, err, `["A","B"]`)
		a, err = c.TargetIndustries(t.Context())
		check("industries "+form, a, err, `["A","B"]`)
		a, err = c.IndicatorTypes(t.Context())
		check("older indicator types "+form, a, err, `["A","B"]`)
	}
	for _, form := range []string{
		`[{"result":[{"alpha2":"UA","alpha3":"UKR","name":"Ukraine"}],"success":"true"}]`,
		`{"success":true,"result":[{"alpha2":"UA","alpha3":"UKR","name":"Ukraine"}]}`,
		`[{"alpha2":"UA","alpha3":"UKR","name":"Ukraine"}]`,
	} {
		answers["/events/countries"] = form
		l, err := c.Countries(t.Context())
		check("countries "+form, l, err, `[{"alpha2":"UA","alpha3":"UKR","name":"Ukraine"}]`)
	}
	for _, form := range []string{`{"tags":[{"uuid":"t","value":"c2"}],"pagination":{"total":1}}`, `[{"uuid":"t","value":"c2"}]`} {
		answers["/events/tags"] = form
		l, err := c.Tags(t.Context())
		check("tags "+form, l, err, `[{"uuid":"t","value":"c2"}]`)
	}
	answers["/events/dataset"] = `[{"uuid":"d","name":"D","isPublic":true,"isAnalytics":false}]`
	ds, err := c.Datasets(t.Context())
	check("datasets", ds, err, `[{"uuid":"d","name":"D","isPublic":true,"isAnalytics":false}]`)
	answers["/events/categories"] = `[{"uuid":"c","name":"C","killChain":3,"mitreAttack":["T1"]}]`
	cs, err := c.Categories(t.Context())
	check("categories", cs, err, `[{"uuid":"c","name":"C","killChain":3,"mitreAttack":["T1"]}]`)
}

func TestGzipFromASocketAndFromMemory(t *testing.T) {
	packed := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		if _, err := io.WriteString(z, `[`+oneEvent+`]`); err != nil {
			t.Error(err)
		}
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	}
	onSocket := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip isn't asked for")
		}
		packed(w, r)
	}))
	inMemory := fake(t, func(r *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		packed(w, r)
		return w.Result(), nil
	})
	for _, c := range []*Client{onSocket, inMemory} {
		if p, err := c.List(t.Context(), api.ListQuery{}); err != nil || len(p.Events) != 1 {
			t.Errorf("%+v, %v", p, err)
		}
	}
}

func TestAggregate(t *testing.T) {
	var got url.Values
	c := fake(t, func(r *http.Request) (*http.Response, error) {
		got = r.URL.Query()
		return reply(200, `{"aggregateBy":"attacker,tlp","aggregations":[{"attacker":null,"tlp":"red","count":3,"date":"2024-01-01"}],"total":3}`), nil
	})
	res, err := c.Aggregate(t.Context(), api.AggregateQuery{AggregateBy: []string{"attacker", "tlp"}, Datasets: []string{"d1", "d2"}, StartDate: "2024-01-01", EndDate: "2024-02-01", GroupByDate: true, Limit: 5})
	if err != nil || res.Total != 3 || res.Aggregations[0]["attacker"] != nil || res.Aggregations[0]["count"] != 3.0 {
		t.Errorf("%+v, %v", res, err)
	}
	want := url.Values{"aggregateBy": {"attacker,tlp"}, "datasetId": {"d1", "d2"}, "startDate": {"2024-01-01"}, "endDate": {"2024-02-01"}, "groupByDate": {"true"}, "limit": {"5"}}
	if got.Encode() != want.Encode() {
		t.Errorf("sent %s", got.Encode())
	}
	if _, err := c.Aggregate(t.Context(), api.AggregateQuery{}); api.StatusOf(err) != 400 {
		t.Errorf("no column: %v", err)
	}
}
