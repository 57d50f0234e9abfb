package toast

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"threatbench/theme"
)

func model(t testing.TB) *Model {
	t.Helper()
	st, err := theme.Load("mono", true, false)
	if err != nil {
		t.Fatal(err)
	}
	return New(st, func() time.Time { return time.Unix(0, 0).UTC() })
}

func shown(m *Model) string {
	var out []string
	for _, e := range m.Shown() {
		out = append(out, e.Text)
	}
	return strings.Join(out, ",")
}

func plain(lines []string) string { return ansi.Strip(strings.Join(lines, "\n")) }

func TestExpiringClearsOnlyItsOwn(t *testing.T) {
	m := model(t)
	a, _ := m.Push(Info, "a")
	b, _ := m.Push(Warn, "b")
	m.Update(Expired{a})
	if got := shown(m); got != "b" {
		t.Errorf("shown %q, want b", got)
	}
	m.Update(Expired{a}) // late once more
	m.Update("something else")
	if got := shown(m); got != "b" {
		t.Errorf("shown %q, want b", got)
	}
	m.Update(Expired{b})
	if got := shown(m); got != "" || m.Lines(40, 5) != nil {
		t.Errorf("shown %q, want none", got)
	}
	if len(m.Log()) != 2 {
		t.Errorf("the log has %d entries, want 2", len(m.Log()))
	}
}

func TestHowLong(t *testing.T) {
	tests := []struct {
		name   string
		kind   Kind
		action string
		want   time.Duration
	}{
		{"info", Info, "", ttl},
		{"good", Good, "", ttl},
		{"warning", Warn, "", ttlWarn},
		{"with an action", Good, "u undo", ttlAction},
		{"error", Error, "", ttlError},
		{"error with an action", Error, "r retry", ttlError},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				id, cmd := model(t).PushAction(tt.kind, "text", tt.action)
				start := time.Now()
				if msg := cmd(); msg != (Expired{id}) {
					t.Errorf("the command yields %v", msg)
				}
				if got := time.Since(start); got != tt.want {
					t.Errorf("it lasts %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestAtMostThree(t *testing.T) {
	m := model(t)
	m.Push(Error, "broken")
	for _, s := range []string{"a", "b", "c"} {
		m.Push(Info, s)
	}
	if got := shown(m); got != "broken,b,c" {
		t.Errorf("shown %q: an error must outlast notes", got)
	}
	for _, s := range []string{"e1", "e2", "e3"} {
		m.Push(Error, s)
	}
	if got := shown(m); got != "e1,e2,e3" {
		t.Errorf("shown %q", got)
	}
}

func TestDismiss(t *testing.T) {
	m := model(t)
	id, _ := m.Push(Error, "a")
	m.Push(Info, "b")
	m.Push(Info, "c")
	if !m.Dismiss() || shown(m) != "a,b" {
		t.Errorf("shown %q", shown(m))
	}
	if !m.DismissID(id) || m.DismissID(id) || shown(m) != "b" {
		t.Errorf("shown %q", shown(m))
	}
	m.Clear()
	if m.Dismiss() || len(m.Log()) != 3 {
		t.Error("something is left, or the log lost something")
	}
}

func TestSaidAgain(t *testing.T) {
	m := model(t)
	first, _ := m.Push(Warn, "offline")
	second, _ := m.Push(Warn, "offline")
	m.Update(Expired{first})
	if shown(m) != "offline" || len(m.Log()) != 1 || m.Log()[0].Times != 2 {
		t.Errorf("shown %q, log %v", shown(m), m.Log())
	}
	if got := plain(m.Lines(40, 5)); got != "│ ! offline (2 times)" {
		t.Errorf("drawn %q", got)
	}
	m.Update(Expired{second})
	if shown(m) != "" {
		t.Error("the second's time is over, but it is there")
	}
}

func TestLogIsBounded(t *testing.T) {
	m := model(t)
	for i := range 2 * maxLog {
		id, _ := m.Push(Info, fmt.Sprint(i))
		m.Update(Expired{id})
	}
	log := m.Log()
	if len(log) != maxLog || log[0].Text != fmt.Sprint(maxLog) || log[maxLog-1].Text != fmt.Sprint(2*maxLog-1) {
		t.Errorf("%d entries from %s to %s", len(log), log[0].Text, log[len(log)-1].Text)
	}
	lines := m.LogLines(func(t time.Time) string { return t.Format("15:04") })
	if len(lines) != maxLog || ansi.Strip(lines[0]) != "00:00  · note     999" {
		t.Errorf("%d lines, the first %q", len(lines), ansi.Strip(lines[0]))
	}
}

func TestDrawing(t *testing.T) {
	m := model(t)
	m.PushAction(Good, "Deleted 12 events", "u undo")
	m.Push(Error, "The server can't be reached:\nconnection refused "+strings.Repeat("again and ", 5))
	want := []string{
		"│ ✓ Deleted 12 events",
		"│   u undo",
		"│ ✗ The server can't be",
		"│   reached: connection",
		"│   refused again and",
		"│   again and again and",
		"│   again and again and",
	}
	look := func(h int, want []string) {
		t.Helper()
		lines := m.Lines(26, h)
		for i, l := range lines {
			if got := strings.TrimRight(ansi.Strip(l), " "); i >= len(want) || got != want[i] {
				t.Errorf("line %d of %d is %q", i, h, got)
			}
		}
		if len(lines) != len(want) {
			t.Errorf("%d lines of at most %d, want %d", len(lines), h, len(want))
		}
	}
	look(9, want)
	look(6, want[2:]) // the older one gives way whole
	look(3, append(slices.Clone(want[2:4]), "│   refused again and aga…"))
	if got := plain(m.Lines(26, 2)); strings.Contains(got, "Deleted") || len(m.Lines(26, 2)) != 2 {
		t.Errorf("with little room the newest counts:\n%s", got)
	}
}

func TestEverySizeFits(t *testing.T) {
	m := model(t)
	pieces := []string{"word", "漢字", "e\u0301", "🔥", "🇺🇦", " ", "\n", "longlonglonglong", "\x00", "\u0600", "\xff", "\x1b[31m"}
	rapid.Check(t, func(t *rapid.T) {
		m.Clear()
		for range rapid.IntRange(1, 4).Draw(t, "n") {
			s := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 20).Draw(t, "text"), "")
			m.PushAction(Kind(rapid.IntRange(0, 4).Draw(t, "kind")), s, rapid.SampledFrom([]string{"", "u undo", "漢字漢字"}).Draw(t, "action"))
		}
		w, h := rapid.IntRange(-1, 40).Draw(t, "w"), rapid.IntRange(-1, 12).Draw(t, "h")
		lines := m.Lines(w, h)
		if len(lines) > max(h, 0) {
			t.Fatalf("%d lines, at most %d", len(lines), h)
		}
		for _, l := range lines {
			if n := ansi.StringWidth(l); n > w || n != ansi.StringWidth(lines[0]) {
				t.Fatalf("%d cells, the first has %d, at most %d: %q", n, ansi.StringWidth(lines[0]), w, l)
			}
			if strings.ContainsAny(ansi.Strip(l), "\x00\n") {
				t.Fatalf("a control character in %q", l)
			}
		}
	})
}
