package ui_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// TestOrdersOfThePalette gives orders with what they take, and looks at what
// comes of them.
func TestOrdersOfThePalette(t *testing.T) {
	for _, c := range []struct{ typed, shows string }{
		{"sort tlp", "TLP ▾"}, {"sort att", "ATTACKER ▴"}, {"theme light", "Events"},
		{"columns tlp,origin", "ATTACKER COUNTRY"}, {"columns nosuch", "There is no column"},
		{"goto nonsense", "is not a date"}, {"actor NOBODY", "NOBODY"}, {"dataset all", "all datasets"}, {"dataset dflt", "there is none of that name"},
		{"font", "Theme: "}, {"SORT TLP", "TLP ▾"}, {"Columns TLP,Origin", "ATTACKER COUNTRY"}, {"THEME Light", "Events"},
	} {
		t.Run(c.typed, func(t *testing.T) {
			uitest.Run(t, usual(), programWith(ui.Options{API: newFake(30)}), func(p *uitest.Program) {
				p.Press(":")
				p.Type(c.typed)
				wait(p)
				p.Press("enter")
				wait(p)
				p.Want(c.shows)
			})
		})
	}
}

// TestNameOfAnOrder alone offers the order before any action, and enter writes
// it, to go on with what it takes; once more says what that is.
func TestNameOfAnOrder(t *testing.T) {
	for _, name := range []string{"sort", "theme", "goto", "dataset", "columns", "actor", "open", "GOTO"} {
		t.Run(name, func(t *testing.T) {
			workbench(t, newFake(30), usual(), func(p *uitest.Program) {
				press(p, ":")
				p.Type(name)
				p.Settle()
				p.Want("▌ " + strings.ToLower(name) + " …")
				press(p, "enter")
				p.Want("Commands", ": "+strings.ToLower(name)+" ")
				p.Check()
			})
		})
	}
	workbench(t, newFake(30), usual(), func(p *uitest.Program) {
		press(p, ":")
		p.Type("goto")
		press(p, "enter", "enter")
		p.Want("Goto goes to a date")
		p.Type("2026-03")
		press(p, "enter")
		p.Want("1 of 30")
	})
}

// TestGoingToADate lands on the first event of a day and of a month in the
// order of the list.
func TestGoingToADate(t *testing.T) {
	f := newFake(400)
	for _, c := range []struct {
		date, inIt string
		oldest     bool
	}{{"2026-03", "2026-03", false}, {"2026-03", "2026-03", true}, {"2026-03-01", "2026-03-01", false}, {"2026-03-01", "2026-03-01", true}, {"2026-02", "2026-02", false}} {
		t.Run(fmt.Sprint(c.date, c.oldest), func(t *testing.T) {
			list := f.newest()
			if c.oldest {
				slices.Reverse(list)
			}
			want := 1 + slices.IndexFunc(list, func(e api.Event) bool { return strings.HasPrefix(e.Date.String(), c.inIt) })
			if want == 0 {
				t.Fatalf("no event in %s", c.date)
			}
			workbench(t, f, usual(), func(p *uitest.Program) {
				if c.oldest {
					press(p, "S")
				}
				press(p, ":")
				p.Type("goto " + c.date)
				press(p, "enter")
				p.Want(fmt.Sprintf("%d of 400", want))
			})
		})
	}
}

// TestOpeningByID opens an event by its whole id or the beginning of it, and
// refuses what is none before any call.
func TestOpeningByID(t *testing.T) {
	f := newFake(30)
	e := f.newest()[4]
	twin := f.newest()[7].UUID
	f.change(twin, func(o *api.Event) { o.UUID = twin[:35] + "x" })
	f.change(f.newest()[8].UUID, func(o *api.Event) { o.UUID = twin })
	for _, c := range []struct{ typed, shows string }{
		{e.UUID, e.Event[:20]}, {e.UUID[:8], e.Event[:20]}, {strings.ToUpper(e.UUID[:13]), e.Event[:20]},
		{twin[:8], "several events' ids begin"}, {"00000000", "no event's id begins with 00000000"},
		{"nonsense", "or its first 8"}, {"d8a23c2", "or its first 8"}, {"../../x", "or its first 8"}, {e.UUID + "0", "or its first 8"},
	} {
		t.Run(c.typed, func(t *testing.T) {
			workbench(t, f, usual(), func(p *uitest.Program) {
				press(p, ":")
				p.Type("open " + c.typed)
				p.Settle()
				before := f.calls.Load()
				press(p, "enter")
				text := strings.Join(strings.Fields(p.Screen().String()), " ")
				if !strings.Contains(strings.ToLower(text), strings.ToLower(c.shows)) {
					t.Errorf("not on the screen: %q\n%s", c.shows, p.Screen())
				}
				if refused := strings.Contains(c.shows, "first 8"); refused && f.calls.Load() != before {
					t.Errorf("%d calls were made", f.calls.Load()-before)
				}
			})
		})
	}
}
