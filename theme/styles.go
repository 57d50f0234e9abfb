package theme

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/colorprofile"
)

// Styles are all tokens a screen is drawn with.
type Styles struct {
	Name string
	Dark bool

	// Text, Strong and Faint are the three strengths of text. Text is often the
	// plain pen: the terminal's own colour, which costs no bytes.
	Text, Strong, Faint Pen
	// Accent is the one accent colour, AccentStrong the same in bold.
	Accent, AccentStrong Pen
	// Cursor is the selected row where the pane has the focus (its gutter glyph,
	// and its text where that is cheap), CursorBlur where it has not.
	Cursor, CursorBlur Pen
	// Mark is the glyph of marked rows; Match and MatchCurrent are search hits.
	Mark, Match, MatchCurrent Pen
	Error, Warn, Good         Pen
	// Title and TitleFocus name panes, Key and Hint fill the bottom line, Border
	// draws rules.
	Title, TitleFocus, Key, Hint, Border Pen
	// Bar and BarSelect are histogram bars, outside and inside the chosen range.
	Bar, BarSelect  Pen
	Tab, TabCurrent Pen
	// TLP is indexed by the value of api.TLP: none, clear, green, amber,
	// amber+strict, red.
	TLP [6]Pen
	// Series are the pens of charts, at least eight.
	Series []Pen
	// JSONKey and the rest colour raw records.
	JSONKey, JSONString, JSONNumber, JSONLiteral Pen

	Glyphs Glyphs

	palette Palette
}

// Palette is what the styles were made of.
func (s *Styles) Palette() Palette { return s.palette }

// Names lists what Load takes.
func Names() []string {
	return []string{"auto", "dark", "light", "high-contrast", "colour-blind", "mono"}
}

// Load makes the styles of a named theme (see Names). dark says what the
// terminal's background is: "auto", "high-contrast" and "colour-blind" follow
// it. ascii keeps every glyph within printable ASCII. An unknown name is an
// error that lists the known ones.
func Load(name string, dark bool, ascii bool) (*Styles, error) {
	p, ok := named(name, dark)
	if !ok {
		return nil, fmt.Errorf("no theme %q: choose one of %s", name, strings.Join(Names(), ", "))
	}
	return Build(p, glyphSet(ascii))
}

func glyphSet(ascii bool) Glyphs {
	if ascii {
		return ASCIIGlyphs()
	}
	return UnicodeGlyphs()
}

// For fits the styles to the colours a terminal can show: to sixteen, or to
// none. Where it shows 256 or more, and where the styles fit already, they come
// back as they are. Call it on the styles of Load when the terminal's profile
// becomes known.
func (s *Styles) For(profile colorprofile.Profile) *Styles {
	switch profile {
	case colorprofile.ANSI:
		if s.palette.colourless() {
			return s
		}
		return build(sixteen(s.palette), s.Glyphs)
	case colorprofile.Ascii, colorprofile.NoTTY:
		p := monoPalette()
		p.Name, p.Dark = s.Name, s.Dark
		return build(p, s.Glyphs)
	}
	return s
}

func named(name string, dark bool) (Palette, bool) {
	switch name {
	case "", "auto":
		if dark {
			return darkPalette(), true
		}
		return lightPalette(), true
	case "dark":
		return darkPalette(), true
	case "light":
		return lightPalette(), true
	case "high-contrast":
		return highContrastPalette(dark), true
	case "colour-blind", "color-blind":
		return colourBlindPalette(dark), true
	case "mono":
		p := monoPalette()
		p.Dark = dark
		return p, true
	}
	return Palette{}, false
}

// leastSeries is how many colours charts count on.
const leastSeries = 8

// Build makes styles of a palette and a set of glyphs. It fails on a malformed
// colour or on fewer than eight series.
func Build(p Palette, g Glyphs) (*Styles, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if len(p.Series) < leastSeries {
		return nil, fmt.Errorf("theme %s: %d series colours, at least %d are needed", p.Name, len(p.Series), leastSeries)
	}
	return build(p, g), nil
}

// build is Build for a palette known to be sound.
func build(p Palette, g Glyphs) *Styles {
	faint := Attr(0)
	if p.colourless() {
		faint = Dim
	}
	pen := func(c Color, a Attr) Pen { return NewPen(c, "", a) }
	bar := p.Bar
	if bar == "" {
		bar = p.Faint
	}
	s := &Styles{
		Name: p.Name, Dark: p.Dark, Glyphs: g, palette: p,
		Text: pen(p.Text, 0), Strong: pen(p.Strong, Bold), Faint: pen(p.Faint, faint),
		Accent: pen(p.Accent, 0), AccentStrong: pen(p.Accent, Bold),
		Cursor: pen(p.Accent, Bold), CursorBlur: pen(p.Faint, faint),
		Mark: pen(p.Match, Bold), Match: pen(p.Match, Underline),
		MatchCurrent: hitPen(p),
		Error:        pen(p.Error, Bold), Warn: pen(p.Warn, Underline), Good: pen(p.Good, 0),
		Title: pen(p.Faint, Bold), TitleFocus: pen(p.Accent, Bold|Underline),
		Key: pen(p.Accent, Bold), Hint: pen(p.Faint, faint), Border: pen(p.Border, faint),
		Bar: pen(bar, faint), BarSelect: pen(p.Accent, Bold),
		Tab: pen(p.Faint, faint), TabCurrent: pen(p.Accent, Bold|Underline),
		JSONKey: pen(p.Accent, 0), JSONString: pen(p.Data, 0),
		JSONNumber: pen(p.Number, 0), JSONLiteral: pen(p.Number, Italic),
	}
	s.TLP = [6]Pen{
		pen(p.Faint, faint), pen(p.TLPClear, 0), pen(p.TLPGreen, 0), pen(p.TLPAmber, 0),
		pen(p.TLPAmber, Bold), pen(p.TLPRed, Bold),
	}
	s.Series = seriesPens(p)
	return s
}

// hitPen makes the current search hit: dark on light whatever the theme, and
// reversed where there is no colour.
func hitPen(p Palette) Pen {
	if p.colourless() {
		return NewPen("", "", Bold|Reverse)
	}
	return NewPen(p.Background, p.Match, Bold)
}

// seriesPens colours charts; without colour the series differ by attributes.
func seriesPens(p Palette) []Pen {
	if p.colourless() {
		attrs := []Attr{Bold, Dim, Underline, Reverse, Bold | Underline, Dim | Reverse, Bold | Reverse, Italic}
		pens := make([]Pen, len(attrs))
		for i, a := range attrs {
			pens[i] = NewPen("", "", a)
		}
		return pens
	}
	pens := make([]Pen, len(p.Series))
	for i, c := range p.Series {
		pens[i] = NewPen(c, "", 0)
	}
	return pens
}
