package actor

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"threatbench/api"
	"threatbench/theme"
	"threatbench/views"
)

// profiled is a view of a profile of any shape.
func profiled(t *rapid.T) *Model {
	st, err := theme.Load("dark", true, false)
	if err != nil {
		t.Fatal(err)
	}
	m := New(&views.Env{Styles: st})
	m.p = &profile{name: "X", sum: &api.Summary{}}
	for _, s := range sections {
		f := api.Facet{Column: string(s)}
		for i := range rapid.IntRange(0, facetLimit).Draw(t, string(s)) {
			f.Top = append(f.Top, api.Count{Value: fmt.Sprint(i), Count: 9 - i})
		}
		f.Distinct = len(f.Top) + rapid.IntRange(0, 3).Draw(t, "more")
		m.p.sum.Facets = append(m.p.sum.Facets, f)
	}
	m.p.newest = make([]api.Event, rapid.IntRange(0, latest).Draw(t, "events"))
	m.w, m.h = rapid.IntRange(1, 220).Draw(t, "w"), rapid.IntRange(1, 70).Draw(t, "h")
	m.lay()
	return m
}

// Whatever there is to count: each value has a place of its own, inside the
// page, and the keys reach it.
func TestEveryLineIsReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := profiled(t)
		p := m.body
		taken := map[[2]int]bool{}
		for i, s := range p.spots {
			if taken[[2]int{s.x, s.y}] || s.y >= p.height() || s.x+s.w > max(m.w, p.width) {
				t.Fatalf("spot %d at %d,%d: taken or outside", i, s.x, s.y)
			}
			taken[[2]int{s.x, s.y}] = true
			if p.hit(s.x, s.y) != i {
				t.Fatalf("a click on spot %d hits %d", i, p.hit(s.x, s.y))
			}
		}
		reached := map[int]bool{}
		for todo := []int{0}; len(todo) > 0 && len(p.spots) > 0; todo = todo[1:] {
			if i := todo[0]; !reached[i] {
				reached[i] = true
				todo = append(todo, p.next(i, 1), p.next(i, -1), p.beside(i, 1), p.beside(i, -1))
			}
		}
		if len(reached) != len(p.spots) {
			t.Fatalf("%d of %d lines are reached", len(reached), len(p.spots))
		}
	})
}

func TestMeantNames(t *testing.T) {
	names := []string{"APT28", "APT29", "HOLLOWMAGPIE"}
	for in, want := range map[string]string{"": "", "apt28": "APT28", "magpie": "HOLLOWMAGPIE", "apt": "apt", "else": "else"} {
		if got := meant(names, in); got != want {
			t.Errorf("%q means %q, want %q", in, got, want)
		}
	}
}
