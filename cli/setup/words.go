package setup

import (
	"errors"
	"strings"
)

// Words takes a command line apart into a program and its arguments, at least
// one. Single and double quotes keep spaces together; nothing else is special.
func Words(line string) ([]string, error) {
	var (
		words []string
		word  strings.Builder
		quote rune
		begun bool
	)
	end := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, begun = r, true
		case quote == 0 && (r == ' ' || r == '\t'):
			end()
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	end()
	switch {
	case quote != 0:
		return nil, errors.New("a quote isn't closed")
	case len(words) == 0 || words[0] == "":
		return nil, errors.New("want the name of a program")
	}
	return words, nil
}
