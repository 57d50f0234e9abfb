package keymap

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Hint is one entry of the bottom line: what a key does.
type Hint struct {
	Action Action
	Keys   string // canonical; label it with KeyLabel or KeyLabelASCII
	Text   string // one or two words
}

// Hints gives a hint for each of the actions that can be reached by a key in
// scopes (innermost first), with the first key that really reaches it there:
// one an inner scope hides is passed over. Actions without such a key are left
// out.
func (m *Map) Hints(scopes []Scope, ids ...ID) []Hint {
	out := make([]Hint, 0, len(ids))
	for _, id := range ids {
		a, ok := m.Action(id)
		if !ok {
			continue
		}
		if key, ok := m.reach(scopes, a); ok {
			out = append(out, Hint{Action: a, Keys: key, Text: a.hint()})
		}
	}
	return out
}

// reach finds the key of an action that works in scopes, preferring one that
// every terminal sends.
func (m *Map) reach(scopes []Scope, a Action) (string, bool) {
	best := ""
	for _, seq := range a.Keys {
		if !m.works(scopes, a.ID, seq) {
			continue
		}
		if !NeedsEnhancement(seq) {
			return seq, true
		}
		if best == "" {
			best = seq
		}
	}
	return best, best != ""
}

// works reports whether pressing seq in scopes runs the action.
func (m *Map) works(scopes []Scope, id ID, seq string) bool {
	keys := strings.Fields(seq)
	for n, k := range keys {
		a, match := m.Resolve(scopes, keys[:n], k)
		last := n == len(keys)-1
		if last {
			return match == Full && a.ID == id
		}
		if match != Prefix {
			return false
		}
	}
	return false
}

func (a Action) hint() string {
	if a.Short != "" {
		return a.Short
	}
	r, n := utf8.DecodeRuneInString(a.Title)
	return string(unicode.ToLower(r)) + a.Title[n:]
}

// Continuations lists the actions the keys pending may still become, each with
// only the rest of those sequences as its keys.
func (m *Map) Continuations(scopes []Scope, pending []string) []Action {
	if len(pending) == 0 {
		return nil
	}
	start := sequence(pending[:len(pending)-1], pending[len(pending)-1]) + " "
	var out []Action
	for _, s := range scopes {
		for _, a := range m.In(s) {
			rest := rests(a.Keys, start)
			rest = slices.DeleteFunc(rest, func(r string) bool { return !m.works(scopes, a.ID, start+r) })
			if len(rest) > 0 {
				a.Keys = rest
				out = append(out, a)
			}
		}
	}
	return out
}

// rests is what is left of the sequences that begin with start.
func rests(keys []string, start string) []string {
	var out []string
	for _, k := range keys {
		if rest, ok := strings.CutPrefix(k, start); ok {
			out = append(out, rest)
		}
	}
	return out
}

// KeyLabel writes a key or sequence for people: "⏎", "space", "^o", "alt+←".
// Every sign is one cell wide.
func KeyLabel(seq string) string { return label(seq, unicodeName) }

// KeyLabelASCII is KeyLabel within printable ASCII.
func KeyLabelASCII(seq string) string { return label(seq, asciiName) }

func label(seq string, name func(string) string) string {
	keys := strings.Fields(seq)
	for i, k := range keys {
		keys[i] = labelOne(k, name)
	}
	return strings.Join(keys, " ")
}

func labelOne(key string, name func(string) string) string {
	mods, base := splitMods(key)
	if len(mods) == 1 && mods[0] == "ctrl" && utf8.RuneCountInString(base) == 1 {
		return "^" + base
	}
	return strings.Join(append(mods, name(base)), "+")
}

func unicodeName(base string) string {
	switch base {
	case "enter":
		return "⏎"
	case "left":
		return "←"
	case "right":
		return "→"
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "backspace":
		return "⌫"
	}
	return base
}

func asciiName(base string) string {
	if base == "backspace" {
		return "bksp"
	}
	return base
}
