package store

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"threatbench/api"
)

// belowStore has events whose indicators lie below others, some of them red,
// deleted or changed since; the last few are in no sealed segment.
func belowStore(t *testing.T) *DB {
	t.Helper()
	d := openAt(t, place(t), Options{segment: 8})
	values := []string{
		"http://m.pz8.in/", "ann@pz8.in", "m.pz8.in:8443", "a.0df.ru", "b.0df.ru", "x.b.0DF.ru.", "0df.ru", "not0df.ru",
		"78.31.67.5", "78.31.67.9:443", "78[.]31[.]67[.]128/25", "http://78.31.67.7/x", "78.31.68.1", "2001:db8::1", "[2001:DB8::2]",
		"8b1a9953c4611296a827abf8c47804d7", "8B1A9953FFFF1296A827ABF8C47804D7FFFF0000", "8b1a9953.example", "plain text",
	}
	var list []api.CreateEvent
	for i := range 3 * len(values) {
		list = append(list, plain(func(e *api.CreateEvent) {
			e.UUID, e.Date = fmt.Sprintf("10000000-0000-4000-8000-%012x", i), fmt.Sprintf("2024-%02d-03T00:00:00Z", i%12+1)
			e.Indicator, e.TLP = values[i%len(values)], []string{"green", "red", "green"}[i/len(values)]
		}))
	}
	create(t, d, list...)
	if _, err := d.Delete(t.Context(), Actor{}, testAccount, "", []string{list[3].UUID}); err != nil {
		t.Fatal(err)
	}
	changed := "late.0df.ru"
	if _, err := d.Update(t.Context(), Actor{}, testAccount, "", list[18].UUID, api.EventPatch{Indicator: &changed}); err != nil {
		t.Fatal(err)
	}
	return d
}

func lookedUp(ctx context.Context, t *testing.T, d *DB, values ...string) []api.Lookup {
	t.Helper()
	out, err := d.Lookup(ctx, testAccount, api.LookupRequest{Indicators: values})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What lies below an indicator is counted, with or without the order of the
// segments, and never what the caller may not see.
func TestLookupKnowsWhatLiesBelow(t *testing.T) {
	d := belowStore(t)
	limited := WithLimit(t.Context(), Limit{MaxTLP: api.TLPGreen})
	cases := []struct {
		value          string
		exact, below   int
		belowWithLimit int
	}{
		{"m.pz8.in", 3, 3, 2}, // with a port it is the host itself
		{"pz8[.]in", 0, 9, 6},
		{"0df.ru", 3, 9, 6}, // one was deleted, one came by a change
		{"0DF.ru", 3, 9, 6},
		{"df.ru", 0, 0, 0},
		{"78.31.67.0/24", 0, 9, 6},
		{"78.31.67.128/25", 3, 0, 0},
		{"78.31.67.9", 3, 0, 0},
		{"78.31.67.7", 0, 3, 2},
		{"78.0.0.0/8", 0, 12, 8},
		{"2001:db8::/32", 0, 6, 4},
		{"2001:db8::2", 3, 0, 0},
		{"8b1a9953", 0, 6, 4},
		{"8B1A9953C", 0, 3, 2},
		{"8b1a995", 0, 0, 0},
		{"8b1a9953c4611296a827abf8c47804d7", 3, 0, 0},
		{"8b1a9953ffff1296a827abf8c47804d7", 0, 0, 0}, // as long as a hash
		{"late.0df.ru", 1, 0, 0},
		{"nothing.example", 0, 0, 0},
	}
	var values []string
	for _, c := range cases {
		values = append(values, c.value)
	}
	if len(values) <= fewBelow {
		t.Fatal("too few values for the order of the segments")
	}
	together, hidden := lookedUp(t.Context(), t, d, values...), lookedUp(limited, t, d, values...)
	count := func(l api.Lookup) int {
		if l.Below == nil {
			return 0
		}
		return l.Below.Count
	}
	for i, c := range cases {
		alone := lookedUp(t.Context(), t, d, c.value)[0]
		if together[i].Exact.Count != c.exact || count(together[i]) != c.below || count(hidden[i]) != c.belowWithLimit {
			t.Errorf("%s: %d, below it %d, under the limit %d; want %d, %d, %d", c.value, together[i].Exact.Count, count(together[i]), count(hidden[i]), c.exact, c.below, c.belowWithLimit)
		}
		if got := fmt.Sprintf("%+v %+v", alone.Exact, alone.Below != nil); got != fmt.Sprintf("%+v %+v", together[i].Exact, together[i].Below != nil) {
			t.Errorf("%s alone: %s", c.value, got)
		}
		if c.below > 0 && alone.Below != nil && together[i].Below != nil && fmt.Sprintf("%+v", *alone.Below) != fmt.Sprintf("%+v", *together[i].Below) {
			t.Errorf("%s alone: %+v, among others %+v", c.value, *alone.Below, *together[i].Below)
		}
		if one := lookedUp(limited, t, d, c.value)[0]; count(one) != c.belowWithLimit {
			t.Errorf("%s alone under the limit: %d", c.value, count(one))
		}
	}
	if newest := together[1].Below.Newest; len(newest) != maxNewest || newest[0].Date.Before(newest[2].Date.Time) {
		t.Errorf("the newest: %+v", newest)
	}
}

// Below agrees with what the filters under and within find.
func TestBelowIsWhatAFilterFinds(t *testing.T) {
	d := belowStore(t)
	for value, op := range map[string]api.Op{"m.pz8.in": api.OpUnder, "pz8.in": api.OpUnder, "78.31.67.0/24": api.OpWithin, "2001:db8::/32": api.OpWithin} {
		page := listed(t, d, api.ListQuery{Datasets: []string{api.ScopeAll}, Search: []api.Condition{{Field: api.FieldIndicator, Op: op, Values: []string{value}}}, PageSize: 100})
		if got := lookedUp(t.Context(), t, d, value)[0]; got.Below == nil || got.Exact.Count+got.Below.Count != len(page.Events) {
			t.Errorf("%s: %+v, the filter finds %d", value, got.Below, len(page.Events))
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	d := openNew(b)
	fill(b, d, benchEvents())
	ask := func(b *testing.B, values []string) {
		if _, err := d.Lookup(context.Background(), testAccount, api.LookupRequest{Indicators: values}); err != nil {
			b.Fatal(err)
		}
	}
	var values []string
	for i := range 1000 {
		values = append(values, []string{fmt.Sprintf("host%d.example", i), fmt.Sprintf("no%d.example", i), fmt.Sprintf("10.%d.0.0/16", i%250), strings.Repeat(fmt.Sprintf("%04x", i), 8)}[i%4])
	}
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			ask(b, values[:1])
		}
	})
	b.Run("first thousand", func(b *testing.B) {
		for b.Loop() {
			d.cache = newCache(d.cache.limit, newFrequency())
			ask(b, values)
		}
	})
	b.Run("thousand", func(b *testing.B) {
		for b.Loop() {
			ask(b, values)
		}
		b.ReportMetric(float64(1000*b.N)/b.Elapsed().Seconds(), "values/s")
	})
}
