package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"threatbench/api"
)

const importedUUID = "5b7a3b8e-1c7d-4f0a-9d53-0a2f6f0a7c11"

// importAs imports an event as an import of its own, and gives its id.
func importAs(t *testing.T, d *DB, version string, change func(*api.CreateEvent)) (string, api.BulkResult) {
	t.Helper()
	id := uuid.NewString()
	e := plain(func(e *api.CreateEvent) { e.UUID, e.Tags, e.Attacker = importedUUID, []string{"one"}, "ACTOR" })
	change(&e)
	res, err := d.Create(context.Background(), Actor{Name: "tester"}, testAccount, api.BulkCreate{
		Data: []api.CreateEvent{e}, PreserveUUID: true, Import: &api.ImportPart{ID: id, Name: "feed", Origins: []api.Origin{{ID: "indicator--1", Version: version}}},
	})
	if err != nil || res.ErrorCount > 0 {
		t.Fatalf("importing: %v %v", err, res.Errors)
	}
	return id, res
}

func event(t *testing.T, d *DB) api.Event {
	t.Helper()
	e, err := d.Event(context.Background(), testAccount, "", importedUUID)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func undo(t *testing.T, d *DB, id string) api.UndoneImport {
	t.Helper()
	out, err := d.UndoImport(context.Background(), Actor{Name: "tester"}, testAccount, id, api.UndoImport{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func rename(text string) func(*api.CreateEvent) {
	return func(e *api.CreateEvent) { e.Event = text }
}

func counts(r api.BulkResult) string {
	return fmt.Sprintf("%d made, %d updated, %d skipped, %d kept, %d unlike", r.CreatedEventsCount, r.UpdatedEventsCount, r.SkippedEventsCount, len(r.KeptEvents), r.UnlikeEventsCount)
}

func TestImportKnowsVersions(t *testing.T) {
	d := openNew(t)
	for _, step := range []struct {
		what, version string
		change        func(*api.CreateEvent)
		want, event   string
		tlp           string
	}{
		{"new", "2024-01-01", rename("first"), "1 made, 0 updated, 0 skipped, 0 kept, 0 unlike", "first", "amber"},
		{"the same", "2024-01-01", rename("first"), "0 made, 0 updated, 1 skipped, 0 kept, 0 unlike", "first", "amber"},
		{"newer", "2024-02-01", rename("second"), "0 made, 1 updated, 0 skipped, 0 kept, 0 unlike", "second", "amber"},
		{"older", "2024-01-15", rename("between"), "0 made, 0 updated, 1 skipped, 0 kept, 0 unlike", "second", "amber"},
		{"newer, the same content", "2024-03-01", rename("second"), "0 made, 0 updated, 1 skipped, 0 kept, 0 unlike", "second", "amber"},
		{"older than that", "2024-02-15", rename("third"), "0 made, 0 updated, 1 skipped, 0 kept, 0 unlike", "second", "amber"},
		{"older, a raised TLP", "2024-01-01", func(e *api.CreateEvent) { e.Event, e.TLP = "other", "red" }, "0 made, 1 updated, 0 skipped, 0 kept, 0 unlike", "second", "red"},
		{"newer, a lowered TLP", "2024-04-01", func(e *api.CreateEvent) { e.Event, e.TLP = "fourth", "green" }, "0 made, 1 updated, 0 skipped, 0 kept, 0 unlike", "fourth", "green"},
	} {
		_, res := importAs(t, d, step.version, step.change)
		if got := counts(res); got != step.want {
			t.Errorf("%s: %s; want %s", step.what, got, step.want)
		}
		if e := event(t, d); e.Event != step.event || e.TLP != step.tlp {
			t.Errorf("%s: the event is %q, %s; want %q, %s", step.what, e.Event, e.TLP, step.event, step.tlp)
		}
	}
	if err := d.AddTags(context.Background(), Actor{}, testAccount, importedUUID, []string{"seen"}); err != nil {
		t.Fatal(err)
	}
	_, res := importAs(t, d, "2024-05-01", rename("fifth"))
	if got := counts(res); got != "0 made, 0 updated, 0 skipped, 1 kept, 0 unlike" || event(t, d).Event != "fourth" {
		t.Errorf("an edited event: %s, %q", got, event(t, d).Event)
	}
	if err := d.RemoveTags(context.Background(), Actor{}, testAccount, importedUUID, []string{"seen"}); err != nil {
		t.Fatal(err)
	}
	if _, res := importAs(t, d, "2024-05-01", rename("fifth")); res.UpdatedEventsCount != 1 {
		t.Errorf("the edit was taken back, and the newer version is left out: %s", counts(res))
	}
	if _, res := importAs(t, d, "", rename("sixth")); res.SkippedEventsCount != 1 || event(t, d).Event != "fifth" {
		t.Errorf("without a version: %s", counts(res))
	}
}

func TestUndoImport(t *testing.T) {
	d := openNew(t)
	first, _ := importAs(t, d, "2024-01-01", func(e *api.CreateEvent) {
		e.Indicators = []api.IndicatorInput{{Value: "a.example", IndicatorType: "domain"}, {Value: "b.example", IndicatorType: "domain"}}
	})
	parent := uuid.NewString()
	create(t, d, plain(func(e *api.CreateEvent) { e.UUID = parent }))
	before := event(t, d)
	second, _ := importAs(t, d, "2024-02-01", func(e *api.CreateEvent) {
		e.Event, e.TLP, e.Raw.Data, e.Tags = "newer", "red", json.RawMessage(`{"b":2}`), []string{"two"}
		e.Relationships = []api.RelationshipInput{{ParentID: parent, RelationshipType: api.RelatedTo}}
	})
	after := event(t, d)
	if got := undo(t, d, first); len(got.Kept) != 1 || got.Deleted != 0 {
		t.Errorf("undo of the first import under the second: %+v", got)
	}
	if got := undo(t, d, second); got.Restored != 1 || len(got.Kept) != 0 {
		t.Errorf("undo of the second import: %+v", got)
	}
	if now := event(t, d); asJSON(t, now) != asJSON(t, before) {
		t.Errorf("after undo:\n%s\nbefore:\n%s", asJSON(t, now), asJSON(t, before))
	}
	if raw, err := d.Raw(context.Background(), testAccount, "", importedUUID); err != nil || string(raw.Data) != `{"a":1}` {
		t.Errorf("raw record after undo: %s, %v", raw.Data, err)
	}
	if p, err := d.Event(context.Background(), testAccount, "", parent); err != nil || p.HasChildren {
		t.Errorf("the relationship that the import made is there after undo: %v", err)
	}
	h, err := d.History(context.Background(), testAccount, api.HistoryQuery{Dataset: before.DatasetID})
	if err != nil || h.Entries[0].Operation != opUndoImport || h.Entries[1].Operation != "import" || h.Entries[1].Import != second {
		t.Errorf("the history is %+v, %v", h.Entries, err)
	}
	if _, err := d.Revert(context.Background(), Actor{}, testAccount, before.DatasetID, api.Revert{Bookmark: h.Entries[1].Bookmark}); err != nil {
		t.Fatal(err)
	}
	if now := event(t, d); asJSON(t, now) != asJSON(t, after) {
		t.Errorf("the undo taken back:\n%s\nbefore:\n%s", asJSON(t, now), asJSON(t, after))
	}
	if _, err := d.Revert(context.Background(), Actor{}, testAccount, before.DatasetID, api.Revert{Bookmark: h.Entries[0].Bookmark}); err != nil {
		t.Fatal(err)
	}
	if got := undo(t, d, first); got.Deleted != 1 {
		t.Errorf("undo of the first import: %+v", got)
	}
	if _, err := d.Event(context.Background(), testAccount, "", importedUUID); api.StatusOf(err) != 404 {
		t.Errorf("the event is there after undo: %v", err)
	}
	if got := undo(t, d, first); got.Gone != 1 || got.Deleted != 0 {
		t.Errorf("undo of the first import again: %+v", got)
	}
}

// TestUndoLeavesWhatOthersHave takes imports back that have the same event, in
// both orders, and one event that was edited since.
func TestUndoLeavesWhatOthersHave(t *testing.T) {
	d := openNew(t)
	first, _ := importAs(t, d, "2024-01-01", rename("first"))
	second, _ := importAs(t, d, "2024-01-01", rename("first"))
	if got := undo(t, d, first); got.Deleted != 0 || len(got.Kept) != 1 || event(t, d).Event != "first" {
		t.Errorf("the older one: %+v", got)
	}
	if got := undo(t, d, second); got.Deleted != 1 || len(got.Kept) != 0 {
		t.Errorf("the newer one, when it alone has the event: %+v", got)
	}
	first, _ = importAs(t, d, "2024-01-01", rename("first"))
	second, _ = importAs(t, d, "2024-01-01", rename("first"))
	if got := undo(t, d, second); got.Deleted != 0 || got.Shared != 1 || event(t, d).Event != "first" {
		t.Errorf("the newer one first: %+v", got)
	}
	text := "edited"
	if _, err := d.Update(context.Background(), Actor{}, testAccount, "", importedUUID, api.EventPatch{Insight: &text}); err != nil {
		t.Fatal(err)
	}
	if got := undo(t, d, first); got.Deleted != 0 || len(got.Kept) != 1 {
		t.Errorf("an edited event: %+v", got)
	}
	got, err := d.UndoImport(context.Background(), Actor{}, testAccount, first, api.UndoImport{Events: []string{importedUUID}})
	if err != nil || got.Deleted != 1 {
		t.Errorf("an edited event by its id: %+v, %v", got, err)
	}
}

// TestImportsOfEveryDay keeps few rows of an event that a feed has each day, and
// still knows that later imports have it.
func TestImportsOfEveryDay(t *testing.T) {
	d := openNew(t)
	first, _ := importAs(t, d, "2024-01-01", rename("first"))
	for range 3 * maxShared {
		importAs(t, d, "2024-01-01", rename("first"))
	}
	rows := 0
	if err := d.writer.queryRow(t.Context(), "SELECT count(*) FROM imported").Scan(&rows); err != nil || rows != maxShared+1 {
		t.Errorf("%d rows, %v", rows, err)
	}
	if got := undo(t, d, first); got.Deleted != 0 || len(got.Kept) != 1 || event(t, d).Event != "first" {
		t.Errorf("the oldest: %+v", got)
	}
}

// TestUndoImportInParts takes a larger import back, one event of which was
// edited.
func TestUndoImportInParts(t *testing.T) {
	d := openAt(t, t.TempDir()+"/events.db", Options{segment: 64})
	id := uuid.NewString()
	b := api.BulkCreate{PreserveUUID: true, Import: &api.ImportPart{ID: id, Name: "many"}}
	for i := range 300 {
		b.Data = append(b.Data, plain(func(e *api.CreateEvent) { e.UUID, e.Event = uuid.NewString(), fmt.Sprint("event ", i) }))
		b.Import.Origins = append(b.Import.Origins, api.Origin{})
	}
	ctx := context.Background()
	if _, err := d.Create(ctx, Actor{}, testAccount, b); err != nil {
		t.Fatal(err)
	}
	text := "edited"
	edited := b.Data[150].UUID
	if _, err := d.Update(ctx, Actor{}, testAccount, "", edited, api.EventPatch{Insight: &text}); err != nil {
		t.Fatal(err)
	}
	var u api.UndoImport
	u.Limit = 100
	deleted, kept := 0, []string{}
	for {
		out, err := d.UndoImport(ctx, Actor{}, testAccount, id, u)
		if err != nil {
			t.Fatal(err)
		}
		deleted += out.Deleted
		for _, k := range out.Kept {
			kept = append(kept, k.UUID)
		}
		if u.After = out.Next; out.Next == 0 {
			break
		}
	}
	if deleted != 299 || len(kept) != 1 || kept[0] != edited {
		t.Errorf("%d deleted, kept %v; want 299 and %s", deleted, kept, edited)
	}
	left, err := d.Imported(ctx, testAccount, id, 0, 0)
	if err != nil || len(left.IDs) != 1 || left.IDs[0] != edited {
		t.Errorf("of the import there is %v, %v", left.IDs, err)
	}
	runs, _, err := d.Imports(ctx, testAccount, 1, 10)
	if err != nil || len(runs) != 1 || !runs[0].Undone || runs[0].Created != 300 {
		t.Errorf("the imports are %+v, %v", runs, err)
	}
}

// TestUndoAfterItsDatasetWasDeleted takes imports back that made, changed and
// found an event whose dataset is gone since: its row stays as it is, and is
// counted as nothing else than gone.
func TestUndoAfterItsDatasetWasDeleted(t *testing.T) {
	ctx, who := context.Background(), Actor{Name: "tester"}
	d := openNew(t)
	there, err := d.CreateDataset(ctx, who, testAccount, api.Dataset{Name: "Passing"})
	if err != nil {
		t.Fatal(err)
	}
	in := func(text string) func(*api.CreateEvent) {
		return func(e *api.CreateEvent) { e.Event, e.DatasetID = text, there.UUID }
	}
	first, _ := importAs(t, d, "2024-01-01", in("first"))
	second, changed := importAs(t, d, "2024-02-01", in("second"))
	third, _ := importAs(t, d, "2024-02-01", in("second"))
	if changed.UpdatedEventsCount != 1 {
		t.Fatalf("the second import: %s", counts(changed))
	}
	if _, err := d.DeleteDataset(ctx, who, testAccount, there.UUID); err != nil {
		t.Fatal(err)
	}
	stored := func() (text string) {
		t.Helper()
		v, err := d.readTx(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer v.close()
		row, err := v.s.row(ctx, 1)
		if err != nil || row == nil {
			t.Fatalf("the row is gone: %v", err)
		}
		return fmt.Sprintf("%d %x", row.flags, row.packed)
	}
	before := stored()
	for _, id := range []string{third, second, first} {
		if got := undo(t, d, id); got.Gone != 1 || got.Deleted+got.Restored+got.Shared+len(got.Kept) != 0 {
			t.Errorf("of a deleted dataset: %+v, want one gone", got)
		}
	}
	if after := stored(); after != before {
		t.Errorf("the row of a deleted dataset is %s, was %s", after, before)
	}
}

func TestForeseeWritesNothing(t *testing.T) {
	d := openNew(t)
	importAs(t, d, "2024-01-01", rename("first"))
	newer := plain(func(e *api.CreateEvent) { e.UUID, e.Event = importedUUID, "second" })
	fresh := plain(func(e *api.CreateEvent) { e.UUID = uuid.NewString() })
	res, err := d.Foresee(context.Background(), Actor{}, testAccount, api.BulkCreate{
		Data: []api.CreateEvent{newer, fresh}, PreserveUUID: true,
		Import: &api.ImportPart{ID: uuid.NewString(), Origins: []api.Origin{{ID: "indicator--1", Version: "2024-02-01"}, {}}},
	})
	if got := counts(res); err != nil || got != "1 made, 1 updated, 0 skipped, 0 kept, 0 unlike" {
		t.Errorf("foreseen: %s, %v", got, err)
	}
	if n := listed(t, d, api.ListQuery{}); len(n.Events) != 1 || event(t, d).Event != "first" {
		t.Errorf("after looking ahead there are %d events, the first being %q", len(n.Events), event(t, d).Event)
	}
	if runs, _, err := d.Imports(context.Background(), testAccount, 1, 10); err != nil || len(runs) != 1 {
		t.Errorf("after looking ahead there are the imports %+v, %v", runs, err)
	}
}

// TestForeseeInReadOnly answers as otherwise, and the database refuses what
// would stay.
func TestForeseeInReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.db")
	d, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	old := plain(func(e *api.CreateEvent) { e.UUID = uuid.NewString() })
	if _, err := d.Create(t.Context(), Actor{}, testAccount, api.BulkCreate{Data: []api.CreateEvent{old}, PreserveUUID: true}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d, err = Open(t.Context(), path, Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	both := api.BulkCreate{Data: []api.CreateEvent{old, plain(func(e *api.CreateEvent) { e.UUID = uuid.NewString() })}, PreserveUUID: true}
	res, err := d.Foresee(t.Context(), Actor{}, testAccount, both)
	if got := counts(res); err != nil || !strings.HasPrefix(got, "1 made, 0 updated, 1 skipped") {
		t.Errorf("foreseen: %s, %v", got, err)
	}
	if _, err := d.Create(t.Context(), Actor{}, testAccount, both); err == nil {
		t.Error("a database open for reading only was written")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed: %v", err)
	}
}

func asJSON(t *testing.T, e api.Event) string {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
