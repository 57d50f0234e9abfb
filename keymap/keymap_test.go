package keymap

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

// A flag must be known before the tests run, so it is registered here.
var update = flag.Bool("update", false, "write docs/keys.md instead of comparing with it")

func TestEveryActionIsComplete(t *testing.T) {
	seen := map[ID]bool{}
	for _, a := range Actions() {
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

func prefixOf(s Scope) string {
	if s == Global {
		return "app."
	}
	return string(s) + "."
}

func TestDefaultsHaveNoProblems(t *testing.T) {
	_, problems := New(Actions(), nil)
	for _, p := range problems {
		t.Error(p)
	}
}

// A key is written in its canonical form, so that docs and hints
// show what Bubble Tea reports.
func TestDefaultKeysAreCanonical(t *testing.T) {
	for _, a := range Actions() {
		for _, k := range a.Keys {
			if got, err := Sequence(k); err != nil || got != k {
				t.Errorf("%s: key %q should be written %q (%v)", a.ID, k, got, err)
			}
		}
		if !slices.ContainsFunc(a.Keys, func(k string) bool { return !NeedsEnhancement(k) }) {
			t.Errorf("%s has no key that every terminal sends", a.ID)
		}
	}
}

// shadows are the keys by which an inner scope deliberately hides an action
// that works everywhere else. A list over the views takes every key it has; a
// text field is asked before.
var shadows = map[Scope]string{
	Filter:  "tab shift+tab",
	Builder: "u",
	Prompt:  "tab",
	Palette: "ctrl+p",
	Help:    "q ?",
	Log:     "q L",
	Menu:    "q ctrl+p",
	Columns: "q r",
	Form:    "tab shift+tab ctrl+o ctrl+p",
	Review:  "q y",
	Confirm: "q y tab shift+tab",
	Charts:  "t",   // nothing there can be tagged
	Graph:   "t",   // the types of lines; a t tags there
	Console: "tab", // completes, as in the filter line
	Answer:  "t",   // nothing there can be tagged
}

func TestShadowsAreDeliberate(t *testing.T) {
	m := Default()
	global := map[string]ID{}
	for _, a := range m.In(Global) {
		for _, k := range a.Keys {
			global[k] = a.ID
		}
	}
	for _, s := range m.Scopes() {
		if s == Global {
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
	for _, s := range []Scope{Filter, Prompt, Palette, Form, Area} {
		for _, a := range Default().In(s) {
			for _, k := range a.Keys {
				if Printable(k) {
					t.Errorf("%s takes %q away from a text field", a.ID, k)
				}
			}
		}
	}
}

func TestKeyNames(t *testing.T) {
	for in, want := range map[string]string{
		"j": "j", "G": "G", "shift+g": "G", "SHIFT+g": "G", "shift+G": "G",
		" ": "space", "space": "space", "Space": "space", "ctrl+space": "ctrl+space",
		"return": "enter", "Escape": "esc", "PageDown": "pgdown", "pgdn": "pgdown", "DEL": "delete",
		"^o": "ctrl+o", "Ctrl+O": "ctrl+o", "ctrl-o": "ctrl+o", "C-o": "ctrl+o", "control+o": "ctrl+o",
		"ctrl+shift+o": "ctrl+shift+o", "alt+X": "alt+shift+x", "option+left": "alt+left",
		"shift+ctrl+alt+up": "ctrl+alt+shift+up", "+": "+", "-": "-", "ctrl++": "ctrl++", "alt+-": "alt+-",
		"plus": "+", "minus": "-", "^": "^", "backtab": "shift+tab", "shift+tab": "shift+tab",
		"ä": "ä", "shift+ä": "Ä", "日": "日", "F5": "f5", "shift+enter": "shift+enter", "ctrl+I": "ctrl+i",
	} {
		got, err := Key(in)
		if err != nil || got != want {
			t.Errorf("Key(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "foo", "ctrl+foo", "f99", "\x01", "ctrl+", "a b", "hyper+"} {
		if got, err := Key(in); err == nil {
			t.Errorf("Key(%q) = %q, want an error", in, got)
		}
	}
}

func TestKeyNamesSettle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once, err := Key(rapid.OneOf(rapid.String(), rapid.StringMatching(`((ctrl|alt|shift|super)[+-]){0,3}([a-zA-Z+^-]|enter|space|pgup)`)).Draw(t, "key"))
		if err != nil {
			return
		}
		twice, err := Key(once)
		if err != nil || twice != once {
			t.Fatalf("%q became %q (%v)", once, twice, err)
		}
	})
}

func TestResolve(t *testing.T) {
	actions := []Action{
		{ID: AppQuit, Scope: Global, Keys: []string{"q", "ctrl+c"}},
		{ID: "app.top", Scope: Global, Keys: []string{"g g"}},
		{ID: "app.down", Scope: Global, Keys: []string{"j", "g d"}},
		{ID: "events.date", Scope: Events, Keys: []string{"g d", "g m space"}},
		{ID: "events.quick", Scope: Events, Keys: []string{"q"}},
	}
	m, problems := New(actions, nil)
	if len(problems) != 0 {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		scopes  string
		pending string
		key     string
		id      ID
		match   Match
	}{
		{"global", "", "q", AppQuit, Full},
		{"events global", "", "q", "events.quick", Full},
		{"events global", "", "ctrl+c", AppQuit, Full},
		{"events", "", "ctrl+c", "", None},
		{"events global", "", "g", "", Prefix},
		{"events global", "g", "d", "events.date", Full},
		{"global", "g", "d", "app.down", Full},
		{"events global", "g", "g", "app.top", Full},
		{"events global", "g", "m", "", Prefix},
		{"events global", "g m", "space", "events.date", Full},
		{"events global", "g m", " ", "events.date", Full},
		{"events global", "g", "x", "", None},
		{"events global", "", "x", "", None},
		{"nowhere", "", "q", "", None},
		{"", "", "q", "", None},
	} {
		var scopes []Scope
		for _, s := range strings.Fields(c.scopes) {
			scopes = append(scopes, Scope(s))
		}
		a, match := m.Resolve(scopes, strings.Fields(c.pending), c.key)
		if a.ID != c.id || match != c.match {
			t.Errorf("%s: %q then %q gives %q %v, want %q %v", c.scopes, c.pending, c.key, a.ID, match, c.id, c.match)
		}
	}
}

func TestContinuations(t *testing.T) {
	m, _ := New([]Action{
		{ID: "app.a", Scope: Global, Keys: []string{"g a", "x"}},
		{ID: "app.b", Scope: Global, Keys: []string{"g b", "g c d"}},
		{ID: "events.b", Scope: Events, Keys: []string{"g b"}},
	}, nil)
	got := m.Continuations([]Scope{Events, Global}, []string{"g"})
	want := []struct {
		id   ID
		keys string
	}{{"events.b", "b"}, {"app.a", "a"}, {"app.b", "c d"}}
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i, w := range want {
		if got[i].ID != w.id || strings.Join(got[i].Keys, ",") != w.keys {
			t.Errorf("%d: %s by %v, want %s by %s", i, got[i].ID, got[i].Keys, w.id, w.keys)
		}
	}
	if c := m.Continuations([]Scope{Global}, nil); c != nil {
		t.Errorf("without a key: %v", c)
	}
	if a, _ := m.Action("app.b"); strings.Join(a.Keys, ",") != "g b,g c d" {
		t.Errorf("the map was changed: %v", a.Keys)
	}
}

func TestOverrides(t *testing.T) {
	find := func(ps []Problem, k Kind, id ID) bool {
		return slices.ContainsFunc(ps, func(p Problem) bool { return p.Kind == k && p.Action == id && p.Msg != "" })
	}
	for _, c := range []struct {
		name      string
		overrides map[string][]string
		press     string
		runs      ID
		problem   Kind
		about     ID
	}{
		{"a free key", map[string][]string{"events.open": {"enter", "o"}}, "o", EventsOpen, -1, ""},
		{"another spelling", map[string][]string{"events.open": {"Ctrl-E"}}, "ctrl+e", EventsOpen, -1, ""},
		{"a key of another action", map[string][]string{"events.open": {"j"}}, "j", EventsOpen, Conflict, EventsDown},
		{"its last key", map[string][]string{"events.open": {"s"}}, "s", EventsOpen, Lost, EventsSort},
		{"a key two overrides want", map[string][]string{"events.sort": {"o"}, "events.pivot": {"o"}}, "o", EventsPivot, Conflict, EventsSort},
		{"no key", map[string][]string{"events.sort": {}}, "s", "", -1, ""},
		{"an unknown action", map[string][]string{"event.open": {"o"}}, "enter", EventsOpen, UnknownAction, "event.open"},
		{"a bad name", map[string][]string{"events.sort": {"strg+s", "o"}}, "o", EventsSort, BadKey, EventsSort},
		{"a key that works everywhere", map[string][]string{"events.sort": {"?"}}, "?", EventsSort, Shadow, EventsSort},
		{"a key few terminals send", map[string][]string{"events.sort": {"shift+enter"}}, "shift+enter", EventsSort, Plain, EventsSort},
		{"the beginning of another", map[string][]string{"events.sort": {"o"}, "events.pivot": {"o p"}}, "o", EventsSort, Conflict, EventsSort},
		{"no way out", map[string][]string{"app.quit": {}}, "ctrl+c", AppQuit, -1, ""},
		{"the way out taken", map[string][]string{"app.quit": {}, "app.log": {"ctrl+c", "L"}}, "ctrl+c", AppQuit, Conflict, AppLog},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, problems := New(Actions(), c.overrides)
			a, _ := m.Resolve([]Scope{Events, Global}, nil, c.press)
			if a.ID != c.runs {
				t.Errorf("%s runs %q, want %q", c.press, a.ID, c.runs)
			}
			if c.problem < 0 && len(problems) != 0 {
				t.Errorf("problems %v", problems)
			}
			if c.problem >= 0 && !find(problems, c.problem, c.about) {
				t.Errorf("no problem of kind %d about %s in %v", c.problem, c.about, problems)
			}
		})
	}
}

func TestUnknownActionIsHelpful(t *testing.T) {
	_, problems := New(Actions(), map[string][]string{"event.pivot": {"o"}})
	if len(problems) != 1 || !strings.Contains(problems[0].String(), "events.pivot") {
		t.Errorf("%v", problems)
	}
}

// Whatever a person writes, the keys an action has in the end run it in its
// scope, the program can be left, and writing the keys of a map back as
// overrides gives the same map.
func TestAnyOverridesGiveASoundMap(t *testing.T) {
	ids := make([]string, 0, len(Actions()))
	for _, a := range Actions() {
		ids = append(ids, string(a.ID))
	}
	key := rapid.SampledFrom([]string{"j", "k", "q", "o", "g", "g g", "g d", "ctrl+c", "space", "?", "shift+a", "nokey", "", "tab", "ctrl+i", "x y z"})
	rapid.Check(t, func(t *rapid.T) {
		overrides := rapid.MapOf(rapid.SampledFrom(ids), rapid.SliceOfN(key, 0, 4)).Draw(t, "overrides")
		m, _ := New(Actions(), overrides)
		back := map[string][]string{}
		for _, a := range m.All() {
			back[string(a.ID)] = a.Keys
			for _, k := range a.Keys {
				f := strings.Fields(k)
				got, match := m.Resolve([]Scope{a.Scope}, f[:len(f)-1], f[len(f)-1])
				if match != Full || got.ID != a.ID {
					t.Fatalf("%s by %q gives %s, %v", a.ID, k, got.ID, match)
				}
			}
		}
		if q, _ := m.Action(AppQuit); len(q.Keys) == 0 {
			t.Fatal("no way out")
		}
		again, _ := New(Actions(), back)
		for _, a := range again.All() {
			if !slices.Equal(a.Keys, back[string(a.ID)]) {
				t.Fatalf("%s: %v came back as %v", a.ID, back[string(a.ID)], a.Keys)
			}
		}
	})
}

func TestHints(t *testing.T) {
	m := Default()
	got := m.Hints([]Scope{Events, Global}, EventsOpen, EventsMark, AppForward, "no.such", FacetsInclude, AppHelp)
	var said []string
	for _, h := range got {
		said = append(said, KeyLabelASCII(h.Keys)+" "+h.Text)
	}
	if s := strings.Join(said, "  "); s != "enter open  space mark  alt+right forward  ? help" {
		t.Errorf("%s", s)
	}
	m, _ = New(Actions(), map[string][]string{"events.sort": {"?", "o"}})
	if h := m.Hints([]Scope{Events, Global}, AppHelp); len(h) != 0 {
		t.Errorf("a hidden key is hinted at: %v", h)
	}
	a := Action{Title: "Überblick zeigen"}
	if a.hint() != "überblick zeigen" {
		t.Errorf("%q", a.hint())
	}
}

func TestKeyLabels(t *testing.T) {
	for _, c := range []struct{ key, unicode, ascii string }{
		{"enter", "⏎", "enter"}, {"space", "space", "space"}, {"ctrl+o", "^o", "^o"},
		{"alt+left", "alt+←", "alt+left"}, {"g d", "g d", "g d"}, {"ctrl+right", "ctrl+→", "ctrl+right"},
		{"ctrl+space", "ctrl+space", "ctrl+space"}, {"+", "+", "+"}, {"-", "-", "-"}, {"^", "^", "^"},
		{"ctrl+alt+x", "ctrl+alt+x", "ctrl+alt+x"}, {"backspace", "⌫", "bksp"}, {"shift+tab", "shift+tab", "shift+tab"},
	} {
		if got := KeyLabel(c.key); got != c.unicode {
			t.Errorf("KeyLabel(%q) = %q", c.key, got)
		}
		if got := KeyLabelASCII(c.key); got != c.ascii {
			t.Errorf("KeyLabelASCII(%q) = %q", c.key, got)
		}
	}
	for _, a := range Default().All() {
		for _, k := range a.Keys {
			l := KeyLabel(k)
			if ansi.StringWidth(l) != utf8.RuneCountInString(l) || ansi.StringWidthWc(l) != utf8.RuneCountInString(l) {
				t.Errorf("the label %q holds a wide sign", l)
			}
			for _, r := range KeyLabelASCII(k) {
				if r < 0x20 || r > 0x7e {
					t.Errorf("the label of %q is not ASCII", k)
				}
			}
		}
	}
}

func TestDocsAreFresh(t *testing.T) {
	const path = "../docs/keys.md"
	want := Default().Markdown()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale: run go test ./keymap -update", path)
	}
}

func TestReadmeIsFresh(t *testing.T) {
	const path, from, to = "../README.md", "<!-- keys: written by go test ./keymap -update -->\n", "<!-- /keys -->"
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(readme), from)
	_, tail, ok2 := strings.Cut(rest, to)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table of keys", path)
	}
	want := head + from + Default().Beginning() + to + tail
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(readme) != want {
		t.Errorf("the table of keys in %s is stale: run make keys", path)
	}
}

func TestMarkdownNamesEveryAction(t *testing.T) {
	doc := Default().Markdown()
	for _, a := range Actions() {
		if n := strings.Count(doc, "`"+string(a.ID)+"` |"); n != 1 {
			t.Errorf("%s stands %d times in the list of keys", a.ID, n)
		}
	}
}
