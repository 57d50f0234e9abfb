package views

import (
	"strings"

	"threatbench/api"
)

// maxOffered is how many completions are worth listing.
const maxOffered = 50

// Complete are the names that begin with a text, then those that hold it.
func Complete(text string, names []string) []string {
	fold := api.Fold(text)
	var begin, hold []string
	for _, n := range names {
		switch f := api.Fold(n); {
		case f == fold:
		case strings.HasPrefix(f, fold):
			begin = append(begin, n)
		case strings.Contains(f, fold):
			hold = append(hold, n)
		}
	}
	out := append(begin, hold...)
	return out[:min(len(out), maxOffered)]
}
