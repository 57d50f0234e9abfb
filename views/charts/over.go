package charts

import (
	"fmt"
	"strconv"
	"time"

	"threatbench/api"
	"threatbench/theme"
	"threatbench/ui/widget/chart"
	"threatbench/views"
)

// overPlot is counts over time.
type overPlot struct {
	*chart.Columns
	spec   Spec
	bucket api.Bucket
	span   span
	names  namer
	starts []time.Time
	series []chart.Series
	keys   []string // by series, of the second column
	rest   bool
	before []int
	were   [][]int // by series; nil where the series aren't compared
}

// maxSteps bounds the steps of a chart over time.
const maxSteps = 4000

// fitting is the narrowest bucket that makes at most so many steps of a range.
func fitting(from, to time.Time, most int) api.Bucket {
	for _, b := range []api.Bucket{api.BucketDay, api.BucketWeek, api.BucketMonth} {
		if len(stepsBetween(from, to, b, most+1)) <= most {
			return b
		}
	}
	return api.BucketYear
}

// stepsBetween are the starts of all steps from one moment to another, at most
// so many.
func stepsBetween(from, to time.Time, b api.Bucket, most int) []time.Time {
	var out []time.Time
	for s := startOf(from, b); !s.After(to) && len(out) < most; s = views.NextStep(b, s) {
		out = append(out, s)
	}
	return out
}

// startOf is the start of the step a moment lies in; weeks start on Monday.
func startOf(t time.Time, b api.Bucket) time.Time {
	t = t.UTC()
	y, m, d := t.Date()
	switch b {
	case api.BucketHour:
		return t.Truncate(time.Hour)
	case api.BucketWeek:
		d -= (int(t.Weekday()) + 6) % 7
	case api.BucketMonth:
		d = 1
	case api.BucketYear:
		m, d = time.January, 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// newOver makes the picture of counts over time. g has a row per day or hour;
// parts, where the spec splits, a row per value and step; before and were the
// rows of the range compared with.
func newOver(st *theme.Styles, s Spec, n namer, b api.Bucket, d span, g api.Groups, parts, before, were *api.Groups) *overPlot {
	p := &overPlot{Columns: chart.NewColumns(st), spec: s, bucket: b, span: d, names: n}
	p.starts = stepsOf(g, d, b)
	total := p.fold(g.Rows, 0)
	if parts != nil {
		p.split(parts.Rows, total)
	} else {
		p.series = []chart.Series{{Name: "events", Counts: total}}
	}
	if before != nil && !d.all() {
		p.before = p.fold(before.Rows, d.length())
		if parts != nil && were != nil {
			p.were = p.counts(were.Rows, p.before, d.length())
		}
	}
	labels := make([]string, len(p.starts))
	for i, at := range p.starts {
		labels[i] = views.StepLabel(b, at)
	}
	p.SetMode(s.Mode)
	p.SetSteps(labels, p.series, p.before)
	return p
}

// stepsOf are the steps of a range, or from the first event to the last.
func stepsOf(g api.Groups, d span, b api.Bucket) []time.Time {
	if !d.all() {
		return stepsBetween(d.from, d.until.Add(-1), b, maxSteps)
	}
	first, last := extent(g)
	if first.IsZero() {
		return nil
	}
	return stepsBetween(first, last, b, maxSteps)
}

// extent is the first and the last step that has events.
func extent(g api.Groups) (first, last time.Time) {
	for _, r := range g.Rows {
		if r.Date.IsZero() {
			continue
		}
		if first.IsZero() || r.Date.Before(first) {
			first = r.Date.Time
		}
		if r.Date.After(last) {
			last = r.Date.Time
		}
	}
	return first, last
}

// fold adds rows up to the steps, shifted into them by some time.
func (p *overPlot) fold(rows []api.Group, shift time.Duration) []int {
	out, at := make([]int, len(p.starts)), p.stepPlaces()
	for _, r := range rows {
		if i, ok := at[startOf(r.Date.Add(shift), p.bucket).Unix()]; ok && !r.Date.IsZero() {
			out[i] += r.Count
		}
	}
	return out
}

func (p *overPlot) stepPlaces() map[int64]int {
	at := make(map[int64]int, len(p.starts))
	for i, s := range p.starts {
		at[s.Unix()] = i
	}
	return at
}

// split makes a series of each value of the second column.
func (p *overPlot) split(rows []api.Group, total []int) {
	p.keys, p.rest = seriesKeys(sums(rows, 0))
	if len(p.keys) == 0 {
		p.keys = []string{""}
	}
	counts := p.counts(rows, total, 0)
	for k, name := range seriesNames(p.names, p.spec.Split, p.keys, p.rest) {
		p.series = append(p.series, chart.Series{Name: name, Counts: counts[k]})
	}
}

// counts adds rows up by series and step, shifted into the steps by some time;
// total is what all of a step's are together.
func (p *overPlot) counts(rows []api.Group, total []int, shift time.Duration) [][]int {
	out := make([][]int, len(p.keys))
	for k := range out {
		out[k] = make([]int, len(total))
	}
	at, part, last := p.stepPlaces(), places(p.keys), len(p.keys)-1
	named := make([]int, len(total))
	for _, r := range rows {
		i, ok := at[startOf(r.Date.Add(shift), p.bucket).Unix()]
		if !ok || r.Date.IsZero() {
			continue
		}
		k, own := part[r.Keys[0]]
		switch {
		case own && !(p.rest && k == last):
			out[k][i] += r.Count
			named[i] += r.Count
		case p.rest && isList(p.spec.Split):
			out[last][i] += r.Count
		}
	}
	if p.rest && !isList(p.spec.Split) { // exact, even where the values were too many to be told
		for i := range total {
			out[last][i] = max(total[i]-named[i], 0)
		}
	}
	return out
}

func (p *overPlot) draw(w, h int) []string { return p.Lines(w, h) }

func (p *overPlot) move(dx, dy int) {
	p.Move(dx)
	p.MovePart(dy)
}

func (p *overPlot) page(n int) { p.Move(n * 10) }

func (p *overPlot) end(last bool) {
	if p.SetCursor(0); last {
		p.SetCursor(len(p.starts) - 1)
	}
}

func (p *overPlot) hit(x, y int) bool {
	first, _, ok := p.Hit(x, y)
	if ok {
		p.SetCursor(first)
	}
	return ok
}

func (p *overPlot) at() (x, y int)           { return p.At() }
func (p *overPlot) restyle(st *theme.Styles) { p.SetStyles(st) }

// chosen is the steps that are chosen: the range, else the column under the
// cursor; part is -1 for all series.
func (p *overPlot) chosen() (first, last, part int) {
	first, last, part = p.Cursor()
	if from, to := p.Range(); from >= 0 {
		return from, to, part
	}
	return first, last, part
}

func (p *overPlot) note() string {
	first, last, part := p.chosen()
	if first < 0 {
		return ""
	}
	now, before := p.Sum(first, last, part)
	text := p.when(first, last) + ": "
	if part >= 0 && len(p.series) > 1 {
		all, _ := p.Sum(first, last, -1)
		text += fmt.Sprintf("%s %s (%s of %s)", p.series[part].Name, views.Count(now), chart.Percent(now, all), views.Count(all))
	} else {
		text += events(now)
	}
	if part >= 0 && p.were != nil {
		before = total(p.were[part][first : last+1])
	}
	if p.before != nil && (part < 0 || p.were != nil) {
		text += ", previously " + views.Count(before) + ": " + chart.Delta(now, before)
	}
	if p.Per() > 1 {
		text += fmt.Sprintf("; %d %ss a column", p.Per(), p.bucket)
	}
	return text
}

// stretch is the time of the steps from first to last, as far as it lies in the
// chart's range: weeks and months reach out of it at its ends.
func (p *overPlot) stretch(first, last int) span {
	return span{p.starts[first], views.NextStep(p.bucket, p.starts[last])}.clip(p.span)
}

// events is "1 event", "1,204 events".
func events(n int) string {
	if n == 1 {
		return "1 event"
	}
	return views.Count(n) + " events"
}

func total(counts []int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

// when names the steps from first to last.
func (p *overPlot) when(first, last int) string {
	s := p.stretch(first, last)
	to := s.until.Add(-1)
	switch sameDay := s.from.Truncate(day).Equal(to.Truncate(day)); {
	case !s.whole() && sameDay:
		return s.from.Format("Mon 02 Jan 2006 15:04") + " to " + s.until.Format("15:04")
	case !s.whole():
		return s.from.Format("02 Jan 2006 15:04") + " to " + s.until.Format("02 Jan 2006 15:04")
	case sameDay:
		return s.from.Format("Mon 02 Jan 2006")
	}
	return s.from.Format("02 Jan 2006") + " to " + to.Format("02 Jan 2006")
}

func (p *overPlot) picked() picked {
	first, last, part := p.chosen()
	if first < 0 {
		return picked{}
	}
	out := picked{span: p.stretch(first, last)}
	if part >= 0 && len(p.series) > 1 && !(p.rest && part == len(p.keys)-1) {
		out.pairs = []pair{{p.spec.Split, p.keys[part]}}
	}
	return out
}

func (p *overPlot) table() [][]string {
	head := []string{string(p.bucket)}
	for _, s := range p.series {
		head = append(head, s.Name)
	}
	if p.before != nil {
		head = append(head, "before")
	}
	out := [][]string{head}
	for i, at := range p.starts {
		line := []string{at.Format(time.DateOnly)}
		if p.bucket == api.BucketHour {
			line[0] = at.Format(time.RFC3339)
		}
		for _, s := range p.series {
			line = append(line, strconv.Itoa(s.Counts[i]))
		}
		if p.before != nil {
			line = append(line, strconv.Itoa(p.before[i]))
		}
		out = append(out, line)
	}
	return out
}
