package ui_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"threatbench/keymap"
	"threatbench/ui"
)

// defaults is the map of all actions by the keys they have of their own.
func defaults(t *testing.T) *keymap.Map {
	t.Helper()
	m, problems := keymap.New(ui.Actions(), nil)
	for _, p := range problems {
		t.Error(p)
	}
	return m
}

func TestEveryActionIsComplete(t *testing.T) {
	seen := map[keymap.ID]bool{}
	for _, a := range ui.Actions() {
		if seen[a.ID] {
			t.Errorf("%s is there twice", a.ID)
		}
		seen[a.ID] = true
		if len(a.Keys) == 0 {
			t.Errorf("%s has no key", a.ID)
		}
		if n := utf8.RuneCountInString(a.Title); n == 0 || n > 28 {
			t.Errorf("%s: title %q is %d characters long", a.ID, a.Title, n)
		}
		if n := utf8.RuneCountInString(a.Short); n == 0 || n > 14 {
			t.Errorf("%s: short title %q is %d characters long", a.ID, a.Short, n)
		}
		if !strings.HasSuffix(a.Help, ".") || strings.Count(a.Help, ". ") > 0 || !unicode.IsUpper([]rune(a.Help)[0]) {
			t.Errorf("%s: help %q is not one sentence", a.ID, a.Help)
		}
		for _, r := range a.Title + a.Short + a.Help {
			if r < 0x20 || r > 0x7e {
				t.Errorf("%s: %q cannot be shown on an ASCII screen", a.ID, r)
			}
		}
		if a.Group == "" {
			t.Errorf("%s has no group", a.ID)
		}
		if want := prefixOf(a.Scope); !strings.HasPrefix(string(a.ID), want) {
			t.Errorf("%s is in scope %s, its name should begin with %s", a.ID, a.Scope, want)
		}
		if a.Scope.Title() == string(a.Scope) {
			t.Errorf("scope %s has no title", a.Scope)
		}
	}
}

func prefixOf(s keymap.Scope) string {
	if s == keymap.Global {
		return "app."
	}
	return string(s) + "."
}

func TestDefaultsHaveNoProblems(t *testing.T) {
	_, problems := keymap.New(ui.Actions(), nil)
	for _, p := range problems {
		t.Error(p)
	}
}

// A key is written in its canonical form, so that docs and hints
// show what Bubble Tea reports.
func TestDefaultKeysAreCanonical(t *testing.T) {
	for _, a := range ui.Actions() {
		for _, k := range a.Keys {
			if got, err := keymap.Sequence(k); err != nil || got != k {
				t.Errorf("%s: key %q should be written %q (%v)", a.ID, k, got, err)
			}
		}
		if !slices.ContainsFunc(a.Keys, func(k string) bool { return !keymap.NeedsEnhancement(k) }) {
			t.Errorf("%s has no key that every terminal sends", a.ID)
		}
	}
}

// shadows are the keys by which an inner scope deliberately hides an action
// that works everywhere else. A list over the views takes every key it has; a
// text field is asked before.
var shadows = map[keymap.Scope]string{
	keymap.Filter:  "tab shift+tab",
	keymap.Builder: "u",
	keymap.Prompt:  "tab",
	keymap.Palette: "ctrl+p",
	keymap.Help:    "q ?",
	keymap.Log:     "q L",
	keymap.Menu:    "ctrl+p",
	keymap.Columns: "ctrl+p",
	keymap.Form:    "tab shift+tab ctrl+o ctrl+p",
	keymap.Review:  "q y",
	keymap.Confirm: "q y tab shift+tab",
	keymap.Charts:  "t",   // nothing there can be tagged
	keymap.Graph:   "t",   // the types of lines; a t tags there
	keymap.Console: "tab", // completes, as in the filter line
	keymap.Answer:  "t",   // nothing there can be tagged
}

func TestShadowsAreDeliberate(t *testing.T) {
	m := defaults(t)
	global := map[string]keymap.ID{}
	for _, a := range m.In(keymap.Global) {
		for _, k := range a.Keys {
			global[k] = a.ID
		}
	}
	for _, s := range m.Scopes() {
		if s == keymap.Global {
			continue
		}
		allowed := strings.Fields(shadows[s])
		var found []string
		for _, a := range m.In(s) {
			for _, k := range a.Keys {
				id, hidden := global[k]
				if !hidden {
					continue
				}
				found = append(found, k)
				if !slices.Contains(allowed, k) {
					t.Errorf("%s: key %s hides %s", a.ID, k, id)
				}
			}
		}
		for _, k := range allowed {
			if !slices.Contains(found, k) {
				t.Errorf("%s is listed as hiding %s, which it does not", s, k)
			}
		}
	}
}

func TestTextFieldsLeaveLettersAlone(t *testing.T) {
	for _, s := range []keymap.Scope{keymap.Filter, keymap.Prompt, keymap.Palette, keymap.Form, keymap.Area} {
		for _, a := range defaults(t).In(s) {
			for _, k := range a.Keys {
				if keymap.Printable(k) {
					t.Errorf("%s takes %q away from a text field", a.ID, k)
				}
			}
		}
	}
}

// Whatever a person writes, the keys an action has in the end run it in its
// scope, the program can be left, and writing the keys of a map back as
// overrides gives the same map.
func TestAnyOverridesGiveASoundMap(t *testing.T) {
	ids := make([]string, 0, len(ui.Actions()))
	for _, a := range ui.Actions() {
		ids = append(ids, string(a.ID))
	}
	key := rapid.SampledFrom([]string{"j", "k", "q", "o", "g", "g g", "g d", "ctrl+c", "space", "?", "shift+a", "nokey", "", "tab", "ctrl+i", "x y z"})
	rapid.Check(t, func(t *rapid.T) {
		overrides := rapid.MapOf(rapid.SampledFrom(ids), rapid.SliceOfN(key, 0, 4)).Draw(t, "overrides")
		m, _ := keymap.New(ui.Actions(), overrides)
		back := map[string][]string{}
		for _, a := range m.All() {
			back[string(a.ID)] = a.Keys
			for _, k := range a.Keys {
				f := strings.Fields(k)
				got, match := m.Resolve([]keymap.Scope{a.Scope}, f[:len(f)-1], f[len(f)-1])
				if match != keymap.Full || got.ID != a.ID {
					t.Fatalf("%s by %q gives %s, %v", a.ID, k, got.ID, match)
				}
			}
		}
		if q, _ := m.Action(keymap.AppQuit); len(q.Keys) == 0 {
			t.Fatal("no way out")
		}
		again, _ := keymap.New(ui.Actions(), back)
		for _, a := range again.All() {
			if !slices.Equal(a.Keys, back[string(a.ID)]) {
				t.Fatalf("%s: %v came back as %v", a.ID, back[string(a.ID)], a.Keys)
			}
		}
	})
}

func TestLabelsOfAllKeys(t *testing.T) {
	for _, a := range ui.Actions() {
		for _, k := range a.Keys {
			l := keymap.KeyLabel(k)
			if ansi.StringWidth(l) != utf8.RuneCountInString(l) || ansi.StringWidthWc(l) != utf8.RuneCountInString(l) {
				t.Errorf("the label %q holds a wide sign", l)
			}
			for _, r := range keymap.KeyLabelASCII(k) {
				if r < 0x20 || r > 0x7e {
					t.Errorf("the label of %q is not ASCII", k)
				}
			}
		}
	}
}

// The names of actions stand in people's configurations: one that was released
// works for good.
func TestReleasedNamesOfActionsKeepWorking(t *testing.T) {
	config, err := os.ReadFile("../testdata/schema5/config.toml")
	if err != nil {
		t.Fatal(err)
	}
	overrides := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^"([a-z0-9_.]+)" = \["([^"]+)"\]`).FindAllStringSubmatch(string(config), -1) {
		overrides[m[1]] = []string{m[2]}
	}
	if len(overrides) < 384 {
		t.Fatalf("only %d names are bound", len(overrides))
	}
	m, problems := keymap.New(ui.Actions(), overrides)
	for _, p := range problems {
		t.Error(p)
	}
	for id, keys := range overrides {
		f := strings.Fields(keys[0])
		got, match := m.Resolve([]keymap.Scope{keymap.ID(id).Scope()}, f[:len(f)-1], f[len(f)-1])
		if match != keymap.Full || string(got.ID) != id {
			t.Errorf("%s bound to %s runs %q", id, keys[0], got.ID)
		}
	}
}
