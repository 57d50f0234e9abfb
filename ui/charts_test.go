package ui_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"threatbench/api"
	"threatbench/ui"
	"threatbench/ui/widget/uitest"
)

// Groups counts as the server does.
func (f *fake) Groups(ctx context.Context, q api.GroupQuery) (api.Groups, error) {
	if err := f.call(ctx); err != nil {
		return api.Groups{}, err
	}
	all := f.matching(q.Filter)
	counts := map[string]int{}
	rows := map[string]api.Group{}
	for i := range all {
		for _, keys := range keysOf(&all[i], q.Columns) {
			g := api.Group{Keys: keys}
			if q.Bucket != "" {
				g.Date = api.TimeOf(all[i].Date.Truncate(24 * time.Hour))
			}
			id := g.Date.String() + strings.Join(keys, "\x00")
			counts[id]++
			rows[id] = g
		}
	}
	g := api.Groups{Total: len(all), Distinct: len(counts)}
	for id, r := range rows {
		r.Count = counts[id]
		g.Rows = append(g.Rows, r)
	}
	slices.SortFunc(g.Rows, func(a, b api.Group) int {
		byKey := cmp.Or(a.Date.Compare(b.Date.Time), slices.Compare(a.Keys, b.Keys))
		if q.ByKey {
			return byKey
		}
		return cmp.Or(b.Count-a.Count, byKey)
	})
	g.Rows = g.Rows[:min(len(g.Rows), max(q.Limit, 1))]
	return g, nil
}

// keysOf are the combinations an event counts under.
func keysOf(e *api.Event, columns []string) [][]string {
	out := [][]string{{}}
	for _, col := range columns {
		var wider [][]string
		values := field(e, api.Field(col))
		if len(values) == 0 {
			values = []string{""}
		}
		for _, keys := range out {
			for _, v := range values {
				wider = append(wider, append(slices.Clone(keys), v))
			}
		}
		out = wider
	}
	return out
}

// choose takes the n-th entry of the menu that key opens.
func choose(p *uitest.Program, key string, n int) {
	press(p, key)
	for range n {
		press(p, "j")
	}
	press(p, "enter")
}

func TestChartsCountTheEventsOnTheScreen(t *testing.T) {
	bench(t, newFake(400), usual(), func(p *uitest.Program) {
		before := p.Screen()
		press(p, "6")
		p.Check()
		p.Want("Top 20 attackers", "400 events", "no filter")
		if before.String() == p.Screen().String() {
			t.Error("nothing has changed")
		}
		press(p, "j", "enter") // the second attacker's events
		p.Want("attacker:", "1 of ")
		press(p, "alt+left")
		p.Want("Top 20 attackers")
		press(p, "1")
		enter(p, "/category:Phishing")
		press(p, "enter", "6")
		p.Want("as the events: category:Phishing")
		press(p, "j", "+")
		p.Want("attacker:")
		p.WantNot("as the events")
		press(p, "f")
		p.Want("as the events")
	})
}

func TestChartOverTimeSelectsComparesAndDrills(t *testing.T) {
	bench(t, newFake(400), usual(), func(p *uitest.Program) {
		press(p, "6")
		choose(p, "c", 1)
		p.Want("Events per", "400 events")
		choose(p, "t", 4)
		p.Want("last 90 days", "Events per day")
		press(p, "v")
		p.Want("against 2025", "the period before", "before ")
		press(p, "h", "[", "h", "h", "+")
		p.Want(" to 2026-03-1")
		press(p, "alt+left")
		p.Want("last 90 days")
		press(p, "enter")
		p.Want("date>=2026-", "date<=2026-")
		p.Check()
	})
}

func TestChartsSayWhatGoesWrong(t *testing.T) {
	f := newFake(50)
	bench(t, f, small(), func(p *uitest.Program) {
		f.fail(errors.New("the server answered 502 Bad Gateway"))
		press(p, "6")
		p.Want("can't be drawn", "502", "r tries again")
		f.fail(nil)
		press(p, "r")
		p.Want("Top 20", "50 events")
		press(p, "/")
		enter(p, "attacker:nobody")
		press(p, "enter")
		p.Want("No events to count", "backspace removes")
		press(p, "v")
		p.Want("choose a time range first")
		p.Check()
	})
}

// chartScreens are the kinds of charts and how to come to each.
func chartScreens() map[string]func(p *uitest.Program) {
	return map[string]func(p *uitest.Program){
		"bars":    func(p *uitest.Program) { press(p, "6", "j") },
		"stacked": func(p *uitest.Program) { press(p, "6"); choose(p, "s", 11); press(p, "j", "l") },
		"grouped": func(p *uitest.Program) { press(p, "6"); choose(p, "s", 11); press(p, "m") },
		"over":    func(p *uitest.Program) { press(p, "6"); choose(p, "c", 1) },
		"over-split": func(p *uitest.Program) {
			press(p, "6")
			choose(p, "c", 1)
			choose(p, "s", 11)
			press(p, "j")
		},
		"heatmap":   func(p *uitest.Program) { press(p, "6"); choose(p, "c", 2); press(p, "j", "l") },
		"flow":      func(p *uitest.Program) { press(p, "6"); choose(p, "c", 3); press(p, "j") },
		"attack":    func(p *uitest.Program) { press(p, "6"); choose(p, "c", 4); press(p, "j", "l") },
		"killchain": func(p *uitest.Program) { press(p, "6"); choose(p, "c", 5); press(p, "l", "l", "j") },
		"compared":  func(p *uitest.Program) { press(p, "6"); choose(p, "c", 1); choose(p, "t", 4); press(p, "v") },
	}
}

func TestScreensOfCharts(t *testing.T) {
	for name, come := range chartScreens() {
		for _, o := range []uitest.Options{small(), usual(), large()} {
			for _, c := range profiles {
				o.Profile = c.profile
				benchWith(t, ui.Options{API: newFake(400), ASCII: c.ascii}, o, func(p *uitest.Program) {
					come(p)
					p.Check()
					if c.ascii {
						if err := p.Screen().ASCII(); err != nil {
							t.Error(err)
						}
					}
					size := map[int]string{80: "80x24", 120: "120x40", 200: "200x60"}[o.Width]
					p.Golden("charts-" + name + "-" + size + "-" + c.name)
				})
			}
		}
	}
}

func TestChartKeysCostFewBytes(t *testing.T) {
	for name, come := range chartScreens() {
		bench(t, newFake(2000), usual(), func(p *uitest.Program) {
			come(p)
			for _, key := range []string{"j", "k", "h", "h", "l"} {
				p.Bytes()
				p.Press(key)
				p.Settle()
				most := 1200
				if name == "flow" { // its strands are drawn anew
					most = 6000
				}
				if n := p.Bytes(); n > most {
					t.Errorf("%s: %s costs %d bytes", name, key, n)
				}
			}
		})
	}
}
