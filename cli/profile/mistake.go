package profile

import (
	"errors"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Mistake is one thing wrong with a configuration file. Line counts from 1; 0
// is the file as a whole.
type Mistake struct {
	File    string
	Line    int
	Key     string
	Problem string
}

// Error is the mistake on one line: file:line: key: problem.
func (m Mistake) Error() string {
	out := m.File
	if m.Line > 0 {
		out += ":" + strconv.Itoa(m.Line)
	}
	if m.Key != "" {
		out += ": " + m.Key
	}
	return out + ": " + m.Problem
}

// Mistakes is everything wrong with a configuration file.
type Mistakes []Mistake

// Error is all of them, one a line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, mistake := range m {
		lines[i] = mistake.Error()
	}
	return strings.Join(lines, "\n")
}

// mistakesOf says in words of the file what the decoder found.
func mistakesOf(path string, err error) Mistakes {
	var strict *toml.StrictMissingError
	var wrong *toml.DecodeError
	switch {
	case errors.As(err, &strict):
		var all Mistakes
		for _, e := range strict.Errors {
			line, _ := e.Position()
			all = append(all, Mistake{path, line, strings.Join(e.Key(), "."), "no such key"})
		}
		return all
	case errors.As(err, &wrong):
		line, _ := wrong.Position()
		return Mistakes{{path, line, strings.Join(wrong.Key(), "."), plainly(strings.TrimPrefix(wrong.Error(), "toml: "))}}
	}
	return Mistakes{{path, 0, "", strings.TrimPrefix(err.Error(), "toml: ")}}
}

// plainly says in words of the file, not of Go, that a value is of a wrong kind.
func plainly(problem string) string {
	_, kinds, ok := strings.Cut(problem, "cannot decode TOML ")
	is, want, found := strings.Cut(kinds, " into ")
	if !ok || !found {
		return problem
	}
	if at := strings.LastIndex(want, "of type "); at >= 0 {
		want = want[at+len("of type "):]
	}
	switch want {
	case "string":
		want = "a text in quotes"
	case "[]string":
		want = "a list of texts, as in [\"a\", \"b\"]"
	case "bool":
		want = "true or false"
	case "int", "int64":
		want = "a whole number"
	default:
		return problem
	}
	return "want " + want + ", not the " + is
}

// Mistake says what is wrong with a key of a table of the file, "" being the
// top level.
func (c Config) Mistake(table, key, problem string) Mistake {
	full := key
	if table != "" {
		full = strings.TrimSuffix(table+"."+key, ".")
	}
	return Mistake{c.File, lineOf(c.text, table, key), full, problem}
}

// lineOf finds the line of a key in a table, or of the table itself where no
// key is named; 0 where it is written in a way that this simple search doesn't
// see.
func lineOf(text, table, key string) int {
	current := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "["); ok {
			name, _, _ := strings.Cut(rest, "]")
			current = strings.ReplaceAll(strings.TrimSpace(name), `"`, "")
			if current == table && key == "" {
				return i + 1
			}
			continue
		}
		name, _, ok := strings.Cut(line, "=")
		written := strings.ReplaceAll(strings.TrimSpace(name), `"`, "")
		if ok && strings.TrimPrefix(current+"."+written, ".") == strings.TrimPrefix(table+"."+key, ".") {
			return i + 1
		}
	}
	return 0
}
