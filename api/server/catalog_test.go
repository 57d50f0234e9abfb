package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
)

func TestAggregate(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		r.seed(24)
		send[api.Event](r, "POST", "/events/create", newEvent("date", "2024-05-02T23:59:59.999Z", "attacker", "ALPHA"))
		one := read[api.AggregateResult](r, "/events/aggregate?aggregateBy=attacker")
		if one.AggregateBy != "attacker" || one.Total != 25 || len(one.Aggregations) != 3 || one.Aggregations[0]["attacker"] != "ALPHA" || one.Aggregations[0]["count"] != 9.0 {
			t.Errorf("got %+v", one)
		}
		days := read[api.AggregateResult](r, "/events/aggregate?aggregateBy=attacker,tlp&groupByDate=true&startDate=2024-05-02&endDate=2024-05-02&limit=5&datasetId[]=all")
		if days.AggregateBy != "attacker,tlp" || days.Total != 1 || days.DateRange == nil || days.DateRange.StartDate != "2024-05-02" {
			t.Errorf("got %+v", days)
		}
		if len(days.Aggregations) != 1 || days.Aggregations[0]["date"] != "2024-05-02" || days.Aggregations[0]["tlp"] != "amber" {
			t.Errorf("got %+v", days.Aggregations)
		}
		if cut := read[api.AggregateResult](r, "/events/aggregate?aggregateBy=killChain&limit=2"); len(cut.Aggregations) != 2 || cut.Total != 25 {
			t.Errorf("got %+v", cut)
		}
		if none := r.do("GET", "/events/aggregate?aggregateBy=tlp&startDate=2031-01-01", ""); !strings.Contains(string(none.body), `"aggregations":[]`) {
			t.Errorf("got %s", none.body)
		}
	})
}

func TestAggregateRefuses(t *testing.T) {
	r := rigOver(t, nil, Config{})
	for query, words := range map[string][]string{
		"":                                  {"aggregateBy", "one of"},
		"aggregateBy=colour":                {"aggregateBy", "colour"},
		"aggregateBy=tlp,tlp":               {"aggregateBy", "twice"},
		"aggregateBy=tlp&startDate=05/01":   {"startDate", "05/01"},
		"aggregateBy=tlp&endDate=2024-1-1":  {"endDate", "2024-1-1"},
		"aggregateBy=tlp&groupByDate=daily": {"groupByDate", "daily"},
		"aggregateBy=tlp&limit=0":           {"limit", "at least 1"},
		"aggregateBy=tlp&limit=many":        {"limit", "many"},
		"aggregateBy=tlp&datasetId=all,x":   {"datasetId", "alone"},
	} {
		r.do("GET", "/events/aggregate?"+query, "").refusedWith(http.StatusBadRequest, words...)
	}
}

func TestDatasets(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		list := read[[]api.Dataset](r, "/events/dataset")
		if len(list) != 1 || list[0].Name != api.DefaultDataset {
			t.Fatalf("at first: %+v", list)
		}
		made := send[api.Dataset](r, "POST", "/events/dataset/create", `{"name":" Ours ","isPublic":true,"indicatorWriteMode":"create_only"}`)
		if made.UUID == "" || made.Name != "Ours" || !made.IsPublic {
			t.Errorf("made %+v", made)
		}
		if got := read[api.Dataset](r, "/events/dataset/"+made.UUID); got != made {
			t.Errorf("got %+v", got)
		}
		changed := send[api.Dataset](r, "PATCH", "/events/dataset/"+made.UUID, `{"isPublic":false}`)
		if changed.IsPublic || changed.Name != "Ours" {
			t.Errorf("changed to %+v", changed)
		}
		list = read[[]api.Dataset](r, "/events/dataset?includeDeleted=true")
		if i := slices.IndexFunc(list, func(d api.Dataset) bool { return d.UUID == made.UUID }); len(list) != 2 || i < 0 || list[i].IndicatorWriteMode != "create_only" {
			t.Errorf("got %+v", list)
		}
	})
}

func TestDatasetsRefuse(t *testing.T) {
	r := newRig(t, Config{})
	const none = "/events/dataset/00000000-0000-0000-0000-000000000000"
	r.do("GET", none, "").refusedWith(http.StatusNotFound)
	r.do("PATCH", none, `{"name":"x"}`).refusedWith(http.StatusNotFound)
	r.do("POST", "/events/dataset/create", `{"isPublic":true}`).refusedWith(http.StatusBadRequest, "name")
	r.do("POST", "/events/dataset/create", `{"name":""}`).refusedWith(http.StatusBadRequest, "name")
	r.do("POST", "/events/dataset/create", `{"name":"x","indicatorWriteMode":"all"}`).refusedWith(http.StatusBadRequest, "indicatorWriteMode", "read_only", "all")
	r.do("GET", "/events/dataset?includeDeleted=perhaps", "").refusedWith(http.StatusBadRequest, "includeDeleted")
}

func TestCatalogues(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		for _, path := range []string{"/events/attackers", "/events/indicator-types", "/events/targetIndustries", "/events/categories"} {
			if rep := r.do("GET", path, ""); strings.Contains(string(rep.body), "null") {
				t.Errorf("%s without events: %s", path, rep.body)
			}
		}
		e := send[api.Event](r, "POST", "/events/create", newEvent())
		for path, want := range map[string]string{
			"/events/attackers": "DARKHALO", "/events/indicator-types": "domain", "/events/indicatorTypes": "domain", "/events/targetIndustries": "Finance",
		} {
			for _, query := range []string{"", "?datasetIds[]=" + e.DatasetID, "?datasetIds=all"} {
				if got := read[api.Names](r, path+query); !slices.Contains(got, want) {
					t.Errorf("%s%s: got %q", path, query, got)
				}
			}
		}
		cats := read[[]api.Category](r, "/events/categories")
		i := slices.IndexFunc(cats, func(c api.Category) bool { return c.Name == "Phishing" })
		if i < 0 || cats[i].KillChain != 3 || !slices.Equal(cats[i].MitreAttack, []string{"T1566.002"}) || cats[i].UUID == "" {
			t.Errorf("got %+v", cats)
		}
		r.do("GET", "/events/attackers?datasetIds=00000000-0000-0000-0000-000000000000", "").refusedWith(http.StatusNotFound)
		r.do("GET", "/events/categories?datasetIds=all,x", "").refusedWith(http.StatusBadRequest, "datasetId")
	})
}

func TestCountries(t *testing.T) {
	plain := read[[]api.Country](newRig(t, Config{}), "/events/countries")
	published := read[[]struct {
		Result  []api.Country
		Success string
	}](newRig(t, Config{ResponseStyle: Bare}), "/events/countries")
	if len(published) != 1 || published[0].Success != "true" || !slices.Equal(published[0].Result, plain) {
		t.Errorf("got %+v", published)
	}
	if !slices.Contains(plain, api.Country{Alpha2: "DE", Alpha3: "DEU", Name: "Germany"}) || len(plain) < 240 {
		t.Errorf("got %d countries", len(plain))
	}
}

func TestTags(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		if rep := r.do("GET", "/events/tags", ""); !strings.Contains(string(rep.body), `"tags":[]`) {
			t.Errorf("without tags: %s", rep.body)
		}
		made := send[api.Tag](r, "POST", "/events/tags/create", `{"value":" new "}`)
		if made.Value != "new" || made.UUID == "" {
			t.Errorf("made %+v", made)
		}
		if again := send[api.Tag](r, "POST", "/events/tags/create", `{"value":"new"}`); again.UUID != made.UUID {
			t.Errorf("made twice: %+v", again)
		}
		send[api.Event](r, "POST", "/events/create", newEvent())
		all := read[tagPage](r, "/events/tags")
		if len(all.Tags) != 3 || all.Pagination != (paginationInfo{1, 3, 3, 1}) {
			t.Errorf("got %+v", all)
		}
		second := read[tagPage](r, "/events/tags?page=2&pageSize=2")
		if len(second.Tags) != 1 || second.Pagination != (paginationInfo{2, 2, 3, 2}) {
			t.Errorf("got %+v", second)
		}
		if past := read[tagPage](r, "/events/tags?page=9&pageSize=2"); len(past.Tags) != 0 {
			t.Errorf("got %+v", past)
		}
		if found := read[tagPage](r, "/events/tags?search=HIS"); len(found.Tags) != 1 || found.Tags[0].Value != "phish" {
			t.Errorf("got %+v", found)
		}
		r.do("POST", "/events/tags/create", `{}`).refusedWith(http.StatusBadRequest, "value")
		r.do("GET", "/events/tags?page=0", "").refusedWith(http.StatusBadRequest, "page")
	})
}
