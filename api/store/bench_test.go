package store

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"threatbench/api"
)

// benchEvents is how many events benchmarks run on; the command in bench/
// measures a million through the whole path.
func benchEvents() int {
	if n, err := strconv.Atoi(os.Getenv("THREATBENCH_BENCH_EVENTS")); err == nil && n > 0 {
		return n
	}
	return 20_000
}

func BenchmarkList(b *testing.B) {
	d := openNew(b)
	fill(b, d, benchEvents())
	for _, c := range []struct {
		name string
		q    api.ListQuery
	}{
		{"newest", api.ListQuery{PageSize: 100}},
		{"attacker", api.ListQuery{PageSize: 100, Search: []api.Condition{{Field: api.FieldAttacker, Op: api.OpEquals, Values: []string{"ACTOR 7"}}}}},
		{"substring", api.ListQuery{PageSize: 100, Search: []api.Condition{{Field: api.FieldEvent, Op: api.OpContains, Values: []string{"sensor 12 observed"}}}}},
		{"by indicator", api.ListQuery{PageSize: 100, OrderBy: "indicator", Order: "asc"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := d.List(context.Background(), testAccount, c.q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFacets(b *testing.B) {
	d := openNew(b)
	fill(b, d, benchEvents())
	for b.Loop() {
		s, err := d.Select(context.Background(), testAccount, api.ListQuery{})
		if err != nil {
			b.Fatal(err)
		}
		for _, column := range []string{"attacker", "category", "targetCountry", "targetIndustry", "tlp", "indicatorType", "attackerCountry", "tags"} {
			if _, err := s.GroupBy(context.Background(), GroupQuery{Columns: []string{column}, Limit: 40}); err != nil {
				b.Fatal(err)
			}
		}
		s.Close()
	}
}

func BenchmarkCreateThousand(b *testing.B) {
	d := openNew(b)
	r := rand.New(rand.NewPCG(1, 2))
	n := 0
	for b.Loop() {
		events := make([]api.CreateEvent, 1000)
		for i := range events {
			events[i], n = synthetic(r, n), n+1
		}
		create(b, d, events...)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}
