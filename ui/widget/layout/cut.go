package layout

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Width is the number of cells s takes; escape sequences take none.
func Width(s string) int {
	n, w := plainWidth(s)
	if n == len(s) {
		return w
	}
	return w + ansi.StringWidth(s[n:])
}

// plainWidth measures what s begins with as far as it is printable ASCII, lines
// and blocks of boxes, and styles: n bytes that take w cells. These are nearly
// all that is drawn, and nothing joins them to a wider character.
func plainWidth(s string) (n, w int) {
	last := 0 // where the last character began, which what follows may join
	for n < len(s) {
		switch size := cellSize(s[n:]); {
		case size > 0:
			last = n
			n += size
			w++
		case sgrSize(s[n:]) > 0:
			n += sgrSize(s[n:])
			last = n
		default:
			return last, w - min(n-last, 1)
		}
	}
	return n, w
}

// cellSize is how many bytes the character takes that s begins with, if it is
// printable ASCII or one of U+2500 to U+257F; 0 if it is another.
func cellSize(s string) int {
	if s[0] >= 0x20 && s[0] <= 0x7e {
		return 1
	}
	if len(s) >= 3 && s[0] == 0xe2 && (s[1] == 0x94 || s[1] == 0x95) && s[2]>>6 == 0b10 {
		return 3
	}
	return 0
}

// sgrSize is how many bytes the style sequence takes that s begins with, 0
// without one.
func sgrSize(s string) int {
	if len(s) < 3 || s[0] != 0x1b || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case c < '0' || c > ';':
			return 0
		}
	}
	return 0
}

// plain tells whether s is printable ASCII alone, each byte one cell.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// Cut is what s shows from cell from up to, not including, cell to: exactly
// to-from cells, filled with spaces where s ends earlier. Styles and links in
// force at the cut are taken up again and closed at its end; half a wide rune
// becomes a space.
func Cut(s string, from, to int) string {
	from = max(from, 0)
	if to <= from {
		return ""
	}
	if plain(s) {
		return cutPlain(s, from, to)
	}
	c := cutter{from: from, to: to}
	c.out.Grow(len(s) + 16)
	for len(s) > 0 && c.at <= to {
		s = s[c.step(s):]
	}
	return c.end()
}

func cutPlain(s string, from, to int) string {
	if from >= len(s) {
		return Blank(to - from)
	}
	if to <= len(s) {
		return s[from:to]
	}
	return s[from:] + Blank(to-len(s))
}

// cutter walks a styled line and keeps the part between two cells.
type cutter struct {
	from, to int
	at       int    // cells walked
	style    string // the SGR sequences in force
	link     string // the hyperlink in force, as it was opened
	open     bool   // style and link have been taken up in out
	out      strings.Builder
}

// step takes the first sequence, character or cluster of s and returns its
// bytes.
func (c *cutter) step(s string) int {
	if s[0] >= 0x20 && s[0] < 0x7f {
		n := clusterBytes(s)
		c.text(s[:n], 1)
		return n
	}
	seq, width, n, _ := ansi.DecodeSequence(s, ansi.NormalState, nil)
	if n <= 0 {
		return len(s)
	}
	if width > 0 {
		c.text(seq, width)
		return n
	}
	c.control(seq)
	return n
}

// clusterBytes is the length of a cluster that begins with an ASCII character:
// 1, or more where combining marks follow.
func clusterBytes(s string) int {
	if len(s) == 1 || s[1] < utf8.RuneSelf {
		return 1
	}
	cluster, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return max(len(cluster), 1)
}

// text keeps a cluster that lies wholly inside, and spaces for the half of one
// that does not.
func (c *cutter) text(s string, width int) {
	left, right := max(c.at, c.from), min(c.at+width, c.to)
	whole := c.at >= c.from && c.at+width <= c.to
	c.at += width
	if left >= right {
		return
	}
	c.take()
	if whole {
		c.out.WriteString(s)
		return
	}
	c.out.WriteString(Blank(right - left))
}

// control follows styles and links; every other sequence has no place in a
// line and is left out, except marks that combine with the text before.
func (c *cutter) control(seq string) {
	switch {
	case isSGR(seq):
		c.style = after(c.style, seq)
	case strings.HasPrefix(seq, "\x1b]8;"):
		c.link = seq
		if linkCloses(seq) {
			c.link = ""
		}
	case seq[0] >= utf8.RuneSelf && c.open:
		c.out.WriteString(seq)
		return
	default:
		return
	}
	if c.open {
		c.out.WriteString(seq)
	}
}

func (c *cutter) take() {
	if c.open {
		return
	}
	c.open = true
	c.out.WriteString(c.style)
	c.out.WriteString(c.link)
}

// end closes what is in force and fills up to the wanted width.
func (c *cutter) end() string {
	if c.open && c.link != "" {
		c.out.WriteString("\x1b]8;;\x1b\\")
	}
	if c.open && c.style != "" {
		c.out.WriteString("\x1b[m")
	}
	if c.at < c.to {
		c.out.WriteString(Blank(c.to - max(c.at, c.from)))
	}
	return c.out.String()
}

func isSGR(seq string) bool {
	return strings.HasPrefix(seq, "\x1b[") && strings.HasSuffix(seq, "m") && !strings.HasPrefix(seq, "\x1b[>")
}

// after is the style in force once seq has followed style.
func after(style, seq string) string {
	params := seq[2 : len(seq)-1]
	if params == "" || params == "0" {
		return ""
	}
	if strings.HasPrefix(params, "0;") {
		return seq
	}
	return style + seq
}

// linkCloses tells an OSC 8 sequence without an address: the end of a link.
func linkCloses(seq string) bool {
	body := strings.TrimPrefix(seq, "\x1b]8;")
	body = strings.TrimRight(body, "\x07\x1b\\")
	return strings.HasSuffix(body, ";")
}
