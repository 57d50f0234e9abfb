package ui_test

import (
	"io"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// theirs is what a colleague writes behind the workbench's back.
func (c *changeable) theirs(t *testing.T, id string, f func(e *api.Event)) {
	t.Helper()
	if err := c.alter(id, f); err != nil {
		t.Fatal(err)
	}
}

// Of many events the one that a colleague changed meanwhile stays, is named
// with both values, and is replaced only when that is asked for.
func TestBulkEditAsksAboutWhatOthersChanged(t *testing.T) {
	t.Parallel()
	c := newChangeable(20)
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		e := c.newest()[3]
		press(p, "ctrl+a", "a", "e")
		p.Want("Change which field of 20 events?")
		c.theirs(t, e.UUID, func(e *api.Event) { e.TLP = "red" })
		press(p, "enter")
		enter(p, "clear")
		press(p, "enter", "y")
		p.Want("Changed meanwhile", "now: red", "yours: clear", "was: "+e.TLP, "Replace")
		press(p, "enter") // the default leaves it
		p.WantNot("Changed meanwhile")
		if got := c.newest()[3].TLP; got != "red" {
			t.Fatalf("it is %s", got)
		}
		press(p, "a", "o")
		p.Want("Show what was changed meanwhile")
		press(p, "down", "enter")
		p.Want("now: red")
		press(p, "y")
		p.Want("Not all done: ")
		for _, e := range c.newest() {
			if e.TLP != "clear" {
				t.Errorf("%s is %s", e.UUID, e.TLP)
			}
		}
		p.Check()
	})
}

// A change that lets more people see an event says so before it is made, of one
// event too; one that doesn't asks nothing more than before.
func TestLooseningATLPIsSaid(t *testing.T) {
	t.Parallel()
	c := newChangeable(20)
	for i, e := range c.newest() {
		c.theirs(t, e.UUID, func(e *api.Event) { e.TLP = []string{"amber", "clear", "TLP:PURPLE"}[min(i, 2)] })
	}
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		set := func(tlp string) {
			press(p, "a", "E", "enter", "ctrl+u")
			enter(p, tlp)
			press(p, "enter")
		}
		press(p, "ctrl+a")
		set("green")
		p.Want("This loosens the TLP of 19 of these 20")
		press(p, "n")
		if got := c.newest()[0].TLP; got != "amber" {
			t.Fatalf("it is %s without a yes", got)
		}
		set("red")
		p.WantNot("loosens")
		press(p, "n", "X")
		p.WantNot("20 marked")
		set("clear")
		p.Want("This loosens the TLP of 1 event")
		press(p, "y")
		p.Settle()
		set("red")
		p.WantNot("loosens")
		p.Settle()
		if got := c.newest()[0].TLP; got != "red" {
			t.Errorf("it is %s", got)
		}
		p.Check()
	})
}

// A text from the editor that a colleague was faster with isn't lost, nor is
// theirs; and taking back leaves what came since.
func TestInsightAsksAboutWhatOthersWrote(t *testing.T) {
	t.Parallel()
	c := newChangeable(10)
	id := c.newest()[0].UUID
	text, began := "mine\n", ""
	during := func() {}
	o := ui.Options{API: c, Edit: func(_, was string, _ io.Reader, _, _ io.Writer) (string, error) {
		began = was
		during()
		return text, nil
	}}
	uitest.Run(t, usual(), func() tea.Model { return ui.WithoutTerminal(model(o)) }, func(p *uitest.Program) {
		p.Settle()
		during = func() { c.theirs(t, id, func(e *api.Event) { e.Insight = "AAAONE" }) }
		press(p, "a", "i")
		p.Want("Changed meanwhile", "now: AAAONE", "yours: mine")
		press(p, "n")
		p.Want("Not saved", "Keep editing")
		during, text = func() {}, "AAAONE and mine\n"
		press(p, "enter")
		p.Want("Changed insight")
		if began != "mine" || c.newest()[0].Insight != "AAAONE and mine" {
			t.Fatalf("the editor began with %q, it is %q", began, c.newest()[0].Insight)
		}
		c.theirs(t, id, func(e *api.Event) { e.Insight = "later" })
		press(p, "u")
		p.Want("Changed meanwhile", "now: later")
		press(p, "esc")
		if c.newest()[0].Insight != "later" {
			t.Errorf("it is %q", c.newest()[0].Insight)
		}
		// What the server refuses isn't lost either.
		c.refused[id] = true
		text = "another\n"
		press(p, "a", "i")
		p.Want("Not saved", "locked", "Keep editing")
		c.refused[id] = false
		press(p, "enter")
		p.Settle() // the errors before take the room of the toasts
		if began != "another" || c.newest()[0].Insight != "another" {
			t.Errorf("the editor began with %q, it is %q", began, c.newest()[0].Insight)
		}
		p.Check()
	})
}

// A saved query that a colleague renamed meanwhile keeps their name.
func TestRenamingAsksAboutWhatOthersChanged(t *testing.T) {
	t.Parallel()
	s := newSaver(10)
	workbenchWith(t, ui.Options{API: s}, usual(), func(p *uitest.Program) {
		press(p, "4")
		p.Settle()
		s.mu.Lock()
		id, name := s.queries[0].ID, s.queries[0].Name
		s.mu.Unlock()
		press(p, "home", "R")
		p.Want(name)
		press(p, "ctrl+u")
		enter(p, "BBBTWO")
		theirs := "AAAONE"
		if _, err := s.UpdateSavedQuery(t.Context(), id, api.SavedQueryPatch{Name: &theirs}); err != nil {
			t.Fatal(err)
		}
		press(p, "enter")
		p.Want("Changed meanwhile", "name now: AAAONE", "name yours: BBBTWO")
		press(p, "esc")
		q, err := s.SavedQuery(t.Context(), id)
		if err != nil || q.Name != theirs {
			t.Errorf("it is %q: %v", q.Name, err)
		}
		press(p, "a", "o", "down", "enter", "y")
		q, err = s.SavedQuery(t.Context(), id)
		if err != nil || !strings.Contains(q.Name, "BBBTWO") {
			t.Errorf("replaced, it is %q: %v", q.Name, err)
		}
	})
}

// What a colleague changed since it was shown isn't deleted before one has seen
// what they wrote.
func TestDeletingAsksAboutWhatOthersChanged(t *testing.T) {
	t.Parallel()
	c := newChangeable(3)
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		e := c.newest()[0]
		press(p, "a", "d")
		p.Want("Delete")
		c.theirs(t, e.UUID, func(e *api.Event) { e.Attacker = "THEIRS" })
		press(p, "right", "enter")
		p.Want("Changed meanwhile", "attacker now: THEIRS", "Delete all the same?")
		p.WantNot("yours:", "Replace")
		press(p, "enter") // the default leaves it
		if got := len(c.newest()); got != 3 {
			t.Fatalf("%d events are left", got)
		}
		press(p, "a", "o")
		press(p, "down", "enter")
		p.Want("Delete all the same?")
		press(p, "right", "enter")
		p.WantNot("Changed meanwhile")
		if got := len(c.newest()); got != 2 {
			t.Errorf("%d events are left", got)
		}
		p.Check()
	})
}
