package server

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkMountedPage lists 200 events through the in-memory mount, as the
// workbench does with every page it shows.
func BenchmarkMountedPage(b *testing.B) {
	r := benchRig(b, 2000)
	for _, size := range []int{50, 200} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				drain(b, r, http.MethodGet, fmt.Sprintf("/events?pageSize=%d", size), "")
			}
		})
	}
}

// BenchmarkMountedSummary asks what stands around a list: total, eight facets
// and the timeline.
func BenchmarkMountedSummary(b *testing.B) {
	r := benchRig(b, 2000)
	var facets strings.Builder
	for i, col := range []string{"attacker", "attackerCountry", "category", "indicatorType", "killChain", "targetCountry", "targetIndustry", "tlp"} {
		fmt.Fprintf(&facets, ` f%d: groupBy(columns: [\"%s\"], limit: 10) { distinct rows { keys count } }`, i, col)
	}
	body := `{"query":"{ events { total` + facets.String() + ` timeline(maxBuckets: 100) { bucket start end points { date count } } } }"}`
	b.ReportAllocs()
	for b.Loop() {
		drain(b, r, http.MethodPost, "/v2/events/graphql", body)
	}
}

// BenchmarkBulkCreate sends batches of 1,000 events and tells events a second.
func BenchmarkBulkCreate(b *testing.B) {
	r := benchRig(b, 1)
	list := make([]string, 1000)
	for i := range list {
		list[i] = newEvent("event", fmt.Sprintf("event %d of a batch of many that say this much about what happened", i))
	}
	body := bulk("", list...)
	n := 0
	for b.Loop() {
		drain(b, r, http.MethodPost, "/events/create/bulk", body)
		n++
	}
	b.ReportMetric(float64(n*len(list))/b.Elapsed().Seconds(), "events/s")
}

// benchRig is a rig that logs nothing, with n events.
func benchRig(b *testing.B, n int) *rig {
	b.Helper()
	r := newRig(b, Config{Logger: slog.New(slog.DiscardHandler)})
	r.seed(n)
	return r
}

// drain sends a request and reads its answer without keeping it.
func drain(b *testing.B, r *rig, method, path, body string) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, "http://local"+BasePath+"/accounts/"+account+"/cloudforce-one"+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	res, err := r.client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode > 299 {
		b.Fatal(res.StatusCode, err)
	}
	if err := res.Body.Close(); err != nil {
		b.Fatal(err)
	}
}
