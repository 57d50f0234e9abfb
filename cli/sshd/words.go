package sshd

import (
	"errors"
	"strings"
)

// Why a command line isn't taken.
var (
	errNewline   = errors.New("a command is one line, without a newline")
	errOpenQuote = errors.New("a quote is not closed")
	errOpenSlash = errors.New("a backslash stands at the end, with nothing after it")
)

// splitWords reads a command line as the client sent it. Quotes and the
// backslash mean what they mean to a POSIX shell, and nothing else means
// anything: there is no shell here, so that a dollar, a star, a semicolon or a
// greater-than is the character it is. An empty pair of quotes is an empty
// word.
func splitWords(line string) ([]string, error) {
	if strings.ContainsRune(line, '\n') {
		return nil, errNewline
	}
	var words []string
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return words, nil
		}
		word, rest, err := nextWord(line)
		if err != nil {
			return nil, err
		}
		words, line = append(words, word), rest
	}
}

// nextWord reads the word that line begins with, up to the next blank.
func nextWord(line string) (word, rest string, err error) {
	var b strings.Builder
	for line != "" {
		part := line[:1]
		line = line[1:]
		switch part[0] {
		case ' ', '\t':
			return b.String(), line, nil
		case '\\':
			if line == "" {
				return "", "", errOpenSlash
			}
			part, line = line[:1], line[1:]
		case '\'':
			part, line, err = singleQuoted(line)
		case '"':
			part, line, err = doubleQuoted(line)
		}
		if err != nil {
			return "", "", err
		}
		b.WriteString(part)
	}
	return b.String(), "", nil
}

// singleQuoted reads up to the closing quote; everything before it is plain.
func singleQuoted(line string) (text, rest string, err error) {
	text, rest, closed := strings.Cut(line, "'")
	if !closed {
		return "", "", errOpenQuote
	}
	return text, rest, nil
}

// doubleQuoted reads up to the closing quote. A backslash before one of the
// four characters that mean something there takes their meaning; before any
// other it is plain.
func doubleQuoted(line string) (text, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			return b.String(), line[i+1:], nil
		case c == '\\' && i+1 < len(line) && strings.IndexByte("$`\"\\", line[i+1]) >= 0:
			i++
			b.WriteByte(line[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", errOpenQuote
}
