package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/google/uuid"

	"threatbench/api"
)

// TestAnIndicatorOfManySources reads an address that 20,000 events have, each
// of a source and with a tag of its own: it takes memory by how many there
// are, not by their square.
func TestAnIndicatorOfManySources(t *testing.T) {
	const events, each, most = 20_000, 5000, 96 << 20
	ctx := context.Background()
	d := openNew(t)
	for done := 0; done < events; done += each {
		var b []api.CreateEvent
		for i := range each {
			b = append(b, plain(func(e *api.CreateEvent) {
				e.UUID, e.Indicator, e.Tags = madeUUID(done+i), "203.0.113.7", []string{fmt.Sprint("tag ", done+i)}
				e.Source = &api.EventSource{System: "threat-signals", ResourceType: "article", ResourceID: uuid.NewString()}
			}))
		}
		create(t, d, b...)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := d.Indicators(ctx, testAccount, IndicatorQuery{})
	if err != nil || len(p.Indicators) != 1 {
		t.Fatalf("%d indicators: %v", len(p.Indicators), err)
	}
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > most {
		t.Errorf("it took %d MiB, want at most %d", taken>>20, most>>20)
	} else {
		t.Logf("it took %d MiB", taken>>20)
	}
	if n := len(p.Indicators[0].Sources); n != events {
		t.Errorf("the address has %d sources, want %d", n, events)
	}
}

// TestSetsHoldEachNumberOnce adds numbers in any order, many of them again and
// again.
func TestSetsHoldEachNumberOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var s sets
	for _, different := range []int{0, 1, 2, 31, 32, 33, 40, 64, 65, 1000} {
		var one, other growing
		for range 50 {
			for _, n := range r.Perm(different) {
				one.add(uint32(n))
			}
		}
		for n := range different {
			other.add(uint32(n))
		}
		if len(one) > 2*different+fewNumbers || cap(one) > 4*different+2*fewNumbers {
			t.Errorf("of %d numbers it holds %d, with room for %d", different, len(one), cap(one))
		}
		number := s.number(one)
		got := s.at(number)
		if len(got) != different || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != different {
			t.Errorf("of %d numbers the set has %d: %v", different, len(got), got)
		}
		if again := s.number(other); again != number {
			t.Errorf("the same %d numbers are set %d and set %d", different, number, again)
		}
	}
	if len(s.list) != 9 {
		t.Errorf("there are %d sets, want 9", len(s.list))
	}
}
