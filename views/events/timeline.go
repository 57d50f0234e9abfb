package events

import (
	"slices"
	"sort"
	"time"

	"threatbench/api"
	"threatbench/ui/widget/chart"
	"threatbench/views"
)

// timeline is the histogram of the filter's events over time.
type timeline struct {
	env    *views.Env
	hist   *chart.Histogram
	data   api.Timeline
	starts []time.Time // start of each step, gaps filled
	cursor int         // the step of the selected event, -1 outside
	from   int         // first step of a range being dragged, -1 where none is
	to     int
}

// maxSteps is asked of the server: several steps a column, which the histogram
// rebins to its width.
const maxSteps = 800

func newTimeline(env *views.Env) *timeline {
	return &timeline{env: env, hist: chart.New(env.Styles), cursor: -1, from: -1, to: -1}
}

func (t *timeline) restyle() { t.hist.SetStyles(t.env.Styles) }

// set takes new counts; which step is selected is to be told again.
func (t *timeline) set(d api.Timeline) {
	t.data, t.cursor, t.from, t.to = d, -1, -1, -1
	t.starts = views.StepStarts(d)
	t.relabel()
}

// relabel names the steps in the zone that is shown.
func (t *timeline) relabel() {
	t.hist.SetSteps(t.env.TimelineSteps(t.data))
	t.show()
}

func (t *timeline) show() {
	t.hist.SetCursor(t.cursor)
	t.hist.SetRange(min(t.from, t.to), max(t.from, t.to))
}

// follow puts the cursor on the step of the selected event.
func (t *timeline) follow(at api.Time) {
	i := sort.Search(len(t.starts), func(i int) bool { return t.starts[i].After(at.Time) }) - 1
	if i != t.cursor {
		t.cursor = i
		t.show()
	}
}

// dateOf is about when the event in a row happened, by the counts of the steps
// before it.
func (t *timeline) dateOf(row int, newestFirst bool) (time.Time, bool) {
	points := slices.Clone(t.data.Points)
	if newestFirst {
		slices.Reverse(points)
	}
	for _, p := range points {
		if row < p.Count {
			start, end := p.Start.UTC(), views.NextStep(t.data.Bucket, p.Start.UTC())
			part := time.Duration(float64(end.Sub(start)) * float64(row) / float64(p.Count))
			if newestFirst {
				return end.Add(-part), true
			}
			return start.Add(part), true
		}
		row -= p.Count
	}
	return time.Time{}, false
}

// drag extends the range to the step drawn at column x of w; the first call
// begins it.
func (t *timeline) drag(x, w int) {
	from, to := t.hist.Hit(x, w)
	if from < 0 {
		return
	}
	if t.from < 0 {
		t.from = from
	}
	t.to = to
	if to <= t.from {
		t.to = from
	}
	t.show()
}

// drop ends a drag and gives its range: from its start up to, not including,
// its end.
func (t *timeline) drop() (from, to time.Time, ok bool) {
	if t.from < 0 || len(t.starts) == 0 {
		return from, to, false
	}
	last := len(t.starts) - 1
	a, b := min(t.from, t.to, last), min(max(t.from, t.to), last)
	t.from, t.to = -1, -1
	t.show()
	return t.starts[a], views.NextStep(t.data.Bucket, t.starts[b]), true
}

func (t *timeline) draw(w, h int) []string { return t.hist.Lines(w, h) }
