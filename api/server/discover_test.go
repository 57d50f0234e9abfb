package server

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
)

func TestCapabilities(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		got := send[api.Capabilities](r, "GET", "/capabilities", "")
		for _, want := range []string{"text.find", "indicator.within", "indicator.under", "mitreAttack.under", "none", "indicator.canonical", "POST /events/explain"} {
			if !got.Can(want) {
				t.Errorf("%q is not announced: %+v", want, got)
			}
		}
		var all []string
		for _, rt := range (&server{}).routes() {
			all = append(all, rt.method+" "+rt.pattern)
		}
		for _, p := range got.Paths {
			p = strings.TrimSuffix(p, " ifUnchanged") // what the path takes besides
			if !slices.Contains(all, p) {
				t.Errorf("%s is announced and isn't there", p)
			}
		}
	})
}

func TestExplain(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		r.seed(12)
		got := send[api.Explanation](r, "POST", "/events/explain", `{"search":[{"field":"attacker","op":"none"},{"field":"text","op":"find","value":"zzz"}],"datasetId":["all"]}`)
		if got.Total != 0 || len(got.Conditions) != 2 || got.Conditions[0].Condition.Op != api.OpNone || got.Conditions[1].Condition.Value() != "zzz" {
			t.Errorf("%+v", got)
		}
		r.do("POST", "/events/explain", `{"search":[{"field":"text","op":"equals","value":"zzz"}]}`).refusedWith(http.StatusBadRequest, "search[0].op")
		r.do("POST", "/events/explain", `{"search":[{"field":"indicator","op":"within","value":"zzz"}]}`).refusedWith(http.StatusBadRequest, "search[0].value")
		r.do("POST", "/events/explain", `{"search":[{"field":"attacker","op":"none","value":"x"}]}`).refusedWith(http.StatusBadRequest, "search[0].value")
		r.do("POST", "/events/explain", `{"datasetId":["no such"]}`).refusedWith(http.StatusNotFound, "datasetId")
	})
}

func TestLookup(t *testing.T) {
	styles(t, func(t *testing.T, r *rig) {
		send[api.Event](r, "POST", "/events/create", `{"date":"2024-03-01","category":"c","event":"e","tlp":"red","raw":{"data":{}},"indicator":"a.example","indicators":[{"value":"a.example","indicatorType":"domain"},{"value":"B.Example","indicatorType":"domain"}]}`)
		got := send[[]api.Lookup](r, "POST", "/events/indicators/lookup", `{"indicators":["b[.]example","https://a.example/x","no.example"]}`)
		if len(got) != 3 || got[0].Exact.Count != 1 || got[1].Exact.Count != 0 || got[1].Host == nil || got[2].Exact.Count != 0 || got[2].Host != nil {
			t.Errorf("%+v", got)
		}
		page := send[[]api.Event](r, "GET", `/events?search=`+esc(`[{"field":"indicator","op":"equals","value":"B.EXAMPLE."}]`)+`&matches=true&total=later`, "")
		if len(page) != 1 || len(page[0].Indicators) != 2 || page[0].Indicators[1].Value != "B.Example" {
			t.Errorf("%+v", page)
		}
		r.do("POST", "/events/indicators/lookup", `{"indicators":[]}`).refusedWith(http.StatusBadRequest, "indicators")
		r.do("GET", "/events?total=never", "").refusedWith(http.StatusBadRequest, "total")
	})
}
