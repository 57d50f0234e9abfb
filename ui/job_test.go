package ui_test

import (
	"context"
	"testing"
	"time"

	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// slowly is a workbench whose demo takes a minute.
func slowly(t *testing.T, script func(p *uitest.Program)) {
	t.Helper()
	o := ui.Options{API: &fake{}, Imports: noImports{}, Demo: func(ctx context.Context, report func(int64, int64, string)) (string, error) {
		for i := range int64(60) {
			report(i, 60, "lines")
			select {
			case <-ctx.Done():
				return "2 lines in", ctx.Err()
			case <-time.After(time.Second):
			}
		}
		return "60 lines in", nil
	}}
	workbenchWith(t, o, small(), func(p *uitest.Program) {
		p.Press("d")
		p.Advance(2500 * time.Millisecond)
		p.Want("loading the demo", "^x cancels")
		script(p)
	})
}

// wait lets a frame be drawn.
func wait(p *uitest.Program) { p.Advance(300 * time.Millisecond) }

// What is under way is ended by its own key, wherever the focus is, and by a
// click on its line; esc keeps its meaning.
func TestCancelWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(p *uitest.Program){
		"by its key":          func(p *uitest.Program) { p.Press("ctrl+x") },
		"by its line":         func(p *uitest.Program) { p.ClickOn("cancels") },
		"while typing":        func(p *uitest.Program) { p.Press("/"); p.Type("tlp:"); p.Press("ctrl+x") },
		"while a box is open": func(p *uitest.Program) { p.Press("?"); p.Press("ctrl+x"); wait(p); p.Press("esc") },
		"after esc did not": func(p *uitest.Program) {
			p.Press("/", "esc", "esc")
			wait(p)
			p.Want("loading the demo")
			p.Press("ctrl+x")
		},
		"from the palette": func(p *uitest.Program) { p.Press(":"); p.Type("cancel what is"); wait(p); p.Press("enter") },
		"while asked to leave": func(p *uitest.Program) {
			p.Press("q")
			wait(p)
			p.Want("Leave while this is under way?")
			p.Press("enter", "ctrl+x")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slowly(t, func(p *uitest.Program) {
				end(p)
				p.Advance(500 * time.Millisecond)
				p.Want("Cancelled: 2 lines in")
				p.WantNot("loading the demo")
			})
		})
	}
}

// A second piece of work is told what the first one is.
func TestOneThingAtATime(t *testing.T) {
	t.Parallel()
	slowly(t, func(p *uitest.Program) {
		p.Press("a", "l")
		p.Type("203.0.113.9")
		p.Press("enter")
		p.Advance(100 * time.Millisecond)
		p.Want("Loading the demo is under way: ^x cancels it")
	})
}
