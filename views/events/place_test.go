package events

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"threatbench/api"
	"threatbench/ui/widget/uitest"
	"threatbench/views"
)

// The parts of the view cover its rectangle, whatever its size, and never each
// other.
func TestPartsCoverTheView(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 320).Draw(t, "w"), rapid.IntRange(1, 120).Draw(t, "h")
		g := place(w, h, rapid.Bool().Draw(t, "facets"), rapid.Bool().Draw(t, "timeline"))
		covered := make([]int, w*h)
		for _, r := range []struct{ x, y, w, h int }{
			{g.filter.X, g.filter.Y, g.filter.W, g.filter.H}, {g.facets.X, g.facets.Y, g.facets.W, g.facets.H},
			{g.table.X, g.table.Y, g.table.W, g.table.H}, {g.timeline.X, g.timeline.Y, g.timeline.W, g.timeline.H},
		} {
			for y := r.y; y < r.y+r.h; y++ {
				for x := r.x; x < r.x+r.w; x++ {
					covered[y*w+x]++
				}
			}
		}
		for i, n := range covered {
			if n != 1 {
				t.Fatalf("%dx%d: the cell %d,%d belongs to %d parts: %+v", w, h, i%w, i/w, n, g)
			}
		}
	})
}

// drawnTimeline is counts in order of time, with gaps, in any step.
func drawnTimeline(t *rapid.T) api.Timeline {
	b := rapid.SampledFrom([]api.Bucket{api.BucketMinute, api.BucketHour, api.BucketDay, api.BucketWeek, api.BucketMonth, api.BucketYear}).Draw(t, "step")
	tl := api.Timeline{Bucket: b}
	at := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	for range rapid.IntRange(0, 60).Draw(t, "points") {
		for range rapid.IntRange(1, 5).Draw(t, "gap") {
			at = views.NextStep(b, at)
		}
		tl.Points = append(tl.Points, api.Point{Start: api.TimeOf(at), Count: rapid.IntRange(1, 100_000).Draw(t, "count")})
	}
	return tl
}

// A range dragged from anywhere to anywhere begins before it ends and lies
// within what was counted; the drawing fills its place.
func TestTimelineDraggedAnywhere(t *testing.T) {
	env := testEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		tl := newTimeline(env)
		data := drawnTimeline(t)
		tl.set(data)
		w, h := rapid.IntRange(1, 200).Draw(t, "w"), rapid.IntRange(1, 8).Draw(t, "h")
		if err := uitest.ExactLines(tl.draw(w, h), w, h); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 4).Draw(t, "moves") {
			tl.drag(rapid.IntRange(-2, w+2).Draw(t, "x"), w)
		}
		if err := uitest.ExactLines(tl.draw(w, h), w, h); err != nil {
			t.Fatal(err)
		}
		from, to, ok := tl.drop()
		if !ok {
			return
		}
		first, last := data.Points[0].Start.Time, data.Points[len(data.Points)-1].Start.Time
		if !from.Before(to) || from.Before(first) || to.After(views.NextStep(data.Bucket, last)) {
			t.Fatalf("%v to %v of %v to %v", from, to, first, last)
		}
	})
}

// The dates told for the rows of a list go down with the rows, newest first,
// or up.
func TestDatesOfRowsAreInOrder(t *testing.T) {
	env := testEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		tl := newTimeline(env)
		tl.set(drawnTimeline(t))
		total := 0
		for _, p := range tl.data.Points {
			total += p.Count
		}
		newest := rapid.Bool().Draw(t, "newest first")
		var before time.Time
		for i, row := range []int{0, total / 4, total / 2, total - 1} {
			at, ok := tl.dateOf(row, newest)
			if ok != (total > 0) {
				t.Fatalf("row %d of %d has a date: %v", row, total, ok)
			}
			if i > 0 && (newest && at.After(before) || !newest && at.Before(before)) {
				t.Fatalf("row %d is of %v, one before it of %v", row, at, before)
			}
			before = at
		}
	})
}

// Every column draws any event, an empty one too, and offers what + and -
// take only where it has a value.
func TestColumnsOfAnyEvent(t *testing.T) {
	env := testEnv(t)
	full := &api.Event{
		UUID: "1", Date: day(2), CreatedAt: day(3), Event: "a\nb", Category: "c", Attacker: "d", AttackerCountry: "RU", TargetCountry: "UA",
		TargetIndustry: "Energy", Indicator: "e", IndicatorType: "domain", KillChain: 6, MitreAttack: []string{"T1", "T2"}, TLP: "amber+strict", Tags: []string{"x", "y", "z"}, NumReferences: 3,
	}
	want := map[string]string{
		"date": "02 Mar 00:00", "tlp": "amber+", "attacker": "d", "category": "c", "indicator": "e", "target": "UA Energy", "tags": "x +2", "event": "a b", "origin": "RU",
		"industry": "Energy", "type": "domain", "killchain": "6 command and control", "mitre": "T1 +1", "references": "3", "created": "03 Mar 00:00",
	}
	seen := map[string]bool{}
	for _, c := range columns() {
		if seen[c.ID] {
			t.Errorf("two columns are called %s", c.ID)
		}
		seen[c.ID] = true
		if cell := c.text(full, env); cell.Text+cell.Tail != want[c.ID] {
			t.Errorf("%s shows %q, want %q", c.ID, cell.Text+cell.Tail, want[c.ID])
		}
		c.text(&api.Event{}, env)
		got, ok := c.offers(full, env)
		if !ok {
			continue
		}
		if len(got) == 0 {
			t.Errorf("%s offers no value", c.ID)
		}
		if got, _ := c.offers(&api.Event{}, env); len(got) != 0 && c.ID != "killchain" {
			t.Errorf("%s offers %q of an empty event", c.ID, got)
		}
	}
	for _, id := range defaultColumns() {
		if !seen[id] {
			t.Errorf("the usual column %s isn't one", id)
		}
	}
}

func TestDatesAreShortAndEqual(t *testing.T) {
	env := testEnv(t)
	for at, want := range map[time.Time]string{
		day(14).Add(-1 * time.Hour): "13 Mar 23:00", day(14).Add(time.Hour): "today 01:00", day(14).AddDate(0, -10, 0): "14 May 00:00",
		day(14).AddDate(-1, 0, 0): "2025-03-14", day(14).AddDate(2, 0, 0): "2028-03-14", {}: "–",
	} {
		if got := env.Date(api.TimeOf(at)); got != want || len([]rune(got)) > 12 {
			t.Errorf("%v is written %q, want %q", at, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1_204_331: "1,204,331", -5_000: "-5,000"} {
		if got := views.Count(n); got != want {
			t.Errorf("%d is written %q", n, got)
		}
	}
}
