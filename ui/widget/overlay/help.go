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
	top    int
	lines  int // of the last drawing, all of it
	h      int
}

// NewHelp shows groups.
func NewHelp(st *theme.Styles, groups []Group) *Help {
	return &Help{st: st, groups: groups}
}

// SetStyles changes the theme.
func (p *Help) SetStyles(st *theme.Styles) { p.st = st }

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
		p.lines = 0
		return layout.Fit([]string{fit(p.st, p.st.Faint.Paint("No key or action matches."), w)}, w, p.h)
	}
	keys, column := p.measure(groups, w)
	columns := flow(p.blocks(groups, keys, column), max(1, (w+columnGap)/(column+columnGap)), p.h)
	p.lines = 0
	for _, c := range columns {
		p.lines = max(p.lines, len(c))
	}
	p.Scroll(0)
	out := make([]string, 0, p.h)
	for y := p.top; y < p.top+p.h; y++ {
		out = append(out, fit(p.st, across(columns, y, column), w))
	}
	return out
}

// across is line y of all columns side by side.
func across(columns [][]string, y, width int) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString(layout.Blank(columnGap))
		}
		if y < len(c) {
			b.WriteString(c[y])
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
			titles = max(titles, layout.Width(title(r)))
		}
	}
	column = min(max(keys+2+titles, minColumn), maxColumn, max(w, 1))
	return min(keys, column/2), column
}

func title(r HelpRow) string {
	if r.Disabled == "" {
		return r.Title
	}
	return r.Title + " (" + r.Disabled + ")"
}

// blocks are the groups as lines, each exactly column cells wide; the first
// line of a block is its name.
func (p *Help) blocks(groups []Group, keys, column int) (blocks [][]string) {
	for _, g := range groups {
		block := []string{fit(p.st, p.st.Title.Paint(g.Name), column)}
		for _, r := range g.Rows {
			block = append(block, fit(p.st, p.rowOf(r, keys), column))
		}
		blocks = append(blocks, block)
	}
	return blocks
}

func (p *Help) rowOf(r HelpRow, keys int) string {
	left := text.Fit(r.Keys, keys, p.st.Glyphs.Ellipsis)
	if r.Disabled != "" {
		return p.st.Faint.Paint(left + "  " + title(r))
	}
	return p.st.Key.Paint(left) + "  " + p.st.Text.Paint(r.Title)
}

// flow sets the blocks in at most n columns as low as possible. A block stays
// whole where the columns then fit into h lines.
func flow(blocks [][]string, n, h int) [][]string {
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
func fill(blocks [][]string, tall int, whole bool) [][]string {
	columns := [][]string{nil}
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
			*last = append(*last, layout.Blank(layout.Width(b[0])))
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
