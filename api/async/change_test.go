package async

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"threatbench/api"
)

func ptr[T any](v T) *T { return &v }

// whole checks that a change did everything, and that it can be taken back.
func whole(t *testing.T, r ChangeResult) {
	t.Helper()
	if r.Err != nil || len(r.Failed)+len(r.Unknown)+len(r.NotBegun) > 0 || len(r.Doubtful) > 0 || r.Confirmed != len(r.Done) {
		t.Errorf("%s: failed %v, unknown %v, not begun %v, doubtful %v, %d of %d confirmed: %v",
			r.Change.Label, r.Failed, r.Unknown, r.NotBegun, r.Doubtful, r.Confirmed, len(r.Done), r.Err)
	}
	if r.Undo == nil {
		t.Fatalf("%s can't be taken back: %s", r.Change.Label, r.NoUndo)
	}
}

// Every change, its undo and its redo: the world is as it was, then as it was
// after the change.
func TestChangesAreTakenBackAndDoneAgain(t *testing.T) {
	d2 := api.Dataset{UUID: "d2", Name: "second"}
	for name, c := range map[string]func(w *world) Change{
		"tag":   func(w *world) Change { return TagEvents(w.targets(250), []string{"c2", "Evil"}) },
		"untag": func(w *world) Change { return UntagEvents(w.targets(250), []string{"evil", "none"}) },
		"edit":  func(w *world) Change { return EditEvents(w.targets(250), api.EventPatch{Attacker: ptr("ALPHA")}, nil) },
		"date": func(w *world) Change {
			return EditEvents(w.targets(7), api.EventPatch{Date: ptr("2024-05-01T00:00:00Z")}, nil)
		},
		"reference":   func(w *world) Change { return ReferTo(w.targets(3), []string{"e0009", "e0008"}) },
		"unreference": func(w *world) Change { return UnreferTo(w.targets(3), []string{"e0007"}) },
		"move":        func(w *world) Change { return MoveEvents(w.targets(250), d2, true) },
		"delete":      func(w *world) Change { return DeleteEvents(w.targets(250)) },
		"raw": func(w *world) Change {
			return EditRaw(w.targets(1)[0], "re0000", api.RawPatch{Data: []byte(`{"a":1}`)}, nil)
		},
		"no dataset": func(*world) Change { return TagEvents([]Target{{ID: "e0001"}, {ID: "e0002"}}, []string{"c2"}) },
		"revert":     func(*world) Change { return RevertDataset(api.Dataset{UUID: "d1"}, api.Revert{Bookmark: "0"}) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(300)
			for i, id := range slices.Sorted(maps.Keys(w.events)) {
				w.each([]string{id}, func(e *api.Event) {
					e.Attacker = []string{"", "BETA", "GAMMA"}[i%3]
					e.Insight = `{"old":true}`
					if i%2 == 0 {
						e.Tags, e.References = []string{"EVIL"}, []string{"e0007"}
					}
				})
			}
			w.past = append(w.past, maps.Clone(w.events))
			inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
				before := w.state()
				res := carryOut(t, l, c(w))
				whole(t, res)
				after := w.state()
				if reflect.DeepEqual(before, after) {
					t.Fatal("nothing changed")
				}
				var u UndoStack
				u.Add(res)
				undo, _ := u.Undo()
				res = carryOut(t, l, undo)
				whole(t, res)
				if now := w.state(); !sameEvents(now, before) {
					t.Errorf("undone, the events are not as they were")
				}
				u.Add(res)
				if _, more := u.Undo(); more {
					t.Error("what was taken back is still there to be taken back")
				}
				redo, _ := u.Redo()
				res = carryOut(t, l, redo)
				whole(t, res)
				if now := w.state(); !sameEvents(now, after) {
					t.Errorf("done again, the events are not as they were after the change")
				}
				if u.Add(res); u.UndoLabel() == "" || u.RedoLabel() != "" {
					t.Errorf("undo %q, redo %q", u.UndoLabel(), u.RedoLabel())
				}
			})
		})
	}
}

// sameEvents compares, taking no list for an empty one and tags in any order.
func sameEvents(a, b map[string]api.Event) bool {
	return maps.EqualFunc(a, b, func(x, y api.Event) bool {
		for _, l := range []*[]string{&x.Tags, &y.Tags, &x.References, &y.References} {
			*l = append([]string{}, *l...)
			slices.Sort(*l)
		}
		return reflect.DeepEqual(x, y)
	})
}

// The first disaster of the domain: "all that match" while events come, go
// and change underneath touches the frozen ids and nothing else.
func TestAllThatMatchTouchesTheFrozenIDsOnly(t *testing.T) {
	w := newWorld(450)
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.IDs(table, api.ListQuery{Datasets: []string{"d1"}}, 10_000))
		frozen := one[JobDone](b).Value.(IDs)
		if len(frozen.Targets) != 450 {
			t.Fatalf("%d targets", len(frozen.Targets))
		}
		w.on = func(n int) error { // others are at work while each call arrives
			w.add("d1", "later"+strings.Repeat("x", n))
			if n == 3 {
				delete(w.events, "e0400")
			}
			w.each([]string{"e0300"}, func(e *api.Event) { e.Attacker = "OTHER" })
			return nil
		}
		res := carryOut(t, l, TagEvents(frozen.Targets, []string{"c2"}))
		if !slices.Equal(slices.Sorted(slices.Values(w.sent["tag"])), frozen.List) {
			t.Errorf("%d ids were sent, not the %d frozen ones once each", len(w.sent["tag"]), len(frozen.List))
		}
		if len(res.Done) != 449 || len(res.Failed) != 1 || res.Failed[0].ID != "e0400" || !strings.Contains(res.Failed[0].Reason, "no event") {
			t.Errorf("%d done, failed %v", len(res.Done), res.Failed)
		}
		for id, e := range w.state() {
			if tagged := slices.Contains(e.Tags, "c2"); tagged != slices.Contains(frozen.List, id) {
				t.Errorf("%s: tagged %v", id, tagged)
			}
		}
		if again, any := res.Retry(); !any || again.Count() != 1 {
			t.Errorf("what failed can be tried again: %v, %d", any, again.Count())
		}
	})
}

// The second disaster: the line breaks in the middle. What was done, what
// wasn't and what is unknown is told, and continuing does the rest once.
func TestALostConnectionLeavesAListAndTheRestIsDoneOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(on []Target) Change
		carried bool // the call that got no answer was carried out
	}{
		"tag":           {func(on []Target) Change { return TagEvents(on, []string{"c2"}) }, false},
		"tag, carried":  {func(on []Target) Change { return TagEvents(on, []string{"c2"}) }, true},
		"edit":          {func(on []Target) Change { return EditEvents(on, api.EventPatch{Attacker: ptr("X")}, nil) }, false},
		"edit, carried": {func(on []Target) Change { return EditEvents(on, api.EventPatch{Attacker: ptr("X")}, nil) }, true},
		"move":          {func(on []Target) Change { return MoveEvents(on, api.Dataset{UUID: "d2"}, true) }, false},
		"move, carried": {func(on []Target) Change { return MoveEvents(on, api.Dataset{UUID: "d2"}, true) }, true},
		"delete":        {func(on []Target) Change { return DeleteEvents(on) }, false},
		"del, carried":  {func(on []Target) Change { return DeleteEvents(on) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(350)
			lose := func(n int) error {
				if n == 2 {
					return w.lose()
				}
				return nil
			}
			if w.on = lose; tc.carried {
				w.on, w.after = nil, lose
			}
			inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
				c := tc.change(w.targets(350))
				first := carryOut(t, l, c)
				if first.Err == nil || len(first.Unknown) == 0 || len(first.NotBegun) == 0 || len(first.Done) == 0 {
					t.Fatalf("%d done, %d unknown, %d not begun: %v", len(first.Done), len(first.Unknown), len(first.NotBegun), first.Err)
				}
				rest, more := first.Rest()
				if !more || rest.Count() != len(first.Unknown)+len(first.NotBegun) {
					t.Fatalf("the rest is %d", rest.Count())
				}
				w.on, w.after = nil, nil
				w.mend()
				second := carryOut(t, l, rest)
				if second.Err != nil || len(second.Failed)+len(second.Unknown)+len(second.NotBegun) > 0 {
					t.Fatalf("%+v", second)
				}
				if tc.carried && len(second.Unchanged) != len(first.Unknown) {
					t.Errorf("%d were found done already, want %d", len(second.Unchanged), len(first.Unknown))
				}
				if n := len(first.Done) + len(second.Done) + len(second.Unchanged); n != 350 {
					t.Errorf("%d in all", n)
				}
				if _, more := second.Rest(); more {
					t.Error("there is still a rest")
				}
				for _, list := range w.sent {
					for _, id := range first.Done {
						if i := slices.Index(list, id.ID); i >= 0 && slices.Contains(list[i+1:], id.ID) {
							t.Errorf("%s was sent again", id.ID)
						}
					}
				}
			})
		})
	}
}

// A create or a copy whose outcome is unknown is told of, and never repeated.
func TestUnknownCreatesAndCopiesAreNotRepeated(t *testing.T) {
	w := newWorld(250)
	w.after = func(int) error { return w.lose() }
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		res := carryOut(t, l, CopyEvents(w.targets(250), api.Dataset{UUID: "d2"}, true))
		rest, _ := res.Rest()
		if len(res.Unknown) != 100 || len(res.NotBegun) != 150 || rest.Count() != 150 || res.Undo != nil {
			t.Errorf("%d unknown, %d not begun, %d the rest", len(res.Unknown), len(res.NotBegun), rest.Count())
		}
		w.mend()
		res = carryOut(t, l, CreateEvents(api.CreateEvent{Event: "a", DatasetID: "d1"}, api.CreateEvent{Event: "b", DatasetID: "d1"}))
		rest, _ = res.Rest()
		if len(res.Unknown) != 1 || rest.Count() != 1 || rest.steps[0].do.(creating).in.Event != "b" {
			t.Errorf("%+v", res)
		}
	})
}

func TestCopiesAndNewEventsAreFoundAndDeletedAgain(t *testing.T) {
	w := newWorld(130)
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		before := w.state()
		for _, c := range []Change{
			CopyEvents(w.targets(130), api.Dataset{UUID: "d2"}, true),
			CreateEvents(api.CreateEvent{Event: "a", DatasetID: "d1"}),
		} {
			res := carryOut(t, l, c)
			whole(t, res)
			if len(res.Made) != c.Count() {
				t.Errorf("%s: %d made", c.Label, len(res.Made))
			}
			if undone := carryOut(t, l, *res.Undo); len(undone.Done) != c.Count() || !sameEvents(w.state(), before) {
				t.Errorf("%s: undone, %d events are left", c.Label, len(w.state()))
			}
		}
	})
}

// Copies that others' events can be mistaken for are not taken back by guess.
func TestCopiesThatAreNotCertainAreNotDeleted(t *testing.T) {
	w := newWorld(3)
	w.on = func(int) error {
		e := w.events["e0001"]
		e.UUID, e.DatasetID, e.CreatedAt = "alike", "d2", api.TimeOf(time.Unix(9999, 0))
		w.events["alike"] = e
		return nil
	}
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		res := carryOut(t, l, CopyEvents(w.targets(3), api.Dataset{UUID: "d2"}, true))
		if len(res.Done) != 3 || res.Undo != nil || !strings.Contains(res.NoUndo, "which events are the copies") {
			t.Errorf("%+v", res)
		}
	})
}

// Taking a deletion back must not take back what others did since.
func TestUndoOfADeletionSparesTheWorkOfOthers(t *testing.T) {
	w := newWorld(20)
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		res := carryOut(t, l, DeleteEvents(w.targets(5)))
		whole(t, res)
		w.add("d1", "another's")
		undone := carryOut(t, l, *res.Undo)
		if len(undone.Failed) != 1 || !strings.Contains(undone.Failed[0].Reason, "others changed the dataset") || len(w.sent["revert"]) != 0 {
			t.Errorf("%+v", undone)
		}
		w.on = func(int) error { w.add("d1", "meanwhile"); return nil }
		if res = carryOut(t, l, DeleteEvents(w.targets(2))); res.Undo != nil || !strings.Contains(res.NoUndo, "others") {
			t.Errorf("can be taken back although others changed the dataset: %q", res.NoUndo)
		}
	})
}

func TestRelationsAreTakenBackWhereTheyWereNew(t *testing.T) {
	w := newWorld(10)
	w.under["e0000"] = map[string]bool{"e0002": true}
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		parent := Target{"d1", "e0000"}
		on := append(w.targets(4)[1:], Target{"d1", "missing"})
		res := carryOut(t, l, RelateEvents(parent, on, api.CausedBy))
		if len(res.Done) != 2 || len(res.Unchanged) != 1 || len(res.Failed) != 1 || res.Confirmed != 2 || res.Undo.Count() != 2 {
			t.Errorf("%+v", res)
		}
		if carryOut(t, l, *res.Undo); len(w.under["e0000"]) != 1 || !w.under["e0000"]["e0002"] {
			t.Errorf("%v", w.under)
		}
		res = carryOut(t, l, UnrelateEvents(parent, on[:3], api.CausedBy))
		if len(res.Done) != 1 || len(res.Unchanged) != 2 || len(w.under["e0000"]) != 0 {
			t.Errorf("%+v", res)
		}
	})
}

func TestRefusalsConcernOneEventAndTheSessionsConcernAll(t *testing.T) {
	w := newWorld(30)
	status := http.StatusBadRequest
	w.on = func(n int) error {
		if n == 3 {
			return api.Errorf(status, "no")
		}
		return nil
	}
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		res := carryOut(t, l, TagEvents(w.targets(30), []string{"x"}))
		if len(res.Done) != 29 || len(res.Failed) != 1 || res.Err != nil {
			t.Errorf("%d done, %v", len(res.Done), res.Err)
		}
		w.calls, status = 0, http.StatusForbidden
		res = carryOut(t, l, TagEvents(w.targets(30), []string{"y"}))
		if res.Err == nil || len(res.Failed) != 0 || len(res.NotBegun) == 0 {
			t.Errorf("%+v", res)
		}
	})
}

// Cancelling waits for the call under way, so that nothing is unknown.
func TestCancelEndsAtTheNextCall(t *testing.T) {
	w := newWorld(300)
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		w.on = func(n int) error {
			if n == 2 {
				l.Cancel(changes)
			}
			return nil
		}
		b.run(l.Do(changes, EditEvents(w.targets(300), api.EventPatch{Attacker: ptr("X")}, nil)))
		res := one[ChangeDone](b).Result
		if len(res.Done) != 200 || len(res.NotBegun) != 100 || len(res.Unknown) != 0 || !errors.Is(res.Err, context.Canceled) || res.Undo.Count() != 200 {
			t.Errorf("%d done, %d not begun, %d unknown: %v", len(res.Done), len(res.NotBegun), len(res.Unknown), res.Err)
		}
	})
}

func TestOneChangeAtATimeAndNoneWhereReadOnly(t *testing.T) {
	w := newWorld(3)
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		first := l.Do(changes, TagEvents(w.targets(3), []string{"a"}))
		b.run(l.Do(Slot{"frame", "other"}, TagEvents(w.targets(3), []string{"b"})))
		if r := one[ChangeDone](b).Result; !errors.Is(r.Err, ErrBusy) || len(r.NotBegun) != 3 {
			t.Errorf("%+v", r)
		}
		b = newBench(t)
		b.run(first)
		whole(t, one[ChangeDone](b).Result)
		whole(t, carryOut(t, l, TagEvents(w.targets(3), []string{"b"})))
	})
	inWorld(t, w, Options{ReadOnly: true}, func(t *testing.T, l *Layer) {
		if r := carryOut(t, l, DeleteEvents(w.targets(3))); !errors.Is(r.Err, ErrReadOnly) || len(w.events) != 3 {
			t.Errorf("%+v", r)
		}
	})
}

func TestTheAuditLogIsToldAndCachesForget(t *testing.T) {
	w := newWorld(3)
	var log []AuditRecord
	inWorld(t, w, Options{Audit: func(r AuditRecord) { log = append(log, r) }}, func(t *testing.T, l *Layer) {
		ask := func() EventsLoaded {
			b := newBench(t)
			b.run(l.Page(table, api.ListQuery{Datasets: []string{"d1"}, PageSize: 5}, 0))
			return one[EventsLoaded](b)
		}
		ask()
		start := time.Now()
		carryOut(t, l, TagEvents(w.targets(2), []string{"a"}))
		if m := ask(); m.Cached || !slices.Equal(m.Page.Events[0].Tags, []string{"a"}) {
			t.Errorf("the old page is still there: %+v", m)
		}
		if len(log) != 1 || log[0].Result.Change.Kind != KindTag || len(log[0].Result.Done) != 2 || !log[0].At.Equal(start) {
			t.Errorf("%+v", log)
		}
	})
}

// Old values that came through changed, being hostile, are not written back.
func TestNeutralisedValuesAreNotWrittenBack(t *testing.T) {
	w := newWorld(2)
	w.each([]string{"e0001"}, func(e *api.Event) { e.Attacker = "evil␛[31m" })
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		res := carryOut(t, l, EditEvents(w.targets(2), api.EventPatch{Attacker: ptr("X")}, nil))
		if len(res.Done) != 2 || res.Undo.Count() != 1 || !strings.Contains(res.NoUndo, "exactly") {
			t.Errorf("%+v", res)
		}
	})
}

func TestQueriesAndAlertsAreTakenBack(t *testing.T) {
	w := newWorld(0)
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		saved := carryOut(t, l, SaveQuery(api.NewSavedQuery{Name: "mine", QueryJSON: "{}"}))
		whole(t, saved)
		q := slices.Collect(maps.Values(w.saved))[0]
		whole(t, carryOut(t, l, AddAlert("mine", api.NewAlert{QueryID: q.ID, Frequency: api.Daily})))
		renamed := carryOut(t, l, ChangeQuery(q, api.SavedQueryPatch{Name: ptr("yours")}))
		whole(t, renamed)
		whole(t, carryOut(t, l, *renamed.Undo))
		a := slices.Collect(maps.Values(w.alerts))[0]
		paused := carryOut(t, l, ChangeAlert("mine", a, api.AlertPatch{Enabled: ptr(false)}))
		whole(t, paused)
		whole(t, carryOut(t, l, *paused.Undo))
		dropped := carryOut(t, l, DropQuery(q))
		whole(t, dropped)
		if len(w.saved)+len(w.alerts) != 0 {
			t.Errorf("%v, %v", w.saved, w.alerts)
		}
		whole(t, carryOut(t, l, *dropped.Undo))
		again := slices.Collect(maps.Values(w.saved))[0]
		alert := slices.Collect(maps.Values(w.alerts))[0]
		if again.Name != "mine" || alert.QueryID != again.ID || alert.Frequency != api.Daily || !alert.Enabled {
			t.Errorf("%+v, %+v", again, alert)
		}
		gone := carryOut(t, l, DropAlert("mine", alert))
		whole(t, gone)
		whole(t, carryOut(t, l, *gone.Undo))
		if len(w.alerts) != 1 {
			t.Errorf("%v", w.alerts)
		}
	})
}

// A query or alert that comes back has another number: what was done to it
// before can be taken back all the same, and done again.
func TestUndoFollowsWhatComesBackUnderAnotherNumber(t *testing.T) {
	w := newWorld(0)
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		var u UndoStack
		do := func(c Change) {
			t.Helper()
			res := carryOut(t, l, c)
			whole(t, res)
			u.Add(res)
		}
		query := func() api.SavedQuery { return slices.Collect(maps.Values(w.saved))[0] }
		alert := func() api.Alert { return slices.Collect(maps.Values(w.alerts))[0] }
		state := func() string {
			if len(w.saved) != 1 {
				return fmt.Sprint(len(w.saved), " queries")
			}
			s := query().Name
			for _, a := range w.alerts {
				s += fmt.Sprintf(" %s %v", a.Frequency, a.Enabled)
				if a.QueryID != query().ID {
					s += " of another query"
				}
			}
			return s
		}
		states := []string{state()}
		for _, c := range []func() Change{
			func() Change { return SaveQuery(api.NewSavedQuery{Name: "mine", QueryJSON: "{}"}) },
			func() Change { return ChangeQuery(query(), api.SavedQueryPatch{Name: ptr("yours")}) },
			func() Change { return AddAlert("yours", api.NewAlert{QueryID: query().ID, Frequency: api.Daily}) },
			func() Change { return ChangeAlert("yours", alert(), api.AlertPatch{Enabled: ptr(false)}) },
			func() Change { return DropAlert("yours", alert()) },
			func() Change { return AddAlert("yours", api.NewAlert{QueryID: query().ID, Frequency: api.Immediate}) },
			func() Change { return ChangeAlert("yours", alert(), api.AlertPatch{Enabled: ptr(false)}) },
			func() Change { return DropQuery(query()) },
		} {
			do(c())
			states = append(states, state())
		}
		for round := range 2 {
			for i := len(states) - 2; i >= 0; i-- {
				c, _ := u.Undo()
				do(c)
				if now := state(); now != states[i] {
					t.Fatalf("round %d: with %q taken back: %s, want %s", round, c.Label, now, states[i])
				}
			}
			for i := 1; i < len(states); i++ {
				c, _ := u.Redo()
				do(c)
				if now := state(); now != states[i] {
					t.Fatalf("round %d: with %q done again: %s, want %s", round, c.Label, now, states[i])
				}
			}
		}
	})
}

func TestDatasetsChange(t *testing.T) {
	w := newWorld(0)
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		res := carryOut(t, l, AddDataset("new", false))
		if len(res.Done) != 1 || res.Made[0].Dataset != "d-new" || res.Undo != nil || res.NoUndo == "" {
			t.Errorf("%+v", res)
		}
		res = carryOut(t, l, ChangeDataset(api.Dataset{UUID: "d1", Name: "old"}, api.DatasetPatch{Name: ptr("newer")}))
		whole(t, res)
		if whole(t, carryOut(t, l, *res.Undo)); !slices.Equal(w.sent["rename"], []string{"newer", "old"}) {
			t.Errorf("%v", w.sent)
		}
	})
}

func TestAClientThatCanChangeNothingSaysSo(t *testing.T) {
	f := &fakeAPI{}
	inBubble(t, f, Options{}, func(t *testing.T, l *Layer) {
		for _, c := range []Change{DeleteEvents([]Target{{"d", "e"}}), SaveQuery(api.NewSavedQuery{Name: "x"})} {
			if res := carryOut(t, l, c); !errors.Is(res.Err, api.ErrUnsupported) || len(res.NotBegun) != 1 {
				t.Errorf("%+v", res)
			}
		}
	})
}

// An undo that came only half its way can go on, and what it did can be done
// again.
func TestAHalfUndoneChangeStaysOnTheStack(t *testing.T) {
	w := newWorld(300)
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		var u UndoStack
		u.Add(carryOut(t, l, EditEvents(w.targets(300), api.EventPatch{Attacker: ptr("X")}, nil)))
		w.calls = 0
		w.on = func(n int) error {
			if n == 2 {
				return w.lose()
			}
			return nil
		}
		undo, _ := u.Undo()
		u.Add(carryOut(t, l, undo))
		rest, more := u.Undo()
		redo, _ := u.Redo()
		if !more || rest.Count() != 200 || redo.Count() != 100 || rest.Way != Undoing || redo.Way != Redoing {
			t.Fatalf("%d left to undo, %d to redo", rest.Count(), redo.Count())
		}
		if u.Add(notBegun(rest, ErrBusy)); u.UndoLabel() == "" {
			t.Error("an undo that was refused is lost")
		}
		w.on = nil
		w.mend()
		u.Add(carryOut(t, l, rest))
		for id, e := range w.state() {
			if e.Attacker != "" {
				t.Errorf("%s still has %q", id, e.Attacker)
			}
		}
	})
}

func TestTheUndoStackForgetsTheOldest(t *testing.T) {
	u := UndoStack{Depth: 2}
	for _, label := range []string{"one", "two", "three"} {
		u.Add(ChangeResult{Undo: &Change{Label: label, Way: Undoing}})
	}
	if u.UndoLabel() != "three" || len(u.past) != 2 {
		t.Errorf("%v", u.past)
	}
	u.Add(ChangeResult{NoUndo: "can't"})
	if u.UndoLabel() != "three" || u.Blocked() != "" {
		t.Error("a change that did nothing changed the stack")
	}
}

// A change that can't be taken back stands in the way of the one before it
// until it has been said.
func TestTheUndoStackDoesNotSkip(t *testing.T) {
	var u UndoStack
	u.Add(ChangeResult{Undo: &Change{Label: "one", Way: Undoing}})
	u.Add(ChangeResult{Change: Change{Label: "two"}, Done: []Target{{ID: "x"}}, NoUndo: "the server keeps no journal"})
	if _, ok := u.Undo(); ok || u.UndoLabel() != "two" || u.Blocked() != "the server keeps no journal" {
		t.Errorf("undo of %q is offered, blocked by %q", u.UndoLabel(), u.Blocked())
	}
	u.Pass()
	u.Pass() // one that can be taken back stays
	if c, ok := u.Undo(); !ok || c.Label != "one" || u.Blocked() != "" {
		t.Errorf("after it comes %q, %t", c.Label, ok)
	}
}

func TestProgressIsTold(t *testing.T) {
	w := newWorld(300)
	w.on = func(int) error { time.Sleep(150 * time.Millisecond); return nil } // virtual time
	inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
		b := newBench(t)
		b.run(l.Do(changes, EditEvents(w.targets(300), api.EventPatch{Attacker: ptr("X")}, nil)))
		b.wait()
		var seen []int64
		for _, m := range b.msgs {
			if p, is := m.(Progress); is && p.Total == 300 && p.Note != "" {
				seen = append(seen, p.Done)
			}
		}
		if !slices.Equal(seen, []int64{0, 100, 200}) && !slices.Equal(seen, []int64{0, 100, 200, 300}) {
			t.Errorf("%v", seen)
		}
		synctest.Wait()
	})
}
