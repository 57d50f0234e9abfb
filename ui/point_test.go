package ui_test

import (
	"testing"

	"threatbench/ui/widget/uitest"
)

// A filter is made by pointing at what is wanted and what isn't: it is shown
// while the cursor is on it, esc leaves all as it was, enter takes it.
func TestAFilterByPointing(t *testing.T) {
	t.Parallel()
	for _, o := range []uitest.Options{small(), usual()} {
		workbench(t, newFake(400), o, func(p *uitest.Program) {
			p.Want("of 400")
			press(p, "space", "n", "n", "F")
			p.Want("Filter for 1 wanted event and none of 2 unwanted", "2 unwanted", "/ tags:iot", "▌ tags:iot")
			p.Golden("pointing-" + sizeName(o))
			press(p, "down")
			p.WantNot("/ tags:iot")
			press(p, "esc")
			p.Want("of 400", "1 marked", "2 unwanted")
			p.WantNot("┌─", "/ tags")
			press(p, "F", "enter")
			p.Want("/ tags:iot")
			p.WantNot("┌─")
			press(p, "alt+left")
			p.Want("of 400")
			p.Check()
		})
	}
}

// An event is wanted or not, never both, and X forgets either.
func TestAMarkIsOneOfTwo(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(40), usual(), func(p *uitest.Program) {
		press(p, "space", "up", "n")
		p.Want("1 unwanted")
		p.WantNot("1 marked")
		press(p, "up", "space")
		p.Want("1 marked")
		p.WantNot("unwanted")
		press(p, "n", "X")
		p.WantNot("1 marked", "1 unwanted")
		press(p, "n", "up", "F")
		p.Want("Mark events that are wanted, too, with space")
		p.Check()
	})
}

// What is typed in the list shows the filter that the cursor comes to.
func TestTypingShowsAFilterByPointing(t *testing.T) {
	t.Parallel()
	workbench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "space", "n", "n", "F", "down")
		p.WantNot("/ tags:iot")
		enter(p, "iot")
		p.Want("/ tags:iot")
		press(p, "enter")
		p.Want("/ tags:iot")
		p.Check()
	})
}
