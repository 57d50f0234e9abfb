package store

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"threatbench/api"
)

// bulk creates as a request would, errors and all.
func bulk(t *testing.T, d *DB, account string, b api.BulkCreate) api.BulkResult {
	t.Helper()
	res, err := d.Create(context.Background(), Actor{Name: "tester"}, account, b)
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return res
}

func TestCreateRefusesByItem(t *testing.T) {
	d := openNew(t)
	eight, three := 8, 3
	for _, c := range []struct {
		want   string
		change func(*api.CreateEvent)
	}{
		{"date: required", func(e *api.CreateEvent) { e.Date = " " }},
		{"date: 0001-01-01T00:00:00Z is the first moment there is", func(e *api.CreateEvent) { e.Date = "0001-01-01T00:00:00Z" }},
		{"date:", func(e *api.CreateEvent) { e.Date = "yesterday" }},
		{"createdAt:", func(e *api.CreateEvent) { e.CreatedAt = "tomorrow" }},
		{"event: required", func(e *api.CreateEvent) { e.Event = "" }},
		{"category: required", func(e *api.CreateEvent) { e.Category = "\t" }},
		{"tlp: want red", func(e *api.CreateEvent) { e.TLP = "purple" }},
		{"tlp: want red", func(e *api.CreateEvent) { e.TLP = "" }},
		{"killChain: want 0..7", func(e *api.CreateEvent) { e.KillChain = &eight }},
		{"raw.data: required", func(e *api.CreateEvent) { e.Raw.Data = nil }},
		{"raw.data: want JSON", func(e *api.CreateEvent) { e.Raw.Data = json.RawMessage(`{"a":`) }},
		{"raw.tlp:", func(e *api.CreateEvent) { e.Raw.TLP = "purple" }},
		{"event: want at most", func(e *api.CreateEvent) { e.Event = strings.Repeat("x", maxText+1) }},
		{"attacker: want at most", func(e *api.CreateEvent) { e.Attacker = strings.Repeat("ä", maxShort+1) }},
		{"tags: want at most", func(e *api.CreateEvent) { e.Tags = make([]string, maxListItems+1) }},
		{"uuid: want a UUID", func(e *api.CreateEvent) { e.UUID = "not one" }},
		{"references: want UUIDs", func(e *api.CreateEvent) { e.References = []string{"x"} }},
		{"relationshipType:", func(e *api.CreateEvent) {
			e.Relationships = []api.RelationshipInput{{ParentID: uuid.NewString(), RelationshipType: "likes"}}
		}},
		{"parentId: want a UUID", func(e *api.CreateEvent) { e.Relationships = []api.RelationshipInput{{ParentID: "x"}} }},
		{"parentIndex:", func(e *api.CreateEvent) { e.Relationships = []api.RelationshipInput{{ParentIndex: &three}} }},
		{"no dataset", func(e *api.CreateEvent) { e.DatasetID = uuid.NewString() }},
	} {
		t.Run(c.want, func(t *testing.T) {
			before := listed(t, d, api.ListQuery{}).Info.TotalCount
			res := bulk(t, d, testAccount, api.BulkCreate{PreserveUUID: true, Data: []api.CreateEvent{plain(nil), plain(c.change), plain(nil)}})
			if res.CreatedEventsCount != 2 || res.ErrorCount != 1 || res.Errors[0].EventIndex != 1 {
				t.Fatalf("%+v, want two created and the middle one refused", res)
			}
			if !strings.Contains(res.Errors[0].Error, c.want) {
				t.Errorf("%q does not say %q", res.Errors[0].Error, c.want)
			}
			if got := listed(t, d, api.ListQuery{}).Info.TotalCount; got != before+2 {
				t.Errorf("%d events, want %d", got, before+2)
			}
		})
	}
}

func TestCreateTakesLargeAndOddTexts(t *testing.T) {
	d := openNew(t)
	large := strings.Repeat("x", maxText-4) + "ends"
	create(t, d, plain(func(e *api.CreateEvent) { e.Event = large; e.Attacker = "bad \xff byte" }))
	c := api.Condition{Field: api.FieldEvent, Op: api.OpEndsWith, Values: []string{"xENDS"}}
	p := listed(t, d, api.ListQuery{Search: []api.Condition{c}})
	if len(p.Events) != 1 || p.Events[0].Event != large || p.Events[0].Attacker != "bad \uFFFD byte" {
		t.Fatalf("%d events found, or altered", len(p.Events))
	}
}

func TestCreateSkipsWhatExists(t *testing.T) {
	d := openNew(t)
	one := plain(func(e *api.CreateEvent) { e.UUID = uuid.NewString() })
	two := plain(func(e *api.CreateEvent) { e.UUID = uuid.NewString() })
	create(t, d, one)
	res := bulk(t, d, testAccount, api.BulkCreate{PreserveUUID: true, Data: []api.CreateEvent{one, two, two}})
	if res.CreatedEventsCount != 1 || res.SkippedEventsCount != 2 || res.ErrorCount != 0 {
		t.Errorf("%+v, want one created and two skipped", res)
	}
	if res := bulk(t, d, "another", api.BulkCreate{PreserveUUID: true, Data: []api.CreateEvent{one}}); res.CreatedEventsCount != 1 {
		t.Errorf("%+v: another account may have the same UUID", res)
	}
}

func TestCategoryFlowsIntoEvents(t *testing.T) {
	d := openNew(t)
	stage, own := 6, 2
	create(t, d, plain(func(e *api.CreateEvent) { e.KillChain, e.MitreAttack = &stage, []string{"T1566"} }))
	create(t, d, plain(func(e *api.CreateEvent) { e.Category = "PHISHING" }))
	create(t, d, plain(func(e *api.CreateEvent) { e.KillChain = &own }))
	for _, e := range listed(t, d, api.ListQuery{OrderBy: "rawId", Order: "asc"}).Events[1:] {
		want := stage
		if e.Category == "Phishing" {
			want = own
		}
		if e.KillChain != want || !slices.Equal(e.MitreAttack, []string{"T1566"}) {
			t.Errorf("%s: stage %d and %v, want %d and T1566", e.Category, e.KillChain, e.MitreAttack, want)
		}
	}
	cats, err := d.Categories(context.Background(), testAccount, nil)
	if err != nil || len(cats) != 1 || cats[0].KillChain != stage {
		t.Errorf("%+v, %v: want the one category, as its first event had it", cats, err)
	}
}

// TestEdgesWaitForTheirEvents imports children before their parents, in
// several requests.
func TestEdgesWaitForTheirEvents(t *testing.T) {
	d := openNew(t)
	parent, child, other := uuid.NewString(), uuid.NewString(), uuid.NewString()
	hang := func(e *api.CreateEvent) {
		e.UUID, e.References = child, []string{parent}
		e.Relationships = []api.RelationshipInput{{ParentID: parent, RelationshipType: "caused_by"}}
	}
	if res := create(t, d, plain(hang)); res.CreatedRelationshipsCount != 0 {
		t.Errorf("%d relationships before the parent came", res.CreatedRelationshipsCount)
	}
	create(t, d, plain(func(e *api.CreateEvent) { e.UUID = other }))
	if res := bulk(t, d, "another", api.BulkCreate{PreserveUUID: true, Data: []api.CreateEvent{plain(func(e *api.CreateEvent) { e.UUID = parent })}}); res.CreatedRelationshipsCount != 0 {
		t.Error("another account's event became the parent")
	}
	if res := create(t, d, plain(func(e *api.CreateEvent) { e.UUID = parent })); res.CreatedRelationshipsCount != 1 {
		t.Errorf("%d relationships once the parent came, want 1", res.CreatedRelationshipsCount)
	}
	e, err := d.Event(context.Background(), testAccount, "", parent)
	if err != nil || !e.HasChildren || !slices.Equal(e.Referenced, []string{child}) || e.NumReferenced != 1 {
		t.Errorf("%+v, %v: want children and a reference", e, err)
	}
}

func TestRelateReportsEachEdge(t *testing.T) {
	d := openNew(t)
	a, b := uuid.NewString(), uuid.NewString()
	for _, u := range []string{a, b} {
		create(t, d, plain(func(e *api.CreateEvent) { e.UUID = u }))
	}
	edges := []Edge{{a, b, "related_to"}, {a, b, "related_to"}, {a, uuid.NewString(), ""}, {uuid.NewString(), b, ""}, {a, a, ""}, {a, b, "likes"}}
	related, errs, err := d.Relate(context.Background(), Actor{}, testAccount, edges)
	if err != nil || related != 1 {
		t.Fatalf("%d related, %v, want 1", related, err)
	}
	got := map[int]int{}
	for _, e := range errs {
		got[e.Index] = e.Err.Status
	}
	want := map[int]int{2: http.StatusNotFound, 3: http.StatusNotFound, 4: http.StatusBadRequest, 5: http.StatusBadRequest}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("refused %v, want %v", got, want)
	}
	if _, errs, _ := d.Relate(context.Background(), Actor{}, "another", edges[:1]); len(errs) != 1 {
		t.Error("another account related events it cannot see")
	}
}

func TestCreateInUnknownDataset(t *testing.T) {
	d := openNew(t)
	_, err := d.Create(context.Background(), Actor{}, testAccount, api.BulkCreate{DatasetID: uuid.NewString(), Data: []api.CreateEvent{plain(nil)}})
	if api.StatusOf(err) != http.StatusNotFound {
		t.Errorf("%v, want a 404", err)
	}
}

func TestJournalOfCreates(t *testing.T) {
	d := openNew(t)
	fill(t, d, 1500)
	var rows, events, size int
	err := d.reads.QueryRowContext(context.Background(), "SELECT count(*), sum(count), sum(length(coalesce(before, ''))) FROM change WHERE op = 'create'").Scan(&rows, &events, &size)
	if err != nil || rows != 2 || events != 1500 || size != 0 {
		t.Errorf("%d rows for %d events with %d bytes, %v: want 2 ranges and nothing copied", rows, events, size, err)
	}
}
