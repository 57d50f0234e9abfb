package uitest

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
)

// Screen is a grid of decoded cells.
type Screen struct {
	Width, Height int
	cells         []Cell
}

// Cell is what one cell shows. The right half of a wide character is the empty
// text.
type Cell struct {
	Text  string
	Style Style
}

// Style is a cell's look in a comparable form: colours as "#rrggbb" or "" for
// the terminal's own.
type Style struct {
	Fg, Bg                                string
	Bold, Faint, Italic, Underline        bool
	Reverse, Blink, Conceal, Strike, Link bool
}

func newScreen(w, h int) *Screen {
	s := &Screen{Width: w, Height: h, cells: make([]Cell, w*h)}
	for i := range s.cells {
		s.cells[i].Text = " "
	}
	return s
}

// Decode draws the content of a view on a screen, in the colours a terminal of
// the profile would show.
func Decode(content string, w, h int, profile colorprofile.Profile) *Screen {
	buf := uv.NewScreenBuffer(w, h)
	uv.NewStyledString(content).Draw(buf, buf.Bounds())
	s := newScreen(w, h)
	for y := range h {
		for x := range w {
			c := buf.CellAt(x, y)
			if c == nil {
				continue
			}
			if profile == colorprofile.TrueColor || c.Style.IsZero() {
				s.cells[y*w+x] = cellOf(c)
				continue
			}
			shown := *c
			shown.Style = uv.ConvertStyle(c.Style, profile)
			s.cells[y*w+x] = cellOf(&shown)
		}
	}
	return s
}

func cellOf(c *uv.Cell) Cell {
	out := Cell{Text: c.Content}
	if !c.Style.IsZero() || c.Link.URL != "" {
		out.Style = styleOf(c)
	}
	if out.Text == "" && c.Width != 0 {
		out.Text = " "
	}
	return out
}

func styleOf(c *uv.Cell) Style {
	has := func(a uint8) bool { return c.Style.Attrs&a != 0 }
	return Style{
		Fg: hex(c.Style.Fg), Bg: hex(c.Style.Bg),
		Bold: has(uv.AttrBold), Faint: has(uv.AttrFaint), Italic: has(uv.AttrItalic),
		Underline: c.Style.Underline != uv.UnderlineNone,
		Reverse:   has(uv.AttrReverse), Blink: has(uv.AttrBlink) || has(uv.AttrRapidBlink),
		Conceal: has(uv.AttrConceal), Strike: has(uv.AttrStrikethrough), Link: c.Link.URL != "",
	}
}

func hex(c color.Color) string {
	if c == nil {
		return ""
	}
	const digits = "0123456789abcdef"
	r, g, b, _ := c.RGBA()
	out := [7]byte{'#'}
	for i, v := range [...]uint32{r, g, b} {
		out[1+2*i], out[2+2*i] = digits[v>>12&0xf], digits[v>>8&0xf]
	}
	return string(out[:])
}

// String names a style's parts: "bold underline #62b5f5 on #000000", or
// "plain".
func (s Style) String() string {
	var parts []string
	for _, a := range []struct {
		on   bool
		name string
	}{
		{s.Bold, "bold"}, {s.Faint, "faint"}, {s.Italic, "italic"}, {s.Underline, "underline"},
		{s.Reverse, "reverse"}, {s.Blink, "blink"}, {s.Conceal, "conceal"}, {s.Strike, "strike"}, {s.Link, "link"},
	} {
		if a.on {
			parts = append(parts, a.name)
		}
	}
	if s.Fg != "" {
		parts = append(parts, s.Fg)
	}
	if s.Bg != "" {
		parts = append(parts, "on "+s.Bg)
	}
	if len(parts) == 0 {
		return "plain"
	}
	return strings.Join(parts, " ")
}

// At is the cell at a place counted from the top left; outside the screen it is
// the zero cell.
func (s *Screen) At(x, y int) Cell {
	if x < 0 || y < 0 || x >= s.Width || y >= s.Height {
		return Cell{}
	}
	return s.cells[y*s.Width+x]
}

// Line is the text of a line without the blanks at its end.
func (s *Screen) Line(y int) string {
	var b strings.Builder
	for x := range s.Width {
		b.WriteString(s.At(x, y).Text)
	}
	return strings.TrimRight(b.String(), " ")
}

// String is the text of all lines, each ended by a line feed.
func (s *Screen) String() string {
	var b strings.Builder
	for y := range s.Height {
		b.WriteString(s.Line(y))
		b.WriteByte('\n')
	}
	return b.String()
}

// Find is the place where text first stands on one line, counted in cells.
func (s *Screen) Find(text string) (x, y int, ok bool) {
	for y := range s.Height {
		i := strings.Index(s.Line(y), text)
		if i < 0 {
			continue
		}
		at := 0
		for x := range s.Width {
			if at >= i {
				return x, y, true
			}
			at += len(s.At(x, y).Text)
		}
	}
	return 0, 0, false
}

// Diff says where two screens differ first, and how often; "" where they are
// the same.
func (s *Screen) Diff(o *Screen) string {
	if s.Width != o.Width || s.Height != o.Height {
		return fmt.Sprintf("%dx%d against %dx%d", s.Width, s.Height, o.Width, o.Height)
	}
	count, first := 0, -1
	for i := range s.cells {
		if !s.cells[i].looksLike(o.cells[i]) {
			count++
			if first < 0 {
				first = i
			}
		}
	}
	if count == 0 {
		return ""
	}
	x, y := first%s.Width, first/s.Width
	return fmt.Sprintf("%d cells differ, first at column %d of line %d: %q (%s) against %q (%s)\n%q\n%q",
		count, x, y, s.cells[first].Text, s.cells[first].Style, o.cells[first].Text, o.cells[first].Style, s.Line(y), o.Line(y))
}

// looksLike compares what a person can see: on a blank, the colour of the text
// and its weight show nothing.
func (c Cell) looksLike(o Cell) bool {
	if c.Text != o.Text {
		return false
	}
	if c.Text == " " {
		return c.Style.blank() == o.Style.blank()
	}
	return c.Style == o.Style
}

func (s Style) blank() Style {
	if !s.Reverse && !s.Underline && !s.Strike {
		s.Fg = ""
	}
	s.Bold, s.Faint, s.Italic = false, false, false
	return s
}
