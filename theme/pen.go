// Package theme turns a small palette into the styles every part of the
// workbench draws with. Styles are plain values handed down as *Styles; nothing
// here is global, so many sessions with different themes share one process.
//
// Colours are written as true colour; the renderer of the terminal library
// reduces them to 256 where the terminal shows no more. Reduced to sixteen they
// would mislead (an amber becomes red, a grey blue), so there are palettes of
// their own for terminals of sixteen colours: see Styles.For.
package theme

import "strings"

// Attr is a set of text attributes. They survive where colour does not
// (NO_COLOR, monochrome terminals), so whatever must be told apart differs in
// attributes, words or glyphs as well as in colour.
type Attr uint8

// The attributes a pen may combine.
const (
	Bold Attr = 1 << iota
	Dim
	Italic
	Underline
	Reverse
)

// codes pairs each attribute with its SGR parameter, in drawing order.
func (a Attr) codes() []string {
	all := [...]struct {
		attr Attr
		code string
	}{{Bold, "1"}, {Dim, "2"}, {Italic, "3"}, {Underline, "4"}, {Reverse, "7"}}
	var out []string
	for _, c := range all {
		if a&c.attr != 0 {
			out = append(out, c.code)
		}
	}
	return out
}

// Off closes any pen: it resets every attribute and colour.
const Off = "\x1b[m"

// Pen is a style as the bytes that switch it on. The zero value is plain text.
// Pens are comparable and free to copy.
type Pen struct{ on string }

// NewPen makes a pen from a text colour, a background colour (either may be
// empty: the terminal's own) and attributes.
func NewPen(fg, bg Color, attrs Attr) Pen {
	params := attrs.codes()
	for _, p := range []string{fg.sgr(30), bg.sgr(40)} {
		if p != "" {
			params = append(params, p)
		}
	}
	if len(params) == 0 {
		return Pen{}
	}
	return Pen{on: "\x1b[" + strings.Join(params, ";") + "m"}
}

// On is the sequence that switches the pen on: "" for the plain pen.
func (p Pen) On() string { return p.on }

// IsPlain reports whether the pen changes nothing.
func (p Pen) IsPlain() bool { return p.on == "" }

// Paint wraps s in the pen and a reset. The plain pen and the empty string
// come back as they are. s must not hold a reset of its own in its middle.
func (p Pen) Paint(s string) string {
	if p.on == "" || s == "" {
		return s
	}
	return p.on + s + Off
}
