package store

import (
	"context"
	"fmt"
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

// spread are the UUIDs of n events, as far apart as can be.
func spread(b *testing.B, d *DB, n int) []string {
	b.Helper()
	v, err := d.readTx(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	defer v.close()
	ids := make([]string, n)
	for i := range ids {
		r, err := v.s.row(context.Background(), 1+int64(i)*(v.snap.next-1)/int64(n))
		if err != nil || r == nil {
			b.Fatalf("event %d: %v", i, err)
		}
		ids[i] = uuidText(r.doc.uuid[:])
	}
	return ids
}

// BenchmarkChangeHundred changes, deletes and brings back 100 events spread
// over all segments.
func BenchmarkChangeHundred(b *testing.B) {
	ctx, who := context.Background(), Actor{Name: "bench"}
	d := openNew(b)
	fill(b, d, benchEvents())
	ids := spread(b, d, 100)
	n := 0
	update := func(b *testing.B, patch func(text *string) api.EventPatch) {
		for b.Loop() {
			n++
			text := fmt.Sprintf("changed %d times", n)
			if _, err := d.UpdateMany(ctx, who, testAccount, "", ids, patch(&text)); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("attacker", func(b *testing.B) {
		update(b, func(s *string) api.EventPatch { return api.EventPatch{Attacker: s} })
	})
	b.Run("text", func(b *testing.B) {
		update(b, func(s *string) api.EventPatch { return api.EventPatch{Event: s, Indicator: s} })
	})
	b.Run("delete and revert", func(b *testing.B) {
		for b.Loop() {
			if n, err := d.Delete(ctx, who, testAccount, "", ids); err != nil || n != len(ids) {
				b.Fatal(n, err)
			}
			h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: defaultDataset(testAccount).UUID, PageSize: 2})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := d.Revert(ctx, who, testAccount, "", api.Revert{Bookmark: h.Entries[1].Bookmark}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPointed makes filters for ten events marked as wanted and ten as
// unwanted.
func BenchmarkPointed(b *testing.B) {
	d := openNew(b)
	fill(b, d, benchEvents())
	marked := func(c api.Condition) (ids []string) {
		page, err := d.List(context.Background(), testAccount, api.ListQuery{Search: []api.Condition{c}, PageSize: 10})
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range page.Events {
			ids = append(ids, e.UUID)
		}
		return ids
	}
	r := api.PointRequest{
		Wanted:   marked(api.Condition{Field: api.FieldAttacker, Op: api.OpEquals, Values: []string{"ACTOR 7"}}),
		Unwanted: marked(api.Condition{Field: api.FieldAttacker, Op: api.OpNot, Values: []string{"ACTOR 7"}}),
	}
	for b.Loop() {
		out, err := d.Pointed(context.Background(), testAccount, r)
		if err != nil || len(out.Filters) == 0 {
			b.Fatal(out, err)
		}
	}
}
