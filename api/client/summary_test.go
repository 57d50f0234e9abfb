package client

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	graphql "github.com/graph-gophers/graphql-go"
	"pgregory.net/rapid"

	"threatbench/api"
)

// graphServer notes the GraphQL bodies and the aggregate queries it gets.
type graphServer struct {
	mu        sync.Mutex
	graph     func(path, query string) *http.Response
	bodies    []string
	aggregate []string
}

func (s *graphServer) roundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/client/v4/accounts/acc/cloudforce-one")
	if path == "/events/aggregate" {
		s.aggregate = append(s.aggregate, r.URL.RawQuery)
		return reply(200, restAnswer(r)), nil
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.bodies = append(s.bodies, string(b))
	return s.graph(path, string(b)), nil
}

func restAnswer(r *http.Request) string {
	if r.URL.Query().Get("groupByDate") == "true" {
		return `{"aggregations":[{"hasChildren":false,"date":"2024-01-01","count":3},{"hasChildren":true,"date":"2024-01-01","count":1},{"hasChildren":false,"date":"2024-01-03","count":2}],"total":6}`
	}
	return `{"aggregations":[{"` + r.URL.Query().Get("aggregateBy") + `":null,"count":4},{"` + r.URL.Query().Get("aggregateBy") + `":7,"count":2}],"total":6}`
}

func summaryOf(filtered bool) api.SummaryQuery {
	q := api.SummaryQuery{Facets: []string{"attacker", "killChain"}, FacetLimit: 5, MaxBuckets: 10}
	if filtered {
		q.Filter = api.ListQuery{
			Search:   []api.Condition{{Field: api.FieldAttacker, Op: api.OpIn, Values: []string{"A", "B"}}, {Field: api.FieldKillChain, Op: api.OpGt, Values: []string{"3"}}},
			Branches: [][]api.Condition{{{Field: api.FieldTLP, Op: api.OpNot, Values: []string{"red"}}}},
			Datasets: []string{"all"}, Page: 4, PageSize: 50, OrderBy: "attacker", Order: "asc",
		}
	}
	return q
}

const graphAnswer = `{"data":{"events":{"total":6,
 "f0":{"distinct":9,"rows":[{"keys":["A"],"count":4},{"keys":[null],"count":2}]},
 "f1":{"distinct":1,"rows":[{"keys":["3"],"count":6}]},
 "timeline":{"bucket":"DAY","start":"2024-01-01T00:00:00Z","end":"2024-01-03T10:00:00Z","points":[{"date":"2024-01-01T00:00:00Z","count":6}]}}}}`

func TestSummaryIsOneGraphQLCall(t *testing.T) {
	s := &graphServer{graph: func(string, string) *http.Response { return reply(200, graphAnswer) }}
	c := fake(t, s.roundTrip)
	got, err := c.Summary(t.Context(), summaryOf(true))
	if err != nil {
		t.Fatal(err)
	}
	day, _ := api.ParseTime("2024-01-01")
	end, _ := api.ParseTime("2024-01-03T10:00:00Z")
	want := api.Summary{
		Total: 6,
		Facets: []api.Facet{
			{Column: "attacker", Distinct: 9, Top: []api.Count{{Value: "A", Count: 4}, {Value: "", Count: 2}}},
			{Column: "killChain", Distinct: 1, Top: []api.Count{{Value: "3", Count: 6}}},
		},
		Timeline: api.Timeline{Bucket: api.BucketDay, Start: day, End: end, Points: []api.Point{{Start: day, Count: 6}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if len(s.bodies) != 1 || c.Stats().Calls != 1 {
		t.Fatalf("%d calls", c.Stats().Calls)
	}
	var body struct {
		Query     string
		Variables json.RawMessage
	}
	if err := json.Unmarshal([]byte(s.bodies[0]), &body); err != nil {
		t.Fatal(err)
	}
	const query = `query Summary($filter: EventFilter) { events(filter: $filter) { total f0: groupBy(columns: ["attacker"], limit: 5) { distinct rows { keys count } } f1: groupBy(columns: ["killChain"], limit: 5) { distinct rows { keys count } } timeline(maxBuckets: 10) { bucket start end points { date count } } } }`
	const vars = `{"filter":{"datasetId":["all"],"search":[{"field":"attacker","op":"in","values":["A","B"]},{"field":"killChain","op":"gt","value":"3"}],"searchBranches":[[{"field":"tlp","op":"not","value":"red"}]]}}`
	if body.Query != query || string(body.Variables) != vars {
		t.Errorf("sent %s\n%s", body.Query, body.Variables)
	}
}

// What we ask is held against the schema that our server serves.
func TestOurQueriesFitOurSchema(t *testing.T) {
	text, err := os.ReadFile("../server/schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := graphql.ParseSchema(string(text), nil, graphql.UseStringDescriptions())
	if err != nil {
		t.Fatal(err)
	}
	all := summaryOf(true)
	all.Facets = api.AggregateColumns()
	none := api.SummaryQuery{}
	for _, q := range []api.SummaryQuery{summaryOf(true), all, none} {
		var vars map[string]any
		if err := json.Unmarshal([]byte(mustJSON(map[string]any{"filter": graphFilter(q.Filter)})), &vars); err != nil {
			t.Fatal(err)
		}
		if errs := schema.ValidateWithVariables(summaryQuery(q), vars); len(errs) > 0 {
			t.Errorf("%s: %v", summaryQuery(q), errs)
		}
	}
	if errs := schema.Validate(knownQuery); len(errs) > 0 {
		t.Errorf("%s: %v", knownQuery, errs)
	}
	if schema.AST().Types["EventFilter"] == nil {
		t.Error("the schema has no EventFilter, by which we know it")
	}
}

func TestSummaryFallsBackToREST(t *testing.T) {
	none := func(string, string) *http.Response { return reply(404, ``) }
	for name, graph := range map[string]func(path, query string) *http.Response{
		"no GraphQL": none,
		"400": func(string, string) *http.Response {
			return reply(400, `{"errors":[{"message":"Unknown type EventFilter"}]}`)
		},
		"other schema": func(_, q string) *http.Response {
			if strings.Contains(q, "__type") {
				return reply(200, `{"data":{"__type":null}}`)
			}
			return reply(200, `{"data":null,"errors":[{"message":"Cannot query field \"events\" on type \"Query\"."}]}`)
		},
		"no introspection": func(string, string) *http.Response {
			return reply(200, `{"errors":[{"message":"introspection is off, and no field events"}]}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &graphServer{graph: graph}
			c := fake(t, s.roundTrip)
			for _, filtered := range []bool{true, false} {
				got, err := c.Summary(t.Context(), summaryOf(filtered))
				if err != nil {
					t.Fatal(err)
				}
				checkRESTSummary(t, got, filtered)
			}
			asked := len(s.bodies)
			if _, err := c.Summary(t.Context(), summaryOf(true)); err != nil || len(s.bodies) != asked {
				t.Errorf("GraphQL was asked again: %d then %d times, %v", asked, len(s.bodies), err)
			}
			if asked > 4 || len(s.aggregate) != 9 {
				t.Errorf("%d GraphQL calls, %d counts", asked, len(s.aggregate))
			}
		})
	}
}

func checkRESTSummary(t *testing.T, got api.Summary, filtered bool) {
	t.Helper()
	first, _ := api.ParseTime("2024-01-01")
	last, _ := api.ParseTime("2024-01-03")
	want := api.Summary{
		Total: 6, Unfiltered: filtered,
		Facets: []api.Facet{
			{Column: "attacker", Distinct: 2, Top: []api.Count{{Value: "", Count: 4}, {Value: "7", Count: 2}}},
			{Column: "killChain", Distinct: 2, Top: []api.Count{{Value: "", Count: 4}, {Value: "7", Count: 2}}},
		},
		Timeline: api.Timeline{Bucket: api.BucketDay, Start: first, End: last, Points: []api.Point{{Start: first, Count: 4}, {Start: last, Count: 2}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// A failure that says nothing about the schema is told, and GraphQL is asked
// again the next time.
func TestSummaryKeepsGraphQLOverPassingFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		graph func(path, query string) *http.Response
		want  string // "": REST stands in
	}{
		"down":        {func(string, string) *http.Response { return reply(503, ``) }, ""},
		"credentials": {func(string, string) *http.Response { return reply(401, ``) }, "(401)"},
		"our schema, bad dataset": {func(_, q string) *http.Response {
			if strings.Contains(q, "__type") {
				return reply(200, `{"data":{"__type":{"name":"EventFilter"}}}`)
			}
			return reply(200, `{"data":null,"errors":[{"message":"no dataset x"}]}`)
		}, "no dataset x"},
		"probe fails": {func(_, q string) *http.Response {
			if strings.Contains(q, "__type") {
				return reply(500, ``)
			}
			return reply(400, `{"errors":[{"message":"hm"}]}`)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &graphServer{graph: tc.graph}
			c := fake(t, s.roundTrip, func(c *Config) { c.Retries = -1 })
			sum, err := c.Summary(t.Context(), summaryOf(true))
			if tc.want == "" {
				if err != nil || !sum.Passing || !sum.Unfiltered || len(s.aggregate) != 3 {
					t.Errorf("%v, %+v, %d counts", err, sum, len(s.aggregate))
				}
			} else if err == nil || !strings.Contains(err.Error(), tc.want) || len(s.aggregate) != 0 {
				t.Errorf("%v, %d counts", err, len(s.aggregate))
			}
			s.graph = func(string, string) *http.Response { return reply(200, graphAnswer) }
			if _, err := c.Summary(t.Context(), summaryOf(true)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSummaryOnTheOlderGraphQLPath(t *testing.T) {
	s := &graphServer{graph: func(path, _ string) *http.Response {
		if path == "/v2/events/graphql" {
			return reply(404, ``)
		}
		return reply(200, graphAnswer)
	}}
	c := fake(t, s.roundTrip)
	for range 2 {
		if sum, err := c.Summary(t.Context(), summaryOf(true)); err != nil || sum.Unfiltered {
			t.Errorf("%+v, %v", sum, err)
		}
	}
	if c.Stats().Calls != 3 {
		t.Errorf("%d calls, want 3", c.Stats().Calls)
	}
}

func TestSummaryRefusesUnknownColumnsAndBadFilters(t *testing.T) {
	c := fake(t, func(*http.Request) (*http.Response, error) { t.Error("called"); return reply(500, ""), nil })
	for _, q := range []api.SummaryQuery{
		{Facets: []string{`tlp"]){x}`}},
		{Filter: api.ListQuery{Search: make([]api.Condition, 11)}},
	} {
		if _, err := c.Summary(t.Context(), q); api.StatusOf(err) != 400 {
			t.Errorf("%v", err)
		}
	}
}

func TestQueryTellsErrors(t *testing.T) {
	c := fake(t, func(*http.Request) (*http.Response, error) {
		return reply(200, `{"data":{"a":1},"errors":[{"message":"one"},{"message":"two\u001b"}]}`), nil
	})
	if _, err := c.Query(t.Context(), "{a}", nil); err == nil || err.Error() != "GraphQL: one; two␛" {
		t.Error(err)
	}
}

// A timeline loses no event, keeps its order and its bound.
func TestTimelineOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := map[time.Time]int{}
		sum := 0
		for range rapid.IntRange(1, 60).Draw(t, "n") {
			d := time.Date(1995, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 4000).Draw(t, "day"))
			n := rapid.IntRange(1, 9).Draw(t, "count")
			days[d] += n
			sum += n
		}
		most := rapid.IntRange(12, 100).Draw(t, "most")
		tl := timelineOf(days, most)
		if len(tl.Points) > most {
			t.Fatalf("%d points of %s, want at most %d", len(tl.Points), tl.Bucket, most)
		}
		for i, p := range tl.Points {
			sum -= p.Count
			if i > 0 && !tl.Points[i-1].Start.Before(p.Start.Time) {
				t.Fatalf("point %d isn't after its neighbour", i)
			}
			if tl.Bucket == api.BucketWeek && p.Start.Weekday() != time.Monday {
				t.Fatalf("a week starts on %s", p.Start.Weekday())
			}
		}
		if sum != 0 {
			t.Fatalf("%d events lost", sum)
		}
	})
	if tl := timelineOf(nil, 10); len(tl.Points) != 0 {
		t.Errorf("%+v", tl)
	}
}

// Once the schema is known to be ours, a query it refuses costs no further
// look at it.
func TestTheSchemaIsLookedAtOnce(t *testing.T) {
	s := &graphServer{graph: func(_, q string) *http.Response {
		if strings.Contains(q, "__type") {
			return reply(200, `{"data":{"__type":{"name":"EventFilter"}}}`)
		}
		return reply(200, `{"data":null,"errors":[{"message":"no dataset x"}]}`)
	}}
	c := fake(t, s.roundTrip)
	for range 3 {
		if _, err := c.Summary(t.Context(), summaryOf(true)); err == nil {
			t.Error("no error")
		}
	}
	if len(s.bodies) != 4 {
		t.Errorf("%d calls, want 3 and one look", len(s.bodies))
	}
}
