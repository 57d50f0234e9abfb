package charts

import (
	"fmt"
	"slices"
	"strconv"

	"threatbench/api"
	"threatbench/api/attack"
	"threatbench/theme"
	"threatbench/ui/widget/chart"
	"threatbench/views"
)

// cross is counts by two columns: the largest values of both, and their table.
type cross struct {
	spec       Spec
	names      namer
	rows, cols []string
	counts     [][]int
	were       [][]int // what they are compared with, nil for nothing
	total      int
}

func newCross(s Spec, n namer, g api.Groups, before *api.Groups, most int) cross {
	c := cross{spec: s, names: n, total: g.Total}
	rows, _ := compared(g, before, 0)
	cols, _ := compared(g, before, 1)
	c.rows, c.cols = topKeys(rows, min(s.Top, most)), topKeys(cols, min(s.Top, most))
	c.counts = c.crossed(g.Rows)
	if before != nil {
		c.were = c.crossed(before.Rows)
	}
	return c
}

// crossed adds rows up by row and column.
func (c cross) crossed(rows []api.Group) [][]int {
	at, across := places(c.rows), places(c.cols)
	out := make([][]int, len(c.rows))
	for i := range out {
		out[i] = make([]int, len(c.cols))
	}
	for _, r := range rows {
		i, ok := at[r.Keys[0]]
		j, ok2 := across[r.Keys[1]]
		if ok && ok2 {
			out[i][j] += r.Count
		}
	}
	return out
}

func (c cross) labels(col string, keys []string) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = c.names.label(col, k)
	}
	return out
}

func (c cross) table() [][]string {
	head := append([]string{c.spec.By + " / " + c.spec.Split}, c.cols...)
	if c.were != nil {
		for _, k := range c.cols {
			head = append(head, k+" before")
		}
	}
	out := [][]string{head}
	for i, r := range c.rows {
		line := []string{r}
		for _, n := range c.counts[i] {
			line = append(line, strconv.Itoa(n))
		}
		if c.were != nil {
			for _, n := range c.were[i] {
				line = append(line, strconv.Itoa(n))
			}
		}
		out = append(out, line)
	}
	return out
}

// heatPlot is a heatmap.
type heatPlot struct {
	*chart.Heat
	cross
}

// newHeat makes a heatmap; before is what the counts are compared with, nil for
// nothing.
func newHeat(st *theme.Styles, s Spec, n namer, g api.Groups, before *api.Groups) *heatPlot {
	p := &heatPlot{chart.NewHeat(st), newCross(s, n, g, before, 100)}
	p.SetCounts(p.labels(s.By, p.rows), p.labels(s.Split, p.cols), p.counts, p.were)
	return p
}

// most is the largest count, or the largest change where the counts are
// compared.
func (p *heatPlot) most() int {
	top := 1
	for i, r := range p.counts {
		for j, n := range r {
			if p.were != nil {
				n -= p.were[i][j]
			}
			top = max(top, n, -n)
		}
	}
	return top
}

func (p *heatPlot) draw(w, h int) []string { return p.Lines(w, h) }
func (p *heatPlot) move(dx, dy int)        { p.Move(dx, dy) }
func (p *heatPlot) page(n int)             { p.Page(n) }

func (p *heatPlot) end(last bool) {
	n := len(p.rows) + len(p.cols)
	if !last {
		n = -n
	}
	p.Move(n, n)
}

func (p *heatPlot) hit(x, y int) bool        { return p.Hit(x, y) }
func (p *heatPlot) at() (x, y int)           { return p.At() }
func (p *heatPlot) restyle(st *theme.Styles) { p.SetStyles(st) }

func (p *heatPlot) note() string {
	i, j := p.Cursor()
	if i < 0 {
		return ""
	}
	n := p.counts[i][j]
	text := fmt.Sprintf("%s, %s: %s (%s)", p.names.label(p.spec.By, p.rows[i]), p.names.label(p.spec.Split, p.cols[j]), views.Count(n), chart.Percent(n, p.total))
	if p.were != nil {
		text += ", previously " + views.Count(p.were[i][j]) + ": " + chart.Delta(n, p.were[i][j])
	}
	return text
}

func (p *heatPlot) picked() picked {
	i, j := p.Cursor()
	if i < 0 {
		return picked{}
	}
	return picked{pairs: []pair{{p.spec.By, p.rows[i]}, {p.spec.Split, p.cols[j]}}}
}

// flowPlot is what goes from the values of one column to those of another.
type flowPlot struct {
	*chart.Flow
	cross
}

// maxFlows is how many names a side of a flow has at most: more can't be told
// apart.
const maxFlows = 14

func newFlow(st *theme.Styles, s Spec, n namer, g api.Groups) *flowPlot {
	p := &flowPlot{chart.NewFlow(st), newCross(s, n, g, nil, maxFlows)}
	p.SetCounts(p.labels(s.By, p.rows), p.labels(s.Split, p.cols), p.counts)
	return p
}

func (p *flowPlot) draw(w, h int) []string { return p.Lines(w, h) }
func (p *flowPlot) move(dx, dy int)        { p.Move(dx, dy) }
func (p *flowPlot) page(n int)             { p.Move(0, n*5) }

func (p *flowPlot) end(last bool) {
	if p.Move(0, -maxFlows); last {
		p.Move(0, maxFlows)
	}
}

func (p *flowPlot) hit(x, y int) bool        { return p.Hit(x, y) }
func (p *flowPlot) at() (x, y int)           { return p.At() }
func (p *flowPlot) restyle(st *theme.Styles) { p.SetStyles(st) }

func (p *flowPlot) note() string {
	i, j := p.Cursor()
	switch {
	case i >= 0:
		n := p.Sum(0, i)
		return fmt.Sprintf("from %s: %s (%s)", p.names.label(p.spec.By, p.rows[i]), views.Count(n), chart.Percent(n, p.total))
	case j >= 0:
		n := p.Sum(1, j)
		return fmt.Sprintf("to %s: %s (%s)", p.names.label(p.spec.Split, p.cols[j]), views.Count(n), chart.Percent(n, p.total))
	}
	return ""
}

func (p *flowPlot) picked() picked {
	i, j := p.Cursor()
	switch {
	case i >= 0:
		return picked{pairs: []pair{{p.spec.By, p.rows[i]}}}
	case j >= 0:
		return picked{pairs: []pair{{p.spec.Split, p.cols[j]}}}
	}
	return picked{}
}

// lanesPlot is a matrix: the techniques of each tactic, or what each stage of
// the kill chain consists of.
type lanesPlot struct {
	*chart.Matrix
	spec   Spec
	names  namer
	lanes  []chart.Lane
	keys   [][]string // the value of each cell
	stage  []string   // the value of each lane, "" where it has none
	total  int
	before bool // the counts are compared
}

func (p *lanesPlot) add(title, value string, keys []string, counts, was map[string]int, col string) {
	lane := chart.Lane{Title: title}
	for _, k := range keys {
		lane.Cells = append(lane.Cells, chart.Cell{Label: p.names.label(col, k), Count: counts[k], Before: was[k]})
		lane.Total += counts[k]
		lane.Before += was[k]
	}
	p.lanes, p.keys, p.stage = append(p.lanes, lane), append(p.keys, keys), append(p.stage, value)
}

// newAttack makes the ATT&CK matrix. Tactics without events are left out; a
// technique stands under each of its tactics.
func newAttack(st *theme.Styles, s Spec, n namer, g api.Groups, before *api.Groups) *lanesPlot {
	p := &lanesPlot{Matrix: chart.NewMatrix(st), spec: s, names: n, total: g.Total, before: before != nil}
	counts, was := compared(g, before, 0)
	lanes := map[string][]string{}
	for _, k := range topKeys(counts, len(counts)) {
		t, ok := attack.Lookup(k)
		switch {
		case k == "":
		case !ok || len(t.Tactics) == 0:
			lanes[""] = append(lanes[""], k)
		default:
			for _, tactic := range t.Tactics {
				lanes[tactic] = append(lanes[tactic], k)
			}
		}
	}
	for _, t := range append(attack.Tactics(), attack.Tactic{Name: "Other"}) {
		if keys := lanes[t.ID]; len(keys) > 0 {
			p.add(t.Name, "", keys, counts, was, "mitreAttack")
		}
	}
	p.SetLanes(p.lanes, p.before)
	return p
}

// newChain makes the kill chain: a lane for each stage, whether or not it has
// events, with the values of the second column in it.
func newChain(st *theme.Styles, s Spec, n namer, g api.Groups, before *api.Groups) *lanesPlot {
	p := &lanesPlot{Matrix: chart.NewMatrix(st), spec: s, names: n, total: g.Total, before: before != nil}
	for i := range 8 {
		stage := strconv.Itoa((i + 1) % 8) // unknown comes last
		here := g
		here.Rows = ofStage(g.Rows, stage)
		here.Distinct -= len(g.Rows) - len(here.Rows)
		var then *api.Groups
		if before != nil {
			then = &api.Groups{Rows: ofStage(before.Rows, stage)}
		}
		counts, was := compared(here, then, 1)
		p.add(n.label("killChain", stage), stage, topKeys(counts, len(counts)), counts, was, s.Split)
	}
	p.SetLanes(p.lanes, p.before)
	return p
}

// ofStage are the rows of one stage; those without one are of the unknown.
func ofStage(rows []api.Group, stage string) []api.Group {
	var out []api.Group
	for _, r := range rows {
		if r.Keys[0] == stage || stage == "0" && r.Keys[0] == "" {
			out = append(out, r)
		}
	}
	return out
}

func (p *lanesPlot) draw(w, h int) []string { return p.Lines(w, h) }
func (p *lanesPlot) move(dx, dy int)        { p.Move(dx, dy) }
func (p *lanesPlot) page(n int)             { p.Page(n) }

func (p *lanesPlot) end(last bool) {
	if p.Move(-len(p.lanes), -1000); last {
		p.Move(len(p.lanes), 1000)
	}
}

func (p *lanesPlot) hit(x, y int) bool        { return p.Hit(x, y) }
func (p *lanesPlot) at() (x, y int)           { return p.At() }
func (p *lanesPlot) restyle(st *theme.Styles) { p.SetStyles(st) }

func (p *lanesPlot) note() string {
	i, k := p.Cursor()
	if i < 0 {
		return ""
	}
	lane := p.lanes[i]
	if k < 0 {
		return fmt.Sprintf("%s: %s counts (%s), %d kinds", lane.Title, views.Count(lane.Total), chart.Percent(lane.Total, p.total), len(lane.Cells)) +
			p.change(lane.Total, lane.Before)
	}
	c := lane.Cells[k]
	return fmt.Sprintf("%s, %s: %s (%s of all events)", lane.Title, c.Label, views.Count(c.Count), chart.Percent(c.Count, p.total)) +
		p.change(c.Count, c.Before)
}

// change says what a count was before.
func (p *lanesPlot) change(now, before int) string {
	if !p.before {
		return ""
	}
	return ", previously " + views.Count(before) + ": " + chart.Delta(now, before)
}

func (p *lanesPlot) picked() picked {
	i, k := p.Cursor()
	if i < 0 {
		return picked{}
	}
	var out picked
	if p.stage[i] != "" {
		out.pairs = append(out.pairs, pair{"killChain", p.stage[i]})
	}
	switch {
	case k >= 0 && p.spec.Kind == Attack:
		out.pairs = append(out.pairs, pair{"mitreAttack", p.keys[i][k]})
	case k >= 0:
		out.pairs = append(out.pairs, pair{p.spec.Split, p.keys[i][k]})
	case p.spec.Kind == Attack: // a tactic is its techniques
		out.pairs = append(out.pairs, pair{"mitreAttack", anyOf(p.keys[i])})
	}
	return out
}

func (p *lanesPlot) table() [][]string {
	head := []string{"column", "value", "name", "count"}
	if p.before {
		head = append(head, "before")
	}
	out := [][]string{head}
	for i, lane := range p.lanes {
		for k, c := range lane.Cells {
			line := []string{lane.Title, p.keys[i][k], c.Label, strconv.Itoa(c.Count)}
			if p.before {
				line = append(line, strconv.Itoa(c.Before))
			}
			out = append(out, line)
		}
	}
	return out
}

// anyOf joins values that stand for one another in a condition; see narrow.
func anyOf(keys []string) string {
	keys = slices.Clone(keys[:min(len(keys), api.MaxInValues)])
	out := ""
	for i, k := range keys {
		if i > 0 {
			out += separator
		}
		out += k
	}
	return out
}
