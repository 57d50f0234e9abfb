package palette

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"threatbench/theme"
)

func styles(t testing.TB, name string, ascii bool) *theme.Styles {
	t.Helper()
	st, err := theme.Load(name, true, ascii)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func actions() []Item {
	return []Item{
		{ID: "events.open", Title: "Open event", Detail: "Show the event under the cursor", Keys: "⏎"},
		{ID: "events.filter", Title: "Edit filter", Detail: "Narrow the list", Keys: "/"},
		{ID: "events.sort", Title: "Sort by column", Detail: "Order the list", Keys: "s"},
		{ID: "events.tag", Title: "Tag marked events", Keys: "t", Disabled: "the profile is read-only"},
		{ID: "app.quit", Title: "Quit", Detail: "Leave the workbench", Keys: "q ^c"},
		{ID: "app.theme", Title: "Choose theme", Detail: "Dark, light and others", Keys: "T"},
	}
}

func palette(t testing.TB) *Model {
	t.Helper()
	m := New(styles(t, "mono", false))
	m.SetItems(actions())
	return m
}

func ids(m *Model) string {
	var out []string
	for _, h := range m.hits {
		out = append(out, m.items[h.item].ID)
	}
	return strings.Join(out, " ")
}

func typed(m *Model, s string) {
	for _, r := range s {
		m.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

func TestTypingNarrows(t *testing.T) {
	tests := []struct {
		query, first string
		n            int
	}{
		{"", "events.open", 6},
		{"sort", "events.sort", 1},
		{"SORT", "events.sort", 1},
		{"col sort", "events.sort", 1},
		{"sbc", "events.sort", 1},
		{"qu", "app.quit", 1},
		{"workbench", "app.quit", 1}, // in the detail
		{"app.", "app.quit", 2},      // in the id
		{"^c", "app.quit", 1},        // in the keys
		{"  ", "events.open", 6},
		{"zzz", "", 0},
	}
	for _, tt := range tests {
		m := palette(t)
		typed(m, tt.query)
		it, ok := m.Selected()
		n, all := m.Len()
		if it.ID != tt.first || ok != (tt.n > 0) || n != tt.n || all != 6 {
			t.Errorf("%q: %q first, %d of %d (%s)", tt.query, it.ID, n, all, ids(m))
		}
	}
}

func TestTitlesComeBeforeTheRest(t *testing.T) {
	m := palette(t)
	typed(m, "light")
	if got := ids(m); got != "app.theme" {
		t.Fatalf("light: %s", got)
	}
	m.SetItems(append(actions(), Item{ID: "x", Title: "Highlight"}))
	if got := ids(m); got != "x app.theme" {
		t.Errorf("light: %s", got)
	}
}

// TestWhatCanRunComesFirst: an action that can't be run now is below those
// that can, and what is said to come first is above all.
func TestWhatCanRunComesFirst(t *testing.T) {
	m := palette(t)
	m.SetItems([]Item{{ID: "now", Title: "Open the node", Disabled: "no graph is shown"}, {ID: "far", Title: "Show op. e. n."}, {ID: "first", Title: "open …", First: true}})
	typed(m, "open")
	if got := ids(m); got != "first far now" {
		t.Errorf("open: %s", got)
	}
}

func TestRecentFirst(t *testing.T) {
	m := palette(t)
	m.SetRecent([]string{"app.quit", "gone", "events.sort", "app.quit"})
	if got := ids(m); got != "app.quit events.sort events.open events.filter events.tag app.theme" {
		t.Errorf("the order is %s", got)
	}
}

func TestDisabledDoesNotRun(t *testing.T) {
	m := palette(t)
	m.SetQuery("tag")
	if it, ok := m.Selected(); !ok || it.ID != "events.tag" {
		t.Fatalf("%q is chosen", it.ID)
	}
	if it, ok := m.Run(); ok {
		t.Errorf("%q ran", it.ID)
	}
	if got := ansi.Strip(m.Lines(70, 2)[1]); !strings.Contains(got, "not now: the profile is read-only") {
		t.Errorf("the reason isn't shown: %q", got)
	}
	m.Reset()
	if it, ok := m.Run(); !ok || it.ID != "events.open" {
		t.Errorf("%q would run", it.ID)
	}
	m.SetQuery("zzz")
	if _, ok := m.Run(); ok {
		t.Error("nothing ran")
	}
}

func TestMoving(t *testing.T) {
	m := palette(t)
	m.Lines(60, 4) // three rows
	steps := []struct {
		name string
		do   func()
		want string
	}{
		{"up goes round", m.Up, "app.theme"},
		{"down goes round", m.Down, "events.open"},
		{"page", func() { m.Page(1) }, "events.sort"},
		{"page past the end", func() { m.Page(9) }, "app.theme"},
		{"home", m.Home, "events.open"},
		{"end", m.End, "app.theme"},
		{"click", func() { m.Lines(60, 4); m.Hit(1) }, "events.tag"},
		{"click on the entry", func() { m.Hit(0) }, "events.tag"},
		{"click below", func() { m.Hit(4) }, "events.tag"},
		{"typing goes to the top", func() { typed(m, "e") }, "events.filter"},
	}
	for _, s := range steps {
		s.do()
		if it, _ := m.Selected(); it.ID != s.want {
			t.Fatalf("%s: %s is chosen, want %s", s.name, it.ID, s.want)
		}
	}
}

func TestNewItemsKeepTheChoice(t *testing.T) {
	m := palette(t)
	m.End()
	items := actions()
	slices.Reverse(items)
	m.SetItems(items)
	if it, _ := m.Selected(); it.ID != "app.theme" {
		t.Errorf("%s is chosen", it.ID)
	}
}

func TestDrawing(t *testing.T) {
	m := New(styles(t, "dark", false))
	m.SetItems(actions())
	m.SetPrompt(": ", "type an action")
	want := []string{
		": type an action               6 of 6",
		"▌ Open event  Show the event und… ⏎ ",
		"  Edit filter  Narrow the list    / ",
	}
	for i, l := range m.Lines(36, 3) {
		if got := ansi.Strip(l); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want[i]), " ") {
			t.Errorf("line %d is %q, want %q", i, got, want[i])
		}
	}
	m.SetQuery("ofit")
	if n, _ := m.Len(); n != 0 {
		t.Errorf("%d match ofit", n)
	}
	m.SetQuery("fil")
	hit := m.st.Match.Paint("fil")
	if got := m.Lines(40, 2)[1]; !strings.Contains(got, hit) {
		t.Errorf("the letters that match aren't marked in %q", got)
	}
	if got := ansi.Strip(m.Lines(40, 9)[0]); !strings.HasPrefix(got, ": fil") || !strings.HasSuffix(got, "1 of 6") {
		t.Errorf("the entry is %q", got)
	}
	if x, y := m.Cursor(40); x != 5 || y != 0 {
		t.Errorf("the cursor is at %d, %d", x, y)
	}
	m.SetQuery("zzz")
	if got := ansi.Strip(m.Lines(40, 2)[1]); !strings.Contains(got, "Nothing matches.") {
		t.Errorf("without a match: %q", got)
	}
}

func TestPasteIsMadeVisible(t *testing.T) {
	m := palette(t)
	m.Update(tea.PasteMsg{Content: "so\u202ert\x1b[2J\n"})
	if got := m.Query(); got != "sort[2J" {
		t.Errorf("the entry holds %q", got)
	}
	m.Reset()
	m.Update(tea.PasteMsg{Content: strings.Repeat("x", 1000)})
	if got := len(m.Query()); got != maxQuery {
		t.Errorf("%d characters were taken", got)
	}
}

// TestEverySizeIsExact: whatever is typed into whatever window, with the
// cursor in it.
func TestEverySizeIsExact(t *testing.T) {
	dark, mono := styles(t, "dark", false), styles(t, "mono", true)
	pieces := []string{"word ", "漢字", "e\u0301", "🔥", "🇺🇦", "a", " ", "\u0600", "\x1b[31m", "\xff", strings.Repeat("long", 20)}
	str := rapid.Map(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 6), func(s []string) string { return strings.Join(s, "") })
	rapid.Check(t, func(t *rapid.T) {
		m := New(dark)
		if rapid.Bool().Draw(t, "ascii") {
			m.SetStyles(mono)
		}
		m.SetPrompt("> ", str.Draw(t, "hint"))
		var items []Item
		for range rapid.IntRange(0, 20).Draw(t, "items") {
			items = append(items, Item{ID: "id", Title: str.Draw(t, "title"), Detail: str.Draw(t, "detail"), Keys: str.Draw(t, "keys"), Disabled: rapid.SampledFrom([]string{"", "because"}).Draw(t, "why")})
		}
		m.SetItems(items)
		for range rapid.IntRange(1, 5).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				m.Update(tea.PasteMsg{Content: str.Draw(t, "typed")})
			case 1:
				m.Update(tea.KeyPressMsg{Code: tea.KeyLeft})
			case 2:
				m.Update(tea.KeyPressMsg{Code: tea.KeyBackspace})
			case 3:
				m.Page(rapid.IntRange(-3, 3).Draw(t, "pages"))
			case 4:
				m.Up()
			}
			w, h := rapid.IntRange(0, 60).Draw(t, "w"), rapid.IntRange(0, 12).Draw(t, "h")
			lines := m.Lines(w, h)
			if len(lines) != h {
				t.Fatalf("%d lines, want %d", len(lines), h)
			}
			for i, l := range lines {
				if m.st.Glyphs.ASCII && strings.ContainsFunc(l, func(r rune) bool { return r > 0x7e }) {
					t.Fatalf("line %d isn't ASCII: %q", i, l)
				}
				if got := ansi.StringWidth(l); got != w {
					t.Fatalf("line %d is %d cells wide, want %d: %q", i, got, w, l)
				}
			}
			if x, y := m.Cursor(w); w > 0 && (x < 0 || x >= w || y != 0) {
				t.Fatalf("the cursor is at %d, %d of %d", x, y, w)
			}
		}
	})
}

func BenchmarkKey(b *testing.B) {
	items := make([]Item, 1000)
	for i := range items {
		items[i] = Item{ID: fmt.Sprintf("group%d.action%d", i%20, i), Title: fmt.Sprintf("Do the thing number %d to events", i), Detail: "It does what it says and can be undone", Keys: "x"}
	}
	m := New(styles(b, "dark", false))
	m.SetItems(items)
	b.ReportAllocs()
	for b.Loop() {
		m.SetQuery("")
		typed(m, "thing")
		m.Lines(80, 20)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/6, "µs/key")
}
