package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"threatbench/api"
)

const testAccount = "acc-1"

// openAt opens a database and closes it when the test ends.
func openAt(t testing.TB, path string, o Options) *DB {
	t.Helper()
	d, err := Open(context.Background(), path, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return d
}

func openNew(t testing.TB) *DB {
	t.Helper()
	return openAt(t, place(t), Options{})
}

// create makes events that must all be taken.
func create(t testing.TB, d *DB, data ...api.CreateEvent) api.BulkResult {
	t.Helper()
	res, err := d.Create(context.Background(), Actor{Name: "tester"}, testAccount, api.BulkCreate{Data: data, PreserveUUID: true, IncludeCreatedEvents: true})
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	if res.ErrorCount > 0 {
		t.Fatalf("Create refused: %v", res.Errors)
	}
	return res
}

func listed(t testing.TB, d *DB, q api.ListQuery) api.Page {
	t.Helper()
	p, err := d.List(context.Background(), testAccount, q)
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	return p
}

// plain is an event with the required fields, for tests to change.
func plain(change func(*api.CreateEvent)) api.CreateEvent {
	e := api.CreateEvent{
		Date: "2024-03-01T10:00:00Z", Event: "something happened", Category: "Phishing", TLP: "amber",
		Raw: api.RawInput{Data: json.RawMessage(`{"a":1}`)},
	}
	if change != nil {
		change(&e)
	}
	return e
}

// synthetic is a believable event for benchmarks, from a seeded source.
func synthetic(r *rand.Rand, i int) api.CreateEvent {
	pick := func(prefix string, n int) string { return fmt.Sprintf("%s %d", prefix, r.IntN(n)) }
	date := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(365 * 24 * time.Hour)))).Truncate(time.Second)
	stage := r.IntN(8)
	host := fmt.Sprintf("%x.host%d.example", r.Uint32(), r.IntN(5000))
	return api.CreateEvent{
		Date: date.Format(time.RFC3339), Category: pick("Category", 22), Attacker: pick("ACTOR", 250),
		Event:           fmt.Sprintf("%s observed %s contacting %s over port %d, job %x", pick("Sensor", 900), pick("client", 4000), host, r.IntN(65536), r.Uint32()),
		AttackerCountry: []string{"RU", "CN", "KP", "IR", "US", "BR"}[r.IntN(6)], TargetCountry: []string{"UA", "DE", "PL", "US", "GB", "FR", "JP", "IN", "TW"}[r.IntN(9)],
		TargetIndustry: pick("Industry", 20), Indicator: host, IndicatorType: []string{"domain", "ip", "url", "sha256"}[r.IntN(4)],
		KillChain: &stage, MitreAttack: []string{fmt.Sprintf("T1%03d", r.IntN(300))}, TLP: []string{"clear", "green", "amber", "red"}[r.IntN(4)],
		Tags: []string{pick("tag", 400), pick("label", 60)},
		Raw:  api.RawInput{Data: json.RawMessage(fmt.Sprintf(`{"host":%q,"n":%d,"seen":[1,2,3]}`, host, i)), Source: "sensor"},
	}
}

// fill makes n synthetic events in batches.
func fill(t testing.TB, d *DB, n int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for done := 0; done < n; {
		batch := make([]api.CreateEvent, 0, 1000)
		for len(batch) < min(1000, n-done) {
			batch = append(batch, synthetic(r, done+len(batch)))
		}
		create(t, d, batch...)
		done += len(batch)
	}
}
