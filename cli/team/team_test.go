package team_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"

	"go.uber.org/goleak"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/cli/team"
	"threatbench/views"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// seat is a workbench that keeps what it is told.
type seat struct {
	*team.Member
	told []views.TeamNews
}

func sit(t *testing.T, h *team.Hub, p team.Person) *seat {
	t.Helper()
	s := &seat{Member: h.Join(p)}
	t.Cleanup(s.Leave)
	s.Tell(func(msg tea.Msg) { s.told = append(s.told, msg.(views.TeamNews)) })
	return s
}

// afterwards lets everything be told that there is to tell.
func afterwards() {
	time.Sleep(5 * time.Second)
	synctest.Wait()
}

func at(id string) views.Presence {
	return views.Presence{View: "Detail", Dataset: "d1", Event: id, Title: "title of " + id}
}

func TestOthersSeeWhoIsOnAndWhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, typed := team.New(nil), time.Now().Add(-time.Hour)
		ana := sit(t, h, team.Person{Name: "ana"})
		bo := sit(t, h, team.Person{Name: "bo", Active: func() time.Time { return typed }})
		bo.SetPresence(at("e1"))
		afterwards()
		list := ana.Peers()
		if len(list) != 1 || list[0].Name != "bo" || list[0].Presence != at("e1") || !list[0].Active.Equal(typed) || list[0].Elsewhere {
			t.Errorf("ana sees %+v", list)
		}
		if list := bo.Peers(); len(list) != 1 || list[0].Name != "ana" || list[0].Presence.Event != "" {
			t.Errorf("bo sees %+v", list)
		}
		typed = time.Now()
		if !ana.Peers()[0].Active.Equal(typed) {
			t.Error("a key that was pressed doesn't count at once")
		}
	})
}

// Whoever runs through a list is told of where they come to rest, and nothing
// is told twice.
func TestNewsIsRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := team.New(nil)
		ana, bo := sit(t, h, team.Person{Name: "ana"}), sit(t, h, team.Person{Name: "bo"})
		afterwards()
		before := len(ana.told)
		for i := range 300 { // three seconds of a held key
			bo.SetPresence(at(fmt.Sprint(i)))
			time.Sleep(10 * time.Millisecond)
		}
		afterwards()
		if n := len(ana.told) - before; n < 1 || n > 4 {
			t.Errorf("three seconds of moving were told %d times", n)
		}
		if got := ana.Peers()[0].Presence.Event; got != "299" {
			t.Errorf("ana sees %q, want where bo came to rest", got)
		}
		before = len(ana.told)
		bo.SetPresence(at("299"))
		bo.SetPresence(at("1"))
		bo.SetPresence(at("299"))
		afterwards()
		if n := len(ana.told) - before; n != 0 {
			t.Errorf("nothing new was told %d times", n)
		}
	})
}

// A person learns nothing of an event that isn't theirs to see, neither its id
// nor how it is called nor where it lies.
func TestLimitsHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, asked, visible := team.New(nil), 0, true
		bo := sit(t, h, team.Person{Name: "bo", Event: func(_ context.Context, dataset, id string) (api.Event, error) {
			asked++
			if dataset != "d1" || id != "e1" || !visible {
				return api.Event{}, errors.New("no such event")
			}
			return api.Event{Indicator: "as bo sees it"}, nil
		}})
		ana := sit(t, h, team.Person{Name: "ana"})
		ana.SetPresence(at("secret"))
		afterwards()
		if o := bo.Peers()[0]; !o.Elsewhere || o.Presence != (views.Presence{}) || o.Name != "ana" {
			t.Errorf("bo sees %+v", o)
		}
		ana.SetPresence(at("e1"))
		afterwards()
		if o := bo.Peers()[0]; o.Elsewhere || o.Presence.Event != "e1" || o.Presence.Title != "as bo sees it" {
			t.Errorf("bo sees %+v", o)
		}
		before := asked
		cy := sit(t, h, team.Person{Name: "cy"}) // more news, nothing of events
		afterwards()
		if asked != before {
			t.Errorf("%d more questions about an event known to be seen", asked-before)
		}
		visible = false
		cy.Changed(async.ChangeResult{Change: async.TagEvents([]async.Target{{Dataset: "d1", ID: "e1"}}, []string{"x"}), Done: []async.Target{{Dataset: "d1", ID: "e1"}}})
		afterwards()
		if o := bo.Peers()[0]; !o.Elsewhere || o.Presence.Event != "" {
			t.Errorf("bo sees %+v after it was taken from him", o)
		}
	})
}

func TestChangesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := team.New(nil)
		ana, bo := sit(t, h, team.Person{Name: "ana"}), sit(t, h, team.Person{Name: "bo"})
		afterwards()
		before := len(bo.told)
		on := []async.Target{{Dataset: "d1", ID: "e1"}}
		ana.Changed(async.ChangeResult{Change: async.TagEvents(on, []string{"secret"}), Done: on})
		ana.Changed(async.ChangeResult{Change: async.DeleteEvents(on), NotBegun: on})
		afterwards()
		if len(bo.told) != before+1 || len(bo.told[before].Changes) != 1 {
			t.Fatalf("bo was told %+v", bo.told[before:])
		}
		if c := bo.told[before].Changes[0]; c.Who != "ana" || c.Kind != async.KindTag || len(c.On) != 1 || c.On[0].ID != "e1" {
			t.Errorf("bo was told %+v", c)
		}
		for _, n := range ana.told {
			if len(n.Changes) > 0 {
				t.Error("ana was told of her own change")
			}
		}
	})
}

// A workbench that takes nothing, as one whose link is cut, holds nobody up;
// and everybody leaves without a trace.
func TestHundredMembersAndOneThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := team.New(nil)
		stuck := h.Join(team.Person{Name: "stuck"})
		end := make(chan struct{})
		stuck.Tell(func(tea.Msg) { <-end })
		var all []*seat
		for i := range 100 {
			all = append(all, sit(t, h, team.Person{Name: fmt.Sprint("p", i)}))
		}
		for range 10 {
			for i, s := range all {
				s.SetPresence(at(fmt.Sprint(i)))
			}
			time.Sleep(time.Second)
		}
		afterwards()
		for _, s := range all {
			if n := len(s.Peers()); n != 100 {
				t.Fatalf("%d others, want 100", n)
			}
			if n := len(s.told); n > 15 {
				t.Fatalf("told %d times in 15 seconds", n)
			}
		}
		close(end)
		stuck.Leave()
		afterwards()
		if n := len(all[0].Peers()); n != 99 {
			t.Errorf("%d others after one has left", n)
		}
	})
}
