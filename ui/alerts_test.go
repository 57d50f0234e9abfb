package ui_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/clean"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// fired is a server with entries in its inbox.
func fired(n int) *saver {
	s := newSaver(n)
	s.fire(1, "Magpie at work", s.events[3].UUID)
	s.fire(1, "Magpie at work", s.events[0].UUID, s.events[1].UUID)
	return s
}

func TestTheInbox(t *testing.T) {
	t.Parallel()
	s := fired(400)
	saved(t, s, usual(), func(p *uitest.Program) {
		p.Want("5 Alerts·2") // before anybody has been there
		press(p, "5")
		p.Want("Inbox", "2 unread", "Magpie at work")
		press(p, "enter")
		p.Want("uuid:(", "1 of 2")
		press(p, "5")
		p.Want("1 unread", "5 Alerts·1")
		press(p, "space")
		p.Want("2 unread")
		press(p, "X")
		p.WantNot("unread")
		if !s.inbox[0].Read || !s.inbox[1].Read {
			t.Error("the server wasn't told")
		}
		p.Check()
	})
}

func TestEditingAlerts(t *testing.T) {
	t.Parallel()
	s := newSaver(400)
	saved(t, s, usual(), func(p *uitest.Program) {
		press(p, "4", "j", "A")
		p.Want("alert on Red phishing")
		press(p, "down", "enter")
		p.Want("daily", "Red phishing")
		if len(s.alerts) != 2 || s.alerts[1].Frequency != api.Daily || s.alerts[1].QueryID != 2 {
			t.Fatalf("%+v", s.alerts)
		}
		press(p, "j", "f")
		if s.alerts[1].Frequency != api.Immediate {
			t.Errorf("%+v", s.alerts[1])
		}
		press(p, "space")
		p.Want("paused")
		press(p, "enter", "down", "down", "enter")
		p.Press("ctrl+u")
		enter(p, "mail")
		press(p, "enter")
		p.Want("mail")
		press(p, "x")
		p.Want("delete the alert on Red phishing?")
		press(p, "enter", "x", "down", "enter")
		if len(s.alerts) != 1 {
			t.Errorf("%+v", s.alerts)
		}
		press(p, "u")
		if len(s.alerts) != 2 || s.alerts[1].NotificationType != "mail" || s.alerts[1].Enabled {
			t.Errorf("brought back as %+v", s.alerts)
		}
		p.Check()
	})
}

func TestTryingAnAlert(t *testing.T) {
	t.Parallel()
	s := newSaver(400)
	saved(t, s, usual(), func(p *uitest.Program) {
		press(p, "5", "tab", "p")
		p.Want("would have fired", "in the last 7 days")
		q := last(s.asked())
		if len(q.Search) != 2 || q.Search[1].Field != api.FieldCreatedAt || q.Search[1].Value() != noon.AddDate(0, 0, -7).Format(time.RFC3339) {
			t.Errorf("asked for %+v", q)
		}
		press(p, "enter")
		p.Want("createdAt>", "attacker:HOLLOWMAGPIE")
	})
	told := rehearser{s}
	uitest.Run(t, usual(), func() tea.Model { return model(ui.Options{API: told}) }, func(p *uitest.Program) {
		p.Settle()
		press(p, "5", "tab", "p")
		p.Want("would have fired 12 times in the last 7 days: 40 events")
	})
}

// rehearser is a server that tries alerts itself.
type rehearser struct{ *saver }

func (r rehearser) TestAlert(ctx context.Context, id int64, days int) (api.AlertTest, error) {
	return api.AlertTest{QueryID: id, Days: days, Count: 40, Immediate: 12, Daily: 3, EventIDs: []string{"e"}}, r.openVisit(ctx)
}

// A server without alerts is watched from here, slowly, and each look is a
// call a query.
func TestWatchingFromHere(t *testing.T) {
	t.Parallel()
	s := newSaver(400)
	s.noAlerts = true
	s.queries = s.queries[:2]
	saved(t, s, usual(), func(p *uitest.Program) {
		p.Want("5 Alerts·2")
		press(p, "5")
		p.Want("This server has no alerts", "every 5 minutes", "576 calls a day", "new")
		press(p, "X")
		p.WantNot("new  ")
		before := len(s.asked())
		p.Advance(5*time.Minute + time.Second)
		if n := len(s.asked()) - before; n != 2 {
			t.Errorf("%d calls in five minutes, want one for each of two queries", n)
		}
		e := s.events[0]
		e.UUID, e.Attacker, e.CreatedAt, e.Date = "late", "HOLLOWMAGPIE", api.TimeOf(noon.Add(time.Minute)), api.TimeOf(noon.Add(time.Minute))
		s.mu.Lock()
		s.events = append(s.events, e)
		s.mu.Unlock()
		p.Advance(5 * time.Minute)
		p.Want("5 Alerts·1", "new")
		press(p, "i", "down", "enter")
		p.Want("every 15 minutes")
		press(p, "w")
		p.Want("watching is off")
		before = len(s.asked())
		p.Advance(3 * time.Hour)
		if n := len(s.asked()) - before; n != 0 {
			t.Errorf("%d calls while watching is off", n)
		}
		press(p, "enter")
		p.Want("createdAt>", "attacker:HOLLOWMAGPIE")
		press(p, "5")
		p.WantNot("5 Alerts·")
		p.Check()
	})
}

func TestAlertsWhenTheServerFails(t *testing.T) {
	t.Parallel()
	s := fired(50)
	saved(t, s, small(), func(p *uitest.Program) {
		s.fail(errors.New("the server answered 502 Bad Gateway"))
		press(p, "5")
		p.Want("The alerts could not be loaded", "502")
		s.fail(nil)
		press(p, "r")
		p.Want("Magpie at work", "at once")
		p.Check()
	})
}

// The lists of queries, alerts and what fired turn by pages and to their ends.
func TestListsTurnByPages(t *testing.T) {
	t.Parallel()
	s := newSaver(60)
	for i := range 60 {
		s.fire(1, fmt.Sprintf("Entry %02d", i), s.events[0].UUID)
	}
	saved(t, s, small(), func(p *uitest.Program) {
		press(p, "5", "G")
		p.Want("Entry 00")
		p.WantNot("Entry 59")
		press(p, "g")
		p.Want("Entry 59")
		press(p, "pgdown")
		p.WantNot("Entry 59")
		press(p, "pgup")
		p.Want("Entry 59")
		press(p, "4", "G", "pgup", "g", "pgdown")
		p.Check()
	})
}

func TestAlertsReadOnly(t *testing.T) {
	t.Parallel()
	s := newSaver(50)
	uitest.Run(t, usual(), func() tea.Model { return model(ui.Options{API: s, ReadOnly: true}) }, func(p *uitest.Program) {
		p.Settle()
		press(p, "5", "tab", "space")
		p.Want("Read-only: nothing can be changed")
		press(p, "4", "x")
		p.Want("Read-only: nothing can be changed")
	})
}

func TestHostileAlerts(t *testing.T) {
	t.Parallel()
	for name, text := range hostileTexts(t) {
		s := fired(20)
		line := clean.Line(text)
		s.queries[0].Name, s.inbox[0].QueryName = line, line
		s.alerts[0].NotificationType, s.alerts[0].Frequency, s.alerts[0].UserEmail, s.alerts[0].DisabledReason = line, line, line, line
		t.Run(name, func(t *testing.T) {
			saved(t, s, usual(), func(p *uitest.Program) {
				press(p, "5")
				p.Check()
				press(p, "tab", "enter")
				p.Check()
			})
		})
	}
}

func TestScreensOfAlerts(t *testing.T) {
	t.Parallel()
	for _, c := range profiles {
		for _, o := range []uitest.Options{small(), usual(), large()} {
			o.Profile = c.profile
			size := fmt.Sprintf("%dx%d-%s", o.Width, o.Height, c.name)
			for _, state := range []struct {
				name string
				make func() *saver
			}{
				{"alerts", func() *saver { return fired(400) }},
				{"alerts-lacking", func() *saver { s := newSaver(400); s.noAlerts = true; return s }},
				{"alerts-empty", func() *saver { s := newSaver(40); s.alerts, s.queries = nil, nil; return s }},
			} {
				s := state.make()
				uitest.Run(t, o, func() tea.Model { return model(ui.Options{API: s, ASCII: c.ascii}) }, func(p *uitest.Program) {
					p.Settle()
					press(p, "5")
					p.Golden(state.name + "-" + size)
				})
			}
		}
	}
}

// What is remembered of watching comes back in the next session.
func TestWatchingIsRemembered(t *testing.T) {
	t.Parallel()
	store := remembering{}
	open := func() tea.Model {
		s := newSaver(20)
		s.noAlerts = true
		return model(ui.Options{API: s, Memory: store})
	}
	uitest.Run(t, usual(), open, func(p *uitest.Program) {
		p.Settle()
		press(p, "5", "i", "down", "down", "enter")
		p.Want("every 30 minutes")
	})
	uitest.Run(t, usual(), open, func(p *uitest.Program) {
		p.Settle()
		press(p, "5")
		p.Want("every 30 minutes")
	})
}

// remembering is a memory that lasts as long as the test.
type remembering map[string]json.RawMessage

func (r remembering) Get(name string) (json.RawMessage, bool) { v, ok := r[name]; return v, ok }
func (r remembering) Put(name string, v json.RawMessage)      { r[name] = v }
func (r remembering) Flush() error                            { return nil }
