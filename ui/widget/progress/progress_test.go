package progress

import (
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

func TestBar(t *testing.T) {
	s := State{Label: "Importing", Done: 2500, Total: 10_000, Rate: 1250, Note: "3 rejected", Cancel: "esc cancels"}
	tests := []struct {
		w    int
		s    State
		want string
	}{
		{100, s, "Importing  #########-----------------------------  2,500 of 10,000, 25%  1,250/s, 6s left  3 rejected  esc cancels"},
		{80, s, "Importing  ##------  2,500 of 10,000, 25%  1,250/s, 6s left  esc cancels"},
		{70, s, "Importing  2,500 of 10,000, 25%  1,250/s, 6s left  esc cancels"},
		{50, s, "Importing  2,500 of 10,000, 25%  esc cancels"},
		{34, s, "Importing  2,500 of 10,000, 25%"},
		{20, s, "Importing  2,500 of~"},
		{40, State{Label: "Reading", Done: 1234567}, "Reading  1,234,567"},
		{60, State{Label: "Reading", Done: 12, Rate: 2.5, Cancel: "esc cancels"}, "Reading  12  2.5/s  esc cancels"},
		{40, State{Done: 20, Total: 10}, "@@@@@@@@"},
	}
	st := styles(t, "mono", true)
	for _, tt := range tests {
		got := strings.TrimRight(ansi.Strip(Bar(st, tt.s, tt.w)), " ")
		got = strings.ReplaceAll(got, st.Glyphs.Bars[7], "#")
		want := strings.ReplaceAll(tt.want, st.Glyphs.Bars[7], "#")
		if squeeze(got) != squeeze(want) && !strings.HasPrefix(got, want) {
			t.Errorf("%d cells:\n%s\nwant\n%s", tt.w, got, want)
		}
	}
}

// squeeze makes every bar as short as it can be, so that only its presence and
// the words are compared.
func squeeze(s string) string {
	for strings.Contains(s, "##") || strings.Contains(s, "--") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "##", "#"), "--", "-")
	}
	return s
}

func TestBarGrowsEvenly(t *testing.T) {
	st := styles(t, "mono", true)
	for done, want := range map[int64]int{-5: 0, 0: 0, 1: 0, 50: 20, 99: 39, 100: 40, 400: 40} {
		line := Bar(st, State{Done: done, Total: 100}, 120)
		if got := strings.Count(line, st.Glyphs.Bars[7]); got != want {
			t.Errorf("%d of 100 fills %d of 40", done, got)
		}
	}
}

func TestBarIsExact(t *testing.T) {
	st := styles(t, "dark", false)
	strs := rapid.SampledFrom([]string{"", "Importing", "漢字 import", "e\u0301\u0600", "🇺🇦 very long label, so long that it fills the line", "\x00\x1b[31m"})
	rapid.Check(t, func(t *rapid.T) {
		s := State{
			Label: strs.Draw(t, "label"), Note: strs.Draw(t, "note"), Cancel: strs.Draw(t, "cancel"),
			Done: rapid.Int64().Draw(t, "done"), Total: rapid.Int64().Draw(t, "total"), Rate: rapid.Float64().Draw(t, "rate"),
		}
		w := rapid.IntRange(0, 150).Draw(t, "w")
		if got := ansi.StringWidth(Bar(st, s, w)); got != w {
			t.Fatalf("%d cells, want %d: %q", got, w, Bar(st, s, w))
		}
	})
}

func TestWords(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "1s", 8400 * time.Millisecond: "8s", 125 * time.Second: "2m05s", 200 * time.Minute: "3h20m"} {
		if got := Short(d); got != want {
			t.Errorf("Short(%v) = %s, want %s", d, got, want)
		}
	}
}

func TestMeter(t *testing.T) {
	var m Meter
	at := time.Unix(0, 0)
	for range 50 {
		at = at.Add(time.Second)
		m.Add(m.done+1000, at)
	}
	if r := m.Add(m.done, at.Add(time.Millisecond)); r != 1000 {
		t.Errorf("a steady 1000/s is measured as %g", r)
	}
	for range 50 {
		at = at.Add(time.Second)
		m.Add(m.done+10, at)
	}
	if m.rate < 10 || m.rate > 11 {
		t.Errorf("10/s, after a while, is measured as %g", m.rate)
	}
	if r := m.Add(0, at.Add(time.Hour)); r != 0 {
		t.Errorf("a task that starts again goes on at %g/s", r)
	}
}
