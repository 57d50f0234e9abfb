package clean_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"threatbench/api/clean"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "203.0.113.7 -> cdn.example", "203.0.113.7 -> cdn.example"},
		{"scripts", "日本語 кирилиця é", "日本語 кирилиця é"},
		{"colour", "\x1b[31mred", "␛[31mred"},
		{"link", "\x1b]8;;http://e.example\x1b\\x\x07", "␛]8;;http://e.example␛\\x␇"},
		{"C1 as UTF-8", "a\u009b31m", "a⟨U+009B⟩31m"},
		{"C1 as bytes", "a\x9b31m", "a⟨9B⟩31m"},
		{"delete", "a\x7f", "a␡"},
		{"null", "\x00", "␀"},
		{"line breaks", "a\r\nb\nc", "a␍⏎b⏎c"},
		{"tab", "a\tb", "a b"},
		{"bidi", "inv\u202excod.exe", "inv⟨U+202E⟩xcod.exe"},
		{"zero width", "pay\u200bpal", "pay⟨U+200B⟩pal"},
		{"byte order mark", "\ufeffx", "⟨U+FEFF⟩x"},
		{"soft hyphen", "a\u00adb", "a⟨U+00AD⟩b"},
		{"tag", "a\U000e0067", "a⟨U+E0067⟩"},
		{"private use", "\ue000", "⟨U+E000⟩"},
		{"not UTF-8", "\xffa\xc3", "⟨FF⟩a⟨C3⟩"},
		{"replacement character itself", "a\ufffdb", "a\ufffdb"},
		{"one selector", "⚠\ufe0f!", "⚠!"},
		{"two selectors", "A\ufe01\ufe02", "A⟨U+FE02⟩"},
		{"selector first", "\ufe0fA", "⟨U+FE0F⟩A"},
		{"keycap", "1\ufe0f\u20e3", "1\u20e3"},
		{"joined emoji", "👨\u200d👩\u200d👧", "👨👩👧"},
		{"joiner between letters", "a\u200db", "a⟨U+200D⟩b"},
		{"skin tone", "👍🏽", "👍"},
		{"skin tone alone", "a🏽", "a⟨U+1F3FD⟩"},
		{"flag", "🇺🇦!", "⟨UA⟩!"},
		{"three indicators", "🇺🇦🇵", "⟨UAP⟩"},
		{"few marks", "e\u0301\u0302", "e\u0301\u0302"},
		{"zalgo", "Z" + strings.Repeat("\u0301", 10) + "a", "Z" + strings.Repeat("\u0301", 4) + "⟨+6⟩a"},
		{"zalgo at the end", "Z" + strings.Repeat("\u0301", 5), "Z" + strings.Repeat("\u0301", 4) + "⟨+1⟩"},
		{"mark first", "\u0301a", "◌\u0301a"},
		{"hex then mark", "\u200b\u0301", "⟨U+200B⟩\u0301"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := clean.Line(tt.in); got != tt.want {
				t.Errorf("Line(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"line breaks stay", "a\nb\n\nc\n", "a\nb\n\nc\n"},
		{"CRLF", "a\r\nb\r\n", "a\nb\n"},
		{"CR hides nothing", "rm -rf\recho", "rm -rf\necho"},
		{"CR at the end", "a\r", "a\n"},
		{"CR CR LF", "a\r\r\nb", "a\n\nb"},
		{"tab", "a\tb", "a    b"},
		{"form feed", "a\fb", "a␌b"},
		{"escape", "x\n\x1b[2Jy", "x\n␛[2Jy"},
		{"line separator", "a\u2028b", "a⟨U+2028⟩b"},
		{"mark at the start of a line", "a\n\u0308b", "a\n◌\u0308b"},
		{"zalgo before a line break", "Z" + strings.Repeat("\u0301", 6) + "\nb", "Z" + strings.Repeat("\u0301", 4) + "⟨+2⟩\nb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := clean.Text(tt.in); got != tt.want {
				t.Errorf("Text(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// Clean text is the normal case: it must cost no copy.
func TestHarmlessTextIsNotCopied(t *testing.T) {
	for _, s := range []string{"plain ASCII", "日本語 é e\u0301 → ●"} {
		if n := testing.AllocsPerRun(10, func() { clean.Line(s); clean.Text(s) }); n != 0 {
			t.Errorf("%q costs %v allocations", s, n)
		}
	}
}

func hostile(tb testing.TB) map[string]string {
	tb.Helper()
	files, err := filepath.Glob("../../testdata/hostile/*.txt")
	if err != nil || len(files) < 40 {
		tb.Fatalf("the hostile corpus is missing: %d files, %v", len(files), err)
	}
	out := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		out[filepath.Base(f)] = string(b)
	}
	return out
}

func TestCorpusBecomesHarmless(t *testing.T) {
	for name, s := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			checkLine(t, s)
			checkText(t, s)
		})
	}
}

// Every single character, alone and behind a letter, comes out with a width
// that the two ways of counting cells agree on. Letters and vowel signs that
// merge with the letter before them (Indic scripts, Thai, halfwidth Kana) are
// the exception: they are text, and shown as such.
func TestEveryCharacterHasOneWidth(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.IsGraphic(r) && r > 0x3000 && r%251 != 0 {
			continue // most of these are unassigned, and all take one way out
		}
		for _, in := range [2]string{string(r), "a" + string(r)} {
			out := clean.Line(in)
			if g, w := ansi.StringWidth(out), ansi.StringWidthWc(out); g != w && !unicode.In(r, unicode.Mc, unicode.L) {
				t.Fatalf("U+%04X in %q becomes %q: %d cells by graphemes, %d by characters", r, in, out, g, w)
			} else if w == 0 {
				t.Fatalf("U+%04X in %q vanishes: %q", r, in, out)
			}
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range hostile(f) {
		f.Add(s)
	}
	f.Fuzz(checkLine)
}

func FuzzText(f *testing.F) {
	for _, s := range hostile(f) {
		f.Add(s)
	}
	f.Fuzz(checkText)
}

func checkLine(t *testing.T, s string) {
	t.Helper()
	out := clean.Line(s)
	checkRunes(t, s, out, false)
	if again := clean.Line(out); again != out {
		t.Fatalf("not idempotent: %q, then %q, then %q", s, out, again)
	}
	checkPrinted(t, out)
}

func checkText(t *testing.T, s string) {
	t.Helper()
	out := clean.Text(s)
	checkRunes(t, s, out, true)
	if again := clean.Text(out); again != out {
		t.Fatalf("not idempotent: %q, then %q, then %q", s, out, again)
	}
	for line := range strings.SplitSeq(out, "\n") {
		checkPrinted(t, line)
	}
}

func checkRunes(t *testing.T, in, out string, lines bool) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Fatalf("%q became %q, which is not UTF-8", in, out)
	}
	marks := 0
	for _, r := range out {
		switch {
		case lines && r == '\n':
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r),
			unicode.Is(unicode.Bidi_Control, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r),
			unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), unicode.Is(unicode.Co, r):
			t.Fatalf("%q became %q, which still holds U+%04X", in, out, r)
		}
		if marks++; !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		}
		if marks > 4 {
			t.Fatalf("%q became %q: %d marks on one character", in, out, marks)
		}
	}
}

// checkPrinted prints a neutralised line on an emulated terminal: nothing may
// change but the row it stands on, as far as the cursor went.
func checkPrinted(t *testing.T, line string) {
	t.Helper()
	width := ansi.StringWidthWc(line) + ansi.StringWidth(line) + 2
	if width > 4096 {
		return
	}
	titled := false
	e := vt.NewEmulator(width, 3)
	e.SetCallbacks(vt.Callbacks{
		Title: func(string) { titled = true }, IconName: func(string) { titled = true }, Bell: func() { titled = true },
		AltScreen: func(bool) { titled = true },
	})
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		buf := make([]byte, 1)
		if n, _ := e.Read(buf); n > 0 {
			t.Errorf("printing %q made the terminal answer", line)
		}
	}()
	if _, err := e.WriteString("\x1b[2;1H" + line); err != nil {
		t.Fatal(err)
	}
	pos := e.CursorPosition()
	if titled || pos.Y != 1 {
		t.Fatalf("printing %q acted on the terminal: cursor at %v", line, pos)
	}
	for y := range 3 {
		for x := range width {
			c := e.CellAt(x, y)
			if c == nil {
				continue
			}
			if !c.Style.IsZero() || c.Link.URL != "" {
				t.Fatalf("printing %q styled the cell %d,%d: %+v", line, x, y, c)
			}
			if (y != 1 || x > pos.X) && strings.TrimSpace(c.Content) != "" {
				t.Fatalf("printing %q wrote %q to the cell %d,%d", line, c.Content, x, y)
			}
		}
	}
	// The emulator's own Close sets a flag that its reader looks at unguarded,
	// so only the pipe between them is closed.
	if pipe, ok := e.InputPipe().(io.Closer); ok {
		if err := pipe.Close(); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-answered:
	case <-time.After(10 * time.Second):
		t.Fatal("the emulated terminal does not close")
	}
}
