package store

import (
	"context"
	"slices"
	"sync"
	"testing"

	"threatbench/api"
)

// TestGroupsAreKeptUntilAChange counts the same again, by itself and by many
// at once, and wants the answer anew after a change.
func TestGroupsAreKeptUntilAChange(t *testing.T) {
	ctx, who := context.Background(), Actor{"tester"}
	d, err := Open(ctx, place(t), Options{segment: 32})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	create := func(attacker string, n int) {
		t.Helper()
		b := api.BulkCreate{}
		for range n {
			b.Data = append(b.Data, api.CreateEvent{Date: "2024-05-01", Event: "e", Category: "c", TLP: "green", Attacker: attacker, Raw: api.RawInput{Data: []byte("{}")}})
		}
		if r, err := d.Create(ctx, who, testAccount, b); err != nil || r.CreatedEventsCount != n {
			t.Fatal(r, err)
		}
	}
	count := func(attacker string) (int, error) {
		res, err := d.Aggregate(ctx, testAccount, api.AggregateQuery{AggregateBy: []string{"attacker"}, Datasets: []string{api.ScopeAll}})
		for _, row := range res.Aggregations {
			if v, ok := row["attacker"].(*string); ok && v != nil && *v == attacker {
				return row["count"].(int), err
			}
		}
		return 0, err
	}
	want := func(attacker string, n int) {
		t.Helper()
		if got, err := count(attacker); got != n || err != nil {
			t.Fatalf("%s has %d events, want %d: %v", attacker, got, n, err)
		}
	}
	create("A", 40)
	want("A", 40)
	want("A", 40)
	create("A", 1)
	create("B", 2)
	want("A", 41)
	want("B", 2)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if got, err := count("B"); got != 2 || err != nil {
				t.Errorf("B has %d events, want 2: %v", got, err)
			}
		})
	}
	wg.Wait()

	s, err := d.Select(ctx, testAccount, api.ListQuery{Datasets: []string{api.ScopeAll}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	g := GroupQuery{Columns: []string{"attacker"}}
	for range 2 {
		out, err := s.GroupBy(ctx, g)
		if err != nil || len(out.Rows) != 2 || *out.Rows[0].Keys[0] != "A" {
			t.Fatalf("the groups are %+v: %v", out, err)
		}
		slices.Reverse(out.Rows) // the caller's own
	}
}
