package keymap

import (
	"fmt"
	"slices"
	"strings"
)

// Kind sorts problems, so that a caller may show some and keep others quiet.
type Kind int

// UnknownAction: an override names no action. BadKey: a key's name is not
// understood. Conflict: two actions of a scope want one key. Shadow: a key of an
// inner scope hides one that works everywhere. Plain: the key reaches the
// program from some terminals only. Lost: the action is left without a key.
const (
	UnknownAction Kind = iota
	BadKey
	Conflict
	Shadow
	Plain
	Lost
)

// Problem is something amiss in the keys; the map works all the same.
type Problem struct {
	Kind   Kind
	Action ID
	Key    string
	Msg    string // a clause that stands alone: "j is taken by events.down"
}

// New makes a map of actions and of the keys a person chose instead (by action
// id; an empty list takes the action's keys away). A chosen key wins over the
// default key of another action in the same scope, which loses it. Everything
// amiss comes back as problems, the map is usable in any case, and the program
// can always be left by ctrl+c.
func New(actions []Action, overrides map[string][]string) (*Map, []Problem) {
	b := builder{
		m: &Map{
			actions: slices.Clone(actions),
			byID:    make(map[ID]int, len(actions)),
			scopes:  map[Scope]*table{},
		},
		chosen: map[int]bool{},
	}
	for i, a := range b.m.actions {
		b.m.byID[a.ID] = i
		b.table(a.Scope).actions = append(b.table(a.Scope).actions, i)
	}
	b.override(overrides)
	b.bind()
	b.keepQuit()
	b.review()
	return b.m, b.problems
}

type builder struct {
	m        *Map
	chosen   map[int]bool // actions whose keys were overridden
	problems []Problem
}

func (b *builder) table(s Scope) *table {
	t := b.m.scopes[s]
	if t == nil {
		t = &table{full: map[string]int{}, prefix: map[string]bool{}}
		b.m.scopes[s] = t
	}
	return t
}

func (b *builder) report(k Kind, id ID, key, format string, args ...any) {
	b.problems = append(b.problems, Problem{Kind: k, Action: id, Key: key, Msg: fmt.Sprintf(format, args...)})
}

// override puts the chosen keys in the place of the default ones.
func (b *builder) override(overrides map[string][]string) {
	ids := make([]string, 0, len(overrides))
	for id := range overrides {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		i, ok := b.m.byID[ID(id)]
		if !ok {
			b.report(UnknownAction, ID(id), "", "there is no action %q%s", id, b.nearest(id))
			continue
		}
		b.chosen[i] = true
		b.m.actions[i].Keys = slices.Clone(overrides[id])
	}
}

// nearest suggests the actions that end in the same word.
func (b *builder) nearest(id string) string {
	word := id[strings.LastIndexByte(id, '.')+1:]
	var found []string
	for _, a := range b.m.actions {
		if strings.HasSuffix(string(a.ID), "."+word) && len(found) < 3 {
			found = append(found, string(a.ID))
		}
	}
	if len(found) == 0 {
		return ""
	}
	return ", did you mean " + strings.Join(found, " or ") + "?"
}

// bind fills the tables: chosen keys first, so that they win.
func (b *builder) bind() {
	for _, chosen := range []bool{true, false} {
		for i := range b.m.actions {
			if b.chosen[i] == chosen {
				b.bindAction(i)
			}
		}
	}
}

func (b *builder) bindAction(i int) {
	a := &b.m.actions[i]
	kept := make([]string, 0, len(a.Keys))
	for _, name := range a.Keys {
		seq, err := Sequence(name)
		if err != nil {
			b.report(BadKey, a.ID, name, "%v", err)
			continue
		}
		if slices.Contains(kept, seq) {
			continue
		}
		if b.claim(i, seq) {
			kept = append(kept, seq)
		}
	}
	a.Keys = kept
}

// claim gives a sequence to an action unless its scope has given it away.
func (b *builder) claim(i int, seq string) bool {
	a, t := b.m.actions[i], b.table(b.m.actions[i].Scope)
	if j, taken := t.full[seq]; taken {
		b.report(Conflict, a.ID, seq, "%s is taken by %s", seq, b.m.actions[j].ID)
		return false
	}
	t.full[seq] = i
	keys := strings.Fields(seq)
	for n := 1; n < len(keys); n++ {
		t.prefix[strings.Join(keys[:n], " ")] = true
	}
	return true
}

// keepQuit leaves a way out however the keys were set.
func (b *builder) keepQuit() {
	i, ok := b.m.byID[AppQuit]
	if !ok || len(b.m.actions[i].Keys) > 0 {
		return
	}
	t := b.table(b.m.actions[i].Scope)
	if j, taken := t.full["ctrl+c"]; taken {
		other := &b.m.actions[j]
		other.Keys = slices.DeleteFunc(other.Keys, func(k string) bool { return k == "ctrl+c" })
		b.report(Conflict, other.ID, "ctrl+c", "ctrl+c stays with %s, the only way out", AppQuit)
	}
	t.full["ctrl+c"] = i
	b.m.actions[i].Keys = []string{"ctrl+c"}
}

// review reports what works differently from how it reads.
func (b *builder) review() {
	for i, a := range b.m.actions {
		if len(a.Keys) == 0 && !b.chosen[i] {
			b.report(Lost, a.ID, "", "no key is left, only the palette reaches it")
		}
		for _, k := range a.Keys {
			b.reviewKey(i, a, k)
		}
	}
}

func (b *builder) reviewKey(i int, a Action, key string) {
	if b.table(a.Scope).prefix[key] {
		b.report(Conflict, a.ID, key, "%s is also the beginning of a longer sequence, which can't be reached", key)
	}
	if !b.chosen[i] {
		return
	}
	if NeedsEnhancement(key) {
		b.report(Plain, a.ID, key, "many terminals send %s as another key", key)
	}
	if a.Scope == Global {
		return
	}
	if j, ok := b.table(Global).full[key]; ok {
		b.report(Shadow, a.ID, key, "%s hides %s here", key, b.m.actions[j].ID)
	}
}
