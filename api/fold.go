package api

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold is s in the form that comparison without case works on: two texts are
// the same in any case exactly when their folds are equal. It keeps the number
// of characters and goes beyond ASCII ("ΜΆΣ" and "μάς" fold alike); it does no
// locale's special rules and no Unicode normalisation.
func Fold(s string) string {
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf && (s[i] < 'A' || s[i] > 'Z') {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:i])
	for _, r := range s[i:] {
		b.WriteRune(FoldRune(r))
	}
	return b.String()
}

// FoldRune is the one character that stands for r and its other cases.
func FoldRune(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	least := r
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		least = min(least, o)
	}
	// The least of an orbit is its capital where there is one; the small
	// letter stands for the orbit, so that ASCII folds to ASCII.
	if low := unicode.ToLower(least); sameOrbit(low, least) {
		return low
	}
	return least
}

func sameOrbit(a, b rune) bool {
	if a == b {
		return true
	}
	for o := unicode.SimpleFold(a); o != a; o = unicode.SimpleFold(o) {
		if o == b {
			return true
		}
	}
	return false
}
