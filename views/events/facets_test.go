package events

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"threatbench/api"
	"threatbench/ui/widget/uitest"
)

// drawnFacets makes counts of any shape: no column, empty columns, values that
// are empty, wide or endless, more values than are told.
func drawnFacets(t *rapid.T) api.Summary {
	var s api.Summary
	for _, ft := range facetFields {
		if rapid.IntRange(0, 4).Draw(t, "left out") == 0 {
			continue
		}
		f := api.Facet{Column: string(ft)}
		n := rapid.IntRange(0, 50).Draw(t, "values")
		seen := map[string]bool{}
		for range n {
			v := rapid.SampledFrom([]string{"", " ", "a", "ab", "日本語の値", "Ärger", "e\u0301", strings.Repeat("long ", 30)}).Draw(t, "value")
			if v != "" {
				v += fmt.Sprint(len(seen))
			}
			if seen[v] {
				continue
			}
			seen[v] = true
			f.Top = append(f.Top, api.Count{Value: v, Count: rapid.IntRange(0, 10_000_000).Draw(t, "count")})
		}
		f.Distinct = len(f.Top) + rapid.IntRange(0, 3).Draw(t, "more")
		s.Facets = append(s.Facets, f)
	}
	return s
}

// Whatever is counted and however one moves, the cursor stands on something
// that can be chosen, and the pane fills its place exactly.
func TestFacetsAtRandom(t *testing.T) {
	env := testEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		f := newFacets(env)
		f.set(drawnFacets(t))
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(3, 30).Draw(t, "h")
			switch rapid.IntRange(0, 6).Draw(t, "step") {
			case 0:
				f.set(drawnFacets(t))
			case 1:
				f.move(rapid.IntRange(-60, 60).Draw(t, "by"))
			case 2:
				f.jump(rapid.SampledFrom([]int{-1, 1}).Draw(t, "by"))
			case 3:
				f.scroll(rapid.SampledFrom([]int{-3, 3}).Draw(t, "by"), h)
			case 4:
				f.hit(rapid.IntRange(-2, 40).Draw(t, "y"))
			case 5:
				f.setStale(true)
			default:
				if l, ok := f.selected(); ok {
					f.toggleMore(l.column)
				}
			}
			lines := f.lines()
			_, chosen := f.selected()
			if any := anySelectable(lines); any != chosen {
				t.Fatalf("the cursor is on line %d of %d, which can't be chosen", f.cursor, len(lines))
			}
			if err := uitest.ExactLines(f.draw(w, h, true), w, h); err != nil {
				t.Fatal(err)
			}
			if chosen && h > 1 && (f.cursor < f.offset || f.cursor >= f.offset+h) {
				t.Fatalf("the cursor %d is outside the lines %d..%d shown", f.cursor, f.offset, f.offset+h)
			}
		}
	})
}

func anySelectable(lines []facetLine) bool {
	for _, l := range lines {
		if l.selectable() {
			return true
		}
	}
	return false
}

func TestFacetsJumpFromTitleToTitle(t *testing.T) {
	f := newFacets(testEnv(t))
	f.set(api.Summary{Facets: []api.Facet{
		{Column: "attacker", Top: []api.Count{{Value: "A", Count: 3}, {Value: "B", Count: 2}}, Distinct: 2},
		{Column: "category", Top: []api.Count{{Value: "C", Count: 3}, {Value: "D", Count: 2}}, Distinct: 2},
		{Column: "tlp", Top: []api.Count{{Value: "red", Count: 3}}, Distinct: 1},
	}})
	var got []string
	for _, by := range []int{1, 1, 1, -1, -1, -1} {
		f.jump(by)
		l, _ := f.selected()
		got = append(got, l.value.Value)
	}
	if s := strings.Join(got, " "); s != "C red red C A A" {
		t.Errorf("three facets on and three back lead to %s", s)
	}
}

func TestFacetsOpen(t *testing.T) {
	f := newFacets(testEnv(t))
	var top []api.Count
	for i := range 20 {
		top = append(top, api.Count{Value: fmt.Sprint("v", i), Count: 100 - i})
	}
	f.set(api.Summary{Facets: []api.Facet{{Column: "tags", Top: top, Distinct: 320}}})
	more := func() (n, left int) {
		for _, l := range f.lines() {
			if l.more > 0 {
				left = l.more
			} else if l.selectable() {
				n++
			}
		}
		return n, left
	}
	if n, left := more(); n != facetTop || left != 320-facetTop {
		t.Errorf("%d values and %d more", n, left)
	}
	f.toggleMore("tags")
	if n, left := more(); n != 20 || left != 300 {
		t.Errorf("opened: %d values and %d more", n, left)
	}
	f.toggleMore("tags")
	if n, _ := more(); n != facetTop {
		t.Errorf("closed again: %d values", n)
	}
}
