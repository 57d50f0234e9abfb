package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

const tabWidth = 4

// line is a source line taken apart: its plain text and where its style
// changes.
type line struct {
	plain string
	runs  []run // by growing offset; nil for text without style
}

// run switches the style at a byte offset of the plain text; on is "" or an
// SGR sequence.
type run struct {
	at int
	on string
}

// parse takes a line apart. What is neither text nor a colour is dropped:
// control characters, cursor movement, hyperlinks. Characters whose width
// terminals disagree about become steady, and with ascii set all text becomes
// ASCII.
func parse(s string, ascii bool) line {
	if Printable(s) {
		return line{plain: s}
	}
	var (
		l     line
		b     strings.Builder
		style uv.Style
		state byte
	)
	p := ansi.GetParser() // a new one holds megabytes
	defer ansi.PutParser(p)
	b.Grow(len(s))
	for len(s) > 0 {
		seq, _, n, after := ansi.DecodeSequence(s, state, p)
		state = after
		s = s[max(n, 1):]
		if strings.HasPrefix(seq, "\x1b[") && strings.HasSuffix(seq, "m") && ansi.Cmd(p.Command()) == 'm' {
			uv.ReadStyle(p.Params(), &style)
			l.restyle(b.Len(), style)
			continue
		}
		b.WriteString(visible(seq, ascii))
	}
	l.plain = b.String()
	return l
}

// restyle notes the style that holds from offset at on.
func (l *line) restyle(at int, style uv.Style) {
	on := ""
	if !style.IsZero() {
		on = style.String()
	}
	if n := len(l.runs); n > 0 && l.runs[n-1].at == at {
		l.runs = l.runs[:n-1]
	}
	l.runs = append(l.runs, run{at, on})
}

// visible is what remains of one character or escape sequence.
func visible(seq string, ascii bool) string {
	switch {
	case seq == "\t":
		return layout.Blank(tabWidth)
	case strings.ContainsFunc(seq, unicode.IsControl):
		return ""
	case !utf8.ValidString(seq):
		seq = string(utf8.RuneError)
	}
	if ascii {
		return layout.ASCII(seq)
	}
	if seq = layout.NormalizeWidth(seq); grabs(seq) {
		return string(utf8.RuneError)
	}
	return seq
}

// grabs tells whether a character would take the one behind it into its own
// cell, as some signs of Indic and Arabic scripts do; at the end of a line they
// would swallow the border of the pane.
func grabs(s string) bool {
	return s[0] >= utf8.RuneSelf && ansi.StringWidth(s+" ") != ansi.StringWidth(s)+1
}

// wrap gives the offsets at which the rows of the line start when no row may
// be wider than w cells; there is always at least one row. Rows break after
// spaces where they can; spaces that overhang belong to the row they follow.
func (l line) wrap(w int) []int {
	starts := []int{0}
	if w <= 0 || len(l.plain) <= w && Printable(l.plain) {
		return starts
	}
	s := l.plain
	row, col, brk, words := 0, 0, -1, false // brk: where the row could break
	for i := 0; i < len(s); {
		n, cells := next(s, i)
		if s[i] == ' ' && n == 1 {
			if words {
				brk = i + 1
			}
			i, col = i+1, min(col+1, w)
			continue
		}
		if col+cells <= w || i == row {
			i, col, words = i+n, col+cells, true
			continue
		}
		if brk > row {
			i = brk
		}
		starts = append(starts, i)
		row, col, brk, words = i, 0, -1, false
	}
	return starts
}

// hit is a found piece of the plain text, in bytes, and the style to draw it
// in.
type hit struct {
	start, end int
	on         string
}

// drawing says what of a line is drawn: bytes from..to, without the first skip
// cells, in exactly w cells, with tail in the last where something is cut off
// (an empty tail cuts silently).
type drawing struct {
	from, to int
	skip, w  int
	tail     string
	hits     []hit
}

func (l line) draw(b *strings.Builder, d drawing) {
	s := l.plain[d.from:d.to]
	if l.runs == nil && d.hits == nil && d.skip == 0 && len(s) <= d.w && Printable(s) {
		b.WriteString(s)
		b.WriteString(layout.Blank(d.w - len(s)))
		return
	}
	w := d.w
	if d.tail != "" && w > 0 && !within(s, d.skip+w) {
		w--
	}
	used := l.drawRuns(b, d, w)
	if w < d.w {
		b.WriteString(layout.Blank(w - used))
		b.WriteString(d.tail)
		return
	}
	b.WriteString(layout.Blank(d.w - used))
}

// within tells whether s fits into w cells.
func within(s string, w int) bool {
	end := head(s, w)
	return end == len(s)
}

// drawRuns writes at most w cells of the line, style by style, and tells how
// many it wrote.
func (l line) drawRuns(b *strings.Builder, d drawing, w int) (used int) {
	col, on := 0, ""
	for i := d.from; i < d.to; {
		n, cells := next(l.plain[:d.to], i)
		at, from := i, col
		if col+cells > d.skip+w {
			break
		}
		i, col = i+n, col+cells
		if from < d.skip {
			b.WriteString(layout.Blank(col - d.skip)) // the rest of a wide character cut in half
			continue
		}
		if now := l.styleAt(at, d.hits); now != on {
			change(b, on, now)
			on = now
		}
		b.WriteString(l.plain[at : at+n])
	}
	change(b, on, "")
	return max(col-d.skip, 0)
}

func change(b *strings.Builder, from, to string) {
	if from != "" {
		b.WriteString(theme.Off)
	}
	b.WriteString(to)
}

// styleAt is the style of the character at offset i: the hit's, else the run's.
func (l line) styleAt(i int, hits []hit) string {
	for _, h := range hits {
		if i >= h.start && i < h.end {
			return h.on
		}
	}
	at, _ := slices.BinarySearchFunc(l.runs, i+1, func(r run, i int) int { return r.at - i })
	if at == 0 {
		return ""
	}
	return l.runs[at-1].on
}

// Wrap breaks plain text s into rows of at most w cells, after spaces where it
// can. The rows put together are s; spaces may overhang at their ends.
func Wrap(s string, w int) []string {
	starts := line{plain: s}.wrap(w)
	rows := make([]string, len(starts))
	for i, from := range starts {
		to := len(s)
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		rows[i] = s[from:to]
	}
	return rows
}
