package chart

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"threatbench/theme"
	"threatbench/ui/widget/layout"
)

func styles(t testing.TB, name string, ascii bool) *theme.Styles {
	t.Helper()
	st, err := theme.Load(name, true, ascii)
	if err != nil {
		t.Fatalf("loading the theme: %v", err)
	}
	return st
}

// days are n days from 23 October on.
func days(n int, count func(i int) int) []Step {
	out := make([]Step, n)
	day := time.Date(2024, 10, 23, 0, 0, 0, 0, time.UTC)
	for i := range out {
		out[i] = Step{Label: day.AddDate(0, 0, i).Format("2 Jan"), Count: count(i)}
	}
	return out
}

func screen(h *Histogram, w, height int) string {
	lines := h.Lines(w, height)
	for i := range lines {
		lines[i] = strings.TrimRight(ansi.Strip(lines[i]), " ")
	}
	return strings.Join(lines, "\n")
}

func TestDrawings(t *testing.T) {
	unicode, ascii := styles(t, "dark", false), styles(t, "mono", true)
	ramp := days(16, func(i int) int { return i })
	for _, c := range []struct {
		name   string
		st     *theme.Styles
		steps  []Step
		set    func(h *Histogram)
		w, h   int
		expect string
	}{
		{"a line with its ends", unicode, ramp, nil, 49, 1,
			"23 Oct   ▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▇▇▇▇██ 7 Nov"},
		{"a line too narrow for them", unicode, ramp, nil, 16, 1, " ▁▁▂▂▃▃▄▄▅▅▆▆▇▇█"},
		{"with an axis", unicode, ramp, nil, 16, 3, "" +
			"15      ▁▂▃▄▅▆▇█\n ▁▂▃▄▅▆▇████████\n23 Oct     7 Nov"},
		{"the largest count where there is room", unicode, days(16, func(i int) int { return 15 - i }), nil, 16, 3, "" +
			"█▇▆▅▄▃▂▁      15\n████████▇▆▅▄▃▂▁\n23 Oct     7 Nov"},
		{"a selected step", unicode, ramp, func(h *Histogram) { h.SetCursor(4) }, 32, 2, "" +
			"  ▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▇▇▇▇██\n23 Oct  ↑ 27 Oct 4         7 Nov"},
		{"its text turns round at the edge", unicode, ramp, func(h *Histogram) { h.SetCursor(15) }, 32, 2, "" +
			"  ▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▇▇▇▇██\n23 Oct        30 Oct 7 Nov 15 ↑"},
		{"a range", unicode, ramp, func(h *Histogram) { h.SetRange(12, 2) }, 32, 2, "" +
			"  ▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▇▇▇▇██\n    [ 25 Oct - 4 Nov: 77 ] 7 Nov"},
		{"a spike leaves the rest in sight", unicode, []Step{{"a", 1}, {"b", 1_000_000}, {"c", 1}}, nil, 24, 3, "" +
			"        ███████\n▁▁▁▁▁▁▁ ███████ ▁▁▁▁▁▁▁\na                      c"},
		{"nothing happened", unicode, days(4, func(int) int { return 0 }), nil, 20, 2, "\n23 Oct        26 Oct"},
		{"one value", unicode, days(1, func(int) int { return 7 }), nil, 20, 2, "███████\n23 Oct"},
		{"no steps", unicode, nil, nil, 20, 2, "\n"},
		{"ASCII", ascii, ramp, func(h *Histogram) { h.SetCursor(4) }, 32, 2, "" +
			"  ....::::----====++++****####@@\n23 Oct  ^ 27 Oct 4         7 Nov"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := New(c.st)
			h.SetSteps(c.steps)
			if c.set != nil {
				c.set(h)
			}
			if got := screen(h, c.w, c.h); got != c.expect {
				t.Errorf("drawn\n%s\nwant\n%s", got, c.expect)
			}
		})
	}
}

// drawHistogram makes a histogram in any state.
func drawHistogram(t *rapid.T, st *theme.Styles) *Histogram {
	h := New(st)
	counts := rapid.OneOf(rapid.IntRange(-2, 5), rapid.IntRange(0, 1_000_000), rapid.Just(1<<40))
	steps := make([]Step, rapid.IntRange(0, 300).Draw(t, "steps"))
	label := rapid.SampledFrom([]string{"", "1 Nov", "2024-03-01 14:00", "漢字", "e\u0301", "👍🏽"}).Draw(t, "label")
	for i := range steps {
		steps[i] = Step{Label: fmt.Sprint(label, i%31), Count: counts.Draw(t, "count")}
	}
	h.SetSteps(steps)
	if rapid.Bool().Draw(t, "cursor set") {
		h.SetCursor(rapid.IntRange(-2, 310).Draw(t, "cursor"))
	}
	if rapid.Bool().Draw(t, "range set") {
		h.SetRange(rapid.IntRange(-2, 310).Draw(t, "from"), rapid.IntRange(-2, 310).Draw(t, "to"))
	}
	return h
}

func TestEveryLineIsExact(t *testing.T) {
	unicode, ascii := styles(t, "dark", false), styles(t, "mono", true)
	rapid.Check(t, func(t *rapid.T) {
		st := unicode
		if rapid.Bool().Draw(t, "ascii") {
			st = ascii
		}
		h := drawHistogram(t, st)
		for range rapid.IntRange(1, 3).Draw(t, "sizes") {
			w, height := rapid.IntRange(0, 140).Draw(t, "w"), rapid.IntRange(0, 9).Draw(t, "h")
			lines := h.Lines(w, height)
			if len(lines) != height {
				t.Fatalf("%d lines, want %d", len(lines), height)
			}
			for y, line := range lines {
				if got, wc := ansi.StringWidth(line), ansi.StringWidthWc(line); got != w || wc != w {
					t.Fatalf("line %d is %d or %d cells, want %d: %q", y, got, wc, w, line)
				}
				if st.Glyphs.ASCII && strings.IndexFunc(ansi.Strip(line), func(r rune) bool { return r < 0x20 || r > 0x7e }) >= 0 {
					t.Fatalf("line %d is not ASCII: %q", y, line)
				}
			}
		}
	})
}

// Every column with a bar belongs to steps that count something, every step is
// hit somewhere, and the steps follow each other without a gap.
func TestHitAgreesWithTheDrawing(t *testing.T) {
	st := styles(t, "dark", false)
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistogram(t, st)
		h.SetCursor(-1)
		h.SetRange(-1, -1)
		w, height := rapid.IntRange(1, 140).Draw(t, "w"), rapid.IntRange(1, 4).Draw(t, "h")
		lines := h.Lines(w, height)
		bars := ansi.Strip(lines[max(height-2, 0)])
		last := -1
		for x := range w {
			from, to := h.Hit(x, w)
			if from < 0 {
				continue
			}
			if from > last+1 || to < from || to >= len(h.steps) {
				t.Fatalf("column %d has steps %d to %d, the one before ended at %d", x, from, to, last)
			}
			last = max(last, to)
			if height == 1 {
				continue // the labels beside the bars are no bars
			}
			sum := 0
			for _, s := range h.steps[from : to+1] {
				sum += max(s.Count, 0)
			}
			if bar := layout.Cut(bars, x, x+1); bar != " " && sum == 0 && height == 2 {
				t.Fatalf("column %d shows %q for nothing", x, bar)
			}
		}
		if last != len(h.steps)-1 {
			t.Fatalf("the last step hit is %d of %d", last, len(h.steps))
		}
	})
}

// A step's columns must be hit as that step.
func TestColumnsAndStepsAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := frame{left: rapid.IntRange(0, 9).Draw(t, "left"), cols: rapid.IntRange(1, 200).Draw(t, "cols"), steps: rapid.IntRange(1, 900).Draw(t, "steps")}
		if 2*f.steps <= f.cols {
			f.wide = min(f.cols/f.steps, widest)
			f.cols = f.wide * f.steps
		}
		i := rapid.IntRange(0, f.steps-1).Draw(t, "i")
		first, last := f.columnsOf(i, i)
		if first > last || first < f.left || last >= f.left+f.cols {
			t.Fatalf("%+v: step %d has columns %d to %d", f, i, first, last)
		}
		for x := first; x <= last; x++ {
			if from, to := f.stepsAt(x); i < from || i > to {
				t.Fatalf("%+v: step %d is in column %d, which has steps %d to %d", f, i, x, from, to)
			}
		}
	})
}

func TestHitOutside(t *testing.T) {
	h := New(styles(t, "dark", false))
	h.SetSteps(days(4, func(int) int { return 1 }))
	h.Lines(100, 1)
	for _, x := range []int{-1, 0, 6, 7 + 32, 99, 1000} {
		if from, to := h.Hit(x, 100); from != -1 || to != -1 {
			t.Errorf("column %d has steps %d to %d", x, from, to)
		}
	}
	if from, to := h.Hit(7, 100); from != 0 || to != 0 {
		t.Errorf("the first bar has steps %d to %d", from, to)
	}
	if from, _ := New(h.st).Hit(3, 100); from != -1 {
		t.Errorf("an empty histogram has step %d", from)
	}
}

func TestDrawingIsKeptUntilSomethingChanges(t *testing.T) {
	h := New(styles(t, "dark", false))
	h.SetSteps(days(30, func(i int) int { return i }))
	before := strings.Join(h.Lines(80, 4), "\n")
	h.Lines(80, 4)[0] = "a caller's own"
	if got := strings.Join(h.Lines(80, 4), "\n"); got != before {
		t.Error("a caller changed what is kept")
	}
	for name, change := range map[string]func(){
		"cursor": func() { h.SetCursor(3) },
		"range":  func() { h.SetRange(3, 9) },
		"steps":  func() { h.SetSteps(days(30, func(i int) int { return 30 - i })) },
		"theme":  func() { h.SetStyles(styles(t, "light", false)) },
	} {
		was := strings.Join(h.Lines(80, 4), "\n")
		change()
		if got := strings.Join(h.Lines(80, 4), "\n"); got == was {
			t.Errorf("%s: the drawing did not change", name)
		}
	}
}

func TestFewerStepsDropCursorAndRange(t *testing.T) {
	h := New(styles(t, "dark", false))
	h.SetSteps(days(30, func(i int) int { return i }))
	h.SetCursor(20)
	h.SetRange(5, 25)
	h.SetSteps(days(10, func(i int) int { return i }))
	if h.cursor != -1 || h.from != 5 || h.to != 9 {
		t.Errorf("cursor %d, range %d to %d", h.cursor, h.from, h.to)
	}
	h.SetSteps(nil)
	if h.from != -1 || h.to != -1 {
		t.Errorf("range %d to %d of nothing", h.from, h.to)
	}
}

func TestMeter(t *testing.T) {
	unicode, ascii := styles(t, "dark", false), styles(t, "mono", true)
	for _, c := range []struct {
		st                 *theme.Styles
		value, most, width int
		want               string
	}{
		{unicode, 0, 100, 1, " "}, {unicode, 1, 1000, 1, "▁"}, {unicode, 50, 100, 1, "▄"}, {unicode, 100, 100, 1, "█"},
		{unicode, 1, 1000, 4, "▏   "}, {unicode, 50, 100, 4, "██  "}, {unicode, 99, 100, 4, "████"}, {unicode, 95, 100, 4, "███▊"},
		{unicode, 7, 0, 4, "████"}, {unicode, -3, 10, 4, "    "}, {unicode, 3, -10, 2, "██"}, {unicode, 1, 2, 0, ""},
		{ascii, 50, 100, 4, "==  "}, {ascii, 53, 100, 4, "=== "}, {ascii, 100, 100, 1, "@"},
	} {
		if got := ansi.Strip(Meter(c.st, c.value, c.most, c.width)); got != c.want {
			t.Errorf("Meter(%d of %d in %d) = %q, want %q", c.value, c.most, c.width, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		w := rapid.IntRange(0, 20).Draw(t, "w")
		got := Meter(unicode, rapid.Int().Draw(t, "value"), rapid.Int().Draw(t, "most"), w)
		if n := ansi.StringWidth(got); n != w {
			t.Fatalf("%q is %d wide, want %d", got, n, w)
		}
	})
}

func BenchmarkLinesUnchanged(b *testing.B) {
	h := New(styles(b, "dark", false))
	h.SetSteps(days(365, func(i int) int { return i * 7919 % 97 }))
	b.ReportAllocs()
	for b.Loop() {
		h.Lines(120, 4)
	}
}

func BenchmarkLinesCursor(b *testing.B) {
	h := New(styles(b, "dark", false))
	h.SetSteps(days(365, func(i int) int { return i * 7919 % 97 }))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		h.SetCursor(i % 365)
		h.Lines(120, 4)
	}
}

func BenchmarkLinesNewSteps(b *testing.B) {
	h := New(styles(b, "dark", false))
	steps := days(365, func(i int) int { return i * 7919 % 97 })
	b.ReportAllocs()
	for b.Loop() {
		h.SetSteps(steps)
		h.Lines(120, 4)
	}
}

func BenchmarkMeter(b *testing.B) {
	st := styles(b, "dark", false)
	for b.Loop() {
		Meter(st, 37, 100, 1)
	}
}
