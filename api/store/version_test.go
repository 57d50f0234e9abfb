package store

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"threatbench/api"
)

func versionOf(t *testing.T, ctx context.Context, d *DB, id string) string {
	t.Helper()
	e, version, err := d.EventVersion(ctx, testAccount, "", id)
	if err != nil || e.UUID != id || version == "" {
		t.Fatalf("event %s has the version %q: %v", e.UUID, version, err)
	}
	return version
}

// TestVersionChangesWithEveryChange changes an event in every way there is:
// each time the version is one it never had, and it stays while nothing
// changes.
func TestVersionChangesWithEveryChange(t *testing.T) {
	d, ctx, who := openNew(t), context.Background(), Actor{Name: "tester"}
	create(t, d, numbered(1), numbered(2), numbered(3))
	id, other, third := numbered(1).UUID, numbered(2).UUID, numbered(3).UUID
	second, err := d.CreateDataset(ctx, who, testAccount, api.Dataset{Name: "Second"})
	if err != nil {
		t.Fatal(err)
	}
	patch := func(p api.EventPatch) func() error {
		return func() error { _, err := d.Update(ctx, who, testAccount, "", id, p); return err }
	}
	text := func(s string) *string { return &s }
	relate := func(e Edge) func() error {
		return func() error { _, _, err := d.Relate(ctx, who, testAccount, []Edge{e}); return err }
	}
	seen := map[string]string{versionOf(t, ctx, d, id): "the beginning"}
	for _, c := range []struct {
		what   string
		change func() error
	}{
		{"a text", patch(api.EventPatch{Event: text("another")})},
		{"a date", patch(api.EventPatch{Date: text("2024-03-01T10:00:00.001Z")})},
		{"a marking", patch(api.EventPatch{TLP: text("red")})},
		{"raw data by the event", patch(api.EventPatch{Raw: &api.RawPatch{Data: json.RawMessage(`{"a":2}`)}})},
		{"raw source", func() error {
			e, err := d.Event(ctx, testAccount, "", id)
			if err == nil {
				_, err = d.UpdateRaw(ctx, who, testAccount, id, e.RawID, api.RawPatch{Source: text("elsewhere")})
			}
			return err
		}},
		{"tags", func() error { return d.AddTags(ctx, who, testAccount, id, []string{"new"}) }},
		{"references", func() error { return d.AddReferences(ctx, who, testAccount, id, []string{other}) }},
		{"being referred to", func() error { return d.AddReferences(ctx, who, testAccount, third, []string{id}) }},
		{"a child", relate(Edge{Parent: id, Child: other, Type: "caused_by"})},
		{"another dataset", func() error {
			e, err := d.Event(ctx, testAccount, "", id)
			if err == nil {
				_, err = d.Move(ctx, who, testAccount, Transfer{From: e.DatasetID, To: second.UUID, EventIDs: []string{id}, KeepRaw: true})
			}
			return err
		}},
	} {
		if err := c.change(); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		v := versionOf(t, ctx, d, id)
		if before, known := seen[v]; known {
			t.Errorf("after %s the version is that of %s", c.what, before)
		}
		seen[v] = c.what
		if again := versionOf(t, ctx, d, id); again != v {
			t.Errorf("after %s it has two versions", c.what)
		}
	}
	if err := patch(api.EventPatch{Event: text("another")})(); err != nil || seen[versionOf(t, ctx, d, id)] != "another dataset" {
		t.Errorf("a change of nothing made another version: %v", err)
	}
	// The same event under another limit has another version.
	v := versionOf(t, ctx, d, other)
	for _, l := range []Limit{{MaxTLP: api.TLPAmber}, {MaxTLP: api.TLPAmberStrict}, {Datasets: []string{second.Name}}} {
		got, version, err := d.EventVersion(WithLimit(ctx, l), testAccount, "", other)
		if hidden := len(l.Datasets) > 0; hidden != (err != nil) || hidden && api.StatusOf(err) != 404 {
			t.Errorf("under %+v: %+v, %v", l, got, err)
		}
		if version == v {
			t.Errorf("under %+v the version is that of everybody", l)
		}
	}
}

// TestUpdateIfIsAtomic has many change one event who all know the same version
// of it: one of them does, and the others are given what it made.
func TestUpdateIfIsAtomic(t *testing.T) {
	d, ctx := openNew(t), context.Background()
	create(t, d, numbered(1))
	id := numbered(1).UUID
	known := versionOf(t, ctx, d, id)
	const many = 8
	var texts [many]string
	var errs [many]error
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			texts[i] = "written by " + string(rune('A'+i))
			_, _, errs[i] = d.UpdateIf(ctx, Actor{}, testAccount, "", id, api.EventPatch{Event: &texts[i]}, func(v string) bool { return v == known })
		})
	}
	all.Wait()
	now, version, err := d.EventVersion(ctx, testAccount, "", id)
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for i, err := range errs {
		var refused *ChangedError
		switch {
		case err == nil:
			changed++
			if now.Event != texts[i] {
				t.Errorf("%q was acknowledged, and the event says %q", texts[i], now.Event)
			}
		case !errors.As(err, &refused):
			t.Errorf("change %d: %v", i, err)
		case refused.Event.Event != now.Event || refused.Version != version:
			t.Errorf("refused with %q of version %s, but it is %q of %s", refused.Event.Event, refused.Version, now.Event, version)
		}
	}
	if changed != 1 {
		t.Errorf("%d changes were made of one version", changed)
	}
	text := "with the new version"
	e, next, err := d.UpdateIf(ctx, Actor{}, testAccount, "", id, api.EventPatch{Event: &text}, func(v string) bool { return v == version })
	if err != nil || e.Event != text || next == version || next != versionOf(t, ctx, d, id) {
		t.Errorf("got %q of version %s: %v", e.Event, next, err)
	}
	// Under a limit the check compares what the limit shows, and an event outside isn't there.
	limited := WithLimit(ctx, Limit{MaxTLP: api.TLPAmber})
	mine := versionOf(t, limited, d, id)
	if _, _, err := d.UpdateIf(limited, Actor{}, testAccount, "", id, api.EventPatch{Event: &known}, func(v string) bool { return v == mine }); err != nil {
		t.Errorf("with the version of the limit: %v", err)
	}
	nothing := WithLimit(ctx, Limit{MaxTLP: api.TLPClear})
	if _, _, err := d.UpdateIf(nothing, Actor{}, testAccount, "", id, api.EventPatch{Event: &text}, func(string) bool { return false }); api.StatusOf(err) != 404 {
		t.Errorf("outside the limit: %v", err)
	}
}
