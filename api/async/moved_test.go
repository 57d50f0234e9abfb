package async

import (
	"slices"
	"strings"
	"testing"

	"threatbench/api"
)

// What somebody else wrote while an event was being edited is never replaced
// unseen; what they did to other fields stays and keeps nothing up.
func TestEditShownKeepsWhatOthersWrote(t *testing.T) {
	for _, c := range []struct {
		name   string
		theirs func(e *api.Event)
		patch  api.EventPatch
		words  []string // of the refusal; none: it is made
	}{
		{"the same field", func(e *api.Event) { e.Event = "AAAONE" }, api.EventPatch{Event: ptr("BBBTWO")}, []string{`"AAAONE" now`, `was "text of e0000"`}},
		{"one of two", func(e *api.Event) { e.TLP = "red" }, api.EventPatch{Event: ptr("BBBTWO"), TLP: ptr("green")}, []string{`"red" now, was "amber"`}},
		{"a long one", func(e *api.Event) { e.Insight = strings.Repeat("é", 5000) }, api.EventPatch{Insight: ptr("mine")}, []string{"éé...", `was ""`}},
		{"another field", func(e *api.Event) { e.Attacker = "ALPHA" }, api.EventPatch{Event: ptr("BBBTWO")}, nil},
		{"to the same", func(e *api.Event) { e.Event, e.Attacker = "BBBTWO", "x" }, api.EventPatch{Event: ptr("BBBTWO"), TLP: ptr("red")}, nil},
		{"nothing", func(*api.Event) {}, api.EventPatch{Event: ptr("BBBTWO")}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(3)
			shown := w.events["e0000"]
			w.each([]string{"e0000"}, c.theirs)
			inWorld(t, w, Options{}, func(t *testing.T, l *Layer) {
				before := w.state()["e0000"]
				res := carryOut(t, l, EditShown(shown, c.patch))
				now := w.state()["e0000"]
				if c.words == nil {
					whole(t, res)
					if res.Moved != nil || now.Event != "BBBTWO" || now.Attacker != before.Attacker {
						t.Errorf("moved %v, and the event is %+v", res.Moved, now)
					}
					return
				}
				if res.Moved == nil || len(res.Failed) != 1 || len(res.Done) > 0 || w.calls > 0 {
					t.Fatalf("failed %v, done %v, %d calls", res.Failed, res.Done, w.calls)
				}
				if res.Moved.Event != before.Event || now.Event != before.Event || now.TLP != before.TLP || now.Insight != before.Insight {
					t.Errorf("told %+v, and it is %+v, was %+v", res.Moved, now, before)
				}
				if why := res.Failed[0].Reason; slices.ContainsFunc(c.words, func(s string) bool { return !strings.Contains(why, s) }) || len(why) > 400 {
					t.Errorf("the reason is %q, want %q in it", why, c.words)
				}
				// Knowing it, the same is sent.
				whole(t, carryOut(t, l, EditShown(*res.Moved, c.patch)))
			})
		})
	}
}
