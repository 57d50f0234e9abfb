package client

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"threatbench/api"
)

const groupsAnswer = `{"data":{"events":{"total":9,"groupBy":{"distinct":7,"rows":[{"keys":["A",null],"date":"2024-01-01T00:00:00Z","count":5}]}}}}`

func dayFilter() api.ListQuery {
	return api.ListQuery{Datasets: []string{"all"}, Search: []api.Condition{
		{Field: api.FieldDate, Op: api.OpGte, Values: []string{"2024-01-01"}}, {Field: api.FieldDate, Op: api.OpLte, Values: []string{"2024-01-31"}},
	}}
}

// What whole days can say is asked by REST, the rest by GraphQL.
func TestGroupsTakeTheCallThatSuffices(t *testing.T) {
	other := dayFilter()
	other.Search = append(other.Search, api.Condition{Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"red"}})
	for _, c := range []struct {
		name  string
		q     api.GroupQuery
		graph bool
	}{
		{"a column over days", api.GroupQuery{Filter: dayFilter(), Columns: []string{"killChain"}}, false},
		{"a column by day", api.GroupQuery{Columns: []string{"hasChildren"}, Bucket: api.BucketDay}, false},
		{"a column by week", api.GroupQuery{Columns: []string{"tlp"}, Bucket: api.BucketWeek}, true},
		{"days alone", api.GroupQuery{Bucket: api.BucketDay}, true},
		{"a filter", api.GroupQuery{Filter: other, Columns: []string{"killChain"}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &graphServer{graph: func(string, string) *http.Response { return reply(200, groupsAnswer) }}
			g, err := fake(t, s.roundTrip).Groups(t.Context(), c.q)
			if err != nil {
				t.Fatal(err)
			}
			if (len(s.bodies) == 1) != c.graph || (len(s.aggregate) == 1) == c.graph {
				t.Errorf("%d GraphQL and %d REST calls", len(s.bodies), len(s.aggregate))
			}
			if g.Unfiltered || g.Total == 0 || len(g.Rows) == 0 {
				t.Errorf("got %+v", g)
			}
			if c.graph && g.Distinct != 7 {
				t.Errorf("%d groups in all", g.Distinct)
			}
		})
	}
}

func TestGroupsByRESTNameTheDays(t *testing.T) {
	s := &graphServer{}
	g, err := fake(t, s.roundTrip).Groups(t.Context(), api.GroupQuery{Filter: dayFilter(), Columns: []string{"killChain"}, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if q := s.aggregate[0]; !strings.Contains(q, "startDate=2024-01-01") || !strings.Contains(q, "endDate=2024-01-31") || !strings.Contains(q, "datasetId=all") {
		t.Errorf("asked for %s", q)
	}
	if want := []api.Group{{Keys: []string{""}, Count: 4}}; !reflect.DeepEqual(g.Rows, want) || !g.AtLeast || g.Total != 6 {
		t.Errorf("got %+v, want rows %+v", g, want)
	}
}

// A server of another schema is asked by REST, and the answer says so.
func TestGroupsFallBackWithAWord(t *testing.T) {
	s := &graphServer{graph: func(_, query string) *http.Response {
		if strings.Contains(query, "__type") {
			return reply(200, `{"data":{"__type":null}}`)
		}
		return reply(200, `{"errors":[{"message":"unknown field events"}]}`)
	}}
	c := fake(t, s.roundTrip)
	q := api.GroupQuery{Bucket: api.BucketMonth, ByKey: true, Filter: api.ListQuery{Search: []api.Condition{{Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"red"}}}}}
	g, err := c.Groups(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if !g.Unfiltered || len(g.Rows) != 1 || g.Rows[0].Count != 6 || !strings.HasPrefix(g.Rows[0].Date.String(), "2024-01-01") {
		t.Errorf("got %+v", g)
	}
	if _, err := c.Groups(t.Context(), q); err != nil || len(s.bodies) != 2 {
		t.Errorf("%d GraphQL calls, and %v: the schema is to be asked once", len(s.bodies), err)
	}
	if _, err := c.Groups(t.Context(), api.GroupQuery{Columns: []string{"nonsense"}}); err == nil {
		t.Error("a column there isn't is asked for")
	}
}
