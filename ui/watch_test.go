package ui_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// TestEightHoursOfWatching: a shift of local watching, with something new
// every ten minutes, leaves the program as large as its first hour did.
func TestEightHoursOfWatching(t *testing.T) {
	s := newSaver(400)
	s.noAlerts = true
	s.queries = s.queries[:1]
	saved(t, s, usual(), func(p *uitest.Program) {
		press(p, "5", "X")
		hour := func(h int) (calls int) {
			for i := range 6 {
				s.arrive(fmt.Sprintf("late %d %d", h, i), noon.Add(time.Duration(h)*time.Hour+time.Duration(i)*10*time.Minute))
				p.Advance(10 * time.Minute)
				p.Output() // what the terminal was sent is the test's to forget
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			calls, s.lists = len(s.lists), nil
			return calls
		}
		hour(0)
		heap, goroutines := live(), runtime.NumGoroutine()
		for h := 1; h < 8; h++ {
			if calls := hour(h); calls != 12 {
				t.Fatalf("hour %d cost %d calls, want one every five minutes", h, calls)
			}
		}
		// A leak would show seven times; one more or less is a timer about to end.
		if now := runtime.NumGoroutine(); now > goroutines+3 {
			t.Errorf("%d goroutines, %d after the first hour", now, goroutines)
		}
		if grown := live() - heap; grown > 1<<20 {
			t.Errorf("seven hours of watching took %d bytes of memory", grown)
		}
		press(p, "5")
		p.Want("5 Alerts·1", "47") // all but the one of the moment the watch began
		p.Check()
	})
}

// arrive adds an event that matches the first saved query.
func (s *saver) arrive(id string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.events[0]
	e.UUID, e.Attacker, e.CreatedAt, e.Date = id, "HOLLOWMAGPIE", api.TimeOf(at), api.TimeOf(at)
	s.events = append(s.events, e)
}

// live is what the heap holds that is still in use.
func live() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestWatchingTheList: what is new is counted, the list stays as it is until it
// is refreshed, and the next session watches on.
func TestWatchingTheList(t *testing.T) {
	t.Parallel()
	s := newSaver(60)
	store := &memory{}
	o := ui.Options{API: s, Memory: store}
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		enter(p, "/attacker:HOLLOWMAGPIE")
		press(p, "enter", "w")
		p.Want("every 5 minutes: 288 calls a day", "watching")
		for i := range 3 {
			s.arrive(fmt.Sprint("late ", i), noon.Add(time.Minute))
		}
		before := p.Screen().Line(4)
		p.Advance(5*time.Minute + time.Second)
		p.Want("3 new, r shows them")
		if after := p.Screen().Line(4); after != before {
			t.Errorf("the list moved: %q, %q", before, after)
		}
		p.Golden("watching")
		press(p, "r")
		p.WantNot("3 new")
		p.Want("watching")
		press(p, "w")
		p.WantNot("288")
		asked := len(s.asked())
		p.Advance(time.Hour)
		if n := len(s.asked()) - asked; n != 0 {
			t.Errorf("%d calls while watching is off", n)
		}
		press(p, "w")
		ui.SaveState(p.Model().(*ui.Model))
	})
	workbenchWith(t, o, usual(), func(p *uitest.Program) {
		p.Want("watching")
		asked := len(s.asked())
		p.Advance(time.Hour + time.Minute)
		if n := len(s.asked()) - asked; n != 12 {
			t.Errorf("%d calls in an hour, want 12", n)
		}
		p.Check()
	})
}
