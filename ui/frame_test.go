package ui_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"threatbench/api"
	"threatbench/keymap"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// states are what a person can be in the middle of.
func states() map[string][]string {
	return map[string][]string{
		"the list": nil, "the facets": {"shift+tab"}, "the insight": {"enter", "i"}, "the raw record": {"enter", "R"},
		"references": {"enter", "e"}, "the detail alone": {"2"}, "a chart": {"6"}, "the datasets": {"7"}, "marks in the whole window": {"space", "z"},
	}
}

// Every action the palette lists runs in every state: it does what it says or
// says why not, and what is drawn is what is shown.
func TestEveryActionInEveryState(t *testing.T) {
	t.Parallel()
	actions := everyAction(t)
	for name, keys := range states() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := uitest.Options{Width: 100, Height: 20, FPS: 20}
			workbench(t, linked(20), o, func(p *uitest.Program) {
				for _, a := range actions {
					p.Press(keys...)
					p.Press("ctrl+p")
					p.Paste(a.Title)
					p.Press("enter")
					p.Advance(300 * time.Millisecond)
					p.Check()
					if t.Failed() {
						t.Fatalf("after %s", a.ID)
					}
					p.Press("esc", "esc", "esc", "1")
				}
			})
		})
	}
}

func everyAction(t *testing.T) []keymap.Action {
	var out []keymap.Action
	seen := map[string]bool{} // by title: the palette is asked for it
	for _, s := range []keymap.Scope{keymap.Events, keymap.Facets, keymap.Detail, keymap.Tree, keymap.Charts, keymap.Board, keymap.Answer, keymap.Datasets, keymap.Global} {
		for _, a := range defaults(t).In(s) {
			if a.ID != keymap.AppQuit && a.ID != keymap.AppSuspend && !seen[a.Title] {
				seen[a.Title] = true
				out = append(out, a)
			}
		}
	}
	return out
}

// Help lists what works here, not what works elsewhere.
func TestHelpIsOfTheContext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		keys        []string
		shown, none string
	}{
		{nil, "Sort by this column", "Fold all"},
		{[]string{"shift+tab"}, "Next facet", "Fold all"},
		{[]string{"enter", "R"}, "Copy the path", "Sort by this column"},
		{[]string{"enter", "o"}, "Next event", "Copy the path"},
	} {
		o := uitest.Options{Width: 120, Height: 100}
		workbench(t, newFake(50), o, func(p *uitest.Program) {
			press(p, c.keys...)
			press(p, "?")
			whole := p.Screen().String()
			for range 10 {
				press(p, "pgdown")
				whole += p.Screen().String()
			}
			if !strings.Contains(whole, c.shown) || strings.Contains(whole, c.none) {
				t.Errorf("after %v the help should tell of %q and not of %q:\n%s", c.keys, c.shown, c.none, whole[:min(len(whole), 12000)])
			}
			press(p, "esc")
			p.WantNot("─ Keys ─")
		})
	}
}

func TestHistoryReturnsToPlaceAndPart(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "j", "j", "j", "enter", "R") // the fourth event's raw record
		p.Want("4 of 400", "source sensor")
		press(p, "alt+left")
		p.Want("4 of 400", "⏎ open")
		press(p, "ctrl+i")
		p.Want("source sensor", "esc close")
		press(p, "ctrl+o", "ctrl+o")
		p.Want("There is nothing to go back to")
		enter(p, "/tlp:red")
		press(p, "enter", "s", "alt+left")
		p.Want("of 400") // where the filter was typed
		p.Check()
	})
}

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(30), usual(), func(p *uitest.Program) {
		for range 150 {
			p.Press("enter", "esc", "j", "enter", "esc", "k")
			p.Settle()
		}
		n := 0
		for ; !p.Contains("nothing to go back to"); n++ {
			press(p, "alt+left")
			if n > 200 {
				t.Fatal("back never ends")
			}
		}
		if n < 50 {
			t.Errorf("only %d places are remembered", n)
		}
	})
}

// The filter line remembers what was looked for.
func TestFilterLineRemembers(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		for _, text := range []string{"tlp:red", "tlp:green"} {
			press(p, "/")
			p.Press("ctrl+u")
			enter(p, text)
			press(p, "enter")
		}
		press(p, "/")
		p.Press("ctrl+u")
		p.Settle()
		press(p, "esc", "esc") // the completions first
		p.Want("/ tlp:green")  // taken back
		press(p, "/", "up", "up")
		p.Want("tlp:red")
		press(p, "enter")
		p.Want("/ tlp:red")
	})
}

func TestCompletionIsTakenByTab(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		enter(p, "/catego")
		press(p, "tab")
		p.Want("category:")
		p.Type("phis")
		p.Settle()
		press(p, "tab", "enter")
		p.Want("category:Phishing", "⏎ open")
		p.Check()
	})
}

func TestGotoDate(t *testing.T) {
	t.Parallel()
	f := newFake(400)
	workbench(t, f, usual(), func(p *uitest.Program) {
		goTo := func(text string) {
			press(p, "ctrl+g")
			enter(p, text)
			press(p, "enter")
		}
		goTo("soon")
		p.Want(`"soon" is not a date`)
		goTo("2026-03-10")
		p.Want("10 Mar 10:03", "7 of 400")
		goTo("2020-01-01") // before all: the last one
		p.Want("400 of 400")
		goTo("2030-01-01") // after all: the first one
		p.Want("1 of 400")
		press(p, "S") // the oldest first
		goTo("2026-03-10")
		p.Want("394 of 400") // the first one of that day
		press(p, "l", "l", "s")
		goTo("2026-03-10")
		p.Want("needs the list in order of date")
		p.Check()
	})
}

func TestDatasetsAreChosen(t *testing.T) {
	t.Parallel()
	f := newFake(100)
	workbench(t, f, usual(), func(p *uitest.Program) {
		press(p, "d")
		p.Want("search in", "the default dataset", "all datasets")
		press(p, "down", "enter")
		p.Want("in all datasets")
		if q := last(f.asked()); len(q.Datasets) != 1 || q.Datasets[0] != api.ScopeAll {
			t.Errorf("asked in %v", q.Datasets)
		}
		press(p, "alt+left")
		p.WantNot("in all datasets")
	})
}

func TestColumnsAreChosenMovedAndReset(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(100), usual(), func(p *uitest.Program) {
		head := func() string { return p.Screen().Line(2) }
		usualHead := head()
		press(p, "C", "down", "space", "enter") // no TLP
		if strings.Contains(head(), "TLP") {
			t.Errorf("TLP is still shown: %s", head())
		}
		press(p, "C", "pgup", "shift+down", "enter", ")") // DATE goes one to the right
		if d, a := strings.Index(head(), "DATE"), strings.LastIndex(head(), "ATTACKER"); d < a {
			t.Errorf("DATE has not moved: %s", head())
		}
		press(p, "C", "ctrl+r", "esc")
		if head() != usualHead {
			t.Errorf("after the reset the head is\n%s\nit was\n%s", head(), usualHead)
		}
		press(p, "}", "}", "}", "{")
		if head() == usualHead {
			t.Error("the column has the same width after } } } {")
		}
		p.Check()
	})
}

func TestDoubleClickOpens(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(100), usual(), func(p *uitest.Program) {
		x, y, _ := p.Screen().Find("12 Mar 16:10")
		if x == 0 {
			x, y = 40, 6
		}
		p.Click(x, y)
		p.Click(x, y)
		p.Settle()
		p.Want("esc close")
		press(p, "esc")
		x, y, ok := p.Screen().Find("+24 more")
		if !ok {
			x, y, ok = p.Screen().Find(" more")
		}
		if ok {
			p.Click(x+1, y)
			p.Click(x+1, y)
			p.Settle()
			p.Check()
		}
	})
}

func TestDividerIsDragged(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(100), usual(), func(p *uitest.Program) {
		press(p, "enter")
		_, y, _ := p.Screen().Find("── Overview")
		p.Drag(100, y, 100, 10)
		p.Settle()
		if _, now, _ := p.Screen().Find("── Overview"); now != 10 {
			t.Errorf("the divider was dragged from line %d to 10 and stands in %d", y, now)
		}
		p.Drag(100, 10, 100, 2)
		p.Settle()
		p.Check()
		p.Drag(100, 3, 100, 38)
		p.Settle()
		p.Check()
		p.Want("── Overview")
	})
}

func TestWheelScrollsWhatIsUnderThePointer(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(1000), usual(), func(p *uitest.Program) {
		p.Wheel(80, 10, 40) // the list
		p.Settle()
		p.Want("121 of 1,000")
		p.Check()
		p.Wheel(5, 10, 5) // the facets
		p.Settle()
		p.Check()
		p.Wheel(80, 10, -100)
		p.Settle()
		p.WantNot("121 of 1,000")
		press(p, "enter")
		p.Wheel(80, 30, 3) // the detail
		p.Settle()
		p.Wheel(80, 30, -30)
		p.Settle()
		p.Check()
		p.Wheel(0, 0, 3) // the header
		p.Wheel(0, 39, 3)
		p.Settle()
		p.Check()
	})
}

func TestMouseOffIsOff(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(50), usual(), func(p *uitest.Program) {
		press(p, "M")
		if p.View().MouseMode != tea.MouseModeNone {
			t.Error("M leaves the mouse on")
		}
	})
	workbenchWith(t, ui.Options{API: newFake(5), NoMouse: true}, usual(), func(p *uitest.Program) {
		if p.View().MouseMode != tea.MouseModeNone {
			t.Error("the mouse is on without having been asked for")
		}
	})
}

func TestFocusGoesRound(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(50), usual(), func(p *uitest.Program) {
		where := func() string {
			foot := p.Screen().Line(39)
			switch {
			case strings.Contains(foot, "⏎ open"):
				return "list"
			case strings.Contains(foot, "only this") && !strings.Contains(foot, "⏎ open"):
				return "facets"
			}
			return "detail"
		}
		var round []string
		for range 4 {
			round = append(round, where())
			press(p, "tab")
		}
		if got := fmt.Sprint(round); got != "[list detail facets list]" {
			t.Errorf("tab goes %s", got)
		}
		round = nil
		for range 4 {
			round = append(round, where())
			press(p, "shift+tab")
		}
		if got := fmt.Sprint(round); got != "[detail list facets detail]" {
			t.Errorf("shift+tab goes %s", got)
		}
	})
}

// Over SSH the detail stands under the list, where scrolling costs a quarter.
func TestStackedOverSSH(t *testing.T) {
	t.Parallel()
	o := large()
	workbench(t, newFake(50), o, func(p *uitest.Program) { p.Want("│──") })
	o.Env = []string{"SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22"}
	workbench(t, newFake(50), o, func(p *uitest.Program) { p.WantNot("│──") })
}

func TestSuspends(t *testing.T) {
	t.Parallel()
	m := model(ui.Options{API: newFake(5)})
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	if _, cmd := m.Update(keyPress("ctrl+z")); !asksFor[tea.SuspendMsg](cmd) {
		t.Error("ctrl+z does not suspend")
	}
	m.Update(tea.ResumeMsg{})
	if v := m.View(); !strings.Contains(v.Content, "7 Datasets") || !v.AltScreen {
		t.Error("nothing is drawn after the return")
	}
}

// asksFor tells whether a command, or one of its parts, gives a message of
// type T.
func asksFor[T tea.Msg](cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	switch msg := cmd().(type) {
	case T:
		return true
	case tea.BatchMsg:
		for _, c := range msg {
			if asksFor[T](c) {
				return true
			}
		}
	}
	return false
}

func TestFirstStartOfReadOnlyOrRemote(t *testing.T) {
	t.Parallel()
	workbenchWith(t, ui.Options{API: &fake{}}, small(), func(p *uitest.Program) {
		p.Want("No events yet", "d chooses another")
		p.WantNot("Import a file")
		p.Check()
	})
	job := func(context.Context, func(int64, int64, string)) (string, error) { return "", nil }
	workbenchWith(t, ui.Options{API: &fake{}, Imports: noImports{}, Demo: job, ReadOnly: true}, small(), func(p *uitest.Program) {
		press(p, "d")
		p.Want("Read-only: nothing can be changed")
	})
}

// A list the server doesn't count grows as one goes on.
func TestUncountedList(t *testing.T) {
	t.Parallel()
	f := &uncounted{longFake(1500)}
	workbenchWith(t, ui.Options{API: f}, usual(), func(p *uitest.Program) {
		p.Want("200 or more")
		for range 60 {
			press(p, "pgdown")
		}
		p.Want("event 1499")
		p.Check()
	})
}

type uncounted struct{ *lazy }

func (u *uncounted) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	page, err := u.lazy.List(ctx, q)
	page.Info.TotalCount = -1
	return page, err
}
