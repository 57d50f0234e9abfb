package ui_test

import (
	"errors"
	"testing"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// related opens the relations of the newest event of a web.
func related(t *testing.T, w *web, o uitest.Options, script func(p *uitest.Program)) {
	t.Helper()
	workbenchWith(t, ui.Options{API: w}, o, func(p *uitest.Program) {
		press(p, "enter", "z", "e")
		script(p)
	})
}

// TestParentsAndChildrenAreListed with what each is to the event; enter opens
// one, and back returns to it.
func TestParentsAndChildrenAreListed(t *testing.T) {
	t.Parallel()
	for _, o := range []uitest.Options{small(), usual()} {
		w := newWeb()
		list := w.newest()
		related(t, w, o, func(p *uitest.Program) {
			p.Want("PARENTS 1", "CHILDREN 2", "REFERS TO 2", "REFERRED BY 1", "Relations 6", "caused by", "attributed to")
			p.Golden("relations-" + sizeName(o))
			press(p, "j", "j")
			before := p.Screen().String()
			press(p, "enter", "o")
			p.Want(list[5].UUID)
			press(p, "alt+left")
			if after := p.Screen().String(); after != before {
				t.Errorf("it was\n%s\nand is\n%s", before, after)
			}
			p.Check()
		})
	}
}

// TestRelationsOfAServerWithoutAGraph are asked for one way and the other.
func TestRelationsOfAServerWithoutAGraph(t *testing.T) {
	t.Parallel()
	w := newWeb()
	w.noGraph = true
	related(t, w, usual(), func(p *uitest.Program) {
		p.Want("PARENTS 1", "CHILDREN 2", "REFERS TO 2")
		p.Check()
	})
}

func TestRelationsThatFail(t *testing.T) {
	t.Parallel()
	w := newWeb()
	w.broken = errors.New("the server answered 502 Bad Gateway")
	related(t, w, usual(), func(p *uitest.Program) {
		p.Want("parents and children could not be loaded", "502 Bad Gateway", "REFERS TO 2")
		w.mu.Lock()
		w.broken = nil
		w.mu.Unlock()
		press(p, "r")
		p.Want("PARENTS 1", "CHILDREN 2")
	})
	alone := &web{fake: newFake(20)}
	related(t, alone, small(), func(p *uitest.Program) {
		p.Want("This event has no parents, no children and no references.")
	})
}

// TestGraphAroundAValue: an indicator or a tag is drawn with the events that
// have it, by search where the server has no graph.
func TestGraphAroundAValue(t *testing.T) {
	t.Parallel()
	w := newWeb()
	w.noGraph = true
	list := w.newest()
	for i, e := range list {
		w.change(e.UUID, func(e *api.Event) { e.Indicator, e.Tags = "", nil })
		if i < 3 {
			w.change(e.UUID, func(e *api.Event) {
				e.Indicator, e.IndicatorType, e.Tags, e.Event = "198.51.100.7", "ip", []string{"one-of-a-kind"}, "sighting"
			})
		}
	}
	workbenchWith(t, ui.Options{API: w}, usual(), func(p *uitest.Program) {
		press(p, "a", "g")
		choosing(p, "198.51.100.7")
		p.Want("3 Graph", "198.51.100.7", "sighting")
		press(p, "v", "v") // as a table
		for _, want := range []string{"198.51.100.7", "sighting"} {
			p.Want(want)
		}
		p.Golden("graph-of-an-indicator")
		press(p, "1", "a", "g")
		choosing(p, "one-of-a-kind")
		p.Want("one-of-a-kind")
		p.Check()
	})
}

// TestGraphOfNoValue says why there is none.
func TestGraphOfNoValue(t *testing.T) {
	t.Parallel()
	f := newFake(20)
	f.change(f.newest()[0].UUID, func(e *api.Event) { e.Indicator, e.Tags = "", nil })
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "a", "g")
		p.Want("Neither an indicator nor a tag")
	})
}
