package ui_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/api/async"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// changeable is a fake whose events can be tagged, edited and deleted. Calls
// about refused ids fail; after lost calls the connection is gone.
type changeable struct {
	*fake
	async.Changer // what no test uses
	refused       map[string]bool
	lost          int // calls until the connection breaks; -1 never
	touched       []string
}

func newChangeable(n int) *changeable {
	return &changeable{fake: newFake(n), refused: map[string]bool{}, lost: -1}
}

func (c *changeable) alter(id string, f func(e *api.Event)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost == 0 {
		return errors.New("127.0.0.1:1: connection refused")
	}
	if c.lost > 0 {
		c.lost--
	}
	if c.refused[id] {
		return api.Errorf(400, "event %s is locked", id)
	}
	for i := range c.events {
		if c.events[i].UUID == id {
			e := c.events[i]
			e.Tags = slices.Clone(e.Tags)
			f(&e)
			c.events[i] = e
			c.touched = append(c.touched, id)
			return nil
		}
	}
	return api.Errorf(404, "no event %s", id)
}

func (c *changeable) AddTags(_ context.Context, id string, tags []string) error {
	return c.alter(id, func(e *api.Event) { e.Tags = append(e.Tags, tags...) })
}

func (c *changeable) RemoveTags(_ context.Context, id string, tags []string) error {
	return c.alter(id, func(e *api.Event) {
		e.Tags = slices.DeleteFunc(e.Tags, func(t string) bool { return slices.Contains(tags, t) })
	})
}

func patch(e *api.Event, p api.EventPatch) {
	for _, f := range []struct {
		to  *string
		set *string
	}{{&e.TLP, p.TLP}, {&e.Category, p.Category}, {&e.Attacker, p.Attacker}, {&e.Insight, p.Insight}, {&e.Indicator, p.Indicator}, {&e.IndicatorType, p.IndicatorType}} {
		if f.set != nil {
			*f.to = *f.set
		}
	}
}

func (c *changeable) Update(_ context.Context, _, id string, p api.EventPatch) (api.Event, error) {
	var now api.Event
	err := c.alter(id, func(e *api.Event) { patch(e, p); now = *e })
	return now, err
}

func (c *changeable) UpdateMany(_ context.Context, _ string, ids []string, p api.EventPatch) (res api.UpdateResult, err error) {
	for _, id := range ids {
		if err := c.alter(id, func(e *api.Event) { patch(e, p) }); err != nil {
			res.FailedCount++
			res.Failures = append(res.Failures, api.UpdateFailure{EventID: id, Error: err.Error()})
			continue
		}
		res.UpdatedCount++
	}
	return res, nil
}

func (c *changeable) Delete(_ context.Context, _ string, ids []string) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.events)
	c.events = slices.DeleteFunc(slices.Clone(c.events), func(e api.Event) bool { return slices.Contains(ids, e.UUID) })
	return before - len(c.events), nil
}

func (c *changeable) tagged(tag string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if slices.Contains(e.Tags, tag) {
			n++
		}
	}
	return n
}

func TestTagOneAndTakeItBack(t *testing.T) {
	t.Parallel()
	c := newChangeable(50)
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		press(p, "t")
		p.Want("tag the event with")
		press(p, "enter")
		p.Want("Name at least one tag")
		enter(p, "seen-it, urgent")
		press(p, "enter")
		p.Want("Tagged 1 event with seen-it and urgent", "to undo")
		if c.tagged("seen-it") != 1 || c.tagged("urgent") != 1 {
			t.Fatal("the event has not the tags")
		}
		press(p, "u")
		p.Want("Undone: ")
		if c.tagged("seen-it")+c.tagged("urgent") != 0 {
			t.Fatal("the tags are still there")
		}
		press(p, "U")
		p.Want("Redone")
		if c.tagged("urgent") != 1 {
			t.Fatal("redo did nothing")
		}
		press(p, "U")
		p.Want("Nothing to redo")
		p.Check()
	})
}

// Marks are what is acted on: the question names how many and which, and
// exactly those are changed though others match by then.
func TestMarkedEventsAreFrozen(t *testing.T) {
	t.Parallel()
	c := newChangeable(120)
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		enter(p, "/tlp:amber")
		press(p, "enter", "ctrl+a")
		ids := map[string]bool{}
		for _, e := range c.matching(api.ListQuery{Search: []api.Condition{{Field: api.FieldTLP, Op: api.OpEquals, Values: []string{"amber"}}}}) {
			ids[e.UUID] = true
		}
		press(p, "t")
		enter(p, "reviewed")
		press(p, "enter")
		p.Want(fmt.Sprintf("Tag %d events with reviewed?", len(ids)), "and", "more", "[ Cancel ]")
		for i := range 30 { // meanwhile others come to match
			e := c.events[0]
			e.UUID, e.TLP = fmt.Sprintf("late-%d", i), "amber"
			c.events = append(c.events, e)
		}
		press(p, "enter")
		if c.tagged("reviewed") != 0 {
			t.Fatal("enter without a choice went on")
		}
		press(p, "t")
		enter(p, "reviewed")
		press(p, "enter", "y")
		p.Want("Tagged")
		if n := c.tagged("reviewed"); n != len(ids) {
			t.Errorf("%d events are tagged, want %d", n, len(ids))
		}
		for _, id := range c.touched {
			if !ids[id] {
				t.Errorf("%s was touched and not marked", id)
			}
		}
		press(p, "u")
		if n := c.tagged("reviewed"); n != 0 {
			t.Errorf("%d events are still tagged", n)
		}
		p.Check()
	})
}

// A connection lost in the middle leaves a list of what was done and what not;
// going on does the rest, once.
func TestALostConnectionIsTakenUp(t *testing.T) {
	t.Parallel()
	c := newChangeable(60)
	c.lost = 10
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		press(p, "ctrl+a", "t")
		enter(p, "reviewed")
		press(p, "enter", "y")
		p.Want("Outcome of: tag 60 events", "Continue with the remaining", "50")
		c.mu.Lock()
		c.lost = -1
		c.mu.Unlock()
		press(p, "down", "enter")
		p.Want("Tagged")
		if n := c.tagged("reviewed"); n != 60 {
			t.Errorf("%d events are tagged, want 60", n)
		}
		counts := map[string]int{}
		for _, id := range c.touched {
			counts[id]++
			if counts[id] > 1 {
				t.Errorf("%s was changed %d times", id, counts[id])
			}
		}
	})
}

func TestRefusedEventsAreListedAndMarked(t *testing.T) {
	t.Parallel()
	c := newChangeable(20)
	bad := c.newest()[3].UUID
	c.refused[bad] = true
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		press(p, "ctrl+a", "a", "e")
		p.Want("Change which field of 20 events?", "mixed")
		press(p, "enter")
		enter(p, "purple")
		press(p, "enter")
		p.Want("Write red, amber+strict")
		press(p, "ctrl+u")
		enter(p, "red")
		press(p, "enter", "y")
		p.Want("Try the refused again", "Mark what wasn't done")
		press(p, "down", "down", "down", "enter")
		p.Want("refused", "locked", bad)
		press(p, "esc", "a", "o", "down", "down", "enter")
		p.Want("1 marked")
		for _, e := range c.events {
			if e.UUID != bad && e.TLP != "red" {
				t.Errorf("%s is %s", e.UUID, e.TLP)
			}
		}
	})
}

func TestDeletingAsksFirst(t *testing.T) {
	t.Parallel()
	c := newChangeable(30)
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		press(p, "space", "space", "a", "d")
		p.Want("Delete 2 events?", "[ Cancel ]")
		press(p, "esc")
		if len(c.events) != 30 {
			t.Fatal("something was deleted")
		}
		press(p, "a", "d", "right", "enter")
		p.Want("Deleted 2 events", "of 28")
		p.WantNot("marked")
		p.Check()
	})
}

func TestReadOnlyChangesNothing(t *testing.T) {
	t.Parallel()
	c := newChangeable(10)
	workbenchWith(t, ui.Options{API: c, ReadOnly: true}, usual(), func(p *uitest.Program) {
		for _, keys := range []string{"t", "a u", "a e", "a d", "a m", "a n", "a N", "a E"} {
			press(p, strings.Fields(keys)...)
			p.Want("Read-only: nothing can be changed")
			press(p, "esc")
		}
		if len(c.touched) != 0 {
			t.Errorf("touched %v", c.touched)
		}
	})
}

// withEditor runs a script in a program whose editor leaves a text.
func withEditor(t *testing.T, c *changeable, text string, script func(p *uitest.Program)) {
	t.Helper()
	o := ui.Options{API: c, Edit: func(string, string, io.Reader, io.Writer, io.Writer) (string, error) { return text, nil }}
	uitest.Run(t, usual(), func() tea.Model { return ui.WithoutTerminal(model(o)) }, func(p *uitest.Program) {
		p.Settle()
		script(p)
	})
}

func TestInsightFromTheEditor(t *testing.T) {
	t.Parallel()
	c := newChangeable(10)
	withEditor(t, c, "# Seen\n", func(p *uitest.Program) {
		press(p, "a", "i")
		p.Want("Changed insight of 1 event")
		if got := c.newest()[0].Insight; got != "# Seen" {
			t.Errorf("the insight is %q", got)
		}
		press(p, "a", "i")
		p.Want("Nothing was changed")
	})
}

// What was written wrongly is not lost: it can be edited on.
func TestANewEventIsCheckedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"date": "2026-01-01T00:00:00Z", "tlp": "red",}`: "line 1",
		`{"category": "Phishing", "evnt": "x"}`:           "unknown field",
		`{"category": "Phishing"}`:                        "event and category",
	} {
		c := newChangeable(10)
		withEditor(t, c, text, func(p *uitest.Program) {
			press(p, "a", "N")
			p.Want("The event can't be created", want, "Keep editing")
			press(p, "enter")
			p.Want("The event can't be created")
			press(p, "down", "enter")
			p.WantNot("The event can't be created")
			if len(c.events) != 10 {
				t.Errorf("%s: an event was created", text)
			}
		})
	}
}

// An undo that did not get through is not lost.
func TestALostUndoCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	c := newChangeable(20)
	workbenchWith(t, ui.Options{API: c}, usual(), func(p *uitest.Program) {
		press(p, "t")
		enter(p, "seen-it")
		press(p, "enter")
		c.mu.Lock()
		c.lost = 0
		c.mu.Unlock()
		press(p, "u")
		if c.tagged("seen-it") != 1 {
			t.Fatal("the tag is gone though the connection was")
		}
		c.mu.Lock()
		c.lost = -1
		c.mu.Unlock()
		press(p, "esc", "u")
		p.Want("Undone: tag 1 event")
		if c.tagged("seen-it") != 0 {
			t.Error("the tag is still there")
		}
	})
}
