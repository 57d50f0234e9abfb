package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"threatbench/api"
)

// ticking is a clock that moves on by a second at every look.
func ticking() func() time.Time {
	at := time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time {
		at = at.Add(time.Second)
		return at
	}
}

// kept is the model as it was at a moment.
type kept struct {
	at time.Time
	m  *model
}

// TestRevertRestoresExactly makes random changes in two datasets, goes back to
// random moments, and compares with copies kept then. Then it takes the reverts
// back, and wants the later state.
func TestRevertRestoresExactly(t *testing.T) {
	ctx, who := context.Background(), Actor{"tester"}
	rapid.Check(t, func(t *rapid.T) {
		now := ticking()
		var last time.Time
		clock := func() time.Time {
			last = now()
			return last
		}
		d, err := Open(ctx, place(t), Options{Now: clock, segment: rapid.SampledFrom([]int{5, 32, blockSize}).Draw(t, "segment")})
		if err != nil {
			t.Fatal(err)
		}
		defer closeDB(t, d)
		other, err := d.CreateDataset(ctx, who, testAccount, api.Dataset{Name: "Other"})
		if err != nil {
			t.Fatal(err)
		}
		m := newModel()
		history := []kept{{last, m.clone()}}
		for range rapid.IntRange(1, 14).Draw(t, "changes") {
			if len(m.events) == 0 || rapid.IntRange(0, 4).Draw(t, "grow") == 0 {
				grow(t, d, m, other.UUID)
			} else {
				mutate(t, d, m, other.UUID)
			}
			history = append(history, kept{last, m.clone()})
			if rapid.IntRange(0, 3).Draw(t, "go back") > 0 {
				continue
			}
			m = goBack(t, d, rapid.SampledFrom(history).Draw(t, "moment"), m, other.UUID)
			history = append(history, kept{last, m.clone()})
		}
		compareEvents(t, d, m)
		compareWithModel(t, d, m, genQuery(m).Draw(t, "query"), []string{defaultDataset(testAccount).UUID})
	})
}

// goBack reverts both datasets to a moment and, now and then, takes that back;
// it answers the state that must be there then.
func goBack(t *rapid.T, d *DB, to kept, m *model, other string) *model {
	ctx, who := context.Background(), Actor{"tester"}
	datasets := []string{defaultDataset(testAccount).UUID, other}
	if rapid.Bool().Draw(t, "other first") {
		slices.Reverse(datasets)
	}
	later := m.clone()
	if rapid.Bool().Draw(t, "together") {
		return goBackTogether(t, d, to, m, datasets)
	}
	// What was moved from one to the other since then first goes back to the
	// one, and then to how that was.
	datasets = slices.Repeat(datasets, 2)
	var undo []string
	for _, ds := range datasets {
		r := api.Revert{TargetTimestamp: to.at.Format(time.RFC3339Nano)}
		preview, err := d.RevertPreview(ctx, testAccount, ds, r)
		if err != nil {
			t.Fatal(err)
		}
		before := listIn(t, d, ds)
		res, err := d.Revert(ctx, who, testAccount, ds, r)
		if err != nil {
			t.Fatalf("going back to %v: %v", to.at, err)
		}
		after := listIn(t, d, ds)
		if created, deleted := absent(before, after), absent(after, before); preview.Created != created || preview.Deleted != deleted {
			t.Fatalf("the preview is %+v, but %d came back and %d went", preview, created, deleted)
		}
		undo = append(undo, res.UndoBookmark)
	}
	compareEvents(t, d, to.m)
	if rapid.Bool().Draw(t, "stay") {
		out := to.m.clone()
		out.cats = m.cats // the catalogue stays as it is
		return out
	}
	for i := len(datasets) - 1; i >= 0; i-- {
		if _, err := d.Revert(ctx, who, testAccount, datasets[i], api.Revert{Bookmark: undo[i]}); err != nil {
			t.Fatalf("taking a revert back: %v", err)
		}
	}
	compareEvents(t, d, later)
	return later
}

// goBackTogether is goBack in one change.
func goBackTogether(t *rapid.T, d *DB, to kept, m *model, datasets []string) *model {
	ctx, who := context.Background(), Actor{"tester"}
	var there, back []api.DatasetRevert
	for _, ds := range datasets {
		there = append(there, api.DatasetRevert{DatasetID: ds, Revert: api.Revert{TargetTimestamp: to.at.Format(time.RFC3339Nano)}})
	}
	res, err := d.RevertTogether(ctx, who, testAccount, there)
	if err != nil {
		t.Fatalf("going back to %v together: %v", to.at, err)
	}
	compareEvents(t, d, to.m)
	if rapid.Bool().Draw(t, "stay") {
		out := to.m.clone()
		out.cats = m.cats
		return out
	}
	for _, r := range res {
		back = append(back, api.DatasetRevert{DatasetID: r.DatasetID, Revert: api.Revert{Bookmark: r.UndoBookmark}})
	}
	if _, err := d.RevertTogether(ctx, who, testAccount, back); err != nil {
		t.Fatalf("taking it back together: %v", err)
	}
	compareEvents(t, d, m)
	return m.clone()
}

func TestRevertTogetherRefuses(t *testing.T) {
	d := openNew(t)
	create(t, d, numbered(1))
	zero := 0.0
	one := api.DatasetRevert{DatasetID: defaultDataset(testAccount).UUID, Revert: api.Revert{MinutesAgo: &zero}}
	unknown := one
	unknown.DatasetID = "00000000-0000-4000-8000-000000000000"
	for name, c := range map[string]struct {
		list   []api.DatasetRevert
		status int
	}{
		"none": {nil, 400}, "twice": {[]api.DatasetRevert{one, one}, 400}, "too many": {slices.Repeat([]api.DatasetRevert{one}, 51), 400},
		"no moment": {[]api.DatasetRevert{{DatasetID: one.DatasetID}}, 400}, "unknown": {[]api.DatasetRevert{one, unknown}, 404},
	} {
		if _, err := d.RevertTogether(t.Context(), Actor{}, testAccount, c.list); api.StatusOf(err) != c.status {
			t.Errorf("%s: %v", name, err)
		}
	}
	if h, err := d.History(t.Context(), testAccount, api.HistoryQuery{Dataset: one.DatasetID}); err != nil || len(h.Entries) != 1 {
		t.Errorf("a refused revert left something: %+v, %v", h.Entries, err)
	}
}

func listIn(t *rapid.T, d *DB, dataset string) []string {
	p, err := d.List(context.Background(), testAccount, api.ListQuery{Datasets: []string{dataset}, PageSize: api.MaxPageSize})
	if err != nil {
		t.Fatal(err)
	}
	return idsOf(p.Events)
}

// absent counts what is in b and not in a.
func absent(a, b []string) int {
	n := 0
	for _, id := range b {
		if !slices.Contains(a, id) {
			n++
		}
	}
	return n
}

// TestFailedChangeLeavesNothing breaks changes of every kind off at their end.
func TestFailedChangeLeavesNothing(t *testing.T) {
	ctx := context.Background()
	broken := errors.New("broken off")
	rapid.Check(t, func(t *rapid.T) {
		d, err := Open(ctx, place(t), Options{segment: 9})
		if err != nil {
			t.Fatal(err)
		}
		defer closeDB(t, d)
		m := newModel()
		grow(t, d, m, "")
		p, err := checkPatch(genPatch().Draw(t, "patch"))
		if err != nil {
			t.Fatal(err)
		}
		err = d.edit(ctx, Actor{}, testAccount, opUpdate, func(e *edit) error {
			for _, ev := range m.events {
				r, err := e.need(0, ev.UUID)
				if err != nil {
					return err
				}
				if rapid.Bool().Draw(t, "remove") {
					err = e.remove(r.id)
				} else {
					err = e.patch(r, p, newCategories(e.c))
				}
				if err != nil {
					return err
				}
			}
			return errors.Join(e.finish(), broken)
		})
		if !errors.Is(err, broken) {
			t.Fatalf("got %v", err)
		}
		compareEvents(t, d, m)
		h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: defaultDataset(testAccount).UUID})
		if err != nil || len(h.Entries) != 1 {
			t.Fatalf("the journal is %+v, %v", h, err)
		}
	})
}

// changeable is a database with a clock that tests set.
func changeable(t *testing.T) (*DB, *time.Time) {
	t.Helper()
	at := time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)
	return openAt(t, place(t), Options{Now: func() time.Time { return at }}), &at
}

func TestRevertRefuses(t *testing.T) {
	ctx, who := context.Background(), Actor{"tester"}
	d, now := changeable(t)
	first := create(t, d, plain(nil)).CreatedEvents[0].UUID
	def := defaultDataset(testAccount).UUID
	h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: def})
	if err != nil {
		t.Fatal(err)
	}
	made := h.Entries[0].Bookmark
	*now = now.Add(time.Hour)
	if _, err := d.Delete(ctx, who, testAccount, def, []string{first}); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(40 * 24 * time.Hour)
	minutes := func(n float64) *float64 { return &n }
	for name, c := range map[string]struct {
		r     api.Revert
		words []string
	}{
		"no way":             {api.Revert{}, []string{"exactly one", "got 0"}},
		"two ways":           {api.Revert{MinutesAgo: minutes(1), Bookmark: made}, []string{"exactly one", "got 2"}},
		"negative":           {api.Revert{MinutesAgo: minutes(-1)}, []string{"minutesAgo", "-1"}},
		"too many minutes":   {api.Revert{MinutesAgo: minutes(43201)}, []string{"minutesAgo", "43200", "43201", "2024-06-11T13:00:00Z"}},
		"past the window":    {api.Revert{TargetTimestamp: "2024-06-01T12:30:00Z"}, []string{"targetTimestamp", "2024-06-11T13:00:00Z"}},
		"in the future":      {api.Revert{TargetTimestamp: "2030-01-01"}, []string{"targetTimestamp", "2030"}},
		"no time":            {api.Revert{TargetTimestamp: "noon"}, []string{"targetTimestamp", "noon"}},
		"an old bookmark":    {api.Revert{Bookmark: made}, []string{"bookmark", "2024-06-11T13:00:00Z"}},
		"an altered one":     {api.Revert{Bookmark: "1" + made}, []string{"bookmark"}},
		"no bookmark at all": {api.Revert{Bookmark: "x"}, []string{"bookmark", "x"}},
	} {
		_, err := d.Revert(ctx, who, testAccount, def, c.r)
		_, errPreview := d.RevertPreview(ctx, testAccount, def, c.r)
		if api.StatusOf(err) != 400 || fmt.Sprint(err) != fmt.Sprint(errPreview) {
			t.Errorf("%s: got %v, previewing %v", name, err, errPreview)
			continue
		}
		for _, w := range c.words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q doesn't name %q", name, err, w)
			}
		}
	}
	other, err := d.CreateDataset(ctx, who, testAccount, api.Dataset{Name: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Revert(ctx, who, testAccount, other.UUID, api.Revert{MinutesAgo: minutes(1)}); api.StatusOf(err) != 400 || !strings.Contains(err.Error(), "2024-07-11T13:00:00Z") {
		t.Errorf("before the dataset was made: %v", err)
	}
	if _, err := d.Revert(ctx, who, testAccount, other.UUID, api.Revert{Bookmark: made}); api.StatusOf(err) != 400 {
		t.Errorf("another dataset's bookmark: %v", err)
	}
}

// TestRevertMeetsANamesake: an event that would come back has a newer one of
// its UUID in another dataset.
func TestRevertMeetsANamesake(t *testing.T) {
	ctx, who := context.Background(), Actor{"tester"}
	d, now := changeable(t)
	other, err := d.CreateDataset(ctx, who, testAccount, api.Dataset{Name: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	const id = "3f0f6c9e-58a9-4d0f-9c39-4a8f6f3e9b11"
	named := func(dataset string) api.CreateEvent {
		return plain(func(e *api.CreateEvent) { e.UUID, e.DatasetID = id, dataset })
	}
	create(t, d, named(""), plain(nil))
	*now = now.Add(time.Minute)
	def := defaultDataset(testAccount).UUID
	if _, err := d.Delete(ctx, who, testAccount, def, []string{id}); err != nil {
		t.Fatal(err)
	}
	create(t, d, named(other.UUID))
	one := 1.0
	if _, err := d.Revert(ctx, who, testAccount, def, api.Revert{MinutesAgo: &one}); api.StatusOf(err) != 409 || !strings.Contains(err.Error(), id) {
		t.Errorf("got %v, want a 409 that names the event", err)
	}
	if _, err := d.Delete(ctx, who, testAccount, other.UUID, []string{id}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Revert(ctx, who, testAccount, def, api.Revert{MinutesAgo: &one}); err != nil {
		t.Error(err)
	}
	if e, err := d.Event(ctx, testAccount, def, id); err != nil || e.RawID == "" {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestHistory(t *testing.T) {
	ctx := context.Background()
	d, now := changeable(t)
	def := defaultDataset(testAccount).UUID
	var data []api.CreateEvent
	for range 25 {
		data = append(data, plain(nil))
	}
	made := create(t, d, data...).CreatedEvents
	*now = now.Add(time.Minute)
	if err := d.AddTags(ctx, Actor{"anna"}, testAccount, made[3].UUID, []string{"x"}); err != nil {
		t.Fatal(err)
	}
	if err := d.AddTags(ctx, Actor{"anna"}, testAccount, made[3].UUID, []string{"X"}); err != nil {
		t.Fatal(err) // changes nothing, so it isn't noted
	}
	*now = now.Add(time.Minute)
	if _, _, err := d.Relate(ctx, Actor{"bob"}, testAccount, []Edge{{Parent: made[0].UUID, Child: made[1].UUID}}); err != nil {
		t.Fatal(err)
	}
	h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: def, PageSize: 2})
	if err != nil || h.Info.TotalCount != 3 || h.Info.TotalPages != 2 || len(h.Entries) != 2 {
		t.Fatalf("got %+v, %v", h, err)
	}
	if e := h.Entries[0]; e.Operation != "relate" || e.Actor != "bob" || e.Count != 2 || len(e.EventIDs) != 2 || !e.At.Equal(*now) || e.DatasetID != def {
		t.Errorf("got %+v", e)
	}
	if e := h.Entries[1]; e.Operation != "add tags" || e.Actor != "anna" || e.Count != 1 || !slices.Equal(e.EventIDs, []string{made[3].UUID}) {
		t.Errorf("got %+v", e)
	}
	h, err = d.History(ctx, testAccount, api.HistoryQuery{Dataset: def, PageSize: 2, Page: 2})
	if err != nil || len(h.Entries) != 1 {
		t.Fatalf("got %+v, %v", h, err)
	}
	if e := h.Entries[0]; e.Operation != "create" || e.Count != 25 || len(e.EventIDs) != namedEvents || e.EventIDs[0] != made[0].UUID {
		t.Errorf("got %+v", e)
	}
	if _, err := d.Revert(ctx, Actor{"bob"}, testAccount, def, api.Revert{Bookmark: h.Entries[0].Bookmark}); err != nil {
		t.Fatal(err)
	}
	if e, err := d.Event(ctx, testAccount, "", made[3].UUID); err != nil || len(e.Tags) != 0 {
		t.Errorf("the tag is still there: %+v, %v", e, err)
	}
	if _, err := d.History(ctx, "another", api.HistoryQuery{Dataset: def}); api.StatusOf(err) != 404 {
		t.Errorf("another account's history: %v", err)
	}
}

// TestInsertsAreRanges: the journal of a bulk insert is small.
func TestInsertsAreRanges(t *testing.T) {
	d := openNew(t)
	fill(t, d, 5000)
	v, err := d.readTx(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	var rows, bytes, parts int
	err = v.s.queryRow(context.Background(), "SELECT count(*), coalesce(sum(length(events)), 0), (SELECT count(*) FROM undo) FROM change").Scan(&rows, &bytes, &parts)
	if err != nil || rows != 5 || bytes != rows*16*namedEvents || parts != 0 {
		t.Errorf("%d rows, %d bytes, %d undo parts, %v", rows, bytes, parts, err)
	}
}

// TestRevertIsNotForALimitedRole: it would bring back, and show, what a role
// may not see.
func TestRevertIsNotForALimitedRole(t *testing.T) {
	d, _ := changeable(t)
	create(t, d, plain(nil))
	def := defaultDataset(testAccount).UUID
	for name, l := range map[string]Limit{"by TLP": {MaxTLP: api.TLPGreen}, "by dataset": {Datasets: []string{def}}} {
		ctx := WithLimit(context.Background(), l)
		zero := 0.0
		_, revert := d.Revert(ctx, Actor{}, testAccount, def, api.Revert{MinutesAgo: &zero})
		_, preview := d.RevertPreview(ctx, testAccount, def, api.Revert{MinutesAgo: &zero})
		_, history := d.History(ctx, testAccount, api.HistoryQuery{Dataset: def})
		for what, err := range map[string]error{"revert": revert, "preview": preview, "history": history} {
			if api.StatusOf(err) != 403 {
				t.Errorf("%s limited %s: got %v, want a 403", what, name, err)
			}
		}
	}
}

// TestOldUndoIsForgotten: opening a database drops what changes overwrote more
// than 30 days ago, and keeps what can be taken back still.
func TestOldUndoIsForgotten(t *testing.T) {
	ctx, path := context.Background(), place(t)
	at := time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)
	o := Options{Now: func() time.Time { return at }}
	def := defaultDataset(testAccount).UUID
	var ids []string
	session := func(f func(*DB)) {
		d, err := Open(ctx, path, o)
		if err != nil {
			t.Fatal(err)
		}
		f(d)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(id string) func(*DB) {
		return func(d *DB) {
			if n, err := d.Delete(ctx, Actor{}, testAccount, def, []string{id}); err != nil || n != 1 {
				t.Fatal(n, err)
			}
		}
	}
	session(func(d *DB) {
		for _, c := range create(t, d, plain(nil), plain(nil), plain(nil)).CreatedEvents {
			ids = append(ids, c.UUID)
		}
		remove(ids[0])(d)
	})
	at = at.Add(20 * 24 * time.Hour)
	session(remove(ids[1]))
	at = at.Add(20 * 24 * time.Hour)
	session(func(d *DB) {
		var parts int
		if err := d.writes.QueryRow("SELECT count(*) FROM undo").Scan(&parts); err != nil || parts != 1 {
			t.Errorf("%d undo parts, %v, want 1", parts, err)
		}
		if _, err := d.Revert(ctx, Actor{}, testAccount, def, api.Revert{TargetTimestamp: at.Add(-21 * 24 * time.Hour).Format(time.RFC3339)}); err != nil {
			t.Fatal(err)
		}
		if n := listed(t, d, api.ListQuery{}).Info.TotalCount; n != 2 {
			t.Errorf("%d events, want 2", n)
		}
		h, err := d.History(ctx, testAccount, api.HistoryQuery{Dataset: def})
		if err != nil || len(h.Entries) != 4 {
			t.Errorf("%d entries, %v, want 4", len(h.Entries), err)
		}
	})
}

// An event that was moved without its raw record, deleted there, and brought
// back with the record where it came from, is without it where it was moved to.
func TestRevertKeepsARawRecordOut(t *testing.T) {
	ctx, who := context.Background(), Actor{"tester"}
	now := ticking()
	var last time.Time
	d, err := Open(ctx, place(t), Options{Now: func() time.Time { last = now(); return last }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close() // a throwaway
	other, err := d.CreateDataset(ctx, who, testAccount, api.Dataset{Name: "Other"})
	if err != nil {
		t.Fatal(err)
	}
	home := defaultDataset(testAccount).UUID
	const id = "0190a000-0000-7000-8000-000000000001"
	bulk(t, d, testAccount, api.BulkCreate{PreserveUUID: true, Data: []api.CreateEvent{plain(func(e *api.CreateEvent) { e.UUID = id })}})
	created := last
	if _, err := d.Move(ctx, who, testAccount, Transfer{From: home, To: other.UUID, EventIDs: []string{id}}); err != nil {
		t.Fatal(err)
	}
	moved := last
	if _, err := d.Delete(ctx, who, testAccount, other.UUID, []string{id}); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		dataset string
		to      time.Time
		raw     bool
	}{{home, created, true}, {other.UUID, moved, false}} {
		if _, err := d.Revert(ctx, who, testAccount, step.dataset, api.Revert{TargetTimestamp: step.to.Format(time.RFC3339Nano)}); err != nil {
			t.Fatal(err)
		}
		e, err := d.Event(ctx, testAccount, step.dataset, id)
		if err != nil || (e.RawID != "") != step.raw {
			t.Errorf("in %s: rawId %q, %v", step.dataset, e.RawID, err)
		}
	}
}

// The journal counts the events that were made, not those that got a child by
// it.
func TestHistoryCountsWhatWasMade(t *testing.T) {
	d := openNew(t)
	first := create(t, d, plain(nil)).CreatedEvents[0].UUID
	create(t, d, plain(func(e *api.CreateEvent) {
		e.Relationships = []api.RelationshipInput{{ParentID: first, RelationshipType: api.RelatedTo}}
	}))
	h, err := d.History(t.Context(), testAccount, api.HistoryQuery{Dataset: defaultDataset(testAccount).UUID})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range h.Entries {
		if e.Operation == opCreate && e.Count != 1 {
			t.Errorf("%+v", e)
		}
	}
}
