package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// gql is an answer of the GraphQL endpoint.
type gql struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

func (r *rig) graphql(query string, variables any) gql {
	r.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		r.t.Fatal(err)
	}
	rep := r.do("POST", "/v2/events/graphql", string(body))
	if rep.status != http.StatusOK {
		r.t.Fatalf("got %d: %s", rep.status, rep.body)
	}
	var out gql
	if err := json.Unmarshal(rep.body, &out); err != nil {
		r.t.Fatalf("%v in %s", err, rep.body)
	}
	return out
}

// answered reads the data of an answer without errors.
func answered[T any](r *rig, query string, variables any) (v T) {
	r.t.Helper()
	res := r.graphql(query, variables)
	if len(res.Errors) != 0 {
		r.t.Fatalf("got %+v", res.Errors)
	}
	if err := json.Unmarshal(res.Data, &v); err != nil {
		r.t.Fatalf("%v in %s", err, res.Data)
	}
	return v
}

type setAnswer struct {
	Events struct {
		Total    int
		F0, F1   groupsAnswer
		Timeline struct {
			Bucket, Start, End string
			Points             []struct {
				Date  string
				Count int
			}
		}
	}
}

type groupsAnswer struct {
	Distinct int
	Rows     []struct {
		Keys  []*string
		Date  *string
		Count int
	}
}

func TestGraphQLSummary(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		r.seed(24)
		const query = `query Summary($f: EventFilter) { events(filter: $f) {
			total
			f0: groupBy(columns: ["attacker"], limit: 2) { distinct rows { keys count } }
			f1: groupBy(columns: ["attacker"], sort: KEY_DESC) { distinct rows { keys date count } }
			timeline(maxBuckets: 60) { bucket start end points { date count } }
		} }`
		all := answered[setAnswer](r, query, nil).Events
		if all.Total != 24 || all.F0.Distinct != 3 || len(all.F0.Rows) != 2 || *all.F0.Rows[0].Keys[0] != "ALPHA" || all.F0.Rows[0].Count != 8 {
			t.Errorf("got %+v", all)
		}
		if all.F1.Distinct != 3 || *all.F1.Rows[0].Keys[0] != "GAMMA" || *all.F1.Rows[2].Keys[0] != "ALPHA" || all.F1.Rows[0].Date != nil {
			t.Errorf("got %+v", all.F1)
		}
		if tl := all.Timeline; tl.Bucket != "minute" || tl.Start != "2024-05-01T00:00:00Z" || tl.End != "2024-05-01T00:23:00Z" || len(tl.Points) != 24 || tl.Points[0].Count != 1 {
			t.Errorf("got %+v", all.Timeline)
		}
		some := answered[setAnswer](r, query, map[string]any{"f": map[string]any{
			"search":         []any{map[string]any{"field": "attacker", "op": "in", "values": []string{"alpha", "beta"}}},
			"searchBranches": []any{[]any{map[string]any{"field": "tlp", "op": "equals", "value": "red"}}, []any{map[string]any{"field": "killChain", "op": "equals", "value": "0"}}},
			"datasetId":      []string{"all"},
		}}).Events
		if some.Total != 6 {
			t.Errorf("filtered: got %d", some.Total)
		}
		none := answered[setAnswer](r, query, map[string]any{"f": map[string]any{"search": []any{map[string]any{"field": "tags", "op": "equals", "value": "none"}}}}).Events
		if none.Total != 0 || none.F0.Distinct != 0 || len(none.Timeline.Points) != 0 {
			t.Errorf("no match: got %+v", none)
		}
	})
}

func TestGraphQLGroups(t *testing.T) {
	r := newRig(t, Config{})
	r.seed(24)
	r.do("POST", "/events/create", newEvent("date", "2024-05-03", "attacker", nil)).wantSuccess()
	type answer struct{ Events struct{ F0 groupsAnswer } }
	two := answered[answer](r, `{ events { f0: groupBy(columns: ["attacker","tlp"], bucket: DAY, endDate: "2024-05-01", limit: 3, sort: COUNT_ASC) { distinct rows { keys date count } } } }`, nil).Events.F0
	if two.Distinct != 12 || len(two.Rows) != 3 || len(two.Rows[0].Keys) != 2 || two.Rows[0].Count != 2 || two.Rows[0].Date == nil || *two.Rows[0].Date != "2024-05-01T00:00:00Z" {
		t.Errorf("got %+v", two)
	}
	days := answered[answer](r, `{ events { f0: groupBy(bucket: DAY, sort: KEY_DESC) { distinct rows { keys date count } } } }`, nil).Events.F0
	if days.Distinct != 2 || *days.Rows[0].Date != "2024-05-03T00:00:00Z" || days.Rows[1].Count != 24 || len(days.Rows[0].Keys) != 0 {
		t.Errorf("got %+v", days)
	}
	late := answered[answer](r, `{ events { f0: groupBy(columns: ["attacker"], startDate: "2024-05-02") { distinct rows { keys count } } } }`, nil).Events.F0
	if late.Distinct != 1 || late.Rows[0].Keys[0] != nil {
		t.Errorf("an event without an attacker: got %+v", late)
	}
}

// TestGraphQLSeveralSelections asks for more snapshots, in one request and in
// many at once, than the store has to give at a time.
func TestGraphQLSeveralSelections(t *testing.T) {
	r := newRig(t, Config{})
	r.seed(24)
	query := `{ a: events { total f0: groupBy(columns: ["tlp"]) { distinct } } ` + aliases(15, `events(filter: {search: [{field: "attacker", op: "equals", value: "ALPHA"}]}) { total timeline { bucket } }`) + ` }`
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			res := r.graphql(query, nil)
			if len(res.Errors) != 0 || !strings.HasPrefix(string(res.Data), `{"a":{"total":24,"f0":{"distinct":4}},"f0":{"total":8,`) {
				t.Errorf("got %.200s, %v", res.Data, res.Errors)
			}
		})
	}
	wg.Wait()
}

func TestGraphQLIntrospection(t *testing.T) {
	r := rigOver(t, nil, Config{})
	// The query that the GraphQL tools send, at its full depth.
	deep := "kind name"
	for range 8 {
		deep = "kind name ofType { " + deep + " }"
	}
	got := answered[struct {
		Schema struct {
			QueryType struct{ Name string }
			Types     []struct{ Name string }
		} `json:"__schema"`
	}](r, `query IntrospectionQuery { __schema { queryType { name } types { kind name description fields(includeDeprecated: true) { name args { name type { `+deep+` } defaultValue } type { `+deep+` } } inputFields { name type { `+deep+` } } enumValues { name } } directives { name args { name type { `+deep+` } } } } }`, nil)
	names := ""
	for _, typ := range got.Schema.Types {
		names += typ.Name + " "
	}
	for _, want := range []string{"EventSet", "EventFilter", "ConditionInput", "Bucket", "Sort", "Groups", "Timeline"} {
		if !strings.Contains(names, want) {
			t.Errorf("no %s in %s", want, names)
		}
	}
	if got.Schema.QueryType.Name != "Query" {
		t.Errorf("got %+v", got.Schema.QueryType)
	}
}

// TestGraphQLIntrospectionWithEveryFlag sends what graphql-js makes where every
// option is on.
func TestGraphQLIntrospectionWithEveryFlag(t *testing.T) {
	r := rigOver(t, nil, Config{})
	ofType := ""
	for range 9 {
		ofType = "ofType { kind name " + ofType + " }"
	}
	got := answered[struct {
		Schema struct {
			Description *string
			Types       []struct {
				Kind    string
				Name    string
				IsOneOf *bool
			}
			Directives []struct {
				Name         string
				IsRepeatable *bool
			}
		} `json:"__schema"`
	}](r, `query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } subscriptionType { name kind } types { ...FullType }
		directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
	fragment FullType on __Type { kind name description specifiedByURL isOneOf
		fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
		inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
		enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
	fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
	fragment TypeRef on __Type { kind name `+ofType+` }`, nil)
	if len(got.Schema.Types) < 10 || len(got.Schema.Directives) == 0 || got.Schema.Description != nil {
		t.Errorf("got %+v", got)
	}
	for _, typ := range got.Schema.Types {
		if told := typ.IsOneOf != nil && !*typ.IsOneOf; told != (typ.Kind == "INPUT_OBJECT") {
			t.Errorf("%s %s: isOneOf %v", typ.Kind, typ.Name, typ.IsOneOf)
		}
	}
	for _, d := range got.Schema.Directives {
		if d.IsRepeatable == nil || *d.IsRepeatable {
			t.Errorf("@%s: isRepeatable %v", d.Name, d.IsRepeatable)
		}
	}
}

func TestGraphQLRefuses(t *testing.T) {
	r := newRig(t, Config{})
	for name, tc := range map[string]struct {
		query string
		words []string
	}{
		"syntax":             {`{ events`, []string{"syntax error"}},
		"no query":           {``, nil},
		"unknown field":      {`{ events { colour } }`, []string{"colour"}},
		"a mutation":         {`mutation { drop }`, nil},
		"unknown column":     {`{ events { groupBy(columns: ["colour"]) { distinct } } }`, []string{"columns", "colour"}},
		"no column":          {`{ events { groupBy { distinct } } }`, []string{"columns, a bucket, or both"}},
		"a column twice":     {`{ events { groupBy(columns: ["tlp","tlp"]) { distinct } } }`, []string{"columns", "twice"}},
		"limit 0":            {`{ events { groupBy(columns: ["tlp"], limit: 0) { distinct } } }`, []string{"limit", "1..10000", "0"}},
		"limit past all":     {`{ events { groupBy(columns: ["tlp"], limit: 10001) { distinct } } }`, []string{"limit", "10001"}},
		"wrong day":          {`{ events { groupBy(columns: ["tlp"], startDate: "soon") { distinct } } }`, []string{"startDate", "soon"}},
		"no buckets":         {`{ events { timeline(maxBuckets: 0) { bucket } } }`, []string{"maxBuckets", "1..10000"}},
		"unknown bucket":     {`{ events { timeline(bucket: DECADE) { bucket } } }`, []string{"DECADE"}},
		"unknown operator":   {`{ events(filter: {search: [{field: "tlp", op: "near", value: "x"}]}) { total } }`, []string{"search[0].op", "near"}},
		"value and values":   {`{ events(filter: {search: [{field: "tlp", op: "in", value: "x", values: ["y"]}]}) { total } }`, []string{"search[0]", "both"}},
		"no value":           {`{ events(filter: {search: [{field: "tlp", op: "equals"}]}) { total } }`, []string{"search[0].value", "one value"}},
		"indicator branch":   {`{ events(filter: {searchBranches: [[{field: "indicator", op: "equals", value: "x"}]]}) { total } }`, []string{"searchBranches[0][0]"}},
		"11 conditions":      {`{ events(filter: {search: [` + many(11, `{field: "tlp", op: "equals", value: "red"}`) + `]}) { total } }`, []string{"at most 10", "11"}},
		"unknown dataset":    {`{ events(filter: {datasetId: ["00000000-0000-0000-0000-000000000000"]}) { total } }`, []string{"dataset"}},
		"costly: selections": {`{ ` + aliases(21, `events { total }`) + ` }`, []string{"cost", "200"}},
		"costly: groups":     {`{ events { ` + aliases(96, `groupBy(columns: ["tlp"]) { distinct }`) + ` } }`, []string{"cost", "200"}},
		"long":               {`{ events { total } } # ` + strings.Repeat("x", maxQueryLength), []string{"65536"}},
		"deep":               {`{ __schema { types ` + nested(300, "ofType") + ` } }`, []string{"depth", "16"}},
		"deep, no schema":    {nested(300, "events"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			start := time.Now()
			res := r.graphql(tc.query, nil)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %s to refuse", took)
			}
			if len(res.Errors) == 0 {
				t.Fatalf("answered %s", res.Data)
			}
			all := ""
			for _, e := range res.Errors {
				all += e.Message + "\n"
			}
			for _, w := range tc.words {
				if !strings.Contains(all, w) {
					t.Errorf("%.300q doesn't name %q", all, w)
				}
			}
		})
	}
}

// aliases repeats a field n times under different names.
func aliases(n int, field string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " f%d: %s", i, field)
	}
	return b.String()
}

// nested puts a field into itself n times.
func nested(n int, field string) string {
	return strings.Repeat("{ "+field+" ", n) + "{ name }" + strings.Repeat("}", n)
}

// TestGraphQLFragmentBombs holds that fragments which spread each other again
// and again are refused rather than run.
func TestGraphQLFragmentBombs(t *testing.T) {
	r := rigOver(t, nil, Config{})
	var b strings.Builder
	b.WriteString(`{ __schema { types { ...f0 } } }`)
	for i := range 30 {
		fmt.Fprintf(&b, " fragment f%d on __Type { a%d: name ...f%d ...f%d }", i, i, i+1, i+1)
	}
	b.WriteString(" fragment f30 on __Type { kind }")
	start := time.Now()
	res := r.graphql(b.String(), nil)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s, answered %d bytes, %v", took, len(res.Data), res.Errors)
	}
}

// TestGraphQLVariables: a wrongly typed variable is an error and no data, on both
// paths.
func TestGraphQLVariables(t *testing.T) {
	r := newRig(t, Config{})
	r.seed(3)
	const groups = `events { f0: groupBy(columns: ["tlp"], limit: $v) { distinct } }`
	for _, tc := range []struct{ query, value, words string }{
		{`query($v: Int) { ` + groups + ` }`, `"x"`, "x"},
		{`query($v: Int) { ` + groups + ` }`, `1.5`, "1.5"},
		{`query($v: Int) { other: events { total } ` + groups + ` }`, `true`, "true"},
		{`query($v: [String!]) { events { f0: groupBy(columns: $v) { distinct } } }`, `[5]`, "5"},
		{`query($v: EventFilter) { events(filter: $v) { total } }`, `5`, "found 5."},
		{`query($v: EventFilter) { events(filter: $v) { total } }`, `"all"`, "all"},
		{`query($v: EventFilter) { events(filter: $v) { total } }`, `{"colour":1}`, "colour"},
		{`query($v: EventFilter) { events(filter: $v) { total } }`, `{"search":[{"field":5,"op":"equals","value":"x"}]}`, "5"},
		{`query($v: EventFilter!) { events(filter: $v) { total } }`, `null`, "null"},
		{`query($v: Bucket) { events { f0: groupBy(bucket: $v) { distinct } } }`, `"CENTURY"`, "CENTURY"},
	} {
		body, err := json.Marshal(map[string]any{"query": tc.query, "variables": json.RawMessage(`{"v":` + tc.value + `}`)})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/events/graphql", "/v2/events/graphql"} {
			rep := r.do("POST", path, string(body))
			var got struct {
				Data   json.RawMessage
				Errors []struct{ Message string }
			}
			if err := json.Unmarshal(rep.body, &got); err != nil || rep.status != http.StatusOK {
				t.Fatalf("%d %s: %v", rep.status, rep.body, err)
			}
			if string(got.Data) != "null" || len(got.Errors) == 0 || !strings.Contains(got.Errors[0].Message, tc.words) || strings.Contains(got.Errors[0].Message, "%!") {
				t.Errorf("%s with %s: %s", tc.query, tc.value, rep.body)
			}
		}
	}
}

func TestGraphQLBodies(t *testing.T) {
	r := rigOver(t, nil, Config{})
	r.do("POST", "/v2/events/graphql", "").refusedWith(http.StatusBadRequest, "JSON")
	r.do("POST", "/events/graphql", `{"query":5}`).refusedWith(http.StatusBadRequest, "query", "a string")
	r.do("POST", "/events/graphql", `{"query":"`+strings.Repeat("x", 5*maxQueryLength)+`"}`).refusedWith(http.StatusBadRequest, "bytes")
	if rep := r.do("POST", "/events/graphql", `{"query":"{ __typename }"}`); rep.status != 200 || string(rep.body) != `{"data":{"__typename":"Query"}}` {
		t.Errorf("the older path: %d %s", rep.status, rep.body)
	}
}

// FuzzGraphQL holds that no query breaks the endpoint: it answers 200 with
// data or errors, or 400.
func FuzzGraphQL(f *testing.F) {
	for _, s := range []string{
		`{ events { total } }`, `query($f: EventFilter) { events(filter: $f) { groupBy(columns: ["tlp"], bucket: DAY) { rows { keys } } } }`,
		`{ __schema { types { name fields { name } } } }`, `fragment a on Query { ...a } { ...a }`, `{ events(filter: {search: [{field: "x", op: "y"}]}) { total } }`, nested(50, "a"),
	} {
		f.Add(s)
	}
	h, err := New(nil, Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, query string) {
		body, err := json.Marshal(map[string]string{"query": query})
		if err != nil {
			t.Fatal(err)
		}
		r := &rig{t: t, client: &http.Client{Transport: Mount(h)}}
		if rep := r.do("POST", "/v2/events/graphql", string(body)); rep.status != 200 && rep.status != 400 {
			t.Errorf("got %d: %s", rep.status, rep.body)
		}
	})
}
