package theme

import (
	"math"
	"testing"
)

// deficiencies are how eyes without one kind of cone see, as matrices over
// linear light: Machado, Oliveira and Fernandes 2009, severity 1.
var deficiencies = map[string][3][3]float64{
	"normal":       {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// lab is a colour as somebody sees it, in CIE L*a*b* under daylight (D65).
func lab(t *testing.T, c Color, seen [3][3]float64) [3]float64 {
	t.Helper()
	r, g, b, ok := c.RGB()
	if !ok {
		t.Fatalf("%q is no colour", c)
	}
	light := [3]float64{linear(r), linear(g), linear(b)}
	by := func(m [3][3]float64, v [3]float64) (out [3]float64) {
		for i := range m {
			out[i] = m[i][0]*v[0] + m[i][1]*v[1] + m[i][2]*v[2]
		}
		return out
	}
	light = by(seen, light)
	for i := range light {
		light[i] = min(max(light[i], 0), 1)
	}
	xyz := by([3][3]float64{{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}, light)
	f := func(v float64) float64 {
		if v > 216.0/24389 {
			return math.Cbrt(v)
		}
		return (24389.0/27*v + 16) / 116
	}
	x, y, z := f(xyz[0]/0.95047), f(xyz[1]), f(xyz[2]/1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func apart(t *testing.T, a, b Color, seen [3][3]float64) float64 {
	t.Helper()
	p, q := lab(t, a, seen), lab(t, b, seen)
	return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
}

// Two colours side by side are told apart at a glance from about 20 on, and
// hardly below 10.
const (
	glance   = 20
	ordinary = 15
)

// TestMarkingsAndSeriesStayApart: in the theme for it, markings and series
// differ for every kind of eye; in the others for usual eyes, and the words
// beside them tell the rest.
func TestMarkingsAndSeriesStayApart(t *testing.T) {
	for _, name := range Names() {
		for _, dark := range []bool{true, false} {
			p, ok := named(name, dark)
			if !ok {
				t.Fatal(name)
			}
			if p.colourless() {
				continue
			}
			clear := p.TLPClear
			if clear == "" {
				clear = p.Foreground
			}
			for eye, seen := range deficiencies {
				least := 0.0
				switch {
				case p.Name == "colour-blind":
					least = glance
				case eye == "normal":
					least = ordinary
				}
				for what, list := range map[string][]Color{"markings": {clear, p.TLPGreen, p.TLPAmber, p.TLPRed}, "series": p.Series} {
					for i, a := range list {
						for _, b := range list[:i] {
							if got := apart(t, a, b, seen); got < least {
								t.Errorf("%s, dark %v, %s: %s %s and %s are %.1f apart, want %.0f", name, dark, eye, what, a, b, got, least)
							}
						}
					}
				}
			}
		}
	}
}

// TestDeficienciesAreSeen: the measure knows what is known: pure red and green of one
// lightness are hard to tell apart without one kind of cone, and white is white
// to everybody.
func TestDeficienciesAreSeen(t *testing.T) {
	red, green := Color("#c83c3c"), Color("#6e7e1e")
	if normal, deuter := apart(t, red, green, deficiencies["normal"]), apart(t, red, green, deficiencies["deuteranopia"]); normal < 50 || deuter > normal/3 {
		t.Errorf("red and green: %.1f for usual eyes, %.1f without the middle cone", normal, deuter)
	}
	for eye, seen := range deficiencies {
		if got := lab(t, "#ffffff", seen); math.Abs(got[0]-100) > 0.5 || math.Abs(got[1]) > 1 || math.Abs(got[2]) > 1 {
			t.Errorf("white to %s: %v", eye, got)
		}
	}
	if got := apart(t, "#000000", "#ffffff", deficiencies["normal"]); math.Abs(got-100) > 0.5 {
		t.Errorf("black and white are %.1f apart", got)
	}
}
