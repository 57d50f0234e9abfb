package ui_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// TestScreensAtEverySize looks at the first screen in three sizes and three
// colour profiles.
func TestScreensAtEverySize(t *testing.T) {
	t.Parallel()
	for _, size := range []struct {
		name string
		o    uitest.Options
	}{{"80x24", small()}, {"120x40", usual()}, {"200x60", large()}} {
		for _, c := range profiles {
			t.Run(size.name+"-"+c.name, func(t *testing.T) {
				size.o.Profile = c.profile
				workbenchWith(t, ui.Options{API: newFake(400), ASCII: c.ascii}, size.o, func(p *uitest.Program) {
					p.Check()
					p.Golden("events-" + size.name + "-" + c.name)
					press(p, "j", "enter")
					p.Check()
					p.Golden("detail-" + size.name + "-" + c.name)
				})
			})
		}
	}
}

// TestScreensOfEveryState looks at what a person can come to, at the smallest
// usual size and at a middling one.
func TestScreensOfEveryState(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name string
		do   func(p *uitest.Program)
	}{
		{"filter-completing", func(p *uitest.Program) { enter(p, "/att"); p.Settle() }},
		{"filter-values", func(p *uitest.Program) { enter(p, "/attacker:h") }},
		{"filter-wrong", func(p *uitest.Program) { enter(p, "/date>soon") }},
		{"filtered", func(p *uitest.Program) { enter(p, "/attacker:HOLLOWMAGPIE"); press(p, "enter") }},
		{"nothing-matches", func(p *uitest.Program) { enter(p, "/attacker:nobody"); press(p, "enter") }},
		{"marked", func(p *uitest.Program) { press(p, "space", "space", "j", "V") }},
		{"sorted", func(p *uitest.Program) { press(p, "l", "l", "s") }},
		{"facets", func(p *uitest.Program) { press(p, "shift+tab", "j", "m") }},
		{"insight", func(p *uitest.Program) {
			enter(p, "/category:Campaign")
			press(p, "enter", "enter", "i")
		}},
		{"raw", func(p *uitest.Program) { press(p, "enter", "R") }},
		{"zoomed", func(p *uitest.Program) { press(p, "enter", "z") }},
		{"side-by-side", func(p *uitest.Program) { press(p, `\`) }},
		{"detail-alone", func(p *uitest.Program) { press(p, "2") }},
		{"list-alone", func(p *uitest.Program) { press(p, "v") }},
		{"help", func(p *uitest.Program) { enter(p, "?") }},
		{"palette", func(p *uitest.Program) { enter(p, ":sort") }},
		{"columns", func(p *uitest.Program) { enter(p, "C") }},
		{"pivot", func(p *uitest.Program) { enter(p, "p") }},
		{"goto", func(p *uitest.Program) { press(p, "ctrl+g") }},
		{"messages", func(p *uitest.Program) { press(p, "M", "M", "L") }},
		{"toast", func(p *uitest.Program) { p.Press("M"); p.Advance(100 * time.Millisecond) }},
	} {
		for _, o := range []uitest.Options{small(), usual()} {
			t.Run(s.name, func(t *testing.T) {
				workbench(t, newFake(400), o, func(p *uitest.Program) {
					s.do(p)
					p.Check()
					p.Golden(s.name + "-" + sizeName(o))
				})
			})
		}
	}
}

func TestScreenOfReferences(t *testing.T) {
	t.Parallel()
	for _, o := range []uitest.Options{small(), usual()} {
		workbench(t, linked(400), o, func(p *uitest.Program) {
			press(p, "enter", "e", "j")
			p.Golden("references-" + sizeName(o))
		})
	}
}

func sizeName(o uitest.Options) string {
	return fmt.Sprintf("%dx%d", o.Width, o.Height)
}

func TestScreenWhileTheServerIsSlow(t *testing.T) {
	t.Parallel()
	f := newFake(50)
	f.delay = 3 * time.Second
	uitest.Run(t, small(), programOf(f), func(p *uitest.Program) {
		p.Advance(time.Second)
		p.Want("loading events")
		p.Golden("loading-80x24")
		p.Settle()
		p.Advance(5 * time.Second)
		p.Want("1 of 50")
		p.Press("s")
		p.Advance(time.Second)
		p.Want("loading")
		p.Golden("stale-80x24")
	})
}

func TestScreenWhenTheServerFails(t *testing.T) {
	t.Parallel()
	f := newFake(50)
	f.fail(errors.New("127.0.0.1:9 can't be reached: connection refused"))
	uitest.Run(t, small(), programOf(f), func(p *uitest.Program) {
		p.Settle()
		p.Want("could not be loaded", "connection refused", "r tries again")
		p.Golden("failing-80x24")
		f.fail(nil)
		press(p, "r")
		p.Want("1 of 50")
		p.WantNot("refused")
		f.fail(errors.New("the server answered 502 Bad Gateway"))
		press(p, "s")
		p.Want("502", "DATE") // the rows that are there stay
		p.Golden("failing-with-rows-80x24")
	})
}

func TestFirstStart(t *testing.T) {
	t.Parallel()
	f := &fake{}
	full := newFake(30)
	cancelled := make(chan struct{}, 1)
	o := ui.Options{API: f, Connect: "threatbench config init", Demo: func(ctx context.Context, report func(int64, int64, string)) (string, error) {
		for i := range int64(10) {
			report(i, 10, "events")
			select {
			case <-ctx.Done():
				cancelled <- struct{}{}
				return "3 events are in", ctx.Err()
			case <-time.After(time.Second):
			}
		}
		f.replace(full)
		return "30 events created", nil
	}}
	o.Imports = noImports{}
	workbenchWith(t, o, small(), func(p *uitest.Program) {
		p.Want("Welcome", "Import a file", "Load the demo", "Connect an account")
		p.Golden("first-start-80x24")
		press(p, "i")
		enter(p, "missing.jsonl")
		press(p, "enter")
		p.Want("no such file")
		press(p, "esc", "c")
		p.Want("threatbench config init")
		press(p, "esc")
		p.Press("d")
		p.Advance(4500 * time.Millisecond)
		p.Want("loading the demo", "^x cancels")
		p.Golden("job-80x24")
		p.Press("ctrl+x")
		p.Settle()
		p.Want("Cancelled: 3 events are in")
		<-cancelled
		p.Press("d")
		p.Advance(10500 * time.Millisecond)
		p.Want("30 events created", "1 of 30")
	})
}

func TestTooSmallAndBack(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(50), small(), func(p *uitest.Program) {
		p.Resize(10, 3)
		p.Settle()
		p.Want("10x3 is")
		press(p, "j")
		p.Resize(40, 10)
		p.Settle()
		p.Check()
		p.Want("2 of 50")
		p.Resize(300, 100)
		p.Settle()
		p.Check()
	})
}
