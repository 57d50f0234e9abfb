package uitest

import (
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
)

func TestGolden(t *testing.T) {
	Golden(t, "lines", "plain \x1b[1mbold\x1b[m \x1b[38;2;255;0;0mred\x1b[m\n"+
		"\x1b[7m        \x1b[m\x1b[1m     \x1b[m 日本\n"+
		"\x1b[4;38;2;98;181;245mdone          \x1b[m")
}

func TestRenderTellsStylesApart(t *testing.T) {
	profiles := []colorprofile.Profile{colorprofile.TrueColor, colorprofile.Ascii}
	base := render("ab\x1b[1mc\x1b[m", 3, 1, profiles...)
	for name, other := range map[string]string{
		"text":   "ax\x1b[1mc\x1b[m",
		"style":  "ab\x1b[4mc\x1b[m",
		"extent": "a\x1b[1mbc\x1b[m",
		"colour": "ab\x1b[1;31mc\x1b[m",
	} {
		if render(other, 3, 1, profiles...) == base {
			t.Errorf("a change of %s is not seen", name)
		}
	}
	if d := firstDifference(base, render("ab\x1b[4mc\x1b[m", 3, 1, profiles...)); !strings.Contains(d, "bold") {
		t.Errorf("the difference does not name the style: %s", d)
	}
}

func TestLegendNames(t *testing.T) {
	l := newLegend(nil)
	seen := map[string]bool{}
	for i := range 200 {
		n := l.name(strings.Repeat("x", i+1))
		if seen[n] {
			t.Fatalf("name %q given twice", n)
		}
		seen[n] = true
	}
}

func TestExact(t *testing.T) {
	for _, c := range []struct {
		content string
		w, h    int
		want    string
	}{
		{"ab\ncd", 2, 2, ""},
		{"\x1b[1mab\x1b[m\n日", 2, 2, ""},
		{"\x1b[1ma\x1b[0mb", 2, 1, ""},
		{"ab", 2, 2, "1 lines"},
		{"ab\nc", 2, 2, "line 1 is 1 cells wide"},
		{"日本", 3, 1, "line 0 is 4 cells wide"},
		{"\x1b[1mab", 2, 1, "leaves the style"},
		{"\x1b[mab\x1b[31m", 2, 1, "leaves the style"},
	} {
		err := Exact(c.content, c.w, c.h)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%q: %v", c.content, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q: %v, want %q", c.content, err, c.want)
		}
	}
}

func TestASCIIScreen(t *testing.T) {
	if err := Decode("plain", 5, 1, colorprofile.TrueColor).ASCII(); err != nil {
		t.Error(err)
	}
	if err := Decode("a…", 5, 1, colorprofile.TrueColor).ASCII(); err == nil {
		t.Error("the ellipsis went through")
	}
}
