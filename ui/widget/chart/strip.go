package chart

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// strip is one line under construction: a cluster and a pen for each cell.
type strip struct {
	cells []stripCell
	words int // how many have been written
}

type stripCell struct {
	text  string // "" is a space
	cover bool   // the second cell of a wide rune
	word  int    // the word it belongs to, 0 for none
	pen   theme.Pen
}

func newStrip(w int) *strip { return &strip{cells: make([]stripCell, w)} }

// put writes s from cell x on; what lies outside the line is left out.
func (l *strip) put(x int, s string, pen theme.Pen) { l.lay(x, s, pen, 0) }

// write writes s as one word: where a part of it is overwritten or cleared
// later, all of it goes, for half a date is worse than none.
func (l *strip) write(x int, s string, pen theme.Pen) {
	l.clear(x, layout.Width(s))
	l.words++
	l.lay(x, s, pen, l.words)
}

func (l *strip) lay(x int, s string, pen theme.Pen, word int) {
	for len(s) > 0 {
		cluster, width := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "" {
			return
		}
		s = s[len(cluster):]
		if width > 0 && x >= 0 && x+width <= len(l.cells) {
			if word == 0 {
				l.clear(x, width)
			}
			l.cells[x] = stripCell{text: cluster, word: word, pen: pen}
			for i := x + 1; i < x+width; i++ {
				l.cells[i] = stripCell{cover: true, word: word, pen: pen}
			}
		}
		x += width
	}
}

// clear empties n cells from x on, and the words that reach into them.
func (l *strip) clear(x, n int) {
	from, to := max(x, 0), min(x+n, len(l.cells))
	if from >= to {
		return
	}
	for from > 0 && l.together(from-1, from) {
		from--
	}
	for to < len(l.cells) && l.together(to-1, to) {
		to++
	}
	clear(l.cells[from:to])
}

// together tells whether two neighbouring cells belong to one word or cluster.
func (l *strip) together(a, b int) bool {
	return l.cells[b].cover || l.cells[a].word != 0 && l.cells[a].word == l.cells[b].word
}

// free tells whether nothing stands in the n cells from x on; beyond the ends
// of the line nothing ever stands.
func (l *strip) free(x, n int) bool {
	from, to := max(x, 0), min(x+n, len(l.cells))
	if from > to {
		return false
	}
	for _, c := range l.cells[from:to] {
		if c.text != "" || c.cover {
			return false
		}
	}
	return true
}

// String writes the line, changing pens only where they differ.
func (l *strip) String() string {
	var b strings.Builder
	b.Grow(3*len(l.cells) + 32)
	var pen theme.Pen
	for _, c := range l.cells {
		if c.cover {
			continue
		}
		if c.pen != pen {
			if !pen.IsPlain() {
				b.WriteString(theme.Off)
			}
			b.WriteString(c.pen.On())
			pen = c.pen
		}
		if c.text == "" {
			b.WriteByte(' ')
			continue
		}
		b.WriteString(c.text)
	}
	if !pen.IsPlain() {
		b.WriteString(theme.Off)
	}
	return b.String()
}
