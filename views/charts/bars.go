package charts

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"threatbench/api"
	"threatbench/theme"
	"threatbench/ui/widget/chart"
	"threatbench/views"
)

// maxSeries is how many values of the second column are told apart; the rest
// is one series.
const maxSeries = 8

// restName is the series of everything that isn't named.
const restName = "others"

// barsPlot is counts by a column.
type barsPlot struct {
	*chart.Bars
	spec   Spec
	names  namer
	keys   []string // by bar
	parts  []string // by series; the last may stand for the rest
	rest   bool     // it does
	rows   []chart.Bar
	total  int
	before bool
}

// newBars makes the picture of counts by one or two columns. before is what
// the counts were, nil where nothing is compared.
func newBars(st *theme.Styles, s Spec, n namer, g api.Groups, before *api.Groups) *barsPlot {
	p := &barsPlot{Bars: chart.NewBars(st), spec: s, names: n, total: g.Total, before: before != nil}
	counts, was := compared(g, before, 0)
	p.keys = topKeys(counts, s.Top)
	if s.Split != "" {
		p.series(g.Rows)
	}
	parts, were := p.counts(g.Rows), [][]int(nil)
	if before != nil {
		were = p.counts(before.Rows)
	}
	p.rows = make([]chart.Bar, len(p.keys))
	for i, k := range p.keys {
		p.rows[i] = chart.Bar{Label: n.label(s.By, k), Count: counts[k], Before: was[k], Parts: parts[i]}
		if were != nil {
			p.rows[i].Were = were[i]
		}
	}
	p.SetMode(s.Mode)
	p.SetBars(p.rows, p.seriesNames(), p.total, p.before)
	return p
}

// counts adds rows up by bar and part.
func (p *barsPlot) counts(rows []api.Group) [][]int {
	at, part := places(p.keys), places(p.parts)
	out := make([][]int, len(p.keys))
	for i := range out {
		out[i] = make([]int, len(p.parts))
	}
	for _, r := range rows {
		i, ok := at[r.Keys[0]]
		if !ok || p.spec.Split == "" {
			continue
		}
		k, named := part[r.Keys[1]]
		if !named || p.rest && k == len(p.parts)-1 {
			if k = len(p.parts) - 1; !p.rest {
				continue // of the time before alone
			}
		}
		out[i][k] += r.Count
	}
	return out
}

// compared is the counts by one of the columns, and what they were. A value
// that is gone counts 0, where all that are there are known.
func compared(g api.Groups, before *api.Groups, col int) (now, was map[string]int) {
	now, was = sums(g.Rows, col), map[string]int{}
	if before == nil {
		return now, was
	}
	was = sums(before.Rows, col)
	for k := range was {
		if _, there := now[k]; !there && len(g.Rows) >= g.Distinct {
			now[k] = 0
		}
	}
	return now, was
}

// sums adds up the counts by one of the columns.
func sums(rows []api.Group, col int) map[string]int {
	out := map[string]int{}
	for _, r := range rows {
		out[r.Keys[col]] += r.Count
	}
	return out
}

// topKeys are the keys of the largest counts, ties by key.
func topKeys(counts map[string]int, most int) []string {
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	return keys[:min(len(keys), most)]
}

func places(keys []string) map[string]int {
	out := make(map[string]int, len(keys))
	for i, k := range keys {
		out[k] = i
	}
	return out
}

// series chooses the values of the second column that get a series.
func (p *barsPlot) series(rows []api.Group) {
	p.parts, p.rest = seriesKeys(sums(rows, 1))
}

// seriesKeys are the values that get a series of their own, and whether the
// last stands for the rest.
func seriesKeys(counts map[string]int) (keys []string, rest bool) {
	if len(counts) <= maxSeries {
		return topKeys(counts, maxSeries), false
	}
	return append(topKeys(counts, maxSeries-1), restName), true
}

func (p *barsPlot) seriesNames() []string {
	return seriesNames(p.names, p.spec.Split, p.parts, p.rest)
}

func seriesNames(n namer, col string, keys []string, rest bool) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = n.label(col, k)
	}
	if rest {
		out[len(out)-1] = restName
	}
	return out
}

func (p *barsPlot) draw(w, h int) []string { return p.Lines(w, h) }

func (p *barsPlot) move(dx, dy int) {
	if dy != 0 {
		p.Move(dy)
		return
	}
	if _, part := p.Cursor(); len(p.parts) > 0 && p.spec.Mode != chart.Grouped {
		p.SetPart(part + dx)
	}
}

func (p *barsPlot) page(n int) { p.Page(n) }

func (p *barsPlot) end(last bool) {
	p.Move(-len(p.rows) * max(len(p.parts), 1))
	if last {
		p.Move(len(p.rows) * max(len(p.parts), 1))
	}
}

func (p *barsPlot) hit(x, y int) bool        { return p.Hit(x, y) }
func (p *barsPlot) at() (x, y int)           { return p.At() }
func (p *barsPlot) restyle(st *theme.Styles) { p.SetStyles(st) }

func (p *barsPlot) note() string {
	i, part := p.Cursor()
	if i < 0 {
		return ""
	}
	row := p.rows[i]
	text := fmt.Sprintf("%s: %s (%s)", row.Label, views.Count(row.Count), chart.Percent(row.Count, p.total))
	if part >= 0 {
		text = fmt.Sprintf("%s, %s: %s (%s of %s)", row.Label, p.seriesNames()[part], views.Count(row.Parts[part]),
			chart.Percent(row.Parts[part], row.Count), views.Count(row.Count))
	}
	switch {
	case p.before && part < 0:
		text += ", previously " + views.Count(row.Before) + ": " + chart.Delta(row.Count, row.Before)
	case p.before:
		text += ", previously " + views.Count(row.Were[part]) + ": " + chart.Delta(row.Parts[part], row.Were[part])
	}
	return text
}

func (p *barsPlot) picked() picked {
	i, part := p.Cursor()
	if i < 0 {
		return picked{}
	}
	out := picked{pairs: []pair{{p.spec.By, p.keys[i]}}}
	if part >= 0 && !(p.rest && part == len(p.parts)-1) {
		out.pairs = append(out.pairs, pair{p.spec.Split, p.parts[part]})
	}
	return out
}

func (p *barsPlot) table() [][]string {
	head := []string{p.spec.By, "count"}
	if p.before {
		head = append(head, "before")
	}
	out := [][]string{append(head, p.seriesNames()...)}
	for i, r := range p.rows {
		line := []string{p.keys[i], strconv.Itoa(r.Count)}
		if p.before {
			line = append(line, strconv.Itoa(r.Before))
		}
		for _, n := range r.Parts {
			line = append(line, strconv.Itoa(n))
		}
		out = append(out, line)
	}
	return out
}
