package profile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

const (
	maxMistakes = 100 // of one file; whatever has more is no configuration
	maxSpan     = 200 // lines of one value
	maxTries    = 600 // to find where values end
)

// salvage decodes the parts of a configuration that are right, and says what is
// wrong with the others. Lines count as in the file.
func salvage(path, text string) (Config, Mistakes) {
	c, err := decode(text)
	if err == nil {
		return finished(c, path, text), nil
	}
	s := newScrap(text)
	wrong := s.unreadable(path)
	for len(wrong) < maxMistakes {
		c, err = decode(s.kept())
		if err == nil {
			c = finished(c, path, text)
			s.tell(&c, wrong)
			return c, wrong
		}
		more := mistakesOf(path, err)
		wrong = append(wrong, more...)
		if !s.dropAll(more) {
			break // it says no line, so that nothing can be left out
		}
	}
	if len(wrong) >= maxMistakes {
		wrong = append(wrong, Mistake{File: path, Problem: fmt.Sprintf("%d mistakes and perhaps more; is this the right file?", len(wrong))})
	}
	c = finished(Config{}, path, text)
	c.readOnly = readOnlyTrue.MatchString(text)
	return c, wrong
}

func finished(c Config, path, text string) Config {
	c.File, c.text, c.amiss = path, text, map[string]Mistake{}
	if c.Profiles == nil {
		c.Profiles = map[string]Profile{}
	}
	return c
}

func decode(text string) (Config, error) {
	var c Config
	d := toml.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	return c, d.Decode(&c)
}

// statement is a table's heading or a key with its value.
type statement struct {
	from, to int    // lines, the second not in it
	table    int    // the statement that is its table's heading, -1 for none
	heading  bool   // it is one itself
	problem  string // why it can't be read at all
	gone     bool   // it is left out
}

// scrap is a file in statements, some of which are left out.
type scrap struct {
	lines []string
	all   []statement
	tries int
}

func newScrap(text string) *scrap {
	s := &scrap{lines: strings.Split(text, "\n")}
	table := -1
	for i := 0; i < len(s.lines); {
		line := strings.TrimSpace(s.lines[i])
		if line == "" || line[0] == '#' {
			i++
			continue
		}
		st := statement{from: i, table: table, heading: line[0] == '['}
		st.to, st.problem = s.end(i)
		if st.heading {
			table, st.table = len(s.all), -1
		}
		s.all = append(s.all, st)
		i = st.to
	}
	return s
}

// end is where the statement that begins in a line ends, and what is wrong with
// it: that one is a line long.
func (s *scrap) end(from int) (end int, problem string) {
	line := s.lines[from]
	first := toml.Unmarshal([]byte(line), &map[string]any{})
	if first == nil {
		return from + 1, ""
	}
	if strings.Contains(line, "=") && strings.ContainsAny(line, "[{\"'") {
		for to := from + 2; to <= min(from+maxSpan, len(s.lines)) && s.tries < maxTries; to++ {
			s.tries++
			if toml.Unmarshal([]byte(strings.Join(s.lines[from:to], "\n")), &map[string]any{}) == nil {
				return to, ""
			}
		}
	}
	return from + 1, mistakesOf("", first)[0].Problem
}

// unreadable leaves out what can't be read at all.
func (s *scrap) unreadable(path string) Mistakes {
	var wrong Mistakes
	for i := range s.all {
		st := &s.all[i]
		if st.problem == "" || len(wrong) >= maxMistakes {
			continue
		}
		key, _, _ := strings.Cut(strings.TrimSpace(s.lines[st.from]), "=")
		problem := st.problem
		if st.heading {
			key, problem = "", problem+"; what stands below it is left out"
		} else if table := s.heading(st); table != "" {
			key = table + "." + strings.TrimSpace(key)
		}
		wrong = append(wrong, Mistake{path, st.from + 1, strings.TrimSpace(key), problem})
		s.drop(i)
	}
	return wrong
}

// heading is the name of a statement's table as it is written.
func (s *scrap) heading(st *statement) string {
	if st.table < 0 || s.all[st.table].problem != "" {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimLeft(strings.TrimSpace(s.lines[s.all[st.table].from]), "["), "]")
	return name
}

// dropAll leaves out the statements of mistakes, and reports whether it found
// any.
func (s *scrap) dropAll(wrong Mistakes) bool {
	found := false
	for _, m := range wrong {
		for i := range s.all {
			if st := &s.all[i]; m.Line > st.from && m.Line <= st.to && !st.gone {
				s.drop(i)
				found = true
			}
		}
	}
	return found
}

// drop leaves a statement out, a heading with all that stands below it.
func (s *scrap) drop(i int) {
	s.all[i].gone = true
	for j := range s.all {
		if s.all[i].heading && s.all[j].table == i {
			s.all[j].gone = true
		}
	}
}

// kept is the text without what is left out, in its own lines.
func (s *scrap) kept() string {
	lines := slices.Clone(s.lines)
	for _, st := range s.all {
		if st.gone {
			clear(lines[st.from:st.to])
		}
	}
	return strings.Join(lines, "\n")
}

// tell hands on what the left-out statements mean for profiles: which can't be
// used, and which were to change nothing.
func (s *scrap) tell(c *Config, wrong Mistakes) {
	for i := range s.all {
		st := &s.all[i]
		if !st.gone {
			continue
		}
		readOnly := slices.ContainsFunc(s.lines[st.from:st.to], readOnlyAsked)
		named := s.profiles(st)
		c.readOnly = c.readOnly || readOnly && len(named) == 0
		for name, keys := range named {
			p := c.Profiles[name]
			p.ReadOnly = p.ReadOnly || readOnly
			if why, known := of(wrong, s, st); known && !harmless(name, p, keys) {
				c.amiss[name] = why
			}
			c.Profiles[name] = p
		}
	}
}

// of is the mistake that a statement was left out for.
func of(wrong Mistakes, s *scrap, st *statement) (Mistake, bool) {
	for _, m := range wrong {
		own := m.Line > st.from && m.Line <= st.to
		if st.table >= 0 {
			head := s.all[st.table]
			own = own || head.gone && m.Line > head.from && m.Line <= head.to
		}
		if own {
			return m, true
		}
	}
	return Mistake{}, false
}

// harmless reports whether a profile leads where it was meant to without keys
// that can't be read: a database file does, an account doesn't.
func harmless(name string, p Profile, keys []string) bool {
	if p.Remote() || p.DB == "" && name != LocalName {
		return false
	}
	return !slices.ContainsFunc(keys, func(key string) bool { return key != "read_only" && (p.DB == "" || placeKey(key)) })
}

// placeKey reports whether a key of a profile says where it leads; "" is one
// that can't be read.
func placeKey(key string) bool {
	return key == "" || slices.Contains([]string{"base_url", "account", "token", "token_env", "token_command", "token_keyring", "email", "key", "db"}, key)
}

// profiles are the profiles that a statement is about, with the keys of them.
func (s *scrap) profiles(st *statement) map[string][]string {
	text, unread := "", st.problem != ""
	if st.table >= 0 {
		head := s.all[st.table]
		if head.problem != "" {
			return nil
		}
		text = s.lines[head.from] + "\n"
	}
	if !unread {
		text += strings.Join(s.lines[st.from:st.to], "\n")
	}
	var m map[string]any
	if toml.Unmarshal([]byte(text), &m) != nil {
		return nil
	}
	profiles, _ := m["profiles"].(map[string]any)
	named := map[string][]string{}
	for name, p := range profiles {
		keys, isTable := p.(map[string]any)
		named[name] = slices.Collect(maps.Keys(keys))
		if unread {
			named[name] = append(named[name], keyBefore(s.lines[st.from]))
		} else if !isTable {
			named[name] = append(named[name], "")
		}
	}
	return named
}

// keyBefore is the key that a line which can't be read begins with, "" for none.
func keyBefore(line string) string {
	key, _, _ := strings.Cut(line, "=")
	if words := strings.Fields(key); len(words) > 0 {
		return strings.Trim(words[0], "\"'")
	}
	return ""
}

// readOnlyKey finds the key read_only and what it is set to, misspelt, too.
var readOnlyKey = regexp.MustCompile(`(?i)\bread[-_ ]?only\b["']?\s*=?\s*["']?(\w*)`)

// readOnlyAsked reports whether a line asks for a profile that changes nothing:
// where it can't be read, whatever isn't false does.
func readOnlyAsked(line string) bool {
	line, _, _ = strings.Cut(line, "#")
	for _, found := range readOnlyKey.FindAllStringSubmatch(line, -1) {
		if !strings.EqualFold(found[1], "false") {
			return true
		}
	}
	return false
}

var readOnlyTrue = regexp.MustCompile(`(?m)^[^#\n]*\bread_only\b["']?\s*=\s*true\b`)

// AsksReadOnly reports whether any profile of the file, however badly written,
// is to change nothing.
func (c Config) AsksReadOnly() bool {
	return c.readOnly || readOnlyTrue.MatchString(c.text) || c.any(func(p Profile) bool { return p.ReadOnly })
}

// Unusable is the error of a profile that stands in the file with a mistake.
type Unusable struct {
	Name string
	Why  Mistake
}

// Error names the profile and the mistake.
func (u *Unusable) Error() string {
	return fmt.Sprintf("profile %s can't be used: %v", u.Name, u.Why)
}
