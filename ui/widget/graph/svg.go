package graph

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

// Size of a cell in the units of a picture.
const (
	svgCellW = 8
	svgCellH = 16
	svgEdge  = svgCellW // empty space around the drawing
)

// WriteSVG writes the whole graph, also what is folded away, as a picture in the
// colours of the theme, laid out as on the screen but with labels of any length.
func (m *Model) WriteSVG(w io.Writer) error {
	whole := New(m.st)
	whole.siblings = 0
	g := m.g
	whole.Set(g)
	p := whole.arrange(whole.sight(), measure{
		zoom: Full, label: whole.texts, kind: whole.kindText, tail: m.st.Glyphs.Ellipsis, noLimit: true,
	})
	out := bufio.NewWriter(w)
	d := svg{whole, p, out, svgColors(m.st)}
	d.head()
	for i := range p.legs {
		d.leg(&p.legs[i])
	}
	for i := range p.notes {
		d.note(&p.notes[i])
	}
	for i := range p.boxes {
		d.box(&p.boxes[i])
	}
	fmt.Fprint(out, "</svg>\n")
	return flush(out, "SVG")
}

// svg draws a plan as a picture.
type svg struct {
	m   *Model
	p   *plan
	out *bufio.Writer
	c   svgPalette
}

// svgPalette are the colours of a picture, each a hex colour.
type svgPalette struct {
	back, text, line, faint string
	series                  []string
}

// svgColors takes the colours of a theme where it has them. Those left to the
// terminal, and the sixteen of the terminal, are black, white and grey here.
func svgColors(st *theme.Styles) svgPalette {
	p := st.Palette()
	c := svgPalette{back: "#ffffff", text: "#1b1f24", line: "#8c959f", faint: "#57606a"}
	if st.Dark {
		c = svgPalette{back: "#14171c", text: "#d4d7dc", line: "#6e7681", faint: "#9aa0a8"}
	}
	take := func(to *string, from theme.Color) {
		if _, _, _, ok := from.RGB(); ok {
			*to = string(from)
		}
	}
	take(&c.back, p.Background)
	take(&c.text, p.Foreground)
	take(&c.text, p.Text)
	take(&c.faint, p.Faint)
	take(&c.line, p.Faint)
	for _, s := range p.Series {
		colour := c.text
		take(&colour, s)
		c.series = append(c.series, colour)
	}
	if len(c.series) == 0 {
		c.series = []string{c.text}
	}
	return c
}

func (d *svg) head() {
	w, h := d.p.w*svgCellW+2*svgEdge, d.p.h*svgCellH+2*svgEdge
	fmt.Fprintf(d.out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="monospace" font-size="13">`+"\n", w, h, w, h)
	fmt.Fprintf(d.out, `<rect width="%d" height="%d" fill="%s"/>`+"\n", w, h, d.c.back)
}

// middle is the middle of a cell.
func middle(p point) (x, y int) {
	return svgEdge + p.x*svgCellW + svgCellW/2, svgEdge + p.y*svgCellH + svgCellH/2
}

func (d *svg) leg(l *leg) {
	var way strings.Builder
	for k, c := range l.corners {
		x, y := middle(c)
		if k == 0 {
			x -= svgCellW / 2
		}
		if k == len(l.corners)-1 {
			x += svgCellW / 2
		}
		fmt.Fprintf(&way, " %d,%d", x, y)
	}
	dash := ""
	switch link := &d.m.sight().links[l.link]; d.m.lineOf(link) {
	case Dashed:
		dash = ` stroke-dasharray="5 3"`
	case Dotted:
		dash = ` stroke-dasharray="2 3"`
	case Heavy, Double:
		dash = ` stroke-width="2"`
	}
	fmt.Fprintf(d.out, `<polyline points="%s" fill="none" stroke="%s"%s/>`+"\n", way.String()[1:], d.c.line, dash)
	if l.headLeft {
		x, y := middle(l.corners[0])
		d.arrow(x-svgCellW/2, y, svgCellW)
	}
	if l.headRight {
		x, y := middle(l.corners[len(l.corners)-1])
		d.arrow(x+svgCellW/2, y, -svgCellW)
	}
}

// arrow draws a head whose tip is at a place, with its base so far beside it.
func (d *svg) arrow(x, y, base int) {
	fmt.Fprintf(d.out, `<path d="M%d %dl%d %dv%dz" fill="%s"/>`+"\n", x, y, base, -svgCellW/2, svgCellW, d.c.line)
}

func (d *svg) note(n *note) {
	x, y := middle(point{n.x, n.y})
	fmt.Fprintf(d.out, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n",
		x-svgCellW/2, y-svgCellH/2+2, n.w*svgCellW, svgCellH-4, d.c.back)
	d.text(x-svgCellW/2, y, d.c.faint, n.text)
}

func (d *svg) box(b *box) {
	x, y := svgEdge+b.x*svgCellW, svgEdge+b.y*svgCellH
	colour := d.c.text
	if it := &d.m.sight().items[b.item]; it.node >= 0 {
		n := len(d.c.series)
		colour = d.c.series[((d.m.g.Nodes[it.node].Group%n)+n)%n]
	}
	fmt.Fprintf(d.out, `<rect x="%d" y="%d" width="%d" height="%d" rx="3" fill="%s" stroke="%s"/>`+"\n",
		x, y+4, b.w*svgCellW, b.h*svgCellH-8, d.c.back, colour)
	_, row := middle(point{b.x, b.labelRow()})
	d.text(x+2*svgCellW, row, colour, b.glyph)
	d.text(x+4*svgCellW, row, d.c.text, b.label)
	if b.badge != "" {
		d.text(x+(5+layout.Width(b.label))*svgCellW, row, d.c.faint, b.badge)
	}
}

func (d *svg) text(x, y int, colour, s string) {
	fmt.Fprintf(d.out, `<text x="%d" y="%d" fill="%s" xml:space="preserve">`, x, y+4, colour)
	// EscapeText fails only where its writer does; the buffer keeps that error
	// until it is flushed.
	_ = xml.EscapeText(d.out, []byte(s))
	fmt.Fprint(d.out, "</text>\n")
}
