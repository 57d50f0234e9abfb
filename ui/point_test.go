package ui_test

import (
	"context"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/ui"
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

// slowCount takes three seconds to count one event, as offering a filter does.
type slowCount struct{ *fake }

func (s slowCount) List(ctx context.Context, q api.ListQuery) (api.Page, error) {
	if q.PageSize == 1 {
		select {
		case <-time.After(3 * time.Second):
		case <-ctx.Done():
			return api.Page{}, ctx.Err()
		}
	}
	return s.fake.List(ctx, q)
}

// Filters that were made for another filter than the present one are not laid
// over it.
func TestFiltersByPointingForAnotherFilterAreDropped(t *testing.T) {
	t.Parallel()
	workbenchWith(t, ui.Options{API: slowCount{newFake(400)}}, usual(), func(p *uitest.Program) {
		press(p, "space", "n", "n")
		p.Press("F")
		p.Advance(time.Second)
		press(p, "+")
		p.Advance(10 * time.Second)
		p.Settle()
		p.Want("The filter changed meanwhile")
		p.WantNot("┌─ Filter for")
		p.Check()
	})
}
