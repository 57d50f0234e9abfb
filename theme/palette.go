package theme

import "fmt"

// Palette is what a theme chooses; Build makes all styles of it. An empty
// colour is the terminal's own. A palette without any colour gives styles of
// attributes alone.
type Palette struct {
	Name string
	Dark bool
	// Background and Foreground are what the theme assumes of the terminal.
	// They are not painted, only measured against, except where a style needs
	// both sides of a pair (the current search hit).
	Background, Foreground Color
	// Text, Strong and Faint are the three strengths of text.
	Text, Strong, Faint Color
	Border              Color
	Accent              Color
	Bar                 Color // of histograms and meters; the faint colour where empty
	Match               Color
	Error, Warn, Good   Color
	// TLPClear to TLPRed follow the Traffic Light Protocol 2.0 of FIRST.
	TLPClear, TLPGreen, TLPAmber, TLPRed Color
	// Data and Number colour the values of raw records.
	Data, Number Color
	// Series are the colours of charts, in order of use.
	Series []Color
}

// namedColor is a colour of a palette by its name in a configuration. text
// tells that words are written in it.
type namedColor struct {
	name string
	at   *Color
	text bool
}

// colors lists the palette's single colours.
func (p *Palette) colors() []namedColor {
	return []namedColor{
		{"background", &p.Background, false}, {"foreground", &p.Foreground, true},
		{"text", &p.Text, true}, {"strong", &p.Strong, true}, {"faint", &p.Faint, true}, {"border", &p.Border, false},
		{"accent", &p.Accent, true}, {"bar", &p.Bar, false}, {"match", &p.Match, true},
		{"error", &p.Error, true}, {"warn", &p.Warn, true}, {"good", &p.Good, true},
		{"tlp_clear", &p.TLPClear, true}, {"tlp_green", &p.TLPGreen, true}, {"tlp_amber", &p.TLPAmber, true}, {"tlp_red", &p.TLPRed, true},
		{"data", &p.Data, true}, {"number", &p.Number, true},
	}
}

// Check names the first malformed colour.
func (p Palette) Check() error {
	for _, n := range p.colors() {
		if err := n.at.Check(); err != nil {
			return fmt.Errorf("theme %s, %s: %w", p.Name, n.name, err)
		}
	}
	for i, c := range p.Series {
		if err := c.Check(); err != nil {
			return fmt.Errorf("theme %s, series %d: %w", p.Name, i+1, err)
		}
	}
	return nil
}

// colourless reports whether the palette draws with attributes alone.
func (p Palette) colourless() bool { return p.Accent == "" && p.Faint == "" }

func darkPalette() Palette {
	return Palette{
		Name: "dark", Dark: true, Background: "#14171c", Foreground: "#d4d7dc",
		Strong: "#ffffff", Faint: "#949494", Border: "#4e4e4e",
		Accent: "#5fafff", Bar: "#5f87af", Match: "#f2d06b",
		Error: "#ff7b72", Warn: "#e8b04a", Good: "#7fc77f",
		TLPGreen: "#5fff00", TLPAmber: "#ffaf00", TLPRed: "#ff5f5f", // clear is the terminal's own
		Data: "#a9cfa4", Number: "#d9a7e0",
		Series: []Color{"#56b4e9", "#e69f00", "#2bbf95", "#f0e442", "#7f9cf5", "#ef7d3c", "#dd8fbd", "#b6bcc6"},
	}
}

func lightPalette() Palette {
	return Palette{
		Name: "light", Background: "#fafafa", Foreground: "#24292f",
		Strong: "#000000", Faint: "#626262", Border: "#b2b2b2",
		Accent: "#0a5cad", Bar: "#005f87", Match: "#8a5200",
		Error: "#b3161b", Warn: "#865300", Good: "#1c6b2a",
		TLPGreen: "#1a6f00", TLPAmber: "#875200", TLPRed: "#c4001a",
		Data: "#2c6329", Number: "#7d2f8c",
		Series: []Color{"#0067a5", "#9a5b00", "#00724f", "#736600", "#3c4fb8", "#b04600", "#97407a", "#5a616b"},
	}
}

func highContrastPalette(dark bool) Palette {
	if !dark {
		return Palette{
			Name: "high-contrast", Background: "#ffffff", Foreground: "#000000",
			Text: "#000000", Strong: "#000000", Faint: "#3c3c3c", Border: "#5c5c5c",
			Accent: "#00389e", Match: "#6b3d00",
			Error: "#960008", Warn: "#6b3d00", Good: "#00520f",
			TLPClear: "#000000", TLPGreen: "#0f5200", TLPAmber: "#6b3d00", TLPRed: "#a30012",
			Data: "#0c4a12", Number: "#64117a",
			Series: []Color{"#004a80", "#734000", "#00543a", "#544a00", "#26379b", "#853300", "#752a5c", "#404040"},
		}
	}
	return Palette{
		Name: "high-contrast", Dark: true, Background: "#000000", Foreground: "#ffffff",
		Text: "#ffffff", Strong: "#ffffff", Faint: "#c4c4c4", Border: "#9a9a9a",
		Accent: "#7fd0ff", Match: "#ffe14d",
		Error: "#ff9a94", Warn: "#ffc84d", Good: "#8df08d",
		TLPClear: "#ffffff", TLPGreen: "#33ff00", TLPAmber: "#ffc000", TLPRed: "#ff8080",
		Data: "#b9f0b4", Number: "#f0bdf7",
		Series: []Color{"#7fcbf7", "#ffb52e", "#4fe0b6", "#f7ee6a", "#aabcff", "#ff9e66", "#f2add6", "#d8d8d8"},
	}
}

// colourBlindPalette keeps markings and series apart for red-green and
// blue-yellow deficiencies, by hue and by lightness; deficiency_test.go measures
// it. The other themes rely on the words that stand beside the colours.
func colourBlindPalette(dark bool) Palette {
	if !dark {
		return Palette{
			Name: "colour-blind", Background: "#fafafa", Foreground: "#24292f",
			Strong: "#000000", Faint: "#646b75", Border: "#b4bac2",
			Accent: "#005a9c", Match: "#7a4b00",
			Error: "#8f2f00", Warn: "#7a5200", Good: "#005a9c",
			TLPClear: "#3a3f46", TLPGreen: "#0f8251", TLPAmber: "#896f14", TLPRed: "#d01f9d",
			Data: "#00617d", Number: "#7d3b6c",
			Series: []Color{"#2f68ad", "#482f03", "#1c3a34", "#75724c", "#2d00e3", "#c14d0f", "#9c587d", "#5c00a1"},
		}
	}
	return Palette{
		Name: "colour-blind", Dark: true, Background: "#14171c", Foreground: "#d4d7dc",
		Strong: "#ffffff", Faint: "#8b929e", Border: "#4a515c",
		Accent: "#56b4e9", Match: "#f0e442",
		Error: "#f28a4b", Warn: "#e6c14a", Good: "#8ecdf2",
		TLPClear: "#ffffff", TLPGreen: "#009d55", TLPAmber: "#ffb70b", TLPRed: "#ef2bb8",
		Data: "#9fd3f0", Number: "#e3b3d2",
		Series: []Color{"#a3caff", "#ffbb19", "#07ed80", "#90831d", "#8c71f9", "#ddd0ca", "#d84ea2", "#39925b"},
	}
}

func monoPalette() Palette {
	return Palette{Name: "mono", Dark: true, Series: make([]Color, 8)}
}
