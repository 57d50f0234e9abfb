package layout

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func rects() *rapid.Generator[Rect] {
	return rapid.Custom(func(t *rapid.T) Rect {
		return Rect{
			rapid.IntRange(-5, 50).Draw(t, "x"), rapid.IntRange(-5, 50).Draw(t, "y"),
			rapid.IntRange(0, 300).Draw(t, "w"), rapid.IntRange(0, 120).Draw(t, "h"),
		}
	})
}

// pieces are what styled lines are made of: text of all widths, marks that
// combine, styles and links.
func pieces() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{
		"a", "word ", "login.acme.example", "é", "e\u0301", "漢字", "🔥", "👍🏽", "🇺🇦", "नमस्ते", "\u0301", "가", "…", "▌", " ",
		"\x1b[1m", "\x1b[38;2;1;2;3m", "\x1b[m", "\x1b[0m", "\x1b[0;4m", "\x1b[48;5;17m",
		"\x1b]8;;https://acme.example\x1b\\", "\x1b]8;;\x1b\\",
	})
}

func styledLines() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := strings.Join(rapid.SliceOfN(pieces(), 0, 14).Draw(t, "pieces"), "")
		return "x" + s + "\x1b]8;;\x1b\\\x1b[m"
	})
}

func TestCutsKeepEveryCell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rects().Draw(t, "r")
		n := rapid.IntRange(-10, 400).Draw(t, "n")
		top, rest := r.CutTop(n)
		sums(t, r, top.H+rest.H, r.H, top.Y, rest.Y-top.H)
		bottom, rest := r.CutBottom(n)
		sums(t, r, bottom.H+rest.H, r.H, rest.Y, bottom.Y-rest.H)
		left, rest := r.CutLeft(n)
		sums(t, r, left.W+rest.W, r.W, left.X, rest.X-left.W)
		right, rest := r.CutRight(n)
		sums(t, r, right.W+rest.W, r.W, rest.X, right.X-rest.W)
		for _, p := range []Rect{top, bottom, left, right, rest} {
			if p.W < 0 || p.H < 0 {
				t.Fatalf("%v cut by %d gives %v", r, n, p)
			}
		}
	})
}

func sums(t *rapid.T, r Rect, got, want, first, second int) {
	if got != want || first != second {
		t.Fatalf("parts of %v: %d cells of %d, meeting at %d and %d", r, got, want, first, second)
	}
}

func TestSplitKeepsLeastSizes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rects().Draw(t, "r")
		share := rapid.Float64Range(-1, 2).Draw(t, "share")
		a := rapid.IntRange(0, 100).Draw(t, "minLeft")
		b := rapid.IntRange(0, 100).Draw(t, "minRight")
		left, right := r.SplitX(share, a, b)
		if left.W+right.W != r.W || left.W < 0 || right.W < 0 || right.X != left.X+left.W {
			t.Fatalf("%v split into %v and %v", r, left, right)
		}
		if a+b <= r.W && (left.W < a || right.W < b) {
			t.Fatalf("%v split into %v and %v, wanted at least %d and %d", r, left, right, a, b)
		}
		if right.W < min(b, r.W) {
			t.Fatalf("the right part gave way first: %v", right)
		}
		top, bottom := r.SplitY(share, a, b)
		if top.H+bottom.H != r.H || top.H < 0 || bottom.H < 0 || bottom.Y != top.Y+top.H {
			t.Fatalf("%v split into %v and %v", r, top, bottom)
		}
	})
}

func TestRectPlaces(t *testing.T) {
	r := Rect{10, 5, 20, 6}
	if !r.Contains(10, 5) || !r.Contains(29, 10) || r.Contains(30, 10) || r.Contains(10, 11) || r.Contains(9, 5) {
		t.Error("Contains is off at an edge")
	}
	if x, y := r.Local(12, 9); x != 2 || y != 4 {
		t.Errorf("Local = %d, %d", x, y)
	}
	if got := r.Centre(10, 2); got != (Rect{15, 7, 10, 2}) {
		t.Errorf("Centre = %v", got)
	}
	if got := r.Centre(100, 100); got != r {
		t.Errorf("Centre of something larger = %v", got)
	}
	if got := r.Inset(1, 1); got != (Rect{11, 6, 18, 4}) {
		t.Errorf("Inset = %v", got)
	}
	if got := r.Inset(50, 50); !got.Empty() || got.W < 0 || got.H < 0 {
		t.Errorf("Inset by more than there is = %v", got)
	}
}

func TestCutIsExactAndKeepsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := styledLines().Draw(t, "s")
		from := rapid.IntRange(0, 40).Draw(t, "from")
		to := from + rapid.IntRange(0, 40).Draw(t, "n")
		got := Cut(s, from, to)
		if w := ansi.StringWidth(got); w != to-from {
			t.Fatalf("Cut(%q, %d, %d) = %q is %d wide", s, from, to, got, w)
		}
		if open := unclosed(got); open != "" {
			t.Fatalf("Cut(%q, %d, %d) = %q leaves %q on", s, from, to, got, open)
		}
		all := Cut(s, 0, Width(s))
		if ansi.Strip(all) != ansi.Strip(s) {
			t.Fatalf("the whole of %q cut is %q", s, all)
		}
	})
}

// unclosed is the style still on at the end of s.
func unclosed(s string) string {
	style := ""
	for len(s) > 0 {
		seq, _, n, _ := ansi.DecodeSequence(s, ansi.NormalState, nil)
		if isSGR(seq) {
			style = after(style, seq)
		}
		s = s[n:]
	}
	return style
}

func TestCutCarriesStyle(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"style from before", "\x1b[1mabcdef\x1b[m", "\x1b[1mcd\x1b[m"},
		{"two styles", "\x1b[1m\x1b[31mabcdef\x1b[m", "\x1b[1m\x1b[31mcd\x1b[m"},
		{"style ended before", "\x1b[1ma\x1b[mbcdef", "cd"},
		{"replaced", "\x1b[1ma\x1b[0;4mbcdef\x1b[m", "\x1b[0;4mcd\x1b[m"},
		{"link", "\x1b]8;;http://a.example\x1b\\abcdef\x1b]8;;\x1b\\", "\x1b]8;;http://a.example\x1b\\cd\x1b]8;;\x1b\\"},
		{"half a wide rune left", "a漢bcd", " b"},
		{"half a wide rune right", "abc漢d", "c "},
		{"combining mark at the end", "abcd\u0301ef", "cd\u0301"},
		{"too short", "abc", "c "},
		{"cursor movement is dropped", "ab\x1b[2Ac\x1b[Hdef", "cd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Cut(c.in, 2, 4); got != c.want {
				t.Errorf("Cut(%q, 2, 4) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestFitIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(styledLines(), 0, 6).Draw(t, "lines")
		w := rapid.IntRange(0, 60).Draw(t, "w")
		h := rapid.IntRange(0, 8).Draw(t, "h")
		exact(t, Fit(lines, w, h), w, h)
	})
}

func TestJoinAndStackAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w1, h1 := rapid.IntRange(0, 30).Draw(t, "w1"), rapid.IntRange(1, 6).Draw(t, "h1")
		w2, h2 := rapid.IntRange(0, 30).Draw(t, "w2"), rapid.IntRange(1, 6).Draw(t, "h2")
		a := Fit(rapid.SliceOfN(styledLines(), 0, 6).Draw(t, "a"), w1, h1)
		b := Fit(rapid.SliceOfN(styledLines(), 0, 6).Draw(t, "b"), w2, h2)
		exact(t, Join(a, b), w1+w2, max(h1, h2))
		exact(t, Stack(a, Fit(b, w1, h2)), w1, h1+h2)
	})
}

func TestOverlayChangesNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 5).Draw(t, "h")
		bw, bh := rapid.IntRange(1, 20).Draw(t, "bw"), rapid.IntRange(1, 4).Draw(t, "bh")
		x, y := rapid.IntRange(-10, 45).Draw(t, "x"), rapid.IntRange(-3, 6).Draw(t, "y")
		base := Fit(rapid.SliceOfN(styledLines(), 0, 5).Draw(t, "base"), w, h)
		box := Fit(rapid.SliceOfN(styledLines(), 0, 4).Draw(t, "box"), bw, bh)
		before := strings.Join(base, "\n")
		got := Overlay(base, box, x, y)
		exact(t, got, w, h)
		if strings.Join(base, "\n") != before {
			t.Fatal("Overlay changed its base")
		}
		for i, line := range got {
			checkSplice(t, base, box, line, i, x, y)
		}
	})
}

func checkSplice(t *rapid.T, base, box []string, line string, i, x, y int) {
	w, bw := Width(base[i]), Width(box[0])
	if i < y || i >= y+len(box) || x >= w || x+bw <= 0 {
		if line != base[i] {
			t.Fatalf("line %d lies outside the box and changed", i)
		}
		return
	}
	from, to := max(x, 0), min(x+bw, w)
	if got, want := ansi.Strip(Cut(line, from, to)), ansi.Strip(Cut(box[i-y], from-x, to-x)); got != want {
		t.Fatalf("inside the box stands %q, want %q", got, want)
	}
	if got, want := ansi.Strip(Cut(line, 0, from)), ansi.Strip(Cut(base[i], 0, from)); got != want {
		t.Fatalf("left of the box stands %q, want %q", got, want)
	}
	if got, want := ansi.Strip(Cut(line, to, w)), ansi.Strip(Cut(base[i], to, w)); got != want {
		t.Fatalf("right of the box stands %q, want %q", got, want)
	}
}

func exact(t *rapid.T, lines []string, w, h int) {
	if len(lines) != h {
		t.Fatalf("%d lines, want %d", len(lines), h)
	}
	for i, line := range lines {
		if got := ansi.StringWidth(line); got != w {
			t.Fatalf("line %d %q is %d wide, want %d", i, line, got, w)
		}
	}
}

func TestSteady(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain", "plain"},
		{"漢字 é e\u0301 🔥 → …", "漢字 é e\u0301 🔥 → …"},
		{"👍🏽 ok", "👍 ok"},
		{"🇺🇦", "🇺🇦"},
		{"🇺x", "?x"},
		{"नमस्ते", "नमस्…"},
		{"\u0601A b", "? b"},
	} {
		if got := NormalizeWidth(c.in); got != c.want {
			t.Errorf("Steady(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzSteady(f *testing.F) {
	for _, s := range []string{"a", "👍🏽", "🇺🇦🇺", "नमस्ते", "\u1160가", "e\u0301\u0301", "\xff\xfe", "ಓಂ\u0cf3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.IndexFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 || r == '\ufffd' }) >= 0 {
			return
		}
		got := NormalizeWidth(s)
		if g, w := ansi.StringWidth(got), ansi.StringWidthWc(got); g != w {
			t.Errorf("Steady(%q) = %q: %d or %d cells", s, got, g, w)
		}
		if again := NormalizeWidth(got); again != got {
			t.Errorf("Steady(%q) = %q, again %q", s, got, again)
		}
		if a := ASCII(s); !plain(a) {
			t.Errorf("ASCII(%q) = %q", s, a)
		}
	})
}

func TestASCII(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain", "plain"}, {"Müller e\u0301", "Muller e"}, {"漢字", "????"}, {"ﬁn", "fin"}, {"a…b", "a...b"}, {"→", "?"}, {"🔥x", "??x"},
	} {
		if got := ASCII(c.in); got != c.want {
			t.Errorf("ASCII(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func BenchmarkOverlay(b *testing.B) {
	base := Fit([]string{"\x1b[1mtitle\x1b[m rest of the line with some text in it"}, 120, 40)
	box := Fit([]string{"a box"}, 60, 12)
	for b.Loop() {
		Overlay(base, box, 30, 10)
	}
}

func TestWidthIsTheTerminals(t *testing.T) {
	bits := append([]string{"─", "╯", "═", "█", "*", "1", "\x1b", "\x1b[3", "\x1b[2J", "\x1b[;m", "\x7f", "\n", "\u200d", "\ufe0f", "\u20e3", "\xe2\x94", "\xff"}, "a", "e\u0301", "漢", "🔥", "\x1b[1m", "\x1b]8;;x\x1b\\")
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits), 0, 12).Draw(t, "bits"), "")
		if got, want := Width(s), ansi.StringWidth(s); got != want {
			t.Fatalf("%q is %d cells wide, the terminal makes it %d", s, got, want)
		}
	})
}
