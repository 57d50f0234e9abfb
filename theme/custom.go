package theme

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Set is the themes there are: the built-in ones, and a person's own. The zero
// value holds the built-in ones alone.
type Set struct {
	custom map[string]custom
}

// custom is a theme that changes colours of another.
type custom struct {
	base   string
	colors map[string]Color
	series []Color
}

// Problem is something amiss in a theme of a person's own. Light tells that
// the theme works all the same.
type Problem struct {
	Theme, Key, Msg string
	Light           bool
}

// leastContrast is what text needs on its background to be read: level AA of
// WCAG 2.
const leastContrast = 4.5

// NewSet adds a person's own themes, by name, to the built-in ones. Each is a
// table of colours by their names in a Palette ("accent", "tlp_red"; "series"
// is a list of at least eight), and of "base", the built-in theme the other
// colours come from. A theme with a mistake is left out; one whose text is
// hard to read is kept, and said.
func NewSet(themes map[string]map[string]any) (Set, []Problem) {
	s := Set{custom: map[string]custom{}}
	var all []Problem
	for _, name := range slices.Sorted(maps.Keys(themes)) {
		c, problems := newCustom(name, themes[name])
		if len(problems) == 0 {
			problems = c.hardToRead(name)
		}
		all = append(all, problems...)
		if !slices.ContainsFunc(problems, func(p Problem) bool { return !p.Light }) {
			s.custom[name] = c
		}
	}
	return s, all
}

func newCustom(name string, table map[string]any) (custom, []Problem) {
	c := custom{base: "dark", colors: map[string]Color{}}
	var all []Problem
	bad := func(key, format string, args ...any) {
		all = append(all, Problem{Theme: name, Key: key, Msg: fmt.Sprintf(format, args...)})
	}
	if _, taken := named(name, true); taken {
		bad("", "is the name of a built-in theme")
	}
	known := (&Palette{}).colors()
	for _, key := range slices.Sorted(maps.Keys(table)) {
		value := table[key]
		text, isText := value.(string)
		switch {
		case key == "series":
			c.series = colorList(value, func(msg string) { bad(key, "%s", msg) })
		case !isText:
			bad(key, "want a text, got %v", value)
		case key == "base":
			if _, ok := named(text, true); !ok {
				bad(key, "%q is none of %s", text, strings.Join(Names(), ", "))
			}
			c.base = text
		case !slices.ContainsFunc(known, func(k namedColor) bool { return k.name == key }):
			bad(key, "no such colour")
		default:
			if err := Color(text).Check(); err != nil {
				bad(key, "%v", err)
			}
			c.colors[key] = Color(text)
		}
	}
	return c, all
}

func colorList(value any, bad func(msg string)) []Color {
	items, ok := value.([]any)
	if !ok || len(items) < leastSeries {
		bad(fmt.Sprintf("want a list of at least %d colours", leastSeries))
		return nil
	}
	out := make([]Color, len(items))
	for i, it := range items {
		text, _ := it.(string)
		out[i] = Color(text)
		if err := out[i].Check(); err != nil || text == "" {
			bad(fmt.Sprintf("number %d is no colour: %v", i+1, it))
		}
	}
	return out
}

// palette is the theme's, on a background that is dark or not.
func (c custom) palette(name string, dark bool) Palette {
	p, _ := named(c.base, dark)
	p.Name = name
	for _, k := range p.colors() {
		if v, ok := c.colors[k.name]; ok {
			*k.at = v
		}
	}
	if c.series != nil {
		p.Series = c.series
	}
	return p
}

// hardToRead finds the theme's own colours of text that stand out too little
// from its background.
func (c custom) hardToRead(name string) []Problem {
	p := c.palette(name, true)
	if p.Background == "" {
		return nil
	}
	var all []Problem
	for _, k := range p.colors() {
		if _, own := c.colors[k.name]; !own || !k.text || *k.at == "" {
			continue
		}
		if got := Contrast(*k.at, p.Background); got < leastContrast {
			all = append(all, Problem{Theme: name, Key: k.name, Light: true,
				Msg: fmt.Sprintf("%s on %s has a contrast of %.1f and is hard to read: %.1f is needed", *k.at, p.Background, got, leastContrast)})
		}
	}
	return all
}

// Names lists what Load takes, the built-in themes first.
func (s Set) Names() []string { return append(Names(), slices.Sorted(maps.Keys(s.custom))...) }

// Load is the function Load over the whole set.
func (s Set) Load(name string, dark, ascii bool) (*Styles, error) {
	if c, ok := s.custom[name]; ok {
		return Build(c.palette(name, dark), glyphSet(ascii))
	}
	if _, ok := named(name, dark); !ok {
		return nil, fmt.Errorf("no theme %q: choose one of %s", name, strings.Join(s.Names(), ", "))
	}
	return Load(name, dark, ascii)
}
