package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"threatbench/api"
)

// BenchmarkListPage is what a page of 200 events costs the client, from the
// answer's bytes to neutralised events.
func BenchmarkListPage(b *testing.B) {
	body := pageBody(b, 200)
	conf := Config{BaseURL: "http://events.example", Account: "acc", Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}, nil
	})}
	c, err := New(conf)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if p, err := c.List(b.Context(), api.ListQuery{PageSize: 200}); err != nil || len(p.Events) != 200 {
			b.Fatal(err)
		}
	}
}

func pageBody(tb testing.TB, n int) []byte {
	tb.Helper()
	events := make([]api.Event, n)
	for i := range events {
		date, err := api.ParseTime("2024-05-01T10:20:30Z")
		if err != nil {
			tb.Fatal(err)
		}
		events[i] = api.Event{
			UUID: fmt.Sprintf("0b5f5f0e-0000-4000-8000-%012d", i), Date: date, CreatedAt: date,
			Event: "cdn-3.acme.example resolved to 203.0.113.77 for the first time", Category: "Domain Resolution",
			Attacker: "FLYINGYETI", AttackerCountry: "RU", AttackerCountryAlpha3: "RUS", TargetCountry: "UA", TargetCountryAlpha3: "UKR",
			TargetIndustry: "Government", Indicator: "cdn-3.acme.example", IndicatorType: "domain", IndicatorTypeID: 5, KillChain: 6,
			MitreAttack: []string{"T1566.001", "T1568"}, MitreCapec: []string{"CAPEC-163"}, TLP: "amber", Tags: []string{"c2", "phish", "saffron"},
			Insight: "# Seen\n\nAgain and *again*.", RawID: "7", References: []string{"0b5f5f0e-0000-4000-8000-000000000001"}, NumReferences: 1,
			DatasetID: "0b5f5f0e-0000-4000-8000-00000000000d",
		}
	}
	body, err := json.Marshal(api.Envelope{Success: true, Errors: []api.ErrorItem{}, Messages: []api.ErrorItem{}, Result: events, ResultInfo: &api.ResultInfo{Count: n, Page: 1, PerPage: n, TotalCount: 10_000, TotalPages: 50}})
	if err != nil {
		tb.Fatal(err)
	}
	return body
}
