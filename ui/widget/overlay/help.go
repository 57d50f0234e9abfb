package overlay

import (
	"fmt"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
	"threatbench/ui/widget/text"
)

// Group is keys that belong together, under a name.
type Group struct {
	Name string
	Rows []HelpRow
}

// HelpRow is one action: its keys as they are shown ("j ↓"), its title, and
// why it can't be done now, "" where it can.
type HelpRow struct{ Keys, Title, Disabled string }

// Help is the body of a help overlay: groups of keys set in as many columns as
// fit, scrolled where they are too many, narrowed by a search.
type Help struct {
	st     *theme.Styles
	groups []Group
	query  string
	brief  bool
	top    int
	lines  int // of the last drawing, all of it
	h      int
	places [][]int // the row on each line of each column of the last drawing, -1 for none
	column int     // cells of a column then
}

// helpLine is a line of a block, and the number of the row on it: -1 for none.
type helpLine struct {
	text string
	row  int
}

// NewHelp shows groups.
func NewHelp(st *theme.Styles, groups []Group) *Help {
	return &Help{st: st, groups: groups}
}

// SetStyles changes the theme.
func (p *Help) SetStyles(st *theme.Styles) { p.st = st }

// SetBrief sets rows that can't be done now in parentheses instead of telling
// the reason, and columns no wider than they need be.
func (p *Help) SetBrief() { p.brief = true }

// Find narrows the help to rows whose keys or title hold q, whatever the case,
// and tells how many there are. "" shows all.
func (p *Help) Find(q string) (n int) {
	p.query, p.top = text.Fold(q), 0
	for _, g := range p.matching() {
		n += len(g.Rows)
	}
	return n
}

func (p *Help) matching() []Group {
	if p.query == "" {
		return p.groups
	}
	var out []Group
	for _, g := range p.groups {
		kept := Group{Name: g.Name}
		for _, r := range g.Rows {
			if found(r.Keys, p.query) || found(r.Title, p.query) {
				kept.Rows = append(kept.Rows, r)
			}
		}
		if len(kept.Rows) > 0 {
			out = append(out, kept)
		}
	}
	return out
}

func found(s, query string) bool {
	start, _ := text.IndexFold(s, query)
	return start >= 0
}

// Scroll moves by n lines.
func (p *Help) Scroll(n int) { p.top = max(0, min(p.top+n, p.lines-p.h)) }

// Page moves by n windows.
func (p *Help) Page(n int) { p.Scroll(n * max(p.h-1, 1)) }

// Home goes to the beginning.
func (p *Help) Home() { p.top = 0 }

// End goes to the end.
func (p *Help) End() { p.Scroll(p.lines) }

// Position says how much has been seen, "12/40" in lines; "" where all of it
// is in sight.
func (p *Help) Position() string {
	if p.lines <= p.h {
		return ""
	}
	return fmt.Sprintf("%d/%d", p.top+p.h, p.lines)
}

const (
	columnGap = 3
	minColumn = 24
	maxColumn = 52
)

// Lines draws exactly h lines of exactly w cells.
func (p *Help) Lines(w, h int) []string {
	w, p.h = max(w, 0), max(h, 0)
	groups := p.matching()
	if len(groups) == 0 {
		p.lines, p.places = 0, nil
		return layout.Fit([]string{fit(p.st, p.st.Faint.Paint("No key or action matches."), w)}, w, p.h)
	}
	columns := p.set(groups, w, p.h)
	p.Scroll(0)
	out := make([]string, 0, p.h)
	for y := p.top; y < p.top+p.h; y++ {
		out = append(out, fit(p.st, across(columns, y, p.column), w))
	}
	return out
}

// Size is the least size at most maxW by maxH cells that shows all of it, side
// by side rather than below one another; where there is none, what it fills.
func (p *Help) Size(maxW, maxH int) (w, h int) {
	columns := p.set(p.matching(), maxW, maxH)
	return min(len(columns)*(p.column+columnGap)-columnGap, maxW), min(p.lines, maxH)
}

// set lays the groups out in columns, and remembers where each row stands.
func (p *Help) set(groups []Group, w, h int) [][]helpLine {
	keys, column := p.measure(groups, w)
	columns := flow(p.blocks(groups, keys, column), max(1, (w+columnGap)/(column+columnGap)), h)
	p.lines, p.column, p.places = 0, column, nil
	for _, c := range columns {
		p.lines = max(p.lines, len(c))
		rows := make([]int, len(c))
		for y, l := range c {
			rows[y] = l.row
		}
		p.places = append(p.places, rows)
	}
	return columns
}

// At is the number of the row at cell x, y of the last drawing, counted through
// all groups; false where there is none.
func (p *Help) At(x, y int) (row int, ok bool) {
	c := x / (p.column + columnGap)
	y += p.top
	if x < 0 || x%(p.column+columnGap) >= p.column || c >= len(p.places) || y < p.top || y >= min(len(p.places[c]), p.top+p.h) {
		return 0, false
	}
	return p.places[c][y], p.places[c][y] >= 0
}

// Spots are the rows in sight of the last drawing.
func (p *Help) Spots() []layout.Spot {
	var out []layout.Spot
	for c, rows := range p.places {
		for y := p.top; y < min(len(rows), p.top+p.h); y++ {
			if rows[y] >= 0 {
				out = append(out, layout.Spot{X: c * (p.column + columnGap), Y: y - p.top})
			}
		}
	}
	return out
}

// across is line y of all columns side by side.
func across(columns [][]helpLine, y, width int) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(layout.Blank(columnGap))
		}
		if y < len(c) {
			b.WriteString(c[y].text)
		} else {
			b.WriteString(layout.Blank(width))
		}
	}
	return b.String()
}

// measure is how wide the keys and a whole column are.
func (p *Help) measure(groups []Group, w int) (keys, column int) {
	titles := 0
	for _, g := range groups {
		titles = max(titles, layout.Width(g.Name)-1)
		for _, r := range g.Rows {
			keys = max(keys, layout.Width(r.Keys))
			titles = max(titles, layout.Width(p.title(r)))
		}
	}
	column = keys + 2 + titles
	if !p.brief {
		column = max(column, minColumn)
	}
	column = min(column, maxColumn, max(w, 1))
	return min(keys, column/2), column
}

func (p *Help) title(r HelpRow) string {
	switch {
	case r.Disabled == "":
		return r.Title
	case p.brief:
		return "(" + r.Title + ")"
	}
	return r.Title + " (" + r.Disabled + ")"
}

// blocks are the groups as lines, each exactly column cells wide; the first
// line of a block is its name.
func (p *Help) blocks(groups []Group, keys, column int) (blocks [][]helpLine) {
	n := 0
	for _, g := range groups {
		block := []helpLine{{fit(p.st, p.st.Title.Paint(g.Name), column), -1}}
		for _, r := range g.Rows {
			block = append(block, helpLine{fit(p.st, p.rowOf(r, keys), column), n})
			n++
		}
		blocks = append(blocks, block)
	}
	return blocks
}

func (p *Help) rowOf(r HelpRow, keys int) string {
	left := text.Fit(r.Keys, keys, p.st.Glyphs.Ellipsis)
	if r.Disabled != "" {
		return p.st.Faint.Paint(left + "  " + p.title(r))
	}
	return p.st.Key.Paint(left) + "  " + p.st.Text.Paint(r.Title)
}

// flow sets the blocks in at most n columns as low as possible. A block stays
// whole where the columns then fit into h lines.
func flow(blocks [][]helpLine, n, h int) [][]helpLine {
	total := 0
	for _, b := range blocks {
		total += len(b) + 1
	}
	for _, whole := range []bool{true, false} {
		for tall := max(1, total/n); tall <= total; tall++ {
			if whole && tall > h {
				break
			}
			if columns := fill(blocks, tall, whole); len(columns) <= n {
				return columns
			}
		}
	}
	return fill(blocks, total, false)
}

// fill sets the blocks in columns of at most tall lines, with an empty line
// between two blocks.
func fill(blocks [][]helpLine, tall int, whole bool) [][]helpLine {
	columns := [][]helpLine{nil}
	last := &columns[0]
	next := func() {
		columns = append(columns, nil)
		last = &columns[len(columns)-1]
	}
	for _, b := range blocks {
		need := min(len(b), 2) // a name doesn't stand alone at the foot
		if whole {
			need = len(b)
		}
		switch {
		case len(*last) > 0 && len(*last)+1+need > tall:
			next()
		case len(*last) > 0:
			*last = append(*last, helpLine{layout.Blank(layout.Width(b[0].text)), -1})
		}
		for _, line := range b {
			if len(*last) >= tall && !whole {
				next()
			}
			*last = append(*last, line)
		}
	}
	return columns
}
