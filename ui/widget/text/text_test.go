package text

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

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

// nasty draws strings of what makes widths hard: wide, combining, joined and
// flag characters, styles, controls, bytes that aren't UTF-8.
func nasty() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.StringMatching(`[a-zA-Z0-9 .,:/-]{0,12}`),
		rapid.SampledFrom([]string{
			"漢字", "한글", "e\u0301", "\u0301", "a\u0301\u0302\u0303", "🔥", "👩\u200d💻", "🇺🇦", "🇺", "⚠\ufe0f", "👍🏽", "नि", "\u200b",
			"\x1b[31m", "\x1b[1;38;2;1;2;3m", "\x1b[m", "\x1b[0m", "\x1b]8;;http://x.example\x07", "\x1b[2J", "\x1bP+q\x1b\\", "\u009b31m",
			"\t", "\r", "\a", "\x00", "\x7f", "\xff", "\xc3", "\xe2\x82", "\u202e", " ", "    ", "…",
		}),
		rapid.String(),
	)
	return rapid.Custom(func(t *rapid.T) string {
		s := strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "")
		return strings.ReplaceAll(s, "\n", " ")
	})
}

// exact fails unless lines are h lines of w cells that close their styles and
// hold no control but colours.
func exact(t interface {
	Helper()
	Fatalf(string, ...any)
}, lines []string, w, h int) {
	t.Helper()
	if len(lines) != h {
		t.Fatalf("%d lines, want %d", len(lines), h)
	}
	for i, l := range lines {
		if got := ansi.StringWidth(l); got != w {
			t.Fatalf("line %d is %d cells wide, want %d: %q", i, got, w, l)
		}
		if at := strings.LastIndex(l, "\x1b["); at >= 0 && !strings.HasPrefix(l[at:], theme.Off) {
			t.Fatalf("line %d leaves its style open: %q", i, l)
		}
		if rest := ansi.Strip(l); strings.ContainsFunc(rest, unicode.IsControl) {
			t.Fatalf("line %d holds a control character: %q", i, l)
		}
	}
}

func TestLinesAreExact(t *testing.T) {
	st := styles(t, "dark", false)
	plain := styles(t, "mono", true)
	rapid.Check(t, func(t *rapid.T) {
		m := New(st)
		if rapid.Bool().Draw(t, "ascii") {
			m.SetStyles(plain)
		}
		m.SetWrap(rapid.Bool().Draw(t, "wrap"))
		m.SetLines(rapid.SliceOfN(nasty(), 0, 30).Draw(t, "lines"))
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			w, h := rapid.IntRange(0, 40).Draw(t, "w"), rapid.IntRange(0, 12).Draw(t, "h")
			switch rapid.IntRange(0, 6).Draw(t, "step") {
			case 0:
				m.Scroll(rapid.IntRange(-50, 50).Draw(t, "rows"))
			case 1:
				m.Page(rapid.IntRange(-3, 3).Draw(t, "pages"))
			case 2:
				m.End()
			case 3:
				m.Find(rapid.SampledFrom([]string{"", "a", "é", "漢", "e", " ", "zz"}).Draw(t, "query"))
			case 4:
				m.Next()
			case 5:
				m.Prev()
			case 6:
				m.Shift(rapid.IntRange(-9, 20).Draw(t, "cells"))
			}
			exact(t, m.Lines(w, h), w, h)
		}
	})
}

func TestWidthsAgreeForBothKindsOfTerminal(t *testing.T) {
	st := styles(t, "dark", false)
	m := New(st)
	m.SetLines([]string{"flag 🇺🇦 end", "skin 👍🏽 end", "sign ⚠\ufe0f end"})
	for _, l := range m.Lines(30, 3) {
		if wc := ansi.StringWidthWc(l); wc != 30 {
			t.Errorf("%q is %d cells to a terminal that counts code points", l, wc)
		}
	}
}

func TestASCIIStaysASCII(t *testing.T) {
	m := New(styles(t, "mono", true))
	m.SetWrap(false)
	m.SetLines([]string{"Ünïcode 漢字 🔥 " + strings.Repeat("long ", 10)})
	for _, l := range m.Lines(20, 2) {
		if !Printable(ansi.Strip(l)) {
			t.Errorf("not ASCII: %q", l)
		}
	}
}

// TestWrapLosesNothing: the rows of a line put together are the line, and but
// for overhanging spaces none is too wide.
func TestWrapLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := parse(nasty().Draw(t, "line"), false).plain
		w := rapid.IntRange(1, 30).Draw(t, "w")
		rows := Wrap(s, w)
		if got := strings.Join(rows, ""); got != s {
			t.Fatalf("rows %q make %q, want %q", rows, got, s)
		}
		for _, r := range rows {
			seen := strings.TrimRightFunc(r, func(r rune) bool { return r == ' ' || ansi.StringWidth(string(r)) == 0 })
			_, cells := next(seen+"x", 0)
			if n := ansi.StringWidth(seen); n > w && n > cells {
				t.Fatalf("row %q is %d cells, want at most %d", r, n, w)
			}
		}
	})
}

func TestWrap(t *testing.T) {
	tests := []struct {
		name, in string
		w        int
		want     []string
	}{
		{"fits", "one two", 7, []string{"one two"}},
		{"between words", "one two three", 8, []string{"one two ", "three"}},
		{"space overhangs", "one two", 3, []string{"one ", "two"}},
		{"long word is cut", "abcdefgh", 3, []string{"abc", "def", "gh"}},
		{"indentation stays with its word", "  abcdef", 4, []string{"  ab", "cdef"}},
		{"wide characters", "漢字漢字", 5, []string{"漢字", "漢字"}},
		{"wider than the window", "漢a", 1, []string{"漢", "a"}},
		{"empty", "", 5, []string{""}},
		{"no width", "abc", 0, []string{"abc"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Wrap(tt.in, tt.w); fmt.Sprint(got) != fmt.Sprint(tt.want) || len(got) != len(tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestStylesGoOnInTheNextRow(t *testing.T) {
	m := New(styles(t, "dark", false))
	m.SetLines([]string{"\x1b[31mred red\x1b[m plain"})
	got := m.Lines(4, 4)
	want := []string{"\x1b[31mred \x1b[m", "\x1b[31mred\x1b[m ", "plai", "n   "}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("line %d", i+1)
	}
	return out
}

func TestScroll(t *testing.T) {
	tests := []struct {
		name     string
		do       func(*Model)
		top      string
		position string
	}{
		{"at first", func(*Model) {}, "line 1", "10/100"},
		{"down", func(m *Model) { m.Scroll(3) }, "line 4", "13/100"},
		{"up at the top", func(m *Model) { m.Scroll(-3) }, "line 1", "10/100"},
		{"a page keeps a row", func(m *Model) { m.Page(1) }, "line 10", "19/100"},
		{"page and back", func(m *Model) { m.Page(2); m.Page(-1) }, "line 10", "19/100"},
		{"half", func(m *Model) { m.Half(1) }, "line 6", "15/100"},
		{"end", func(m *Model) { m.End() }, "line 91", "100/100"},
		{"past the end", func(m *Model) { m.Scroll(1 << 40) }, "line 91", "100/100"},
		{"home", func(m *Model) { m.End(); m.Home() }, "line 1", "10/100"},
		{"go to", func(m *Model) { m.GoTo(41) }, "line 42", "51/100"},
		{"go past the end", func(m *Model) { m.GoTo(1000) }, "line 91", "100/100"},
		{"growing shows the end", func(m *Model) { m.End(); m.SetSize(20, 30) }, "line 71", "100/100"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(styles(t, "mono", false))
			m.SetLines(numbered(100))
			m.SetSize(20, 10)
			tt.do(m)
			if got := strings.TrimSpace(m.Lines(20, m.h)[0]); got != tt.top {
				t.Errorf("top is %q, want %q", got, tt.top)
			}
			if got := m.Position(); got != tt.position {
				t.Errorf("position %q, want %q", got, tt.position)
			}
			if want := strings.HasPrefix(tt.position, "100/"); m.AtEnd() != want {
				t.Errorf("at end: %v, want %v", m.AtEnd(), want)
			}
		})
	}
}

func TestResizeKeepsThePlace(t *testing.T) {
	m := New(styles(t, "mono", false))
	m.SetText(strings.Repeat("word ", 400) + "HERE " + strings.Repeat("word ", 400))
	m.SetSize(40, 5)
	m.Find("here")
	m.Scroll(2)
	top := m.at(0).starts[m.top.row]
	m.SetSize(33, 5)
	starts := m.at(0).starts
	if got := rowOf(starts, top); got != m.top.row {
		t.Errorf("the top moved to row %d, want %d", m.top.row, got)
	}
}

func TestFind(t *testing.T) {
	st := styles(t, "dark", false)
	m := New(st)
	lines := numbered(100)
	lines[49] = "Evil and EVIL again"
	lines[80] = "\x1b[31mev\x1b[32mil\x1b[m"
	m.SetLines(lines)
	m.SetSize(30, 10)
	if n := m.Find("evil"); n != 3 {
		t.Fatalf("%d hits, want 3", n)
	}
	at := func(current int, line string) {
		t.Helper()
		cur, total := m.Found()
		if cur != current || total != 3 {
			t.Errorf("hit %d of %d, want %d of 3", cur, total, current)
		}
		if screen := strings.Join(m.Lines(30, 10), "\n"); !strings.Contains(screen, line) {
			t.Errorf("%q isn't in sight:\n%s", line, screen)
		}
	}
	cur, hit := st.MatchCurrent, st.Match
	at(1, cur.Paint("Evil")+" and "+hit.Paint("EVIL"))
	m.Next()
	at(2, hit.Paint("Evil")+" and "+cur.Paint("EVIL"))
	m.Next()
	at(3, cur.Paint("evil"))
	m.Next()
	at(1, cur.Paint("Evil"))
	m.Prev()
	at(3, cur.Paint("evil"))
	if m.Find(""); m.Next() {
		t.Error("an empty query has a next hit")
	}
	if n := m.Find("nowhere"); n != 0 || m.Prev() {
		t.Error("found what isn't there")
	}
}

func TestFindBesideTheWindow(t *testing.T) {
	m := New(styles(t, "mono", false))
	m.SetWrap(false)
	m.SetLines([]string{strings.Repeat("-", 100) + "needle" + strings.Repeat("-", 100)})
	m.SetSize(20, 1)
	m.Find("NEEDLE")
	if got := ansi.Strip(m.Lines(20, 1)[0]); !strings.Contains(got, "needle") {
		t.Errorf("the hit isn't in sight: %q", got)
	}
	m.Home()
	if got := m.Lines(20, 1)[0]; got != strings.Repeat("-", 19)+"…" {
		t.Errorf("what is cut must say so: %q", got)
	}
}

func TestIndexFold(t *testing.T) {
	tests := []struct {
		s, q       string
		start, end int
	}{
		{"Hello", "ell", 1, 4},
		{"HELLO", "ello", 1, 5},
		{"abc", "abcd", -1, -1},
		{"abc", "", -1, -1},
		{"Ärger über Öl", "über", 7, 12},
		{"ÜBER", "über", 0, 5},
		{"aab", "ab", 1, 3},
	}
	for _, tt := range tests {
		if s, e := IndexFold(tt.s, tt.q); s != tt.start || e != tt.end {
			t.Errorf("IndexFold(%q, %q) = %d, %d, want %d, %d", tt.s, tt.q, s, e, tt.start, tt.end)
		}
	}
}

func TestCutAndFit(t *testing.T) {
	tests := []struct {
		in   string
		w    int
		want string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"漢字", 3, "漢…"},
		{"漢字", 2, "… "},
		{"a", 3, "a  "},
		{"abc", 0, ""},
		{"abc", -1, ""},
		{"e\u0301e\u0301", 1, "…"},
	}
	for _, tt := range tests {
		if got := Fit(tt.in, tt.w, "…"); got != tt.want {
			t.Errorf("Fit(%q, %d) = %q, want %q", tt.in, tt.w, got, tt.want)
		}
	}
	g := theme.UnicodeGlyphs()
	rapid.Check(t, func(t *rapid.T) {
		s, w := nasty().Draw(t, "s"), rapid.IntRange(0, 30).Draw(t, "w")
		exact(t, []string{FitStyled(s, w, &g)}, w, 1)
		plain := parse(s, false).plain
		exact(t, []string{Fit(plain, w, "…")}, w, 1)
	})
}

// TestOnlyTheWindowIsWrapped: a hundred thousand lines cost what forty cost.
func TestOnlyTheWindowIsWrapped(t *testing.T) {
	m := New(styles(t, "mono", false))
	m.SetLines(numbered(100_000))
	m.Lines(80, 40)
	m.End()
	m.Lines(80, 40)
	m.Scroll(-1)
	m.Lines(80, 40)
	if n := len(m.cache); n > 200 {
		t.Errorf("%d lines were taken apart for three windows of 40", n)
	}
}

func BenchmarkScroll(b *testing.B) {
	long := strings.Repeat("lorem ipsum dolor sit amet, consectetur ", 5)
	for _, n := range []int{40, 100_000} {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = fmt.Sprint(i, " ", long)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := New(styles(b, "dark", false))
			m.SetLines(lines)
			m.Lines(80, 40)
			m.End()
			b.ReportAllocs()
			for b.Loop() {
				m.Scroll(-1)
				if m.Top() == 0 {
					m.End()
				}
				m.Lines(80, 40)
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	lines := make([]string, 100_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("%d the quick brown fox jumps over the lazy dog, and again over the dog", i)
	}
	m := New(styles(b, "dark", false))
	m.SetLines(lines)
	for b.Loop() {
		m.Find("99999 the")
	}
}

// TestThemeDuringASearch: ASCII spells text differently, so hits come and go.
func TestThemeDuringASearch(t *testing.T) {
	m := New(styles(t, "dark", false))
	m.SetLines([]string{"é é é", "é e"})
	if n := m.Find("é"); n != 4 {
		t.Fatalf("%d hits", n)
	}
	m.Prev()
	m.SetStyles(styles(t, "mono", true))
	if _, n := m.Found(); n != 0 || m.Next() {
		t.Errorf("%d hits for é in ASCII", n)
	}
	exact(t, m.Lines(10, 3), 10, 3)
	if n := m.Find("e"); n != 5 {
		t.Errorf("%d hits for e in ASCII", n)
	}
}
