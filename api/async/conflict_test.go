package async

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/api/client"
)

// meddled is a client behind whose back somebody changes things right after
// events were listed.
type meddled struct {
	*client.Client
	listed func()
}

func (m *meddled) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	p, err := m.Client.List(ctx, q)
	if f := m.listed; f != nil {
		m.listed = nil
		f()
	}
	return p, err
}

// unconditional is a client that can't have the server check anything.
type unconditional struct {
	API
	Changer
	Saver
}

// bothWays runs a test on a layer whose server checks, and on one whose server
// can't.
func bothWays(t *testing.T, n int, test func(t *testing.T, l lab, checked bool)) {
	t.Run("checked", func(t *testing.T) { test(t, newLab(t, n), true) })
	t.Run("unchecked", func(t *testing.T) {
		l := newLab(t, n)
		l.Layer = New(t.Context(), unconditional{l.c, l.c, l.c}, Options{})
		t.Cleanup(l.Close)
		test(t, l, false)
	})
}

// Of many events those that somebody changed meanwhile stay as they are and
// are named with both values; overwriting them is a change of its own.
func TestManyKeepWhatOthersWrote(t *testing.T) {
	bothWays(t, 250, func(t *testing.T, l lab, checked bool) {
		on := l.targets(0, 250)
		was := l.state(t)
		var shown []api.Event
		for _, x := range on[:150] { // the others were never on the screen
			shown = append(shown, was[x.ID])
		}
		theirs := []Target{on[3], on[120]}
		for _, x := range theirs {
			if _, err := l.c.Update(t.Context(), "", x.ID, api.EventPatch{TLP: ptr("red")}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.c.Update(t.Context(), "", on[4].ID, api.EventPatch{Attacker: ptr("AAAONE")}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.c.Update(t.Context(), "", on[5].ID, api.EventPatch{TLP: ptr("green")}); err != nil {
			t.Fatal(err)
		}
		res := carryOut(t, l.Layer, EditEvents(on, api.EventPatch{TLP: ptr("green")}, shown))
		if len(res.Done) != 247 || len(res.Unchanged) != 1 || len(res.Failed) != 2 || len(res.Conflicts) != 2 || res.Unguarded == checked {
			t.Fatalf("%d done, %d so already, %v, conflicts %v, unguarded %v", len(res.Done), len(res.Unchanged), res.Failed, res.Conflicts, res.Unguarded)
		}
		for i, x := range theirs {
			c := res.Conflicts[i]
			if c.Target != x || fmt.Sprint(c.Fields) != fmt.Sprint([]FieldConflict{{"TLP", "amber", "red", "green"}}) {
				t.Errorf("conflict %d is %+v", i, c)
			}
			if e := l.state(t)[x.ID]; e.TLP != "red" {
				t.Errorf("%s is %s", x.ID, e.TLP)
			}
		}
		if _, again := res.Retry(); again {
			t.Error("conflicts are tried again unasked")
		}
		// What was done is taken back, but not what somebody changed since.
		if _, err := l.c.Update(t.Context(), "", on[0].ID, api.EventPatch{TLP: ptr("clear")}); err != nil {
			t.Fatal(err)
		}
		back := carryOut(t, l.Layer, *res.Undo)
		if len(back.Done) != 246 || len(back.Conflicts) != 1 || back.Conflicts[0].Target != on[0] {
			t.Errorf("taken back: %d, conflicts %v, failed %v", len(back.Done), back.Conflicts, back.Failed)
		}
		// Overwritten, it is; changed once more before that, it is asked again.
		over, ok := res.Overwrite()
		if !ok || over.Count() != 2 {
			t.Fatalf("overwriting is %+v", over)
		}
		if _, err := l.c.Update(t.Context(), "", theirs[0].ID, api.EventPatch{TLP: ptr("clear")}); err != nil {
			t.Fatal(err)
		}
		last := carryOut(t, l.Layer, over)
		now := l.state(t)
		if len(last.Done) != 1 || len(last.Conflicts) != 1 || now[theirs[0].ID].TLP != "clear" || now[theirs[1].ID].TLP != "green" {
			t.Errorf("overwritten: %v, conflicts %v; they are %s and %s", last.Done, last.Conflicts, now[theirs[0].ID].TLP, now[theirs[1].ID].TLP)
		}
	})
}

// What is changed between the look at events and the change of them is seen by
// a server that checks, one event or many, in one field or another.
func TestRaceIsSeen(t *testing.T) {
	for _, n := range []int{1, 40} {
		for name, p := range map[string]api.EventPatch{"text": {Attacker: ptr("BBBTWO")}, "date": {Date: ptr("2021-01-01T00:00:00Z")}} {
			t.Run(fmt.Sprint(n, name), func(t *testing.T) {
				l := newLab(t, 40)
				m := &meddled{Client: l.c}
				l.Layer = New(t.Context(), m, Options{})
				t.Cleanup(l.Close)
				m.listed = func() {
					for id, theirs := range map[string]api.EventPatch{
						l.targets(0, 1)[0].ID: {Attacker: ptr("AAAONE"), Date: ptr("2020-01-01T00:00:00Z")}, l.targets(1, 2)[0].ID: {Insight: ptr("theirs")},
					} {
						if _, err := l.c.Update(t.Context(), "", id, theirs); err != nil {
							t.Error(err)
						}
					}
				}
				res := carryOut(t, l.Layer, EditEvents(l.targets(0, n), p, nil))
				if len(res.Conflicts) != 1 || len(res.Done) != n-1 || res.Unguarded {
					t.Fatalf("done %d, conflicts %v, failed %v, unguarded %v", len(res.Done), res.Conflicts, res.Failed, res.Unguarded)
				}
				now := l.state(t)
				if e := now[l.targets(0, 1)[0].ID]; e.Attacker != "AAAONE" || e.Date.Year() != 2020 {
					t.Errorf("it is by %s of %s", e.Attacker, e.Date)
				}
				if e := now[l.targets(1, 2)[0].ID]; e.Insight != "theirs" {
					t.Errorf("the other is %+v", e)
				}
			})
		}
	}
}

// Values that were made harmless on their way here are no conflict.
func TestNeutralisedIsNoConflict(t *testing.T) {
	l := newLab(t, 3)
	for _, x := range l.targets(0, 3) {
		if _, err := l.c.Update(t.Context(), "", x.ID, api.EventPatch{Attacker: ptr("evil\u202egnp")}); err != nil {
			t.Fatal(err)
		}
	}
	var shown []api.Event
	for _, e := range l.state(t) {
		shown = append(shown, e)
	}
	res := carryOut(t, l.Layer, EditEvents(l.targets(0, 3), api.EventPatch{Attacker: ptr("GOOD")}, shown))
	if len(res.Done) != 3 || len(res.Conflicts) > 0 || res.Confirmed != 3 {
		t.Errorf("%+v", res)
	}
}

// Saved queries, alerts and raw records that somebody changed meanwhile stay as
// they are, at the change and when it is taken back.
func TestSavedKeepWhatOthersWrote(t *testing.T) {
	bothWays(t, 1, func(t *testing.T, l lab, checked bool) {
		ctx := t.Context()
		e := l.targets(0, 1)[0]
		full := l.state(t)[e.ID]
		q, err := l.c.CreateSavedQuery(ctx, api.NewSavedQuery{Name: "q", QueryJSON: "{}"})
		if err != nil {
			t.Fatal(err)
		}
		a, err := l.c.CreateAlert(ctx, api.NewAlert{QueryID: q.ID})
		if err != nil {
			t.Fatal(err)
		}
		off := false
		for _, c := range []struct {
			name   string
			theirs func(v string) error // sets what is to be changed
			other  func() error
			change func() Change // by what is shown now
			now    func() string
			values [3]string // shown, theirs, mine
			title  string
		}{
			{
				"query's filter",
				func(v string) error {
					_, err := l.c.UpdateSavedQuery(ctx, q.ID, api.SavedQueryPatch{QueryJSON: &v})
					return err
				},
				func() error {
					_, err := l.c.UpdateSavedQuery(ctx, q.ID, api.SavedQueryPatch{RuleScope: ptr("x")})
					return err
				},
				func() Change { return ChangeQuery(q, api.SavedQueryPatch{QueryJSON: ptr(`{"page":3}`)}) },
				func() string { now, err := l.c.SavedQuery(ctx, q.ID); return now.QueryJSON + errText(err) },
				[3]string{`{}`, `{"page":2}`, `{"page":3}`}, "filter",
			},
			{
				"query's name",
				func(v string) error {
					_, err := l.c.UpdateSavedQuery(ctx, q.ID, api.SavedQueryPatch{Name: &v})
					return err
				},
				func() error {
					_, err := l.c.UpdateSavedQuery(ctx, q.ID, api.SavedQueryPatch{RuleScope: ptr("y")})
					return err
				},
				func() Change { return ChangeQuery(q, api.SavedQueryPatch{Name: ptr("BBBTWO")}) },
				func() string { now, err := l.c.SavedQuery(ctx, q.ID); return now.Name + errText(err) },
				[3]string{"q", "AAAONE", "BBBTWO"}, "name",
			},
			{
				"alert",
				func(v string) error {
					_, err := l.c.UpdateAlert(ctx, a.ID, api.AlertPatch{NotificationType: &v})
					return err
				},
				func() error { _, err := l.c.UpdateAlert(ctx, a.ID, api.AlertPatch{Enabled: &off}); return err },
				func() Change { return ChangeAlert("q", a, api.AlertPatch{NotificationType: ptr("BBBTWO")}) },
				func() string { now, err := l.c.Alert(ctx, a.ID); return now.NotificationType + errText(err) },
				[3]string{"ans", "AAAONE", "BBBTWO"}, "channel",
			},
			{
				"raw record",
				func(v string) error {
					_, err := l.c.UpdateRaw(ctx, e.ID, full.RawID, api.RawPatch{Data: []byte(v)})
					return err
				},
				func() error {
					_, err := l.c.UpdateRaw(ctx, e.ID, full.RawID, api.RawPatch{Source: ptr("s")})
					return err
				},
				func() Change {
					return EditRaw(e, full.RawID, api.RawPatch{Data: []byte(`{"b":2}`)}, []byte(`{ "line": 0 }`))
				},
				func() string { now, err := l.c.RawByID(ctx, e.ID, full.RawID); return string(now.Data) + errText(err) },
				[3]string{`{"line":0}`, `{"a":1}`, `{"b":2}`}, "raw data",
			},
		} {
			t.Run(c.name, func(t *testing.T) {
				must := func(err error) {
					t.Helper()
					if err != nil {
						t.Fatal(err)
					}
				}
				must(c.theirs(c.values[1]))
				res := carryOut(t, l.Layer, c.change())
				if len(res.Conflicts) != 1 || len(res.Failed) != 1 || c.now() != c.values[1] {
					t.Fatalf("conflicts %v, failed %v, and it is %s", res.Conflicts, res.Failed, c.now())
				}
				f := res.Conflicts[0].Fields[0]
				if f.Title != c.title || strings.ReplaceAll(f.Was, " ", "") != c.values[0] || f.Now != c.values[1] || f.Mine != c.values[2] {
					t.Errorf("%+v", f)
				}
				over, _ := res.Overwrite()
				if done := carryOut(t, l.Layer, over); len(done.Done) != 1 || c.now() != c.values[2] || done.Unguarded == checked {
					t.Fatalf("overwriting: %+v, it is %s", done, c.now())
				}
				// What others did to something else holds nothing up.
				must(c.theirs(c.values[0]))
				must(c.other())
				res = carryOut(t, l.Layer, c.change())
				if len(res.Done) != 1 || res.Undo == nil || c.now() != c.values[2] {
					t.Fatalf("%+v, it is %s", res, c.now())
				}
				// Taking it back doesn't take back what came since.
				must(c.theirs(c.values[1]))
				back := carryOut(t, l.Layer, *res.Undo)
				if len(back.Conflicts) != 1 || c.now() != c.values[1] {
					t.Errorf("taken back: %+v, it is %s", back, c.now())
				}
				must(c.theirs(c.values[2]))
				back = carryOut(t, l.Layer, *res.Undo)
				if len(back.Done) != 1 || c.now() != c.values[0] {
					t.Errorf("taken back: %+v, it is %s", back, c.now())
				}
			})
		}
	})
}

func errText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

// Every field that a patch sets is held against what was known of it.
func TestEveryPatchedFieldIsCompared(t *testing.T) {
	l := newLab(t, 2)
	id := l.targets(0, 1)[0].ID
	values := map[api.FieldKind][2]string{
		api.KindTime: {"2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"}, api.KindCountry: {"DE", "FR"}, api.KindTLP: {"red", "green"},
	}
	compared := 0
	for _, f := range api.EventFields() {
		if f.Patch == nil {
			continue
		}
		v, special := values[f.Kind]
		if !special {
			v = [2]string{"AAAONE", "BBBTWO"}
		}
		if f.Field == api.FieldCategory {
			v = [2]string{"Scanning", "Malware"}
		}
		shown := l.state(t)[id]
		var theirs, mine api.EventPatch
		*f.Patch(&theirs), *f.Patch(&mine) = &v[0], &v[1]
		if _, err := l.c.Update(t.Context(), "", id, theirs); err != nil {
			t.Fatalf("%s: %v", f.Field, err)
		}
		res := carryOut(t, l.Layer, EditShown(shown, mine))
		now := l.state(t)[id]
		if len(res.Conflicts) != 1 || res.Conflicts[0].Fields[0].Title != f.Title || f.Kind != api.KindTime && f.Value(&now) != v[0] {
			t.Errorf("%s: conflicts %v, failed %v, it is %q", f.Field, res.Conflicts, res.Failed, f.Value(&now))
		}
		compared++
	}
	if compared < 12 {
		t.Errorf("only %d fields were compared", compared)
	}
}

// What somebody changed since it was shown isn't deleted, nor by taking back
// that it was made, until one says so.
func TestDeletingKeepsWhatOthersWrote(t *testing.T) {
	bothWays(t, 5, func(t *testing.T, l lab, _ bool) {
		ctx := t.Context()
		on := l.targets(0, 5)
		was := l.state(t)
		var shown []api.Event
		for _, x := range on {
			shown = append(shown, was[x.ID])
		}
		if _, err := l.c.Update(ctx, "", on[1].ID, api.EventPatch{Insight: ptr("theirs")}); err != nil {
			t.Fatal(err)
		}
		if err := l.c.AddTags(ctx, on[2].ID, []string{"theirs"}); err != nil {
			t.Fatal(err)
		}
		res := carryOut(t, l.Layer, DeleteEvents(on, shown...))
		if len(res.Done) != 3 || len(res.Conflicts) != 2 || !res.Conflicts[0].Deleting || len(l.state(t)) != 2 {
			t.Fatalf("done %v, conflicts %+v, failed %v", res.Done, res.Conflicts, res.Failed)
		}
		over, ok := res.Overwrite()
		if res = carryOut(t, l.Layer, over); !ok || len(res.Done) != 2 || len(l.state(t)) != 0 {
			t.Errorf("deleted all the same: %v, %+v", res.Done, res.Conflicts)
		}

		made := carryOut(t, l.Layer, CreateEvents(api.CreateEvent{Event: "mine", Date: "2024-01-01T00:00:00Z", Category: "x", Attacker: "y", AttackerCountry: "DE", TargetCountry: "DE", TargetIndustry: "z", Indicator: "a.example", IndicatorType: "domain", TLP: "green", DatasetID: on[0].Dataset}))
		if made.Undo == nil || len(made.Made) != 1 {
			t.Fatalf("%+v", made)
		}
		if _, err := l.c.Update(ctx, "", made.Made[0].ID, api.EventPatch{Attacker: ptr("theirs")}); err != nil {
			t.Fatal(err)
		}
		if undone := carryOut(t, l.Layer, *made.Undo); len(undone.Conflicts) != 1 || len(l.state(t)) != 1 {
			t.Errorf("taking back: %v, %+v", undone.Done, undone.Conflicts)
		}
	})
}

// Saved queries and alerts are deleted as they were shown, too.
func TestDeletingSavedKeepsWhatOthersWrote(t *testing.T) {
	bothWays(t, 1, func(t *testing.T, l lab, _ bool) {
		ctx := t.Context()
		q, err := l.c.CreateSavedQuery(ctx, api.NewSavedQuery{Name: "q", QueryJSON: "{}"})
		if err != nil {
			t.Fatal(err)
		}
		a, err := l.c.CreateAlert(ctx, api.NewAlert{QueryID: q.ID})
		if err != nil {
			t.Fatal(err)
		}
		off := false
		if _, err := l.c.UpdateSavedQuery(ctx, q.ID, api.SavedQueryPatch{Name: ptr("theirs")}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.c.UpdateAlert(ctx, a.ID, api.AlertPatch{Enabled: &off}); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]Change{"alert": DropAlert("q", a), "query": DropQuery(q)} {
			res := carryOut(t, l.Layer, c)
			if len(res.Conflicts) != 1 || !res.Conflicts[0].Deleting || len(res.Done) != 0 {
				t.Fatalf("%s: %+v", name, res)
			}
			if _, err := l.c.SavedQuery(ctx, q.ID); err != nil {
				t.Errorf("%s: the query is gone: %v", name, err)
			}
		}
		res := carryOut(t, l.Layer, DropQuery(q))
		over, ok := res.Overwrite()
		if res = carryOut(t, l.Layer, over); !ok || len(res.Done) != 1 {
			t.Errorf("deleted all the same: %+v", res)
		}
	})
}
