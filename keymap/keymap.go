// Package keymap is the registry of everything a person can do: each action
// has an id, a scope, keys, a title and a sentence of help. Help screens, hint
// lines, the palette and docs/keys.md are all made from it, so that none of
// them can disagree with what a key does.
package keymap

import "strings"

// ID names an action: "events.open".
type ID string

// Scope is where the action's keys hold: the part of its id before the dot,
// everywhere for "app".
func (id ID) Scope() Scope {
	s, _, _ := strings.Cut(string(id), ".")
	if s == "app" {
		return Global
	}
	return Scope(s)
}

// Scope says where an action's keys hold.
type Scope string

// Action is one thing a person can do.
type Action struct {
	ID    ID
	Scope Scope
	// Keys are alternatives. Each is a key as Bubble Tea names it ("j", "G",
	// "ctrl+o", "alt+left", "space", "enter") or several separated by single
	// spaces, to be pressed one after the other ("g d").
	Keys []string
	// Title is an imperative of at most 28 characters.
	Title string
	// Short is one or two words for the bottom line; where it is empty, hints
	// use the title with a small first letter.
	Short string
	// Help is one sentence.
	Help string
	// Group is the heading the action stands under in help.
	Group string
}

// Match is the outcome of Resolve.
type Match int

// None: no action has these keys. Prefix: they begin a longer sequence. Full:
// they name an action.
const (
	None Match = iota
	Prefix
	Full
)

// Map resolves keys to actions. It does not change once made, so one map may
// serve many sessions.
type Map struct {
	actions []Action
	byID    map[ID]int
	scopes  map[Scope]*table
}

// table is the keys of one scope.
type table struct {
	actions []int          // indices into Map.actions, in registry order
	full    map[string]int // canonical sequence -> action
	prefix  map[string]bool
}

// Resolve says what key means after the keys pending (those of an unfinished
// sequence). scopes are asked in order, innermost first; the first that knows
// the keys wins. Within a scope a complete action wins over a longer sequence.
// The action is zero unless the match is Full.
func (m *Map) Resolve(scopes []Scope, pending []string, key string) (Action, Match) {
	seq := sequence(pending, key)
	for _, s := range scopes {
		t := m.scopes[s]
		if t == nil {
			continue
		}
		if i, ok := t.full[seq]; ok {
			return m.actions[i], Full
		}
		if t.prefix[seq] {
			return Action{}, Prefix
		}
	}
	return Action{}, None
}

// Action finds an action by its id.
func (m *Map) Action(id ID) (Action, bool) {
	i, ok := m.byID[id]
	if !ok {
		return Action{}, false
	}
	return m.actions[i], true
}

// In lists the actions of one scope, in the order of the registry.
func (m *Map) In(scope Scope) []Action {
	t := m.scopes[scope]
	if t == nil {
		return nil
	}
	out := make([]Action, len(t.actions))
	for n, i := range t.actions {
		out[n] = m.actions[i]
	}
	return out
}

// All lists every action, in the order of the registry.
func (m *Map) All() []Action { return append([]Action(nil), m.actions...) }

// Scopes lists every scope that has actions, in the order of the registry.
func (m *Map) Scopes() []Scope {
	var out []Scope
	seen := map[Scope]bool{}
	for _, a := range m.actions {
		if !seen[a.Scope] {
			seen[a.Scope] = true
			out = append(out, a.Scope)
		}
	}
	return out
}
