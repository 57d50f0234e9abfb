package ui_test

import (
	"strings"
	"testing"

	"threatbench/ui/widget/uitest"
)

// What is saved from the list is what the list shows, and it can be taken back
// by the key that is named.
func TestSaveTheFilterInForce(t *testing.T) {
	t.Parallel()
	s := newSaver(400)
	saved(t, s, usual(), func(p *uitest.Program) {
		before := len(s.queries)
		press(p, "/")
		enter(p, "attacker:HOLLOWMAGPIE")
		press(p, "enter", "s", ":")
		enter(p, "save the filter")
		press(p, "enter")
		p.Want("save the filter as")
		enter(p, "From the list")
		press(p, "enter")
		if len(s.queries) != before+1 {
			t.Fatalf("%d queries, %d before", len(s.queries), before)
		}
		q := s.queries[before]
		if q.Name != "From the list" || !strings.Contains(q.QueryJSON, "HOLLOWMAGPIE") || !strings.Contains(q.QueryJSON, "orderBy") {
			t.Errorf("saved %+v", q)
		}
		p.Want("1 Events", "u to undo") // still at the list
		press(p, "u")
		if len(s.queries) != before {
			t.Errorf("not taken back: %+v", s.queries)
		}
		p.Check()
	})
}

// The builder's actions are not to be had where the builder isn't open: they
// would save a filter that isn't in sight.
func TestSavingNeedsAnOpenBuilder(t *testing.T) {
	t.Parallel()
	s := newSaver(40)
	saved(t, s, usual(), func(p *uitest.Program) {
		press(p, ":")
		enter(p, "save the query")
		p.Want("The builder isn't open")
		press(p, "esc", "4", "n", "S")
		p.Want("save the filter that takes every event as")
		enter(p, "All of them")
		press(p, "enter")
		p.Want("a z to undo") // u belongs to the builder there
		press(p, "a", "z")
		for _, q := range s.queries {
			if q.Name == "All of them" {
				t.Error("not taken back")
			}
		}
	})
}

// An alert on the filter in force is one key from the list, and one from the
// alerts.
func TestAlertOnTheFilterInForce(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]string{"from the list": {"A"}, "from the alerts": {"5", "n", "enter"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSaver(400)
			saved(t, s, usual(), func(p *uitest.Program) {
				queries, alerts := len(s.queries), len(s.alerts)
				press(p, "/")
				enter(p, "attacker:HOLLOWMAGPIE category:Phishing")
				press(p, "enter")
				press(p, keys...)
				p.Want("save the filter as")
				enter(p, "Magpie phishing")
				press(p, "enter")
				p.Want("alert on Magpie phishing", "at once")
				press(p, "enter")
				if len(s.queries) != queries+1 || len(s.alerts) != alerts+1 || s.alerts[alerts].QueryID != s.queries[queries].ID {
					t.Fatalf("%+v %+v", s.queries, s.alerts)
				}
				press(p, "1", "A") // it is saved and alerted on already
				p.WantNot("save the filter as", "one digest a day")
				p.Want("Magpie phishing")
				p.Check()
			})
		})
	}
}
