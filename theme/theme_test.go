package theme

import (
	"fmt"
	"image/color"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"charm.land/glamour/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// every gives each theme in each of its forms.
func every(t *testing.T, f func(t *testing.T, s *Styles)) {
	t.Helper()
	for _, name := range Names() {
		for _, dark := range []bool{true, false} {
			for _, ascii := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/dark=%v/ascii=%v", name, dark, ascii), func(t *testing.T) {
					s, err := Load(name, dark, ascii)
					if err != nil {
						t.Fatal(err)
					}
					f(t, s)
				})
			}
		}
	}
}

// pens lists every pen of the styles by its field, found by reflection so that
// a new token cannot be forgotten.
func pens(s *Styles) map[string]Pen {
	out := map[string]Pen{}
	v := reflect.ValueOf(*s)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if !v.Type().Field(i).IsExported() {
			continue
		}
		switch f := v.Field(i).Interface().(type) {
		case Pen:
			out[name] = f
		case [6]Pen:
			for n, p := range f {
				out[fmt.Sprintf("%s[%d]", name, n)] = p
			}
		case []Pen:
			for n, p := range f {
				out[fmt.Sprintf("%s[%d]", name, n)] = p
			}
		}
	}
	return out
}

// mayBePlain are the tokens for which the terminal's own text is a fair choice;
// without colour those join that differ from text by colour alone.
func mayBePlain(name string, colourless bool) bool {
	if name == "Text" || name == "TLP[1]" { // clear: nothing to warn of
		return true
	}
	alone := []string{"Accent", "Good", "JSONKey", "JSONString", "JSONNumber", "TLP[1]", "TLP[2]", "TLP[3]"}
	for _, a := range alone {
		if colourless && name == a {
			return true
		}
	}
	return false
}

func TestEveryTokenIsDefined(t *testing.T) {
	every(t, func(t *testing.T, s *Styles) {
		for name, p := range pens(s) {
			if p.IsPlain() && !mayBePlain(name, s.palette.colourless()) {
				t.Errorf("%s is plain", name)
			}
		}
		if len(s.Series) < 8 {
			t.Errorf("%d series", len(s.Series))
		}
		if s.Name == "" {
			t.Error("no name")
		}
	})
}

var painted = regexp.MustCompile(`([34])8;(?:2;(\d+);(\d+);(\d+)|5;(\d+))`)

// colours reads the pair a pen paints, falling back on what the theme assumes.
func colours(t *testing.T, p Pen, pal Palette) (fg, bg Color) {
	t.Helper()
	fg, bg = pal.Foreground, pal.Background
	for _, m := range painted.FindAllStringSubmatch(p.On(), -1) {
		col := indexed(t, m[5])
		if m[5] == "" {
			col = Color(fmt.Sprintf("#%02x%02x%02x", number(t, m[2]), number(t, m[3]), number(t, m[4])))
		}
		if m[1] == "3" {
			fg = col
		} else {
			bg = col
		}
	}
	return fg, bg
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// indexed is one of the 256 colours, of the cube or of the greys.
func indexed(t *testing.T, s string) Color {
	t.Helper()
	if s == "" {
		return ""
	}
	n := number(t, s)
	if n >= 232 {
		v := 8 + (n-232)*10
		return Color(fmt.Sprintf("#%02x%02x%02x", v, v, v))
	}
	steps := [6]int{0, 95, 135, 175, 215, 255}
	n -= 16
	return Color(fmt.Sprintf("#%02x%02x%02x", steps[n/36], steps[n/6%6], steps[n%6]))
}

// Every colour that is one of the 256 is said by its number, and means itself.
func TestColoursOfThe256AreSaidByNumber(t *testing.T) {
	for n := 16; n < 256; n++ {
		col := indexed(t, strconv.Itoa(n))
		on := NewPen(col, "", 0).On()
		m := painted.FindStringSubmatch(on)
		if m == nil || m[5] == "" || indexed(t, m[5]) != col {
			t.Errorf("%s is painted by %q", col, on)
		}
	}
	if on := NewPen("#010203", "", 0).On(); on != "\x1b[38;2;1;2;3m" {
		t.Errorf("a colour beyond the 256 is painted by %q", on)
	}
}

func TestContrast(t *testing.T) {
	every(t, func(t *testing.T, s *Styles) {
		if s.palette.colourless() {
			return
		}
		need := 4.5
		if s.Name == "high-contrast" {
			need = 7
		}
		for name, p := range pens(s) {
			want := need
			if name == "Border" {
				want = 1.5 // rules are no text and carry no meaning alone
			}
			fg, bg := colours(t, p, s.palette)
			if got := Contrast(fg, bg); got < want {
				t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", name, fg, bg, got, want)
			}
		}
	})
}

// Reduced to 256 colours, text stays legible.
func TestContrastOf256(t *testing.T) {
	every(t, func(t *testing.T, s *Styles) {
		for name, p := range pens(s) {
			if name == "Border" || s.palette.colourless() {
				continue
			}
			fg, bg := colours(t, p, s.palette)
			if got := Contrast(reduced(t, fg), reduced(t, bg)); got < 4 {
				t.Errorf("%s: %s on %s has contrast %.2f in 256 colours", name, fg, bg, got)
			}
		}
	})
}

func reduced(t *testing.T, c Color) Color {
	t.Helper()
	r, g, b, ok := c.RGB()
	if !ok {
		t.Fatalf("%q is no colour", c)
	}
	r32, g32, b32, _ := colorprofile.ANSI256.Convert(color.RGBA{R: r, G: g, B: b, A: 255}).RGBA()
	return Color(fmt.Sprintf("#%02x%02x%02x", r32>>8, g32>>8, b32>>8))
}

func TestFor(t *testing.T) {
	every(t, func(t *testing.T, s *Styles) {
		if s.For(colorprofile.TrueColor) != s || s.For(colorprofile.ANSI256) != s {
			t.Error("fitted where nothing was to be done")
		}
		for _, profile := range []colorprofile.Profile{colorprofile.ANSI, colorprofile.Ascii, colorprofile.NoTTY} {
			f := s.For(profile)
			if f.Name != s.Name || f.Dark != s.Dark || f.Glyphs != s.Glyphs {
				t.Errorf("%s: name, darkness or glyphs got lost", profile)
			}
			for name, p := range pens(f) {
				if strings.Contains(p.On(), ";2;") {
					t.Errorf("%s: %s is %q", profile, name, p.On())
				}
				if p.IsPlain() && !mayBePlain(name, f.palette.colourless()) {
					t.Errorf("%s: %s is plain", profile, name)
				}
			}
		}
	})
}

func TestSixteenMeansWhatItSays(t *testing.T) {
	for _, c := range []struct {
		dark  bool
		amber string
		red   string
		faint string
	}{
		{true, "\x1b[93m", "\x1b[1;91m", "\x1b[90m"},
		{false, "\x1b[33m", "\x1b[1;31m", "\x1b[90m"},
	} {
		s, err := Load("auto", c.dark, false)
		if err != nil {
			t.Fatal(err)
		}
		s = s.For(colorprofile.ANSI)
		if s.TLP[3].On() != c.amber || s.TLP[5].On() != c.red || s.Faint.On() != c.faint {
			t.Errorf("dark %v: amber %q, red %q, faint %q", c.dark, s.TLP[3].On(), s.TLP[5].On(), s.Faint.On())
		}
	}
}

func TestContrastOfKnownPairs(t *testing.T) {
	for _, c := range []struct {
		a, b Color
		want string
	}{
		{"#000000", "#ffffff", "21.00"}, {"#ffffff", "#ffffff", "1.00"},
		{"#777777", "#ffffff", "4.48"}, {"#FF0000", "#ffffff", "4.00"},
		{"", "#ffffff", "0.00"}, {"0", "15", "21.00"}, {"16", "0", "0.00"}, {"-1", "0", "0.00"}, {"#12345", "#ffffff", "0.00"}, {"#ffffff", "#gggggg", "0.00"},
	} {
		if got := fmt.Sprintf("%.2f", Contrast(c.a, c.b)); got != c.want {
			t.Errorf("Contrast(%q, %q) = %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

func TestPairsDifferWithoutColour(t *testing.T) {
	strip := func(p Pen) string { return painted.ReplaceAllString(p.On(), "") }
	every(t, func(t *testing.T, s *Styles) {
		for name, pair := range map[string][2]Pen{
			"title and focused title": {s.Title, s.TitleFocus},
			"tab and current tab":     {s.Tab, s.TabCurrent},
			"hit and current hit":     {s.Match, s.MatchCurrent},
			"text and hit":            {s.Text, s.Match},
			"bar and chosen bar":      {s.Bar, s.BarSelect},
			"key and hint":            {s.Key, s.Hint},
			"cursor and blurred":      {s.Cursor, s.CursorBlur},
			"error and text":          {s.Error, s.Text},
			"text and strong":         {s.Text, s.Strong},
		} {
			if strip(pair[0]) == strip(pair[1]) {
				t.Errorf("%s differ by colour alone: %q, %q", name, pair[0].On(), pair[1].On())
			}
		}
	})
}

func glyphs(g Glyphs) map[string]string {
	out := map[string]string{}
	v := reflect.ValueOf(g)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			out[name] = f.String()
		case reflect.Array:
			for n := range f.Len() {
				out[fmt.Sprintf("%s[%d]", name, n)] = f.Index(n).String()
			}
		}
	}
	return out
}

func TestGlyphsAreOneCell(t *testing.T) {
	for set, g := range map[string]Glyphs{"unicode": UnicodeGlyphs(), "ascii": ASCIIGlyphs()} {
		all := glyphs(g)
		if len(all) < 30 {
			t.Fatalf("%s: only %d glyphs found", set, len(all))
		}
		for name, s := range all {
			if ansi.StringWidth(s) != 1 || ansi.StringWidthWc(s) != 1 {
				t.Errorf("%s %s %q is not one cell wide", set, name, s)
			}
			if len([]rune(s)) != 1 {
				t.Errorf("%s %s %q is more than one rune", set, name, s)
			}
			if set == "ascii" && (s[0] < 0x20 || s[0] > 0x7e) {
				t.Errorf("%s %s %q is not printable ASCII", set, name, s)
			}
		}
	}
}

func TestLoad(t *testing.T) {
	if _, err := Load("solarised", true, false); err == nil || !strings.Contains(err.Error(), "colour-blind") {
		t.Errorf("unknown theme: %v", err)
	}
	for _, c := range []struct {
		name string
		dark bool
		want string
	}{
		{"auto", true, "dark"}, {"auto", false, "light"}, {"", false, "light"},
		{"dark", false, "dark"}, {"light", true, "light"}, {"color-blind", true, "colour-blind"},
	} {
		s, err := Load(c.name, c.dark, false)
		if err != nil || s.Name != c.want {
			t.Errorf("Load(%q, %v) = %v, %v", c.name, c.dark, s, err)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	p := darkPalette()
	p.TLPRed = "crimson"
	if _, err := Build(p, UnicodeGlyphs()); err == nil || !strings.Contains(err.Error(), "tlp_red") {
		t.Errorf("a malformed colour: %v", err)
	}
	p = darkPalette()
	p.Series[2] = "#12"
	if _, err := Build(p, UnicodeGlyphs()); err == nil || !strings.Contains(err.Error(), "series 3") {
		t.Errorf("a malformed series: %v", err)
	}
	p = darkPalette()
	p.Series = p.Series[:7]
	if _, err := Build(p, UnicodeGlyphs()); err == nil {
		t.Error("seven series went through")
	}
}

func TestPaint(t *testing.T) {
	p := NewPen("#0102ff", "", Bold|Underline)
	if got := p.Paint("x"); got != "\x1b[1;4;38;2;1;2;255mx\x1b[m" {
		t.Errorf("%q", got)
	}
	if got := NewPen("", "#ffffff", Reverse).On(); got != "\x1b[7;48;5;231m" {
		t.Errorf("%q", got)
	}
	if got := NewPen("9", "0", 0).On(); got != "\x1b[91;40m" {
		t.Errorf("%q", got)
	}
	if got := NewPen("7", "12", 0).On(); got != "\x1b[37;104m" {
		t.Errorf("%q", got)
	}
	if got := p.Paint(""); got != "" {
		t.Errorf("painted nothing as %q", got)
	}
	if got := (Pen{}).Paint("x"); got != "x" {
		t.Errorf("the plain pen painted %q", got)
	}
}

func TestMonoHasNoColour(t *testing.T) {
	s, err := Load("mono", true, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range pens(s) {
		if strings.Contains(p.On(), "8;2;") {
			t.Errorf("%s has a colour: %q", name, p.On())
		}
	}
	seen := map[Pen]bool{}
	for i, p := range s.Series {
		if seen[p] {
			t.Errorf("series %d looks like another", i)
		}
		seen[p] = true
	}
}

const sample = `# Campaign Saffron

**FLYINGYETI** resolved *cdn-3.acme.example* to ` + "`203.0.113.77`" + `.

## Steps

1. Phishing
2. Resolution

- [x] seen
- not seen
  - deeper

> A quotation that goes on.

---

| Indicator | Count |
| --- | --- |
| login.acme.example | 12 |

` + "```\nGET /gate HTTP/1.1\n```" + `

[Report](https://report.example/1) and ![map](https://report.example/map.png)

#### Fourth
`

func TestMarkdown(t *testing.T) {
	every(t, func(t *testing.T, s *Styles) {
		r, err := glamour.NewTermRenderer(glamour.WithStyles(s.Markdown()), glamour.WithWordWrap(60))
		if err != nil {
			t.Fatal(err)
		}
		out, err := r.Render(sample)
		if err != nil {
			t.Fatal(err)
		}
		plain := ansi.Strip(out)
		for _, want := range []string{"Campaign Saffron", "203.0.113.77", "1. Phishing", "[x] seen", "login.acme.example", "#### Fourth", "https://report.example/1", "GET /gate"} {
			if !strings.Contains(plain, want) {
				t.Errorf("%q is missing in\n%s", want, plain)
			}
		}
		if s.palette.colourless() && (strings.Contains(out, "38;2;") || strings.Contains(out, "38;5;")) {
			t.Error("colours in the colourless theme")
		}
		if !s.Glyphs.ASCII {
			return
		}
		for _, r := range plain {
			if r != '\n' && (r < 0x20 || r > 0x7e) {
				t.Errorf("%q is not ASCII in\n%s", r, plain)
				return
			}
		}
	})
}
