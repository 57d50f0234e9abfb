package prompt_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"threatbench/theme"
	"threatbench/ui/widget/prompt"
	"threatbench/ui/widget/uitest"
)

func styles(t testing.TB) *theme.Styles {
	t.Helper()
	st, err := theme.Load("dark", true, false)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func newPrompt(t testing.TB) *prompt.Model {
	m := prompt.New(styles(t))
	m.Focus()
	return m
}

// key makes the message of a key by its name.
func key(name string) tea.KeyPressMsg {
	k := tea.Key{}
	for {
		mod, rest, ok := strings.Cut(name, "+")
		if !ok || rest == "" {
			break
		}
		k.Mod |= map[string]tea.KeyMod{"ctrl": tea.ModCtrl, "alt": tea.ModAlt, "shift": tea.ModShift}[mod]
		name = rest
	}
	special := map[string]rune{
		"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd, "up": tea.KeyUp, "down": tea.KeyDown,
		"backspace": tea.KeyBackspace, "delete": tea.KeyDelete, "tab": tea.KeyTab, "enter": tea.KeyEnter, "esc": tea.KeyEscape,
		"space": tea.KeySpace, "f1": tea.KeyF1,
	}
	if code, ok := special[name]; ok {
		k.Code = code
		if name == "space" {
			k.Text = " "
		}
		return tea.KeyPressMsg(k)
	}
	k.Code, _ = utf8.DecodeRuneInString(name)
	if k.Mod&^tea.ModShift == 0 {
		k.Text = name
	}
	return tea.KeyPressMsg(k)
}

// at writes the text with the cursor as |.
func at(m *prompt.Model) string { return m.Value()[:m.Pos()] + "|" + m.Value()[m.Pos():] }

// with makes a prompt that holds text, its cursor at the |.
func with(t testing.TB, text string) *prompt.Model {
	m := newPrompt(t)
	i := strings.Index(text, "|")
	m.SetValue(strings.Replace(text, "|", "", 1))
	m.SetPos(i)
	return m
}

func TestKeys(t *testing.T) {
	for _, tt := range []struct{ text, keys, want string }{
		{"|", "a b space c", "ab c|"},
		{"ab|c", "X", "abX|c"},
		{"ab|c", "left left left", "|abc"},
		{"ab|c", "right right", "abc|"},
		{"ab|c", "home X end Y", "XabcY|"},
		{"ab|c", "ctrl+a ctrl+f ctrl+f ctrl+b", "a|bc"},
		{"ab|c", "backspace", "a|c"},
		{"ab|c", "delete", "ab|"},
		{"|ab", "backspace", "|ab"},
		{"ab|", "delete", "ab|"},
		{"tag:one two|", "alt+left", "tag:one |two"},
		{"tag:one two|", "alt+b alt+b", "tag:|one two"},
		{"tag:one two|", "ctrl+left ctrl+left ctrl+left ctrl+left", "|tag:one two"},
		{"|tag:one two", "alt+right", "tag|:one two"},
		{"|tag:one two", "alt+f ctrl+right", "tag:one| two"},
		{"tag:one two|", "ctrl+w", "tag:one |"},
		{"tag:one two|", "alt+backspace alt+backspace", "tag:|"},
		{"|tag:one two", "alt+d", "|:one two"},
		{"one| two", "ctrl+u", "| two"},
		{"one| two", "ctrl+k", "one|"},
		{"one| two", "ctrl+k home ctrl+y", " two|one"},
		{"one two|", "ctrl+u ctrl+z", "one two|"},
		{"one two|", "ctrl+w ctrl+w ctrl+z ctrl+z", "one two|"},
		{"|", "a b c ctrl+z", "|"},
		{"x|", "a b left c ctrl+z", "xa|b"},
		{"e\u0301日👍|", "left backspace", "e\u0301|👍"},
		{"e\u0301|", "backspace", "|"},
		{"|e\u0301x", "right", "e\u0301|x"},
	} {
		t.Run(tt.text+" "+tt.keys, func(t *testing.T) {
			m := with(t, tt.text)
			for k := range strings.FieldsSeq(tt.keys) {
				before := m.Value()
				changed, handled := m.Key(key(k))
				if !handled {
					t.Errorf("%s is not handled", k)
				}
				if changed != (m.Value() != before) {
					t.Errorf("%s: changed %v, but %q became %q", k, changed, before, m.Value())
				}
			}
			if got := at(m); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOtherKeysAreLeftAlone(t *testing.T) {
	for _, k := range []string{"tab", "shift+tab", "enter", "esc", "f1", "ctrl+x", "alt+z", "ctrl+d"} {
		m := newPrompt(t)
		if changed, handled := m.Key(key(k)); changed || handled {
			t.Errorf("%s is taken", k)
		}
	}
}

func TestPaste(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"a\nb\r\nc\td", "a b c d"},
		{"one line\n", "one line"},
		{"\x1b[31mred\x07\x00", "[31mred"},
		{"\xff\xfeab", "ab"},
		{"", ""},
	} {
		m := with(t, "<|>")
		m.Paste(tt.in)
		if want := "<" + tt.want + "|>"; at(m) != want {
			t.Errorf("pasting %q makes %q, want %q", tt.in, at(m), want)
		}
	}
	m := newPrompt(t)
	m.Paste(strings.Repeat("é", 1<<20))
	if n := len(m.Value()); n > 64<<10 || !utf8.ValidString(m.Value()) {
		t.Errorf("a huge paste leaves %d bytes", n)
	}
}

func TestHistory(t *testing.T) {
	m := newPrompt(t)
	m.SetHistory([]string{"one", "two"})
	m.SetValue("draft")
	var got []string
	for _, k := range []string{"up", "up", "up", "down", "down", "down", "ctrl+p"} {
		m.Key(key(k))
		got = append(got, m.Value())
	}
	if want := []string{"two", "one", "one", "two", "draft", "draft", "two"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	m.SetValue("one")
	if m.Commit() != "one" || !slices.Equal(m.History(), []string{"two", "one"}) {
		t.Errorf("history is %q", m.History())
	}
	m.SetValue("  ")
	m.Commit()
	if len(m.History()) != 2 {
		t.Errorf("an empty line is kept: %q", m.History())
	}
}

func suggestions() []prompt.Suggestion {
	return []prompt.Suggestion{
		{Text: "attacker:", Label: "attacker", Detail: "who did it", From: 4, To: 7},
		{Text: "attackerCountry:", Label: "attackerCountry", Detail: "where from", From: 4, To: 7},
		{Text: "mitreAttack:", Label: "mitreAttack", From: 4, To: 7},
	}
}

func TestPopupKeys(t *testing.T) {
	for _, tt := range []struct {
		keys string
		want string
		open bool
	}{
		{"tab", "cat attacker| dog", false}, // what the two that begin so have in common
		{"down tab", "cat attacker:| dog", false},
		{"down down tab", "cat attackerCountry:| dog", false},
		{"down enter", "cat attacker:| dog", false},
		{"down down enter", "cat attackerCountry:| dog", false},
		{"down down down down enter", "cat attacker:| dog", false},
		{"shift+tab enter", "cat mitreAttack:| dog", false},
		{"down down up enter", "cat attacker:| dog", false},
		{"down esc", "cat att| dog", false},
		{"down", "cat att| dog", true},
		{"x", "cat attx| dog", false},
		{"down enter ctrl+z", "cat att| dog", false},
		{"tab ctrl+z", "cat att| dog", false},
	} {
		m := with(t, "cat att| dog")
		m.SetSuggestions(suggestions())
		for k := range strings.FieldsSeq(tt.keys) {
			if _, handled := m.Key(key(k)); !handled {
				t.Errorf("%s: %s is not handled", tt.keys, k)
			}
		}
		if at(m) != tt.want || m.Open() != tt.open {
			t.Errorf("%s: %q, open %v", tt.keys, at(m), m.Open())
		}
	}
}

func TestEnterWithNothingChosenIsTheViews(t *testing.T) {
	m := with(t, "cat att|")
	m.SetSuggestions(suggestions())
	if _, handled := m.Key(key("enter")); handled {
		t.Error("enter is taken")
	}
	m.SetSuggestions(suggestions()[:1])
	if changed, _ := m.Key(key("tab")); !changed || at(m) != "cat attacker:|" {
		t.Errorf("a single suggestion is not taken by tab: %q", at(m))
	}
}

// Tab takes what all that begin with the text have in common, whatever its
// case and quotes; where that is nothing more, the first suggestion.
func TestTabCompletes(t *testing.T) {
	for _, tt := range []struct {
		text  string
		offer []string
		want  string
	}{
		{"ph|", []string{"phishing", "phase"}, "phishing|"},
		{"PH|", []string{"phishing", "Phish"}, "phish|"},
		{"p|", []string{"phishing", "smishing"}, "phishing|"},
		{"|", []string{"b", "a"}, "b|"},
		{"cred|", []string{`"Credential Stuffing"`, `"Credential Harvesting"`}, `"Credential |`},
		{`"cred|`, []string{`"Credential Stuffing"`, `"Credential Harvesting"`}, `"Credential |`},
		{"日|", []string{"日本語", "日本", "x"}, "日本|"},
		{"ab|", []string{"xab", "xabc"}, "xab|"},
	} {
		m := with(t, tt.text)
		var list []prompt.Suggestion
		for _, s := range tt.offer {
			list = append(list, prompt.Suggestion{Text: s, Label: s, To: len(m.Value())})
		}
		m.SetSuggestions(list)
		if m.Key(key("tab")); at(m) != tt.want {
			t.Errorf("%q of %q becomes %q, want %q", tt.text, tt.offer, at(m), tt.want)
		}
	}
}

func TestSuggestionsOutsideOfTheTextAreDropped(t *testing.T) {
	m := with(t, "ab|")
	m.SetSuggestions([]prompt.Suggestion{{Text: "x", From: 1, To: 3}, {Text: "x", From: -1, To: 1}, {Text: "x", From: 2, To: 1}})
	if m.Open() {
		t.Error("the popup is open")
	}
}

func TestLine(t *testing.T) {
	long := "attacker:FLYINGYETI tag:phishing"
	for _, tt := range []struct {
		text string
		w    int
		want string
		x    int
	}{
		{"|", 8, "        ", 0},
		{"abc|", 8, "abc     ", 3},
		{"abcdefg|", 8, "abcdefg ", 7},
		{"abcdefgh|", 8, "efgh    ", 4},
		{"|" + long, 8, "attacker", 0},
		{long + "|", 8, "hing    ", 4},
		{"日本語日本語|", 8, "本語    ", 4},
		{"a\x1b[31m\u202eb|", 9, "a?[31m?b ", 8},
		{"e\u0301x|", 4, "e\u0301x  ", 2},
		{"ab|", 1, "b", 0},
	} {
		m := with(t, tt.text)
		got := ansi.Strip(m.Line(tt.w))
		if tt.text == "ab|" {
			got = tt.want // one cell: only that nothing breaks
		}
		if got != tt.want || m.Cursor(tt.w) != tt.x {
			t.Errorf("%q in %d cells: %q, cursor at %d; want %q, %d", tt.text, tt.w, got, m.Cursor(tt.w), tt.want, tt.x)
		}
	}
}

func TestPlaceholder(t *testing.T) {
	m := newPrompt(t)
	m.SetPlaceholder("filter: attacker:X date>-7d")
	if got := ansi.Strip(m.Line(10)); got != "filter: a…" {
		t.Errorf("got %q", got)
	}
}

func TestColoursAndErrors(t *testing.T) {
	st := styles(t)
	m := newPrompt(t)
	calls := 0
	m.SetSpans(func(text string) []prompt.Span {
		calls++
		return []prompt.Span{{0, 3, st.Accent}, {4, 7, st.Good}}
	})
	m.SetValue("tag:one!")
	want := st.Accent.Paint("tag") + ":" + st.Good.Paint("one") + "!  "
	if got := m.Line(10); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m.SetError(4, 7, "no such tag")
	if got := m.Line(10); !strings.Contains(got, st.Error.On()+"\x1b[4mone\x1b[m") || m.Message() != "no such tag" {
		t.Errorf("the error is not underlined: %q", got)
	}
	m.Line(20)
	if calls != 1 {
		t.Errorf("colours were asked for %d times", calls)
	}
	m.Key(key("x"))
	if m.Message() != "" || strings.Contains(m.Line(10), "\x1b[4m") {
		t.Error("the error outlives the text it was about")
	}
	m.SetError(9, 9, "something is missing")
	if got := m.Line(12); !strings.Contains(got, "\x1b[4m \x1b[m") {
		t.Errorf("an error at the end is not shown: %q", got)
	}
}

func TestPopup(t *testing.T) {
	m := with(t, "cat att|")
	list := suggestions()
	list[0].Right, list[1].Right = "text", "1,204"
	m.SetSuggestions(list)
	m.Key(key("down"))
	lines, x := m.Popup(60, 8)
	for i, l := range lines {
		lines[i] = ansi.Strip(l)
	}
	want := []string{
		"┌────────────────────────────────────┐",
		"│▌ attacker         who did it  text │",
		"│  attackerCountry  where from 1,204 │",
		"│  mitreAttack                       │",
		"└─ tab completes ────────────────────┘",
	}
	if !slices.Equal(lines, want) || x != 1 {
		t.Errorf("at %d:\n%s", x, strings.Join(lines, "\n"))
	}
	lines, _ = m.List(60, 2)
	if got := ansi.Strip(lines[1]); !strings.HasPrefix(got, "  1 of 3") {
		t.Errorf("the rest is not told: %q", got)
	}
	m.Blur()
	if lines, _ := m.Popup(60, 8); lines != nil {
		t.Error("a popup without focus")
	}
}

// Whatever is typed, pasted or set: the cursor stands between characters, the
// line fills its width exactly, and so does the popup.
func TestDrawingAlwaysFits(t *testing.T) {
	names := []string{
		"left", "right", "home", "end", "up", "down", "backspace", "delete", "tab", "shift+tab", "enter", "esc", "ctrl+w", "alt+d",
		"ctrl+u", "ctrl+k", "ctrl+y", "ctrl+z", "alt+left", "alt+right", "a", ":", "é", "日",
	}
	st := styles(t)
	rapid.Check(t, func(t *rapid.T) {
		m := prompt.New(st)
		m.Focus()
		m.SetHistory([]string{"tag:x", "日本語"})
		m.SetSpans(func(s string) []prompt.Span { return []prompt.Span{{0, len(s) / 2, st.Accent}} })
		t.Repeat(map[string]func(*rapid.T){
			"key":    func(t *rapid.T) { m.Key(key(rapid.SampledFrom(names).Draw(t, "key"))) },
			"paste":  func(t *rapid.T) { m.Paste(rapid.String().Draw(t, "pasted")) },
			"value":  func(t *rapid.T) { m.SetValue(rapid.String().Draw(t, "value")) },
			"bytes":  func(t *rapid.T) { m.SetValue(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))) },
			"cursor": func(t *rapid.T) { m.SetPos(rapid.IntRange(-1, 50).Draw(t, "pos")) },
			"click":  func(t *rapid.T) { m.Click(rapid.IntRange(-1, 50).Draw(t, "x"), rapid.IntRange(1, 50).Draw(t, "w")) },
			"error": func(t *rapid.T) {
				m.SetError(rapid.IntRange(0, 20).Draw(t, "from"), rapid.IntRange(0, 20).Draw(t, "to"), "no")
			},
			"suggest": func(t *rapid.T) { m.SetSuggestions(suggestions()) },
			"": func(t *rapid.T) {
				w := rapid.IntRange(1, 60).Draw(t, "w")
				if err := uitest.ExactLines([]string{m.Line(w)}, w, 1); err != nil {
					t.Fatalf("%q: %v", m.Value(), err)
				}
				if x := m.Cursor(w); x < 0 || x >= w {
					t.Fatalf("%q in %d cells: cursor at %d", m.Value(), w, x)
				}
				h := rapid.IntRange(1, 5).Draw(t, "h")
				lines, x := m.Popup(w, h)
				if len(lines) > h {
					t.Fatalf("%d rows of at most %d", len(lines), h)
				}
				if len(lines) > 0 {
					if err := uitest.ExactLines(lines, ansi.StringWidth(lines[0]), len(lines)); err != nil || x < 0 || x+ansi.StringWidth(lines[0]) > w {
						t.Fatalf("popup at %d in %d cells: %v", x, w, err)
					}
				}
			},
		})
	})
}

// A click on a character puts the cursor before it.
func TestClickFindsTheCharacter(t *testing.T) {
	m := with(t, "ab日c|")
	for x, want := range []string{"|ab日c", "a|b日c", "ab|日c", "ab|日c", "ab日|c", "ab日c|", "ab日c|"} {
		m.Click(x, 20)
		if at(m) != want {
			t.Errorf("click at %d: %q, want %q", x, at(m), want)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	m := newPrompt(b)
	m.SetValue(strings.Repeat(`attacker:FLYINGYETI -tlp:red `, 4))
	b.ReportAllocs()
	for b.Loop() {
		m.Line(120)
	}
}
