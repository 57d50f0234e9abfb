package theme

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Color is "#rrggbb", or "0" to "15" for one of the terminal's sixteen, or ""
// for the terminal's own text or background.
type Color string

// Basic gives the number of one of the terminal's sixteen colours.
func (c Color) Basic() (n int, ok bool) {
	n, err := strconv.Atoi(string(c))
	if err != nil || n < 0 || n > 15 || len(c) > 2 {
		return 0, false
	}
	return n, true
}

// nominal is the colour a plain xterm shows for one of the sixteen.
func nominal(n int) Color {
	table := [16]Color{
		"#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5",
		"#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff",
	}
	return table[n]
}

// sgr is the parameter that sets the colour of text (base 30) or background
// (base 40), "" for the terminal's own.
func (c Color) sgr(base int) string {
	if n, ok := c.Basic(); ok {
		if n >= 8 {
			return strconv.Itoa(base + 60 + n - 8)
		}
		return strconv.Itoa(base + n)
	}
	r, g, b, ok := c.RGB()
	if !ok {
		return ""
	}
	if n, ok := xterm(r, g, b); ok {
		return fmt.Sprintf("%d;5;%d", base+8, n)
	}
	return fmt.Sprintf("%d;2;%d;%d;%d", base+8, r, g, b)
}

// xterm is the number that a colour has among the 256, where it is one of
// them: saying it costs half the bytes of true colour.
func xterm(r, g, b uint8) (int, bool) {
	if r == g && g == b && r >= 8 && r <= 238 && (r-8)%10 == 0 {
		return 232 + int(r-8)/10, true
	}
	n := 16
	for _, channel := range []struct {
		v     uint8
		times int
	}{{r, 36}, {g, 6}, {b, 1}} {
		at := slices.Index([]uint8{0, 95, 135, 175, 215, 255}, channel.v)
		if at < 0 {
			return 0, false
		}
		n += at * channel.times
	}
	return n, true
}

// RGB gives the three channels, and false for any colour not of the form
// "#rrggbb".
func (c Color) RGB() (r, g, b uint8, ok bool) {
	if len(c) != 7 || c[0] != '#' {
		return 0, 0, 0, false
	}
	v, err := strconv.ParseUint(string(c[1:]), 16, 32)
	if err != nil {
		return 0, 0, 0, false
	}
	return uint8(v >> 16), uint8(v >> 8), uint8(v), true
}

// Check returns an error unless c has one of the forms of a Color.
func (c Color) Check() error {
	if c == "" {
		return nil
	}
	if _, ok := c.Basic(); ok {
		return nil
	}
	if _, _, _, ok := c.RGB(); !ok {
		return fmt.Errorf("colour %q is neither of the form #rrggbb nor a number from 0 to 15", string(c))
	}
	return nil
}

// Contrast is the WCAG 2 contrast ratio of two colours, from 1 (the same) to
// 21 (black on white). It is 0 when either is not a colour. The terminal's
// sixteen count as a plain xterm shows them.
func Contrast(a, b Color) float64 {
	la, ok := luminance(a)
	if !ok {
		return 0
	}
	lb, ok := luminance(b)
	if !ok {
		return 0
	}
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is the relative luminance of WCAG 2, from 0 to 1.
func luminance(c Color) (float64, bool) {
	if n, ok := c.Basic(); ok {
		c = nominal(n)
	}
	r, g, b, ok := c.RGB()
	if !ok {
		return 0, false
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b), true
}

// linear undoes the gamma of one sRGB channel.
func linear(channel uint8) float64 {
	v := float64(channel) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}
