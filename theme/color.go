package theme

import (
	"fmt"
	"math"
	"strconv"
)

// Color is "#rrggbb", or "" for the terminal's own colour.
type Color string

// RGB gives the three channels, and false for the empty or a malformed colour.
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

// Check returns an error unless c is empty or of the form "#rrggbb".
func (c Color) Check() error {
	if c == "" {
		return nil
	}
	if _, _, _, ok := c.RGB(); !ok {
		return fmt.Errorf("colour %q is not of the form #rrggbb", string(c))
	}
	return nil
}

// Contrast is the WCAG 2 contrast ratio of two colours, from 1 (the same) to
// 21 (black on white). It is 0 when either is not a colour.
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
