package graph

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"threatbench/theme"
	pane "threatbench/ui/widget/text"
)

// The arms of a piece of line, as bits.
const (
	armUp uint8 = 1 << iota
	armDown
	armLeft
	armRight
	armsAll  = armUp | armDown | armLeft | armRight
	armsFlat = armLeft | armRight
	armsTall = armUp | armDown
)

// strokes are the signs lines are drawn with.
type strokes struct {
	line                [lineCount][armsAll + 1]string
	cross, join         string
	headLeft, headRight string
	loop                string
	inward, headBoth    string // in words about edges
}

func newStrokes(g *theme.Glyphs) *strokes {
	if g.ASCII {
		return asciiStrokes()
	}
	s := &strokes{cross: "┼", join: "╋", headLeft: "◂", headRight: "▸", inward: "←", headBoth: "↔", loop: "↻"}
	light := " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
	s.fill(Solid, light)
	s.fill(Heavy, " ╹╻┃╸┛┓┫╺┗┏┣━┻┳╋")
	s.fill(Double, " ║║║═╝╗╣═╚╔╠═╩╦╬")
	s.fill(Dotted, light)
	s.fill(Dashed, light)
	s.straight(Dotted, "┈", "┊")
	s.straight(Dashed, "╌", "╎")
	return s
}

func asciiStrokes() *strokes {
	s := &strokes{cross: "|", join: "+", headLeft: "<", headRight: ">", inward: "<", headBoth: "=", loop: "@"}
	for l := range lineCount {
		s.fill(l, " |||-+++-+++-+++")
	}
	s.straight(Heavy, "=", "|")
	s.straight(Double, "=", "|")
	s.straight(Dotted, ".", ":")
	s.straight(Dashed, ".", ":")
	return s
}

func (s *strokes) fill(l Line, signs string) {
	i := 0
	for _, r := range signs {
		s.line[l][i] = string(r)
		i++
	}
}

// straight sets the signs of lines that don't turn.
func (s *strokes) straight(l Line, flat, tall string) {
	for _, arms := range []uint8{armLeft, armRight, armsFlat} {
		s.line[l][arms] = flat
	}
	for _, arms := range []uint8{armUp, armDown, armsTall} {
		s.line[l][arms] = tall
	}
}

// cell is a cell of the window while it is drawn.
type cell struct {
	text string // what is written there; a line where empty
	pen  theme.Pen

	arms       uint8
	rank       uint8 // of the line, the highest that passes
	line       Line
	flat, tall int32 // the nets that own the arms, counted from 1
	joined     bool  // flat and tall arms belong together

	behind bool // the second half of a wide character
}

// canvas is the window with its cells.
type canvas struct {
	cells  []cell
	x, y   int // of the plan, in the top left corner
	w, h   int
	stroke *strokes
}

func (c *canvas) reset(x, y, w, h int, stroke *strokes) {
	c.x, c.y, c.w, c.h, c.stroke = x, y, w, h, stroke
	if cap(c.cells) < w*h {
		c.cells = make([]cell, w*h)
	}
	c.cells = c.cells[:w*h]
	clear(c.cells)
}

// at is the cell at a place of the plan, nil outside the window.
func (c *canvas) at(x, y int) *cell {
	x, y = x-c.x, y-c.y
	if x < 0 || y < 0 || x >= c.w || y >= c.h {
		return nil
	}
	return &c.cells[y*c.w+x]
}

// inkwell is what a line is drawn with.
type inkwell struct {
	pen  theme.Pen
	rank uint8
	line Line
	net  int32
}

// draw adds arms to a cell.
func (c *canvas) draw(x, y int, arms uint8, ink inkwell) {
	at := c.at(x, y)
	if at == nil {
		return
	}
	if arms&armsFlat != 0 {
		at.joined = at.joined || at.tall == ink.net && at.arms&armsTall != 0 || arms&armsTall != 0
		at.flat = ink.net
	}
	if arms&armsTall != 0 {
		at.joined = at.joined || at.flat == ink.net && at.arms&armsFlat != 0
		at.tall = ink.net
	}
	at.arms |= arms
	if ink.rank > at.rank {
		at.rank, at.pen, at.line = ink.rank, ink.pen, ink.line
	}
}

// polyline draws a line along its corners; its first cell has an arm to the
// left and its last one to the right.
func (c *canvas) polyline(corners []point, ink inkwell) {
	first, last := corners[0], corners[len(corners)-1]
	c.draw(first.x, first.y, armLeft, ink)
	for i := 1; i < len(corners); i++ {
		c.stretch(corners[i-1], corners[i], ink)
	}
	c.draw(last.x, last.y, armRight, ink)
}

func (c *canvas) stretch(a, b point, ink inkwell) {
	if a.y == b.y {
		from, to := min(a.x, b.x), max(a.x, b.x)
		if a.y < c.y || a.y >= c.y+c.h || from == to {
			return
		}
		for x := max(from, c.x-1); x <= min(to, c.x+c.w); x++ {
			c.draw(x, a.y, ends(x, from, to, armLeft, armRight), ink)
		}
		return
	}
	from, to := min(a.y, b.y), max(a.y, b.y)
	if a.x < c.x || a.x >= c.x+c.w {
		return
	}
	for y := max(from, c.y-1); y <= min(to, c.y+c.h); y++ {
		c.draw(a.x, y, ends(y, from, to, armUp, armDown), ink)
	}
}

// ends are the arms of the cell at a place between from and to.
func ends(at, from, to int, low, high uint8) uint8 {
	arms := low | high
	if at == from {
		arms &^= low
	}
	if at == to {
		arms &^= high
	}
	return arms
}

// write puts plain text of harmless characters on the canvas.
func (c *canvas) write(x, y int, pen theme.Pen, s string) {
	if y < c.y || y >= c.y+c.h {
		return
	}
	if pane.Printable(s) {
		for i := range len(s) {
			if at := c.at(x+i, y); at != nil {
				*at = cell{text: s[i : i+1], pen: pen}
			}
		}
		return
	}
	for s != "" {
		cluster, cells := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		if cluster == "" {
			return
		}
		s = s[len(cluster):]
		c.cluster(x, y, pen, cluster, cells)
		x += cells
	}
}

// cluster writes one character; half a wide one at the edge becomes a space.
func (c *canvas) cluster(x, y int, pen theme.Pen, s string, cells int) {
	first, last := c.at(x, y), c.at(x+cells-1, y)
	switch {
	case cells <= 0:
	case first != nil && last != nil:
		for i := range cells {
			*c.at(x+i, y) = cell{pen: pen, behind: i > 0}
		}
		first.text = s
	default:
		for i := range cells {
			if at := c.at(x+i, y); at != nil {
				*at = cell{text: " ", pen: pen}
			}
		}
	}
}

// sign is what a cell shows.
func (c *canvas) sign(at *cell) string {
	switch {
	case at.text != "":
		return at.text
	case at.arms == 0:
		return " "
	case at.arms == armsAll && !at.joined:
		return c.stroke.cross
	case at.arms == armsAll && at.line != Double:
		return c.stroke.join
	}
	return c.stroke.line[at.line][at.arms]
}

// lines gives the window's lines, each style in one run.
func (c *canvas) lines() []string {
	out := make([]string, c.h)
	var b strings.Builder
	for y := range c.h {
		b.Reset()
		b.Grow(2 * c.w)
		on := theme.Pen{}
		for x := range c.w {
			at := &c.cells[y*c.w+x]
			if at.behind {
				continue
			}
			sign := c.sign(at)
			pen := at.pen
			if sign == " " {
				pen = theme.Pen{}
			}
			if pen != on {
				if !on.IsPlain() {
					b.WriteString(theme.Off)
				}
				b.WriteString(pen.On())
				on = pen
			}
			b.WriteString(sign)
		}
		if !on.IsPlain() {
			b.WriteString(theme.Off)
		}
		out[y] = b.String()
	}
	return out
}
