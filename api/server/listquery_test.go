package server

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"threatbench/api"
)

func cond(field, op string, values ...string) api.Condition {
	return api.Condition{Field: api.Field(field), Op: api.Op(op), Values: values}
}

// esc escapes what a query string cannot hold plainly, brackets kept readable.
func esc(s string) string {
	return strings.NewReplacer(`"`, "%22", "{", "%7B", "}", "%7D", " ", "+").Replace(s)
}

func TestSearchEncodings(t *testing.T) {
	red, bank := cond("tlp", "equals", "red"), cond("targetIndustry", "contains", "bank")
	in := cond("tags", "in", "malware", "apt")
	for name, tc := range map[string]struct {
		query string
		want  []api.Condition
	}{
		"absent":             {"", nil},
		"empty":              {"search=", nil},
		"one list":           {esc(`search=[{"field":"tlp","op":"equals","value":"red"},{"field":"targetIndustry","op":"contains","value":"bank"}]`), []api.Condition{red, bank}},
		"one object":         {esc(`search={"field":"tlp","op":"equals","value":"red"}`), []api.Condition{red}},
		"repeated":           {esc(`search={"field":"tlp","op":"equals","value":"red"}&search={"field":"targetIndustry","op":"contains","value":"bank"}`), []api.Condition{red, bank}},
		"repeated, []":       {esc(`search[]={"field":"tlp","op":"equals","value":"red"}&search[]={"field":"targetIndustry","op":"contains","value":"bank"}`), []api.Condition{red, bank}},
		"number and boolean": {esc(`search=[{"field":"killChain","op":"gte","value":3},{"field":"hasChildren","op":"equals","value":true}]`), []api.Condition{cond("killChain", "gte", "3"), cond("hasChildren", "equals", "true")}},
		"in as list":         {esc(`search=[{"field":"tags","op":"in","value":["malware","apt"]}]`), []api.Condition{in}},
		"bracketed":          {"search[0][field]=tlp&search[0][op]=equals&search[0][value]=red&search[1][field]=targetIndustry&search[1][op]=contains&search[1][value]=bank", []api.Condition{red, bank}},
		"bracketed, 2 before 10": {
			"search[10][field]=targetIndustry&search[10][op]=contains&search[10][value]=bank&search[2][field]=tlp&search[2][op]=equals&search[2][value]=red",
			[]api.Condition{red, bank},
		},
		"bracketed and dotted":      {"search[0].field=tlp&search[0].op=equals&search[0].value=red", []api.Condition{red}},
		"bracketed, in repeated":    {"search[0][field]=tags&search[0][op]=in&search[0][value]=malware&search[0][value]=apt", []api.Condition{in}},
		"bracketed, in by index":    {"search[0][field]=tags&search[0][op]=in&search[0][value][1]=apt&search[0][value][0]=malware", []api.Condition{in}},
		"bracketed, in with []":     {"search[0][field]=tags&search[0][op]=in&search[0][value][]=malware&search[0][value][]=apt", []api.Condition{in}},
		"bracketed, unknown key":    {"search[0][field]=tlp&search[0][op]=equals&search[0][value]=red&search[0][note]=x", []api.Condition{red}},
		"index with JSON":           {esc(`search[0]={"field":"tlp","op":"equals","value":"red"}`), []api.Condition{red}},
		"dotted":                    {"search.field=tlp&search.field=targetIndustry&search.op=equals&search.op=contains&search.value=red&search.value=bank", []api.Condition{red, bank}},
		"dotted, sorted keys":       {"search.op=equals&search.value=red&search.field=tlp", []api.Condition{red}},
		"brackets without index":    {"search[][field]=tlp&search[][op]=equals&search[][value]=red", []api.Condition{red}},
		"dotted, in at the start":   {"search.field=tags&search.field=tlp&search.op=in&search.op=equals&search.value=malware&search.value=apt&search.value=red", []api.Condition{in, red}},
		"dotted, in in the middle":  {"search.field=tlp&search.field=tags&search.field=targetIndustry&search.op=equals&search.op=in&search.op=contains&search.value=red&search.value=malware&search.value=apt&search.value=bank", []api.Condition{red, in, bank}},
		"dotted, in at the end":     {"search.field=tlp&search.field=tags&search.op=equals&search.op=in&search.value=red&search.value=malware&search.value=apt", []api.Condition{red, in}},
		"dotted, several plain ins": {"search.field=tags&search.field=category&search.op=in&search.op=in&search.value=a&search.value=b", []api.Condition{cond("tags", "in", "a"), cond("category", "in", "b")}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := parseParams(tc.query)
			if err != nil {
				t.Fatal(err)
			}
			req, err := listFromURL(p)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(req.query.Search, tc.want) {
				t.Errorf("got %+v\nwant %+v", req.query.Search, tc.want)
			}
		})
	}
}

func TestBranchEncodings(t *testing.T) {
	a, b, c := cond("tlp", "equals", "red"), cond("tags", "in", "x", "y"), cond("category", "not", "Scan")
	want := [][]api.Condition{{a, b}, {c}}
	const ja = `{"field":"tlp","op":"equals","value":"red"}`
	const jb = `{"field":"tags","op":"in","value":["x","y"]}`
	const jc = `{"field":"category","op":"not","value":"Scan"}`
	for name, query := range map[string]string{
		"one list":        esc("searchBranches=[[" + ja + "," + jb + "],[" + jc + "]]"),
		"repeated":        esc("searchBranches=[" + ja + "," + jb + "]&searchBranches=[" + jc + "]"),
		"index with JSON": esc("searchBranches[1]=[" + jc + "]&searchBranches[0]=[" + ja + "," + jb + "]"),
		"bracketed": "searchBranches[0][0][field]=tlp&searchBranches[0][0][op]=equals&searchBranches[0][0][value]=red" +
			"&searchBranches[0][1][field]=tags&searchBranches[0][1][op]=in&searchBranches[0][1][value]=x&searchBranches[0][1][value]=y" +
			"&searchBranches[1][0][field]=category&searchBranches[1][0][op]=not&searchBranches[1][0][value]=Scan",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := parseParams(query)
			if err != nil {
				t.Fatal(err)
			}
			req, err := listFromURL(p)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(req.query.Branches, want) {
				t.Errorf("got %+v", req.query.Branches)
			}
		})
	}
}

func TestDatasetForms(t *testing.T) {
	const a, b = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
	for name, query := range map[string]string{
		"repeated":  "datasetId=" + a + "&datasetId=" + b,
		"comma":     "datasetId=" + a + "," + b,
		"brackets":  "datasetId[]=" + a + "&datasetId[]=" + b,
		"indexes":   "datasetId[10]=" + b + "&datasetId[9]=" + a,
		"JSON list": esc(`datasetId=["` + a + `","` + b + `"]`),
		"plural":    "datasetIds=" + a + "&datasetIds=" + b,
	} {
		t.Run(name, func(t *testing.T) {
			p, err := parseParams(query)
			if err != nil {
				t.Fatal(err)
			}
			req, err := listFromURL(p)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(req.query.Datasets, []string{a, b}) {
				t.Errorf("got %q", req.query.Datasets)
			}
		})
	}
}

// many repeats a text n times with commas between.
func many(n int, s string) string {
	return strings.TrimSuffix(strings.Repeat(s+",", n), ",")
}

// TestListLimits sends every violated limit both ways and wants a 400 whose
// message names the key, the limit and what came.
func TestListLimits(t *testing.T) {
	const c = `{"field":"tlp","op":"equals","value":"red"}`
	long := strings.Repeat("x", 513)
	for name, tc := range map[string]struct {
		url, body string // one of the two may be empty
		want      []string
	}{
		"11 conditions":           {"search=[" + many(11, c) + "]", `{"search":[` + many(11, c) + `]}`, []string{"search", "10", "11"}},
		"9 branches":              {"searchBranches=[" + many(9, "["+c+"]") + "]", `{"searchBranches":[` + many(9, "["+c+"]") + `]}`, []string{"searchBranches", "8", "9"}},
		"an empty branch":         {"searchBranches=[[]]", `{"searchBranches":[[]]}`, []string{"searchBranches[0]", "1..10", "0"}},
		"11 in a branch":          {"searchBranches=[[" + many(11, c) + "]]", `{"searchBranches":[[` + many(11, c) + `]]}`, []string{"searchBranches[0]", "1..10", "11"}},
		"indicator in a branch":   {`searchBranches=[[{"field":"indicator","op":"equals","value":"x"}]]`, `{"searchBranches":[[{"field":"indicator","op":"equals","value":"x"}]]}`, []string{"searchBranches[0][0].field", "indicator"}},
		"unknown field":           {`search=[{"field":"colour","op":"equals","value":"x"}]`, `{"search":[{"field":"colour","op":"equals","value":"x"}]}`, []string{"search[0].field", "one of", "colour"}},
		"unknown operator":        {`search=[{"field":"tlp","op":"near","value":"x"}]`, `{"search":[{"field":"tlp","op":"near","value":"x"}]}`, []string{"search[0].op", "one of", "near"}},
		"operator not for field":  {`search=[{"field":"killChain","op":"like","value":"1"}]`, `{"search":[{"field":"killChain","op":"like","value":"1"}]}`, []string{"search[0].op", "killChain", "like"}},
		"101 in values":           {`search=[{"field":"tags","op":"in","value":[` + many(101, `"a"`) + `]}]`, `{"search":[{"field":"tags","op":"in","value":[` + many(101, `"a"`) + `]}]}`, []string{"search[0].value", "100", "101"}},
		"no in value":             {`search=[{"field":"tags","op":"in","value":[]}]`, `{"search":[{"field":"tags","op":"in","value":[]}]}`, []string{"search[0].value", "1..100", "0"}},
		"a long value":            {`search=[{"field":"event","op":"contains","value":"` + long + `"}]`, `{"search":[{"field":"event","op":"contains","value":"` + long + `"}]}`, []string{"search[0].value", "512", "513"}},
		"an empty value":          {`search=[{"field":"event","op":"contains","value":""}]`, `{"search":[{"field":"event","op":"contains","value":""}]}`, []string{"search[0].value", "1..512", "0"}},
		"killChain text":          {`search=[{"field":"killChain","op":"equals","value":"two"}]`, `{"search":[{"field":"killChain","op":"equals","value":"two"}]}`, []string{"search[0].value", "number", "two"}},
		"hasChildren text":        {`search=[{"field":"hasChildren","op":"equals","value":"maybe"}]`, `{"search":[{"field":"hasChildren","op":"equals","value":"maybe"}]}`, []string{"search[0].value", "true", "maybe"}},
		"date text":               {`search=[{"field":"date","op":"gt","value":"soon"}]`, `{"search":[{"field":"date","op":"gt","value":"soon"}]}`, []string{"search[0].value", "YYYY-MM-DD", "soon"}},
		"a value that's a object": {`search=[{"field":"tlp","op":"equals","value":{}}]`, `{"search":[{"field":"tlp","op":"equals","value":{}}]}`, []string{"search", "value of tlp"}},
		"page size":               {"pageSize=25001", `{"pageSize":25001}`, []string{"pageSize", "25000", "25001"}},
		"page size 0":             {"pageSize=0", `{"pageSize":0}`, []string{"pageSize", "at least 1", "0"}},
		"page 0":                  {"page=0", `{"page":0}`, []string{"page", "at least 1", "0"}},
		"page below":              {"page=-3", `{"page":"-3"}`, []string{"page", "at least 1", "-3"}},
		"page of text":            {"page=two", `{"page":"two"}`, []string{"page", "whole number", "two"}},
		"page with a fraction":    {"page=1.5", `{"page":1.5}`, []string{"page", "whole number", "1.5"}},
		"page past all numbers":   {"page=99999999999999999999", `{"page":99999999999999999999}`, []string{"page", "whole number"}},
		"offset":                  {"page=1002&pageSize=100", `{"page":1002,"pageSize":100}`, []string{"page", "100000", "1002 of 100"}},
		"order by":                {"orderBy=colour", `{"orderBy":"colour"}`, []string{"orderBy", "one of", "colour"}},
		"order":                   {"order=up", `{"order":"up"}`, []string{"order", "asc or desc", "up"}},
		"51 datasets":             {"datasetId=" + many(51, "d"), `{"datasetId":[` + many(51, `"d"`) + `]}`, []string{"datasetId", "50", "51"}},
		"a scope among others":    {"datasetId=all,d", `{"datasetId":["all","d"]}`, []string{"datasetId", "alone", "all"}},
		"cursor with a filter":    {"cursor=x&search=[" + c + "]", `{"cursor":"x","search":[` + c + `]}`, []string{"cursor", "alone"}},
		"format":                  {"format=xml", "", []string{"format", "json, stix2, taxii", "xml"}},
		"forceRefresh":            {"forceRefresh=often", "", []string{"forceRefresh", "true or false", "often"}},
		"two pages":               {"page=1&page=2", "", []string{"page", "one value", "2 values"}},
		"search is no JSON":       {"search=[{", `{"search":"x"}`, []string{"search", "JSON list of conditions"}},
		"dotted, no value":        {"search.field=tlp&search.op=equals", "", []string{"search", "value", "0 and 1"}},
		"dotted, no op":           {"search.field=tlp&search.value=red", "", []string{"search", "1 and 0"}},
		"dotted, surplus":         {"search.field=tlp&search.op=equals&search.value=a&search.value=b", "", []string{"search", "no `in`"}},
		"dotted, several ins":     {"search.field=tlp&search.field=tags&search.op=in&search.op=in&search.value=a&search.value=b&search.value=c", "", []string{"search", "ambiguous", "JSON"}},
		"two encodings":           {"search.field=tlp&search.op=equals&search.value=a&search=[" + c + "]", "", []string{"search", "one encoding"}},
		"dotted branches":         {"searchBranches.field=tlp&searchBranches.op=equals&searchBranches.value=red", "", []string{"searchBranches", "JSON"}},
		"a broken escape":         {"search=%zz", "", []string{"query", "%zz"}},
		"not UTF-8":               {"orderBy=%ff", "", []string{"query", "UTF-8"}},
		"datasetId of numbers":    {"datasetId=[1]", `{"datasetId":[1]}`, []string{"datasetId", "strings"}},
		"body of text":            {"", `"x"`, []string{"body", "object"}},
	} {
		check := func(t *testing.T, err error) {
			t.Helper()
			var e *api.Error
			if !errors.As(err, &e) || e.Status != http.StatusBadRequest {
				t.Fatalf("got %v, want a 400", err)
			}
			for _, w := range tc.want {
				if !strings.Contains(e.Message, w) {
					t.Errorf("%q doesn't name %q", e.Message, w)
				}
			}
		}
		if tc.url != "" {
			t.Run(name+" in the URL", func(t *testing.T) {
				p, err := parseParams(esc(tc.url))
				if err == nil {
					_, err = listFromURL(p)
				}
				check(t, err)
			})
		}
		if tc.body != "" {
			t.Run(name+" in the body", func(t *testing.T) {
				_, err := listFromBody(params{}, []byte(tc.body))
				check(t, err)
			})
		}
	}
}

func TestListBody(t *testing.T) {
	req, err := listFromBody(params{"format": {"stix2"}, "forceRefresh": {"true"}, "pageSize": {"7"}}, []byte(`{
		"search": {"field":"tlp","op":"equals","value":"red"},
		"searchBranches": [[{"field":"category","op":"not","value":"Scan"}]],
		"datasetId": "all", "page": "2", "pageSize": 50, "orderBy": "attacker", "order": "asc", "unknown": {"x": 1}, "cursor": null
	}`))
	if err != nil {
		t.Fatal(err)
	}
	want := listRequest{format: "stix2", query: api.ListQuery{
		Search: []api.Condition{cond("tlp", "equals", "red")}, Branches: [][]api.Condition{{cond("category", "not", "Scan")}},
		Datasets: []string{"all"}, Page: 2, PageSize: 50, OrderBy: "attacker", Order: "asc",
	}}
	if !reflect.DeepEqual(req, want) {
		t.Errorf("got %+v", req)
	}
}

// FuzzListQuery holds that no query string or body breaks the decoder: what it
// takes passes the contract's limits, what it refuses is a 400.
func FuzzListQuery(f *testing.F) {
	for _, s := range []string{
		`search=[{"field":"tlp","op":"equals","value":"red"}]`,
		"search[0][field]=tlp&search[0][op]=equals&search[0][value]=red",
		"search.field=tags&search.op=in&search.value=a&search.value=b",
		`searchBranches=[[{"field":"category","op":"not","value":"Scan"}]]`,
		"searchBranches[0][0][field]=tlp&searchBranches[0][0][op]=equals&searchBranches[0][0][value]=red",
		"datasetId[]=a&page=1&pageSize=10&cursor=x&orderBy=date&order=asc&format=taxii",
		`{"search":[{"field":"killChain","op":"in","value":[1,"2"]}],"datasetId":"all","page":"1"}`,
		"search[999999999999999999999][]=&search[.][.]=%00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		check := func(req listRequest, err error) {
			var e *api.Error
			switch {
			case err == nil && req.query.Validate() != nil:
				t.Errorf("took %+v: %v", req.query, req.query.Validate())
			case err != nil && (!errors.As(err, &e) || e.Status != http.StatusBadRequest):
				t.Errorf("refused with %v", err)
			}
		}
		if p, err := parseParams(s); err == nil {
			check(listFromURL(p))
		}
		check(listFromBody(params{}, []byte(s)))
	})
}
