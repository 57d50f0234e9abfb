package store

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"threatbench/api"
)

// TestRevertOfManyMadeEvents takes back creates that fill segments, with gaps
// between their ids, events moved in and out since, and edges across the
// moment gone back to; and takes that back.
func TestRevertOfManyMadeEvents(t *testing.T) {
	ctx, who := context.Background(), Actor{"tester"}
	d, err := Open(ctx, place(t), Options{Now: ticking(), segment: 32})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	other, err := d.CreateDataset(ctx, who, testAccount, api.Dataset{Name: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	home := defaultDataset(testAccount).UUID
	create := func(n, from int, dataset string) {
		t.Helper()
		b := api.BulkCreate{PreserveUUID: true, DatasetID: dataset}
		for i := range n {
			at := from + i
			e := api.CreateEvent{
				UUID: madeUUID(at), Date: "2024-05-01", Event: fmt.Sprintf("event %d of many", at), Category: "c", TLP: "green", Indicator: fmt.Sprintf("203.0.113.%d", at%50),
				Raw: api.RawInput{Data: fmt.Appendf(nil, `{"n":%d}`, at)},
			}
			if at%3 == 0 {
				e.Indicators = []api.IndicatorInput{{Value: e.Indicator}, {Value: fmt.Sprintf("host%d.example", at)}}
			}
			if at%40 == 39 {
				e.Relationships = []api.RelationshipInput{{ParentID: madeUUID(1), RelationshipType: "related_to"}}
			}
			if at%5 == 0 { // another dataset's events lie between
				e.DatasetID = other.UUID
			}
			b.Data = append(b.Data, e)
		}
		res, err := d.Create(ctx, who, testAccount, b)
		if err != nil || res.CreatedEventsCount != n {
			t.Fatal(res, err)
		}
	}
	create(20, 0, home)
	in := func(dataset string) []string {
		t.Helper()
		p, err := d.List(ctx, testAccount, api.ListQuery{Datasets: []string{dataset}, PageSize: api.MaxPageSize})
		if err != nil {
			t.Fatal(err)
		}
		return idsOf(p.Events)
	}
	before := in(home)
	h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: home})
	if err != nil {
		t.Fatal(err)
	}
	back := h.Entries[0].Bookmark
	create(100, 100, home)
	create(100, 200, home)
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.Delete(ctx, who, testAccount, home, []string{madeUUID(101), madeUUID(102), madeUUID(241)}))
	must(d.Move(ctx, who, testAccount, Transfer{From: home, To: other.UUID, EventIDs: []string{madeUUID(103), madeUUID(119)}, KeepRaw: true}))
	must(nil, d.AddTags(ctx, who, testAccount, madeUUID(104), []string{"later"}))
	later := in(home)

	r := api.Revert{Bookmark: back}
	preview, err := d.RevertPreview(ctx, testAccount, home, r)
	if err != nil {
		t.Fatal(err)
	}
	if gone := len(later) - len(before); preview.Deleted != gone || preview.Created != 0 {
		t.Fatalf("the preview is %+v, want %d deleted", preview, gone)
	}
	res, err := d.Revert(ctx, who, testAccount, home, r)
	if err != nil {
		t.Fatal(err)
	}
	if got := in(home); absent(got, before)+absent(before, got) != 0 {
		t.Fatalf("%d events are there after the revert, want the %d from before", len(got), len(before))
	}
	for at, want := range map[int]int{102: 0, 108: 0, 105: 1, 3: 1} {
		found, err := d.Lookup(ctx, testAccount, api.LookupRequest{Indicators: []string{fmt.Sprintf("host%d.example", at)}})
		if err != nil {
			t.Fatal(err)
		}
		if found[0].Exact.Count != want {
			t.Errorf("host%d.example has %d events, want %d", at, found[0].Exact.Count, want)
		}
	}
	if _, err := d.Event(ctx, testAccount, other.UUID, madeUUID(103)); err != nil {
		t.Errorf("an event that was moved away: %v", err)
	}
	if _, err := d.Revert(ctx, who, testAccount, home, api.Revert{Bookmark: res.UndoBookmark}); err != nil {
		t.Fatal(err)
	}
	if got := in(home); absent(got, later)+absent(later, got) != 0 {
		t.Fatalf("%d events are there after the revert was taken back, want %d", len(got), len(later))
	}
	raw, err := d.Raw(ctx, testAccount, home, madeUUID(111))
	if err != nil || string(raw.Data) != `{"n":111}` {
		t.Errorf("the raw record is %s: %v", raw.Data, err)
	}
}

func madeUUID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n+1) }

// TestRenameOfATagThatManyCarry renames a tag of events that fill segments: the
// edit holds no more than two segments of them, and it can be taken back.
func TestRenameOfATagThatManyCarry(t *testing.T) {
	const segment, events = 32, 400
	ctx, who := context.Background(), Actor{"tester"}
	d := openAt(t, place(t), Options{Now: ticking(), segment: segment})
	var b []api.CreateEvent
	for i := range events {
		b = append(b, plain(func(e *api.CreateEvent) { e.UUID, e.Tags = madeUUID(i), []string{"Old", "other"} }))
		if i%3 == 0 {
			b[i].Tags = []string{"other"}
		}
	}
	create(t, d, b...)
	carry := func(tag string) int {
		t.Helper()
		n := 0
		for _, e := range listed(t, d, api.ListQuery{Search: []api.Condition{{Field: api.FieldTags, Op: api.OpEquals, Values: []string{tag}}}, PageSize: api.MaxPageSize}).Events {
			if slices.Contains(e.Tags, tag) {
				n++
			}
		}
		return n
	}
	had := carry("Old")
	home := defaultDataset(testAccount).UUID
	h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: home})
	if err != nil {
		t.Fatal(err)
	}
	err = d.edit(ctx, who, testAccount, opRenameTag, func(e *edit) error {
		old, err := e.c.tagWhere(" AND t.fold = ?", "old")
		if err != nil {
			return err
		}
		to := old
		to.Value = "New"
		err = e.renameTag(old.Value, &to)
		if held := max(len(e.old), len(e.rows)); held == 0 || held > 2*segment {
			t.Errorf("the edit holds %d events at its end, want at most %d", held, 2*segment)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if old, renamed, other := carry("Old"), carry("New"), carry("other"); had == 0 || old != 0 || renamed != had || other != events {
		t.Errorf("of %d events %d have the old tag and %d the new one, %d the other", had, old, renamed, other)
	}
	if found, err := d.Verify(ctx, nil); err != nil || found.Events != events || len(found.Problems) != 0 {
		t.Errorf("after the renaming: %+v, %v", found, err)
	}
	if _, err := d.Revert(ctx, who, testAccount, home, api.Revert{Bookmark: h.Entries[0].Bookmark}); err != nil {
		t.Fatal(err)
	}
	if old, renamed := carry("Old"), carry("New"); old != had || renamed != 0 {
		t.Errorf("after the revert %d have the old tag and %d the new one, want %d and 0", old, renamed, had)
	}
}
