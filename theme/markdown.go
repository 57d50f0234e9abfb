package theme

import (
	"charm.land/glamour/v2/ansi"
)

// Markdown is the style in which glamour renders Markdown for this theme:
// without margins or blank lines around the text, so that it fills the width
// it is given, and within ASCII where the glyphs are.
//
// Glamour makes links clickable (OSC 8); in reports written by strangers that
// is a trap, so take them out of what it renders.
func (s *Styles) Markdown() ansi.StyleConfig {
	p, g := s.palette, s.Glyphs
	bullet := "• "
	if g.ASCII {
		bullet = "* "
	}
	c := ansi.StyleConfig{
		Document:   ansi.StyleBlock{StylePrimitive: prim(p.Text, 0)},
		Paragraph:  ansi.StyleBlock{},
		BlockQuote: ansi.StyleBlock{StylePrimitive: s.faintPrim(), Indent: ptr(uint(1)), IndentToken: ptr(g.VLine + " ")},
		List:       ansi.StyleList{LevelIndent: 2},

		Strong:         prim(p.Strong, Bold),
		Emph:           prim("", Italic),
		Strikethrough:  ansi.StylePrimitive{CrossedOut: ptr(true)},
		HorizontalRule: s.rulePrim(),
		Item:           ansi.StylePrimitive{BlockPrefix: bullet},
		Enumeration:    ansi.StylePrimitive{BlockPrefix: ". "},
		Task:           ansi.StyleTask{Ticked: "[x] ", Unticked: "[ ] "},

		Link:      prim(p.Accent, Underline),
		LinkText:  prim(p.Accent, Bold),
		Image:     prim(p.Accent, Underline),
		ImageText: s.imagePrim(),

		Code:      ansi.StyleBlock{StylePrimitive: prim(p.Data, 0)},
		CodeBlock: ansi.StyleCodeBlock{StyleBlock: ansi.StyleBlock{StylePrimitive: prim(p.Data, 0), Margin: ptr(uint(2))}},
		Table: ansi.StyleTable{
			CenterSeparator: ptr(g.Cross), ColumnSeparator: ptr(g.VLine), RowSeparator: ptr(g.HLine),
		},
		DefinitionTerm:        prim(p.Strong, Bold),
		DefinitionDescription: ansi.StylePrimitive{BlockPrefix: "\n" + bullet},
	}
	s.headings(&c)
	if p.colourless() {
		// Without colour, code is told by its quotes.
		c.Code.BlockPrefix, c.Code.BlockSuffix = "`", "`"
	}
	return c
}

// headings keep their hashes from the third level on, where size and colour no
// longer tell the levels apart.
func (s *Styles) headings(c *ansi.StyleConfig) {
	p := s.palette
	c.Heading = ansi.StyleBlock{StylePrimitive: prim(p.Accent, Bold)}
	c.Heading.BlockSuffix = "\n"
	c.H1 = ansi.StyleBlock{StylePrimitive: prim(p.Accent, Bold|Underline)}
	c.H2 = ansi.StyleBlock{StylePrimitive: prim(p.Accent, Bold)}
	c.H3 = ansi.StyleBlock{StylePrimitive: prim(p.Strong, Bold)}
	c.H3.Prefix = "### "
	c.H4 = ansi.StyleBlock{StylePrimitive: ansi.StylePrimitive{Prefix: "#### "}}
	c.H5 = ansi.StyleBlock{StylePrimitive: ansi.StylePrimitive{Prefix: "##### "}}
	c.H6 = ansi.StyleBlock{StylePrimitive: ansi.StylePrimitive{Prefix: "###### "}}
}

func (s *Styles) faintPrim() ansi.StylePrimitive {
	if s.palette.colourless() {
		return prim("", Dim)
	}
	return prim(s.palette.Faint, 0)
}

func (s *Styles) rulePrim() ansi.StylePrimitive {
	r := s.faintPrim()
	r.Format = "\n" + s.Glyphs.HLine + s.Glyphs.HLine + s.Glyphs.HLine + "\n"
	return r
}

func (s *Styles) imagePrim() ansi.StylePrimitive {
	r := s.faintPrim()
	r.Format = "Image: {{.text}} " + s.Glyphs.Arrow
	return r
}

// prim is a pen in glamour's terms.
func prim(c Color, a Attr) ansi.StylePrimitive {
	p := ansi.StylePrimitive{}
	if c != "" {
		p.Color = ptr(string(c))
	}
	if a&Bold != 0 {
		p.Bold = ptr(true)
	}
	if a&Dim != 0 {
		p.Faint = ptr(true)
	}
	if a&Italic != 0 {
		p.Italic = ptr(true)
	}
	if a&Underline != 0 {
		p.Underline = ptr(true)
	}
	return p
}

func ptr[T any](v T) *T { return &v }
