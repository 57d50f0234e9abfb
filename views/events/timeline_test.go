package events

import (
	"testing"
	"time"

	"threatbench/api"
	"threatbench/theme"
	"threatbench/views"
)

func day(d int) api.Time { return api.TimeOf(time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC)) }

func testEnv(t *testing.T) *views.Env {
	t.Helper()
	st, err := theme.Load("dark", true, false)
	if err != nil {
		t.Fatal(err)
	}
	return &views.Env{Styles: st, Zone: time.UTC, Now: func() time.Time { return day(14).Time }}
}

func TestTimelineFillsGapsAndSelects(t *testing.T) {
	tl := newTimeline(testEnv(t))
	tl.set(api.Timeline{Bucket: api.BucketDay, Points: []api.Point{{Start: day(1), Count: 2}, {Start: day(5), Count: 3}}})
	if len(tl.starts) != 5 {
		t.Fatalf("%d steps from the 1st to the 5th", len(tl.starts))
	}
	tl.follow(api.TimeOf(day(3).Add(5 * time.Hour)))
	if tl.cursor != 2 {
		t.Errorf("the 3rd is step %d", tl.cursor)
	}
	tl.draw(50, 3)
	tl.drag(0, 50)
	tl.drag(19, 50)
	from, to, ok := tl.drop()
	if !ok || !from.Equal(day(1).Time) || !to.After(from) {
		t.Errorf("a drag selects %v to %v, %v", from, to, ok)
	}
	if _, _, ok := tl.drop(); ok {
		t.Error("a range is left after the drag")
	}
}

func TestDateOfARow(t *testing.T) {
	tl := newTimeline(testEnv(t))
	tl.set(api.Timeline{Bucket: api.BucketDay, Points: []api.Point{{Start: day(1), Count: 10}, {Start: day(5), Count: 10}}})
	for _, c := range []struct {
		row    int
		newest bool
		from   int
	}{{0, true, 5}, {9, true, 5}, {10, true, 1}, {0, false, 1}, {15, false, 5}} {
		at, ok := tl.dateOf(c.row, c.newest)
		if !ok || at.Before(day(c.from).Time) || at.After(day(c.from+1).Time) {
			t.Errorf("row %d (newest first: %v) is about %v, want the day %d", c.row, c.newest, at, c.from)
		}
	}
	if _, ok := tl.dateOf(20, true); ok {
		t.Error("a row past the last has a date")
	}
}

func TestFacetsKeepTheCursorOnItsValue(t *testing.T) {
	f := newFacets(testEnv(t))
	set := func(values ...api.Count) {
		f.set(api.Summary{Facets: []api.Facet{{Column: "attacker", Top: values, Distinct: len(values)}}})
	}
	set(api.Count{Value: "A", Count: 3}, api.Count{Value: "", Count: 9}, api.Count{Value: "B", Count: 2})
	f.move(1)
	if l, _ := f.selected(); l.value.Value != "B" {
		t.Fatalf("the second value is %q: what has no value stands last", l.value.Value)
	}
	set(api.Count{Value: "B", Count: 7}, api.Count{Value: "C", Count: 4})
	if l, _ := f.selected(); l.value.Value != "B" {
		t.Errorf("after new counts the cursor is on %q", l.value.Value)
	}
	if lines := f.draw(24, 10, true); len(lines) != 10 {
		t.Errorf("%d lines", len(lines))
	}
}
