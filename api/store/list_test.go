package store

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"threatbench/api"
)

func status(t *testing.T, err error, want int) {
	t.Helper()
	if api.StatusOf(err) != want || err == nil {
		t.Errorf("%v, want a %d", err, want)
	}
}

func TestCursorsAreSealed(t *testing.T) {
	d := openNew(t)
	fill(t, d, 300)
	ctx := context.Background()
	p := listed(t, d, api.ListQuery{PageSize: 10})
	raw, err := base64.RawURLEncoding.DecodeString(p.Info.Cursor)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		forged := slices.Clone(raw)
		forged[i] ^= 1
		_, err := d.List(ctx, testAccount, api.ListQuery{Cursor: base64.RawURLEncoding.EncodeToString(forged)})
		status(t, err, http.StatusBadRequest)
	}
	for _, s := range []string{"x", "!", p.Info.Cursor[:20], strings.Repeat("A", 5000)} {
		_, err := d.List(ctx, testAccount, api.ListQuery{Cursor: s})
		status(t, err, http.StatusBadRequest)
	}
	_, err = d.List(ctx, "another", api.ListQuery{Cursor: p.Info.Cursor})
	status(t, err, http.StatusBadRequest)
	other := openNew(t)
	fill(t, other, 300)
	_, err = other.List(ctx, testAccount, api.ListQuery{Cursor: p.Info.Cursor})
	status(t, err, http.StatusBadRequest)
}

// TestWalkOverEqualDates crosses several segments of one date, with a filter
// too long for a short cursor, while events are added.
func TestWalkOverEqualDates(t *testing.T) {
	d := openAt(t, t.TempDir()+"/e.db", Options{segment: 500})
	const n = 3000
	var data []api.CreateEvent
	for i := range n {
		data = append(data, numbered(i))
	}
	create(t, d, data...)
	long := api.Condition{Field: api.FieldAttacker, Op: api.OpIn}
	for i := range api.MaxInValues {
		long.Values = append(long.Values, strings.Repeat("z", 400)+string(rune('a'+i%26)))
	}
	long.Values[0] = "a3"
	for _, q := range []api.ListQuery{{PageSize: 77}, {PageSize: 13, Search: []api.Condition{long}}, {PageSize: 500, OrderBy: "event"}} {
		seen := map[string]int{}
		p := listed(t, d, q)
		total := p.Info.TotalCount
		for page := 1; ; page++ {
			for _, e := range p.Events {
				seen[e.UUID]++
			}
			if p.Info.Page != page {
				t.Fatalf("page %d calls itself %d", page, p.Info.Page)
			}
			if p.Info.Cursor == "" {
				break
			}
			create(t, d, plain(func(e *api.CreateEvent) { e.Date = "2030-01-01"; e.Event = "zz later" }))
			p = listed(t, d, api.ListQuery{Cursor: p.Info.Cursor})
		}
		walked := 0
		for u, times := range seen {
			if times != 1 {
				t.Errorf("%s came %d times", u, times)
			}
			walked++
		}
		if walked < total {
			t.Errorf("the walk gave %d events of %d", walked, total)
		}
	}
}

func TestAccountsAreIsolated(t *testing.T) {
	d := openNew(t)
	ctx := context.Background()
	id := uuid.NewString()
	create(t, d, plain(func(e *api.CreateEvent) { e.UUID, e.Attacker, e.Tags = id, "SECRETIVE", []string{"hush"} }))
	ds, err := d.CreateDataset(ctx, Actor{}, testAccount, api.Dataset{Name: "Mine"})
	if err != nil {
		t.Fatal(err)
	}
	const other = "another"
	bulk(t, d, other, api.BulkCreate{Data: []api.CreateEvent{plain(nil)}})
	_, err = d.Event(ctx, other, "", id)
	status(t, err, http.StatusNotFound)
	_, err = d.Raw(ctx, other, "", id)
	status(t, err, http.StatusNotFound)
	_, err = d.Dataset(ctx, other, ds.UUID)
	status(t, err, http.StatusNotFound)
	_, err = d.UpdateDataset(ctx, Actor{}, other, ds)
	status(t, err, http.StatusNotFound)
	_, err = d.List(ctx, other, api.ListQuery{Datasets: []string{defaultDataset(testAccount).UUID}})
	status(t, err, http.StatusNotFound)
	p, err := d.List(ctx, other, api.ListQuery{Datasets: []string{api.ScopeAll}, Search: []api.Condition{{Field: api.FieldUUID, Op: api.OpEquals, Values: []string{id}}}})
	if err != nil || p.Info.TotalCount != 0 {
		t.Errorf("%d of another account's events, %v", p.Info.TotalCount, err)
	}
	names, err := d.Attackers(ctx, other, nil)
	if err != nil || len(names) != 0 {
		t.Errorf("attackers %v, %v", names, err)
	}
	tags, err := d.Tags(ctx, other, nil)
	if err != nil || len(tags) != 0 {
		t.Errorf("tags %v, %v", tags, err)
	}
}

func TestScopes(t *testing.T) {
	d := openNew(t)
	ctx := context.Background()
	analytics, err := d.CreateDataset(ctx, Actor{}, testAccount, api.Dataset{Name: "Numbers", IsAnalytics: true})
	if err != nil {
		t.Fatal(err)
	}
	bulk(t, d, testAccount, api.BulkCreate{DatasetID: analytics.UUID, Data: []api.CreateEvent{plain(nil), plain(nil)}})
	create(t, d, plain(nil))
	for scope, want := range map[string]int{"all": 3, "*": 3, "operational": 1, "analytics": 2, "": 1, analytics.UUID: 2, strings.ToUpper(analytics.UUID): 2} {
		q := api.ListQuery{Datasets: []string{scope}}
		if scope == "" {
			q.Datasets = nil
		}
		if got := listed(t, d, q).Info.TotalCount; got != want {
			t.Errorf("%q holds %d events, want %d", scope, got, want)
		}
	}
	_, err = d.List(ctx, testAccount, api.ListQuery{Datasets: []string{analytics.UUID}, Branches: [][]api.Condition{{{Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"red"}}}}})
	status(t, err, http.StatusBadRequest)
	_, err = d.List(ctx, testAccount, api.ListQuery{Datasets: []string{uuid.NewString()}})
	status(t, err, http.StatusNotFound)
}

func TestDefaultDatasetIsThereBeforeAnythingIsWritten(t *testing.T) {
	d := openNew(t)
	before, err := d.Datasets(context.Background(), testAccount)
	if err != nil || len(before) != 1 || before[0].Name != api.DefaultDataset {
		t.Fatalf("%+v, %v", before, err)
	}
	create(t, d, plain(nil))
	after, err := d.Datasets(context.Background(), testAccount)
	if err != nil || len(after) != 1 || after[0].UUID != before[0].UUID {
		t.Errorf("%+v, %v: want the same dataset as before", after, err)
	}
}

func TestDatasetNamesAreUnique(t *testing.T) {
	d := openNew(t)
	ctx := context.Background()
	a, err := d.CreateDataset(ctx, Actor{}, testAccount, api.Dataset{Name: "DDoS"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.CreateDataset(ctx, Actor{}, testAccount, api.Dataset{Name: "ddos"})
	status(t, err, http.StatusConflict)
	_, err = d.CreateDataset(ctx, Actor{}, testAccount, api.Dataset{Name: " "})
	status(t, err, http.StatusBadRequest)
	_, err = d.CreateDataset(ctx, Actor{}, testAccount, api.Dataset{Name: "x", IndicatorWriteMode: "sometimes"})
	status(t, err, http.StatusBadRequest)
	a.Name = "DDoS attacks"
	if _, err := d.UpdateDataset(ctx, Actor{}, testAccount, a); err != nil {
		t.Error(err)
	}
	if got, err := d.Dataset(ctx, testAccount, a.UUID); err != nil || got.Name != a.Name {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRawRecords(t *testing.T) {
	d := openNew(t)
	ctx := context.Background()
	for _, data := range []string{`{"b": 1,  "a":2}`, `{"long":"` + strings.Repeat("abc ", 5000) + `"}`, `[1,2]`} {
		id := uuid.NewString()
		create(t, d, plain(func(e *api.CreateEvent) { e.UUID, e.Raw = id, api.RawInput{Data: []byte(data), Source: "s"} }))
		raw, err := d.Raw(ctx, testAccount, "", id)
		if err != nil || string(raw.Data) != data || raw.Source != "s" || raw.TLP != "amber" {
			t.Fatalf("%.60s %v, want its own bytes", raw.Data, err)
		}
		if again, err := d.RawByID(ctx, testAccount, id, raw.ID); err != nil || again.ID != raw.ID {
			t.Errorf("by id: %v", err)
		}
		_, err = d.RawByID(ctx, testAccount, id, raw.ID+"0")
		status(t, err, http.StatusNotFound)
	}
}

func TestCancelledCallsEnd(t *testing.T) {
	d := openNew(t)
	fill(t, d, 2000)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := d.List(ctx, testAccount, api.ListQuery{}); err == nil {
		t.Error("a cancelled list was answered")
	}
	if _, err := d.Create(ctx, Actor{}, testAccount, api.BulkCreate{Data: []api.CreateEvent{plain(nil)}}); err == nil {
		t.Error("a cancelled create was made")
	}
	if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != 2000 {
		t.Errorf("%d events afterwards, want 2000", got)
	}
}

func TestAggregateLimitAndTotal(t *testing.T) {
	d := openNew(t)
	fill(t, d, 500)
	ctx := context.Background()
	res, err := d.Aggregate(ctx, testAccount, api.AggregateQuery{AggregateBy: []string{"attacker", "killChain"}, Limit: 3, StartDate: "2023-01-01", EndDate: "2023-12-31"})
	if err != nil || res.Total != 500 || len(res.Aggregations) != 3 || res.AggregateBy != "attacker,killChain" || res.DateRange == nil {
		t.Fatalf("%+v, %v", res, err)
	}
	if _, ok := res.Aggregations[0]["killChain"].(*string); !ok {
		t.Errorf("killChain is %T, want a text, as the contract has it", res.Aggregations[0]["killChain"])
	}
	for _, q := range []api.AggregateQuery{{}, {AggregateBy: []string{"nosuch"}}, {AggregateBy: []string{"tlp"}, StartDate: "soon"}, {AggregateBy: []string{"tlp"}, Limit: -1}} {
		_, err := d.Aggregate(ctx, testAccount, q)
		if status(t, err, http.StatusBadRequest); err == nil {
			t.Errorf("%+v", q)
		}
	}
}
