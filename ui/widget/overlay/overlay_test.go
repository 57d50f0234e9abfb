package overlay

import (
	"fmt"
	"strings"
	"testing"
	"time"

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

func words() *rapid.Generator[string] {
	return rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"word", "漢字", "e\u0301", "🔥", "🇺🇦", "\x1b[31mred\x1b[m", "\x1b[1mopen", " ", "a", "\t", "\x00", "\xff", "\u0600", "…"}), 0, 9),
		func(s []string) string { return strings.Join(s, "") })
}

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
	}
}

func plain(lines []string) string {
	return ansi.Strip(strings.Join(lines, "\n"))
}

func TestBox(t *testing.T) {
	st := styles(t, "mono", false)
	got := plain(Box(st, "Title", []string{"one", "two and more"}, "esc closes", 16, 5))
	want := `┌─ Title ──────┐
│ one          │
│ two and more │
│              │
└─ esc closes ─┘`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := plain(Box(st, "A long title", nil, "a long footer", 12, 2)); got != "A long title\n            " {
		t.Errorf("without room for a frame:\n%s", got)
	}
	if got := plain(Box(st, "A long title", nil, "a long footer", 12, 3)); got != "┌─ A lon… ─┐\n│          │\n└─ a lon… ─┘" {
		t.Errorf("cut:\n%s", got)
	}
}

func TestEverySizeIsExact(t *testing.T) {
	dark, mono := styles(t, "dark", false), styles(t, "mono", true)
	rapid.Check(t, func(t *rapid.T) {
		st := dark
		if rapid.Bool().Draw(t, "ascii") {
			st = mono
		}
		w, h := rapid.IntRange(0, 70).Draw(t, "w"), rapid.IntRange(0, 20).Draw(t, "h")
		lines := rapid.SliceOfN(words(), 0, 12).Draw(t, "lines")
		exact(t, Box(st, words().Draw(t, "title"), lines, words().Draw(t, "footer"), w, h), w, h)

		c := NewConfirm(st, Question{Title: "Title", Ask: words().Draw(t, "ask"), Details: lines, Accept: words().Draw(t, "accept"), Danger: true})
		if rapid.Bool().Draw(t, "right") {
			c.Right()
		}
		exact(t, c.Lines(w, h), w, h)
		c.Scroll(rapid.IntRange(-5, 30).Draw(t, "scroll"))
		exact(t, c.Lines(w, h), w, h)
		if cw, ch := c.Size(w, h); cw > w || ch > h {
			t.Fatalf("the question wants %dx%d of %dx%d", cw, ch, w, h)
		}

		help := NewHelp(st, []Group{{"One", rowsOf(lines)}, {words().Draw(t, "name"), rowsOf(lines)}, {"None", nil}})
		help.Find(rapid.SampledFrom([]string{"", "", "word", "zz"}).Draw(t, "query"))
		exact(t, help.Lines(w, h), w, h)
		help.Scroll(rapid.IntRange(-5, 60).Draw(t, "scroll"))
		exact(t, help.Lines(w, h), w, h)
	})
}

func rowsOf(lines []string) (rows []HelpRow) {
	for i, l := range lines {
		r := HelpRow{Keys: strings.Repeat("k", i%5), Title: l}
		if i%3 == 0 {
			r.Disabled = "not now"
		}
		rows = append(rows, r)
	}
	return rows
}

func TestGrace(t *testing.T) {
	ms := time.Millisecond
	tests := []struct {
		name string
		keys []time.Duration // since the box came up
		want string          // which of them it takes: . no, x yes
	}{
		{"a pause, then a key", []time.Duration{425 * ms}, "x"},
		{"too soon", []time.Duration{424 * ms}, "."},
		{"typing goes on", []time.Duration{100 * ms, 300 * ms, 700 * ms}, "..."},
		{"typing stops", []time.Duration{100 * ms, 300 * ms, 725 * ms, 726 * ms}, "..xx"},
		{"patience ends", []time.Duration{400 * ms, 800 * ms, 1200 * ms, 1500 * ms, 1501 * ms}, "...xx"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Unix(1000, 0)
			now := start
			s := NewStack[string](func() time.Time { return now })
			s.Intrude("box")
			got := ""
			for _, k := range tt.keys {
				now = start.Add(k)
				if s.Accepts() {
					got += "x"
				} else {
					got += "."
				}
			}
			if got != tt.want {
				t.Errorf("took %s, want %s", got, tt.want)
			}
		})
	}
}

func TestStack(t *testing.T) {
	s := NewStack[string](func() time.Time { return time.Unix(1, 0) })
	if _, ok := s.Close(); ok || s.Accepts() {
		t.Error("an empty stack holds something")
	}
	s.Open("help")
	if !s.Accepts() {
		t.Error("what was asked for must take keys at once")
	}
	s.Intrude("question")
	if s.Accepts() {
		t.Error("what wasn't asked for takes a key at once")
	}
	if top, _ := s.Top(); top != "question" || s.Len() != 2 || fmt.Sprint(s.All()) != "[help question]" {
		t.Errorf("top %s of %v", top, s.All())
	}
	if v, ok := s.Close(); v != "question" || !ok || !s.Accepts() {
		t.Error("the one below must take keys again")
	}
	s.Clear()
	if s.Len() != 0 {
		t.Error("not empty after Clear")
	}
}

func TestConfirmKeys(t *testing.T) {
	tests := []struct {
		name string
		do   func(*Confirm) Answer
		want Answer
	}{
		{"enter cancels at first", func(c *Confirm) Answer { return c.Enter() }, Cancelled},
		{"right, enter", func(c *Confirm) Answer { c.Right(); return c.Enter() }, Accepted},
		{"right, left, enter", func(c *Confirm) Answer { c.Right(); c.Left(); return c.Enter() }, Cancelled},
		{"y", func(c *Confirm) Answer { return c.Yes() }, Accepted},
		{"n", func(c *Confirm) Answer { return c.No() }, Cancelled},
		{"n, then y", func(c *Confirm) Answer { c.No(); return c.Yes() }, Cancelled},
		{"right alone", func(c *Confirm) Answer { c.Right(); return c.Answer() }, Pending},
		{"click beside", func(c *Confirm) Answer { return c.Click(0, 0) }, Pending},
		{"click on cancel", func(c *Confirm) Answer { return find(c, "Cancel") }, Cancelled},
		{"click on delete", func(c *Confirm) Answer { return find(c, "Delete") }, Accepted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := NewConfirm(styles(t, "mono", true), Question{Title: "Events", Ask: "Go on with 12 events?", Details: []string{"a", "b"}, Accept: "Delete"})
			if got := tt.do(c); got != tt.want {
				t.Errorf("answer %d, want %d", got, tt.want)
			}
		})
	}
}

// find clicks where a word is drawn.
func find(c *Confirm, word string) Answer {
	w, h := c.Size(60, 20)
	for y, l := range strings.Split(plain(c.Lines(w, h)), "\n") {
		if x := strings.Index(l, word); x >= 0 {
			return c.Click(x+1, y)
		}
	}
	return Pending
}

func TestConfirmDrawing(t *testing.T) {
	c := NewConfirm(styles(t, "mono", false), Question{Title: "Delete", Ask: "Delete 40 events?", Accept: "Delete"})
	for i := range 40 {
		c.q.Details = append(c.q.Details, fmt.Sprintf("event %d", i+1))
	}
	want := `┌─ Delete ─────────────────┐
│ Delete 40 events?        │
│                          │
│ event 1                  │
│ ↓ 39 more lines          │
│                          │
│ [ Cancel ]    Delete     │
└─ y/n ────────────────────┘`
	if got := plain(c.Lines(28, 8)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	c.Right()
	c.Scroll(1 << 30)
	if got := plain(c.Lines(28, 8)); !strings.Contains(got, "event 40") || !strings.Contains(got, "[ Delete ]") {
		t.Errorf("scrolled to the end:\n%s", got)
	}
}

func TestHelp(t *testing.T) {
	p := NewHelp(styles(t, "mono", false), []Group{
		{"Move", []HelpRow{{Keys: "j ↓", Title: "Next row"}, {Keys: "k ↑", Title: "Row before"}}},
		{"Change", []HelpRow{{Keys: "t", Title: "Tag", Disabled: "read-only"}}},
	})
	want := `Move                       Change
j ↓  Next row              t    Tag (read-only)
k ↑  Row before
`
	got := plain(p.Lines(60, 4))
	for i, l := range strings.Split(got, "\n") {
		if w := strings.Split(want, "\n")[i]; strings.TrimRight(l, " ") != w {
			t.Errorf("line %d is %q, want %q", i, l, w)
		}
	}
	if n := p.Find("ROW"); n != 2 || strings.Contains(plain(p.Lines(60, 4)), "Tag") {
		t.Errorf("%d rows hold 'row':\n%s", n, plain(p.Lines(60, 4)))
	}
	if n := p.Find("none"); n != 0 || !strings.Contains(plain(p.Lines(60, 4)), "No key or action matches.") {
		t.Errorf("%d rows hold 'none'", n)
	}
	p.Find("")
	p.Lines(30, 3)
	if got := p.Position(); got != "3/6" {
		t.Errorf("position %q, want 3/6", got)
	}
	p.End()
	if got := plain(p.Lines(30, 3)); !strings.Contains(got, "Tag") || p.Position() != "6/6" {
		t.Errorf("the end isn't in sight: %q\n%s", p.Position(), got)
	}
}
