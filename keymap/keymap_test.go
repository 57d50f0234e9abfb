package keymap

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// some are actions to try the map on.
func some() []Action {
	return []Action{
		{ID: AppQuit, Scope: Global, Keys: []string{"q", "ctrl+c"}},
		{ID: AppHelp, Scope: Global, Keys: []string{"?"}, Short: "help"},
		{ID: AppLog, Scope: Global, Keys: []string{"L"}},
		{ID: AppForward, Scope: Global, Keys: []string{"alt+right", "ctrl+i"}, Short: "forward"},
		{ID: "events.down", Scope: Events, Keys: []string{"j", "down"}},
		{ID: "events.open", Scope: Events, Keys: []string{"enter"}, Short: "open"},
		{ID: "events.pivot", Scope: Events, Keys: []string{"p"}},
		{ID: "events.sort", Scope: Events, Keys: []string{"s"}},
		{ID: "events.mark", Scope: Events, Keys: []string{"space"}, Short: "mark"},
		{ID: "facets.include", Scope: "facets", Keys: []string{"enter"}},
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
		{"a free key", map[string][]string{"events.open": {"enter", "o"}}, "o", "events.open", -1, ""},
		{"another spelling", map[string][]string{"events.open": {"Ctrl-E"}}, "ctrl+e", "events.open", -1, ""},
		{"a key of another action", map[string][]string{"events.open": {"j"}}, "j", "events.open", Conflict, "events.down"},
		{"its last key", map[string][]string{"events.open": {"s"}}, "s", "events.open", Lost, "events.sort"},
		{"a key two overrides want", map[string][]string{"events.sort": {"o"}, "events.pivot": {"o"}}, "o", "events.pivot", Conflict, "events.sort"},
		{"no key", map[string][]string{"events.sort": {}}, "s", "", -1, ""},
		{"an unknown action", map[string][]string{"event.open": {"o"}}, "enter", "events.open", UnknownAction, "event.open"},
		{"a bad name", map[string][]string{"events.sort": {"strg+s", "o"}}, "o", "events.sort", BadKey, "events.sort"},
		{"a key that works everywhere", map[string][]string{"events.sort": {"?"}}, "?", "events.sort", Shadow, "events.sort"},
		{"a key few terminals send", map[string][]string{"events.sort": {"shift+enter"}}, "shift+enter", "events.sort", Plain, "events.sort"},
		{"the beginning of another", map[string][]string{"events.sort": {"o"}, "events.pivot": {"o p"}}, "o", "events.sort", Conflict, "events.sort"},
		{"no way out", map[string][]string{"app.quit": {}}, "ctrl+c", AppQuit, -1, ""},
		{"the way out taken", map[string][]string{"app.quit": {}, "app.log": {"ctrl+c", "L"}}, "ctrl+c", AppQuit, Conflict, AppLog},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, problems := New(some(), c.overrides)
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
	_, problems := New(some(), map[string][]string{"event.pivot": {"o"}})
	if len(problems) != 1 || !strings.Contains(problems[0].Msg, "events.pivot") {
		t.Errorf("%v", problems)
	}
}

func TestHints(t *testing.T) {
	m, _ := New(some(), nil)
	got := m.Hints([]Scope{Events, Global}, "events.open", "events.mark", AppForward, "no.such", "facets.include", AppHelp)
	var said []string
	for _, h := range got {
		said = append(said, KeyLabelASCII(h.Keys)+" "+h.Text)
	}
	if s := strings.Join(said, "  "); s != "enter open  space mark  alt+right forward  ? help" {
		t.Errorf("%s", s)
	}
	m, _ = New(some(), map[string][]string{"events.sort": {"?", "o"}})
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
}
