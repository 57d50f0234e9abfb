package theme

// Glyphs are the signs of the frame. Each is exactly one cell wide; never
// emoji, whose width terminals disagree about.
type Glyphs struct {
	Cursor, Mark, Ellipsis, VLine, HLine, Cross string
	// Other stands where somebody else's cursor is.
	Other                           string
	SortAsc, SortDesc, Folded, Open string
	// Bars rise from the lowest to the full block.
	Bars [8]string
	// Bullet, Arrow and the rest go with words, never instead of them.
	Bullet, Arrow, Check, Fail, Insight, Up, Down string
	// Corners are top left, top right, bottom left, bottom right.
	Corners [4]string
	// Scroll is the track of a scroll bar, Thumb what moves on it.
	Scroll, Thumb string
	// ASCII says that everything here, and all that is drawn around it, must
	// stay within printable ASCII.
	ASCII bool
}

// UnicodeGlyphs are the glyphs for terminals that speak UTF-8.
func UnicodeGlyphs() Glyphs {
	return Glyphs{
		Cursor: "▌", Other: "▹", Mark: "●", Ellipsis: "…", VLine: "│", HLine: "─", Cross: "┼",
		SortAsc: "▴", SortDesc: "▾", Folded: "▸", Open: "▾",
		Bars:   [8]string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
		Bullet: "·", Arrow: "→", Check: "✓", Fail: "✗", Insight: "◆", Up: "↑", Down: "↓",
		Corners: [4]string{"┌", "┐", "└", "┘"},
		Scroll:  "│", Thumb: "┃",
	}
}

// ASCIIGlyphs are the glyphs for everything else.
func ASCIIGlyphs() Glyphs {
	return Glyphs{
		Cursor: ">", Other: "@", Mark: "*", Ellipsis: "~", VLine: "|", HLine: "-", Cross: "+",
		SortAsc: "^", SortDesc: "v", Folded: "+", Open: "-",
		Bars:   [8]string{".", ":", "-", "=", "+", "*", "#", "@"},
		Bullet: "-", Arrow: ">", Check: "+", Fail: "x", Insight: "i", Up: "^", Down: "v",
		Corners: [4]string{"+", "+", "+", "+"},
		Scroll:  "|", Thumb: "#",
		ASCII: true,
	}
}
