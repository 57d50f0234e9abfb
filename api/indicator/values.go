package indicator

import (
	"cmp"
	"slices"
	"strings"
)

// Values are what is to be looked up of a text, each once, in the order they
// first appear: its indicators, and words of 16 to 31 hexadecimal digits, with
// or without an ellipsis, which are how reports shorten a hash.
func Values(text string) []string {
	found := Find(text)
	known := make(map[string]bool, len(found))
	for _, f := range found {
		known[f.Value] = true
	}
	for word, at := range words(text) {
		if b := hashBeginning(word); b != "" && !known[b] {
			known[b] = true
			found = append(found, Found{Value: b, At: at})
		}
	}
	slices.SortStableFunc(found, func(a, b Found) int { return cmp.Compare(a.At, b.At) })
	out := make([]string, 0, len(found))
	listed := make(map[string]bool, len(found))
	for _, f := range found {
		if !listed[f.Value] {
			listed[f.Value] = true
			out = append(out, f.Value)
		}
	}
	return out
}

// words gives what stands between spaces and the marks around values in prose
// and tables, with its place.
func words(text string) func(yield func(string, int) bool) {
	return func(yield func(string, int) bool) {
		for at := 0; at < len(text); {
			n := strings.IndexAny(text[at:], " \t\r\n,;|\"'`()[]<>{}")
			if n < 0 {
				n = len(text) - at
			}
			if n > 0 && !yield(text[at:at+n], at) {
				return
			}
			at += n + 1
		}
	}
}

// hashBeginning is the digits of a word that may be the beginning of a hash,
// in small letters; "" where it can't be. A number alone is none.
func hashBeginning(word string) string {
	word = strings.ToLower(strings.TrimRight(word, ".…*"))
	if len(word) < 16 || len(word) > 31 {
		return ""
	}
	letters := false
	for i := range len(word) {
		switch c := word[i]; {
		case c >= 'a' && c <= 'f':
			letters = true
		case c < '0' || c > '9':
			return ""
		}
	}
	if !letters || !strings.ContainsAny(word, "0123456789") {
		return ""
	}
	return word
}
